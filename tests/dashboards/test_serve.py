"""The server without a browser: health, failing models, full houses, passwords."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from dataclasses import replace

import panel as pn
import pytest
from jinja2 import Template

from astroviz.dashboards import first_paint, memory
from astroviz.dashboards import serve as module
from astroviz.dashboards.serve import House, make_server


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return answer.status, answer.read().decode()


@pytest.fixture
def start(monkeypatch):
    """Serve toy pages in a thread; returns (port, house)."""
    running = []

    def build(model, engine, view):
        if model == "explodes":
            raise ValueError("the toy page failed on purpose")
        return pn.pane.Str(f"model {model}, view {view}")

    entry = replace(module.PAGES[0], build=build)
    monkeypatch.setattr(module, "PAGES", (entry,))

    def start(**settings):
        port, ready, found = free_port(), threading.Event(), {}

        def work():
            asyncio.set_event_loop(asyncio.new_event_loop())
            settings.setdefault("models", {"stars": "toy"})
            found["server"], found["house"] = make_server(
                port, engine=object(), warm=False, **settings
            )
            found["server"].start()
            found["server"].io_loop.add_callback(ready.set)
            found["server"].io_loop.start()

        threading.Thread(target=work, daemon=True).start()
        assert ready.wait(20)
        running.append(found["server"])
        return port, found["house"]

    yield start
    for server in running:
        server.io_loop.add_callback(server.stop)
        server.io_loop.add_callback(server.io_loop.stop)
    time.sleep(0.1)


def test_gallery_pages_and_health(start):
    port, _ = start()
    status, page = get(port, "/")
    assert status == 200
    assert "astroviz" in page
    for path in ("/stars", "/stars/star", "/stars/catalogue"):
        assert get(port, path)[0] == 200
    health = json.loads(get(port, "/liveness")[1])
    assert health["status"] == "ok"
    assert health["models"] == {"stars": "ok"}


def test_a_page_has_its_name_and_is_painted_before_its_scripts_start(start):
    port, _ = start()
    _, page = get(port, "/")
    assert "<title>astroviz</title>" in page
    assert page.count("js/bokeh.min.js") == 1
    head, body = page.split("<body>")
    assert '<script type="text/javascript" src' not in head
    assert body.index('id="loader" style="display: flex;"') < body.index("js/bokeh.min.js")


def test_where_panel_has_another_template_it_is_taken_as_it_is(monkeypatch):
    base = Template("{% block body %}{{ bokeh_js }}{% endblock %}")
    monkeypatch.setattr(first_paint, "BASE_TEMPLATE", base)
    assert first_paint.early_template.__wrapped__() is base


def test_a_model_that_fails_leaves_a_sentence_and_the_rest_alive(start):
    def broken():
        raise ValueError("the hash of weights.safetensors does not match its card")

    port, house = start(models={"stars": broken})
    status, _ = get(port, "/stars")
    assert status == 200
    health = json.loads(get(port, "/liveness")[1])
    assert health["status"] == "degraded"
    assert "does not match" in health["models"]["stars"]
    assert get(port, "/")[0] == 200
    assert house.model("stars") is None


def test_a_page_that_cannot_be_built_answers_with_a_sentence(start):
    port, _ = start(models={"stars": "explodes"})
    assert get(port, "/stars")[0] == 200
    health = json.loads(get(port, "/liveness")[1])
    assert health["status"] == "degraded"
    assert health["broken_pages"] == {"/stars": "the toy page failed on purpose"}


def test_the_model_is_loaded_once():
    loads = []
    house = House(None, {"stars": lambda: loads.append(1) or "model"})
    assert [house.model("stars") for _ in range(3)] == ["model"] * 3
    assert loads == [1]


def test_a_full_house_asks_to_wait_and_a_left_seat_is_free():
    house = House(None, {}, max_sessions=1)
    assert house.admit("a")
    assert house.admit("a"), "a visitor keeps the seat"
    assert not house.admit("b")
    house.leave("a")
    assert house.admit("b")


def test_memory_is_given_back_once_for_the_tabs_that_close_together(monkeypatch):
    monkeypatch.setattr(memory, "DELAY_S", 0.05)
    given = []
    monkeypatch.setattr(memory, "give_back", lambda: given.append(1))

    async def close_three():
        house = House(None, {})
        for name in "abc":
            house.admit(name)
            house.leave(name)
        await asyncio.sleep(0.2)

    asyncio.run(close_three())
    assert given == [1]


def test_giving_memory_back_does_no_harm():
    memory.give_back()


def test_visitors_above_the_limit_see_a_page_not_an_error(start):
    port, house = start(max_sessions=0)
    status, _ = get(port, "/stars")
    assert status == 200
    assert not house.sessions


def test_a_password_is_asked_for(start, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    port, _ = start(password_file=secret)
    for path in ("/", "/stars", "/stars/star"):
        status, page = get(port, path)
        assert status == 200
        assert "password" in page.lower()
        assert "login" in page.lower()


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/stars", "/stars/star"),
        ("/stars?view=catalogue&seed=3", "/stars/catalogue?view=catalogue&seed=3"),
        ("/stars?view=nonsense", "/stars/star?view=nonsense"),
    ],
)
def test_the_address_of_a_page_leads_to_its_view(start, asked, shown):
    port, _ = start()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{asked}", timeout=20) as answer:
        assert answer.url == f"http://127.0.0.1:{port}{shown}"


def test_an_empty_password_file_is_refused(tmp_path):
    secret = tmp_path / "password"
    secret.write_text("\n")
    with pytest.raises(ValueError, match="first line"):
        make_server(password_file=secret, engine=object(), models={})


def test_the_websocket_accepts_our_own_pages_only():
    assert "127.0.0.1:5006" in module._origins("127.0.0.1", 5006)
    assert not any(origin.startswith("*") for origin in module._origins("0.0.0.0", 5006))


def test_a_taken_port_is_said_in_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port}"):
            make_server(port, engine=object(), models={}, warm=False)


@pytest.mark.parametrize("path", ["/nowhere", "/stars/nowhere"])
def test_an_unknown_address_is_not_found(start, path):
    port, _ = start()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(port, path)


def test_a_start_builds_only_the_views_that_are_named():
    from dataclasses import replace

    from astroviz.dashboards.gallery import PAGES
    from astroviz.dashboards.serve import House, _page

    built = []
    entry = replace(
        PAGES[0], views=("one", "two"), warmed=("one",), opens_without=True,
        build=lambda model, engine, view: built.append(view),
    )  # fmt: skip
    house = House(None, {})
    house.warming = True
    for view in entry.views:
        _page(entry, house, view)()
    assert built == ["one"]
    house.warming = False
    _page(entry, house, "two")()
    assert built == ["one", "two"]
