"""The surveys widget without a browser, with the shipped model."""

from __future__ import annotations

import asyncio
import base64
import threading

import numpy as np
import pytest

from astroviz.stars.information import Gain
from astroviz.widgets import explore, stars_surveys
from astroviz.widgets.live import Worker
from astroviz.widgets.stars_surveys import SurveysWidget


@pytest.fixture
def view(stars_model, engine, monkeypatch):
    """The widget, its gain made up: the real one has tests of its own."""

    def quick(posterior, surveys=None, parameters=(), seed=0, control=None):
        missing = stars_surveys.missing_surveys(posterior.inputs()["states"])
        shape = (len(missing), len(parameters))
        return Gain(missing, parameters, np.arange(1.0, 1 + shape[0] * shape[1]).reshape(shape),
                    np.full(shape, 0.1))  # fmt: skip

    monkeypatch.setattr(stars_surveys, "expected_gain", quick)
    return SurveysWidget(stars_model, engine=engine)


def test_it_opens_with_ridges_drawn(view):
    assert view.arrived == ("prior", "Gaia", "2MASS", "WISE", "Spitzer")
    assert tuple(view.draws) == view.arrived
    assert all(len(draws) == 1000 for draws in view.draws.values())
    assert view.draws["Spitzer"]["log_age"].std() < view.draws["prior"]["log_age"].std()
    assert view.ridges.ridges[-1].bits > 0.5
    assert "while surveys arrive" in view._status.value


def test_the_public_door_opens_it(stars_model, engine):
    order = ["WISE", "Gaia"]
    view = explore("stars", model=stars_model, engine=engine, view="surveys", arrival=order)
    assert isinstance(view, SurveysWidget)
    assert view.arrived == ("prior", "WISE", "Gaia", "2MASS", "Spitzer")


def test_surveys_arrive_in_another_order(view):
    last = view.draws["Spitzer"]
    view.later["Gaia"].click()
    assert view.arrived == ("prior", "2MASS", "Gaia", "WISE", "Spitzer")
    assert view.explorer.arrival[:2] == ["2MASS", "Gaia"]
    assert np.array_equal(view.draws["Spitzer"].values, last.values, equal_nan=True)
    assert view.earlier["2MASS"].disabled
    assert view.later["Spitzer"].disabled
    assert not view.later["2MASS"].disabled
    view.picker.undo.click()
    assert view.arrived == ("prior", "Gaia", "2MASS", "WISE", "Spitzer")
    assert "arrival=" not in view._code.value


def test_another_parameter_is_drawn_from_the_same_draws(view):
    view.parameter.value = "a_v"
    assert view.ridges.ridges[-1].quantiles[1] == pytest.approx(
        np.median(view.draws["Spitzer"]["a_v"]), rel=0.02
    )


def test_a_survey_that_is_switched_off_is_one_to_gain(view):
    assert view.gain.surveys == view.bars.surveys == ("Spectroscopy",)
    view.switches["WISE"].value = False
    assert view.arrived == ("prior", "Gaia", "2MASS", "Spitzer")
    assert view.gain.surveys == view.bars.surveys == ("WISE", "Spectroscopy")
    assert "Spectroscopy would tell most about log_age" in view._gain_words.value
    assert "log_mass" in (setattr(view.parameter, "value", "log_mass") or view._gain_words.value)
    known = view.gain
    view.explorer.arrival = ["2MASS"]
    assert view.gain is known, "the order does not change what others would tell"


def test_a_star_that_nobody_knows_has_its_prior(view):
    view.explorer.surveys = []
    assert view.arrived == ("prior",)
    assert "No survey knows this star" in view._order.children[0].value
    assert len(view.gain.surveys) == 5


def test_a_gain_that_fails_is_a_sentence(view, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("out of order")

    monkeypatch.setattr(stars_surveys, "expected_gain", fail)
    view.explorer.surveys = ["Gaia"]
    assert view.gain is None
    assert "No gain: out of order" in view._gain_words.value


def test_the_real_gain(stars_model, engine):
    view = SurveysWidget(stars_model, engine=engine, surveys=["Gaia", "2MASS", "WISE", "Spitzer"])
    assert view.gain.surveys[-1] == "Spectroscopy"
    assert 0.3 < view.gain.bits[-1, 0] < 3.0


def test_in_a_kernel_the_newest_star_wins(stars_model, engine, monkeypatch):
    monkeypatch.setattr(stars_surveys, "expected_gain", lambda *_, **__: None)

    async def cell():
        view = SurveysWidget(stars_model, engine=engine)
        for row in (1, 2, 3):
            view.explorer.row = row
        found = view.draws
        return found, SurveysWidget(stars_model, engine=engine, row=3).draws

    found, fresh = asyncio.run(cell())
    assert tuple(found) == tuple(fresh)
    for survey, draws in found.items():
        assert np.array_equal(draws.values, fresh[survey].values, equal_nan=True)


def test_the_bundle_has_a_widget_and_a_picture(view):
    bundle = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")


def test_every_control_has_a_tooltip(view):
    for control in (view.parameter, *view.switches.values(), *view.earlier.values(),
                    *view.later.values()):  # fmt: skip
        assert control.tooltip


def test_work_that_nobody_waits_for_ends_and_its_answer_is_dropped():
    started, found, ended = threading.Event(), [], threading.Event()

    def endless(control):
        started.set()
        try:
            while True:
                control.check()
        finally:
            ended.set()

    async def cell():
        worker = Worker(found.append, found.append)
        worker.start(endless)
        await asyncio.to_thread(started.wait, 10)
        worker.start(lambda control: "second")
        worker.settle()
        await asyncio.to_thread(ended.wait, 10)
        await asyncio.sleep(0.05)
        return worker.busy

    assert asyncio.run(cell()) is False
    assert found == ["second"]
    assert ended.is_set()
