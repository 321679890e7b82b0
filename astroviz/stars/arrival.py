r"""What each survey buys: the posterior of a star while surveys arrive, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from astroviz.core.request import Request
from astroviz.io.observations import State
from astroviz.stars.spectrographs import SPECTROGRAPHS
from astroviz.stars.surveys import QUANTITIES, known_surveys

if TYPE_CHECKING:
    from astroviz.stars.posterior import Posterior

__all__ = ["arrivals", "present_surveys"]


def present_surveys(posterior: Posterior) -> tuple[str, ...]:
    """Surveys and spectra that say something about a star, in the usual order."""
    inputs = posterior.inputs()
    seen = inputs.get("spectra_seen", np.zeros(len(SPECTROGRAPHS), dtype=bool))
    spectra = (one.label for one, there in zip(SPECTROGRAPHS, seen, strict=True) if there)
    return (*known_surveys(inputs["states"]), *spectra)


def arrivals(
    posterior: Posterior, order: Sequence[str] | None = None, n: int = 1000, seed: int = 0
) -> list[tuple[str, Request]]:
    r"""Questions about a star that is known from no survey, from one, from two, and so on.

    All are asked with the same noise, so that what differs is what the surveys say.

    Arguments:
        posterior: The star with all that is known of it.
        order: In which order the surveys arrive; the usual order by default.
        n: Number of draws of each.
        seed: Seed of the draws.

    Returns:
        The survey that has just arrived (`prior` before the first), and the question.

    Raises:
        ValueError: If the order names a survey twice, or one that says nothing about the star.
    """
    present = present_surveys(posterior)
    order = tuple(present if order is None else order)
    if len(set(order)) < len(order):
        raise ValueError(f"a survey arrives twice in {', '.join(order)}; name each once")
    if absent := [survey for survey in order if survey not in present]:
        there = ", ".join(present) or "none"
        raise ValueError(f"{absent[0]} says nothing about this star; there is {there}")
    full = posterior.request(n, seed, sampler=posterior.model.samplers[-1])
    surveys = np.array([quantity.survey for quantity in QUANTITIES])
    found = []
    for count in range(len(order) + 1):
        hidden = ~np.isin(surveys, order[:count])
        states = np.where(hidden, int(State.IGNORED), full.inputs["states"]).astype(np.int8)
        inputs = {**full.inputs, "states": states}
        if "spectra_seen" in inputs:
            arrived = [one.label in order[:count] for one in SPECTROGRAPHS]
            inputs["spectra_seen"] = inputs["spectra_seen"] & np.array(arrived)
        request = replace(full, inputs=inputs)
        found.append((order[count - 1] if count else "prior", request))
    return found
