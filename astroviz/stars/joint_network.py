r"""All conditionals of any table of variables by one flow: each variable is given or wanted.

A normal approximation of the joint distribution, faithful to the simulator's graph, gives what is
wanted a centre and a covariance :math:`C` under what is given. The flow lives in the coordinates
:math:`w = C^{-1/2} (y - \mu)`, where directions that what is given nearly fixes are as wide as any
other, and what is given is told in such coordinates, too. The velocity starts from its exact value
for a standard normal target; see `flow`. Thin targets are learned at late times, where little
noise is left, so most training times are late.

References:
    | All-in-one simulation-based inference (Gloeckler et al. 2024)
    | https://arxiv.org/abs/2404.09636
    | Noise levels for training (Karras et al. 2022), https://arxiv.org/abs/2206.00364
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from astroviz.core.solvers import solve
from astroviz.stars.flow import gaussian_velocity
from astroviz.stars.graph import select_covariance, symmetric_roots
from astroviz.stars.joint_readers import CliqueReader

__all__ = ["Asked", "JointNetwork", "condition_masks"]

# value, given, whitened; mean, spread and presence of fellows, place among them; centre, width
_FEATURES = 9
_WAVES = (0.25, 0.5, 1.0, 2.0)
# mean and spread of the log of how much larger the target's share is than the noise's
_LATE, _SPREAD = 1.5, 1.5


def condition_masks(
    n: int, parameters: int, size: int, shares: Sequence[float], generator: torch.Generator
) -> Tensor:
    r"""Which variables are given, for a batch of training questions.

    Arguments:
        n: Number of questions.
        parameters: The first so many variables are parameters.
        size: Number of variables.
        shares: Shares of posterior, likelihood, joint, and of random masks with 0.3 and 0.7.
        generator: Source of random numbers.

    Returns:
        Shape :math:`(N, D)`, bool; never everything.
    """
    kind = torch.multinomial(
        torch.tensor(shares).float(), n, replacement=True, generator=generator
    )
    odds = torch.tensor([0.3, 0.7])[(kind - 3).clamp(min=0)]
    given = torch.rand(n, size, generator=generator) < odds[:, None]
    data = torch.arange(size) >= parameters
    given = torch.where((kind == 0)[:, None], data, given)
    given = torch.where((kind == 1)[:, None], ~data, given)
    given = given & (kind != 2)[:, None]
    return given & ~given.all(1, keepdim=True)


@dataclass(frozen=True)
class Asked:
    r"""What is given, and the coordinates of what is wanted.

    Arguments:
        features: What is known of each variable before the flow begins, shape :math:`(N, D, F)`.
        wanted: Which variables are wanted, shape :math:`(N, D)`, bool.
        centre: Their centres :math:`\mu`, shape :math:`(N, D)`.
        root: Symmetric root of their covariance, shape :math:`(N, D, D)`.
        inverse: Its inverse; both are the identity where not wanted.
    """

    features: Tensor
    wanted: Tensor
    centre: Tensor
    root: Tensor
    inverse: Tensor

    def whiten(self, y: Tensor) -> Tensor:
        """From standardised variables (N, D) to the flow's coordinates, zero where not wanted."""
        away = torch.where(self.wanted, y - self.centre, 0.0)
        return torch.einsum("nij,nj->ni", self.inverse, away)

    def restore(self, w: Tensor) -> Tensor:
        """From the flow's coordinates (N, K, D) to standardised variables."""
        return self.centre[:, None] + torch.einsum("nij,nkj->nki", self.root, w)


class JointNetwork(nn.Module):
    r"""Velocities of any wanted variables given any others.

    The reader takes one clique of the graph after the other, as the factors of the joint
    distribution stand on its cliques, with the same weights where the cliques' members are
    exchangeable, and then hears what overlapping cliques say. It reads whitened coordinates: each
    stands mostly for its own variable, and also for those correlated with it under what is given.

    Arguments:
        links: Which variables are linked, shape :math:`(D, D)`, bool. All cliques need the same
            size.
        kinds: For each variable its kind; exchangeable variables are of one kind.
        wide: Hidden width of the reader.
        blocks: Its number of residual blocks.
    """

    links: Tensor
    kinds: Tensor
    member: Tensor
    mean: Tensor
    scale: Tensor
    precision: Tensor
    waves: Tensor

    def __init__(
        self, links: Tensor, kinds: Sequence[int], wide: int = 128, blocks: int = 3
    ) -> None:
        super().__init__()
        size, rows = len(links), max(kinds) + 1
        member = nn.functional.one_hot(torch.tensor(kinds), rows).float()
        self.register_buffer("links", links, persistent=False)
        self.register_buffer("kinds", torch.tensor(kinds), persistent=False)
        self.register_buffer("member", member, persistent=False)
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))
        self.register_buffer("precision", torch.eye(size, dtype=torch.float64))
        self.register_buffer("waves", torch.tensor(_WAVES), persistent=False)
        self.cliques = CliqueReader(links, kinds, _FEATURES, 2 * len(_WAVES) + 1, wide, blocks)

    def adopt(self, table: Tensor) -> None:
        """Take units and the normal approximation from simulations, shape :math:`(N, D)`."""
        table = table.double()
        share = (self.kinds[:, None] == self.kinds).double()
        share = share / share.sum(1, keepdim=True)
        # exchangeable variables have the same mean and scale
        mean = share @ table.mean(0)
        scale = (share @ ((table - mean) ** 2).mean(0)).sqrt()
        y = (table - mean) / scale
        self.mean.copy_(mean)
        self.scale.copy_(scale)
        sample = self._symmetric(y.T @ y / len(y))
        self.precision.copy_(torch.linalg.inv(select_covariance(sample, self.links)))

    def _symmetric(self, sample: Tensor) -> Tensor:
        """The same covariance for all pairs of the same kinds that are linked, or are not."""
        rows = int(self.kinds.max()) + 1
        own = torch.eye(len(sample), dtype=torch.bool)
        pair = self.kinds[:, None] * rows + self.kinds
        names = (4 * pair + 2 * self.links + own).flatten()
        total = torch.zeros(4 * rows**2, dtype=sample.dtype).index_add(0, names, sample.flatten())
        count = names.bincount(minlength=len(total))
        return (total / count.clamp(min=1))[names].view_as(sample)

    def ask(self, values: Tensor, given: Tensor) -> Asked:
        r"""Prepare questions.

        Arguments:
            values: Shape :math:`(N, D)`; what is not given is not looked at.
            given: Which values are given, shape :math:`(N, D)`, bool.
        """
        y = torch.where(given, (values - self.mean) / self.scale, 0.0)
        patterns, which = given.unique(dim=0, return_inverse=True)
        slopes, root, inverse, told = (part[which] for part in self._conditional(patterns))
        centre = torch.einsum("nij,nj->ni", slopes, y)
        flags = given.to(y)
        # how far each given value lies from what the other given ones let expect
        known = torch.einsum("nij,nj->ni", told, y)
        width = root.diagonal(dim1=1, dim2=2).log()
        features = torch.stack([y, flags, known, *self._relative(y, flags), centre, width], -1)
        return Asked(features, ~given, centre, root, inverse)

    def _relative(self, y: Tensor, flags: Tensor) -> list[Tensor]:
        """Mean and log spread of the given exchangeable fellows, and the place among them."""
        count = flags @ self.member
        mean = (y * flags) @ self.member / count.clamp(min=1)
        square = (y - mean @ self.member.T) ** 2 * flags
        spread = ((square @ self.member) / (count - 1).clamp(min=1)).sqrt()
        many = (count > 1).to(y)
        spread = torch.where(count > 1, spread.clamp(min=1e-4), 1.0)
        own = [part @ self.member.T for part in (mean * many, spread.log(), many)]
        place = (y - own[0]) * (-own[1]).exp() * flags * own[2]
        return [*own, place]

    def _conditional(self, given: Tensor) -> tuple[Tensor, ...]:
        """Of patterns (M, D): slopes of centres, roots, inverses; inverse roots of the given."""
        wanted = (~given).to(self.precision)
        inner = wanted[:, :, None] * wanted[:, None, :] * self.precision
        covariance = torch.linalg.inv(inner + torch.diag_embed(1 - wanted))
        cross = wanted[:, :, None] * (1 - wanted)[:, None, :] * self.precision
        everything = torch.linalg.inv(self.precision).expand(len(given), -1, -1)
        told = symmetric_roots(everything, given)[1]
        found = (-covariance @ cross, *symmetric_roots(covariance, ~given), told)
        return tuple(part.float() for part in found)

    def forward(self, w: Tensor, t: Tensor, asked: Asked) -> Tensor:
        r"""Velocity.

        Arguments:
            w: Points in the flow's coordinates, shape :math:`(N, K, D)`.
            t: Times, shape :math:`(N, K, 1)` or :math:`(1, 1, 1)`.
            asked: What was asked.

        Returns:
            Velocities, shape :math:`(N, K, D)`; those of a normal target where not wanted.
        """
        mask = asked.wanted[:, None].to(w)
        level = ((1 - t + 1e-4) / (t + 1e-4)).log()
        wave = level * self.waves
        clock = torch.cat([wave.sin(), wave.cos(), level / 4], -1).expand(*w.shape[:2], -1)
        # in these units what comes in and what goes out is of order one at all times
        size = _size(t)
        learned = self.cliques(w * mask / size, clock, asked.features)
        return gaussian_velocity(w, t) + mask * learned / size

    def loss(
        self, values: Tensor, given: Tensor, copies: int, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        r"""Flow-matching loss of questions whose answers are known.

        Arguments:
            values: Simulations, shape :math:`(N, D)`.
            given: Which of them are given, shape :math:`(N, D)`, bool.
            copies: Times and noises per question.
            generator: Source of random numbers.
        """
        asked = self.ask(values, given)
        target = asked.whiten((values - self.mean) / self.scale).clamp(-12, 12)[:, None]
        noise = torch.randn(len(values), copies, values.shape[1], generator=generator)
        t = _late_times(len(values), copies, generator)
        moving = self((1 - t) * noise + t * target, t, asked)
        weight = asked.wanted[:, None].to(target)
        wrong = (moving - (target - noise)) ** 2 * _size(t) ** 2 * weight
        return {"flow": wrong.sum() / (weight.sum() * copies)}

    @torch.no_grad()
    def draw(
        self, values: Tensor, given: Tensor, n: int, generator: torch.Generator,
        steps: int = 24, method: str = "midpoint",
    ) -> Tensor:  # fmt: skip
        r"""Draws of everything that is not given; given variables keep their values.

        Arguments:
            values: Shape :math:`(D,)`.
            given: Shape :math:`(D,)`, bool.
            n: Number of draws.
            generator: Source of random numbers.
            steps: Solver steps.
            method: The solver.

        Returns:
            Shape :math:`(n, D)`.
        """
        asked = self.ask(values[None], given[None])
        noise = torch.randn(1, n, len(values), generator=generator)
        parts = [
            solve(
                lambda t, w: self(w, t.reshape(1, 1, 1), asked), part, steps=steps, method=method
            ).x
            for part in noise.split(2000, 1)
        ]
        y = asked.restore(torch.cat(parts, 1))[0]
        return torch.where(given, values, y * self.scale + self.mean)


def _size(t: Tensor) -> Tensor:
    """Root mean square of a point at time `t` on its way to a standard normal target."""
    return (t**2 + (1 - t) ** 2).sqrt()


def _late_times(n: int, copies: int, generator: torch.Generator | None) -> Tensor:
    """Times whose logit is normal, mostly late, stratified; shape (n, copies, 1)."""
    strata = torch.arange(copies)[None, :, None]
    even = (strata + torch.rand(n, copies, 1, generator=generator)) / copies
    return torch.sigmoid(_LATE + _SPREAD * torch.special.ndtri(even.clamp(1e-5, 1 - 1e-5)))
