r"""A table as a model sees it: values, errors and the state of every quantity of every row."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

__all__ = ["Observations", "Quantity", "State"]


class State(IntEnum):
    """Why a quantity has, or has not, a value."""

    OBSERVED = 0
    NOT_COVERED = 1  # nobody looked, or the file has a gap: says nothing about the star
    LIMIT = 2  # looked and not detected: `value` holds the limit, which is information
    UNUSABLE = 3  # saturated, blended, extended, bad pixel: there is a source, the number is no use
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
    """

    name: str
    label: str
    unit: str
    survey: str
    kind: str = "magnitude"
    wavelength: float = float("nan")


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
        coordinates: Right ascension and declination, degrees, shape :math:`(N, 2)`; NaN if unknown.
        problems: Row number to a sentence, for rows with bad input.
        notes: Sentences about the table as a whole (assumed units, columns left out).
    """

    quantities: tuple[Quantity, ...]
    values: np.ndarray
    errors: np.ndarray
    states: np.ndarray
    identifiers: np.ndarray
    coordinates: np.ndarray
    problems: dict[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    @property
    def names(self) -> tuple[str, ...]:
        """Short names of the quantities."""
        return tuple(quantity.name for quantity in self.quantities)
