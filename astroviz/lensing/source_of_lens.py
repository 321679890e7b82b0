r"""The classic answer for a lens that is given: source and light at one lens, nothing climbed."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from astroviz.lensing.fit_lens import LensFit, finished
from astroviz.lensing.fit_stages import Stage, build, look
from astroviz.lensing.lens import LENS_NAMES, to_free
from astroviz.lensing.lens_search import Clock, Summit
from astroviz.lensing.observation import Observation
from astroviz.lensing.rays import Rays
from astroviz.lensing.sky_noise import SkyNoise, measure_noise

__all__ = ["source_fit"]


def source_fit(
    observation: Observation, lens: Tensor, noise: SkyNoise | None = None, pixels: int = 28
) -> LensFit:
    r"""Source and light of an observation behind a given lens.

    Arguments:
        observation: The observation.
        lens: In the order of `LENS_NAMES`, shape :math:`(8,)`.
        noise: Noise of the mask; measured from blank sky otherwise.
        pixels: Source pixels along a side.

    Returns:
        As a fit, with no error of the lens.
    """
    clock = Clock(1e6)
    arcs = look(observation, noise or measure_noise(observation))
    free = to_free(lens.double()).numpy()
    rays = Rays(arcs.observation, arcs.noise)
    model = build(arcs, rays, free, pixels).tuned(free)
    summit = Summit(free, model.evidence(free, exact=False), 0.0, True)
    none = np.zeros((len(LENS_NAMES), len(LENS_NAMES)))
    return finished([], Stage(summit, model, arcs), none, arcs.prior(), clock)
