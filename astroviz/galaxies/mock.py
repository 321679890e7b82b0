r"""A survey of made-up galaxies whose truth is known: what a fit has to give back.

After the mock test of PopSED, with a law of our own for what its text leaves open. Redshift and
mass follow the volume and the mass function of Wright et al. (2017); everything else is
independent; what is observed brighter than the limit in r is in the catalogue.

| parameter | law |
| --- | --- |
| redshift :math:`z` | comoving volume, :math:`0.01 < z < 0.8` |
| :math:`\log M` formed | double Schechter function, 0.23 dex added, above :math:`10.1 + 2.2 \log_{10}(z / 0.1)` and 7.5 |
| kappa 1, 2, 3 | uniform between 0 and 1 (*not* the flat Dirichlet distribution of the priors) |
| burst fraction | half normal, width 0.1, below 1 |
| time of the burst | normal, 4 Gyr with 3 Gyr scatter, between 10 Myr and the age of the Universe |
| metallicity :math:`\log Z / Z_\odot` | normal, -0.4 with 0.4 scatter, between -2.3 and 0.3 |
| dust: tau 1, tau 2 | normal, 0.6 with 0.5 and 0.5 with 0.4 scatter, between 0 and 3 |
| slope of the dust curve n | normal, -0.4 with 0.4 scatter, between -3 and 1 |
| noise | of images as deep as those of SDSS, galaxies extended (`noise_model.DEPTHS["gama"]`) |

No prior of `priors` is this law.

References:
    | PopSED (Li et al. 2024), https://arxiv.org/abs/2309.16958: the test, and r < 19.65 of GAMA
    | Wright et al. (2017), https://arxiv.org/abs/1705.04074: mass function
"""  # noqa: E501 - a table row cannot be broken

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from scipy.special import ndtr, ndtri

from astroviz.galaxies.catalogue import Catalogue
from astroviz.galaxies.literature import MASS_FUNCTIONS, cosmic_age
from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.parameters import BOUNDS, PARAMETERS, GalaxyError
from astroviz.galaxies.selection import MagnitudeLimit, Selection
from astroviz.galaxies.volumes import comoving_distance

__all__ = ["BANDS", "LIMIT", "Mock", "draw_law", "make_mock", "mass_cut"]

BANDS: Final = ("sdss_u", "sdss_g", "sdss_r", "sdss_i", "sdss_z")
LIMIT: Final = 19.65
"""Faintest magnitude in r of the catalogue, AB, as in the GAMA survey."""

_NEAREST, _FURTHEST = 0.01, 0.8
_CHUNK = 40_000
_FLOOR = 0.02
_RETURNED = 0.23  # dex: mass formed over surviving mass, roughly

_NORMALS: Final[dict[str, tuple[float, float]]] = {
    "f_burst": (0.0, 0.1), "log_z": (-0.4, 0.4), "tau1": (0.6, 0.5), "tau2": (0.5, 0.4),
    "n_dust": (-0.4, 0.4), "t_burst": (4.0, 3.0),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Mock:
    r"""A catalogue and its truth.

    Arguments:
        catalogue: What was observed, :math:`N` galaxies in `BANDS`; redshifts are not in it.
        theta: Parameters, order of `PARAMETERS`, shape :math:`(N, 11)`, float32.
        magnitudes: True AB magnitudes, :math:`(N, B)`, float32.
        selection: Which galaxies are in the catalogue.
        noise: What was done to the magnitudes.
    """

    catalogue: Catalogue
    theta: np.ndarray
    magnitudes: np.ndarray
    selection: Selection
    noise: NoiseModel

    def __len__(self) -> int:
        return len(self.theta)


def mass_cut(redshift: np.ndarray) -> np.ndarray:
    """Smallest logarithm of the mass formed at a redshift."""
    return np.maximum(10.1 + 2.2 * np.log10(np.asarray(redshift) / 0.1), 7.5)


def draw_law(n: int, random: np.random.Generator) -> np.ndarray:
    r"""Parameters of galaxies before the selection.

    Arguments:
        n: How many.
        random: Source of all randomness.

    Returns:
        Order of `PARAMETERS`, shape :math:`(n, 11)`, float64.
    """
    found = {name: random.random(n) for name in ("kappa1", "kappa2", "kappa3")}
    found["redshift"], found["log_mass_formed"] = _places(n, random)
    age = np.minimum(cosmic_age(found["redshift"]), BOUNDS["t_burst"][1])
    for name, (mean, width) in _NORMALS.items():
        low, high = BOUNDS[name]
        top = age if name == "t_burst" else np.full(n, high)
        first, last = ndtr((low - mean) / width), ndtr((top - mean) / width)
        found[name] = mean + width * ndtri(first + (last - first) * random.random(n))
    return np.stack([found[name] for name in PARAMETERS], axis=1)


def make_mock(n: int = 100_000, seed: int = 0, limit: float = LIMIT) -> Mock:
    r"""A catalogue of galaxies that are observed brighter than the limit.

    Arguments:
        n: Number of galaxies in the catalogue.
        seed: Of everything.
        limit: In r, AB.

    Example:
        >>> mock = make_mock(500, seed=3)
        >>> len(mock), bool((mock.catalogue.magnitudes[:, 2] < LIMIT).all())
        (500, True)
    """
    from astroviz.galaxies.sps import synthesis

    if n < 1:
        raise GalaxyError(f"a mock has a positive number of galaxies, not {n}")
    random = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(int(random.integers(2**62)))
    model, noise = synthesis(), NoiseModel.from_depth("gama", BANDS, floor=_FLOOR)
    parts: list[tuple[np.ndarray, ...]] = []
    count = 0
    while count < n:
        size = int(min(_CHUNK, 3 * (n - count) + 1000))
        theta = torch.tensor(draw_law(size, random), dtype=torch.float32)
        with torch.no_grad():
            true = model.magnitudes(theta, BANDS)
            seen, errors = noise.observe(true, generator)
        kept = torch.isfinite(seen).all(-1) & (seen[:, 2] < limit)
        parts.append(tuple(one[kept].numpy() for one in (theta, true, seen, errors)))
        count += int(kept.sum())
    whole = [np.concatenate(one)[:n] for one in zip(*parts, strict=True)]
    catalogue = Catalogue(
        whole[2], whole[3], BANDS, None, noise.softening.double().numpy(),
        notes=("galaxies made up by the law of `galaxies.mock`",),
    )  # fmt: skip
    selection = Selection((MagnitudeLimit("sdss_r", limit),), BANDS)
    return Mock(catalogue, whole[0], whole[1], selection, noise)


def _places(n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Redshifts and masses by inversion on fine grids."""
    z = np.linspace(_NEAREST, _FURTHEST, 1581)
    mass = np.linspace(BOUNDS["log_mass_formed"][0], 12.6, 2041)
    density = MASS_FUNCTIONS["wright17"].formula(mass - _RETURNED)
    # of all galaxies at least as massive as a mass
    above = np.concatenate([np.cumsum(density[::-1])[::-1], [0.0]])
    cut = np.clip(np.searchsorted(mass, mass_cut(z)), 0, len(mass))
    shells = np.gradient(comoving_distance(z) ** 3, z) * above[cut]
    redshift = np.interp(random.random(n), _cumulative(shells), z)
    least = mass_cut(redshift)
    total = _cumulative(density)
    start = np.interp(least, mass, total)
    return redshift, np.interp(start + (1 - start) * random.random(n), total, mass)


def _cumulative(density: np.ndarray) -> np.ndarray:
    """Cumulative distribution at the nodes of an even grid, by trapezoids; strictly growing."""
    total = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
    total = total / total[-1] + 1e-12 * np.arange(len(total))
    found: np.ndarray = total / total[-1]
    return found
