r"""What a set of draws says, in a few numbers: ages, membership, quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.stars.reweight import Reweighting

__all__ = ["Summary", "summarise", "weighted_quantiles", "young_probability"]

_QUANTILES = (0.16, 0.5, 0.84)


@dataclass(frozen=True)
class Summary:
    r"""A posterior in a few numbers.

    Arguments:
        p_young: Probability that the star is a young one, with or without a disk.
        p_age_below_10: Probability that it is young and below 10 Myr.
        p_age_below_60: Probability that it is young and below 60 Myr.
        p_disk: Probability of a disk if it is young.
        ood_score: How unlike the training stars it is; NaN if the model has no such score.
        effective_size: Effective number of draws under the edited prior.
        refusal: Why the edited prior is not applied, if it is not.
        parameters: Name to 16 %, 50 % and 84 % quantile, given that the star is young.
        refined: Whether the draws were moved to the exact posterior.
    """

    p_young: float
    p_age_below_10: float
    p_age_below_60: float
    p_disk: float
    ood_score: float
    effective_size: float
    refusal: str | None = None
    parameters: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    refined: bool = False

    def text(self) -> str:
        """One sentence for the page."""
        age = self.parameters.get("log_age")
        years = (
            ""
            if age is None
            else " Age if young: {:.3g} (+{:.2g} -{:.2g}) Myr.".format(
                *_around(*(10 ** (q - 6.0) for q in age))
            )
        )
        return (
            f"P(young) = {self.p_young:.2f}, P(age < 10 Myr) = {self.p_age_below_10:.2f}, "
            f"P(age < 60 Myr) = {self.p_age_below_60:.2f}.{years}"
        )


def _around(low: float, middle: float, high: float) -> tuple[float, float, float]:
    return middle, high - middle, middle - low


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, probabilities: tuple[float, ...] = _QUANTILES
) -> tuple[float, ...]:
    r"""Quantiles of weighted values.

    Arguments:
        values: Shape :math:`(n,)`.
        weights: Shape :math:`(n,)`, not negative.
        probabilities: Which quantiles.
    """
    keep = np.isfinite(values)
    if not keep.any():
        return tuple(float("nan") for _ in probabilities)
    order = np.argsort(values[keep])
    ordered, weight = values[keep][order], weights[keep][order]
    # The middle of each step of the distribution function: symmetric, as the usual median is.
    cumulative = (np.cumsum(weight) - 0.5 * weight) / max(weight.sum(), 1e-300)
    return tuple(float(q) for q in np.interp(probabilities, cumulative, ordered))


def summarise(
    draws: Draws, reweighting: Reweighting, prior_odds: float, assume_young: bool
) -> Summary:
    r"""Sum up draws.

    Arguments:
        draws: Draws of one star.
        reweighting: Their weights.
        prior_odds: Prior odds of a young star against a field star.
        assume_young: Take membership as known.
    """
    weights = reweighting.weights
    p_young = 1.0 if assume_young else young_probability(draws, prior_odds)
    age = np.asarray(draws["log_age"], dtype=float)
    below = [float(weights @ (age < np.log10(limit))) for limit in (1e7, 6e7)]
    return Summary(
        p_young,
        p_young * below[0],
        p_young * below[1],
        _scalar(draws, "p_disk"),
        _scalar(draws, "ood_score"),
        reweighting.effective_size,
        reweighting.refusal,
        {name: weighted_quantiles(draws[name], weights) for name in draws.names},  # type: ignore[misc]
        _scalar(draws, "refined") == 1.0,
    )


def young_probability(draws: Draws, prior_odds: float = 1.0) -> float:
    """P(young) of a star under prior odds of young against field; the draws have even odds."""
    classes = draws.extras.get("class_probabilities")
    if classes is None:
        return _scalar(draws, "p_young")
    probabilities = np.asarray(classes, dtype=float).ravel()[:4]
    young, field_star = probabilities[:2].sum() * prior_odds, probabilities[2:].sum()
    return float(young / max(young + field_star, 1e-300))


def _scalar(draws: Draws, name: str) -> float:
    """An extra of the draws as one number; NaN when there is none."""
    value = draws.extras.get(name)
    return float("nan") if value is None else float(np.asarray(value).ravel()[0])
