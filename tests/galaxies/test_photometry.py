"""Tables of filters: what is in their rows, and that they are computed once."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.galaxies.photometry import BASES, REDSHIFTS, BandTable, Photometry
from astroviz.galaxies.sps import synthesis


@pytest.fixture(scope="module")
def photometry() -> Photometry:
    return synthesis().photometry


def blocks(table: BandTable, photometry: Photometry) -> torch.Tensor:
    return table.rows.reshape(len(REDSHIFTS), 7, photometry.blocks, -1)


def test_tables_are_kept(photometry: Photometry) -> None:
    assert photometry.table(["sdss_r"]) is photometry.table(("sdss_r",))
    assert photometry.table(["sdss_r"]) is not photometry.table(["sdss_r"], rest=True)


def test_gas_shines_around_young_stars_only(photometry: Photometry) -> None:
    bare = blocks(photometry.table(["sdss_r"]), photometry)
    gas = blocks(photometry.table(["sdss_r"], lines=True), photometry)
    assert (gas[:, :, BASES:] == bare[:, :, BASES:]).all()
    young = (gas - bare)[:, :, :BASES].sum(-1)
    assert (young > 0).all()


def test_filters_at_rest_see_bursts_alike_at_every_redshift(photometry: Photometry) -> None:
    bursts = blocks(photometry.table(["sdss_g"], rest=True), photometry)[:, :, 2 * BASES :]
    assert (bursts == bursts[:1]).all()


def test_bands_are_joined_in_their_order(photometry: Photometry) -> None:
    both = photometry.table(["twomass_j", "sdss_g"])
    first, second = photometry.table(["twomass_j"]), photometry.table(["sdss_g"])
    torch.testing.assert_close(both.rows, torch.cat([first.rows, second.rows], -1))
    assert both.sums.sum(0).tolist() == [len(first.nodes), len(second.nodes)]
    assert both.sums[: len(first.nodes), 0].tolist() == [1.0] * len(first.nodes)


def test_bursts_fade_and_redden(photometry: Photometry) -> None:
    g, z = (
        blocks(photometry.table([band], rest=True), photometry)[0, 4, 2 * BASES :].sum(-1).numpy()
        for band in ("sdss_g", "sdss_z")
    )
    ages = photometry.ages[photometry.first_burst :]
    old = ages > 0.2
    assert (np.diff(g[old]) < 0.03 * g[old][1:]).all()
    colour = 2.5 * np.log10(z / g)
    assert colour[-1] > colour[np.searchsorted(ages, 1.0)] > colour[0]
