r"""The state of the selection builder: survey, depth, and what is kept; no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.galaxies.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.galaxies.selection import Selection
    from astroviz.galaxies.selection_answers import Seen, SelectionQuestion
    from astroviz.galaxies.wedge import Wedge

__all__ = ["COUNTED", "CURVES", "SOURCES", "SURVEYS", "SelectionState", "short"]

SURVEYS: Final = {
    "sdss": "SDSS (ugriz)",
    "gama": "GAMA (SDSS ugriz)",
    "hsc_wide": "HSC wide (grizy)",
    "lsst_year_1": "LSST, 1 year (ugrizy)",
    "lsst_year_10": "LSST, 10 years (ugrizy)",
    "euclid_wide": "Euclid wide (VIS, YJH)",
    "sdss+twomass": "SDSS + 2MASS",
}
"""Surveys that the page offers, and what they are called."""

SOURCES: Final = {
    "population": "the fitted population",
    "prior": "the prior of SDSS (no data)",
    "deep": "a deep prior, r < 23 (no data)",
}
COUNTED: Final = {"density": "shapes", "counts": "counts"}
CURVES: Final = ("redshift", "log_mass")
"""What is always counted: the two histograms."""

_QUANTITIES: Final = (
    "log_mass", "redshift", "log_ssfr", "log_sfr", "age", "u_v", "r_abs", "tau2",
)  # fmt: skip
_PLANE = ("g", "r", "i")


class SelectionState(ViewState):
    """Parameters of the view *Selection*, and the question that it asks."""

    _dragged = frozenset(
        {"selection_depth", "selection_limit", "selection_edge", "selection_noise",
         "selection_half", "selection_slope", "wedge_x", "wedge_y", "wedge_direction",
         "wedge_opening"}
    )  # fmt: skip

    selection_source: param.Selector[Any] = param.Selector(
        default="population", objects=list(SOURCES), doc="Whose galaxies the survey looks at."
    )
    selection_draws = param.Integer(
        default=100_000, bounds=(2_000, 200_000), doc="Number of galaxies drawn."
    )
    selection_survey: param.Selector[Any] = param.Selector(
        default="sdss", objects=list(SURVEYS), doc="Which filters, and how deep."
    )
    selection_depth = param.Number(
        default=0.0, bounds=(-3.0, 3.0), doc="Magnitudes by which all bands go deeper."
    )
    selection_band = param.String(default="r", doc="Band of magnitude limit, S/N and curve.")
    use_limit = param.Boolean(default=True, doc="Keep what is brighter than a limit.")
    selection_limit = param.Number(
        default=17.77, bounds=(14.0, 27.0), doc="Faintest magnitude kept, AB."
    )
    selection_edge = param.Number(
        default=0.05, bounds=(0.01, 1.0),
        doc="Softness of the limit, mag: scatter of the magnitude that was selected on.",
    )  # fmt: skip
    use_noise = param.Boolean(default=False, doc="Keep what is detected well.")
    selection_noise = param.Number(
        default=5.0, bounds=(1.0, 100.0), doc="Smallest signal to noise kept."
    )
    use_curve = param.Boolean(default=False, doc="Lose galaxies along a curve of completeness.")
    selection_half = param.Number(
        default=20.0, bounds=(14.0, 27.0), doc="Magnitude where half of the galaxies are lost."
    )
    selection_slope = param.Number(
        default=1.0,
        bounds=(0.1, 4.0),
        doc="Magnitudes in which completeness falls from 88 to 12 %.",
    )
    use_wedge = param.Boolean(default=False, doc="Keep a wedge of the plane of two colours.")
    selection_plane = param.String(
        default=" ".join(_PLANE), doc="Three bands: first minus second over second minus third."
    )
    wedge_x = param.Number(default=0.6, bounds=(-2.0, 5.0), doc="First colour of its apex, mag.")
    wedge_y = param.Number(default=0.25, bounds=(-2.0, 5.0), doc="Second colour of its apex, mag.")
    wedge_direction = param.Number(
        default=35.0, bounds=(-180.0, 180.0), doc="Where it points, degrees from the x-axis."
    )
    wedge_opening = param.Number(
        default=70.0, bounds=(10.0, 170.0), doc="Angle between its edges, degrees."
    )
    selection_quantity: param.Selector[Any] = param.Selector(
        default="log_mass", objects=list(_QUANTITIES), doc="What completeness is shown over."
    )
    selection_counted: param.Selector[Any] = param.Selector(
        default="density", objects=list(COUNTED),
        doc="Histograms of integral one, or numbers of draws.",
    )  # fmt: skip
    rain = param.Boolean(default=True, doc="Let galaxies rain through the survey.")

    # What the bar offers

    def selection_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        from astroviz.galaxies.selection_words import PRESETS

        return PRESETS

    def selection_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """A survey that nobody has planned."""
        from astroviz.galaxies.selection_words import surprise

        return surprise(random)

    def selection_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        from astroviz.galaxies.selection_words import sentence

        return sentence(self)

    def selection_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        from astroviz.galaxies.selection_words import warnings

        return warnings(self)

    # The survey

    @property
    def selection_population(self) -> Any:
        """The fitted population whose galaxies are looked at; None for the prior."""
        if self.selection_source != "population":
            return None
        return getattr(self.shown(), "population", None)

    def survey_bands(self) -> tuple[str, ...]:
        """Full names of the survey's bands, from blue to red."""
        from astroviz.galaxies.noise_model import DEPTHS

        return tuple(b for part in self.selection_survey.split("+") for b in DEPTHS[part])

    def limit_band(self) -> str:
        """Full name of the band of the limit; the middle one where the survey has no such."""
        bands = self.survey_bands()
        by_name = {short(band): band for band in bands}
        return by_name.get(self.selection_band, bands[(len(bands) - 1) // 2])

    def planes(self) -> dict[str, tuple[str, str, str]]:
        """What `selection_plane` can be in this survey: its three full names of bands."""
        bands = self.survey_bands()
        threes = zip(bands, bands[1:], bands[2:], strict=False)
        return {" ".join(map(short, three)): three for three in threes}

    def plane(self) -> tuple[str, str, str]:
        """Full names of the three bands of the plane; the nearest where there are none such."""
        found = self.planes()
        usual = found.get(" ".join(_PLANE), next(iter(found.values())))
        return found.get(self.selection_plane, usual)

    def colour_names(self) -> tuple[str, str]:
        """Names of both colours of the plane: `g \u2212 r`."""
        a, b, c = map(short, self.plane())
        return f"{a} \u2212 {b}", f"{b} \u2212 {c}"

    def wedge(self) -> Wedge:
        """The wedge as it is set."""
        from astroviz.galaxies.wedge import Wedge

        return Wedge(self.wedge_x, self.wedge_y, self.wedge_direction, self.wedge_opening)

    def take_wedge(self, wedge: Wedge) -> None:
        """Let a hand change the wedge."""
        given = {"wedge_x": wedge.x, "wedge_y": wedge.y, "wedge_direction": wedge.direction,
                 "wedge_opening": wedge.opening}  # fmt: skip
        for name, value in given.items():
            low, high = self.param[name].bounds
            given[name] = round(min(max(value, low), high), 3)
        self.param.update(**given)

    def selection(self) -> Selection:
        """What is kept, over the survey's bands."""
        from astroviz.galaxies.selection_terms import selection

        return selection(self)

    def selection_question(self) -> SelectionQuestion:
        """A copy of the settings, which another thread can work on."""
        from astroviz.galaxies.selection_terms import question

        return question(self)

    def selection_tables(self, seen: Seen) -> dict[str, QTable]:
        """What can be saved of an answer."""
        from astroviz.galaxies.selection_terms import tables

        return tables(seen)


def short(band: str) -> str:
    """Name of a band without that of its survey: `sdss_r` is r."""
    return band.rpartition("_")[2]
