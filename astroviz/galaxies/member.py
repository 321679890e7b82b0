r"""One fitted population: a flow, the prior that it leans on, and zero points of the bands.

Members of an ensemble may start from different priors. In the coordinates :math:`x` in which the
prior of the ensemble is a standard normal distribution, the prior of a member is

.. math:: x_k \sim \mathcal N(a_k, e^{2 b_k}), \qquad
    a_k \sim \mathcal N(0, \sigma_a), \quad b_k \sim -|\mathcal N(0, \sigma_b)|,

drawn once and kept with its weights: each marginal is shifted and narrowed in the quantiles of the
common prior, which is the widest that is believed, so that all members together are about as wide
as it is. What the photometry determines comes out alike in all members; where it is silent
they differ as their priors do, and the band of the ensemble is as wide as the hyper-prior says.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.spline_flow import SplineFlow

__all__ = ["UNTILTED", "Member", "draw_tilts"]

UNTILTED = ("redshift", "log_mass_formed")
"""Parameters whose prior all members share: volume, mass function and limit of the survey."""

_LOG_2_PI = 1.8378770664093453


class Member(nn.Module):
    r"""A flow behind a tilted prior, and what the bands' zero points are off by.

    Arguments:
        flow: The flow.
        bands: Number of bands.
        tilt: :math:`a` and :math:`b` of each parameter, shape :math:`(2, D)`; none by default.

    Example:
        >>> tilt = torch.stack([torch.full((11,), 0.5), torch.zeros(11)])
        >>> x, _ = Member(SplineFlow(), 5, tilt)(torch.zeros(2, 11))
        >>> x[0, :2].tolist()
        [0.5, 0.5]
    """

    tilt: Tensor

    def __init__(self, flow: SplineFlow, bands: int, tilt: Tensor | None = None) -> None:
        super().__init__()
        self.flow = flow
        self.zero_points = nn.Parameter(torch.zeros(bands))
        size = int(flow.config["dimensions"])
        self.register_buffer("tilt", torch.zeros(2, size) if tilt is None else tilt.clone())

    def forward(self, u: Tensor) -> tuple[Tensor, Tensor]:
        r"""From normal deviates to coordinates of the population.

        Arguments:
            u: Shape :math:`(N, D)`.

        Returns:
            :math:`x`, shape :math:`(N, D)`, and :math:`\ln |\partial x/\partial u|`, :math:`(N,)`.
        """
        y, log_det = self.flow(u)
        return self.tilt[0] + self.tilt[1].exp() * y, log_det + self.tilt[1].sum()

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        r"""From coordinates to normal deviates, and :math:`\ln |\partial u/\partial x|`."""
        u, log_det = self.flow.inverse((x - self.tilt[0]) * (-self.tilt[1]).exp())
        return u, log_det - self.tilt[1].sum()

    def log_prob(self, x: Tensor) -> Tensor:
        r"""Log density of coordinates, shape :math:`(N,)`."""
        u, log_det = self.inverse(x)
        return log_det - 0.5 * u.square().sum(-1) - 0.5 * _LOG_2_PI * u.shape[-1]

    def log_ratio(self, u: Tensor, x: Tensor, log_det: Tensor) -> Tensor:
        r"""Log of the density of draws over that of the member's own prior, shape :math:`(N,)`.

        .. math:: \ln q - \ln \pi = \tfrac12 |y|^2 - \tfrac12 |u|^2 - \ln|\partial y/\partial u|

        with :math:`y = (x - a) / e^b`. Its mean is the divergence of the draws from the prior.

        Arguments:
            u: Normal deviates, shape :math:`(N, D)`.
            x: What the member made of them.
            log_det: The log determinant beside.
        """
        y = (x - self.tilt[0]) * (-self.tilt[1]).exp()
        return 0.5 * (y.square() - u.square()).sum(-1) - (log_det - self.tilt[1].sum())


def draw_tilts(count: int, shift: float, stretch: float, seed: int = 0) -> Tensor:
    r"""Tilts of the members of an ensemble: random draws of the hyper-prior, in opposite pairs.

    The second of a pair is shifted the other way as the first, so that the ensemble as a whole
    does not drift from the common prior by chance.

    Arguments:
        count: Members.
        shift: :math:`\sigma_a`, in standard deviations of the prior.
        stretch: :math:`\sigma_b`, natural logarithm of the width.
        seed: Of the draws.

    Returns:
        Shape :math:`(K, 2, 11)`.

    Example:
        >>> tilts = draw_tilts(4, 0.7, 0.3, seed=1)
        >>> tuple(tilts.shape), bool(torch.equal(tilts[0, 0], -tilts[1, 0]))
        ((4, 2, 11), True)
    """
    generator = Generator().manual_seed(seed + 4243)
    pairs, size = (count + 1) // 2, len(PARAMETERS)
    moved = shift * torch.randn(pairs, size, generator=generator)
    found = torch.empty(2 * pairs, 2, size)
    found[:, 0] = torch.stack([moved, -moved], 1).flatten(0, 1)
    found[:, 1] = -stretch * torch.randn(2 * pairs, size, generator=generator).abs()
    found[..., [PARAMETERS.index(name) for name in UNTILTED]] = 0.0
    return found[:count]
