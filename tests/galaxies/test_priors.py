"""Priors: maps there and back, densities against integrals and scipy, physics."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import quad

from astroviz.galaxies.literature import cosmic_age
from astroviz.galaxies.parameters import BOUNDS, PARAMETERS, GalaxyError
from astroviz.galaxies.prior_tables import of_density
from astroviz.galaxies.priors import PRIORS, PopulationPrior, typical_magnitude

AT = {name: place for place, name in enumerate(PARAMETERS)}


def deviates(n, seed=0):
    return torch.randn(n, 11, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", PRIORS)
def test_parameters_come_back_and_lie_in_the_bounds(name):
    prior = PopulationPrior(name)
    x = deviates(5000)
    theta = prior.to_parameters(x)
    for place, one in enumerate(PARAMETERS):
        low, high = BOUNDS[one]
        assert theta[:, place].min() >= low - 1e-6
        assert theta[:, place].max() <= high + 1e-6
    # a deviate far in the tail of a bounded parameter cannot be resolved in single precision
    near = x.abs().amax(-1) < 3
    assert (prior.to_normal(theta) - x)[near].abs().max() < 5e-3
    assert prior.inside(theta).all()


@pytest.mark.parametrize("name", PRIORS)
def test_the_density_is_that_of_the_map(name):
    prior = PopulationPrior(name)
    x = deviates(40, seed=1).clamp(-2, 2).double()
    theta = prior.to_parameters(x.float())
    jacobian = torch.autograd.functional.jacobian(
        lambda one: prior.to_parameters(one[None])[0], x[3].float()
    )
    sign, size = torch.linalg.slogdet(jacobian.double())
    assert sign > 0
    expected = stats.norm.logpdf(x[3].numpy()).sum() - float(size)
    assert float(prior.log_prob(theta[3:4])) == pytest.approx(expected, abs=2e-2)


def test_a_uniform_prior_has_the_density_of_its_box():
    theta = torch.tensor([[0.9, 0.8, 0.5, 0.4, 5.0, -1.0, 1.0, 1.0, -1.0, 0.4, 10.0]])
    kappas = stats.beta(3, 1).logpdf(0.9) + stats.beta(2, 1).logpdf(0.8)
    widths = sum(np.log(BOUNDS[name][1] - BOUNDS[name][0]) for name in PARAMETERS[3:])
    found = float(PopulationPrior("popsed").log_prob(theta))
    assert found == pytest.approx(kappas - widths, abs=0.1)  # slopes are constant between nodes


def test_outside_the_bounds_there_is_no_density():
    prior = PopulationPrior("survey")
    theta = prior.to_parameters(deviates(3))
    theta[0, AT["redshift"]] = 0.9
    theta[1, AT["log_mass_formed"]] = float("nan")
    assert torch.isneginf(prior.log_prob(theta)).tolist() == [True, True, False]


def test_a_density_on_a_grid_becomes_its_quantiles():
    grid = np.linspace(-6, 6, 2001)
    column = of_density("tau1", grid, stats.norm.pdf(grid, 0.5, 1.3))
    x = torch.tensor([-2.0, 0.0, 1.5])
    assert column.value(x).numpy() == pytest.approx(0.5 + 1.3 * x.numpy(), abs=5e-3)


def test_redshifts_of_a_survey_follow_volume_masses_and_limit():
    prior = PopulationPrior("survey", limit=17.0)
    theta = prior.sample(40_000, torch.Generator().manual_seed(2)).numpy()
    z, mass = theta[:, AT["redshift"]], theta[:, AT["log_mass_formed"]]
    faint = typical_magnitude(z, mass)
    assert np.percentile(faint, 90) < 17.0 + 0.4 + 2 * 0.6
    deeper = PopulationPrior("survey", limit=19.0)
    other = deeper.sample(40_000, torch.Generator().manual_seed(2)).numpy()
    assert np.median(other[:, AT["redshift"]]) > 1.5 * np.median(z)


def test_bursts_come_after_the_big_bang_and_metals_with_mass():
    theta = PopulationPrior("survey").sample(30_000, torch.Generator().manual_seed(3)).numpy()
    assert (theta[:, AT["t_burst"]] <= cosmic_age(theta[:, AT["redshift"]]) + 0.02).all()
    small = theta[:, AT["log_mass_formed"]] < 10
    metals = theta[:, AT["log_z"]]
    assert metals[~small].mean() - metals[small].mean() > 0.2


def test_gradients_reach_every_coordinate():
    x = deviates(500).requires_grad_()
    PopulationPrior("survey").to_parameters(x).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert (x.grad.abs().mean(0) > 0).all()


def test_the_typical_magnitude_of_a_known_case():
    # a galaxy of 10^10.97 formed at 100 Mpc: log M*/L near 0.36 at most
    found = float(typical_magnitude(np.array(0.0232), np.array(10.97)))
    modulus = 5 * np.log10(quad(lambda z: 1 / np.sqrt(0.3 * (1 + z) ** 3 + 0.7), 0, 0.0232)[0]
                           * 299_792.458 / 70 * 1.0232 * 1e5)  # fmt: skip
    assert 4.65 - 2.5 * 10.74 + modulus < found < 4.65 - 2.5 * 10.30 + modulus


@pytest.mark.parametrize("given", [{"name": "flat"}, {"furthest": 2.0}])
def test_what_is_no_prior_is_said(given):
    with pytest.raises(GalaxyError, match="prior"):
        PopulationPrior(**given)


def test_a_prior_is_kept_in_a_card():
    prior = PopulationPrior("mock", 19.0, 0.5)
    again = PopulationPrior.from_config(prior.config())
    x = deviates(5)
    assert torch.equal(prior.to_parameters(x), again.to_parameters(x))
