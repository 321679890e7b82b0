"""A server and a browser for the tests of the pages.

`$ASTROVIZ_CHROMIUM` names the browser if it is not on the path; `$ASTROVIZ_UI_SERVER` the address
of a server that runs already. Every test fails on a console error, an error in the page's script,
and any request to another host.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import expect

# As long as everything else waits: a page on a busy machine may be slow, not wrong.
expect.set_options(timeout=60_000)
LOCAL = {"127.0.0.1", "localhost", ""}
VIEWPORT = {"width": 1366, "height": 768}


def wait_until_alive(address: str, process: subprocess.Popen, log: Path, limit: float) -> None:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"the server ended with {process.returncode}:\n{log.read_text()[-3000:]}")
        try:
            urllib.request.urlopen(f"{address}/liveness", timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server was not up after {limit} s:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Address of a server with the shipped models."""
    if running := os.environ.get("ASTROVIZ_UI_SERVER"):
        yield running.rstrip("/")
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, log = f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("ui") / "server.log"
    command = [sys.executable, "-m", "astroviz", "serve", "--no-browser", "--device", "cpu"]
    with log.open("w") as sink:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).resolve().parents[2],
        )
    try:
        wait_until_alive(address, process, log, 60)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def page(browser):
    """A fresh tab that fails its test on errors and on requests that leave this machine."""
    context = browser.new_context(viewport=VIEWPORT)
    context.set_default_timeout(60_000)
    tab = context.new_page()
    wrong: list[str] = []
    tab.on("console", lambda m: wrong.append(f"console: {m.text}") if m.type == "error" else None)
    tab.on("pageerror", lambda error: wrong.append(f"script: {error}"))

    def check(request) -> None:
        parts = urlparse(request.url)
        if parts.scheme not in ("data", "blob") and (parts.hostname or "") not in LOCAL:
            wrong.append(f"outside request: {request.url}")

    tab.on("request", check)
    tab.wrong = wrong
    yield tab
    context.close()
    assert not wrong, "\n".join(wrong)


PROBE = """
() => {
  const models = () => Bokeh.documents.flatMap((d) => [...d._all_models.values()])
  const figures = (name) => models()
    .filter((m) => m.type.endsWith("Figure") && (m.name ?? "").startsWith(name))
  const columns = (data) => data instanceof Map ? [...data.values()] : Object.values(data)
  const nested = (v) => v?.length && typeof v !== "string"
  const flat = (values) => Array.from(values)
    .flatMap((v) => typeof v === "number" ? [v] : nested(v) ? flat(v) : [])
  const CONTROLS = "input:not([type=hidden]), select, textarea, button, a[href], [role=slider]"
  window.probe = {
    figures,
    // A number that changes when anything that the figures of this name draw changes.
    digest: (name) => figures(name).flatMap((f) => f.renderers)
      .flatMap((r) => r.data_source == null ? [] : columns(r.data_source.data))
      .flatMap((column) => flat(column)).filter(Number.isFinite)
      .reduce((sum, value, k) => sum + value * (1 + (k % 97) / 97), 0),
    // Where a data point of a figure is on the screen.
    place: (name, x, y) => {
      const view = Bokeh.index.find_one_by_id(figures(name)[0].id)
      const box = view.el.getBoundingClientRect()
      return {x: box.x + view.frame.x_scale.compute(x), y: box.y + view.frame.y_scale.compute(y)}
    },
    // All boxes of inputs, also in shadow roots, that have no name for a screen reader.
    nameless: () => {
      const found = []
      const walk = (node) => {
        for (const child of node.children ?? []) {
          if (child.matches(CONTROLS) && child.getAttribute("aria-hidden") !== "true") {
            const own = (name) => child.getAttribute(name)
            const label = child.id && child.getRootNode().querySelector(`label[for="${child.id}"]`)
            const words = [child, child.closest("label"), label].map((e) => e?.textContent?.trim())
            const named = own("aria-label") || own("aria-labelledby") || child.title
            if (!named && !words.some(Boolean)) { found.push(child.outerHTML.slice(0, 160)) }
          }
          walk(child)
          if (child.shadowRoot) { walk(child.shadowRoot) }
        }
      }
      walk(document.body)
      return found
    },
  }
}
"""


@pytest.fixture
def changes(page):
    """Do something, then wait until what the figures of a name draw has changed."""

    def changes(name, act):
        before = page.evaluate("(name) => probe.digest(name)", name)
        act()
        page.wait_for_function(
            "([name, before]) => probe.digest(name) !== before", arg=[name, before]
        )

    return changes


@pytest.fixture
def open_page(page, server):
    """Open an address of the server and wait until its panels are drawn."""

    def open_page(path: str, ready: str = "canvas"):
        page.goto(server + path)
        page.wait_for_selector(ready, state="attached")
        page.wait_for_function("() => window.Bokeh?.index?.roots?.[0]?.is_idle", timeout=120_000)
        page.evaluate(PROBE)
        return page

    return open_page
