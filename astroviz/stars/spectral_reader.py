r"""The encoders of spectra: one per spectrograph, each optional for every star."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from astroviz.stars.spectral_features import n_features
from astroviz.stars.spectrographs import SPECTROGRAPHS

__all__ = ["SpectrumReader", "SpectrumReaders"]


class SpectrumReader(nn.Module):
    r"""One kind of spectrum to a token, and to what it adds to the wide path.

    Arguments:
        inputs: Number of features.
        hidden: Width of the hidden layers.
        width: Width of a token.
        wide: Width of the wide path; nothing is added to it before training.
    """

    def __init__(self, inputs: int, hidden: int, width: int, wide: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU()
        )
        self.token, self.push = nn.Linear(hidden, width), nn.Linear(hidden, wide)
        nn.init.zeros_(self.push.weight)
        nn.init.zeros_(self.push.bias)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        r"""Token and push of each star, shapes :math:`(N, W)` and :math:`(N, V)`."""
        h = self.net(features)
        return self.token(h), self.push(h)


class SpectrumReaders(nn.Module):
    r"""The readers of all kinds.

    Arguments:
        width: Width of a token.
        wide: Width of the wide path.
        hidden: Width of the hidden layers.
    """

    def __init__(self, width: int, wide: int, hidden: int = 192) -> None:
        super().__init__()
        self.sizes = [n_features(one) for one in SPECTROGRAPHS]
        self.readers = nn.ModuleList(
            SpectrumReader(size, hidden, width, wide) for size in self.sizes
        )

    def forward(self, features: Tensor, seen: Tensor) -> tuple[Tensor, Tensor | float, list[int]]:
        r"""What the spectra of a batch say.

        Arguments:
            features: From `spectral_features`, shape :math:`(N, F)`.
            seen: Which kinds each star has, shape :math:`(N, 3)`, bool.

        Returns:
            Tokens of the kinds that occur, shape :math:`(N, T, W)`; their sum for the wide path;
            which kinds they are.
        """
        used = [k for k in range(seen.shape[1]) if bool(seen[:, k].any())]
        tokens, push = [], features.new_zeros(())
        parts = features.split(self.sizes, 1) if used else []
        for k in used:
            rows = seen[:, k].nonzero()[:, 0]
            token, own = self.readers[k](parts[k][rows])
            empty = token.new_zeros(len(seen), token.shape[1])
            tokens.append(empty.index_copy(0, rows, token))
            push = push + own.new_zeros(len(seen), own.shape[1]).index_copy(0, rows, own)
        stacked = torch.stack(tokens, 1) if used else features.new_zeros(len(seen), 0, 1)
        return stacked, push, used
