"""Four sources on one observation: errors that are errors, and a simple model that is biased."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.lensing.bias import SOURCE_KINDS, bias_fits, observe
from astroviz.lensing.gaussian_prior import matern_prior
from astroviz.lensing.joint import JointSettings
from astroviz.lensing.lens import check_lens, to_free
from astroviz.lensing.operator import LensOperator, Setup
from astroviz.lensing.parametric_fit import fit_parametric
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.sersic import SersicSource

LENS = {"einstein_radius": 1.1, "axis_ratio": 0.75, "position_angle": 0.4, "x0": 0.02,
        "shear1": 0.03}  # fmt: skip
WIDTH = torch.tensor([0.3, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1])


def operator() -> LensOperator:
    return LensOperator(Setup(36, 0.1, 40, 0.04, psf=gaussian_psf(2.0, 7), source_x=0.03))


def clumpy() -> torch.Tensor:
    axis = (torch.arange(40, dtype=torch.float64) - 19.5) * 0.04
    light = torch.zeros(40, 40, dtype=torch.float64)
    clumps = ((0, 0, 0.16, 1.0), (0.25, 0.18, 0.06, 0.8), (-0.2, 0.2, 0.05, 0.7),
              (0.1, -0.28, 0.06, 0.9))  # fmt: skip
    for x, y, size, peak in clumps:
        square = (axis[None, :] - x) ** 2 + (axis[:, None] - y) ** 2
        light += peak * torch.exp(-0.5 * square / size**2)
    return light


def test_a_right_formula_is_unbiased_with_the_error_it_says():
    made = operator()
    free = to_free(check_lens(LENS).double())
    source = SersicSource(0.03, 0.0, 0.25)
    truth = torch.tensor([0.05, -0.02, -1.3, 0.1, 0.05, 0.2], dtype=torch.float64)
    clean = made.blur(source.images(*made.positions(free, free=True), truth))[0]
    noise = float(clean.max()) / 20
    pulls = []
    for seed in range(12):
        generator = torch.Generator().manual_seed(seed)
        data = clean + noise * torch.randn(clean.shape, generator=generator, dtype=torch.float64)
        found = fit_parametric(made, data, noise, source, free, WIDTH)
        assert 0.8 < found.chi_square / data.numel() < 1.2
        pulls.append((found.free - free)[:7] / found.covariance.diagonal().sqrt())
    spread = torch.stack(pulls)
    assert 0.6 < float(spread.square().mean().sqrt()) < 1.4
    assert spread.mean(0).abs().max() < 1.2


def test_a_simple_source_moves_the_lens_and_pixels_do_not():
    data = observe(operator(), LENS, clumpy(), snr=45, seed=3)
    fits = {fit.kind: fit for fit in bias_fits(data, ("sersic", "pixelated"))}
    simple, pixels = fits["sersic"], fits["pixelated"]
    assert simple.reduced_chi_square > 1.3 > pixels.reduced_chi_square
    assert abs(simple.bias) > 4
    assert abs(pixels.bias) < 4
    for fit in fits.values():
        assert fit.model.shape == data.image.shape
        assert fit.truth == pytest.approx(1.1)
        assert 0 < fit.error < 0.02
        assert fit.source.ndim == 2
        square = np.square((data.image - fit.model) / data.noise).mean()
        assert fit.reduced_chi_square == pytest.approx(square)


def test_a_richer_source_fits_better():
    data = observe(operator(), LENS, clumpy(), snr=45, seed=3)
    simple, richer = bias_fits(data, ("sersic", "spiral"))
    assert richer.reduced_chi_square < simple.reduced_chi_square


def test_a_prior_by_the_contract_is_a_fourth_source():
    prior = matern_prior(8, length=0.2)
    given = LensOperator(Setup(20, 0.16, 8, 0.16, psf=gaussian_psf(2.0, 5)))
    truth = (prior.draw_truth(1, 4)[0] + 2.0).reshape(8, 8)
    data = observe(given, LENS, truth, snr=30, seed=1)
    told: list[float] = []

    class Told:
        max_draws = None

        def check(self) -> None:
            pass

        def progress(self, fraction: float) -> None:
            told.append(fraction)

    (fit,) = bias_fits(data, ("score",), prior, settings=JointSettings(sweeps=12), control=Told())
    assert np.isfinite(fit.einstein_radius)
    assert abs(fit.einstein_radius - 1.1) < 0.1
    assert fit.error > 0
    assert fit.source.shape == (8, 8)
    assert told[-1] == pytest.approx(1.0)


def test_a_fit_can_be_stopped():
    class Stopped(Exception):
        pass

    class Stop:
        max_draws = None

        def check(self) -> None:
            raise Stopped

        def progress(self, fraction: float) -> None:
            pass

    with pytest.raises(Stopped):
        list(bias_fits(observe(operator(), LENS, clumpy(), snr=10), control=Stop()))


def test_what_cannot_be_is_told_so():
    made, source = operator(), clumpy()
    with pytest.raises(ValueError, match="must be positive"):
        observe(made, LENS, source, snr=0)
    with pytest.raises(ValueError, match="no light"):
        observe(made, LENS, torch.zeros(40, 40), snr=10)
    data = observe(made, LENS, source, snr=10)
    with pytest.raises(ValueError, match="no source 'shapelets'"):
        list(bias_fits(data, ("shapelets",)))
    with pytest.raises(ValueError, match="give prior="):
        list(bias_fits(data, ("score",)))
    assert set(SOURCE_KINDS) == {"sersic", "spiral", "pixelated", "score"}
