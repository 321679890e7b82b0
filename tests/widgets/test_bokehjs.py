"""Figures as widgets: few messages, none lost."""

from __future__ import annotations

import json

import pytest
from bokeh.events import DocumentReady
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from astroviz.widgets.bokehjs import Canvas


@pytest.fixture
def source():
    return ColumnDataSource({"x": [1.0, 2.0], "y": [1.0, 2.0]})


@pytest.fixture
def canvas(source, monkeypatch):
    plot = figure()
    plot.scatter("x", "y", source=source)
    made = Canvas(plot)
    made.sent = []
    monkeypatch.setattr(made, "send", lambda content, buffers=None: made.sent.append(content))
    return made


def patches(canvas):
    texts = [json.loads(c["payload"]) for c in canvas.sent if "payload" in c]
    return [text for text in texts if "events" in text]


def test_changes_together_are_one_message_and_the_last_value_counts(canvas, source):
    plot = canvas._model
    with canvas.together():
        for k in range(5):
            source.data = {"x": [0.0, k], "y": [1.0, k]}
            plot.title.text = f"step {k}"
        with canvas.together():
            plot.x_range.start = 3.0
        assert canvas.sent == []
    (patch,) = patches(canvas)
    kinds = [event["kind"] for event in patch["events"]]
    assert len(kinds) == 3
    assert "step 4" in json.dumps(patch)
    assert "step 3" not in json.dumps(patch)


def test_alone_each_change_is_sent_at_once(canvas):
    canvas._model.title.text = "a"
    canvas._model.title.text = "b"
    assert len(patches(canvas)) == 2


def test_a_view_that_comes_late_is_told_what_it_missed(canvas):
    before = canvas.render_bundle
    canvas._document.callbacks.trigger_event(DocumentReady())
    assert canvas.render_bundle is before
    canvas._model.title.text = "missed"
    assert "missed" not in json.dumps(before["docs_json"], default=str)
    canvas._document.callbacks.trigger_event(DocumentReady())
    assert "missed" in json.dumps(canvas.render_bundle["docs_json"], default=str)


def test_an_error_inside_still_sends_what_was_changed(canvas):
    def fail():
        with canvas.together():
            canvas._model.title.text = "half"
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        fail()
    assert len(patches(canvas)) == 1
