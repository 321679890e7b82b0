r"""Slider to pixels: the stars page against a plain `hv.DynamicMap` page, in headless Chromium.

Run `python tests/benchmarks/bench_slider.py`; it prints one JSON line. Both pages ask the same
model for 2,000 draws when the G magnitude is moved (`plain_page.py` is the other one). They take
turns within one run, so that other load on the machine meets both. Of each page:

- `first_ms`, `whole_ms`: from the slider's input event to the end of the repaint of the age-mass
  panel, for the first draws of that value and for all 2,000, p50 and p90 over single moves from
  rest (the plain page knows no first part). `page_ms`: until the page's last panel was painted;
- `lag_ms`: from the last of 60 moves in one second to the painted picture of all draws of the last
  value; `pictures`: how many different pictures those moves gave, `during` the drag and in all;
  `took_ms`: how long the moves really took;
- `server_cpu_ms`, `browser_cpu_ms`: what one single move costs each side (the main thread of the
  browser), which other load does not change;
- `verified`: what is on screen after a drag is what a single move to the same value shows, and the
  values of the moves all gave different pictures. No value is measured twice: answers are kept.

`model_ms` is what 2,000 draws cost without any page, `own_ms` the rest of `whole_ms`. The ratios
are the plain page's figure over ours: above 1 ours is faster.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--use-angle=swiftshader --enable-unsafe-swiftshader"
).split()
TICK = os.sysconf("SC_CLK_TCK")

# What each page calls the gesture of a hand on the slider of G.
MOVE_OURS = """
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
MOVE_PLAIN = """
() => {
  const models = Bokeh.documents.flatMap((d) => [...d._all_models.values()])
  const slider = models.find((m) => m.type === "Slider")
  window.move = (share) => {
    const exact = slider.start + share * (slider.end - slider.start)
    slider.value = slider.start + slider.step * Math.round((exact - slider.start) / slider.step)
  }
}
"""


@dataclass
class Page:
    r"""One of the two pages: its server, its tab, what was measured.

    Arguments:
        name: What it is.
        command: Starts its server; a port is appended.
        path: Its address on that server.
        move: Script that defines the gesture.
        panel: Name of the measured figure; the only one when empty.
    """

    name: str
    command: list[str]
    path: str
    move: str
    panel: str
    process: Any = None
    tab: Any = None
    tools: Any = None
    moves: list[dict[str, float]] = field(default_factory=list)
    drags: list[dict[str, float]] = field(default_factory=list)
    cpu: list[tuple[float, float]] = field(default_factory=list)

    def open(self, browser: Any) -> None:
        """Start the server, show the page, put the probe in."""
        port = free_port()
        address = f"http://127.0.0.1:{port}{self.path}"
        self.process = start([*self.command, str(port)], address)
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        self.tab = context.new_page()
        self.tab.goto(address, timeout=120_000)
        self.tab.wait_for_selector("canvas", state="attached", timeout=120_000)
        ready = (
            "() => document.querySelector('canvas') || window.Bokeh?.index?.roots?.[0]?.is_idle"
        )
        self.tab.wait_for_function(ready, timeout=120_000)
        self.settle()
        self.tools = context.new_cdp_session(self.tab)
        self.tools.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.tab.evaluate(self.move)
        probe = (HERE / "slider_probe.js").read_text(encoding="utf-8")
        self.tab.evaluate(probe, self.panel)
        self.tab.evaluate("() => window.once(0.35)")
        self.settle()

    def once(self, share: float) -> dict[str, float]:
        """One move from rest."""
        before = self._cpu()
        self.tab.evaluate("(share) => window.once(share)", share)
        self.settle()
        found = self.tab.evaluate("() => window.report()")
        after = self._cpu()
        if found is None:
            raise RuntimeError(f"{self.name}: the picture did not follow the slider")
        self.cpu.append((after[0] - before[0], after[1] - before[1]))
        self.moves.append({**found, "share": share})
        return found

    def drag(self) -> None:
        """Sixty moves in a second; then a single move to where they ended must show the same."""
        self.tab.evaluate("() => window.once(0.3)")
        self.settle()
        end = 0.6 + 0.003 * len(self.drags)  # not what was answered before
        took = self.tab.evaluate("(end) => window.drag(end)", end)
        self.settle()
        found = self.tab.evaluate("() => window.report()")
        for share in (0.3, end):
            self.tab.evaluate("(share) => window.once(share)", share)
            self.settle()
        again = self.tab.evaluate("() => window.report()")["digest"]
        right = abs(found["digest"] - again) <= 1e-4 * (1 + abs(again))
        self.drags.append({**found, "took": took, "verified": right})

    def settle(self) -> None:
        """Wait until the server has done nothing for a second, however slow the machine is."""
        end, quiet, before = time.monotonic() + 60, 0, self._server_cpu()
        while quiet < 3 and time.monotonic() < end:
            time.sleep(0.35)
            after = self._server_cpu()
            quiet = quiet + 1 if after - before < 0.015 else 0
            before = after

    def figures(self) -> dict[str, Any]:
        """Everything that was measured, in ms."""
        found: dict[str, Any] = {}
        for key in ("first", "whole", "page"):
            times = sorted(move[key] for move in self.moves)
            found[f"{key}_ms"] = [
                round(statistics.median(times), 1),
                round(times[int(0.9 * (len(times) - 1))], 1),
            ]
        for key, name in (
            ("whole", "lag_ms"), ("took", "took_ms"), ("pictures", "pictures"),
            ("during", "during"),
        ):  # fmt: skip
            found[name] = round(statistics.median(drag[key] for drag in self.drags), 1)
        found["server_cpu_ms"], found["browser_cpu_ms"] = (
            round(1e3 * statistics.mean(part), 1) for part in zip(*self.cpu, strict=True)
        )
        digests = {round(move["digest"], 3) for move in self.moves}
        found["verified"] = all(drag["verified"] for drag in self.drags) and len(digests) == len(
            {round(move["share"], 6) for move in self.moves}
        )
        return found

    def close(self) -> None:
        """End the server."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)

    def _server_cpu(self) -> float:
        """Seconds of the server process so far."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / TICK

    def _cpu(self) -> tuple[float, float]:
        """Seconds of the server process and of the browser's main thread so far."""
        metrics = self.tools.send("Performance.getMetrics")["metrics"]
        task = next(m["value"] for m in metrics if m["name"] == "TaskDuration")
        return self._server_cpu(), task


def free_port() -> int:
    """A port that nobody listens on."""
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
            urllib.request.urlopen(address, timeout=60).close()
            return process
        except OSError:
            time.sleep(0.2)
    process.terminate()
    raise RuntimeError(f"the server at {address} did not come up")


class ModelAlone:
    """The network without any page."""

    def __init__(self) -> None:
        import astroviz
        from astroviz.stars.explorer import StarsExplorer

        model = astroviz.load("stars", device="cpu")
        self.posterior = model.posterior(StarsExplorer(model).observation())
        self.took: list[float] = []
        self.posterior.sample(2000, seed=0)

    def once(self, seed: int) -> None:
        """Time 2,000 draws."""
        begin = time.perf_counter()
        self.posterior.sample(2000, seed=seed)
        self.took.append(1e3 * (time.perf_counter() - begin))


def take_turns(pages: list[Page], model: ModelAlone, blocks: int, moves: int) -> None:
    """A few moves on one page, then on the other; a drag on each at the end of every block."""
    for block in range(blocks):
        for page in pages:
            page.tab.bring_to_front()
            for k in range(moves):
                # 0.4 to 0.6 of the range, never twice the same value
                share = 0.4 + 0.2 * ((block * moves + k) * 0.618034 % 1.0)
                page.once(share)
            page.drag()
        for k in range(3):
            model.once(3 * block + k)


def run(blocks: int, moves: int) -> dict[str, Any]:
    """All measurements and the ratios."""
    from playwright.sync_api import sync_playwright

    serve = [sys.executable, "-m", "astroviz", "serve", "--no-browser", "--device", "cpu"]
    plain = [sys.executable, str(HERE / "plain_page.py")]
    pages = [
        Page("astroviz", [*serve, "--port"], "/stars/star", MOVE_OURS, "corner-log_age-log_age"),
        Page("hv.DynamicMap", plain, "/", MOVE_PLAIN, ""),
    ]
    model = ModelAlone()
    path = os.environ.get("ASTROVIZ_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        try:
            for page in pages:
                page.open(browser)
            take_turns(pages, model, blocks, moves)
        finally:
            browser.close()
            for page in pages:
                page.close()
    ours, theirs = (page.figures() for page in pages)
    alone = round(statistics.median(model.took), 1)
    ratio = {
        "first_p50": theirs["whole_ms"][0] / ours["first_ms"][0],
        "whole_p50": theirs["whole_ms"][0] / ours["whole_ms"][0],
        "whole_p90": theirs["whole_ms"][1] / ours["whole_ms"][1],
        "lag": theirs["lag_ms"] / ours["lag_ms"],
    }
    return {
        "benchmark": "slider",
        "ratio": {key: round(value, 2) for key, value in ratio.items()},
        "model_ms": alone,
        "own_ms": round(ours["whole_ms"][0] - alone, 1),
        "astroviz": ours,
        "hv.DynamicMap": theirs,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=5, help="turns of each page")
    parser.add_argument("--moves", type=int, default=5, help="single moves in each turn")
    arguments = parser.parse_args()
    print(json.dumps(run(arguments.blocks, arguments.moves)), flush=True)
