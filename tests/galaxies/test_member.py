"""Members of an ensemble whose priors are tilted: maps, densities, the hyper-prior, its bands."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from astroviz.galaxies.member import UNTILTED, Member, draw_tilts
from astroviz.galaxies.mock_scores import coverage
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.spline_flow import SplineFlow


def moved(tilt=None):
    """A member whose flow is not the identity."""
    flow = SplineFlow(11, 2, 8, 4, seed=1)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in flow.parameters():
            weight += 0.3 * torch.randn(weight.shape, generator=generator)
    return Member(flow, 5, tilt).requires_grad_(False)


def tilted(shift, stretch):
    return torch.stack([torch.full((11,), shift), torch.full((11,), stretch)])


def test_a_tilted_member_comes_back_with_its_density():
    member = moved(tilted(0.6, -0.4))
    u = torch.randn(300, 11, generator=torch.Generator().manual_seed(2))
    x, log_det = member(u)
    again, back = member.inverse(x)
    assert (again - u).abs().max() < 5e-3
    assert (log_det + back).abs().max() < 5e-3
    normal = torch.distributions.Normal(0.0, 1.0).log_prob(u).sum(-1)
    assert torch.allclose(member.log_prob(x), normal - log_det, atol=1e-2)
    jacobian = torch.autograd.functional.jacobian(lambda one: member(one[None])[0][0], u[0])
    assert float(torch.linalg.slogdet(jacobian)[1]) == pytest.approx(float(log_det[0]), abs=1e-3)


def test_an_untrained_member_is_its_own_prior():
    member = Member(SplineFlow(11, 1, 8, 4), 5, tilted(0.6, -0.4)).requires_grad_(False)
    u = torch.randn(20_000, 11, generator=torch.Generator().manual_seed(3))
    x, log_det = member(u)
    assert stats.kstest(x[:, 3].numpy(), stats.norm(0.6, np.exp(-0.4)).cdf).pvalue > 1e-3
    assert member.log_ratio(u, x, log_det).abs().max() < 1e-4
    other = moved(tilted(0.6, -0.4))
    y, slope = other(u)
    own = stats.norm(0.6, np.exp(-0.4)).logpdf(y.numpy()).sum(-1)
    expected = other.log_prob(y).numpy() - own
    np.testing.assert_allclose(other.log_ratio(u, y, slope).numpy(), expected, atol=2e-2)


def test_tilts_are_draws_of_the_hyper_prior_in_opposite_pairs():
    tilts = draw_tilts(400, 0.7, 0.3, seed=1)
    free = [k for k, name in enumerate(PARAMETERS) if name not in UNTILTED]
    held = [PARAMETERS.index(name) for name in UNTILTED]
    assert float(tilts[:, 0, free].std()) == pytest.approx(0.7, rel=0.05)
    narrowed = -tilts[:, 1, free]
    assert (narrowed >= 0).all()
    assert float(narrowed.square().mean().sqrt()) == pytest.approx(0.3, rel=0.05)
    assert (tilts[..., held] == 0).all()
    assert torch.equal(tilts[::2, 0], -tilts[1::2, 0])
    assert torch.equal(tilts, draw_tilts(400, 0.7, 0.3, seed=1))
    assert not torch.equal(tilts, draw_tilts(400, 0.7, 0.3, seed=2))
    assert len(draw_tilts(5, 0.7, 0.3)) == 5
    assert not draw_tilts(4, 0.0, 0.0).any()


def test_tilts_widen_the_band_where_nothing_was_learned():
    """A truth beside the prior is in the band of tilted members, not in that of equal ones."""
    random = np.random.default_rng(0)
    truth = {"log_z": random.normal(0.4, 0.8, 20_000)}
    place = PARAMETERS.index("log_z")

    def draws(tilts):
        generator = torch.Generator().manual_seed(1)
        for tilt in tilts:
            member = Member(SplineFlow(11, 1, 8, 4), 5, tilt).requires_grad_(False)
            x = member(torch.randn(20_000, 11, generator=generator))[0]
            yield {"log_z": x[:, place].numpy()}

    wide = coverage(list(draws(draw_tilts(10, 0.7, 0.7, seed=1))), truth, "log_z")
    narrow = coverage(list(draws(draw_tilts(10, 0.0, 0.0))), truth, "log_z")
    assert wide > 0.8
    assert narrow < 0.5
