"""The page of an adaptation without a browser: its state, its panels, its runs."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.adaptation import AdaptationPage
from astroviz.dashboards.adaptation_catalogue import example_table
from astroviz.dashboards.adaptation_export import curves_table, frame_table
from astroviz.dashboards.adaptation_linked import brush
from astroviz.dashboards.adaptation_words import CURVES
from astroviz.io import table_bytes
from astroviz.stars.experiment import NONE


@pytest.fixture(scope="module")
def experiment():
    from astroviz.core.registry import load

    return load("stars/adaptation")


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(experiment, engine):
    tab = AdaptationPage(experiment, engine, None)
    yield tab
    tab.shell.close()


def view(tab, name):
    """One of the views, built and seen."""
    tab.shell.view = name
    return tab.built[name]


def test_it_opens_with_the_film_of_an_arm_at_its_end(tab):
    latent = tab.built["latent"]
    assert tab.explorer.arm is not None
    assert latent.latent.plot.describe().startswith("Latent space of ")
    assert latent.scrubber.frame == len(tab.explorer.film()) - 1
    assert latent.notice.sentence == tab.explorer.sentence()
    assert set(tab.built) == {"latent"}, "a hidden view costs nothing"


@pytest.mark.parametrize("name", ["latent", "evidence", "star", "catalogue"])
def test_every_view_becomes_one_document_without_complaint(tab, name):
    view(tab, name)
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_the_scrubber_moves_points_and_nothing_else(tab):
    latent = tab.built["latent"]
    plot = latent.latent.plot
    x, ends = plot.x.copy(), (plot.figure.x_range.start, plot.figure.x_range.end)
    film = latent.scrubber.film
    latent.scrubber._handle_msg({"frame": 0, "number": 7})
    assert tab.explorer.frame == 0
    assert latent.scrubber.heard == 7
    assert not np.array_equal(plot.x, x)
    assert (plot.figure.x_range.start, plot.figure.x_range.end) == ends
    assert latent.scrubber.film == film, "the film is sent once"
    latent.scrubber._handle_msg({"frame": len(tab.explorer.film()) - 1, "number": 8})
    assert tab.explorer.frame is None
    assert np.array_equal(plot.x, x)


def test_figures_of_the_scrubber_are_fit_for_json(tab):
    film = json.loads(tab.built["latent"].scrubber.film)
    assert [figure["name"] for figure in film["figures"]] == [name for name, _ in CURVES.values()]
    assert all(len(one["values"]) == len(film["steps"]) for one in film["figures"])


def test_a_drag_is_one_step_to_take_back(tab):
    for frame in (2, 1, 0):
        tab.scrub(frame)
    assert tab.explorer.frame == 0
    tab.shell._undo()
    assert tab.explorer.frame is None


def test_what_is_not_shipped_is_offered(tab):
    tab.controls.switches["discrepancy"].value = True
    assert tab.explorer.arm is None
    notice = tab.built["latent"].notice
    assert "No checkpoint" in notice.warnings[0]
    assert {"nearest", "train"} <= {name for name, _ in notice.actions}
    wanted = tab.explorer.nearest()
    assert wanted.name != NONE
    notice._handle_msg({"action": "nearest"})
    assert tab.explorer.arm is wanted
    assert not tab.controls.switches["discrepancy"].value
    assert not any("No checkpoint" in words for words in notice.warnings)


def test_the_nearest_arm_has_the_same_switches_and_most_nearly_the_pairs(tab):
    own = tab.explorer
    for record in own.shipped():
        own.take(record.name)
        assert own.nearest() is own.arm


def test_every_target_can_be_shown(tab):
    for one in tab.explorer.experiment.targets:
        tab.controls.target.value = one.name
        assert tab.explorer.target == one.name
        assert str(len(tab.explorer.cast.real)) in tab.built["latent"].latent.plot.describe()


def test_a_brush_reaches_all_plots_by_row_number(tab):
    first = tab.built["latent"].real_from
    brush(tab.explorer, [first, first + 1, 2])
    latent, evidence = tab.built["latent"], view(tab, "evidence")
    assert list(latent.latent.plot.selection) == [2, first, first + 1]
    assert list(evidence.sky.selection) == [0, 1]
    evidence.sky._brushes[0](np.array([1, 2]), "add")
    assert tab.explorer.selection == [2, first, first + 1, first + 2]
    tab.shell.view = "latent"
    assert list(latent.latent.plot.selection) == tab.explorer.selection
    brush(tab.explorer, [2], "remove")
    brush(tab.explorer, [first, 5], "intersect")
    assert tab.explorer.selection == [first]


def test_a_pick_on_the_sky_is_that_star(tab):
    evidence = view(tab, "evidence")
    evidence._on_pick(3)
    assert tab.explorer.picked == evidence.real_from + 3
    assert evidence.sky.current == 3


def test_colours_lines_and_parameters_follow_the_state(tab):
    latent = tab.built["latent"]
    for colour in tab.explorer.param["colour"].objects:
        tab.explorer.colour = colour
        assert latent.latent.plot.label == tab.explorer.colours()[1]
    tab.explorer.links = "pairs"
    assert len(latent.latent.plot.pairs["pairs"][0]) == len(tab.explorer.link_lines()[0])
    tab.explorer.links = "none"
    assert not len(latent.latent.plot.pairs["pairs"][0])
    tab.explorer.parameter = "a_v"
    assert latent.recovery.axis.label == "A_V"


def test_umap_that_is_not_there_is_a_sentence(tab, monkeypatch):
    def missing(self):
        raise ImportError("UMAP needs the package umap-learn: pip install umap-learn, or take PCA")

    monkeypatch.setattr(type(tab.explorer), "_umap", missing)
    tab.explorer.projection = "UMAP"
    assert "umap-learn" in tab.shell.voice.sentence
    assert tab.explorer.projection == "PCA 1, 2"


def test_the_picked_star_is_asked_of_both_networks(tab):
    star = view(tab, "star")
    assert tab.explorer.picked == star.real_from
    assert not tab.explorer.can_undo, "opening a view is no step to take back"
    assert all(draws is not None for draws in star.draws.values())
    assert "out of distribution" in star.numbers.object
    before = star.draws["right"].values.copy()
    tab.step_star(+1)
    assert tab.explorer.picked == star.real_from + 1
    assert not np.array_equal(star.draws["right"].values, before, equal_nan=True)


def test_populations_are_shown_on_demand(tab):
    tab.shell.view = "evidence"
    tab.answer("populations")
    evidence = tab.built["evidence"]
    assert evidence.last_pane.object is evidence.populations.layout
    assert evidence.populations.shown.keys() == {"log_age", "log_mass"}


def test_dark_reaches_every_figure(tab):
    for name in ("latent", "evidence", "star", "catalogue"):
        view(tab, name)
    figure = tab.built["evidence"].sky.figure
    before = figure.background_fill_color
    tab.shell.page.dark_theme = True
    assert figure.background_fill_color != before
    assert all(plot.ink.dark for one in tab.built.values() for plot in one.plots)


@pytest.mark.filterwarnings("error")
def test_every_drawer_can_be_opened(tab):
    for name in tab.shell.drawers:
        tab.shell.toggle(name)
        assert tab.shell.drawer == name
    tab.shell.drawer = ""


@pytest.mark.parametrize("kind", ["parquet", "fits", "csv"])
def test_a_frame_and_its_curves_are_handed_over(tab, kind):
    table = frame_table(tab.explorer)
    assert len(table) == len(tab.explorer.cast.domain)
    assert np.allclose(table["latent_1"], tab.explorer.latent().x)
    assert len(frame_table(tab.explorer, [3, 5])) == 2
    assert len(curves_table(tab.explorer)) == len(tab.explorer.film())
    assert len(table_bytes(table, kind)) > 1000


def test_the_address_gives_the_view_back_and_a_broken_one_is_said(experiment, engine, tab):
    tab.explorer.param.update(pairs=50, parameter="a_v", selection=[1, 4])
    other = AdaptationPage(experiment, engine, "latent", tab.explorer.to_query())
    assert other.explorer.state() == tab.explorer.state()
    assert not other.explorer.can_undo
    other.shell.close()
    broken = AdaptationPage(experiment, engine, None, "pairs=banana&nonsense=1")
    assert "nonsense" in broken.shell.voice.sentence
    broken.shell.close()


async def ended(tab, patience=120.0):
    """Wait until the run of a tab is over."""
    for _ in range(int(patience / 0.05)):
        await asyncio.sleep(0.05)
        if not tab.run.running:
            return
    raise TimeoutError


def test_a_run_on_a_table_is_shown_judged_and_taken_back(tab):
    catalogue = view(tab, "catalogue")
    catalogue.steps.value = 100
    shipped = tab.explorer.film().place.copy()

    async def adapt():
        catalogue.adapt()
        assert tab.run.running
        assert catalogue.start_button.disabled
        await ended(tab)

    asyncio.run(adapt())
    assert tab.run.verdict is not None, tab.shell.voice.sentence
    assert tab.explorer.live is tab.run.job
    assert tab.explorer.target == "table"
    assert "before" in catalogue.verdict.object
    assert "your table" in next(iter(reversed(tab.controls.target.options)))
    catalogue._back()
    assert tab.explorer.live is None
    assert np.array_equal(tab.explorer.film().place, shipped)


def test_a_cancelled_run_leaves_what_is_shipped(tab):
    catalogue = view(tab, "catalogue")
    network = tab.explorer.experiment.network()
    before = {name: value.clone() for name, value in network.state_dict().items()}

    async def adapt():
        catalogue.adapt()
        while tab.run.job is None or tab.run.job.film is None or len(tab.run.job.film) < 2:
            await asyncio.sleep(0.05)
        tab.run.cancel()
        await ended(tab)

    asyncio.run(adapt())
    assert "as it was" in tab.shell.voice.sentence
    assert tab.explorer.live is None
    assert all((value == before[name]).all() for name, value in network.state_dict().items())


@pytest.mark.parametrize("rows", [5, 0])
def test_a_table_that_will_not_do_is_refused_in_a_sentence(tab, rows):
    catalogue = view(tab, "catalogue")
    catalogue.upload.put(example_table(tab.explorer)[:rows], "short")

    async def adapt():
        catalogue.adapt()
        await ended(tab)

    asyncio.run(adapt())
    assert tab.shell.voice.kind == "error"
    assert tab.explorer.live is None
    assert not catalogue.start_button.disabled
