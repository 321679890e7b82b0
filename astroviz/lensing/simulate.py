r"""A simulated observation: a source through a lens, with noise, and the truth kept beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from astroviz.lensing.lens import check_lens
from astroviz.lensing.observation import Observation, open_observation
from astroviz.lensing.operator import LensOperator
from astroviz.lensing.setup import Setup
from astroviz.lensing.sky_noise import SkyNoise

__all__ = ["simulate"]


def simulate(
    setup: Setup,
    lens: Any,
    source: Any,
    noise: float | np.ndarray = 0.1,
    seed: int = 0,
    *,
    amplitude: float = 1.0,
    light: np.ndarray | None = None,
    correlation: np.ndarray | None = None,
    deflection: np.ndarray | None = None,
    name: str = "simulated",
) -> Observation:
    r"""Image a source.

    Arguments:
        setup: Pixels, PSF, and the grid of the source.
        lens: By name or in the order of `LENS_NAMES`.
        source: Shape :math:`(s, s)` or :math:`(s^2,)`, prior units.
        noise: Standard deviation of all pixels or of each, data units.
        seed: Seed of the noise.
        amplitude: Data units of one prior unit.
        light: The lens galaxy's image, data units; None for none.
        correlation: Of the noise at lags :math:`-r..r`; independent pixels if None.
        deflection: Deflection besides the lens's, arcsec, shape :math:`(2, n_y, n_x)`.
        name: What to call it.

    Returns:
        The observation; `truth` holds `lens` (8,), `source` (s, s), `model`, `amplitude`.

    Example:
        >>> setup = Setup(32, 0.1, 16, 0.08)
        >>> simulate(setup, {"einstein_radius": 1.0}, np.ones((16, 16)), 0.1).shape
        (32, 32)
    """
    vector = check_lens(lens, setup.half_field).double()
    side = setup.source_pixels
    pixels = torch.as_tensor(np.asarray(source), dtype=torch.float64).reshape(side, side)
    operator = LensOperator(setup)
    if deflection is not None:
        operator = operator.trace_extra(torch.as_tensor(deflection, dtype=torch.float64))
    with torch.no_grad():
        model = amplitude * operator(vector, pixels).numpy()
    if light is not None:
        model = model + light
    deviations = np.broadcast_to(np.asarray(noise, dtype=np.float64), setup.shape)
    used = np.ones(setup.shape, dtype=bool)
    law = SkyNoise(deviations, used, 1.0, np.ones((1, 1)) if correlation is None else correlation)
    white = np.random.default_rng(seed).standard_normal(used.size)
    image = model + law.colour(white).reshape(setup.shape)
    found = open_observation(
        image, deviations, setup.psf, setup.pixel_scale, light is not None, name=name
    )
    found.truth.update(lens=vector.numpy(), source=pixels.numpy(), model=model,
                       amplitude=amplitude, correlated=correlation is not None)  # fmt: skip
    return found
