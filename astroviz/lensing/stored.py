r"""Answers that ship with the room, so that a view opens with one drawn.

A stored answer is what its request gave when it was made, found again by the request's own hash:
another seed, another setting or another model's weights make another request, which is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from astroviz.core.request import Request

__all__ = ["FOLDER", "read_answer", "write_answer"]

FOLDER = Path(__file__).with_name("stored")
"""Where they are: safetensors, half precision, named by the hash of the request."""


def _place(request: Request | str) -> Path:
    name = request if isinstance(request, str) else request.content_key()[:20]
    return FOLDER / f"{name}.safetensors"


def read_answer(request: Request | str) -> dict[str, np.ndarray] | None:
    r"""The stored answer to a request, or of a name; None where there is none.

    Returns:
        `values_exact` and whatever else was stored, float32 where it was real.
    """
    place = _place(request)
    if not place.is_file():
        return None
    try:
        kept = load_file(place)
    except (OSError, SafetensorError):  # the view computes what cannot be read
        return None
    return {
        name: array.astype(np.float32) if array.dtype == np.float16 else array
        for name, array in kept.items()
    }


def write_answer(request: Request | str, arrays: Mapping[str, np.ndarray]) -> Path:
    r"""Store an answer.

    Arguments:
        request: The request, or a name.
        arrays: `values_exact` and whatever else; what is real is rounded to half precision
            unless its name ends in `_exact`.

    Returns:
        The file.
    """
    FOLDER.mkdir(exist_ok=True)
    kept = {}
    for name, array in arrays.items():
        found = np.ascontiguousarray(array)
        real = found.dtype.kind == "f" and not name.endswith("_exact")
        kept[name] = found.astype(np.float16) if real else found
    save_file(kept, _place(request))
    return _place(request)
