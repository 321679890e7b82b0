"""A closed tab leaves nothing behind: no page, no explorer, no question, no callback."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
import socket
import threading
import time
import weakref
from dataclasses import replace

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from astroviz.core.engine import Engine
from astroviz.dashboards import serve as module
from astroviz.dashboards import shell as shells
from astroviz.dashboards.stars import StarsPage

READY = {"type": "event", "name": "document_ready", "values": {"type": "map", "entries": []}}


class Visitor:
    """What a browser does with a page, without one: asks for it, connects, says it is drawn."""

    def __init__(self, port, path):
        self.port, self.path, self.sent = port, path, 0

    async def come(self):
        address = f"http://127.0.0.1:{self.port}{self.path}"
        page = (await AsyncHTTPClient().fetch(address, request_timeout=60)).body.decode()
        token = re.search(r'"token":"([^"]+)"', page).group(1)
        request = HTTPRequest(
            f"ws://127.0.0.1:{self.port}{self.path}/ws",
            headers={"Origin": f"http://127.0.0.1:{self.port}"},
        )
        self.socket = await websocket_connect(request, subprotocols=["bokeh", token])
        await self.hear("ACK")  # before it the server cannot read what it is sent
        await self.send("PULL-DOC-REQ", {})
        await self.hear("PULL-DOC-REPLY")
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": READY}
        await self.send("PATCH-DOC", {"events": [event]})

    async def send(self, kind, content):
        self.sent += 1
        for part in ({"msgid": str(self.sent), "msgtype": kind}, {}, content):
            await self.socket.write_message(json.dumps(part))

    async def hear(self, kind):
        while True:
            frame = await asyncio.wait_for(self.socket.read_message(), 60)
            assert frame is not None, "the server hung up"
            if isinstance(frame, str) and f'"msgtype": "{kind}"' in frame:
                return

    def go(self):
        self.socket.close()


@pytest.fixture(autouse=True)
def forgetful_log():
    """pytest keeps what is logged until a test ends, and Panel logs the models that changed."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def house(stars_model, monkeypatch):
    """A server in a thread that forgets closed tabs at once: port, house, pages it made."""
    made = []

    def build(model, engine, view):
        page = StarsPage(model, engine, view)
        made.append(weakref.ref(page))
        return page.shell

    monkeypatch.setattr(module, "PAGES", (replace(module.PAGES[0], build=build),))
    monkeypatch.setattr(module, "CHECK_MS", 100)
    monkeypatch.setattr(module, "LIFETIME_MS", 200)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ready, found = threading.Event(), {}

    def work():
        asyncio.set_event_loop(asyncio.new_event_loop())
        engine = Engine(device="cpu")
        server, found["house"] = module.make_server(
            port, engine=engine, warm=False, models={"stars": stars_model}
        )
        found["server"] = server
        server.start()
        server.io_loop.add_callback(ready.set)
        server.io_loop.start()
        engine.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(30)
    yield port, found["house"], made
    loop = found["server"].io_loop
    loop.add_callback(found["server"].stop)
    loop.add_callback(loop.stop)
    thread.join(20)


async def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        await asyncio.sleep(0.1)
    return condition()


def alive(references):
    gc.collect()
    return [type(found).__name__ for reference in references if (found := reference()) is not None]


@pytest.mark.parametrize("path", ["/stars/star", "/stars/catalogue"])
def test_closed_tabs_are_forgotten_with_all_that_they_had(house, path):
    port, rooms, made = house

    async def visits():
        parts = []
        for k in range(3):
            visitor = Visitor(port, path)
            await visitor.come()
            page = made[-1]()
            assert await until(lambda page=page: page.draws is not None), "an answer is drawn"
            assert await until(lambda page=page: page.star or page.catalogue), "a view is built"
            parts += [weakref.ref(part) for part in (page.shell, page.explorer, page.live)]
            if k > 0:  # Panel's own housekeeping starts with a first document and keeps it, bare
                parts.append(weakref.ref(page.shell.document))
            del page
            visitor.go()
            await until(lambda: not rooms.sessions)
        return parts

    parts = asyncio.run(visits())
    assert not rooms.sessions
    assert not shells._SHELLS
    gone = asyncio.run(until(lambda: not alive([*made, *parts]), 15))
    assert gone, f"still there: {alive([*made, *parts])}"
    assert rooms.engine.status().waiting == rooms.engine.status().running == 0


def test_a_question_under_way_is_given_up_when_its_tab_closes(house):
    port, rooms, made = house

    async def visit():
        visitor = Visitor(port, "/stars/star")
        await visitor.come()
        page = made[-1]()
        assert await until(lambda: rooms.engine.status().answered), "the first is out of the way"
        # Minutes of work: it cannot be answered before the server has noticed the closed tab.
        page.shell.document.add_next_tick_callback(
            lambda: page.explorer.param.update(n_draws=50_000, steps=128)
        )
        assert await until(lambda: rooms.engine.status().running)
        visitor.go()
        return await until(lambda: rooms.engine.status().running == 0, 20)

    assert asyncio.run(visit())
    assert rooms.engine.status().cancelled
