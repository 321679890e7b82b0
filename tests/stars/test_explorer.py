"""The state of a view of stars, on a model that answers from thin air."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from urllib.parse import parse_qs

import numpy as np
import pytest
import torch
from astropy.table import Table

from astroviz.core.draws import Draws
from astroviz.core.request import Request
from astroviz.io import read_table, table_bytes
from astroviz.io.errors import TableError
from astroviz.io.observations import Observations, State
from astroviz.stars.explorer import StarsExplorer
from astroviz.stars.parameters import CLASSES, DERIVED, PARAMETERS
from astroviz.stars.presets import PRESETS
from astroviz.stars.simulator import simulate
from astroviz.stars.spectrographs import SOURCES
from astroviz.stars.surveys import QUANTITIES, SURVEYS

COLUMNS = (*PARAMETERS, *DERIVED)
NAMES = tuple(column.name for column in COLUMNS)


def made_up_observations(n: int, rng: np.random.Generator) -> Observations:
    states = rng.choice([0, 0, 0, 1, 2, 3], size=(n, len(QUANTITIES))).astype(np.int8)
    values = rng.uniform(8, 15, size=states.shape)
    values[:, 0] = rng.uniform(3, 10, n)
    values[states == State.NOT_COVERED] = np.nan
    errors = np.where(states == State.OBSERVED, 0.05, np.nan)
    names = np.array([f"star {k}" for k in range(n)])
    places = np.stack([rng.uniform(0, 360, n), rng.uniform(-90, 90, n)], -1)
    return Observations(QUANTITIES, values, errors, states, names, places)


class FakeModel:
    """Draws whose width is set by the number of quantities used."""

    name = "stars/fake"
    parameters, derived, quantities = PARAMETERS, DERIVED, QUANTITIES

    def simulate(self, n, seed=0, **settings):
        return simulate(n, torch.Generator().manual_seed(seed), **settings)

    def posterior(self, observation, index=0):
        return FakePosterior(self, observation.row(index))

    def prior(self, n, seed=0):
        return self.draws(n, seed, 10.0)

    def predict(self, draws):
        return np.full((len(draws), 15), 12.0) + draws["a_v"][:, None]

    def sed(self, theta):
        assert np.shape(theta) == (9,)
        line = np.ones(4)
        wavelength = np.array([0.4, 1.0, 4.0, 25.0])
        return {"wavelength": wavelength, "photosphere": line, "dusty": line, "excess": line}

    def draws(self, n, seed, width):
        rng = np.random.default_rng(seed)
        values = np.stack(
            [np.clip(rng.normal(0.5 * (c.lower + c.upper), 0.02 * width * (c.upper - c.lower), n),
                     c.lower, c.upper) for c in COLUMNS], -1)  # fmt: skip
        extras = {"class_probabilities": np.array([0.4, 0.2, 0.3, 0.1]), "p_disk": np.float64(0.3),
                  "p_young": np.float64(0.6), "ood_score": np.float64(1.0)}  # fmt: skip
        return Draws(values, NAMES, tuple(c.unit for c in COLUMNS), seed, extras)


class FakePosterior:
    def __init__(self, model, observation):
        self.model, self.observation = model, observation

    def request(self, n, seed=0, steps=None, priority="interactive", prior_odds=1.0):
        inputs = {"values": self.observation.values, "states": self.observation.states}
        return Request(self.model, inputs, n, seed, {"steps": steps}, priority)

    def sample(self, n, seed=0, **settings):
        width = 1 + (20 - int(self.observation.used.sum())) / 2
        return self.model.draws(n, seed, width)


@pytest.fixture(scope="module")
def model():
    return FakeModel()


@pytest.fixture
def explorer(model):
    return StarsExplorer(model)


@pytest.fixture
def table():
    return Table(
        {
            "source_id": ["a", "b", "c"],
            "phot_g_mean_mag": [12.0, 13.0, np.nan],
            "bp_rp": [1.0, 1.1, 1.2],
            "Jmag": [10.0, 11.0, 9.0],
            "e_Jmag": [0.03, 0.03, 0.02],
            "W1mag": [9.0, np.nan, 8.5],
            "Ak": [0.113, 0.226, np.nan],
            "age_myr": [10.0, 3.0, -99.0],
        }
    )


# The star


def test_every_parameter_is_documented_and_has_a_json_able_default():
    for name in StarsExplorer.state_names():
        assert StarsExplorer.param[name].doc, name
    json.dumps({name: StarsExplorer.param[name].default for name in StarsExplorer.state_names()
                if name not in ("selection",)})  # fmt: skip


def test_it_opens_on_an_example_with_its_truth(explorer):
    assert explorer.preset == PRESETS[0].name
    assert explorer.sentence() == PRESETS[0].sentence
    assert set(explorer.truth()) <= set(NAMES)
    assert explorer.truth_class() in CLASSES
    assert PRESETS[0].name in explorer.title()


def test_a_survey_switch_turns_its_quantities_to_ignored_and_changes_the_question(explorer):
    before = explorer.observation()
    key = explorer.request().content_key()
    explorer.surveys = [survey for survey in SURVEYS if survey != "WISE"]
    after = explorer.observation()
    wise = [q.survey == "WISE" for q in QUANTITIES]
    assert not after.used[0, wise].any()
    assert (after.states[0, wise] == State.IGNORED).sum() == before.used[0, wise].sum()
    assert (after.states[0, ~np.array(wise)] == before.states[0, ~np.array(wise)]).all()
    assert explorer.request().content_key() != key


def test_an_edit_changes_one_cell_and_can_be_taken_back(explorer):
    original = explorer.original()
    explorer.edit("j", value=9.25, error=0.1)
    cell = explorer.cell("j")
    assert (cell.value, cell.error, cell.state) == (9.25, 0.1, State.OBSERVED)
    assert cell.edited
    assert cell.lower <= cell.value <= cell.upper
    assert explorer.original().values[0, 4] == original.values[0, 4] or np.isnan(
        original.values[0, 4]
    )
    explorer.reset("j")
    assert explorer.values == {}
    assert not explorer.cell("j").edited


def test_a_value_for_a_gap_gets_a_usual_error(explorer):
    explorer.edit("w4", state="not_covered")
    explorer.edit("w4", value=7.0)
    cell = explorer.cell("w4")
    assert cell.state == State.OBSERVED
    assert cell.error > 0


def test_a_limit_without_a_magnitude_takes_the_survey_s_depth(model):
    observations = made_up_observations(2, np.random.default_rng(0))
    observations.values[0, :], observations.states[0, :] = np.nan, State.NOT_COVERED
    explorer = StarsExplorer(model, observations)
    explorer.edit("w4", state="limit")
    assert explorer.cell("w4").value == pytest.approx(8.0)
    explorer.edit("spec_teff", state="observed")
    assert explorer.cell("spec_teff").state == State.NOT_COVERED


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"name": "u", "value": 1.0}, "no quantity named 'u'"),
        ({"name": "j", "value": float("inf")}, "finite"),
        ({"name": "j", "error": -0.1}, "positive"),
        ({"name": "j", "state": "gone"}, "no state"),
    ],
)
def test_a_wrong_edit_says_what_is_wrong_and_changes_nothing(explorer, edit, words):
    state = explorer.state()
    with pytest.raises((ValueError, KeyError), match=words):
        explorer.edit(**edit)
    assert explorer.state() == state


def test_edits_belong_to_their_star_and_switches_to_the_view(explorer):
    explorer.edit("j", value=9.0)
    explorer.surveys = ["Gaia", "2MASS"]
    explorer.row = 30
    assert explorer.values == {}
    assert explorer.surveys == ["Gaia", "2MASS"]
    assert explorer.preset is None
    explorer.preset = PRESETS[3].name
    assert explorer.row == 3


def test_a_row_that_is_not_there_is_refused(explorer):
    with pytest.raises(ValueError, match="row"):
        explorer.row = len(explorer.observations)


def test_a_star_without_any_quantity_is_said_to_show_the_prior(explorer):
    explorer.surveys = []
    assert "prior" in explorer.sentence()
    assert any("prior" in warning for warning in explorer.warnings())


def test_pinning_keeps_the_question_as_it_was(explorer):
    pinned = explorer.request().content_key()
    explorer.pin()
    explorer.surveys = ["Gaia"]
    questions = explorer.requests()
    assert questions["pinned"].content_key() == pinned
    assert questions["posterior"].content_key() != pinned
    explorer.unpin()
    assert set(explorer.requests()) == {"posterior"}


def test_a_batch_asks_about_the_selection(explorer):
    explorer.select([2, 5])
    rows, requests = zip(*explorer.batch(n=128), strict=True)
    assert rows == (2, 5)
    assert {(r.n, r.priority) for r in requests} == {(128, "batch")}


# Answers


def test_probabilities_follow_ages_odds_and_the_member_switch(explorer, model):
    draws = model.draws(4000, 0, 5.0)
    summary = explorer.summary(draws)
    assert summary.p_young == pytest.approx(0.6)
    young = np.mean(draws["log_age"] < 7)
    assert summary.p_age_below_10 == pytest.approx(0.6 * young)
    assert summary.p_age_below_60 >= summary.p_age_below_10
    explorer.prior_odds = 4.0
    assert explorer.summary(draws).p_young == pytest.approx(2.4 / 2.8)
    explorer.assume_young = True
    assert explorer.summary(draws).p_young == 1.0
    assert "P(age < 10 Myr)" in explorer.summary(draws).text()


def test_saved_draws_say_under_which_odds_and_prior_they_hold(model):
    explorer, draws = StarsExplorer(model, row=3), model.draws(4000, 0, 5.0)
    plain = explorer.table(draws)
    assert plain.colnames == list(NAMES)
    assert (plain.meta["prior_odds"], plain.meta["p_young"]) == (1.0, pytest.approx(0.6))
    assert plain.meta["model"] == "stars/fake"
    assert (plain.meta["samples"], plain.meta["seed"]) == (4000, 0)
    assert plain.meta["view"] == "row=3"
    explorer.prior_odds = 0.1
    odd = explorer.table(draws)
    assert odd.meta["prior_odds"] == 0.1
    assert odd.meta["p_young"] == pytest.approx(0.06 / 0.46)
    assert odd.meta["p_young"] == explorer.summary(draws).p_young
    explorer.assume_young = True
    assert explorer.table(draws).meta["assume_young"]
    assert explorer.table(draws).meta["p_young"] == 1.0


def test_saved_draws_have_the_weights_of_an_edited_prior(model):
    explorer, draws = StarsExplorer(model), model.draws(4000, 0, 5.0)
    explorer.prior = {"a_v": {"kind": "exponential", "mean": 5.0}}
    table = explorer.table(draws)
    assert table.meta["edited_prior"]["a_v"]["kind"] == "exponential"
    np.testing.assert_array_equal(table["weight"], explorer.reweight(draws).weights)
    assert np.ptp(table["weight"]) > 0
    explorer.prior = {"a_v": {"kind": "normal", "mean": 19.9, "sd": 0.001}}
    refused = explorer.table(draws)
    assert "weight" not in refused.colnames
    assert refused.meta["refused_prior"]
    assert "edited_prior" not in refused.meta


@pytest.mark.parametrize("kind", ["parquet", "fits", "ecsv", "votable"])
def test_every_format_of_saved_draws_holds_the_odds(model, kind):
    explorer = StarsExplorer(model, prior_odds=0.1)
    found = read_table(table_bytes(explorer.table(model.draws(50, 0, 5.0)), kind))
    meta = {name.lower(): value for name, value in found.meta.items()}
    assert meta["prior_odds"] == 0.1
    assert meta["model"] == "stars/fake"


def test_sed_has_the_data_the_band_and_the_curves(explorer, model):
    draws = model.draws(1000, 0, 1.0)
    parts = explorer.sed(draws)
    assert parts["flux"].shape == parts["band_q50"].shape == (15,)
    assert (parts["band_q16"] <= parts["band_q84"]).all()
    assert parts["photosphere"].shape == parts["curve_wavelength"].shape
    assert "band_q50" not in explorer.sed(None)


def test_vega_flux_of_the_sun_like_zero_point():
    from astroviz.stars.sed import nu_f_nu

    # 1594 Jy at 1.235 micron (2MASS J) is 3.87e-6 erg/s/cm2 at magnitude 0.
    flux = nu_f_nu(np.array([0.0]), np.array([1.235]), np.array([1594.0]))
    assert flux[0] == pytest.approx(3.87e-6, rel=0.01)


def test_answers_fill_the_catalogue(explorer, model):
    assert np.isnan(explorer.answers["log_age"]).all()
    explorer.store(3, model.draws(500, 0, 1.0))
    assert np.isfinite(explorer.answers["log_age"][3])
    assert explorer.answers["p_young"][3] == pytest.approx(0.6)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_is_what_it_says(model, preset):
    explorer = StarsExplorer(model, preset=preset.name)
    assert explorer.row == preset.row
    assert explorer.truth_class() == preset.kind
    star = explorer.observation()
    seen = {q.survey for q, used in zip(QUANTITIES, star.used[0], strict=True) if used}
    assert set(preset.surveys) <= seen
    assert not seen & set(preset.without)
    assert all(star.states[0, star.index(n)] == state for n, state in preset.states.items())
    for name, (value, scale) in preset.near.items():
        assert abs(explorer.truth()[name] - value) < 3 * scale, name


# Tables


def test_opening_a_table_reads_quantities_and_literature(explorer, table):
    explorer.open_table(table, label="mine")
    assert explorer.source == "mine"
    assert len(explorer.observations) == 3
    assert explorer.cell("j").value == 10.0
    published = {value.parameter: value for value in explorer.literature()}
    assert published["a_v"].value == pytest.approx(1.0)
    assert published["log_age"].value == pytest.approx(7.0)
    explorer.row = 2
    assert explorer.literature() == ()


def test_a_table_that_cannot_be_read_leaves_the_view_alone(explorer, tmp_path):
    before = explorer.state()
    (tmp_path / "broken.csv").write_text("x,y\n1,2\n")
    with pytest.raises(TableError):
        explorer.open_table(tmp_path / "broken.csv")
    with pytest.raises(TableError, match="no rows"):
        explorer.open_table(Table({"Jmag": np.zeros(0)}))
    with pytest.raises(TableError, match="cannot be read"):
        explorer.open_table(object())
    assert explorer.state() == before


def test_two_tables_of_one_name_are_told_apart(explorer, table):
    explorer.open_table(table, label="mine")
    explorer.open_table(table, label="mine")
    assert explorer.source == "mine (2)"


def test_surprises_are_seeded_and_keep_the_table(explorer, table):
    explorer.open_table(table, label="mine")
    explorer.surprise(5)
    first = explorer.observation().values
    explorer.surprise(6)
    assert not np.array_equal(first, explorer.observation().values, equal_nan=True)
    explorer.surprise(5)
    assert np.array_equal(first, explorer.observation().values, equal_nan=True)
    explorer.undo()
    explorer.undo()
    explorer.undo()
    assert explorer.source == "mine"


@pytest.mark.realdata
def test_the_census_opens_with_its_published_extinction(explorer, real_data):
    explorer.open_table(real_data / "stars" / "cra_census_a.txt")
    assert len(explorer.observations) == 197
    columns = {column.parameter: column for column in explorer.catalogue.literature}
    assert np.isfinite(columns["a_v"].values).mean() > 0.9
    assert len(explorer.patterns()) > 10
    counts = explorer.survey_counts()
    assert 0 < counts.intersection < counts.union <= 197


# Catalogue


def test_patterns_count_every_star_once_and_sort(explorer):
    patterns = explorer.patterns()
    n = len(explorer.observations)
    assert patterns.counts.sum() == n
    assert (np.diff(patterns.counts) <= 0).all()
    assert (patterns.present[patterns.index] == explorer.observations.used).all()
    for order in explorer.param.order.objects:
        explorer.order = order
        assert sorted(explorer.gap_rows()) == list(range(n))
    assert len(explorer.gap_rows(limit=50)) == 50


def test_selected_stars_come_first_when_asked(explorer):
    explorer.select([7, 300])
    explorer.order = "selection"
    assert set(explorer.gap_rows()[:2]) == {7, 300}


def test_intersection_and_union_of_surveys(explorer):
    explorer.surveys = ["Gaia", "WISE"]
    counts = explorer.survey_counts()
    assert counts.intersection == len(explorer.rows_in("intersection"))
    assert counts.union == len(explorer.rows_in("union"))
    assert counts.intersection <= min(counts.each.values()) <= counts.union <= counts.total
    assert f"{counts.intersection:,}" in counts.text()


def test_switched_off_surveys_show_in_the_gap_map(explorer):
    explorer.surveys = ["Gaia"]
    wise = [q.survey == "WISE" for q in QUANTITIES]
    codes = explorer.state_codes
    assert not np.isin(codes[:, wise], [State.OBSERVED, State.LIMIT]).any()


def test_diagrams_hold_finite_points_with_their_rows(explorer):
    for x, y, rows in (explorer.colour_magnitude(), explorer.hr_diagram(), explorer.sky()):
        assert len(x) == len(y) == len(rows) > 0
        assert np.isfinite(x).all()
        assert np.isfinite(y).all()
    apparent = dict(zip(*explorer.colour_magnitude()[2:0:-1], strict=True))
    explorer.absolute = True
    _, magnitude, rows = explorer.colour_magnitude()
    parallax = explorer.observations.values[rows, 0]
    moved = np.array([apparent[row] for row in rows]) - magnitude
    assert moved == pytest.approx(10 - 5 * np.log10(parallax))
    assert "Vega" in explorer.axis_labels()["cmd_y"]


def test_selections_combine_by_set_algebra(explorer):
    explorer.select([1, 2, 3, 4])
    explorer.save_selection("members")
    explorer.select(np.arange(len(explorer.observations)) < 3)
    explorer.save_selection("disks")
    assert explorer.select_expression("members & ~disks").tolist() == [3, 4]
    assert explorer.select_expression("members - disks").tolist() == [3, 4]
    assert explorer.select_expression("members ^ disks").tolist() == [0, 3, 4]
    assert explorer.select([9], "add").tolist() == [0, 3, 4, 9]
    assert explorer.select([9, 0], "remove").tolist() == [3, 4]
    assert explorer.select([4, 5], "intersect").tolist() == [4]
    explorer.delete_selection("disks")
    with pytest.raises(KeyError, match="members"):
        explorer.select_expression("disks")


@pytest.mark.parametrize(
    "expression", ["members +", "__import__('os')", "members.x", "1", "members < disks"]
)
def test_an_expression_can_only_hold_names_and_set_operators(explorer, expression):
    explorer.save_selection("members")
    with pytest.raises((ValueError, KeyError)):
        explorer.select_expression(expression)


def test_selections_go_out_and_in_as_csv(explorer):
    explorer.select([0, 12])
    text = explorer.selection_csv()
    assert text.splitlines()[0] == "row,identifier"
    explorer.select([])
    assert explorer.select_csv(text).tolist() == [0, 12]
    assert explorer.select_csv("row\n3\n99999\n").tolist() == [3]
    with pytest.raises(ValueError, match="identifier"):
        explorer.select_csv("name\nx\n")
    with pytest.raises(ValueError, match="no star"):
        explorer.select_csv("identifier\nnobody\n")


def test_a_selection_outside_the_table_is_refused(explorer):
    with pytest.raises(IndexError, match="rows"):
        explorer.select([10**6])


def test_a_million_rows_are_no_matter(model):
    rng = np.random.default_rng(0)
    n = 1_000_000
    states = rng.choice([0, 1], size=(n, 20)).astype(np.int8)
    values = rng.normal(12, 1, (n, 20)).astype(np.float32)
    big = Observations(QUANTITIES, values, values, states, np.zeros(n, "U1"), values[:, :2])
    explorer = StarsExplorer(model, big)
    assert explorer.patterns().counts.sum() == n
    assert len(explorer.gap_rows(limit=2000)) == 2000
    explorer.select(np.arange(0, n, 2))
    explorer.row = n - 1
    assert len(explorer.to_query()) < 8000
    scattered = rng.choice(n, n // 2, replace=False)
    start = time.perf_counter()
    explorer.select(scattered)
    explorer.select(scattered[:1000], "remove")
    # A hundredth of it when idle; np.unique alone would take longer.
    assert time.perf_counter() - start < 20.0
    assert len(explorer.selection) == n // 2 - 1000
    assert "left out" in explorer.code()
    assert len(explorer.code()) < 8000


# Prior editor


def test_an_edited_prior_reweights_to_the_right_distribution(explorer):
    rng = np.random.default_rng(0)
    values = np.stack([rng.uniform(c.lower, c.upper, 40_000) for c in COLUMNS], -1)
    draws = Draws(values, NAMES, tuple(c.unit for c in COLUMNS), 0, {})
    explorer.prior = {"log_age": {"kind": "normal", "mean": 7.0, "sd": 0.1}}
    found = explorer.reweight(draws)
    assert found.refusal is None
    mean = found.weights @ draws["log_age"]
    assert mean == pytest.approx(7.0, abs=0.01)
    assert np.sqrt(found.weights @ (draws["log_age"] - mean) ** 2) == pytest.approx(0.1, abs=0.005)
    # n (int p)^2 / int p^2 over a range of 2.3 dex
    assert found.effective_size == pytest.approx(40_000 * 0.1 * 2 * np.sqrt(np.pi) / 2.3, rel=0.05)


def test_the_trained_prior_as_the_edited_one_changes_nothing():
    from astroviz.stars.reweight import training_log_density

    grid = np.linspace(0.001, 19.99, 4000)
    density = np.exp(training_log_density("a_v", grid))
    parts = ((0.6, 0.07), (0.2, 0.7), (0.2, 6.0))  # as the card says
    expected = sum(part / mean * np.exp(-grid / mean) for part, mean in parts)
    expected /= sum(part * -np.expm1(-20.0 / mean) for part, mean in parts)
    assert density == pytest.approx(expected, rel=0.02)
    age = training_log_density("log_age", np.array([6.0, 7.0, 9.0]))
    assert age[:2] == pytest.approx(-np.log(2.3), abs=1e-3)
    assert age[2] == -np.inf


def test_too_few_effective_draws_are_refused_with_a_sentence(explorer, model):
    draws = model.draws(1000, 0, 1.0)
    explorer.prior = {"log_age": {"kind": "uniform", "lower": 5.71, "upper": 5.72}}
    found = explorer.reweight(draws)
    assert "not applied" in found.refusal
    assert found.weights == pytest.approx(1e-3)
    summary = explorer.summary(draws)
    assert summary.refusal == found.refusal
    assert summary.effective_size < 100


def test_prior_curves_are_densities(explorer):
    grid = np.linspace(5.7, 8.0, 400)
    explorer.prior = {"log_age": {"kind": "flat_age"}}
    for curve in explorer.prior_density("log_age", grid):
        assert np.trapezoid(curve, grid) == pytest.approx(1.0)
    assert set(explorer.prior_kinds("log_mass")) >= {"kroupa", "uniform"}


@pytest.mark.parametrize(
    ("prior", "words"),
    [
        ({"log_age": {"kind": "wiggly"}}, "one of"),
        ({"logg": {"kind": "uniform"}}, "cannot be edited"),
        ({"a_v": {"kind": "uniform", "lower": 3.0, "upper": 1.0}}, "below"),
        ({"a_v": {"kind": "normal", "mean": 1.0, "sd": 0.0}}, "positive"),
        ({"a_v": {"kind": "exponential", "mean": "x"}}, "number"),
        ({"a_v": {"kind": "exponential", "width": 1.0}}, "width"),
    ],
)
def test_a_wrong_prior_is_refused_with_a_sentence(explorer, prior, words):
    with pytest.raises((ValueError, KeyError), match=words):
        explorer.prior = prior
    assert explorer.prior == {}


# State


def changed(explorer):
    explorer.row = 17
    explorer.surveys = ["Gaia", "WISE"]
    explorer.edit("j", value=9.5, error=0.04)
    explorer.edit("w2", state="ignored")
    explorer.corner = ["log_age", "a_v"]
    explorer.prior = {"a_v": {"kind": "exponential", "mean": 0.5}}
    explorer.select([1, 2, 3, 40])
    explorer.save_selection("mine")
    explorer.pin()
    explorer.param.update(seed=4, n_draws=500, steps=12, assume_young=True, view="catalogue")
    return explorer


def test_the_state_goes_through_json_and_through_a_link(model):
    explorer = changed(StarsExplorer(model))
    state = json.loads(json.dumps(explorer.state()))
    restored, linked = StarsExplorer(model), StarsExplorer(model)
    assert restored.restore(state) == ()
    assert linked.from_query("?" + explorer.to_query()) == ()
    for other in (restored, linked):
        assert other.state() == explorer.state()
        assert other.request().content_key() == explorer.request().content_key()


def test_a_fresh_view_has_an_empty_state(explorer):
    assert explorer.state() == {}
    assert explorer.to_query() == ""


def test_restoring_goes_back_to_defaults_for_what_is_not_named(model):
    explorer = changed(StarsExplorer(model))
    assert explorer.restore({"row": 2}) == ()
    assert explorer.state() == {"row": 2}
    assert explorer.preset == PRESETS[2].name


def test_a_link_can_name_a_preset_and_a_surprise(explorer):
    link = "preset=" + PRESETS[2].name.replace(" ", "+")
    assert explorer.from_query(link) == ()
    assert explorer.row == 2
    assert explorer.from_query("source=surprise:11&seed=3") == ()
    assert explorer.source == "surprise:11"
    assert explorer.seed == 3


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("source=/etc/passwd", "not open here"),
        ("source=surprise:99999999999999", "not open here"),
        ("row=100000", "row"),
        ("row=abc", "row"),
        ("values={%22j%22:%22x%22}", "number"),
        ("corner=log_age,a_v,r_v,distance,logg", "one to four"),
        ("selection=5-x", "range"),
        ("nonsense=1", "nonsense"),
        ("surveys=Gaia,Hubble", "surveys"),
        ("prior=3", "prior"),
        ("states={%22j%22:%22gone%22}", "state"),
    ],
)
def test_a_broken_link_gives_sentences_and_a_working_view(explorer, query, words):
    sentences = explorer.from_query(query)
    assert any(words in sentence for sentence in sentences), sentences
    explorer.request()


def test_a_long_selection_is_left_out_of_the_link(explorer):
    explorer.select(np.arange(0, 400, 2))
    assert "selection" in parse_qs(explorer.to_query())
    assert explorer.state(brief=True) == explorer.state()
    explorer.selections = {f"name{k}": np.arange(0, 400, 2) for k in range(30)}
    query = parse_qs(explorer.to_query())
    assert "selections" not in query
    assert "selection" in query


def test_undo_and_redo_walk_through_the_steps(explorer):
    assert not explorer.can_undo
    explorer.surveys = ["Gaia"]
    explorer.seed = 5
    explorer.row = 20
    steps = []
    while explorer.can_undo:
        steps.append(explorer.state())
        explorer.undo()
    assert len(steps) == 3
    assert explorer.state() == {}
    while explorer.can_redo:
        explorer.redo()
    assert explorer.state() == steps[0]
    with pytest.raises(ValueError, match="nothing to redo"):
        explorer.redo()


def test_a_drag_is_one_step_and_a_row_takes_its_edits_back(explorer):
    for value in np.linspace(9, 10, 20):
        explorer.edit("j", value=value)
    explorer.row = 9
    explorer.undo()
    assert explorer.values == {"j": 10.0}
    explorer.undo()
    assert explorer.state() == {}


def test_a_preset_is_one_step(explorer):
    explorer.preset = PRESETS[4].name
    explorer.undo()
    assert explorer.preset == PRESETS[0].name
    assert not explorer.can_undo


def test_history_merges_only_the_same_controls_in_a_short_time():
    from astroviz.core.history import History

    now = [0.0]
    history = History(merge=1.0, depth=2, clock=lambda: now[0])
    history.record({"k": 0}, {"a"}, drag=True)
    history.record({"k": 1}, {"a"}, drag=True)
    now[0] = 5.0
    history.record({"k": 2}, {"a"}, drag=True)
    history.record({"k": 3}, {"b"})
    assert history.undo({"k": 4}) == {"k": 3}
    assert history.undo({"k": 3}) == {"k": 2}
    assert not history.can_undo


def test_the_code_of_a_view_recreates_it(model, table, tmp_path, monkeypatch):
    path = tmp_path / "stars.ecsv"
    table.write(path)
    import sys

    made = []

    def explore(system, table=None, **state):
        assert system == "stars"
        made.append(StarsExplorer(model, table, **state))
        return made[-1]

    monkeypatch.setitem(sys.modules, "astroviz", SimpleNamespace(explore=explore))
    from_file = StarsExplorer(model, path, surveys=["Gaia"], row=1)
    surprised = StarsExplorer(model)
    surprised.surprise(3)
    for explorer in (changed(StarsExplorer(model)), from_file, surprised):
        exec(explorer.code(), {})
        assert made[-1].request().content_key() == explorer.request().content_key()
        assert all(len(line) <= 200 for line in explorer.code().splitlines())


def test_code_of_a_table_in_memory_says_which_table(explorer, table):
    explorer.open_table(table, label="my stars")
    assert "my stars" in explorer.code()
    compile(explorer.code(), "cell", "exec")


def test_settings_that_do_not_fit_are_refused_at_the_start(model):
    with pytest.raises(ValueError, match="row"):
        StarsExplorer(model, row=10**7)
    with pytest.raises(ValueError, match="colour"):
        StarsExplorer(model, colour="red")


def test_one_gesture_is_one_event_for_the_faces(explorer):
    heard = []
    explorer.param.watch(lambda *events: heard.append({e.name for e in events}),
                         ["row", "source", "surveys", "values", "states", "errors"])  # fmt: skip
    explorer.surprise(1)
    explorer.surveys = ["Gaia"]
    assert heard[-1] == {"surveys"}
    assert sum("source" in names for names in heard) == 1


def test_surveys_change_places_and_the_order_is_state(explorer):
    explorer.let_arrive("Gaia", +1, ["Gaia", "WISE"])
    assert explorer.arrivals_of(["Gaia", "WISE"]) == ["WISE", "Gaia"]
    explorer.let_arrive("WISE", -1, ["Gaia", "WISE"])
    assert explorer.arrivals_of(["Gaia", "WISE"]) == ["WISE", "Gaia"], "there is none before"
    assert parse_qs(explorer.to_query())["arrival"] == [",".join(explorer.arrival)]
    again = StarsExplorer(explorer.model)
    assert again.from_query(explorer.to_query()) == ()
    assert again.arrival == explorer.arrival
    explorer.undo()
    assert explorer.arrival == list(SOURCES)


def test_surveys_that_are_not_named_arrive_last(explorer):
    explorer.arrival = ["WISE"]
    rest = [survey for survey in SURVEYS if survey != "WISE"]
    assert explorer.arrivals_of(SURVEYS) == ["WISE", *rest]
    fresh = StarsExplorer(explorer.model)
    assert "no survey 'Euclid'" in fresh.from_query("arrival=Euclid")[0]
    assert "arrives twice" in fresh.from_query("arrival=Gaia,Gaia")[0]
    assert fresh.arrival == list(SOURCES)


def test_a_picked_star_belongs_to_its_table(explorer):
    explorer.picked = 3
    assert parse_qs(explorer.to_query())["picked"] == ["3"]
    assert "picked stays at its default" in explorer.from_query("picked=99999")[0]
    explorer.picked = 3
    explorer.surprise(5)
    assert explorer.picked is None
    explorer.undo()
    assert explorer.picked == 3


SPECTRAL = next(preset for preset in PRESETS if preset.spectra)


def test_spectra_are_switched_like_surveys(explorer):
    assert "Gaia XP" not in explorer.switches
    explorer.preset = SPECTRAL.name
    assert [name for name in explorer.switches if name not in SURVEYS] == list(SOURCES[5:])
    explorer.switch("Gaia XP", on=False)
    assert explorer.switches["Gaia XP"] is False
    assert "Gaia XP" not in explorer.observation().spectra_of(0)
    assert "LAMOST-like" in explorer.observation().spectra_of(0)
    explorer.undo()
    assert "Gaia XP" in explorer.observation().spectra_of(0)


def test_a_link_brings_the_spectra_that_were_switched_off(explorer):
    explorer.preset = SPECTRAL.name
    explorer.switch("APOGEE-like", on=False)
    again = StarsExplorer(explorer.model)
    assert again.from_query(explorer.to_query()) == ()
    assert again.observation().spectra_of(0) == explorer.observation().spectra_of(0)


def test_a_star_of_spectra_alone_is_not_unknown(explorer):
    explorer.preset = SPECTRAL.name
    explorer.surveys = ["Gaia XP"]
    assert not any("the posterior is the prior" in text for text in explorer.warnings())
    explorer.surveys = []
    assert any("the posterior is the prior" in text for text in explorer.warnings())


def test_spectra_are_drawn_with_the_energy_distribution(explorer):
    explorer.preset = SPECTRAL.name
    seen = {part["label"]: part for part in explorer.sed(None)["spectra"]}
    assert list(seen) == ["Gaia XP"], "the others have no flux before there is a model"
    # a spectrum that is calibrated stands at the height of the magnitudes
    parts = explorer.sed(None)
    red = list(parts["names"]).index("rp")
    xp = seen["Gaia XP"]
    at_red = np.interp(parts["wavelength"][red], xp["wavelength"], xp["flux"])
    assert abs(np.log10(at_red / parts["flux"][red])) < 0.12


def test_a_question_about_a_star_with_spectra_goes_to_the_model_that_reads_them():
    explorer = StarsExplorer(preset=SPECTRAL.name, n_draws=200, dependency="undirected")
    assert explorer.answering_model().name == "stars/spectra"
    request = explorer.conditional()
    assert request.sampler.model.name == "stars/spectra"
    explorer.switch("Gaia XP", on=False)
    explorer.switch("LAMOST-like", on=False)
    explorer.switch("APOGEE-like", on=False)
    assert explorer.answering_model().name == "stars/joint (undirected)"
