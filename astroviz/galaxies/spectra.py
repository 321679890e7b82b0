r"""Whole spectra of galaxies in the bins of the tables."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from astroviz.galaxies.cosmology import luminosity_distance
from astroviz.galaxies.dust import birth_depth, diffuse_depth
from astroviz.galaxies.igm import transmission
from astroviz.galaxies.mixture import Columns, Mixer, bracket
from astroviz.galaxies.nebular import ionisation
from astroviz.galaxies.photometry import Photometry
from astroviz.galaxies.tables import Tables

__all__ = ["Spectra", "observed_flux", "resample"]

_SUN: Final = 3.828e33  # erg/s
_MEGAPARSEC: Final = 3.0856775814913673e24  # cm


class Spectra:
    r"""Sums of simple stellar populations.

    Arguments:
        tables: What light is made of.
        photometry: Masses of the bases at each redshift.
        mixer: Finds the mixture of each galaxy.
        device: Where it computes.
    """

    def __init__(
        self, tables: Tables, photometry: Photometry, mixer: Mixer, device: torch.device
    ) -> None:
        self._mixer, self._nebular, self._device = mixer, tables.nebular, device
        self.wavelength = tables.wavelength.float().to(device)
        self._shape = tables.spectra.shape
        self._table = tables.spectra.reshape(-1, self._shape[-1]).to(device)
        self._mass = torch.from_numpy(photometry.history.mass).float().to(device)
        self._first = photometry.first_burst

    def rest(self, columns: Columns, dust: bool = True, lines: bool | float = False) -> Tensor:
        r"""Luminosity of one solar mass formed, at rest.

        Arguments:
            columns: Parameters.
            dust: Whether dust dims the light.
            lines: Whether young stars come with gas; or its ionisation parameter.

        Returns:
            Solar luminosities per A, mean over each bin, shape (N, W).
        """
        mixture = self._mixer(columns)
        at, toward = mixture.redshift
        mass = torch.lerp(self._mass[at], self._mass[at + 1], toward[:, None, None, None])
        mass = (mass * mixture.bases[:, None, :, None]).sum(2)  # (N, 2, A)
        age, later = mixture.burst
        burst = torch.stack([1 - later, later], -1) * mixture.burst_mass[:, None]
        index = self._first + age[:, None] + torch.arange(2, device=age.device)
        young, old = mass[:, 0], mass[:, 1].scatter_add(1, index, burst)
        metal = self._metal(mixture.log_z)
        bright = self._sum(young, metal)
        log_u = ionisation(lines)
        if log_u is not None:
            gas = self._nebular.spectra(log_u).to(bright)
            bright = bright + young.sum(-1, keepdim=True) * (metal @ gas)
        rest = self._sum(old, metal)
        if not dust:
            return bright + rest
        cloud = birth_depth(self.wavelength, columns.tau1[:, None])
        depth = diffuse_depth(self.wavelength, columns.tau2[:, None], columns.n_dust[:, None])
        return (bright * torch.exp(-cloud) + rest) * torch.exp(-depth)

    def _metal(self, place: tuple[Tensor, Tensor]) -> Tensor:
        """Weight of each metallicity, (N, Z)."""
        index, fraction = place
        pair = index[:, None] + torch.arange(2, device=index.device)
        weights = torch.stack([1 - fraction, fraction], -1)
        empty = weights.new_zeros(len(index), self._shape[0])
        return empty.scatter_add(1, pair, weights)

    def _sum(self, mass: Tensor, metal: Tensor) -> Tensor:
        """Sum over metallicities and ages, (N, W)."""
        return (metal[:, :, None] * mass[:, None]).flatten(1) @ self._table


def observed_flux(wavelength: Tensor, luminosity: Tensor, redshift: Tensor) -> Tensor:
    r"""Flux at Earth.

    Arguments:
        wavelength: At rest, A, shape (W,).
        luminosity: Solar luminosities per A, shape (N, W).
        redshift: Shape (N,).

    Returns:
        erg / s / cm2 / A at the wavelengths times 1 + z, shape (N, W).
    """
    stretch = 1 + redshift[:, None]
    distance = luminosity_distance(redshift)[:, None]
    # in two steps: the square in cm2 is beyond single precision
    flux = luminosity / distance.square() * (_SUN / (4 * torch.pi * _MEGAPARSEC**2)) / stretch
    return flux * transmission(wavelength * stretch, redshift[:, None])


def resample(knots: Tensor, values: Tensor, wanted: Tensor) -> Tensor:
    r"""Linear interpolation; zero outside.

    Arguments:
        knots: Rising, shape (W,).
        values: Shape (N, W).
        wanted: Shape (N, V).

    Returns:
        Shape (N, V).
    """
    index, fraction = bracket(knots, wanted)
    low, high = values.gather(1, index), values.gather(1, index + 1)
    inside = (wanted >= knots[0]) & (wanted <= knots[-1])
    return torch.where(inside, torch.lerp(low, high, fraction), 0.0)
