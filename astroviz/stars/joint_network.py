r"""All conditionals of any table of variables: every variable is a token, given or wanted.

A normal approximation of the joint distribution, faithful to the simulator's graph, gives each
wanted variable a centre and a width under what is given. In these units a transformer whose
attention follows the graph (:math:`M_E`) reads the velocity of every wanted variable at its own
token; see `flow` for the flow itself.

References:
    | All-in-one simulation-based inference (Gloeckler et al. 2024)
    | https://arxiv.org/abs/2404.09636
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from astroviz.core.solvers import solve
from astroviz.stars.flow import Whitener, flow_matching_loss, gaussian_velocity
from astroviz.stars.graph import select_covariance
from astroviz.stars.joint_readers import CliqueReader, TokenReader

__all__ = ["JointNetwork", "Question", "condition_masks"]

# value, given, one; mean, spread and presence of fellows, place among them; centre, width
_FEATURES = 9
_WAVES = 4


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
class Question:
    r"""What is given, and the units of what is wanted.

    Arguments:
        features: What is known of each variable before the flow begins, shape :math:`(N, D, F)`.
        wanted: Which variables are wanted, shape :math:`(N, D)`, bool.
        centre: Their centres, shape :math:`(N, D)`.
        width: Their widths, shape :math:`(N, D)`.
    """

    features: Tensor
    wanted: Tensor
    centre: Tensor
    width: Tensor


class JointNetwork(nn.Module):
    r"""Velocities of any wanted variables given any others.

    Two readers may work side by side, both faithful to the links. The tokens of one listen to
    each other by attention. The other reads one clique of the graph after the other, as the
    factors of the joint distribution stand on its cliques, with the same weights where the
    cliques' members are exchangeable, and then hears what overlapping cliques say.

    Arguments:
        links: Which variables are linked, shape :math:`(D, D)`, bool.
        kinds: For each variable its kind; exchangeable variables are of one kind.
        width: Width of a token.
        layers: Number of attention layers; 0 for none.
        heads: Number of attention heads.
        wide: Hidden width of the cliques' reader; 0 for none. All cliques need the same size.
        blocks: Its number of residual blocks.
        hidden: Width of the hidden layers that refine centres and widths; 0 for none.
    """

    links: Tensor
    kinds: Tensor
    member: Tensor
    mean: Tensor
    scale: Tensor
    precision: Tensor
    frequencies: Tensor

    def __init__(
        self,
        links: Tensor,
        kinds: Sequence[int],
        width: int = 48,
        layers: int = 0,
        heads: int = 4,
        wide: int = 0,
        blocks: int = 3,
        hidden: int = 0,
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
        self.register_buffer("frequencies", torch.arange(1, 1 + _WAVES) * torch.pi, False)
        clock = 2 * _WAVES + 1
        self.tokens = (
            TokenReader(links, kinds, _FEATURES, clock, width, layers, heads) if layers else None
        )
        self.cliques = CliqueReader(links, kinds, _FEATURES, clock, wide, blocks) if wide else None
        self.whitener = (
            Whitener(rows * _FEATURES + size, size, hidden, full=False) if hidden else None
        )

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

    def ask(self, values: Tensor, given: Tensor) -> Question:
        r"""Prepare questions.

        Arguments:
            values: Shape :math:`(N, D)`; what is not given is not looked at.
            given: Which values are given, shape :math:`(N, D)`, bool.
        """
        wanted = ~given
        y = torch.where(given, (values - self.mean) / self.scale, 0.0)
        patterns, which = given.unique(dim=0, return_inverse=True)
        slopes, widths = self._conditional(patterns)
        centre = torch.einsum("nij,nj->ni", slopes[which], y)
        width = widths[which]
        flags = given.to(y)
        known = [y, flags, torch.ones_like(y), *self._relative(y, flags)]
        if self.whitener is not None:
            features = torch.stack([*known, centre, width.log()], -1)
            pooled = torch.einsum("ndf,dk->nkf", features, self.member / self.member.sum(0))
            refined = self.whitener(torch.cat([pooled.flatten(1), wanted.to(y)], -1), wanted)
            centre = centre + width * refined.mean
            width = width / refined.factor.diagonal(dim1=1, dim2=2)
        features = torch.stack([*known, centre.detach(), width.detach().log()], -1)
        return Question(features, wanted, centre, width)

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

    def _conditional(self, given: Tensor) -> tuple[Tensor, Tensor]:
        """Slopes of centres on what is given, and widths, of each pattern (M, D)."""
        wanted = (~given).to(self.precision)
        inner = wanted[:, :, None] * wanted[:, None, :] * self.precision
        covariance = torch.linalg.inv(inner + torch.diag_embed(1 - wanted))
        cross = wanted[:, :, None] * (1 - wanted)[:, None, :] * self.precision
        widths = covariance.diagonal(dim1=1, dim2=2).sqrt()
        return (-covariance @ cross).float(), widths.float()

    def forward(self, w: Tensor, t: Tensor, question: Question) -> Tensor:
        r"""Velocity.

        Arguments:
            w: Points in units of the question, shape :math:`(N, K, D)`.
            t: Times, shape :math:`(N, K, 1)` or :math:`(1, 1, 1)`.
            question: What was asked.

        Returns:
            Velocities, shape :math:`(N, K, D)`; those of a normal target where not wanted.
        """
        mask = question.wanted[:, None].to(w)
        wave = t * self.frequencies
        clock = torch.cat([wave.sin(), wave.cos(), (1.02 - t).log()], -1)
        clock = clock.expand(*w.shape[:2], -1)
        velocity = gaussian_velocity(w, t)
        for reader in (self.tokens, self.cliques):
            if reader is not None:
                velocity = velocity + mask * reader(w * mask, clock, question.features)
        return velocity

    def loss(
        self, values: Tensor, given: Tensor, copies: int, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        r"""Flow-matching loss of questions whose answers are known, and that of their units.

        Arguments:
            values: Simulations, shape :math:`(N, D)`.
            given: Which of them are given, shape :math:`(N, D)`, bool.
            copies: Times and noises per question.
            generator: Source of random numbers.
        """
        question = self.ask(values, given)
        wanted = question.wanted
        y = (values - self.mean) / self.scale
        w = torch.where(wanted, (y - question.centre) / question.width, 0.0).clamp(-12, 12)
        terms = {
            "flow": flow_matching_loss(
                lambda w, t, *_: self(w, t, question), w.detach(), w, wanted, copies, generator
            )
        }
        if self.whitener is not None:
            normal = torch.where(wanted, 0.5 * w**2 + question.width.log(), 0.0)
            terms["normal"] = normal.sum() / wanted.sum()
        return terms

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
        question = self.ask(values[None], given[None])
        noise = torch.randn(1, n, len(values), generator=generator)
        parts = [
            solve(
                lambda t, w: self(w, t.reshape(1, 1, 1), question), part, steps=steps,
                method=method,
            ).x[0]
            for part in noise.split(2000, 1)
        ]  # fmt: skip
        y = torch.cat(parts) * question.width + question.centre
        return torch.where(given, values, y * self.scale + self.mean)
