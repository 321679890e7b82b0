r"""The state of the SED inspector: one galaxy, its light with and without dust; no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.galaxies.parameters import BOUNDS, PARAMETERS
from astroviz.galaxies.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.galaxies.sed_answers import Sed, SedQuestion

__all__ = ["FILTERS", "FRAMES", "SCALES", "SED", "SedState", "sed_settings"]

SED = tuple(f"sed_{name}" for name in PARAMETERS)
"""Parameters of the view that make up a galaxy, in the order of `PARAMETERS`."""

FILTERS = {
    "sdss+2mass+galex": "GALEX + SDSS + 2MASS",
    "sdss": "SDSS ugriz",
    "sdss+2mass": "SDSS + 2MASS",
    "lsst": "LSST ugrizy",
    "hsc": "HSC grizy",
    "euclid": "Euclid VIS, YJH",
    "lsst+euclid": "LSST + Euclid",
    "panstarrs": "Pan-STARRS grizy",
    "decam": "DECam ugrizy",
    "bessell": "Bessell UBVRI",
}
"""Sets of filters that the page offers, and what they are called."""

FRAMES = {"observed": "as observed", "rest": "at rest"}
SCALES = {"magnitude": "AB magnitude", "flux": "F\u03bb"}


def _slider(name: str, default: float, doc: str) -> param.Number:
    return param.Number(default=default, bounds=BOUNDS[name], doc=doc)


class SedState(ViewState):
    """Parameters of the view *SED*, and the question that it asks."""

    _dragged = frozenset({*SED, "sed_log_u", "sed_nucleus", "sed_reddening"})

    sed_kappa1 = _slider(
        "kappa1", 0.55, "Part of the smooth history's mass that is not in the youngest basic one."
    )
    sed_kappa2 = _slider(
        "kappa2", 0.5, "Of that part, what is older than the second basic history."
    )
    sed_kappa3 = _slider("kappa3", 0.5, "Of that again, what is in the oldest basic history.")
    sed_f_burst = _slider("f_burst", 0.02, "Part of the mass that was formed in one burst.")
    sed_t_burst = _slider("t_burst", 1.0, "How long ago the burst was, Gyr before it is seen.")
    sed_log_z = _slider("log_z", -0.1, "Metallicity of all stars, log10 of Z / 0.02.")
    sed_tau1 = _slider("tau1", 0.4, "Optical depth at 5500 A around stars younger than 10 Myr.")
    sed_tau2 = _slider("tau2", 0.4, "Optical depth at 5500 A of the dust between all stars.")
    sed_n_dust = _slider(
        "n_dust", -0.3, "Slope of the diffuse dust's curve over Calzetti's; below 0 is steeper."
    )
    sed_redshift = _slider("redshift", 0.1, "Redshift.")
    sed_log_mass_formed = _slider(
        "log_mass_formed", 10.7, "Stars ever made, log10 of solar masses; what survives is less."
    )
    sed_dust = param.Boolean(default=True, doc="Whether dust dims the stars.")
    sed_lines = param.Boolean(default=False, doc="Add the gas that young stars ionise.")
    sed_log_u = param.Number(
        default=-3.0, bounds=(-4.0, -2.0), doc="Ionisation parameter of the gas, log10 of U."
    )
    sed_agn = param.Boolean(default=False, doc="Add an active nucleus: a disc and hot dust.")
    sed_nucleus = param.Number(
        default=10.3, bounds=(8.0, 12.5),
        doc="Light of the disc at 5100 A, log10 of lambda L_lambda over that of the Sun.",
    )  # fmt: skip
    sed_reddening = param.Number(
        default=0.0, bounds=(0.0, 1.0), doc="E(B-V) of the disc, mag, as in the SMC."
    )
    sed_filters: param.Selector[Any] = param.Selector(
        default="sdss+2mass+galex", objects=list(FILTERS), doc="Which filters measure the galaxy."
    )
    sed_frame: param.Selector[Any] = param.Selector(
        default="observed", objects=list(FRAMES), doc="Whose wavelengths are shown."
    )
    sed_scale: param.Selector[Any] = param.Selector(
        default="magnitude", objects=list(SCALES), doc="What stands on the upright axis."
    )

    # What the bar offers

    def sed_presets(self) -> tuple[Preset, ...]:
        """Kinds of galaxies, and members of the population where there is one."""
        from astroviz.galaxies.sed_examples import archetypes, members

        return (*archetypes(), *members(self.shown()))

    def sed_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """A member of the population; where there is none, a galaxy that may not be."""
        from astroviz.galaxies.sed_examples import surprising

        return dict(surprising(self.shown(), random))

    def sed_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        from astroviz.galaxies.sed_words import sentence

        return sentence(self)

    def sed_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        from astroviz.galaxies.sed_words import warnings

        return warnings(self)

    # The galaxy

    def sed_galaxy(self) -> tuple[float, ...]:
        """The galaxy in the order of `PARAMETERS`."""
        return tuple(float(getattr(self, name)) for name in SED)

    def sed_member(self, number: int) -> None:
        """Show a draw of the population; a GalaxyError says why there is none."""
        from astroviz.galaxies.sed_examples import member

        self.param.update(**sed_settings(member(self.shown(), number)))

    def sed_question(self) -> SedQuestion:
        """A copy of the settings, which another thread can work on."""
        from astroviz.galaxies.sed_answers import SedQuestion

        return SedQuestion(
            theta=self.sed_galaxy(),
            dust=self.sed_dust,
            lines=float(self.sed_log_u) if self.sed_lines else None,
            agn=(self.sed_nucleus, self.sed_reddening) if self.sed_agn else None,
            filters=self.sed_filters,
            frame=self.sed_frame,
            scale=self.sed_scale,
            emulator=self._emulator(),
        )

    def _emulator(self) -> Any:
        """What is compared with the tables; looked for once, a hand on a slider asks often."""
        if not hasattr(self, "_found_emulator"):
            self._found_emulator = self.other_model("emulator")[0]
        return self._found_emulator

    def sed_tables(self, sed: Sed) -> dict[str, QTable]:
        """What can be saved of an answer."""
        from astroviz.galaxies.sed_tables import sed_tables

        return sed_tables(sed)


def sed_settings(theta: np.ndarray | tuple[float, ...]) -> dict[str, float]:
    r"""Settings of the view that show a galaxy.

    Arguments:
        theta: In the order of `PARAMETERS`, shape :math:`(11,)`; values beyond the bounds are
            moved to them.
    """
    found = {}
    for name, value in zip(PARAMETERS, theta, strict=True):
        low, high = BOUNDS[name]
        found[f"sed_{name}"] = round(min(max(float(value), low), high), 4)
    return found
