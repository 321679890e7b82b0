r"""Empirical colours of young stars, where the atmosphere grids are known to miss them.

Both grids give J - H up to 0.1 mag too red and H - Ks up to 0.1 mag too blue for K and M stars,
red-optical light too faint for M stars, and WISE colours off by a few hundredths. The observed
colours of 5 to 30 Myr stars below set all magnitudes relative to Ks. The Gaia magnitudes follow
from V and Ic by the published relations,

.. math:: G - V = f(V - I_c), \quad G_\mathrm{BP} - V = f(V - I_c), \quad
          G_\mathrm{RP} - V = f(V - I_c),

and the Spitzer bands take the offsets of the WISE bands nearest to them.

Warning:
    The temperature scale of these colours is that of Pecaut & Mamajek (2013), by construction.

References:
    | Pecaut & Mamajek (2013), table 6, https://arxiv.org/abs/1307.2657
    | Gaia EDR3 relations to Johnson-Cousins (Riello et al. 2021), https://arxiv.org/abs/2012.01916
"""

from __future__ import annotations

import torch
from torch import Tensor

from astroviz.stars.surveys import BANDS

__all__ = ["LOGG", "TEFF", "offsets"]

LOGG = 4.2  # typical of the stars of the table
# Teff (K); V-Ic, V-Ks, J-H, H-Ks, Ks-W1, Ks-W2, Ks-W3, Ks-W4 (mag)
_COLOURS = (
    (2880, 3.31, 6.08, 0.55, 0.31, 0.22, 0.43, 0.52, 0.62),
    (3160, 2.78, 5.23, 0.62, 0.27, 0.19, 0.35, 0.43, 0.56),
    (3360, 2.48, 4.78, 0.66, 0.25, 0.16, 0.28, 0.36, 0.51),
    (3490, 2.28, 4.50, 0.67, 0.23, 0.14, 0.23, 0.31, 0.47),
    (3630, 2.11, 4.22, 0.68, 0.22, 0.12, 0.20, 0.27, 0.42),
    (3770, 1.95, 3.96, 0.68, 0.21, 0.11, 0.17, 0.25, 0.38),
    (3970, 1.66, 3.62, 0.66, 0.19, 0.10, 0.12, 0.19, 0.29),
    (4140, 1.44, 3.35, 0.64, 0.18, 0.09, 0.10, 0.16, 0.24),
    (4550, 1.12, 2.75, 0.55, 0.16, 0.09, 0.08, 0.13, 0.21),
    (4920, 0.96, 2.32, 0.46, 0.14, 0.09, 0.06, 0.10, 0.18),
    (5030, 0.93, 2.19, 0.43, 0.13, 0.09, 0.06, 0.09, 0.16),
    (5500, 0.76, 1.77, 0.33, 0.11, 0.08, 0.03, 0.06, 0.13),
    (6050, 0.66, 1.37, 0.24, 0.09, 0.06, 0.04, 0.03, 0.11),
    (6420, 0.51, 1.14, 0.19, 0.08, 0.04, 0.03, 0.01, 0.10),
    (7280, 0.34, 0.73, 0.11, 0.06, 0.04, 0.03, 0.00, 0.08),
)  # fmt: skip
TEFF = tuple(row[0] for row in _COLOURS)
# Coefficients of 1, x, x^2, ... with x = V - Ic
_GAIA_MINUS_V = {
    "g": (-0.01597, -0.02809, -0.2483, 0.03656, -0.002939),
    "bp": (-0.0143, 0.3564, -0.1332, 0.01212),
    "rp": (0.01868, -0.9028, -0.005321, -0.004186),
}
_LIKE = (("i1", "w1"), ("i2", "w2"), ("i3", "w2"), ("i4", "w3"), ("m24", "w4"))


def offsets(model: Tensor) -> Tensor:
    r"""What to add to the magnitudes of an atmosphere grid so that it has the observed colours.

    Arguments:
        model: Magnitudes of the grid at `TEFF`, `LOGG` and solar metallicity,
            shape :math:`(K, 15)`.

    Returns:
        Offsets, mag, shape :math:`(K, 15)`; zero in Ks.
    """
    x, v_ks, j_h, h_ks, *ks_wise = torch.tensor(
        [row[1:] for row in _COLOURS], dtype=model.dtype
    ).unbind(-1)
    minus_ks = {"h": h_ks, "j": j_h + h_ks, "ks": torch.zeros_like(x)}
    for name, coefficients in _GAIA_MINUS_V.items():
        minus_ks[name] = v_ks + sum(c * x**power for power, c in enumerate(coefficients))
    for name, colour in zip(("w1", "w2", "w3", "w4"), ks_wise, strict=True):
        minus_ks[name] = -colour
    column = {band.name: k for k, band in enumerate(BANDS)}
    found = torch.zeros_like(model)
    for name, colour in minus_ks.items():
        found[:, column[name]] = model[:, column["ks"]] + colour - model[:, column[name]]
    for name, like in _LIKE:
        found[:, column[name]] = found[:, column[like]]
    # neighbours are averaged: single types scatter by a few hundredths
    padded = torch.cat([found[:1], found, found[-1:]])
    return (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
