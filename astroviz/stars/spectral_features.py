r"""What the network sees of a spectrum: its components, their errors, and waves of the first ones.

As for magnitudes (`features`), sines and cosines of several periods resolve a hundredth of a
magnitude in a range of ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.stars.spectral_physics import load_spectrographs
from astroviz.stars.spectrographs import SPECTROGRAPHS, Spectrograph

__all__ = ["SpectralNumbers", "n_features", "spectral_features"]

_WAVED = 8  # components that are given as waves too
_PERIODS = (8.0, 4.0, 2.0, 1.0, 0.5, 0.25)  # mag
_LEVEL = 26.5  # magnitude of 1 W/m2/nm relative to that of G = 0, roughly


@dataclass(frozen=True)
class SpectralNumbers:
    r"""Compressed spectra of :math:`N` stars, the kinds of `SPECTROGRAPHS` side by side.

    Arguments:
        components: Shape :math:`(N, \sum k)`; zeros without a spectrum.
        errors: Their errors, same shape.
        seen: Which kinds each star has, shape :math:`(N, 3)`, bool.
    """

    components: Tensor
    errors: Tensor
    seen: Tensor

    def rows(self, index: Tensor) -> SpectralNumbers:
        """Some of the stars."""
        return SpectralNumbers(self.components[index], self.errors[index], self.seen[index])

    @classmethod
    def join(cls, parts: Sequence[SpectralNumbers]) -> SpectralNumbers:
        """Stars below each other."""
        names = ("components", "errors", "seen")
        return cls(*(torch.cat([getattr(part, name) for part in parts]) for name in names))


def n_features(one: Spectrograph) -> int:
    """Number of features of one kind of spectrum."""
    return 2 * one.components + 2 * _WAVED * len(_PERIODS) * (one.components >= _WAVED) + 2


def spectral_features(numbers: SpectralNumbers, reference: Tensor) -> Tensor:
    r"""Features of all kinds side by side, shape :math:`(N, F)`; zeros without a spectrum.

    Arguments:
        numbers: The compressed spectra.
        reference: Magnitude that levels are relative to, shape :math:`(N,)`.
    """
    sizes = [one.components for one in SPECTROGRAPHS]
    parts = []
    for one, values, errors, seen in zip(
        SPECTROGRAPHS, numbers.components.split(sizes, 1), numbers.errors.split(sizes, 1),
        numbers.seen.unbind(1), strict=True,
    ):  # fmt: skip
        found = _of_kind(one, values, errors, reference)
        parts.append(torch.where(seen[:, None], found, torch.zeros_like(found)))
    return torch.cat(parts, 1)


def _of_kind(one: Spectrograph, values: Tensor, errors: Tensor, reference: Tensor) -> Tensor:
    spread = load_spectrographs().tensors[f"basis.{one.name}.spread"].to(values)
    level = torch.zeros_like(values[:, :2])
    height = values / one.size**0.5  # root mean square over the bins, mag
    if one.calibrated:
        magnitude = values[:, 0] - _LEVEL
        level = torch.stack([magnitude - reference, (magnitude - 12) / 5], -1)
        height = torch.cat([level[:, :1], height[:, 1:]], 1)
    scaled = torch.cat([level[:, :1] / 3, values[:, 1:] / spread[1:]], 1)
    if not one.calibrated:
        scaled = values / spread
    log_error = ((errors / spread).clamp(min=1e-4).log() + 1.5) / 1.5
    found = [scaled.clamp(-8, 8), log_error, level]
    if one.components >= _WAVED:
        periods = torch.tensor(_PERIODS, dtype=values.dtype, device=values.device)
        angle = 2 * torch.pi * height[:, :_WAVED, None] / periods
        found += [angle.sin().flatten(1), angle.cos().flatten(1)]
    return torch.cat(found, 1)
