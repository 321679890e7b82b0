r"""The road from regression to the model with gaps, in four shipped rungs on the same stars.

1. a regression gives one point; 2. a spline flow (NPE) gives a posterior; 3. flow matching (FMPE)
gives it by a velocity field; 4. a transformer reads whatever was observed. The first three need
all eleven observables of Gaia, 2MASS and WISE.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from astroviz.core.cards import read_card, write_card
from astroviz.core.registry import load
from astroviz.core.request import Alone
from astroviz.io.observations import Observations
from astroviz.stars.catalogue import from_simulation
from astroviz.stars.complete import INNER, YOUNG
from astroviz.stars.complete_model import CompleteModel, complete_rows
from astroviz.stars.parameters import PARAMETERS, to_theta, to_z
from astroviz.stars.physics import Physics
from astroviz.stars.road_models import PointModel, train_fmpe, train_regression
from astroviz.stars.simulator import simulate

__all__ = ["RUNGS", "SCORED", "Comparison", "Rung", "compare", "held_out",
           "open_road", "posterior_scores", "teach_road"]  # fmt: skip

SCORED = ("log_age", "log_mass", "a_v")
_SCORED = [0, 1, 3]  # their columns
_LEVELS = (0.68, 0.9)
_GROUP = 50  # stars asked together
_TIMED = 2000  # draws of one star, to see how fast they come


@dataclass(frozen=True)
class Rung:
    """One step of the road: its model, its name on screen, and what it adds."""

    model: str
    title: str
    sentence: str


RUNGS: tuple[Rung, ...] = (
    Rung(
        "stars/regression",
        "1 Regression",
        "A network taught the mean squared error: one point, the posterior mean. It says nothing "
        "of its own error, and where two answers fit it lies between them.",
    ),
    Rung(
        "stars/npe",
        "2 NPE",
        "Neural posterior estimation: a spline flow, taught the log probability of the truth. "
        "The whole posterior, but its input is still a vector without holes.",
    ),
    Rung(
        "stars/fmpe",
        "3 Flow matching",
        "The same posterior from a velocity field that carries noise to draws: any network will "
        "do, nothing needs to be inverted. The input is the same vector.",
    ),
    Rung(
        "stars/young",
        "4 Transformer",
        "Flow matching on an encoder that reads one token for each quantity that was observed: "
        "gaps, limits and spectroscopic labels need no model of their own.",
    ),
)


def open_road(device: str = "cpu") -> dict[str, Any]:
    """The models of the four rungs, by name."""
    return {rung.model: load(rung.model, device) for rung in RUNGS}


@dataclass(frozen=True)
class Comparison:
    r"""The rungs on the same held-out complete stars; NaN where a rung has no such figure.

    Arguments:
        rungs: Names of the :math:`R` models.
        rmse: Of `SCORED`, from the mean of the normal scores, in the parameters' units,
            shape :math:`(R, 3)`.
        coverage: Part of the truths in central 68 and 90 % intervals, mean of six parameters,
            shape :math:`(R, 2)`.
        energy: Energy score of the normal scores, smaller is better, shape :math:`(R,)`.
        speed: Draws per second for one star, shape :math:`(R,)`.
        answered: Part of a catalogue with gaps that gets an answer, shape :math:`(R,)`.
        stars: Number of complete stars.
        draws: Draws of each.
        seed: Seed of the stars and the draws.
    """

    rungs: tuple[str, ...]
    rmse: np.ndarray
    coverage: np.ndarray
    energy: np.ndarray
    speed: np.ndarray
    answered: np.ndarray
    stars: int
    draws: int
    seed: int

    def text(self) -> str:
        """The figures as a table, one line for each rung."""
        heads = [f"RMSE {name}" for name in SCORED]
        heads += ["68 %", "90 %", "energy", "draws/s", "answered"]
        lines = [" " * 17 + "".join(f"{head:>14}" for head in heads)]
        for row, name in enumerate(self.rungs):
            figures = [*self.rmse[row], *self.coverage[row], self.energy[row]]
            cells = ["-" if np.isnan(value) else f"{value:.3f}" for value in figures]
            cells.append("-" if np.isnan(self.speed[row]) else f"{self.speed[row]:,.0f}")
            cells.append(f"{self.answered[row]:.1%}")
            lines.append(f"{name:17}" + "".join(f"{cell:>14}" for cell in cells))
        return "\n".join(lines)

    def metrics(self, rung: str) -> dict[str, float]:
        """The figures of one rung, for its card."""
        row = self.rungs.index(rung)
        found = {f"rmse_{name}": self.rmse[row, k] for k, name in enumerate(SCORED)}
        found |= {f"coverage_{level:.0%}".rstrip("%"): self.coverage[row, k]
                  for k, level in enumerate(_LEVELS)}  # fmt: skip
        found |= {"energy_score": self.energy[row], "stars_answered": self.answered[row]}
        figures = {name: round(float(value), 4) for name, value in found.items()}
        figures |= {"test_stars": self.stars, "test_seed": self.seed}
        return {name: value for name, value in figures.items() if not np.isnan(value)}


def compare(
    models: Mapping[str, Any] | None = None,
    stars: int = 1000,
    draws: int = 256,
    seed: int = 2000,
    catalogue: int = 4000,
) -> Comparison:
    r"""Measure the rungs on simulated young stars that none of them was taught.

    Arguments:
        models: The models by name; the four rungs when None.
        stars: Number of complete stars.
        draws: Draws of each.
        seed: Seed of stars and draws.
        catalogue: Number of stars of the catalogue with gaps.

    Example:
        >>> print(compare(stars=200).text())  # doctest: +SKIP
    """
    models = open_road() if models is None else models
    seen, truth = held_out(stars, seed)
    generator, physics = torch.Generator().manual_seed(seed + 1), Physics()
    gappy = from_simulation(simulate(catalogue, generator, physics, YOUNG), "gaps").observations
    count = len(models)
    found = Comparison(
        tuple(models), np.zeros((count, len(SCORED))), np.full((count, 2), np.nan),
        np.zeros(count), np.full(count, np.nan), np.zeros(count), stars, draws, seed,
    )  # fmt: skip
    for row, model in enumerate(models.values()):
        z = posterior_scores(model, seen, draws, seed)
        error = _theta(z.mean(1))[:, _SCORED] - _theta(truth)[:, _SCORED]
        found.rmse[row] = (error**2).mean(0).sqrt().numpy()
        found.energy[row] = _energy(z, truth)
        found.answered[row] = _answered(model, gappy)
        if not isinstance(model, PointModel):
            found.coverage[row] = _coverage(z, truth)
            found.speed[row] = _speed(model, seen)
    return found


def held_out(n: int, seed: int) -> tuple[Observations, torch.Tensor]:
    """Complete simulated young stars and their normal scores, shape (n, 6)."""
    generator = torch.Generator().manual_seed(seed)
    found = simulate(5 * n + 100, generator, Physics(), YOUNG, pattern="all")
    seen = from_simulation(found, "held out").observations
    rows = complete_rows(seen)[:n]
    if len(rows) < n:
        raise ValueError(f"only {len(rows)} of {n} simulated stars are complete; ask for fewer")
    return seen.select(rows), found.z[torch.from_numpy(rows)][:, :INNER]


def posterior_scores(model: Any, seen: Observations, n: int, seed: int) -> torch.Tensor:
    r"""Normal scores of draws for every star, through the model's public door.

    Returns:
        Shape :math:`(N, n, 6)`; :math:`(N, 1, 6)` for a regression.
    """
    if isinstance(model, PointModel):
        return _z(torch.from_numpy(model.points(seen))[:, None])
    found = []
    for group in torch.arange(len(seen)).split(_GROUP):
        requests = [model.posterior(seen, row).request(n, seed + row) for row in group.tolist()]
        chunks = list(model.draw(requests, model.device, Alone()))
        values = [np.concatenate([c[k].values for c in chunks]) for k in range(len(requests))]
        found.append(_z(torch.from_numpy(np.stack(values))[..., :INNER]))
    return torch.cat(found)


def _theta(z: torch.Tensor) -> torch.Tensor:
    """The six parameters of normal scores, shape (*, 6)."""
    rest = z.new_zeros(*z.shape[:-1], len(PARAMETERS) - INNER)
    return to_theta(torch.cat([z, rest], -1))[..., :INNER]


def _z(theta: torch.Tensor) -> torch.Tensor:
    """Normal scores of the six parameters, shape (*, 6)."""
    rest = torch.tensor([p.lower for p in PARAMETERS[INNER:]]).expand(*theta.shape[:-1], -1)
    return to_z(torch.cat([theta, rest], -1).double())[..., :INNER].float()


def _coverage(z: torch.Tensor, truth: torch.Tensor) -> np.ndarray:
    """Part of the truths inside each central interval, mean of the parameters, shape (2,)."""
    rank = (z < truth[:, None]).float().mean(1)
    return np.array([float(((rank - 0.5).abs() <= level / 2).float().mean()) for level in _LEVELS])


def _energy(z: torch.Tensor, truth: torch.Tensor) -> float:
    r"""Mean energy score, :math:`E|x - y| - E|x - x'| / 2`; of one point, its distance."""
    total, n = 0.0, z.shape[1]
    for part, true in zip(z.split(_GROUP), truth.split(_GROUP), strict=True):
        spread = torch.cdist(part, part).sum((1, 2)) / max(n * (n - 1), 1)
        total += float((torch.cdist(part, true[:, None]).mean((1, 2)) - spread / 2).sum())
    return total / len(z)


def _speed(model: Any, seen: Observations) -> float:
    """Draws per second of one star, the best of three."""
    posterior, spent = model.posterior(seen, 0), []
    for seed in range(3):
        start = time.perf_counter()
        posterior.sample(_TIMED, seed=seed)
        spent.append(time.perf_counter() - start)
    return _TIMED / min(spent)


def _answered(model: Any, seen: Observations) -> float:
    """Part of the stars that a model can be asked about."""
    if isinstance(model, CompleteModel):
        return len(complete_rows(seen)) / len(seen)
    return float(seen.used.any(1).mean())


def teach_road(
    budget: float,
    folder: Path,
    seed: int = 0,
    report: Callable[[str], None] = lambda text: None,
) -> Comparison:
    r"""Train `stars/regression` and `stars/fmpe`, and write the measured figures into the cards.

    The cards of the rungs of complete photometry that `folder` holds get their figures; the card
    of `stars/young` has its own.

    Arguments:
        budget: Wall-clock time, seconds.
        folder: `<models>/stars`.
        seed: Seed of simulator and weights.
        report: Called with lines of progress.
    """
    from astroviz.stars.posterior import open_model

    train_regression(0.38 * budget, folder / "regression", seed, report)
    train_fmpe(0.52 * budget, folder / "fmpe", seed, report)
    places = [folder / rung.model.partition("/")[2] for rung in RUNGS[:-1]]
    cards = [read_card(place) for place in places if (place / "card.toml").exists()]
    models = {card.name: open_model(card, torch.device("cpu")) for card in cards}
    # what is left is spent on the figures: few stars for a short training
    found = compare(models, stars=int(np.clip(2 * budget, 20, 1000)), draws=128)
    for card in cards:
        assert card.path is not None
        write_card(card.path, replace(card, metrics={**card.metrics, **found.metrics(card.name)}))
    report(found.text())
    return found
