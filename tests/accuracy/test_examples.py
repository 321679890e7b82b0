"""Stored examples: what is in them, how they are kept, what images are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from astroviz.accuracy.examples import SHIFTS, STARS, shift_example, star_trial
from astroviz.accuracy.image_summaries import SUMMARIES, image_summaries
from astroviz.accuracy.shift import FLAG
from astroviz.accuracy.shift_case import case_of_tables, case_of_trial, find_shift
from astroviz.accuracy.stored_arrays import read_arrays, write_arrays
from astroviz.accuracy.trial import TrialError
from astroviz.accuracy.validity import validated


def test_arrays_come_back_to_a_part_in_thirty_thousand(tmp_path):
    random = np.random.default_rng(0)
    values = random.normal(size=(50, 4, 3)) * [1.0, 1e6, 1e-6]
    values[3, 1, 2] = np.nan
    given = {"values": values, "names": np.array(["a", "b"]), "flat": np.ones((4, 2))}
    write_arrays(tmp_path / "x.npz", given)
    found = read_arrays(tmp_path / "x.npz")
    span = np.nanmax(values, (0, 1)) - np.nanmin(values, (0, 1))
    assert np.nanmax(np.abs(found["values"] - values) / span) < 1 / 30_000
    assert np.array_equal(np.isnan(found["values"]), np.isnan(values))
    assert list(found["names"]) == ["a", "b"]
    assert (found["flat"] == 1).all()
    with pytest.raises(ValueError, match="infinite"):
        write_arrays(tmp_path / "y.npz", {"x": np.array([[np.inf]])})


@pytest.mark.parametrize("name", STARS)
def test_stored_stars_can_be_judged(name):
    trial = validated(star_trial(name))
    assert trial.count >= 500
    u = (trial.draws < trial.truths[:, None]).mean(1)
    inside = (np.abs(2 * u - 1) <= 0.9).mean(0)
    if name == "B":
        assert (inside[:3] < 0.8).all()
    else:
        assert (inside > 0.85).all()


@pytest.mark.parametrize("name", SHIFTS)
def test_stored_shifts_say_what_they_should(name):
    found = find_shift(shift_example(name), classify=False)
    if name in ("same", "ellipticals"):
        assert found.population.p_value > FLAG
        assert found.objects.flagged < 0.06
    elif name in ("answers", "spirals"):
        assert found.population.p_value < FLAG


def test_the_classifier_sees_the_other_world():
    found = find_shift(shift_example("stars"))
    assert found.classifier.p_value < 1e-6
    assert found.classifier.area > 0.6
    assert len(found.table()) == len(found.case.asked)
    assert set(found.importance_table()["column"]) == set(found.case.names)


def test_images_are_described_as_they_are():
    y, x = np.mgrid[-12:13, -12:13].astype(float)
    round_one = np.exp(-(x**2 + y**2) / 18)
    long_one = np.exp(-(x**2 / 50 + y**2 / 8))
    lumpy = round_one * (1 + np.sin(2.5 * x) * np.sin(2.5 * y))
    found = {k: v for k, v in zip(("round", "long", "lumpy"),
                                  image_summaries(np.stack([round_one, long_one, lumpy])),
                                  strict=True)}  # fmt: skip
    place = {name: k for k, name in enumerate(SUMMARIES)}
    # half the light of a Gaussian is within 1.177 of its width
    assert found["round"][place["size"]] == pytest.approx(3 * 1.177, rel=0.05)
    assert found["long"][place["ellipticity"]] == pytest.approx((5 - 2) / (5 + 2), abs=0.03)
    assert found["lumpy"][place["lumpiness"]] > 5 * found["round"][place["lumpiness"]]
    assert image_summaries(4 * round_one[None])[0, 0] - found["round"][0] == (
        pytest.approx(np.log(4))
    )
    with pytest.raises(ValueError, match="not square"):
        image_summaries(np.zeros((3, 4, 5)))


def test_draws_of_a_right_posterior_are_draws_of_the_prior():
    random = np.random.default_rng(1)
    truths = random.normal(size=(400, 2))
    data = truths + random.normal(size=(400, 2))
    draws = data[:, None] / 2 + random.normal(size=(400, 30, 2)) * np.sqrt(0.5)
    from astroviz.accuracy.trial import Trial

    trial = Trial(truths=truths, draws=draws, names=("a", "b"), units=("mag", ""),
                  prior=random.normal(size=(400, 2)))  # fmt: skip
    case = case_of_trial(trial)
    assert case.labels == ("a (mag)", "b")
    assert find_shift(case, classify=False).population.p_value > FLAG
    wrong = case_of_trial(Trial(truths=truths, draws=draws + 1, names=("a", "b"),
                                prior=trial.prior))  # fmt: skip
    assert find_shift(wrong, classify=False).population.p_value < FLAG


def test_tables_are_compared_by_what_both_have():
    random = np.random.default_rng(2)
    known = Table({"g": random.normal(size=60), "name": ["x"] * 60, "w": np.ones(60)})
    asked = Table({"g": random.normal(size=50), "r": np.ones(50)})
    known["g"].unit = asked["g"].unit = "mag"
    case = case_of_tables(known, asked)
    assert case.names == ("g",)
    assert case.labels == ("g (mag)",)
    assert "r, w" in case.notes[0]
    asked["g"].unit = "Jy"
    with pytest.raises(TrialError, match="convert one"):
        case_of_tables(known, asked)
    with pytest.raises(TrialError, match="share no column"):
        case_of_tables(known, Table({"z": np.ones(50)}))
