"""Many posteriors at once: densities that add up, isochrones from the tracks, a bounded memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.core.draws import Draws
from astroviz.stars.physics import Physics
from astroviz.stars.probability_hr import (
    COLUMNS,
    LOG_LUMINOSITY,
    LOG_TEFF,
    ThinnedDraws,
    hr_density,
    isochrones,
)


def draws(n=256, young=0.8, seed=0, **columns):
    values = np.random.default_rng(seed).normal(size=(n, len(COLUMNS)))
    for name, value in columns.items():
        values[:, COLUMNS.index(name)] = value
    classes = np.array([young / 2, young / 2, 1 - young, 0.0])
    extras = {"class_probabilities": classes, "p_disk": np.array(0.3)}
    return Draws(values, COLUMNS, ("K", "", "pc", "mag", ""), seed, extras)


def test_isochrones_are_those_of_the_tracks():
    physics = Physics()
    found = isochrones(physics, (1.0, 30.0), n=60)
    assert [line.age for line in found] == [1.0, 30.0]
    masses = torch.linspace(float(np.log10(0.03)), float(np.log10(4.0)), 60)
    star = physics.evolve(torch.full_like(masses, 7 + np.log10(3)), masses)
    valid = star.valid.numpy()
    assert np.array_equal(np.isfinite(found[1].effective_temperature), valid)
    np.testing.assert_allclose(
        found[1].effective_temperature[valid], 10 ** star.log_teff.numpy()[valid], rtol=1e-5
    )
    np.testing.assert_allclose(
        found[1].log_luminosity[valid], star.log_lum.numpy()[valid], atol=1e-5
    )
    assert valid.sum() > 50


def test_an_old_low_mass_star_is_fainter():
    young, old = isochrones(Physics(), (1.0, 100.0))
    both = np.isfinite(young.log_luminosity) & np.isfinite(old.log_luminosity)
    low = np.flatnonzero(both)[:80]
    assert (old.log_luminosity[low] < young.log_luminosity[low]).all()


def test_the_density_adds_up_to_the_weights():
    rng = np.random.default_rng(0)
    teff, lum = 10 ** rng.normal(3.6, 0.25, (50, 64)), rng.normal(-0.5, 1.5, (50, 64))
    teff[0, :10] = np.nan  # the draws that are there stand for the whole star
    weights = rng.uniform(size=50)
    found = hr_density(teff, lum, weights)
    assert found.stars.sum() + found.outside == pytest.approx(weights.sum(), rel=1e-9)
    assert found.outside > 0


def test_a_star_lands_in_its_cell():
    found = hr_density(np.full((1, 8), 4000.0), np.full((1, 8), 0.5), np.array([0.6]))
    row, column = np.unravel_index(found.stars.argmax(), found.stars.shape)
    height, width = found.stars.shape
    log_teff = LOG_TEFF[0] + (column + 0.5) * np.ptp(LOG_TEFF) / width
    lum = LOG_LUMINOSITY[0] + (row + 0.5) * np.ptp(LOG_LUMINOSITY) / height
    assert log_teff == pytest.approx(np.log10(4000), abs=0.006)
    assert lum == pytest.approx(0.5, abs=0.045)


def test_no_stars_make_an_empty_density():
    found = hr_density(np.empty((0, 64)), np.empty((0, 64)), np.empty(0))
    assert found.stars.sum() == found.outside == 0


def test_draws_are_kept_thin_and_the_oldest_go():
    kept = ThinnedDraws(largest=3, draws=16)
    for row in (4, 2, 9, 4, 7):
        kept.add(row, draws(a_v=float(row)))
    assert list(kept.rows()) == [4, 7, 9], "2 was the oldest when 7 came"
    assert list(kept.rows(np.array([7, 8, 9]))) == [7, 9]
    found = kept.column("a_v", kept.rows())
    assert found.shape == (3, 16)
    assert found.dtype == np.float32
    assert kept.median("a_v", kept.rows()) == pytest.approx([4, 7, 9])
    assert kept.p_disk(kept.rows()) == pytest.approx([0.3] * 3)
    kept.clear()
    assert len(kept) == 0
    assert kept.column("a_v", kept.rows()).shape == (0, 16)
    assert kept.median("a_v", kept.rows()).shape == (0,)
    with pytest.raises(ValueError, match="8 draws are too few to keep 16"):
        kept.add(1, draws(8))


def test_p_young_follows_the_prior_odds():
    kept = ThinnedDraws(draws=8)
    kept.add(0, draws(young=0.8))
    rows = kept.rows()
    assert kept.p_young(rows) == pytest.approx([0.8])
    assert kept.p_young(rows, odds=0.25) == pytest.approx([0.5])
    assert kept.p_young(rows, known=True) == pytest.approx([1.0])
