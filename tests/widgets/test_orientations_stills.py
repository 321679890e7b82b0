"""Still pictures of orientations: laws side by side, curves over their truth, a pose."""

from __future__ import annotations

import asyncio
import io

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

import astroviz
from astroviz.components.faces import OrientationSphereWidget, sphere_state
from astroviz.orientations.box_statistics import BoxStatistics
from astroviz.widgets.orientations_stills import correlations_png, fewer_points, pose_png
from astroviz.widgets.sphere_still import spheres_png


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


@pytest.fixture(scope="module")
def sphere():
    rotations = Rotation.random(200, random_state=0).as_matrix()
    return OrientationSphereWidget(
        **sphere_state(rotations=rotations, density=np.linspace(0.1, 2.0, 192)), title="two"
    )


def test_fewer_points_are_the_first_ones(sphere):
    state = fewer_points(sphere, 7, title="other")
    assert state["points"] == sphere.points[: 7 * 16]
    assert state["title"] == "other"
    assert state["density"] == sphere.density


def test_equal_spheres_make_equal_halves_and_others_do_not(sphere):
    state = fewer_points(sphere, 0, show_points=False)
    same = pixels(spheres_png([state, state], (8.0, 3.0), 50))
    half = same.shape[1] // 2
    # in most pixels: letters fall on other parts of a pixel in the second half
    assert (abs(same[:, :half] - same[:, half:]).max(-1) < 24).mean() > 0.9
    brighter = {**state, "density_max": 20.0}
    other = pixels(spheres_png([state, brighter], (8.0, 3.0), 50))
    assert other[:, half:].mean() > other[:, :half].mean() + 20


def test_curves_are_drawn_with_and_without_a_truth():
    random = np.random.default_rng(0)
    ratio = np.full(300, 0.7)
    statistics = BoxStatistics(random.uniform(0, 40, (300, 3)), 40.0, ratio, ratio)
    found = statistics.measure(
        Rotation.random(300, random_state=1).as_matrix(), ("ed", "wg+"), errors=True
    )
    both = correlations_png(found, {"ed": "p = 0.5"})
    one = correlations_png({"ed": found["ed"]}, {})
    assert both.startswith(b"\x89PNG")
    assert pixels(both).shape == pixels(one).shape
    assert both != one
    assert correlations_png({}, {}) is None


def test_a_pose_shows_its_picture(sphere):
    bright, dark = (
        pose_png(np.full((32, 32), value), fewer_points(sphere, 0), "cube") for value in (1.0, 0.0)
    )
    assert pixels(bright).mean() > pixels(dark).mean() + 10


def test_a_picture_waits_for_the_answer_where_a_loop_runs():
    # as in a kernel: a cell that ends with a view shows it before the answer is handed over
    async def cell():
        view = astroviz.explore("orientations", view="kernel", kernel_draws=200)
        asked = not view.globe.points
        return asked, view.picture(), view

    asked, png, view = asyncio.run(cell())
    assert asked
    assert view.globe.points
    assert len(np.unique(pixels(png).reshape(-1, 3), axis=0)) > 200
