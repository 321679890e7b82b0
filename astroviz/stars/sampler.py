r"""Draws from the flow, for one star or for many at once.

The draws of a request depend on its observation and seed alone: noise comes from a generator of
its own, and stars of a batch never meet inside the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Control, Request
from astroviz.core.solvers import solve
from astroviz.stars.features import N_PARAMETERS, Tokens
from astroviz.stars.network import Block, StarsNetwork

__all__ = ["CLASS_SHARE", "DEFAULT_STEPS", "ClassOdds", "chunk_sizes", "class_odds",
           "draws_of_known", "flow_draws"]  # fmt: skip

DEFAULT_STEPS = 8  # midpoint steps, two evaluations each
# What the training batches hold of young, young with a disk, field dwarfs, giants.
CLASS_SHARE = (0.46, 0.34, 0.12, 0.08)
_FIRST, _NEXT = 256, 2048
_FEW = 4  # steps where a level is wanted, not a fine shape
_GROUP = 64  # draws of a star are padded to a multiple of this and grouped by their number


@dataclass(frozen=True)
class ClassOdds:
    r"""Probabilities of the classes of each star, shape :math:`(N, 4)`, and what follows."""

    probabilities: Tensor

    @property
    def young(self) -> Tensor:
        """Probability of a young star, shape (N,)."""
        return self.probabilities[:, :2].sum(-1)

    @property
    def disk(self) -> Tensor:
        """Probability of a disk if the star is young, shape (N,)."""
        return self.probabilities[:, 1] / self.young.clamp(min=1e-12)


def class_odds(logits: Tensor, prior_odds: float | Tensor) -> ClassOdds:
    r"""Class probabilities under prior odds of young against field stars.

    Arguments:
        logits: From the network, trained under `CLASS_SHARE`, shape :math:`(N, 4)`.
        prior_odds: Young over field, a number or one per star.
    """
    odds = torch.as_tensor(prior_odds, dtype=logits.dtype, device=logits.device).reshape(-1, 1)
    trained = sum(CLASS_SHARE[:2]) / sum(CLASS_SHARE[2:])
    shift = (odds / trained).log()
    young = torch.tensor([1.0, 1.0, 0.0, 0.0], dtype=logits.dtype, device=logits.device)
    return ClassOdds((logits + shift * young).softmax(-1))


def chunk_sizes(n: int) -> list[int]:
    """Sizes of the parts of an answer: a small one first, for the eye, then larger ones."""
    sizes = [min(n, _FIRST)]
    while sum(sizes) < n:
        sizes.append(min(_NEXT, n - sum(sizes)))
    return sizes


def flow_draws(
    network: StarsNetwork,
    blocks: tuple[Block, Block],
    noise: Sequence[Tensor],
    disk: Sequence[Tensor],
    steps: int,
    control: Control | None = None,
    shortcut: bool = False,
) -> list[Tensor]:
    r"""Normal scores of the parameters of each star.

    Arguments:
        network: The network.
        blocks: The flows of the stars without and with a disk.
        noise: Standard normal numbers of each star, shapes :math:`(n_i, 9)`.
        disk: Which of its draws have a disk, shapes :math:`(n_i,)`, bool.
        steps: Midpoint steps; each costs two evaluations.
        control: May stop the work, and says how many draws memory allows at a time.
        shortcut: Draw with `steps` jumps of the few-step sampler instead.

    Returns:
        Scores of each star, shapes :math:`(n_i, 9)`.
    """
    found = [torch.empty_like(part) for part in noise]
    most = control.max_draws if control is not None else None
    jobs = [
        (star, kind, piece)
        for star, flags in enumerate(disk)
        for kind in (0, 1)
        if len(where := (flags == bool(kind)).nonzero()[:, 0])
        for piece in where.split(most or len(where))
    ]
    # where memory is short, each piece is computed alone
    apart = ((kind, [(star, where)]) for star, kind, where in jobs)
    for kind, group in _groups(jobs) if most is None else apart:
        stars = torch.tensor([star for star, _ in group], device=noise[0].device)
        size = max(len(where) for _, where in group)
        start = noise[0].new_zeros(len(group), size, N_PARAMETERS)
        for row, (star, where) in enumerate(group):
            start[row, : len(where)] = noise[star][where]
        block = blocks[kind].rows(stars)
        drawn = (_jump if shortcut else _integrate)(network, block, start, steps, control)
        scores = block.unwhiten(drawn)
        for row, (star, where) in enumerate(group):
            found[star][where] = scores[row, : len(where)]
    return found


def draws_of_known(
    network: StarsNetwork, tokens: Tokens, disk: Tensor, n: int, generator: torch.Generator
) -> list[Tensor]:
    r"""Some draws of young stars of which it is known whether they have a disk.

    Arguments:
        network: The network.
        tokens: The :math:`N` stars.
        disk: Whether each has a disk, shape :math:`(N,)`, bool.
        n: Draws of each.
        generator: Source of the noise.

    Returns:
        Normal scores of each star, shapes :math:`(n, 9)`.
    """
    with torch.inference_mode():
        context = network.encoder(tokens)
        blocks = (
            network.parameters_block(context, tokens, torch.zeros_like(disk)),
            network.parameters_block(context, tokens, torch.ones_like(disk)),
        )
        noise = list(torch.randn(len(disk), n, N_PARAMETERS, generator=generator))
        return flow_draws(network, blocks, noise, [d.expand(n) for d in disk], steps=_FEW)


def _groups(
    jobs: list[tuple[int, int, Tensor]],
) -> Iterator[tuple[int, list[tuple[int, Tensor]]]]:
    """Jobs of one kind and of nearly the same number of draws, to be solved together."""
    keyed: dict[tuple[int, int], list[tuple[int, Tensor]]] = {}
    for star, kind, where in jobs:
        padded = -(-len(where) // _GROUP) * _GROUP
        keyed.setdefault((kind, padded), []).append((star, where))
    for (kind, _), group in keyed.items():
        yield kind, group


def _integrate(
    network: StarsNetwork, block: Block, start: Tensor, steps: int, control: Control | None
) -> Tensor:
    def velocity(t: Tensor, w: Tensor) -> Tensor:
        return network.velocity(w, t.reshape(1, 1, 1), block.modulation, block.wanted)

    check = control.check if control is not None else None
    return solve(velocity, start, steps=steps, method="midpoint", check=check).x


def _jump(
    network: StarsNetwork, block: Block, start: Tensor, jumps: int, control: Control | None
) -> Tensor:
    if network.shortcut is None or block.jump is None:
        raise ValueError("this model has no few-step sampler; draw with its flow (sampler='flow')")
    if control is not None:
        control.check()
    return network.shortcut.draw(start, jumps, block.jump, block.wanted)


def seeded_noise(request: Request, sizes: list[int]) -> Iterator[tuple[Tensor, Tensor]]:
    """Normal and uniform numbers of each part of one request, from its seed alone."""
    generator = torch.Generator().manual_seed(request.seed % 2**63)
    for size in sizes:
        normal = torch.randn(size, N_PARAMETERS, generator=generator)
        yield normal, torch.rand(size, generator=generator)


def stack_inputs(requests: Sequence[Request], name: str, fallback: np.ndarray) -> Tensor:
    """One input of all requests, shape (N, ...)."""
    rows = [np.asarray(request.inputs.get(name, fallback)) for request in requests]
    return torch.from_numpy(np.stack(rows))


def rows_of(tokens: Tokens, device: torch.device) -> Tokens:
    """The same tokens on a device."""
    return Tokens(*(getattr(tokens, field).to(device) for field in tokens.__dataclass_fields__))
