r"""Posteriors that are wrong on purpose, each in one way and by as much as one likes.

They stand on the exactly solvable problems of `problems`: at size 0 each is the exact posterior.
Two of them stay calibrated on average however wrong they are, since each is the exact posterior
of *less* than the data (`prior`: of noisier data; `regime`: with a label that may be false); one
keeps the density ranks of the truth exactly uniform (`hpd`), and two keep every marginal exact
(`correlation`, `permuted`).

References:
    | Tests of accuracy with random points, and what HPD misses (Lemos et al. 2023)
    | https://arxiv.org/abs/2302.03026
    | Checks of simulation-based calibration that see more (Modrak et al. 2023)
    | https://arxiv.org/abs/2211.02383
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import i0e

from astroviz.accuracy.problems import (
    NOISES,
    REGIMES,
    Stage,
    along,
    axes,
    log_normal,
    stage,
)
from astroviz.accuracy.trial import Trial

__all__ = ["DEFECTS", "ZERO_POINT", "Claim", "Defect", "claim", "defect", "trial_of_claim"]

ZERO_POINT = 0.7
"""Of the two instruments, to either side; who knows the instrument takes it back."""

Density = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Claim:
    r"""What a posterior says about the objects of a stage.

    Arguments:
        draws: :math:`(N, L, d)`.
        log_prob: Log density of points, :math:`(N, d)` or :math:`(N, K, d)`, each under the
            posterior of its own object.
    """

    draws: np.ndarray
    log_prob: Density


@dataclass(frozen=True)
class Defect:
    r"""One way to be wrong.

    Arguments:
        name: Short name.
        title: For people.
        problem: One of `problems.PROBLEMS`.
        story: How a posterior comes to be wrong like this, and what it leaves right.
        measure: From a size to words for it, as "all widths 10 % too small".
        largest: Largest size that makes sense; the smallest is 0, the exact posterior.
        make: From a stage and a size to the posterior.
    """

    name: str
    title: str
    problem: str
    story: str
    measure: Callable[[float], str]
    largest: float
    make: Callable[[Stage, float], Claim]


def claim(name: str, size: float, on: Stage) -> Claim:
    r"""The wrong posterior on a stage.

    Arguments:
        name: One of `DEFECTS`.
        size: How wrong; 0 is exact.
        on: Truths, data and random numbers of the defect's problem.
    """
    if name not in DEFECTS:
        raise ValueError(f"no defect named {name!r}; there are {', '.join(DEFECTS)}")
    one = DEFECTS[name]
    if not 0 <= size <= one.largest:
        raise ValueError(f"{name} cannot be {size:g} wrong: it lies between 0 and {one.largest:g}")
    if on.problem != one.problem:
        raise ValueError(f"{name} needs the problem {one.problem}, not {on.problem}")
    return one.make(on, float(size))


def defect(
    name: str, size: float, count: int = 500, draws: int = 100, parameters: int = 2, seed: int = 0
) -> Trial:
    r"""A wrong posterior, ready to be judged.

    Arguments:
        name: One of `DEFECTS`.
        size: How wrong; 0 is exact.
        count: Objects, :math:`N`.
        draws: Draws for each, :math:`L`.
        parameters: Parameters, :math:`d`.
        seed: Of truths, data and draws.

    Example:
        >>> defect("narrow", 0.1, count=50, draws=20).draws.shape
        (50, 20, 2)
    """
    if name not in DEFECTS:
        raise ValueError(f"no defect named {name!r}; there are {', '.join(DEFECTS)}")
    on = stage(DEFECTS[name].problem, count, draws, parameters, seed)
    return trial_of_claim(on, claim(name, size, on), f"{DEFECTS[name].title}, {size:.2f}")


def trial_of_claim(on: Stage, said: Claim, model: str = "") -> Trial:
    r"""What all checks look at.

    Arguments:
        on: Truths and data.
        said: What the posterior says.
        model: Its name.
    """
    number, spread = on.size, on.sigma[:, None, None]
    predicted = said.draws @ on.law.mixing.T + spread * on.noise
    if on.problem == "bimodal":
        predicted = predicted * np.where(on.uniforms[:, :, 1:] < 0.5, 1.0, -1.0)
    names = tuple(f"x{k + 1}" for k in range(number))
    chi_square = None
    if on.problem == "linear":
        left = on.data[:, None] - said.draws @ on.law.mixing.T
        chi_square = ((left / spread) ** 2).sum(-1), np.full(len(left), float(number))
    return Trial(
        truths=on.truths, draws=said.draws, names=tuple(f"theta{k + 1}" for k in range(number)),
        units=("",) * number, prior=on.prior,
        observations=np.concatenate([on.data, on.sigma[:, None]], 1),
        observation_names=(*names, "noise"),
        groups={"regime": np.asarray(REGIMES)[on.regimes]},
        places={name: on.data[:, k] for k, name in enumerate(names)},
        place_units=dict.fromkeys(names, ""),
        measured={f"{name} again": on.again[:, k] for k, name in enumerate(names)},
        predicted={f"{name} again": predicted[:, :, k] for k, name in enumerate(names)},
        log_likelihood=(on.log_likelihood(on.truths), on.log_likelihood(said.draws)),
        log_prob=(said.log_prob(on.truths), said.log_prob(said.draws)),
        chi_square=chi_square, model=model, seed=on.seed,
    )  # fmt: skip


def _normal(mean: np.ndarray, factor: np.ndarray, normals: np.ndarray) -> Claim:
    """Normal laws, one for each object."""
    draws = mean[:, None] + along(factor, normals)
    return Claim(draws, lambda theta: log_normal(theta, mean, factor))


def _biased(on: Stage, size: float) -> Claim:
    deviations = np.sqrt(np.diagonal(on.law.covariances, axis1=1, axis2=2))
    mean = on.means + size * deviations[on.regimes]
    return _normal(mean, on.law.factors[on.regimes], on.normals)


def _narrow(on: Stage, size: float) -> Claim:
    return _normal(on.means, (1 - size) * on.law.factors[on.regimes], on.normals)


def _wide(on: Stage, size: float) -> Claim:
    return _normal(on.means, (1 + size) * on.law.factors[on.regimes], on.normals)


def _correlation(on: Stage, size: float) -> Claim:
    factors = []
    for covariance in on.law.covariances:
        kept = covariance * (1 - size)
        np.fill_diagonal(kept, np.diag(covariance))
        factors.append(axes(kept))
    # the exact principal axes at size 0, whose signs may differ from those of later ones
    return _normal(on.means, np.stack(factors)[on.regimes], on.normals)


def _prior(on: Stage, size: float) -> Claim:
    """The exact posterior of data to which noise was added: of none at all at size 1."""
    mixing, factors, gains = on.law.mixing, [], []
    for noise in NOISES:
        precision = (1 - size) / noise**2
        covariance = np.linalg.inv(np.eye(on.size) + precision * mixing.T @ mixing)
        factors.append(axes(covariance))
        gains.append(covariance @ mixing.T / noise**2)
    blurred = (1 - size) * on.data + np.sqrt(size * (1 - size)) * on.sigma[:, None] * on.own
    mean = along(np.stack(gains)[on.regimes], blurred)
    return _normal(mean, np.stack(factors)[on.regimes], on.normals)


def _hpd(on: Stage, size: float) -> Claim:
    r"""Too narrow along the longest axis, too wide along the shortest, with the ranks kept.

    With weights :math:`w = (1 + s, 1 - s)` the ellipses are those of
    :math:`\rho^2 = w_1 z_1^2 + w_2 z_2^2`, and :math:`\rho^2` of the draws has the law that it has
    for the truth: that of a weighted sum of two :math:`\chi^2_1`. Its density falls with
    :math:`\rho`, so that the part of the draws of higher density than the truth is uniform.
    """
    first, second = 1 + size, 1 - size
    ends = [0, on.size - 1]
    z = on.normals.copy()
    radius = np.sqrt(first * z[:, :, 0] ** 2 + second * z[:, :, -1] ** 2)
    angle = 2 * np.pi * on.uniforms[:, :, 0]
    z[:, :, ends] = np.stack([radius * np.cos(angle) / np.sqrt(first),
                              radius * np.sin(angle) / np.sqrt(second)], -1)  # fmt: skip
    mean, factor = on.means, on.law.factors[on.regimes]
    back = np.linalg.inv(factor)
    slope = (1 / first + 1 / second) / 4
    bend = abs(1 / first - 1 / second) / 4

    def log_prob(theta: np.ndarray) -> np.ndarray:
        at = along(back, theta - (mean if theta.ndim == 2 else mean[:, None]))[..., ends]
        s = first * at[..., 0] ** 2 + second * at[..., 1] ** 2
        more = -(slope - bend) * s + np.log(i0e(bend * s)) + 0.5 * (at**2).sum(-1)
        return np.asarray(log_normal(theta, mean, factor) + more)

    return Claim(mean[:, None] + along(factor, z), log_prob)


def _regime(on: Stage, size: float) -> Claim:
    """The label of the instrument may be false; the rest is told by the data."""
    law, d = on.law, on.size
    doubt = 0.5 * size  # that a label is false
    told = np.where(on.chance < doubt, 1 - on.regimes, on.regimes)
    zero_points = np.full(d, ZERO_POINT * np.sqrt(2 / d))
    offsets = np.stack([zero_points, -zero_points])
    raw = on.data + offsets[on.regimes]
    zero = np.zeros_like(raw)
    evidence = np.stack(
        [log_normal(raw - offset, zero, np.broadcast_to(np.linalg.cholesky(e), (len(raw), d, d)))
         for e, offset in zip(law.evidences, offsets, strict=True)], 1,
    )  # fmt: skip
    with np.errstate(divide="ignore"):
        evidence += np.log(np.where(np.eye(2, dtype=bool)[told], 1 - doubt, doubt))
    share = np.exp(evidence - np.logaddexp.reduce(evidence, 1, keepdims=True))
    means = np.stack(
        [(raw - offset) @ gain.T for gain, offset in zip(law.gains, offsets, strict=True)], 1
    )  # (N, R, d)
    taken = (on.uniforms[:, :, 0] >= share[:, :1]).astype(int)  # (N, L)
    away = np.stack([on.normals @ factor.T for factor in law.factors], 2)  # (N, L, R, d)
    rows = np.arange(len(taken))[:, None]
    draws = means[rows, taken] + np.take_along_axis(away, taken[..., None, None], 2)[:, :, 0]

    def log_prob(theta: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            weights = np.log(share).reshape(len(share), 2, *(1,) * (theta.ndim - 2))
        parts = [
            weights[:, k] + log_normal(theta, means[:, k], np.broadcast_to(f, (len(raw), d, d)))
            for k, f in enumerate(law.factors)
        ]
        return np.asarray(np.logaddexp(*parts))

    return Claim(draws, log_prob)


def _mixture(on: Stage, weight: float) -> Claim:
    """Two modes, the one that the data show with their sign kept of this weight."""
    mean, factor = on.means, on.law.factors[on.regimes]
    sign = np.where(on.uniforms[:, :, :1] < weight, 1.0, -1.0)

    def log_prob(theta: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            weights = np.log([weight, 1 - weight])
        parts = [w + log_normal(theta, m, factor) for w, m in zip(weights, (mean, -mean),
                                                                  strict=True)]  # fmt: skip
        return np.asarray(np.logaddexp(*parts))

    return Claim(sign * mean[:, None] + along(factor, on.normals), log_prob)


def _lost(on: Stage, size: float) -> Claim:
    return _mixture(on, 0.5 * (1 + size))


def _permuted(on: Stage, size: float) -> Claim:
    """The first half of the parameters is taken from the wrong mode, by chance."""
    right = _mixture(on, 0.5)
    signs = np.ones(on.size)
    signs[: (on.size + 1) // 2] = -1.0
    swapped = on.uniforms[:, :, 1:] < size
    draws = np.where(swapped, right.draws * signs, right.draws)

    def log_prob(theta: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            weights = np.log([1 - size, size])
        parts = weights[0] + right.log_prob(theta), weights[1] + right.log_prob(theta * signs)
        return np.asarray(np.logaddexp(*parts))

    return Claim(draws, log_prob)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


_ALL = (
    Defect(
        "biased", "Biased", "linear",
        "Every parameter is shifted to one side. The widths are right, the place is not.",
        lambda s: f"every parameter {s:.2f} posterior standard deviations too high", 1.0, _biased,
    ),
    Defect(
        "narrow", "Too sure", "linear",
        "The place is right, the widths are too small: the usual fault of a network that was "
        "trained for too long, or of a sampler that stopped too early.",
        lambda s: f"all widths {_percent(s)} too small", 0.9, _narrow,
    ),
    Defect(
        "wide", "Too careful", "linear",
        "The place is right, the widths are too large: true, but it gives information away.",
        lambda s: f"all widths {_percent(s)} too large", 1.0, _wide,
    ),
    Defect(
        "correlation", "Wrong correlation", "linear",
        "Every parameter alone is exactly right. Together they are not: part of the correlation "
        "is missing, as in a variational fit with independent parameters.",
        lambda s: f"{_percent(s)} of every covariance missing", 1.0, _correlation,
    ),
    Defect(
        "prior", "Blind to the data", "linear",
        "The exact posterior of noisier data than were given, in the end the prior itself. It is "
        "calibrated in every sense on average: it only throws information away.",
        lambda s: f"{_percent(s)} of the information in the data thrown away", 1.0, _prior,
    ),
    Defect(
        "hpd", "Right by HPD", "linear",
        "Too narrow along one axis and too wide along another, so that the truth is in regions "
        "of highest density exactly as often as it should be.",
        lambda s: f"widths {_percent(1 - 1 / np.sqrt(1 + s))} too small along one axis, "
        f"{_percent(1 / np.sqrt(1 - s) - 1)} too large along another", 0.9, _hpd,
    ),
    Defect(
        "regime", "Right on average", "linear",
        "It is told which instrument made an observation, the quiet or the noisy one, whose zero "
        "points differ; but what it is told may be false, and it knows how often. Wrong to one "
        "side for one and to the other for the other, it is exactly right over both.",
        lambda s: f"the instrument is false for {_percent(0.5 * s)} of the objects", 1.0, _regime,
    ),
    Defect(
        "permuted", "Modes mixed up", "bimodal",
        "Half of the parameters come from the one mode, half from the other. Every parameter "
        "alone is exactly right, and no combination is.",
        lambda s: f"{_percent(s)} of the draws combine the wrong modes", 1.0, _permuted,
    ),
    Defect(
        "lost", "A lost mode", "bimodal",
        "Two answers fit the data equally well; the posterior prefers one of them, in the end "
        "forgets the other.",
        lambda s: f"the two modes weigh {_percent(0.5 * (1 + s))} and {_percent(0.5 * (1 - s))}",
        1.0, _lost,
    ),
)  # fmt: skip

DEFECTS: dict[str, Defect] = {one.name: one for one in _ALL}
"""Ways to be wrong, by name."""
