"""The views of surveys and of maps, without a browser, with the shipped model."""

from __future__ import annotations

import asyncio
import threading
import time

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards import stars_surveys
from astroviz.dashboards.shell import Shell, View
from astroviz.dashboards.stars_maps import MapsView
from astroviz.dashboards.stars_surveys import SurveysView
from astroviz.stars import surveys_view
from astroviz.stars.arrival import arrivals
from astroviz.stars.explorer import StarsExplorer
from astroviz.stars.information import Gain

FULL = {
    "parallax": 7.0, "parallax_error": 0.03, "g": 14.0, "bp": 15.3, "rp": 12.9, "j": 11.2,
    "h": 10.5, "ks": 10.2, "w1": 9.9, "i1": 9.9, "spec_teff": 3800.0, "spec_teff_error": 80.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def open_view(stars_model, engine):
    opened = []

    def build(name, kind, table=None):
        explorer = StarsExplorer(stars_model, table)
        shell = Shell(
            explorer, title="t", question="q", address="/stars",
            views=[View(name, name, lambda: None), View("other", "other", lambda: None)],
            view=name, drawers=[],
        )  # fmt: skip
        view = kind(explorer, engine, shell)
        opened.append(view)
        return view

    yield build
    for view in opened:
        view.close()


def surveys(open_view, table=None):
    return open_view("surveys", SurveysView, table)


def test_ridges_end_with_the_answer_of_the_star(open_view):
    view = surveys(open_view)
    assert view.arrived[0] == "prior"
    assert len(view.draws) == len(view.ridges.ridges) == len(view.arrived)
    assert all(len(draws) == surveys_view.DRAWS for draws in view.draws)
    assert view.ridges.ridges[-1].bits > 0.5


def test_it_becomes_one_document(open_view):
    for view in (surveys(open_view), open_view("maps", MapsView)):
        document = Document()
        document.add_root(view.layout.get_root(document))
        document.validate()


def test_a_survey_can_be_moved(open_view):
    view = surveys(open_view)
    before = view.arrived
    last = view.draws[-1]
    view.move(1, -1)
    assert view.arrived[1:3] == (before[2], before[1])
    assert np.array_equal(view.draws[-1].values, last.values, equal_nan=True)
    assert view.places[0][3].label == f"Let {before[2]} arrive later"
    view.move(0, -1)
    view.move(9, 1)
    assert view.arrived[1] == before[2], "moves that cannot be change nothing"


def test_another_parameter_is_drawn_from_the_same_draws(open_view):
    view = surveys(open_view)
    for name in ("log_mass", "a_v", "distance", "effective_temperature"):
        view.picker.value = name
        middle = view.ridges.ridges[-1].quantiles[1]
        wanted = np.median(view.draws[-1][name])
        assert middle == pytest.approx(10**wanted if name == "log_mass" else wanted, rel=0.02)


def test_no_survey_and_every_survey_are_answered_with_sentences(open_view):
    view = surveys(open_view, FULL)
    assert "there is none to add" in view.sentence.object
    assert view.bars.surveys == ()
    view.explorer.surveys = []
    assert view.arrived == ("prior",)
    assert "only the prior" in view.words.object
    assert len(view.bars.surveys) == 5


def test_a_hidden_view_costs_nothing(open_view):
    view = surveys(open_view)
    view.shell.view = "other"
    before = view.arrived
    view.explorer.row = 2
    view.explorer.surveys = ["2MASS"]
    assert view.arrived == before
    view.shell.view = "surveys"
    assert view.arrived == ("prior", "2MASS")


def test_a_failing_model_is_answered_with_a_sentence(open_view, monkeypatch):
    view = surveys(open_view)

    def fail(*_):
        raise RuntimeError("the <model> failed on purpose")

    monkeypatch.setattr(stars_surveys, "arriving", fail)
    view.explorer.row = 2
    assert "the &lt;model&gt; failed on purpose" in view.words.object


def test_the_gain_comes_survey_by_survey_and_ends_with_a_new_star(open_view, monkeypatch):
    asked, stopped, release = [], threading.Event(), threading.Event()

    def slow(posterior, surveys=None, parameters=(), seed=0, control=None):
        asked.append(surveys[0])
        while not release.is_set():
            try:
                control.check()
            except Exception:
                stopped.set()
                raise
            time.sleep(0.005)
        return Gain(surveys, parameters, np.full((1, 4), len(asked)), np.full((1, 4), 0.1))

    monkeypatch.setattr(stars_surveys, "expected_gain", slow)
    monkeypatch.setattr(stars_surveys, "REST_S", 0.01)

    async def scenario():
        view = surveys(open_view)
        view.explorer.surveys = ["Gaia"]
        await until(lambda: asked)
        assert view.working
        assert "Working out" in view.sentence.object
        view.explorer.row = 1
        assert await until(stopped.is_set)
        release.set()
        asked.clear()
        assert await until(lambda: view.gain is not None and not view.working)
        assert list(view.gain.surveys) == asked == list(view.bars.surveys)
        assert "would tell most about log_age" in view.sentence.object
        view.picker.value = "effective_temperature"
        assert "Temperature follows" in view.sentence.object
        view.ask()
        assert not view.working, "what is known is not worked out again"

    asyncio.run(scenario())


async def until(true, patience=30.0):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if true():
            return True
        await asyncio.sleep(0.01)
    return False


def test_ridges_arrive_in_a_loop_and_the_newest_star_wins(open_view):
    async def scenario():
        view = surveys(open_view)
        for row in (1, 2, 3):
            view.explorer.row = row
        assert await until(lambda: all(d is not None and len(d) == 1000 for d in view.draws))
        posterior = view.explorer.model.posterior(view.explorer.observation())
        wanted = arrivals(posterior, view.arrived[1:], 1000)
        answer = view.engine.submit(wanted[-1][1]).result(30)
        assert np.array_equal(view.draws[-1].values, answer.values, equal_nan=True)

    asyncio.run(scenario())


def test_maps_open_with_some_answers_and_take_a_selection(open_view):
    async def scenario():
        view = open_view("maps", MapsView)
        assert "No star has been asked" in view.hr.describe()
        assert await until(lambda: len(view.rows) == 100)
        weights = view.kept.p_young(view.rows)
        image = view.hr.picture.source.data["image"][0]
        assert image.sum() > 0
        assert (
            f"{weights.sum():.1f} young" in view.hr.describe()
            or "young stars" in view.hr.describe()
        )
        assert view.topdown.number.source.data["image"]
        view.explorer.select(view.rows[:7])
        assert len(view.rows) == 7
        assert view.ask_button.label == "Ask for 7"
        row = int(view.rows[3])
        view.hr.hovered.data = {"row": [row]}
        assert len(view.hr.lifted.data["xs"]) == 2
        assert "Myr" in view.hr.said.text
        view.hr.hovered.data = {"row": [-1]}
        assert view.hr.lifted.data["xs"] == []
        view._on_pick(row)
        assert await until(lambda: view._fine_draws is not None)
        assert len(view._fine_draws) == 1000
        view.explorer.select([])
        view.explorer.assume_young = True
        assert "100 stars" in view.hr.describe()
        view.colour.value = "mean"
        assert "no dust map" in view.map_words.object
        view.explorer.surveys = ["2MASS"]
        assert len(view.rows) == 0, "answers to another question are not shown"
        assert await until(lambda: len(view.rows) == 100)

    asyncio.run(scenario())


def test_stars_without_a_place_are_counted(open_view):
    async def scenario():
        view = open_view("maps", MapsView, {**{k: [v, v] for k, v in FULL.items()}})
        assert await until(lambda: len(view.rows) == 2)
        assert "None of these stars has a position" in view.topdown.describe()
        assert "2 stars have no position" in view.map_words.object
        view._on_pick(0)
        assert len(view.topdown.ray.data["x"]) == 0

    asyncio.run(scenario())


def test_dark_reaches_every_figure(open_view):
    for view, figures in (
        (surveys(open_view), ("ridges", "bars")),
        (open_view("maps", MapsView), ("topdown", "hr")),
    ):
        before = [getattr(view, name).figure.background_fill_color for name in figures]
        view.shell.page.dark_theme = True
        after = [getattr(view, name).figure.background_fill_color for name in figures]
        assert before != after
