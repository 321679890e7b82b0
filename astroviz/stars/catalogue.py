r"""An open table: the stars, what is known of them, and where they came from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from astropy.table import Table

from astroviz.io.columns import guess_mapping
from astroviz.io.convert import to_observations
from astroviz.io.errors import TableError
from astroviz.io.mapping import ColumnMapping
from astroviz.io.observations import Observations, State
from astroviz.io.spectra import SpectrumSet
from astroviz.io.tables import read_table
from astroviz.stars.literature import LiteratureColumn, find_literature
from astroviz.stars.parameters import CLASSES, DERIVED, PARAMETERS, to_theta
from astroviz.stars.simulator import SimulatedStars
from astroviz.stars.spectral_columns import with_spectra
from astroviz.stars.surveys import QUANTITIES

__all__ = ["Catalogue", "from_simulation", "open_catalogue"]


@dataclass(frozen=True)
class Catalogue:
    r"""A table that is open.

    Arguments:
        observations: The :math:`N` stars.
        label: What to call it on screen.
        path: File it was read from, if any.
        truth: Parameter to true values, shape :math:`(N,)`, for simulated stars.
        classes: Index into `CLASSES` of each simulated star, shape :math:`(N,)`.
        literature: Published values among the columns.
        mapping: Which columns were read, for files.
    """

    observations: Observations
    label: str
    path: str | None = None
    truth: Mapping[str, np.ndarray] = field(default_factory=dict)
    classes: np.ndarray | None = None
    literature: tuple[LiteratureColumn, ...] = ()
    mapping: ColumnMapping | None = None

    def __len__(self) -> int:
        return len(self.observations)

    def truth_of(self, row: int) -> dict[str, float]:
        """True parameters of one star; empty when they are not known."""
        values = {name: float(column[row]) for name, column in self.truth.items()}
        return {name: value for name, value in values.items() if np.isfinite(value)}

    def class_of(self, row: int) -> str | None:
        """True class of one star, or None."""
        return None if self.classes is None else CLASSES[int(self.classes[row])]

    def literature_of(self, row: int) -> tuple[LiteratureColumn, ...]:
        """The published values of one star, as columns of one row."""
        return tuple(
            replace(c, values=c.values[row : row + 1], errors=c.errors[row : row + 1])
            for c in self.literature
        )


def from_simulation(
    stars: SimulatedStars,
    label: str,
    identifiers: np.ndarray | None = None,
    spectra: tuple[SpectrumSet, ...] = (),
) -> Catalogue:
    """A simulated catalogue as a table with known truth; gaps hold no value."""
    n = len(stars)
    classes, states = stars.classes.numpy(), stars.states.numpy()
    gap = states == State.NOT_COVERED
    values, errors = (
        np.where(gap, np.nan, part.numpy().astype(float)) for part in (stars.values, stars.errors)
    )
    if identifiers is None:
        identifiers = np.array([f"simulated {k}" for k in range(n)])
    places = np.full((n, 2), np.nan)
    observations = Observations(
        QUANTITIES, values, errors, states, identifiers, places, spectra=spectra
    )
    return Catalogue(observations, label, truth=_truth(stars, classes), classes=classes)


def _truth(stars: SimulatedStars, classes: np.ndarray) -> dict[str, np.ndarray]:
    r"""Parameter to true values, shape (N,); NaN where a star has no such parameter."""
    theta = np.full((len(stars), len(PARAMETERS)), np.nan)
    young = classes < CLASSES.index("field_dwarf")
    # Field stars have no normal scores to be turned into parameters.
    theta[young] = to_theta(stars.z[torch.from_numpy(young)]).numpy()
    truth = {parameter.name: theta[:, k] for k, parameter in enumerate(PARAMETERS)}
    for name in truth:
        if name.startswith("excess_"):
            truth[name] = np.where(classes == CLASSES.index("young_disk"), truth[name], np.nan)
    star = stars.star
    derived = (10**star.log_teff, star.logg, star.log_lum, 10**star.log_radius)
    for parameter, column in zip(DERIVED, derived, strict=True):
        truth[parameter.name] = column.numpy().astype(float)
    return truth


def open_catalogue(
    table: Any,
    label: str | None = None,
    mapping: ColumnMapping | None = None,
    need_one: bool = True,
) -> Catalogue:
    r"""Open what a person has: a file, a table, or observations.

    Arguments:
        table: Path, astropy Table or Row, pandas DataFrame, mapping of columns, or `Observations`.
        label: What to call it on screen; the file's name by default.
        mapping: Which columns to read; guessed by default.
        need_one: Refuse a table without any column of `QUANTITIES`.

    Raises:
        TableError: with a sentence for the owner of the table.
    """
    if isinstance(table, Catalogue):
        return table
    if isinstance(table, Observations):
        _need_rows(len(table))
        return Catalogue(table, label or "observations")
    path = None
    if isinstance(table, str | os.PathLike):
        path = os.fspath(table)
        label = label or Path(path).name
        table = read_table(path)
    table = _as_table(table)
    _need_rows(len(table))
    mapping = mapping or guess_mapping(table, QUANTITIES, need_one)
    observations = with_spectra(table, to_observations(table, mapping, QUANTITIES))
    literature = find_literature(table, mapping.columns())
    return Catalogue(observations, label or "table", path, literature=literature, mapping=mapping)


def _need_rows(n: int) -> None:
    if n == 0:
        raise TableError("the table has no rows; open one with at least one star.")


def _as_table(table: Any) -> Table:
    if isinstance(table, Table):
        return table
    if hasattr(table, "to_dict") and hasattr(table, "columns"):
        return Table.from_pandas(table)
    if isinstance(table, Mapping):
        return Table({name: np.atleast_1d(column) for name, column in table.items()})
    try:
        return Table(table)
    except (TypeError, ValueError) as error:
        raise TableError(
            f"a {type(table).__name__} cannot be read as a table of stars; give a path, an "
            "astropy Table, a pandas DataFrame or a mapping of columns."
        ) from error
