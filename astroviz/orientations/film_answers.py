r"""The diffusion film: draws of a score between noise and a density, beside the true law.

Frames are ordered from noise to density. The true law of a frame is that of data which have
diffused to its scale: the same data, turned by the same quantile about the same axis at every
scale, so that the truth moves smoothly too. A score makes the other side, either by generating
(noise to density, Heun or the geodesic random walk) or by encoding (density to noise along the
probability flow, and back, which shows that the flow is reversible).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.draws import Draws
from astroviz.core.request import Chunk, Control, Request
from astroviz.orientations import igso3, process
from astroviz.orientations.rotation_columns import COLUMNS, UNITS, columns_of
from astroviz.orientations.rotations import angle_between, axis_coordinates

__all__ = ["Film", "FilmSampler", "frames_of", "steps_of"]

_NOISE_SEED = 1_000_003  # apart from the seed of the data
_PART = 4096


@dataclass(frozen=True)
class Film:
    r"""Frames of one film, from noise to density.

    Arguments:
        sigma: Scale of each frame, rad, shape :math:`(F,)`; 0 for the density itself.
        learned: Longitude, latitude and tilt of the draws of the score, rad, shape
            :math:`(F, N, 3)`; N = 0 where there is no score.
        true: Those of the true law, shape :math:`(F, N, 3)`.
        evaluations: Network evaluations for each draw.
        back: Median distance to the start after going there and back, degrees; NaN where the
            film generates.
    """

    sigma: np.ndarray
    learned: np.ndarray
    true: np.ndarray
    evaluations: int
    back: float

    @classmethod
    def of(cls, draws: Draws) -> Film:
        """What an answer of `FilmSampler` holds."""
        kept = draws.extras
        evaluations, back = (float(v) for v in kept["facts"])
        return cls(kept["sigma"], kept["learned"], kept["true"], int(evaluations), back)

    def __len__(self) -> int:
        return len(self.sigma)


def steps_of(evaluations: int, method: str, direction: str) -> int:
    r"""Steps of a solver that take about so many evaluations.

    Arguments:
        evaluations: Of the network, for each draw.
        method: `heun` or `walk`.
        direction: `generate` or `encode`, whose Runge-Kutta steps take four.

    Example:
        >>> steps_of(40, "heun", "generate"), steps_of(40, "walk", "generate")
        (19, 39)
    """
    if direction == "encode":
        return max(evaluations // 4, 2)
    return max((evaluations - 1) // 2 if method == "heun" else evaluations - 1, 2)


def _angles(rotation: Tensor) -> np.ndarray:
    found: np.ndarray = torch.stack(axis_coordinates(rotation), -1).cpu().numpy()
    return found.astype(np.float32)


def frames_of(sample: Tensor, sigma: Sequence[float], seed: int) -> np.ndarray:
    r"""The true law at every scale.

    Arguments:
        sample: Draws of the density, shape :math:`(N, 3, 3)`.
        sigma: Scales, rad; 0 is the density itself.
        seed: Of the noise, which is the same at every scale.

    Returns:
        Longitude, latitude and tilt, rad, shape :math:`(F, N, 3)`.
    """
    frames = []
    for scale in sigma:
        noise = torch.Generator().manual_seed(seed)
        frames.append(_angles(igso3.sample(sample, scale, noise) if scale > 0 else sample))
    return np.stack(frames)


class FilmSampler:
    r"""Runs a score between noise and a density.

    Arguments:
        draw_true: Draws of the density: (number, generator) to rotations.
        score: The score; None shows the true law alone.
        label: Tells this sampler from others of the same kind: density and network.
        device: Where the score is evaluated; frames are kept on the CPU.
    """

    def __init__(
        self,
        draw_true: Callable[[int, torch.Generator], Tensor],
        score: process.Score | None,
        label: str,
        device: str | torch.device = "cpu",
    ) -> None:
        self._draw_true, self._score = draw_true, score
        self._device = torch.device(device)
        self.name = f"orientations/film/{label}"

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the columns."""
        return COLUMNS, UNITS

    def batch_key(self, request: Request) -> Hashable:
        """Each film is made alone."""
        return id(request)

    def request(self, n: int, seed: int, method: str, direction: str, evaluations: int) -> Request:
        r"""The question for a film.

        Arguments:
            n: Number of draws.
            seed: Of the draws.
            method: `heun` or `walk`; encoding follows the flow by Runge-Kutta steps.
            direction: `generate` or `encode`.
            evaluations: About how many of the network for each draw.
        """
        options: dict[str, Hashable] = {
            "method": method, "direction": direction, "evaluations": evaluations,
        }  # fmt: skip
        return Request(self, {"n": np.array([n])}, n, seed, options)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """One chunk: the draws at the end of the film, and all of its frames."""
        for k, request in enumerate(requests):
            with torch.no_grad():
                chunk = self._film(request, control)
            yield [chunk if k == j else None for j in range(len(requests))]

    def _film(self, request: Request, control: Control) -> Chunk:
        options, n = request.options, request.n
        generator = torch.Generator().manual_seed(request.seed)
        data = self._draw_true(n, generator)
        direction, method = str(options["direction"]), str(options["method"])
        steps = steps_of(int(str(options["evaluations"])), method, direction)
        expected = 8 * steps if direction == "encode" else steps * (1 + (method == "heun"))
        count = _Counted(self._score, self._device, control, expected)
        back = math.nan
        if self._score is None:
            sigma = [*process.noise_levels(steps).tolist(), 0.0]
            learned, end = np.zeros((len(sigma), 0, 3), np.float32), data
        elif direction == "encode":
            learned, sigma, end, back = _encoded(count, data, steps, control)
        else:
            learned, sigma, end = _generated(count, n, steps, method, generator, control)
        true = frames_of(data, sigma, request.seed + _NOISE_SEED)
        constants = {
            "sigma": np.asarray(sigma), "learned": learned, "true": true,
            "facts": np.array([count.evaluations, back]),
        }  # fmt: skip
        return Chunk(columns_of(end), constants=constants)


class _Counted:
    """A score that is asked in parts, counts its evaluations and reports progress."""

    def __init__(
        self, score: process.Score | None, device: torch.device, control: Control, expected: int
    ) -> None:
        self._score, self._device = score, device
        self._control, self._expected = control, expected
        self.evaluations = 0
        self._asked = 0

    def __call__(self, rotation: Tensor, sigma: Tensor) -> Tensor:
        assert self._score is not None
        parts = []
        size = min(_PART, self._control.max_draws or _PART)
        for some, scales in zip(rotation.split(size), sigma.split(size), strict=True):
            self._control.check()
            found = self._score(some.to(self._device), scales.to(self._device))
            parts.append(found.to(rotation.device))
        self.evaluations += 1
        self._asked += 1
        self._control.progress(min(self._asked / (self._expected + 1), 1.0))
        return torch.cat(parts)


def _generated(
    score: Any, n: int, steps: int, method: Any, generator: torch.Generator, control: Control
) -> tuple[np.ndarray, list[float], Tensor]:
    frames: list[np.ndarray] = []
    sigma: list[float] = []

    def watch(rotation: Tensor, scale: float) -> None:
        frames.append(_angles(rotation))
        sigma.append(scale)

    end = process.sample(
        score, n, steps, generator, method=method, check=control.check, watch=watch
    )
    watch(end, 0.0)
    return np.stack(frames), sigma, end


def _encoded(
    score: Any, data: Tensor, steps: int, control: Control
) -> tuple[np.ndarray, list[float], Tensor, float]:
    run = partial(process.film, score, check=control.check, frames=steps + 1)
    there, levels = run(data)
    spent = score.evaluations
    again = process.flow(
        score, there[-1], float(levels[-1]), float(levels[0]), steps, control.check
    )
    score.evaluations = spent
    back = float(torch.rad2deg(angle_between(again, data)).median())
    frames = np.stack([_angles(rotation) for rotation in there.flip(0)])
    return frames, levels.flip(0).tolist(), there[-1], back
