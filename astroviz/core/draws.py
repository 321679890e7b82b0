r"""Draws of a posterior: a matrix whose columns have names and units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from astroviz.core.request import Chunk

if TYPE_CHECKING:
    import xarray as xr
    from astropy.table import QTable

__all__ = ["Draws", "join"]

_LOGARITHM = "log10 "


@dataclass(frozen=True, eq=False)
class Draws:
    r"""Draws with named columns.

    Arguments:
        values: The draws, shape :math:`(n, d)`; kept as float32.
        names: Names of the :math:`d` columns.
        units: Their units as astropy writes them, `log10 <unit>` for logarithms, empty for none.
        seed: The seed that gives these draws again.
        extras: What else belongs to the answer (probabilities, scores), by name.

    Example:
        >>> draws = Draws(np.zeros((5, 2)), ("a_v", "distance"), ("mag", "pc"))
        >>> draws["a_v"].shape
        (5,)
    """

    values: np.ndarray
    names: tuple[str, ...]
    units: tuple[str, ...]
    seed: int = 0
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)

    # iterating could mean rows or names: neither is guessed
    __iter__ = None

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float32)
        names, units = tuple(self.names), tuple(self.units)
        if values.ndim != 2 or values.shape[1] != len(names):
            raise ValueError(
                f"draws of shape {values.shape} do not fit {len(names)} names: "
                f"the shape must be (n, {len(names)})"
            )
        if len(units) != len(names):
            raise ValueError(f"{len(units)} units for {len(names)} columns: give one for each")
        if len(set(names)) != len(names):
            raise ValueError(f"names of columns must differ from each other, not {names}")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "units", units)

    def __len__(self) -> int:
        return len(self.values)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    @overload
    def __getitem__(self, name: str) -> np.ndarray: ...
    @overload
    def __getitem__(self, name: Sequence[str]) -> np.ndarray: ...

    def __getitem__(self, name: str | Sequence[str]) -> np.ndarray:
        if isinstance(name, str):
            return np.asarray(self.values[:, self._column(name)])
        return np.asarray(self.values[:, [self._column(one) for one in name]])

    def __repr__(self) -> str:
        return f"Draws(n={len(self)}, names={list(self.names)}, seed={self.seed})"

    def _column(self, name: str) -> int:
        if name not in self.names:
            raise KeyError(f"no column {name!r} in the draws; there is {', '.join(self.names)}")
        return self.names.index(name)

    def unit(self, name: str) -> str:
        """Unit of a column, empty for none."""
        return self.units[self._column(name)]

    def frozen(self) -> Draws:
        """The same draws, which nobody can write into: several readers may share them."""
        extras = {name: _locked(array) for name, array in self.extras.items()}
        return Draws(_locked(self.values), self.names, self.units, self.seed, extras)

    def nbytes(self) -> int:
        """Memory that the draws take, in bytes."""
        return int(self.values.nbytes + sum(np.asarray(a).nbytes for a in self.extras.values()))

    def to_table(self) -> QTable:
        r"""An astropy table of :math:`n` rows with units.

        Logarithms get units such as `dex(yr)`, whose `.physical` is in years. Extras with one
        value for each draw become columns, the others go to `meta` as plain numbers and lists,
        beside the seed.
        """
        from astropy.table import QTable

        table = QTable()
        for name, unit, column in zip(self.names, self.units, self.values.T, strict=True):
            table[name] = _quantity(column, unit)
        table.meta["seed"] = self.seed
        for name, array in self.extras.items():
            values = np.asarray(array)
            if values.ndim and len(values) == len(self) and name not in self.names:
                table[name] = values
            else:
                table.meta[name] = values.tolist()
        return table

    def to_xarray(self) -> xr.Dataset:
        r"""An xarray data set as ArviZ reads it: one chain, dimensions `(chain, draw)`."""
        import xarray as xr

        coordinates = {"chain": np.arange(1), "draw": np.arange(len(self))}
        variables = {
            name: (("chain", "draw"), self[name][None], {"units": unit})
            for name, unit in zip(self.names, self.units, strict=True)
        }
        attributes: dict[str, Any] = {"seed": self.seed}
        for name, array in self.extras.items():
            values = np.asarray(array)
            if values.ndim == 1 and len(values) == len(self) and name not in self.names:
                variables[name] = (("chain", "draw"), values[None], {"units": ""})
            else:
                attributes[name] = values.tolist()
        return xr.Dataset(variables, coords=coordinates, attrs=attributes)


def join(
    chunks: Sequence[Chunk], names: tuple[str, ...], units: tuple[str, ...], seed: int
) -> Draws:
    r"""The whole answer from its parts.

    Arguments:
        chunks: The parts in their order.
        names: Names of the :math:`d` columns.
        units: Their units.
        seed: The seed of the request.

    Returns:
        The draws; `per_draw` extras are concatenated and the last of `constants` is kept.
    """
    values = [chunk.values for chunk in chunks] or [np.empty((0, len(names)), np.float32)]
    extras: dict[str, np.ndarray] = {}
    for chunk in chunks:
        extras |= chunk.constants
    for name in chunks[0].per_draw if chunks else ():
        extras[name] = np.concatenate([chunk.per_draw[name] for chunk in chunks])
    return Draws(np.concatenate(values), names, units, seed, extras)


def _locked(array: np.ndarray) -> np.ndarray:
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _quantity(column: np.ndarray, unit: str) -> Any:
    from astropy import units as u

    if unit.startswith(_LOGARITHM):
        # column units of functions need an own class: `column * unit` is refused by astropy
        return u.Dex(column, u.dex(u.Unit(unit.removeprefix(_LOGARITHM))), dtype=np.float32)
    return u.Quantity(column, u.Unit(unit), dtype=np.float32)
