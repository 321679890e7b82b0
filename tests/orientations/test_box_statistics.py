from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from astroviz.orientations.box_statistics import BoxStatistics, default_edges
from astroviz.orientations.correlations import NoPairs
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.moments import quadrupole_basis

N, SIZE = 800, 50.0


@pytest.fixture(scope="module")
def galaxies():
    rng = np.random.default_rng(0)
    b = rng.uniform(0.5, 1, N)
    return SimpleNamespace(
        position=rng.uniform(0, SIZE, (N, 3)).astype(np.float32),
        velocity=rng.normal(0, 300, (N, 3)).astype(np.float32),
        axis_ratio_b=b.astype(np.float32),
        axis_ratio_c=(b * rng.uniform(0.4, 1, N)).astype(np.float32),
        rotation=Rotation.random(N, random_state=1).as_matrix().astype(np.float32),
    )


@pytest.fixture(scope="module")
def statistics(galaxies):
    return BoxStatistics(
        galaxies.position, SIZE, galaxies.axis_ratio_b, galaxies.axis_ratio_c, pi_max=12.0
    )


@pytest.fixture(scope="module")
def mixture(galaxies):
    means = torch.from_numpy(galaxies.rotation)[:, None]
    return SymmetricMixture(means, torch.full((N, 1), 0.5), torch.ones(N, 1), "D2")


def test_five_statistics_with_errors_and_truth(statistics, galaxies, mixture):
    kinds = ("ed", "ee", "wg+", "w++", "wgg")
    found = statistics.measure(galaxies.rotation, kinds)
    assert list(found) == list(kinds)
    truths = statistics.truth(mixture, kinds[:4])
    for kind, one in found.items():
        assert one.value.shape == (8,)
        assert one.regions == 27
        assert one.error is not None
        if kind in truths:
            judged = one.with_truth(truths[kind]).against_truth()
            assert 0 <= judged.p_value <= 1
    assert found["wg+"].definition == "epsilon"
    assert found["wg+"].pi_max == 12.0


def test_draws_of_the_law_agree_with_its_truth(statistics, mixture):
    rotation = mixture.sample(1, torch.Generator().manual_seed(3))[0].numpy()
    truths = statistics.truth(mixture)
    for kind, one in statistics.measure(rotation, errors=False).items():
        assert one.with_truth(truths[kind]).against_truth().p_value > 1e-4
        assert one.error is None


def test_selection_and_redraw_are_quick_and_moments_are_kept(statistics, galaxies, mixture):
    statistics.measure(galaxies.rotation)
    assert statistics.moments(mixture, "ed") is statistics.moments(mixture, "ee")
    assert statistics.moments(mixture, "wg+") is statistics.moments(mixture, "w++")
    start = time.perf_counter()
    found = statistics.measure(galaxies.rotation, shapes=np.arange(N) < 200)
    assert time.perf_counter() - start < 2  # tens of milliseconds on a machine of one's own
    assert found["ed"].galaxies == 200
    with pytest.raises(NoPairs):
        statistics.measure(galaxies.rotation, shapes=np.zeros(N, dtype=bool))


def test_a_box_is_read_in_real_and_in_redshift_space(galaxies):
    moved = galaxies.position.astype(float).copy()
    moved[:, 1] = (moved[:, 1] + 3) % SIZE
    box = SimpleNamespace(
        galaxies=galaxies, size=SIZE, redshift_space_positions=lambda axis: moved
    )
    real = BoxStatistics.of_box(box)
    np.testing.assert_allclose(real.position, galaxies.position)
    observed = BoxStatistics.of_box(box, redshift_space=True, line_of_sight=1, pi_max=10.0)
    np.testing.assert_allclose(observed.position, moved)
    found = observed.measure(galaxies.rotation, ("wg+",), errors=False)["wg+"]
    assert "redshift space" in found.conventions
    assert "real space" in real.measure(galaxies.rotation, ("ed",), errors=False)["ed"].conventions


def test_the_spin_of_a_disc_is_the_minor_axis(galaxies):
    ratios = (galaxies.axis_ratio_b, galaxies.axis_ratio_c)
    spin = BoxStatistics(galaxies.position, SIZE, *ratios, axis=2)
    np.testing.assert_array_equal(spin.marks("ed", galaxies.rotation), galaxies.rotation[:, :, 2])


def test_ellipticities_alone_are_enough_for_the_sky(statistics, galaxies):
    e = statistics.marks("wg+", galaxies.rotation)
    one = statistics.measure_marks("wg+", e, shapes=np.arange(N) < 300)
    two = statistics.measure(galaxies.rotation, ("wg+",), shapes=np.arange(N) < 300)["wg+"]
    np.testing.assert_array_equal(one.value, two.value)
    np.testing.assert_array_equal(one.error, two.error)


@pytest.mark.parametrize("observed", [False, True])
def test_the_shipped_box_agrees_with_its_law(observed):
    """Real and redshift space, all galaxies and a selection of them."""
    from astroviz.orientations.law import OrientationLaw, draw, mean_axis_outer
    from astroviz.orientations.train_boxes import demo_box

    box = demo_box()
    law = OrientationLaw().mixture(box)
    found = BoxStatistics.of_box(box, redshift_space=observed)
    # the second moment of the major axis is that which the law itself states
    outer = np.asarray(mean_axis_outer(law), dtype=float)
    basis = quadrupole_basis()
    stated = np.einsum("nij,kij->nk", outer, basis)
    np.testing.assert_allclose(found.moments(law, "ed").mean, stated, atol=1e-5)
    for shapes in (None, np.asarray(box.galaxies.central)):
        truths = found.truth(law, shapes=shapes)
        measured = found.measure(draw(box, 11), shapes=shapes)
        for kind, one in measured.items():
            judged = one.with_truth(truths[kind])
            assert judged.against_truth().p_value > 1e-4
            assert one.redshift_space is observed
        # random orientations are not those of the law
        turned = Rotation.random(len(found), random_state=2).as_matrix()
        random = found.measure(turned, ("ed",), shapes, errors=False)["ed"]
        assert random.with_truth(truths["ed"]).against_truth().p_value < 1e-6


def test_default_bins_fit_the_box():
    assert default_edges(75.0)[-1] == pytest.approx(20)
    assert default_edges(30.0)[-1] == pytest.approx(9)
    assert len(default_edges(30.0)) == 9


def test_wrong_input_is_named(galaxies, statistics):
    with pytest.raises(ValueError, match="800 positions do not fit 4 axis ratios"):
        BoxStatistics(galaxies.position, SIZE, np.ones(4), np.ones(4))
    with pytest.raises(ValueError, match=r"rotations must have shape \(800, 3, 3\)"):
        statistics.measure(galaxies.rotation[:5])
    with pytest.raises(ValueError, match="outside the box of 10 Mpc/h"):
        BoxStatistics(galaxies.position, 10.0, galaxies.axis_ratio_b, galaxies.axis_ratio_c)
