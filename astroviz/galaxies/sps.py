r"""From the parameters of galaxies to their spectra, magnitudes and masses: fast, differentiable.

Every galaxy is a weighted sum of tabulated blocks (`photometry`), dimmed by two screens of dust.
All is linear between the knots of the tables: in redshift, in log metallicity, in log age of the
burst. `direct` integrates the same without tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from astroviz.galaxies.agn import ActiveNucleus
from astroviz.galaxies.cosmology import age_of_universe, distance_modulus
from astroviz.galaxies.dust import birth_depth, diffuse_depth
from astroviz.galaxies.igm import transmission
from astroviz.galaxies.mixture import Columns, Mixer, Mixture, columns_of
from astroviz.galaxies.photometry import BandTable, Photometry
from astroviz.galaxies.spectra import Spectra, observed_flux, resample
from astroviz.galaxies.tables import Tables, load_tables

__all__ = ["BURST_WIDTH", "Synthesis", "synthesis"]

BURST_WIDTH: Final = 0.01
"""How long a burst is drawn in a history, Gyr; its light is that of one age."""

_FAINTEST: Final = 1e-32  # maggies at 10 pc for one solar mass
_LOWEST_RATE: Final = 1e-14  # per year: quenched galaxies have a finite logarithm
_CHUNK: Final = 65536  # galaxies in memory at once, where no gradient is wanted
_IGM_BELOW: Final = 2300.0  # A: redder light is not absorbed below redshift 0.8
_REST: Final = ("bessell_u", "bessell_v", "twomass_j", "sdss_r")


class Synthesis:
    r"""Stellar population synthesis.

    Arguments:
        tables: What light is made of.
        device: Where it computes.

    Example:
        >>> galaxy = torch.tensor([0.8, 0.5, 0.5, 0.0, 5.0, 0.0, 0.3, 0.3, -0.7, 0.1, 10.5])
        >>> synthesis().magnitudes(galaxy, ["sdss_g", "sdss_r"]).shape
        torch.Size([2])
    """

    def __init__(self, tables: Tables, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.tables, self.edges = tables, tables.edges
        self.photometry = Photometry(tables)
        self._mixer = Mixer(tables, self.photometry, self.device)
        self._spectra = Spectra(tables, self.photometry, self._mixer, self.device)
        history = self.photometry.history
        self._age = torch.from_numpy(history.age).float().to(self.device)
        self._recent = torch.from_numpy(history.recent).float().to(self.device)
        self._left = _surviving(tables, self.photometry).to(self.device)
        self._history = tuple(
            part.float().to(self.device) for part in (tables.history_lookback,
                                                      tables.history_bases)
        )  # fmt: skip
        self._placed: dict[tuple[tuple[str, ...], bool | float, bool], BandTable] = {}

    def magnitudes(
        self,
        theta: Tensor,
        bands: Sequence[str],
        *,
        dust: bool = True,
        lines: bool | float = False,
        agn: ActiveNucleus | None = None,
    ) -> Tensor:
        r"""Apparent AB magnitudes, differentiable in the parameters.

        Arguments:
            theta: Parameters in the order of `PARAMETERS`, shape (..., 11).
            bands: Names of filters; any of `filters.available`.
            dust: Whether dust dims the light.
            lines: Whether gas around young stars shines; or its ionisation parameter, log U.
            agn: An active nucleus to add.

        Returns:
            Shape (..., B).
        """
        return self._photometer(theta, bands, False, dust, lines, agn)

    def rest_frame(
        self,
        theta: Tensor,
        bands: Sequence[str],
        *,
        dust: bool = True,
        lines: bool | float = False,
        agn: ActiveNucleus | None = None,
    ) -> Tensor:
        r"""Absolute AB magnitudes in filters at rest (:math:`h = 0.7`).

        Arguments:
            theta: Parameters, shape (..., 11).
            bands: Names of filters.
            dust: Whether dust dims the light.
            lines: As of `magnitudes`.
            agn: As of `magnitudes`.

        Returns:
            Shape (..., B).
        """
        return self._photometer(theta, bands, True, dust, lines, agn)

    def derived(self, theta: Tensor) -> dict[str, Tensor]:
        r"""What follows from the parameters: `parameters.DERIVED`.

        Arguments:
            theta: Parameters, shape (..., 11).

        Returns:
            By name, each of shape (...). Rates of quenched galaxies are held above
            :math:`10^{-14}` of the mass formed per year.
        """
        columns = columns_of(theta)
        mixture = self._mixer(columns)
        at, toward = mixture.redshift
        age = (mixture.bases * torch.lerp(self._age[at], self._age[at + 1], toward[:, None])).sum(
            -1
        )
        log_mass = columns.log_mass_formed + torch.log10(self._survival(mixture))
        log_sfr_10, log_sfr = (
            self._rate(columns, mixture, k, span) for k, span in enumerate((0.01, 0.1))
        )
        rest = self._photometer(theta.reshape(-1, theta.shape[-1]), _REST, True, True, False, None)
        u, v, j, r = rest.unbind(-1)
        found = {
            "log_mass": log_mass, "log_sfr": log_sfr, "log_sfr_10": log_sfr_10,
            "log_ssfr": log_sfr - log_mass, "age": age + mixture.burst_mass * columns.t_burst,
            "u_v": u - v, "v_j": v - j, "r_abs": r,
        }  # fmt: skip
        return {name: value.reshape(theta.shape[:-1]) for name, value in found.items()}

    def spectrum(
        self,
        theta: Tensor,
        wavelength: Tensor | None = None,
        observed: bool = True,
        dust: bool = True,
        lines: bool | float = False,
        agn: ActiveNucleus | None = None,
    ) -> tuple[Tensor, Tensor]:
        r"""The spectrum.

        Arguments:
            theta: Parameters, shape (..., 11).
            wavelength: Where it is wanted, A, shape (V,): observed or at rest, as `observed`
                says. By default the middles of the bins of the tables.
            observed: The flux at Earth; else the luminosity at rest.
            dust: Whether dust dims the light.
            lines: As of `magnitudes`.
            agn: As of `magnitudes`.

        Returns:
            Wavelengths, A, and erg / s / cm2 / A (or solar luminosities per A at rest), shape
            (..., V). Wavelengths are of shape (V,) where they are the same for all galaxies, else
            (..., V).
        """
        columns, batch = columns_of(theta), theta.shape[:-1]
        at = self._spectra.wavelength
        light = self._spectra.rest(columns, dust, lines) * 10 ** columns.log_mass_formed[:, None]
        if agn is not None:
            light = light + agn.luminosity(at.expand(*batch, -1)).reshape(light.shape)
        if observed:
            light = observed_flux(at, light, columns.redshift)
        stretch = 1 + columns.redshift[:, None] if observed else torch.ones_like(light[:, :1])
        if wavelength is None:
            seen = (at * stretch).reshape(*batch, len(at)) if observed else at
            return seen, light.reshape(*batch, len(at))
        wanted = wavelength.to(light) / stretch
        return wavelength, resample(at, light, wanted).reshape(*batch, len(wavelength))

    def history(self, theta: Tensor, lookback: Tensor) -> Tensor:
        r"""Star formation rate.

        Arguments:
            theta: Parameters, shape (..., 11).
            lookback: Time before the galaxy is seen, Gyr, shape (T,).

        Returns:
            Solar masses per year, shape (..., T); zero before the Big Bang. A burst, which forms
            its mass at once, is drawn over `BURST_WIDTH`.
        """
        columns = columns_of(theta)
        mixture = self._mixer(columns)
        knots, bases = self._history
        times = lookback.to(bases)
        rates = resample(knots, bases, times.expand(len(bases), -1))
        smooth = mixture.bases @ rates
        near = (times - columns.t_burst[:, None]).abs() <= BURST_WIDTH / 2
        rate = smooth + near * (mixture.burst_mass / BURST_WIDTH)[:, None]
        lives = (times >= 0) & (times < age_of_universe(columns.redshift)[:, None])
        total = torch.where(lives, rate, 0.0) * 10 ** (columns.log_mass_formed[:, None] - 9)
        return total.reshape(*theta.shape[:-1], len(lookback))

    def _photometer(
        self, theta: Tensor, bands: Sequence[str], rest: bool, dust: bool, lines: bool | float,
        agn: ActiveNucleus | None,
    ) -> Tensor:  # fmt: skip
        flat = theta.reshape(-1, theta.shape[-1])
        learns = torch.is_grad_enabled() and theta.requires_grad
        if len(flat) > _CHUNK and agn is None and not learns:
            parts = [self._photometer(part, bands, rest, dust, lines, None)
                     for part in flat.split(_CHUNK)]  # fmt: skip
            return torch.cat(parts).reshape(*theta.shape[:-1], len(bands))
        columns = columns_of(theta)
        table = self._table(bands, lines, rest)
        young, young_weights, old, old_weights = self._mixer.rows(self._mixer(columns))
        bright = _bag(young, table.rows, young_weights)
        light = _bag(old, table.rows, old_weights)
        at = table.nodes.expand(len(light), -1)
        if not rest:
            at = at / (1 + columns.redshift[:, None])
        if dust:
            cloud = birth_depth(at, columns.tau1[:, None])
            depth = diffuse_depth(at, columns.tau2[:, None], columns.n_dust[:, None])
            light = (bright * torch.exp(-cloud) + light) * torch.exp(-depth)
        else:
            light = bright + light
        if agn is not None:
            nucleus = _nucleus(agn, at.reshape(*theta.shape[:-1], at.shape[-1]), table, columns)
            light = light + nucleus * 10 ** -columns.log_mass_formed[:, None]
        flux = (light @ table.sums).clamp(min=_FAINTEST)
        far = 0.0 if rest else distance_modulus(columns.redshift)[:, None]
        found = far - 2.5 * torch.log10(flux) - 2.5 * columns.log_mass_formed[:, None]
        return found.reshape(*theta.shape[:-1], len(bands))

    def _table(self, bands: Sequence[str], lines: bool | float, rest: bool) -> BandTable:
        key = (tuple(bands), lines, rest)
        if key not in self._placed:
            table = self.photometry.table(bands, lines, rest)
            self._placed[key] = table.to(self.device)
        return self._placed[key]

    def _survival(self, mixture: Mixture) -> Tensor:
        """Mass that is left of one solar mass formed, (N,)."""
        young, young_weights, old, old_weights = self._mixer.rows(mixture)
        left = _bag(young, self._left, young_weights) + _bag(old, self._left, old_weights)
        return left[:, 0].clamp(min=1e-3)

    def _rate(self, columns: Columns, mixture: Mixture, which: int, span: float) -> Tensor:
        """log10 of the mean rate of the last `span` Gyr, solar masses per year, (N,)."""
        formed = (mixture.bases * self._recent[which]).sum(-1)
        formed = formed + torch.where(columns.t_burst <= span, mixture.burst_mass, 0.0)
        rate = (formed / (span * 1e9)).clamp(min=_LOWEST_RATE)
        return columns.log_mass_formed + torch.log10(rate)


def _bag(index: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of rows, (N, columns)."""
    return functional.embedding_bag(index, rows, mode="sum", per_sample_weights=weights)


def _nucleus(agn: ActiveNucleus, at: Tensor, table: BandTable, columns: Columns) -> Tensor:
    """Maggies at 10 pc that an active nucleus adds at each node, (N, nodes)."""
    light = agn.luminosity(at).reshape(-1, at.shape[-1]) * table.flat
    if table.rest:
        return light
    redshift = columns.redshift[:, None]
    if float(table.nodes.min()) < _IGM_BELOW:
        light = light * transmission(table.nodes.expand_as(light), redshift)
    return light / (1 + redshift)


def _surviving(tables: Tables, photometry: Photometry) -> Tensor:
    """Mass that is left, as a table of one column."""
    left = tables.surviving.numpy()
    bases = np.einsum("nyba,za->nzyb", photometry.history.mass, left)
    bases = bases.reshape(*bases.shape[:2], -1)
    bursts = left[:, photometry.first_burst :]
    bursts = np.broadcast_to(bursts, (len(bases), *bursts.shape))
    rows = np.concatenate([bases, bursts], -1)
    return torch.from_numpy(rows.reshape(-1, 1)).float()


@lru_cache(maxsize=4)
def synthesis(device: str = "cpu") -> Synthesis:
    r"""The synthesis with the shipped tables, opened once.

    Arguments:
        device: Where it computes.
    """
    return Synthesis(load_tables(), device)
