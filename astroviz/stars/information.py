r"""Which survey would help most? Expected information gain from the joint model.

For a survey :math:`s` that has not looked, and a parameter :math:`\theta`, the gain is the mutual
information between the parameter and what the survey would see,

.. math:: I_s(\theta) = H[\theta \mid x] - E_{x_s \sim p(x_s \mid x)} H[\theta \mid x, x_s] .

The joint model gives both parts: its prediction of the survey's bands given all that was observed
(`conditional.predict_observables`), to which the survey's noise and limits are added, and the
posterior for each predicted outcome. Entropies are those of single parameters, by the spacings of
their sorted draws; they are taken in normal scores, which changes no difference.

References:
    | On a measure of the information provided by an experiment (Lindley 1956)
    | A test for normality based on sample entropy (Vasicek 1976)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Alone, Control, Request
from astroviz.io.observations import State
from astroviz.stars.conditional import predict_observables
from astroviz.stars.noise import error_law, limits, parallax_error_law
from astroviz.stars.parameters import PARAMETERS
from astroviz.stars.surveys import QUANTITIES, SURVEYS, known_surveys

if TYPE_CHECKING:
    from astroviz.stars.posterior import Posterior

__all__ = ["Gain", "entropy", "expected_gain", "measured", "missing_surveys"]

_LABEL_ERRORS = (0.009, 0.12, 0.08, 0.10)  # dex: typical of survey spectra, as in the simulator
_OUTCOMES = 64


@dataclass(frozen=True)
class Gain:
    r"""Expected information gain, in bits.

    Arguments:
        surveys: Surveys that have not looked, :math:`S` of them.
        parameters: Names of parameters, :math:`P` of them.
        bits: The gain, shape :math:`(S, P)`; near zero it may come out slightly negative.
        errors: Monte-Carlo standard errors, same shape.
    """

    surveys: tuple[str, ...]
    parameters: tuple[str, ...]
    bits: np.ndarray
    errors: np.ndarray

    def best(self, parameter: str) -> str:
        """The survey that would tell most about a parameter."""
        if parameter not in self.parameters:
            raise KeyError(f"no gain of {parameter!r}; there are {', '.join(self.parameters)}")
        return self.surveys[int(self.bits[:, self.parameters.index(parameter)].argmax())]

    def sentence(self, parameter: str) -> str:
        """What the figures say, for the page."""
        best = self.best(parameter)
        bits = self.bits[self.surveys.index(best), self.parameters.index(parameter)]
        return f"{best} would tell most about {parameter}: {bits:.1f} bits."


def entropy(draws: Tensor) -> Tensor:
    r"""Entropy of one-dimensional draws by Vasicek's spacings, in bits.

    Its bias depends on the number of draws alone, nearly, and drops out of differences.

    Arguments:
        draws: Shape :math:`(*, n)`.

    Returns:
        Shape :math:`(*)`.
    """
    n = draws.shape[-1]
    m = max(1, round(n**0.5 / 2))
    ordered = draws.sort(-1).values
    place = torch.arange(n)
    gap = ordered[..., (place + m).clamp(max=n - 1)] - ordered[..., (place - m).clamp(min=0)]
    return torch.log2((gap * n / (2 * m)).clamp(min=1e-9)).mean(-1)


def missing_surveys(states: np.ndarray) -> tuple[str, ...]:
    """Surveys of which nothing is known: neither a value nor a limit."""
    known = known_surveys(states)
    return tuple(survey for survey in SURVEYS if survey not in known)


def measured(intrinsic: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    r"""What surveys would report of stars: noise of typical size, limits where too faint.

    Arguments:
        intrinsic: Values without survey noise, canonical units, shape :math:`(N, 20)`.
        generator: Source of random numbers.

    Returns:
        Values, errors and states, each of shape :math:`(N, 20)`.
    """
    noise = torch.randn(intrinsic.shape, generator=generator).to(intrinsic)
    mag, faint = intrinsic[:, 1:16], limits(intrinsic.dtype)
    seen = mag + error_law(mag) * noise[:, 1:16]
    dark = seen > faint
    bands = torch.where(dark, faint, seen)
    parallax_error = parallax_error_law(bands[:, :1])
    parallax = intrinsic[:, :1] + parallax_error * noise[:, :1]
    dex = torch.tensor(_LABEL_ERRORS).to(intrinsic).expand(len(intrinsic), 4)
    kelvin = intrinsic[:, 16:17] * 10 ** (dex[:, :1] * noise[:, 16:17])
    others = intrinsic[:, 17:] + dex[:, 1:] * noise[:, 17:]
    values = torch.cat([parallax, bands, kelvin, others], 1)
    errors = torch.cat(
        [parallax_error, error_law(bands), kelvin * dex[:, :1] * 2.302585, dex[:, 1:]], 1
    )
    states = torch.full(values.shape, int(State.OBSERVED), dtype=torch.int8)
    states[:, 1:16][dark] = int(State.LIMIT)
    no_source = dark[:, 0]  # not in Gaia at all: the G limit says so, once
    for column in (0, 2, 3):
        states[no_source, column] = int(State.NOT_COVERED)
    return values, errors, states


def expected_gain(
    posterior: Posterior,
    surveys: Sequence[str] | None = None,
    parameters: Sequence[str] = ("log_age", "log_mass", "a_v"),
    outcomes: int = _OUTCOMES,
    draws: int = 256,
    seed: int = 0,
    control: Control | None = None,
) -> Gain:
    r"""Expected information gain of surveys that have not looked at a star.

    Arguments:
        posterior: The star.
        surveys: Names of surveys; all that are missing by default.
        parameters: Names of parameters.
        outcomes: Predicted outcomes of each survey.
        draws: Posterior draws for each outcome.
        seed: Seed of the predictions and draws.
        control: May stop the work, and hears of its progress.

    Returns:
        The gain in bits.

    Raises:
        ValueError: If a survey has been used already or is not known, or none is missing.

    Example:
        >>> gain = expected_gain(stars.posterior({"g": 14.1, "bp": 15.3}))  # doctest: +SKIP
        >>> gain.best("log_age")  # doctest: +SKIP
    """
    inputs = posterior.inputs()
    missing = missing_surveys(inputs["states"])
    wanted = tuple(surveys) if surveys is not None else missing
    if unknown := [name for name in wanted if name not in SURVEYS]:
        raise ValueError(f"no survey {unknown[0]!r}; there are {', '.join(SURVEYS)}")
    if used := [name for name in wanted if name not in missing]:
        raise ValueError(f"{used[0]} has looked at this star already; switch it off first")
    if not wanted:
        raise ValueError("every survey has looked at this star: there is none to add")
    names = [parameter.name for parameter in PARAMETERS]
    if odd := [name for name in parameters if name not in names]:
        raise ValueError(f"no parameter {odd[0]!r}; there are {', '.join(names)}")
    columns = [names.index(name) for name in parameters]
    before = _entropies(posterior, [inputs] * 8, draws, seed, columns, control)
    rows = []
    for k, survey in enumerate(wanted):
        cases = _outcomes(posterior, inputs, survey, outcomes, seed + 1 + k)
        rows.append(_entropies(posterior, cases, draws, seed + 1000, columns, control))
        if control is not None:
            control.progress((k + 1) / len(wanted))
    after = torch.stack(rows)  # (S, outcomes, P)
    spread = after.std(1) / outcomes**0.5
    error = (spread**2 + (before.std(0) / len(before) ** 0.5) ** 2).sqrt()
    bits = before.mean(0) - after.mean(1)
    return Gain(wanted, tuple(parameters), bits.numpy(), error.numpy())


def _outcomes(
    posterior: Posterior, inputs: dict[str, np.ndarray], survey: str, n: int, seed: int
) -> list[dict[str, np.ndarray]]:
    """The star as it would be known after a survey: one case for each predicted outcome."""
    members = [k for k, q in enumerate(QUANTITIES) if q.survey == survey]
    names = tuple(QUANTITIES[k].name for k in members)
    predicted = predict_observables(posterior.model, inputs, names, n, seed)
    intrinsic = torch.full((n, len(QUANTITIES)), 12.0)
    intrinsic[:, members] = torch.from_numpy(np.array(predicted.values)).float()
    found = measured(intrinsic, torch.Generator().manual_seed(seed + 31))
    cases = []
    for row in range(n):
        case = dict(inputs)
        for key, table in zip(("values", "errors", "states"), found, strict=True):
            changed = inputs[key].copy()
            changed[members] = table[row, members].numpy()
            case[key] = changed
        cases.append(case)
    return cases


def _entropies(
    posterior: Posterior,
    cases: list[dict[str, np.ndarray]],
    draws: int,
    seed: int,
    columns: list[int],
    control: Control | None,
) -> Tensor:
    """Entropy of each parameter in each case, shape (cases, P)."""
    model = posterior.model
    sampler = model.samplers[-1]  # the quickest one
    options = {"sampler": sampler, "steps": model.steps_of(sampler)}
    requests = [
        Request(model, case, draws, seed + 17 * row, options) for row, case in enumerate(cases)
    ]
    parts = [scores for scores, _, _ in model._flow(requests, draws, control or Alone())]
    z = torch.stack([torch.cat(star) for star in zip(*parts, strict=True)])
    return entropy(z[..., columns].transpose(1, 2))
