"""The trap gallery without a browser: its figures follow the slider."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.accuracy.traps_run import HEAVY
from astroviz.core.engine import Engine
from astroviz.dashboards.accuracy import AccuracyPage
from astroviz.io import table_bytes


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine):
    tab = AccuracyPage(engine, "traps")
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["traps"]


def test_the_gallery_opens_with_its_pictures_its_table_and_a_figure(tab, view):
    panel = view.panel
    assert len(panel.gallery.titles) == 9
    assert len(panel.gallery.claimed.data["xs"]) > 15
    assert "wait" not in {state for row in panel.table.states for state in row}
    assert list(panel.charts) == ["coverage"]
    assert "Noticed by" in panel.words.object
    assert "checks notice" in view.notice.sentence
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_the_slider_moves_pictures_table_and_words(tab, view):
    panel = view.panel
    before = [np.array(line) for line in panel.gallery.claimed.data["xs"]], panel.table.describe()
    view.slider.value = 0.05
    assert tab.explorer.traps_size == 0.05
    after = panel.gallery.claimed.data["xs"]
    assert len(after) != len(before[0]) or any(
        len(a) != len(b) or not np.allclose(a, b) for a, b in zip(after, before[0], strict=True)
    )
    assert panel.table.describe() != before[1]
    assert "widths 2 % too small" in panel.words.object
    (table,) = view.tables().values()
    assert len(table_bytes(table(), "csv")) > 2000


def test_clicks_choose_a_trap_and_a_check(tab, view):
    panel = view.panel
    panel._on_picture(4)
    assert tab.explorer.traps_trap == "prior"
    assert panel.gallery.selected == 4
    row = panel.table.rows.index("Likelihood ranks")
    panel._on_cell(row, 7)
    assert (tab.explorer.traps_trap, tab.explorer.traps_check) == ("permuted", "likelihood_rank")
    assert panel.table.selected == (row, 7)
    assert "ecdf" in panel.charts
    view.step(1)
    assert tab.explorer.traps_trap == "lost"


def test_costly_checks_are_run_when_asked(tab, view, monkeypatch):
    monkeypatch.setattr("astroviz.accuracy.traps_state.HEAVY", HEAVY[:1])
    tab.explorer.param.update(traps_size=0.9, traps_count=100, traps_check=HEAVY[0])
    assert "costly" in view.panel.words.object
    view.ask_heavy()
    assert tab.explorer.traps_outcome() is not None
    assert "costly" not in view.panel.words.object


def test_power_is_drawn_or_said_to_be_missing(tab, view, monkeypatch):
    tab.explorer.traps_stage = "power"
    panel = view.panel
    assert list(view.stage) == [panel.layout]
    assert view.slider.disabled

    def missing():
        raise FileNotFoundError("power.npz")

    monkeypatch.setattr("astroviz.accuracy.traps_power.stored_power", missing)
    tab.explorer.traps_trap = "narrow"
    assert "make them by" in panel.layout[0].object


def test_dark_reaches_the_figures(tab, view):
    panel = view.panel
    light = panel.gallery.figure.background_fill_color
    tab.shell.dark = True
    assert panel.gallery.figure.background_fill_color != light
    chart, _ = panel.charts["coverage"]
    assert chart.layout.background_fill_color == panel.gallery.figure.background_fill_color
