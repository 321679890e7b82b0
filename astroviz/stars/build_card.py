"""The card of the physics tables: what they are, where they come from, where they end."""

from __future__ import annotations

from collections.abc import Mapping

from astroviz.core.cards import Card
from astroviz.stars.build_sources import PACKAGES

__all__ = ["CITATIONS", "tables_card"]

CITATIONS: tuple[str, ...] = (
    "BT-Settl: Allard, Homeier & Freytag 2012, https://arxiv.org/abs/1112.3591",
    "ATLAS9: Kurucz 1993, CD-ROM 13 (SAO)",
    "PHOENIX: Husser et al. 2013, https://arxiv.org/abs/1303.5632",
    "PARSEC v1.2S: Bressan et al. 2012, https://arxiv.org/abs/1208.4498; "
    "Chen et al. 2014, https://arxiv.org/abs/1409.0322",
    "MIST v1.2: Choi et al. 2016, https://arxiv.org/abs/1604.08592; "
    "Dotter 2016, https://arxiv.org/abs/1601.05144",
    "BHAC15: Baraffe et al. 2015, https://arxiv.org/abs/1503.04107",
    "Dartmouth, standard and magnetic: Feiden 2016, https://arxiv.org/abs/1604.08036",
    "SPOTS: Somers, Cao & Pinsonneault 2020, https://arxiv.org/abs/2002.10644",
    "F99: Fitzpatrick 1999, https://arxiv.org/abs/astro-ph/9809387",
    "G23: Gordon et al. 2023, https://arxiv.org/abs/2304.01991",
    "Gaia DR3 passbands: Riello et al. 2021, https://arxiv.org/abs/2012.01916",
    "2MASS zero points: Cohen, Wheaton & Megeath 2003, https://arxiv.org/abs/astro-ph/0304350",
    "WISE passbands: Wright et al. 2010, https://arxiv.org/abs/1008.0031; "
    "zero points: Jarrett et al. 2011, ApJ 735, 112",
    "IRAC: Reach et al. 2005, https://arxiv.org/abs/astro-ph/0507139",
    "MIPS 24: Rieke et al. 2008, AJ 135, 2245",
)

_WHAT = (
    "Physics of young stars as interpolation tables: pre-main-sequence tracks (log Teff and log L "
    "by log age and log mass), Vega magnitudes of model atmospheres in 15 bands, extinction per "
    "band for two laws, coarse spectra and zero points. Not a trained model."
)

_DATA = (
    "Spectra of SEDFit, tracks of ysoisochrone, passbands of speclite and astro-sedpy, extinction "
    "laws of dust_extinction. Passbands are photon-weighted; zero points are the published ones. "
    "Every spectrum is scaled to radiate sigma Teff^4 (spherical models radiate 1-10 % less per "
    "nominal surface). kurucz_phoenix is PHOENIX below 3500 K and ATLAS9 above 4000 K."
)

_LICENCE = (
    "BSD-3-Clause for the derived tables. The packages are MIT (SEDFit, ysoisochrone, "
    "astro-sedpy, astroARIADNE) and BSD-3-Clause (speclite, dust_extinction); the model spectra "
    "and tracks are their authors' work: cite them."
)

_LIMITS = [
    "Tracks are of solar composition only; metallicity changes the atmosphere, not the track.",
    "Tracks: 0.09-7 Msun PARSEC, 0.10-7.4 MIST, 0.01-1.4 Baraffe, 0.09-5.7 Feiden, 0.085-1.7 "
    "magnetic (from log age 6.0), 0.10-1.3 SPOTS. NaN where there is no star or where it has left "
    "the main sequence. MIST ends at log age 7.75: the packaged matrix is scrambled beyond.",
    "Below 2700 K published model grids disagree by 0.1-0.4 mag (dust in the atmosphere).",
    "kurucz_phoenix below 2300 K is the 2300 K spectrum scaled; `filled` marks such nodes.",
    "PHOENIX beyond 5.5 micron, and ATLAS9 beyond 10 micron, are extrapolated.",
    "Against observed 5-30 Myr stars the models are 0.05-0.1 mag too red in J-H, 0.06 too blue in "
    "H-Ks and 0.04 too blue in Ks-W1 for F to K stars; Ks-W4 is 0.12 too blue. See [metrics]; "
    "give real stars an error floor.",
    "F99 beyond 3.3 micron follows its own spline and has no silicate feature; G23 has.",
    "Extinction is tabulated for logg 4 and solar composition.",
]

_UNITS = {
    "log_age": "log10(yr)",
    "log_mass": "log10(solMass)",
    "log_teff": "log10(K)",
    "log_lum": "log10(solLum)",
    "logg": "dex(cm/s2)",
    "mh": "dex",
    "mag": "mag (Vega) of 1 solar radius at 10 pc",
    "a_v": "mag",
    "a_band": "mag",
    "wavelength": "micron",
    "log_flux": "log10(erg/s/cm2) of lambda F_lambda at the surface",
    "k": "A_lambda / A_V",
    "zero_point": "Jy",
}


def tables_card(metrics: Mapping[str, object]) -> Card:
    """The card, its hash left to `save_model`.

    Args:
        metrics: numbers of `build_checks.metrics_of`; empty when unchecked.
    """
    archives = {item.filename: item.sha256 for item in PACKAGES}
    return Card(
        name="stars/tables",
        system="stars",
        kind="tables",
        title="Tracks, atmospheres and extinction",
        what=_WHAT,
        data=_DATA,
        units=_UNITS,
        limits=_LIMITS,
        metrics=dict(metrics),
        licence=_LICENCE,
        extra={"citations": list(CITATIONS), "sources": archives},
    )
