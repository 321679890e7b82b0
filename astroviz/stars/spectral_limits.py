r"""How badly a spectrum may be missed before the answer counts as an extrapolation."""

from __future__ import annotations

import numpy as np
import torch

from astroviz.stars.features import featurise
from astroviz.stars.network import StarsNetwork
from astroviz.stars.parameters import to_theta
from astroviz.stars.physics import Physics
from astroviz.stars.sampler import draws_of_known
from astroviz.stars.simulator import simulate
from astroviz.stars.spectral_batches import numbers_of
from astroviz.stars.spectral_likelihood import spectral_misfit
from astroviz.stars.spectral_noise import observe_spectra
from astroviz.stars.spectral_physics import SpectralPhysics

__all__ = ["spectral_limits"]

_DRAWS = 64
_MOST = 400  # spectra of each kind


def spectral_limits(
    network: StarsNetwork, physics: Physics, seed: int, n: int = 4000
) -> dict[str, float]:
    r"""The 99 % level of `spectral_misfit` of simulated stars, by kind of spectrum.

    Arguments:
        network: The trained network.
        physics: Its physics.
        seed: Seed of the simulated stars.
        n: Number of simulated stars.
    """
    generator = torch.Generator().manual_seed(seed)
    light = SpectralPhysics(physics)
    stars = simulate(n, generator, physics, (0.57, 0.43, 0.0, 0.0))
    sets = observe_spectra(stars, generator, light)
    numbers = numbers_of(sets, light)
    disk = stars.classes == 1
    values: dict[str, list[float]] = {one.one.name: [] for one in sets}
    for rows in numbers.seen.any(1).nonzero()[:, 0].split(500):
        tokens = featurise(stars.values[rows], stars.errors[rows], stars.states[rows],
                           spectra=numbers.rows(rows))  # fmt: skip
        z = draws_of_known(network, tokens, disk[rows], _DRAWS, generator)
        for row, scores in zip(rows.tolist(), z, strict=True):
            theta, flags = to_theta(scores), disk[row].expand(_DRAWS)
            for one in sets:
                if one.seen[row] and len(values[one.one.name]) < _MOST:
                    values[one.one.name].append(
                        spectral_misfit(one.measured(row), light, theta, flags)
                    )
    return {
        name: round(float(np.quantile(found, 0.99)), 3) if len(found) > 20 else 3.0
        for name, found in values.items()
    }
