"""The law of made-up galaxies: profiles, populations, symmetry, seeds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from astropy.modeling.models import Sersic1D

from astroviz.lensing import procedural
from astroviz.lensing.procedural import galaxies


def drawn(n=400, seed=0, **options):
    return galaxies(n, torch.Generator().manual_seed(seed), **options)


def test_images_are_in_prior_units_and_end_at_the_rim():
    images = drawn()
    assert images.shape == (400, 32, 32)
    assert images.dtype == torch.float32
    peak = images.amax((1, 2))
    assert float(images.min()) >= 0
    assert float(peak.min()) >= 1 - 1e-5
    assert float(peak.max()) <= 4 + 1e-5
    assert float(peak.median()) == pytest.approx(2.0, abs=0.1)
    assert float(images[:, 0].max()) < 0.02 * float(peak.max())
    assert float(images[:, 0, 0].max()) == 0


def test_a_seed_gives_the_same_galaxies():
    assert torch.equal(drawn(5), drawn(5))
    assert not torch.equal(drawn(5), drawn(5, seed=1))
    assert drawn(0).shape == (0, 32, 32)


def test_the_profile_is_that_of_sersic():
    radius = torch.linspace(0.05, 3, 40)
    for index in (0.8, 1.5, 2.5):
        ours = procedural._sersic(
            radius[None, None] ** 2, torch.tensor([0.7]), torch.tensor([index]), 0.0
        )
        exact = Sersic1D(amplitude=1.0, r_eff=0.7, n=index)(radius.numpy())
        np.testing.assert_allclose(ours[0, 0].numpy(), exact, rtol=2e-2)


def roughness(images):
    """Light in the Laplacian: arms and clumps have it, smooth ellipticals do not."""
    inner = images[:, 1:-1, 1:-1]
    laplace = (images[:, 2:, 1:-1] + images[:, :-2, 1:-1] + images[:, 1:-1, 2:]
               + images[:, 1:-1, :-2] - 4 * inner)  # fmt: skip
    return (laplace.square().sum((1, 2)) / images.square().sum((1, 2))).sqrt()


def test_spirals_are_rougher_than_ellipticals():
    smooth, rough = roughness(drawn(kind="elliptical")), roughness(drawn(kind="spiral"))
    assert float(smooth.median()) < 0.6 * float(rough.median())


def test_spirals_wind_both_ways_alike():
    """A law without handedness: a mirror changes no mean, turned or not."""
    images = drawn(4000, kind="spiral", pixels=16)
    mean = images.mean(0)
    error = float(images.std(0).max()) / 4000**0.5
    for other in (mean.flip(0), mean.flip(1), mean.T):
        assert float((mean - other).abs().max()) < 6 * error


def test_the_population_mixes_both_kinds():
    mixed = roughness(drawn(2000))
    cut = 0.5 * (roughness(drawn(kind="elliptical")).median() + roughness(drawn(kind="spiral"))
                 .median())  # fmt: skip
    share = float((mixed < cut).float().mean())
    assert 0.2 < share < 0.6


@pytest.mark.parametrize("pixels", [16, 64])
def test_galaxies_are_as_large_at_other_resolutions(pixels):
    """The rms radius of the light, in parts of the frame, hardly hangs on the pixels."""
    ours, other = (rms_radius(drawn(1500, pixels=side)) for side in (32, pixels))
    assert float(other.mean()) == pytest.approx(float(ours.mean()), rel=0.06)


def rms_radius(images):
    side = images.shape[-1]
    line = (torch.arange(side) - (side - 1) / 2) / side
    square = line[:, None] ** 2 + line**2
    return ((images * square).sum((1, 2)) / images.sum((1, 2))).sqrt()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="no kind of galaxy 'barred'; there is all, elliptical"):
        drawn(kind="barred")
    with pytest.raises(ValueError, match="3 pixels to a side"):
        drawn(pixels=3)
