"""Packing a box of the cosmic web: what is sent is what was meant, or a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from astroviz.components.box_packing import mass_sizes, web_box_state


def test_points_bring_place_size_and_type():
    place = np.random.default_rng(0).uniform(0, 50, (9, 3))
    mass, kind = np.geomspace(1e11, 1e15, 9), np.arange(9) % 4
    found = web_box_state(place, 50.0, mass=mass, category=kind)
    rows = np.frombuffer(found["points"], "<f4").reshape(-1, 5)
    np.testing.assert_allclose(rows[:, :3], place, rtol=1e-6)
    np.testing.assert_allclose(rows[:, 3], mass_sizes(mass), rtol=1e-6)
    np.testing.assert_array_equal(rows[:, 4], kind)
    assert found["box_size"] == 50.0


def test_areas_grow_evenly_with_the_logarithm_of_mass():
    areas = mass_sizes(np.geomspace(1e10, 1e14, 5)) ** 2
    np.testing.assert_allclose(np.diff(areas), np.diff(areas)[0])


def test_an_ellipsoid_keeps_its_axes_in_order():
    axes = Rotation.random(3, random_state=1).as_matrix() * np.array([3.0, 2.0, 1.0])
    found = web_box_state(size=10.0, glyph_position=np.ones((3, 3)), glyph_axes=axes,
                          glyph_category=[0, 1, 2])  # fmt: skip
    rows = np.frombuffer(found["glyphs"], "<f4").reshape(-1, 13)
    for k, length in enumerate([3.0, 2.0, 1.0]):
        sent = rows[:, 3 + 3 * k : 6 + 3 * k]
        np.testing.assert_allclose(sent, axes[:, :, k], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(sent, axis=1), length, rtol=1e-6)
    np.testing.assert_array_equal(rows[:, 12], [0, 1, 2])


def test_edges_are_whole_numbers():
    found = web_box_state(np.ones((4, 3)), 2.0, edges=[[0, 3], [1, 2]], edge_weights=[0.5, 1.0])
    edges = np.frombuffer(found["edges"], "<i4").reshape(-1, 2)
    np.testing.assert_array_equal(edges, [[0, 3], [1, 2]])
    np.testing.assert_array_equal(np.frombuffer(found["edge_weights"], "<f4"), [0.5, 1.0])


def test_one_part_can_change_without_the_others():
    assert web_box_state(edges=np.empty((0, 2), int)) == {"edges": b"", "edge_weights": b""}
    assert web_box_state(picked=3) == {"picked": 3}


PLACE = np.ones((2, 3))
WRONG = [
    ({"position": PLACE}, "size of their box"),
    ({"position": PLACE, "size": 0.5}, "in the box of 0.5 Mpc/h; row 0 is at"),
    ({"position": PLACE, "size": -1.0}, "must be positive, not -1.0"),
    ({"position": np.full((2, 3), np.nan), "size": 2.0}, "must lie in the box"),
    ({"position": np.ones((2, 2)), "size": 2.0}, r"not \(n, 3\)"),
    ({"position": PLACE, "size": 2.0, "mass": [1e12, 0.0]}, "masses must be positive"),
    ({"position": PLACE, "size": 2.0, "mass": [1e12]}, "2 positions but masses"),
    ({"position": PLACE, "size": 2.0, "edges": [[0, 2]]}, "hold 0 to 2"),
    ({"position": PLACE, "size": 2.0, "edges": [[0.0, 1.0]]}, "whole numbers"),
    ({"edges": [[0, 1]], "edge_weights": [1.0, 2.0]}, "1 edges but weights"),
    ({"glyph_position": PLACE}, "both glyph_position and glyph_axes"),
    ({"glyph_position": PLACE, "glyph_axes": np.eye(3)}, r"not \(2, 3, 3\)"),
]


@pytest.mark.parametrize(("given", "sentence"), WRONG)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        web_box_state(**given)
