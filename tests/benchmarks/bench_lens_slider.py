r"""Lens slider to image: the bench of lensing, from a state change to a picture ready to be sent.

Run `python tests/benchmarks/bench_lens_slider.py`; it prints one JSON line.

- `own_ms`: p50 and p90 of what the page does for one move of the Einstein radius: settings copied,
  source traced with PSF, noise added, critical curve and caustic found, every Bokeh source patched
  and all columns written as a message carries them.
- `cpu_ms`: the same in processor time, which other load does not change.
- `caustics_ms`: p50 of the image alone (no curves, no page) by caustics 1.7 at the same pixels.
- `ratio.goal`: the goal of 50 ms over our p50; `ratio.caustics`: caustics' image over all of ours.
- with `--browser`, `pixels_ms`: p50 and p90 from the slider's input event in headless Chromium to
  the painted picture.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).resolve().parent
GOAL_MS = 50.0
MOVES = 40

MOVE = """
() => {
  const find = (node) => {
    for (const child of node.children ?? []) {
      if (child.matches("input[type=range][aria-label^='Einstein']")) { return child }
      const found = find(child) ?? (child.shadowRoot && find(child.shadowRoot))
      if (found) { return found }
    }
    return null
  }
  const slider = find(document.body)
  const models = Bokeh.documents.flatMap((d) => [...d._all_models.values()])
  const figure = models.find((m) => m.type.endsWith("Figure") && m.name === "bench-image")
  const source = figure.renderers[0].data_source
  window.once = (value) => new Promise((done) => {
    const begin = performance.now()
    const act = () => {
      source.properties.data.change.disconnect(act)
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begin)))
    }
    source.properties.data.change.connect(act)
    slider.value = value
    slider.dispatchEvent(new Event("input", {bubbles: true}))
    slider.dispatchEvent(new Event("change", {bubbles: true}))
    setTimeout(() => done(null), 5000)
  })
}
"""


def quantiles(times: list[float]) -> list[float]:
    """p50 and p90, rounded."""
    ordered = sorted(times)
    return [round(statistics.median(ordered), 2), round(ordered[int(0.9 * (len(ordered) - 1))], 2)]


def written(plots: Any) -> int:
    """Write the columns of the patched sources as they travel; the number of bytes."""
    from bokeh.core.serialization import Serializer

    total = 0
    for plot in plots:
        for source in (plot.source, *plot.layers.values()):
            found = Serializer().serialize(source.data)
            total += sum(memoryview(one.data).nbytes for one in found.buffers or ())
            total += len(json.dumps(found.content, default=str))
    return total


def server_side() -> dict[str, Any]:
    """Time the page's own work for single moves."""
    from astroviz.core.engine import Engine
    from astroviz.dashboards.lensing import LensingPage

    wall, cpu = [], []
    with Engine(device="cpu") as engine:
        page = LensingPage(None, engine, "bench")
        planes, explorer = page.built["bench"].planes, page.explorer
        for k in range(MOVES + 5):
            begin, spent = time.perf_counter(), time.process_time()
            explorer.einstein_radius = round(1.0 + 0.013 * k, 4)
            size = written(planes.plots)
            if k >= 5:
                wall.append(1e3 * (time.perf_counter() - begin))
                cpu.append(1e3 * (time.process_time() - spent))
        pixels = planes.image.image.shape[0]
        page.shell.close()
    return {"own_ms": quantiles(wall), "cpu_ms": quantiles(cpu), "pixels": pixels, "bytes": size}


def caustics_image() -> float:
    """The same image by caustics' own simulator, p50 in ms."""
    from astroviz.lensing.bench_state import BenchState
    from astroviz.lensing.through_caustics import simulator

    bench = BenchState().bench()
    stamp = bench.stamp()
    lens = torch.tensor(bench.lens)
    times = []
    with torch.no_grad():
        made = simulator(bench.setup(stamp), lens, torch.from_numpy(stamp))
        for k in range(MOVES + 5):
            begin = time.perf_counter()
            made()
            if k >= 5:
                times.append(1e3 * (time.perf_counter() - begin))
    return round(statistics.median(times), 2)


def browser_side() -> list[float]:
    """From the slider's event to the painted picture, p50 and p90 in ms."""
    import os
    import shutil

    from bench_slider import FLAGS, free_port, start
    from playwright.sync_api import sync_playwright

    address = f"http://127.0.0.1:{(port := free_port())}/lensing/bench"
    command = [sys.executable, "-m", "astroviz", "serve", "--no-browser", "--device", "cpu"]
    process = start([*command, "--port", str(port)], address)
    path = os.environ.get("ASTROVIZ_CHROMIUM") or shutil.which("chromium")
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=path, args=FLAGS)
            tab = browser.new_page(viewport={"width": 1366, "height": 768})
            tab.goto(address, timeout=120_000)
            tab.wait_for_selector("canvas", state="attached", timeout=120_000)
            ready = "() => window.Bokeh?.index?.roots?.[0]?.is_idle"
            tab.wait_for_function(ready, timeout=120_000)
            tab.wait_for_timeout(2000)
            tab.evaluate(MOVE)
            times = []
            for k in range(MOVES // 2 + 3):
                took = tab.evaluate("(value) => window.once(value)", round(1.0 + 0.02 * k, 3))
                if took is not None and k >= 3:
                    times.append(took)
                tab.wait_for_timeout(150)
            browser.close()
    finally:
        process.terminate()
        process.wait(20)
    return quantiles(times)


def run(browser: bool) -> dict[str, Any]:
    """All measurements."""
    torch.set_num_threads(1)
    ours = server_side()
    theirs = caustics_image()
    found: dict[str, Any] = {
        "benchmark": "lens_slider",
        "ratio": {
            "goal": round(GOAL_MS / ours["own_ms"][0], 2),
            "caustics": round(theirs / ours["own_ms"][0], 2),
        },
        **ours,
        "caustics_ms": theirs,
    }
    if browser:
        found["pixels_ms"] = browser_side()
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", action="store_true", help="measure in Chromium, too")
    print(json.dumps(run(parser.parse_args().browser)), flush=True)
