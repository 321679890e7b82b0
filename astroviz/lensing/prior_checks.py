r"""Does a prior draw what it was taught? PQMass against images that no training saw.

Two samples of the law itself are compared beside it: what they give is the best that any prior
can do, and tells how far chance alone goes.
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

__all__ = ["GOAL", "PriorFigures", "checks", "figures", "nearest", "unseen"]

GOAL = 1.3
"""Goal of PQMass, chi^2 over degrees of freedom."""

_REFERENCES, _TESSELLATIONS = 100, 50


@dataclass(frozen=True)
class PriorFigures:
    r"""How a prior compares with unseen images.

    Arguments:
        drawn: PQMass of draws against unseen images.
        null: PQMass of one half of such images against another; None where there are too few.
        draws: Number of draws.
    """

    drawn: PQMass
    null: PQMass | None
    draws: int

    def metrics(self) -> dict[str, float]:
        """The figures for a card."""
        found = {"PQMass chi2/dof against unseen images": round(self.drawn.reduced, 3)}
        if self.null is not None:
            found["PQMass chi2/dof of unseen against unseen images"] = round(self.null.reduced, 3)
        return {**found, "draws": self.draws}


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
    first, second = unseen(prior, n, 1_000_003 + seed).cpu(), unseen(prior, n, 2_000_003 + seed)
    cells = min(_REFERENCES, n // 4)
    return PriorFigures(
        pqmass(drawn, first, cells, _TESSELLATIONS, seed=seed),
        pqmass(second.cpu(), first, cells, _TESSELLATIONS, seed=seed),
        n,
    )


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
    drawn = found.drawn
    return [{
        "kind": "values", "name": "PQMass chi2/dof of draws against unseen images",
        "values": [drawn.reduced], "errors": [drawn.error], "statistic": "mean",
        "goal": GOAL, "sense": "at most",
    }]  # fmt: skip
