r"""A reader of noised and given variables, faithful to the links of the simulator's graph."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from astroviz.stars.encoder import Wide
from astroviz.stars.graph import maximal_cliques

__all__ = ["CliqueReader"]


class CliqueReader(nn.Module):
    """One feed-forward network over each clique, a second one over what the others said."""

    members: Tensor
    identity: Tensor
    overlap: Tensor
    share: Tensor

    def __init__(
        self, links: Tensor, kinds: Sequence[int], known: int, clock: int, width: int, blocks: int
    ) -> None:
        super().__init__()
        cliques = maximal_cliques(links)
        length = len(cliques[0])
        if any(len(clique) != length for clique in cliques):
            raise ValueError(
                f"cliques of {sorted({len(c) for c in cliques})} variables cannot share a "
                "network; link all variables, which is always right"
            )
        members = torch.tensor(cliques)
        shapes = [tuple(kinds[k] for k in clique) for clique in cliques]
        names = sorted(set(shapes))
        rows = torch.tensor([names.index(shape) for shape in shapes])
        inside = nn.functional.one_hot(members, len(links)).sum(1).float()
        overlap = (inside @ inside.T > 0).float()
        self.register_buffer("members", members, persistent=False)
        self.register_buffer("identity", nn.functional.one_hot(rows).float(), persistent=False)
        self.register_buffer("overlap", overlap / overlap.sum(1, keepdim=True), persistent=False)
        share = nn.functional.one_hot(members, len(links)).float() / inside.sum(0)
        self.register_buffer("share", share, persistent=False)
        inputs = length * (1 + known) + clock + len(names)
        alone = len(cliques) == 1
        self.first = Wide(inputs, width, blocks, length if alone else width)
        self.second = None if alone else Wide(2 * width + length, width, 1, length)
        last = (self.second or self.first).leave
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, w: Tensor, clock: Tensor, features: Tensor) -> Tensor:
        r"""What to add to the velocity, shape :math:`(N, K, D)`.

        Arguments:
            w: Points, zero where not wanted, shape :math:`(N, K, D)`.
            clock: Features of their times, shape :math:`(N, K, C)`.
            features: What is known of each variable, shape :math:`(N, D, F)`.
        """
        n, copies, _ = w.shape
        count = len(self.members)
        inside = w[..., self.members]
        told = features[:, self.members].flatten(2)
        parts = (inside, told[:, None], clock[:, :, None], self.identity)
        said = self.first(torch.cat([p.expand(n, copies, count, -1) for p in parts], -1))
        if self.second is not None:
            others = torch.einsum("nkch,bc->nkbh", said, self.overlap)
            said = self.second(torch.cat([said, others, inside], -1))
        return torch.einsum("nkcs,csd->nkd", said, self.share)
