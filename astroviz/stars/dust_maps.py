r"""Dust in three dimensions: two stand-ins for published maps, and a door for the real ones.

Neither of the published maps can be shipped, so two *stand-ins* are made from one log-normal
field,

.. math:: \rho(x) = \rho_0\, e^{\sigma s(x) - \sigma^2 / 2}\, e^{-|z| / h}\, c(|x|), \qquad
          A_V(l, b, d) = \int_0^d \rho\, \mathrm{d}s,

with a Gaussian field :math:`s` of power spectrum :math:`k^{-3.6}`, scale height :math:`h`, and a
cavity :math:`c` around the Sun. `FineDust` integrates it at 6.5 pc, shaped like the map of
Edenhofer et al. (2024); `CoarseDust` is the same field as a coarse reconstruction sees it, shaped
like Bayestar2019: pixels of two degrees, steps of 0.25 mag in distance modulus.

References:
    | Edenhofer et al. (2024), https://arxiv.org/abs/2308.01295
    | Bayestar2019: Green et al. (2019), https://arxiv.org/abs/1905.02734
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

__all__ = ["A_V_PER_UNIT", "CoarseDust", "DustMap", "FineDust", "QueriedDust", "stand_in_dust"]

REACH = 1250.0
"""Distance to which the stand-ins know the dust, pc."""
_HALF = (400.0, REACH, REACH)  # z, y, x
_CELLS = (128, 384, 384)
_SLOPE, _SIGMA, _LONGEST = 3.6, 1.5, 300.0
_MEAN = 1.0e-3  # mag of A_V per pc in the midplane
_HEIGHT, _CAVITY = 130.0, 70.0  # pc
_STEPS = 160
_PIXELS, _FINER = 32, 64  # HEALPix nside of the coarse map, and of the sightlines it averages
_MODULI = torch.arange(3.0, 10.51, 0.25)
A_V_PER_UNIT = {"bayestar2019": 2.742, "edenhofer2023": 2.8}
"""Mag of A_V per unit that the query of `dustmaps` returns, for each of its maps."""


class DustMap(Protocol):
    """Anything that knows the extinction to a point."""

    label: str

    def a_v(self, longitude: np.ndarray, latitude: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """A_V, mag, at Galactic degrees and parsec, each of shape (N,)."""
        ...


@cache
def _density(seed: int) -> Tensor:
    """A_V per pc on the grid, shape `_CELLS`."""
    generator = torch.Generator().manual_seed(seed)
    steps = [2 * half / n for half, n in zip(_HALF, _CELLS, strict=True)]
    axes = [torch.fft.fftfreq(n, step) for n, step in zip(_CELLS[:2], steps[:2], strict=True)]
    axes.append(torch.fft.rfftfreq(_CELLS[2], steps[2]))
    k = sum((axis.view([-1 if d == a else 1 for d in range(3)]) ** 2
             for a, axis in enumerate(axes)), torch.zeros(()))  # fmt: skip
    amplitude = (k + _LONGEST**-2) ** (-_SLOPE / 4)
    noise = torch.fft.rfftn(torch.randn(_CELLS, generator=generator))
    smooth = torch.fft.irfftn(noise * amplitude, s=_CELLS)
    smooth = (smooth - smooth.mean()) / smooth.std()
    place = [torch.linspace(-half, half, n) for half, n in zip(_HALF, _CELLS, strict=True)]
    radius = (place[0][:, None, None] ** 2 + place[1][:, None] ** 2 + place[2] ** 2).sqrt()
    cavity = 1 - torch.exp(-((radius / _CAVITY) ** 4))
    layer = torch.exp(-place[0].abs() / _HEIGHT)[:, None, None]
    return _MEAN * torch.exp(_SIGMA * smooth - _SIGMA**2 / 2) * layer * cavity


def _directions(longitude: np.ndarray, latitude: np.ndarray) -> Tensor:
    along, above = np.radians(longitude), np.radians(latitude)
    flat = np.cos(above)
    xyz = np.stack([flat * np.cos(along), flat * np.sin(along), np.sin(above)], -1)
    return torch.from_numpy(xyz).float()


def _along(density: Tensor, direction: Tensor, radius: Tensor) -> Tensor:
    r"""Density at distances `radius` (N, k) along unit vectors (N, 3), shape (N, k); 0 outside."""
    scale = torch.tensor([_HALF[2], _HALF[1], _HALF[0]])
    where = (direction / scale)[:, None] * radius[..., None]
    found = torch.nn.functional.grid_sample(
        density[None, None], where[None, :, :, None], align_corners=True, padding_mode="zeros"
    )
    return found[0, 0, :, :, 0]


@dataclass(frozen=True)
class FineDust:
    r"""The field itself, at 6.5 pc: a stand-in shaped like the map of Edenhofer et al. (2024).

    Arguments:
        seed: Seed of the field.
    """

    seed: int = 0
    label: str = field(default="stand-in shaped like Edenhofer+2024 (6.5 pc)", init=False)

    def a_v(self, longitude: np.ndarray, latitude: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """See `DustMap`."""
        density, unit = _density(self.seed), _directions(longitude, latitude)
        reach = torch.as_tensor(np.asarray(distance), dtype=torch.float32)
        part = (torch.arange(_STEPS) + 0.5) / _STEPS
        found = [
            _along(density, unit[rows], reach[rows, None] * part).mean(1) * reach[rows]
            for rows in torch.arange(len(unit)).split(20_000)
        ]
        total: np.ndarray = torch.cat(found).double().numpy() if found else np.empty(0)
        return total


@dataclass(frozen=True)
class CoarseDust:
    r"""The same field as a coarse reconstruction: a stand-in shaped like Bayestar2019.

    Means over HEALPix pixels of 1.8 degrees, at steps of 0.25 mag in distance modulus, linear
    between them.

    Arguments:
        seed: Seed of the field.
    """

    seed: int = 0
    label: str = field(default="stand-in shaped like Bayestar2019 (1.8 deg, 0.25 mag)", init=False)

    @cached_property
    def _map(self) -> Tensor:
        """Cumulative A_V, shape (pixels, moduli)."""
        import healpy

        latitude, longitude = self._centres(healpy)
        unit, edges = _directions(longitude, latitude), 10 ** (_MODULI / 5 + 1)
        part = (torch.arange(_STEPS) + 0.5) / _STEPS * edges[-1]
        step, found = edges[-1] / _STEPS, []
        for rows in torch.arange(len(unit)).split(20_000):
            light = _along(_density(self.seed), unit[rows], part.expand(len(rows), -1))
            total = torch.cat([torch.zeros(len(rows), 1), light.cumsum(1) * step], 1)
            index = (edges / step).clamp(max=_STEPS - 1e-3)
            low = index.long()
            found.append(torch.lerp(total[:, low], total[:, low + 1], index - low))
        fine = torch.cat(found)
        # in the nested order the finer pixels of a pixel follow each other
        return fine.view(12 * _PIXELS**2, -1, len(_MODULI)).mean(1)

    @staticmethod
    def _centres(healpy: Any) -> tuple[np.ndarray, np.ndarray]:
        every = np.arange(healpy.nside2npix(_FINER))
        longitude, latitude = healpy.pix2ang(_FINER, every, nest=True, lonlat=True)
        return latitude, longitude

    def a_v(self, longitude: np.ndarray, latitude: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """See `DustMap`."""
        import healpy

        pixel = healpy.ang2pix(_PIXELS, longitude, latitude, nest=True, lonlat=True)
        rows = self._map[torch.from_numpy(np.atleast_1d(pixel))].double()
        modulus = 5 * np.log10(np.clip(np.asarray(distance, dtype=float), 1.0, None)) - 5
        place = torch.from_numpy(np.clip((modulus - 3.0) / 0.25, 0, len(_MODULI) - 1.001))
        low = place.long()[:, None]
        part = place[:, None] - low
        near: np.ndarray = torch.lerp(rows.gather(1, low), rows.gather(1, low + 1), part)[
            :, 0
        ].numpy()
        # closer than the first step the dust is taken to be spread evenly
        return near * np.clip(np.asarray(distance) / 10**1.6, 0, 1)


@dataclass(frozen=True)
class QueriedDust:
    r"""A real map, through the query of the `dustmaps` package.

    Arguments:
        query: A function of an `astropy.coordinates.SkyCoord` with distances: the map opened by
            `dustmaps`, as `BayestarQuery()` or `Edenhofer2023Query(integrated=True)`.
        factor: Mag of A_V per unit of the map, see `A_V_PER_UNIT`.
        label: Name of the map.

    Example:
        >>> from dustmaps.bayestar import BayestarQuery  # doctest: +SKIP
        >>> dust = QueriedDust(BayestarQuery(), 2.742, "Bayestar2019")  # doctest: +SKIP
    """

    query: Callable[[Any], Any]
    factor: float
    label: str

    def a_v(self, longitude: np.ndarray, latitude: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """See `DustMap`; ValueError where the map knows nothing of some of the points."""
        import astropy.units as u
        from astropy.coordinates import SkyCoord

        where = SkyCoord(
            l=np.asarray(longitude) * u.deg, b=np.asarray(latitude) * u.deg,
            distance=np.asarray(distance) * u.pc, frame="galactic",
        )  # fmt: skip
        found = np.asarray(self.query(where), dtype=float) * self.factor
        unknown = int((~np.isfinite(found)).sum())
        if unknown:
            raise ValueError(
                f"{self.label} has no value for {unknown} of {len(found)} points; "
                "keep to the part of the sky and the distances that the map covers"
            )
        return np.clip(found, 0.0, None)


def stand_in_dust(kind: str, seed: int = 0) -> FineDust | CoarseDust:
    """`fine` or `coarse` dust of one field."""
    if kind not in ("fine", "coarse"):
        raise ValueError(f"no dust map {kind!r}; there are fine and coarse")
    return FineDust(seed) if kind == "fine" else CoarseDust(seed)
