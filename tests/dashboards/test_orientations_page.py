"""The page of orientations without a browser: its state, its views, its drawers."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qs

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.gallery import PAGES
from astroviz.dashboards.orientations import OrientationsPage
from astroviz.dashboards.serve import House
from astroviz.io import table_bytes
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.orientations.kernel_state import SCALES
from astroviz.orientations.view_state import VIEWS


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture(scope="module")
def model():
    """The model of the cosmic web, where one is shipped."""
    return OrientationsExplorer().model


@pytest.fixture
def tab(engine, model):
    tab = OrientationsPage(model, engine, "kernel")
    yield tab
    tab.shell.close()


def view(tab, name):
    """One of the views, built and seen."""
    tab.shell.view = name
    return tab.built[name]


def test_the_gallery_leads_to_every_view():
    entry = next(entry for entry in PAGES if entry.route == "/orientations")
    assert set(entry.views) == set(VIEWS)
    assert {view for view, *_ in entry.cards} == set(VIEWS)


def test_the_page_opens_without_its_model(engine):
    house = House(engine, {})
    entry = next(entry for entry in PAGES if entry.route == "/orientations")
    assert house.model("orientations") is None
    assert house.obstacle(entry) is None
    assert house.obstacle(PAGES[0]) is None, "nobody has asked for that model yet"
    house.model(PAGES[0].model)
    assert house.obstacle(PAGES[0])


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_and_drawer_becomes_one_document_without_complaint(tab, name):
    shown = view(tab, name)
    assert tab.explorer.view == name
    assert shown.notice.sentence == tab.explorer.sentence()
    for drawer in ("export", "code", "card", "help"):
        tab.shell.toggle(drawer)
        assert tab.shell.drawer_box.visible
        assert len(tab.shell.drawer_body) == 1
    assert json.dumps(tab.explorer.state())
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_a_hidden_view_costs_nothing(tab):
    assert set(tab.built) == {"kernel"}


def test_the_address_holds_the_state_and_gives_it_back(tab, engine):
    tab.explorer.param.update(sigma=0.25, group="D2")
    query = tab.explorer.to_query()
    assert {k: v[0] for k, v in parse_qs(query).items()} == {"sigma": "0.25", "group": "D2"}
    other = OrientationsPage(None, engine, "kernel", query)
    assert other.explorer.state() == tab.explorer.state()
    other.shell.close()


def test_a_broken_address_is_answered_with_a_sentence(engine):
    tab = OrientationsPage(None, engine, "kernel", "sigma=banana&nonsense=1")
    assert "banana" in tab.shell.voice.sentence
    assert "nonsense" in tab.shell.voice.sentence
    tab.shell.close()


def test_presets_belong_to_the_view_and_seeds_are_numbers(tab):
    controls = tab.controls
    name = tab.explorer.presets()[0].name
    controls.presets.value = name
    assert tab.explorer.preset() == name
    controls.seed.value = "many"
    assert "many" in tab.shell.voice.sentence
    assert controls.seed.value == "0"
    controls.seed.value = "12"
    assert tab.explorer.seed == 12
    view(tab, "film")
    assert name not in controls.presets.options


def test_undo_takes_the_last_step_back(tab):
    tab.explorer.group = "O"
    assert not tab.shell.undo_button.disabled
    tab.shell._undo()
    assert tab.explorer.group == "C1"


def test_the_question_in_the_header_is_that_of_the_view(tab):
    before = tab.shell.question_line.object
    view(tab, "pose")
    assert tab.shell.question_line.object != before


def test_the_scale_moves_every_panel_of_the_kernel_lab(tab):
    lab = tab.built["kernel"]
    before = (lab.sphere.points, lab.sphere.density, lab.density.source.data["y"].copy())
    numbers = lab.numbers.object
    ranges = (lab.density.figure.y_range.end, lab.score.figure.y_range.start)
    lab.slider._handle_msg({"stop": 60, "number": 4})
    assert lab.slider.heard == 4
    assert tab.explorer.sigma == SCALES[60]
    assert lab.sphere.points != before[0]
    assert lab.sphere.density != before[1]
    assert not (lab.density.source.data["y"] == before[2]).all()
    assert lab.numbers.object != numbers
    assert (lab.density.figure.y_range.end, lab.score.figure.y_range.start) == ranges
    assert lab.notice.sentence == tab.explorer.sentence()


def test_the_slider_stands_at_the_exact_scale(tab):
    tab.explorer.sigma = 0.3333
    lab = tab.built["kernel"]
    assert json.loads(lab.slider.stops)[lab.slider.stop] == pytest.approx(0.3333)


def test_arrows_and_projection_follow_the_state(tab):
    lab = tab.built["kernel"]
    assert lab.sphere.vectors
    tab.explorer.arrows = False
    assert not lab.sphere.vectors
    tab.explorer.projection = "mollweide"
    assert lab.sphere.projection == "mollweide"
    lab.sphere.projection = "sphere"
    assert tab.explorer.projection == "sphere"


def test_tables_of_the_kernel_lab_can_be_saved(tab):
    for words, make in tab.built["kernel"].tables().items():
        for kind in ("csv", "fits", "parquet"):
            assert len(table_bytes(make(), kind)) > 100, words


def film_view(tab, **settings):
    """The film of a law whose score is known."""
    tab.explorer.param.update(density="tetrahedron", network="exact", film_draws=300, **settings)
    return view(tab, "film")


def test_the_film_shows_both_sides_and_its_frames(tab):
    shown = film_view(tab)
    assert shown.learned.points
    assert shown.true.points
    assert shown.slider.stop == len(shown.film) - 1
    last, stops = shown.learned.points, shown.slider.stops
    ranges = [plot.figure.y_range.end for plot in shown.plots]
    shown.slider._handle_msg({"stop": 0, "number": 1})
    assert tab.explorer.frame == 0
    assert shown.learned.points != last
    assert shown.slider.stops == stops
    assert [plot.figure.y_range.end for plot in shown.plots] == ranges
    assert "3" in shown.true.caption
    shown.slider._handle_msg({"stop": 10_000, "number": 2})
    assert tab.explorer.frame is None
    assert shown.learned.points == last


def test_a_film_that_was_made_is_not_made_again(tab, monkeypatch):
    shown = film_view(tab)
    first = shown.film
    tab.explorer.direction = "encode"
    assert shown.film is not first
    assert "there and back" in shown.figures.object
    monkeypatch.setattr(shown.answers, "ask", lambda *_: pytest.fail("asked again"))
    tab.explorer.direction = "generate"
    assert shown.film is first


def test_without_a_score_the_truth_is_shown_and_said(tab):
    shown = film_view(tab)
    tab.explorer.density = "checkerboard"
    assert not shown.learned.points
    assert shown.true.points
    assert "only the solids have one" in shown.notice.warnings[0]


def test_looks_hide_points_or_density(tab):
    shown = film_view(tab)
    for look, points, density in (("points", True, False), ("density", False, True)):
        tab.explorer.look = look
        for sphere in shown.spheres:
            assert (sphere.show_points, sphere.show_density) == (points, density)


def test_the_frame_of_the_film_can_be_saved(tab):
    shown = film_view(tab)
    for make in shown.tables().values():
        assert len(table_bytes(make(), "csv")) > 1000


POSE = pytest.mark.skipif(
    OrientationsExplorer().other_model("pose")[0] is None, reason="no model of poses is shipped"
)


def test_pictures_are_picked_turned_and_uploaded(tab, monkeypatch):
    monkeypatch.setattr(tab.explorer, "other_model", lambda name: (None, "It is not here."))
    shown = view(tab, "pose")
    assert json.loads(shown.large.pictures)[0]["label"] == "cube 1"
    first = shown.large.pictures
    shown.strip._handle_msg({"pick": 3})
    assert tab.explorer.picture == 3
    assert shown.strip.chosen == 3
    assert shown.large.pictures != first
    shown.step(+1)
    assert tab.explorer.picture == 4
    tab.explorer.source = "turn"
    assert shown.turns.visible
    assert not shown.strip.visible
    before = shown.large.pictures
    shown.turns[2].value = -77
    assert tab.explorer.turn[2] == -77
    assert shown.large.pictures != before
    shown.file.param.update(value=b"no picture", filename="bad.png")
    assert "picture" in shown.shell.voice.sentence
    assert tab.explorer.source == "turn"


@POSE
def test_a_pose_is_drawn_beside_its_truth(tab):
    tab.explorer.pose_draws = 200
    shown = view(tab, "pose")
    assert shown.sphere.points
    assert shown.sphere.rings
    assert "24 true poses" in shown.sphere.caption
    assert len(json.loads(shown.redrawn.pictures)) == 8
    assert "spread about the true poses" in shown.numbers.object
    assert np.isfinite(shown.likelihood)
    points = shown.sphere.points
    tab.explorer.shape = "cone"
    assert shown.sphere.points != points
    assert shown.sphere.caption.endswith("1 true pose")
    for make in shown.tables().values():
        for kind in ("csv", "fits", "parquet"):
            assert len(table_bytes(make(), kind)) > 1000


def test_without_a_model_the_true_poses_are_shown(tab, monkeypatch):
    monkeypatch.setattr(tab.explorer, "other_model", lambda name: (None, "It is not here."))
    shown = view(tab, "pose")
    assert shown.sphere.rings
    assert not shown.sphere.points
    assert "It is not here." in shown.notice.warnings[0]


def test_a_long_film_says_how_far_it_is_and_can_be_cancelled(engine):
    query = "density=icosahedron&network=exact&film_draws=3000&evaluations=200"

    async def until(found):
        for _ in range(600):
            if found():
                return
            await asyncio.sleep(0.05)
        pytest.fail("waited for half a minute")

    async def act():
        tab = OrientationsPage(None, engine, "film", query)
        shown, voice = tab.built["film"], tab.shell.voice
        await until(lambda: voice.progress and voice.fraction > 0)
        assert voice.cancellable
        assert shown.film is None
        voice.cancel()
        await until(lambda: shown.answers.idle and not voice.progress)
        assert shown.film is None
        tab.explorer.param.update(density="tetrahedron", film_draws=100, evaluations=10)
        await until(lambda: shown.film is not None)
        assert shown.film.evaluations <= 10
        tab.shell.close()

    asyncio.run(act())
