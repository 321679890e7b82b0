r"""What the SED inspector says of the galaxy that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from astroviz.galaxies.parameters import BOUNDS

if TYPE_CHECKING:
    from astroviz.galaxies.sed_answers import Sed

__all__ = ["figures", "sentence", "warnings"]


def sentence(state: Any) -> str:
    """What the view shows, and one gesture to try."""
    if not state.sed_dust:
        return (
            "The same stars without any dust: their colours are those of age and metallicity "
            "alone. Switch the dust on again, or drag a slider."
        )
    dust = "little dust" if state.sed_tau2 < 0.2 else "dust"
    return (
        f"A galaxy at redshift {state.sed_redshift:.2f} behind {dust} of its own: what its stars "
        "send out, what arrives, and what each filter measures. Drag any slider."
    )


def warnings(state: Any) -> tuple[str, ...]:
    """What one should know before believing the view."""
    found = []
    if state.sed_f_burst > 0 and state.sed_t_burst > _age(state.sed_redshift):
        found.append(
            f"The burst of {state.sed_t_burst:.1f} Gyr ago would be older than the Universe at "
            f"redshift {state.sed_redshift:.2f}: it is left out, and its mass goes to the smooth "
            "history."
        )
    if state.sed_log_z <= BOUNDS["log_z"][0]:
        found.append("The models of stars end at 0.005 solar metallicities.")
    if state.sed_question().beyond_emulator():
        found.append("The emulator was not taught galaxies like this one: it is left out.")
    return tuple(found)


def figures(sed: Sed) -> dict[str, tuple[str, str]]:
    """Name to value and unit of what is stated below the panels."""
    derived = sed.derived
    formed = sed.question.theta[-1]
    survives = 10 ** (derived["log_mass"] - formed)
    return {
        "Mass formed": (f"{formed:.2f}", "dex M\u2609"),
        "Stellar mass": (f"{derived['log_mass']:.2f}", f"dex, {100 * survives:.0f} % survive"),
        "SFR (100 Myr)": (_rate(derived["log_sfr"]), "M\u2609/yr"),
        "SFR (10 Myr)": (_rate(derived["log_sfr_10"]), "M\u2609/yr"),
        "log sSFR": (f"{max(derived['log_ssfr'], -99.0):.2f}".replace("-", "\u2212"), "dex 1/yr"),
        "Age by mass": (f"{derived['age']:.2f}", "Gyr"),
        "U \u2212 V": (f"{derived['u_v']:.2f}".replace("-", "\u2212"), "mag"),
        "V \u2212 J": (f"{derived['v_j']:.2f}".replace("-", "\u2212"), "mag"),
        "M_r": (f"{derived['r_abs']:.2f}".replace("-", "\u2212"), "AB mag"),
    }


def _rate(log: float) -> str:
    return f"{10**log:.3g}" if log > -6 else "0"


def _age(redshift: float) -> float:
    import torch

    from astroviz.galaxies.cosmology import age_of_universe

    return float(age_of_universe(torch.tensor(redshift)))
