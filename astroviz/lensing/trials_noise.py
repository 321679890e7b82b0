r"""Learned noises and the learned correction of a lens on trial.

A learned noise is a likelihood: a true amplitude of a known pattern in fresh noise should lie
anywhere among the draws of its posterior. The correction is a prior of latents: those of fresh
perturbations are judged against its draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from astroviz.core.request import Control
from astroviz.core.trials import part_sizes
from astroviz.lensing.noise_checks import amplitude_draws, patterns
from astroviz.lensing.train_correction import left_over

__all__ = ["parts"]

_SIZE = (20, 20)
_PRIOR = 4.0  # standard deviation of true amplitudes, in units of the noise
_APART = 10_000  # from the seeds of the training


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Fresh noise or perturbations, and draws.

    Arguments:
        model: `lensing/noise`, `lensing/chirp` or `lensing/correction`.
        count: Number of objects.
        draws: Draws of each.
        seed: Seed of everything.
        control: May stop the work; hears of progress.
        case: One of `trials.cases`.
    """
    make = _latents if model.card.config["network"] == "correction" else _amplitudes
    done = 0
    for step, size in enumerate(part_sizes(count)):
        control.check()
        part = make(model, size, draws, 1009 * seed + step, case)
        done += size
        control.progress(done / count)
        ids = tuple(f"piece {done - size + k + 1}" for k in range(size))
        yield {**part, "ids": ids, "model": model.name, "seed": seed}


def _amplitudes(model: Any, size: int, draws: int, seed: int, kind: str) -> dict[str, Any]:
    law = model.law(kind)
    noise = model.fresh(kind, size, _SIZE, seed)
    pattern = patterns(size, tuple(noise.shape[1:]), seed)
    random = torch.Generator().manual_seed(seed)
    wide = _PRIOR * law.scale
    truth = wide * torch.randn(size, generator=random)
    near = truth + law.scale * (2 * torch.rand(size, generator=random) - 1)
    data = truth.view(-1, *[1] * (noise.ndim - 1)) * pattern + noise
    found = amplitude_draws(law, data, pattern, near, draws, seed, prior=wide)
    prior = wide * torch.randn(1000, generator=random)
    filtered = (data * pattern).flatten(1).sum(1)
    rough = data.flatten(1).std(1)
    return {
        "truths": truth[:, None].double().numpy(),
        "draws": found[..., None].double().numpy(),
        "names": ("amplitude",),
        "units": ("",),
        "prior": prior[:, None].double().numpy(),
        # what a matched filter makes of the data; the data themselves differ in their pattern
        "observations": torch.stack([filtered, rough], 1).double().numpy(),
        "observation_names": ("matched filter", "spread of the data"),
        "places": {"matched filter": filtered.double().numpy(),
                   "spread of the data": rough.double().numpy()},
        "place_units": {"matched filter": "", "spread of the data": ""},
        "notes": ("Noise of the test seeds, which no training saw, and patterns of unit norm.",),
    }  # fmt: skip


def _latents(model: Any, size: int, draws: int, seed: int, case: str) -> dict[str, Any]:
    pixels = model.basis.shape[-1]
    fresh, weight = left_over(size, _APART + seed, pixels, model.half_width)
    basis = model.basis.reshape(model.size, -1) * weight
    unseen = fresh.reshape(size, -1) * weight
    truths = np.linalg.lstsq(basis.T, unseen.T, rcond=None)[0].T
    random = np.random.default_rng(seed)
    width = np.sqrt(model.variances)
    return {
        "truths": truths,
        "draws": width * random.standard_normal((size, draws, model.size)),
        "names": tuple(f"latent_{k + 1}" for k in range(model.size)),
        "units": ("",) * model.size,
        "prior": width * random.standard_normal((1000, model.size)),
        "notes": ("A law without data: the model states a normal prior of latents, the truths are "
                  "the latents of fresh clumpy lenses.",),
    }  # fmt: skip
