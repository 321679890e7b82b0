r"""A transformer over whatever was observed: attention masks instead of filled-in values."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from astroviz.stars.features import N_FEATURES, N_OBSERVABLES, N_PARAMETERS, Tokens
from astroviz.stars.spectral_reader import SpectrumReaders
from astroviz.stars.spectrographs import SPECTROGRAPHS

__all__ = ["DEPENDENCIES", "Encoder", "dependency_mask"]

DEPENDENCIES = ("dense", "undirected", "directed")
_TOKENS = N_OBSERVABLES + N_PARAMETERS + 1
_WHOLE = _TOKENS - 1  # the star as a whole


def dependency_mask(kind: str, spectra: bool = False) -> Tensor:
    r"""Which token may listen to which, from the graph of the simulator.

    Given the parameters, the observables of a star are independent of each other. `dense` lets
    all tokens listen to all; `undirected` removes the links between observables; `directed`
    also removes those from observables to parameters. The star as a whole always listens to all.
    The order is observables, parameters, the star as a whole, spectra, which are observables too.

    Arguments:
        kind: One of `DEPENDENCIES`.
        spectra: Whether there are tokens of spectra.

    Returns:
        The mask :math:`M_E`, shape :math:`(30, 30)`, or :math:`(33, 33)` with spectra, bool, row
        listens to column.

    References:
        | All-in-one simulation-based inference (Gloeckler et al. 2024)
        | https://arxiv.org/abs/2404.09636
    """
    if kind not in DEPENDENCIES:
        raise ValueError(f"no dependency mask {kind!r}; choose one of {', '.join(DEPENDENCIES)}")
    size = _TOKENS + spectra * len(SPECTROGRAPHS)
    mask = torch.ones(size, size, dtype=torch.bool)
    if kind == "dense":
        return mask
    observed = torch.ones(size, dtype=torch.bool)
    observed[N_OBSERVABLES:_TOKENS] = False
    mask[observed[:, None] & observed] = False
    if kind == "directed":
        mask[N_OBSERVABLES:_WHOLE, observed] = False
    return mask | torch.eye(size, dtype=torch.bool)


class Layer(nn.Module):
    """Pre-norm attention and feed-forward."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_a, self.norm_b = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )

    def forward(self, x: Tensor, allowed: Tensor) -> Tensor:
        r"""Tokens `x` (N, T, width); `allowed` (N, 1, T, T), bool."""
        n, length, width = x.shape
        q, k, v = (
            self.mix(self.norm_a(x)).view(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        )
        heard = functional.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
        x = x + self.out(heard.transpose(1, 2).reshape(n, length, width))
        return x + self.feed(self.norm_b(x))


class Wide(nn.Module):
    """A residual feed-forward path over all tokens at once; absent ones are zeros."""

    def __init__(self, inputs: int, width: int, blocks: int, outputs: int) -> None:
        super().__init__()
        self.enter, self.leave = nn.Linear(inputs, width), nn.Linear(width, outputs)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)
            )
            for _ in range(blocks)
        )

    def forward(self, x: Tensor, push: Tensor | float = 0.0) -> Tensor:
        r"""From shape :math:`(N, I)` to :math:`(N, O)`; `push` is added after the first layer."""
        x = self.enter(x) + push
        for block in self.blocks:
            x = x + block(x)
        return self.leave(functional.silu(x))


class Encoder(nn.Module):
    r"""Tokens to one context vector per star.

    Each quantity has its own linear embedding (its identity). A wide feed-forward path over all
    tokens runs beside the transformer: where every colour counts to a hundredth of a magnitude it
    learns much faster than attention, which in turn knows what is absent.

    Arguments:
        width: Width of a token.
        layers: Number of attention layers.
        heads: Number of attention heads.
        wide: Hidden width of the feed-forward path.
        blocks: Its number of residual blocks.
        context: Length of the context vector.
        dependency: The simulator's dependency mask, one of `DEPENDENCIES`.
        spectra: Whether there are readers of spectra.
    """

    allowed: Tensor

    def __init__(
        self,
        width: int = 48,
        layers: int = 2,
        heads: int = 4,
        wide: int = 384,
        blocks: int = 3,
        context: int = 160,
        dependency: str = "dense",
        spectra: bool = False,
    ) -> None:
        super().__init__()
        self.embed = nn.Parameter(torch.randn(_TOKENS, N_FEATURES, width) * N_FEATURES**-0.5)
        self.identity = nn.Parameter(0.5 * torch.randn(_TOKENS, width))
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.wide = Wide(_TOKENS * (N_FEATURES + 1), wide, blocks, context)
        self.spectra = SpectrumReaders(width, wide) if spectra else None
        self.norm = nn.LayerNorm(2 * width + context)
        self.head = nn.Sequential(nn.Linear(2 * width + context, context), nn.SiLU())
        self.register_buffer("allowed", dependency_mask(dependency, spectra), persistent=False)

    def listen(self, dependency: str) -> None:
        """Change which token listens to which; the network must have been trained for it."""
        mask = dependency_mask(dependency, self.spectra is not None)
        self.allowed = mask.to(self.allowed.device)

    def forward(self, tokens: Tokens) -> Tensor:
        r"""Context of each star, shape :math:`(N, C)`."""
        present, push = tokens.present, 0.0
        flags = present.to(tokens.features)[..., None]
        # tokens that no star of the batch has cost nothing
        used = present.any(0).nonzero()[:, 0]
        whole = int((used == _WHOLE).nonzero()[0])
        x = torch.einsum("ntf,tfd->ntd", tokens.features[:, used], self.embed[used])
        x = x + self.identity[used]
        heard = present[:, used]
        if self.spectra is not None and tokens.spectra_seen.any():
            light, push, kinds = self.spectra(tokens.spectra, tokens.spectra_seen)
            x = torch.cat([x, light], 1)
            heard = torch.cat([heard, tokens.spectra_seen[:, kinds]], 1)
            used = torch.cat([used, torch.tensor(kinds, device=used.device) + _TOKENS])
        wide = self.wide(torch.cat([tokens.features, flags], -1).flatten(1), push)
        allowed = heard[:, None, None, :] & self.allowed[used][:, used]
        # a token always hears itself, so that no row of the softmax is empty
        eye = torch.eye(len(used), dtype=torch.bool, device=x.device)
        allowed = allowed | eye
        for layer in self.layers:
            x = layer(x, allowed)
        weight = heard.to(x)[..., None]
        mean = (x * weight).sum(1) / weight.sum(1)
        return self.head(self.norm(torch.cat([x[:, whole], mean, wide], -1)))
