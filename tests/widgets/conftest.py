"""A model of stars that answers at once, an engine to run it, and a JupyterLab."""

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
import numpy as np
import pytest
import torch

from astroviz.core.draws import Draws
from astroviz.core.engine import Engine
from astroviz.core.request import Chunk, Request
from astroviz.stars.parameters import DERIVED, PARAMETERS
from astroviz.stars.simulator import simulate
from astroviz.stars.surveys import QUANTITIES

COLUMNS = (*PARAMETERS, *DERIVED)


class FakeModel:
    """Draws whose width is set by the number of quantities used; may be told to fail."""

    name = "stars/fake"
    parameters, derived, quantities = PARAMETERS, DERIVED, QUANTITIES

    def __init__(self):
        self.asked = []
        self.broken = False

    def observe(self, row):
        from astroviz.io.convert import from_mapping

        return row if hasattr(row, "states") else from_mapping(row, QUANTITIES)

    def simulate(self, n, seed=0, **settings):
        return simulate(n, torch.Generator().manual_seed(seed), **settings)

    def posterior(self, observation, index=0):
        return FakePosterior(self, observation.row(index))

    def prior(self, n, seed=0):
        names, units = self.columns(None)
        return Draws(made_up(n, seed, 10.0), names, units, seed, {})

    def predict(self, draws):
        return np.full((len(draws), 15), 12.0) + 0.1 * draws["a_v"][:, None]

    def sed(self, theta):
        wavelength = np.geomspace(0.3, 30, 64)
        line = 1e-10 / wavelength
        return {"wavelength": wavelength, "photosphere": line, "dusty": 0.5 * line,
                "excess": 0.1 * line}  # fmt: skip

    def columns(self, request):
        return tuple(c.name for c in COLUMNS), tuple(c.unit for c in COLUMNS)

    def batch_key(self, request):
        return request.n

    def draw(self, requests, device, control):
        if self.broken:
            raise RuntimeError("the model is out of order")
        self.asked += list(requests)
        extras = {
            "class_probabilities": np.array([0.5, 0.2, 0.2, 0.1]),
            "p_disk": np.float32(0.3),
            "p_young": np.float32(0.7),
            "ood_score": np.float32(0.1),
        }
        yield [Chunk(made_up(r.n, r.seed, float(r.inputs["width"])), {}, extras) for r in requests]


class FakePosterior:
    def __init__(self, model, observation):
        self.model, self.observation = model, observation

    def request(self, n, seed=0, steps=None, priority="interactive", prior_odds=1.0):
        star = self.observation
        width = np.array(1 + (20 - int(star.used.sum())) / 2)
        inputs = {"values": np.nan_to_num(star.values), "states": star.states, "width": width}
        return Request(self.model, inputs, n, seed, {"steps": steps}, priority)


def made_up(n, seed, width):
    rng = np.random.default_rng(seed)
    columns = [
        np.clip(rng.normal(0.5 * (c.lower + c.upper), 0.02 * width * (c.upper - c.lower), n),
                c.lower, c.upper) for c in COLUMNS
    ]  # fmt: skip
    return np.stack(columns, -1)


@pytest.fixture(scope="module")
def shared_model():
    return FakeModel()


@pytest.fixture
def model(shared_model):
    """One model for a module: its example catalogue is simulated once."""
    shared_model.asked.clear()
    shared_model.broken = False
    return shared_model


@pytest.fixture
def engine():
    with Engine(device="cpu") as made:
        yield made


# How many canvases of the figures hold ink; Bokeh draws inside shadow roots.
_WALK = """
  const found = [];
  const walk = (node) => {
    for (const child of node.querySelectorAll("*")) {
      if (child.tagName === "CANVAS" && child.width > 50) found.push(child);
      if (child.shadowRoot) walk(child.shadowRoot);
    }
  };
  walk(document);
  const pixels = (canvas) =>
    canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
"""
_INKED = f"""
() => {{
  {_WALK}
  return found.filter((canvas) => {{
    const data = pixels(canvas);
    const colours = new Set();
    for (let k = 0; k < data.length; k += 4 * 97) {{
      if (data[k + 3]) colours.add(data[k] * 65536 + data[k + 1] * 256 + data[k + 2]);
    }}
    return colours.size > 2;
  }}).length;
}}
"""
# A number that changes with what is painted.
_DIGEST = f"""
() => {{
  {_WALK}
  let sum = 0;
  for (const canvas of found) {{
    const data = pixels(canvas);
    for (let k = 0; k < data.length; k += 4 * 31) {{
      sum = (sum * 31 + data[k] + 7 * data[k + 1] + 13 * data[k + 2]) % 2147483647;
    }}
  }}
  return sum;
}}
"""
_HR = """
  const models = Bokeh.documents.flatMap((d) => [...d._all_models.values()]);
  const figure = models.find((m) => m.name === "probability-hr");
  const of = (data, key) => data instanceof Map ? data.get(key) : data?.[key];
  const all = figure.renderers.map((r) => r.data_source?.data);
"""
# Where a star of the diagram is on the screen, and whether one is lifted.
_POINT = f"""
(star) => {{
  {_HR}
  const points = all.find((data) => of(data, "row")?.length > 1);
  const view = Bokeh.index.find_one_by_id(figure.id);
  const box = view.el.getBoundingClientRect();
  const place = (key, scale) => scale.compute(of(points, key)[star]);
  return {{x: box.x + place("x", view.frame.x_scale), y: box.y + place("y", view.frame.y_scale)}};
}}
"""
_LIFTED = f"""
() => {{
  {_HR}
  return all.some((data) => of(data, "xs")?.length === 2);
}}
"""


class Lab:
    """A JupyterLab without a network, and what tests ask of it."""

    INKED, DIGEST, POINT, LIFTED = _INKED, _DIGEST, _POINT, _LIFTED

    def __init__(self, address, folder):
        self.address, self.folder = address, folder

    @staticmethod
    def wait_for(condition, seconds=60.0, pause=0.1):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := condition():
                return found
            time.sleep(pause)
        raise AssertionError(f"not within {seconds} s")

    def heard(self, name):
        """What a notebook has written down."""
        path = self.folder / f"{name}.jsonl"
        return (
            [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        )

    def open(self, browser, name, cell):
        """A notebook of one cell after Run All; its page keeps what it asked for and said."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip())])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, self.folder / f"{name}.ipynb")
        page = browser.new_page(viewport={"width": 1400, "height": 1500})
        page.set_default_timeout(60_000)
        page.outside, page.problems = [], []
        page.on("request", lambda request: _note_request(page, request.url))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda line: line.type == "error" and page.problems.append(line.text))
        page.goto(f"{self.address}/lab/tree/{name}.ipynb?reset")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        # The kernel must be there before the menu is opened: the menu closes when it comes.
        page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for(
            state="attached"
        )
        self.run_all_cells(page)
        return page

    def run_all_cells(self, page):
        """Choose Run > Run All Cells, again if the menu closed before the click was heard."""
        prompt = page.locator(".jp-CodeCell .jp-InputPrompt").first
        for _ in range(6):
            page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
            try:
                page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click(
                    timeout=5000
                )
                self.wait_for(
                    lambda: (prompt.text_content() or "").strip() not in ("[ ]:", ""), 15
                )
                return
            except Exception as error:  # playwright is imported late, its timeout has no name here
                if "Timeout" not in type(error).__name__ and not isinstance(error, AssertionError):
                    raise
                page.keyboard.press("Escape")
        raise AssertionError("the notebook did not start to run")


def _note_request(page, url):
    if urlparse(url).scheme not in ("data", "blob") and urlparse(url).hostname not in (
        "127.0.0.1", "localhost",
    ):  # fmt: skip
        page.outside.append(url)


def _answers(address):
    try:
        with urllib.request.urlopen(address, timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A JupyterLab that all tests of the run share."""
    folder = tmp_path_factory.mktemp("lab")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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
        Lab.wait_for(lambda: _answers(f"http://127.0.0.1:{port}/api"), 90)
        yield Lab(f"http://127.0.0.1:{port}", folder)
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(15)
