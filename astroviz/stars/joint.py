r"""Training of the joint model: any conditional of parameters and observables.

It starts from the photometric model, which knows posteriors, and is taught all kinds of questions
(`batches.questions`): labels alone, parameters given and observables wanted, nothing given at all.
Each batch meets another dependency mask, so that all three can be chosen later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from astroviz.stars.batches import questions
from astroviz.stars.distill import distil
from astroviz.stars.network import StarsNetwork
from astroviz.stars.physics import Physics
from astroviz.stars.release import release
from astroviz.stars.train import Recipe, Training, checkpoint_of, train_network, with_shortcut

__all__ = ["joint_recipe", "teach_joint"]


def joint_recipe(recipe: Recipe, budget: float) -> Recipe:
    """Settings of the joint model, from those of the model that it starts from."""
    return dataclasses.replace(
        recipe, budget=budget, batch=max(32, recipe.batch // 2), copies=4, rate=6e-4, sky=0.3,
        masks=True,
    )  # fmt: skip


def teach_joint(
    start_from: StarsNetwork,
    recipe: Recipe,
    device: str,
    place: Path,
    smoke: bool,
    resume: bool,
    report: Callable[[str], None],
    budget: float,
) -> Training:
    r"""Train and write `stars/joint`.

    Arguments:
        start_from: The trained photometric model.
        recipe: Its settings.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        place: Folder that is written.
        smoke: Few stars for the limits of the score.
        resume: Go on from the checkpoint of an earlier run for the same folder.
        report: Called with a line of progress, every ten seconds.
        budget: Wall-clock time, seconds.
    """
    from astroviz.core.device import resolve_device

    place.mkdir(parents=True, exist_ok=True)
    run = train_network(
        joint_recipe(recipe, 0.85 * budget), checkpoint_of(place), resolve_device(device), resume,
        report, stream=questions, start_from=start_from,
    )  # fmt: skip
    run.average.encoder.listen("dense")
    network, settings = with_shortcut(run.average.cpu(), recipe.network or {})
    jumps = distil(
        network, 0.15 * budget, recipe.seed, Physics(**(recipe.physics or {})),
        checkpoint_of(place).with_suffix(".jumps"), resume, report, size=64 if smoke else 512,
        stream=questions,
    )  # fmt: skip
    words = (
        f"{run.elapsed / 60:.0f} minutes, {run.step} steps of {run.recipe.batch} stars, from "
        f"stars/young; few-step sampler {jumps.elapsed / 60:.0f} minutes, {jumps.step} steps"
    )
    release(
        network, place, settings, recipe.physics or {}, recipe.seed, words,
        stars=200 if smoke else 4000, joint=True,
    )  # fmt: skip
    return run
