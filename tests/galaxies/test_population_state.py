"""The view of the population without a face: subsets, slices, relations, weights by volume."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.core.draws import Draws
from astroviz.galaxies.explorer import GalaxiesExplorer
from astroviz.galaxies.farthest import farthest_of, farthest_redshift, volume_share
from astroviz.galaxies.literature import main_sequence
from astroviz.galaxies.parameters import DERIVED, DERIVED_UNITS, PARAMETERS, UNITS, GalaxyError
from astroviz.galaxies.population_cut import runs
from astroviz.galaxies.population_regions import region_expression
from astroviz.galaxies.population_scene import PopulationScene, column_label
from astroviz.galaxies.population_state import COLUMNS, RELATIONS
from astroviz.galaxies.selection import ColourWedge, MagnitudeLimit, Selection
from astroviz.galaxies.volumes import comoving_distance

LIMIT = 17.5
NAMES = (*PARAMETERS, *DERIVED, "sdss_r")


def modulus(z):
    return 5 * np.log10(comoving_distance(z) * (1 + z)) + 25


def made_up(n=40_000, seed=0, members=3, limit=LIMIT):
    """A volume of galaxies flat in log mass, on a main sequence, with a third that is quiet."""
    random = np.random.default_rng(seed)
    columns = {name: random.random(n) for name in NAMES}
    distance = comoving_distance(0.2) * random.random(n) ** (1 / 3)
    grid = np.linspace(1e-4, 0.2, 400)
    z = np.interp(distance, comoving_distance(grid), grid)
    mass = random.uniform(8.5, 11.5, n)
    quiet = random.random(n) < 1 / 3
    sfr = np.where(quiet, mass - 12, main_sequence(mass, 0.1, "speagle14"))
    sfr = np.where(np.isfinite(sfr), sfr, 0.8 * mass - 7.6 - 4.4 * quiet)
    columns |= {"redshift": z, "log_mass": mass, "log_mass_formed": mass + 0.25, "log_sfr": sfr,
                "log_ssfr": sfr - mass, "r_abs": -21 - 2.5 * (mass - 10.5),
                "log_z": 0.4 * (mass - 10.5), "u_v": np.where(quiet, 2.0, 0.9),
                "v_j": np.full(n, 0.8)}  # fmt: skip
    columns["sdss_r"] = columns["r_abs"] + modulus(z)
    kept = (columns["sdss_r"] < limit).astype(np.float32)
    far = farthest_redshift(columns["sdss_r"], z, limit, columns["r_abs"])
    units = {**UNITS, **DERIVED_UNITS}
    prior = np.stack([columns[name][::8] for name in NAMES], -1)
    return Draws(
        np.stack([columns[name] for name in NAMES], -1), NAMES,
        tuple(units.get(name, "mag") for name in NAMES), seed,
        {"member": np.arange(n) % members, "kept": kept, "farthest": far, "prior": prior,
         "prior_kept": kept[::8], "prior_farthest": far[::8]},
    )  # fmt: skip


@pytest.fixture(scope="module")
def draws():
    return made_up()


@pytest.fixture
def scene(draws):
    return PopulationScene(draws)


@pytest.fixture
def explorer():
    made = GalaxiesExplorer(object(), view="population")
    made.other_model = lambda name: (None, f"The model {name} is not here.")
    return made


def test_farthest_is_where_the_magnitude_is_the_limit(draws):
    z = draws["redshift"].astype(float)
    far = farthest_redshift(draws["sdss_r"], z, LIMIT, draws["r_abs"])
    inside = (far > 0.003) & (far < 0.79)
    there = draws["r_abs"][inside] + modulus(far[inside])
    assert np.abs(there - LIMIT).max() < 0.06
    seen = draws["sdss_r"] < LIMIT
    assert np.mean((far > z) == seen) > 0.999


def test_a_k_correction_that_grows_brings_the_limit_nearer():
    z, absolute = np.array([0.1]), np.array([-21.0])
    dimmed = absolute + modulus(z) + 0.3
    plain = farthest_redshift(absolute + modulus(z), z, LIMIT, absolute)
    assert farthest_redshift(dimmed, z, LIMIT, absolute) < plain
    assert farthest_redshift(dimmed, z, LIMIT) < plain, "and what looks fainter is not seen as far"


def test_shares_of_volume_are_those_of_spheres():
    share = volume_share(np.array([0.05, 0.1, 0.5]), (0.0, 0.1))
    assert share[0] == pytest.approx((comoving_distance(0.05) / comoving_distance(0.1)) ** 3)
    assert share[1:].tolist() == [1.0, 1.0]
    assert volume_share(np.array([0.01]), (0.05, 0.1))[0] == 1e-3


def test_the_nearest_of_several_limits_counts(draws):
    columns = {name: draws[name] for name in ("redshift", "r_abs", "sdss_r")}
    columns |= {"sdss_g": columns["sdss_r"] + 0.5, "twomass_ks": columns["sdss_r"] - 1.0}
    bands = ("sdss_g", "sdss_r", "twomass_ks")
    main = MagnitudeLimit("sdss_r", LIMIT)
    wedge = ColourWedge({"sdss_r": 1.0}, 30.0)
    plain = farthest_of(Selection((main, wedge), bands), columns)
    assert np.allclose(plain, draws.extras["farthest"], atol=1e-5)
    bright = MagnitudeLimit("sdss_r", 14.5, faint=False)
    assert np.array_equal(farthest_of(Selection((main, bright), bands), columns), plain)
    infrared = MagnitudeLimit("twomass_ks", LIMIT - 1.5)
    both = farthest_of(Selection((main, infrared), bands), columns)
    assert np.all(both <= plain)
    assert np.mean(both < plain) > 0.9
    shifted = MagnitudeLimit("sdss_r", LIMIT, offset=0.1, colour=("sdss_g", "sdss_r"), slope=0.2)
    nearer = farthest_of(Selection((shifted,), bands), columns)
    expected = farthest_redshift(columns["sdss_r"], draws["redshift"], LIMIT - 0.2, draws["r_abs"])
    assert np.allclose(nearer, expected, atol=1e-4)
    assert farthest_of(None, columns).min() == 0.8


def test_volumes_give_back_the_mass_function_that_a_limit_took(scene):
    """The made-up galaxies are flat in log mass; the survey sees 1 in 30 of the small ones."""

    def slope(selected):
        scene.selected = selected
        x, y = scene.relation("mass_function", (0.0, 0.15), {}).line
        good = np.isfinite(y) & (x > 8.9) & (x < 11.2)
        return float(np.polyfit(x[good], y[good], 1)[0])

    assert slope(True) > 0.3
    relation = scene.relation("mass_function", (0.0, 0.15), {})
    good = np.isfinite(relation.other[1]) & np.isfinite(relation.line[1])
    assert np.abs(relation.other[1] - relation.line[1])[good].max() < 0.3, "the same galaxies"
    assert abs(slope(False)) < 0.08


def test_masses_that_the_survey_hardly_holds_are_hatched(scene, draws):
    relation = scene.relation("mass_function", (0.0, 0.15), {})
    ((low, high),) = relation.hidden
    z, mass = draws["redshift"], draws["log_mass"]
    kept = draws.extras["kept"]
    inside = (z < 0.15) & (mass > low) & (mass < high - 0.01)
    assert kept[inside].mean() < 0.1
    above = (z < 0.15) & (mass > high + 0.25) & (mass < high + 0.5)
    assert kept[above].mean() > 0.1


def test_the_ridge_is_the_main_sequence_that_was_put_in(scene):
    relation = scene.relation("main_sequence", (0.0, 0.2), {})
    x, y = relation.line
    there = np.isfinite(y) & (x > 9.8) & (x < 11.0)
    assert np.abs(y[there] - main_sequence(x[there], 0.1, "speagle14")).max() < 0.05
    low, high = relation.band[1:]
    assert np.all(low[there] <= high[there])
    assert relation.counts.shape == (54, 72)
    assert {name for name, _ in relation.literature} >= {"Speagle+14", "Popesso+23"}


def test_counts_are_those_of_numpy(scene, draws):
    counts = scene.relation("uvj", (0.05, 0.15), {}).counts
    z = draws["redshift"].astype(float)
    there = (z >= 0.05) & (z < 0.15)
    weights = draws.extras["kept"] / volume_share(draws.extras["farthest"], (0.05, 0.15))
    expected, *_ = np.histogram2d(
        draws["u_v"][there].astype(float), draws["v_j"][there].astype(float), [54, 72],
        [(0.0, 2.7), (-0.4, 2.2)], weights=weights[there],
    )  # fmt: skip
    assert np.abs(counts - expected).sum() < 0.01 * expected.sum()


def test_a_subset_has_its_own_lines(scene):
    masks, wrong = scene.masks({"quiet": "log_ssfr < -11", "bad": "mass > 3"})
    assert "no column 'mass'" in wrong[0]
    relation = scene.relation("main_sequence", (0.0, 0.2), masks)
    x, y = dict(relation.subsets)["quiet"]
    there = np.isfinite(y)
    assert np.abs(y[there] - (x[there] - 12)).max() < 0.15
    uvj = scene.relation("uvj", (0.0, 0.2), masks)
    quiet = float(uvj.words.partition("%")[0].split()[-1])
    assert quiet == pytest.approx(33, abs=3)
    densities = scene.relation("redshifts", (0.0, 0.2), masks)
    part = dict(densities.subsets)["quiet"][1].sum() / densities.line[1].sum()
    assert part == pytest.approx(1 / 3, abs=0.03)


@pytest.mark.parametrize("kind", RELATIONS)
@pytest.mark.parametrize("selected", [True, False])
def test_every_relation_can_be_drawn_of_any_slice(scene, kind, selected):
    scene.selected = selected
    masks, _ = scene.masks({"none": "log_mass > 99"})
    for cut in ((0.0, 0.8), (0.05, 0.06), (0.5, 0.6), (0.1, 0.1)):
        relation = scene.relation(kind, cut, masks)
        assert relation.words
        assert relation.x_range[0] < relation.x_range[1]
        assert all(low < high for low, high in relation.hidden)


def test_star_formation_that_is_not_seen_is_added_where_much_is():
    scene = PopulationScene(made_up(limit=16.3))
    x, corrected = scene.relation("cosmic_sfr", (0.0, 0.8), {}).line
    scene.selected = True
    _, seen = scene.relation("cosmic_sfr", (0.0, 0.8), {}).line
    # the made-up universe does not change: what is corrected is flat, what is seen falls
    part = (x > 0.03) & (x < 0.17)
    assert np.ptp(corrected[part]) < 0.35 * np.ptp(seen[part])


def test_runs_join_neighbours():
    assert runs(np.array([np.nan, 0.5, 0.01, 0.02, 0.4]), np.arange(6.0)) == ((2.0, 4.0),)
    assert runs(np.ones(3), np.arange(4.0)) == ()


def test_facts_and_shares_are_of_the_slice(scene, draws):
    masks, _ = scene.masks({"quiet": "log_ssfr < -11"})
    facts, shares = scene.facts((0.05, 0.1), masks)
    inside = (draws["redshift"] >= 0.05) & (draws["redshift"] < 0.1)
    facts = dict(facts)
    assert facts["draws in the slice"] == f"{inside.sum():,}"
    assert facts["surviving of formed mass"] == "0.56"
    assert facts["flows in the ensemble"] == "3"
    assert float(shares["quiet"].rstrip("%")) == pytest.approx(33.3, abs=3)


def test_a_region_becomes_an_expression_that_selects_it(scene, draws):
    box = {"type": "rect", "x0": 0.15, "x1": 0.05, "y0": 9.0, "y1": 10.0}
    mask = scene.mask(region_expression("redshift", "log_mass", box))
    z, mass = draws["redshift"], draws["log_mass"]
    assert np.array_equal(mask, (z > 0.05) & (z < 0.15) & (mass > 9) & (mass < 10))
    only = scene.mask(region_expression("log_mass", "log_mass", box))
    assert only.sum() == 0
    corners = {"type": "poly", "x": [0.0, 0.1, 0.1, 0.0], "y": [9.0, 9.0, 10.0, 10.0]}
    lasso = scene.mask(region_expression("redshift", "log_mass", corners))
    assert np.array_equal(lasso, (z > 0) & (z < 0.1) & (mass > 9) & (mass < 10))
    with pytest.raises(GalaxyError, match="three corners"):
        region_expression("redshift", "log_mass", {"type": "poly", "x": [0], "y": [1]})
    with pytest.raises(GalaxyError, match="a box or a lasso"):
        region_expression("redshift", "log_mass", {"type": "span"})


def test_subsets_are_named_changed_and_refused(explorer, draws):
    explorer.population_scene(draws)
    explorer.population_add("massive", "log_mass > 11")
    explorer.population_add("massive", "log_mass > 10.8")
    assert explorer.population_subsets["massive"] == "log_mass > 10.8"
    with pytest.raises(GalaxyError, match="did you mean log_mass"):
        explorer.population_add("typo", "log_mas > 11")
    with pytest.raises(GalaxyError, match="needs a name"):
        explorer.population_add(" ", "log_mass > 11")
    explorer.population_add("third", "redshift < 0.1")
    with pytest.raises(GalaxyError, match="remove one first"):
        explorer.population_add("fourth", "redshift < 0.1")
    explorer.population_remove("quiet")
    assert list(explorer.population_subsets) == ["massive", "third"]
    explorer.undo()
    assert "quiet" in explorer.population_subsets


def test_the_table_holds_all_masses_and_the_subsets(explorer, draws):
    explorer.population_slice = [0.0, 0.1]
    table = explorer.population_table(draws)
    assert set(COLUMNS) <= set(table.colnames)
    assert table["subset_quiet"].dtype == bool
    assert len(table) == (draws["redshift"] < 0.1).sum()
    explorer.population_selected = True
    seen = explorer.population_table(draws)
    assert len(seen) == ((draws["redshift"] < 0.1) & (draws.extras["kept"] > 0)).sum()
    assert "prior" not in table.meta
    assert "without selection" in table.meta["population"]


def test_the_state_travels_in_a_link(explorer):
    explorer.population_subsets = {"a": "log_mass > 10", "b": "(u_v > 1) & (v_j < 1)"}
    explorer.population_columns = ["u_v", "v_j", "tau2"]
    explorer.population_slice = [0.02, 0.1]
    other = GalaxiesExplorer(object(), view="population")
    assert other.from_query(explorer.to_query()) == ()
    assert other.state() == explorer.state()


def test_presets_and_surprises_are_states_that_exist(explorer):
    names = [one.name for one in explorer.population_presets()]
    assert len(set(names)) == len(names) >= 5
    for name in names:
        explorer.take_preset(name)
        assert explorer.preset() == name
        assert set(explorer.population_columns) <= set(COLUMNS)
    for seed in range(5):
        explorer.surprise(seed)
        low, high = explorer.population_slice
        assert 0 <= low < high <= 0.8


def test_what_is_missing_is_said_in_the_view():
    explorer = GalaxiesExplorer(object(), view="population")
    explorer.other_model = lambda name: (None, f"The model {name} is not here.")
    explorer.population_whose = "ladder"
    assert explorer.population_rungs() == ()
    with pytest.raises(GalaxyError, match="ladder is not here"):
        explorer.population_sampled()
    assert "ladder is not here" in explorer.population_warnings()[0]


def test_labels_have_units():
    assert column_label("log_mass") == ("log M*", "M\u2609")
    assert column_label("u_v")[1] == "mag"
    assert column_label("sdss_r") == ("sdss_r", "mag")
