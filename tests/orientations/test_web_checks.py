"""The checks of the model of the web: right models pass, wrong ones are noticed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import astroviz
from astroviz.accuracy.report import verdicts
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.rotations import random_rotations
from astroviz.orientations.web_calibration import Angles, centre_of, nearest_angle
from astroviz.orientations.web_checks import coverage_block, likelihood_blocks

N, DRAWS = 3000, 19


def angles(width: float, seed: int = 0) -> Angles:
    """A truth of scale 0.5 and a model of another scale about the same, known centres."""
    generator = torch.Generator().manual_seed(seed)
    centre = random_rotations(N, generator)

    def drawn(sigma, n):
        law = SymmetricMixture(centre[:, None], torch.full((N, 1), sigma), torch.ones(N, 1), "D2")
        return law.sample(n, generator).transpose(0, 1)

    made = drawn(width, DRAWS)
    true = drawn(0.5, 1)[:, 0]
    return Angles(
        nearest_angle(centre, true).numpy(), nearest_angle(centre[:, None], made).numpy(), made
    )


def passed(blocks) -> list[bool]:
    return [one["passed"] for one in verdicts(blocks)]


def test_the_coverage_of_a_right_model_is_right_and_others_are_noticed():
    right = angles(0.5)
    assert abs(right.covered(0.5) - 0.5) < 4 * np.sqrt(0.25 / N)
    assert abs(right.covered(0.9) - 0.9) < 4 * np.sqrt(0.09 / N)
    assert passed([coverage_block([right])]) == [True]
    assert passed([coverage_block([angles(0.4)])]) == [False]
    assert passed([coverage_block([angles(0.65)])]) == [False]


def test_lost_likelihood_and_useless_messages_are_noticed():
    random = np.random.default_rng(0)
    true = random.normal(0.3, 0.8, N)
    close = true - random.normal(0.01, 0.2, N)
    far = true - random.normal(0.2, 0.3, N)
    assert passed(likelihood_blocks(true, close, far)) == [True, True]
    assert passed(likelihood_blocks(true, far, far - 0.2)) == [False, True]
    assert passed(likelihood_blocks(true, close, close - random.normal(0, 0.1, N))) == \
        [True, False]  # fmt: skip


def test_the_centre_lies_where_the_draws_are():
    generator = torch.Generator().manual_seed(1)
    middle = random_rotations(50, generator)
    law = SymmetricMixture(middle[:, None], torch.full((50, 1), 0.3), torch.ones(50, 1), "D2")
    draws = law.sample(12, generator).transpose(0, 1)
    chosen = nearest_angle(middle, centre_of(draws)).mean()
    assert float(chosen) < 0.8 * float(nearest_angle(middle[:, None], draws).mean())


@pytest.mark.slow
def test_the_shipped_model_passes_its_quick_check():
    blocks = astroviz.load("orientations", device="cpu").checks(seed=3, quick=True)
    found = verdicts(blocks, quick=True, seed=3)
    assert [one["name"] for one in found if not one["passed"]] == []
