r"""The public door of the stars room: the posterior of one star."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from astroviz.core.draws import Draws
from astroviz.core.request import Alone, Chunk, Priority, Request
from astroviz.io.observations import Observations, State
from astroviz.stars.conditional import predict_observables
from astroviz.stars.density import log_density
from astroviz.stars.model import Sampler, StarsModel, open_model
from astroviz.stars.noise import default_error
from astroviz.stars.parameters import CLASSES, PARAMETERS, to_z
from astroviz.stars.refine import DEFAULT_SWEEPS
from astroviz.stars.spectral_inputs import spectral_inputs
from astroviz.stars.surveys import QUANTITIES

__all__ = ["Posterior", "Sampler", "StarsModel", "open_model"]


@dataclass(frozen=True, eq=False)
class Posterior:
    r"""What a model believes of one star.

    Arguments:
        model: The model.
        observations: A table; the star is its row `index`.
        index: The row.
        fixed: Parameters that are given, by name, in their units.

    Example:
        >>> import astroviz
        >>> stars = astroviz.load("stars")  # doctest: +SKIP
        >>> posterior = stars.posterior({"g": 14.1, "g_error": 0.01})  # doctest: +SKIP
        >>> posterior.sample(500, seed=0)["log_age"].mean()  # doctest: +SKIP
    """

    model: StarsModel
    observations: Observations
    index: int = 0
    fixed: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = len(self.observations)
        if not 0 <= self.index < rows:
            raise IndexError(f"there is no star {self.index}: the table has {rows} rows")
        names = [parameter.name for parameter in self.model.parameters]
        for name, value in self.fixed.items():
            if name not in names:
                raise KeyError(f"no parameter {name!r} to give; there are {', '.join(names)}")
            bounds = self.model.parameters[names.index(name)]
            if not bounds.lower <= value <= bounds.upper:
                raise ValueError(
                    f"{name} = {value} lies outside its prior; give a value between "
                    f"{bounds.lower:g} and {bounds.upper:g} {bounds.unit}"
                )

    @property
    def observation(self) -> Observations:
        """The star alone."""
        return self.observations.row(self.index)

    def given(self, **parameters: float) -> Posterior:
        """The posterior with some parameters given: `posterior.given(log_age=7.0)`."""
        return replace(self, fixed={**self.fixed, **parameters})

    def inputs(self) -> dict[str, np.ndarray]:
        """What the network is told, as arrays; missing errors are filled from the error law."""
        o, k = self.observations, self.index
        values, errors, states = o.values[k], o.errors[k].copy(), o.states[k]
        lacking = ~(np.isfinite(errors) & (errors > 0))
        law = np.full(len(QUANTITIES), 0.1)
        bands = torch.from_numpy(np.nan_to_num(values[1:16], nan=12.0))
        law[1:16] = default_error(bands).numpy()
        errors[lacking] = law[lacking]
        usable = np.isfinite(values) & np.isin(states, (State.OBSERVED, State.LIMIT))
        states = np.where(usable, states, State.NOT_COVERED).astype(np.int8)
        theta = np.array([[p.lower for p in PARAMETERS]], dtype=np.float64)
        mask = np.array([p.name in self.fixed for p in PARAMETERS])
        theta[0, mask] = [self.fixed[p.name] for p in PARAMETERS if p.name in self.fixed]
        z = to_z(torch.from_numpy(theta))[0].numpy()
        return {
            "values": np.nan_to_num(values), "errors": errors, "states": states,
            "z": z.astype(np.float32), "given": mask, **spectral_inputs(o, k),
        }  # fmt: skip

    def request(
        self,
        n: int,
        seed: int = 0,
        steps: int | None = None,
        priority: Priority = "interactive",
        prior_odds: float = 1.0,
        disk: bool | None = None,
        refine: int | bool = False,
        sampler: Sampler = "flow",
    ) -> Request:
        r"""The question, for `Engine.submit`.

        Arguments:
            n: Number of draws.
            seed: Seed of the draws.
            steps: Midpoint steps of the solver, two network evaluations each; jumps of the
                few-step sampler, one evaluation each.
            priority: `interactive` or `batch`.
            prior_odds: Prior odds of a young star against the field.
            disk: Assume a disk, or none; by default the data decide.
            refine: Move the draws to the exact posterior, see `refine.refine`: a number of
                sweeps, or True for the usual number. Takes about a second for 1,000 draws.
            sampler: `flow`, or `shortcut` for the few-step sampler learned from it.
        """
        sweeps = DEFAULT_SWEEPS if refine is True else int(refine)
        usual = self.model.steps_of(sampler)
        options: dict[str, Hashable] = {
            "steps": steps or usual, "prior_odds": prior_odds, "disk": disk, "refine": sweeps,
            "sampler": sampler,
        }  # fmt: skip
        return Request(self.model, self.inputs(), n, seed, options, priority)

    def sample(self, n: int, seed: int = 0, **options: Any) -> Draws:
        r"""Draws of all parameters and derived quantities, on the spot.

        Arguments:
            n: Number of draws.
            seed: Seed of the draws.
            options: As in `request`.

        Returns:
            Columns as in `parameters` and `derived`; extras `p_young`, `p_disk`,
            `class_probabilities`, `ood_score`, and for each draw `disk`. Without a disk there is
            no excess: its columns are NaN.
        """
        request = self.request(n, seed, **options)
        chunks: list[Chunk] = []
        for answer in self.model.draw([request], self.model.device, Alone()):
            chunks += [chunk for chunk in answer if chunk is not None]
        extras = {**chunks[-1].constants, **chunks[0].constants}
        extras["disk"] = np.concatenate([chunk.per_draw["disk"] for chunk in chunks])
        values = np.concatenate([chunk.values for chunk in chunks])
        return self.model.draws(values, seed, **extras)

    def predict(
        self, names: Sequence[str], n: int = 1000, seed: int = 0, learned: bool = False
    ) -> Draws:
        r"""Observables that were not given, as a survey without noise would see them.

        Arguments:
            names: Short names of observables, as `w1`.
            n: Number of draws.
            seed: Seed of the draws.
            learned: By the flow that has learned to predict observables, instead of by the
                simulator from draws of the posterior.
        """
        return predict_observables(
            self.model, self.inputs(), tuple(names), n, seed, learned=learned
        )

    def log_prob(self, theta: np.ndarray, steps: int = 20) -> np.ndarray:
        r"""Log density of parameters for a young star, summed over disk and no disk.

        Arguments:
            theta: Parameters in their units, shape :math:`(n, 9)`.
            steps: Runge-Kutta steps of the exact-trace integral.

        Returns:
            Shape :math:`(n,)`; minus infinity outside the prior.
        """
        return log_density(self.model, self.inputs(), np.asarray(theta), steps)

    def p_class(self, prior_odds: float = 1.0) -> dict[str, float]:
        """Probability of each class."""
        with torch.inference_mode():
            request = self.request(1, prior_odds=prior_odds)
            context, _, _ = self.model._encode([request])
            found = self.model._odds(context, [request]).probabilities[0]
        return dict(zip(CLASSES, found.tolist(), strict=True))

    def p_young(self, prior_odds: float = 1.0) -> float:
        """Probability of a young star under prior odds of young against field."""
        found = self.p_class(prior_odds)
        return found["young"] + found["young_disk"]

    def ood_score(self, seed: int = 0) -> float:
        """How badly the best draws miss the photometry; above 1 the answer extrapolates."""
        return float(self.sample(256, seed).extras["ood_score"])
