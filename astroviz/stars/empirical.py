r"""Empirical colours of young stars, where the atmosphere grids are known to miss them.

Both grids give J - H up to 0.1 mag too red and H - Ks up to 0.1 mag too blue for K and M stars,
and WISE colours off by a few hundredths. The observed colours of 5 to 30 Myr stars below set the
near- and mid-infrared magnitudes relative to Ks; the Gaia bands and Ks itself stay as computed,
and the Spitzer bands follow the WISE bands nearest to them.

References:
    | Pecaut & Mamajek (2013), table 6, https://arxiv.org/abs/1307.2657
"""

from __future__ import annotations

import torch
from torch import Tensor

from astroviz.stars.surveys import BANDS

__all__ = ["LOGG", "TEFF", "offsets"]

LOGG = 4.2  # typical of the stars of the table
# Teff (K); J-H, H-Ks, Ks-W1, Ks-W2, Ks-W3, Ks-W4 (mag)
_COLOURS = (
    (2880, 0.55, 0.31, 0.22, 0.43, 0.52, 0.62),
    (3160, 0.62, 0.27, 0.19, 0.35, 0.43, 0.56),
    (3360, 0.66, 0.25, 0.16, 0.28, 0.36, 0.51),
    (3490, 0.67, 0.23, 0.14, 0.23, 0.31, 0.47),
    (3630, 0.68, 0.22, 0.12, 0.20, 0.27, 0.42),
    (3770, 0.68, 0.21, 0.11, 0.17, 0.25, 0.38),
    (3970, 0.66, 0.19, 0.10, 0.12, 0.19, 0.29),
    (4140, 0.64, 0.18, 0.09, 0.10, 0.16, 0.24),
    (4550, 0.55, 0.16, 0.09, 0.08, 0.13, 0.21),
    (4920, 0.46, 0.14, 0.09, 0.06, 0.10, 0.18),
    (5030, 0.43, 0.13, 0.09, 0.06, 0.09, 0.16),
    (5500, 0.33, 0.11, 0.08, 0.03, 0.06, 0.13),
    (6050, 0.24, 0.09, 0.06, 0.04, 0.03, 0.11),
    (6420, 0.19, 0.08, 0.04, 0.03, 0.01, 0.10),
    (7280, 0.11, 0.06, 0.04, 0.03, 0.00, 0.08),
)  # fmt: skip
TEFF = tuple(row[0] for row in _COLOURS)


def offsets(model: Tensor) -> Tensor:
    r"""What to add to the magnitudes of an atmosphere grid so that it has the observed colours.

    Arguments:
        model: Magnitudes of the grid at `TEFF`, `LOGG` and solar metallicity,
            shape :math:`(K, 15)`.

    Returns:
        Offsets, mag, shape :math:`(K, 15)`; zero in the Gaia bands and in Ks.
    """
    seen = torch.tensor([row[1:] for row in _COLOURS], dtype=model.dtype)
    column = {band.name: k for k, band in enumerate(BANDS)}
    ks = model[:, column["ks"]]
    found = torch.zeros_like(model)
    found[:, column["h"]] = ks + seen[:, 1] - model[:, column["h"]]
    found[:, column["j"]] = ks + seen[:, 0] + seen[:, 1] - model[:, column["j"]]
    for k, name in enumerate(("w1", "w2", "w3", "w4")):
        found[:, column[name]] = ks - seen[:, 2 + k] - model[:, column[name]]
    for name, like in (("i1", "w1"), ("i2", "w2"), ("i3", "w2"), ("i4", "w3"), ("m24", "w4")):
        found[:, column[name]] = found[:, column[like]]
    # neighbours are averaged: single types scatter by a few hundredths
    padded = torch.cat([found[:1], found, found[-1:]])
    return (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
