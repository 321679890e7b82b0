"""Write a page of four figures: `python four_figures.py page.html`.

A program of its own, because panel, once imported, adds its scripts to every page that Bokeh makes
in the same process, and a page that is opened from a file finds none of them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from bokeh.embed import file_html
from bokeh.models import GridBox
from bokeh.resources import INLINE

from astroviz.plots.corner import Corner
from astroviz.plots.density import Axis
from astroviz.plots.gaps import GapMap
from astroviz.plots.sky import SkyMap
from astroviz.plots.spectrum import Spectrum

AXES = (
    Axis("log_age", "log age", "log10 yr", 5.7, 8.0),
    Axis("log_mass", "log mass", "log10 solMass", -1.5, 0.6),
    Axis("a_v", "A_V", "mag", 0.0, 20.0),
    Axis("effective_temperature", "Teff", "K", 2000.0, 20000.0),
)
BANDS = [
    SimpleNamespace(name=name, label=name.upper(), survey=survey, wavelength=wavelength)
    for name, survey, wavelength in (
        ("g", "Gaia", 0.582), ("j", "2MASS", 1.235), ("w1", "WISE", 3.353), ("w4", "WISE", 22.09),
    )
]  # fmt: skip


def draws() -> np.ndarray:
    """Shape (2000, 4), A_V at least zero."""
    z = np.random.default_rng(0).normal(size=(2000, 4))
    values = np.array([6.7, -0.3, 0.0, 3900.0]) + np.array([0.2, 0.1, 0.4, 150.0]) * z
    return np.abs(values, out=values, where=np.array([False, False, True, False]))


def layout() -> GridBox:
    """A corner plot, a spectrum, a map of gaps and a map of the sky."""
    corner, spectrum = Corner(AXES), Spectrum(BANDS, dark=True)
    corner.update(draws())
    wavelength = np.array([band.wavelength for band in BANDS])
    seen = {"wavelength": wavelength, "flux": 1e-9 / wavelength, "state": np.zeros(len(BANDS))}
    spectrum.update(seen)
    gaps, sky = GapMap(["G", "J"]), SkyMap(view="region")
    gaps.update(np.array([[0, 1], [0, 2]]))
    sky.update([285.0, 286.0, 287.5], [-37.0, -36.5, -37.2])
    cells = [(corner, 0, 0), (spectrum, 0, 1), (gaps, 1, 0), (sky, 1, 1)]
    return GridBox(
        children=[(chart.layout, row, column) for chart, row, column in cells],
        rows=["420px", "320px"],
        cols=["480px", "480px"],
        width=970,
        height=750,
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(file_html(layout(), INLINE, "figures"), encoding="utf-8")
