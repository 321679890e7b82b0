r"""What `astroviz check galaxies/tables` and `galaxies/emulator` measure of the photometry.

- The tables against stored magnitudes of direct integration of the published spectra, and against
  the integral of their own spectra over the filters for fresh galaxies;
- the emulator against the tables, on fresh galaxies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from astroviz.galaxies.direct_truth import GROUPS, broad_parameters, read_truth
from astroviz.galaxies.filter_bins import FilterBins
from astroviz.galaxies.parameters import PARAMETERS

if TYPE_CHECKING:
    from astroviz.galaxies.emulator import Emulator
    from astroviz.galaxies.sps import Synthesis

__all__ = ["emulator_checks", "integrated", "percentile_block", "tables_checks"]

Array = NDArray[np.float64]

_TABLES: Final = {"griz": (0.0015, 0.006), "u": (0.004, 0.015), "2mass": (0.0015, 0.006)}
"""Goals of the 68th and 95th percentile of the error against direct integration, mag."""

_LINES: Final = {"griz": (0.004, 0.02), "u": (0.006, 0.03)}
_QUADRATURE: Final = {"griz": (0.0015, 0.006), "u": (0.004, 0.015), "lsst": (0.002, 0.01)}
_MASS: Final = 0.003  # dex
_EMULATOR: Final = {"griz": (0.005, 0.015), "u": (0.008, 0.03)}


def percentile_block(
    name: str, errors: Array, level: float, goal: float, unit: str = "mag"
) -> dict[str, Any]:
    r"""A percentile of absolute errors with its bootstrap error, for `accuracy.report.verdicts`.

    Arguments:
        name: What was measured.
        errors: Absolute errors, shape (galaxies, bands); galaxies are drawn again.
        level: Between 0 and 1.
        goal: The percentile should be at most this.
        unit: Of errors and goal.
    """
    value = float(np.quantile(errors, level))
    generator = np.random.default_rng(0)
    rows = generator.integers(len(errors), size=(200, len(errors)))
    spread = float(np.std([np.quantile(errors[row], level) for row in rows], ddof=1))
    return {
        "kind": "values", "name": f"{name}, {round(100 * level)} % within, {unit}",
        "values": np.array([value]), "errors": np.array([spread]), "statistic": "mean",
        "goal": goal, "sense": "at most",
    }  # fmt: skip


def _blocks(
    word: str, off: Tensor, bands: tuple[str, ...], goals: dict[str, tuple[float, float]]
) -> list[dict[str, Any]]:
    """Both percentiles of each group of bands."""
    errors = off.double().abs().numpy()
    found = []
    for group, (usual, rare) in goals.items():
        part = errors[:, [bands.index(band) for band in GROUPS[group]]]
        found.append(percentile_block(f"{word} {group}", part, 0.68, usual))
        found.append(percentile_block(f"{word} {group}", part, 0.95, rare))
    return found


def _needed(goals: dict[str, tuple[float, float]]) -> tuple[str, ...]:
    return tuple(band for group in goals for band in GROUPS[group])


def tables_checks(
    synthesis: Synthesis, seed: int = 0, quick: bool = False
) -> list[dict[str, Any]]:
    r"""Blocks for `accuracy.report.verdicts`.

    Arguments:
        synthesis: The tables.
        seed: Seed of the fresh galaxies.
        quick: Fewer galaxies.
    """
    truth = read_truth()
    bands = _needed(_TABLES)
    off = synthesis.magnitudes(truth.theta, bands) - truth.magnitudes[:, truth.columns(bands)]
    blocks = _blocks("tables against direct integration,", off, bands, _TABLES)
    lit = _needed(_LINES)
    off = synthesis.magnitudes(truth.theta, lit, lines=True)
    off = off - truth.with_lines[:, truth.columns(lit)]
    blocks += _blocks("with lines,", off, lit, _LINES)
    mass = (synthesis.derived(truth.theta)["log_mass"] - truth.log_mass).double().abs()
    name = "surviving mass against direct integration"
    blocks.append(percentile_block(name, mass[:, None].numpy(), 0.95, _MASS, unit="dex"))
    fresh = broad_parameters(60 if quick else 400, torch.Generator().manual_seed(seed))
    seen = _needed(_QUADRATURE)
    off = synthesis.magnitudes(fresh, seen) - integrated(synthesis, fresh, seen)
    return blocks + _blocks("tables against their own spectra,", off, seen, _QUADRATURE)


def integrated(synthesis: Synthesis, theta: Tensor, bands: tuple[str, ...]) -> Tensor:
    r"""Magnitudes by integrating the spectra of the tables bin by bin.

    Arguments:
        synthesis: The tables.
        theta: Parameters, shape (N, 11).
        bands: Names of filters.

    Returns:
        AB magnitudes, shape (N, B).
    """
    redshift = theta[:, PARAMETERS.index("redshift")]
    _, light = synthesis.spectrum(theta, observed=False)
    columns = [FilterBins(band, synthesis.edges).magnitudes(light, redshift) for band in bands]
    return torch.stack(columns, -1)


def emulator_checks(
    emulator: Emulator, seed: int = 0, quick: bool = False
) -> list[dict[str, Any]]:
    r"""Blocks for `accuracy.report.verdicts`: fresh galaxies, against the tables.

    Arguments:
        emulator: The emulator.
        seed: Seed of the galaxies.
        quick: Fewer galaxies.
    """
    from astroviz.galaxies.sps import synthesis

    theta = broad_parameters(400 if quick else 4000, torch.Generator().manual_seed(seed))
    bands = _needed(_EMULATOR)
    off = emulator.magnitudes(theta, bands) - synthesis().magnitudes(theta, bands)
    return _blocks("emulator against tables,", off, bands, _EMULATOR)
