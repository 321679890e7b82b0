r"""What an adaptation is judged by: draws for stars of known parameters, errors and coverage."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from astroviz.stars.features import Tokens
from astroviz.stars.network import StarsNetwork
from astroviz.stars.parameters import DERIVED, PARAMETERS, Parameter, to_theta
from astroviz.stars.physics import Physics
from astroviz.stars.sampler import flow_draws
from astroviz.stars.simulator import SimulatedStars

__all__ = ["LEVELS", "SHOWN", "Answers", "Scores", "answers", "score", "truths"]

_BY_NAME = {p.name: p for p in (*PARAMETERS, *DERIVED)}
SHOWN: tuple[Parameter, ...] = tuple(
    _BY_NAME[name] for name in ("log_age", "log_mass", "a_v", "effective_temperature", "distance")
)
"""Parameters that the experiment follows."""
LEVELS = (0.5, 0.68, 0.9)
_SLICE = 500


@dataclass(frozen=True)
class Answers:
    r"""Posteriors of :math:`N` stars in the quantities of `SHOWN`.

    Arguments:
        draws: Shape :math:`(N, n, 5)`.
        context: Contexts, shape :math:`(N, C)`.
    """

    draws: np.ndarray
    context: Tensor

    @property
    def mean(self) -> np.ndarray:
        """Posterior means, shape (N, 5)."""
        found: np.ndarray = np.nanmean(self.draws, 1)
        return found

    def interval(self, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the central interval, each (N, 5)."""
        # with this rule an interval of few draws holds the truth as often as it says
        low, high = np.nanquantile(
            self.draws, [0.5 - level / 2, 0.5 + level / 2], axis=1, method="weibull"
        )
        return low, high


@dataclass(frozen=True)
class Scores:
    r"""Figures of one set of stars, each for the quantities of `SHOWN`.

    Arguments:
        rmse: Root mean square of posterior mean minus truth, shape :math:`(5,)`.
        bias: Its median.
        coverage: Part of the stars inside central intervals of `LEVELS`, shape :math:`(5, 3)`.
        stars: Number of stars.
    """

    rmse: np.ndarray
    bias: np.ndarray
    coverage: np.ndarray
    stars: int

    def figures(self) -> dict[str, float]:
        """The figures that the tables of the experiment show."""
        return {
            "coverage of log age": float(self.coverage[0, 2]),
            "RMSE of log age": float(self.rmse[0]),
            "bias of A_V": float(self.bias[2]),
            "RMSE of A_V": float(self.rmse[2]),
            "coverage of A_V": float(self.coverage[2, 2]),
            "coverage of log mass": float(self.coverage[1, 2]),
        }


def truths(stars: SimulatedStars) -> np.ndarray:
    """True values of `SHOWN`, shape (N, 5)."""
    theta = stars.theta.double().numpy()
    names = [p.name for p in PARAMETERS]
    derived = {name: column.double().numpy() for name, column in stars.derived.items()}
    columns = [derived[p.name] if p.name in derived else theta[:, names.index(p.name)]
               for p in SHOWN]  # fmt: skip
    return np.stack(columns, -1)


def answers(
    network: StarsNetwork,
    tokens: Tokens,
    physics: Physics,
    n: int = 128,
    seed: int = 0,
    real: float | None = None,
    steps: int = 4,
) -> Answers:
    r"""Draws of the posteriors of stars, disk or not as the network says.

    Arguments:
        network: The network.
        tokens: :math:`N` stars.
        physics: The simulator's, for temperatures.
        n: Draws of each.
        seed: Seed of the draws.
        real: Branch of the encoder; the network's own setting by default.
        steps: Midpoint steps.
    """
    generator = torch.Generator().manual_seed(seed)
    draws, contexts = [], []
    for rows in torch.arange(len(tokens.present)).split(_SLICE):
        part = tokens.rows(rows)
        with torch.inference_mode():
            context = _context(network, part, real)
            disk = torch.ones(len(rows), dtype=torch.bool)
            blocks = (network.parameters_block(context, part, ~disk),
                      network.parameters_block(context, part, disk))  # fmt: skip
            odds = network.classes(context).softmax(-1)
            chance = odds[:, 1] / odds[:, :2].sum(-1).clamp(min=1e-12)
            flags = torch.rand(len(rows), n, generator=generator) < chance[:, None]
            noise = torch.randn(len(rows), n, len(PARAMETERS), generator=generator)
            z = torch.stack(flow_draws(network, blocks, list(noise), list(flags), steps))
            draws.append(_shown(z, physics))
        contexts.append(context)
    return Answers(np.concatenate(draws), torch.cat(contexts).clone())


def _context(network: StarsNetwork, tokens: Tokens, real: float | None) -> Tensor:
    if real is None:
        return network.encoder(tokens)
    found: Tensor = network.encoder(tokens, real=real)
    return found


def _shown(z: Tensor, physics: Physics) -> np.ndarray:
    """Quantities of `SHOWN` of normal scores (N, n, 9); temperatures off the tracks are NaN."""
    n, k, _ = z.shape
    theta = to_theta(z.reshape(n * k, -1))
    star = physics.evolve(theta[:, 0], theta[:, 1])
    kelvin = torch.where(star.valid, 10**star.log_teff, torch.nan)
    found = torch.stack([theta[:, 0], theta[:, 1], theta[:, 3], kelvin, theta[:, 5]], -1)
    return found.view(n, k, -1).numpy().astype(np.float32)


def score(found: Answers, truth: np.ndarray, errors: np.ndarray | None = None) -> Scores:
    r"""Errors and coverage.

    Arguments:
        found: The answers.
        truth: From `truths`, shape :math:`(N, 5)`; NaN is left out.
        errors: Errors of the truths, same shape, by which the draws are blurred; none by default.
    """
    if errors is not None:
        noise = np.random.default_rng(0).standard_normal(found.draws.shape)
        found = Answers(found.draws + noise * errors[:, None], found.context)
    off = found.mean - truth
    inside = []
    for level in LEVELS:
        low, high = found.interval(level)
        hit = ((truth >= low) & (truth <= high)).astype(float)
        inside.append(np.where(np.isfinite(truth), hit, np.nan))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a quantity without a label is NaN
        covered = [np.nanmean(part, 0) for part in inside]
        rmse, bias = np.sqrt(np.nanmean(off**2, 0)), np.nanmedian(off, 0)
    return Scores(rmse, bias, np.stack(covered, -1), len(truth))
