r"""How a posterior is sampled, and what is seen of it on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from torch import Tensor

from astroviz.lensing.eigenbasis import Eigenbasis

__all__ = [
    "LIVE",
    "REFERENCE",
    "SAMPLERS",
    "SAMPLER_WORDS",
    "SOLVERS",
    "Frame",
    "LinearLikelihood",
    "SamplingError",
    "Settings",
    "Solver",
    "preset",
]

SAMPLERS = ("split_gibbs", "mmps", "pigdm", "cla", "dps", "smc", "variational", "exact")
"""Names of the samplers; `exact` is for a Gaussian prior only."""

SAMPLER_WORDS = {
    "split_gibbs": "split Gibbs (variable splitting)",
    "mmps": "moment matching (MMPS)",
    "pigdm": "pseudo-inverse guidance (PiGDM)",
    "cla": "convolved likelihood (CLA)",
    "dps": "posterior sampling by the denoised residual (DPS)",
    "smc": "twisted sequential Monte Carlo (TDS)",
    "variational": "variational, one Gaussian",
    "exact": "exact posterior of the Gaussian prior",
}

Solver = Literal["heun", "ancestral", "predictor_corrector"]
SOLVERS: tuple[Solver, ...] = ("heun", "ancestral", "predictor_corrector")


class SamplingError(ValueError):
    """A sampler cannot do what is asked; the message says why."""


class LinearLikelihood(Protocol):
    """What samplers need of a problem: one of `linear`, or a stack of them."""

    @property
    def dim(self) -> int:
        """Number of source pixels."""

    @property
    def best_precision(self) -> float:
        """The smallest standard deviation with which the data fix anything."""

    def basis(self, like: Tensor) -> Eigenbasis:
        """The likelihood in its own coordinates."""


@dataclass(frozen=True)
class Settings:
    r"""How to sample.

    Arguments:
        method: One of `SAMPLERS`.
        steps: Steps in noise of the reverse equation, sweeps of split Gibbs, or iterations of the
            variational fit.
        solver: Of the reverse equation: `heun` (two evaluations a step, weak order 2),
            `ancestral` (one, order 1) or `predictor_corrector`.
        corrections: Langevin steps after each predictor.
        signal_to_noise: Size of a Langevin step.
        sigma_max: Noise at the start, prior units.
        sigma_min: Noise at the end.
        iterations: Of the conjugate gradients of `mmps`; 0 solves fully.
        zeta: Strength of `dps`.
        rho_max: Coupling of split Gibbs at the start, prior units.
        rho_min: At the end; None takes the precision with which the data fix the best-known
            combination of pixels, at which the split is free of bias.
        annealed: Part of the sweeps during which the coupling shrinks.
        inner_steps: Heun steps in noise of each denoising of split Gibbs; a sweep costs twice as
            many evaluations and one more.
        exact_split: Let the likelihood of split Gibbs be narrower by what the coupling widens it.
        particles: Of `smc` for each draw that is wanted.
    """

    method: str = "split_gibbs"
    steps: int = 20
    solver: Solver = "heun"
    corrections: int = 1
    signal_to_noise: float = 0.16
    sigma_max: float = 30.0
    sigma_min: float = 0.003
    iterations: int = 3
    zeta: float = 0.3
    rho_max: float = 10.0
    rho_min: float | None = None
    annealed: float = 0.95
    inner_steps: int = 2
    exact_split: bool = True
    particles: int = 4

    def __post_init__(self) -> None:
        if self.method not in SAMPLERS:
            raise SamplingError(
                f"no sampler {self.method!r}; there are {', '.join(SAMPLERS)}"
            )  # fmt: skip
        if self.solver not in SOLVERS:
            raise SamplingError(f"no solver {self.solver!r}; there are {', '.join(SOLVERS)}")
        for name in ("steps", "inner_steps", "particles"):
            if getattr(self, name) < 1:
                raise SamplingError(f"{name} must be 1 or more, not {getattr(self, name)}")
        if not 0 < self.sigma_min < self.sigma_max:
            raise SamplingError(
                f"noise must fall from sigma_max to sigma_min above 0, not from "
                f"{self.sigma_max:g} to {self.sigma_min:g}"
            )

    def with_(self, **changes: Any) -> Settings:
        """A copy with some values changed."""
        return replace(self, **changes)


LIVE = Settings()
"""The default: split Gibbs of 20 sweeps, 108 evaluations of the denoiser."""

REFERENCE = Settings(steps=120)
"""For figures that are to be believed: six times slower cooling, 608 evaluations."""

_LIVE: dict[str, dict[str, Any]] = {
    "mmps": {"steps": 50, "iterations": 2},
    "pigdm": {"steps": 60},
    "cla": {"steps": 100},
    "dps": {"steps": 150, "solver": "ancestral"},
    "smc": {"steps": 100, "particles": 4},
    "variational": {"steps": 100},
}
_REFERENCE: dict[str, dict[str, Any]] = {
    "mmps": {"steps": 100, "iterations": 0},
    "pigdm": {"steps": 200},
    "cla": {"steps": 500},
    "dps": {"steps": 500, "solver": "ancestral"},
    "smc": {"steps": 200, "particles": 8},
    "variational": {"steps": 300},
}


def preset(method: str, reference: bool = False) -> Settings:
    r"""How a sampler is run to be watched, or to be believed.

    Arguments:
        method: One of `SAMPLERS`.
        reference: Whether the cost does not matter.

    Example:
        >>> preset("mmps", reference=True).iterations
        0
    """
    base = REFERENCE if reference else LIVE
    return base.with_(method=method, **(_REFERENCE if reference else _LIVE).get(method, {}))


@dataclass(frozen=True, eq=False)
class Frame:
    r"""What is seen of a sampler after one of its steps.

    Arguments:
        step: Steps done, 1 to `steps`.
        steps: How many there are.
        sigma: Noise (or coupling of split Gibbs) at this moment, prior units.
        samples: The chains, shape :math:`(n, d)`.
        estimate: What they look like without noise, shape :math:`(n, d)`.
        guidance: Root mean square over chains of the norms of the score of the prior and of the
            likelihood, in 1 / prior units.
        evaluations: Calls of the denoiser for each draw so far, a vector-Jacobian product
            counted as two.
        finished: Whether this is the last.
        diagnostics: Further figures of a sampler, as the effective number of particles.
    """

    step: int
    steps: int
    sigma: float
    samples: Tensor
    estimate: Tensor
    guidance: tuple[float, float]
    evaluations: int = 0
    finished: bool = False
    diagnostics: tuple[tuple[str, float], ...] = ()
