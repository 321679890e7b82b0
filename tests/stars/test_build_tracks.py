"""Track grids: nothing extrapolated, evolved and scrambled stars left out."""

from __future__ import annotations

import io

import numpy as np
import pytest
from scipy.io import savemat

from astroviz.stars.build_tracks import TRACKS, load_track, track_tables

AGES = 5.698970004336019 + 0.01 * np.arange(260)
MASSES = -1.0 + 0.01 * np.arange(180)


def plane(age, mass):
    """Linear in both, so that linear interpolation has no error."""
    return 3.6 + 0.1 * mass - 0.01 * (age - 6), 0.5 + 2.0 * mass - 0.6 * (age - 6)


class Matrix:
    """Stands for the archive: one matrix for every name."""

    def __init__(self, change=None):
        age, mass = np.meshgrid(AGES, MASSES, indexing="ij")
        cube = np.stack(plane(age, mass), axis=-1)
        if change is not None:
            change(cube, age, mass)
        buffer = io.BytesIO()
        content = {"mass": 10.0 ** MASSES[None], "log_age": AGES[None], "logt_logl": cube}
        savemat(buffer, content)
        self.content = buffer.getvalue()

    def read(self, package, member):
        assert package == "ysoisochrone"
        return self.content


def test_regular_grid_reproduces_a_plane():
    table = track_tables(Matrix(), "parsec")
    age, mass = table["track.parsec.log_age"], table["track.parsec.log_mass"]
    assert age[0] == pytest.approx(5.7)
    np.testing.assert_allclose(np.diff(age), 0.025, atol=1e-9)
    np.testing.assert_allclose(mass, MASSES, atol=1e-9)
    log_teff, log_lum = plane(*np.meshgrid(age, mass, indexing="ij"))
    np.testing.assert_allclose(table["track.parsec.log_teff"], log_teff, atol=2e-5)
    np.testing.assert_allclose(table["track.parsec.log_lum"], log_lum, atol=2e-4)


def test_nothing_is_extrapolated():
    def cut(cube, age, mass):
        cube[(age < 6.0) & (mass < -0.5)] = np.nan

    table = track_tables(Matrix(cut), "parsec")
    age, mass = table["track.parsec.log_age"], table["track.parsec.log_mass"]
    gap = np.isnan(table["track.parsec.log_teff"])
    wanted = (age[:, None] < 6.001) & (mass[None] < -0.505)
    np.testing.assert_array_equal(gap[:, np.abs(mass + 0.5) > 0.006],
                                  wanted[:, np.abs(mass + 0.5) > 0.006])  # fmt: skip
    assert np.array_equal(gap, np.isnan(table["track.parsec.log_lum"]))


def test_stars_past_the_main_sequence_are_left_out():
    def giants(cube, age, mass):
        cube[..., 0] -= np.where((age > 7.8) & (mass > 0.6), 0.4, 0.0)

    table = track_tables(Matrix(giants), "parsec")
    age, mass = table["track.parsec.log_age"], table["track.parsec.log_mass"]
    gone = np.isnan(table["track.parsec.log_teff"])
    assert gone[np.ix_(age > 7.85, mass > 0.62)].all()
    assert not gone[age < 7.75].any()
    assert not gone[:, mass < 0.55].any()


def test_a_young_star_may_jump():
    """Contraction to the main sequence is as quick as evolution; only age tells them apart."""

    def arrival(cube, age, mass):
        cube[..., 0] += np.where((age > 6.5) & (mass > 0.4), 0.1, 0.0)

    assert np.isfinite(track_tables(Matrix(arrival), "parsec")["track.parsec.log_teff"]).all()


def test_mist_ends_before_its_matrix_is_scrambled():
    table = track_tables(Matrix(), "mist")
    assert table["track.mist.log_age"][-1] == pytest.approx(7.75)


def test_ages_without_any_star_are_dropped():
    def late(cube, age, mass):
        cube[age < 6.3] = np.nan

    table = track_tables(Matrix(late), "feiden2016_magnetic")
    assert table["track.feiden2016_magnetic.log_age"][0] == pytest.approx(6.3, abs=0.026)


def test_unknown_tracks_are_named():
    with pytest.raises(KeyError, match="no tracks named 'siess'; there are parsec"):
        load_track(Matrix(), "siess")
    assert len(TRACKS) == 10
