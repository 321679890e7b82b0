r"""Stars to start with: simulated, so that the truth is known and can be shown.

A preset is the star of a seeded simulation that comes nearest to a description, errors and gaps
included; nothing about it is adjusted afterwards.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from astroviz.io.observations import Observations, State
from astroviz.io.spectra import SpectrumSet
from astroviz.stars.catalogue import Catalogue, from_simulation
from astroviz.stars.gaps import in_surveys
from astroviz.stars.parameters import CLASSES
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import SimulatedStars
from astroviz.stars.spectral_noise import observe_spectra
from astroviz.stars.spectral_physics import SpectralPhysics
from astroviz.stars.spectrographs import SPECTROGRAPHS
from astroviz.stars.surveys import SURVEYS

__all__ = ["PRESETS", "Preset", "example_catalogue", "surprise_catalogue"]

_POOL, _POOL_SEED, _SHOWN = 6000, 20, 400


@dataclass(frozen=True)
class Preset:
    r"""A star to start with.

    Arguments:
        name: Its name on screen.
        sentence: What it shows, and one gesture to try.
        kind: Its class.
        near: Parameter to wanted value and the difference that counts as one.
        states: Quantity to the state it must have.
        surveys: Surveys that must have seen it.
        without: Surveys that must not have seen it.
        spectra: Whether its spectra are shown.
        row: Its row in the example table.
    """

    name: str
    sentence: str
    kind: str
    near: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    surveys: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    spectra: bool = False
    row: int = -1


_SEEN = State.OBSERVED
_DESCRIBED = (
    Preset(
        "Young K star, no disk",
        "A K star of about 10 Myr, seen by Gaia, 2MASS and WISE. Switch Gaia off: the distance, "
        "and with it the age, opens up.",
        "young",
        {"log_age": (7.0, 0.1), "log_mass": (-0.12, 0.05), "a_v": (0.5, 0.5)},
        dict.fromkeys(("parallax", "g", "bp", "rp", "j", "h", "ks", "w1", "w2"), _SEEN),
        ("Gaia", "2MASS", "WISE"),
    ),
    Preset(
        "M star with a disk",
        "An M star of a few Myr whose disk shows from W2 on. Switch WISE off: P(disk) falls back "
        "towards its prior.",
        "young_disk",
        {"log_age": (6.5, 0.2), "log_mass": (-0.45, 0.1), "excess_amplitude": (0.3, 0.3)},
        dict.fromkeys(("parallax", "g", "j", "ks", "w1", "w2", "w3", "w4"), _SEEN),
        ("Gaia", "2MASS", "WISE"),
    ),
    Preset(
        "Reddened star without Gaia",
        "Some ten magnitudes of dust hide this star from Gaia. The infrared alone leaves "
        "temperature and dust tied together: look at the slanted corner panel.",
        "young",
        {"a_v": (10.0, 2.0), "log_mass": (-0.1, 0.2), "distance": (150.0, 80.0)},
        dict.fromkeys(("j", "h", "ks", "w1", "w2"), _SEEN),
        ("2MASS", "WISE"),
        ("Gaia",),
    ),
    Preset(
        "Field dwarf in the way",
        "Not a young star. Photometry alone cannot tell it from one of 50 to 100 Myr: P(young) "
        "says so. Tick 'assume young' to see the age that a member list would give it.",
        "field_dwarf",
        {},
        dict.fromkeys(("parallax", "g", "bp", "rp", "j", "h", "ks", "w1"), _SEEN),
        ("Gaia", "2MASS"),
    ),
    Preset(
        "Giant behind the cloud",
        "A reddened background giant (a stand-in locus). Switch Gaia off: without its parallax "
        "it may pass for a young star.",
        "giant",
        {},
        dict.fromkeys(("parallax", "g", "j", "h", "ks"), _SEEN),
        ("Gaia", "2MASS"),
    ),
    Preset(
        "Not detected in W4",
        "WISE looked and saw nothing in W4, and W3 is spoiled: a limit is information. Set W4 to "
        "'not covered' and P(disk) goes up.",
        "young",
        {"log_age": (6.4, 0.1), "log_mass": (-0.5, 0.1), "distance": (195.0, 10.0)},
        {**dict.fromkeys(("g", "j", "ks"), _SEEN), "w3": State.UNUSABLE, "w4": State.LIMIT},
        ("Gaia", "2MASS", "WISE"),
    ),
    Preset(
        "Low-mass star of 50 Myr",
        "Old for a young star, near the bottom of the tracks, where ages are hard: compare the "
        "width of log age with the K star's.",
        "young",
        {"log_age": (7.7, 0.1), "log_mass": (-0.8, 0.1), "a_v": (0.3, 0.5)},
        dict.fromkeys(("parallax", "g", "rp", "j", "h", "ks"), _SEEN),
        ("Gaia", "2MASS"),
    ),
    Preset(
        "Gaia only",
        "Three magnitudes and a parallax. Switch to 'errors' and drag that of BP: temperature, "
        "mass and age all widen, since the colour told them apart from dust.",
        "young",
        {"log_age": (7.0, 0.3), "log_mass": (-0.2, 0.1)},
        dict.fromkeys(("parallax", "g", "bp", "rp"), _SEEN),
        ("Gaia",),
        ("2MASS", "WISE", "Spitzer", "Spectroscopy"),
    ),
    Preset(
        "Reddened M star with spectra",
        "A low-resolution Gaia spectrum tells dust from temperature, which colours cannot. Switch "
        "'Gaia XP' off and on: A_V and the age widen and narrow.",
        "young",
        {"log_age": (6.8, 0.2), "log_mass": (-0.4, 0.1), "a_v": (1.5, 0.4),
         "distance": (140.0, 40.0)},
        dict.fromkeys(("parallax", "g", "bp", "rp", "j", "h", "ks", "w1"), _SEEN),
        ("Gaia", "2MASS"),
        ("Spectroscopy",),
        spectra=True,
    ),
)  # fmt: skip
PRESETS: tuple[Preset, ...] = tuple(replace(p, row=k) for k, p in enumerate(_DESCRIBED))

_EXAMPLES: weakref.WeakKeyDictionary[Any, Catalogue] = weakref.WeakKeyDictionary()


def example_catalogue(model: Any) -> Catalogue:
    """The presets, then 400 simulated stars; made once for each model."""
    if model not in _EXAMPLES:
        _EXAMPLES[model] = _make_example(model)
    return _EXAMPLES[model]


def _make_example(model: Any) -> Catalogue:
    simulated = model.simulate(_POOL, seed=_POOL_SEED)
    pool = from_simulation(simulated, "example")
    chosen: list[int] = []
    for preset in PRESETS:
        misfit = _misfit(preset, pool)
        misfit[chosen] = np.inf
        chosen.append(int(np.argmin(misfit)))
    others = np.setdiff1d(np.arange(len(pool)), chosen)[:_SHOWN]
    rows = np.concatenate([chosen, others])
    names = [p.name for p in PRESETS] + [f"simulated {k:03d}" for k in range(1, len(others) + 1)]
    observations = replace(
        pool.observations.select(rows),
        identifiers=np.array(names),
        notes=("Simulated stars: the truth is known. Their places on the sky are made up.",),
        spectra=_spectra(model, simulated, rows),
    )
    classes = np.zeros(0, int) if pool.classes is None else pool.classes[rows]
    observations = replace(observations, coordinates=_places(classes))
    truth = {name: column[rows] for name, column in pool.truth.items()}
    return Catalogue(observations, "example", truth=truth, classes=classes)


def _spectra(model: Any, simulated: SimulatedStars, rows: np.ndarray) -> tuple[SpectrumSet, ...]:
    """Spectra of the examples that show them; the other stars have none."""
    shown = torch.tensor([p.row for p in PRESETS if p.spectra])
    generator = torch.Generator().manual_seed(_POOL_SEED)
    stars = simulated.rows(torch.from_numpy(rows)[shown])
    every = {one.name: 1.0 for one in SPECTROGRAPHS}
    # a model of somebody else may have no physics of ours
    light = SpectralPhysics(getattr(model, "physics", None) or Physics())
    found = []
    for one in observe_spectra(stars, generator, light, every):
        part = one.as_set()
        whole = part.blank(len(rows))
        whole.flux[shown], whole.error[shown] = part.flux, part.error
        found.append(replace(whole, correlation=part.correlation_of(0)))
    return tuple(found)


def _misfit(preset: Preset, pool: Catalogue) -> np.ndarray:
    r"""How far each star is from a description, shape :math:`(N,)`."""
    classes = np.zeros(len(pool), int) if pool.classes is None else pool.classes
    total = 1e6 * (classes != CLASSES.index(preset.kind)).astype(float)
    observations: Observations = pool.observations
    for name, (value, scale) in preset.near.items():
        difference = (pool.truth[name] - value) / scale
        total += np.where(np.isfinite(difference), difference**2, 1e3)
    for name, state in preset.states.items():
        total += 100.0 * (observations.states[:, observations.index(name)] != state)
    seen = in_surveys(observations, SURVEYS)
    for survey in preset.surveys:
        total += 1000.0 * ~seen[:, SURVEYS.index(survey)]
    for survey in preset.without:
        total += 1000.0 * seen[:, SURVEYS.index(survey)]
    return total


def _places(classes: np.ndarray) -> np.ndarray:
    """Made-up positions: young stars in three groups, field stars all around them."""
    rng = np.random.default_rng(_POOL_SEED)
    centres = np.array([[285.0, -37.0], [246.0, -24.0], [66.0, 26.0]])
    group = rng.integers(0, len(centres), len(classes))
    spread = np.where(classes < 2, 3.0, 12.0)[:, None]
    offset = rng.normal(size=(len(classes), 2)) * spread
    dec = np.clip(centres[group, 1] + offset[:, 1], -89.0, 89.0)
    ra = (centres[group, 0] + offset[:, 0] / np.cos(np.deg2rad(dec))) % 360.0
    return np.stack([ra, dec], -1)


def surprise_catalogue(model: Any, seed: int) -> Catalogue:
    """One simulated star that nobody has seen before, with its truth."""
    stars = from_simulation(
        model.simulate(1, seed=seed), f"surprise {seed}", np.array([f"surprise {seed}"])
    )
    note = "A simulated star: the truth is known."
    return replace(stars, observations=replace(stars.observations, notes=(note,)))
