r"""Simulated lenses under a prior: does the truth lie where the draws say?

Each source is drawn, put behind a lens of its own and observed with noise; the sampler knows the
lens. Coverage with random points (TARP) then judges prior and sampler together when the sources
come from the law that the prior was taught, and the sampler alone when they come from the prior.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Alone, Control
from astroviz.lensing.linear import LinearProblem, stack
from astroviz.lensing.operator import LensOperator
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.sampling import draw
from astroviz.lensing.settings import Settings
from astroviz.lensing.setup import Setup

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = ["Coverage", "Sources", "covered", "random_lenses", "simulated_lenses"]

Sources = Literal["law", "prior"]
"""Whether true sources come from the law that the prior was taught, or from the prior itself."""

_WIDTH, _FIELD, _PSF = 1.28, 3.2, 0.1  # arcsec: source frame, image, FWHM
_TRUTH, _LENS, _NOISE, _REFERENCE = 1, 2, 3, 4  # streams of random numbers


@dataclass(frozen=True, eq=False)
class Coverage:
    r"""What a test of coverage takes.

    Arguments:
        truths: Shape :math:`(T, d)`.
        draws: Shape :math:`(T, S, d)`.
        references: Draws of the prior, shape :math:`(T, d)`.
        chi_square: Mean reduced chi square of the draws of each lens, shape :math:`(T,)`.
        evaluations: Calls of the denoiser for each draw.
    """

    truths: np.ndarray
    draws: np.ndarray
    references: np.ndarray
    chi_square: np.ndarray
    evaluations: int

    def save(self, path: Path) -> None:
        """Keep it in one file, draws in half precision."""
        np.savez(
            path, truths=self.truths, draws=self.draws.astype(np.float16),
            references=self.references, chi_square=self.chi_square, evaluations=self.evaluations,
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Coverage:
        """What `save` kept."""
        with np.load(path) as kept:
            return cls(
                kept["truths"], kept["draws"].astype(np.float32), kept["references"],
                kept["chi_square"], int(kept["evaluations"]),
            )  # fmt: skip

    @classmethod
    def joined(cls, parts: list[Coverage]) -> Coverage:
        """Several as one."""

        def together(name: str) -> np.ndarray:
            return np.concatenate([getattr(part, name) for part in parts])

        return cls(
            together("truths"), together("draws"), together("references"),
            together("chi_square"), parts[0].evaluations,
        )  # fmt: skip


def _stream(seed: int, place: int, use: int) -> int:
    return int(np.random.default_rng([seed, place, use]).integers(2**31))


def random_lenses(places: range, seed: int) -> Tensor:
    r"""Lenses as surveys find them, in the order of `LENS_NAMES`, float64, shape :math:`(k, 8)`.

    Arguments:
        places: Which of the endless row of lenses.
        seed: Seed of the row.
    """
    rows = []
    for place in places:
        random = np.random.default_rng([seed, place, _LENS])
        radius, ratio = random.uniform(0.8, 1.15), random.uniform(0.55, 0.95)
        centre, shear = random.normal(0, 0.02, 2), random.normal(0, 0.04, 2)
        angle, slope = random.uniform(0, math.pi), random.uniform(0.9, 1.1)
        rows.append([radius, ratio, angle, *centre, *shear, slope])
    return torch.tensor(rows, dtype=torch.float64)


def simulated_lenses(
    prior: Prior, places: range, seed: int, noise: float = 0.1, sources: Sources = "law"
) -> tuple[list[LinearProblem], Tensor]:
    r"""Observations of sources, each behind a lens of its own.

    Arguments:
        prior: Gives size and sources.
        places: Which of the endless row of observations.
        seed: Seed of the row.
        noise: Of a pixel of the image, prior units.
        sources: See `Sources`; a prior whose law nobody knows gives its own draws.

    Returns:
        Problems, and truths of shape :math:`(k, d)`.
    """
    pixels = prior.pixels
    image = 2 * pixels
    setup = Setup(
        image, _FIELD / image, pixels, _WIDTH / pixels, gaussian_psf(_PSF * image / _FIELD, 11)
    )
    operator, problems, truths = LensOperator(setup), [], []
    for place, lens in zip(places, random_lenses(places, seed), strict=True):
        own = _stream(seed, place, _TRUTH)
        truth = prior.draw_truth(1, own) if sources == "law" else None
        truth = (prior.sample(1, own) if truth is None else truth)[0].cpu()
        matrix = operator.matrix(lens)
        generator = torch.Generator().manual_seed(_stream(seed, place, _NOISE))
        white = torch.randn(len(matrix), generator=generator, dtype=torch.float64)
        data = matrix @ truth.double() + noise * white
        problems.append(LinearProblem(matrix, data, noise, (pixels, pixels), (image, image)))
        truths.append(truth)
    return problems, torch.stack(truths)


def covered(
    prior: Prior,
    settings: Settings,
    places: range,
    draws: int = 16,
    seed: int = 0,
    noise: float = 0.1,
    sources: Sources = "law",
    control: Control | None = None,
) -> Coverage:
    r"""Draws for some of the observations; the same however the row is cut.

    Arguments:
        prior: The prior.
        settings: The sampler.
        places: Which observations.
        draws: Draws of each.
        seed: Seed of everything.
        noise: Of a pixel of the image, prior units.
        sources: See `Sources`.
        control: Told between steps.
    """
    problems, truths = simulated_lenses(prior, places, seed, noise, sources)
    together = problems[0] if len(problems) == 1 else stack(problems)
    count = draws * len(problems)
    frames = draw(
        prior, together, settings, count, _stream(seed, places[0], 0), control or Alone()
    )
    (last,) = deque(frames, maxlen=1)
    found = last.samples.detach().cpu().reshape(len(problems), draws, -1)
    references = [prior.sample(1, _stream(seed, place, _REFERENCE))[0].cpu() for place in places]
    chi = [
        float(p.reduced_chi_square(x).mean()) for p, x in zip(problems, found, strict=True)
    ]  # fmt: skip
    return Coverage(
        truths.float().numpy(), found.float().numpy(), torch.stack(references).float().numpy(),
        np.array(chi), last.evaluations,
    )  # fmt: skip
