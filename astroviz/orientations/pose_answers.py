r"""What the view of poses shows: a picture, the draws of its pose, and how good they are."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from astroviz.core.draws import Draws
from astroviz.core.request import Chunk, Control, Request
from astroviz.orientations.axis_density import density_of_axes
from astroviz.orientations.renders import Camera, random_camera, render
from astroviz.orientations.rotations import angle_between, random_rotations
from astroviz.orientations.solids import SHAPES, equivalents, nearest_angle, solid

if TYPE_CHECKING:
    from astroviz.orientations.pose_posterior import PosePosterior

__all__ = [
    "LikelihoodSampler",
    "PoseAnswer",
    "Shown",
    "answer_of",
    "seen_by_camera",
    "shown",
    "shown_axis",
    "table_of",
]

NSIDE = 32
SMOOTHING = 0.045
_REDRAWN = 8
_LIKELY = 12  # equal poses that the likelihood is averaged over
# From the camera's frame (x right, y up, z towards it) to that of a sphere seen by it: x towards
# the eye, y to the right, z up.
_SEEN = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=np.float32)


@dataclass(frozen=True)
class Shown:
    r"""The picture that is asked about.

    Arguments:
        picture: Brightness from 0 to 1, shape :math:`(32, 32)`, top row first.
        shape: The solid; empty where nobody knows.
        rotation: Its pose, shape :math:`(3, 3)`; None where nobody knows.
        label: What it is called.
    """

    picture: np.ndarray
    shape: str
    rotation: np.ndarray | None
    label: str

    @property
    def truth(self) -> np.ndarray:
        """All poses that look like the true one, shape (G, 3, 3); of a round solid one or two."""
        if self.rotation is None:
            return np.empty((0, 3, 3))
        turns = 1 if solid(self.shape).is_round else 72
        found: np.ndarray = equivalents(self.shape, torch.tensor(self.rotation), turns).numpy()
        return found


def shown(shape: str, seed: int, rotation: np.ndarray | None = None) -> Shown:
    r"""A picture as those of the training: seeded light, noise and, unless given, pose.

    Arguments:
        shape: One of `solids.SHAPES`.
        seed: Seed of everything that is drawn.
        rotation: The pose, shape :math:`(3, 3)`.
    """
    generator = torch.Generator().manual_seed(seed)
    pose = random_rotations(1, generator)
    camera = random_camera(1, generator)
    if rotation is not None:
        pose = torch.as_tensor(np.asarray(rotation), dtype=torch.float32).reshape(1, 3, 3)
    picture = render(shape, pose, camera, generator)[0].numpy()
    return Shown(picture, shape, pose[0].numpy(), f"{shape} {seed + 1}")


def shown_axis(shape: str) -> int:
    """The axis of a solid that the sphere shows: that of symmetry where it is round."""
    return 2 if shape in SHAPES and solid(shape).is_round else 0


@dataclass(frozen=True)
class PoseAnswer:
    r"""What there is to draw of an answer.

    Rotations are those seen by the camera: x towards it, y to the right, z up, so that the near
    side of the solid is the front of the sphere.

    Arguments:
        rotations: Draws, shape :math:`(N, 3, 3)`.
        truth: Poses that look like the true one, shape :math:`(G, 3, 3)`; G = 0 if unknown.
        axis: Which axis the sphere shows.
        density: Density of that axis relative to uniform, HEALPix (RING).
        spread: Mean angle from a draw to the nearest true pose, degrees; NaN if unknown.
        modes: How many of the G equal poses have draws next to them, and G; (0, 0) if unknown
            or infinitely many.
        shape: The likeliest solid.
        probabilities: Of each solid.
        ood_score: Above 1 the picture is unlike those of the training.
        redrawn: Draws rendered again, shape :math:`(8, 32, 32)`.
    """

    rotations: np.ndarray
    truth: np.ndarray
    axis: int
    density: np.ndarray
    spread: float
    modes: tuple[int, int]
    shape: str
    probabilities: dict[str, float]
    ood_score: float
    redrawn: np.ndarray


def answer_of(draws: Draws, seen: Shown) -> PoseAnswer:
    r"""What there is to draw of an answer, or of its first part.

    Arguments:
        draws: From `PosePosterior.request`.
        seen: The picture that was asked about.
    """
    rotations = np.array(draws.extras["rotations"], dtype=np.float32)
    chances = np.asarray(draws.extras["shape_probabilities"], dtype=float)
    likeliest = SHAPES[int(chances.argmax())]
    axis = shown_axis(seen.shape or likeliest)
    drawn = torch.from_numpy(rotations)
    spread, modes = _against(drawn, seen)
    redrawn = render(likeliest, drawn[:_REDRAWN], Camera.usual(len(drawn[:_REDRAWN])))
    turned = seen_by_camera(rotations)
    density = density_of_axes(turned[:, :, axis], SMOOTHING, NSIDE)
    return PoseAnswer(
        turned, seen_by_camera(seen.truth), axis, density, spread, modes, likeliest,
        dict(zip(SHAPES, chances.tolist(), strict=True)), float(draws.extras["ood_score"]),
        redrawn.numpy(),
    )  # fmt: skip


def seen_by_camera(rotations: np.ndarray) -> np.ndarray:
    """Rotations in the frame of the sphere: x towards the camera, y to the right, z up."""
    turned: np.ndarray = _SEEN @ np.asarray(rotations, dtype=np.float32)
    return turned


def _against(drawn: torch.Tensor, seen: Shown) -> tuple[float, tuple[int, int]]:
    """Spread in degrees, and modes that were found, where the truth is known."""
    if seen.rotation is None:
        return float("nan"), (0, 0)
    true = torch.tensor(seen.rotation)
    spread = float(torch.rad2deg(nearest_angle(seen.shape, drawn, true)).mean())
    if solid(seen.shape).is_round:
        return spread, (0, 0)
    modes = torch.from_numpy(seen.truth)
    nearest = angle_between(drawn[:, None], modes[None]).argmin(1)
    return spread, (len(nearest.unique()), len(modes))


class LikelihoodSampler:
    r"""Asks a posterior for the log density of the true pose.

    Arguments:
        posterior: Of the picture.
        label: Tells this picture from others.
    """

    def __init__(self, posterior: PosePosterior, label: str) -> None:
        self._posterior = posterior
        self.name = f"orientations/pose/likelihood/{label}"

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """One column of log densities, with respect to the Haar measure."""
        return ("log_prob",), ("",)

    def batch_key(self, request: Request) -> Hashable:
        """Each question is answered alone."""
        return id(request)

    def request(self, truth: np.ndarray) -> Request:
        """The question about up to twelve of the equal poses, shape (G, 3, 3)."""
        some = np.asarray(truth, dtype=np.float32)[:_LIKELY]
        inputs = {"rotations": some, "picture": self._posterior.picture}
        return Request(self, inputs, len(some))

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """The log density of each pose of the request."""
        for k, request in enumerate(requests):
            control.check()
            found = self._posterior.log_prob(request.inputs["rotations"])
            chunk = Chunk(np.asarray(found, dtype=np.float32)[:, None])
            yield [chunk if k == j else None for j in range(len(requests))]


def table_of(draws: Draws, seen: Shown, view: dict[str, Any]) -> Any:
    """Draws to be saved, with the picture's name and pose in `meta`."""
    table = draws.to_table()
    # the quaternions say the same
    if "rotations" in table.colnames:
        table.remove_column("rotations")
    table.meta |= {"picture": seen.label, **view}
    if seen.rotation is not None:
        table.meta["true_rotation"] = np.asarray(seen.rotation).tolist()
    return table
