r"""Questions of the view of noise: parameters under a Gaussian and under a learned likelihood.

Everything is simulated: a truth, its data, noise that no network has seen. What has come so far is
handed out as parts without draws: the data first, the Gaussian likelihood next.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.one_by_one import OneByOne
from astroviz.core.request import Chunk, Control, Request
from astroviz.lensing.chirp import CHIRP_BOUNDS, CHIRP_NAMES, CHIRP_UNITS, chirp, glitchy_noise
from astroviz.lensing.noise import LearnedNoise, NoiseLaw, WhiteNoise
from astroviz.lensing.noise_patches import TEST_LENSES, read_skies, stand_in, tiles
from astroviz.lensing.slic import ChainSettings, slic
from astroviz.lensing.slic_lens import SLIC_BOUNDS, SLIC_NAMES, SLIC_UNITS, SmallLens, draw_lens
from astroviz.lensing.stored import read_answer
from astroviz.lensing.work import Work

__all__ = ["CHAINS", "Trial", "learned", "noise_request", "sky_noise", "trial_of"]

CHAINS = 8
_WARM_UP = 100
_TEST = 500_007  # seeds of noise that nothing was taught on begin here
_PATCHES = 6


@dataclass(frozen=True, eq=False)
class Trial:
    r"""A simulated measurement.

    Arguments:
        model: Parameters (n, p) to noiseless data, in units of the usual noise map.
        truth: Parameters, (p,).
        clean: Noiseless data.
        data: What is measured.
        unit: Noise map, in units of the usual one.
        bounds: Of the parameters, (p, 2).
        names: Of the parameters.
        units: Of the parameters.
        examples: Noise as it is, for the eye, (k, *size).
    """

    model: Any
    truth: Tensor
    clean: Tensor
    data: Tensor
    unit: float
    bounds: Tensor
    names: tuple[str, ...]
    units: tuple[str, ...]
    examples: Tensor


def learned(model: Any, mode: str, kind: str) -> tuple[Any, str]:
    """The learned law that suits a mode and a kind of noise; None and why there is none."""
    wanted = "chirp" if mode == "chirp" else kind
    if wanted not in model.kinds:
        return None, (
            f"{model.name} has not learned the noise {wanted!r}, only {', '.join(model.kinds)}"
        )
    if wanted == "hst" and not _sky_tiles():
        return None, (
            "Blank sky of Hubble to simulate with is not here: name the folder that holds "
            "lensing/slacs in $ASTROVIZ_SHARED_DATA, or choose the stand-in."
        )
    return model.law(wanted), ""


def sky_noise(kind: str, number: int, pixels: int, seed: int) -> Tensor:
    r"""Noise of images that the networks were not taught on, in units of the noise map.

    Arguments:
        kind: `stand-in`, or `hst` where the files are.
        number: How many patches.
        pixels: Their side.
        seed: Seed.
    """
    if kind == "stand-in":
        return stand_in(number, pixels, _TEST + seed)
    found = _sky_tiles()
    if not found:
        raise ValueError("blank sky of Hubble is not here: choose the stand-in")
    blank = found[0]
    random = torch.Generator().manual_seed(seed)
    rows = torch.randint(len(blank), (number,), generator=random)
    return blank[rows][:, :pixels, :pixels]


_SKY: dict[str, Tensor] = {}


def _sky_tiles() -> list[Tensor]:
    """Blank tiles of lenses that nothing was taught on; empty where there are no files."""
    given = os.environ.get("ASTROVIZ_SHARED_DATA", "")
    folder = Path(given) / "lensing" / "slacs"
    if not given or not folder.is_dir():
        return []
    if given not in _SKY:
        try:
            _SKY[given] = tiles(read_skies(folder, TEST_LENSES), SmallLens().pixels)
        except (FileNotFoundError, ValueError):
            return []
    return [_SKY[given]] if len(_SKY[given]) else []


def trial_of(mode: str, kind: str, strength: float, seed: int) -> Trial:
    r"""A fresh measurement.

    Arguments:
        mode: `lens` or `chirp`.
        kind: Of the noise of images.
        strength: Noise beside that of the usual example.
        seed: Of truth and noise.
    """
    if mode == "chirp":
        return _chirp_trial(strength, seed)
    model, truth = SmallLens(), draw_lens(1, _TEST + seed)[0]
    noise = sky_noise(kind, 1 + _PATCHES, model.pixels, seed)
    clean = model(truth[None])[0]
    return Trial(
        model, truth, clean, clean + strength * noise[0], strength,
        torch.tensor(SLIC_BOUNDS), SLIC_NAMES, SLIC_UNITS, noise[1:],
    )  # fmt: skip


def _chirp_trial(strength: float, seed: int) -> Trial:
    random = np.random.default_rng(_TEST + seed)
    truth = torch.tensor([
        np.log(random.uniform(1.6, 3.0)), random.uniform(24, 36), random.uniform(0.6, 0.66),
        random.uniform(-2.0, 2.0),
    ], dtype=torch.float32)  # fmt: skip
    noise = glitchy_noise(2, _TEST + seed)
    clean = chirp(truth)
    return Trial(
        chirp, truth, clean, clean + strength * noise[0], strength, torch.tensor(CHIRP_BOUNDS),
        CHIRP_NAMES, CHIRP_UNITS, noise[1:],
    )  # fmt: skip


def draws_under(
    trials: Sequence[Trial], law: NoiseLaw, number: int, seed: int, control: Control
) -> Tensor:
    r"""Draws of the parameters of several trials, (trials, number, p).

    Arguments:
        trials: Of one model.
        law: Of the noise, in units of the noise map.
        number: Draws of each; `CHAINS` chains share them.
        seed: Seed of the chains.
        control: What may stop the work.
    """
    first = trials[0]
    each = -(-number // CHAINS)
    chains = slic(
        first.model, torch.stack([one.data for one in trials]), law,
        torch.stack([one.truth for one in trials]), first.bounds, first.unit,
        settings=ChainSettings(CHAINS, _WARM_UP, each), seed=seed, control=control,
    )  # fmt: skip
    return chains.values.transpose(1, 2).flatten(1, 2)[:, :number].float()


class NoiseSampler(OneByOne):
    r"""Answers questions of the view.

    Arguments:
        law: The learned law, or None: then the draws are those of the Gaussian one.
        mode: `lens` or `chirp`.
    """

    def __init__(self, law: LearnedNoise | None, mode: str) -> None:
        self.law, self.mode = law, mode
        self.name = f"lensing/{'chirp' if mode == 'chirp' else 'noise'}"

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the parameters."""
        if self.mode == "chirp":
            return CHIRP_NAMES, CHIRP_UNITS
        return SLIC_NAMES, SLIC_UNITS

    def answer(self, request: Request, control: Control) -> Iterator[Chunk]:
        """Parts of an answer."""
        kept = read_answer(request)
        if kept is not None:
            values = kept.pop("values_exact").astype(np.float32)
            yield Chunk(values, constants={**kept, "stored": np.array([True])})
            return
        options = request.options
        trial = trial_of(
            self.mode, str(options["kind"]), float(options["strength"]), request.seed  # type: ignore[arg-type]
        )  # fmt: skip
        width = len(trial.names)
        scale = self.law.scale if self.law is not None else float(trial.examples.std())
        kept = _pictures(trial, self.law, scale, request.seed)
        none = np.zeros((0, width), np.float32)
        yield Chunk(none, constants=kept)
        white = draws_under(
            [trial], WhiteNoise(scale), request.n, request.seed, Work.of(control).part(0.0, 0.25)
        )[0]  # fmt: skip
        kept = {**kept, "gaussian": white.numpy(), "gaussian_images": _some(trial, white)}
        if self.law is None:
            yield Chunk(white.numpy(), constants={**kept, "learned_images": _some(trial, white)})
            return
        yield Chunk(none, constants=kept)
        found = draws_under(
            [trial], self.law, request.n, request.seed, Work.of(control).part(0.25, 1.0)
        )[0]  # fmt: skip
        yield Chunk(found.numpy(), constants={**kept, "learned_images": _some(trial, found)})


def _pictures(
    trial: Trial, law: LearnedNoise | None, scale: float, seed: int
) -> dict[str, np.ndarray]:
    """What is known before anything is inferred."""
    size = tuple(trial.data.shape)
    generator = torch.Generator().manual_seed(seed)
    white = scale * torch.randn(_PATCHES, *size, generator=generator)
    made = white[:0] if law is None else law.sample(_PATCHES, size, seed)
    return {
        "data": trial.data.numpy(), "clean": trial.clean.numpy(), "truth": trial.truth.numpy(),
        "real_noise": trial.examples.numpy(), "learned_noise": made.numpy(),
        "gaussian_noise": white.numpy(), "scale": np.array([scale, trial.unit]),
        "known": np.array([law is not None]),
    }  # fmt: skip


def _some(trial: Trial, draws: Tensor, number: int = 60) -> np.ndarray:
    """Noiseless data of some draws."""
    step = max(len(draws) // number, 1)
    return np.asarray(trial.model(draws[::step].float()).numpy())


def noise_request(
    law: LearnedNoise | None,
    mode: str,
    kind: str,
    strength: float,
    n: int,
    seed: int,
    weights: str = "",
) -> Request:
    r"""Draws under both likelihoods.

    Arguments:
        law: The learned law, or None.
        mode: `lens` or `chirp`.
        kind: Of the noise of images.
        strength: Noise beside that of the usual example.
        n: Draws.
        seed: Seed of everything.
        weights: Hash of the network behind the law.
    """
    options: dict[str, Hashable] = {"mode": mode, "kind": kind, "strength": strength,
                                    "weights": weights}  # fmt: skip
    return Request(NoiseSampler(law, mode), {}, n, seed, options)
