"""The colours of angles: even, closed, and told apart by people of any colour vision."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.orientation_colours import cyclic, density_ramp

# Machado, Oliveira & Fernandes 2009, full severity, linear RGB.
DICHROMATS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
}  # fmt: skip
LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451,
               0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050,
               0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip


def linear(colours):
    coded = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in colours]) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    return np.cbrt(np.clip(rgb, 0, 1) @ LMS.T) @ LAB.T


def test_equal_angles_differ_equally_all_the_way_round():
    lab = oklab(linear(cyclic()))
    steps = np.linalg.norm(np.roll(lab, -8, axis=0) - lab, axis=1)
    assert steps.max() / steps.min() < 1.2  # rounding to bytes included
    assert len(set(cyclic())) == 256


def test_the_far_side_of_the_circle_always_looks_far():
    lab = oklab(linear(cyclic()))
    away = np.linalg.norm(np.roll(lab, 128, axis=0) - lab, axis=1)
    assert away.min() > 0.25


@pytest.mark.parametrize("kind", DICHROMATS)
def test_people_who_confuse_red_and_green_see_every_angle(kind):
    lab = oklab(linear(cyclic()) @ np.array(DICHROMATS[kind]).T)
    for apart in (32, 64, 128):  # 45, 90 and 180 degrees
        away = np.linalg.norm(np.roll(lab, apart, axis=0) - lab, axis=1)
        assert away.min() > 0.05, f"{apart * 360 / 256:.0f} degrees"


def test_hsv_would_not_do():
    import colorsys

    wheel = [colorsys.hsv_to_rgb(k / 256, 1, 1) for k in range(256)]
    codes = ["#{:02x}{:02x}{:02x}".format(*(round(255 * c) for c in rgb)) for rgb in wheel]
    steps = oklab(linear(codes))
    steps = np.linalg.norm(np.roll(steps, -8, axis=0) - steps, axis=1)
    assert steps.max() / steps.min() > 2


@pytest.mark.parametrize("dark", [False, True])
def test_a_ramp_goes_one_way_from_its_ground(dark):
    lightness = oklab(linear(density_ramp(dark)))[:, 0]
    assert (np.diff(lightness) * (1 if dark else -1) > -1e-3).all()
    assert abs(lightness[-1] - lightness[0]) > 0.65
