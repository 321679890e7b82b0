"""Closed forms and quadratures against many fresh draws of the law."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from astroviz.orientations import igso3
from astroviz.orientations.agreement import chi_square, together
from astroviz.orientations.correlations import KINDS, contributions, correlate
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.moments import (
    Law,
    axis_moments,
    ellipticity_moments,
    lebedev,
    quadrupole,
    quadrupole_basis,
)
from astroviz.orientations.pairs import pairs_in_projection, pairs_in_space
from astroviz.orientations.projection import project
from astroviz.orientations.truth_curves import responses, truth

N, SIZE = 50, 20.0
EDGES = np.array([1.0, 4.0, 6.0, 9.0])
DRAWS = 3000
DEFINITION = "epsilon"


@pytest.fixture(scope="module")
def scene():
    """A box whose galaxies follow a mixture of a common frame and of their own."""
    rng = np.random.default_rng(0)
    means = Rotation.random(2 * N, random_state=1).as_matrix().reshape(N, 2, 3, 3)
    means[:, 0] = means[0, 0]
    first = rng.uniform(0.3, 0.8, N)
    b = rng.uniform(0.5, 1, N)
    law = Law(means, rng.uniform(0.3, 0.9, (N, 2)), np.stack([first, 1 - first], -1))
    return law, rng.uniform(0, SIZE, (N, 3)), b, b * rng.uniform(0.4, 1, N)


def draw(law, count, seed):
    """Orientations of all galaxies, shape (count, N, 3, 3)."""
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    part = (rng.random((count, len(law.means))) > law.weights[:, 0]).astype(int)
    rows = np.arange(len(law.means))
    means, sigmas = (torch.from_numpy(np.ascontiguousarray(x)).float()
                     for x in (law.means[rows, part], law.sigmas[rows, part]))  # fmt: skip
    return igso3.sample(means, sigmas, generator).double().numpy()


@pytest.fixture(scope="module")
def drawn(scene):
    return draw(scene[0], DRAWS, 2)


def test_products_of_quadrupoles_are_alignments():
    a, b = np.random.default_rng(0).normal(size=(2, 100, 3))
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    expected = np.sum(a * b, -1) ** 2 - 1 / 3
    np.testing.assert_allclose(np.sum(quadrupole(a) * quadrupole(b), -1), expected, atol=1e-14)
    basis = quadrupole_basis()
    np.testing.assert_allclose(np.einsum("aij,bij->ab", basis, basis), np.eye(5), atol=1e-14)
    np.testing.assert_allclose(quadrupole(a), np.einsum("ni,kij,nj->nk", a, basis, a), atol=1e-14)


def test_the_directions_integrate_powers_to_degree_eleven():
    points, weights = lebedev()
    assert points.shape == (50, 3)
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-14)
    for k in range(1, 6):
        for axis in np.eye(3)[:2], np.array([[1, 2, 3]]) / np.sqrt(14):
            power = weights @ (points @ axis.T) ** (2 * k)
            np.testing.assert_allclose(power, 1 / (2 * k + 1), atol=1e-13)
    assert weights @ (points[:, 0] ** 3 * points[:, 1]) == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("axis", [0, 2])
def test_moments_of_axes_are_exact(scene, drawn, axis):
    found = axis_moments(scene[0], axis)
    q = quadrupole(drawn[:, :, :, axis])
    spread = np.sqrt(np.einsum("naa->na", found.covariance) / DRAWS)
    z = (q.mean(0) - found.mean) / spread
    assert np.abs(z).max() < 5
    assert 0.8 < np.std(z) < 1.2
    residual = q - q.mean(0)
    measured = np.einsum("sna,snb->nab", residual, residual) / DRAWS
    assert np.abs(measured - found.covariance).mean() < 4e-3
    assert np.abs(measured - found.covariance).max() < 0.03
    # a law without scatter, and one without direction
    certain = Law(scene[0].means[:, :1], np.full((N, 1), 1e-4), np.ones((N, 1)))
    np.testing.assert_allclose(
        axis_moments(certain, axis).mean, quadrupole(certain.means[:, 0, :, axis]), atol=1e-6
    )
    assert np.abs(axis_moments(certain, axis).covariance).max() < 1e-6
    lost = Law(scene[0].means[:, :1], np.full((N, 1), 4.0), np.ones((N, 1)))
    np.testing.assert_allclose(axis_moments(lost).mean, 0, atol=1e-12)
    np.testing.assert_allclose(axis_moments(lost).covariance[0], np.eye(5) * 2 / 15, atol=1e-12)


@pytest.mark.parametrize("definition", ["epsilon", "chi"])
@pytest.mark.parametrize("sight", [0, 2])
def test_moments_of_ellipticities(scene, drawn, definition, sight):
    law, _, b, c = scene
    found = ellipticity_moments(law, b, c, definition, sight)
    shape = drawn.shape[:2]
    parts = (np.broadcast_to(b, shape), np.broadcast_to(c, shape))
    e = project(drawn, *parts, definition, sight)
    spread = np.sqrt(np.einsum("naa->na", found.covariance) / DRAWS)
    z = (e.mean(0) - found.mean) / spread
    assert np.abs(z).max() < 5
    assert 0.75 < np.std(z) < 1.25
    residual = e - e.mean(0)
    measured = np.einsum("sna,snb->nab", residual, residual) / DRAWS
    scale = found.covariance[:, [0, 1], [0, 1]].mean()
    assert np.abs(measured - found.covariance).mean() < 0.03 * scale
    finer = ellipticity_moments(law, b, c, definition, sight, nodes=32)
    np.testing.assert_allclose(found.mean, finer.mean, atol=1e-3)
    np.testing.assert_allclose(found.covariance, finer.covariance, atol=0.03 * scale)


def pairs_of(scene, kind):
    if KINDS[kind].projected:
        return pairs_in_projection(scene[1], SIZE, EDGES, 8.0)
    return pairs_in_space(scene[1], SIZE, EDGES)


def moments_of(scene, kind):
    if KINDS[kind].projected:
        return ellipticity_moments(scene[0], scene[2], scene[3], DEFINITION)
    return axis_moments(scene[0])


def marks_of(scene, kind, rotation):
    if KINDS[kind].projected:
        return project(rotation, scene[2], scene[3], DEFINITION)
    return rotation[:, :, 0] / np.linalg.norm(rotation[:, :, 0], axis=-1, keepdims=True)


@pytest.mark.parametrize("selected", [False, True])
@pytest.mark.parametrize("kind", ["ed", "ee", "wg+", "w++"])
def test_mean_and_covariance_of_fresh_draws(scene, drawn, kind, selected):
    rng = np.random.default_rng(3)
    masks = (rng.random(N) < 0.6, rng.random(N) < 0.7) if selected else (None, None)
    pairs = pairs_of(scene, kind)
    found = truth(kind, pairs, moments_of(scene, kind), *masks)
    values = np.array([
        correlate(kind, pairs, marks_of(scene, kind, rotation), *masks).value
        for rotation in drawn[:1500]
    ])  # fmt: skip
    error = found.error / np.sqrt(len(values))
    assert np.all(np.abs(values.mean(0) - found.value) < 4.5 * error)
    measured = np.cov(values.T)
    outer = np.outer(found.error, found.error)
    np.testing.assert_allclose(measured / outer, found.covariance / outer, atol=0.17)
    assert np.abs(found.value / error).max() > 8  # the law does align them


def test_pairs_that_share_a_galaxy_are_correlated(scene):
    """Taking pairs as independent would be wrong, and by how much."""
    pairs = pairs_of(scene, "ed")
    found = truth("ed", pairs, moments_of(scene, "ed"))
    correlation = found.covariance / np.outer(found.error, found.error)
    assert np.abs(correlation - np.eye(3)).max() > 0.05


def test_p_values_of_the_law_itself_are_uniform(scene):
    pairs, moments = pairs_of(scene, "ed"), moments_of(scene, "ed")
    known = truth("ed", pairs, moments)
    judged = []
    for rotation in draw(scene[0], 200, 4):
        value = correlate("ed", pairs, marks_of(scene, "ed", rotation)).value
        judged.append(chi_square(value - known.value, known.covariance))
    joint = together(judged)
    assert joint.total.p_value > 1e-3
    assert joint.uniform > 1e-3
    biased = [chi_square(known.error, known.covariance) for _ in range(200)]
    assert together(biased).uniform < 1e-6


def test_the_linear_functional_is_the_estimator(scene, drawn):
    rotation = drawn[0] / np.linalg.norm(drawn[0], axis=-2, keepdims=True)
    pairs = pairs_of(scene, "ed")
    parts = contributions("ed", pairs, rotation[:, :, 0])
    sums = np.einsum("nbk,nk->b", responses(parts), quadrupole(rotation[:, :, 0]))
    expected = correlate("ed", pairs, rotation[:, :, 0]).value
    np.testing.assert_allclose(sums / pairs.sum(parts.weight.sum(0)), expected, atol=1e-12)


def test_a_law_is_read_from_a_symmetric_mixture(scene):
    law = scene[0]
    mixture = SymmetricMixture(
        *(torch.from_numpy(part).float() for part in (law.means, law.sigmas, 3 * law.weights)),
        "D2",
    )
    read = Law.of(mixture)
    np.testing.assert_allclose(read.weights, law.weights, atol=1e-6)
    q = quadrupole(mixture.sample(4000, torch.Generator().manual_seed(0)).numpy()[..., 0])
    moments = axis_moments(read)
    spread = np.sqrt(np.einsum("naa->na", moments.covariance) / 4000)
    assert np.abs((q.mean(0) - moments.mean) / spread).max() < 5
    assert Law.of(law) is law


def test_wrong_input_is_named(scene):
    pairs = pairs_of(scene, "ed")
    with pytest.raises(ValueError, match="no law of orientations says what 'wgg' is"):
        truth("wgg", pairs, moments_of(scene, "ed"))
    with pytest.raises(ValueError, match=r"needs moments of shape \(50, 5\)"):
        truth("ed", pairs, moments_of(scene, "wg+"))
    with pytest.raises(ValueError, match="50 laws do not fit"):
        ellipticity_moments(scene[0], scene[2][:4], scene[3][:4])
