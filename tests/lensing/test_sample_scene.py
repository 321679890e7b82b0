"""Observations of the view *Sample*: simulated ones, one's own, and what is masked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.lensing.lens import LensError
from astroviz.lensing.observation import ObservationError, open_observation
from astroviz.lensing.operator import LensOperator
from astroviz.lensing.sample_presets import TRUTH, guess
from astroviz.lensing.sample_scene import Frame, Simulation, frame_of, opened, simulate
from astroviz.lensing.sky_noise import white_noise

FRAME = Frame(0.04, 0.02, 1.28)


@pytest.fixture(scope="module")
def scene():
    return simulate(Simulation(TRUTH, "spiral", FRAME, 0.1, pixels=40, pixel_scale=0.08), 16)


def flat(source):
    return torch.from_numpy(np.asarray(source)).reshape(1, -1)


def test_the_image_is_the_lensed_source_plus_its_noise(scene):
    source = torch.from_numpy(scene.source)
    clean = LensOperator(scene.setup(16))(torch.tensor(TRUTH), source).numpy()
    left = scene.observation.image - clean
    assert left.std() == pytest.approx(0.1, rel=0.06)
    assert abs(left.mean()) < 0.01
    assert scene.observation.image.max() > 0.5


def test_the_problem_fits_the_truth_and_nothing_else(scene):
    problem = scene.problem(TRUTH, 16)
    assert float(problem.reduced_chi_square(flat(scene.source))) == pytest.approx(1, abs=0.12)
    wrong = (1.1, *TRUTH[1:])
    assert float(scene.problem(wrong, 16).reduced_chi_square(flat(scene.source))) > 2
    assert scene.problem(TRUTH, 16) is problem


def test_drizzled_noise_is_narrower_than_its_map_and_whitened_exactly():
    what = Simulation(TRUTH, "galaxy", FRAME, 0.1, drizzled=True, pixels=40, pixel_scale=0.08)
    scene = simulate(what, 16)
    left = scene.observation.image - scene.observation.truth["image"]
    assert left.std() == pytest.approx(0.066, rel=0.1)
    beside = (left[:, 1:] * left[:, :-1]).mean() / left.var()
    assert beside == pytest.approx(0.16, abs=0.08)
    chi = float(scene.problem(TRUTH, 16).reduced_chi_square(flat(scene.source)))
    assert chi == pytest.approx(1, abs=0.12)


def test_what_is_masked_by_hand_says_nothing(scene):
    strokes = [["box", 1, [-2, -2, 0, 2]]]
    half = scene.masked_by(strokes)
    assert half.observation.used == 40 * 20
    problem = half.problem(TRUTH, 16)
    assert problem.pixels == 800
    picture = half.scatter(problem.data.numpy())
    assert np.isnan(picture[:, :20]).all()
    np.testing.assert_allclose(picture[:, 20:], scene.observation.image[:, 20:])
    assert scene.masked_by([]) is scene


def test_everything_masked_is_a_sentence(scene):
    with pytest.raises(ObservationError, match="everything is masked"):
        scene.masked_by([["box", 1, [-9, -9, 9, 9]]])


@pytest.mark.parametrize(
    ("change", "said"),
    [({0: 0.0}, "einstein_radius"), ({3: 2.5}, "frame ends"), ({1: 1.4}, "axis_ratio")],
)
def test_a_lens_that_cannot_be_is_a_sentence(scene, change, said):
    lens = [change.get(k, value) for k, value in enumerate(TRUTH)]
    with pytest.raises(LensError, match=said):
        scene.problem(lens, 16)


def observation(scene, **changes):
    seen = scene.observation
    given = {"image": 7 * seen.image, "noise": 7 * seen.noise, "psf": seen.psf, **changes}
    return open_observation(given["image"], given["noise"], given["psf"], 0.08, lens_light=False)


def test_an_image_of_ones_own_finds_its_frame_and_brightness(scene):
    mine = opened(observation(scene), TRUTH, 1.6, "given")
    assert mine.observation.shape == (40, 40)
    assert abs(mine.frame.x - FRAME.x) < 0.15
    assert abs(mine.frame.y - FRAME.y) < 0.15
    assert 0.6 < mine.frame.width < 2
    assert 3 < mine.amplitude < 20
    assert mine.source is None


def test_units_of_the_data_do_not_matter(scene):
    first = opened(observation(scene), TRUTH, 1.6, "given", FRAME, 7.0)
    chi = first.problem(TRUTH, 16).reduced_chi_square(flat(scene.source))
    assert float(chi) == pytest.approx(1, abs=0.15)


def test_a_dark_image_has_a_frame_too(scene):
    dark = observation(scene, image=np.zeros((40, 40)))
    found = frame_of(dark, white_noise(dark), TRUTH)
    assert found.width > 0.3


def test_the_first_guess_is_as_large_as_the_ring(scene):
    assert guess(scene.observation)[0] == pytest.approx(TRUTH[0], abs=0.25)


def test_a_source_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="there are galaxy"):
        simulate(Simulation(TRUTH, "nebula"))
