"""Extinction laws and their integrals through passbands (needs dust_extinction)."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from astroviz.stars.build_atmospheres import LOGG, METALLICITY, TEFF, SpectralGrid
from astroviz.stars.build_extinction import (
    AV,
    LAWS,
    RV,
    TEFF_KNOTS,
    _f99_far,
    band_extinction,
    law_curve,
)
from astroviz.stars.build_filters import Filter

WAVE = np.geomspace(913.0, 319500.0, 400)


def needs_laws():
    pytest.importorskip("dust_extinction")


def test_knots_are_spectra_of_the_grid():
    assert set(TEFF_KNOTS) <= set(TEFF)
    assert AV.size == 14
    assert (AV[0], AV[-1]) == (0.0, 20.0)
    assert 3.1 in RV


@pytest.mark.parametrize("r_v", [2.5, 3.1, 5.5])
def test_f99_continues_its_own_spline(r_v):
    needs_laws()
    near = np.linspace(1.0, 3.3, 50)
    np.testing.assert_allclose(_f99_far(r_v, near), law_curve("f99", r_v, near), atol=2e-3)
    far = law_curve("f99", r_v, np.geomspace(3.0, 32.0, 100))
    assert (np.diff(far) < 0).all()
    assert 0 <= far[-1] < 0.01


@pytest.mark.parametrize("law", LAWS)
def test_laws_are_one_in_the_visual_and_defined_everywhere(law):
    needs_laws()
    for r_v in RV:
        assert law_curve(law, float(r_v), np.array([0.55]))[0] == pytest.approx(1.0, abs=0.03)
        curve = law_curve(law, float(r_v), WAVE * 1e-4)
        assert np.isfinite(curve).all()
        assert (curve >= 0).all()


def test_unknown_law_is_named():
    needs_laws()
    with pytest.raises(ValueError, match="no extinction law named 'ccm'; there are f99, g23"):
        law_curve("ccm", 3.1, np.array([1.0]))


def test_narrow_band_follows_the_curve():
    needs_laws()
    line = Filter("x", np.linspace(2.19e4, 2.21e4, 20), np.ones(20), 1.0, 1.0)
    flat = np.zeros((TEFF.size, LOGG.size, METALLICITY.size, WAVE.size), dtype=np.float32)
    grid = SpectralGrid(WAVE, flat, np.zeros(flat.shape[:3], dtype=bool))
    found = band_extinction("g23", grid, (line,))
    assert found.shape == (TEFF_KNOTS.size, AV.size, RV.size, 1)
    for k, r_v in enumerate(RV):
        expected = AV * law_curve("g23", float(r_v), np.array([2.2]))[0]
        np.testing.assert_allclose(found[3, :, k, 0], expected, rtol=0.02, atol=1e-9)


def test_missing_package_names_the_extra(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("dust_extinction"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'astroviz\[tables\]'"):
        law_curve("g23", 3.1, np.array([1.0]))
