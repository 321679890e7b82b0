r"""Tables of filters: the light of every building block of a galaxy, at every redshift.

A row is one block (a basis of the history, young or old, or a burst of some age) at one redshift
and metallicity; its columns are the nodes of all filters (see `filter_nodes`). A galaxy is a
weighted sum of 40 rows. Tables are computed when a filter is first asked for, in a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from astroviz.galaxies.cosmology import age_of_universe
from astroviz.galaxies.dust import BIRTH_CLOUD_AGE
from astroviz.galaxies.filter_nodes import FilterNodes
from astroviz.galaxies.igm import LYMAN_ALPHA, transmission
from astroviz.galaxies.nebular import ionisation
from astroviz.galaxies.sfh import HistoryWeights
from astroviz.galaxies.tables import Tables

__all__ = ["REDSHIFTS", "BandTable", "Photometry"]

Array = NDArray[np.float64]
Rows = NDArray[np.float32]

REDSHIFTS: Final = torch.linspace(0, 0.8, 161, dtype=torch.float64)
"""Redshifts of the tables; light is linear in between."""

BASES: Final = 4


@dataclass(frozen=True)
class BandTable:
    r"""Rows for some filters.

    Attributes:
        rows: Shape (redshifts, metallicities, blocks, nodes); blocks are young bases, old bases,
            bursts. Flattened to (rows, nodes).
        nodes: Observed wavelength of each node, A, shape (nodes,); at rest for rest-frame filters.
        sums: Which node belongs to which filter, ones and zeros, shape (nodes, B).
        flat: What a spectrum of one solar luminosity per A everywhere gives at each node, before
            the dimming by 1 + z, shape (nodes,).
        rest: Whether the filters are at rest.
    """

    rows: Tensor
    nodes: Tensor
    sums: Tensor
    flat: Tensor
    rest: bool

    def to(self, device: torch.device) -> BandTable:
        """The same on a device."""
        tensors = {
            name: getattr(self, name).to(device) for name in ("rows", "nodes", "sums", "flat")
        }
        return replace(self, **tensors)


class Photometry:
    r"""Makes tables of filters and keeps them.

    Arguments:
        tables: What light is made of.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._edges = tables.edges.numpy()
        self._wavelength = tables.wavelength
        self._spectra = tables.spectra.numpy()
        self.ages = tables.ages.numpy()
        self.first_burst = int(np.searchsorted(self.ages, BIRTH_CLOUD_AGE * 0.999))
        self.history = HistoryWeights(
            tables.history_lookback.numpy(), tables.history_bases.numpy(), self.ages,
            age_of_universe(REDSHIFTS).numpy(),
        )  # fmt: skip
        self._kept: dict[tuple[str, float | None, bool], tuple[Rows, FilterNodes]] = {}
        self._joined: dict[tuple[tuple[str, ...], float | None, bool], BandTable] = {}

    @property
    def blocks(self) -> int:
        """Rows of one redshift and metallicity."""
        return 2 * BASES + len(self.ages) - self.first_burst

    def table(
        self, bands: Sequence[str], lines: bool | float = False, rest: bool = False
    ) -> BandTable:
        r"""The table of some filters; computed, or kept from before.

        Arguments:
            bands: Names of filters.
            lines: Whether young stars come with gas; or its ionisation parameter.
            rest: Filters at rest instead of at the galaxy's redshift.
        """
        key = (tuple(bands), ionisation(lines), rest)
        if key not in self._joined:
            self._joined[key] = self._join(*key)
        return self._joined[key]

    def _join(self, bands: tuple[str, ...], log_u: float | None, rest: bool) -> BandTable:
        parts = [self._band(band, log_u, rest) for band in bands]
        rows = np.concatenate([part for part, _ in parts], -1)
        sums = torch.block_diag(*(torch.ones(len(f.nodes), 1) for _, f in parts))
        ones = np.ones(len(self._edges) - 1)
        flat = []
        for _, nodes in parts:
            bins, weights = nodes.weights(0.0)
            flat.append(weights @ ones[bins])
        return BandTable(
            rows=torch.from_numpy(rows.reshape(-1, rows.shape[-1])).float(),
            nodes=torch.from_numpy(np.concatenate([f.nodes for _, f in parts])).float(),
            sums=sums,
            flat=torch.from_numpy(np.concatenate(flat)).float(),
            rest=rest,
        )

    def _band(self, band: str, log_u: float | None, rest: bool) -> tuple[Rows, FilterNodes]:
        key = (band, log_u, rest)
        if key not in self._kept:
            nodes = FilterNodes(band, self._edges)
            bare = self._kept[band, None, rest][0] if (band, None, rest) in self._kept else None
            stars = self._stars(nodes, rest) if bare is None else bare
            self._kept[band, None, rest] = (stars, nodes)
            if log_u is not None:
                gas = self._gas(nodes, log_u, rest)
                stars = stars.copy()
                stars[:, :, :BASES] += gas
            self._kept[key] = (stars, nodes)
        return self._kept[key]

    def _weights(self, nodes: FilterNodes, redshift: float) -> tuple[slice, Array]:
        """Of each bin, with what the intergalactic medium lets through."""
        bins, weights = nodes.weights(redshift)
        if self._edges[bins.start] > LYMAN_ALPHA:
            return bins, weights
        seen = self._wavelength[bins] * (1 + redshift)
        through = transmission(seen, torch.tensor(redshift, dtype=torch.float64))
        return bins, weights * through.numpy()

    def _stars(self, nodes: FilterNodes, rest: bool) -> Rows:
        """Rows of one filter, (redshifts, metallicities, blocks, nodes)."""
        found = np.empty((len(REDSHIFTS), len(self._spectra), self.blocks, len(nodes.nodes)),
                         np.float32)  # fmt: skip
        mass = self.history.mass.reshape(len(REDSHIFTS), 2 * BASES, -1)
        fixed = self._light(nodes, 0.0, rest) if rest else None
        for n, redshift in enumerate(REDSHIFTS.tolist()):
            light = self._light(nodes, redshift, rest) if fixed is None else fixed
            found[n, :, : 2 * BASES] = mass[n] @ light
            found[n, :, 2 * BASES :] = light[:, self.first_burst :]
        return found

    def _light(self, nodes: FilterNodes, redshift: float, rest: bool) -> Array:
        """Each age and metallicity at each node, (metallicities, ages, nodes)."""
        bins, weights = nodes.weights(0.0) if rest else self._weights(nodes, redshift)
        return np.asarray(self._spectra[..., bins] @ weights.T.astype(np.float32))

    def _gas(self, nodes: FilterNodes, log_u: float, rest: bool) -> Array:
        """What gas adds to the young rows, (redshifts, metallicities, bases, nodes)."""
        spectra = self._tables.nebular.spectra(log_u).numpy()
        young = self.history.mass[:, 0].sum(-1)  # redshifts, bases
        found = []
        for n, redshift in enumerate(REDSHIFTS.tolist()):
            bins, weights = nodes.weights(0.0) if rest else self._weights(nodes, redshift)
            found.append(young[n][:, None] * (spectra[:, bins] @ weights.T)[:, None])
        return np.stack(found)
