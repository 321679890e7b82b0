"""The selection builder's answers against sums of their own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm

from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.selection_answers import DROPS, QUANTITIES
from astroviz.galaxies.selection_hand import WedgeHand
from astroviz.galaxies.selection_light import light_of
from astroviz.galaxies.selection_state import SURVEYS, SelectionState
from astroviz.galaxies.selection_terms import PRIORS, logistic_curve
from astroviz.galaxies.selection_words import PRESETS, figures
from astroviz.galaxies.sps import synthesis

N = 4000


def state(**settings):
    return SelectionState(selection_source="prior", selection_draws=N, **settings)


@pytest.fixture(scope="module")
def plain():
    return state(selection_quantity="redshift").selection_question().answer()


def test_a_soft_limit_weighs_by_what_was_observed(plain):
    r = plain.observed[:, 2].astype(float)
    np.testing.assert_allclose(plain.weights, norm.cdf((17.77 - r) / 0.05), atol=2e-4)
    assert plain.part == pytest.approx(plain.weights.mean())
    effective = plain.weights.sum() ** 2 / (plain.weights**2).sum()
    assert plain.effective == pytest.approx(effective)


def test_histograms_and_planes_are_weighted_counts(plain):
    counted = plain.counted["redshift"]
    z = plain.light.column("redshift")
    low, high = counted.edges[[0, -1]]
    assert (
        0 <= low < np.quantile(z, 0.01) < np.quantile(z, 0.99) < high <= QUANTITIES["redshift"][2]
    )
    right = np.histogram(z, 50, (low, high), weights=plain.weights)[0]
    np.testing.assert_allclose(counted.chosen, right, atol=1e-6)
    np.testing.assert_array_equal(counted.everyone, np.histogram(z, 50, (low, high))[0])
    for density in counted.densities():
        assert (density * np.diff(counted.edges)).sum() == pytest.approx(1.0)
    known = np.isfinite(counted.completeness)
    assert (counted.everyone[known] >= 25).all()
    assert ((counted.completeness[known] >= 0) & (counted.completeness[known] <= 1)).all()
    assert plain.everyone.sum() <= N
    assert (plain.chosen <= plain.everyone + 1e-9).all()
    colours = (
        plain.observed[:, 1] - plain.observed[:, 2],
        plain.observed[:, 2] - plain.observed[:, 3],
    )
    x0, x1, y0, y1 = plain.extent
    right = np.histogram2d(colours[1], colours[0], 120, ((y0, y1), (x0, x1)))[0]
    assert np.abs(plain.everyone - right).sum() <= 0.002 * N  # at the edges of cells only


def test_light_is_that_of_the_synthesis_and_noise_that_of_the_survey(plain):
    light = plain.light
    some = light.theta[:300]
    bands = plain.question.noise.bands
    true = synthesis().magnitudes(some, bands)
    np.testing.assert_allclose(light.true(bands)[:300], true, atol=1e-5)
    bright = np.asarray(light.true(bands))[:, 2] < 19
    pull = (plain.observed[:, 2] - np.asarray(light.true(bands))[:, 2]) / plain.errors[:, 2]
    assert 0.9 < pull[bright].std() < 1.1
    assert abs(pull[bright].mean()) < 0.1


def test_a_deeper_survey_sees_the_same_galaxies_with_less_noise(plain):
    deep = state(selection_depth=2.0).selection_question().answer()
    np.testing.assert_array_equal(deep.light.theta, plain.light.theta)
    assert (np.median(deep.errors / plain.errors, axis=0) < 0.9).all()
    assert np.abs(deep.errors[:, 0]).mean() < np.abs(plain.errors[:, 0]).mean()


def test_noise_alone_selects_and_a_curve_loses(plain):
    seen = state(use_limit=False, use_noise=True, selection_noise=20.0).selection_question()
    seen = seen.answer()
    ratio = 1.0857362 / seen.errors[:, 2]
    clear = np.abs(np.log(ratio / 20)) > 0.1
    np.testing.assert_array_equal(seen.weights[clear] > 0.5, ratio[clear] > 20)
    lost = state(use_limit=False, use_curve=True, selection_half=17.0, selection_slope=1.0)
    lost = lost.selection_question().answer()
    right = 1 / (1 + np.exp(4 * (lost.observed[:, 2] - 17.0)))
    np.testing.assert_allclose(lost.weights, right, atol=0.01)
    curve = logistic_curve("sdss_r", 20.0, 2.0)
    assert curve.fractions[0] > 0.99 > 0.01 > curve.fractions[-1]


def test_a_wedge_keeps_what_it_holds():
    wedged = state(use_limit=False, use_wedge=True)
    seen = wedged.selection_question().answer()
    g, r, i = (seen.observed[:, k].astype(float) for k in (1, 2, 3))
    within = wedged.wedge().holds(np.stack([g - r, r - i], -1))
    clear = np.abs(seen.weights - 0.5) > 0.45
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(seen.weights[clear] > 0.5, within[clear])
    assert "a wedge of g \u2212 r and r \u2212 i" in wedged.selection_sentence()


@pytest.mark.parametrize("survey", list(SURVEYS))
def test_every_survey_has_bands_planes_and_an_answer(survey):
    one = state(selection_survey=survey, selection_band="r", selection_limit=20.0)
    assert one.limit_band() in one.survey_bands()
    assert set(one.plane()) <= set(one.survey_bands())
    question = one.selection_question()
    assert question.noise.bands == one.survey_bands()
    assert question.selection.bands == one.survey_bands()


def test_the_rain_is_some_of_the_galaxies_and_keeps_its_share(plain):
    drops = plain.drops
    assert len(drops.kept) == DROPS
    share = plain.weights[:DROPS].mean()
    assert drops.kept.mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / DROPS))
    g_r = plain.observed[:DROPS, 1] - plain.observed[:DROPS, 2]
    np.testing.assert_allclose(drops.seen[:, 0], g_r, atol=1e-5)
    assert ((drops.redshift >= 0) & (drops.redshift <= 1)).all()


def test_draws_have_everything_and_units(plain):
    draws = plain.draws(true=True)
    assert draws.names[:11] == PARAMETERS
    assert draws.unit("sdss_r") == "mag"
    np.testing.assert_allclose(draws["selection_weight"], plain.weights, atol=1e-6)
    tables = SelectionState().selection_tables(plain)
    assert "terms" in tables["Galaxies with magnitudes and weights"].meta["selection"]
    assert len(tables["Histogram of redshift"]) == 50
    assert figures(plain)["Selected"][1] == f"of {N:,} draws"


def test_a_hand_moves_turns_and_lets_go():
    one = state(use_wedge=True)
    hand = WedgeHand(one)
    apex, first, _ = hand.grips()
    assert hand.grip_at(*apex) == "apex"
    assert hand.grip_at(*first) == "first"
    assert hand.grip_at(-0.3, -0.3) == ""
    hand.drag(*apex, "start")
    hand.drag(0.8, 0.3, "move")
    hand.drag(0.8, 0.3, "end")
    hand.drag(0.1, 0.1, "move")
    assert (one.wedge_x, one.wedge_y) == (0.8, 0.3)
    direction, opening = one.wedge_direction, one.wedge_opening
    hand.drag(*hand.grips()[2], "start")
    hand.drag(0.8, 0.9, "move")
    assert one.wedge_direction + one.wedge_opening / 2 == pytest.approx(90.0, abs=0.1)
    assert one.wedge_direction - one.wedge_opening / 2 == pytest.approx(
        direction - opening / 2, abs=0.1
    )
    inside = hand.grips()[0] + 0.2 * np.array(
        [np.cos(np.radians(one.wedge_direction)), np.sin(np.radians(one.wedge_direction))]
    )
    hand.drag(*inside, "start")
    hand.drag(*(inside + np.array([0.1, -0.05])), "move")
    assert (one.wedge_x, one.wedge_y) == pytest.approx((0.9, 0.25), abs=2e-3)
    one.use_wedge = False
    hand.drag(0.9, 0.25, "start")
    hand.drag(0.0, 0.0, "move")
    assert one.wedge_x == pytest.approx(0.9, abs=2e-3)


def test_presets_can_be_taken_and_say_what_stands_in():
    for preset in PRESETS:
        one = SelectionState(**preset.settings)
        assert set(one.plane()) <= set(one.survey_bands())
    missing = SelectionState()
    assert any("no data have touched" in said for said in missing.selection_warnings())
    assert missing.selection_population is None
    assert set(PRIORS) == {"population", "prior", "deep"}


def test_light_is_kept_for_whoever_asks_next():
    one = light_of(None, N, 0)
    assert one is light_of(None, N, 0)
    assert one is not light_of(None, N, 1)
    noise = NoiseModel.from_depth("sdss")
    first = one.seen(noise, "a")
    assert one.seen(noise, "a") is first
    assert not torch.equal(one.seen(noise, "b")[0], first[0]) or one.seen(noise, "b") is not first
