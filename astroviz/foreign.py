r"""Draws in the containers that other tools return, as one matrix of named columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Columns", "columns_of", "looks_like_draws"]

# Dimensions that count draws in xarray data sets as ArviZ writes them.
_DRAW_DIMENSIONS = ("chain", "draw", "sample")


@dataclass(frozen=True)
class Columns:
    r"""Named columns.

    Arguments:
        values: Shape :math:`(n, d)`, float32.
        names: The :math:`d` names.
        units: The :math:`d` units, empty where unknown.
    """

    values: np.ndarray
    names: tuple[str, ...]
    units: tuple[str, ...]


def looks_like_draws(source: Any) -> bool:
    """Whether `source` holds draws, as opposed to making them."""
    if isinstance(source, np.ndarray | Mapping | Columns | list | tuple):
        return True
    if _dataset(source) is not None:
        return True
    # A tensor, a table (astropy, pandas, arrow), our own Draws: a container of known length.
    return hasattr(source, "__len__") and any(
        hasattr(source, mark) for mark in ("colnames", "columns", "column_names", "names", "shape")
    )


def columns_of(draws: Any, names: Sequence[str] | None = None) -> Columns:
    r"""Read draws from whatever holds them.

    Arguments:
        draws: `Columns`, `Draws`, an array or tensor :math:`(n, d)`, a structured array, a
            mapping or table of columns, an xarray data set, or an object with one as `.posterior`.
        names: Names of the columns of a bare array; a choice of columns of a named container.

    Returns:
        The columns, all of equal length, float32.
    """
    if isinstance(draws, Columns):
        return _chosen(draws, names)
    if hasattr(draws, "values") and hasattr(draws, "names") and hasattr(draws, "units"):
        ours = Columns(_matrix(draws.values), tuple(draws.names), tuple(draws.units))
        return _chosen(ours, names)
    dataset = _dataset(draws)
    if dataset is not None:
        return _chosen(_from_dataset(dataset), names)
    labelled = _labelled(draws)
    if labelled is not None:
        return _chosen(_from_mapping(labelled), names)
    values = _matrix(draws)
    if names is None:
        raise ValueError(
            f"draws of shape {values.shape} have no names: give names=[...], one for each of the "
            f"{values.shape[1]} columns"
        )
    if len(names) != values.shape[1]:
        raise ValueError(f"{len(names)} names for {values.shape[1]} columns of draws")
    return Columns(values, tuple(names), ("",) * len(names))


def _dataset(source: Any) -> Any:
    # ArviZ objects keep the draws in a group called posterior; a callable one belongs to a model.
    group = getattr(source, "posterior", None)
    if group is not None and not callable(group):
        source = group
    return source if hasattr(source, "data_vars") else None


def _labelled(draws: Any) -> Mapping[str, Any] | None:
    if isinstance(draws, Mapping):
        return draws
    dtype_names = getattr(getattr(draws, "dtype", None), "names", None)
    for found in (dtype_names, getattr(draws, "colnames", None), getattr(draws, "columns", None)):
        if found is not None:
            return {str(name): draws[name] for name in found}
    arrow = getattr(draws, "column_names", None)
    return None if arrow is None else {name: draws[name].to_numpy() for name in arrow}


def _from_mapping(columns: Mapping[str, Any]) -> Columns:
    arrays, names, units = [], [], []
    for name, column in columns.items():
        array = _plain(column)
        # A column of vectors becomes one column per component, as name[0], name[1].
        flat = array.reshape(len(array), -1)
        labels = [name] if array.ndim == 1 else [f"{name}[{k}]" for k in range(flat.shape[1])]
        arrays.append(flat)
        names += labels
        units += [str(getattr(column, "unit", None) or "")] * len(labels)
    if len({len(array) for array in arrays}) > 1:
        raise ValueError(f"columns of unequal length: {[len(array) for array in arrays]}")
    if not arrays:
        raise ValueError("there are no columns in these draws")
    return Columns(_matrix(np.concatenate(arrays, axis=1)), tuple(names), tuple(units))


def _from_dataset(dataset: Any) -> Columns:
    columns: dict[str, np.ndarray] = {}
    units = []
    for name, variable in dataset.data_vars.items():
        lead = [dim for dim in _DRAW_DIMENSIONS if dim in variable.dims]
        rest = [dim for dim in variable.dims if dim not in lead]
        if not lead:
            raise ValueError(f"{name} has no dimension named chain, draw or sample")
        values = np.asarray(variable.transpose(*lead, *rest).values)
        count = int(np.prod(values.shape[: len(lead)]))
        shape = (count,) if not rest else (count, -1)
        columns[str(name)] = values.reshape(shape)
        width = 1 if not rest else columns[str(name)].shape[1]
        units += [str(variable.attrs.get("units", variable.attrs.get("unit", "")))] * width
    found = _from_mapping(columns)
    return Columns(found.values, found.names, tuple(units))


def _chosen(found: Columns, names: Sequence[str] | None) -> Columns:
    if names is None or tuple(names) == found.names:
        return found
    missing = [name for name in names if name not in found.names]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}; there are {', '.join(found.names)}")
    order = [found.names.index(name) for name in names]
    units = tuple(found.units[k] for k in order)
    return Columns(found.values[:, order], tuple(names), units)


def _matrix(values: Any) -> np.ndarray:
    array = _plain(values)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise ValueError(
            f"draws must be numbers of shape (n, d), not {array.dtype} of shape {array.shape}"
        )
    return np.ascontiguousarray(array, dtype=np.float32)


def _plain(values: Any) -> np.ndarray:
    # Tensors know detach and cpu; columns with units hold the bare numbers in `value`.
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    elif hasattr(values, "unit"):
        values = getattr(values, "value", values)
    return np.asarray(values)
