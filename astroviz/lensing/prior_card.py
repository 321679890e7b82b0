r"""Weights and cards of the priors."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch

from astroviz.core.registry import Card, save_model
from astroviz.lensing.prior import NetworkPrior
from astroviz.lensing.prior_checks import figures
from astroviz.lensing.prior_fit import PriorFitting

__all__ = ["ABOUT", "card_of", "write_prior"]

_PROCEDURAL = (
    "Endless draws of the law of `lensing.procedural`: bulge, disc, log-spiral arms, clumps. "
    "It is ours and known exactly, and stands in for real galaxies."
)
_HUBBLE = (
    "Galaxies of the Hubble eXtreme Deep Field, from the picture that comes with scikit-image "
    "(NASA, public domain; eight bits, its stretch undone only roughly)"
)
_DIGITS = (
    "Digits of 8 x 8 pixels that come with scikit-learn (Alpaydin & Kaynak 1998), each turned, "
    "resized and moved a little at random; one in five held out."
)

ABOUT: dict[str, tuple[str, str]] = {
    "all": ("Galaxies", _PROCEDURAL),
    "elliptical": ("Ellipticals only", _PROCEDURAL + " Ellipticals only."),
    "spiral": ("Spirals only", _PROCEDURAL + " Spirals only."),
    "hubble": ("Hubble galaxies", _HUBBLE),
    "digits": ("Handwritten digits", _DIGITS),
}
"""Title and data of a prior by what it learned."""

_LIMITS = {
    "law": "It believes what its law says: sources of another kind are bent towards it. The flag "
    "for priors that do not fit is there for that.",
    "stand-in": "Galaxies that were made up; not measured from any survey.",
    "hubble": "A few hundred galaxies, most of them small and resampled; their flux is linear "
    "only roughly. It was fine-tuned from the procedural prior and remembers it.",
    "digits": "Digits are no galaxies; they show how a prior is learned from observations.",
    "edge": "Images fade to zero at the rim of the frame; sources that do not are unknown to it.",
}


def card_of(
    run: PriorFitting, data: str, what: dict[str, Any], metrics: dict[str, Any], default: bool
) -> Card:
    r"""The card of a prior.

    Arguments:
        run: The finished training.
        data: What it learned.
        what: Further keys of the card's `config`.
        metrics: Measured figures.
        default: Whether `lensing` alone means this model.

    Returns:
        The card.
    """
    title, source = ABOUT[data]
    pixels = run.average.pixels
    subset = what.get("digits", ())
    if data == "digits" and len(subset) < 10:
        title += f" {subset[0]} to {subset[-1]}"
        source += f" Digits {subset[0]} to {subset[-1]} only."
    if what.get("sources"):
        source += f"; {what['sources']}."
    own = {"hubble": "hubble", "digits": "digits"}.get(data, "stand-in")
    config = {**run.average.config, "network": "prior", "data": data, **what}
    return Card(
        name="", system="lensing",
        title=f"{title}, {pixels} px",
        what=f"The prior of a source of {pixels} x {pixels} pixels behind a lens: a denoiser, "
        "from which scores, draws and posteriors follow.",
        data=source,
        prior="This is one.",
        units={"pixels": "prior units, linear in flux; the brightest is 1 to 4"},
        limits=[_LIMITS["law"], _LIMITS[own], _LIMITS["edge"]],
        metrics={**metrics, "training steps": run.step,
                 "images seen": run.step * run.settings.batch},
        seed=run.settings.seed,
        training_time=_duration(run.elapsed),
        licence="BSD-3-Clause (weights)",
        default=default,
        config=config,
    )  # fmt: skip


def write_prior(
    place: Path,
    run: PriorFitting,
    data: str,
    what: dict[str, Any],
    default: bool = False,
    measure: int = 512,
) -> Card:
    r"""Measure a prior and write its weights, in half precision, and card.

    Arguments:
        place: `<models>/lensing/<name>`.
        run: The finished training.
        data: What it learned.
        what: Further keys of the card's `config`.
        default: Whether `lensing` alone means this model.
        measure: Draws for PQMass; 0 to leave it out.

    Returns:
        The card.
    """
    card = card_of(run, data, what, {}, default)
    tensors = {key: value.half() if value.is_floating_point() else value
               for key, value in run.average.state_dict().items()}  # fmt: skip
    written = save_model(place, tensors, card)
    if not measure:
        return written
    prior = NetworkPrior(written, run.average, torch.device(run.average.mean.device))
    return save_model(place, tensors, card_of(
        run, data, what, figures(prior, measure).metrics(), default))  # fmt: skip


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{math.ceil(seconds)} seconds on one core"
    return f"{seconds / 60:.0f} minutes on one core of a shared machine"
