r"""From arrays to the state of a box of the cosmic web: checked, made small, packed as bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from astroviz.components.packing import pack

__all__ = ["mass_sizes", "scene_state", "web_box_state"]


def mass_sizes(mass: ArrayLike, smallest: float = 0.7, largest: float = 3.0) -> np.ndarray:
    r"""Diameters of points whose areas grow with the logarithm of a mass.

    Arguments:
        mass: Positive, any unit, shape (N,).
        smallest: Diameter of the lightest, in units of `point_size`.
        largest: Of the heaviest.

    Example:
        >>> mass_sizes([1e11, 1e14]).tolist()
        [0.7, 3.0]
    """
    values = np.asarray(mass, dtype=np.float64)
    if not (values > 0).all():
        raise ValueError(f"masses must be positive; the smallest is {values.min():.4g}")
    if values.size == 0:
        return values
    log = np.log10(values)
    part = (log - log.min()) / max(float(np.ptp(log)), 1e-9)
    sizes: np.ndarray = np.sqrt(smallest**2 + part * (largest**2 - smallest**2))
    return sizes


def web_box_state(
    position: ArrayLike | None = None,
    size: float | None = None,
    mass: ArrayLike | None = None,
    category: ArrayLike | None = None,
    edges: ArrayLike | None = None,
    edge_weights: ArrayLike | None = None,
    glyph_position: ArrayLike | None = None,
    glyph_axes: ArrayLike | None = None,
    glyph_category: ArrayLike | None = None,
    **state: Any,
) -> dict[str, Any]:
    r"""The part of a box's state that these arrays imply; set it with `param.update(**...)`.

    Only what is given is in the result, so that one part can change without the others.

    Arguments:
        position: Of each halo or galaxy, Mpc/h, inside of the box, shape (N, 3).
        size: Side of the box, Mpc/h; needed with `position`.
        mass: Sets the size of a point by its logarithm, shape (N,).
        category: Web type 0 ... 3 (void, sheet, filament, knot), or whatever `labels` names;
            -1 for none, shape (N,).
        edges: Indices of the points that are joined, shape (E, 2).
        edge_weights: How strong each line is drawn, 0 to 1, shape (E,).
        glyph_position: Middles of ellipsoids, Mpc/h, shape (G, 3).
        glyph_axes: Their half axes as columns, Mpc/h, shape (G, 3, 3): rotation times lengths.
        glyph_category: Colours them as points are coloured, shape (G,).
        state: Anything else of `traits.WEB_BOX`.

    Example:
        >>> found = web_box_state([[1.0, 2.0, 3.0]], size=10.0, category=[2])
        >>> np.frombuffer(found["points"], "<f4").tolist(), found["box_size"]
        ([1.0, 2.0, 3.0, 1.0, 2.0], 10.0)
    """
    found: dict[str, Any] = dict(state)
    if position is not None:
        if size is None:
            raise ValueError("positions need the size of their box: pass size (Mpc/h)")
        found["box_size"] = _size(size)
        found["points"] = _points(position, float(size), mass, category)
    elif size is not None:
        found["box_size"] = _size(size)
    count = len(found["points"]) // 20 if "points" in found else None
    if edges is not None:
        found["edges"], found["edge_weights"] = _edges(edges, edge_weights, count)
    if (glyph_position is None) != (glyph_axes is None):
        raise ValueError("ellipsoids need both glyph_position and glyph_axes")
    if glyph_position is not None:
        found["glyphs"] = _glyphs(glyph_position, glyph_axes, glyph_category)
    return found


def scene_state(scene: Any, points: Any = None) -> dict[str, Any]:
    r"""State of a box around a picked galaxy, for both faces.

    Arguments:
        scene: `edges`, `edge_weights`, `neighbours` and `glyph_position`, `glyph_axes`,
            `glyph_category`, as `web_box_state` takes them.
        points: All galaxies, `position`, `size`, `mass`, `web_type`; None where they stay.
    """
    found = {}
    if points is not None:
        found = web_box_state(
            points.position, points.size, mass=points.mass, category=points.web_type
        )
    found |= web_box_state(
        edges=scene.edges, edge_weights=scene.edge_weights,
        glyph_position=scene.glyph_position, glyph_axes=scene.glyph_axes,
        glyph_category=scene.glyph_category,
    )  # fmt: skip
    return {**found, "neighbours": [int(k) for k in scene.neighbours]}


def _size(size: float) -> float:
    if not (np.isfinite(size) and size > 0):
        raise ValueError(f"the side of a box must be positive, not {size} Mpc/h")
    return float(size)


def _column(values: ArrayLike | None, count: int, what: str, default: float) -> np.ndarray:
    if values is None:
        return np.full(count, default)
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (count,):
        raise ValueError(f"there are {count} positions but {what} of shape {array.shape}")
    return array


def _points(
    position: ArrayLike, size: float, mass: ArrayLike | None, category: ArrayLike | None
) -> bytes:
    places = np.asarray(position, dtype=np.float64).reshape(-1, np.shape(position)[-1] or 3)
    if places.shape[-1] != 3:
        raise ValueError(f"positions have shape {np.shape(position)}, not (n, 3)")
    outside = ~((places >= -1e-3 * size) & (places <= 1.001 * size)).all(1)
    if outside.any():
        row = int(np.argmax(outside))
        raise ValueError(
            f"positions must lie in the box of {size:g} Mpc/h; row {row} is at "
            f"{np.round(places[row], 3).tolist()}: wrap them or pass the right size and unit"
        )
    count = len(places)
    masses = _column(mass, count, "masses", 1.0)
    sizes = np.ones(count) if mass is None else mass_sizes(masses)
    return pack(np.column_stack([places, sizes, _column(category, count, "categories", -1)]), 5,
                "points")  # fmt: skip


def _edges(edges: ArrayLike, weights: ArrayLike | None, count: int | None) -> tuple[bytes, bytes]:
    pairs = np.asarray(edges)
    if pairs.size == 0:
        return b"", b""
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise ValueError(
            f"edges have shape {pairs.shape} of {pairs.dtype}, not whole numbers (n, 2)"
        )
    if pairs.min() < 0 or (count is not None and pairs.max() >= count):
        raise ValueError(
            f"edges join points 0 to {'N' if count is None else count} - 1, but they hold "
            f"{pairs.min()} to {pairs.max()}"
        )
    packed = np.ascontiguousarray(pairs, dtype="<i4").tobytes()
    if weights is None:
        return packed, b""
    strengths = np.asarray(weights, dtype=np.float64)
    if strengths.shape != (len(pairs),):
        raise ValueError(f"there are {len(pairs)} edges but weights of shape {strengths.shape}")
    return packed, pack(strengths[:, None], 1, "edge weights")


def _glyphs(position: ArrayLike, axes: ArrayLike | None, category: ArrayLike | None) -> bytes:
    places, columns = np.asarray(position, dtype=np.float64), np.asarray(axes, dtype=np.float64)
    if places.size == 0:
        return b""
    if columns.shape != (len(places), 3, 3):
        raise ValueError(f"glyph_axes have shape {columns.shape}, not ({len(places)}, 3, 3)")
    kinds = _column(category, len(places), "glyph categories", -1)
    rows = np.swapaxes(columns, 1, 2).reshape(-1, 9)  # one axis after another
    return pack(np.column_stack([places, rows, kinds]), 13, "ellipsoids")
