"""Stable targets against the closed form, and that they are unbiased."""

from __future__ import annotations

import torch

from astroviz.orientations import igso3
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.web_lessons import lesson, moments, noise_scales, pupils, stable_target


def test_targets_are_the_score_of_the_smoothed_draws(small_box):
    one = lesson(small_box, 8.0)
    generator = torch.Generator().manual_seed(0)
    law = SymmetricMixture(one.law.means[:8], one.law.sigmas[:8], one.law.weights[:8], "D2")
    clean = law.sample(6, generator).transpose(0, 1)
    sigma = noise_scales((8, 6), generator)
    noisy = igso3.sample(clean, sigma, generator)
    none = torch.zeros(1, 1, 6).double()
    exact = SymmetricMixture(clean[:, None].double(), none, none + 1, "D2")
    expected = exact.score(noisy.double(), sigma.double())
    error = (stable_target(noisy, clean, sigma) - expected).norm(dim=-1) * sigma
    assert float(error[sigma < 2].max()) < 1e-3


def test_targets_average_to_the_score_of_the_law(small_box):
    one = lesson(small_box, 8.0)
    generator = torch.Generator().manual_seed(1)
    residuals = []
    for _ in range(6):
        asked = pupils(one, 60, 8, 16, generator)
        law = one.law
        each = SymmetricMixture(*(part[asked.rows][:, None] for part in (
            law.means, law.sigmas, law.weights)), "D2")  # fmt: skip
        score = each.score(asked.rotation, asked.sigma)
        weight = asked.sigma.square()[..., None]
        # projected on the score itself, the mean of the difference must vanish
        residuals.append((weight * (asked.score - score) * score).sum(-1).flatten())
    found = torch.cat(residuals)
    assert abs(float(found.mean())) < 4 * float(found.std()) / len(found) ** 0.5
    assert float(found.std()) > 0


def test_draws_are_fresh_in_every_step(small_box):
    one = lesson(small_box, 8.0)
    generator = torch.Generator().manual_seed(2)
    first, second = (pupils(one, 10, 4, 8, generator) for _ in range(2))
    assert not torch.equal(first.rotation, second.rotation)
    again = pupils(one, 10, 4, 8, torch.Generator().manual_seed(2))
    assert torch.equal(first.rotation, again.rotation)


def test_moments_are_those_of_all_galaxies(small_box):
    one = lesson(small_box, 8.0)
    known = moments([one, one])
    assert torch.allclose(known.free[0], one.free.mean(0), atol=1e-5)
    assert (known.scalars[1] > 0).all()
