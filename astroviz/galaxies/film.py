r"""The film of a fit: what was seen at some of its steps, small enough to ship with weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from astroviz.galaxies.parameters import GalaxyError

__all__ = ["CLOUD", "NUMBERS", "Film", "Frame", "Watcher"]

NUMBERS = ("step", "blur", "noise", "loss", "distance", "entropy", "floor")
"""What is stored of each frame, beside its KS figures and its cloud."""

CLOUD = 256
"""Draws whose photometry a frame keeps."""


@dataclass(frozen=True)
class Frame:
    r"""One moment of a fit.

    Arguments:
        step: Steps that are done.
        blur: Scale below which the distance does not look, in units of the features' spread; 0
            for a distance without one.
        noise: Factor on the observation noise, 1 at the end.
        loss: What is made small.
        distance: Its part that compares photometry.
        entropy: Kullback-Leibler divergence from the prior, nats.
        floor: Distance of two samples of the data, in the units of `distance`.
        ks: Feature (a band or a colour) to the largest difference of the two distributions.
        cloud: Features of some draws as a survey would see them, shape :math:`(n, F)`, in the
            order of `ks`.
    """

    step: int
    blur: float
    noise: float
    loss: float
    distance: float
    entropy: float
    floor: float
    ks: Mapping[str, float] = field(default_factory=dict)
    cloud: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))


Watcher = Callable[[Frame], None]
"""Who is told of each frame while a fit runs."""


@dataclass(frozen=True)
class Film:
    r"""The frames of one fit, and a sample of the data that they move to.

    Arguments:
        frames: At least one, in the order of their steps, all with the same features.
        data: Features of some observed galaxies, shape :math:`(n, F)`.

    Example:
        >>> frame = Frame(10, 0.3, 5.0, 1.2, 1.1, 0.4, 0.02, {"r": 0.2}, np.ones((4, 1)))
        >>> film = Film([frame], np.zeros((4, 1)))
        >>> Film.of_arrays(film.to_arrays(), film.features).frames[0].ks
        {'r': 0.20000000298023224}
    """

    frames: Sequence[Frame]
    data: np.ndarray

    def __post_init__(self) -> None:
        if not self.frames:
            raise GalaxyError("a film needs at least one frame")
        if any(tuple(frame.ks) != self.features for frame in self.frames):
            raise GalaxyError("all frames of a film need the same features")

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def features(self) -> tuple[str, ...]:
        """Bands and colours that are compared."""
        return tuple(self.frames[0].ks)

    def numbers(self, name: str) -> np.ndarray:
        """One of `NUMBERS` over the frames, shape (frames,)."""
        return np.array([getattr(frame, name) for frame in self.frames], dtype=float)

    def ks(self) -> np.ndarray:
        """KS figures, shape (frames, features)."""
        return np.array([list(frame.ks.values()) for frame in self.frames], dtype=float)

    def to_arrays(self, clouds: int = 64) -> dict[str, np.ndarray]:
        r"""Small arrays that a file of weights can hold beside them.

        Arguments:
            clouds: Draws that each frame keeps of its cloud.
        """
        numbers = np.stack([self.numbers(name) for name in NUMBERS], 1)
        kept = min([clouds, *(len(frame.cloud) for frame in self.frames)])
        cloud = np.stack([np.asarray(frame.cloud)[:kept] for frame in self.frames])
        return {
            "film.numbers": numbers.astype(np.float32),
            "film.ks": self.ks().astype(np.float32),
            "film.clouds": cloud.astype(np.float16),
            "film.data": np.asarray(self.data)[:CLOUD].astype(np.float16),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Any], features: Sequence[str]) -> Film:
        r"""A film from what `to_arrays` gave.

        Arguments:
            arrays: With its names; arrays or tensors.
            features: Bands and colours, in their order (a card keeps them).
        """
        numbers, ks, clouds, data = (
            np.asarray(arrays[f"film.{name}"], dtype=np.float32)
            for name in ("numbers", "ks", "clouds", "data")
        )
        frames = []
        for row, figures, cloud in zip(numbers, ks, clouds, strict=True):
            known = dict(zip(NUMBERS, map(float, row), strict=True))
            frames.append(Frame(
                step=int(known.pop("step")), **known,
                ks=dict(zip(features, map(float, figures), strict=True)), cloud=cloud,
            ))  # fmt: skip
        return cls(frames, data)
