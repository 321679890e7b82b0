r"""The trained model of poses, as `astroviz.load("orientations/pose")` returns it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.cards import Card
from astroviz.core.registry import load_weights
from astroviz.core.request import Chunk, Control, Request
from astroviz.orientations import rotation_columns
from astroviz.orientations.pose_framing import best_frame
from astroviz.orientations.pose_network import PoseNetwork, Reading
from astroviz.orientations.pose_pictures import foreground
from astroviz.orientations.pose_posterior import PosePosterior
from astroviz.orientations.process import LOWEST, Score, sample
from astroviz.orientations.renders import Camera, random_camera, render
from astroviz.orientations.rotations import check_rotations, random_rotations
from astroviz.orientations.solids import SHAPES

__all__ = ["DEFAULT_STEPS", "PoseModel", "SimulatedPose", "open_pose"]

DEFAULT_STEPS = 19
"""Heun steps of the sampler: 39 evaluations of the network."""

_FIRST, _NEXT = 256, 2048
_TRIED = 48  # draws that are rendered again to see whether any explains the picture


@dataclass(frozen=True)
class SimulatedPose:
    r"""A picture whose pose is known.

    Arguments:
        shape: The solid, one of `solids.SHAPES`.
        rotation: Its pose, shape :math:`(3, 3)`.
        picture: Brightness from 0 to 1, shape :math:`(32, 32)`, top row first.
    """

    shape: str
    rotation: np.ndarray
    picture: np.ndarray


def open_pose(card: Card, device: str | torch.device = "cpu") -> PoseModel:
    """Build the model of a card; the room's `open_model` calls this."""
    network = PoseNetwork(**card.config["pose"])
    weights = load_weights(card, "cpu")
    network.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    place = torch.device(device)
    return PoseModel(card, network.eval().requires_grad_(False).to(place), place)


@dataclass(frozen=True, eq=False)
class PoseModel:
    r"""Poses of solids given their pictures.

    Arguments:
        card: The model's card.
        network: The network that answers.
        device: Where it runs.

    Example:
        >>> import astroviz
        >>> model = astroviz.load("orientations/pose")  # doctest: +SKIP
        >>> shown = model.picture("cube", seed=3)  # doctest: +SKIP
        >>> model.posterior(shown.picture).sample(500, seed=0)  # doctest: +SKIP
    """

    card: Card
    network: PoseNetwork
    device: torch.device

    shapes: tuple[str, ...] = SHAPES

    @property
    def name(self) -> str:
        """Name in `astroviz.load`."""
        return self.card.name

    @property
    def sharpest(self) -> float:
        """Lowest noise scale that the network knows, rad: where sampling and densities end."""
        return float(self.card.config.get("sharpest", LOWEST))

    def picture(
        self, shape: str = "cube", seed: int = 0, rotation: np.ndarray | None = None
    ) -> SimulatedPose:
        r"""A picture as those of the training: seeded light, noise and, unless given, pose.

        Arguments:
            shape: One of `shapes`.
            seed: Seed of everything that is drawn.
            rotation: The pose, shape :math:`(3, 3)`.
        """
        generator = torch.Generator().manual_seed(seed)
        pose = random_rotations(1, generator)
        camera = random_camera(1, generator)
        if rotation is not None:
            pose = check_rotations(np.asarray(rotation).reshape(1, 3, 3), "the pose").float()
        shown = render(shape, pose, camera, generator)
        return SimulatedPose(shape, pose[0].numpy(), shown[0].numpy())

    def posterior(self, image: Any) -> PosePosterior:
        r"""What the model believes of the pose of the solid in a picture.

        Arguments:
            image: As `pose_pictures.foreground` takes it: a file, its bytes, an array; or a
                `SimulatedPose`; a `PictureError` says why one cannot be used.
        """
        if isinstance(image, SimulatedPose):
            return PosePosterior(self, image.picture)
        return PosePosterior(self, best_frame(self, foreground(image)))

    def read(self, pictures: np.ndarray | Tensor) -> Reading:
        """What the network reads from pictures, shape (N, 32, 32)."""
        with torch.no_grad():
            found: Reading = self.network.read(
                torch.as_tensor(np.asarray(pictures), dtype=torch.float32, device=self.device)
            )
        return found

    def score(self, reading: Reading) -> Score:
        r"""The score, of rotations of shape :math:`(N M, 3, 3)` for a reading of N pictures."""
        number = len(reading.moments)

        def bound(rotation: Tensor, sigma: Tensor) -> Tensor:
            found: Tensor = self.network(
                rotation.reshape(number, -1, 3, 3), sigma.reshape(number, -1), reading
            )
            return found.reshape(-1, 3)

        return bound

    def ood_score(self, picture: np.ndarray, reading: Reading, rotation: Tensor) -> float:
        r"""How badly the best of some draws explains the picture; above 1 nothing does.

        The likeliest solid is rendered under each draw; the smallest rms difference, over the
        one that nearly all pictures of the training stay below.

        Arguments:
            picture: Shape :math:`(32, 32)`.
            reading: Of that picture.
            rotation: Draws, shape :math:`(n, 3, 3)`.
        """
        shape = SHAPES[int(reading.logits[0].argmax())]
        tried = rotation[:_TRIED].cpu()
        shown = render(shape, tried, Camera.usual(len(tried)))
        seen = torch.from_numpy(picture)
        # the brightness of the light is not known: the one that fits best
        gain = (shown * seen).sum((1, 2)) / shown.square().sum((1, 2)).clamp(min=1e-6)
        rms = (gain.clamp(0.7, 1.2)[:, None, None] * shown - seen).square().mean((1, 2)).sqrt()
        return float(rms.min()) / float(self.card.config.get("residual", 0.1))

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Truths and draws for `accuracy.report.verdicts`; see `pose_checks.checks`."""
        from astroviz.orientations.pose_checks import checks

        return checks(self, seed, quick)

    # -- what the engine calls ------------------------------------------------------------------

    def columns(self, request: Request | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the columns of draws."""
        return rotation_columns.COLUMNS, rotation_columns.UNITS

    def batch_key(self, request: Request) -> Hashable:
        """Requests for as many draws with as many steps run together."""
        return (self.name, id(self), request.n, request.options.get("steps"))

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer requests of one batch key together; each is a row of its own everywhere."""
        n, steps = requests[0].n, int(str(requests[0].options.get("steps", DEFAULT_STEPS)))
        # read one by one, so that a picture's reading has no neighbours either
        readings = [self.read(np.asarray(one.inputs["picture"])[None]) for one in requests]
        generators = [torch.Generator().manual_seed(one.seed) for one in requests]
        done = 0
        while done < n:
            size = min(n - done, _FIRST if done == 0 else _NEXT)
            control.check()
            start = [random_rotations(size, generator) for generator in generators]
            found = self._solve(readings, start, steps, control)
            chunks = []
            for request, reading, rotation in zip(requests, readings, found, strict=True):
                chunks.append(self._chunk(request, reading, rotation, first=done == 0))
            done += size
            control.progress(done / n)
            yield chunks

    def _solve(
        self, readings: list[Reading], start: list[Tensor], steps: int, control: Control
    ) -> list[Tensor]:
        """Rotations of each request, as many at a time as memory allows."""
        most = control.max_draws or len(start[0])
        together = [torch.cat(part) for part in
                    zip(*((r.moments, r.scales, r.logits) for r in readings),
                        strict=True)]  # fmt: skip
        score = self.score(Reading(together[0], together[1], together[2]))
        found = []
        with torch.inference_mode():
            for rows in torch.arange(len(start[0])).split(most):
                begin = torch.cat([one[rows] for one in start]).to(self.device)
                drawn = sample(score, begin, steps, check=control.check, low=self.sharpest)
                found.append(drawn.reshape(len(start), -1, 3, 3))
        return list(torch.cat(found, 1))

    def _chunk(self, request: Request, reading: Reading, rotation: Tensor, first: bool) -> Chunk:
        constants: dict[str, np.ndarray] = {}
        if first:
            picture = np.asarray(request.inputs["picture"])
            chance = reading.logits[0].softmax(-1).cpu().numpy()
            novel = self.ood_score(picture, reading, rotation)
            constants = {
                "shape_probabilities": chance,
                "ood_score": np.array(novel, dtype=np.float32),
            }
        values = rotation_columns.columns_of(rotation)
        return Chunk(values, {"rotations": rotation.cpu().numpy()}, constants)
