r"""Two galaxies of young stars that one simulator cannot tell apart: domains A, B and C.

Domain A is what a simulator assumes, B and C are what nature does instead; the differences are
real ones of the literature, see `DOMAINS`. All three share the prior of age and mass unless a
catalogue is asked for another `mix`. A catalogue is made of clusters and of the field, with
positions, so that dust along the line of sight and clouds around clusters redden it.

References:
    | Disk lifetimes: Mamajek (2009), https://arxiv.org/abs/0906.5011
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.io.observations import Observations, State
from astroviz.stars.dust_maps import DustMap, stand_in_dust
from astroviz.stars.noise import error_law
from astroviz.stars.parameters import PARAMETERS, to_theta, to_z
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import SimulatedStars, observe_parallax, with_gaps
from astroviz.stars.spectral_batches import numbers_of
from astroviz.stars.spectral_features import SpectralNumbers
from astroviz.stars.spectral_noise import SimulatedSpectra, observe_spectra
from astroviz.stars.spectral_physics import SpectralPhysics

__all__ = ["BOUNDS", "DOMAINS", "MIXES", "Domain", "MockCatalogue", "domain_named",
           "mock_catalogue", "observe"]  # fmt: skip


@dataclass(frozen=True)
class Domain:
    r"""One way the world may be.

    Arguments:
        name: `A`, `B` or `C`.
        title: What it is, for the screen.
        physics: Settings of `Physics`.
        dust: `coarse` or `fine` stand-in map.
        r_v: Range of R_V, flat.
        circumstellar: Mean A_V, mag, of what a disk adds.
    """

    name: str
    title: str
    physics: dict[str, Any]
    dust: str
    r_v: tuple[float, float]
    circumstellar: float = 0.0

    def open_physics(self) -> Physics:
        """Its tracks, atmosphere and extinction."""
        return Physics(**self.physics)


DOMAINS: dict[str, Domain] = {
    "A": Domain(
        "A", "the simulator: PARSEC tracks, ATLAS9 and PHOENIX atmospheres, F99 extinction, "
        "coarse dust", {"tracks": "parsec", "atmosphere": "kurucz_phoenix", "law": "f99",
                        "empirical": False}, "coarse", (3.0, 3.2),
    ),
    "B": Domain(
        "B", "another atmosphere and law: PARSEC tracks, BT-Settl atmospheres, G23 extinction, "
        "fine dust", {"tracks": "parsec", "atmosphere": "btsettl", "law": "g23",
                      "empirical": False}, "fine", (3.0, 3.2),
    ),
    "C": Domain(
        "C", "harder: magnetic tracks (Feiden 2016), BT-Settl, G23 with R_V from 3.1 to 5.5, "
        "fine dust, dust around disks", {"tracks": "feiden2016_magnetic", "atmosphere": "btsettl",
                                         "law": "g23", "empirical": False}, "fine", (3.1, 5.5),
        circumstellar=1.0,
    ),
}  # fmt: skip
BOUNDS = {"log_age": (6.0, 7.8), "log_mass": (float(np.log10(0.12)), 0.0)}
"""Range of the prior of the mock catalogues: 1 to 63 Myr, 0.12 to 1 solar mass."""
MIXES = ("prior", "young and massive")
"""Populations: flat in log age and in log mass; or three quarters of the stars below 4 Myr, and
three quarters above 0.5 solar masses."""

# Footprints, and the part of the stars that have each: the last is as varied as a real census.
_PATTERNS: dict[str | None, tuple[float, float]] = {
    "all": (0.0, 0.5), "+ Spitzer": (0.5, 0.85), "no WISE": (0.85, 0.95), None: (0.95, 1.0),
}  # fmt: skip

_NAMES = [parameter.name for parameter in PARAMETERS]
_DISK_AGE = 2.5e6  # yr
_IN_CLUSTERS = 0.6
_CLOUD = (2.0, 0.7, 8.0)  # median mag, natural-log scatter and largest mean A_V of a cluster
_FIELD_CLOUD = 0.8  # mag: young stars outside of clusters are still near clouds
_MOST_DUST = 12.0
_DISTANCE = (60.0, 300.0)  # pc: where the nearby star-forming regions are
_THICKNESS = (50.0, 90.0)  # pc, of clusters and of the field
_CALIBRATION = 0.01  # mag, part of every reported error
_XP = 0.95  # chance of a spectrum for a star that is bright enough


@dataclass(frozen=True)
class MockCatalogue:
    r"""A catalogue of :math:`N` young stars of one domain.

    Arguments:
        domain: Its domain.
        mix: One of `MIXES`.
        stars: Truths and observations.
        spectra: Compressed XP-like spectra.
        light: The XP-like spectra themselves.
        longitude: Galactic longitude, degrees, shape :math:`(N,)`.
        latitude: Galactic latitude, degrees.
        cluster: Number of the cluster; -1 in the field.
    """

    domain: Domain
    mix: str
    stars: SimulatedStars
    spectra: SpectralNumbers
    light: SimulatedSpectra
    longitude: np.ndarray
    latitude: np.ndarray
    cluster: np.ndarray

    def __len__(self) -> int:
        return len(self.stars)

    @property
    def observations(self) -> Observations:
        """What a table of these stars would hold, positions and spectra included."""
        from astropy.coordinates import SkyCoord

        sky = SkyCoord(l=self.longitude, b=self.latitude, unit="deg", frame="galactic").icrs
        names = [f"{self.domain.name}{k + 1}" for k in range(len(self))]
        return replace(
            self.stars.observations, identifiers=np.array(names), spectra=(self.light.as_set(),),
            coordinates=np.stack([sky.ra.deg, sky.dec.deg], -1),
        )  # fmt: skip

    def rows(self, index: Tensor) -> MockCatalogue:
        """Some of the stars."""
        k = index.numpy()
        return MockCatalogue(
            self.domain, self.mix, self.stars.rows(index), self.spectra.rows(index),
            self.light.rows(index), self.longitude[k], self.latitude[k], self.cluster[k],
        )  # fmt: skip


def domain_named(name: str) -> Domain:
    """One of `DOMAINS`; ValueError that names them."""
    if name not in DOMAINS:
        raise ValueError(f"no galaxy {name!r}; there are {', '.join(DOMAINS)}")
    return DOMAINS[name]


def mock_catalogue(
    domain: str,
    n: int,
    seed: int = 0,
    mix: str = "prior",
    clusters: int = 60,
    dust: DustMap | None = None,
    pattern: str | None = None,
) -> MockCatalogue:
    r"""Draw a catalogue of one domain.

    Arguments:
        domain: Name of the domain.
        n: Number of stars.
        seed: Seed of everything but the dust field.
        mix: One of `MIXES`.
        clusters: Number of clusters that 60 % of the stars are in.
        dust: A map of the dust; the domain's stand-in by default.
        pattern: Surveys of every star, one of `simulator.PATTERNS`; random footprints by default.

    Returns:
        The catalogue; the same arguments give the same stars.

    Raises:
        ValueError: no such domain or mix; no stars.

    Example:
        >>> mock_catalogue("B", 1000, seed=1).stars.theta.shape  # doctest: +SKIP
        torch.Size([1000, 9])
    """
    place = domain_named(domain)
    if mix not in MIXES:
        raise ValueError(f"no population {mix!r}; there are {', '.join(MIXES)}")
    if n < 1 or clusters < 1:
        raise ValueError(f"{n} stars in {clusters} clusters cannot be drawn; give 1 or more")
    generator = torch.Generator().manual_seed(seed)
    random = np.random.default_rng(seed)
    physics = place.open_physics()
    cluster = np.where(random.random(n) < _IN_CLUSTERS, random.integers(clusters, size=n), -1)
    theta = _ages_and_masses(n, cluster, clusters, mix, physics, random)
    longitude, latitude, theta["distance"] = _positions(cluster, clusters, random)
    disk = random.random(n) < np.exp(-(10 ** theta["log_age"]) / _DISK_AGE)
    sight = (dust or stand_in_dust(place.dust)).a_v(longitude, latitude, theta["distance"])
    theta["a_v"] = _extinction(sight, cluster, clusters, disk, place, random)
    theta["r_v"] = random.uniform(*place.r_v, n)
    z = torch.randn(n, len(_NAMES), generator=generator)
    columns = [k for k, name in enumerate(_NAMES) if name in theta]
    known = to_theta(z).double()
    known[:, columns] = torch.from_numpy(np.stack([theta[_NAMES[k]] for k in columns], -1))
    z[:, columns] = to_z(known)[:, columns].float()
    stars = observe(z, torch.from_numpy(disk), physics, generator, pattern)
    glow = SpectralPhysics(physics)
    chance = {"xp": _XP if pattern is None else 0.0}
    light = observe_spectra(stars, generator, glow, chance, mismatch=False)
    spectra = numbers_of(light, glow)
    return MockCatalogue(place, mix, stars, spectra, light[0], longitude, latitude, cluster)


def observe(
    z: Tensor,
    disk: Tensor,
    physics: Physics,
    generator: torch.Generator,
    pattern: str | None = None,
) -> SimulatedStars:
    r"""Single stars of known parameters as the surveys see them, with reported errors only.

    Unlike `simulator.simulate` there is no error floor, no variability and no accretion: the
    domains differ by their physics and by nothing else.

    Arguments:
        z: Normal scores of the parameters, shape :math:`(N, 9)`.
        disk: Whether each star has a disk, shape :math:`(N,)`, bool.
        physics: Tracks, atmosphere and extinction.
        generator: Source of random numbers.
        pattern: One of `simulator.PATTERNS` for every star.
    """
    n, theta = len(z), to_theta(z)
    mag, star = physics.magnitudes(theta, disk)
    scatter = torch.exp(0.3 * torch.randn(n, 15, generator=generator))
    values = mag + scatter * _reported(mag) * torch.randn(n, 15, generator=generator)
    bands = (values, scatter * _reported(values), mag)
    parallax = observe_parallax(theta[:, 5], values[:, 0], generator)
    blank = torch.zeros(n, 4)
    parts = [torch.cat([p, b, blank], 1) for p, b in zip(parallax, bands, strict=True)]
    states = torch.full((n, 20), int(State.OBSERVED), dtype=torch.int8)
    states = _states(states, parts[0], parts[1], pattern, generator)
    states[:, 16:] = int(State.NOT_COVERED)  # labels are what pairs are made of
    zero = torch.zeros(n)
    return SimulatedStars(
        z, disk.long(), star, zero, zero, parts[0], parts[1], states, parts[2], theta[:, 2:6]
    )


def _states(
    states: Tensor, values: Tensor, errors: Tensor, pattern: str | None,
    generator: torch.Generator,
) -> Tensor:  # fmt: skip
    """States of all quantities: by default most stars are in Gaia, 2MASS and WISE."""
    if pattern is not None:
        return with_gaps(states, values, errors, pattern, generator)
    kind = torch.rand(len(states), 1, generator=generator)
    parts = [
        (with_gaps(states.clone(), a, b, name, generator), a, b)
        for name in _PATTERNS
        for a, b in ((values.clone(), errors.clone()),)
    ]
    found = torch.zeros_like(states)
    for (part, a, b), (low, high) in zip(parts, _PATTERNS.values(), strict=True):
        mine = (kind >= low) & (kind < high)
        for whole, own in ((found, part), (values, a), (errors, b)):
            whole.copy_(torch.where(mine, own, whole))
    return found


def _reported(magnitude: Tensor) -> Tensor:
    return (error_law(magnitude) ** 2 + _CALIBRATION**2).sqrt()


def _ages_and_masses(
    n: int, cluster: np.ndarray, clusters: int, mix: str, physics: Physics,
    random: np.random.Generator,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Log ages, common to a cluster, and log masses, redrawn where the tracks hold no star."""
    shared = _ages(clusters, mix, random)
    age = np.where(cluster >= 0, shared[cluster], _ages(n, mix, random))
    mass = _masses(n, mix, random)
    for _ in range(20):
        star = physics.evolve(torch.from_numpy(age).float(), torch.from_numpy(mass).float())
        bad = ~star.valid.numpy()
        if not bad.any():
            break
        mass[bad] = _masses(int(bad.sum()), mix, random)
    return {"log_age": age, "log_mass": mass}


def _ages(n: int, mix: str, random: np.random.Generator) -> np.ndarray:
    low, high = BOUNDS["log_age"]
    ages = random.uniform(low, high, n)
    if mix == "prior":
        return ages
    return np.where(random.random(n) < 0.75, random.uniform(low, 6.6, n), ages)


def _masses(n: int, mix: str, random: np.random.Generator) -> np.ndarray:
    low, high = BOUNDS["log_mass"]
    masses = random.uniform(low, high, n)
    if mix == "prior":
        return masses
    return np.where(random.random(n) < 0.75, random.uniform(np.log10(0.5), high, n), masses)


def _positions(
    cluster: np.ndarray, clusters: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Galactic longitude and latitude, degrees, and distance, pc, of every star."""
    n = len(cluster)
    low, high = np.log10(_DISTANCE)
    centre = _scatter(10 ** random.uniform(low, high, clusters), _THICKNESS[0], random)
    field = _scatter(10 ** random.uniform(low, high, n), _THICKNESS[1], random)
    xyz = np.where(cluster[:, None] >= 0, centre[cluster] + random.normal(0, 4.0, (n, 3)), field)
    distance = np.clip(np.linalg.norm(xyz, axis=1), 45.0, 1190.0)
    longitude = np.degrees(np.arctan2(xyz[:, 1], xyz[:, 0])) % 360
    return longitude, np.degrees(np.arcsin(np.clip(xyz[:, 2] / distance, -1, 1))), distance


def _scatter(distance: np.ndarray, thickness: float, random: np.random.Generator) -> np.ndarray:
    """Points at given distances in a disk of exponential height, shape (N, 3), pc."""
    height = np.clip(random.laplace(0, thickness, len(distance)), -0.9 * distance, 0.9 * distance)
    angle, flat = random.uniform(0, 2 * np.pi, len(distance)), np.sqrt(distance**2 - height**2)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), height], -1)


def _extinction(
    sight: np.ndarray, cluster: np.ndarray, clusters: int, disk: np.ndarray, domain: Domain,
    random: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """A_V: the line of sight, the cloud a star is in, and what its disk adds; mag."""
    n = len(sight)
    median, scatter, most = _CLOUD
    cloud = np.minimum(median * np.exp(scatter * random.standard_normal(clusters)), most)
    local = np.where(cluster >= 0, cloud[cluster], _FIELD_CLOUD) * random.exponential(1.0, n)
    around = disk * domain.circumstellar * random.exponential(1.0, n)
    found: np.ndarray = np.clip(sight + local + around, 1e-3, _MOST_DUST)
    return found
