r"""The recipe of `astroviz train lensing/rounds`: priors that learn from observations."""

from __future__ import annotations

import hashlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from astroviz.core.folders import cache_folder
from astroviz.core.registry import Card, save_model
from astroviz.lensing.hierarchy import (
    NETWORK,
    SETTINGS,
    Teaching,
    first_prior,
    look,
    said,
    settled,
    taught,
)
from astroviz.lensing.rounds_model import EXAMPLES, packed
from astroviz.lensing.stories import STORIES, observe, truth_of
from astroviz.lensing.unet import Denoiser

__all__ = ["train"]

_ROUNDS, _OBSERVATIONS = {"digits": 4, "galaxies": 3}, 768
_STEPS = (1200, 800)  # of the first prior and of each round; no more is gained
_SEED = 4


@dataclass(frozen=True)
class _Plan:
    """How large a run is."""

    rounds: int
    observations: int
    budget: float
    sweeps: int = SETTINGS.steps

    @property
    def teaching(self) -> Teaching:
        """A third of the time for the first prior, a third for its successors, at most."""
        return Teaching(
            0.3 * self.budget, 0.35 * self.budget / self.rounds, _STEPS[0], _STEPS[1], seed=_SEED
        )


def train(
    budget: float = 1500.0,
    device: str | torch.device = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
) -> Path:
    r"""Rebuild `lensing/rounds`.

    Arguments:
        budget: Wall-clock time in seconds, shared by the stories; a story that is late ends with
            fewer rounds.
        device: Not asked: the networks are small and are taught on the CPU.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: A tiny run in seconds.
        resume: Go on from the last finished round of an earlier run for the same folder.

    Returns:
        The folder that was written.
    """
    from astroviz.core.registry import writable_folder

    place = (out or writable_folder()) / "lensing" / "rounds"
    start = time.monotonic()
    tensors: dict[str, Tensor] = {}
    figures: dict[str, list[dict[str, float]]] = {}
    scales: dict[str, list[float]] = {}
    for name in STORIES:
        plan = _Plan(1, 32, 8.0, 6) if smoke else _Plan(
            _ROUNDS[name], _OBSERVATIONS, budget / len(STORIES)
        )  # fmt: skip
        state = _run(name, plan, _checkpoint(place, name), resume)
        tensors |= state["tensors"]
        figures[name], scales[name] = state["figures"], state["scales"]
    save_model(place, tensors, _card(figures, scales, time.monotonic() - start))
    return place


def _checkpoint(place: Path, name: str) -> Path:
    mark = hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:12]
    return cache_folder() / "training" / f"rounds-{name}-{mark}.part"


def _run(name: str, plan: _Plan, checkpoint: Path, resume: bool) -> dict[str, Any]:
    """The rounds of a story, kept after each."""
    story, begun = STORIES[name], time.monotonic()

    def report(text: str) -> None:
        _say(f"{name}: {text}")

    seen = observe(truth_of(story.seen, plan.observations, _SEED), story.noise, _SEED)
    every = len(seen) // EXAMPLES
    shown = torch.arange(EXAMPLES) * every  # of every mask some
    state: dict[str, Any] = {"figures": [], "scales": [], "tensors": {
        f"{name}.sources": seen.sources[shown].half(), f"{name}.data": seen.data[shown].half()
    }}  # fmt: skip
    if resume and checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True)
        network = _network(state["next"], state["next_scale"])
        report(f"resumed after {len(state['figures'])} rounds")
    else:
        network = first_prior(story, plan.teaching, report)
    last = -1 if settled(state["figures"]) else plan.rounds
    for number in range(len(state["figures"]), last + 1):
        one = look(story, network, seen, number, _SEED, SETTINGS.with_(steps=plan.sweeps))
        report(f"round {number}: {said(one.figures)}")
        state["figures"].append({key: round(value, 4) for key, value in one.figures.items()})
        state["scales"].append(network.sigma_data)
        state["tensors"] |= packed(
            name, number, network, one.prior_draws, one.posterior_draws[shown]
        )
        done = settled(state["figures"])
        if number < plan.rounds and not done:
            network = taught(one, plan.teaching, report)
        _keep(state, network, checkpoint)
        if done:
            report(f"settled after round {number}")
        if done or (number and time.monotonic() - begun > plan.budget):
            break
    return state


def _keep(state: dict[str, Any], network: Denoiser, checkpoint: Path) -> None:
    """Write what there is; the old file stays until the new one is whole."""
    state["next"], state["next_scale"] = network.state_dict(), network.sigma_data
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    part = checkpoint.with_suffix(".new")
    torch.save(state, part)
    part.replace(checkpoint)


def _network(weights: dict[str, Tensor], scale: float) -> Denoiser:
    network = Denoiser({**NETWORK, "sigma_data": scale})
    network.load_state_dict(weights)
    return network


def _card(
    figures: dict[str, list[dict[str, float]]], scales: dict[str, list[float]], seconds: float
) -> Card:
    metrics: dict[str, float] = {}
    for name, rows in figures.items():
        metrics |= {f"{name}: PQMass chi2/dof against truth, round {k}": row["truth"]
                    for k, row in enumerate(rows)}  # fmt: skip
    return Card(
        name="lensing/rounds",
        system="lensing",
        title="Priors that learn from observations",
        what="Priors of rounds of learning: each was taught on posterior draws of many "
        "observations under the one before.",
        data=f"{_OBSERVATIONS} simulated observations of each story, 16 x 16 pixels, blurred, a "
        "quarter masked, in noise: digits 5 to 9 under a prior of digits 0 to 4; spirals under a "
        "prior of ellipticals, both from our procedural law.",
        prior="Each is one.",
        units={"pixels": "prior units"},
        limits=[
            "Small networks and small images: they show how it works.",
            "One draw an observation and a few rounds: near the fixed point, not at it.",
            "What the observations never show, the prior keeps.",
        ],
        metrics=metrics,
        seed=_SEED,
        training_time=f"{seconds / 60:.0f} minutes on one core of a shared machine",
        licence="BSD-3-Clause (weights)",
        config={"network": "rounds", "unet": NETWORK, "figures": figures, "scales": scales},
    )


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
