r"""Slider to pixels: the stars page against a plain `hv.DynamicMap` page, in headless Chromium.

Run `python tests/benchmarks/bench_slider.py`. Both pages ask the same model for 2,000 draws when
the G magnitude is moved; the plain page does what a first version would: a Panel slider, a
synchronous call, HoloViews elements. One JSON line for each page, then one with the ratios:

- `p50_ms`, `p90_ms`: from setting the slider in the page to the frame after new data arrived, over
  single moves with a rest between them;
- `lag_ms`: from the last of 60 moves within one second to the last new data;
- `updates`: how often the picture changed during those 60 moves;
- `model_ms`: what the network itself takes for 256 (first part) and 2,000 draws.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--use-angle=swiftshader --enable-unsafe-swiftshader"
).split()

PLAIN_PAGE = """
import sys
import holoviews as hv
import panel as pn
import astroviz
from astroviz.stars.explorer import StarsExplorer

hv.extension("bokeh")
model = astroviz.load("stars", device="cpu")

def page():
    explorer = StarsExplorer(model)
    centre = float(explorer.cell("g").value)
    slider = pn.widgets.FloatSlider(name="G", start=centre - 3, end=centre + 3, step=0.01)
    slider.value = centre

    def draw(value):
        star = explorer.original().with_value("g", value)
        draws = model.posterior(star).sample(2000, seed=0)
        return hv.Points((draws["log_age"], draws["log_mass"])).opts(width=450, height=450)

    return pn.Column(slider, hv.DynamicMap(pn.bind(draw, slider)))

pn.serve({"/": page}, port=int(sys.argv[1]), show=False)
"""

# `watched` tells each change of what is drawn; `move` sets the slider to a share of its range.
COMMON = """
() => {
  window.changes = []
  const models = Bokeh.documents.flatMap((d) => [...d._all_models.values()])
  const figure = models.find((m) => m.type.endsWith("Figure") && (WANTED))
  const source = figure.renderers.map((r) => r.data_source).find((s) => s?.get_length() > 20)
  source.properties.data.change.connect(() => window.changes.push(performance.now()))
  window.once = async (share) => {
    const before = window.changes.length
    const start = performance.now()
    window.move(share)
    while (window.changes.length === before) {
      if (performance.now() - start > 20_000) { return null }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await new Promise((resolve) => requestAnimationFrame(resolve))
    return performance.now() - start
  }
  window.burst = async () => {
    const before = window.changes.length
    for (let k = 0; k < 60; k++) {
      window.move(0.4 + 0.2 * k / 59)
      await new Promise((resolve) => setTimeout(resolve, 1000 / 60))
    }
    const released = performance.now()
    let last = released
    for (;;) {
      const latest = window.changes.at(-1) ?? released
      if (latest > last) { last = latest }
      const quiet = performance.now() - Math.max(last, released)
      if (quiet > (window.changes.length > before ? 3000 : 30_000)) { break }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return {lag: last - released, updates: window.changes.length - before}
  }
}
"""
OURS = """
() => {
  const find = (node) => {
    for (const child of node.children ?? []) {
      if (child.matches("input[type=range][aria-label='G (mag)']")) { return child }
      const found = find(child) ?? (child.shadowRoot && find(child.shadowRoot))
      if (found) { return found }
    }
    return null
  }
  const slider = find(document.body)
  window.move = (share) => {
    slider.value = Number(slider.min) + share * (slider.max - slider.min)
    slider.dispatchEvent(new Event("input", {bubbles: true}))
  }
}
"""
PLAIN = """
() => {
  const models = Bokeh.documents.flatMap((d) => [...d._all_models.values()])
  const slider = models.find((m) => m.type === "Slider")
  window.move = (share) => { slider.value = slider.start + share * (slider.end - slider.start) }
}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command: list[str], address: str) -> subprocess.Popen:
    """Start a server and wait until it answers."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return process
        except OSError:
            time.sleep(0.2)
    process.terminate()
    raise RuntimeError(f"the server at {address} did not come up")


def measure(browser, address: str, setup: str, figure: str, moves: int) -> dict[str, float]:
    """Latency of single moves and lag after a burst on one page."""
    tab = browser.new_page(viewport={"width": 1366, "height": 768})
    tab.goto(address, timeout=60_000)
    tab.wait_for_function("() => window.Bokeh?.index?.roots?.[0]?.is_idle", timeout=120_000)
    tab.evaluate(setup)
    tab.evaluate(COMMON.replace("WANTED", figure))
    took = []
    for k in range(moves):
        took.append(tab.evaluate("(share) => window.once(share)", 0.4 + 0.2 * k / moves))
        time.sleep(0.15)
    burst = tab.evaluate("() => window.burst()")
    tab.close()
    took = sorted(t for t in took if t is not None)
    return {
        "p50_ms": round(statistics.median(took), 1),
        "p90_ms": round(took[int(0.9 * (len(took) - 1))], 1),
        "lag_ms": round(burst["lag"], 1),
        "updates": burst["updates"],
        "moves": len(took),
    }


def model_times() -> dict[str, float]:
    """Median time of the network alone, in ms."""
    import astroviz
    from astroviz.stars.explorer import StarsExplorer

    model = astroviz.load("stars", device="cpu")
    posterior = model.posterior(StarsExplorer(model).observation())
    found = {}
    for n in (256, 2000):
        took = []
        for seed in range(7):
            begin = time.perf_counter()
            posterior.sample(n, seed=seed)
            took.append(1e3 * (time.perf_counter() - begin))
        found[str(n)] = round(statistics.median(took), 1)
    return found


def run(moves: int = 25) -> list[dict]:
    """All measurements, the ratios last."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("ASTROVIZ_CHROMIUM") or shutil.which("chromium")
    ports = free_port(), free_port()
    pages = [
        (
            "astroviz",
            [sys.executable, "-m", "astroviz", "serve", "--no-browser", "--device", "cpu",
             "--port", str(ports[0])],
            f"http://127.0.0.1:{ports[0]}/stars/star",
            OURS,
            "m.name === 'corner-log_age-log_mass'",
        ),
        (
            "hv.DynamicMap",
            [sys.executable, "-c", PLAIN_PAGE, str(ports[1])],
            f"http://127.0.0.1:{ports[1]}/",
            PLAIN,
            "true",
        ),
    ]  # fmt: skip
    results = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        for name, command, address, setup, figure in pages:
            process = start(command, address)
            try:
                found = measure(browser, address, setup, figure, moves)
            finally:
                process.terminate()
                process.wait(20)
            results.append({"benchmark": "slider", "page": name, **found})
        browser.close()
    ours, plain = results
    ratios = {
        f"{key}_ratio": round(plain[key] / max(ours[key], 1e-9), 2)
        for key in ("p50_ms", "p90_ms", "lag_ms")
    }
    ours["model_ms"] = plain["model_ms"] = model_times()
    return [*results, {"benchmark": "slider", "page": "plain / astroviz", **ratios}]


if __name__ == "__main__":
    for result in run():
        print(json.dumps(result), flush=True)
