r"""Young stars with complete photometry, and what the rungs of the road say of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Control
from astroviz.core.trials import part_sizes
from astroviz.stars.complete import INNER, USED, YOUNG, complete_stars
from astroviz.stars.parameters import PARAMETERS, to_theta
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import simulate
from astroviz.stars.surveys import QUANTITIES

__all__ = ["parts"]

_PRIOR = 1000
_ROWS = 2000  # densities at a time


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Simulated complete stars and their posteriors with densities.

    Arguments:
        model: `stars/npe` or `stars/fmpe`.
        count: Number of stars.
        draws: Draws of each.
        seed: Seed of stars and draws.
        control: May stop the work; hears of progress.
        case: One of `trials.cases`.
    """
    generator = torch.Generator().manual_seed(seed)
    physics = Physics(tracks="parsec") if case == "shift" else Physics()
    prior = to_theta(simulate(_PRIOR, generator, Physics(), YOUNG, "all").z)[:, :INNER]
    done = 0
    for size in part_sizes(count):
        control.check()
        values, errors, truth = _complete(size, generator, physics)
        noise = torch.randn(size, draws, INNER, generator=generator)
        with torch.no_grad():
            z = model.network.transport(values, errors, noise)
        found = {
            "truths": _theta(truth),
            "draws": _theta(z),
            "names": tuple(p.name for p in PARAMETERS[:INNER]),
            "units": tuple(p.unit for p in PARAMETERS[:INNER]),
            "prior": prior.double().numpy(),
            "ids": tuple(f"star {done + k + 1}" for k in range(size)),
            "model": model.name,
            "seed": seed,
            **_seen(values, errors, z),
        }
        # splines say their density at once; that of a flow costs a divergence at every step
        if hasattr(model.network, "flow"):
            found["log_prob"] = _densities(model, values, errors, truth, z, control)
        done += size
        control.progress(done / count)
        yield found


def _complete(
    size: int, generator: torch.Generator, physics: Physics
) -> tuple[Tensor, Tensor, Tensor]:
    """So many stars whose eleven observables were all measured, and their normal scores."""
    parts, found = [], 0
    while found < size:
        parts.append(complete_stars(2 * size + 20, generator, physics))
        found += len(parts[-1][0])
    values, errors, z = (torch.cat(column)[:size] for column in zip(*parts, strict=True))
    return values, errors, z


def _theta(z: Tensor) -> np.ndarray:
    """The six parameters of normal scores, (*, 6)."""
    rest = z.new_zeros(*z.shape[:-1], len(PARAMETERS) - INNER)
    found: np.ndarray = to_theta(torch.cat([z, rest], -1))[..., :INNER].double().numpy()
    return found


def _seen(values: Tensor, errors: Tensor, z: Tensor) -> dict[str, Any]:
    """Observations, groups and places, all functions of the data."""
    seen = torch.cat([values[:, USED], errors[:, USED]], 1).double().numpy()
    names = [q.name for q in QUANTITIES[USED]]
    age = 5.7 + 2.3 * torch.special.ndtr(z[..., 0]).mean(1).numpy()
    colour = seen[:, names.index("bp")] - seen[:, names.index("rp")]
    parallax = np.where(seen[:, 0] > 0, seen[:, 0], np.nan)
    return {
        "observations": seen,
        "observation_names": (*names, *(f"{name}_error" for name in names)),
        "groups": {
            "regime": np.where(age < 7.0, "below 10 Myr", "above 10 Myr"),
            "brightness": np.where(seen[:, 1] < 15, "G below 15", "G from 15"),
        },
        "places": {
            "G": seen[:, 1], "BP - RP": colour,
            "absolute G (by parallax)": seen[:, 1] + 5 * np.log10(parallax / 100),
        },
        "place_units": {"G": "mag", "BP - RP": "mag", "absolute G (by parallax)": "mag"},
    }  # fmt: skip


def _densities(
    model: Any, values: Tensor, errors: Tensor, truth: Tensor, z: Tensor, control: Control
) -> tuple[np.ndarray, np.ndarray]:
    """Log density of normal scores at the truths (N,) and at the draws (N, n)."""
    n = z.shape[1]
    rows = torch.arange(len(z)).repeat_interleave(n)
    found = []
    with torch.no_grad():
        true = model.network.log_prob(values, errors, truth)
        for part in torch.arange(len(rows)).split(_ROWS):
            control.check()
            of = rows[part]
            found.append(model.network.log_prob(values[of], errors[of], z.flatten(0, 1)[part]))
    return true.double().numpy(), torch.cat(found).view(-1, n).double().numpy()
