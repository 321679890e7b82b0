r"""How well a population fits: figures of the fit beside those of the untrained prior.

| key of the report | what |
| --- | --- |
| `features` | band, colour or redshift to `ks` and `ks_prior`, against galaxies held out |
| `distance` | `sliced` and `sinkhorn`: `value`, `floor` (as many galaxies of the catalogue) and `prior`, in units of the features' spread |
| `members` | for each fit: `seed`, `distance`, `ratio` over the floor, `kept`, `entropy` (nats), `steps`, `skipped` |
| `gain` | parameter to `bits` and its `spread` over the members |
| `zero_points` | band to magnitudes, where they were free |
| `quantiles` | band, colour or redshift to 101 quantiles of what was held out, mag |
| `galaxies`, `held`, `completeness`, `seconds`, `settings` | sizes, the part of the population that the survey keeps, the time it took |
"""  # noqa: E501 - a table row cannot be broken

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.galaxies.distance import sinkhorn
from astroviz.galaxies.ensemble import Fitted, Judge, too_far
from astroviz.galaxies.information import gains
from astroviz.galaxies.marginals import ks
from astroviz.galaxies.parameters import PARAMETERS, GalaxyError

if TYPE_CHECKING:
    from astroviz.galaxies.population import Population

__all__ = ["member_figures", "scores"]

_DRAWS = 20_000
_SINKHORN_BLUR = 0.05


def scores(
    population: Population, judge: Judge, data: Tensor, points: int = 1000
) -> dict[str, Any]:
    r"""Figures of the whole mixture.

    Arguments:
        population: The fitted one.
        judge: Holds the galaxies that were held out.
        data: Features of the others, shape :math:`(M, F)`.
        points: Of each cloud of the Sinkhorn divergence.
    """
    fitted = torch.cat([judge.cloud(member) for member in population.members])
    prior = judge.cloud(None)
    return {
        "features": _features(population, judge, fitted, prior, data),
        "distance": {
            "sliced": _sliced(judge, fitted, prior, data),
            "sinkhorn": _sinkhorn(judge, fitted, prior, data, points),
        },
        "gain": _gains(population),
        "completeness": _completeness(population),
        "quantiles": _quantiles(population, judge),
    }


def member_figures(fitted: Sequence[Fitted], floor: float) -> list[dict[str, Any]]:
    r"""What is said of each member, dropped ones included.

    Arguments:
        fitted: The ensemble.
        floor: Of the distance from what was held out.
    """
    dropped = too_far([one.distance for one in fitted], floor)
    return [
        {
            "seed": one.seed, "distance": _rounded(one.distance),
            "ratio": _rounded(one.distance / max(floor, 1e-9)), "kept": not out,
            "entropy": _rounded(one.entropy), "steps": one.steps, "skipped": one.skipped,
        }
        for one, out in zip(fitted, dropped, strict=True)
    ]  # fmt: skip


def _features(
    population: Population, judge: Judge, fitted: Tensor, prior: Tensor, data: Tensor
) -> dict[str, dict[str, float]]:
    found = {}
    for place, name in enumerate(population.features.names):
        # what few galaxies have was not held out: it is compared with all of them
        seen = data[:, place]
        if place in judge.columns:
            seen = judge.held[:, judge.columns.index(place)]
        known = seen[torch.isfinite(seen)].numpy()
        found[name] = {
            "ks": _rounded(ks(fitted[:, place].numpy(), known)),
            "ks_prior": _rounded(ks(prior[:, place].numpy(), known)),
        }
    return found


def _sliced(judge: Judge, fitted: Tensor, prior: Tensor, data: Tensor) -> dict[str, float]:
    generator = torch.Generator().manual_seed(judge.seed + 5)
    some = torch.randperm(len(fitted), generator=generator)[: len(judge.held)]
    return {
        "value": _rounded(judge.of(fitted[some][:, judge.columns])),
        "floor": _rounded(judge.floor(data)),
        "prior": _rounded(judge.of(prior[:, judge.columns])),
    }


def _sinkhorn(
    judge: Judge, fitted: Tensor, prior: Tensor, data: Tensor, points: int
) -> dict[str, float]:
    """Of order one; nothing where geomloss is not installed or there are no points."""
    generator = torch.Generator().manual_seed(judge.seed + 6)
    whole = data[:, judge.columns]
    whole = whole[torch.isfinite(whole).all(-1)]
    number = min(points, len(whole), len(judge.held))
    held = judge.held[:number]
    clouds = {"value": fitted[:, judge.columns], "floor": whole, "prior": prior[:, judge.columns]}
    try:
        return {
            name: _rounded(float(sinkhorn(
                cloud[torch.randperm(len(cloud), generator=generator)[:number]], held,
                _SINKHORN_BLUR,
            )))
            for name, cloud in clouds.items()
        }  # fmt: skip
    except GalaxyError:
        return {}


def _quantiles(population: Population, judge: Judge) -> dict[str, list[float]]:
    """What the data are like, so that a check needs no data."""
    levels = (np.arange(101) + 0.5) / 101
    names, found = population.features.names, {}
    for place, column in zip(judge.columns, judge.held.T, strict=True):
        whole = torch.zeros(len(column), len(names))
        whole[:, place] = column
        values = np.quantile(population.features.plain(whole)[:, place].numpy(), levels)
        found[names[place]] = [_rounded(value, 4) for value in values]
    return found


def _gains(population: Population) -> dict[str, dict[str, float]]:
    draws = [
        population.coordinates(_DRAWS, seed=3, member=place).numpy()
        for place in range(len(population.members))
    ]
    return {
        name: {"bits": _rounded(bits), "spread": _rounded(spread)}
        for name, (bits, spread) in gains(draws).items()
    }


def _completeness(population: Population) -> float:
    """Part of the draws that the survey lists; their masses and colours would take time."""
    each = []
    for place, member in enumerate(population.members):
        generator = torch.Generator().manual_seed(11 + place)
        with torch.no_grad():
            x = member(torch.randn(5000, len(PARAMETERS), generator=generator))[0]
            kept = population.survey.view(x, generator, 1.0, member.zero_points).kept
        each.append(1.0 if kept is None else float(kept.mean()))
    return _rounded(float(np.mean(each)))


def _rounded(value: float, digits: int = 5) -> float:
    """Plain and finite, as a card needs it; -1 for what could not be had."""
    return round(float(value), digits) if math.isfinite(value) else -1.0
