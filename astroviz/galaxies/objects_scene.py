r"""What there is to draw of one galaxy: redshift and mass under two priors, and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.galaxies.catalogue import Catalogue

__all__ = ["OneScene", "interval", "one_scene"]

_QUARTERS = (0.16, 0.5, 0.84)
_SHOWN = (("redshift", "redshift", 3), ("log_mass", "log M*", 2), ("log_sfr", "log SFR", 2),
          ("age", "age (Gyr)", 1), ("tau2", "dust, tau2", 2))  # fmt: skip


@dataclass(frozen=True, eq=False)
class OneScene:
    r"""One galaxy.

    Arguments:
        row: Its number in the catalogue.
        draws: Quantity to draws under the population, shape :math:`(n,)`.
        flat: Likewise under flat priors.
        redshift: From its spectrum; NaN where there is none.
        interval: 16, 50 and 84 % of the redshift under the population.
        photometry: Band, magnitude and error, as text.
        facts: Name, value under the population, value under flat priors.
        notes: What to know of this answer.
    """

    row: int
    draws: dict[str, np.ndarray]
    flat: dict[str, np.ndarray]
    redshift: float
    interval: tuple[float, float, float]
    photometry: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]


def interval(values: np.ndarray, digits: int) -> str:
    """Median and half of the 68 % interval as text."""
    if not len(values):
        return "\u2013"
    low, middle, high = np.quantile(values, _QUARTERS)
    return f"{middle:.{digits}f} \u00b1 {0.5 * (high - low):.{digits}f}"


def one_scene(draws: Draws, catalogue: Catalogue, row: int) -> OneScene:
    r"""What to draw of an answer, or of the first part of one.

    Arguments:
        draws: Of `objects_answers.one_request`.
        catalogue: That the galaxy is in.
        row: Its number.
    """
    values = draws.values if len(draws) else np.asarray(draws.extras["first"])
    other = np.asarray(draws.extras["flat"])
    columns = {name: values[:, k] for k, name in enumerate(draws.names)}
    flat = {name: other[:, k] for k, name in enumerate(draws.names)}
    known = catalogue.redshift
    z = float("nan") if known is None else float(known[row])
    low, middle, high = (float(q) for q in np.quantile(columns["redshift"], _QUARTERS))
    facts = [
        (label, interval(columns[name], digits), interval(flat[name], digits))
        for name, label, digits in _SHOWN
    ]
    facts.append(("effective draws", _effective(draws, ""), _effective(draws, "_flat")))
    return OneScene(
        row, columns, flat, z, (low, middle, high), _photometry(catalogue, row), tuple(facts),
        _notes(draws),
    )  # fmt: skip


def _effective(draws: Draws, tail: str) -> str:
    if float(draws.extras.get(f"refined{tail}", 0.0)):
        return "moved"
    return f"{float(draws.extras[f'effective_size{tail}']):,.0f}"


def _notes(draws: Draws) -> tuple[str, ...]:
    notes = []
    if float(draws.extras["ood_score"]) > 1:
        notes.append(
            "No galaxy of the population looks like this one: its answer is an extrapolation."
        )
    if float(draws.extras.get("refined", 0.0)):
        notes.append("Few draws resemble it, so they were moved to its exact posterior.")
    elif not len(draws):
        notes.append("Few draws resemble it; they are being moved to its exact posterior.")
    return tuple(notes)


def _photometry(catalogue: Catalogue, row: int) -> tuple[tuple[str, str], ...]:
    found = []
    for band, seen, error in zip(
        catalogue.bands, catalogue.magnitudes[row], catalogue.errors[row], strict=True
    ):
        short = band.partition("_")[2]
        words = f"{seen:.2f} \u00b1 {error:.2f}" if np.isfinite(seen) else "not observed"
        found.append((short, words))
    return tuple(found)
