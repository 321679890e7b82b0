r"""Posterior samples of a source under a linear problem: one door to every sampler.

| method | kind | right for |
| --- | --- | --- |
| `split_gibbs` | variable splitting, no guidance | any prior, as the coupling shrinks |
| `mmps` | guidance, moments of the denoiser | a Gaussian prior, when solved fully |
| `pigdm`, `cla`, `dps` | guidance, cheaper approximations | see `likelihood` |
| `smc` | particles that correct a guidance | any prior, as particles grow in number |
| `variational` | one Gaussian fitted to the posterior | nothing but speed |
| `exact` | closed form | a Gaussian prior |

Draws depend on prior, problem, settings and seed only: each chain has its own random numbers.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from astroviz.core.request import Alone, Control
from astroviz.lensing.chains import Chains
from astroviz.lensing.gaussian_prior import GaussianPrior
from astroviz.lensing.linear import LinearProblem, StackedProblem
from astroviz.lensing.reverse_sde import reverse_diffusion
from astroviz.lensing.settings import (
    LIVE,
    REFERENCE,
    SAMPLER_WORDS,
    SAMPLERS,
    SOLVERS,
    Frame,
    LinearLikelihood,
    SamplingError,
    Settings,
    preset,
)
from astroviz.lensing.split_gibbs import split_gibbs

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = [
    "LIVE",
    "REFERENCE",
    "SAMPLERS",
    "SAMPLER_WORDS",
    "SOLVERS",
    "Frame",
    "SamplingError",
    "Settings",
    "draw",
    "preset",
    "sample",
]

Family = Callable[..., Iterator[Frame]]


def draw(
    prior: Prior,
    problem: LinearLikelihood,
    settings: Settings = LIVE,
    n: int = 8,
    seed: int = 0,
    control: Control | None = None,
) -> Iterator[Frame]:
    r"""Sample the source, frame by frame.

    Arguments:
        prior: The prior.
        problem: The data.
        settings: How.
        n: Number of draws.
        seed: Seed of the draws.
        control: Told between calls of the denoiser; may ask for fewer draws at one time.

    Yields:
        Frames; the last is finished and holds the draws.
    """
    control = control or Alone()
    if prior.dim != problem.dim:
        raise SamplingError(
            f"the prior draws {prior.dim} pixels but the problem has {problem.dim}: "
            "take a source grid of the prior's size"
        )
    like = torch.empty(0, device=prior.device)
    if settings.method == "exact":
        yield _exact(prior, problem, n, seed)
        return
    family = _family(settings.method)
    whole = settings.method in _TOGETHER or isinstance(problem, StackedProblem)
    size = n if whole else min(control.max_draws or n, n)
    parts = [Chains(seed, range(k, min(k + size, n)), like) for k in range(0, n, size)]
    streams = [family(prior, problem, settings, chains, control) for chains in parts]
    with torch.no_grad():
        for frames in zip(*streams, strict=True):
            yield frames[0] if len(frames) == 1 else _joined(frames)


def sample(
    prior: Prior,
    problem: LinearLikelihood,
    settings: Settings = LIVE,
    n: int = 8,
    seed: int = 0,
    control: Control | None = None,
) -> Tensor:
    r"""Draws of the source, shape :math:`(n, d)`; see `draw`.

    Example:
        >>> from astroviz.lensing.gaussian_prior import exponential_prior
        >>> prior = exponential_prior(8)
        >>> problem = LinearProblem(torch.eye(64), prior.sample(1, seed=1)[0], 0.1)
        >>> sample(prior, problem, n=2, seed=0).shape
        torch.Size([2, 64])
    """
    (last,) = deque(draw(prior, problem, settings, n, seed, control), maxlen=1)
    return last.samples


# these let draws depend on each other, as a stack lets them on their place: splitting them up
# would change them
_TOGETHER = ("smc", "variational")


def _family(method: str) -> Family:
    if method == "split_gibbs":
        return split_gibbs
    if method == "smc":
        from astroviz.lensing.particles import twisted_particles

        return twisted_particles
    if method == "variational":
        from astroviz.lensing.variational import variational

        return variational
    return reverse_diffusion


def _exact(prior: Any, problem: Any, n: int, seed: int) -> Frame:
    if not isinstance(prior, GaussianPrior) or not isinstance(problem, LinearProblem):
        raise SamplingError(
            f"the exact posterior is known for a Gaussian prior only, not for {prior.name!r}"
        )
    found = prior.posterior(problem).draws(n, seed)
    return Frame(1, 1, 0.0, found, found, (0.0, 0.0), 0, True)


def _joined(frames: tuple[Frame, ...]) -> Frame:
    """One frame of chains that run apart."""
    counts = [len(frame.samples) for frame in frames]

    def together(place: int) -> float:
        squares = sum(k * f.guidance[place] ** 2 for k, f in zip(counts, frames, strict=True))
        return float((squares / sum(counts)) ** 0.5)

    return dataclasses.replace(
        frames[0],
        samples=torch.cat([frame.samples for frame in frames]),
        estimate=torch.cat([frame.estimate for frame in frames]),
        guidance=(together(0), together(1)),
    )
