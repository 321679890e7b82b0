r"""Truths and posterior draws in files: `.npz`, Parquet and other tables, NetCDF.

| file | layout |
| --- | --- |
| `.npz` | `draws` (N, L, d) and `truths` (N, d), maybe `names`, `units`, `weights`, `prior`, `observations`, `log_prob_truths` with `log_prob_draws`, `group:KIND`, `place:NAME`; or one array by parameter, `NAME` (N, L) with `NAME_true` (N,) |
| `.npy` | draws (N, L, d); truths come from a second file |
| table, wide | one row for each object: `NAME` a list of draws, `NAME_true` the truth |
| table, long | one row for each draw: a column that says of which object, `NAME` a number; truths in a second table, or in `NAME_true`, the same in all rows of an object |
| NetCDF | see `draw_sets` |

In a table `group:KIND`, `place:NAME` and `observation:NAME` are taken along; other columns are
named in a note. Tables are Parquet, FITS, VOTable, CSV or ECSV. Pickles are never opened.
"""  # noqa: E501 - a table row cannot be broken

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from astroviz.io.draw_fields import DrawFileError, columns_to_fields, fields_of_mapping, plain
from astroviz.io.draw_groups import is_netcdf, read_groups
from astroviz.io.draw_sets import fields_of_dataset
from astroviz.io.draw_tables import fields_of_table, truths_of_table
from astroviz.io.tables import open_source, read_table

__all__ = ["read_draws"]

_ALIASES = {
    "draws": ("draws", "posterior", "samples", "posterior_samples"),
    "truths": ("truths", "truth", "theta", "theta_true", "true"),
}
_PAIRS = ("log_prob", "log_likelihood")
_PREFIXES = {"group:": "groups", "place:": "places", "measured:": "measured",
             "predicted:": "predicted"}  # fmt: skip
_SIMPLE = ("weights", "prior", "observations", "geometry", "seed", "model")
_TEXTS = ("names", "units", "observation_names", "ids")


def read_draws(
    source: Any,
    truths: Any = None,
    names: Sequence[str] | None = None,
    label: str = "",
) -> dict[str, Any]:
    r"""Fields of a trial from a file.

    Arguments:
        source: Path, or bytes of an upload.
        truths: True values, or a path of a file with them, where the file has none.
        names: Which parameters to take.
        label: Name of the file in sentences, where `source` has none.

    Returns:
        `truths` (N, d), `draws` (N, L, d), `names`, `units`, `notes` and what else there is.

    Raises:
        TableError: a sentence on what is wrong with the file and what to do.
    """
    stream, found_label = open_source(source, label or None)
    with stream:
        head = stream.read(8)
        stream.seek(0)
        data = stream.read()
    truths = _truths(truths)
    if head[:2] == b"\x80\x04" or found_label.endswith((".pkl", ".pickle", ".pt")):
        raise DrawFileError(
            f"{found_label} is a pickle, which can run code of its own and is never opened: save "
            "the arrays with numpy.savez or as NetCDF"
        )
    if zipfile.is_zipfile(io.BytesIO(data)):
        return _named(_of_npz(data, truths, names, found_label), found_label)
    if head.startswith(b"\x93NUMPY"):
        return _named(fields_of_mapping(_load(data, found_label), truths, names), found_label)
    if is_netcdf(head):
        groups = read_groups(data, found_label)
        return _named(fields_of_dataset(groups, truths, names), found_label)
    table = read_table(data, name=found_label)
    return _named(fields_of_table(table, truths, names, found_label), found_label)


def _named(fields: Mapping[str, Any], label: str) -> dict[str, Any]:
    return {"model": Path(label).stem, **fields}


def _truths(truths: Any) -> Any:
    """True values in a file of their own: a table, an array, or a data set."""
    if not isinstance(truths, str | bytes | Path):
        return truths
    stream, label = open_source(truths)
    with stream:
        data = stream.read()
    if data.startswith(b"\x93NUMPY"):
        return _load(data, label)
    if zipfile.is_zipfile(io.BytesIO(data)):
        arrays = _load(data, label)
        found = _first(arrays, "truths")
        return arrays if found is None else found
    if is_netcdf(data[:8]):
        return next(iter(read_groups(data, label).values()))
    return truths_of_table(read_table(data, name=label))


def _load(data: bytes, label: str) -> Any:
    """Arrays of NumPy's formats, without pickles."""
    try:
        found = np.load(io.BytesIO(data), allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        with found:
            return {name: found[name] for name in found.files}
    except (ValueError, OSError, zipfile.BadZipFile, KeyError) as error:
        reason = "holds Python objects (a pickle)" if "pickle" in str(error) else "is damaged"
        raise DrawFileError(
            f"{label} {reason}: save plain arrays of numbers and texts with numpy.savez"
        ) from error


def _first(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray | None:
    return next((arrays[key] for key in _ALIASES[name] if key in arrays), None)


def _of_npz(
    data: bytes, truths: Any, names: Sequence[str] | None, label: str
) -> dict[str, Any]:  # fmt: skip
    arrays: dict[str, np.ndarray] = _load(data, label)
    draws = _first(arrays, "draws")
    if draws is None:
        numbers = {k: v for k, v in arrays.items() if v.dtype.kind in "fiub"}
        inside = {k[:-5]: v for k, v in numbers.items() if k.endswith("_true")}
        rest = {k: v for k, v in numbers.items() if not k.endswith("_true") and v.ndim > 1}
        if not rest:
            raise DrawFileError(
                f"{label} holds {', '.join(arrays) or 'nothing'}: save `draws` (N, L, d) and "
                "`truths` (N, d), or `NAME` (N, L) and `NAME_true` (N,) for each parameter"
            )
        found = columns_to_fields(rest, inside, names) if inside and truths is None else (
            fields_of_mapping(rest, truths, names)
        )  # fmt: skip
        return found | _beside(arrays)
    texts = {k: tuple(map(str, np.atleast_1d(arrays[k]))) for k in _TEXTS if k in arrays}
    values = truths if truths is not None else _first(arrays, "truths")
    known = list(names or texts.get("names", ())) or None
    found = fields_of_mapping({"draws": draws, "truths": values}, None, known)
    used = {key for keys in _ALIASES.values() for key in keys}
    return {**found, **texts, "names": found["names"]} | _beside(arrays, used, found["notes"])


def _beside(
    arrays: Mapping[str, np.ndarray], used: set[str] | None = None, notes: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Everything but draws and truths."""
    found: dict[str, Any] = {}
    taken = set(used or ()) | set(_TEXTS)
    for name in _SIMPLE:
        if name in arrays:
            value = arrays[name]
            found[name] = value.item() if value.ndim == 0 else value
            taken.add(name)
    for name in _PAIRS:
        pair = f"{name}_truths", f"{name}_draws"
        if all(key in arrays for key in pair):
            found[name] = tuple(plain(arrays[key]) for key in pair)
            taken |= set(pair)
    for prefix, field in _PREFIXES.items():
        some = {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
        if some:
            found[field] = some
            taken |= {prefix + key for key in some}
    left = sorted(set(arrays) - taken) if used is not None else []
    if left:
        found["notes"] = (*notes, f"Arrays of the file that were not used: {', '.join(left)}.")
    return found
