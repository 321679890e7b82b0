r"""The small tables that stand for tracks, atmospheres, extinction laws and filters at run time.

They are cut from public grids by `astroviz train stars --tables` and read here as tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

__all__ = ["Tables", "interpolate", "load_tables"]


def _bracket(knots: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Index of the knot below and the fraction towards the next; values outside are held."""
    index = torch.searchsorted(knots.contiguous(), value.contiguous()).clamp(1, len(knots) - 1)
    left, right = knots[index - 1], knots[index]
    return index - 1, ((value - left) / (right - left)).clamp(0, 1)


def interpolate(table: Tensor, knots: tuple[Tensor, ...], values: tuple[Tensor, ...]) -> Tensor:
    r"""Multilinear interpolation, held constant outside the knots.

    Arguments:
        table: Shape :math:`(K_1, ..., K_m, C)` or :math:`(K_1, ..., K_m)`.
        knots: The :math:`m` increasing knot positions, shapes :math:`(K_i,)`.
        values: The :math:`m` coordinates, each of shape :math:`(N,)`.

    Returns:
        Interpolated values, shape :math:`(N, C)` or :math:`(N,)`.
    """
    flat = table.reshape(-1, *table.shape[len(knots) :])
    corners = [torch.zeros_like(values[0], dtype=torch.long)]
    weights = [torch.ones_like(values[0])]
    for axis_knots, value in zip(knots, values, strict=True):
        index, fraction = _bracket(axis_knots, value)
        size = len(axis_knots)
        corners = [c * size + index + step for c in corners for step in (0, 1)]
        weights = [w * f for w in weights for f in (1 - fraction, fraction)]
    shape = (-1,) + (1,) * (flat.ndim - 1)
    total = flat[corners[0]] * weights[0].reshape(shape)
    for corner, weight in zip(corners[1:], weights[1:], strict=True):
        total = total + flat[corner] * weight.reshape(shape)
    return total


@dataclass(frozen=True)
class Tables:
    """All tensors of the shipped tables, by name."""

    tensors: dict[str, Tensor]

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.tensors:
            known = ", ".join(sorted({".".join(key.split(".")[:-1]) for key in self.tensors}))
            raise KeyError(f"no table {name!r}; the tables hold {known}")
        return self.tensors[name]

    def choices(self, kind: str) -> tuple[str, ...]:
        """Names of the tracks, atmospheres or extinction laws (`kind`: `track`, ...)."""
        return tuple(sorted({k.split(".")[1] for k in self.tensors if k.startswith(kind + ".")}))


@cache
def load_tables(dtype: torch.dtype = torch.float32) -> Tables:
    """Read the shipped tables once per precision."""
    from astroviz.core.registry import load_weights

    weights = load_weights("stars/tables", "cpu")
    return Tables({k: v.to(dtype) if v.is_floating_point() else v for k, v in weights.items()})
