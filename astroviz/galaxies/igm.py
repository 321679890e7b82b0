r"""What the gas between a galaxy and us lets through: the Lyman series.

Mean optical depth of the Lyman alpha forest and of damped absorbers in 39 lines,

.. math::
    \tau(\lambda) = \sum_{j:\, \lambda_j < \lambda < \lambda_j (1 + z)}
        A^{\mathrm{LAF}}_j \left(\frac{\lambda}{\lambda_j}\right)^{1.2}
        + A^{\mathrm{DLA}}_j \left(\frac{\lambda}{\lambda_j}\right)^{2} ,

which holds below redshift 1.2. Light beyond the Lyman limit at rest is taken to be absorbed by the
galaxy's own gas, so nothing of it arrives.

References:
    Inoue et al. 2014, equations 21 and 22, table 2 (arXiv:1402.0677).
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

__all__ = ["LYMAN_ALPHA", "LYMAN_LIMIT", "transmission"]

LYMAN_ALPHA: Final = 1215.67
"""A; at rest, all redder light arrives."""

LYMAN_LIMIT: Final = 911.75
"""A."""

# wavelength (A), and 1e4 times the coefficients of the forest and of damped absorbers
_LINES: Final = (
    (1215.67, 169, 1.617), (1025.72, 46.92, 1.545), (972.537, 22.39, 1.498),
    (949.743, 13.19, 1.46), (937.803, 8.707, 1.429), (930.748, 6.178, 1.402),
    (926.226, 4.609, 1.377), (923.15, 3.569, 1.355), (920.963, 2.843, 1.335),
    (919.352, 2.318, 1.316), (918.129, 1.923, 1.298), (917.181, 1.622, 1.281),
    (916.429, 1.385, 1.265), (915.824, 1.196, 1.25), (915.329, 1.043, 1.236),
    (914.919, 0.9174, 1.222), (914.576, 0.8128, 1.209), (914.286, 0.7251, 1.197),
    (914.039, 0.6505, 1.185), (913.826, 0.5868, 1.173), (913.641, 0.5319, 1.162),
    (913.48, 0.4843, 1.151), (913.339, 0.4427, 1.14), (913.215, 0.4063, 1.13),
    (913.104, 0.3738, 1.12), (913.006, 0.3454, 1.11), (912.918, 0.3199, 1.101),
    (912.839, 0.2971, 1.091), (912.768, 0.2766, 1.082), (912.703, 0.2582, 1.073),
    (912.645, 0.2415, 1.065), (912.592, 0.2263, 1.056), (912.543, 0.2126, 1.048),
    (912.499, 0.2, 1.04), (912.458, 0.1885, 1.032), (912.42, 0.1779, 1.024),
    (912.385, 0.1682, 1.017), (912.353, 0.1593, 1.009), (912.324, 0.151, 1.002),
)  # fmt: skip


def transmission(wavelength: Tensor, redshift: Tensor) -> Tensor:
    r"""Mean share of light that arrives.

    Arguments:
        wavelength: Observed, A, any shape.
        redshift: Of the galaxy, below 1.2, broadcast against the wavelengths.

    Returns:
        From 0 to 1, the common shape.

    Example:
        >>> at = torch.tensor([1500.0, 2000.0, 5000.0])
        >>> [round(float(value), 3) for value in transmission(at, torch.tensor(0.5))]
        [0.971, 1.0, 1.0]
    """
    wavelength, stretch = torch.broadcast_tensors(wavelength, 1 + redshift)
    depth = torch.zeros_like(stretch)
    for line, forest, damped in _LINES:
        ratio = wavelength / line
        through = (ratio > 1) & (ratio < stretch)
        if bool(through.any()):
            tau = 1e-4 * (forest * ratio.pow(1.2) + damped * ratio.square())
            depth = depth + torch.where(through, tau, 0.0)
    return torch.where(wavelength < LYMAN_LIMIT * stretch, 0.0, torch.exp(-depth))
