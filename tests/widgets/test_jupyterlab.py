"""The widget in a real JupyterLab in a real browser, without a network."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urlparse

import nbformat
import pytest

pytestmark = [pytest.mark.ui, pytest.mark.slow]

CELL = """
import json

import astroviz

view = astroviz.explore("stars", n_draws=500)


def note(change=None):
    if view.explorer is not None and view._last is not None:
        line = {
            "seed": view.explorer.seed,
            "row": view.explorer.row,
            "surveys": view.explorer.surveys,
            "values": view.explorer.values,
            "selection": view.explorer.selection.tolist(),
            "width": float(view._last["log_age"].std()),
        }
        with open("heard.jsonl", "a") as file:
            file.write(json.dumps(line) + "\\n")


view.observe(note, ["draws", "selection"])
view
"""
# How many canvases of the figures hold ink; Bokeh draws inside shadow roots.
INKED = """
() => {
  const found = [];
  const walk = (node) => {
    for (const child of node.querySelectorAll("*")) {
      if (child.tagName === "CANVAS" && child.width > 50) found.push(child);
      if (child.shadowRoot) walk(child.shadowRoot);
    }
  };
  walk(document);
  return found.filter((canvas) => {
    const context = canvas.getContext("2d");
    if (!context) return false;
    const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
    const colours = new Set();
    for (let k = 0; k < data.length; k += 4 * 97) {
      if (data[k + 3]) colours.add(data[k] * 65536 + data[k + 1] * 256 + data[k + 2]);
    }
    return colours.size > 2;
  }).length;
}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab with one notebook; gives its address and its folder."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.strip())])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "view.ipynb")
    port = free_port()
    homes = {
        name: str(tmp_path_factory.mktemp(name.lower()))
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "HOME")
    }
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={folder}", "--IdentityProvider.token=",
            "--ServerApp.password=", "--ServerApp.disable_check_xsrf=True",
            "--LabApp.news_url=", "--LabApp.extension_manager=readonly",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ],
        env={**os.environ, **homes},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/api"), 90)
        yield f"http://127.0.0.1:{port}", folder
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(15)


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


def wait_for(condition, seconds=60.0, pause=0.1):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(pause)
    raise AssertionError(f"not within {seconds} s")


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """The notebook after Run All, with what the browser asked for and complained about."""
    address, _ = lab
    page = browser.new_page(viewport={"width": 1400, "height": 1500})
    page.set_default_timeout(60_000)
    page.outside, page.problems = [], []
    page.on("request", lambda request: note_request(page, request.url))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda line: line.type == "error" and page.problems.append(line.text))
    page.goto(f"{address}/lab/tree/view.ipynb")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    # The kernel must be there before the menu is opened: the menu closes when it comes.
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for(
        state="attached"
    )
    run_all_cells(page)
    # Looking for ink reads every canvas back: more often, and a slow machine does nothing else.
    wait_for(lambda: page.evaluate(INKED) >= 3, 180, pause=2.0)
    yield page
    page.close()


def run_all_cells(page):
    """Choose Run > Run All Cells, again if the menu closed before the click was heard."""
    prompt = page.locator(".jp-CodeCell .jp-InputPrompt").first
    for _ in range(6):
        page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
        try:
            page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click(timeout=5000)
            wait_for(lambda: (prompt.text_content() or "").strip() not in ("[ ]:", ""), 15)
            return
        except Exception as error:  # playwright is imported late, its timeout has no name here
            if "Timeout" not in type(error).__name__ and not isinstance(error, AssertionError):
                raise
            page.keyboard.press("Escape")
    raise AssertionError("the notebook did not start to run")


def run_all(page):
    """Ask for Run All; whether it was heard: JupyterLab drops it while it still connects."""
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
    page.wait_for_timeout(2_000)
    return page.locator(".jp-CodeCell .jp-InputPrompt").first.inner_text().strip() != "[ ]:"


def note_request(page, url):
    if urlparse(url).scheme not in ("data", "blob") and urlparse(url).hostname not in (
        "127.0.0.1", "localhost",
    ):  # fmt: skip
        page.outside.append(url)


def heard(lab):
    path = lab[1] / "heard.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_run_all_draws_the_figures(notebook):
    assert notebook.evaluate(INKED) >= 3
    assert notebook.get_by_text("P(age < 10 Myr)").first.is_visible()


def test_a_survey_switch_changes_the_posterior(notebook, lab):
    page = notebook
    before = len(heard(lab))
    page.get_by_role("button", name="Gaia", exact=True).click()
    last = wait_for(lambda: heard(lab)[before:])[-1]
    assert "Gaia" not in last["surveys"]
    page.get_by_role("button", name="Gaia", exact=True).click()
    wait_for(lambda: "Gaia" in heard(lab)[-1]["surveys"])
    assert heard(lab)[-1]["width"] != last["width"]


def test_a_slider_that_moves_moves_the_answer(notebook, lab):
    page = notebook
    before = len(heard(lab))
    handle = page.locator(".noUi-handle").first
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    last = wait_for(lambda: [line for line in heard(lab)[before:] if line["values"]])[-1]
    assert set(last["values"]) == {"g"}
    page.get_by_role("button", name="As in the table").click()
    wait_for(lambda: heard(lab)[-1]["values"] == {})


def test_clicking_a_star_goes_to_it(notebook, lab):
    page = notebook
    start = heard(lab)[-1]["row"]
    figures = page.locator(".bk-Figure")
    boxes = [figures.nth(k).bounding_box() for k in range(figures.count())]
    box = max(boxes, key=lambda box: box["width"] * box["height"])
    # Somewhere in the diagram there is a star to hit: walk down its middle.
    for part in (0.4, 0.5, 0.6, 0.7):
        for across in (0.4, 0.5, 0.6, 0.7):
            page.mouse.click(box["x"] + across * box["width"], box["y"] + part * box["height"])
            page.wait_for_timeout(400)
            if heard(lab)[-1]["row"] != start:
                return
    raise AssertionError("no star could be clicked")


def test_nothing_was_asked_of_the_world_and_nothing_went_wrong(notebook):
    assert notebook.outside == []
    # JupyterLab itself complains about a missing favicon and the like: those are not ours.
    ours = [text for text in notebook.problems if "Failed to load resource" not in text]
    assert ours == []
