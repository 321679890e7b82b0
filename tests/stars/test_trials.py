"""Stars on trial: fresh simulations, honest labels, and failures where there should be some."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.core.request import Alone, Cancelled
from astroviz.core.trials import trial_parts
from astroviz.stars.parameters import PARAMETERS
from astroviz.stars.simulator import PATTERNS


def together(parts):
    parts = list(parts)
    return parts[0], {
        name: np.concatenate([part[name] for part in parts]) for name in ("truths", "draws")
    }


@pytest.fixture(scope="module")
def young():
    return list(trial_parts("stars/young", 30, 20, seed=3))


def test_every_pattern_has_its_turn_and_gaps_are_gaps(young):
    first = young[0]
    pattern = first["groups"]["pattern"]
    assert [len(part["truths"]) for part in young] == [25, 5]
    assert set(pattern) == set(PATTERNS)
    assert young[1]["groups"]["pattern"][0] == list(PATTERNS)[25 % len(PATTERNS)]
    column = first["observation_names"].index("w1")
    seen = np.isfinite(first["observations"][:, column])
    covered = np.array(["WISE" in PATTERNS[name] for name in pattern])
    assert not seen[~covered].any()
    assert seen[covered].any()
    error = first["observation_names"].index("w1_error")
    np.testing.assert_array_equal(seen, np.isfinite(first["observations"][:, error]))


def test_truths_and_draws_are_in_their_units_and_bounds(young):
    first, found = together(young)
    assert first["names"] == tuple(p.name for p in PARAMETERS[:6])
    assert first["units"] == tuple(p.unit for p in PARAMETERS[:6])
    for k, parameter in enumerate(PARAMETERS[:6]):
        for values in (found["truths"][:, k], found["draws"][..., k], first["prior"][:, k]):
            slack = 1e-3 * (parameter.upper - parameter.lower)
            assert values.min() >= parameter.lower - slack
            assert values.max() <= parameter.upper + slack
    # posteriors narrow the distance: the draws know their star
    inner = np.log10(found["draws"][..., 5]).std(1).mean()
    assert inner < 0.7 * np.log10(first["prior"][:, 5]).std()


def test_likelihoods_are_of_the_same_function(young):
    true, drawn = young[0]["log_likelihood"]
    assert true.shape == (25,)
    assert drawn.shape == (25, 20)
    assert np.isfinite(true).all()
    assert np.isfinite(drawn).all()
    # random stars of the prior would fit far worse than draws of the posterior
    assert np.median(drawn - true[:, None]) > -100


def test_the_same_seed_gives_the_same_trial():
    first, again, other = (together(trial_parts("stars/npe", 8, 10, seed=s))[1] for s in (1, 1, 2))
    np.testing.assert_array_equal(first["draws"], again["draws"])
    assert not np.allclose(first["truths"], other["truths"])


def test_complete_posteriors_know_their_density():
    first, found = together(trial_parts("stars/npe", 40, 60, seed=5))
    true, drawn = first["log_prob"]
    assert drawn.shape == (25, 60)
    # the density of a truth ranks anywhere among those of the draws
    assert 0.3 < (drawn < true[:, None]).mean() < 0.7
    rank = (found["draws"] < found["truths"][:, None]).mean(1)
    assert abs(rank.mean() - 0.5) < 0.1


def test_other_tracks_are_noticed():
    rank = {}
    for case in ("complete", "shift"):
        _, found = together(trial_parts("stars/npe", 100, 30, seed=7, case=case))
        scores = (found["draws"] < found["truths"][:, None]).mean(1)
        rank[case] = np.abs(scores.mean(0) - 0.5).max()
    assert rank["shift"] > 1.5 * rank["complete"]


def test_work_can_be_given_up():
    class Impatient(Alone):
        def check(self):
            raise Cancelled

    with pytest.raises(Cancelled):
        list(trial_parts("stars/npe", 30, 10, control=Impatient()))
