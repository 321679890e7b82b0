r"""Young stars in every gap pattern, and what a model with gaps says of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Control
from astroviz.core.trials import part_sizes
from astroviz.io.observations import State
from astroviz.stars.checks import regimes
from astroviz.stars.features import featurise
from astroviz.stars.likelihood import log_likelihood
from astroviz.stars.parameters import PARAMETERS, to_theta, to_z
from astroviz.stars.physics import Physics
from astroviz.stars.sampler import DEFAULT_STEPS, class_odds, flow_draws
from astroviz.stars.shortcut import DEFAULT_JUMPS
from astroviz.stars.simulator import PATTERNS, SimulatedStars, simulate
from astroviz.stars.spectral_batches import stars_with_spectra
from astroviz.stars.spectral_features import SpectralNumbers
from astroviz.stars.spectral_noise import SPECTRAL_PATTERNS
from astroviz.stars.surveys import QUANTITIES

if TYPE_CHECKING:
    from astroviz.stars.model import StarsModel

__all__ = ["parts", "photometry", "places"]

_YOUNG = (0.575, 0.425, 0.0, 0.0)  # the prior of young stars, disks included
_DISK = (0.0, 1.0, 0.0, 0.0)
_BASE = 6  # parameters that every young star has
_PRIOR = 1000
_PHOTOMETRY = slice(0, 16)  # parallax and bands; simulated labels come with no named pattern
_MIDDLE = torch.tensor([0.5 * (p.lower + p.upper) for p in PARAMETERS]).double()
_LOWEST = -1e9  # log likelihood where the tracks hold no such star


def parts(
    model: StarsModel, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Simulated stars of all patterns in turn, and their posteriors.

    Arguments:
        model: A model with gaps.
        count: Number of stars.
        draws: Draws of each.
        seed: Seed of stars and draws.
        control: May stop the work; hears of progress.
        case: One of `trials.cases`.
    """
    generator = torch.Generator().manual_seed(seed)
    physics = model.physics
    if case == "shift":
        physics = Physics(**{**vars(model.physics), "tracks": "parsec"})
    prior = to_theta(simulate(_PRIOR, generator, model.physics, _DISK, "all").z)
    done = 0
    for size in part_sizes(count):
        control.check()
        stars, light, pattern = _stars(model, size, done, generator, physics, case)
        if case == "refined":
            z, flags = _refined(model, stars, draws, seed + done, control)
        else:
            z, flags = _draws(model, stars, light, draws, generator, control, case)
        done += size
        control.progress(done / count)
        yield _part(model, stars, pattern, z, flags, prior, seed, done - size, case)


def _stars(
    model: StarsModel, size: int, first: int, generator: torch.Generator, physics: Physics,
    case: str,
) -> tuple[SimulatedStars, SpectralNumbers | None, np.ndarray]:  # fmt: skip
    """Stars of every pattern in turn, their spectra and the names of their patterns."""
    names = list(SPECTRAL_PATTERNS if model.reads_spectra else PATTERNS)
    weights = _DISK if case == "disk" else _YOUNG
    turn = (np.arange(size) + first) % len(names)
    found: list[SimulatedStars] = []
    lights: list[SpectralNumbers] = []
    for k, name in enumerate(names):
        number = int((turn == k).sum())
        if not number:
            continue
        if model.reads_spectra:
            stars, light = stars_with_spectra(number, generator, physics, weights, name)
            lights.append(light)
        else:
            stars = simulate(number, generator, physics, weights, name)
        found.append(stars)
    # put them back in turn, so that any first part holds every pattern
    place = torch.from_numpy(np.argsort(np.argsort(turn, kind="stable"), kind="stable"))
    light_rows = SpectralNumbers.join(lights).rows(place) if lights else None
    return SimulatedStars.join(found).rows(place), light_rows, np.array(names)[turn]


def _draws(
    model: StarsModel, stars: SimulatedStars, light: SpectralNumbers | None, n: int,
    generator: torch.Generator, control: Control, case: str,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Normal scores (N, n, 9) of posterior draws, and which have a disk (N, n)."""
    tokens = featurise(stars.values, stars.errors, stars.states, spectra=light)
    fast = case == "shortcut"
    with torch.inference_mode():
        context = model.network.encoder(tokens)
        blocks = model._blocks(context, tokens, torch.zeros(len(stars), len(PARAMETERS),
                                                            dtype=torch.bool))  # fmt: skip
        chance = class_odds(model.network.classes(context), 1.0).disk[:, None]
        flags = torch.rand(len(stars), n, generator=generator) < chance
        if case == "disk":
            flags = torch.ones_like(flags)
        noise = torch.randn(len(stars), n, len(PARAMETERS), generator=generator)
        z = flow_draws(
            model.network, blocks, list(noise), list(flags),
            DEFAULT_JUMPS if fast else DEFAULT_STEPS, control, shortcut=fast,
        )  # fmt: skip
    return torch.stack(z), flags


def _refined(
    model: StarsModel, stars: SimulatedStars, n: int, seed: int, control: Control
) -> tuple[Tensor, Tensor]:
    """The same after `refine`, star by star, by the exact likelihood."""
    z, flags = [], []
    for row in range(len(stars)):
        control.check()
        request = model.posterior(stars.observations, row).request(n, seed + row, refine=True)
        chunks = [chunk for answer in model.draw([request], model.device, control)
                  for chunk in answer if chunk is not None]  # fmt: skip
        values = torch.from_numpy(np.concatenate([chunk.values for chunk in chunks])).double()
        disk = np.concatenate([chunk.per_draw["disk"] for chunk in chunks]) > 0.5
        theta = values[:, : len(PARAMETERS)]
        z.append(to_z(torch.where(theta.isfinite(), theta, _MIDDLE)).float())
        flags.append(torch.from_numpy(disk))
    return torch.stack(z), torch.stack(flags)


def _part(
    model: StarsModel, stars: SimulatedStars, pattern: np.ndarray, z: Tensor, flags: Tensor,
    prior: Tensor, seed: int, first: int, case: str,
) -> dict[str, Any]:  # fmt: skip
    kept = len(PARAMETERS) if case == "disk" else _BASE
    values, names = photometry(stars)
    place, place_units = places(stars, z, model.physics)
    return {
        "truths": stars.theta[:, :kept].double().numpy(),
        "draws": to_theta(z)[..., :kept].double().numpy(),
        "names": tuple(p.name for p in PARAMETERS[:kept]),
        "units": tuple(p.unit for p in PARAMETERS[:kept]),
        "prior": prior[:, :kept].double().numpy(),
        "observations": values,
        "observation_names": names,
        "groups": {"pattern": pattern, "regime": regimes(z)},
        "places": place,
        "place_units": place_units,
        "log_likelihood": _likelihoods(model, stars, z, flags),
        "ids": tuple(f"star {first + k + 1}" for k in range(len(stars))),
        "model": model.name,
        "seed": seed,
        "notes": _notes(model, case),
    }


def _notes(model: StarsModel, case: str) -> tuple[str, ...]:
    found = [
        "The likelihood by which draws are ranked is that of a single star without accretion: a "
        "fixed function of data and parameters, which is all that ranks need.",
    ]
    if model.reads_spectra:
        found.append(
            "Each star's posterior was given its compressed spectra too; they are not among the "
            "columns of what was observed."
        )
    if case == "shift":
        found.append("These stars follow PARSEC tracks, the model was taught others.")
    return tuple(found)


def photometry(stars: SimulatedStars) -> tuple[np.ndarray, tuple[str, ...]]:
    r"""What the posteriors were given as a table with gaps.

    Returns:
        Parallax (mas), magnitudes (Vega) and their errors, shape :math:`(N, 32)`, NaN where not
        observed; and their names.
    """
    seen = stars.states[:, _PHOTOMETRY] == int(State.OBSERVED)
    found = [torch.where(seen, part[:, _PHOTOMETRY], torch.nan).double().numpy()
             for part in (stars.values, stars.errors)]  # fmt: skip
    names = [q.name for q in QUANTITIES[_PHOTOMETRY]]
    return np.concatenate(found, 1), (*names, *(f"{name}_error" for name in names))


def places(
    stars: SimulatedStars, z: Tensor, physics: Physics
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    r"""Coordinates in which stars are shown, functions of the data alone.

    Arguments:
        stars: :math:`N` stars.
        z: Normal scores of their draws, shape :math:`(N, n, 9)`.
        physics: Tracks, for temperature and luminosity of the draws.
    """
    values, names = photometry(stars)
    column = {name: values[:, k] for k, name in enumerate(names)}
    theta = to_theta(z)
    star = physics.evolve(theta[..., 0].flatten(), theta[..., 1].flatten())
    inside = star.valid.view(z.shape[:2])

    def mean(part: Tensor) -> np.ndarray:
        whole = torch.where(inside, part.view(inside.shape), 0.0).sum(1)
        found: np.ndarray = (whole / inside.sum(1)).double().numpy()  # NaN where no draw is inside
        return found

    found = {
        "G": column["g"], "BP - RP": column["bp"] - column["rp"], "Ks": column["ks"],
        "J - Ks": column["j"] - column["ks"],
        "log Teff (posterior mean)": mean(star.log_teff),
        "log L (posterior mean)": mean(star.log_lum),
    }  # fmt: skip
    units = ("mag", "mag", "mag", "mag", "log10 K", "log10 solLum")
    return found, dict(zip(found, units, strict=True))


def _likelihoods(
    model: StarsModel, stars: SimulatedStars, z: Tensor, flags: Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Log likelihood of truths (N,) and draws (N, n) as single stars without accretion."""
    n = z.shape[1]
    rows = torch.arange(len(stars)).repeat_interleave(n)

    def of(theta: Tensor, disk: Tensor, index: Tensor) -> Tensor:
        nothing = torch.zeros(len(theta), dtype=theta.dtype)
        found = log_likelihood(
            theta, disk, nothing, nothing, stars.values[index], stars.errors[index],
            stars.states[index], model.physics,
        )  # fmt: skip
        return found.clamp(min=_LOWEST).nan_to_num(_LOWEST)

    true = of(stars.theta, stars.classes == 1, torch.arange(len(stars)))
    drawn = of(to_theta(z).flatten(0, 1), flags.flatten(), rows).view(-1, n)
    return true.double().numpy(), drawn.double().numpy()
