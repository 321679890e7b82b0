r"""Two stories of a prior that learns: what is believed, what is there, how it is seen.

Digits 0 to 4 are believed and 5 to 9 are seen; ellipticals are believed and spirals are seen. Each
source is seen once: blurred, a quarter of the pixels masked, in white noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Generator, Tensor

from astroviz.lensing.linear import LinearProblem
from astroviz.lensing.prior_laws import law

__all__ = ["PIXELS", "STORIES", "Observations", "Story", "observe", "truth_of"]

PIXELS = 16
"""Side of the sources of the stories."""

_OPERATORS, _BLUR, _MASKED = 8, 0.8, 0.25  # kinds of masks; blur in pixels; part of the pixels


@dataclass(frozen=True)
class Story:
    r"""What is believed at first, and what is there.

    Arguments:
        believed: The law of the first prior, as `prior_laws.law` reads it.
        seen: The law of the sources that are observed.
        noise: Standard deviation of the noise of a pixel, in prior units.
    """

    believed: Mapping[str, Any]
    seen: Mapping[str, Any]
    noise: float


STORIES = {
    "digits": Story(
        {"data": "digits", "pixels": PIXELS, "digits": (0, 1, 2, 3, 4)},
        {"data": "digits", "pixels": PIXELS, "digits": (5, 6, 7, 8, 9)},
        0.15,
    ),
    "galaxies": Story(
        {"data": "elliptical", "pixels": PIXELS}, {"data": "spiral", "pixels": PIXELS}, 0.1
    ),
}
"""Stories by name."""


@dataclass(frozen=True, eq=False)
class Observations:
    r"""Many sources, each seen once.

    Arguments:
        problems: One group for each operator: linear problems that share it.
        data: What was seen, (n, d), in the order of the groups; masked pixels are NaN.
        sources: What was there, (n, d), in the same order.
    """

    problems: tuple[tuple[LinearProblem, ...], ...]
    data: Tensor
    sources: Tensor

    def __len__(self) -> int:
        return len(self.sources)

    def reduced_chi_square(self, draws: Tensor) -> float:
        """Mean misfit of one draw for each observation, over the number of pixels seen."""
        every = [problem for group in self.problems for problem in group]
        found = [float(problem.reduced_chi_square(draw[None])[0])
                 for problem, draw in zip(every, draws, strict=True)]  # fmt: skip
        return float(np.mean(found))


def truth_of(known: Mapping[str, Any], number: int, seed: int, held_out: bool = False) -> Tensor:
    """Sources of a law, (number, d)."""
    images = law(known, held_out)
    if images is None:
        raise ValueError(f"the law {dict(known)!r} is not known")
    return images(number, Generator().manual_seed(seed)).flatten(1)


def observe(sources: Tensor, noise: float, seed: int) -> Observations:
    r"""Blur, mask and add noise.

    Arguments:
        sources: Images, (n, d); left over ones that do not fill the groups are not seen.
        noise: Standard deviation of a pixel's noise.
        seed: Seed of masks and noise.

    Returns:
        Observations in groups of equal masks.
    """
    random = np.random.default_rng(seed)
    side, each = int(sources.shape[1] ** 0.5), len(sources) // _OPERATORS
    if each < 1:
        raise ValueError(f"{len(sources)} sources are fewer than the {_OPERATORS} masks")
    eye = np.eye(side * side).reshape(-1, side, side)
    blur = gaussian_filter(eye, (0, _BLUR, _BLUR), mode="constant").reshape(len(eye), -1).T
    matrix = torch.from_numpy(blur.astype(np.float32))
    used = sources[: each * _OPERATORS]
    data = used @ matrix.T
    data = data + noise * torch.from_numpy(random.standard_normal(data.shape, np.float32))
    groups = []
    for k in range(_OPERATORS):
        rows = slice(k * each, (k + 1) * each)
        hidden = torch.from_numpy(_mask(side, random))
        sigma = torch.where(hidden, torch.inf, noise)
        data[rows, hidden] = torch.nan
        first = LinearProblem(matrix, data[rows][0].nan_to_num(), sigma)
        groups.append(tuple(first.with_data(one.nan_to_num()) for one in data[rows]))
    return Observations(tuple(groups), data, used)


def _mask(side: int, random: np.random.Generator) -> np.ndarray:
    """Blotches that hide a quarter of the pixels, (d,) bool."""
    rough = gaussian_filter(random.standard_normal((side, side)), 1.2)
    return np.asarray(rough > np.quantile(rough, 1 - _MASKED)).ravel()
