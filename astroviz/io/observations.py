r"""A table as a model sees it: values, errors and the state of every quantity of every row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from astroviz.io.spectra import SpectrumSet

__all__ = ["Observations", "Quantity", "State"]


class State(IntEnum):
    """Why a quantity has, or has not, a value."""

    OBSERVED = 0
    NOT_COVERED = 1  # nobody looked, or the file has a gap: says nothing about the star
    LIMIT = 2  # looked and not detected: `value` holds the limit, which is information
    UNUSABLE = (
        3  # saturated, blended, extended, bad pixel: there is a source, the number is no use
    )
    IGNORED = 4  # switched off by the user


@dataclass(frozen=True)
class Quantity:
    r"""One thing that can be observed.

    Arguments:
        name: Short name, as in draws and files: `g`, `parallax`, `w1`.
        label: Name on an axis: `G`, `parallax`, `W1`.
        unit: Canonical unit as astropy writes it: `mag`, `mas`, `K`, `dex`.
        survey: The survey it comes from: `Gaia`, `2MASS`.
        kind: `magnitude`, `parallax` or `label` (a spectroscopic label).
        wavelength: Effective wavelength, micron; NaN where there is none.
        aliases: Column names under which it is found beside its own, best first, for quantities
            that `io.aliases` does not know.
        system: System of a magnitude: `Vega` or `AB`.
    """

    name: str
    label: str
    unit: str
    survey: str
    kind: str = "magnitude"
    wavelength: float = float("nan")
    aliases: tuple[str, ...] = ()
    system: str = "Vega"


@dataclass(frozen=True)
class Observations:
    r""":math:`N` objects by :math:`Q` quantities.

    Arguments:
        quantities: The :math:`Q` quantities, in the order of the columns below.
        values: Shape :math:`(N, Q)`, in canonical units; NaN where there is none; a limit holds
            the magnitude of the limit.
        errors: One standard deviation, shape :math:`(N, Q)`, same units; NaN where there is none.
        states: `State` codes, shape :math:`(N, Q)`, int8.
        identifiers: One text per row.
        coordinates: Right ascension and declination, degrees, shape :math:`(N, 2)`; NaN where
            unknown.
        problems: Row number to a sentence, for rows with bad input.
        notes: Sentences about the table as a whole (assumed units, columns left out).
        spectra: Spectra of the same rows, one set for each kind that the table has.
    """

    quantities: tuple[Quantity, ...]
    values: np.ndarray
    errors: np.ndarray
    states: np.ndarray
    identifiers: np.ndarray
    coordinates: np.ndarray
    problems: dict[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    spectra: tuple[SpectrumSet, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    @property
    def names(self) -> tuple[str, ...]:
        """Short names of the quantities."""
        return tuple(quantity.name for quantity in self.quantities)

    @property
    def used(self) -> np.ndarray:
        """Where a quantity says something about the star: observed or a limit; (N, Q) bool."""
        used: np.ndarray = (self.states == State.OBSERVED) | (self.states == State.LIMIT)
        return used

    def spectra_of(self, row: int) -> tuple[str, ...]:
        """Labels of the spectra of one row that are not switched off."""
        return tuple(found.label for found in self.spectra if found.used_at(row))

    def index(self, name: str) -> int:
        """Column of a quantity; KeyError naming what there is."""
        if name not in self.names:
            raise KeyError(f"no quantity named {name!r}; there are {', '.join(self.names)}")
        return self.names.index(name)

    def select(self, rows: ArrayLike) -> Observations:
        r"""Some rows, in the order given; a boolean mask of length :math:`N` works too."""
        rows = np.atleast_1d(np.asarray(rows))
        chosen = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.intp)
        chosen = np.where(chosen < 0, chosen + len(self), chosen)
        problems = {
            new: self.problems[int(old)]
            for new, old in enumerate(chosen)
            if int(old) in self.problems
        }
        return replace(
            self,
            values=self.values[chosen],
            errors=self.errors[chosen],
            states=self.states[chosen],
            identifiers=self.identifiers[chosen],
            coordinates=self.coordinates[chosen],
            problems=problems,
            spectra=tuple(found.select(chosen) for found in self.spectra),
        )

    def row(self, index: int) -> Observations:
        """One row as a table of one row; IndexError with the number of rows."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"row {index} is not there: the table has {len(self)} rows")
        return self.select([index])

    def with_value(
        self,
        name: str,
        value: float | None = None,
        error: float | None = None,
        state: State | None = None,
        row: int = 0,
    ) -> Observations:
        """A copy with one cell changed; what is None stays (a new value is OBSERVED)."""
        column = self.index(name)
        values, errors, states = self.values.copy(), self.errors.copy(), self.states.copy()
        if value is not None:
            values[row, column], states[row, column] = value, State.OBSERVED
        if error is not None:
            errors[row, column] = error
        if state is not None:
            states[row, column] = state
        if states[row, column] == State.LIMIT:
            errors[row, column] = np.nan
        return replace(self, values=values, errors=errors, states=states)

    def ignoring(self, names: Iterable[str]) -> Observations:
        """A copy in which these quantities and spectra are switched off (state IGNORED)."""
        states, kinds = self.states.copy(), {found.name for found in self.spectra}
        off = set(names)
        columns = [self.index(name) for name in off - kinds]
        here = np.zeros_like(self.used)
        here[:, columns] = True
        states[here & self.used] = State.IGNORED
        spectra = tuple(one.ignoring() if one.name in off else one for one in self.spectra)
        return replace(self, states=states, spectra=spectra)

    @classmethod
    def concatenate(cls, parts: Sequence[Observations]) -> Observations:
        """Tables of the same quantities below each other; row numbers of problems follow."""
        if not parts:
            raise ValueError("no observations to concatenate: give at least one")
        if any(part.quantities != parts[0].quantities for part in parts):
            raise ValueError("observations of different quantities cannot be concatenated")
        problems: dict[int, str] = {}
        start = 0
        for part in parts:
            problems.update({start + row: text for row, text in part.problems.items()})
            start += len(part)
        return cls(
            parts[0].quantities,
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.errors for part in parts]),
            np.concatenate([part.states for part in parts]),
            np.concatenate([part.identifiers for part in parts]),
            np.concatenate([part.coordinates for part in parts]),
            problems,
            tuple(dict.fromkeys(note for part in parts for note in part.notes)),
            _stacked(parts),
        )


def _stacked(parts: Sequence[Observations]) -> tuple[SpectrumSet, ...]:
    """Spectra of tables below each other; a table without a kind has gaps there."""
    kinds = {found.name: found for part in parts for found in part.spectra}
    stacks = []
    for name, like in kinds.items():
        columns = []
        for part in parts:
            own = next((found for found in part.spectra if found.name == name), None)
            columns.append(own if own is not None else like.blank(len(part)))
        stacks.append(SpectrumSet.concatenate(columns))
    return tuple(stacks)
