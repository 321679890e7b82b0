"""The real galaxies that ship: their table, their cuts, and how they were selected."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from astropy.table import Table

from astroviz.galaxies.build_sdss import demo_from
from astroviz.galaxies.catalogue import read_catalogue
from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.sdss import (
    DEMO,
    demo_table,
    petrosian,
    sdss_catalogue,
    sdss_selection,
)


def raw(rows: int = 3) -> Table:
    """A table laid out as the one in the archive."""
    table = Table()
    table["Z"] = np.linspace(0.1, 0.2, rows)
    table["EXTINCTION"] = np.full((rows, 5), 0.1)
    for kind in ("MODEL", "PETRO"):
        table[f"{kind}FLUX"] = np.tile([10.0, -1.0, 100.0, 200.0, 300.0], (rows, 1))
        table[f"{kind}FLUX_IVAR"] = np.full((rows, 5), 4.0)
    for letter in "JHK":
        table[f"{letter}_M_EXT"], table[f"{letter}_MSIG_EXT"] = [14.0] * rows, [0.1] * rows
    for letter in ("NUV", "FUV"):
        table[f"{letter}_FLUX_AUTO"] = [1.0, 0.0, -99.0][:rows]
        table[f"{letter}_FLUXERR_AUTO"] = [0.1, 0.0, -99.0][:rows]
    return table


def test_systems_and_extinction_are_those_of_the_references():
    made = demo_from(raw())
    # 22.5 - 2.5 log10 flux, less the extinction, plus AB minus SDSS
    assert made["r"][0] == pytest.approx(17.5 - 0.1 + 0.010, abs=2e-3)
    assert made["r_error"][0] == pytest.approx(1.0857 * 0.5 / 100, abs=1e-4)
    assert np.isfinite(made["g"]).all(), "a negative flux has an asinh magnitude"
    reddening = 0.1 / 2.285
    assert made["ks"][0] == pytest.approx(14.0 + 1.85 - 0.310 * reddening, abs=2e-3)
    assert made["nuv"][0] == pytest.approx(20.08 - 8.741 * reddening, abs=2e-3)
    assert np.isnan(made["nuv"][1:]).all()


def test_the_shipped_table_is_small_cited_and_whole():
    table = demo_table()
    assert DEMO.stat().st_size < 800_000
    assert len(table) == 10_000
    assert "kcorrect" in table.meta["citation"]
    assert str(table["r"].unit) == "mag"


def test_the_catalogue_keeps_the_main_sample():
    catalogue = sdss_catalogue()
    table = demo_table()
    assert 9500 < len(catalogue) < 10_000
    assert np.asarray(table["petrosian_r"])[catalogue.rows].max() < 17.77
    assert np.isfinite(catalogue.magnitudes).all()
    assert catalogue.redshift is not None
    assert 0.09 < np.median(catalogue.redshift) < 0.11
    galex = sdss_catalogue(("galex_nuv", "sdss_u"), galex="only")
    assert 500 < len(galex) < 1000
    with pytest.raises(GalaxyError, match="have no lsst_y"):
        sdss_catalogue(("lsst_y",))


def test_the_selection_keeps_what_is_there_and_not_what_is_faint():
    catalogue, selection = sdss_catalogue(), sdss_selection()
    seen, errors = torch.tensor(catalogue.magnitudes), torch.tensor(catalogue.errors)
    assert float(selection.weights(seen, errors).mean()) > 0.65
    assert float(selection.weights(seen + 1.5, errors).mean()) < 0.25
    law = petrosian()
    assert 0.05 < law.scatter < 0.12
    assert 0.05 < law.offset + 0.8 * law.slope < 0.1


def test_its_noise_is_its_own():
    catalogue = sdss_catalogue()
    noise = NoiseModel.learn(catalogue)
    true = torch.tensor(catalogue.magnitudes)
    _, errors = noise.observe(true, torch.Generator().manual_seed(0))
    ratio = np.median(errors.numpy(), 0) / np.median(catalogue.errors, 0)
    assert ratio == pytest.approx(1.0, abs=0.1)


def test_the_table_reads_as_any_other():
    catalogue = read_catalogue(DEMO, "sdss", ask=False)
    assert len(catalogue) > 9990
    assert catalogue.redshift is not None


def test_apertures_differ_by_a_scatter_that_the_infrared_bands_share():
    from astroviz.galaxies.sdss import aperture_scatter, sdss_noise

    assert 0.05 < aperture_scatter() < 0.15
    noise = sdss_noise(sdss_catalogue())
    assert noise.shared[:5].abs().max() == 0
    assert noise.shared[5:].tolist() == pytest.approx([aperture_scatter()] * 2, rel=1e-4)
    # so that the model's colours scatter as those of the galaxies do, not less
    catalogue = sdss_catalogue()
    seen = catalogue.magnitudes[:, 4] - catalogue.magnitudes[:, 5]
    true = torch.tensor(catalogue.magnitudes).median(0).values.expand(9000, 7)
    made, _ = noise.observe(true, torch.Generator().manual_seed(0))
    drawn = (made[:, 4] - made[:, 5]).numpy()
    wide = [np.subtract(*np.percentile(one, [84, 16])) for one in (drawn, seen)]
    assert wide[0] == pytest.approx(wide[1], rel=0.25)
