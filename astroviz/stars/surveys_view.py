r"""What the view of surveys asks of a star and says of the answers; no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.core.request import Request
from astroviz.stars.arrival import arrivals, present_surveys
from astroviz.stars.information import Gain

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.stars.explorer import StarsExplorer

__all__ = ["DRAWS", "GAINED", "RIDGED", "arriving", "gain_words", "gains_so_far", "ridge_columns"]

DRAWS = 1000
"""Draws of each ridge."""

RIDGED = {
    "age": "log_age",
    "mass": "log_mass",
    "A_V": "a_v",
    "distance": "distance",
    "effective temperature": "effective_temperature",
}
"""What can be drawn as ridges: name on screen to parameter."""

GAINED = ("log_age", "log_mass", "a_v", "distance")
"""Parameters whose expected gain is worked out."""

_ODD = 4.0  # standard errors below zero


def arriving(explorer: StarsExplorer) -> tuple[list[str], list[tuple[str, Request]]]:
    """Surveys that know the current star in their order, and a question for each ridge."""
    posterior = explorer.model.posterior(explorer.observation())
    order = explorer.arrivals_of(present_surveys(posterior))
    return order, arrivals(posterior, order, DRAWS, explorer.seed)


def ridge_columns(
    explorer: StarsExplorer, draws: Sequence[Draws | None], name: str
) -> tuple[list[np.ndarray | None], list[np.ndarray | None], float | None]:
    """Draws and weights of each ridge, and the truth, as `Ridgelines.update` takes them."""
    weights: list[Any] = [None] * len(draws)
    if explorer.prior:
        weights = [None if d is None else explorer.reweight(d).weights for d in draws]
    columns = [None if d is None else d[name] for d in draws]
    truth = explorer.truth().get(name) if "truth" in explorer.overlays else None
    return columns, weights, truth


def gains_so_far(missing: Sequence[str], gain: Gain | None) -> tuple[np.ndarray, np.ndarray]:
    r"""Bits and errors of all missing surveys, NaN where not worked out, shape :math:`(S, P)`."""
    bits, errors = (np.full((len(missing), len(GAINED)), np.nan) for _ in range(2))
    if gain is not None:
        count = len(gain.surveys)
        bits[:count], errors[:count] = gain.bits, gain.errors
    return bits, errors


def gain_words(gain: Gain, name: str) -> str:
    """What the figures say of the parameter that is drawn."""
    before = ""
    if name not in gain.parameters:
        before, name = "Temperature follows from mass and age. ", "log_mass"
    place = gain.surveys.index(gain.best(name)), gain.parameters.index(name)
    small = gain.bits[place] < 2 * gain.errors[place]
    after = " That is within the error of the estimate: next to nothing." if small else ""
    if (gain.bits < -_ODD * gain.errors).any():
        after += (
            " A bar clearly below zero cannot be: there the model's prediction and its posterior "
            "disagree, so do not trust it."
        )
    return f"{before}{gain.sentence(name)}{after}"
