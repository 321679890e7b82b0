"""Any conditional of anything, against answers that are known otherwise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp, kstest

import astroviz
from astroviz.stars.anything import ask, conditional_request, told
from astroviz.stars.question import COLUMNS, OBSERVABLES, Question

STAR = {"g": 14.1, "bp": 15.3, "rp": 12.9, "parallax": 7.0, "parallax_error": 0.03}
SUNLIKE = {"log_age": 7.0, "log_mass": -0.3, "metallicity": 0.0, "a_v": 0.5, "r_v": 3.1,
           "distance": 140.0}  # fmt: skip


@pytest.fixture(scope="module")
def joint_model():
    return astroviz.load("stars/joint", device="cpu")


@pytest.fixture
def star(stars_model):
    """With three bands and a parallax: a question that the photometric model can answer."""
    return stars_model.posterior(STAR)


def test_a_posterior_is_the_posterior(star):
    usual = star.sample(2000, seed=1, sampler=star.model.samplers[-1])
    found = ask(star, Question(("log_age", "a_v")), 2000, seed=2)
    for name in ("log_age", "a_v"):
        assert ks_2samp(found[name], usual[name]).pvalue > 1e-3
    assert found.units == ("log10 yr", "mag")
    assert float(found.extras["effective_size"]) == 2000


def test_a_likelihood_follows_the_physics(joint_model):
    """Every parameter given, nothing observed: magnitudes scatter about those of the tables."""
    given = {**SUNLIKE, "excess_amplitude": -1.5, "excess_slope": 1.0, "excess_onset": 10.0}
    question = Question(("g", "j", "ks", "w1"), given)
    found = ask(joint_model.posterior({}), question, 2000)
    theta = torch.tensor([[given[p.name] for p in joint_model.parameters]])
    single, _ = joint_model.physics.magnitudes(theta, torch.tensor([False]))
    for name, column in (("g", 0), ("j", 3), ("ks", 5), ("w1", 6)):
        # companions make a third of the stars brighter, by 0.75 mag at most
        assert float(single[0, column]) - np.median(found[name]) == pytest.approx(0.08, abs=0.15)
    assert question.kind(observed=0) == "likelihood"


def test_nothing_given_and_all_wanted_is_the_simulator(joint_model):
    found = ask(joint_model.posterior({}), Question(("log_age", "distance", "parallax")), 3000)
    assert kstest(found["log_age"], "uniform", (5.7, 2.3)).statistic < 0.05
    pull = found["parallax"] * found["distance"] / 1000
    assert np.median(pull) == pytest.approx(1.0, abs=0.03)


def test_age_from_temperature_and_luminosity(joint_model):
    labels = {"spec_teff": 4000.0, "spec_teff_error": 40.0, "spec_lum": -0.5,
              "spec_lum_error": 0.03}  # fmt: skip
    wanted = ("log_age", "effective_temperature", "log_luminosity")
    found = ask(joint_model.posterior(labels), Question(wanted), 1500, refine=True)
    assert np.mean(found["effective_temperature"]) == pytest.approx(4000, abs=40)
    assert np.mean(found["log_luminosity"]) == pytest.approx(-0.5, abs=0.04)
    physics = joint_model.physics
    ages = torch.linspace(5.8, 7.9, 211)[:, None].expand(-1, 151)
    masses = torch.linspace(-1.0, 0.3, 151).expand(211, -1)
    star = physics.evolve(ages.flatten(), masses.flatten())
    pull = ((10**star.log_teff - 4000) / 40) ** 2 + ((star.log_lum + 0.5) / 0.03) ** 2
    weight = torch.exp(-0.5 * pull) * star.valid
    # Chabrier's mass function hardly changes over so few masses
    mean = float((weight * ages.flatten()).sum() / weight.sum())
    assert np.mean(found["log_age"]) == pytest.approx(mean, abs=0.06)


def test_an_interval_is_a_cut_through_the_posterior(star):
    question = Question(("log_age", "a_v"), within={"a_v": (0.5, 1.5)})
    found = ask(star, question, 1500, seed=3)
    assert found["a_v"].min() >= 0.5
    assert found["a_v"].max() <= 1.5
    every = star.sample(20_000, seed=4, sampler=star.model.samplers[-1])
    inside = (every["a_v"] >= 0.5) & (every["a_v"] <= 1.5)
    assert ks_2samp(found["log_age"], every["log_age"][inside]).pvalue > 1e-3
    assert float(found.extras["accepted"]) == pytest.approx(inside.mean(), rel=0.25)


def test_the_parts_of_a_joint_answer_agree(star):
    together = ask(star, Question(("log_age", "w1")), 2000, seed=5)
    alone = ask(star, Question(("w1",)), 2000, seed=6)
    assert np.median(together["w1"]) == pytest.approx(np.median(alone["w1"]), abs=0.08)
    wide = np.subtract(*np.percentile(alone["w1"], [84, 16]))
    assert np.subtract(*np.percentile(together["w1"], [84, 16])) == pytest.approx(wide, rel=0.25)


def test_what_is_wanted_or_ignored_is_not_told(star):
    states = star.inputs()["states"]
    assert told(states, Question(("g", "log_age"), ignored=("bp",))) == ["parallax", "rp"]
    shown = ask(star, Question(("g",)), 500)
    assert abs(np.median(shown["g"]) - 14.1) < 0.3  # predicted, not copied
    assert shown["g"].std() > 0.02


def test_through_the_engine(star):
    question = Question(("log_age", "w1"), {"a_v": 0.3})
    with astroviz.Engine(device="cpu") as engine:
        ticket = engine.submit(conditional_request(star, question, 600, seed=7))
        parts = [len(part) for part in ticket]
        answer = ticket.result()
    assert parts[0] == 256
    np.testing.assert_array_equal(answer.values, ask(star, question, 600, seed=7).values)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"wanted": ()}, "nothing is wanted: move one"),
        ({"wanted": ("mass",)}, "nothing is called 'mass'; there are log_age"),
        ({"wanted": ("log_age",), "given": {"a_v": 25.0}}, "a_v = 25 lies outside its prior; "
         "give a value between 0 and 20 mag"),
        ({"wanted": ("log_age",), "given": {"log_age": 7.0}}, "given and wanted at a time"),
        ({"wanted": ("log_age",), "given": {"effective_temperature": 4e3}}, "'spec_teff'"),
        ({"wanted": ("log_age",), "given": {"radius": 1.0}}, "'radius' cannot be given"),
        ({"wanted": ("log_age",), "given": {"a_v": float("nan")}}, "outside its prior"),
        ({"wanted": ("log_age",), "ignored": ("a_v",)}, "'a_v' is not an observable"),
        ({"wanted": ("log_age",), "within": {"a_v": (2, 1)}}, "interval of a_v is empty"),
        ({"wanted": ("log_age",), "within": {"a_v": (30, 40)}}, "lies outside its prior"),
        ({"wanted": ("log_age",), "within": {"w1": (8, 9)}}, "cannot be held in an interval"),
        ({"wanted": ("log_age",), "given": {"a_v": 0.5}, "within": {"a_v": (1, 2)}},
         "outside its own interval 1 to 2"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_asked(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        Question(**settings)


def test_an_interval_that_the_data_exclude_is_refused(star):
    question = Question(("log_age",), within={"a_v": (15.0, 16.0)})
    with pytest.raises(ValueError, match="draws have 15 < a_v < 16, too few to show"):
        ask(star, question, 500)


def test_everything_ignored_is_the_prior(star):
    question = Question(("log_age",), ignored=OBSERVABLES)
    found = ask(star, question, 2000)
    assert kstest(found["log_age"], "uniform", (5.7, 2.3)).statistic < 0.06
    assert question.kind(observed=len(told(star.inputs()["states"], question))) == "prior"


def test_questions_have_names():
    assert Question(("w1",)).kind(3) == "prediction"
    assert Question(("w1", "log_age")).kind(0) == "joint"
    assert Question(("log_age",)).kind(3) == "posterior"
    assert Question(("log_age",), {"a_v": 1.0}).text() == "p(log_age | a_v = 1, observed)"
    assert Question(tuple(COLUMNS)).text("") == f"p({', '.join(COLUMNS)})"
