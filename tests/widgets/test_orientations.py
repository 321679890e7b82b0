"""Orientations in a notebook, without a browser: state in, pictures and draws out."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets

import astroviz
from astroviz.orientations.box_shelf import demo_box
from astroviz.widgets.orientations_kernel import KernelWidget

PNG = b"\x89PNG"


def points(sphere):
    return np.frombuffer(sphere.points, "<f4").reshape(-1, 4)


def test_a_kernel_is_asked_again_when_its_scale_moves():
    view = astroviz.explore("orientations", view="kernel", sigma=1.0, kernel_draws=500)
    assert isinstance(view, KernelWidget)
    wide = view.draws
    assert len(wide) == 500
    view.scale.value = min(view.scale.options, key=lambda pair: abs(pair - 0.1))
    assert view.explorer.sigma == pytest.approx(0.1)
    narrow = view.draws
    assert np.std(narrow["latitude"]) < 0.5 * np.std(wide["latitude"])
    assert len(points(view.globe)) == 500
    assert view.picture().startswith(PNG)


def test_the_same_state_gives_the_same_draws():
    one, two = (
        astroviz.explore("orientations", view="kernel", seed=5, kernel_draws=100) for _ in range(2)
    )
    assert np.array_equal(one.draws.values, two.draws.values)
    one.explorer.redraw()
    assert not np.array_equal(one.draws.values, two.draws.values)


def test_what_is_selected_on_the_sphere_is_heard_in_python():
    view = astroviz.explore("orientations", view="kernel", kernel_draws=100)
    heard = []
    view.observe(heard.append, "selection")
    view.globe.selection = [3, 7]  # as the browser writes it
    view.globe.picked = 7
    assert (view.selection, view.picked) == ([3, 7], 7)
    assert [change["new"] for change in heard] == [[3, 7]]
    view.selection = []
    assert view.globe.selection == []


def test_draws_are_read_not_set():
    view = astroviz.explore("orientations", view="kernel", kernel_draws=100)
    with pytest.raises(traitlets.TraitError, match="change `explorer`"):
        view.draws = 3


def test_the_web_shows_model_and_truth_of_the_galaxy_that_is_clicked():
    view = astroviz.explore("orientations", view="web", web_draws=200)
    first = view.draws
    before = view.truth_sphere.density
    assert len(first) == 200
    view.box.picked = (view.explorer.here + 40) % len(view.explorer.box.galaxies)
    assert view.explorer.galaxy == view.box.picked
    assert view.truth_sphere.density != before
    assert not np.array_equal(view.draws.values, first.values)
    assert f"Galaxy {view.explorer.galaxy}" in view.sentence()


def test_a_hand_on_the_surroundings_moves_law_and_model():
    view = astroviz.explore("orientations", view="web", web_draws=200)
    before = view.truth_sphere.density
    view.explorer.turn_tide(np.array([0.0, 0.0, 1.2]))
    assert view.truth_sphere.density != before
    assert "changed by hand" in view._title.value
    view.explorer.let_go()
    assert view.truth_sphere.density == before


def test_a_film_is_made_once_and_scrubbed():
    view = astroviz.explore("orientations", view="film", film_draws=300, evaluations=20)
    assert view.film is not None
    made = view.film
    end = points(view.true)
    view.time.value = 0
    assert view.explorer.frame == 0
    assert view.film is made
    assert not np.array_equal(points(view.true), end)
    view.time.value = view.time.max
    assert view.explorer.frame is None


def test_a_selection_changes_what_is_measured_and_goes_both_ways():
    view = astroviz.explore("orientations", view="catalogue")
    everything = view.curves["ed"]
    view.explorer.which = "satellites"
    assert not np.allclose(view.curves["ed"].value, everything.value, equal_nan=True)
    view.explorer.select_all()
    view.selection = list(range(900))
    assert list(view.explorer.brushed) == list(range(900))
    view.explorer.select_all()
    assert view.selection == []
    table = view.table()
    assert len(table) == len(view.explorer.box.galaxies)
    assert table["x"].unit is not None


def test_an_empty_selection_is_a_sentence():
    view = astroviz.explore("orientations", view="catalogue")
    view.explorer.web_types = []
    assert view.curves == {}
    assert 'role="alert"' in view._status.value


def test_a_box_of_ones_own_opens_the_catalogue():
    box = demo_box()
    part = box.subset(box.galaxies.central)
    view = astroviz.explore("orientations", part)
    assert view.name == "catalogue"
    assert len(view.explorer.box.galaxies) == int(box.galaxies.central.sum())


def test_a_table_that_is_none_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="one galaxy only"):
        astroviz.explore("orientations", {"x": [1.0], "y": [2.0], "z": [3.0]}, box_size=50.0)


def test_poses_follow_the_picture(tmp_path):
    view = astroviz.explore("orientations", view="pose", shape="cube", pose_draws=200)
    first = view.draws
    view.explorer.picture = 3
    assert not np.array_equal(view.draws.values, first.values)
    assert "likeliest solid" in view.numbers.value
    bad = tmp_path / "words.png"
    bad.write_text("no picture")
    view.upload(bad.read_bytes(), "words.png")
    assert 'role="alert"' in view._status.value


def test_models_of_the_room_open_their_view():
    assert astroviz.explore("orientations/pose", pose_draws=100).name == "pose"
    with pytest.raises(ValueError, match="no view of its own"):
        astroviz.explore("orientations/gan")
    with pytest.raises(ValueError, match="there are film"):
        astroviz.explore("orientations", view="cinema")


def test_the_code_of_a_view_makes_it_again():
    view = astroviz.explore("orientations", view="kernel", sigma=0.3, group="O", kernel_draws=100)
    namespace = {}
    exec(view.explorer.code().rpartition("view\n")[0], namespace)
    assert namespace["view"].explorer.state() == view.explorer.state()
