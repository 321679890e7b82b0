"""The stars page without a browser: its state, its panels, its drawers, with the shipped model."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.stars import StarsPage
from astroviz.dashboards.stars_export import ExportDrawer
from astroviz.dashboards.stars_samp import selection_table


@pytest.fixture(scope="module")
def shared_engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(stars_model, shared_engine):
    tab = StarsPage(stars_model, shared_engine, "star")
    yield tab
    tab.shell.close()


def drawn(tab):
    """What the corner plot shows, as numbers."""
    return np.array(tab.draws.values)


def same(one, other):
    return np.array_equal(one, other, equal_nan=True)  # a star without a disk has no excess


def test_it_opens_with_an_answer_drawn(tab):
    assert len(tab.draws) == 2000
    assert tab.star is not None
    assert len(tab.star.spectrum.source.data["x"]) == 15
    assert "P(young)" in tab.star.tiles.object
    assert "log age" in tab.star.numbers.object
    assert tab.catalogue is None, "a hidden view costs nothing"


def test_it_becomes_one_document_without_complaint(tab):
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_a_survey_switch_asks_again(tab):
    before = drawn(tab)
    tab.star.hand.act({"survey": "Gaia", "on": False})
    assert "Gaia" not in tab.explorer.surveys
    assert not same(before, drawn(tab))
    tab.shell._undo()
    assert "Gaia" in tab.explorer.surveys
    assert same(before, drawn(tab))


def test_a_moved_slider_asks_again_and_can_be_reset(tab):
    before = drawn(tab)
    tab.star.hand.act({"name": "g", "value": 12.0})
    assert tab.explorer.cell("g").value == 12.0
    assert not same(before, drawn(tab))
    tab.star.hand.act({"name": "g", "reset": True})
    assert same(before, drawn(tab))


def test_the_moves_of_a_drag_are_taken_once_for_each_question(tab):
    async def drag():
        taken = []
        tab.explorer.param.watch(lambda event: taken.append(event.new["g"]), "values")
        for k in range(30):
            tab.star.measurements._handle_msg({"name": "g", "value": 12 + k / 100, "number": k})
            await asyncio.sleep(0.005)
        await tab.live._task
        return taken

    taken = asyncio.run(drag())
    assert taken[-1] == tab.explorer.cell("g").value == 12.29
    assert taken == sorted(taken)
    assert len(taken) < 20
    assert tab.star.measurements.heard == 29
    assert tab.live.idle


def test_a_switch_does_not_overtake_the_moves_before_it(tab):
    async def move_and_switch():
        for message in (
            {"name": "g", "value": 12.5},
            {"name": "g", "value": 12.6},
            {"survey": "WISE", "on": False},
        ):
            tab.star.hand.act(message)
        return tab.explorer.values, tab.explorer.surveys, await tab.live._task

    values, surveys, _ = asyncio.run(move_and_switch())
    assert values["g"] == 12.6
    assert "WISE" not in surveys


def test_a_bad_value_is_answered_with_a_sentence(tab):
    tab.star.hand.act({"name": "g", "error": -1.0})
    assert tab.shell.voice.sentence
    assert "positive" in tab.shell.voice.sentence


def test_a_state_given_by_hand_is_shown(tab):
    tab.star.hand.act({"name": "w2", "state": "not_covered"})
    row = next(row for row in tab.star.measurements.rows if row["name"] == "w2")
    assert row["state"] == "not_covered"
    assert row["edited"]


def test_measurements_are_fit_for_json(tab):
    import json

    text = json.dumps(tab.star.measurements.rows, allow_nan=False)
    assert len(json.loads(text)) == 20


def test_pinning_draws_the_earlier_posterior(tab):
    tab.explorer.pin()
    tab.explorer.surveys = ["2MASS"]
    assert tab.pinned_draws is not None
    assert not same(tab.pinned_draws.values, tab.draws.values)


def test_other_parameters_make_another_corner(tab):
    tab.explorer.corner = ["a_v", "distance"]
    assert tab.star.corner.names == ("a_v", "distance")
    assert tab.star.corner_pane.object is tab.star.corner.layout


def test_dark_mode_reaches_every_figure(tab):
    light = tab.star.spectrum.figure.background_fill_color
    tab.shell.page.dark_theme = True
    assert tab.shell.dark
    assert tab.star.spectrum.figure.background_fill_color != light


def test_the_catalogue_is_built_when_it_is_first_seen(tab):
    tab.shell.view = "catalogue"
    assert tab.catalogue is not None
    tab.catalogue._brush([3, 4, 5])
    assert list(tab.explorer.selection) == [3, 4, 5]
    tab.catalogue._brush([5, 6], "add")
    assert list(tab.explorer.selection) == [3, 4, 5, 6]
    tab.catalogue._open(9)
    assert tab.shell.view == "star"
    assert tab.explorer.row == 9


def test_a_bar_selects_what_a_choice_of_surveys_keeps(tab):
    tab.shell.view = "catalogue"
    tab.catalogue._on_bar("union")
    assert len(tab.explorer.selection) == tab.explorer.survey_counts().union
    tab.catalogue._on_bar("Gaia")
    assert len(tab.explorer.selection) == tab.explorer.survey_counts().each["Gaia"]


def test_the_address_gives_the_view_back(stars_model, shared_engine, tab):
    tab.explorer.surveys = ["Gaia", "2MASS"]
    tab.explorer.seed = 5
    query = tab.explorer.to_query()
    other = StarsPage(stars_model, shared_engine, "star", query)
    assert other.explorer.surveys == ["Gaia", "2MASS"]
    assert same(other.draws.values, tab.draws.values)
    assert not other.explorer.can_undo, "opening a page is no step to take back"
    other.shell.close()


def test_a_broken_address_is_said_and_the_page_opens(stars_model, shared_engine):
    tab = StarsPage(stars_model, shared_engine, None, "row=banana&nonsense=1")
    assert tab.shell.voice.sentence
    assert len(tab.draws) == 2000
    tab.shell.close()


@pytest.mark.filterwarnings("error")
def test_every_drawer_can_be_opened(tab):
    for name in tab.shell.drawers:
        tab.shell.toggle(name)
        assert tab.shell.drawer_box.visible
        assert tab.shell.drawer == name
    tab.shell.drawer = ""
    assert not tab.shell.drawer_box.visible


def test_show_code_follows_the_state(tab):
    tab.shell.toggle("code")
    tab.explorer.seed = 7
    listing = tab.shell._contents["code"][-1].object
    assert "seed=7" in listing.replace(" ", "").replace("&#x27;", "'").replace(":7", "=7")


def test_the_prior_editor_reweights_and_says_how_many_draws_are_left(tab):
    tab.shell.toggle("prior")
    prior = {"log_age": {"kind": "uniform", "lower": 6.0, "upper": 7.3}}
    tab.explorer.param.update(prior=prior)
    assert "Effective sample size" in tab.prior.size.object
    impossible = {"distance": {"kind": "uniform", "lower": 1000.0, "upper": 1001.0}}
    tab.explorer.param.update(prior=impossible)
    assert "Refused" in tab.prior.size.object


@pytest.mark.parametrize("kind", ["parquet", "fits", "csv"])
def test_draws_are_handed_over(tab, kind):
    drawer = ExportDrawer(tab.explorer, lambda: tab.draws, lambda: tab.shell)
    assert len(drawer._bytes(kind)().read()) > 10_000


def test_a_selection_travels_with_units(tab):
    tab.explorer.select([0, 1, 2])
    table = selection_table(tab.explorer)
    assert len(table) == 3
    assert str(table["g"].unit) == "mag"


async def opened(tab, content, name):
    tab.table.open_bytes(content, name)
    await tab.table._task


def test_a_table_of_bytes_opens(tab):
    content = b"name,phot_g_mean_mag,Jmag,e_Jmag\nA,14.2,11.1,0.02\nB,15.0,11.9,0.02\n"
    asyncio.run(opened(tab, content, "mine.csv"))
    assert len(tab.explorer.observations) == 2
    assert tab.explorer.catalogue.label == "mine.csv"
    assert tab.shell.voice.kind == "success"
    assert tab.shell.view == "catalogue"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.csv"),
        (b"a,b\n1,2\n", "strange.csv"),
        (b"SIMPLE  =" + bytes(range(256)) * 8, "broken.fits"),
        (b"PAR1 this is no parquet file", "broken.parquet"),
    ],
    ids=["empty", "nothing known", "broken FITS", "broken Parquet"],
)
def test_what_cannot_be_read_leaves_table_and_selection_as_they_are(tab, content, name):
    tab.explorer.select([1, 2])
    asyncio.run(opened(tab, content, name))
    assert tab.explorer.catalogue.label == "example"
    assert list(tab.explorer.selection) == [1, 2]
    assert tab.shell.voice.kind == "error"
    assert "example stays open" in tab.shell.voice.sentence


def test_a_mapping_can_be_changed(tab):
    content = b"phot_g_mean_mag,mystery\n14.2,11.1\n15.0,-1\n"
    asyncio.run(opened(tab, content, "mine.csv"))

    async def change():
        mapping = tab.explorer.catalogue.mapping
        tab.table._change(mapping, "j", "mystery", "(none)", "-1")
        await tab.table._task

    asyncio.run(change())
    column = tab.explorer.observations.index("j")
    values = tab.explorer.observations.values[:, column]
    assert values[0] == pytest.approx(11.1)
    assert np.isnan(values[1])


def test_many_stars_are_asked_in_the_background(tab):
    tab.shell.view = "catalogue"
    tab.explorer.select([0, 1, 2, 3])

    async def go():
        tab.catalogue.batch.start()
        await tab.catalogue.batch._task

    asyncio.run(go())
    answered = np.isfinite(tab.explorer.answers["log_age"])
    assert answered[:4].all()
    assert "4 of 4 stars answered" in tab.shell.voice.sentence


def test_asking_can_be_stopped_and_keeps_what_it_has(tab):
    tab.shell.view = "catalogue"

    async def go():
        tab.catalogue.batch.start()
        await asyncio.sleep(0.3)
        tab.catalogue.batch.cancel()
        await asyncio.gather(tab.catalogue.batch._task, return_exceptions=True)

    asyncio.run(go())
    assert "Stopped" in tab.shell.voice.sentence
    assert not tab.catalogue.batch.running
