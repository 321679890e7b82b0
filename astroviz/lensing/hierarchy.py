r"""Learning a prior from observations: posterior draws of many sources become the next prior.

A prior that is wrong still lets data speak: draws of the posteriors of many observations lie
between it and the truth. A prior that is taught on those draws is closer, and so on
(expectation-maximisation with one draw an observation):

.. math:: x_i \sim p_k(x \mid y_i), \qquad p_{k+1} = \arg\max_p \sum_i \log p(x_i) .

At the fixed point the posterior draws of a population follow the prior that they were drawn
under. That needs no truth, so the rounds stop when PQMass between draws of the prior and posterior
draws under it says so, or no longer falls.

References:
    | Rozet, Andry, Lanusse & Louppe (2024), https://arxiv.org/abs/2405.13712
    | Barco, Adam, Stone, Hezaveh & Perreault-Levasseur (2024), https://arxiv.org/abs/2407.17667
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator, Tensor

from astroviz.core.cards import Card
from astroviz.core.pqmass import pqmass
from astroviz.core.request import Alone, Control
from astroviz.lensing.linear import stack
from astroviz.lensing.prior import NetworkPrior
from astroviz.lensing.prior_fit import PriorFit, fit_prior
from astroviz.lensing.prior_laws import law
from astroviz.lensing.sampling import Settings, sample
from astroviz.lensing.stories import PIXELS, Observations, Story, truth_of
from astroviz.lensing.unet import Denoiser

__all__ = [
    "NETWORK",
    "SETTINGS",
    "Round",
    "Teaching",
    "as_prior",
    "first_prior",
    "learn",
    "look",
    "posterior_draws",
    "said",
    "settled",
    "taught",
]

NETWORK: dict[str, Any] = {"pixels": PIXELS, "widths": [24, 24], "blocks": 1, "middle": 1,
                           "code": 16}  # fmt: skip
"""Small, so that the priors of all rounds can be kept."""

_CELLS, _TESSELLATIONS = 50, 50
SETTINGS = Settings(method="split_gibbs", steps=45, inner_steps=2)


@dataclass(frozen=True)
class Teaching:
    r"""How a prior is taught.

    Arguments:
        first: Seconds for the first prior, at most.
        again: Seconds for each round, at most.
        first_steps: Steps for the first prior, at most; 0 for as many as there is time for.
        again_steps: The same for each round.
        rate: Peak learning rate of a round.
        decay: Decay of the averaged weights per step.
        seed: Seed.
    """

    first: float = 150.0
    again: float = 60.0
    first_steps: int = 0
    again_steps: int = 0
    rate: float = 1e-3
    decay: float = 0.995
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Round:
    r"""A prior, and what became of the observations under it.

    Arguments:
        number: 0 for the first prior.
        network: The prior's denoiser.
        prior_draws: Draws of the prior, (m, d).
        posterior_draws: One posterior draw for each observation under it, (n, d).
        figures: `truth` and its `truth_error`: PQMass chi^2/dof of the prior's draws against true
            sources that were not observed; `own`: against the posterior draws under it, and
            `own_p`, its permutation p; `posterior`: of the posterior draws against true sources;
            `residual`: reduced chi^2.
    """

    number: int
    network: Denoiser
    prior_draws: Tensor
    posterior_draws: Tensor
    figures: dict[str, float] = field(default_factory=dict)


def as_prior(network: Denoiser, name: str, known: Mapping[str, Any]) -> NetworkPrior:
    """A network as a prior of a law."""
    card = Card(name=name, system="lensing", config={**network.config, **known})
    return NetworkPrior(card, network, torch.device("cpu"))


def first_prior(story: Story, teaching: Teaching, report: Callable[[str], None]) -> Denoiser:
    r"""The prior that is believed at first.

    Arguments:
        story: Whose `believed` it learns.
        teaching: How long.
        report: Is told how it goes.
    """
    images = law(story.believed, held_out=False)
    assert images is not None
    seen = images(8192, Generator().manual_seed(teaching.seed))
    rms = float((seen - seen.mean(0)).square().mean().sqrt())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(teaching.seed)  # first weights only
        network = Denoiser({**NETWORK, "sigma_data": round(rms, 5)})
    network.mean.copy_(seen.mean(0))
    settings = PriorFit(
        teaching.first, 64, 3e-3, decay=teaching.decay, seed=teaching.seed,
        steps=teaching.first_steps,
    )  # fmt: skip
    return fit_prior(network, images, settings, report=report).average


def posterior_draws(
    prior: NetworkPrior, seen: Observations, settings: Settings, seed: int, control: Control
) -> Tensor:
    """One draw for each observation, (n, d)."""
    found = []
    for k, group in enumerate(seen.problems):
        control.check()
        found.append(sample(prior, stack(group), settings, len(group), seed + k, control))
    return torch.cat(found)


def learn(
    story: Story,
    network: Denoiser,
    seen: Observations,
    rounds: int,
    teaching: Teaching = Teaching(),
    settings: Settings = SETTINGS,
    begin: int = 0,
    control: Control = Alone(),  # noqa: B008 - it has no state
    report: Callable[[str], None] = lambda text: None,
) -> Iterator[Round]:
    r"""Go through the rounds.

    Arguments:
        story: What is believed and seen.
        network: The prior of round `begin`.
        seen: The observations.
        rounds: Number of the last round.
        teaching: How long the prior is taught in each.
        settings: How posteriors are sampled.
        begin: Number of the first round.
        control: What may stop the work.
        report: Is told how it goes.

    Yields:
        Every round, the first included. Whether to stop is for the caller: see `settled`.
    """
    for number in range(begin, rounds + 1):
        found = look(story, network, seen, number, teaching.seed, settings, control)
        report(f"round {number}: {said(found.figures)}")
        yield found
        if number < rounds:
            network = taught(found, teaching, report)


def look(
    story: Story,
    network: Denoiser,
    seen: Observations,
    number: int,
    seed: int = 0,
    settings: Settings = SETTINGS,
    control: Control = Alone(),  # noqa: B008 - it has no state
) -> Round:
    """One round: posterior draws of all observations under a prior, and how well they agree."""
    prior = as_prior(network, f"round {number}", story.seen)
    draws = posterior_draws(prior, seen, settings, 1000 * number + seed, control)
    own = prior.sample(len(draws), seed=77 + number, steps=24, control=control)
    return Round(number, network, own, draws, _figures(story, own, draws, seen))


def taught(
    last: Round, teaching: Teaching, report: Callable[[str], None] = lambda text: None
) -> Denoiser:
    r"""The prior of the next round: the network goes on with the posterior draws of the last.

    Arguments:
        last: The last round.
        teaching: How long.
        report: Is told how it goes.
    """
    images = last.posterior_draws.view(-1, PIXELS, PIXELS)
    rms = float((images - images.mean(0)).square().mean().sqrt())
    network = Denoiser({**last.network.config, "sigma_data": round(rms, 5)})
    network.load_state_dict(last.network.state_dict())
    network.mean.copy_(images.mean(0))

    def some(count: int, generator: Generator) -> Tensor:
        return images[torch.randint(len(images), (count,), generator=generator)]

    settings = PriorFit(
        teaching.again, 64, teaching.rate, warm_up=30, decay=teaching.decay,
        seed=teaching.seed + last.number + 1, steps=teaching.again_steps,
    )  # fmt: skip
    return fit_prior(network, some, settings, report=report).average


def _figures(story: Story, own: Tensor, draws: Tensor, seen: Observations) -> dict[str, float]:
    truth = truth_of(story.seen, len(own), seed=900_001, held_out=True)
    cells = min(_CELLS, len(own) // 4)
    against = pqmass(own, truth, cells, _TESSELLATIONS)
    itself = pqmass(own, draws, cells, _TESSELLATIONS, permutations=199)
    posterior = pqmass(draws, truth, cells, _TESSELLATIONS)
    return {
        "truth": against.reduced, "truth_error": against.error, "own": itself.reduced,
        "own_p": itself.p_value, "posterior": posterior.reduced,
        "residual": seen.reduced_chi_square(draws),
    }  # fmt: skip


def settled(rounds: Sequence[Mapping[str, float]]) -> bool:
    r"""Whether a further round is of no use; asks for no truth.

    Arguments:
        rounds: `figures` of the rounds so far.

    Returns:
        True if posterior draws can no longer be told from draws of their own prior (permutation
        p above 0.05), or if PQMass between them fell by less than its error in the last round.
    """
    if not rounds:
        return False
    last = rounds[-1]
    if last["own_p"] > 0.05:
        return True
    return len(rounds) > 1 and rounds[-2]["own"] - last["own"] < last["truth_error"]


def said(figures: Mapping[str, float]) -> str:
    """The figures of a round in a line."""
    return "  ".join(f"{key} {value:.3f}" for key, value in figures.items())
