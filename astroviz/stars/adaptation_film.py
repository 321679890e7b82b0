r"""An adaptation as a film: where the stars lie in the latent space, and what is believed of them.

Frames are taken at steps that grow geometrically. A frame holds for the same stars each time the
contexts on fixed principal axes, posterior means and 90 % intervals; and figures of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from astroviz.stars.adaptation import NotFinite
from astroviz.stars.adaptation_pairs import RealStars
from astroviz.stars.adaptation_scores import SHOWN, Answers, answers, score, truths
from astroviz.stars.alignment import context_scale, domain_auc, mmd, sinkhorn, sliced_wasserstein
from astroviz.stars.mock_galaxy import MockCatalogue
from astroviz.stars.network import StarsNetwork
from astroviz.stars.physics import Physics

if TYPE_CHECKING:
    from astroviz.stars.adaptation_table import RealTable

__all__ = ["AXES", "CURVES", "Cast", "Film", "Projection", "frame_steps"]

AXES = 4
"""Principal axes that are kept."""
CURVES = ("transport", "discrepancy", "sliced", "auc", "coverage", "rmse")
"""Sinkhorn divergence, MMD, sliced Wasserstein distance, AUC of the domain classifier; 90 %
coverage and RMSE of log age of the real stars, where their truths are known."""
_BLUR = 0.1


@dataclass(frozen=True)
class Projection:
    r"""Fixed principal axes of contexts.

    Arguments:
        centre: Shape :math:`(C,)`.
        axes: Orthonormal, shape :math:`(C, A)`.
        scale: Factor that makes the mean distance of two contexts of order one.
        explained: Part of the variance along each axis, shape :math:`(A,)`.
    """

    centre: Tensor
    axes: Tensor
    scale: float
    explained: np.ndarray

    @classmethod
    def of(cls, contexts: Tensor) -> Projection:
        """Principal axes of a cloud, shape (N, C); the largest entry of each axis is positive."""
        centre = contexts.mean(0)
        _, size, axes = torch.linalg.svd(contexts - centre, full_matrices=False)
        axes = axes[:AXES].T
        sign = axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()
        part = (size**2 / (size**2).sum())[:AXES].numpy()
        return cls(centre, axes * sign, context_scale(contexts), part)

    def __call__(self, contexts: Tensor) -> np.ndarray:
        """Coordinates, shape (N, A)."""
        found: np.ndarray = (((contexts - self.centre) @ self.axes) * self.scale).numpy()
        return found


@dataclass(frozen=True)
class Cast:
    r"""The stars of a film: simulated ones first, then real ones.

    Arguments:
        simulated: Stars of the simulator.
        real: Stars of the domain that plays nature.
    """

    simulated: MockCatalogue
    real: MockCatalogue | RealTable

    @property
    def domain(self) -> np.ndarray:
        """0 for simulated stars, 1 for real ones, shape (n,)."""
        return np.repeat([0, 1], [len(self.simulated), len(self.real)])

    @property
    def truth(self) -> np.ndarray:
        """True values of `SHOWN`, shape (n, 5)."""
        return np.concatenate([known_of(self.simulated), known_of(self.real)])

    def ask(
        self, network: StarsNetwork, physics: Physics, branch: bool, floor: float = 0.0,
        n: int = 64, seed: int = 0,
    ) -> tuple[Answers, Answers]:  # fmt: skip
        """What a network believes of both."""
        found = [
            answers(network, stars_of(side).tokens(floor), physics, n, seed, real)
            for side, real in ((self.simulated, 0.0), (self.real, float(branch)))
        ]
        return found[0], found[1]


def stars_of(side: MockCatalogue | RealTable) -> RealStars:
    """One side of a cast as the network takes it."""
    return RealStars.of_mock(side) if isinstance(side, MockCatalogue) else side.real


def known_of(side: MockCatalogue | RealTable) -> np.ndarray:
    """What is known of `SHOWN` of one side, shape (N, 5); NaN where nothing is."""
    return truths(side.stars) if isinstance(side, MockCatalogue) else side.truth


@dataclass(frozen=True)
class Film:
    r"""Frames of one run over :math:`n` stars.

    Arguments:
        steps: Step of each frame, shape :math:`(F,)`.
        place: Contexts on fixed axes, shape :math:`(F, n, A)`.
        mean: Posterior means of `SHOWN`, shape :math:`(F, n, 5)`.
        low: Lower ends of the 90 % intervals, same shape.
        high: Upper ends.
        curves: Figures by name, see `CURVES`, each of shape :math:`(F,)`.
    """

    steps: np.ndarray
    place: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    curves: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.steps)

    def tensors(self) -> dict[str, Tensor]:
        """As half-precision tensors; intervals as distances from the mean."""
        half = {
            "place": self.place, "mean": _packed(self.mean), "low": _packed(self.mean)
            - _packed(self.low), "high": _packed(self.high) - _packed(self.mean),
        }  # fmt: skip
        found = {name: torch.from_numpy(np.asarray(a)).half() for name, a in half.items()}
        found["steps"] = torch.from_numpy(np.asarray(self.steps)).int()
        found["curves"] = torch.from_numpy(np.stack([self.curves[c] for c in CURVES])).float()
        return found

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Film:
        """The inverse of `tensors`."""
        mean, low, high = (tensors[name].float().numpy() for name in ("mean", "low", "high"))
        curves = tensors["curves"].double().numpy()
        return cls(
            tensors["steps"].numpy(), tensors["place"].float().numpy(), _unpacked(mean),
            _unpacked(mean - low), _unpacked(mean + high), dict(zip(CURVES, curves, strict=True)),
        )  # fmt: skip

    @classmethod
    def join(cls, frames: list[Film]) -> Film:
        """Frames behind each other."""
        parts = {name: np.concatenate([getattr(f, name) for f in frames])
                 for name in ("steps", "place", "mean", "low", "high")}  # fmt: skip
        curves = {name: np.concatenate([f.curves[name] for f in frames]) for name in CURVES}
        return cls(**parts, curves=curves)


_LOGARITHMIC = [p.name in ("effective_temperature", "distance") for p in SHOWN]


def _packed(values: np.ndarray) -> np.ndarray:
    """Temperatures and distances as logarithms, so that half precision is enough."""
    return np.where(_LOGARITHMIC, np.log10(np.maximum(values, 1e-6)), values)


def _unpacked(values: np.ndarray) -> np.ndarray:
    return np.where(_LOGARITHMIC, 10**values, values)


def frame_steps(steps: int, frames: int = 12) -> list[int]:
    """Steps of the frames of a run: its start, its end, and more often early than late."""
    inner = np.geomspace(steps, max(1.0, steps / 60), max(frames - 1, 1))
    return sorted({0, *(round(float(step)) for step in inner)})


def take_frame(
    network: StarsNetwork, cast: Cast, projection: Projection, physics: Physics, step: int,
    branch: bool, floor: float = 0.0,
) -> Film:  # fmt: skip
    r"""One frame.

    Arguments:
        network: The network as it is now.
        cast: The stars.
        projection: The fixed axes.
        physics: The simulator's.
        step: Which step it is.
        branch: Whether real stars take their own branch.
        floor: Error floor that the network was taught, mag.
    """
    here, there = cast.ask(network, physics, branch, floor)
    both = torch.cat([here.context, there.context])
    if not both.isfinite().all():
        raise NotFinite(
            f"the contexts are not numbers any more at step {step}; the last good state is kept. "
            "Check the table for absurd values."
        )
    found = Answers(np.concatenate([here.draws, there.draws]), both)
    low, high = found.interval()
    figures = {**distances(here.context, there.context, projection),
               **_accuracy(there, known_of(cast.real))}  # fmt: skip
    return Film(
        np.array([step]), projection(both)[None], found.mean[None], low[None], high[None],
        {name: np.array([figures[name]]) for name in CURVES},
    )  # fmt: skip


def distances(x: Tensor, y: Tensor, projection: Projection) -> dict[str, float]:
    r"""How far apart two clouds of contexts are, by every measure of `CURVES`.

    Arguments:
        x: Contexts of simulated stars, shape :math:`(N, C)`.
        y: Contexts of real stars, shape :math:`(M, C)`.
        projection: Gives the scale.
    """
    a, b = x * projection.scale, y * projection.scale
    generator = torch.Generator().manual_seed(0)
    return {
        "transport": float(sinkhorn(a, b, _BLUR)), "discrepancy": float(mmd(a, b)),
        "sliced": float(sliced_wasserstein(a, b, generator)), "auc": domain_auc(a, b),
    }  # fmt: skip


def _accuracy(found: Answers, truth: np.ndarray) -> dict[str, float]:
    if not np.isfinite(truth[:, 0]).any():
        return {"coverage": float("nan"), "rmse": float("nan")}
    scores = score(found, truth)
    return {"coverage": float(scores.coverage[0, 2]), "rmse": float(scores.rmse[0])}
