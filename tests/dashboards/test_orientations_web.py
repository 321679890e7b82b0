"""The views *Web* and *Catalogue* without a browser: hands, switches, painting, sentences."""

from __future__ import annotations

import io

import numpy as np
import pytest

from astroviz.core.engine import Engine
from astroviz.core.registry import ModelError, load
from astroviz.dashboards.orientations import OrientationsPage
from astroviz.dashboards.orientations_rest import AtRest
from astroviz.io import read_table


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture(scope="module")
def model():
    try:
        return load("orientations", "cpu")
    except ModelError:
        pytest.skip("the model of the cosmic web is not in this checkout")


@pytest.fixture
def tab(model, engine):
    tab = OrientationsPage(model, engine, "kernel")
    tab.explorer.web_draws = 200
    yield tab
    tab.shell.close()


def view(tab, name):
    tab.shell.view = name
    return tab.built[name]


def numbers(sphere):
    return np.frombuffer(sphere.density, "<f4")


def test_web_opens_with_model_and_truth_side_by_side(tab):
    web = view(tab, "web")
    spheres = web.spheres_card
    assert len(numbers(spheres.model)) == len(numbers(spheres.truth)) == 12 * 16**2
    assert len(spheres.model.points) // 16 == 200
    close = np.corrcoef(numbers(spheres.model), numbers(spheres.truth))[0, 1]
    assert close > 0.5
    assert set(web._read) == {"truth", "model"}
    assert "KL" in spheres.numbers.object
    assert "Click another galaxy" in web.notice.sentence


def test_another_galaxy_is_another_density(tab):
    web = view(tab, "web")
    before, answer = numbers(web.spheres_card.truth), numbers(web.spheres_card.model)
    web.place.box.layout.picked = (tab.explorer.here + 7) % len(tab.explorer.box.galaxies)
    assert tab.explorer.galaxy == web.place.box.layout.picked
    assert np.abs(numbers(web.spheres_card.truth) - before).max() > 0.1
    assert np.abs(numbers(web.spheres_card.model) - answer).max() > 0.1


def test_a_drag_on_the_ellipsoid_moves_law_and_model(tab):
    web = view(tab, "web")
    before, answer = numbers(web.spheres_card.truth), numbers(web.spheres_card.model)
    rotation = web.spheres_card.truth.rotation
    web.hand._dragged("turn", -1, np.array([0.0, 0.8, 0.0]), False)
    assert np.abs(numbers(web.spheres_card.truth) - before).max() > 0.1
    assert np.abs(numbers(web.spheres_card.model) - answer).max() > 0.1
    assert web.spheres_card.truth.rotation == rotation, "the view stands still under a hand"
    assert not web.hand.home.disabled
    assert "by hand" in " ".join(web.notice.warnings)
    tab.shell._undo()
    np.testing.assert_allclose(numbers(web.spheres_card.truth), before)


def test_numbers_move_it_too_and_follow(tab):
    web = view(tab, "web")
    web.hand.how.value = "numbers"
    web.hand.turns[2].value = 90.0
    np.testing.assert_allclose(tab.explorer.tide_turn, [0, 0, np.pi / 2], atol=1e-5)
    tab.explorer.let_go()
    assert web.hand.turns[2].value == 0.0
    web.hand.distance.value = 2.0
    assert tab.explorer.distance == 2.0


def test_folding_and_messages_are_switches(tab):
    web = view(tab, "web")
    points = web.spheres_card.model.points
    web.spheres_card.folded.value = False
    assert web.spheres_card.model.points != points
    assert web.spheres_card.model.tilt_period == pytest.approx(np.pi)
    web.spheres_card.messages.value = False
    assert web.spheres_card.model.title == "model without messages"
    assert set(web._read) == {"truth", "model", "no messages"}


def test_graph_and_filament_are_built_when_wanted(tab):
    web = view(tab, "web")
    assert web.place.graph is None
    web.place.choice.value = "graph"
    assert "send" in web.place.graph.describe()
    web.place.choice.value = "filament"
    assert len(web.place.filament.glyphs.data["xs"]) == len(tab.explorer.filament())
    before = [np.array(x) for x in web.place.filament.truth.data["xs"]]
    tab.explorer.web_scale = 5.0
    after = web.place.filament.truth.data["xs"]
    assert any(np.abs(a - b).max() > 0.01 for a, b in zip(before, after, strict=True))


def test_the_figures_look_from_where_the_spheres_look(tab):
    web = view(tab, "web")
    before = np.array(web.hand.plot.rim.data["x"])
    web.spheres_card.truth.rotation = [0.0, 0.0, 0.6, 0.8]
    assert np.abs(np.array(web.hand.plot.rim.data["x"]) - before).max() > 0.01


def test_without_the_model_the_law_is_shown_and_a_sentence(engine):
    tab = OrientationsPage(None, engine, "kernel")
    tab.explorer.model = None
    web = view(tab, "web")
    assert len(numbers(web.spheres_card.truth)) == 12 * 16**2
    assert "astroviz train orientations/web" in " ".join(web.notice.warnings)
    catalogue = view(tab, "catalogue")
    assert catalogue.form.paint_button.disabled
    tab.shell.close()


def test_catalogue_opens_measured(tab):
    catalogue = view(tab, "catalogue")
    side = catalogue.asked
    assert set(side._plots) == {"ed", "wg+"}
    assert len(side._plots["ed"].points["catalogue"].data["r"]) == 8
    assert len(side._plots["ed"].band.data["r"]) == 8
    assert len(catalogue.map.rows) == len(tab.explorer.box.galaxies)
    side.switches["in_space"].value = "ee"
    assert len(side._plots["ee"].points["catalogue"].data["r"]) == 8


def test_a_brush_changes_the_curves_and_select_all_brings_them_back(tab):
    catalogue = view(tab, "catalogue")
    plot = catalogue.asked._plots["ed"]
    before = np.array(plot.points["catalogue"].data["value"])
    rows = np.arange(400)
    catalogue.map._brushes[0](rows, "replace")
    assert len(tab.explorer.brushed) == 400
    assert not np.array_equal(np.array(plot.points["catalogue"].data["value"]), before)
    catalogue.bar.everything.param.trigger("clicks")
    np.testing.assert_array_equal(np.array(plot.points["catalogue"].data["value"]), before)


def test_an_empty_selection_is_a_sentence_and_the_page_lives(tab):
    catalogue = view(tab, "catalogue")
    tab.explorer.mass_range = [12.9, 13.0]
    assert "selection is empty" in tab.shell.voice.sentence
    tab.explorer.select_all()
    assert tab.shell.voice.sentence == ""
    assert len(catalogue.asked._plots["ed"].points["catalogue"].data["r"]) == 8


def test_painting_shows_itself(tab):
    catalogue = view(tab, "catalogue")
    plot = catalogue.asked._plots["ed"]
    before = np.array(plot.points["catalogue"].data["value"])
    catalogue.form.paint()
    assert tab.explorer.painter == "model"
    assert tab.explorer.painted
    assert not np.array_equal(np.array(plot.points["catalogue"].data["value"]), before)
    assert "painted by the model" in catalogue.notice.sentence


@pytest.mark.parametrize("kind", ["fits", "parquet", "hdf5"])
def test_downloads_are_files_of_the_catalogue(tab, kind, tmp_path):
    catalogue = view(tab, "catalogue")
    tab.explorer.painter = "law"
    content = catalogue.form._bytes(kind)().read()
    count = len(tab.explorer.box.galaxies)
    if kind == "hdf5":
        import h5py

        with h5py.File(io.BytesIO(content)) as file:
            assert len(file["galaxies/major_x"]) == count
        return
    path = tmp_path / f"catalogue.{kind}"
    path.write_bytes(content)
    assert len(read_table(path)) == count


def test_a_box_is_made_and_shown(tab):
    catalogue = view(tab, "catalogue")
    form = catalogue.form
    form.source.value = "made"
    form.seed.value = "eleven"
    form.make()
    assert "whole number" in tab.shell.voice.sentence
    form.seed.value = "11"
    form.size.value, form.grid.value = 40.0, 32
    form.make()
    assert tab.explorer.box.seed == 11
    assert not tab.explorer.box_missing
    assert catalogue.notice.sentence.startswith("Box of seed 11, 40 Mpc/h")


def test_ones_own_table_and_what_is_wrong_with_it(tab):
    from astropy.table import Table

    catalogue = view(tab, "catalogue")
    form = catalogue.form
    form.source.value = "table"
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 40, (60, 3))
    table = Table({"X": places[:, 0], "Y": places[:, 1], "Z": places[:, 2],
                   "mvir": 10 ** rng.uniform(12, 14, 60)})  # fmt: skip
    form.table.upload.put(table, "mine.csv")
    form.table.side.value = "10"
    form.table.read()
    assert "box" in tab.shell.voice.sentence
    assert tab.explorer.box_source == "demo", "the box of before stays"
    form.table.side.value = "forty"
    form.table.read()
    assert "number of Mpc/h" in tab.shell.voice.sentence
    form.table.side.value = "40"
    form.table.columns["x"].value = "X"
    form.table.read()
    assert "all three" in tab.shell.voice.sentence
    for axis in "yz":
        form.table.columns[axis].value = axis.upper()
    form.table.read()
    assert tab.explorer.box_source == "table"
    assert len(tab.explorer.box.galaxies) == 60
    assert catalogue.notice.sentence.startswith("mine.csv")


def test_the_toy_forecast_and_the_shift_are_panels(tab):
    catalogue = view(tab, "catalogue")
    catalogue.bar.panel.value = "forecast"
    shifted = np.array(catalogue.asked.energy.regions["shifted_inner"].data["x"])
    tab.explorer.amplitude = 3.0
    assert np.abs(np.array(catalogue.asked.energy.regions["shifted_inner"].data["x"])
                  - shifted).max() > 1e-3  # fmt: skip
    catalogue.bar.panel.value = "shift"
    assert "ood score" in catalogue.asked.words.object


def test_a_tapped_galaxy_opens_in_its_surroundings(tab):
    catalogue = view(tab, "catalogue")
    catalogue.map._picks[0](12)
    assert tab.shell.view == "web"
    assert tab.explorer.here == 12


def test_dark_and_light_reach_everything(tab):
    web = view(tab, "web")
    web.place.choice.value = "filament"
    tab.shell.dark = True
    assert web.spheres_card.model.dark
    assert web.place.filament.ink.dark
    assert web.place.box.layout.dark
    view(tab, "catalogue")
    tab.shell.dark = False
    assert not tab.built["catalogue"].map.ink.dark


def test_what_is_asked_at_rest_fails_with_a_sentence():
    said, shown = [], []
    rest = AtRest(None, shown.append, said.append)
    rest.ask(lambda: lambda: 5)
    assert shown == [5]


def test_the_gap_to_the_law_is_measured_where_one_stands(tab):
    catalogue = view(tab, "catalogue")
    catalogue.bar.panel.value = "shift"
    told = []
    gap, error, score = tab.explorer.gap_work(25)(told.append, lambda: None)
    assert told[-1] == 1.0
    assert abs(gap) < 1.0
    assert 0 < error < 0.5
    catalogue.asked._take("here", (gap, error, score))
    assert f"{gap:.3f}" in catalogue.asked.verdict.object
