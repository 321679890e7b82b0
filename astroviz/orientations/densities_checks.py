r"""How far the learned densities are from the true ones: the material of `astroviz check`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.orientations import igso3
from astroviz.orientations.densities import SHEETS, SOLIDS, density, from_euler
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.process import log_prob
from astroviz.orientations.rotations import angle_between

if TYPE_CHECKING:
    from astroviz.orientations.densities_model import DensitiesModel

__all__ = ["checks", "chi_square", "discrepancy", "mode_counts", "mode_of"]

GAP = 0.03
"""Goal of the likelihood gap, nats."""

_KERNEL = 0.1  # scale of the kernel of the discrepancy, radians
_DISCREPANCY = 0.01  # goal, as a part of the similarity of two true samples
_CHI_SQUARE = 1.5


def mode_of(name: str, rotation: Tensor) -> tuple[Tensor, int]:
    r"""Which mode of a density each rotation belongs to.

    Arguments:
        name: `gauss4`, `stripes` or a solid.
        rotation: Shape :math:`(N, 3, 3)`.

    Returns:
        Number of the nearest mode, shape :math:`(N,)`, and how many there are.
    """
    if name == "stripes":
        pitch = -rotation[:, 2, 0].clamp(-1, 1).asin()
        return (pitch[:, None] - 0.8 * torch.tensor([-1.0, 0.0, 1.0])).abs().argmin(1), 3
    if name == "gauss4":
        c, d, pi = 0.6, 0.5, math.pi
        roll = torch.tensor([0.0, 0.0, pi, pi])
        pitch = torch.tensor([-c, c, -pi - c, -pi + c])
        modes = from_euler(roll, pitch, torch.tensor([-d, -d, d, d]))
    elif name in SOLIDS:
        law = density(name).law
        assert isinstance(law, SymmetricMixture)
        modes = law.components[0]
    else:
        raise ValueError(f"{name} has no modes to count; there are gauss4, stripes and solids")
    away = angle_between(rotation[:, None], modes[None])
    return away.argmin(1), len(modes)


def mode_counts(name: str, rotation: Tensor) -> np.ndarray:
    """Rotations in each mode of a density."""
    mode, number = mode_of(name, rotation)
    found: np.ndarray = torch.bincount(mode, minlength=number).numpy()
    return found


def chi_square(counts: np.ndarray) -> tuple[float, int]:
    r"""How uneven counts of equally likely modes are: :math:`\chi^2/\nu` and :math:`\nu`."""
    expected = counts.sum() / len(counts)
    freedom = len(counts) - 1
    return float(((counts - expected) ** 2 / expected).sum() / freedom), freedom


def discrepancy(first: Tensor, second: Tensor, sigma: float = _KERNEL) -> tuple[float, float]:
    r"""Kernel discrepancy of two samples, as a part of the similarity within the first.

    The kernel is the isotropic Gaussian density of the angle between two rotations, positive
    definite since all its Fourier coefficients are; the estimate is unbiased.

    Arguments:
        first: Shape :math:`(N, 3, 3)`.
        second: Shape :math:`(N, 3, 3)`.
        sigma: Scale of the kernel, radians.

    Returns:
        The squared discrepancy over the mean kernel, and its standard error for equal laws.

    References:
        Gretton et al. 2012, JMLR 13, 723.
    """
    n = len(first)

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        trace = a.reshape(-1, 9) @ b.reshape(-1, 9).T
        return igso3.log_density(((trace - 1) / 2).clamp(-1, 1).acos(), sigma).exp()

    own, other, cross = kernel(first, first), kernel(second, second), kernel(first, second)
    terms = own + other - cross - cross.T
    terms.fill_diagonal_(0)
    similarity = float((own.sum() - own.diagonal().sum()) / (n * (n - 1)))
    value = float(terms.sum()) / (n * (n - 1))
    error = math.sqrt(2 * float(terms.square().sum())) / (n * (n - 1))
    return value / similarity, error / similarity


def checks(model: DensitiesModel, seed: int, quick: bool) -> list[dict[str, Any]]:
    r"""Blocks for `accuracy.report.verdicts`.

    Arguments:
        model: The model.
        seed: Seed of fresh data and of draws.
        quick: Fewer of both.

    Returns:
        The likelihood gap of each law that has a likelihood, over its goal of 0.03 nats; whether
        every mode of the solids is found and how even the modes are; and the kernel discrepancy
        of those on surfaces.
    """
    number = 800 if quick else 4000
    found: list[dict[str, Any]] = []
    for place, name in enumerate(model.names):
        generator = torch.Generator().manual_seed(1000 * seed + place)
        if density(name).law is not None:
            found.append(_gap(model, name, 200 if quick else 1500, generator))
        if name in SHEETS or name in SOLIDS:
            drawn = model.rotations(name, number, seed)
            found += _samples(name, drawn, generator)
    return found


def _gap(model: DensitiesModel, name: str, number: int, generator: torch.Generator) -> Any:
    law = density(name)
    rotation = law.sample(number, generator)
    parts = [log_prob(model.score(name), part.to(model.device)) for part in rotation.split(500)]
    difference = (law.log_prob(rotation) - torch.cat(parts).cpu()).numpy()
    return {
        "kind": "values", "name": f"{name}: log-likelihood gap", "statistic": "mean",
        "values": [difference.mean()], "errors": [difference.std() / math.sqrt(number)],
        "goal": GAP, "sense": "at most",
    }  # fmt: skip


def _samples(name: str, drawn: Tensor, generator: torch.Generator) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if name != "checkerboard":
        counts = mode_counts(name, drawn)
        even, freedom = chi_square(counts)
        blocks += [
            {"kind": "flag", "name": f"{name}: every mode found", "ok": bool(counts.min() > 0)},
            {
                "kind": "values", "name": f"{name}: chi2/dof of mode weights",
                "statistic": "mean", "values": [even], "errors": [math.sqrt(2 / freedom)],
                "goal": _CHI_SQUARE, "sense": "at most",
            },
        ]  # fmt: skip
    if name in SHEETS:
        value, error = discrepancy(density(name).sample(len(drawn), generator), drawn)
        blocks.append({
            "kind": "values", "name": f"{name}: kernel discrepancy", "statistic": "mean",
            "values": [value], "errors": [error], "goal": _DISCREPANCY, "sense": "at most",
        })  # fmt: skip
    return blocks
