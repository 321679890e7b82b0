r"""Models that start from `stars/young` and learn to answer other questions.

Each is trained on a stream of batches of its own, taught the jumps of its few-step sampler on the
same stream, and written with its card.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from astroviz.stars.batches import Batch, batches, questions
from astroviz.stars.distill import distil
from astroviz.stars.network import StarsNetwork
from astroviz.stars.physics import Physics
from astroviz.stars.release import release
from astroviz.stars.spectral_batches import spectral_batches
from astroviz.stars.train import Recipe, Training, checkpoint_of, train_network, with_shortcut

__all__ = ["SIBLINGS", "Sibling", "finish", "teach"]

Stream = Callable[[int, Physics, torch.Generator], Iterator[Batch]]
Report = Callable[[str], None]
_DISTILLATION = 0.15  # of the budget


@dataclass(frozen=True)
class Sibling:
    r"""What differs from the recipe of `stars/young`.

    Arguments:
        stream: The batches.
        rate: Peak learning rate.
        batch: Size of a batch, relative.
        masks: Whether each batch meets another dependency mask, so that all can be chosen later.
        network: Further settings of the network.
    """

    stream: Stream
    rate: float
    batch: float
    masks: bool = False
    network: dict[str, Any] = field(default_factory=dict)

    def recipe(self, recipe: Recipe, budget: float) -> Recipe:
        """Settings of its training, from those of the model that it starts from."""
        return dataclasses.replace(
            recipe, budget=budget, batch=max(32, int(self.batch * recipe.batch)), copies=4,
            rate=self.rate, sky=0.3, masks=self.masks,
            network={**(recipe.network or {}), **self.network},
        )  # fmt: skip


SIBLINGS: dict[str, Sibling] = {
    # any conditional of parameters and observables: labels alone, parameters given and
    # observables wanted, nothing given at all
    "joint": Sibling(questions, rate=6e-4, batch=0.5, masks=True),
    # the same posteriors, with spectra
    "spectra": Sibling(spectral_batches, rate=1e-3, batch=0.75, network={"spectra": True}),
}


def teach(
    kind: str,
    start_from: StarsNetwork,
    recipe: Recipe,
    budget: float,
    device: str,
    place: Path,
    smoke: bool = False,
    resume: bool = False,
    report: Report = lambda text: None,
) -> Training:
    r"""Train and write a model that starts from another.

    Arguments:
        kind: One of `SIBLINGS`.
        start_from: The trained photometric model.
        recipe: Its settings.
        budget: Wall-clock time, seconds.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        place: Folder that is written.
        smoke: Few stars for the limits of the score.
        resume: Go on from the checkpoint of an earlier run for the same folder.
        report: Called with a line of progress, every ten seconds.
    """
    from astroviz.core.device import resolve_device

    one = SIBLINGS[kind]
    place.mkdir(parents=True, exist_ok=True)
    run = train_network(
        one.recipe(recipe, (1 - _DISTILLATION) * budget), checkpoint_of(place),
        resolve_device(device), resume, report, stream=one.stream, start_from=start_from,
    )  # fmt: skip
    run.average.encoder.listen("dense")
    finish(run, place, _DISTILLATION * budget, kind, smoke, resume, report, one.stream)
    return run


def finish(
    run: Training,
    place: Path,
    budget: float,
    kind: str = "young",
    smoke: bool = False,
    resume: bool = False,
    report: Report = lambda text: None,
    stream: Stream = batches,
) -> None:
    r"""Teach the few-step sampler of a trained network and write the model.

    Arguments:
        run: The finished training.
        place: Folder that is written.
        budget: Wall-clock time of the few-step sampler, seconds.
        kind: Which model it is: `young` or one of `SIBLINGS`.
        smoke: Few stars for the limits of the score.
        resume: Go on from the checkpoint of an earlier run for the same folder.
        report: Called with a line of progress, every ten seconds.
        stream: The batches.
    """
    recipe = run.recipe
    network, settings = with_shortcut(run.average.cpu(), recipe.network or {})
    jumps = distil(
        network, budget, recipe.seed, Physics(**(recipe.physics or {})),
        checkpoint_of(place).with_suffix(".jumps"), resume, report, size=64 if smoke else 512,
        stream=stream,
    )  # fmt: skip
    origin = "" if kind == "young" else ", from stars/young"
    words = (
        f"{run.elapsed / 60:.0f} minutes, {run.step} steps of {recipe.batch} stars{origin}; "
        f"few-step sampler {jumps.elapsed / 60:.0f} minutes, {jumps.step} steps"
    )
    release(
        network, place, settings, recipe.physics or {}, recipe.seed, words,
        stars=200 if smoke else 4000, kind=kind,
    )  # fmt: skip
