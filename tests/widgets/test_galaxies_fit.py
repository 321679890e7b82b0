"""Fits of populations in a notebook, without a browser."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from astropy.table import Table

import astroviz
from astroviz.galaxies import fit_catalogue as fitting
from astroviz.galaxies.film import Film, Frame

PNG = b"\x89PNG"
FEATURES = ("r", "u-g", "g-r", "r-i", "i-z")


def film():
    random = np.random.default_rng(0)
    frames = [
        Frame(
            10 * k, 0.0, (k + 1) / 3, 2.0 / (1 + k), 1.0 / (1 + k), 0.5, 0.02,
            dict.fromkeys(FEATURES, 0.4 / (1 + k)), random.normal(size=(30, 5)),
        )
        for k in range(3)
    ]  # fmt: skip
    return Film(frames, random.normal(size=(50, 5)))


def population(**more):
    report = {"gain": {"redshift": {"bits": 2.0, "spread": 0.1}}, "seconds": 60.0}
    return SimpleNamespace(film=film(), report=report, **more)


@pytest.fixture
def model():
    return SimpleNamespace(population=population(), card=None, name="galaxies")


def table(count=200):
    random = np.random.default_rng(0)
    found = {}
    for band in "ugriz":
        found[band] = random.uniform(15, 17, count)
        found[f"{band}_error"] = np.full(count, 0.03)
    return Table(found)


def test_the_frame_follows_the_slider_and_the_state(model):
    view = astroviz.explore("galaxies", model=model, view="fit")
    assert (view.frame.max, view.frame.value) == (2, 2)
    assert view.explorer.state() == {"view": "fit"}
    view.frame.value = 0
    assert view.explorer.fit_frame == 0
    assert view.scene.ks[0] == pytest.approx(0.4)
    view.explorer.fit_frame = None
    assert view.frame.value == 2
    assert "g \u2212 r" in view.clouds.figure.xaxis[0].axis_label
    assert view.picture().startswith(PNG)


def test_a_table_is_fitted_and_becomes_the_population(model, monkeypatch):
    frames = film().frames

    def quick(catalogue, selection, prior, budget, seed, *, control, watch, **more):
        for share, frame in enumerate(frames):
            control.check()
            watch(frame)
            control.progress(share / 3)
        return population(galaxies=len(catalogue))

    monkeypatch.setattr(fitting, "fit_catalogue", quick)
    monkeypatch.setattr("astroviz.galaxies.catalogue.check_system", lambda *a, **k: None)
    view = astroviz.explore("galaxies", table(), model=model)
    assert view.explorer.fit_mode == "mine"
    assert "200 rows, not read yet" in view.words.value
    heard = []
    view.observe(heard.append, "population")
    view.fit()
    view.wait()
    assert len(heard) == 1
    assert view.population.galaxies == 200
    assert view.explorer.population() is view.population
    assert "<b>200</b> of 200 rows" in view.words.value


def test_what_is_wrong_is_said(model):
    view = astroviz.explore("galaxies", model=model, view="fit", fit_mode="mine")
    view.fit()
    assert "There is no table yet" in view._status.value
    view.limit.value = "bright"
    assert "not &#x27;bright&#x27;" in view._status.value
    assert view.limit.value == ""
    view.limit.value = "17.77"
    assert view.explorer.fit_limit == 17.77
    with pytest.raises(ValueError, match="looks at no table"):
        astroviz.explore("galaxies", table(), model=model, view="lessons")
