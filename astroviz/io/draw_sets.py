r"""Truths and draws in xarray data sets as ArviZ lays them out, and one dimension of objects.

A variable of the posterior has the dimensions `chain`, `draw` (or `sample`) and one that counts
objects; any more are its components. Truths are variables of the same names without the
dimensions of draws: in a group `truths`, `truth`, `true_parameters` or `constant_data`, or beside
the draws as `NAME_true`. Groups `prior` and `observed_data` are taken along. The dimension of
objects is the one that all truths begin with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from astroviz.io.draw_fields import DrawFileError, columns_to_fields, plain

__all__ = ["fields_of_dataset", "is_dataset"]

_DRAWS = ("chain", "draw", "sample", "samples")
_TRUTHS = ("truths", "truth", "true_parameters", "constant_data")
_POSTERIOR = ("posterior", "draws", "")
_TRUE = "_true"


def is_dataset(source: Any) -> bool:
    """Whether this is an xarray Dataset or DataTree, or an object of ArviZ."""
    if hasattr(source, "data_vars"):
        return True
    group = getattr(source, "posterior", None)
    return hasattr(source, "children") or (group is not None and hasattr(group, "data_vars"))


def fields_of_dataset(
    source: Any, truths: Any = None, names: Sequence[str] | None = None
) -> dict[str, Any]:
    r"""Fields of a trial from a data set, a tree of them, or a mapping of groups.

    Arguments:
        source: Dataset, DataTree, an object of ArviZ, or name of a group to Dataset.
        truths: True values by name, where the source has none.
        names: Which parameters to take.
    """
    groups = _groups(source)
    posterior = next((groups[name] for name in _POSTERIOR if name in groups), None)
    if posterior is None:
        raise DrawFileError(
            f"there is no group `posterior`; there are {', '.join(groups)}: name the group of "
            "draws so"
        )
    draws = {
        str(n): v for n, v in posterior.data_vars.items()
        if any(d in _DRAWS for d in v.dims) and np.asarray(v).dtype.kind in "fiub"
    }  # fmt: skip
    if not draws:
        raise DrawFileError(
            "no variable has a dimension `chain`, `draw` or `sample`: without one, draws cannot "
            "be told from truths"
        )
    true = _truths(groups, posterior, truths)
    wanted = [n for n in (names or draws) if n in true] or list(draws)
    objects = _object_dimension([true[n] for n in wanted if n in true], draws[wanted[0]])
    blocks = {n: _block(v, objects, n) for n, v in draws.items()}
    units = {n: _unit(v) for n, v in draws.items()}
    values = {n: _leading(v, objects) for n, v in true.items()}
    told = {n: _unit(v) for n, v in true.items()}
    fields = columns_to_fields(blocks, values, names, units, told)
    return fields | _beside(
        groups, draws[wanted[0]], objects, [n for n in (names or draws) if n in true]
    )


def _groups(source: Any) -> dict[str, Any]:
    if isinstance(source, Mapping) and not hasattr(source, "data_vars"):
        return dict(source)
    children = getattr(source, "children", None)
    if children:
        found = {str(n): _plain_set(child) for n, child in children.items()}
        own = getattr(source, "data_vars", {})
        return found | ({"": _plain_set(source)} if len(own) else {})
    if hasattr(source, "posterior") and hasattr(source.posterior, "data_vars"):
        names = [*_POSTERIOR[:2], *_TRUTHS, "prior", "observed_data"]
        return {n: getattr(source, n) for n in names if hasattr(source, n)}
    return {"": source}


def _plain_set(node: Any) -> Any:
    return node.to_dataset() if hasattr(node, "to_dataset") else node


def _truths(groups: Mapping[str, Any], posterior: Any, truths: Any) -> dict[str, Any]:
    if truths is not None:
        if hasattr(truths, "data_vars"):
            return {str(n): v for n, v in truths.data_vars.items()}
        if isinstance(truths, Mapping):
            return dict(truths)
        if hasattr(truths, "colnames") or hasattr(truths, "columns"):
            columns = getattr(truths, "colnames", None) or truths.columns
            return {str(n): truths[n] for n in columns}
        raise DrawFileError("draws have names, so truths need them too: give them by name")
    beside = [groups[n] for n in _TRUTHS if n in groups]
    found = {str(n): v for group in beside for n, v in group.data_vars.items()}
    inside = {str(n)[: -len(_TRUE)]: v for n, v in posterior.data_vars.items()
              if str(n).endswith(_TRUE)}  # fmt: skip
    found = {n.removesuffix(_TRUE): v for n, v in found.items()} | inside
    if not found:
        raise DrawFileError(
            "there are draws and no truths: add a group `truths`, or variables NAME_true beside "
            "the draws"
        )
    return found


def _object_dimension(truths: Sequence[Any], draws: Any) -> str:
    """The dimension that counts objects."""
    first = next((v.dims[0] for v in truths if getattr(v, "dims", ())), None)
    if first is not None:
        return str(first)
    rest = [d for d in draws.dims if d not in _DRAWS]
    if len(rest) == 1 or rest:
        return str(rest[0])
    raise DrawFileError("draws have no dimension that counts objects: one object cannot be judged")


def _block(variable: Any, objects: str, name: str) -> np.ndarray:
    """Draws as (N, L) or (N, L, k)."""
    if objects not in variable.dims:
        raise DrawFileError(
            f"{name} has the dimensions {', '.join(map(str, variable.dims))}, but objects are "
            f"counted by {objects!r}: give it that dimension"
        )
    lead = [d for d in variable.dims if d in _DRAWS]
    rest = [d for d in variable.dims if d not in lead and d != objects]
    values = np.asarray(variable.transpose(objects, *lead, *rest).values)
    count = int(np.prod(values.shape[1 : 1 + len(lead)]))
    return values.reshape(len(values), count, *([-1] if rest else []))


def _leading(variable: Any, objects: str) -> np.ndarray:
    """Truths with objects first."""
    dims = getattr(variable, "dims", None)
    if dims and objects in dims:
        rest = [d for d in dims if d != objects]
        return np.asarray(variable.transpose(objects, *rest).values)
    return plain(getattr(variable, "values", variable))


def _unit(variable: Any) -> str:
    attributes = getattr(variable, "attrs", {})
    unit = attributes.get("units", attributes.get("unit", getattr(variable, "unit", None)))
    return "" if unit is None else str(unit)


def _beside(
    groups: Mapping[str, Any], draws: Any, objects: str, names: Sequence[str]
) -> dict[str, Any]:  # fmt: skip
    """Names of the objects, draws of the prior and what was observed."""
    found: dict[str, Any] = {}
    labels = getattr(draws, "coords", {}).get(objects)
    if labels is not None:
        found["ids"] = tuple(map(str, np.asarray(labels.values).tolist()))
    prior = groups.get("prior")
    if prior is not None and all(n in prior.data_vars for n in names) and names:
        found["prior"] = np.concatenate([_flat_prior(prior[n], objects) for n in names], -1)
    seen = groups.get("observed_data")
    if seen is not None:
        some = {str(n): v for n, v in seen.data_vars.items() if objects in v.dims}
        blocks, columns = [], []
        for name, variable in some.items():
            values = _leading(variable, objects).astype(float)
            values = values.reshape(len(values), -1)
            blocks.append(values)
            size = values.shape[1]
            columns += [name] if size == 1 else [f"{name}[{k}]" for k in range(size)]
        if blocks:
            found["observations"] = np.concatenate(blocks, -1)
            found["observation_names"] = tuple(columns)
    return found


def _flat_prior(variable: Any, objects: str) -> np.ndarray:
    """Draws of the prior, those of all objects together."""
    lead = [d for d in variable.dims if d in _DRAWS or d == objects]
    rest = [d for d in variable.dims if d not in lead]
    values = np.asarray(variable.transpose(*lead, *rest).values)
    count = int(np.prod(values.shape[: len(lead)]))
    return values.reshape(count, -1)
