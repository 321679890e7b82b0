r"""Names, units and bounds of what describes a galaxy, in the order of every parameter tensor."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BOUNDS",
    "DERIVED",
    "DERIVED_UNITS",
    "PARAMETERS",
    "SYMBOLS",
    "UNITS",
    "WORDS",
    "GalaxyError",
]


class GalaxyError(ValueError):
    """Something about a table of galaxies, a fit or a question is wrong; the message says what."""


PARAMETERS: Final = (
    "kappa1", "kappa2", "kappa3", "f_burst", "t_burst", "log_z", "tau1", "tau2", "n_dust",
    "redshift", "log_mass_formed",
)  # fmt: skip
"""The eleven parameters of a spectrum, after PopSED (Li et al. 2024, arXiv:2309.16958)."""

UNITS: Final[dict[str, str]] = {
    "kappa1": "", "kappa2": "", "kappa3": "", "f_burst": "", "t_burst": "Gyr", "log_z": "dex",
    "tau1": "", "tau2": "", "n_dust": "", "redshift": "", "log_mass_formed": "log10 Msun",
}  # fmt: skip

BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "kappa1": (0.0, 1.0), "kappa2": (0.0, 1.0), "kappa3": (0.0, 1.0), "f_burst": (0.0, 1.0),
    "t_burst": (0.01, 13.27), "log_z": (-2.3, 0.3), "tau1": (0.0, 3.0), "tau2": (0.0, 3.0),
    "n_dust": (-3.0, 1.0), "redshift": (0.0, 0.8), "log_mass_formed": (7.5, 13.0),
}  # fmt: skip
"""Where spectra are made. The models of stellar populations stop at 0.005 solar metallicities."""

DERIVED: Final = (
    "log_mass", "log_sfr", "log_sfr_10", "log_ssfr", "age", "u_v", "v_j", "r_abs",
)  # fmt: skip
"""What follows from the parameters: surviving stellar mass, star formation rate over 0.1 Gyr and
over 10 Myr, the former per surviving mass, mass-weighted age, rest-frame colours, absolute r."""

DERIVED_UNITS: Final[dict[str, str]] = {
    "log_mass": "log10 Msun", "log_sfr": "log10 Msun / yr", "log_sfr_10": "log10 Msun / yr",
    "log_ssfr": "log10 1 / yr", "age": "Gyr", "u_v": "mag", "v_j": "mag", "r_abs": "mag",
}  # fmt: skip

WORDS: Final[dict[str, str]] = {
    "kappa1": "history, kappa 1", "kappa2": "history, kappa 2", "kappa3": "history, kappa 3",
    "f_burst": "mass formed in a burst (fraction)", "t_burst": "lookback time of the burst",
    "log_z": "metallicity, log Z / Zsun", "tau1": "dust of birth clouds, tau 1",
    "tau2": "diffuse dust, tau 2", "n_dust": "slope of the dust curve, n",
    "redshift": "redshift", "log_mass_formed": "mass formed, log M / Msun",
    "log_mass": "stellar mass, log M* / Msun", "log_sfr": "log SFR (0.1 Gyr)",
    "log_sfr_10": "log SFR (10 Myr)", "log_ssfr": "log SFR / M*", "age": "mass-weighted age",
    "u_v": "rest-frame U - V", "v_j": "rest-frame V - J", "r_abs": "absolute magnitude r",
}  # fmt: skip

SYMBOLS: Final[dict[str, str]] = {
    "kappa1": "kappa1", "kappa2": "kappa2", "kappa3": "kappa3", "f_burst": "f_burst",
    "t_burst": "t_burst", "log_z": "log Z", "tau1": "tau1", "tau2": "tau2", "n_dust": "n",
    "redshift": "z", "log_mass_formed": "log M_formed", "log_mass": "log M*",
    "log_sfr": "log SFR", "log_sfr_10": "log SFR_10", "log_ssfr": "log sSFR", "age": "age",
    "u_v": "U - V", "v_j": "V - J", "r_abs": "M_r",
}  # fmt: skip
