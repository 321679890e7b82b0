r"""Shapes and looks of galaxies, and how strongly each morphology is aligned.

A galaxy's `diskyness` runs from 0 (elliptical) over bulges to 1 (disc). The more disky, the
weaker its alignment: an elliptical is stretched along the tidal field, a disc follows its spin,
which tidal torques leave near the intermediate axis of the tidal tensor. All that is drawn here
is a stand-in, shaped like the observed relations.

References:
    | Catelan, Kamionkowski & Blandford (2001): https://arxiv.org/abs/astro-ph/0005470
    | Lee & Pen (2000), spins: https://arxiv.org/abs/astro-ph/9911328
    | Jagvaral et al. (2022), bulges and discs: https://arxiv.org/abs/2105.02236
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "MORPHOLOGIES",
    "Looks",
    "Morphology",
    "between",
    "draw_diskyness",
    "draw_looks",
    "morphology",
]


@dataclass(frozen=True)
class Morphology:
    r"""What a morphology means for shape and alignment.

    Arguments:
        name: `elliptical`, `bulge` or `disc`.
        diskyness: The value that stands for it.
        axis_ratio_b: Mean intermediate over major axis.
        axis_ratio_c: Mean minor over major axis.
        spread_b: Standard deviation of the first.
        spread_c: Standard deviation of the second.
        broadening: Radians that it adds to the scale of the law.
        spin: Share of the law that follows the spin rather than the tidal stretching.
    """

    name: str
    diskyness: float
    axis_ratio_b: float
    axis_ratio_c: float
    spread_b: float
    spread_c: float
    broadening: float
    spin: float


MORPHOLOGIES = (
    Morphology("elliptical", 0.0, 0.80, 0.62, 0.09, 0.10, 0.00, 0.0),
    Morphology("bulge", 0.5, 0.88, 0.50, 0.07, 0.09, 0.12, 0.4),
    Morphology("disc", 1.0, 0.94, 0.25, 0.04, 0.06, 0.25, 0.8),
)
"""In the order of their diskyness; between them everything is interpolated."""


@dataclass(frozen=True)
class Looks:
    r"""Stand-ins for what an image would show.

    Arguments:
        axis_ratio_b: Intermediate over major axis, shape :math:`(N,)`.
        axis_ratio_c: Minor over major axis, at most the other, shape :math:`(N,)`.
        log_size: Half-light radius, log10 kpc, shape :math:`(N,)`.
        colour: g - r, mag, shape :math:`(N,)`.
    """

    axis_ratio_b: np.ndarray
    axis_ratio_c: np.ndarray
    log_size: np.ndarray
    colour: np.ndarray


def morphology(diskyness: np.ndarray) -> np.ndarray:
    """Index of the nearest of `MORPHOLOGIES`: 0 elliptical, 1 bulge, 2 disc."""
    anchors = np.array([item.diskyness for item in MORPHOLOGIES])
    return np.abs(np.asarray(diskyness)[..., None] - anchors).argmin(-1)


def between(name: str, diskyness: np.ndarray) -> np.ndarray:
    """A number of `MORPHOLOGIES`, interpolated to a diskyness."""
    return np.interp(
        diskyness,
        [item.diskyness for item in MORPHOLOGIES],
        [getattr(item, name) for item in MORPHOLOGIES],
    )


def draw_diskyness(
    log_mass: np.ndarray, central: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    r"""How disky galaxies are: less so the heavier, and less so as satellites.

    A logistic function of the mass with normal scatter in its argument.

    Arguments:
        log_mass: Stellar mass, log10 Msun, shape :math:`(N,)`.
        central: Shape :math:`(N,)`.
        random: Source of the scatter.

    Returns:
        0 to 1, shape :math:`(N,)`.
    """
    argument = (10.7 - np.asarray(log_mass)) / 0.25 - np.where(central, 0.0, 0.8)
    return 1 / (1 + np.exp(-argument - 1.2 * random.normal(size=len(argument))))


def draw_looks(
    log_mass: np.ndarray, diskyness: np.ndarray, central: np.ndarray, random: np.random.Generator
) -> Looks:
    r"""Axis ratios, sizes and colours.

    Arguments:
        log_mass: Stellar mass, log10 Msun, shape :math:`(N,)`.
        diskyness: Shape :math:`(N,)`.
        central: Shape :math:`(N,)`; satellites are redder.
        random: Source of the scatter.
    """
    b = _truncated(between("axis_ratio_b", diskyness), between("spread_b", diskyness), random)
    c = _truncated(between("axis_ratio_c", diskyness), between("spread_c", diskyness), random)
    above = np.asarray(log_mass) - 10.7
    disc = 0.75 + 0.22 * above
    elliptical = 0.55 + 0.55 * above
    size = diskyness * disc + (1 - diskyness) * elliptical
    size = size + 0.12 * random.normal(size=len(size))
    red = 0.76 + 0.04 * above - 0.28 * diskyness + np.where(central, 0.0, 0.05)
    colour = red + 0.04 * random.normal(size=len(size))
    return Looks(np.maximum(b, c), np.minimum(b, c), size, colour)


def _truncated(mean: np.ndarray, spread: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Normal within 0.1 and 1, by drawing again what falls out."""
    values = mean + spread * random.normal(size=len(mean))
    while (outside := (values <= 0.1) | (values >= 1.0)).any():
        values[outside] = mean[outside] + spread[outside] * random.normal(size=outside.sum())
    return values
