r"""Which blocks of the tables a galaxy is made of, and how much of each."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from astroviz.galaxies.cosmology import age_of_universe
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.photometry import BASES, REDSHIFTS, Photometry
from astroviz.galaxies.sfh import shares
from astroviz.galaxies.tables import Tables

__all__ = ["Columns", "Mixer", "Mixture", "bracket", "columns_of"]


class Columns(NamedTuple):
    """The parameters, each of shape (N,)."""

    kappa1: Tensor
    kappa2: Tensor
    kappa3: Tensor
    f_burst: Tensor
    t_burst: Tensor
    log_z: Tensor
    tau1: Tensor
    tau2: Tensor
    n_dust: Tensor
    redshift: Tensor
    log_mass_formed: Tensor


assert Columns._fields == PARAMETERS


def columns_of(theta: Tensor) -> Columns:
    """Parameters of shape (..., 11) as columns of shape (N,)."""
    return Columns(*theta.reshape(-1, len(PARAMETERS)).unbind(-1))


def bracket(knots: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Index of the knot below and the fraction towards the next; values outside are held."""
    index = torch.searchsorted(knots, value.detach().contiguous()).clamp(1, len(knots) - 1)
    left, right = knots[index - 1], knots[index]
    return index - 1, ((value - left) / (right - left)).clamp(0, 1)


class Mixture(NamedTuple):
    r"""Where a galaxy lies on the grids, and its masses for one solar mass formed.

    Attributes:
        redshift: Index and fraction, each (N,).
        log_z: The same on the metallicities.
        burst: The same on the ages of bursts.
        bases: Factor of each unscaled basis, (N, 4).
        burst_mass: Mass of the burst, (N,).
        shares: Share of each basis, (N, 4).
    """

    redshift: tuple[Tensor, Tensor]
    log_z: tuple[Tensor, Tensor]
    burst: tuple[Tensor, Tensor]
    bases: Tensor
    burst_mass: Tensor
    shares: Tensor


class Mixer:
    r"""Finds the mixture of each galaxy.

    Arguments:
        tables: What light is made of.
        photometry: Its grids.
        device: Where it computes.
    """

    def __init__(self, tables: Tables, photometry: Photometry, device: torch.device) -> None:
        first = photometry.first_burst
        self.blocks = photometry.blocks
        self._log_ages = tables.ages[first:].log().float().to(device)
        self._log_z = tables.log_z.float().to(device)
        self._formed = torch.from_numpy(photometry.history.formed).float().to(device)
        self._step = float(REDSHIFTS[1])

    def __call__(self, columns: Columns) -> Mixture:
        r"""The mixture of each galaxy.

        Arguments:
            columns: Parameters; those outside the grids are held at their ends.
        """
        place = (columns.redshift / self._step).clamp(0, len(REDSHIFTS) - 1)
        index = place.detach().long().clamp(max=len(REDSHIFTS) - 2)
        fraction = place - index
        oldest = age_of_universe(columns.redshift.detach().clamp(min=0))
        burst_mass = torch.where(columns.t_burst < oldest, columns.f_burst, 0.0)
        beta = shares(columns.kappa1, columns.kappa2, columns.kappa3)
        formed = torch.lerp(self._formed[index], self._formed[index + 1], fraction[:, None])
        total = (beta * formed).sum(-1).clamp(min=1e-6)
        return Mixture(
            redshift=(index, fraction),
            log_z=bracket(self._log_z, columns.log_z),
            burst=bracket(self._log_ages, columns.t_burst.clamp(min=1e-3).log()),
            bases=beta * ((1 - burst_mass) / total)[:, None],
            burst_mass=burst_mass,
            shares=beta,
        )

    def rows(self, mixture: Mixture) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        r"""Rows of a table of filters.

        Returns:
            Indices and weights of young stars, both (N, 16), and of all others, both (N, 24).
        """
        at, toward = mixture.redshift
        metal, richer = mixture.log_z
        step = torch.arange(2, device=at.device)
        corner = (at[:, None] + step)[:, :, None] * len(self._log_z) + (metal[:, None] + step)[
            :, None
        ]
        corner = corner.reshape(-1, 4, 1) * self.blocks
        by_redshift = torch.stack([1 - toward, toward], -1)[:, :, None]
        by_metal = torch.stack([1 - richer, richer], -1)[:, None]
        weight = (by_redshift * by_metal).reshape(-1, 4, 1)
        basis = torch.arange(BASES, device=at.device)
        bases = weight * mixture.bases[:, None]
        age, later = mixture.burst
        burst = torch.stack([1 - later, later], -1) * mixture.burst_mass[:, None]
        ages = 2 * BASES + age[:, None, None] + step
        old = torch.cat([corner + BASES + basis, corner + ages], -1).flatten(1)
        old_weight = torch.cat([bases, weight * burst[:, None]], -1).flatten(1)
        return (corner + basis).flatten(1), bases.flatten(1), old, old_weight
