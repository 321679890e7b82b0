"""The real tables beside the checkout: counts that were taken by hand from the files."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Table

from astroviz.io import State, guess_mapping, read_table, to_observations

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def census(real_data, quantities):
    table = read_table(real_data / "stars" / "cra_census_a.txt")
    return table, to_observations(table, guess_mapping(table, quantities), quantities)


def test_every_star_of_the_census_is_there(census, real_data):
    table, seen = census
    plain = Table.read(real_data / "stars" / "cra_census_a.txt", format="ascii.mrt")
    assert len(table) == len(seen) == len(plain) == 197
    assert table.meta["source_format"] == "mrt"
    assert table["plx"].unit == u.mas
    assert seen.identifiers[0] == "6728162648254144128"
    np.testing.assert_allclose(seen.coordinates[0], [275.176999, -37.028223])
    assert not seen.problems


# Not covered, limit and unusable, from the flags of the file (`nodet/unres` is unusable).
COUNTS = {
    "parallax": (188, 9, 0, 0), "g": (189, 8, 0, 0), "bp": (187, 10, 0, 0), "rp": (187, 10, 0, 0),
    "j": (191, 6, 0, 0), "h": (185, 12, 0, 0), "ks": (193, 4, 0, 0),
    "w1": (167, 0, 0, 30), "w2": (167, 0, 0, 30), "w3": (137, 0, 10, 50), "w4": (38, 1, 102, 56),
    "i1": (52, 143, 0, 2), "i2": (52, 143, 0, 2), "i3": (47, 149, 0, 1), "i4": (39, 157, 0, 1),
    "m24": (45, 131, 12, 9),
    "spec_teff": (0, 197, 0, 0), "spec_lum": (0, 197, 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTS)
def test_states_of_the_census(census, name):
    _, seen = census
    states = seen.states[:, seen.index(name)]
    found = tuple(
        int(np.sum(states == state))
        for state in (State.OBSERVED, State.NOT_COVERED, State.LIMIT, State.UNUSABLE)
    )
    assert found == COUNTS[name]


def test_values_and_errors_of_the_census(census):
    table, seen = census
    for name, column in (("g", "Gmag"), ("ks", "Kmag"), ("w3", "W3mag"), ("i4", "8.0mag")):
        index = seen.index(name)
        observed = seen.states[:, index] == State.OBSERVED
        np.testing.assert_allclose(seen.values[observed, index], table[column][observed])
        assert np.all(seen.errors[observed, index] > 0)
    ruwe = np.maximum(np.ma.filled(table["RUWE"], 1.0), 1.0)
    there = seen.states[:, 0] == State.OBSERVED
    wanted = (np.ma.filled(table["e_plx"], np.nan) * ruwe)[there]
    np.testing.assert_allclose(seen.errors[there, 0], wanted)


def test_disk_hosts(real_data, quantities):
    table = read_table(real_data / "stars" / "ppvii_disk_hosts_a.tsv")
    mapping = guess_mapping(table, quantities)
    seen = to_observations(table, mapping, quantities)
    assert len(seen) == 446
    assert mapping.choices["parallax"].error == "EDR3_err_plx"
    assert mapping.choices["spec_lum"].unit == "solLum"
    teff, lum = seen.index("spec_teff"), seen.index("spec_lum")
    assert (seen.states[:, teff] == State.OBSERVED).sum() == 273
    assert np.nanmin(seen.values[:, teff]) > 1000
    assert (seen.states[:, lum] == State.OBSERVED).sum() == 274
    assert np.isfinite(seen.coordinates).all()
    np.testing.assert_allclose(seen.coordinates[0], [234.8656375, -34.7715492])
    assert "Lstar_xs) is -9" in seen.problems[304]
