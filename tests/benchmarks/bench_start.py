r"""From `astroviz serve` to the first posterior on screen, in headless Chromium.

Run `python tests/benchmarks/bench_start.py`; it prints one JSON line. `listening_s` and `page_s`:
from starting the command to an answer of `/liveness` and of `/stars`; `cpu` is the processor time
of the server by then, which other load on the machine does not change. Of each page, visited after
that in a fresh tab, medians in seconds from the request:

- `first_paint`: the first contents on screen;
- `figures`: every figure of the view is drawn; on the page of a star this is the first posterior;
- `server_cpu`, `browser_cpu`: what one visit costs each (the main thread of the browser).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from bench_slider import FLAGS, ROOT, TICK, free_port

PAGES = {"gallery": "/", "star": "/stars/star", "catalogue": "/stars/catalogue"}
# The first time that all figures in the page have data and nothing is left to draw.
WATCH = """
() => new Promise((resolve) => {
  const drawn = () => {
    const views = [...(window.Bokeh?.index?.roots ?? [])]
    const models = (window.Bokeh?.documents ?? []).flatMap((d) => [...d._all_models.values()])
    const figures = models.filter((m) => m.type.endsWith("Figure"))
    return figures.length > 3 && views.every((view) => view.has_finished())
  }
  const look = () => drawn() ? resolve(performance.now()) : setTimeout(look, 20)
  look()
})
"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def cpu_seconds(process: subprocess.Popen) -> float:
    """Processor time of a server so far."""
    stat = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / TICK


def wait_for(address: str, begin: float) -> float:
    """Seconds from the beginning to an answer of this address."""
    while time.monotonic() < begin + 180:
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                answer.read()
            return round(time.monotonic() - begin, 2)
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{address} did not answer")


def rest(process: subprocess.Popen) -> None:
    """Wait until the server has nothing to do."""
    before = -1.0
    while cpu_seconds(process) - before > 0.03:
        before = cpu_seconds(process)
        time.sleep(1.0)


def visit(
    browser: Any, process: subprocess.Popen, address: str, figures: bool
) -> dict[str, float]:
    """One visit in a fresh tab with an empty cache."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    tab = context.new_page()
    tools = context.new_cdp_session(tab)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = cpu_seconds(process)
    tab.goto(address, wait_until="commit", timeout=120_000)
    found = {"figures": tab.evaluate(WATCH) / 1e3} if figures else {}
    tab.wait_for_function(PAINT, timeout=120_000)
    rest(process)
    metrics = tools.send("Performance.getMetrics")["metrics"]
    found["first_paint"] = tab.evaluate(PAINT) / 1e3
    found["server_cpu"] = cpu_seconds(process) - before
    found["browser_cpu"] = next(m["value"] for m in metrics if m["name"] == "TaskDuration")
    context.close()
    return found


def run(visits: int) -> dict[str, Any]:
    """The start, then every page."""
    from playwright.sync_api import sync_playwright

    port = free_port()
    home = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "astroviz", "serve", "--no-browser", "--device", "cpu"]
    begin = time.monotonic()
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    report: dict[str, Any] = {"benchmark": "start"}
    path = os.environ.get("ASTROVIZ_CHROMIUM") or shutil.which("chromium")
    try:
        for name, address in (("listening_s", f"{home}/liveness"), ("page_s", f"{home}/stars")):
            report[name] = wait_for(address, begin)
            report[f"{name[:-2]}_cpu"] = round(cpu_seconds(process), 2)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=path, args=FLAGS)
            rest(process)
            for name, where in PAGES.items():
                seen = [visit(browser, process, home + where, where != "/") for _ in range(visits)]
                report[name] = {
                    key: round(statistics.median(one[key] for one in seen), 2) for key in seen[0]
                }
            browser.close()
    finally:
        process.terminate()
        process.wait(20)
    return report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=3, help="visits of each page")
    print(json.dumps(run(parser.parse_args().visits)), flush=True)
