r"""Fresh simulations and the model's draws for them: the raw material of `astroviz check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.stars.features import featurise
from astroviz.stars.parameters import PARAMETERS
from astroviz.stars.sampler import DEFAULT_STEPS, class_odds, flow_draws
from astroviz.stars.shortcut import DEFAULT_JUMPS
from astroviz.stars.simulator import PATTERNS, SimulatedStars, simulate
from astroviz.stars.spectral_batches import stars_with_spectra
from astroviz.stars.spectral_features import SpectralNumbers
from astroviz.stars.spectral_noise import SPECTRAL_PATTERNS

if TYPE_CHECKING:
    from astroviz.stars.model import StarsModel

__all__ = ["checks", "posterior_scores", "regimes"]

Weights = tuple[float, float, float, float]
_YOUNG = (0.575, 0.425, 0.0, 0.0)  # the prior of young stars, disks included
_DISK = (0.0, 1.0, 0.0, 0.0)
_EQUAL = (0.2875, 0.2125, 0.3, 0.2)  # young against field 1:1, as the default prior odds
_BASE = 6  # parameters that every young star has
_SLICE = 500
_DRAWS = 63
_CELL = 2000  # stars of each cell of ranks: with more, ever smaller errors would be rejected


def posterior_scores(
    model: StarsModel,
    stars: SimulatedStars,
    n: int,
    generator: torch.Generator,
    disk: Tensor | None = None,
    steps: int = DEFAULT_STEPS,
    shortcut: bool = False,
    spectra: SpectralNumbers | None = None,
) -> Tensor:
    r"""Normal scores of posterior draws for simulated stars.

    Arguments:
        model: The model.
        stars: :math:`N` simulated stars.
        n: Draws of each.
        generator: Source of random numbers.
        disk: Whether each star is known to have a disk, shape :math:`(N,)`; by default the model
            decides for every draw.
        steps: Midpoint steps, or jumps of the few-step sampler.
        shortcut: Draw with the few-step sampler.
        spectra: Compressed spectra of the stars.

    Returns:
        Shape :math:`(N, n, 9)`.
    """
    found = []
    for rows in torch.arange(len(stars)).split(_SLICE):
        light = None if spectra is None else spectra.rows(rows)
        tokens = featurise(
            stars.values[rows], stars.errors[rows], stars.states[rows], spectra=light
        )
        with torch.inference_mode():
            context = model.network.encoder(tokens)
            given = torch.zeros(len(rows), len(PARAMETERS), dtype=torch.bool)
            blocks = model._blocks(context, tokens, given)
            chance = class_odds(model.network.classes(context), 1.0).disk[:, None]
            uniform = torch.rand(len(rows), n, generator=generator)
            flags = uniform < chance if disk is None else disk[rows, None].expand(-1, n)
            noise = torch.randn(len(rows), n, len(PARAMETERS), generator=generator)
            found += flow_draws(
                model.network, blocks, list(noise), list(flags), steps, shortcut=shortcut
            )
    return torch.stack(found)


def regimes(scores: Tensor) -> np.ndarray:
    """Age regime of each star from its draws, not from the truth: below or above 10 Myr.

    Selecting on the truth would spoil the ranks even of an exact posterior.
    """
    # log age is flat, so that a normal score of 0 is the middle of its range
    age = 5.7 + 2.3 * torch.special.ndtr(scores[..., 0]).mean(1)
    return np.where(age.numpy() < 7.0, "below 10 Myr", "above 10 Myr")


def checks(model: StarsModel, seed: int, quick: bool) -> list[dict[str, Any]]:
    r"""Truths and draws in every gap pattern, for `accuracy.report.verdicts`.

    Arguments:
        model: The model.
        seed: Seed of the simulated stars and of the draws.
        quick: A few hundred stars of each pattern instead of thousands; otherwise every cell of
            pattern and regime holds 2,000.

    Returns:
        Blocks: ranks of the six common parameters by pattern and age regime, ranks of the excess
        of disk stars by pattern, joint coverage (TARP), all for the flow and for the few-step
        sampler, and reliability of P(young) and P(disk).
    """
    generator = torch.Generator().manual_seed(seed)
    number, steps = (200, 6) if quick else (7000, DEFAULT_STEPS)
    samplers = {"": steps, "shortcut": DEFAULT_JUMPS}
    if model.network.shortcut is None:
        del samplers["shortcut"]
    parts: dict[str, list[_Part]] = {name: [] for name in samplers}
    excess: dict[str, list[_Part]] = {name: [] for name in samplers}
    for pattern in SPECTRAL_PATTERNS if model.reads_spectra else PATTERNS:
        stars, light = _sample(model, number, generator, _YOUNG, pattern)
        disky, glow = _sample(model, min(number // 2, _CELL), generator, _DISK, pattern)
        for name, steps in samplers.items():
            fast = name == "shortcut"
            scores = posterior_scores(model, stars, _DRAWS, generator, None, steps, fast, light)
            parts[name].append(_part(stars, scores, slice(_BASE), pattern))
            known = disky.classes == 1
            scores = posterior_scores(model, disky, _DRAWS, generator, known, steps, fast, glow)
            excess[name].append(_part(disky, scores, slice(_BASE, None), pattern))
    blocks: list[dict[str, Any]] = []
    for name in samplers:
        blocks += _blocks(name, parts[name], excess[name], seed)
    return blocks + _reliability(model, generator, 4000 if quick else 40000)


def _sample(
    model: StarsModel, n: int, generator: torch.Generator, weights: Weights, pattern: str
) -> tuple[SimulatedStars, SpectralNumbers | None]:
    """Simulated stars of one pattern, with their spectra where the model reads them."""
    if model.reads_spectra:
        return stars_with_spectra(n, generator, model.physics, weights, pattern)
    return simulate(n, generator, model.physics, weights, pattern), None


_Part = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _part(stars: SimulatedStars, scores: Tensor, columns: slice, pattern: str) -> _Part:
    """Truths, draws, pattern and regime of stars of one pattern."""
    label = np.full(len(stars), pattern)
    return stars.z[:, columns].numpy(), scores[..., columns].numpy(), label, regimes(scores)


def _blocks(name: str, parts: list[_Part], excess: list[_Part], seed: int) -> list[dict[str, Any]]:
    """Ranks and joint coverage of one sampler."""
    names = [parameter.name for parameter in PARAMETERS]
    truths, found, pattern, regime = (np.concatenate(p) for p in zip(*parts, strict=True))
    rows = np.random.default_rng(seed).permutation(len(truths))[:4000]
    label = {"name": name} if name else {}
    kept = _first_of_each(np.char.add(pattern, regime), _CELL)
    blocks: list[dict[str, Any]] = [
        {
            "kind": "ranks", **label, "parameters": names[:_BASE], "truths": truths[kept],
            "draws": found[kept], "groups": {"pattern": pattern[kept], "regime": regime[kept]},
        },
        {"kind": "tarp", **label, "truths": truths[rows], "draws": found[rows]},
    ]  # fmt: skip
    truths, found, pattern, _ = (np.concatenate(p) for p in zip(*excess, strict=True))
    blocks.append(
        {
            "kind": "ranks", "name": f"{name} disk".strip(), "parameters": names[_BASE:],
            "truths": truths, "draws": found, "groups": {"pattern": pattern},
        }
    )  # fmt: skip
    return blocks


def _first_of_each(cells: np.ndarray, number: int) -> np.ndarray:
    """Rows of the first so many stars of each cell, so that every cell is judged as strictly."""
    found = [np.flatnonzero(cells == cell)[:number] for cell in np.unique(cells)]
    return np.sort(np.concatenate(found))


def _reliability(model: StarsModel, generator: torch.Generator, n: int) -> list[dict[str, Any]]:
    """Observed frequency against stated probability, in ten bins of each probability."""
    stars = simulate(n, generator, model.physics, _EQUAL)
    with torch.inference_mode():
        parts = []
        for rows in torch.arange(n).split(4000):
            tokens = featurise(stars.values[rows], stars.errors[rows], stars.states[rows])
            parts.append(class_odds(model.network.classes(model.network.encoder(tokens)), 1.0))
    young = torch.cat([p.young for p in parts]).numpy()
    disk = torch.cat([p.disk for p in parts]).numpy()
    truth = stars.classes.numpy()
    return [
        _bins("P(young)", young, truth < 2),
        _bins("P(disk)", disk[truth < 2], truth[truth < 2] == 1),
    ]


def _bins(name: str, stated: np.ndarray, happened: np.ndarray) -> dict[str, Any]:
    edges = np.linspace(0, 1, 11)
    place = np.clip(np.digitize(stated, edges) - 1, 0, 9)
    values, errors = [], []
    for k in range(10):
        rows = place == k
        if rows.sum() >= 50:
            mean = stated[rows].mean()
            values.append(abs(happened[rows].mean() - mean))
            errors.append(float(np.sqrt(max(mean * (1 - mean), 1e-4) / rows.sum())))
    return {
        "kind": "values", "name": name, "values": np.array(values), "errors": np.array(errors),
        "statistic": "max", "goal": 0.05, "sense": "at most",
    }  # fmt: skip
