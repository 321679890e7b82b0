"""Single galaxies against posteriors that are known on paper, and through `astroviz infer`."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from astroviz.core.engine import Engine
from astroviz.core.request import Alone
from astroviz.galaxies.object_columns import light_of_row, quantities_of
from astroviz.galaxies.object_weights import LEAST, Light, effective_size, weigh
from astroviz.galaxies.objects import sampler_of
from astroviz.galaxies.parameters import DERIVED, PARAMETERS, GalaxyError
from astroviz.galaxies.pool import Pool
from astroviz.inference import infer, infer_file
from astroviz.io.tables import read_table

D = len(PARAMETERS)


def draws_width(linear, seen, errors):
    """A part of the width of the posterior, which no answer may undercut."""
    covariance = linear.population.posterior(seen, errors)[1]
    return 0.5 * np.sqrt(np.diag(covariance))


def distances(draws, mean, covariance):
    """Differences of means and ratios of widths, in standard deviations."""
    width = np.sqrt(np.diag(covariance))
    values = draws.values[:, :D].astype(float)
    keep = width > 1e-9
    return (values.mean(0) - mean)[keep] / width[keep], values.std(0)[keep] / width[keep]


@pytest.mark.parametrize("seed", [0, 2, 7])
def test_weighted_draws_are_the_posterior_on_paper(linear, seed):
    _, seen = linear.population.galaxy(seed, linear.errors)
    mean, covariance = linear.population.posterior(seen, linear.errors)
    draws = linear.sampler.posterior(linear.row(seen)).sample(4000, seed=1, refine=False)
    size = float(draws.extras["effective_size"])
    off, ratio = distances(draws, mean, covariance)
    assert size > 20
    assert np.abs(off).max() < 5 / np.sqrt(size)
    assert np.abs(ratio - 1).max() < 4 / np.sqrt(size)
    assert float(draws.extras["log_evidence"]) == pytest.approx(
        linear.population.log_evidence(seen, linear.errors), abs=0.6
    )
    assert float(draws.extras["ood_score"]) < 1


def test_refined_draws_are_the_posterior_where_hardly_a_draw_resembles_the_galaxy(linear):
    errors = linear.errors / 3
    theta = linear.population.mean + 1.0 * np.sqrt(np.diag(linear.population.covariance))
    seen = theta @ linear.population.synthesis.slopes + linear.population.synthesis.offset
    posterior = linear.sampler.posterior(linear.row(seen, errors))
    few = posterior.sample(1000, seed=0, refine=False)
    assert float(few.extras["errors_widened"]) > 1
    assert float(few.extras["effective_size"]) >= LEAST
    assert np.all(few.values[:, :D].std(axis=0) > draws_width(linear, seen, errors))
    draws = posterior.sample(1000, seed=0)
    assert float(draws.extras["refined"]) == 1
    off, ratio = distances(draws, *linear.population.posterior(seen, errors))
    assert np.sqrt(np.mean(off**2)) < 0.7
    assert 0.6 < ratio.mean() < 1.5
    assert 0.02 < float(draws.extras["accepted"]) < 0.7


def test_a_redshift_that_is_given_is_kept(linear):
    theta, seen = linear.population.galaxy(0, linear.errors)
    at = theta[linear.redshift]
    given = linear.row(seen) | {"redshift": at}
    draws = linear.sampler.posterior(given, use_redshift=True).sample(3000, seed=0, refine=False)
    assert np.allclose(draws["redshift"], at, atol=1e-6)
    mean, covariance = linear.population.posterior(seen, linear.errors)
    gain = covariance[:, linear.redshift] / covariance[linear.redshift, linear.redshift]
    mean = mean + gain * (at - mean[linear.redshift])
    covariance = covariance - np.outer(gain, covariance[linear.redshift])
    size = float(draws.extras["effective_size"])
    off, ratio = distances(draws, mean, covariance)
    assert size > 10
    assert np.abs(off).max() < 5 / np.sqrt(size)
    assert np.abs(ratio - 1).max() < 4 / np.sqrt(size)
    with pytest.raises(GalaxyError, match="no redshift"):
        linear.sampler.posterior(linear.row(seen), use_redshift=True).request(10)
    assert not np.allclose(
        linear.sampler.posterior(given).sample(100, refine=False)["redshift"], at
    )


def test_what_follows_from_the_parameters_moves_with_the_mass(linear):
    _, seen = linear.population.galaxy(0, linear.errors)
    draws = linear.sampler.posterior(linear.row(seen)).sample(200, seed=0, refine=False)
    expected = linear.sampler.pool.derive(draws.values[:, :D])
    assert np.allclose(draws.values[:, D:], expected, atol=2e-4)
    assert draws.names == (*PARAMETERS, *DERIVED)


def test_without_photometry_the_answer_is_the_population(linear):
    draws = linear.sampler.posterior({}).sample(4000, seed=0, refine=False)
    width = np.sqrt(np.diag(linear.population.covariance))
    assert np.abs((draws.values[:, :D].mean(0) - linear.population.mean) / width).max() < 0.1
    assert np.allclose(draws.values[:, :D].std(0) / width, 1, atol=0.1)


def test_a_limit_and_a_gap_count_as_what_they_are(linear):
    quantities = quantities_of(linear.bands)
    _, seen = linear.population.galaxy(0, linear.errors)
    given = linear.row(seen) | {"u_state": "limit", "z": None, "z_error": None}
    light = light_of_row(linear.sampler.posterior(given).observations, 0)
    assert light.bands == linear.bands[:4]
    assert light.flux[0] == 0.0
    assert light.sigma[0] == pytest.approx(10 ** (-0.4 * seen[0]) / 2)
    assert light.sigma[1] == pytest.approx(light.flux[1] * 0.4 * np.log(10) * linear.errors[1])
    assert quantities[-1].kind == "label"


def test_a_galaxy_unlike_any_of_the_population_has_a_high_score(linear):
    _, seen = linear.population.galaxy(0, linear.errors)
    odd = linear.row(seen + np.array([2.5, 0, -1, 1.5, -2]))
    draws = linear.sampler.posterior(odd).sample(100, refine=False)
    assert float(draws.extras["ood_score"]) > 1


def test_a_negative_flux_is_data(linear):
    pool = linear.sampler.pool
    flux = 10 ** (-0.4 * pool.magnitudes(linear.bands)[0].astype(float))
    sigma = np.full(5, flux.mean())
    dark = Light(linear.bands, -0.5 * flux, sigma)
    found = weigh(pool, dark, 4000, np.random.default_rng(0))
    assert found.effective > 100
    assert np.allclose(found.shift, 0)
    masses = found.theta[:, linear.mass].mean()
    bright = weigh(pool, Light(linear.bands, 3 * flux, sigma), 4000, np.random.default_rng(0))
    assert bright.theta[:, linear.mass].mean() > masses


def test_a_pool_without_a_density_is_not_moved(linear):
    pool = Pool(linear.sampler.pool.theta[:20_000], linear.population.synthesis)
    assert not pool.has_density
    flux = 10 ** (-0.4 * linear.sampler.pool.magnitudes(linear.bands)[5].astype(float))
    light = Light(linear.bands, flux, 0.1 * flux)
    found = weigh(pool, light, 500, np.random.default_rng(0))
    assert np.allclose(found.shift, 0)
    with pytest.raises(GalaxyError, match="no density"):
        pool.levels(np.arange(3))
    with pytest.raises(GalaxyError, match="11 parameters"):
        Pool(np.ones((3, 4)), linear.population.synthesis)


def test_effective_sizes_are_those_of_their_formula():
    w = np.log(np.array([1.0, 1.0, 2.0]))
    assert effective_size(w) == pytest.approx(16 / 6)
    assert effective_size(w, np.array([4, 4, 9])) == pytest.approx(16 / 8)
    assert effective_size(np.full(3, -np.inf)) == 0


def test_the_engine_gives_the_answers_of_the_seed_in_any_company(linear):
    seen = [linear.population.galaxy(seed, linear.errors)[1] for seed in (0, 1, 2)]
    requests = [linear.sampler.posterior(linear.row(one)).request(300, seed=5) for one in seen]
    with Engine("cpu") as engine:
        found = [ticket.result() for ticket in [engine.submit(one) for one in requests]]
    alone = next(iter(linear.sampler.draw([requests[2]], "cpu", Alone())))[0]
    assert np.array_equal(found[2].values, alone.values)
    assert not np.array_equal(found[0].values, found[1].values)


def test_a_table_is_answered_row_by_row(linear, tmp_path):
    truths, rows = [], []
    for seed in range(6):
        theta, seen = linear.population.galaxy(seed, linear.errors)
        truths.append(theta)
        rows.append({"id": f"galaxy {seed}"} | linear.row(seen))
    table = Table(rows=rows)
    table["g"] = table["g"].astype(object)
    table["g"][3] = "bright"
    table.write(tmp_path / "in.csv")
    found = infer(read_table(tmp_path / "in.csv"), linear.sampler, samples=300)
    assert len(found) == 6
    assert found["identifier"][2] == "galaxy 2"
    assert found["status"][3].startswith("bad input: sdss_g")
    assert list(found["status"][[0, 1, 2, 4, 5]]) == ["ok"] * 5
    assert "p_young" not in found.colnames
    assert str(found["log_mass_q50"].unit) == "dex(solMass)"
    assert str(found["log_mass_std"].unit) == "dex"
    assert np.all(found["effective_size"] > 1)
    pull = (found["redshift_mean"] - np.array(truths)[:, linear.redshift]) / found["redshift_std"]
    assert np.abs(pull).max() < 5
    again = infer(read_table(tmp_path / "in.csv")[[4]], linear.sampler, samples=300)
    assert again["redshift_mean"][0] == pytest.approx(found["redshift_mean"][4])


def test_a_file_is_answered_to_a_file(linear, tmp_path, monkeypatch):
    rows = [linear.row(linear.population.galaxy(seed, linear.errors)[1]) for seed in range(3)]
    Table(rows=rows).write(tmp_path / "in.fits")
    monkeypatch.setattr("astroviz.inference.load", lambda name, device: linear.sampler)
    report = infer_file(
        tmp_path / "in.fits", tmp_path / "out.parquet", model="galaxies", samples=50,
        keep_samples=True,
    )  # fmt: skip
    assert report.sentence() == "3 rows: 3 ok"
    written = read_table(tmp_path / "out.parquet")
    assert len(written) == 3
    assert {"redshift_q16", "log_sfr_q50", "ood_score", "log_evidence"} <= set(written.colnames)


def test_zero_points_shift_what_would_be_observed(linear):
    pool = linear.sampler.pool
    shift = dict.fromkeys(linear.bands, 0.1)
    moved = Pool(
        pool.theta, linear.population.synthesis, linear.population.log_prob, zero_points=shift
    )
    ratio = moved.fluxes(linear.bands) / pool.fluxes(linear.bands)
    assert np.allclose(ratio, 10**-0.04, rtol=1e-4)
    _, seen = linear.population.galaxy(0, linear.errors)
    flux = 10 ** (-0.4 * seen)
    rng = np.random.default_rng(0)
    light = Light(linear.bands, flux, 0.05 * flux)
    here, there = (weigh(one, light, 3000, rng) for one in (pool, moved))
    masses = [np.average(one.theta[:, linear.mass], weights=np.exp(one.log_weight))
              for one in (here, there)]  # fmt: skip
    assert masses[1] > masses[0]


def test_a_population_has_one_pool_for_all_who_ask(linear):
    population = type(linear.population)()
    first = sampler_of(population)
    assert sampler_of(population) is first
    assert len(first.pool) == 100_000


def test_levels_are_made_once_for_each_draw(linear):
    asked = []

    def density(theta):
        asked.append(len(theta))
        return linear.population.log_prob(theta)

    pool = Pool(linear.sampler.pool.theta[:100], linear.population.synthesis, density)
    first = pool.levels(np.array([3, 3, 7]))
    again = pool.levels(np.array([7, 9]))
    assert asked == [2, 1]
    assert first[2] == again[0]
    assert np.allclose(pool.levels(np.arange(100)), pool.log_density(pool.theta))


def test_scatter_that_bands_share_is_in_the_likelihood():
    light = Light(("a", "b", "c"), np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.2, 0.1]),
                  common=np.array([0.0, 0.3, 0.2]))  # fmt: skip
    covariance = np.diag(light.sigma**2) + np.outer(light.common, light.common)
    off = np.random.default_rng(1).normal(size=(5, 3))
    wanted = np.einsum("ni,ij,nj->n", off, np.linalg.inv(covariance), off)
    assert np.square(light.whitened(off)).sum(1) == pytest.approx(wanted)
