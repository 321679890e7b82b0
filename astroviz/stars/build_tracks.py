r"""Pre-main-sequence tracks on regular grids of (log age, log mass).

The package's own matrices are uniform (0.01 dex in age and in mass), of solar composition, and
NaN where a track has no star. We keep their mass nodes and interpolate linearly in log age to a
coarser uniform axis; a cell is kept only where both neighbouring ages have a star, so that nothing
is extrapolated.

Two parts of the packaged matrices are not used. MIST's are scrambled from log age 7.77 on (at 80
Myr its stars of 1.00 and 1.05 Msun differ by 2.5 dex in luminosity, where MIST's own tracks are
smooth), so it ends at 7.75. And stars that have left the main sequence are cut: the package
interpolates straight across the giant branch.
"""

from __future__ import annotations

import io

import numpy as np

from astroviz.stars.build_sources import Sources

__all__ = ["TRACKS", "load_track", "track_tables"]

TRACKS: dict[str, str] = {
    "parsec": "PARSECv1p2",
    "mist": "MIST_v1p2",
    "baraffe2015": "Baraffe",
    "feiden2016": "Feiden",
    "feiden2016_magnetic": "Feiden_B",
    "spots000": "SPOTS_Fspot_0000",
    "spots017": "SPOTS_Fspot_0169",
    "spots034": "SPOTS_Fspot_0339",
    "spots051": "SPOTS_Fspot_0508",
    "spots085": "SPOTS_Fspot_0847",
}
AGE_STEP, MASS_STEP = 0.025, 0.01
OLDEST = 9.0
_LAST_AGE = {"mist": 7.75}
# A change of log Teff per 0.01 dex of age that only a star past the main sequence shows.
_EVOLVED_STEP, _EVOLVED_MASS, _EVOLVED_AGE = 0.03, 0.25, 7.5


def load_track(sources: Sources, name: str) -> dict[str, np.ndarray]:
    """One matrix as published: log_age (a,), log_mass (m,), log_teff and log_lum (a, m)."""
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise ImportError(
            "building the tables needs scipy: pip install 'astroviz[tables]'"
        ) from error
    if name not in TRACKS:
        raise KeyError(f"no tracks named {name!r}; there are {', '.join(TRACKS)}")
    member = f"/{TRACKS[name]}_AgeMassGrid_YSO_builtin_matrix.mat"
    content = loadmat(io.BytesIO(sources.read("ysoisochrone", member)))
    cube = np.asarray(content["logt_logl"], dtype=float)
    return {
        "log_age": np.ravel(content["log_age"]).astype(float),
        "log_mass": np.log10(np.ravel(content["mass"]).astype(float)),
        "log_teff": cube[..., 0],
        "log_lum": cube[..., 1],
    }


def track_tables(sources: Sources, name: str) -> dict[str, np.ndarray]:
    """The regular grid of one set of tracks, under the names of the shipped tables."""
    raw = load_track(sources, name)
    star = np.isfinite(raw["log_teff"]) & np.isfinite(raw["log_lum"]) & ~_evolved(raw)
    star &= raw["log_age"][:, None] <= _LAST_AGE.get(name, OLDEST) + 0.0105
    ages = raw["log_age"][star.any(axis=1)]
    masses = raw["log_mass"][star.any(axis=0)]
    first = np.ceil((ages[0] - 2e-3) / AGE_STEP)
    last = np.floor((min(ages[-1], _LAST_AGE.get(name, OLDEST)) + 2e-3) / AGE_STEP)
    log_age = AGE_STEP * np.arange(first, last + 1)
    count = round((masses[-1] - masses[0]) / MASS_STEP) + 1
    log_mass = masses[0] + MASS_STEP * np.arange(count)
    table = {"log_mass": log_mass}
    for column in ("log_teff", "log_lum"):
        value = np.where(star, raw[column], np.nan)
        value = _linear(value.T, raw["log_mass"], log_mass).T
        table[column] = _linear(value, raw["log_age"], log_age)
    used = np.isfinite(table["log_teff"]).any(axis=1)  # first and last age may be half a cell off
    table["log_teff"], table["log_lum"] = table["log_teff"][used], table["log_lum"][used]
    table["log_age"] = log_age[used]
    return {f"track.{name}.{key}": array for key, array in table.items()}


def _evolved(raw: dict[str, np.ndarray]) -> np.ndarray:
    """(a, m) True from the first sign that a star has left the main sequence."""
    step = np.abs(np.diff(raw["log_teff"], axis=0))
    late = raw["log_age"][1:, None] > _EVOLVED_AGE
    massive = raw["log_mass"][None] > _EVOLVED_MASS
    jump = np.where(np.isfinite(step), step, 0.0) > _EVOLVED_STEP
    start = np.zeros(raw["log_teff"].shape, dtype=bool)
    start[:-1] = jump & late & massive  # the age before the jump is part of it
    later = np.maximum.accumulate(start, axis=0)
    return np.asarray(np.maximum.accumulate(later, axis=1))


def _linear(value: np.ndarray, knots: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Linear interpolation along the first axis; NaN unless both neighbours are finite."""
    target = np.clip(target, knots[0], knots[-1])
    right = np.clip(np.searchsorted(knots, target), 1, knots.size - 1)
    share = (target - knots[right - 1]) / (knots[right] - knots[right - 1])
    share = np.where(np.abs(share - np.round(share)) < 0.03, np.round(share), share)[:, None]
    low, high = value[right - 1], value[right]
    mixed = (1 - share) * low + share * high
    return np.where(share == 0, low, np.where(share == 1, high, mixed))
