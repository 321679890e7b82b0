r"""How surveys see a star: errors, floors, variability, limits, footprints.

The error law of band :math:`b` is

.. math:: \sigma_b(m) = \sqrt{e_0^2 + (e_1\, 10^{0.4 (m - m_1)})^2}

and the error that a catalogue reports is :math:`s\,\sigma_b(x)` at the *observed* magnitude
:math:`x`, with a scatter :math:`s` of its own. The error then tells nothing about the star beyond
what :math:`x` tells, and the likelihood of :math:`x` is a normal distribution of width
:math:`s\,\sigma_b(m)`, exactly.

The values are typical of each catalogue and are stand-ins for its full error model.

References:
    | Gaia EDR3 (Riello et al. 2021), https://arxiv.org/abs/2012.01916
    | Parallax zero point and RUWE (Lindegren et al. 2021), https://arxiv.org/abs/2012.01742
    | 2MASS (Skrutskie et al. 2006); AllWISE (Cutri et al. 2013)
    | Variability of young stars (Cody et al. 2014), https://arxiv.org/abs/1401.6582
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.stars.surveys import BANDS

__all__ = [
    "BAND_NOISE",
    "PARALLAX_ZERO_POINT",
    "PARALLAX_ZERO_POINT_ERROR",
    "SURVEY_OF_BAND",
    "BandNoise",
    "default_error",
    "error_law",
    "floors",
    "limits",
    "parallax_error_law",
    "variability",
]

PARALLAX_ZERO_POINT = -0.03  # mas
PARALLAX_ZERO_POINT_ERROR = 0.015  # mas


@dataclass(frozen=True)
class BandNoise:
    r"""Noise of one band, all in magnitudes.

    Arguments:
        bright: Reported error of a bright star, :math:`e_0`.
        faint: Reported error at `at`, :math:`e_1`.
        at: Magnitude :math:`m_1`.
        limit: Typical faint limit of the catalogue.
        floor: Mismatch between model and sky that no catalogue reports, added in quadrature.
        unusable: Chance that the number is no use (blend, extended emission, artefact).
    """

    bright: float
    faint: float
    at: float
    limit: float
    floor: float
    unusable: float


BAND_NOISE: dict[str, BandNoise] = {
    "g": BandNoise(0.003, 0.01, 20.0, 20.7, 0.05, 0.01),
    "bp": BandNoise(0.004, 0.15, 20.0, 20.9, 0.08, 0.03),
    "rp": BandNoise(0.004, 0.07, 19.8, 20.5, 0.06, 0.03),
    "j": BandNoise(0.022, 0.11, 16.0, 16.5, 0.04, 0.03),
    "h": BandNoise(0.024, 0.12, 15.3, 15.8, 0.06, 0.03),
    "ks": BandNoise(0.020, 0.13, 14.8, 15.2, 0.04, 0.03),
    "w1": BandNoise(0.023, 0.10, 16.3, 17.0, 0.05, 0.05),
    "w2": BandNoise(0.020, 0.12, 15.3, 16.0, 0.05, 0.05),
    "w3": BandNoise(0.020, 0.20, 11.3, 11.8, 0.07, 0.12),
    "w4": BandNoise(0.030, 0.25, 8.0, 8.3, 0.12, 0.12),
    "i1": BandNoise(0.020, 0.10, 16.5, 17.0, 0.04, 0.05),
    "i2": BandNoise(0.020, 0.10, 16.0, 16.5, 0.05, 0.05),
    "i3": BandNoise(0.030, 0.12, 14.3, 14.7, 0.05, 0.06),
    "i4": BandNoise(0.030, 0.15, 13.3, 13.7, 0.06, 0.08),
    "m24": BandNoise(0.040, 0.15, 8.7, 9.2, 0.10, 0.12),
}
SURVEY_OF_BAND = tuple(band.survey for band in BANDS)
# Offset of a survey's epoch from the mean brightness, mag: (without disk, with disk).
_VARIABILITY = {
    "Gaia": (0.02, 0.06),
    "2MASS": (0.04, 0.12),
    "WISE": (0.03, 0.10),
    "Spitzer": (0.03, 0.12),
}


def _column(field: str, dtype: torch.dtype) -> Tensor:
    return torch.tensor([getattr(BAND_NOISE[band.name], field) for band in BANDS], dtype=dtype)


def error_law(magnitude: Tensor) -> Tensor:
    r"""Error that a catalogue reports at a magnitude.

    Arguments:
        magnitude: Vega magnitudes of the 15 bands, shape :math:`(*, 15)`.

    Returns:
        :math:`\sigma_b(m)`, mag, same shape. Held constant beyond 0.75 mag below the limit, where
        a catalogue has no entries.
    """
    dtype = magnitude.dtype
    capped = torch.minimum(magnitude, _column("limit", dtype) + 0.75)
    faint = _column("faint", dtype) * 10 ** (0.4 * (capped - _column("at", dtype)))
    return torch.sqrt(_column("bright", dtype) ** 2 + faint**2)


def default_error(magnitude: Tensor) -> Tensor:
    """Error assumed where a file gives none: the law, at least 0.02 mag."""
    return error_law(magnitude).clamp(min=0.02)


def floors(dtype: torch.dtype = torch.float32) -> Tensor:
    """Error floor of each band, mag, shape (15,)."""
    return _column("floor", dtype)


def limits(dtype: torch.dtype = torch.float32) -> Tensor:
    """Typical faint limit of each band, mag, shape (15,)."""
    return _column("limit", dtype)


def unusable(dtype: torch.dtype = torch.float32) -> Tensor:
    """Chance that a band is unusable, shape (15,)."""
    return _column("unusable", dtype)


def variability(survey: str, disk: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Standard deviation of a survey's common offset, mag, one per star."""
    quiet, active = _VARIABILITY[survey]
    return torch.where(disk, torch.tensor(active, dtype=dtype), torch.tensor(quiet, dtype=dtype))


def parallax_error_law(g: Tensor) -> Tensor:
    r"""Typical Gaia DR3 parallax error at a G magnitude, mas, shape as `g`."""
    return torch.sqrt(0.02**2 + (0.13 * 10 ** (0.32 * (g.clamp(max=21.0) - 18.0))) ** 2)
