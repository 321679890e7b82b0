r"""What the selection builder says, and the surveys that it offers to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astroviz.core.presets import Preset

if TYPE_CHECKING:
    from astroviz.galaxies.selection_answers import Seen

__all__ = ["PRESETS", "figures", "sentence", "surprise", "warnings"]

_NOTHING: Final = {"use_limit": False, "use_noise": False, "use_curve": False, "use_wedge": False}
_SDSS: Final = {"selection_survey": "sdss", "selection_source": "population",
                "selection_depth": 0.0}  # fmt: skip
_DEEP: Final = {"selection_source": "deep", "selection_depth": 0.0}
PRESETS: Final = (
    Preset("SDSS main sample", "Brighter than r = 17.77: luminous galaxies win far away.",
           {**_NOTHING, **_SDSS, "selection_band": "r",
            "use_limit": True, "selection_limit": 17.77}),
    Preset("GAMA", "Two magnitudes fainter than SDSS: lower masses, larger redshifts.",
           {**_NOTHING, "selection_survey": "gama", **_DEEP, "selection_band": "r",
            "use_limit": True, "selection_limit": 19.65}),
    Preset("Luminous red galaxies", "A wedge of red colours and a limit keep massive, old ones.",
           {**_NOTHING, **_SDSS, "selection_band": "i",
            "use_limit": True, "selection_limit": 19.0, "use_wedge": True,
            "selection_plane": "g r i", "wedge_x": 1.0, "wedge_y": 0.3, "wedge_direction": 30.0,
            "wedge_opening": 85.0, "selection_quantity": "log_mass"}),
    Preset("Blue and star-forming", "A wedge of blue colours keeps the main sequence.",
           {**_NOTHING, "selection_survey": "hsc_wide", **_DEEP,
            "selection_band": "i", "use_limit": True, "selection_limit": 22.5, "use_wedge": True,
            "selection_plane": "g r i", "wedge_x": 0.75, "wedge_y": 0.42,
            "wedge_direction": -150.0, "wedge_opening": 110.0, "selection_quantity": "log_ssfr"}),
    Preset("LSST, one year", "Every galaxy that is detected well: noise alone selects.",
           {**_NOTHING, "selection_survey": "lsst_year_1", **_DEEP,
            "selection_band": "i", "use_noise": True, "selection_noise": 20.0}),
    Preset("Euclid", "From the red end of the optical to the near infrared.",
           {**_NOTHING, "selection_survey": "euclid_wide", **_DEEP,
            "selection_band": "vis", "use_limit": True, "selection_limit": 24.5,
            "selection_plane": "vis y j"}),
    Preset("A leaky catalogue", "Half of the galaxies are lost at r = 18: a curve, not an edge.",
           {**_NOTHING, **_SDSS, "selection_band": "r",
            "use_curve": True, "selection_half": 18.0, "selection_slope": 2.0}),
)  # fmt: skip
"""Surveys to start from."""


def surprise(random: np.random.Generator) -> dict[str, Any]:
    """A survey that nobody has planned."""
    from astroviz.galaxies.selection_state import SURVEYS

    return {
        **_NOTHING,
        "selection_survey": str(random.choice(list(SURVEYS))),
        "selection_depth": round(float(random.uniform(-1.5, 1.5)), 1),
        "use_limit": True,
        "selection_limit": round(float(random.uniform(17.0, 22.0)), 1),
        "use_wedge": bool(random.random() < 0.5),
        "wedge_x": round(float(random.uniform(0.3, 1.1)), 2),
        "wedge_y": round(float(random.uniform(0.1, 0.5)), 2),
        "wedge_direction": round(float(random.uniform(-180, 180)), 0),
        "wedge_opening": round(float(random.uniform(60, 140)), 0),
    }


def sentence(state: Any) -> str:
    """What the view shows, and one gesture to try."""
    from astroviz.galaxies.selection_state import SURVEYS

    where = SURVEYS[state.selection_survey].partition(" (")[0]
    if state.selection_depth:
        word = "deeper" if state.selection_depth > 0 else "shallower"
        where += f", {abs(state.selection_depth):.1f} mag {word}"
    gesture = "Drag the wedge" if state.use_wedge else "Drag the limit, or switch the wedge on"
    kept = ", ".join(_kept(state))
    if not kept:
        return f"{where} keeps every galaxy of the population. {gesture}."
    return f"What {where} keeps of the same galaxies: {kept}. {gesture}: all follows."


def _kept(state: Any) -> list[str]:
    """What must hold, in words."""
    from astroviz.galaxies.selection_state import short

    band, found = short(state.limit_band()), []
    if state.use_limit:
        found.append(f"{band} < {state.selection_limit:g}")
    if state.use_noise:
        found.append(f"S/N in {band} > {state.selection_noise:g}")
    if state.use_curve:
        found.append(f"half of those at {band} = {state.selection_half:g}")
    if state.use_wedge:
        found.append("a wedge of " + " and ".join(state.colour_names()))
    return found


def warnings(state: Any) -> tuple[str, ...]:
    """What one should know before believing the view."""
    found = []
    if state.selection_source == "population" and state.selection_population is None:
        found.append(
            "No fitted population is there: these are draws of the prior, which no data have "
            "touched."
        )
    elif state.selection_source != "population":
        found.append("These are draws of the prior, which no data have touched.")
    elif state.selection_survey not in ("sdss", "sdss+twomass"):
        found.append(
            "The population was fitted to what its own survey sees: fainter galaxies than those "
            "are the prior's, not the data's."
        )
    return tuple(found)


def figures(seen: Seen) -> dict[str, tuple[str, str]]:
    """Name to value and unit of what is stated below the panels."""
    redshift, mass = seen.mean("redshift"), seen.mean("log_mass")
    photometry = f"{1000 * seen.photometry:.0f}" if seen.photometry else "kept"
    return {
        "Selected": (f"{100 * seen.part:.3g} %", f"of {len(seen.light):,} draws"),
        "Effective draws": (f"{seen.effective:,.0f}", ""),
        "Mean redshift": (f"{redshift[1]:.3f}", f"all {redshift[0]:.3f}"),
        "Mean log M*": (f"{mass[1]:.2f}", f"all {mass[0]:.2f}"),
        "Photometry": (photometry, "ms" if seen.photometry else "from before"),
        "All of it": (f"{1000 * seen.seconds:.0f}", "ms"),
    }
