r"""How a population compares with galaxies that its fit has not seen, and with the literature.

Photometry and colours are compared as the survey lists them. The area of the sky is not known, so
that a mass function has a shape but no amplitude: the mean difference of the logarithms is taken
off before it is compared.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from astroviz.galaxies.literature import main_sequence as published_sequence
from astroviz.galaxies.literature import mass_function as published_masses
from astroviz.galaxies.marginals import ks
from astroviz.galaxies.parameters import PARAMETERS, GalaxyError
from astroviz.galaxies.relations import main_sequence, mass_function

if TYPE_CHECKING:
    from astroviz.galaxies.catalogue import Catalogue
    from astroviz.galaxies.population import Population

__all__ = [
    "SLICES",
    "colours_in_slices",
    "held_out",
    "listed",
    "mass_function_shape",
    "sequence_offsets",
]

SLICES: Final = ((0.0, 0.07), (0.07, 0.11), (0.11, 0.15), (0.15, 0.45))
"""Redshifts in which colours are compared."""

_CHUNK, _MOST_TRIES = 20_000, 200
_NEAR: Final = (0.02, 0.1)
_MASSES: Final = np.arange(9.75, 11.51, 0.25)


def listed(
    population: Population, n: int = 20_000, seed: int = 0
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    r"""Galaxies of a population as the survey would list them.

    Arguments:
        population: The population.
        n: How many.
        seed: Of draws and noise.

    Returns:
        Magnitudes, shape :math:`(n, B)`, and the draws by name.
    """
    seen, columns = [], []
    count = len(population.members)
    for which in range(count):
        wanted, tries = n // count + (which < n % count), 0
        while wanted > 0:
            draws = population.sample(_CHUNK, seed + 7919 * tries, member=which)
            # one noise decides what is listed and what is seen, or the edge would be blurred twice
            view = population.observe(
                torch.tensor(draws[PARAMETERS]), seed + 7919 * tries + 1, which
            )
            generator = torch.Generator().manual_seed(seed + 7919 * tries + 2)
            chances = torch.ones(len(draws)) if view.kept is None else view.kept
            rows = torch.nonzero(torch.rand(len(draws), generator=generator) < chances)[:, 0]
            rows = rows[:wanted]
            seen.append(view.observed[rows].numpy())
            columns.append(draws.values[rows.numpy()])
            wanted, tries = wanted - len(rows), tries + 1
            if tries >= _MOST_TRIES and wanted > 0:
                raise GalaxyError("the selection keeps hardly any galaxy of this population")
    values = np.concatenate(columns)
    return np.concatenate(seen), {name: values[:, k] for k, name in enumerate(draws.names)}


def held_out(
    population: Population, held: Catalogue, n: int = 20_000, seed: int = 0
) -> dict[str, Any]:
    r"""KS of bands, colours and redshift against galaxies that were held out.

    Arguments:
        population: The population.
        held: The galaxies, in the bands of the population, with redshifts.
        n: Draws.
        seed: Of the draws.
    """
    seen, draws = listed(population, n, seed)
    bands = population.bands
    colours, theirs = -np.diff(seen, axis=1), -np.diff(held.magnitudes, axis=1)
    names = [f"{a}-{b}" for a, b in itertools.pairwise(bands)]
    known = np.asarray(held.redshift, float)
    return {
        "bands": {b: ks(seen[:, k], held.magnitudes[:, k]) for k, b in enumerate(bands)},
        "colours": {c: ks(colours[:, k], theirs[:, k]) for k, c in enumerate(names)},
        "redshift": ks(draws["redshift"], known),
        "redshift_shift": float(draws["redshift"].mean() - known.mean()),
        "log_mass": [float(v) for v in np.percentile(draws["log_mass"], [16, 50, 84])],
    }


def colours_in_slices(
    population: Population, held: Catalogue, n: int = 40_000, seed: int = 0
) -> dict[str, dict[str, float]]:
    r"""KS of each colour in slices of redshift, and the difference of its medians, mag.

    Arguments:
        population: The population.
        held: The galaxies, with redshifts.
        n: Draws.
        seed: Of the draws.
    """
    seen, draws = listed(population, n, seed)
    known = np.asarray(held.redshift, float)
    found = {}
    for low, high in SLICES:
        mine = -np.diff(seen[(draws["redshift"] >= low) & (draws["redshift"] < high)], axis=1)
        theirs = -np.diff(held.magnitudes[(known >= low) & (known < high)], axis=1)
        each = [ks(mine[:, k], theirs[:, k]) for k in range(mine.shape[1])]
        shift = np.median(mine, 0) - np.median(theirs, 0)
        found[f"{low:g}-{high:g}"] = {
            "mean_ks": float(np.mean(each)), "largest_ks": float(np.max(each)),
            "largest_shift": float(np.abs(shift).max()), "galaxies": float(len(theirs)),
        }  # fmt: skip
    return found


def mass_function_shape(
    population: Population, name: str = "wright17", n: int = 100_000, seed: int = 0
) -> dict[str, Any]:
    r"""Logarithm of the mass function at z < 0.1 minus that of the literature, amplitude free.

    Arguments:
        population: The population.
        name: One of `literature.MASS_FUNCTIONS`.
        n: Draws.
        seed: Of the draws.

    Returns:
        `offsets` in dex in the bins of which the survey keeps a tenth at least, `rms` of them.
    """
    draws = population.sample(n, seed)
    relation = mass_function(draws, _NEAR, _MASSES, kept=draws.extras["kept"])
    centres = 0.5 * (_MASSES[1:] + _MASSES[:-1])
    good = np.isfinite(relation.value) & (relation.value > 0) & (relation.completeness > 0.1)
    if good.sum() < 2:
        return {"bins": int(good.sum()), "offsets": [], "rms": float("nan")}
    gap = np.log10(relation.value[good]) - np.log10(published_masses(centres[good], name))
    gap = gap - gap.mean()
    return {
        "bins": int(good.sum()), "log_mass": [float(v) for v in centres[good]],
        "offsets": [float(v) for v in gap], "rms": float(np.sqrt(np.mean(gap**2))),
    }  # fmt: skip


def sequence_offsets(
    population: Population, name: str = "speagle14", n: int = 100_000, seed: int = 0
) -> dict[str, Any]:
    r"""Median log SFR of star-forming galaxies at z < 0.1 minus that of the literature.

    Arguments:
        population: The population.
        name: One of `literature.MAIN_SEQUENCES`.
        n: Draws.
        seed: Of the draws.

    Returns:
        `offsets`, dex, in quarters of a dex of stellar mass from 9.5 to 11, and the largest.
    """
    draws = population.sample(n, seed)
    edges = np.arange(9.5, 11.01, 0.25)
    value = main_sequence(draws, _NEAR, edges, kept=draws.extras["kept"]).value
    gap = value - published_sequence(0.5 * (edges[1:] + edges[:-1]), 0.07, name)
    good = gap[np.isfinite(gap)]
    return {
        "offsets": [float(v) if np.isfinite(v) else None for v in gap],
        "mean": float(good.mean()) if len(good) else float("nan"),
        "largest": float(np.abs(good).max()) if len(good) else float("nan"),
    }
