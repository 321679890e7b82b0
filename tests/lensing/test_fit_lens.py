from __future__ import annotations

import numpy as np
import pytest
import torch

import astroviz.lensing.fit_lens as module
from astroviz.core.request import Cancelled
from astroviz.lensing.fit_lens import fit_lens
from astroviz.lensing.fit_stages import look
from astroviz.lensing.lens import LENS_NAMES
from astroviz.lensing.lens_light import LensLight, fit_light
from astroviz.lensing.observation import open_observation
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.setup import Setup
from astroviz.lensing.simulate import simulate
from astroviz.lensing.sky_noise import measure_noise, white_noise

SETUP = Setup(48, 0.1, 24, 0.05, gaussian_psf(1.5, 7))
LENS = {"einstein_radius": 1.2, "axis_ratio": 0.8, "position_angle": 0.6, "x0": 0.03,
        "y0": -0.02, "shear1": 0.03, "shear2": -0.02}  # fmt: skip


def source():
    y, x = (np.indices((24, 24)) - 11.5) * 0.05
    bulge = np.exp(-((x - 0.12) ** 2 + (y + 0.06) ** 2) / 0.01)
    return 1.5 * bulge + 0.8 * np.exp(-((x - 0.15) ** 2 / 0.06 + (y + 0.05) ** 2 / 0.02))


def galaxy():
    """The light of a lens galaxy, by the module's own Gaussians with known numbers."""
    e = np.full(3, 0.1)
    sigmas = np.array([0.1, 0.3, 0.8])
    light = LensLight(0.03, -0.02, e, 0.5 * e, sigmas, np.array([6.0, 2.0, 0.5, 0.0]),
                      np.zeros((48, 48), dtype=bool))  # fmt: skip
    frame = open_observation(np.zeros((48, 48)), 1.0, SETUP.psf, 0.1)
    return light.image(frame)


@pytest.fixture(scope="module")
def seen():
    return simulate(SETUP, LENS, source(), 0.04, 2, light=galaxy())


@pytest.fixture(scope="module")
def fit(seen):
    return fit_lens(seen, "90s", noise=white_noise(seen), pixels=20)


def test_finds_the_lens(fit):
    for name in ("einstein_radius", "axis_ratio", "x0", "y0", "shear1", "shear2"):
        truth = LENS[name]
        assert abs(fit[name] - truth) < 5 * fit[f"{name}_error"] + 0.01
    assert fit["einstein_radius"] == pytest.approx(1.2, abs=0.03)
    assert 1e-4 < fit["einstein_radius_error"] < 0.05


def test_leaves_noise(fit):
    assert 0.7 < fit.chi_square_white < 1.3
    used = fit.observation.mask
    assert abs(fit.residual[used].mean()) < 0.1
    assert fit.light.max() > 2
    assert fit.source.shape == (20, 20)


def test_is_a_mapping_of_plain_numbers(fit):
    assert set(fit) == {*LENS_NAMES, *(f"{name}_error" for name in LENS_NAMES)}
    assert len(fit) == 16
    assert all(type(value) is float for value in fit.values())
    with pytest.raises(KeyError, match="einstein_radius"):
        fit["mass"]
    assert fit.samples.shape == (256, 8)
    assert torch.equal(fit.draw(5, 1), fit.draw(5, 1))


def test_looks_at_the_arcs(seen):
    arcs = look(seen, white_noise(seen))
    assert 0.8 < arcs.radius / 1.2 < 1.25
    assert arcs.centre == pytest.approx((0.03, -0.02), abs=0.02)


def test_light_without_arcs_is_found():
    frame = open_observation(galaxy(), 0.01, SETUP.psf, 0.1)
    light = fit_light(frame, white_noise(frame), components=8)
    assert (light.x0, light.y0) == pytest.approx((0.03, -0.02), abs=0.003)
    assert light.ellipticity == pytest.approx((0.1, 0.05), abs=0.01)
    left = frame.image - light.image(frame) - light.brightness[-1]
    assert np.abs(left).max() < 0.03 * frame.image.max()


def test_can_be_cancelled(seen):
    class Stop:
        max_draws = None

        def check(self):
            raise Cancelled("stop")

        def progress(self, fraction):
            pass

    with pytest.raises(Cancelled):
        fit_lens(seen, 10, control=Stop(), noise=white_noise(seen))


def test_says_that_there_is_nothing():
    blank = np.random.default_rng(0).standard_normal((30, 30))
    fit = fit_lens(open_observation(blank, 1.0, None, 0.1, False), 2)
    assert any("No arc stands out" in one for one in fit.warnings)


def test_refuses_a_budget_that_is_none(seen):
    with pytest.raises(ValueError, match="budget"):
        fit_lens(seen, "soon")


def test_measures_the_noise_itself(seen, monkeypatch):
    found = []
    monkeypatch.setattr(module, "measure_noise", lambda o: found.append(o) or measure_noise(o))
    monkeypatch.setattr(module, "look", lambda *given: (_ for _ in ()).throw(KeyError("enough")))
    with pytest.raises(KeyError, match="enough"):
        fit_lens(open_observation(seen.image, seen.noise, seen.psf, 0.1), 10)
    assert found


@pytest.mark.realdata
@pytest.mark.slow
def test_finds_the_ring_of_j1430(real_data):
    place = real_data / "lensing" / "slacs" / "J1430+4105"
    seen = open_observation(place / "image.fits", place / "noise.fits", place / "psf.fits")
    fit = fit_lens(seen, "300s")
    assert 1.44 <= fit["einstein_radius"] <= 1.49
    assert fit.chi_square <= 0.65
    assert fit.chi_square_floor < 0.55
