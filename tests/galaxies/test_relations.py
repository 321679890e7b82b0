"""Relations of draws whose law is known, against that law."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM

from astroviz.galaxies import literature, relations
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.relation import INCOMPLETE, ensemble, weighted_quantiles
from astroviz.galaxies.volumes import comoving_distance, shell_volume

GRID = np.linspace(8.5, 11.7, 4001)


def survey(n: int = 60_000, seed: int = 0, top: float = 0.2) -> dict[str, np.ndarray]:
    """Galaxies of the published mass function, uniform in volume, on a sequence of known law."""
    rng = np.random.default_rng(seed)
    density = np.nan_to_num(literature.mass_function(GRID))
    grown = np.cumsum(density)
    mass = np.interp(rng.uniform(0, grown[-1], n), grown, GRID)
    z = np.linspace(0, top, 400)
    volume = shell_volume(0.0, z)
    redshift = np.interp(rng.uniform(0, volume[-1], n), volume, z)
    dead = rng.uniform(size=n) < 0.4
    sfr = 0.8 * mass - 8.0 + rng.normal(0, 0.2, n) - 2.5 * dead
    return {
        "log_mass": mass, "redshift": redshift, "log_sfr": sfr, "log_ssfr": sfr - mass,
        "log_z": 0.3 * (mass - 10.5) + rng.normal(0, 0.1, n), "dead": dead,
        "u_v": np.where(dead, 1.9, 1.0), "v_j": np.where(dead, 1.2, 0.8),
    }  # fmt: skip


def truth(edges: np.ndarray) -> np.ndarray:
    """Mean of the published mass function in each bin."""
    return np.array([
        np.nanmean(literature.mass_function(np.linspace(low + 1e-3, high - 1e-3, 400)))
        for low, high in itertools.pairwise(edges)
    ])  # fmt: skip


def test_volumes_are_those_of_astropy():
    cosmology = FlatLambdaCDM(H0=70, Om0=0.3)
    z = np.array([0.01, 0.2, 0.8])
    assert np.allclose(comoving_distance(z), cosmology.comoving_distance(z).value, rtol=1e-5)
    expected = cosmology.comoving_volume(0.3).value - cosmology.comoving_volume(0.1).value
    assert shell_volume(0.1, 0.3) == pytest.approx(expected / (4 * np.pi), rel=1e-5)


def test_the_mass_function_comes_back_with_its_amplitude():
    draws, edges = survey(), np.arange(9.0, 11.51, 0.25)
    per_volume = np.trapezoid(np.nan_to_num(literature.mass_function(GRID)), GRID)
    total = per_volume * float(shell_volume(0.0, 0.2))
    found = relations.mass_function(draws, (0.05, 0.15), edges, total=total)
    assert np.all(np.abs(np.log10(found.value / truth(edges))) < 0.1)
    anchored = relations.mass_function(draws, (0.05, 0.15), edges, anchor="wright17")
    assert np.allclose(np.log10(anchored.value / found.value), 0.0, atol=0.05)


def test_a_shape_alone_integrates_to_one():
    edges = np.arange(8.5, 11.8, 0.1)
    found = relations.mass_function(survey(), edges=edges)
    assert np.nansum(found.value * np.diff(edges)) == pytest.approx(1.0, abs=0.01)
    z = relations.redshift_distribution(survey(), np.linspace(0, 0.2, 21))
    assert np.sum(z.value * 0.01) == pytest.approx(1.0)
    assert np.all(np.diff(z.value[:15]) > 0)


def test_the_largest_volume_gives_back_what_a_limit_took():
    draws, edges = survey(), np.arange(9.5, 11.26, 0.25)
    reach = 0.02 * 10 ** (0.5 * (draws["log_mass"] - 9.0))  # seen up to this redshift
    kept = (draws["redshift"] < reach).astype(float)
    seen = {name: values[kept > 0] for name, values in draws.items()}
    volume = shell_volume(0.0, np.minimum(reach[kept > 0], 0.2))
    found = relations.mass_function(seen, edges=edges, weights=1 / volume, anchor="wright17")
    assert np.all(np.abs(np.log10(found.value / truth(edges))) < 0.12)
    naive = relations.mass_function(seen, edges=edges, anchor="wright17")
    assert np.max(np.abs(np.log10(naive.value / truth(edges)))) > 0.3


def test_completeness_is_the_part_kept_and_small_parts_are_marked():
    draws = survey()
    kept = np.clip((draws["log_mass"] - 8.5) / 2.0, 0, 1)
    edges = np.array([8.5, 8.6, 9.5, 11.7])
    found = relations.mass_function(draws, edges=edges, kept=kept)
    for k in range(3):
        here = (draws["log_mass"] >= edges[k]) & (draws["log_mass"] < edges[k + 1])
        assert found.completeness[k] == pytest.approx(kept[here].mean())
    assert found.incomplete.tolist() == (found.completeness < INCOMPLETE).tolist()
    assert found.incomplete.tolist() == [True, False, False]
    assert not relations.mass_function(draws, edges=edges).incomplete.any()


def test_the_main_sequence_is_that_of_the_galaxies_that_form_stars():
    found = relations.main_sequence(survey(), edges=np.arange(9.0, 11.1, 0.25))
    assert np.all(np.abs(found.value - (0.8 * found.x - 8.0)) < 0.06)
    width = 0.5 * (found.high - found.low)
    assert np.all(np.abs(width - 0.2) < 0.05)
    metals = relations.mass_metallicity(survey(), edges=np.arange(9.0, 11.1, 0.25))
    assert np.all(np.abs(metals.value - 0.3 * (metals.x - 10.5)) < 0.04)


def test_bins_of_too_few_galaxies_have_no_value():
    few = {name: values[:40] for name, values in survey().items()}
    found = relations.main_sequence(few)
    assert np.isnan(found.value[found.count < 10]).all()
    assert np.isfinite(found.value[found.count >= 10]).all()


@pytest.mark.parametrize("by", ["uvj", "ssfr"])
def test_the_quiescent_part_is_found_by_colour_and_by_rate(by):
    found = relations.quiescent_fraction(survey(), (0.0, 0.2), np.arange(9.0, 11.1, 0.5), by=by)
    assert np.all(np.abs(found.value - 0.4) < 0.08)


def test_the_cosmic_star_formation_is_the_mean_rate_in_a_volume():
    draws, edges = survey(), np.array([0.0, 0.1, 0.15, 0.2])
    found = relations.cosmic_sfr(draws, edges, total=1e6)
    for k in range(3):
        here = (draws["redshift"] >= edges[k]) & (draws["redshift"] < edges[k + 1])
        each = 1e6 / len(here) * np.sum(10 ** draws["log_sfr"][here])
        volume = float(shell_volume(edges[k], edges[k + 1]))
        assert found.value[k] == pytest.approx(np.log10(each / volume), abs=1e-6)
    anchored = relations.cosmic_sfr(draws, edges)
    difference = anchored.value - literature.cosmic_sfr(anchored.x)
    assert np.mean(difference) == pytest.approx(0.0, abs=1e-6)


def test_the_density_of_colours_integrates_to_the_part_inside():
    x, y, density = relations.uvj_density(survey())
    assert density.sum() * (x[1] - x[0]) * (y[1] - y[0]) == pytest.approx(1.0)


def test_weighted_quantiles_are_those_of_repeated_values():
    values, times = np.array([3.0, 1.0, 2.0, 8.0]), np.array([400, 100, 300, 200])
    expected = np.quantile(np.repeat(values, times), [0.2, 0.6])
    # a step function of few values: the quantile lies within one step of the repeated one
    found = weighted_quantiles(values, times.astype(float), [0.2, 0.6])
    assert np.all(np.abs(found - expected) <= 1.0)
    many = np.random.default_rng(0).normal(size=5000)
    found = weighted_quantiles(many, np.ones(5000), [0.16, 0.5, 0.84])
    assert np.allclose(found, np.quantile(many, [0.16, 0.5, 0.84]), atol=2e-3)
    assert np.isnan(weighted_quantiles(many, np.zeros(5000), [0.5])).all()


def test_an_ensemble_has_the_band_of_its_members():
    members = [survey(8000, seed) for seed in range(5)]
    edges = np.arange(9.0, 11.1, 0.5)
    alone = np.stack([relations.main_sequence(m, edges=edges).value for m in members])
    found = ensemble(lambda m: relations.main_sequence(m, edges=edges), members)
    assert np.allclose(found.value, np.median(alone, axis=0))
    assert np.allclose(found.member_low, np.quantile(alone, 0.05, axis=0))
    assert np.all(found.member_high >= found.member_low)
    everything = relations.all_relations(members, (0.0, 0.2))
    assert set(everything) == {
        "main_sequence", "mass_function", "mass_metallicity", "quiescent_fraction", "cosmic_sfr",
        "redshift_distribution",
    }  # fmt: skip
    assert len(set(map(len, everything["mass_function"].columns().values()))) == 1


def test_what_cannot_be_is_said():
    draws = survey(100)
    with pytest.raises(GalaxyError, match="low < high"):
        relations.main_sequence(draws, (0.3, 0.1))
    with pytest.raises(GalaxyError, match="3 weights for 100 draws"):
        relations.main_sequence(draws, weights=np.ones(3))
    with pytest.raises(GalaxyError, match="no column 'log_mass'"):
        relations.mass_function({"redshift": draws["redshift"]})
    with pytest.raises(GalaxyError, match="uvj and ssfr"):
        relations.quiescent_fraction(draws, by="eye")
