r"""The state of the view *Trust*: each sampler beside a posterior that is known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.lensing.sampler_words import LABELS
from astroviz.lensing.settings import SAMPLERS
from astroviz.lensing.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws
    from astroviz.core.request import Request
    from astroviz.lensing.trust_answers import Comparison
    from astroviz.lensing.trust_study import Study

__all__ = ["DRAWS", "JUDGED", "TRUTHS", "TrustState"]

JUDGED = tuple(name for name in SAMPLERS if name != "exact")
"""Samplers that can be wrong."""
TRUTHS = (16, 32, 64, 128, 200)
DRAWS = (8, 16, 32, 64)


class TrustState(ViewState):
    """Parameters of the view *Trust*, and the questions that it asks."""

    _dragged = frozenset({"trust_noise"})

    trust_sampler: param.Selector[Any] = param.Selector(
        default="split_gibbs", objects=list(SAMPLERS), doc="Sampler beside the exact posterior."
    )
    trust_quality: param.Selector[Any] = param.Selector(
        default="live", objects=["live", "reference"],
        doc="Steps of the sampler: to be watched, or to be believed.",
    )  # fmt: skip
    trust_pixels: param.Selector[Any] = param.Selector(
        default=16, objects=[16, 32], doc="Side of the source, pixels."
    )
    trust_noise = param.Number(
        default=0.1, bounds=(0.02, 1.0), doc="Noise of a pixel of the image, prior units."
    )
    trust_count = param.Integer(
        default=32, bounds=(8, 128), doc="Draws beside the exact posterior of one observation."
    )
    trust_truths: param.Selector[Any] = param.Selector(
        default=32, objects=list(TRUTHS), doc="Simulated observations of a check."
    )
    trust_check_draws: param.Selector[Any] = param.Selector(
        default=16, objects=list(DRAWS), doc="Draws for each observation of a check."
    )

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._trust_studies: dict[Any, Study] = {}

    # What the bar offers

    def trust_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return (
            Preset("Split Gibbs", "The default of these pages, beside the exact posterior.",
                   {"trust_sampler": "split_gibbs", "trust_pixels": 16, "trust_noise": 0.1}),
            Preset("MMPS, solved fully", "Moment matching is exact for a Gaussian prior, if its "
                   "linear system is solved.",
                   {"trust_sampler": "mmps", "trust_quality": "reference", "trust_pixels": 16}),
            Preset("Convolved likelihood", "Its residuals look perfect, and its errors are too "
                   "small: look at the ratio.",
                   {"trust_sampler": "cla", "trust_pixels": 16, "trust_noise": 0.1}),
            Preset("DPS", "The most used one, where the answer is known.",
                   {"trust_sampler": "dps", "trust_pixels": 16, "trust_noise": 0.1}),
            Preset("32 pixels", "A thousand dimensions.",
                   {"trust_sampler": "split_gibbs", "trust_pixels": 32, "trust_noise": 0.1}),
        )  # fmt: skip

    def trust_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {
            "trust_sampler": str(random.choice(JUDGED)),
            "trust_noise": round(float(np.exp(random.uniform(np.log(0.05), np.log(0.4)))), 3),
        }

    def trust_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return (
            f"{self.trust_count} draws of {LABELS[self.trust_sampler]} beside the exact posterior "
            "of a Gaussian-process source. Click another sampler in the table."
        )

    def trust_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        return (
            "Right for a Gaussian prior is no proof for a learned one: its posterior is unknown.",
        )

    # One observation

    def trust_request(self) -> Request:
        """Draws for one observation, streamed, with the exact mean and deviation."""
        from astroviz.lensing.trust_answers import trust_request

        return trust_request(self)

    def trust_comparison(self, draws: Draws) -> Comparison | None:
        """What there is to draw of an answer; None before there are chains."""
        from astroviz.lensing.trust_answers import Comparison

        return Comparison.of(draws)

    # Many observations

    @property
    def _trust_key(self) -> tuple[Any, ...]:
        return (
            self.trust_pixels, self.trust_noise, self.trust_quality, self.trust_truths,
            self.trust_check_draws, self.seed,
        )  # fmt: skip

    def trust_work(self, samplers: tuple[str, ...]) -> Any:
        """The check as a piece of work: called with `progress` and `check`, gives studies."""
        from astroviz.lensing.trust_study import study_work

        return study_work(
            samplers, self.trust_pixels, self.trust_noise, self.trust_quality == "reference",
            self.trust_truths, self.trust_check_draws, self.seed,
        )  # fmt: skip

    def trust_keep(self, found: Mapping[str, Study]) -> None:
        """Remember what a check found."""
        for sampler, study in found.items():
            self._trust_studies[sampler] = study

    def trust_studies(self) -> dict[str, Study]:
        """What was checked here, by sampler."""
        return dict(self._trust_studies)

    def trust_forget(self) -> None:
        """What was checked belongs to other settings."""
        self._trust_studies = {}

    def trust_stored(self) -> tuple[Mapping[str, Mapping[str, Any]], int]:
        """The figures that are shipped, by sampler, and for which side of the source."""
        from astroviz.lensing.sampler_words import stored

        sides = (self.trust_pixels, 32, 16)
        return next(((stored(side), side) for side in sides if stored(side)), ({}, 0))

    def trust_table(self) -> QTable:
        """What was checked here, a row for each sampler."""
        from astroviz.lensing.trust_study import table_of

        return table_of(self._trust_studies)
