"""Spectra and selections of galaxies in a notebook, without a browser: state in, arrays out."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets

import astroviz

PNG = b"\x89PNG"
SMALL = {"selection_source": "prior", "selection_draws": 3000}


def test_the_spectrum_follows_the_state_and_can_be_observed():
    view = astroviz.explore("galaxies", view="sed")
    heard = []
    view.observe(heard.append, "sed")
    before = view.sed
    view.explorer.sed_tau2 = 1.8
    assert len(heard) == 1
    assert (view.sed.magnitudes > before.magnitudes).all()
    assert view.draws["tau2"][0] == pytest.approx(1.8)
    assert "survive" in view.numbers.value
    view.explorer.undo()
    np.testing.assert_allclose(view.sed.magnitudes, before.magnitudes, atol=1e-5)
    assert view.picture().startswith(PNG)
    with pytest.raises(traitlets.TraitError, match="change `explorer`"):
        view.draws = 3
    assert "view='sed'" in view.explorer.code() or 'view="sed"' in view.explorer.code()


def test_the_selection_follows_the_state_and_a_hand():
    view = astroviz.explore("galaxies", view="selection", **SMALL)
    heard = []
    view.observe(heard.append, "seen")
    weights = view.draws["selection_weight"].copy()
    view.explorer.selection_limit = 16.5
    assert len(heard) == 1
    assert view.draws["selection_weight"].sum() < weights.sum()
    view.explorer.use_wedge = True
    x, y = view.hand.grips()[0]
    view.hand.drag(x, y, "start")
    view.hand.drag(x + 0.2, y, "move")
    assert view.explorer.wedge_x == pytest.approx(x + 0.2, abs=1e-3)
    assert view.figures.plane.wedge.data["x"][0] == pytest.approx(x + 0.2, abs=1e-3)
    view.explorer.selection_survey = "hsc_wide"
    assert list(view.band.options) == ["g", "r", "i", "z", "y"]
    assert "hsc_g" in view.draws
    assert view.picture().startswith(PNG)


def test_controls_are_tied_to_the_state():
    view = astroviz.explore("galaxies", view="selection", **SMALL)
    view.band.value = "g"
    assert view.explorer.selection_band == "g"
    view.explorer.selection_band = "i"
    assert view.band.value == "i"
    count = len(view.draws)
    assert count == 3000
