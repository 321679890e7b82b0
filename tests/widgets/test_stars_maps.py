"""The maps widget without a browser, with the shipped model."""

from __future__ import annotations

import asyncio
import base64

import numpy as np
import pytest
import traitlets

from astroviz.widgets import explore, stars_maps
from astroviz.widgets.stars_maps import MapsWidget


@pytest.fixture
def few(monkeypatch):
    """Thirty stars instead of a hundred."""
    monkeypatch.setattr(stars_maps, "FIRST", 30)


@pytest.fixture
def view(few, stars_model, engine):
    return MapsWidget(stars_model, engine=engine)


def test_it_opens_with_some_stars_answered(view):
    assert len(view.shown.rows) == 30
    assert "30 of 30 stars answered" in view._status.value
    assert "30 stars" in view.hr.describe()
    assert "young stars" in view.topdown.describe()
    everyone = len(view.explorer.observations)
    assert view.ask_button.description == f"Ask for {everyone}"
    assert "<b>example</b>" in view._title.value


def test_the_public_door_opens_it(few, stars_model, engine):
    view = explore("stars", model=stars_model, engine=engine, view="maps", picked=6)
    assert isinstance(view, MapsWidget)
    assert 6 in view.shown.rows, "the picked star is asked about too"
    assert len(view._fine_draws) == 1000
    assert len(view.hr.lifted.data["xs"]) == 2
    assert "picked=6" in view._code.value


def test_a_selection_is_shown_alone_and_asked_about(view):
    rows = view.shown.rows[:5]
    view.selection = [*rows, 400]
    assert view.shown.rows.tolist() == rows.tolist()
    view.ask_button.click()
    assert view.shown.rows.tolist() == [*rows.tolist(), 400]
    assert np.isfinite(view.shown.log_luminosity).all()
    view.selection = []
    assert len(view.shown.rows) == 31


def test_hovering_lifts_a_star_and_a_click_keeps_it(view):
    one, other = (int(row) for row in view.shown.rows[3:5])
    view.hr.hovered.data = {"row": [one]}
    assert "Myr" in view.hr.said.text
    assert len(view.topdown.ray.data["x"]) == 64
    view.hr.hovered.data = {"row": [-1]}
    assert view.hr.said.text == ""
    view._on_pick(other)
    assert view.explorer.picked == other
    assert len(view.topdown.ray.data["x"]) == 1000
    view.explorer.selection = [one]
    assert view.explorer.picked is None, "a star that is not shown is not lifted"
    assert view.release.disabled


def test_another_question_starts_anew(view):
    before = view.shown
    view.switches["Gaia"].value = False
    assert len(view.shown.rows) == 30
    assert not np.array_equal(view.shown.log_luminosity, before.log_luminosity)


def test_colour_and_membership(view):
    view.colour.value = "mean"
    assert "mean A_V" in view.topdown.describe()
    before = view.shown.density.stars.sum()
    view.assume_young.value = True
    assert view.shown.density.stars.sum() > before


def test_stars_that_fail_are_counted_and_the_others_shown(view, monkeypatch):
    monkeypatch.setattr(view.engine, "submit", _refusing(view.engine.submit))
    view.selection = [1, 2, 3]
    view.explorer.seed = 5
    assert "2 of 3 stars answered. 1 failed." in view._status.value


def _refusing(submit):
    calls = []

    def refuse(*arguments, **settings):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("full")
        return submit(*arguments, **settings)

    return refuse


def test_a_table_without_positions(few, stars_model, engine):
    view = MapsWidget(stars_model, {"Gmag": [12.0, 13.0], "Jmag": [10.0, 11.0]}, engine)
    assert len(view.shown.rows) == 2
    assert view.shown.above is None
    assert "None of these stars has a position" in view.topdown.describe()
    assert view._repr_mimebundle_()["image/png"]


def test_what_is_shown_is_read_and_not_set(view):
    with pytest.raises(traitlets.TraitError, match="shown is read"):
        view.shown = 3


def test_in_a_kernel_answers_come_while_the_loop_is_free(few, stars_model, engine):
    async def cell():
        view = MapsWidget(stars_model, engine=engine)
        while view._crowd.busy:
            await asyncio.sleep(0.02)
        return view.shown

    assert len(asyncio.run(cell()).rows) == 30


def test_the_bundle_has_a_widget_and_a_picture(view):
    bundle = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")


def test_every_control_has_a_tooltip(view):
    for control in (view.ask_button, view.colour, view.assume_young, view.release,
                    *view.switches.values()):  # fmt: skip
        assert control.tooltip
