"""What is known of real stars, matched and turned into pairs that agree with it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from astropy.table import Table

from astroviz.io.convert import observations_table
from astroviz.io.errors import TableError
from astroviz.io.observations import State
from astroviz.stars.adaptation_labels import KNOWN, Labels, labels_of, pairs_from_labels
from astroviz.stars.adaptation_pairs import RealStars
from astroviz.stars.adaptation_scores import truths
from astroviz.stars.catalogue import open_catalogue
from astroviz.stars.mock_galaxy import DOMAINS, mock_catalogue
from astroviz.stars.noise import PARALLAX_ZERO_POINT
from astroviz.stars.parameters import PARAMETERS, to_theta

NAMES = [parameter.name for parameter in PARAMETERS]
J = 4


@pytest.fixture(scope="module")
def physics():
    return DOMAINS["A"].open_physics()


@pytest.fixture(scope="module")
def pool():
    return mock_catalogue("A", 6000, 21, clusters=80)


@pytest.fixture(scope="module")
def real(galaxy_b):
    return RealStars.of_mock(galaxy_b)


@pytest.fixture(scope="module")
def truth(galaxy_b):
    """Log age, log mass, A_V, temperature, distance."""
    return truths(galaxy_b.stars)


@pytest.fixture
def table(galaxy_b) -> Table:
    found = observations_table(galaxy_b.observations)
    found.remove_columns([name for name in found.colnames if name.startswith("spec_")])
    return found


def labels(**columns: np.ndarray) -> Labels:
    errors = {name: np.full(len(values), KNOWN[name]) for name, values in columns.items()}
    if "effective_temperature" in errors:
        errors["effective_temperature"] *= columns["effective_temperature"]
    return Labels(columns, errors)


def parameters(pairs, name: str) -> np.ndarray:
    """What the twins were made of, shape (P, K)."""
    return to_theta(pairs.z)[..., NAMES.index(name)].double().numpy()


# -- reading --------------------------------------------------------------------------------------


def test_columns_of_the_table_itself_are_labels(table, truth):
    table["Teff"], table["A_V"] = truth[:, 3], truth[:, 2]
    table["e_A_V"] = np.where(np.arange(len(table)) < 50, 0.7, np.nan)
    found = labels_of(open_catalogue(table))
    assert set(found.values) == {"effective_temperature", "a_v"}
    assert found.values["a_v"] == pytest.approx(truth[:, 2])
    assert found.errors["a_v"][:50] == pytest.approx(0.7)
    assert found.errors["a_v"][50:] == pytest.approx(KNOWN["a_v"])
    assert (found.errors["effective_temperature"] == 100.0).all(), "as of spectroscopic columns"
    assert any("400 labels" in note for note in found.notes)
    assert labels_of(open_catalogue(table[table.colnames[:20]])).rows.size == 0


def test_another_table_is_matched_by_identifier_in_any_order(table, truth):
    order = np.random.default_rng(0).permutation(400)[:120]
    names = [f" {table['identifier'][k]} " for k in order] + ["nobody", "no one"]
    other = Table({"identifier": names, "logAge": [*truth[order, 0], 6.0, 6.0]})
    found = labels_of(open_catalogue(table), other)
    expected = np.full(400, np.nan)
    expected[order] = truth[order, 0]
    assert found.values["log_age"] == pytest.approx(expected, nan_ok=True)
    assert np.array_equal(found.rows, np.sort(order))
    assert found.notes[0] == "2 of 122 labelled stars are not in the table."
    few = found.select(np.sort(order)[:7])
    assert few.values["log_age"] == pytest.approx(truth[np.sort(order)[:7], 0])


def test_identifiers_that_do_not_match_are_shown(table, truth):
    other = Table({"identifier": [f"HD {k}" for k in range(50)], "Teff": np.full(50, 4000.0)})
    sentence = "no identifier of the labels is among the 400 stars: the labels have 'HD 0', the st"
    with pytest.raises(TableError, match=sentence):
        labels_of(open_catalogue(table), other)


def test_a_table_of_labels_without_labels_says_what_to_give(table):
    other = Table({"identifier": table["identifier"], "g": table["g"]})
    with pytest.raises(TableError, match=r"no column that is understood as one: give Teff, A_V"):
        labels_of(open_catalogue(table), other)


def test_extinction_alone_says_too_little():
    known = labels(a_v=np.ones(3), log_mass=np.array([np.nan, 0.0, np.nan]))
    assert known.rows.tolist() == [1]
    assert labels(a_v=np.ones(3)).rows.tolist() == []


# -- pairs ----------------------------------------------------------------------------------------


def test_twins_agree_with_the_labels(real, truth, pool, physics):
    rows = np.arange(150)
    known = labels(effective_temperature=truth[:, 3], a_v=truth[:, 2], log_age=truth[:, 0])
    pairs, strange = pairs_from_labels(real, known, rows, pool, physics, seed=1)
    assert len(pairs) + strange == 150
    assert strange < 30
    own = truth[pairs.rows.numpy()]
    star = physics.evolve(*to_theta(pairs.z.flatten(0, 1))[:, :2].T)
    kelvin = (10**star.log_teff).view(len(pairs), -1).double().numpy()
    pulls = [(kelvin / own[:, 3:4] - 1) / 0.02, (parameters(pairs, "a_v") - own[:, 2:3]) / 0.25,
             (parameters(pairs, "log_age") - own[:, :1]) / 0.15]  # fmt: skip
    for pull in pulls:
        assert np.sqrt((pull**2).mean()) < 1.4
        assert np.abs(pull).max() < 5.01, "chi square below 25"
    shuffled = np.random.default_rng(0).permutation(len(own))
    assert np.abs(parameters(pairs, "a_v") - own[shuffled, 2:3]).mean() > 1.0


def test_several_twins_stand_for_what_labels_leave_open(real, truth, pool, physics):
    half = truth[:, 2].copy()
    half[::2] = np.nan
    everywhere = np.full(400, np.nan)  # no parallax: the J magnitude says nothing
    blind = dataclasses.replace(real, states=torch.full_like(real.states, int(State.NOT_COVERED)))
    known = labels(effective_temperature=truth[:, 3], a_v=half, log_mass=everywhere)
    pairs, _ = pairs_from_labels(blind, known, np.arange(200), pool, physics)
    spread = parameters(pairs, "a_v").std(1)
    open_ = (pairs.rows % 2 == 0).numpy()
    assert spread[open_].mean() > 4 * spread[~open_].mean()
    assert pairs.z.shape == (len(pairs), 8, 9)
    assert len(pairs.twins) == 8 * len(pairs)


def test_twins_stand_where_the_parallax_says_and_are_as_bright(real, truth, pool, physics):
    known = labels(effective_temperature=truth[:, 3])
    pairs, _ = pairs_from_labels(real, known, np.arange(200), pool, physics, seed=2)
    values, errors = real.values[pairs.rows], real.errors[pairs.rows]
    good = (real.states[pairs.rows, 0] == int(State.OBSERVED)) & (
        values[:, 0] - PARALLAX_ZERO_POINT > 5 * errors[:, 0])  # fmt: skip
    assert int(good.sum()) > 50
    distance = parameters(pairs, "distance")
    expected = 1000 / (values[:, 0] - PARALLAX_ZERO_POINT).double().numpy()
    assert distance[good] == pytest.approx(
        np.clip(expected[good], 45, None)[:, None].repeat(8, 1), rel=5e-3
    )
    seen = good & (real.states[pairs.rows, J] == int(State.OBSERVED))
    twin = pairs.twins.values.view(len(pairs), 8, 20)[..., J]
    off = (twin - values[:, J, None])[seen]
    assert float(off.abs().median()) < 0.25
    assert float(off.abs().max()) < 1.2


def test_twins_are_seeded(real, truth, pool, physics):
    known = labels(log_age=truth[:, 0])
    found = [pairs_from_labels(real, known, np.arange(20), pool, physics, seed)[0]
             for seed in (0, 0, 1)]  # fmt: skip
    assert torch.equal(found[0].twins.values, found[1].twins.values)
    assert not torch.equal(found[0].z, found[2].z)


def test_stars_that_the_simulator_does_not_make_are_left_out(real, truth, pool, physics):
    kelvin = truth[:, 3].copy()
    kelvin[:10] = 30_000.0
    known = labels(effective_temperature=kelvin, log_age=truth[:, 0])
    pairs, strange = pairs_from_labels(real, known, np.arange(40), pool, physics)
    assert strange >= 10
    assert int(pairs.rows.min()) >= 10
    with pytest.raises(ValueError, match="the simulator has no stars like the labelled ones"):
        pairs_from_labels(real, known, np.arange(10), pool, physics)
