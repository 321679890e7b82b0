"""The small lens: its deflection, its gradients, its truths inside the bounds."""

from __future__ import annotations

import pytest
import torch

from astroviz.lensing.lens import deflection
from astroviz.lensing.slic_lens import SLIC_BOUNDS, SLIC_NAMES, SmallLens, _isothermal, draw_lens


def test_the_closed_form_is_the_lens_of_the_room():
    truth = draw_lens(8, 1)
    axis = torch.linspace(-1.5, 1.5, 24)
    x, y = axis[None, None, :], axis[None, :, None]
    zero = torch.zeros(8)
    free = torch.stack([truth[:, 0].log(), truth[:, 1], truth[:, 2], *[zero] * 4, zero + 1], -1)
    expected = deflection(x, y, free[:, None, None], free=True)
    found = _isothermal(x, y, truth[:, :3])
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.allclose(ours, theirs, atol=2e-5)


def test_gradients_are_finite_also_for_a_round_lens():
    parameters = torch.tensor([[1.0, 0.0, 0.0, 0.0, 0.0, 2.0]], requires_grad=True)
    SmallLens()(parameters).sum().backward()
    assert torch.isfinite(parameters.grad).all()


def test_gradients_agree_with_differences():
    model, truth = SmallLens(), draw_lens(1, 3).requires_grad_()
    weight = torch.randn(28, 28, generator=torch.Generator().manual_seed(0))
    (gradient,) = torch.autograd.grad((model(truth) * weight).sum(), truth)
    for k in range(len(SLIC_NAMES)):
        step = torch.zeros(1, 6)
        step[0, k] = 2e-3
        with torch.no_grad():
            change = ((model(truth + step) - model(truth - step)) * weight).sum() / 4e-3
        assert gradient[0, k] == pytest.approx(float(change), rel=0.05, abs=0.5)


def test_truths_lie_inside_the_bounds_and_are_bright_enough():
    truth, bounds = draw_lens(300, 5), torch.tensor(SLIC_BOUNDS)
    assert ((truth > bounds[:, 0]) & (truth < bounds[:, 1])).all()
    peak = SmallLens()(truth).amax((1, 2))
    assert 2.5 < float(peak.min())
    assert float(peak.max()) < 12
