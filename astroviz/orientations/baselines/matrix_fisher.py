r"""A mixture of matrix-Fisher laws, :math:`p(R) = \sum_k w_k\, e^{\mathrm{tr}(F_k^T R)} / c(F_k)`.

The normaliser depends only on the proper singular values :math:`s_1 \ge s_2 \ge |s_3|` of `F`,

.. math:: c\,e^{-s_1-s_2-s_3} = \int_{-1}^{1} \tfrac12\,
          \bar I_0\!\big(\tfrac12(s_1-s_2)(1-u)\big)\,
          \bar I_0\!\big(\tfrac12(s_1+s_2)(1+u)\big)\, e^{(s_2+s_3)(u-1)}\,du ,

with :math:`\bar I_0(x) = e^{-|x|} I_0(x)`. The sums of pairs of `s` are positive by construction.

References:
    | Lee (2018), Bayesian attitude estimation with the matrix Fisher distribution on SO(3)
    | https://arxiv.org/abs/1710.03746
"""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from torch import Tensor, nn

from astroviz.orientations.baselines.descent import batches, minimise
from astroviz.orientations.rotations import exp

__all__ = ["FisherMixture", "MatrixFisher", "log_normaliser"]

_NODES = 160


@functools.cache
def _quadrature() -> tuple[Tensor, Tensor]:
    """Gauss nodes of v and weights, with u = 1 - 2 v^2, so that the peak at u = 1 is resolved."""
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    v = 0.5 * (node + 1)
    return torch.from_numpy(1 - 2 * v * v), torch.from_numpy(0.5 * weight * 4 * v)


def log_normaliser(singular: Tensor) -> Tensor:
    r"""Log of :math:`\int e^{\mathrm{tr}(F^T R)} dR` over Haar probability.

    Arguments:
        singular: Proper singular values of `F`, descending in modulus, shape :math:`(*, 3)`.

    Returns:
        Shape :math:`(*)`.
    """
    u, weight = (q.to(singular) for q in _quadrature())
    one, two, three = (singular[..., k, None] for k in range(3))
    inside = (
        torch.special.i0e(0.5 * (one - two) * (1 - u))
        * torch.special.i0e(0.5 * (one + two) * (1 + u))
        * torch.exp((two + three) * (u - 1))
    )
    return (0.5 * inside * weight).sum(-1).log() + singular.sum(-1)


class FisherMixture(nn.Module):
    r"""The law and its parameters.

    Arguments:
        means: Modes to start from, shape :math:`(K, 3, 3)`.
        concentration: Singular values to start from.
    """

    def __init__(self, means: Tensor, concentration: float = 30.0) -> None:
        super().__init__()
        number = len(means)
        self.weights = nn.Parameter(torch.zeros(number))
        self.pairs = nn.Parameter(torch.full((number, 3), 2 * concentration).log())
        self.turn = nn.Parameter(torch.zeros(number, 3))
        self.frame = nn.Parameter(torch.zeros(number, 3))
        self.register_buffer("means", means.clone())

    def singular(self) -> Tensor:
        """Proper singular values, descending, shape (K, 3): their pairs have positive sums."""
        sums = self.pairs.exp()
        values = 0.5 * sums.sum(-1, keepdim=True) - sums
        return values.sort(-1, descending=True).values

    def matrices(self) -> Tensor:
        """The parameters F, shape (K, 3, 3)."""
        frame = exp(self.frame)
        mode = self.get_buffer("means") @ exp(self.turn)
        return mode @ frame @ torch.diag_embed(self.singular()) @ frame.mT

    def forward(self, rotation: Tensor) -> Tensor:
        """Log density with respect to Haar probability, shape (N,)."""
        trace = torch.einsum("kij,nij->nk", self.matrices(), rotation)
        parts = self.weights.log_softmax(0) + trace - log_normaliser(self.singular())
        return parts.logsumexp(-1)


class MatrixFisher:
    r"""The whole method: start, ascent of the likelihood, draws.

    Arguments:
        components: Number of laws :math:`K`.
    """

    name = "mixture of matrix-Fisher laws"

    def __init__(self, components: int = 32) -> None:
        self.components = components
        self.network: FisherMixture | None = None

    def fit(
        self,
        rotations: Tensor,
        steps: int,
        generator: torch.Generator,
        batch: int = 512,
        budget: float = math.inf,
    ) -> MatrixFisher:
        r"""Maximise the likelihood; arguments as those of `anchor.Anchor.fit`."""
        self.network = FisherMixture(_far_apart(rotations, self.components, generator))
        law, draw = self.network, batches(rotations, batch, generator)
        minimise(law, lambda: -law(draw()).mean(), steps, 5e-2, budget, decay=0.98)
        return self

    @property
    def law(self) -> FisherMixture:
        """The fitted law; RuntimeError before `fit`."""
        if self.network is None:
            raise RuntimeError("the mixture has not been fitted: call fit first")
        return self.network

    @torch.no_grad()
    def log_prob(self, rotations: Tensor) -> Tensor:
        """Log density with respect to Haar probability, shape (N,)."""
        found: Tensor = self.law(rotations)
        return found

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        r"""Draws by resampling, nearly exact, shape :math:`(n, 3, 3)`.

        For each draw 64 rotations are proposed around the mode of its law, normal with the law's
        widest spread, and one of them is chosen by its importance weight.
        """
        law = self.law
        which = torch.multinomial(law.weights.softmax(0), n, True, generator=generator)
        mode = (law.get_buffer("means") @ exp(law.turn))[which]
        weakest = law.singular()[:, 1:].sum(-1)[which]
        spread = (2.0 / weakest.clamp(min=0.5)).sqrt()
        step = torch.randn(n, _TRIES, 3, generator=generator) * spread[:, None, None]
        tried = mode[:, None] @ exp(step)
        trace = torch.einsum("nij,ntij->nt", law.matrices()[which], tried)
        angle = step.norm(dim=-1)
        # the exponential map squeezes volume by (2 sin(w/2) / w)^2; beyond pi it folds back
        volume = 2 * torch.special.sinc(angle / (2 * math.pi)).abs().clamp(min=1e-6).log()
        proposal = -0.5 * (step / spread[:, None, None]).square().sum(-1)
        weight = (trace + volume - proposal).masked_fill(angle > math.pi, -math.inf)
        chosen = torch.multinomial(weight.softmax(-1), 1, generator=generator)[:, 0]
        return tried[torch.arange(n), chosen]


_TRIES = 64


def _far_apart(rotations: Tensor, number: int, generator: torch.Generator) -> Tensor:
    """Some of the rotations, each drawn by its squared distance from those before."""
    some = rotations[torch.randint(len(rotations), (4096,), generator=generator)]
    chosen = [some[0]]
    distance = torch.full((len(some),), math.inf)
    for _ in range(number - 1):
        distance = torch.minimum(distance, (some - chosen[-1]).square().sum((1, 2)))
        pick = torch.multinomial(distance.clamp(min=1e-9), 1, generator=generator)
        chosen.append(some[int(pick)])
    return torch.stack(chosen)
