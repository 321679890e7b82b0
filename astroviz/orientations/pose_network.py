r"""Score of the pose of a solid in a picture: an encoder, moments of the pose, a modulated trunk.

The encoder reads from the picture a code and, from that, the Fourier moments of the pose,
:math:`F^l \approx E[D^l(R_0) \mid \mathrm{picture}]` for degrees up to six. Seen from a noisy
rotation they are :math:`A^l = D^l(R)^T F^l`, which depend only on how far the pose is from it, and
in the body's frame: so the trunk learns one function of the way that is left for all poses at
once. The moments say which rotations look alike (a cube has none below degree four, an
icosahedron none below six) without being told. The code scales and shifts the hidden units.

References:
    | Klee et al. (2023), Fourier series of poses, https://arxiv.org/abs/2302.13926
    | Hsiao et al. (2024), Fourier features of rotations, https://arxiv.org/abs/2305.15873
    | Perez et al. (2018), FiLM, https://arxiv.org/abs/1709.07871
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from astroviz.orientations.harmonics import couplings, degrees, derivatives, harmonics, split
from astroviz.orientations.solids import SHAPES

__all__ = ["DEGREE", "PictureEncoder", "PoseNetwork", "Reading", "scale_features"]

DEGREE = 6
"""Highest degree of the moments; the icosahedron needs six."""

_SCALES = 8
_SOFT = 3.0


def scale_features(sigma: Tensor) -> Tensor:
    r"""Features of the noise scale, shape :math:`(*)` to :math:`(*, 17)`."""
    level = sigma.log()[..., None]
    waves = 0.5 * level * torch.arange(1, _SCALES + 1, device=sigma.device)
    return torch.cat([level / 3, waves.sin(), waves.cos()], -1)


@dataclass(frozen=True)
class Reading:
    r"""What was read from :math:`N` pictures, once for all their rotations.

    Arguments:
        moments: :math:`F^l` in a row, each times :math:`\sqrt{2l+1}`, shape :math:`(N, 454)`.
        scales: Scales and shifts of the hidden units, shape :math:`(N, L, 2, W)`.
        logits: Of the solids in `SHAPES`, shape :math:`(N, 5)`.
    """

    moments: Tensor
    scales: Tensor
    logits: Tensor

    def row(self, k: int) -> Reading:
        """The reading of one picture."""
        here = slice(k, k + 1)
        return Reading(self.moments[here], self.scales[here], self.logits[here])


class PictureEncoder(nn.Module):
    r"""From pictures, shape :math:`(N, 32, 32)`, to codes, shape :math:`(N, C)`.

    Arguments:
        channels: Channels of the three convolutions, each of which halves the picture.
        code: Length of the code.
    """

    def __init__(self, channels: Sequence[int] = (32, 64, 96), code: int = 256) -> None:
        super().__init__()
        one, two, three = channels
        self.layers = nn.Sequential(
            nn.Conv2d(1, one, 5, stride=2, padding=2), nn.GroupNorm(4, one), nn.SiLU(),
            nn.Conv2d(one, two, 3, stride=2, padding=1), nn.GroupNorm(4, two), nn.SiLU(),
            nn.Conv2d(two, three, 3, stride=2, padding=1), nn.GroupNorm(4, three), nn.SiLU(),
            nn.Flatten(), nn.Linear(16 * three, 2 * code), nn.LayerNorm(2 * code), nn.SiLU(),
            nn.Linear(2 * code, code), nn.LayerNorm(code), nn.SiLU(),
        )  # fmt: skip

    def forward(self, pictures: Tensor) -> Tensor:
        """Codes of pictures of brightness 0 to 1."""
        found: Tensor = self.layers(4 * pictures[:, None] - 1)
        return found


class PoseNetwork(nn.Module):
    r"""Body-frame score of the noisy pose, given a picture.

    Arguments:
        width: Units of the trunk.
        depth: Its residual blocks.
        channels: Of the encoder.
        code: Length of what is read from the picture.

    Example:
        >>> network = PoseNetwork(width=16, depth=1, channels=(4, 4, 4), code=8)
        >>> reading = network.read(torch.zeros(2, 32, 32))
        >>> network(torch.eye(3).expand(2, 7, 3, 3), torch.ones(2, 7), reading).shape
        torch.Size([2, 7, 3])
    """

    def __init__(
        self,
        width: int = 192,
        depth: int = 3,
        channels: Sequence[int] = (32, 64, 96),
        code: int = 256,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "width": width, "depth": depth, "channels": list(channels), "code": code,
        }  # fmt: skip
        self.width = width
        self.encoder = PictureEncoder(channels, code)
        self.shape = nn.Linear(code, len(SHAPES))
        self.moments = nn.Linear(code, sum(degrees(DEGREE)))
        self.modulation = nn.Linear(code, (depth + 1) * 2 * width)
        for degree, coupling in enumerate(couplings(DEGREE), 2):
            self.register_buffer(f"coupling{degree}", coupling)
        for degree, turns in enumerate(derivatives(self.couplings), 1):
            self.register_buffer(f"turns{degree}", turns, persistent=False)
        self.enter = nn.Linear(sum(degrees(DEGREE)) + 3 * DEGREE + 1 + 2 * _SCALES, width)
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.outer = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.leave = nn.Linear(width, 3)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    @property
    def couplings(self) -> list[Tensor]:
        """The basis in which the moments are written; it belongs to the weights."""
        return [self.get_buffer(f"coupling{degree}") for degree in range(2, DEGREE + 1)]

    def read(self, pictures: Tensor) -> Reading:
        """What is to be known of pictures, shape (N, 32, 32)."""
        code = self.encoder(pictures)
        scales = self.modulation(code).unflatten(-1, (-1, 2, self.width))
        return Reading(self.moments(code), scales, self.shape(code))

    def _relative(self, rotation: Tensor, sigma: Tensor, moments: Tensor) -> Tensor:
        """Moments seen from the noisy rotations, and the slopes of their traces."""
        parts, slopes = [], []
        found = harmonics(rotation, self.couplings)
        for own, seen in zip(found, split(moments, DEGREE), strict=True):
            relative = own.mT @ seen[:, None]
            parts.append(relative.flatten(-2))
            size = relative.shape[-1]
            # of the trace along R exp(e_i): what pulls towards the pose, where it has a maximum
            slope = torch.einsum("...ab,iab->...i", relative, self.get_buffer(f"turns{size // 2}"))
            slopes.append(slope * (3 / (size * size * (size * size - 1) / 4) ** 0.5))
        steep = torch.cat(slopes, -1) / sigma[..., None]
        return torch.cat([*parts, steep / (1 + (steep / _SOFT).square()).sqrt()], -1)

    def forward(self, rotation: Tensor, sigma: Tensor, reading: Reading) -> Tensor:
        r"""The score.

        Arguments:
            rotation: Shape :math:`(N, M, 3, 3)`: :math:`M` rotations of each picture.
            sigma: Noise scale, rad, shape :math:`(N, M)`.
            reading: Of the :math:`N` pictures.

        Returns:
            Body-frame score, 1/rad, shape :math:`(N, M, 3)`.
        """
        relative = self._relative(rotation, sigma, reading.moments)
        gain, shift = (reading.scales[:, :, k][:, :, None] for k in (0, 1))
        hidden = self.enter(torch.cat([relative, scale_features(sigma)], -1))
        hidden = nn.functional.silu(hidden * (1 + gain[:, 0]) + shift[:, 0])
        for k, (inner, outer) in enumerate(zip(self.inner, self.outer, strict=True), 1):
            inside = nn.functional.silu(inner(hidden) * (1 + gain[:, k]) + shift[:, k])
            hidden = hidden + outer(inside)
        found: Tensor = self.leave(hidden) / sigma[..., None]
        return found
