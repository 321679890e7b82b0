"""Landscape, Compare and Shift without a browser: their figures follow the state."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.table import Table
from bokeh.document import Document

from astroviz.accuracy.trial import Trial
from astroviz.core.engine import Engine
from astroviz.dashboards.accuracy import AccuracyPage
from astroviz.io import table_bytes


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def open_view(engine):
    tabs = []

    def opened(name, query=""):
        tab = AccuracyPage(engine, name, query)
        tabs.append(tab)
        return tab, tab.built[name]

    yield opened
    for tab in tabs:
        tab.shell.close()


def a_trial(seed=0, count=160, shift=0.0):
    random = np.random.default_rng(seed)
    data = random.normal(size=(count, 2))
    points = data[:, None] + random.normal(size=(count, 40, 2))
    return Trial(
        truths=points[:, 0], draws=points[:, 1:] + shift, names=("a", "b"), observations=data,
        prior=random.normal(size=(300, 2)) * np.sqrt(2), model="mine",
    )  # fmt: skip


def saved(view):
    for make in view.tables().values():
        assert len(table_bytes(make(), "csv")) > 100


def test_the_map_opens_with_its_valley_and_a_posterior_in_it(open_view):
    tab, view = open_view("landscape")
    assert view.scene.land.failing > 0.3
    assert len(view.map.chosen.data["x"]) == 40
    assert view.corner.names[0] == "log_age"
    assert tab.explorer.state() == {"view": "landscape"}
    assert tab.explorer.preset() == "Another world, in colours"
    saved(view)
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_a_click_opens_the_objects_around_it(open_view):
    tab, view = open_view("landscape")
    place = int(np.argmax(view.scene.land.coverage))
    view.pick(place)
    assert tab.explorer.landscape_row == view.scene.land.rows[place]
    assert view.scene.name_of(place) in view.who.object
    before = view.who.object
    view.step(1)
    assert view.who.object != before
    view.deepest()
    assert tab.explorer.landscape_row is None
    assert view.scene.name_of(view.scene.land.worst) in view.who.object


def test_presets_change_plane_parameter_and_tint(open_view):
    tab, view = open_view("landscape")
    tab.explorer.take_preset("The dust of another world")
    assert view.corner.names[0] == "a_v"
    assert "truth above" in view.map.scale.bar.title
    tab.explorer.take_preset("Another world, on the sky")
    assert view.map.figure.x_range.start > view.map.figure.x_range.end
    assert view.form.x.value == "ra"
    tab.explorer.take_preset("After adaptation")
    assert view.scene.land.failing == 0
    assert "No place of this map" in view.form.numbers.object
    tab.explorer.landscape_near = 80
    assert view.scene.land.near.shape[1] == 80


def test_l_c2st_is_taught_on_demand(open_view):
    tab, view = open_view("landscape")
    tab.explorer.own = a_trial()
    tab.explorer.param.update(landscape_source="tried", tried="mine")
    assert set(view.form.x.options) == {"posterior mean of a", "posterior mean of b"}
    tab.explorer.landscape_tint = "classifier"
    assert "has not been taught" in " ".join(tab.explorer.warnings())
    view.teach()
    assert "L-C2ST" in view.map.scale.bar.title
    assert np.isfinite(view.scene.tint).all()


def test_a_model_that_was_not_asked_has_no_map_yet(open_view):
    tab, view = open_view("landscape")
    tab.explorer.param.update(tried="stars/npe", landscape_source="tried")
    assert view.scene is None
    assert "press Simulate" in view.notice.sentence
    assert view.simulate.layout.visible
    view.arrived(a_trial())
    assert view.scene.trial.names == ("a", "b")


def test_two_claims_are_scored_from_both_kinds_of_references(open_view):
    tab, view = open_view("compare")
    assert view.scene.found.nearer == "first"
    names = list(view.figures.scores.figure.y_range.factors)
    assert names[::-1] == ["A, from the prior", "B, from the prior", "A, from the data",
                           "B, from the data"]  # fmt: skip
    tab.explorer.take_preset("The prior, seen from the prior")
    assert view.scene.found.nearer == ""
    tab.explorer.take_preset("The prior, seen from the data")
    assert view.scene.found.nearer == "first"
    assert "A is nearer" in view.form.numbers.object
    before = np.array(view.figures.look.sources["A"].data["x"])
    view.step(1)
    assert not np.array_equal(before, view.figures.look.sources["A"].data["x"])
    saved(view)


def test_networks_before_and_after_adaptation_are_told_apart(open_view):
    _, view = open_view("compare", "?compare_source=stars")
    assert view.scene.found.nearer == "second"
    assert "after adaptation is nearer" in view.form.numbers.object
    assert not view.form.board.visible


def test_draws_of_mine_are_compared_on_the_same_objects(open_view):
    tab, view = open_view("compare")
    tab.explorer.compare_source = "mine"
    assert view.scene is None
    for field, trial in zip(view.form.files, (a_trial(), a_trial(shift=2.0)), strict=True):
        kept = io.BytesIO()
        np.savez(kept, draws=trial.draws, truths=trial.truths, names=np.array(trial.names))
        field.open_bytes(kept.getvalue(), "draws.npz")
    assert view.scene.found.nearer == "first"
    assert "need the data" in view.form.numbers.object
    view.compare_own(a_trial(), a_trial(seed=5))
    assert "not asked about the same objects" in view.form.numbers.object


def test_a_shift_is_told_by_populations_objects_and_columns(open_view):
    tab, view = open_view("shift")
    assert view.found.classifier is not None
    assert "not one population" in view.form.numbers.object
    top = view.figures.importance.figure.y_range.factors[-1]
    assert top == view.found.case.names[int(view.found.classifier.importance.argmax())]
    assert view.form.x.value == top
    saved(view)
    view.pick(len(view.found.case.known) + 7)
    assert tab.explorer.shift_row == 7
    assert view.found.case.name_of(7) in view.form.facts.object
    view.pick(3)
    assert tab.explorer.shift_row == 7
    tab.explorer.take_preset("Stars of our world")
    assert "may be one population" in view.form.numbers.object
    tab.explorer.take_preset("Spirals under ellipticals")
    assert "not one population" in view.form.numbers.object
    assert view.form.x.options == list(view.found.case.names)


def test_tables_of_mine_are_compared(open_view):
    tab, view = open_view("shift")
    tab.explorer.shift_source = "mine"
    assert view.found is None
    assert view.form.uploads.visible
    random = np.random.default_rng(0)
    known = Table({"g": random.normal(size=120), "r": random.normal(size=120)})
    asked = Table({"g": random.normal(size=120), "r": random.normal(1.5, 1, 120)})
    view.form.known.put(known, "known.csv")
    view.form.asked.put(asked, "asked.csv")
    assert view.found.case.names == ("g", "r")
    assert "not one population" in view.form.numbers.object
    assert view.figures.importance.figure.y_range.factors[-1] == "r"
    view.compare_tables(known, Table({"z": np.ones(50)}), ("a", "b"))
    assert view.found.case.names == ("g", "r")


def test_draws_of_mine_are_held_against_their_prior(open_view):
    tab, view = open_view("shift")
    tab.explorer.own = a_trial()
    tab.explorer.param.update(shift_source="tried", tried="mine")
    assert "the prior" in view.form.numbers.object
    assert "may be one population" in view.form.numbers.object


@pytest.mark.parametrize("name", ["landscape", "compare", "shift"])
def test_dark_surprise_and_links_reach_the_views(open_view, name):
    tab, view = open_view(name)
    figures = [plot.figure for plot in view.plots if hasattr(plot, "figure")]
    light = [figure.background_fill_color for figure in figures]
    tab.shell.dark = True
    assert all(figure.background_fill_color != before
               for figure, before in zip(figures, light, strict=True))  # fmt: skip
    tab.explorer.surprise(5)
    query = tab.explorer.to_query()
    other, _ = open_view(name, f"?{query.lstrip('?')}")
    assert other.explorer.state() == tab.explorer.state()
