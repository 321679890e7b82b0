"""Priors and noises on trial, and sources behind simulated lenses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.core.request import Alone
from astroviz.core.trials import cases, trial_parts
from astroviz.lensing import trials_prior
from astroviz.lensing.gaussian_prior import exponential_prior


def test_only_small_priors_are_tried_behind_lenses():
    assert list(cases("lensing/galaxies16")) == ["law", "lenses", "sampler"]
    assert list(cases("lensing/galaxies")) == ["law"]
    assert "digits, last round" in cases("lensing/rounds")


def test_sources_behind_lenses_have_the_residuals_of_noise():
    # a Gaussian prior: its denoiser is exact and costs nothing
    prior = exponential_prior(8)
    parts = list(trials_prior.parts(prior, 12, 40, 1, Alone(), "sampler"))
    assert [len(part["truths"]) for part in parts] == [8, 4]
    first = parts[0]
    assert first["draws"].shape == (8, trials_prior.LENS_DRAWS, 64)
    assert first["observations"].shape == (8, 256)
    chi, freedom = first["chi_square"]
    assert freedom.tolist() == [256.0] * 8
    assert chi.mean() / 256 == pytest.approx(1.0, abs=0.15)
    truths, draws = (np.concatenate([p[n] for p in parts]) for n in ("truths", "draws"))
    rank = (draws < truths[:, None]).mean(1)
    assert abs(rank.mean() - 0.5) < 0.1
    assert rank.var() == pytest.approx(1 / 12, abs=0.03)
    true, drawn = first["log_likelihood"]
    torch.testing.assert_close(torch.from_numpy(drawn), torch.from_numpy(-0.5 * chi))
    assert true.shape == (8,)


def test_amplitudes_in_learned_noise_rank_anywhere():
    (part,) = trial_parts("lensing/noise", 24, 40, seed=2)
    rank = (part["draws"] < part["truths"][:, None]).mean(1)
    assert 0.3 < rank.mean() < 0.7
    assert rank.std() > 0.15
    # the matched filter knows the amplitude to about the noise, as the posterior does
    assert np.corrcoef(part["observations"][:, 0], part["truths"][:, 0])[0, 1] > 0.75


def test_the_correction_is_a_law_of_latents():
    (part,) = trial_parts("lensing/correction", 10, 30, seed=1)
    assert part["truths"].shape[1] == part["draws"].shape[2] == len(part["names"])
    ratio = part["truths"].std() / part["draws"].std()
    assert 0.5 < ratio < 2.0


def test_draws_of_a_law_are_few_and_a_note_says_so():
    (part,) = trial_parts("lensing/rounds", 3, 50, seed=1)
    assert part["draws"].shape == (3, trials_prior.LAW_DRAWS, 256)
    assert f"{trials_prior.LAW_DRAWS} of them" in part["notes"][0]
    assert "noise of 0.01" in part["notes"][1]
    assert np.all(part["truths"] != 0)  # nothing is exactly dark
