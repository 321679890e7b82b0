from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import stats

import astroviz
from astroviz.core.cards import Card
from astroviz.io import TableError
from astroviz.stars.network import StarsNetwork
from astroviz.stars.parameters import PARAMETERS, log_slope, to_z
from astroviz.stars.posterior import StarsModel

STAR = {
    "parallax": 6.6, "parallax_error": 0.03, "g": 13.9, "g_error": 0.01, "bp": 15.1,
    "bp_error": 0.02, "rp": 12.8, "rp_error": 0.02, "j": 11.2, "j_error": 0.02, "h": 10.5,
    "h_error": 0.02, "ks": 10.3, "ks_error": 0.02,
}  # fmt: skip


@pytest.fixture(scope="module")
def model():
    return astroviz.load("stars", device="cpu")


@pytest.fixture(scope="module")
def untrained():
    torch.manual_seed(0)
    return StarsModel(StarsNetwork().eval(), Card(name="stars/untrained", system="stars"))


def test_the_same_seed_gives_the_same_draws(model):
    first, second = (model.posterior(STAR).sample(300, seed=3) for _ in range(2))
    assert np.array_equal(first.values, second.values, equal_nan=True)
    other = model.posterior(STAR).sample(300, seed=4)
    assert not np.array_equal(first["log_age"], other["log_age"])


def test_draws_do_not_depend_on_who_else_waits(model):
    rows = model.simulate(12, seed=1).observations
    with astroviz.Engine(device="cpu") as engine:
        tickets = [
            engine.submit(model.posterior(rows, k).request(300, seed=k)) for k in range(len(rows))
        ]
        together = [ticket.result().values for ticket in tickets]
    for k in (0, 5, 11):
        alone = model.posterior(rows, k).sample(300, seed=k).values
        assert np.allclose(together[k], alone, rtol=2e-3, atol=2e-3, equal_nan=True)


def test_columns_units_and_extras(model):
    draws = model.posterior(STAR).sample(100)
    assert draws.names[:9] == tuple(p.name for p in PARAMETERS)
    assert draws.names[9:] == ("effective_temperature", "logg", "log_luminosity", "radius")
    assert 0 <= draws.extras["p_young"] <= 1
    assert draws.extras["class_probabilities"].sum() == pytest.approx(1, abs=1e-5)
    table = draws.to_table()
    assert table["distance"].unit == "pc"
    assert np.isfinite(draws["log_age"]).all()


def test_derived_quantities_obey_stefan_boltzmann(model):
    draws = model.posterior(STAR).sample(200)
    kelvin, radius = draws["effective_temperature"], draws["radius"]
    expected = 2 * np.log10(radius) + 4 * np.log10(kelvin / 5772)
    assert np.allclose(draws["log_luminosity"], expected, atol=1e-3)


def test_switching_a_survey_off_changes_and_widens_the_answer(model):
    whole = model.observe(STAR)
    less = whole.ignoring(["parallax", "g", "bp", "rp"])
    full = model.posterior(whole).sample(1000)["distance"]
    without = model.posterior(less).sample(1000)["distance"]
    assert without.std() > 5 * full.std()
    assert np.median(full) == pytest.approx(151, abs=4)


def test_a_star_without_data_gets_the_prior(model):
    draws = model.posterior({"g": np.nan}).sample(4000, disk=True)
    age = stats.kstest(draws["log_age"], stats.uniform(5.7, 2.3).cdf).statistic
    assert age < 0.06


def test_disk_columns_are_empty_without_a_disk(model):
    posterior = model.posterior(STAR)
    assert np.isnan(posterior.sample(50, disk=False)["excess_slope"]).all()
    assert np.isfinite(posterior.sample(50, disk=True)["excess_slope"]).all()


def test_prior_odds_move_the_probability_of_youth(model):
    posterior = model.posterior(STAR)
    low, even, high = (posterior.p_young(odds) for odds in (0.01, 1.0, 100.0))
    assert low < even < high
    assert low / (1 - low) == pytest.approx(0.01 * even / (1 - even), rel=1e-2)


def test_density_of_an_untrained_flow_is_the_prior(untrained):
    theta = np.array([[6.5, -0.4, 0.05, 0.8, 3.2, 300.0, 0.1, 2.0, 4.0],
                      [7.5, -1.0, -0.1, 3.0, 3.6, 90.0, -0.5, 1.5, 2.0]])  # fmt: skip
    z = to_z(torch.from_numpy(theta))
    expected = stats.norm.logpdf(z.numpy()).sum(1) - log_slope(z).sum(1).numpy()
    # without a parallax, so that nothing moves the distance away from its prior
    found = untrained.posterior({"g": 14.0, "g_error": 0.02}).log_prob(theta)
    assert np.allclose(found, expected, atol=2e-2)


def test_density_is_that_of_the_draws(model):
    posterior = model.posterior(STAR)
    draws = posterior.sample(400, seed=1, disk=True).values[:, :9].astype(float)
    inside = posterior.log_prob(draws)
    shifted = draws.copy()
    shifted[:, 5] *= 1.2  # thirty standard deviations of the parallax
    assert np.isfinite(inside).mean() > 0.99
    assert np.median(inside) > np.median(posterior.log_prob(shifted)) + 50


def test_density_outside_the_prior_is_zero(model):
    theta = np.array([[9.0, -0.4, 0.05, 0.8, 3.2, 300.0, 0.1, 2.0, 4.0]])
    assert model.posterior(STAR).log_prob(theta)[0] == -np.inf


def test_given_parameters_stay_and_inform(model):
    posterior = model.posterior(STAR)
    young, old = (posterior.given(log_age=age).sample(800) for age in (6.3, 7.5))
    assert np.allclose(young["log_age"], 6.3, atol=1e-3)
    assert np.median(young["log_luminosity"]) > np.median(old["log_luminosity"]) - 0.3
    assert not np.isclose(np.median(young["log_mass"]), np.median(old["log_mass"]), atol=0.01)


def test_given_values_outside_the_prior_are_refused(model):
    with pytest.raises(ValueError, match=r"between 5\.7 and 8"):
        model.posterior(STAR).given(log_age=10.0)
    with pytest.raises(KeyError, match="log_age"):
        model.posterior(STAR).given(age=7.0)


def test_prediction_of_a_hidden_survey(model):
    stars = model.simulate(60, seed=8, class_weights=(1.0, 0.0, 0.0, 0.0), pattern="all")
    seen = stars.states[:, 7] == 0
    rows = stars.observations
    ranks = []
    for k in seen.nonzero()[:, 0].tolist()[:40]:
        hidden = rows.row(k).ignoring(["w1", "w2", "w3", "w4"])
        predicted = model.posterior(hidden).predict(["w1"], 200, seed=k)["w1"]
        ranks.append((predicted < float(stars.intrinsic[k, 7])).mean())
    assert stats.kstest(ranks, "uniform").pvalue > 1e-3
    with pytest.raises(ValueError, match="nothing is wanted"):
        model.posterior(STAR).predict([])


def test_a_star_from_elsewhere_is_flagged(model):
    odd = STAR | {"bp": 9.0, "rp": 17.0, "j": 8.0, "ks": 15.0}
    assert model.posterior(odd).ood_score() > 1
    assert model.posterior(STAR).ood_score() < 1


def test_bad_rows_say_what_is_wrong(model):
    with pytest.raises(TableError, match=r"known|would work"):
        model.posterior({"colour_of_hair": 3.0})
    with pytest.raises(IndexError, match="1 rows"):
        model.posterior(model.observe(STAR), 4)
    with pytest.raises(ValueError, match="shape"):
        model.posterior(STAR).log_prob(np.zeros((2, 3)))


def test_the_prior_of_the_model_is_drawn_from_it(model):
    prior = model.prior(2000, seed=0)
    assert stats.kstest(prior["r_v"], stats.truncnorm(-1.6, 4.4, 3.3, 0.5).cdf).statistic < 0.05
    assert np.isfinite(prior.values).all()


def test_predicted_magnitudes_and_spectrum(model):
    draws = model.posterior(STAR).sample(200)
    mags = model.predict(draws)
    assert mags.shape == (200, 15)
    assert abs(np.median(mags[:, 3]) - STAR["j"]) < 0.4
    spectrum = model.sed(draws.values[0])
    assert (spectrum["dusty"] <= spectrum["photosphere"] * 1.0001).all()


def test_short_memory_changes_the_pieces_and_not_the_draws(model, monkeypatch):
    star = model.simulate(1, seed=5, pattern="all").observations
    request = model.posterior(star).request(300, seed=1)
    sizes = []
    velocity = model.network.velocity.forward

    def watched(w, t, modulation, wanted):
        sizes.append(w.shape[0] * w.shape[1])
        return velocity(w, t, modulation, wanted)

    monkeypatch.setattr(model.network.velocity, "forward", watched)

    def draws(most):
        sizes.clear()
        control = SimpleNamespace(check=lambda: None, progress=lambda f: None, max_draws=most)
        parts = list(model.draw([request], model.device, control))
        return np.concatenate([part[0].values for part in parts]), max(sizes)

    whole, large = draws(None)
    pieces, small = draws(64)
    assert large > 64 >= small
    np.testing.assert_allclose(whole, pieces, rtol=2e-3, atol=2e-3)
