"""The still picture of a sphere: of a state, of a face, of nothing."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from astroviz.components.faces import OrientationSphereWidget, sphere_state
from astroviz.widgets.sphere_still import sphere_png


def colours(png):
    return len(
        np.unique(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3), axis=0)
    )


def test_a_state_and_a_face_make_the_same_picture():
    rotations = Rotation.random(200, random_state=0).as_matrix()
    state = sphere_state(rotations=rotations, truth=rotations[:2], density=np.linspace(0, 2, 192))
    png = sphere_png(state)
    assert png.startswith(b"\x89PNG")
    assert colours(png) > 300
    assert sphere_png(OrientationSphereWidget(**state)) == png


def test_what_is_switched_off_is_not_drawn():
    rotations = Rotation.random(200, random_state=0).as_matrix()
    state = sphere_state(rotations=rotations)
    assert sphere_png({**state, "show_points": False}) == sphere_png({})
    assert sphere_png(state) != sphere_png({})
