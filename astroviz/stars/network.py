r"""The whole network: one encoder, four readers of its context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from astroviz.stars.encoder import Encoder
from astroviz.stars.features import N_OBSERVABLES, N_PARAMETERS, Tokens, featurise
from astroviz.stars.flow import Velocity, Whitener, Whitening, flow_matching_loss
from astroviz.stars.modalities import ModalityEncoder
from astroviz.stars.parameters import CLASSES
from astroviz.stars.shortcut import Shortcut
from astroviz.stars.spectral_features import SpectralNumbers

__all__ = ["Block", "StarsNetwork"]

_DISTANCE = 5
_EXCESS = slice(6, 9)


@dataclass(frozen=True)
class Block:
    r"""What a flow needs to draw for a batch of stars, computed once.

    Arguments:
        modulation: The velocity network's modulation, shape :math:`(N, M)`.
        wanted: Which dimensions are drawn, shape :math:`(N, D)`.
        whitening: The map between whitened and standardised coordinates.
        shift: Offset of standardised coordinates, shape :math:`(N, D)`.
        scale: Their scale, shape :math:`(N, D)`.
        jump: The few-step sampler's modulation, shape :math:`(N, M)`; None where there is none.
    """

    modulation: Tensor
    wanted: Tensor
    whitening: Whitening
    shift: Tensor
    scale: Tensor
    jump: Tensor | None = None

    def rows(self, index: Tensor) -> Block:
        """Some of the stars, or one star many times."""
        whitening = Whitening(self.whitening.mean[index], self.whitening.factor[index])
        return Block(
            self.modulation[index], self.wanted[index], whitening,
            self.shift[index], self.scale[index], None if self.jump is None else self.jump[index],
        )  # fmt: skip

    def unwhiten(self, w: Tensor) -> Tensor:
        r"""From whitened points, shape :math:`(N, K, D)`, to normal scores or magnitudes."""
        return self.whitening.inverse(w) * self.scale[:, None] + self.shift[:, None]

    def whiten(self, x: Tensor) -> Tensor:
        r"""The inverse of `unwhiten`, for one point per star, shape :math:`(N, D)`."""
        return self.whitening.forward((x - self.shift) / self.scale)

    def log_det(self) -> Tensor:
        r""":math:`\ln |dw / dx|`, shape :math:`(N,)`."""
        return self.whitening.log_det() - self.scale.log().sum(-1)


class StarsNetwork(nn.Module):
    r"""Posteriors of young stars from whatever was observed.

    Arguments:
        encoder: Settings of the `Encoder`.
        context: Length of the context vector.
        width: Width of the parameters' velocity network.
        blocks: Its number of residual blocks.
        hidden: Width of the whitening heads.
        shortcut: Whether there is a few-step sampler of the parameters.
        spectra: Whether spectra are read.
        modalities: Whether the encoder is a `ModalityEncoder`.
        sky: Whether observables can be wanted.
    """

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        context: int = 160,
        width: int = 160,
        blocks: int = 3,
        hidden: int = 192,
        shortcut: bool = False,
        spectra: bool = False,
        modalities: bool = False,
        sky: bool = True,
    ) -> None:
        super().__init__()
        settings = encoder or {}
        self.encoder: Encoder | ModalityEncoder = (
            ModalityEncoder(context=context, **settings) if modalities
            else Encoder(context=context, spectra=spectra, **settings)
        )  # fmt: skip
        self.classes = nn.Sequential(
            nn.Linear(context, 96), nn.SiLU(), nn.Linear(96, len(CLASSES))
        )
        self.whitener = Whitener(context + 1 + N_PARAMETERS, N_PARAMETERS, hidden)
        self.velocity = Velocity(context + 1, N_PARAMETERS, width, blocks)
        if sky:
            self.sky_whitener = Whitener(context + N_OBSERVABLES, N_OBSERVABLES, hidden, full=True)
            self.sky_velocity = Velocity(context, N_OBSERVABLES, 128, 2)
        self.shortcut = Shortcut(context + 1, N_PARAMETERS, width, blocks) if shortcut else None

    def tokens(
        self,
        values: Tensor,
        errors: Tensor,
        states: Tensor,
        z: Tensor | None = None,
        given: Tensor | None = None,
        spectra: SpectralNumbers | None = None,
    ) -> Tokens:
        """See `featurise`."""
        return featurise(values, errors, states, z, given, spectra)

    def parameters_block(
        self, context: Tensor, tokens: Tokens, disk: Tensor, given: Tensor | None = None
    ) -> Block:
        r"""The flow over the parameters, for a star with or without a disk.

        Arguments:
            context: From the encoder, shape :math:`(N, C)`.
            tokens: The tokens it came from.
            disk: Whether to assume a disk, shape :math:`(N,)`, bool. Without one the excess is
                drawn from its prior.
            given: Parameters that were given, shape :math:`(N, 9)`, bool.
        """
        n = len(context)
        wanted = torch.ones(n, N_PARAMETERS, dtype=torch.bool, device=context.device)
        if given is not None:
            wanted = wanted & ~given
        wanted = wanted.clone()
        wanted[:, _EXCESS] &= disk[:, None]
        context = torch.cat([context, disk.to(context)[:, None]], -1)
        whitening = self.whitener(torch.cat([context, wanted.to(context)], -1), wanted)
        shift, scale = torch.zeros_like(whitening.mean), torch.ones_like(whitening.mean)
        free = wanted[:, _DISTANCE]
        shift[:, _DISTANCE] = torch.where(free, tokens.distance_mean, shift[:, _DISTANCE])
        scale[:, _DISTANCE] = torch.where(free, tokens.distance_scale, scale[:, _DISTANCE])
        jump = None if self.shortcut is None else self.shortcut.prepare(context, wanted)
        return Block(self.velocity.prepare(context, wanted), wanted, whitening, shift, scale, jump)

    def observables_block(self, context: Tensor, tokens: Tokens, wanted: Tensor) -> Block:
        r"""The flow over observables that are wanted, shape of `wanted` :math:`(N, 20)`.

        Its coordinates are those of `standardise`.
        """
        whitening = self.sky_whitener(torch.cat([context, wanted.to(context)], -1), wanted)
        shift, scale = torch.zeros_like(whitening.mean), torch.ones_like(whitening.mean)
        shift[:, 1:16] = tokens.reference[:, None]
        return Block(self.sky_velocity.prepare(context, wanted), wanted, whitening, shift, scale)

    def losses(
        self,
        tokens: Tokens,
        z: Tensor,
        classes: Tensor,
        given: Tensor,
        copies: int,
        observables: tuple[Tensor, Tensor] | None = None,
        generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:
        r"""Terms of the training loss.

        Arguments:
            tokens: A batch of stars.
            z: True normal scores, shape :math:`(N, 9)`; NaN for field stars.
            classes: True classes, shape :math:`(N,)`.
            given: Parameters that were given, shape :math:`(N, 9)`.
            copies: Times and noises per star.
            observables: True standardised observables and which are wanted, each (N, 20).
            generator: Source of random numbers.
        """
        context = self.encoder(tokens)
        losses = self.losses_of(context, tokens, z, classes, given, copies, generator)
        if observables is not None:
            sky, wanted = observables
            block = self.observables_block(context, tokens, wanted)
            terms = _flow_losses(self.sky_velocity, block, sky, 2, generator)
            losses.update({f"sky_{name}": value for name, value in terms.items()})
        return losses

    def losses_of(
        self, context: Tensor, tokens: Tokens, z: Tensor, classes: Tensor, given: Tensor,
        copies: int, generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:  # fmt: skip
        """The terms of `losses` about class and parameters, from contexts that are there."""
        young = (classes < 2).nonzero()[:, 0]
        # where parameters are given the star is young by construction
        logits = self.classes(context)
        losses = {"class": nn.functional.cross_entropy(logits, classes)}
        part, rows = context[young], tokens.rows(young)
        block = self.parameters_block(part, rows, classes[young] == 1, given[young])
        losses.update(_flow_losses(self.velocity, block, z[young], copies, generator))
        return losses


def _flow_losses(
    velocity: Velocity,
    block: Block,
    truth: Tensor,
    copies: int,
    generator: torch.Generator | None,
) -> dict[str, Tensor]:
    """Normal approximation and flow matching around it; the second does not move the first."""
    wanted = block.wanted
    truth = torch.where(wanted, truth, torch.zeros_like(truth))
    w = block.whiten(truth)
    mask = wanted.to(w)
    count = mask.sum().clamp(min=1)
    diagonal = block.whitening.factor.diagonal(dim1=1, dim2=2)
    # a pull beyond 12 standard deviations is held, so that one odd star cannot upset a step
    normal = (0.5 * (w * mask).clamp(-12, 12) ** 2 - diagonal.log() * mask).sum() / count
    filler = torch.randn(w.shape, generator=generator).to(w)
    target = torch.where(wanted, w.detach().clamp(-12, 12), filler)
    flow = flow_matching_loss(velocity, target, block.modulation, wanted, copies, generator)
    return {"normal": normal, "flow": flow}
