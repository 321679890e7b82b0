r"""Observations worth a look, and a first guess of a lens that nobody has fitted yet."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from astroviz.core.presets import Preset
from astroviz.lensing.lens import LENS_NAMES
from astroviz.lensing.observation import Observation

__all__ = ["J1430", "PRESETS", "START", "TRUTH", "guess", "surprise"]

TRUTH = (1.0, 0.75, 0.6, 0.0, 0.0, 0.03, -0.02, 1.0)
"""Lens of the first example, in the order of `LENS_NAMES`."""
START = TRUTH
J1430 = (1.467, 0.68, 0.75, 0.0, 0.0, 0.02, 0.05, 1.0)
"""Like SDSSJ1430+4105: Einstein radius and axis ratio as published, angle as seen on the frame."""

_RING = (1.05, 0.98, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
_CUSP = (1.0, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
_STEEP = (1.0, 0.7, 1.1, 0.05, -0.05, 0.05, 0.03, 1.2)


def _settings(lens: tuple[float, ...], **others: Any) -> dict[str, Any]:
    """A simulation whose lens is known."""
    assumed = {f"sample_{name}": value for name, value in zip(LENS_NAMES, lens, strict=True)}
    base = {
        "sample_sky": "simulated", "sample_truth": list(lens), "sample_mask": [],
        "sample_source": "galaxy", "sample_frame": [0.04, 0.02, 1.28], "sample_noise": 0.15,
        "sample_blur": 0.1, "sample_sky_seed": 7, "sample_prior": "galaxies",
    }  # fmt: skip
    return {**base, **assumed, **others}


PRESETS = (
    Preset("A galaxy behind an ellipse", "Arcs of a galaxy, the lens known.", _settings(TRUTH)),
    Preset("An Einstein ring", "A round lens with the source right behind it.",
           _settings(_RING, sample_frame=[0.0, 0.0, 1.28], sample_sky_seed=22)),
    Preset("A cusp", "The source at the cusp of the caustic: three images run into one arc.",
           _settings(_CUSP, sample_frame=[0.2, 0.0, 1.28], sample_sky_seed=27)),
    Preset("Faint and blurred", "Little light through a wide PSF: the prior does the work.",
           _settings(TRUTH, sample_noise=0.5, sample_blur=0.25, sample_sky_seed=5)),
    Preset("The wrong lens", "Assume a lens 3 % too large and see where the residual goes.",
           {**_settings(TRUTH), "sample_einstein_radius": 1.03}),
    Preset("The wrong prior", "A spiral behind the lens, a prior that knows ellipticals only.",
           _settings(_STEEP, sample_source="spiral", sample_prior="ellipticals",
                     sample_sky_seed=30, sample_noise=0.08)),
    Preset("The exact answer is known", "A Gaussian-process source: mean and error are exact.",
           _settings(TRUTH, sample_source="gaussian process", sample_prior="gaussian16",
                     sample_sky_seed=4)),
    Preset("Like J1430+4105", "A simulation with the frame, the PSF and the drizzled noise of a "
           "real lens of Hubble.",
           _settings(J1430, sample_sky="j1430", sample_frame=[0.05, -0.1, 2.0],
                     sample_source="spiral", sample_noise=0.15, sample_sky_seed=9)),
)  # fmt: skip


def surprise(random: np.random.Generator) -> dict[str, Any]:
    """A lens, a source and a noise that nobody has chosen."""
    reach = 0.15 * random.standard_normal(2)
    lens = (
        float(random.uniform(0.8, 1.15)), float(random.uniform(0.55, 0.98)),
        float(random.uniform(-math.pi / 2, math.pi / 2)), 0.0, 0.0,
        *(float(v) for v in 0.05 * random.standard_normal(2).clip(-2, 2)), 1.0,
    )  # fmt: skip
    lens = tuple(round(value, 3) for value in lens)
    return _settings(
        lens,
        sample_source=str(random.choice(["galaxy", "elliptical", "spiral"])),
        sample_frame=[*(round(float(v), 3) for v in reach.clip(-0.25, 0.25)), 1.28],
        sample_noise=round(float(np.exp(random.uniform(math.log(0.05), math.log(0.3)))), 3),
        sample_sky_seed=int(random.integers(0, 100_000)),
    )


def guess(observation: Observation) -> tuple[float, ...]:
    r"""A first guess of a lens: round, in the middle, as large as the ring of light is.

    Arguments:
        observation: The observation.

    Returns:
        In the order of `LENS_NAMES`. The Einstein radius is where light per circumference is
        largest beyond a fifth of the frame, in arcsec.
    """
    x, y = observation.grid()
    radius = np.hypot(x, y)
    edges = np.arange(0.2 * observation.half_width, observation.half_width, 0.1)
    best, found = -np.inf, 0.5 * observation.half_width
    for low, high in pairwise(edges):
        ring = observation.mask & (radius >= low) & (radius < high)
        if ring.sum() < 12:
            continue
        ratio = observation.image[ring] / observation.noise[ring]
        brightest = float(np.mean(np.sort(ratio)[-max(len(ratio) // 4, 3) :]) - np.median(ratio))
        if brightest > best:
            best, found = brightest, (low + high) / 2
    return (round(float(found), 2), 0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
