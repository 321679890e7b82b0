r"""One observation with an exact posterior, and how far a sampler's draws are from it.

With :math:`n` independent draws of the true posterior, the mean of a pixel misses the exact mean
by :math:`\sigma/\sqrt n`: the map

.. math:: z = \frac{\bar x - \mu}{\sigma / \sqrt n}

then is standard normal, and is what the eye should judge; not the difference itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from astroviz.core.draws import Draws
from astroviz.core.request import Request
from astroviz.lensing.sample_answers import SamplePictures, question_of, settings_of
from astroviz.lensing.sample_presets import TRUTH
from astroviz.lensing.sample_scene import Frame, Scene, Simulation, simulate
from astroviz.lensing.watched_sampling import WatchedSampler

__all__ = ["Comparison", "trust_request", "trust_scene"]


@dataclass(frozen=True)
class Comparison:
    r"""A sampler beside the exact posterior.

    Arguments:
        pictures: What was sampled.
        exact_mean: Shape :math:`(s, s)`.
        exact_sd: Likewise.
        exact_draws: Draws of the exact posterior, shape :math:`(k, s, s)`.
        z: Difference of the means over its Monte-Carlo error.
        ratio: Sampled over exact standard deviation.
        variance_ratio: Summed sampled over summed exact variance.
        mean_error: Norm of the difference of the means over its Monte-Carlo floor.
        spread: Standard deviation of `z` over the pixels, 1 for a right posterior.
    """

    pictures: SamplePictures
    exact_mean: np.ndarray
    exact_sd: np.ndarray
    exact_draws: np.ndarray
    z: np.ndarray
    ratio: np.ndarray
    variance_ratio: float
    mean_error: float
    spread: float

    @classmethod
    def of(cls, draws: Draws) -> Comparison | None:
        """What an answer to `trust_request` holds; None before there are chains."""
        pictures = SamplePictures.of(draws)
        if pictures.exact is None or pictures.mean is None or pictures.sd is None:
            return None
        assert pictures.images is not None
        mean, sd = (np.asarray(part, dtype=float) for part in pictures.exact)
        n = len(pictures.images)
        z = (pictures.mean - mean) / (sd / np.sqrt(n))
        return cls(
            pictures, mean, sd, draws.extras["exact_draws"], z, pictures.sd / sd,
            float((pictures.sd**2).sum() / (sd**2).sum()),
            float(np.sqrt(((pictures.mean - mean) ** 2).sum() / ((sd**2).sum() / n))),
            float(z.std()),
        )  # fmt: skip


def trust_scene(pixels: int, noise: float, seed: int) -> Scene:
    r"""A source of the Gaussian process behind the lens of the first example.

    Arguments:
        pixels: Side of the source.
        noise: Of a pixel of the image, prior units.
        seed: Of source and noise.
    """
    wide = 32 if pixels <= 16 else 64
    what = Simulation(
        TRUTH, "gaussian process", Frame(0.04, 0.02, 1.28), noise, 0.1, False, seed, wide,
        3.2 / wide,
    )  # fmt: skip
    return simulate(what, pixels)


def trust_request(state: Any) -> Request:
    r"""Draws of the chosen sampler for one observation, with the exact mean and variance.

    Arguments:
        state: A `TrustState`.
    """
    pixels, noise = state.trust_pixels, state.trust_noise
    scene = trust_scene(pixels, noise, state.seed)
    name = "gaussian16" if pixels == 16 else "gaussian"
    sampler = WatchedSampler("lensing", lambda _: question_of(scene, TRUTH, name, "cpu", pixels))
    options = {
        "view": "trust", "pixels": pixels, "noise": noise,
        "settings": settings_of(state.trust_sampler, state.trust_quality),
    }  # fmt: skip
    inputs = {"image": scene.observation.image}
    return Request(sampler, inputs, n=state.trust_count, seed=state.seed, options=options)
