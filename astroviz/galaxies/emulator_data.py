r"""What the emulator learns from: parameters, their spectra, and principal components of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor

from astroviz.galaxies.parameters import BOUNDS, PARAMETERS

__all__ = [
    "RANGES",
    "SEGMENTS",
    "Components",
    "draw_bursts",
    "draw_parameters",
    "principal_components",
]

RANGES: Final[dict[str, tuple[float, float]]] = {
    name: BOUNDS[name] for name in PARAMETERS if name != "log_mass_formed"
}
"""Where the emulator is taught: everywhere."""

SEGMENTS: Final = (1800.0, 3500.0, 7500.0)
"""Where one segment of wavelength ends and the next begins, A at rest."""

Spectra = Callable[[Tensor], Tensor]


def draw_parameters(number: int, generator: torch.Generator) -> Tensor:
    r"""Parameters of training spectra: half flat in the ranges, half as galaxies are.

    Arguments:
        number: How many.
        generator: Source of chance.

    Returns:
        Shape (N, 11); of one solar mass, without burst and diffuse dust: what is learned of bursts
        is a burst alone.
    """
    u = torch.rand(number, len(PARAMETERS), generator=generator)
    like = torch.rand(number, generator=generator) < 0.5
    columns = {name: low + (high - low) * u[:, PARAMETERS.index(name)]
               for name, (low, high) in RANGES.items()}  # fmt: skip
    # the flat Dirichlet distribution of the bases, thin birth clouds
    for name, power in (("kappa1", 1 / 3), ("kappa2", 1 / 2)):
        columns[name] = torch.where(like, columns[name] ** power, columns[name])
    columns["tau1"] = torch.where(like, columns["tau1"] ** 2 / 3, columns["tau1"])
    for name in ("tau2", "f_burst", "log_mass_formed"):
        columns[name] = torch.zeros(number)
    return torch.stack([columns[name] for name in PARAMETERS], -1)


def draw_bursts(number: int, generator: torch.Generator) -> Tensor:
    r"""Parameters of bursts alone, even in the logarithm of time, at redshift 0.

    Arguments:
        number: How many.
        generator: Source of chance.

    Returns:
        Shape (N, 11).
    """
    theta = draw_parameters(number, generator)
    low, high = BOUNDS["t_burst"]
    time = low * (high / low) ** torch.rand(number, generator=generator)
    for name, value in (("f_burst", 1.0), ("t_burst", time), ("redshift", 0.0)):
        theta[:, PARAMETERS.index(name)] = torch.as_tensor(value)
    return theta


class Components:
    r"""Principal components of log spectra, segment by segment.

    Arguments:
        mean: Of the log spectra, shape (W,).
        bases: Of each segment, orthonormal rows, (K, bins).
        scale: Standard deviation of each coefficient, shape (sum of K,).
    """

    def __init__(self, mean: Tensor, bases: Sequence[Tensor], scale: Tensor) -> None:
        self.mean, self.bases, self.scale = mean, list(bases), scale

    @property
    def sizes(self) -> list[int]:
        """Bins of each segment."""
        return [basis.shape[1] for basis in self.bases]

    def coefficients(self, log_spectra: Tensor) -> Tensor:
        r"""Coefficients in units of their standard deviation, (N, sum of K)."""
        parts = (log_spectra - self.mean).split(self.sizes, -1)
        found = [part @ basis.T for part, basis in zip(parts, self.bases, strict=True)]
        return torch.cat(found, -1) / self.scale

    def weights(self) -> Tensor:
        r"""What an error of each standardised coefficient does to the mean square of its segment.

        Returns:
            Shape (sum of K,), in squared natural logarithm of flux.
        """
        numbers = torch.cat([
            torch.full((len(basis),), float(basis.shape[1])) for basis in self.bases
        ])  # fmt: skip
        return self.scale.square() / numbers


def principal_components(log_spectra: Tensor, edges: Tensor, numbers: Sequence[int]) -> Components:
    r"""Principal components of each segment.

    Arguments:
        log_spectra: Natural logarithm of luminosity, shape (N, W).
        edges: Of the bins, A at rest, shape (W + 1,).
        numbers: Components of each segment.
    """
    mean = log_spectra.mean(0)
    middles = (edges[1:] * edges[:-1]).sqrt()
    stops = torch.searchsorted(middles, torch.tensor(SEGMENTS, dtype=middles.dtype)).tolist()
    starts = [0, *stops, len(mean)]
    bases, scales = [], []
    for low, high, number in zip(starts[:-1], starts[1:], numbers, strict=True):
        part = (log_spectra[:, low:high] - mean[low:high]).double()
        values, vectors = torch.linalg.eigh(part.T @ part / len(part))
        bases.append(vectors[:, -number:].flip(-1).T.float())
        scales.append(values[-number:].flip(-1).clamp(min=1e-12).sqrt().float())
    return Components(mean, bases, torch.cat(scales))
