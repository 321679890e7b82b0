"""What surveys would see of known stars: against the tables, and against the simulator."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.io.observations import State
from astroviz.stars.noise import floors, variability
from astroviz.stars.outlook import choose_nuisances, intrinsic_values, outlook
from astroviz.stars.physics import Physics

N = 4000
STAR = [7.0, -0.3, 0.0, 0.5, 3.1, 140.0, 0.0, 1.8, 4.0]


@pytest.fixture(scope="module")
def physics():
    return Physics()


def many(n=N):
    return torch.tensor([STAR]).expand(n, -1).clone(), torch.zeros(n, dtype=torch.bool)


def test_values_scatter_about_the_tables(physics):
    theta, disk = many()
    none = torch.zeros(N)
    generator = torch.Generator().manual_seed(0)
    found = intrinsic_values(theta, disk, none, none, physics, generator)
    mag, star = physics.magnitudes(theta[:1], disk[:1], none[:1], none[:1])
    torch.testing.assert_close(found[:, 1:16].mean(0), mag[0], rtol=0, atol=0.01)
    spread = torch.sqrt(floors() ** 2 + variability("2MASS", disk[:1])[0] ** 2)
    torch.testing.assert_close(found[:, 4:7].std(0), spread[3:6], rtol=0.05, atol=0)
    assert float(found[0, 16]) == pytest.approx(float(10 ** star.log_teff[0]), rel=1e-5)
    assert float(found[:, 0].mean()) == pytest.approx(1000 / 140 - 0.03, abs=0.002)
    # bands of one survey move together, those of two do not
    correlation = torch.corrcoef(found[:, [4, 5, 7]].T)
    assert 0.2 < correlation[0, 1] < 0.7
    assert abs(correlation[0, 2]) < 0.06


def test_a_star_that_is_too_bright_has_a_companion(physics):
    theta, disk = many(1500)
    none = torch.zeros(1)
    mag, _ = physics.magnitudes(theta[:1], disk[:1], none, none)
    values, errors = torch.zeros(20), torch.full((20,), 0.02)
    states = torch.full((20,), int(State.NOT_COVERED), dtype=torch.int8)
    shares = []
    for brighter in (0.0, 0.5):
        values[1:16] = mag[0] - brighter
        states[4:7] = int(State.OBSERVED)
        generator = torch.Generator().manual_seed(1)
        ratio, _ = choose_nuisances(theta, disk, values, errors, states, physics, generator)
        shares.append(float((ratio > 0.3).float().mean()))
    assert shares[0] < 0.3
    assert shares[1] > 0.9


def test_predictions_hold_for_simulated_stars(stars_model):
    """Held-out W1 falls into the 80 % interval of its prediction in four cases of five."""
    stars = stars_model.simulate(150, seed=3, class_weights=(0.575, 0.425, 0, 0), pattern="all")
    table, inside = stars.observations, []
    column = table.index("w1")
    for row in range(len(table)):
        draws = stars_model.posterior(table, row).predict(["w1", "w2"], 200, seed=row)
        low, high = np.quantile(draws["w1"], [0.1, 0.9])
        inside.append(low <= float(stars.intrinsic[row, column]) <= high)
    assert np.mean(inside) == pytest.approx(0.8, abs=0.1)  # three standard errors


def test_an_outlook_has_every_quantity(stars_model):
    posterior = stars_model.posterior({"g": 14.1, "bp": 15.3})
    draws = posterior.sample(300, seed=0)
    generator = torch.Generator().manual_seed(0)
    found = outlook(draws.values, posterior.inputs(), stars_model.physics, generator)
    assert found.shape == (300, 20)
    assert torch.isfinite(found).all()
    assert abs(float(found[:, 1].median()) - 14.1) < 0.2
