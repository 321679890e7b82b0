r"""The recipe of `astroviz train adaptation`: one pretraining on domain A, then every arm.

The arms of every seed are written to a folder beside the checkpoint as they are finished, so that
a run that was interrupted goes on where it stopped (`--resume`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from astroviz.stars.adaptation import Arm
from astroviz.stars.adaptation_card import adapted_card, experiment_card
from astroviz.stars.adaptation_film import Film
from astroviz.stars.adaptation_runs import (
    ARMS,
    SMALL,
    Finished,
    Scale,
    Stage,
    casts_of,
    figures_of,
    run_arm,
    shift_of,
)
from astroviz.stars.cast_tensors import cast_tensors
from astroviz.stars.experiment import NONE, TARGETS
from astroviz.stars.mock_batches import mock_batches
from astroviz.stars.network import StarsNetwork
from astroviz.stars.train import Recipe, checkpoint_of, train_network

__all__ = ["NETWORK", "SEEDS", "SHIPPED_MODEL", "pretrain", "table_rows", "train"]

Report = Callable[[str], None]
NETWORK: dict[str, Any] = {
    "modalities": True, "sky": False, "context": 64, "width": 96, "blocks": 2, "hidden": 96,
}  # fmt: skip
"""Settings of the network of the experiment."""
SEEDS = 3
SHIPPED_MODEL = "ot + 500 pairs"
"""The arm that is shipped as `stars/adapted`."""
_PRETRAINING = 0.3  # of the budget, at most 20 minutes
_LONGEST = 1200.0


def pretrain(
    budget: float, checkpoint: Path, device: torch.device, seed: int = 0, resume: bool = False,
    report: Report = lambda text: None, batch: int = 512,
) -> StarsNetwork:  # fmt: skip
    r"""The network that knows domain A only.

    Arguments:
        budget: Wall-clock time, seconds.
        checkpoint: Where the state is kept, every minute.
        device: Where the network runs.
        seed: Seed of stars and first weights.
        resume: Go on from the checkpoint.
        report: Called with a line of progress, every ten seconds.
        batch: Stars in a batch.
    """
    recipe = Recipe(budget=budget, batch=batch, copies=4, rate=2e-3, seed=seed, decay=0.998,
                    network=NETWORK)  # fmt: skip
    run = train_network(recipe, checkpoint, device, resume, report, stream=mock_batches)
    return run.average.cpu().eval()


def train(
    budget: float = 3600.0,
    device: str = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
) -> Path:
    r"""Rebuild `stars/adaptation` and `stars/adapted`; what `astroviz train adaptation` runs.

    Arguments:
        budget: Wall-clock time in seconds; the arms have a fixed number of steps, and seeds
            beyond the first are left out when the time is over.
        device: Where the pretraining runs; the arms run on the CPU.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: A tiny experiment in seconds.
        resume: Go on from the checkpoint of an earlier run for the same folder.

    Returns:
        The folder that was written.
    """
    import time

    from astroviz.core.device import resolve_device
    from astroviz.core.registry import writable_folder

    folder = (out or writable_folder()) / "stars"
    place, start = folder / "adaptation", time.monotonic()
    place.mkdir(parents=True, exist_ok=True)
    scale, seeds = (SMALL, 1) if smoke else (Scale(), SEEDS)
    checkpoint = checkpoint_of(place)
    seconds = 4.0 if smoke else min(_PRETRAINING * budget, _LONGEST)
    runs = checkpoint.with_suffix(".arms")
    if not resume and runs.is_dir():
        for old in runs.iterdir():
            old.unlink()
    network = _pretrained(runs / "pretrained.safetensors", lambda: pretrain(
        seconds, checkpoint, resolve_device(device), 0, resume, _say, 64 if smoke else 512
    ))  # fmt: skip
    late = lambda: time.monotonic() - start > 0.92 * budget  # noqa: E731
    for _ in run_table(network, runs, scale, seeds, _say, late):
        pass
    words = f"{seconds / 60:.0f} minutes of pretraining, then arms of at most 2 minutes each"
    write(network, runs, folder, scale, words)
    return folder


def _pretrained(path: Path, make: Callable[[], StarsNetwork]) -> StarsNetwork:
    """The network that all arms start from: as it was kept, so that arms stay comparable."""
    if path.exists():
        network = StarsNetwork(**NETWORK)
        network.load_state_dict(load_file(path))
        return network.eval()
    network = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, path)
    return network


def run_table(
    network: StarsNetwork,
    folder: Path,
    scale: Scale,
    seeds: int = SEEDS,
    report: Report = lambda text: None,
    late: Callable[[], bool] = lambda: False,
    arms: tuple[tuple[Arm, str], ...] = ARMS,
) -> Iterator[dict[str, Any]]:
    r"""Run every arm for every seed; what is there already is not run again.

    Arguments:
        network: The network before adaptation.
        folder: Where networks, films and figures are kept.
        scale: How large everything is.
        seeds: Number of seeds.
        report: Called with a line for each arm.
        late: Whether to leave out further seeds.
        arms: The arms and their targets.

    Returns:
        Figures of each arm and seed, one row each, as they come.
    """
    folder.mkdir(parents=True, exist_ok=True)
    yield from _unadapted(network, folder, scale)
    for seed in range(seeds):
        stages: dict[str, Stage] = {}
        for arm, target in arms:
            path = folder / f"{arm.name.replace(' ', '_').replace(':', '')}.{seed}.json"
            if not path.exists():
                if seed and late():
                    report("the budget is spent: further seeds are left out")
                    return
                if target not in stages:
                    stages = {target: Stage(target, network, scale, seed)}
                row = _one(stages[target], arm, seed, path)
                report(_line(row))
            yield json.loads(path.read_text())


def _unadapted(network: StarsNetwork, folder: Path, scale: Scale) -> Iterator[dict[str, Any]]:
    path = folder / "none.0.json"
    if not path.exists():
        where = ("A", *(target.name for target in TARGETS))
        figures = {name: figures_of(network, name, False, scale) for name in where}
        row = {"arm": NONE, "target": "", "seed": 0, "figures": figures, "seconds": 0.0,
               "settings": Arm(NONE, "no adaptation").to_dict()}  # fmt: skip
        path.write_text(json.dumps(row))
    yield json.loads(path.read_text())


def _one(stage: Stage, arm: Arm, seed: int, path: Path) -> dict[str, Any]:
    done: Finished = run_arm(stage, arm, stage.projection(), seed, film=seed == 0)
    target, scale = stage.target.name, stage.scale
    figures = {name: figures_of(done.network, name, arm.branch, scale, arm.floor)
               for name in ("A", target)}  # fmt: skip
    row = {"arm": arm.name, "target": target, "seed": seed, "figures": figures,
           "seconds": round(done.seconds, 1), "settings": done.arm.to_dict()}  # fmt: skip
    own = {**done.network.state_dict(), **stage.novelty(done.network).tensors()}
    tensors = {f"network/{k}": v for k, v in own.items()}
    tensors |= {f"film/{k}": v for k, v in done.film.tensors().items()}
    if seed == 0:
        save_file(
            {k: v.contiguous() for k, v in tensors.items()}, path.with_suffix(".safetensors")
        )
    path.write_text(json.dumps(row))  # last: what it names is whole
    return row


def _line(row: dict[str, Any]) -> str:
    there, here = row["figures"][row["target"]], row["figures"]["A"]
    return (
        f"{row['target']}, {row['arm']}, seed {row['seed']}: {row['seconds']:.0f} s, log age "
        f"coverage {there['coverage of log age']:.3f} RMSE {there['RMSE of log age']:.3f}, A_V "
        f"bias {there['bias of A_V']:+.3f}; on A RMSE {here['RMSE of log age']:.3f}"
    )


def write(network: StarsNetwork, runs: Path, folder: Path, scale: Scale, words: str) -> None:
    r"""Write both models from what was run.

    Arguments:
        network: The network before adaptation.
        runs: Folder of `run_table`.
        folder: `<models>/stars`.
        scale: As the runs were made.
        words: The training time, in words.
    """
    from astroviz.core.registry import save_model

    rows = [json.loads(path.read_text()) for path in sorted(runs.glob("*.json"))]
    stage = Stage("B", network, scale)  # as the films were projected
    own = {**network.state_dict(), **stage.novelty(network).tensors()}
    tensors = _half(f"network/{NONE}", own)
    projection = stage.projection()
    tensors |= {
        "projection/centre": projection.centre, "projection/axes": projection.axes,
        "projection/scale": torch.tensor(projection.scale),
        "projection/explained": torch.from_numpy(projection.explained.copy()),
    }  # fmt: skip
    for target in TARGETS:
        here, there = casts_of(target.name, scale.filmed)
        tensors |= {f"cast/{target.name}/{k}": v for k, v in cast_tensors(there).items()}
        tensors |= {f"cast/A/{k}": v for k, v in cast_tensors(here).items()}
    for row in rows:
        path = runs / f"{row['arm'].replace(' ', '_').replace(':', '')}.0.safetensors"
        if row["seed"] or not path.exists():
            continue
        own = load_file(path)
        arm, target = row["arm"], row["target"]
        tensors |= _half(f"network/{arm}", _part(own, "network/"))
        film = _part(own, "film/")
        tensors |= {f"film/{target}/{arm}/{k}": v for k, v in film.items()}
        start = Film.join([_first(Film.from_tensors(film))]).tensors()
        tensors |= {f"film/{target}/{NONE}/{k}": v for k, v in start.items()}
    shifts = {t.name: shift_of(network, t.name, scale).to_dict() for t in TARGETS}
    save_model(folder / "adaptation", tensors, experiment_card(rows, words, shifts))
    shipped = load_file(runs / f"{SHIPPED_MODEL.replace(' ', '_')}.0.safetensors")
    save_model(folder / "adapted", _part(shipped, "network/"), adapted_card(rows, words))


def _first(film: Film) -> Film:
    parts = {name: getattr(film, name)[:1] for name in ("steps", "place", "mean", "low", "high")}
    return Film(**parts, curves={name: values[:1] for name, values in film.curves.items()})


def _half(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    # what judges contexts needs its full precision
    return {f"{prefix}/{name}": value if name.startswith("novelty.") else value.half()
            for name, value in state.items()}  # fmt: skip


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def table_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean and standard deviation over seeds of every figure of every arm on its target."""
    found = []
    for target in TARGETS:
        arms = [NONE, *(arm.name for arm, where in ARMS if where == target.name)]
        for name in arms:
            own = [row for row in rows if row["arm"] == name]
            if not own:
                continue
            figures = [row["figures"][target.name] for row in own]
            on_a = [row["figures"]["A"]["RMSE of log age"] for row in own]
            entry: dict[str, Any] = {
                "arm": name, "target": target.name, "title": own[0]["settings"]["title"],
                "seeds": len(own), "RMSE of log age on A": _mean(on_a),
            }  # fmt: skip
            entry |= {k: _mean([f[k] for f in figures]) for k in figures[0] if "," not in k}
            found.append(entry)
    return found


def _mean(values: list[float]) -> list[float]:
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return [round(float(np.mean(values)), 4), round(spread, 4)]


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
