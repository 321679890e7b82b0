r"""Mock galaxies that play nature, and what the networks of the experiment on adaptation say.

Domain A is what the networks were taught, domains B and C are other simulators. Every star has
nearly its own cluster, since stars of one cluster share age, distance and dust and would not count
as many.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from astroviz.core.request import Control
from astroviz.core.trials import part_sizes
from astroviz.stars.adaptation_pairs import RealStars
from astroviz.stars.adaptation_scores import SHOWN, answers, truths
from astroviz.stars.experiment import NONE, TARGETS
from astroviz.stars.mock_galaxy import MockCatalogue, mock_catalogue
from astroviz.stars.trials_young import photometry

__all__ = ["parts"]

_PRIOR = 1000
# Temperatures are undefined off the tracks; the parameters themselves are not.
_KEPT = [k for k, p in enumerate(SHOWN) if p.name != "effective_temperature"]
_STEPS = 8
_ON_A = "A"
_SHIFT = "shift"


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Mock stars with positions and the posteriors of a network of the experiment.

    Arguments:
        model: `stars/adapted` or `stars/adaptation`.
        count: Number of stars.
        draws: Draws of each.
        seed: Seed of stars and draws.
        control: May stop the work; hears of progress.
        case: One of `trials.cases`.
    """
    network, physics, domain, mix = _subject(model, case)
    prior = truths(_catalogue(domain, _PRIOR, _seed(seed, -1), mix).stars)[:, _KEPT]
    done = 0
    for step, size in enumerate(part_sizes(count)):
        control.check()
        # each part is a catalogue of its own, with a seed of its own
        stars = _catalogue(domain, size, _seed(seed, step), mix)
        found = answers(network, RealStars.of_mock(stars).tokens(), physics, draws,
                        _seed(seed, step) + 1, steps=_STEPS)  # fmt: skip
        done += size
        control.progress(done / count)
        yield _part(model, stars, found.draws[..., _KEPT], prior, seed, done - size)


def _seed(seed: int, step: int) -> int:
    return 1_000_003 * (seed + 1) + 2 * step


def _catalogue(domain: str, n: int, seed: int, mix: str) -> MockCatalogue:
    return mock_catalogue(domain, n, seed, mix, clusters=max(2000, 20 * n))


def _subject(model: Any, case: str) -> tuple[Any, Any, str, str]:
    """Network, physics, domain and population of a case."""
    if not hasattr(model, "arms"):
        return model.network, model.physics, "C" if case == _SHIFT else "B", "prior"
    if case in (_ON_A, _SHIFT):
        return model.network(NONE), model.physics, "A" if case == _ON_A else "B", "prior"
    target = next(t for t in TARGETS if t.name == model.arms[case].target)
    return model.network(case), model.physics, target.domain, target.mix


def _part(
    model: Any, stars: MockCatalogue, found: np.ndarray, prior: np.ndarray, seed: int, first: int
) -> dict[str, Any]:
    seen, names = photometry(stars.stars)
    column = {name: seen[:, k] for k, name in enumerate(names)}
    table = stars.observations
    age = found[..., 0].mean(1)
    return {
        "truths": truths(stars.stars)[:, _KEPT],
        "draws": found.astype(np.float64),
        "names": tuple(SHOWN[k].name for k in _KEPT),
        "units": tuple(SHOWN[k].unit for k in _KEPT),
        "prior": prior,
        "observations": seen,
        "observation_names": names,
        "groups": {
            "regime": np.where(age < 7.0, "below 10 Myr", "above 10 Myr"),
            "spectrum": np.where(stars.spectra.seen[:, 0].numpy(), "XP-like", "none"),
            "pattern": _surveys(column),
        },
        "places": {
            "ra": table.coordinates[:, 0], "dec": table.coordinates[:, 1], "G": column["g"],
            "BP - RP": column["bp"] - column["rp"],
        },
        "place_units": {"ra": "deg", "dec": "deg", "G": "mag", "BP - RP": "mag"},
        "ids": tuple(f"star {first + k + 1}" for k in range(len(stars))),
        "model": model.name,
        "seed": seed,
        "notes": ("Mock galaxies that play nature: simulators with other physics, not the sky.",),
    }  # fmt: skip


def _surveys(column: dict[str, np.ndarray]) -> np.ndarray:
    """Which surveys observed each star."""
    shown = {"Gaia": "g", "2MASS": "j", "WISE": "w1", "Spitzer": "i1"}
    parts = [np.where(np.isfinite(column[band]), f"{name} ", "") for name, band in shown.items()]
    found = np.array(["".join(row).strip() for row in zip(*parts, strict=True)])
    return np.where(found == "", "none of four", found)
