"""The whole build, on black bodies and boxes instead of the archives."""

from __future__ import annotations

import hashlib
import tomllib

import numpy as np
import pytest
from safetensors.numpy import load_file

from astroviz.stars import build_tables
from astroviz.stars.build_filters import Filter
from astroviz.stars.build_sources import SpectralNodes
from astroviz.stars.surveys import BANDS

GRID = np.geomspace(913.0, 319500.0, 300)


def black_bodies(scale):
    teff = np.arange(2000.0, 33000.0, 200.0)
    x = np.minimum(1.438776877e8 / (GRID * teff[:, None]), 600.0)
    flux = np.log10(3.741771852e27 * GRID**-4.0 / np.expm1(x) * scale)
    return SpectralNodes(GRID, flux, teff, np.full(teff.shape, 4.0), np.zeros(teff.shape))


class Archives:
    def spectra(self, name):
        # ATLAS9's place is taken by bodies that start at 3400 K, as it does at 3500 K
        nodes = black_bodies(1.0)
        keep = nodes.teff > (3300 if name == "kurucz" else 0)
        columns = (nodes.log_flux, nodes.teff, nodes.logg, nodes.mh)
        return SpectralNodes(GRID, *(column[keep] for column in columns))


def boxes(_):
    out = []
    for band in BANDS:
        grid = 1e4 * band.wavelength * np.linspace(0.9, 1.1, 40)
        out.append(Filter(band.name, grid, np.ones(40), 1e-3, 100.0))
    return tuple(out)


def small_track(_, name):
    table = {"log_age": np.array([6.0, 7.0]), "log_mass": np.array([-1.0, 0.0])}
    table |= {"log_teff": np.full((2, 2), 3.6), "log_lum": np.array([[0.0, np.nan], [0, 0]])}
    return {f"track.{name}.{key}": value for key, value in table.items()}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    pytest.importorskip("dust_extinction")
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_tables, "gather", lambda folder, offline: Archives())
        patch.setattr(build_tables, "load_filters", boxes)
        patch.setattr(build_tables, "track_tables", small_track)
        out = build_tables.build(
            tmp_path_factory.mktemp("sources"),
            tmp_path_factory.mktemp("models") / "stars" / "tables",
            lambda fraction, sentence: said.append((fraction, sentence)),
            check=False,
        )
    return out, said


def test_layout_is_that_of_the_shipped_tables(built, root):
    fresh = load_file(built[0] / "weights.safetensors")
    shipped = load_file(root / "models" / "stars" / "tables" / "weights.safetensors")
    assert set(fresh) == set(shipped)
    for key, value in fresh.items():
        assert value.dtype == shipped[key].dtype, key
        if not key.startswith("track."):
            assert value.shape == shipped[key].shape, key
            assert np.isfinite(value).all(), key


def test_card_holds_the_hash(built):
    card = tomllib.loads((built[0] / "card.toml").read_text())
    content = (built[0] / "weights.safetensors").read_bytes()
    assert card["sha256"] == hashlib.sha256(content).hexdigest()
    assert card["kind"] == "tables"
    assert len(card["sources"]) == 5


def test_progress_rises_to_one(built):
    fractions = [fraction for fraction, _ in built[1]]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)


def test_missing_tracks_stay_missing(built):
    tables = load_file(built[0] / "weights.safetensors")
    assert np.isnan(tables["track.mist.log_lum"][0, 1])


def test_two_libraries_of_one_body_agree(built):
    tables = load_file(built[0] / "weights.safetensors")
    np.testing.assert_allclose(
        tables["atmosphere.kurucz_phoenix.mag"], tables["atmosphere.btsettl.mag"], atol=0.02
    )
