r"""What visitors cost the server's memory, and what they leave behind.

Run `python tests/benchmarks/bench_sessions.py`; it prints one JSON line. Fifty tabs open the page
of a star one after the other, stay, and then all leave; no browser is needed, as each visitor says
to the server what a browser says. `plain_page.py`, one slider and one `hv.DynamicMap` over the
same model, is served likewise in the same run. Of each server, resident memory in MB:

- `start`: before anyone came; `first`: with one tab; `all`: with every tab open;
- `each`: what each tab after the first one adds;
- `left`: when all have gone and were forgotten; `behind`: how much more than with one tab, and
  `behind_again` likewise after a fifth as many came and went once more: what is a leak and not a
  first growth of the heap shows as the difference of the two;
- `open_s`: how long one tab takes from its first request to its last byte.

Ratios are the plain page's figure over ours: above 1 ours is smaller. `goal` is whether the tabs
leave 50 MB or less behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench_slider import HERE, free_port, start
from bench_start import cpu_seconds
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

GOAL_MB = 50
READY = {"type": "event", "name": "document_ready", "values": {"type": "map", "entries": []}}


class Visitor:
    r"""A tab without a browser: asks for a page, takes the document, says that it is drawn.

    Arguments:
        port: Of the server.
        path: Of the page.
    """

    def __init__(self, port: int, path: str) -> None:
        self.host, self.path = f"127.0.0.1:{port}", path
        self.sent = 0
        self.acknowledged = asyncio.Event()
        self.replied = asyncio.Event()

    async def come(self) -> None:
        """Open the page and go on listening to it."""
        address = f"http://{self.host}{self.path}"
        page = (await AsyncHTTPClient().fetch(address, request_timeout=120)).body.decode()
        found = re.search(r'"token":"([^"]+)"', page)
        if found is None:
            raise RuntimeError(f"{address} is no page of a Bokeh server")
        request = HTTPRequest(
            f"ws://{self.host}{self.path.rstrip('/')}/ws",
            headers={"Origin": f"http://{self.host}"},
        )
        self.socket = await websocket_connect(
            request, subprotocols=["bokeh", found[1]], on_message_callback=self._hear
        )
        await asyncio.wait_for(self.acknowledged.wait(), 60)
        await self._say("PULL-DOC-REQ", {})
        await asyncio.wait_for(self.replied.wait(), 60)
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": READY}
        await self._say("PATCH-DOC", {"events": [event]})

    def go(self) -> None:
        """Close the tab."""
        self.socket.close()

    def _hear(self, frame: str | bytes | None) -> None:
        # Everything is read, or the server would keep what it could not send.
        if isinstance(frame, str) and '"msgtype": "ACK"' in frame:
            self.acknowledged.set()
        elif isinstance(frame, str) and '"msgtype": "PULL-DOC-REPLY"' in frame:
            self.replied.set()

    async def _say(self, kind: str, content: dict[str, Any]) -> None:
        self.sent += 1
        for part in ({"msgid": str(self.sent), "msgtype": kind}, {}, content):
            await self.socket.write_message(json.dumps(part))


def resident(process: subprocess.Popen) -> float:
    """Resident memory of a server, MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


async def quiet(process: subprocess.Popen, seconds: float) -> None:
    """Wait until the server has done next to nothing for so long; a minute at most."""
    end, calm, before = time.monotonic() + 60 + seconds, 0.0, cpu_seconds(process)
    while calm < seconds and time.monotonic() < end:
        await asyncio.sleep(0.25)
        after = cpu_seconds(process)
        calm = calm + 0.25 if after - before < 0.015 else 0.0
        before = after


async def crowd(process: subprocess.Popen, port: int, path: str, tabs: int) -> dict[str, Any]:
    """Let all come, stay and go; memory with the first one, with all, and after."""
    visitors: list[Visitor] = []
    times: list[float] = []
    found: dict[str, Any] = {}
    for _ in range(tabs):
        visitor = Visitor(port, path)
        begin = time.monotonic()
        await visitor.come()
        await quiet(process, 0.5)
        times.append(time.monotonic() - begin - 0.5)
        visitors.append(visitor)
        found.setdefault("first", resident(process))
    found["all"] = resident(process)
    found["open_s"] = statistics.median(times)
    for visitor in visitors:
        visitor.go()
    # Bokeh looks after unused sessions every 17 s and gives each 15 s; then Python must collect.
    await asyncio.sleep(40)
    await quiet(process, 10)
    found["left"] = resident(process)
    return found


async def measure(command: list[str], path: str, tabs: int) -> dict[str, float]:
    """Every figure of one server."""
    port = free_port()
    process = start([*command, str(port)], f"http://127.0.0.1:{port}{path}")
    try:
        await asyncio.sleep(35)  # `start` asked for a page, which is to be forgotten first
        await quiet(process, 5)
        before = resident(process)
        once = await crowd(process, port, path, tabs)
        again = await crowd(process, port, path, max(tabs // 5, 2))
    finally:
        process.terminate()
        process.wait(20)
    found = {"start": before, **once}
    found["each"] = (once["all"] - once["first"]) / (tabs - 1)
    found["behind"] = once["left"] - once["first"]
    found["behind_again"] = again["left"] - once["first"]
    return {name: round(value, 2 if name in ("open_s", "each") else 1)
            for name, value in found.items()}  # fmt: skip


def run(tabs: int) -> dict[str, Any]:
    """Both servers, one after the other, and the ratios."""
    serve = [sys.executable, "-m", "astroviz", "serve", "--no-browser", "--device", "cpu"]
    ours = asyncio.run(measure([*serve, "--port"], "/stars/star", tabs))
    theirs = asyncio.run(measure([sys.executable, str(HERE / "plain_page.py")], "/", tabs))
    return {
        "benchmark": "sessions",
        "tabs": tabs,
        "goal": {
            "behind_mb": GOAL_MB,
            "met": max(ours["behind"], ours["behind_again"]) <= GOAL_MB,
        },
        "ratio": {
            name: round(theirs[name] / ours[name], 2) for name in ("each", "open_s", "start")
        },
        "astroviz": ours,
        "hv.DynamicMap": theirs,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, default=50, help="tabs that are open together")
    print(json.dumps(run(parser.parse_args().tabs)), flush=True)
