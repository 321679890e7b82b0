r"""Spectrographs: wavelength grids, resolution, and what each leaves unknown about its flux.

Three kinds of spectra, all *stand-ins* made from the low-resolution atmosphere grid, which
resolves about 145:

    | xp: like Gaia's BP and RP, 60 bins, flux-calibrated, with errors that are correlated
    | lamost: an optical spectrum without a trusted flux calibration, at the grid's resolution
      instead of 1,800
    | apogee: an H-band spectrum without a trusted flux calibration, at the grid's resolution
      instead of 22,500: it keeps the broad water and hydrogen features, no lines

A spectrum is

.. math:: y = f(\theta) \circ (1 + \Phi a + D(\theta)\, b) + e, \qquad
          a \sim N(0, S), \quad b \sim N(0, 1), \quad e \sim N(0, C)

with the reported covariance :math:`C`, and what nobody reports: modes :math:`\Phi` (cosines over
the range) for the absolute level, the instrument's response and the mismatch between model and
sky, 4 % in XP-like spectra; and in :math:`D` the change of the spectrum for a photosphere whose
temperature, gravity or metallicity is not that of track and atmosphere (spots, the temperature
scale of the models), see `DRIFT`. A large :math:`S` says that the flux calibration is not trusted.

References:
    | Gaia DR3 low-resolution spectra (De Angeli et al. 2023), https://arxiv.org/abs/2206.06143
    | External calibration of BP/RP spectra (Montegriffo et al. 2023), https://arxiv.org/abs/2206.06205
    | LAMOST (Cui et al. 2012); APOGEE (Majewski et al. 2017), https://arxiv.org/abs/1509.05420
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from astroviz.stars.surveys import SURVEYS

__all__ = ["DRIFT", "FLUX_UNIT", "SOURCES", "SPECTROGRAPHS", "Spectrograph", "spectrograph"]

FLUX_UNIT = "W m-2 nm-1"
DRIFT = (0.0065, 0.15, 0.1)
"""Standard deviations of log Teff (1.5 %), log g and [M/H] of a spectrum about its star's."""


@dataclass(frozen=True)
class Spectrograph:
    r"""One kind of spectrum.

    Arguments:
        name: Short name, as in columns: `xp_flux`, `xp_flux_error`, `xp_covariance`.
        label: Name on screen.
        start: First edge of the range, nm.
        stop: Last edge, nm.
        size: Number of bins, equal in log wavelength.
        calibrated: Whether the flux means energy; otherwise its unit and smooth shape do not
            count.
        modes: Standard deviation of each smooth mode of the flux, relative, from the constant on.
        components: Number of numbers that a spectrum is compressed to.
        stand_in: What it is not, in a sentence for the screen.
    """

    name: str
    label: str
    start: float
    stop: float
    size: int
    calibrated: bool
    modes: tuple[float, ...]
    components: int
    stand_in: str

    @cached_property
    def edges(self) -> np.ndarray:
        """Edges of the bins, nm, shape (px + 1,)."""
        return np.geomspace(self.start, self.stop, self.size + 1)

    @cached_property
    def wavelength(self) -> np.ndarray:
        """Centres of the bins, nm, shape (px,)."""
        return np.sqrt(self.edges[1:] * self.edges[:-1])

    @cached_property
    def shapes(self) -> np.ndarray:
        r""":math:`\Phi`: cosines over the log of the wavelength, shape (px, modes)."""
        place = (np.arange(self.size) + 0.5) / self.size
        return np.stack([np.cos(np.pi * k * place) for k in range(len(self.modes))], -1)

    @property
    def free(self) -> int:
        """Number of modes that are not trusted at all: the response of the instrument."""
        return sum(sd >= _RESPONSE for sd in self.modes)


_RESPONSE = 0.1
SPECTROGRAPHS: tuple[Spectrograph, ...] = (
    Spectrograph(
        "xp", "Gaia XP", 336.0, 1020.0, 60, True,
        (0.02, *(0.03,) * 4, *(0.01,) * 20), 24,
        "XP-like: 60 bins of the model atmospheres with typical errors, a stand-in for Gaia's "
        "own basis functions.",
    ),
    Spectrograph(
        "lamost", "LAMOST-like", 370.0, 900.0, 120, False,
        (*(0.15,) * 6, *(0.01,) * 34), 20,
        "LAMOST-like: resolution 145 instead of 1,800, so broad features only; a stand-in.",
    ),
    Spectrograph(
        "apogee", "APOGEE-like", 1514.0, 1696.0, 16, False,
        (*(0.15,) * 3, *(0.007,) * 9), 6,
        "APOGEE-like: resolution 145 instead of 22,500, so water and the Brackett series only; "
        "a stand-in.",
    ),
)  # fmt: skip


SOURCES: tuple[str, ...] = (*SURVEYS, *(one.label for one in SPECTROGRAPHS))
"""All that can be switched on and off: surveys, then kinds of spectra."""


def spectrograph(name: str) -> Spectrograph:
    """One of `SPECTROGRAPHS` by its short name; KeyError naming what there is."""
    for one in SPECTROGRAPHS:
        if one.name == name:
            return one
    names = ", ".join(one.name for one in SPECTROGRAPHS)
    raise KeyError(f"no kind of spectrum named {name!r}; there are {names}")
