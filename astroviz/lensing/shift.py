r"""Does a prior fit what was observed? A test of a population, and a score of each object.

If sources follow the prior, so do posterior draws of many observations taken together, one draw an
observation, whatever the data were:

.. math:: \int p(x \mid y)\, p(y)\, dy = p(x) .

`population_shift` compares the two by PQMass, the exchange of labels giving p. It can be asked to
compare with posterior draws of *simulated* observations of sources drawn from the prior instead:
then an approximate sampler errs on both sides alike, and p is exact whatever the sampler.

`ObjectShift` gives each object a score and an honest p. Four summaries say how unusual its
posterior draws are: their misfit to the data, their distance from what the denoiser makes of them
with a little and with more noise added, and their distance from the mean image. The score is their
Mahalanobis distance among simulated objects whose sources were drawn from the prior; p is the rank
among as many others. An object that follows the prior is one of them: its p is below 0.01 in one
of a hundred cases, no matter what the score is.

References:
    | Lemos et al. (2024), PQMass, https://arxiv.org/abs/2402.04355
    | Talts, Betancourt, Simpson, Vehtari & Gelman (2018), https://arxiv.org/abs/1804.06788
    | Vovk, Gammerman & Shafer (2005), conformal p-values
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from astroviz.core.pqmass import PQMass, pqmass
from astroviz.core.request import Alone, Control
from astroviz.lensing.linear import LinearProblem, stack
from astroviz.lensing.prior import Prior
from astroviz.lensing.sampling import Settings, sample

__all__ = [
    "FLAG",
    "QUICK",
    "ObjectShift",
    "population_shift",
    "posterior_of",
    "simulated",
    "summaries",
]

FLAG = 0.01
"""p below which a population or an object is flagged."""

QUICK = Settings(method="split_gibbs", steps=40, inner_steps=2)
"""Sampling that is enough for a flag: it need not be exact where both sides are treated alike."""

_LEVELS = (0.3, 1.0)  # noise added for the denoiser's distances, over sigma_data
_REPEATS = 4  # of the added noise
_PART = 128


def posterior_of(
    prior: Prior,
    problems: Sequence[LinearProblem],
    settings: Settings = QUICK,
    seed: int = 0,
    draws: int = 1,
    control: Control = Alone(),  # noqa: B008 - it has no state
) -> Tensor:
    r"""Posterior draws of many observations, (n, draws, d).

    Arguments:
        prior: The prior that is believed.
        problems: The observations; quickest if those in a row share their operator.
        settings: How to sample.
        seed: Seed.
        draws: Draws of each.
        control: What may stop the work.
    """
    found = []
    for k in range(0, len(problems), _PART):
        part = problems[k : k + _PART]
        rows = sample(prior, stack(part), settings, draws * len(part), seed + k, control)
        found.append(rows.view(len(part), draws, -1))
        control.progress(min(1.0, (k + len(part)) / len(problems)))
    return torch.cat(found)


def simulated(
    problems: Sequence[LinearProblem], sources: Tensor, seed: int
) -> list[LinearProblem]:
    r"""The same observations of other sources, with fresh noise.

    Arguments:
        problems: Give operators and noise, which must be independent from pixel to pixel.
        sources: One source for each, (n, d).
        seed: Seed of the noise.

    Returns:
        Problems with new data; noise of pixels that are not used is 0.
    """
    if len(problems) != len(sources):
        raise ValueError(f"{len(sources)} sources for {len(problems)} observations: give one each")
    generator = torch.Generator().manual_seed(seed)
    spreads: dict[int, Tensor] = {}
    found = []
    for problem, source in zip(problems, sources, strict=True):
        key = id(problem.eigenvectors)  # shared by observations through one operator
        if key not in spreads:
            spreads[key] = _spread(problem)
        clean = problem.matrix.double() @ source.double().cpu()
        fresh = torch.randn(len(clean), generator=generator, dtype=torch.float64)
        found.append(problem.with_data(clean + spreads[key] * fresh))
    return found


def _spread(problem: LinearProblem) -> Tensor:
    """Standard deviation of the noise of each pixel, 0 where it is not used."""
    ones = problem.with_data(torch.ones(len(problem.data)))
    weight = ones.residual(torch.zeros(1, problem.dim))[0]
    return torch.where(weight > 0, 1 / weight.clamp_min(1e-30), 0.0)


def population_shift(
    draws: Tensor,
    expected: Tensor,
    references: int = 0,
    permutations: int = 999,
    seed: int = 0,
) -> PQMass:
    r"""Whether posterior draws of a population look like what the prior expects.

    Arguments:
        draws: One posterior draw for each observation, (n, d).
        expected: Draws of the prior, or posterior draws of `simulated` observations, (m, d).
        references: Cells; a tenth of the points by default, at most 100.
        permutations: Exchanges of labels for `p_value`.
        seed: Seed.

    Returns:
        PQMass; flagged if `p_value` is below `FLAG`.
    """
    cells = references or int(np.clip((len(draws) + len(expected)) // 10, 4, 100))
    return pqmass(draws.cpu(), expected.cpu(), cells, 40, permutations, seed)


def summaries(
    prior: Prior, problems: Sequence[LinearProblem], draws: Tensor, seed: int = 0
) -> np.ndarray:
    r"""What is looked at of each object, (n, 4).

    Arguments:
        prior: The prior.
        problems: The observations.
        draws: Posterior draws of each, (n, k, d).
        seed: Seed of the noise that is added for the denoiser.

    Returns:
        Logarithms, averaged over draws, of reduced chi^2, of the denoiser's mean squared distance
        at two noise levels over what it is for a Gaussian of the prior's spread, and of the mean
        squared distance from the mean image.
    """
    n, k, d = draws.shape
    flat = draws.reshape(n * k, d)
    generator = torch.Generator().manual_seed(seed)
    misfit = torch.stack(
        [problem.reduced_chi_square(some).mean() for problem, some in
         zip(problems, draws, strict=True)]
    )  # fmt: skip
    columns = [misfit.log().float()]
    for level in _LEVELS:
        sigma = level * prior.sigma_data
        total = torch.zeros(len(flat))
        for _ in range(_REPEATS):
            noise = torch.randn(1, d, generator=generator).to(flat)  # the same for all objects
            clean = torch.cat(
                [prior.denoise(x, sigma) for x in (flat + sigma * noise).split(_PART)]
            )
            total += ((clean - flat) ** 2).mean(-1).cpu() / _REPEATS
        columns.append((total / sigma**2).view(n, k).mean(1).log())
    mean = prior.denoise(torch.zeros(1, d).to(flat), 1e3 * prior.sigma_data)
    columns.append(((flat - mean) ** 2).mean(-1).cpu().view(n, k).mean(1).log())
    return torch.stack(columns, 1).double().numpy()


@dataclass(frozen=True, eq=False)
class ObjectShift:
    r"""The score of single objects, calibrated by simulated ones.

    Arguments:
        mean: Of the summaries of the first half of the simulated objects, (4,).
        inverse: Their inverse covariance, (4, 4).
        scores: Scores of the other half, sorted, (m,).
    """

    mean: np.ndarray
    inverse: np.ndarray
    scores: np.ndarray

    @classmethod
    def calibrated(cls, reference: np.ndarray) -> ObjectShift:
        r"""From summaries of simulated objects.

        Arguments:
            reference: `summaries` of objects whose sources were drawn from the prior and that
                were observed and sampled as the real ones, (n, 4); two hundred or more, or no p
                can be below 0.01.
        """
        rows = np.asarray(reference, np.float64)
        if len(rows) < 40:
            raise ValueError(f"{len(rows)} simulated objects cannot calibrate a score: make 200")
        first, second = rows[::2], rows[1::2]
        mean, spread = first.mean(0), np.cov(first.T) + 1e-9 * np.eye(rows.shape[1])
        made = cls(mean, np.linalg.inv(spread), np.empty(0))
        return cls(mean, made.inverse, np.sort(made.score(second)))

    def score(self, found: np.ndarray) -> np.ndarray:
        r"""Mahalanobis distance of summaries (n, 4), shape (n,)."""
        away = np.asarray(found, np.float64) - self.mean
        return np.sqrt(np.einsum("ni,ij,nj->n", away, self.inverse, away))

    def p_values(self, found: np.ndarray) -> np.ndarray:
        r""":math:`(1 + \#\{\text{simulated} \ge \text{score}\}) / (1 + m)`, (n,)."""
        above = len(self.scores) - np.searchsorted(self.scores, self.score(found), side="left")
        return np.asarray((1 + above) / (1 + len(self.scores)))

    @property
    def smallest(self) -> float:
        """The smallest p that so many simulated objects can give."""
        return 1 / (1 + len(self.scores))

    def ood_score(self, found: np.ndarray) -> np.ndarray:
        """The score over the one that a simulated object in a hundred exceeds: 1 is the edge."""
        return np.asarray(self.score(found) / np.quantile(self.scores, 0.99))
