r"""The recipe of `astroviz train galaxies/emulator`: spectra, components, two networks."""

from __future__ import annotations

import copy
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from astroviz.core.device import resolve_device
from astroviz.core.folders import cache_folder
from astroviz.core.registry import Card, save_model, writable_folder
from astroviz.core.training import TrainingState
from astroviz.galaxies.emulator import EmulatorNetwork, burst_features, history_features
from astroviz.galaxies.emulator_data import (
    RANGES,
    Components,
    draw_bursts,
    draw_parameters,
    principal_components,
)
from astroviz.galaxies.sps import Synthesis, synthesis

__all__ = ["EmulatorFit", "train"]

_BATCH, _FIRST, _HELD, _CHUNK = 512, 8_000, 2000, 4000
_RATE: Final = (2e-3, 5e-6)
_FLOOR: Final = 1e-3  # of the error of a segment, natural logarithm of flux
_TEST_SEED: Final = 91_000
_SEGMENTS: Final = ("900-1800 A", "1800-3500 A", "3500-7500 A", "7500-30000 A")


@dataclass(frozen=True)
class _Part:
    """What is learned: how it is drawn, what is read of it, the network's size, its budget."""

    draw: Callable[[int, torch.Generator], Tensor]
    read: Callable[[Tensor], Tensor]
    components: tuple[int, ...]
    width: int
    spectra: int
    share: float


_PARTS: Final = {
    "history": _Part(draw_parameters, history_features, (16, 16, 18, 14), 128, 64_000, 0.75),
    "burst": _Part(draw_bursts, burst_features, (12, 12, 14, 12), 96, 16_000, 0.25),
}


class EmulatorFit(TrainingState[EmulatorNetwork]):
    r"""A training of one network of the emulator.

    Arguments:
        network: The network to teach.
        budget: Wall-clock time, s.
    """

    def __init__(self, network: EmulatorNetwork, budget: float) -> None:
        self.network, self.average = network, copy.deepcopy(network)
        self.optimiser = torch.optim.Adam(network.parameters(), lr=_RATE[0])
        self.budget, self.step, self.elapsed = budget, 0, 0.0

    def rate(self) -> float:
        """Warm up over two hundred steps, then fall as a cosine of the time that is used."""
        done = min(self.elapsed / self.budget, 1.0)
        fall = 0.5 * (1 + math.cos(math.pi * done))
        return min(1.0, (self.step + 1) / 200) * (_RATE[1] + (_RATE[0] - _RATE[1]) * fall)


def _loss(network: EmulatorNetwork, inputs: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    """Mean over galaxies of the root mean square error of each segment."""
    missed = (network.coefficients(inputs) - wanted).square() * weights
    parts = missed.split(network.config["components"], -1)
    squares = torch.stack([part.sum(-1) for part in parts], -1)
    return (squares + _FLOOR**2).sqrt().sum(-1).mean()


def _log_spectra(tables: Synthesis, theta: Tensor) -> Tensor:
    """Natural logarithm of the luminosity in each bin of the tables, (N, W)."""
    with torch.no_grad():
        parts = [tables.spectrum(part, observed=False)[1] for part in theta.split(2000)]
    return torch.cat(parts).clamp(min=1e-40).log()


def _learned(
    tables: Synthesis, part: _Part, number: int, seed: int, deadline: float
) -> tuple[Components, Tensor, Tensor]:
    """Components, features (N, F) and standardised coefficients (N, K) of fresh spectra."""
    generator = torch.Generator().manual_seed(seed)
    theta = part.draw(min(number, _FIRST), generator)
    first = _log_spectra(tables, theta)
    components = principal_components(first, tables.edges, part.components)
    inputs, wanted = [part.read(theta)], [components.coefficients(first)]
    while sum(map(len, inputs)) < number and time.monotonic() < deadline:
        theta = part.draw(_CHUNK, generator)
        inputs.append(part.read(theta))
        wanted.append(components.coefficients(_log_spectra(tables, theta)))
    return components, torch.cat(inputs), torch.cat(wanted)


def _network(components: Components, inputs: Tensor, part: _Part, smoke: bool) -> EmulatorNetwork:
    torch.manual_seed(0)  # first weights only
    width, layers = (16, 2) if smoke else (part.width, 4)
    network = EmulatorNetwork(
        components.sizes, part.components, inputs.shape[1], width=width, layers=layers
    )
    network.centre.copy_(inputs.mean(0))
    network.spread.copy_(inputs.std(0))
    network.scale.copy_(components.scale)
    network.mean.copy_(components.mean)
    for k, basis in enumerate(components.bases):
        getattr(network, f"basis{k}").copy_(basis)
    return network


def _teach(
    run: EmulatorFit, inputs: Tensor, wanted: Tensor, weights: Tensor, checkpoint: Path
) -> None:
    """Steps until the time is used, with checkpoints."""
    generator = torch.Generator().manual_seed(run.step + 1)
    started, before, saved = time.monotonic(), run.elapsed, time.monotonic()
    while run.elapsed < run.budget:
        rows = torch.randint(len(inputs), (_BATCH,), generator=generator).to(inputs.device)
        loss = _loss(run.network, inputs[rows], wanted[rows], weights)
        run.descend(loss, clip=1.0, decay=0.999)
        run.elapsed = before + time.monotonic() - started
        if time.monotonic() - saved > 30:
            saved = time.monotonic()
            run.save(checkpoint)
            _say(f"  {run.elapsed:5.0f} s, step {run.step}, loss {float(loss.detach()):.4f}")


def _accuracy(
    network: EmulatorNetwork, part: _Part, tables: Synthesis, number: int, word: str
) -> dict[str, float]:
    """Errors of spectra that were not seen, in each segment, in per cent."""
    theta = part.draw(number, torch.Generator().manual_seed(_TEST_SEED))
    with torch.no_grad():
        found = network(part.read(theta)) - _log_spectra(tables, theta)
    metrics = {}
    for segment, missed in zip(
        _SEGMENTS, found.abs().split(network.config["segments"], -1), strict=True
    ):
        values = missed[:, ::7].reshape(-1)[:2_000_000]
        for level in (68, 95):
            value = 100 * float(torch.quantile(values, level / 100))
            metrics[f"{word} {segment}: {level} % within, per cent"] = round(value, 3)
    return metrics


def _taught(
    name: str, tables: Synthesis, budget: float, device: torch.device, smoke: bool, mark: Path
) -> tuple[EmulatorFit, dict[str, float]]:
    """One network and its metrics; goes on from a checkpoint where `mark` is one."""
    started, part = time.monotonic(), _PARTS[name]
    number = 500 if smoke else part.spectra
    components, inputs, wanted = _learned(tables, part, number, 1, started + budget / 4)
    spent = time.monotonic() - started
    _say(f"{name}: {len(inputs)} spectra in {spent:.0f} s")
    run = EmulatorFit(_network(components, inputs, part, smoke).to(device), budget - spent)
    if mark.is_file():
        run.load(mark)
    weights = components.weights().to(device)
    _teach(run, inputs.to(device), wanted.to(device), weights, mark)
    run.average.cpu()
    metrics = _accuracy(run.average, part, tables, 200 if smoke else _HELD, name)
    return run, {f"{name} steps": float(run.step), **metrics}


def train(
    budget: float = 720.0,
    device: str = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
) -> Path:
    r"""Rebuild `galaxies/emulator`.

    Arguments:
        budget: Wall-clock time in seconds; at most a quarter of it goes into spectra.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`; where the networks are taught.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: Tiny networks in seconds.
        resume: Go on from the checkpoints of an earlier run for the same folder.

    Returns:
        The folder that was written.
    """
    folder = (out or writable_folder()) / "galaxies" / "emulator"
    budget = min(budget, 8.0) if smoke else budget
    target, tables = resolve_device(device), synthesis()
    marked = f"{folder.resolve()}".replace(os.sep, "_").strip("_")[-60:]
    tensors: dict[str, Tensor] = {"edges": tables.edges.double()}
    sizes: dict[str, Any] = {}
    metrics: dict[str, float] = {}
    seconds = 0.0
    for name, part in _PARTS.items():
        mark = cache_folder() / "training" / f"emulator-{name}-{marked}.part"
        if not resume:
            mark.unlink(missing_ok=True)
        run, found = _taught(name, tables, budget * part.share, target, smoke, mark)
        tensors |= {f"{name}.{key}": value for key, value in run.average.state_dict().items()}
        sizes[name], metrics, seconds = run.average.config, metrics | found, seconds + run.elapsed
    save_model(folder, tensors, _card(sizes, metrics, seconds))
    for name in _PARTS:
        (cache_folder() / "training" / f"emulator-{name}-{marked}.part").unlink(missing_ok=True)
    return folder


def _card(sizes: dict[str, Any], metrics: dict[str, float], seconds: float) -> Card:
    ranges = {name: list(pair) for name, pair in RANGES.items()}
    return Card(
        name="galaxies/emulator",
        system="galaxies",
        title="Emulator of galaxy spectra",
        what="Spectra of galaxies at rest from their parameters by principal components and two "
        "networks, to compare with the tables, which are faster and closer.",
        data="Spectra of galaxies/tables, of parameters flat in their bounds and of parameters as "
        "galaxies have them, half and half; bursts even in the logarithm of time.",
        prior="None.",
        units={"spectrum": "Lsun / A"},
        limits=[
            "Without emission lines and active nucleus.",
            "Beyond the bounds of the parameters it extrapolates, and `outside` says so.",
            "Diffuse dust is a formula, not learned; birth clouds are learned.",
        ],
        metrics=metrics,
        seed=1,
        training_time=f"{seconds / 60:.0f} minutes on one core of a shared machine",
        licence="BSD-3-Clause for the weights; cite Bruzual & Charlot (2003) for the spectra.",
        config={"network": "emulator", **sizes, "ranges": ranges},
    )


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
