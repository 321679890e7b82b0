"""Catalogues from tables as people have them, and every way in which they can be wrong."""

from __future__ import annotations

import time

import astropy.units as u
import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from astroviz.galaxies.catalogue import Catalogue, read_catalogue
from astroviz.galaxies.magnitude_scales import (
    AB_MINUS_VEGA,
    EXTINCTION,
    SDSS_SOFTENING,
    asinh_error,
    asinh_magnitude,
)
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.sdss import demo_table

BANDS = "ugriz"


def table(rows: int = 300) -> Table:
    """Real galaxies, with names that people use."""
    demo = demo_table()[:rows]
    kept = Table()
    for band in (*BANDS, "j", "ks"):
        kept[band] = np.asarray(demo[band], float)
        kept[f"{band}_error"] = np.clip(np.asarray(demo[f"{band}_error"], float), 0.01, 0.3)
    kept["redshift"] = demo["redshift"]
    return kept


def read(rows: Table, filters: object = "sdss", **settings: object) -> Catalogue:
    return read_catalogue(rows, filters, **{"ask": False, **settings})  # type: ignore[arg-type]


def test_a_plain_table_is_read_as_it_is():
    rows = table()
    found = read(rows, error_floor=0.0)
    assert found.magnitudes.shape == (300, 5)
    bright = rows["r_error"] < 0.02
    assert found.magnitudes[bright, 2] == pytest.approx(np.asarray(rows["r"][bright]), abs=2e-3)
    assert found.errors[bright, 2] == pytest.approx(np.asarray(rows["r_error"][bright]), rel=0.02)
    assert found.redshift == pytest.approx(np.asarray(rows["redshift"]))


@pytest.mark.parametrize("kind", ["frame", "mapping", "file", "upload"])
def test_tables_of_every_kind(kind, tmp_path):
    rows = table(20)
    path = tmp_path / "galaxies.csv"
    rows.write(path, format="csv")
    given = {
        "frame": rows.to_pandas(),
        "mapping": {name: np.asarray(rows[name]) for name in rows.colnames},
        "file": path,
        "upload": path.read_bytes(),
    }[kind]
    assert isinstance(given, pd.DataFrame) == (kind == "frame")
    assert read(given).magnitudes == pytest.approx(read(rows).magnitudes, abs=1e-4)


def test_columns_under_other_names():
    rows = table(50)
    for band in BANDS:
        rows.rename_column(band, f"MODELMAG_{band.upper()}")
        rows.rename_column(f"{band}_error", f"MODELMAGERR_{band.upper()}")
    assert read(rows).magnitudes == pytest.approx(read(table(50)).magnitudes)
    rows.rename_column("MODELMAG_G", "what")
    with pytest.raises(GalaxyError, match=r"no column for sdss_g: .*Name it 'g'"):
        read(rows)
    named = read(rows, columns={"g": ("what", "MODELMAGERR_G")})
    assert named.magnitudes == pytest.approx(read(table(50)).magnitudes)
    with pytest.raises(GalaxyError, match="names 'nowhere' for sdss_g"):
        read(rows, columns={"sdss_g": "nowhere"})


def test_fluxes_keep_what_is_negative():
    rows, fluxes = table(200), Table()
    random = np.random.default_rng(0)
    for band in BANDS:
        flux = 10 ** (-0.4 * (rows[band] - 22.5))
        fluxes[f"flux_{band}"] = flux if band != "u" else random.normal(0.0, 1.0, 200)
        fluxes[f"flux_{band}_ivar"] = np.full(200, 1.0 if band == "u" else 4.0)
    found = read(fluxes, photometry="flux_nmgy", error_floor=0.0)
    assert len(found) == 200
    flux, sigma = found.fluxes()
    assert flux[:, 0] == pytest.approx(np.asarray(fluxes["flux_u"]) * 1e-9, abs=1e-14)
    assert (flux[:, 0] < 0).sum() > 50
    assert sigma[:, 1] == pytest.approx(0.5e-9, rel=1e-4)


def test_janskys_are_understood_by_their_unit():
    rows = Table({"g": np.array([36.31, 363.1]) * u.uJy, "g_error": np.array([1.0, 1.0]) * u.uJy})
    found = read(rows, ["sdss_g"], photometry="flux_nmgy", softening=[1e-11])
    assert found.magnitudes[:, 0] == pytest.approx([20.0, 17.5], abs=1e-3)
    with pytest.raises(GalaxyError, match="is in uJy, not magnitudes"):
        read(rows, ["sdss_g"])


def test_asinh_magnitudes_of_sdss_are_brought_to_ab():
    flux, sigma = np.array([1e-9, 1e-11, 3e-8]), np.full(3, 2e-10)
    b = SDSS_SOFTENING["sdss_u"]
    rows = Table({"u": asinh_magnitude(flux, b), "u_error": asinh_error(flux, sigma, b)})
    found = read(rows, ["sdss_u"], photometry="sdss_asinh", error_floor=0.0)
    back, error = found.fluxes()
    assert back[:, 0] == pytest.approx(flux * 10 ** (0.4 * 0.036), rel=1e-4)
    assert error[:, 0] == pytest.approx(sigma * 10 ** (0.4 * 0.036), rel=1e-4)


def test_magnitudes_and_fluxes_mixed():
    rows = table()
    rows["u"] = 10 ** (-0.4 * (rows["u"] - 22.5))
    rows["u"][:20] *= -1
    with pytest.raises(GalaxyError, match=r"are mixed: u look like fluxes, g, r, i, z do not"):
        read(rows)
    for band in "griz":
        rows[band] = 10 ** (-0.4 * (rows[band] - 22.5)) + 50
    with pytest.raises(GalaxyError, match="say photometry='flux_nmgy'"):
        read(rows)
    with pytest.raises(GalaxyError, match="say photometry='ab'"):
        read(table(), photometry="flux_nmgy")
    with pytest.raises(GalaxyError, match="photometry is 'st'"):
        read(table(), photometry="st")


@pytest.mark.parametrize("wrong", ["twomass", "sdss"])
def test_ab_and_vega_mixed_up_is_asked_about(wrong):
    rows = table(400)
    bands = [f"sdss_{band}" for band in BANDS] + ["twomass_j", "twomass_ks"]
    assert len(read_catalogue(rows, bands)) == 400, "right as it is"
    for band in bands:
        if band.startswith(wrong):
            rows[band.partition("_")[2]] -= AB_MINUS_VEGA[band]
    with pytest.raises(GalaxyError, match=rf"of galaxies if {wrong} is Vega.*'{wrong}': 'vega'"):
        read_catalogue(rows, bands)
    right = read_catalogue(rows, bands, photometry={wrong: "vega"})
    assert right.magnitudes == pytest.approx(read(table(400), bands).magnitudes, abs=1e-3)
    assert len(read_catalogue(rows, bands, ask=False)) == 400


def test_errors_that_are_zero_or_missing_are_replaced_and_said():
    rows = table()
    rows["g_error"][:10] = 0.0
    rows["g_error"][10:12] = -1.0
    found = read(rows, error_floor=0.0)
    assert "sdss_g: 12 errors are zero, negative or missing" in " ".join(found.notes)
    assert (found.errors[:12, 1] > 0).all()
    assert np.median(found.errors[:12, 1]) == pytest.approx(np.median(found.errors[:, 1]), rel=1)
    rows.remove_column("g_error")
    assert "no error in the table" in " ".join(read(rows).notes)


def test_repeated_rows_count_once_and_are_named():
    rows = table(40)
    rows.add_row(rows[3])
    found = read(rows)
    assert len(found) == 40
    assert found.problems[40] == "repeats row 3: counted once"


def test_extinction_is_offered_and_applied():
    rows = table()
    plain = read(rows).magnitudes
    rows["EBV"] = np.full(300, 0.1)
    assert "say extinction_corrected=False" in " ".join(read(rows).notes)
    corrected = read(rows, extinction_corrected=False)
    shift = 0.1 * np.array([EXTINCTION[f"sdss_{band}"] for band in BANDS])
    assert np.median(plain - corrected.magnitudes, 0) == pytest.approx(shift, abs=2e-3)
    with pytest.raises(GalaxyError, match="add a column 'ebv'"):
        read(table(), extinction_corrected=False)
    rows.remove_column("EBV")
    for band in BANDS:
        rows[f"extinction_{band}"] = 0.2
    own = read(rows, extinction_corrected=False)
    assert np.median(plain - own.magnitudes, 0) == pytest.approx(0.2, abs=2e-3)


def test_bands_without_a_filter_and_gaps():
    with pytest.raises(GalaxyError, match="moon_x"):
        read(table(), ["sdss_g", "moon_x"])
    rows = table(30)
    rows["u"][4], rows["g"][5], rows["z"][6] = -99.0, np.nan, 60.0
    found = read(rows)
    assert len(found) == 30
    assert np.isnan(found.magnitudes[[4, 5, 6], [0, 1, 4]]).all()
    assert "z is 60, which no galaxy has" in found.problems[6]
    assert len(found.complete()) == 27
    assert "3 galaxies lack a band" in found.complete().notes[-1]


def test_empty_and_tiny_tables():
    with pytest.raises(GalaxyError, match="has no rows"):
        read(table(0))
    ten = read(table(10))
    assert len(ten) == 10
    with pytest.raises(GalaxyError, match="10 galaxies with all of sdss_u"):
        ten.for_population()
    blank = Table({"g": [np.nan, np.nan], "g_error": [0.1, 0.1]})
    with pytest.raises(GalaxyError, match="none of the 2 rows"):
        read(blank, ["sdss_g"])
    with pytest.raises(GalaxyError, match="is no table of galaxies"):
        read(3.5)


def test_many_rows_are_read_in_seconds_and_thinned():
    random = np.random.default_rng(0)
    count = 300_000
    rows = Table({band: random.uniform(17, 20, count) for band in BANDS})
    for band in BANDS:
        rows[f"{band}_error"] = random.uniform(0.01, 0.1, count)
    begun = time.process_time()
    found = read(rows)
    assert time.process_time() - begun < 60, "minutes for a million rows would be a mistake"
    thin = found.for_population(seed=1, most=50_000)
    assert len(found) == count
    assert len(thin) == 50_000
    assert "50000 of 300000 galaxies" in thin.notes[-1]


def test_parts_of_a_catalogue():
    found = read(table(100))
    first, second = found.split(0.3, seed=2)
    assert sorted([*first.rows, *second.rows]) == list(range(100))
    assert len(first) == 30
    turned = found.take(("sdss_z", "sdss_u"))
    assert turned.magnitudes == pytest.approx(found.magnitudes[:, [4, 0]])
    assert turned.softening == pytest.approx(found.softening[[4, 0]])
    with pytest.raises(GalaxyError, match="has no sdss_y"):
        found.take(("sdss_y",))
    with pytest.raises(GalaxyError, match="do not fit 1 bands"):
        Catalogue(np.zeros((3, 2)), np.zeros((3, 2)), ("sdss_g",))
