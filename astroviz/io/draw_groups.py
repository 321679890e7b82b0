r"""Groups of a NetCDF file as xarray data sets, with nothing but h5py and scipy.

NetCDF 4 is HDF5 with a convention for dimensions: each is a data set of its own, and a variable
points to the ones it has. That is all that is read here; old NetCDF 3 is read by scipy.
"""

from __future__ import annotations

import io
from typing import Any

import h5py
import numpy as np
import xarray as xr
from scipy.io import netcdf_file

from astroviz.io.draw_fields import DrawFileError

__all__ = ["is_netcdf", "read_groups"]

_BARE = b"This is a netCDF dimension but not a netCDF variable"


def is_netcdf(head: bytes) -> bool:
    """Whether the first bytes of a file are of NetCDF 3, or of HDF5."""
    return head[:3] == b"CDF" or head[:8] == b"\x89HDF\r\n\x1a\n"


def read_groups(data: bytes, label: str) -> dict[str, xr.Dataset]:
    r"""Groups by name; variables outside any group are under an empty name.

    Arguments:
        data: Bytes of the file.
        label: Its name in sentences.
    """
    try:
        if data[:3] == b"CDF":
            with netcdf_file(io.BytesIO(data), "r", mmap=False) as file:
                return {"": _classic(file)}
        with h5py.File(io.BytesIO(data), "r") as file:
            groups = {"": _dataset(file)}
            groups |= {
                n: _dataset(item) for n, item in file.items() if isinstance(item, h5py.Group)
            }
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, DrawFileError):
            raise
        raise DrawFileError(
            f"{label} begins as NetCDF or HDF5 but cannot be read ({error}): save it again"
        ) from error
    found = {name: group for name, group in groups.items() if len(group.data_vars)}
    if not found:
        raise DrawFileError(f"{label} holds no variables: is it the right file?")
    return found


def _classic(file: Any) -> xr.Dataset:
    variables = {}
    for name, variable in file.variables.items():
        attributes = {k: _text(v) for k, v in variable._attributes.items()}
        values = _decoded(np.array(variable[:]), attributes)
        values = values.astype(values.dtype.newbyteorder("="))
        variables[name] = xr.Variable(variable.dimensions, values, attributes)
    return xr.Dataset(variables)


def _dataset(group: Any) -> xr.Dataset:
    """Variables of one group; a dimension without a name is named after its variable."""
    variables = {}
    for name, item in group.items():
        if not isinstance(item, h5py.Dataset) or _bare(item):
            continue
        attributes = {
            k: _text(v) for k, v in item.attrs.items()
            if k not in ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME")
        }  # fmt: skip
        values = item[()]
        values = _decoded(np.asarray(values), attributes)
        variables[name] = xr.Variable(_dimensions(item, name), values, attributes)
    own = {k: _text(v) for k, v in group.attrs.items() if isinstance(_text(v), str | float | int)}
    return xr.Dataset(variables, attrs=own)


def _bare(item: Any) -> bool:
    return bytes(item.attrs.get("NAME", b"")).startswith(_BARE) \
        if not isinstance(item.attrs.get("NAME", b""), str) \
        else item.attrs["NAME"].startswith(_BARE.decode())  # fmt: skip


def _dimensions(item: Any, name: str) -> tuple[str, ...]:
    if item.attrs.get("CLASS", b"") in (b"DIMENSION_SCALE", "DIMENSION_SCALE"):
        return (name,) if item.ndim == 1 else tuple(f"{name}_{k}" for k in range(item.ndim))
    names = []
    for k in range(item.ndim):
        scale = item.dims[k]
        found = scale[0].name.rpartition("/")[2] if len(scale) else scale.label
        names.append(str(found or f"{name}_{k}"))
    return tuple(names)


def _decoded(values: np.ndarray, attributes: dict[str, Any]) -> np.ndarray:
    """Texts as texts; fill values of floats as NaN."""
    if values.dtype.kind in "OS":
        flat = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v)
                for v in values.ravel().tolist()]  # fmt: skip
        return np.array(flat, dtype=str).reshape(values.shape)
    fill = attributes.pop("_FillValue", None)
    if fill is not None and values.dtype.kind == "f":
        values = np.where(values == np.asarray(fill).ravel()[0], np.nan, values)
    return values


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray) and value.size == 1:
        return _text(value.ravel()[0])
    return value.item() if isinstance(value, np.generic) else value
