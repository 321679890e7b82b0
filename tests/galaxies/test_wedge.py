"""A wedge of colours: region, terms and hands agree with each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.galaxies.selection import Selection
from astroviz.galaxies.wedge import NARROWEST, WIDEST, Wedge

BANDS = ("sdss_g", "sdss_r", "sdss_i")
RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize("direction", [-170.0, -60.0, 0.0, 35.0, 120.0])
@pytest.mark.parametrize("opening", [15.0, 90.0, 165.0])
def test_the_region_is_between_its_rays_and_so_are_its_terms(direction, opening):
    wedge = Wedge(0.6, 0.25, direction, opening)
    colours = RANDOM.uniform(-1, 2, (4000, 2))
    angle = np.degrees(np.arctan2(colours[:, 1] - 0.25, colours[:, 0] - 0.6))
    within = np.abs((angle - direction + 180) % 360 - 180) < opening / 2
    np.testing.assert_array_equal(wedge.holds(colours), within)
    r = RANDOM.uniform(15, 20, 4000)
    magnitudes = np.stack([r + colours[:, 0], r, r - colours[:, 1]], -1)
    terms = wedge.terms(("sdss_g", "sdss_r"), ("sdss_r", "sdss_i"), width=1e-4)
    seen = torch.from_numpy(magnitudes)
    weights = Selection(terms, BANDS).weights(seen, torch.full_like(seen, 0.1)).numpy()
    clear = np.abs(weights - 0.5) > 0.49
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(weights[clear] > 0.5, within[clear])


def test_the_corners_hold_what_the_region_holds():
    wedge = Wedge(0.2, 0.1, 50.0, 80.0)
    from matplotlib.path import Path

    colours = RANDOM.uniform(-1, 2, (2000, 2))
    drawn = Path(np.vstack([wedge.corners(), wedge.apex])).contains_points(colours)
    np.testing.assert_array_equal(drawn, wedge.holds(colours))


def test_a_hand_turns_one_ray_and_leaves_the_other():
    wedge = Wedge(0.0, 0.0, 45.0, 60.0)
    first, second = wedge.rays
    turned = wedge.turned(1, 0.0, 1.0)
    np.testing.assert_allclose(turned.rays[0], first, atol=1e-12)
    np.testing.assert_allclose(turned.rays[1], [0.0, 1.0], atol=1e-12)
    turned = wedge.turned(0, 1.0, 0.0)
    np.testing.assert_allclose(turned.rays[0], [1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(turned.rays[1], second, atol=1e-12)


def test_the_opening_stays_within_its_bounds():
    wedge = Wedge(0.0, 0.0, 0.0, 60.0)
    low = np.radians(-40.0)  # beyond the first ray
    assert wedge.turned(1, np.cos(low), np.sin(low)).opening == NARROWEST
    far = np.radians(160.0)
    wide = wedge.turned(1, np.cos(far), np.sin(far))
    assert wide.opening == WIDEST
    np.testing.assert_allclose(wide.rays[0], wedge.rays[0], atol=1e-12)


def test_grips_lie_on_the_rays():
    wedge = Wedge(0.3, -0.2, 120.0, 40.0)
    apex, first, second = wedge.grips(0.5)
    np.testing.assert_allclose(apex, [0.3, -0.2])
    np.testing.assert_allclose(first, apex + 0.5 * wedge.rays[0])
    np.testing.assert_allclose(second, apex + 0.5 * wedge.rays[1])
