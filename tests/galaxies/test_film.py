"""The film of a fit: what is kept of its frames, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.galaxies.film import CLOUD, NUMBERS, Film, Frame
from astroviz.galaxies.parameters import GalaxyError

FEATURES = ("r", "u - g", "g - r")


def frame(step, features=FEATURES, count=300):
    random = np.random.default_rng(step)
    ks = dict(zip(features, random.random(len(features)), strict=True))
    cloud = random.normal(18.0, 1.0, (count, len(features)))
    return Frame(step, 0.3, 31.0 - step, 2.0 / (1 + step), 1.0 / (1 + step), 0.5, 0.02, ks, cloud)


def test_a_film_comes_back_from_its_arrays():
    film = Film([frame(step) for step in (0, 10, 30)], np.full((1000, 3), 17.5))
    arrays = film.to_arrays(clouds=50)
    again = Film.of_arrays(arrays, FEATURES)
    for name in NUMBERS:
        np.testing.assert_allclose(again.numbers(name), film.numbers(name), rtol=1e-6)
    np.testing.assert_allclose(again.ks(), film.ks(), rtol=1e-6)
    assert again.frames[2].cloud.shape == (50, 3)
    np.testing.assert_allclose(again.frames[1].cloud, film.frames[1].cloud[:50], atol=0.01)
    assert len(again.data) == CLOUD
    assert sum(array.nbytes for array in arrays.values()) < 4000


def test_clouds_are_as_small_as_the_smallest():
    film = Film([frame(0), frame(1, count=20)], np.zeros((5, 3)))
    assert film.to_arrays()["film.clouds"].shape == (2, 20, 3)


def test_frames_of_different_features_are_refused():
    with pytest.raises(GalaxyError, match="same features"):
        Film([frame(0), frame(1, ("r", "g"))], np.zeros((1, 3)))
    with pytest.raises(GalaxyError, match="at least one"):
        Film([], np.zeros((1, 3)))
