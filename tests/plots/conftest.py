"""Draws, bands and stars that the tests of the figures share."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.plots.density import Axis

BANDS = (
    ("g", "G", "Gaia", 0.582),
    ("j", "J", "2MASS", 1.235),
    ("ks", "Ks", "2MASS", 2.159),
    ("w1", "W1", "WISE", 3.353),
    ("w4", "W4", "WISE", 22.09),
    ("i1", "[3.6]", "Spitzer", 3.551),
)


@pytest.fixture(scope="session")
def axes():
    return (
        Axis("log_age", "log age", "log10 yr", 5.7, 8.0),
        Axis("log_mass", "log mass", "log10 solMass", -1.5, 0.6),
        Axis("a_v", "A_V", "mag", 0.0, 20.0),
        Axis("effective_temperature", "Teff", "K", 2000.0, 20000.0),
    )


@pytest.fixture(scope="session")
def make_draws():
    """Correlated draws of the four parameters, shape (n, 4); A_V piles up at zero."""

    def make(n=2000, seed=0, width=1.0):
        z = np.random.default_rng(seed).normal(size=(n, 4))
        return np.stack(
            [
                6.7 + 0.2 * width * z[:, 0],
                -0.3 + 0.1 * width * (0.8 * z[:, 0] + 0.6 * z[:, 1]),
                np.abs(0.4 * width * z[:, 2]),
                3900 + 150 * width * z[:, 3],
            ],
            -1,
        ).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def bands():
    return [SimpleNamespace(name=n, label=t, survey=s, wavelength=w) for n, t, s, w in BANDS]


@pytest.fixture
def sed_parts(bands):
    """A star that was seen exactly where it is predicted, 10 % wide; W4 is a limit."""
    wavelength = np.array([band.wavelength for band in bands])
    flux = 1e-9 / wavelength
    state = np.array([0, 0, 0, 0, 2, 3])
    grid = np.geomspace(0.3, 30, 64)
    return {
        "wavelength": wavelength,
        "flux": flux,
        "flux_lower": flux / 1.1,
        "flux_upper": flux * 1.1,
        "observed": np.linspace(8, 12, 6),
        "observed_error": np.full(6, 0.1),
        "state": state,
        "band_q025": flux / 1.21,
        "band_q16": flux / 1.1,
        "band_q50": flux,
        "band_q84": flux * 1.1,
        "band_q975": flux * 1.21,
        "curve_wavelength": grid,
        "photosphere": 2e-9 / grid,
        "dusty": 1e-9 / grid,
        "excess": np.where(grid > 2, 1e-10, 0.0),
    }


@pytest.fixture
def parts_of():
    """All models of a layout by id, to see that a patch makes none anew."""

    def collect(layout):
        return {model.id: type(model).__name__ for model in layout.references()}

    return collect
