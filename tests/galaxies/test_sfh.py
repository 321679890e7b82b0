"""Histories: shares, masses and ages against direct quadrature; the bases and their family."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import nnls

from astroviz.galaxies.cosmology import age_of_universe
from astroviz.galaxies.direct import age_weights
from astroviz.galaxies.sfh import HistoryWeights, history_bases, interpolation_weights, shares
from astroviz.galaxies.sfh_family import KNOTS, draw_histories, factorise

AGES = np.array([0.001, 0.01, 0.1, 0.5, 1.0, 3.0, 6.0, 9.0, 13.5])


def test_shares_are_a_flat_dirichlet_draw() -> None:
    u = torch.rand(200_000, 3, generator=torch.Generator().manual_seed(0))
    beta = shares(u[:, 0] ** (1 / 3), u[:, 1] ** (1 / 2), u[:, 2])
    assert torch.allclose(beta.sum(-1), torch.ones(()), atol=1e-6)
    # Dirichlet(1, 1, 1, 1): mean 1/4, variance 3/80
    assert beta.mean(0).tolist() == pytest.approx([0.25] * 4, abs=0.003)
    assert beta.var(0).tolist() == pytest.approx([3 / 80] * 4, rel=0.03)


def test_interpolation_is_linear_in_log_age() -> None:
    weights = interpolation_weights(np.array([0.03162278, 5e-4, 50.0]), AGES)
    assert weights[0, 1:3] == pytest.approx([0.5, 0.5], abs=1e-6)
    assert weights[1, 0] == weights[2, -1] == 1.0
    assert weights.sum(1) == pytest.approx([1.0] * 3)


def test_masses_are_those_of_quadrature() -> None:
    lookback, bases = history_bases()
    oldest = age_of_universe(torch.tensor([0.0, 0.5, 0.8], dtype=torch.float64)).numpy()
    weights = HistoryWeights(lookback, bases, AGES, oldest)
    for n, limit in enumerate(oldest):
        for b, basis in enumerate(bases):
            knots = lookback[(lookback > 0) & (lookback < limit)]
            mass, _ = quad(lambda t, y=basis: np.interp(t, lookback, y), 0, limit, points=knots)
            first, _ = quad(
                lambda t, y=basis: t * np.interp(t, lookback, y), 0, limit, points=knots
            )
            assert weights.formed[n, b] == pytest.approx(mass, rel=1e-5, abs=1e-8)
            assert weights.age[n, b] == pytest.approx(first, rel=1e-5, abs=1e-8)
            assert weights.recent[1, b] == pytest.approx(
                quad(lambda t, y=basis: np.interp(t, lookback, y), 0, 0.1, points=[0.03])[0]
            )


def test_weights_are_those_of_the_direct_way() -> None:
    lookback, bases = history_bases()
    oldest = 9.3
    weights = HistoryWeights(lookback, bases, AGES, np.array([oldest]))
    for b, basis in enumerate(bases):
        mine = weights.mass[0, :, b] / weights.formed[0, b]
        # above the first age both interpolate alike; the direct way needs an age 0
        expected = age_weights(np.concatenate([[1e-9], AGES]), lookback, basis, oldest)
        expected[:, 1] += expected[:, 0]
        np.testing.assert_allclose(mine, expected[:, 1:], atol=2e-4)


def test_shipped_bases_are_histories() -> None:
    lookback, bases = history_bases()
    assert bases.shape == (4, len(lookback))
    assert np.trapezoid(bases, lookback) == pytest.approx(np.ones(4), rel=1e-5)
    ages = np.trapezoid(bases * lookback, lookback)
    assert (np.diff(ages) > 1).all()  # from the youngest to the oldest
    assert (bases[:, lookback < 13.4] > 0).all()
    assert (bases[:, lookback > 13.467] == 0).all()


def test_bases_add_up_to_histories_they_have_not_seen() -> None:
    """Four bases give back nine tenths of the mass of any history at the right time."""
    _, bases = history_bases()
    histories = draw_histories(60, seed=77)
    assert np.trapezoid(histories, KNOTS) == pytest.approx(np.ones(180), rel=1e-6)
    width = np.gradient(KNOTS)
    wrong = []
    for history in histories:
        shares_, _ = nnls((bases * np.sqrt(width)).T, history * np.sqrt(width))
        wrong.append(0.5 * np.sum(np.abs(shares_ @ bases - history) * width))
    assert np.median(wrong) < 0.12


def test_factorisation_finds_the_parts_of_sums() -> None:
    """Histories that are sums of four disjoint boxes, some of one alone, have them as bases."""
    edges = [0.0, 2.0, 5.0, 9.0, 13.4]
    boxes = np.stack([(KNOTS >= a) & (KNOTS < b) for a, b in pairwise(edges)]).astype(float)
    boxes = boxes / np.trapezoid(boxes, KNOTS)[:, None]
    mixed = np.random.default_rng(0).dirichlet(np.full(4, 0.1), 300) @ boxes
    found = factorise(mixed, seed=0)
    np.testing.assert_allclose(found, boxes, atol=0.03)
