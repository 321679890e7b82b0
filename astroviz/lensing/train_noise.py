r"""The recipes of `astroviz train lensing/noise` and `lensing/chirp`: scores of additive noise."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from astroviz.core.folders import cache_folder
from astroviz.core.registry import Card, save_model
from astroviz.lensing.chirp import RATE, SAMPLES, glitchy_noise
from astroviz.lensing.noise_fit import NoiseFit, Stream, fit, holdout_loss
from astroviz.lensing.noise_network import NoiseNetwork
from astroviz.lensing.noise_patches import TEST_LENSES, patches, read_skies, stand_in, tiles

__all__ = ["sky_folder", "train"]

_PIXELS, _BATCH, _POOL = 28, 16, 6000
_WIDTH = {"hst": 24, "stand-in": 24, "chirp": 24}
_DILATIONS = {"hst": (1, 2, 1), "stand-in": (1, 2, 1), "chirp": (1, 2, 4, 8, 16, 1)}
_HELD_LEVELS = (0.1, 0.2, 0.5)
_TEST_SEED = 77_000


def sky_folder() -> Path | None:
    """Where real lenses are, `$ASTROVIZ_SHARED_DATA/lensing/slacs`; None if they are not there."""
    place = Path(os.environ.get("ASTROVIZ_SHARED_DATA", "")) / "lensing" / "slacs"
    return place if os.environ.get("ASTROVIZ_SHARED_DATA") and place.is_dir() else None


def train(
    budget: float = 1500.0,
    device: str | torch.device = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
    part: str = "noise",
) -> Path:
    r"""Rebuild `lensing/noise` or `lensing/chirp`.

    Arguments:
        budget: Wall-clock time in seconds, shared by the networks of the part.
        device: Not asked: the networks are small and are taught on the CPU.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: Tiny networks in seconds.
        resume: Go on from the checkpoints of an earlier run for the same folder.
        part: `noise` (real sky where `$ASTROVIZ_SHARED_DATA` has it, and the stand-in) or `chirp`.

    Returns:
        The folder that was written.
    """
    from astroviz.core.registry import writable_folder

    kinds = _kinds(part)
    folder = (out or writable_folder()) / "lensing" / part
    tensors: dict[str, Tensor] = {}
    networks: dict[str, Any] = {}
    metrics: dict[str, float] = {}
    seconds = 0.0
    for kind in kinds:
        share = min(budget, 4.0) if smoke else budget / len(kinds)
        run, found = _taught(kind, share, smoke, resume, folder)
        seconds += run.elapsed
        metrics |= found
        networks[kind] = dict(run.average.config)
        for key, value in run.average.state_dict().items():
            tensors[f"{kind}.{key}"] = value.half().contiguous()
    save_model(folder, tensors, _card(part, networks, metrics, seconds))
    return folder


def _kinds(part: str) -> tuple[str, ...]:
    if part == "chirp":
        return ("chirp",)
    if part != "noise":
        raise ValueError(f"no recipe for the noise {part!r}; there are noise and chirp")
    if sky_folder() is None:
        _say("no real sky: $ASTROVIZ_SHARED_DATA does not name a folder with lensing/slacs; "
             "only the stand-in is taught")  # fmt: skip
        return ("stand-in",)
    return ("hst", "stand-in")


def _taught(
    kind: str, budget: float, smoke: bool, resume: bool, folder: Path
) -> tuple[NoiseFit, dict[str, float]]:
    """A network and its loss on noise that it has not seen."""
    pool, known, held = _data(kind, 200 if smoke else _POOL)
    _say(f"{kind}: {len(pool)} pieces, {len(held)} held out")
    torch.manual_seed(0)  # first weights only
    width, dilations = (8, (1,)) if smoke else (_WIDTH[kind], _DILATIONS[kind])
    scale = float(pool[known > 0].std())
    network = NoiseNetwork(pool.ndim - 1, width, dilations, scale)
    mark = f"{folder.resolve()}".replace(os.sep, "_").strip("_")
    checkpoint = cache_folder() / "training" / f"noise-{kind}-{mark[-60:]}.part"
    run = NoiseFit(network, budget)
    fit(run, _stream(kind, pool, known), checkpoint, resume, _say)
    metrics = {f"{kind}: steps": float(run.step)}
    for level in _HELD_LEVELS:
        loss = holdout_loss(run.average, held, torch.ones_like(held), level * scale)
        metrics[f"{kind}: held-out matching loss at {level:g} sigma"] = round(loss, 4)
    return run, metrics


def _data(kind: str, number: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pieces to learn from, where they are known, and pieces kept from it."""
    if kind == "chirp":
        pool = glitchy_noise(number, seed=1)
        return pool, torch.ones_like(pool), glitchy_noise(100, seed=_TEST_SEED)
    if kind == "stand-in":
        pool = stand_in(number, _PIXELS, seed=1)
        return pool, torch.ones_like(pool), stand_in(200, _PIXELS, seed=_TEST_SEED)
    place = sky_folder()
    assert place is not None
    skies = read_skies(place)
    held = tiles([sky for sky in skies if sky.name in TEST_LENSES], _PIXELS)
    learned = [sky for sky in skies if sky.name not in TEST_LENSES]
    return (*patches(learned, number, _PIXELS, seed=1), held)


def _stream(kind: str, pool: Tensor, known: Tensor) -> Stream:
    """Batches of a pool; patches are turned and mirrored, series change sign."""

    def batch(seed: int) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randint(len(pool), (_BATCH,), generator=generator)
        turn = int(torch.randint(8, (1,), generator=generator))
        sign = 1.0 if kind == "stand-in" or turn % 2 else -1.0
        pair = (sign * pool[rows], known[rows])
        if pool.ndim == 3:
            pair = tuple(_turned(one, turn) for one in pair)  # type: ignore[assignment]
        return pair

    return batch


def _turned(images: Tensor, turn: int) -> Tensor:
    found = torch.rot90(images, turn % 4, (1, 2))
    return found.flip(2) if turn >= 4 else found


def _card(
    part: str, networks: Mapping[str, Any], metrics: Mapping[str, float], seconds: float
) -> Card:
    return Card(
        name=f"lensing/{part}",
        system="lensing",
        title=_WORDS[part][0],
        what=_WORDS[part][1],
        data=_WORDS[part][2],
        prior="None: it is a likelihood.",
        units={"noise": "of the noise map" if part == "noise" else "of whitened strain"},
        limits=list(_WORDS[part][3:]),
        metrics=metrics,
        seed=0,
        training_time=f"{seconds / 60:.0f} minutes on one core of a shared machine",
        licence="BSD-3-Clause",
        config={"network": part, "networks": dict(networks)},
    )


_WORDS = {
    "noise": (
        "Learned noise of images",
        "The score of additive noise in units of the noise map, for images of any size with "
        "masked pixels: the likelihood of whatever is left after a model is subtracted (SLIC).",
        "hst: blank sky around strong lenses in drizzled HST/ACS F814W images (public data), "
        "0.05 arcsec per pixel, smooth background and sources taken away. stand-in: procedural, "
        "drizzled white noise with hot pixels and residuals of cosmic rays.",
        "hst knows the sky of one camera, filter and drizzling, not the Poisson noise of bright "
        "pixels beyond what the noise map says of it.",
        "Correlation beyond some fifteen pixels is not seen.",
        "stand-in is not real noise: its tails are made heavier than those of any of the images.",
    ),
    "chirp": (
        "Learned noise of a series with glitches",
        "The score of noise in a whitened series: coloured, with short glitches.",
        f"Procedural, {SAMPLES} samples at {RATE:g} Hz.",
        "A stand-in for a detector: its glitches are sine-Gaussian bursts of a law that is known.",
    ),
}


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
