r"""What a distance compares: one magnitude, the colours beside it, and redshifts where known."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.galaxies.parameters import GalaxyError

__all__ = ["REDSHIFT", "Features", "short_band"]

REDSHIFT = "redshift"
_FAR = 4.0
_FAMILIES = ("sdss_", "lsst_", "twomass_", "galex_", "hsc_", "euclid_", "decam_")


def short_band(band: str) -> str:
    """A band without its survey: `u` for `sdss_u`."""
    return next((band[len(one) :] for one in _FAMILIES if band.startswith(one)), band)


@dataclass(frozen=True, eq=False)
class Features:
    r"""A magnitude and colours, each in units of its spread over the data.

    Colours between neighbours carry what a common shift of all magnitudes would drown.

    Arguments:
        bands: Names of the :math:`B` bands, in the order of the magnitudes.
        names: Names of the :math:`F` features: `r`, `u-g`, ..., maybe `redshift`.
        matrix: From magnitudes to the first features, shape :math:`(B, B)`.
        centre: Mean of each feature, mag, shape :math:`(F,)`.
        scale: Its standard deviation, shape :math:`(F,)`.
        far: :math:`c` in :math:`c \operatorname{asinh}(x / c)`: beyond so many standard deviations
            the scale is logarithmic, or a few wild measurements would outweigh all other
            galaxies; 0 for a scale that is linear everywhere.
    """

    bands: tuple[str, ...]
    names: tuple[str, ...]
    matrix: Tensor
    centre: Tensor
    scale: Tensor
    far: float = 0.0

    @classmethod
    def of(
        cls, bands: Sequence[str], magnitudes: np.ndarray, redshift: np.ndarray | None = None
    ) -> Features:
        r"""Features of a catalogue.

        Arguments:
            bands: Its bands.
            magnitudes: Shape :math:`(N, B)`; NaN where not observed.
            redshift: Shape :math:`(N,)`, to compare redshifts too.
        """
        names, matrix = _layout(tuple(bands))
        columns = np.asarray(magnitudes, float) @ matrix.T
        if redshift is not None:
            names = (*names, REDSHIFT)
            columns = np.column_stack([columns, np.asarray(redshift, float)])
        empty = [n for n, c in zip(names, columns.T, strict=True) if np.isfinite(c).sum() < 2]
        if empty:
            raise GalaxyError(
                f"no galaxy has {', '.join(empty)}: every two neighbouring bands need galaxies "
                "that are observed in both; leave a band out"
            )
        low, middle, high = np.nanpercentile(columns, [16, 50, 84], axis=0)
        # a few wild values must not set the scale
        calm = np.clip(columns, middle - 8 * (middle - low), middle + 8 * (high - middle))
        spread = np.maximum(np.nanstd(calm, 0), 1e-3)
        return cls(tuple(bands), names, _tensor(matrix), _tensor(middle), _tensor(spread), _FAR)

    @property
    def anchored(self) -> bool:
        """Whether redshifts are among the features."""
        return REDSHIFT in self.names

    def __call__(self, magnitudes: Tensor, redshift: Tensor | None = None) -> Tensor:
        r"""The features of galaxies.

        Arguments:
            magnitudes: Observed, mag, shape :math:`(N, B)`.
            redshift: Shape :math:`(N,)`; needed where `anchored`.

        Returns:
            Shape :math:`(N, F)`; NaN where a band is.
        """
        found = magnitudes @ self.matrix.to(magnitudes).T
        if self.anchored:
            if redshift is None:
                raise GalaxyError("these features hold redshifts: give them beside the magnitudes")
            found = torch.cat([found, redshift[:, None].to(found)], -1)
        found = (found - self.centre.to(found)) / self.scale.to(found)
        return self.far * torch.asinh(found / self.far) if self.far else found

    def axes(self) -> Tensor:
        r"""Directions that people look at first: every feature, every band; shape (A, F).

        A band is a sum of colours, :math:`J = r - (r - i) - (i - z) - (z - J)`, so that no feature
        alone says how well it is met.
        """
        size, count = len(self.names), len(self.bands)
        bands = torch.zeros(count, size)
        bands[:, :count] = torch.linalg.inv(self.matrix) * self.scale[:count]
        found = torch.cat([torch.eye(size), bands / bands.norm(dim=-1, keepdim=True)])
        # one of the bands is a feature itself
        return found[[k for k in range(len(found)) if k < size or found[k].max() < 1 - 1e-6]]

    def plain(self, features: Tensor) -> Tensor:
        """Features in magnitudes and redshifts again, shape (N, F)."""
        wide = self.far * torch.sinh(features / self.far) if self.far else features
        return wide * self.scale.to(features) + self.centre.to(features)

    def config(self) -> dict[str, Any]:
        """The features as plain values, which a card can hold."""
        return {
            "bands": list(self.bands), "names": list(self.names),
            "centre": self.centre.tolist(), "scale": self.scale.tolist(),
            "far": self.far,
        }  # fmt: skip

    @classmethod
    def from_config(cls, said: Mapping[str, Any]) -> Features:
        """Features from `config`."""
        bands = tuple(said["bands"])
        return cls(
            bands, tuple(said["names"]), _tensor(_layout(bands)[1]),
            _tensor(np.array(said["centre"])), _tensor(np.array(said["scale"])),
            float(said.get("far", 0.0)),
        )  # fmt: skip


def _layout(bands: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the features of magnitudes, and the matrix that makes them."""
    short = [short_band(band) for band in bands]
    middle = short.index("r") if "r" in short else len(bands) // 2
    matrix = np.zeros((len(bands), len(bands)))
    matrix[0, middle] = 1.0
    for place in range(len(bands) - 1):
        matrix[place + 1, place : place + 2] = 1.0, -1.0
    colours = [f"{a}-{b}" for a, b in itertools.pairwise(short)]
    return (short[middle], *colours), matrix


def _tensor(values: np.ndarray) -> Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)
