r"""Does a prior draw what it was taught? PQMass against images that no training saw.

Two samples of the law itself are compared beside it: what they give is the best that any prior
can do, and tells how far chance alone goes. In a thousand dimensions PQMass sees little beyond
sizes and brightnesses: a Gaussian with the mean and covariance of the galaxies all but passes. The
same statistic of a few measurements of each image (flux, peak, size, flattening, roughness, lack
of symmetry) does not let it pass, and is given beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from astroviz.core.pqmass import PQMass, pqmass
from astroviz.core.request import Alone, Control
from astroviz.lensing.prior import DEFAULT_STEPS, NetworkPrior

__all__ = [
    "GOAL",
    "MEASURED_GOAL",
    "PriorFigures",
    "checks",
    "figures",
    "measurements",
    "nearest",
    "unseen",
]

GOAL = 1.3
"""Goal of PQMass, chi^2 over degrees of freedom."""

MEASURED_GOAL = 1.6
"""Goal of PQMass of the measurements of an image."""

_REFERENCES, _TESSELLATIONS = 100, 50


@dataclass(frozen=True)
class PriorFigures:
    r"""How a prior compares with unseen images.

    Arguments:
        drawn: PQMass of draws against unseen images.
        null: PQMass of other unseen images against them.
        measured: PQMass of measurements of draws against those of unseen images.
        measured_null: The same of other unseen images against them.
        draws: Number of draws.
    """

    drawn: PQMass
    null: PQMass
    measured: PQMass
    measured_null: PQMass
    draws: int

    def metrics(self) -> dict[str, float]:
        """The figures for a card."""
        named = {
            "PQMass chi2/dof against unseen images": self.drawn,
            "PQMass chi2/dof of unseen against unseen images": self.null,
            "PQMass chi2/dof of measurements against unseen images": self.measured,
            "PQMass chi2/dof of measurements, unseen against unseen": self.measured_null,
        }
        return {**{key: round(value.reduced, 3) for key, value in named.items()},
                "draws": self.draws}  # fmt: skip


def unseen(prior: NetworkPrior, n: int, seed: int) -> Tensor:
    r"""Images of the prior's law that no training saw, shape :math:`(\le n, d)`.

    Arguments:
        prior: The prior.
        n: Number of images; of real galaxies there are no more than there are.
        seed: Seed.
    """
    truth = prior.draw_truth(n, seed)
    if truth is not None:
        return truth
    from astroviz.lensing.stamps import stamps, varied

    held = stamps(held_out=True)
    return varied(held, n, Generator().manual_seed(seed), prior.pixels).flatten(1)


def figures(
    prior: NetworkPrior,
    n: int = 512,
    seed: int = 0,
    steps: int = DEFAULT_STEPS,
    control: Control = Alone(),  # noqa: B008 - it has no state
) -> PriorFigures:
    r"""PQMass of draws of a prior against unseen images.

    Arguments:
        prior: The prior.
        n: Number of draws and of images.
        seed: Seed of all.
        steps: Steps of the sampler.
        control: What may stop the work.

    Returns:
        The figures.
    """
    drawn = prior.sample(n, seed, steps, control).cpu()
    first, second = (unseen(prior, n, k * 1_000_003 + seed).cpu() for k in (1, 2))
    cells = min(_REFERENCES, n // 4)
    whole = [pqmass(a, first, cells, _TESSELLATIONS, seed=seed) for a in (drawn, second)]
    few = [
        pqmass(measurements(a), measurements(first), cells, _TESSELLATIONS, seed=seed,
               standardise=True)
        for a in (drawn, second)
    ]  # fmt: skip
    return PriorFigures(whole[0], whole[1], few[0], few[1], n)


def measurements(images: Tensor) -> Tensor:
    r"""What one would measure of an image.

    Arguments:
        images: Shape :math:`(n, d)`, flattened squares.

    Returns:
        Shape :math:`(n, 6)`: flux, peak, rms radius, ratio of the second moments, light in the
        Laplacian, difference from its half turn.
    """
    side = math.isqrt(images.shape[1])
    square = images.reshape(-1, side, side).double()
    line = (torch.arange(side, dtype=torch.float64) - (side - 1) / 2) / side
    light = square.clamp_min(0)
    flux = light.sum((1, 2)).clamp_min(1e-9)
    x = (light.sum(1) @ line) / flux
    y = (light.sum(2) @ line) / flux
    xx = (light.sum(1) @ line**2) / flux - x**2
    yy = (light.sum(2) @ line**2) / flux - y**2
    xy = torch.einsum("nij,i,j->n", light, line, line) / flux - x * y
    bend = ((xx - yy) ** 2 / 4 + xy**2).sqrt()
    large, small = (xx + yy) / 2 + bend, ((xx + yy) / 2 - bend).clamp_min(1e-9)
    inner = square[:, 1:-1, 1:-1]
    laplace = (square[:, 2:, 1:-1] + square[:, :-2, 1:-1] + square[:, 1:-1, 2:]
               + square[:, 1:-1, :-2] - 4 * inner)  # fmt: skip
    power = square.square().sum((1, 2)).clamp_min(1e-9)
    turned = (square - square.flip(1, 2)).square().sum((1, 2))
    return torch.stack([
        flux.log(), square.amax((1, 2)), (xx + yy).clamp_min(0).sqrt(), (small / large).sqrt(),
        (laplace.square().sum((1, 2)) / power).sqrt(), (turned / power).sqrt(),
    ], 1)  # fmt: skip


def nearest(images: Tensor, among: Tensor) -> Tensor:
    r"""Distance of each image to the nearest of others, over the rms norm of its own.

    Arguments:
        images: Shape :math:`(n, d)`.
        among: Shape :math:`(m, d)`.

    Returns:
        Shape :math:`(n)`; draws much nearer to a training set than to unseen images were learned
        by heart.
    """
    return torch.cdist(images, among).amin(1) / math.sqrt(float(images.square().sum(1).mean()))


def checks(prior: NetworkPrior, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
    r"""The material of `astroviz check` for a prior.

    Arguments:
        prior: The prior.
        seed: Seed.
        quick: A quarter of the draws.

    Returns:
        Blocks for the report.
    """
    n = 256 if quick else 512
    found = figures(prior, n, seed)
    return [
        {"kind": "values", "name": f"PQMass chi2/dof of {name} against unseen images",
         "values": [mass.reduced], "errors": [mass.error], "statistic": "mean", "goal": goal,
         "sense": "at most"}
        for name, mass, goal in (("draws", found.drawn, GOAL), ("measurements", found.measured,
                                                                MEASURED_GOAL))
    ]  # fmt: skip
