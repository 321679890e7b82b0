r"""From a finished training to a shipped model: limits of the score, measured figures, card."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import torch

from astroviz.core.cards import Card
from astroviz.core.registry import save_model
from astroviz.stars.features import featurise
from astroviz.stars.fit import misfits
from astroviz.stars.network import StarsNetwork
from astroviz.stars.parameters import PARAMETERS, PRIOR_TEXT, to_theta
from astroviz.stars.physics import Physics
from astroviz.stars.sampler import CLASS_SHARE, draws_of_known
from astroviz.stars.simulator import simulate
from astroviz.stars.spectral_limits import spectral_limits
from astroviz.stars.spectrographs import SPECTROGRAPHS

__all__ = ["misfit_limits", "model_card", "release"]

_DRAWS = 64  # of each star that sets a limit
_LIMITS = [
    "Young stars of 0.03 to 4 solar masses, 0.5 to 100 Myr, 40 to 1200 pc, A_V below 20 mag; "
    "outside, `ood_score` rises above 1 or the posterior leans on a bound.",
    "Evolutionary tracks are solar: [M/H] acts on the atmosphere only.",
    "Field dwarfs and giants are a stated locus, a stand-in for a model of the Galaxy: "
    "P(young) depends on it and on the prior odds.",
    "Unresolved companions share the extinction of the primary; accretion and activity are a "
    "smooth excess that fades from BP to the red; edge-on disks (scattered light) are not in the "
    "simulator.",
    "Calibrated on the average: single stars with very good data can be off by some tenths of "
    "their error bar, which `refine` puts right at a second or two a star.",
    "Saturated and blended magnitudes say nothing here; a limit counts only when it is given.",
]


_KINDS: dict[str, dict[str, Any]] = {
    "young": {},
    "joint": {
        "name": "stars/joint",
        "default": False,
        "title": "Any conditional of a young star",
        "what": "Parameters and observables of one young star given any others: posteriors, "
        "predictions of a survey, likelihoods, the joint distribution. Starts from stars/young "
        "and is taught all kinds of questions, each under every dependency mask; for plain "
        "posteriors stars/young is better calibrated.",
        "limits": [
            *_LIMITS,
            "Questions from spectroscopic labels alone come out up to twice too wide (log age "
            "0.15 dex where the exact width is 0.08 dex); `refine` puts that right.",
            "`astroviz check` covers its plain posteriors, not every conditional.",
        ],
    },
    "spectra": {
        "name": "stars/spectra",
        "default": False,
        "title": "Young stars from photometry and spectra",
        "what": "The posterior of stars/young, with an XP-like spectrum and its correlated "
        "covariance, an optical (LAMOST-like) and an H-band (APOGEE-like) spectrum as further "
        "modalities, each with an encoder of its own and each optional. Starts from stars/young; "
        "answers whenever a star has a spectrum.",
        "limits": [
            *_LIMITS,
            *(one.stand_in for one in SPECTROGRAPHS),
            "A mismatch of 5 % between model and sky is built into XP-like spectra, smooth over "
            "some three bins and more; what no atmosphere grid has (emission lines, the Balmer "
            "jump) is not, and shows as `ood_score` above 1.",
            "Trained and tested on simulated spectra only: no real spectrum was at hand.",
        ],
    },
}


def misfit_limits(
    network: StarsNetwork, physics: Physics, seed: int, n: int = 4000
) -> list[float]:
    r"""The 99 % level of the misfit for 0, 1, ..., 16 observed quantities.

    A straight line :math:`a + b k` through the 99 % levels of simulated stars with about
    :math:`k` quantities, so that rare numbers borrow from common ones.

    Arguments:
        network: The trained network.
        physics: Its physics.
        seed: Seed of the simulated stars.
        n: Number of simulated stars.
    """
    generator = torch.Generator().manual_seed(seed)
    found: list[tuple[int, float]] = []
    for size in [500] * (n // 500) or [n]:
        stars = simulate(size, generator, physics, (0.57, 0.43, 0.0, 0.0))
        tokens = featurise(stars.values, stars.errors, stars.states)
        disk = stars.classes == 1
        z = draws_of_known(network, tokens, disk, _DRAWS, generator)
        levels, numbers = misfits(
            to_theta(torch.stack(z)), disk[:, None].expand(-1, _DRAWS), stars.values,
            stars.errors, stars.states, physics,
        )  # fmt: skip
        found += list(zip(numbers.tolist(), levels.tolist(), strict=True))
    return _levels(np.array(found))


def _levels(found: np.ndarray) -> list[float]:
    edges = [1, 3, 5, 7, 9, 11, 13, 17]
    points = []
    for low, high in itertools.pairwise(edges):
        part = found[(found[:, 0] >= low) & (found[:, 0] < high)]
        if len(part) >= 20:
            points.append((part[:, 0].mean(), np.quantile(part[:, 1], 0.99)))
    if len(points) < 2:
        return [25.0 + 2 * k for k in range(17)]  # too few stars to say: a trial run
    numbers, levels = np.array(points).T
    slope, start = np.polyfit(numbers, levels, 1)
    slope = max(float(slope), 0.0)
    return [float(max(start + slope * k, 4.0)) for k in range(17)]


def model_card(
    config: dict[str, Any], seed: int, training_time: str, metrics: dict[str, Any]
) -> Card:
    """The card of the photometric model of young stars."""
    return Card(
        name="stars/young",
        system="stars",
        default=True,
        title="Young stars from photometry with gaps",
        what="Age, mass, extinction, distance, disk and more of one young star from any subset "
        "of Gaia, 2MASS, WISE, Spitzer and spectroscopic labels; any parameters may be given.",
        data="Simulated stars only, drawn while training: Baraffe et al. (2015) tracks joined to "
        "Feiden (2016) above 0.8 to 1.3 solar masses, BT-Settl atmospheres (Allard 2014), "
        "extinction of Gordon et al. (2023); companions, variability, accretion, disks, survey "
        "errors, limits and footprints. Colours and temperature scale of the atmospheres follow "
        "Pecaut & Mamajek (2013), see stars/empirical.py. No real star is in the training "
        "data; the photometry (not the spectral types) of diskless members of Corona Australis "
        "set one number, the median blue excess of active stars, see simulator.veiling_of.",
        prior="; ".join(f"{name}: {text}" for name, text in PRIOR_TEXT.items())
        + "; disk in 0.425 of young stars at any age; young against field 1:1 unless told",
        units={parameter.name: parameter.unit for parameter in PARAMETERS},
        limits=_LIMITS,
        metrics=metrics,
        seed=seed,
        training_time=training_time,
        licence="BSD-3-Clause (weights); cite the sources of the tables, see stars/tables",
        config=config,
        extra={"class_share": list(CLASS_SHARE)},
    )


def release(
    network: StarsNetwork,
    folder: Path,
    settings: dict[str, Any],
    physics: dict[str, Any],
    seed: int,
    training_time: str,
    metrics: dict[str, Any] | None = None,
    stars: int = 4000,
    kind: str = "young",
) -> Card:
    r"""Write `weights.safetensors` and `card.toml` of a trained network.

    Arguments:
        network: The averaged network.
        folder: `<models>/stars/young`, for example.
        settings: Settings that build the network.
        physics: Settings of `Physics`.
        seed: Seed of the training.
        training_time: How long it took, in words.
        metrics: Measured figures.
        stars: Simulated stars that set the limits of the score.
        kind: Which model it is: `young`, `joint` or `spectra`.
    """
    network.eval()
    limits = misfit_limits(network, Physics(**physics), seed + 7, stars)
    config: dict[str, Any] = {
        "family": "flow-matching", "network": settings, "physics": physics,
        "misfit_limits": [round(value, 2) for value in limits],
    }  # fmt: skip
    if network.encoder.spectra is not None:
        config["spectral_limits"] = spectral_limits(network, Physics(**physics), seed + 8, stars)
    card = model_card(config, seed, training_time, metrics or {})
    card = dataclasses.replace(card, **_KINDS[kind])
    tensors = network.state_dict()
    if kind != "young":
        # Half precision moves draws by under a hundredth of their spread; it halves the file.
        tensors = {name: tensor.half() for name, tensor in tensors.items()}
    return save_model(folder, tensors, card)
