r"""One encoder per modality, and a small transformer over what was observed.

Each survey, and the XP spectrum, is read by a network of its own; the tokens of the modalities
that a star has are mixed by attention with masks. Real stars may take a branch of their own: a
correction of every token and of the context,

.. math:: h_m \leftarrow h_m + \rho\, g_m(h_m), \qquad c \leftarrow c + \rho\, g(c), \qquad
          \rho = 1 \text{ for real stars, } 0 \text{ for simulated ones},

which is zero until it is taught. A simulated and a real star with the same magnitudes are not the
same star, so one network without a branch would have to be wrong for one of them.

References:
    | Learning with gaps, part II: modality encoders, optimal transport and pairs (S. Ratzenboeck)
    | Residual adapters: Rebuffi et al. (2017), https://arxiv.org/abs/1705.08045
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from astroviz.stars.encoder import Layer, Wide
from astroviz.stars.features import N_FEATURES, Tokens
from astroviz.stars.spectral_features import n_features
from astroviz.stars.spectrographs import SPECTROGRAPHS
from astroviz.stars.surveys import QUANTITIES, SURVEYS

__all__ = ["MODALITIES", "ModalityEncoder"]

MODALITIES = (*SURVEYS[:4], SPECTROGRAPHS[0].label)
"""Gaia, 2MASS, WISE, Spitzer, and XP spectra."""
_WHOLE = -1  # place of the star as a whole among the tokens
_SPECTRUM = n_features(SPECTROGRAPHS[0])


class Correction(nn.Module):
    """A small network whose answer is zero until it is taught."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, width))
        nn.init.zeros_(self.net[-1].weight)  # type: ignore[arg-type]
        nn.init.zeros_(self.net[-1].bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        found: Tensor = self.net(x)
        return found


def _reader(inputs: int, hidden: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
        nn.Linear(hidden, width),
    )  # fmt: skip


class ModalityEncoder(nn.Module):
    r"""Tokens to one context vector per star, modality by modality.

    Arguments:
        width: Width of a modality's token.
        hidden: Width of the readers' hidden layers.
        layers: Number of attention layers.
        heads: Number of attention heads.
        wide: Hidden width of the feed-forward path beside the attention.
        blocks: Its number of residual blocks.
        context: Length of the context vector.
        correction: Hidden width of the branch of real stars.
    """

    columns: list[list[int]]

    def __init__(
        self,
        width: int = 48,
        hidden: int = 96,
        layers: int = 1,
        heads: int = 4,
        wide: int = 144,
        blocks: int = 2,
        context: int = 64,
        correction: int = 48,
    ) -> None:
        super().__init__()
        self.columns = [
            [k for k, quantity in enumerate(QUANTITIES) if quantity.survey == name]
            for name in SURVEYS[:4]
        ]
        sizes = [len(columns) * (N_FEATURES + 1) for columns in self.columns]
        self.readers = nn.ModuleList(_reader(n, hidden, width) for n in (*sizes, _SPECTRUM))
        self.whole = nn.Linear(N_FEATURES, width)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.wide = Wide(width * (len(MODALITIES) + 1), wide, blocks, context)
        self.norm = nn.LayerNorm(2 * width + context)
        self.head = nn.Sequential(nn.Linear(2 * width + context, context), nn.Tanh())
        self.corrections = nn.ModuleList(Correction(width, correction) for _ in MODALITIES)
        self.last = Correction(context, correction)
        self.real = 0.0  # which branch stars take unless `forward` is told
        self.spectra = True  # see `StarsModel.reads_spectra`

    def forward(self, tokens: Tokens, real: float | None = None) -> Tensor:
        r"""Context of each star.

        Arguments:
            tokens: The stars.
            real: 1 for real stars, 0 for simulated ones; `self.real` by default.

        Returns:
            Shape :math:`(N, C)`.
        """
        rho = self.real if real is None else real
        h, heard = self._read(tokens)
        if rho:
            moved = [g(h[:, k]) for k, g in enumerate(self.corrections)]
            h = torch.cat([h[:, :-1] + rho * torch.stack(moved, 1), h[:, -1:]], 1)
        h = h * heard[..., None].to(h)
        beside = self.wide(h.flatten(1))
        allowed = heard[:, None, None, :] | torch.eye(
            heard.shape[1], dtype=torch.bool, device=h.device
        )
        for layer in self.layers:
            h = layer(h, allowed)
        weight = heard.to(h)[..., None]
        mean = (h * weight).sum(1) / weight.sum(1)
        context: Tensor = self.head(self.norm(torch.cat([h[:, _WHOLE], mean, beside], -1)))
        return context + rho * self.last(context) if rho else context

    def _read(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Tokens of the modalities and of the star as a whole, (N, 6, W), and which are there."""
        features, present = tokens.features, tokens.present
        found, heard = [], []
        for columns, reader in zip(self.columns, self.readers, strict=False):
            part = torch.cat([features[:, columns], present[:, columns, None].to(features)], -1)
            found.append(reader(part.flatten(1)))
            heard.append(present[:, columns].any(1))
        if tokens.spectra.shape[1]:
            found.append(self.readers[-1](tokens.spectra[:, :_SPECTRUM]))
            heard.append(tokens.spectra_seen[:, 0])
        else:
            found.append(torch.zeros_like(found[0]))
            heard.append(torch.zeros_like(heard[0]))
        found.append(self.whole(features[:, _WHOLE]))
        heard.append(torch.ones_like(heard[0]))
        return torch.stack(found, 1), torch.stack(heard, 1)

    def listen(self, dependency: str) -> None:
        """There is no dependency mask between modalities: only `dense` can be had."""
        if dependency != "dense":
            raise ValueError(f"modality encoders have no dependency mask {dependency!r}")
