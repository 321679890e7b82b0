r"""Tables as HDF5: one data set for each column, with its unit and meaning as attributes."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

__all__ = ["hdf5_bytes"]


def hdf5_bytes(table: Any, group: str = "galaxies") -> bytes:
    r"""The content of an HDF5 file that holds a table.

    Arguments:
        table: An astropy table; units are kept as text (`unit`), descriptions as `description`.
        group: Name of the group that the columns go to; the table's `meta` becomes its
            attributes.

    Example:
        >>> from astropy.table import QTable
        >>> hdf5_bytes(QTable({"x": [1.0, 2.0]}))[:4]
        b'\x89HDF'
    """
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        place = file.create_group(group)
        for key, value in table.meta.items():
            place.attrs[key] = value if np.isscalar(value) else json.dumps(value, default=str)
        for name in table.colnames:
            column = table[name]
            values = np.asarray(getattr(column, "value", column))
            if values.dtype.kind in "US":
                values = values.astype(h5py.string_dtype())
            data = place.create_dataset(name, data=values, compression="gzip", shuffle=True)
            unit = getattr(column, "unit", None)
            data.attrs["unit"] = "" if unit is None else str(unit)
            data.attrs["description"] = str(getattr(column.info, "description", "") or "")
    return buffer.getvalue()
