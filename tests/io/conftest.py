"""A small catalogue with units, masks and texts, and the quantities of the stars room."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table

from astroviz.io.columns import guess_mapping
from astroviz.io.convert import to_observations
from astroviz.stars.surveys import QUANTITIES


@pytest.fixture(scope="session")
def quantities():
    return QUANTITIES


@pytest.fixture
def catalogue():
    rng = np.random.default_rng(3)
    table = Table()
    table["source_id"] = np.arange(6, dtype=np.int64) + 6728162648254144128
    table["name"] = ["RX J1", "b", "HBC 3", "d,e", 'say "f"', "g"]
    table["ra"] = Column(rng.uniform(270, 290, 6), unit=u.deg)
    table["dec"] = Column(rng.uniform(-40, -30, 6), unit=u.deg)
    table["parallax"] = Column(rng.normal(6.6, 0.1, 6), unit=u.mas)
    table["parallax_error"] = Column(rng.uniform(0.02, 0.1, 6), unit=u.mas)
    table["phot_g_mean_mag"] = MaskedColumn(
        rng.uniform(9, 18, 6), unit=u.mag, mask=[0, 0, 1, 0, 0, 0], description="G of Gaia"
    )
    table["W1mag"] = MaskedColumn(
        rng.uniform(7, 12, 6).astype(np.float32), unit=u.mag, mask=[1, 0, 0, 0, 0, 0]
    )
    table["n_obs"] = MaskedColumn(np.arange(6), mask=[0, 0, 0, 1, 0, 0])
    table["f_W1mag"] = MaskedColumn(["out", "", "", "sat", "", ""], mask=[0, 1, 1, 0, 1, 1])
    return table


@pytest.fixture
def read_columns(quantities):
    """Columns as a dictionary to observations, by the guessed mapping after `change`."""

    def read(columns, change=None):
        table = columns if isinstance(columns, Table) else Table(columns)
        mapping = guess_mapping(table, quantities)
        if change:
            change(mapping)
        return to_observations(table, mapping, quantities)

    return read


@pytest.fixture
def cell():
    """Value, error and state of one quantity in all rows."""

    def at(observations, name):
        index = observations.index(name)
        return (
            observations.values[:, index],
            observations.errors[:, index],
            observations.states[:, index],
        )

    return at
