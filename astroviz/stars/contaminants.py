r"""Field dwarfs and giants: a stated locus, a stand-in for a model of the Galaxy.

The pre-main-sequence tracks end at 100 Myr, so stars of the field are drawn from a line in
(effective temperature, luminosity) with a scatter: dwarfs along the main sequence, giants along
the red-giant branch with a clump. Their distances and dust are wide. They exist so that
`P(young)` has something to compare with; nothing else should be read from them.

References:
    | Main sequence after Pecaut & Mamajek (2013), https://arxiv.org/abs/1307.2657
    | Red clump after Girardi (2016), ARA&A 54, 95
"""

from __future__ import annotations

import torch
from torch import Tensor

from astroviz.stars.parameters import to_theta
from astroviz.stars.physics import Physics, Star
from astroviz.stars.tables import interpolate

__all__ = ["contaminants"]

# effective temperature (K), log luminosity (solar), mass (solar)
_DWARFS = (
    (2400, -3.50, 0.08), (2650, -3.10, 0.095), (2850, -2.80, 0.12), (3060, -2.50, 0.16),
    (3210, -2.14, 0.23), (3410, -1.78, 0.37), (3550, -1.54, 0.44), (3680, -1.39, 0.50),
    (3850, -1.16, 0.57), (4100, -0.98, 0.64), (4440, -0.76, 0.70), (5100, -0.44, 0.80),
    (5480, -0.16, 0.94), (5770, 0.02, 1.02), (6180, 0.29, 1.15), (6550, 0.56, 1.33),
    (7220, 0.86, 1.61), (8080, 1.10, 1.88), (9700, 1.58, 2.30), (12500, 2.30, 3.40),
)  # fmt: skip
# log effective temperature along the giant branch against log luminosity, mass 1.2 solar
_GIANTS = ((0.5, 3.715), (1.0, 3.690), (1.75, 3.673), (2.3, 3.640), (2.8, 3.600), (3.2, 3.565))


def contaminants(
    giant: Tensor, physics: Physics, generator: torch.Generator
) -> tuple[Tensor, Star, Tensor]:
    r"""Draw field stars.

    Arguments:
        giant: Whether each is a giant, shape :math:`(N,)`.
        physics: The physics that turns them into magnitudes.
        generator: Source of random numbers.

    Returns:
        Magnitudes, shape :math:`(N, 15)`; the stars; [M/H], A_V, R_V and distance,
        shape :math:`(N, 4)`.
    """
    n, dtype = len(giant), physics.dtype
    normal = torch.randn(n, 9, generator=generator).to(dtype)
    uniform = torch.rand(n, 4, generator=generator).to(dtype)
    rows = torch.tensor(_DWARFS, dtype=dtype)
    masses = rows[:, 2].log10()
    # a mass function weighted towards the brighter stars that surveys see
    pick = masses[0] + (masses[-1] - masses[0]) * uniform[:, 0]
    line = torch.stack([rows[:, 0].log10(), rows[:, 1], masses], -1)
    dwarf = interpolate(line, (masses,), (pick,))
    evolved = 0.25 * uniform[:, 1] * (dwarf[:, 2] > -0.1)
    branch = torch.tensor(_GIANTS, dtype=dtype)
    clump = uniform[:, 2] < 0.4
    lum = torch.where(clump, 1.75 + 0.1 * normal[:, 0], 0.5 + 2.7 * uniform[:, 1])
    cool = interpolate(branch[:, 1], (branch[:, 0],), (lum,)) + 0.012 * normal[:, 1]
    log_teff = torch.where(giant, cool, dwarf[:, 0] + 0.008 * normal[:, 1])
    log_lum = torch.where(giant, lum, dwarf[:, 1] + evolved + 0.06 * normal[:, 0])
    log_mass = torch.where(giant, torch.tensor(0.08, dtype=dtype), dwarf[:, 2])
    star = physics.surface(log_teff, log_lum, log_mass, torch.ones(n, dtype=torch.bool))
    prior = to_theta(normal)  # dust law and dust from the same prior as the young stars
    metallicity = (-0.1 + 0.2 * normal[:, 2]).clamp(-0.45, 0.45)
    near = 20 * 75 ** (uniform[:, 3] ** 0.5)  # 20 to 1,500 pc, towards the far end
    far = 150 * 60 ** (uniform[:, 3] ** 0.8)  # 150 to 9,000 pc
    rest = torch.stack([metallicity, prior[:, 3], prior[:, 4], torch.where(giant, far, near)], -1)
    mag = physics.photosphere(star, metallicity) + 5 * torch.log10(rest[:, 3:] / 10)
    return mag + physics.dimming(star.log_teff, rest[:, 1], rest[:, 2]), star, rest
