r"""The state of the view *Operators*: the same samplers on other instruments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.draws import Draws
from astroviz.core.presets import Preset
from astroviz.lensing.problems import PROBLEMS
from astroviz.lensing.sample_priors import PRIORS, prior_named
from astroviz.lensing.sampler_words import LABELS
from astroviz.lensing.settings import SAMPLERS
from astroviz.lensing.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.request import Request
    from astroviz.lensing.operators_answers import OperatorPictures
    from astroviz.lensing.trust_study import Study

__all__ = ["JUDGED", "OperatorsState"]

JUDGED = tuple(name for name in SAMPLERS if name != "exact")
"""Samplers of the matrix."""

_WORDS = {
    "lens": "Each pixel of the image looks at a place of the source plane.",
    "deconvolution": "Hubble's camera: pixels twice as wide as the source's and a mirror that "
    "blurs; what is below its resolution comes from the prior.",
    "visibilities": "An array of dishes measures the Fourier transform along its tracks; what "
    "lies between them is not seen.",
    "inpainting": "A bar and a disc hide a part of the source: there the prior speaks alone.",
    "grism": "A slitless spectrum: every row is smeared by two lines over a continuum, as with a "
    "grism of JWST.",
    "denoising": "Every pixel is seen, with much noise.",
}


class OperatorsState(ViewState):
    """Parameters of the view *Operators*, and the questions that it asks."""

    operators_problem: param.Selector[Any] = param.Selector(
        default="visibilities", objects=list(PROBLEMS), doc="What is observed."
    )
    operators_sampler: param.Selector[Any] = param.Selector(
        default="split_gibbs", objects=list(SAMPLERS), doc="How the posterior is sampled."
    )
    operators_quality: param.Selector[Any] = param.Selector(
        default="live", objects=["live", "reference"],
        doc="Steps of the sampler: to be watched, or to be believed.",
    )  # fmt: skip
    operators_prior: param.Selector[Any] = param.Selector(
        default="galaxies", objects=list(PRIORS), doc="Prior of sources, which the truth follows."
    )
    operators_count = param.Integer(default=10, bounds=(2, 32), doc="Number of draws.")
    operators_truths: param.Selector[Any] = param.Selector(
        default=16, objects=[8, 16, 32, 64], doc="Observations of each cell of the matrix."
    )

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._operators_studies: dict[tuple[str, str], Study] = {}

    @property
    def operators_device(self) -> Any:
        """Where networks run."""
        return getattr(self.model, "device", "cpu")

    # What the bar offers

    def operators_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        names = {"operators_sampler": "split_gibbs", "operators_quality": "live"}
        return (
            Preset("A galaxy seen by dishes", _WORDS["visibilities"],
                   {**names, "operators_problem": "visibilities", "operators_prior": "galaxies"}),
            Preset("Below Hubble's resolution", _WORDS["deconvolution"],
                   {**names, "operators_problem": "deconvolution",
                    "operators_prior": "galaxies"}),
            Preset("A slitless spectrum", _WORDS["grism"],
                   {**names, "operators_problem": "grism", "operators_prior": "galaxies"}),
            Preset("Hidden pixels", _WORDS["inpainting"],
                   {**names, "operators_problem": "inpainting", "operators_prior": "galaxies"}),
            Preset("Plain noise", _WORDS["denoising"],
                   {**names, "operators_problem": "denoising", "operators_prior": "galaxies"}),
            Preset("Where the answer is exact", "A Gaussian-process source seen by dishes: mean "
                   "and deviation are known in closed form.",
                   {**names, "operators_problem": "visibilities",
                    "operators_prior": "gaussian16"}),
        )  # fmt: skip

    def operators_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {
            "operators_problem": str(random.choice(list(PROBLEMS))),
            "operators_sampler": str(random.choice(["split_gibbs", "mmps", "pigdm", "cla"])),
        }

    def operators_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return f"{_WORDS[self.operators_problem]} Click a cell of the matrix to open it."

    def operators_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        _, missing = prior_named(self.operators_prior, self.operators_device)
        return (missing,) if missing else ()

    # One cell

    def operators_request(self) -> Request:
        """Draws of the chosen sampler on the chosen problem, streamed."""
        from astroviz.lensing.operators_answers import operators_request

        return operators_request(self)

    def operators_pictures(self, draws: Draws) -> OperatorPictures | None:
        """What there is to draw of an answer; None before the data are there."""
        from astroviz.lensing.operators_answers import OperatorPictures

        return OperatorPictures.of(draws)

    def operators_table(self, draws: Draws) -> QTable:
        """The draws, a row for each."""
        table = Draws(draws.values, draws.names, draws.units, draws.seed).to_table()
        table["reduced_chi_square"] = draws.extras["chi_squares"]
        table.meta.update(
            problem=self.operators_problem, sampler=self.operators_sampler,
            prior=self.operators_prior,
        )  # fmt: skip
        return table

    # The matrix

    def operators_work(self, samplers: tuple[str, ...], problems: tuple[str, ...]) -> Any:
        """The matrix as a piece of work: called with `progress` and `check`, gives studies."""
        from astroviz.lensing.operators_answers import matrix_work

        return matrix_work(samplers, problems, 16, self.operators_truths, 16, self.seed)

    def operators_keep(self, found: Mapping[tuple[str, str], Study]) -> None:
        """Remember what was measured."""
        self._operators_studies |= found

    def operators_studies(self) -> dict[tuple[str, str], Study]:
        """What was measured here, by sampler and problem."""
        return dict(self._operators_studies)

    def operators_stored(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """The shipped figures, by sampler and problem; empty where there are none."""
        from astroviz.lensing.sampler_matrix import stored_matrix

        return {
            (sampler, name): figures
            for name, row in stored_matrix().items()
            for sampler, figures in row.items()
            if "tarp_distance" in figures
        }

    def operators_matrix_table(self) -> QTable:
        """What was measured here, a row for each cell."""
        from astroviz.lensing.trust_study import table_of

        named = {
            f"{LABELS[sampler]} / {PROBLEMS[problem]}": study
            for (sampler, problem), study in self._operators_studies.items()
        }
        return table_of(named)
