r"""The recipe of `astroviz train orientations/gan`: the historical baseline, WGAN-GP on graphs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from astroviz.core.registry import Card, save_model
from astroviz.orientations.box import Box
from astroviz.orientations.gan import (
    NOISE,
    Critic,
    Generator,
    HaloGraphs,
    critic_loss,
    generator_loss,
)
from astroviz.orientations.gan_haloes import (
    FEATURES,
    Haloes,
    ellipticities,
    fresh_orientations,
    haloes_of,
    join_boxes,
)
from astroviz.orientations.train_boxes import GRID, SIZE, training_boxes

__all__ = ["GanRun", "train"]

_BOXES = range(12)
_HALOES, _CRITIC_STEPS, _RATE = 32, 5, 1e-3
_AFRESH = 100  # generator steps between two draws of all orientations
_DECAY = 0.999
_SMOKE = {"size": 40.0, "grid": 32}


@dataclass
class GanRun:
    r"""Generator and critic at work.

    Arguments:
        boxes: Boxes to learn from.
        seed: Seed of weights, haloes, rotations and orientations.
    """

    boxes: list[Box]
    seed: int = 0

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)  # first weights only
        self.generator, self.critic = Generator(FEATURES), Critic(FEATURES)
        self.average = Generator(FEATURES)
        self.average.load_state_dict(self.generator.state_dict())
        self.optimisers = [
            torch.optim.Adam(part.parameters(), lr=_RATE, betas=(0.0, 0.95))
            for part in (self.generator, self.critic)
        ]
        self.haloes: Haloes = join_boxes([haloes_of(box) for box in self.boxes])
        self.random = np.random.default_rng(self.seed)
        self.noise = torch.Generator().manual_seed(self.seed)
        self.step = 0
        self._afresh()

    def _afresh(self) -> None:
        self.rotation = fresh_orientations(self.boxes, self.seed + 1 + self.step)

    def batch(self, number: int) -> tuple[HaloGraphs, Tensor]:
        """Haloes evenly drawn over mass, each turned at random, and their ellipticities."""
        wanted = self.haloes.pick(number, self.random)
        turns = Rotation.random(number, random_state=self.random).as_matrix()
        graphs, rows = self.haloes.seen(turns, wanted)
        true = ellipticities(self.haloes, rows, self.rotation, turns[graphs.halo.numpy()])
        return graphs, torch.from_numpy(true).float()

    def make(self, graphs: HaloGraphs) -> Tensor:
        """Ellipticities by the generator, with fresh noise."""
        return self.generator(graphs, torch.randn(len(graphs), NOISE, generator=self.noise))

    def advance(self, share: float, number: int = _HALOES) -> float:
        """One step of the generator after five of the critic; the distance the critic sees."""
        for group in (g for optimiser in self.optimisers for g in optimiser.param_groups):
            group["lr"] = _RATE * max(1.0 - share, 0.02)
        if self.step and self.step % _AFRESH == 0:
            self._afresh()
        seen = 0.0
        for _ in range(_CRITIC_STEPS):
            graphs, true = self.batch(number)
            loss, distance = critic_loss(
                self.critic, graphs, true, self.make(graphs).detach(), self.noise
            )
            self._move(1, loss)
            seen += float(distance) / _CRITIC_STEPS
        graphs, _ = self.batch(number)
        self._move(0, generator_loss(self.critic, graphs, self.make(graphs)))
        self.step += 1
        decay = min(_DECAY, self.step / (self.step + 20))
        with torch.no_grad():
            for kept, now in zip(
                self.average.state_dict().values(), self.generator.state_dict().values(),
                strict=True,
            ):  # fmt: skip
                kept.copy_(kept.lerp(now, 1 - decay) if now.is_floating_point() else now)
        return seen

    def _move(self, which: int, loss: Tensor) -> None:
        self.optimisers[which].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers[which].step()


def train(
    budget: float = 600.0,
    device: str | torch.device = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
) -> Path:
    r"""Rebuild `orientations/gan`.

    Arguments:
        budget: Wall-clock time in seconds.
        device: Not asked: the graphs are small and are taught on the CPU.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: A tiny model in seconds, to try the way from end to end.
        resume: Not asked: adversaries that were parted do not find back.

    Returns:
        The folder that was written.
    """
    from astroviz.core.registry import writable_folder
    from astroviz.orientations.train_web import box_folder

    start = time.monotonic()
    settings = _SMOKE if smoke else {"size": SIZE, "grid": GRID}
    boxes = training_boxes(
        _BOXES[: 1 if smoke else None], box_folder(), settings["size"], int(settings["grid"]),
        seconds=0.3 * budget,
    )  # fmt: skip
    run = GanRun(boxes)
    limit = min(budget, 5.0) if smoke else budget
    _teach(run, start, limit, _say)
    place = (out or writable_folder()) / "orientations" / "gan"
    minutes = (time.monotonic() - start) / 60
    tensors = {key: value.half() if value.is_floating_point() else value
               for key, value in run.average.state_dict().items()}  # fmt: skip
    save_model(place, tensors, _card(run, minutes))
    return place


def _teach(run: GanRun, start: float, limit: float, report: Callable[[str], None]) -> None:
    said, smooth = 0.0, 0.0
    while (elapsed := time.monotonic() - start) < limit:
        distance = run.advance(elapsed / limit)
        smooth = distance if not run.step else 0.98 * smooth + 0.02 * distance
        if elapsed - said > 15:
            said = elapsed
            report(f"{elapsed:6.0f} s of {limit:.0f}  step {run.step}  distance {smooth:.4f}")


def _card(run: GanRun, minutes: float) -> Card:
    return Card(
        name="orientations/gan",
        system="orientations",
        title="GAN on graphs: projected ellipticities (baseline)",
        what="The projected ellipticities of the galaxies of each halo, by a generator that was "
        "taught against a critic: how it was done before diffusion.",
        data=f"{len(run.boxes)} boxes of {SIZE:g} Mpc/h of our own simulator, seen from random "
        "sides; orientations drawn afresh now and then.",
        prior="None: a generator has no density.",
        units={"e1": "", "e2": ""},
        limits=["A baseline. It has no likelihood, and its draws are not calibrated.",
                "It sees the galaxies of one halo at a time: what neighbours outside do to a "
                "galaxy it cannot know.",
                "Taught for minutes where the published one was taught for 300,000 steps."],
        metrics={"generator_steps": run.step},
        seed=run.seed,
        training_time=f"{minutes:.0f} minutes on one core of a shared machine",
        licence="BSD-3-Clause",
        config={"network": "gan", "features": FEATURES},
    )  # fmt: skip


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
