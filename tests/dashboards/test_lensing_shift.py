"""The view of prior shift without a browser: a swap, its flag, rounds on a scrubber."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.lensing import LensingPage
from astroviz.io import table_bytes
from astroviz.lensing import shift_answers
from astroviz.lensing.gaussian_prior import exponential_prior
from astroviz.lensing.shift_answers import SwapSampler
from astroviz.lensing.shift_scenes import Rounds


def rounds(count=3):
    random = np.random.default_rng(0)
    images = [random.random((8, 16, 16)).astype(np.float32) for _ in range(2 * count + 2)]
    figures = [
        {"truth": 8.0 / (k + 1), "truth_error": 0.2, "own": 4.0 / (k + 1), "own_p": 0.005,
         "posterior": 3.0 / (k + 1), "residual": 1.0}
        for k in range(count)
    ]  # fmt: skip
    return Rounds("digits", images[:count], images[count : 2 * count], images[-1], images[-2],
                  figures, None)  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine, monkeypatch):
    """A prior of 12 pixels whose law is known, under any name."""
    monkeypatch.setattr(shift_answers, "_EXPECTED", 80)
    monkeypatch.setattr(SwapSampler, "_kept", {})
    prior = exponential_prior(12)
    tab = LensingPage(None, engine, "bench")
    tab.explorer.other_model = lambda name: (
        (None, "It is not here.") if name == "rounds" else (prior, "")
    )
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    tab.shell.view = "shift"
    return tab.built["shift"]


def test_the_wrong_prior_is_flagged(tab, view):
    assert view.scene.p < 0.01
    assert "out of distribution" in view.numbers.object
    panels = view.modes["swap"]
    assert panels.posterior.images.shape == (8, 12, 12)
    assert len(panels.flag.sources["measured"].data["x"]) == 2
    assert "p = " in panels.flag.describe()
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_another_truth_is_another_question(tab, view):
    before = view.draws
    view.sources.value = "elliptical"
    assert tab.explorer.shift_sources == "elliptical"
    assert view.draws is not before
    assert "ellipticals" in view.notice.sentence


def test_rounds_are_scrubbed(tab, view):
    tab.explorer.shift_keep(("digits", rounds()))
    view.mode.value = "rounds"
    assert view.track.visible
    assert not view.sources.visible
    assert (view.round.end, view.round.value) == (2, 2)
    last = view.modes["rounds"].prior.images.copy()
    view.round.value = 0
    assert tab.explorer.shift_round == 0
    assert not np.array_equal(view.modes["rounds"].prior.images, last)
    view.step(+1)
    assert tab.explorer.shift_round == 1
    for make in view.tables().values():
        assert len(table_bytes(make(), "csv")) > 50


def test_a_round_that_was_learned_is_shown(tab, view, monkeypatch):
    tab.explorer.shift_keep(("digits", rounds()))
    view.mode.value = "rounds"
    monkeypatch.setattr(
        tab.explorer, "shift_learning", lambda: lambda progress, check: ("digits", rounds(4))
    )
    view.learn()
    assert view.round.end == 3
    assert tab.explorer.shift_number() == 3


def test_missing_rounds_are_said(tab, view):
    view.mode.value = "rounds"
    assert "It is not here." in view.notice.warnings[0]
    assert "No rounds are stored" in view.numbers.object
    view.learn()
    assert "missing" in tab.shell.voice.sentence


def test_a_missing_prior_is_said(tab):
    tab.explorer.other_model = lambda name: (None, "It is not here.")
    tab.shell.view = "shift"
    view = tab.built["shift"]
    assert "no such prior" in view.numbers.object
    assert "It is not here." in view.notice.warnings[0]
