"""Learned noise: patches, network, training, and the likelihood it makes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from astroviz.core.registry import find_model
from astroviz.lensing import train_noise
from astroviz.lensing.chirp import CHIRP_BOUNDS, SAMPLES, chirp, glitchy_noise
from astroviz.lensing.noise import LearnedNoise, WhiteNoise
from astroviz.lensing.noise_checks import amplitude_draws, amplitude_ranks, patterns
from astroviz.lensing.noise_fit import NoiseFit, fit, holdout_loss
from astroviz.lensing.noise_model import open_noise
from astroviz.lensing.noise_network import NoiseNetwork
from astroviz.lensing.noise_patches import (
    TEST_LENSES,
    blank_sky,
    patches,
    read_skies,
    stand_in,
    tiles,
)


def test_the_stand_in_has_the_law_that_it_says():
    noise = stand_in(1500, 20, seed=3).numpy()
    robust = 1.4826 * np.median(np.abs(noise))
    assert 0.63 < robust < 0.72
    assert noise.max() > 8 * robust  # hot pixels
    assert (noise < -5 * robust).mean() > 3e-4  # rays of either sign
    calm = np.clip(noise, -2, 2)
    pairs = (calm[:, :, 1:] * calm[:, :, :-1]).mean() / calm.var()
    assert 0.3 < pairs < 0.42
    corner = (calm[:, 1:, 1:] * calm[:, :-1, :-1]).mean() / calm.var()
    assert 0.08 < corner < 0.2
    assert torch.equal(stand_in(2, (9, 7), seed=1), stand_in(2, (9, 7), seed=1))


def test_blank_sky_loses_the_lens_the_background_and_a_source():
    random = np.random.default_rng(0)
    image = random.normal(size=(161, 161)) * 2 + 10
    y, x = np.indices(image.shape)
    image += 500 * np.exp(-0.5 * ((x - 80) ** 2 + (y - 80) ** 2) / 9)
    image += 60 * np.exp(-0.5 * ((x - 20) ** 2 + (y - 30) ** 2) / 4)
    noise = np.full(image.shape, 2.0)
    noise[100:110, :] = 1e8
    sky = blank_sky(image, noise)
    assert sky.values[sky.good].std() == pytest.approx(1.0, abs=0.02)
    assert not sky.good[80, 80]
    assert not sky.good[30, 20]
    assert not sky.good[105].any()
    assert abs(sky.correlation(0, 1)) < 0.03
    values, known = patches([sky], 20, 24, seed=1)
    assert values.shape == known.shape == (20, 24, 24)
    assert (values[known == 0] == 0).all()
    with pytest.raises(ValueError, match="must be 2-D and alike"):
        blank_sky(image, noise[1:])


@pytest.mark.realdata
def test_blank_sky_of_real_lenses(real_data):
    skies = read_skies(real_data / "lensing" / "slacs")
    held = [sky for sky in skies if sky.name in TEST_LENSES]
    assert len(skies) >= 18
    assert len(held) >= 8
    spread = np.array([sky.values[sky.good].std() for sky in skies])
    assert np.median(spread) == pytest.approx(0.66, abs=0.03)  # the noise map is too wide
    assert 0.2 < np.median([sky.correlation(0, 1) for sky in skies]) < 0.35
    assert len(tiles(held, 28)) > 100


@pytest.mark.realdata
def test_the_shipped_network_is_as_good_as_the_best_gaussian_on_real_sky(real_data):
    network = open_noise(find_model("lensing/noise")).networks["hst"]
    skies = read_skies(real_data / "lensing" / "slacs", TEST_LENSES)
    held = tiles(skies, 28)
    white = -0.5 * (1 + 0.2**2) / (1 + 0.2**2)
    loss = holdout_loss(network, held, torch.ones_like(held), 0.2 * network.scale)
    assert loss < white - 0.1  # a stationary Gaussian of the measured correlation: -0.652


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="use the stand-in"):
        read_skies(tmp_path)


@pytest.fixture(scope="module")
def taught():
    """A network that saw correlated Gaussian noise for some seconds."""
    random = torch.Generator().manual_seed(0)
    white = torch.randn(600, 14, 14, generator=random)
    noise = (white[:, 1:, 1:] + white[:, :-1, 1:] + white[:, 1:, :-1] + white[:, :-1, :-1]) / 2
    torch.manual_seed(0)
    run = NoiseFit(NoiseNetwork(2, 8, (1,), 1.0), budget=1e9)
    for k in range(90):
        run.elapsed = 1e9 * k / 90
        run.advance(lambda seed: (noise[(seed * 16) % 500 :][:16], torch.ones(16, 13, 13)))
    return run, noise[500:]


def test_training_learns_what_white_noise_does_not_know(taught):
    run, held = taught
    known = torch.ones_like(held)
    before = holdout_loss(NoiseNetwork(2, 8, (1,), 1.0), held, known, 0.3)
    after = holdout_loss(run.average, held, known, 0.3)
    # in the limit of no white noise the loss is minus half the Fisher information of a pixel
    assert before == pytest.approx(-0.5, abs=0.06)
    assert after < before - 0.25


def test_a_checkpoint_goes_on_where_it_stopped(taught, tmp_path):
    run, noise = taught
    run.save(tmp_path / "state.part")
    again = NoiseFit(NoiseNetwork(2, 8, (1,), 1.0), budget=run.elapsed)
    said: list[str] = []
    fit(again, lambda seed: (noise, noise), tmp_path / "state.part", True, said.append)
    assert again.step == run.step
    assert any("resumed" in line for line in said)


def test_masked_pixels_have_no_score_and_do_not_matter(taught):
    network, noise = taught[0].average, taught[1][:3]
    known = torch.ones_like(noise)
    known[:, 4:7, 5] = 0
    law = LearnedNoise(network)
    found = law.score(noise, known)
    assert (found[known == 0] == 0).all()
    changed = torch.where(known > 0, noise, torch.full_like(noise, 50.0))
    assert torch.allclose(law.score(changed, known), found, atol=1e-5)
    assert law.score(torch.zeros(2, 9, 17)).shape == (2, 9, 17)  # of any size


def test_the_posterior_of_an_amplitude_is_exact_for_white_noise():
    random = torch.Generator().manual_seed(0)
    pattern, truth = patterns(600, (10, 10), 1), 3 * torch.randn(600, generator=random)
    data = truth[:, None, None] * pattern + torch.randn(600, 10, 10, generator=random)
    drawn = amplitude_draws(WhiteNoise(), data, pattern, truth, 100, 2)
    assert kstest((drawn < truth[:, None]).double().mean(1), "uniform").pvalue > 1e-3
    assert float(drawn.std(1).mean()) == pytest.approx(1.0, rel=0.03)


def test_the_shipped_noises_draw_what_they_learned_and_are_believed_rightly():
    model = open_noise(find_model("lensing/noise"))
    assert model.kinds == ("hst", "stand-in")
    drawn = model.law("hst").sample(40, (12, 12), seed=1, steps=25)
    assert float(drawn.std()) == pytest.approx(0.65, abs=0.06)
    pairs = (drawn[:, 1:] * drawn[:, :-1]).mean() / drawn.var()
    assert 0.15 < float(pairs) < 0.36
    block = amplitude_ranks(model, "stand-in", 60, 0)
    rank = (block["predictions"] < block["measured"][:, None]).mean(1)
    assert kstest(rank, "uniform").pvalue > 1e-3
    with pytest.raises(ValueError, match="no noise 'rain'"):
        model.law("rain")


def test_a_chirp_has_gradients_and_its_noise_bursts():
    low, high = torch.tensor(CHIRP_BOUNDS).T
    parameters = (low + (high - low) * torch.rand(20, 4)).requires_grad_()
    series = chirp(parameters)
    assert series.shape == (20, SAMPLES)
    series.square().sum().backward()
    assert torch.isfinite(parameters.grad).all()
    calm, rough = (glitchy_noise(400, 1, glitches=on) for on in (False, True))
    assert float(calm.std()) == pytest.approx(1.0, abs=0.02)
    assert float((calm[:, 1:] * calm[:, :-1]).mean()) == pytest.approx(0.6, abs=0.02)
    assert float(calm.abs().max()) < 6 < float(rough.abs().max())


@pytest.mark.slow
@pytest.mark.parametrize("part", ["noise", "chirp"])
def test_a_trial_of_the_recipe_writes_a_model_that_opens(tmp_path, monkeypatch, part):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ASTROVIZ_SHARED_DATA", raising=False)
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path))
    place = train_noise.train(8.0, out=tmp_path, smoke=True, part=part)
    assert place == tmp_path / "lensing" / part
    model = open_noise(find_model(f"lensing/{part}"))
    assert model.kinds == (("stand-in",) if part == "noise" else ("chirp",))
    with pytest.raises(ValueError, match="no recipe for the noise 'rain'"):
        train_noise.train(part="rain")
