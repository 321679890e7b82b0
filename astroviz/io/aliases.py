r"""Names under which catalogues hold the quantities, best first.

Case, `-` and spaces do not count, except that `gmag` and `imag` in lower case are not Gaia's or
IRAC's when the table also has SDSS or Pan-STARRS neighbours (`rmag`, `zmag`).

Every quantity is also found under its own name (`g`, `g_error`, `g_state`), and every value's
error under the usual patterns: `e_X`, `X_error`, `X_err`, `err_X`, `sigma_X`, `X_sigma`, `X_unc`,
`eX`, `d_X`; its flag under `f_X`, `X_flag`, `l_X`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ALIASES",
    "DEC",
    "ERROR_PATTERNS",
    "FLAG_PATTERNS",
    "IDENTIFIERS",
    "QUALITY_FLAGS",
    "RA",
    "RUWE",
    "key",
]


@dataclass(frozen=True)
class Alias:
    r"""Column names of one quantity.

    Arguments:
        values: Names of the value.
        errors: Names of its error that no pattern makes from the value's.
        snr: Names of its signal to noise.
        units: Unit that a name implies when the file gives none.
    """

    values: tuple[str, ...]
    errors: tuple[str, ...] = ()
    snr: tuple[str, ...] = ()
    units: tuple[tuple[str, str], ...] = ()


def key(name: str) -> str:
    """A column's name without what does not count: case, `-`, spaces, `[` and `]`."""
    return name.strip().lower().replace("-", "_").replace(" ", "_").strip("[]")


def _gaia(band: str, *more: str) -> Alias:
    low = band.lower()
    return Alias(
        (low, f"phot_{low}_mean_mag", *more),
        (f"phot_{low}_mean_mag_error",),
        (f"phot_{low}_mean_flux_over_error",),
    )


def _two_mass(band: str, *more: str) -> Alias:
    low = band[0].lower()
    return Alias(
        (f"{low}_m", f"{low}mag", *more, f"{low}_2mass", f"2mass_{low}", f"tmass_{low}"),
        (f"{low}_msigcom", f"{low}_cmsig", f"{low}msigcom", f"{low}_msig"),
    )


def _wise(n: int) -> Alias:
    return Alias(
        (f"w{n}", f"w{n}mpro", f"w{n}mag", f"w{n}_mag", f"allwise_w{n}", f"w{n}_allwise"),
        (f"w{n}sigmpro", f"w{n}mpro_error", f"w{n}_sig"),
        (f"w{n}snr",),
    )


def _irac(n: int, micron: str) -> Alias:
    plain = micron.replace(".", "")
    joined = micron.replace(".", "_")
    return Alias(
        (
            f"i{n}", f"{micron}mag", f"irac{n}", f"irac_{n}", f"irac{n}mag", f"i{n}mag", f"ch{n}",
            f"irac_ch{n}", micron, f"mag{joined}", f"mag_{joined}", f"m{plain}", f"mag_{micron}",
            f"irac{plain}", f"irac_{micron}", f"[{micron}]mag", f"_{micron}_", f"mag{n}_irac",
        ),
        (f"e_{micron}mag", f"e_{micron}", f"emag{joined}", f"d{joined}m"),
    )  # fmt: skip


ALIASES: dict[str, Alias] = {
    "parallax": Alias(
        ("parallax", "plx", "edr3_plx", "parallax_gaia", "gaia_parallax", "varpi"),
        ("parallax_error", "e_plx", "edr3_err_plx", "plx_error"),
        ("parallax_over_error", "plx/e_plx", "rplx"),
    ),
    "g": _gaia("G", "gmag", "g_mag", "gaia_g", "g_gaia", "phot_g", "gmean"),
    "bp": _gaia("BP", "gbpmag", "bpmag", "bp_mag", "g_bp", "gbp", "gaia_bp", "bp_gaia"),
    "rp": _gaia("RP", "grpmag", "rpmag", "rp_mag", "g_rp", "grp", "gaia_rp", "rp_gaia"),
    "j": _two_mass("J", "j", "j_mag", "j_m_2mass"),
    "h": _two_mass("H", "h", "h_mag", "h_m_2mass"),
    "ks": Alias(
        (
            "ks", "ks_m", "k_m", "ksmag", "kmag", "k", "ks_mag", "k_mag", "ks_2mass", "k_2mass",
            "2mass_ks", "2mass_k", "tmass_ks", "tmass_k",
        ),
        ("ks_msigcom", "k_msigcom", "k_cmsig", "kmsigcom", "k_msig"),
    ),
    **{f"w{n}": _wise(n) for n in (1, 2, 3, 4)},
    **{f"i{n}": _irac(n, m) for n, m in ((1, "3.6"), (2, "4.5"), (3, "5.8"), (4, "8.0"))},
    "m24": Alias(
        (
            "m24", "24mag", "mips24", "mips_24", "mips1", "24", "mag24", "mag_24", "mp1",
            "mips24mag", "m1mag", "[24]mag", "mips1mag",
        ),
        ("e_24mag", "e_24", "emag24"),
    ),
    "spec_teff": Alias(
        (
            "spec_teff", "teff", "teff_spec", "t_eff", "teff_lamost", "teff_apogee",
            "teff_hh14", "teff_xs", "logteff", "log_teff", "teff_gspspec",
        ),
        ("teff_err", "teff_error", "e_teff", "e_logteff"),
        (),
        (("logteff", "dex"), ("log_teff", "dex")),
    ),
    "spec_logg": Alias(
        ("spec_logg", "logg", "log_g", "logg_spec", "logg_lamost", "logg_apogee", "log(g)"),
        ("logg_err", "logg_error", "e_logg"),
    ),
    "spec_mh": Alias(
        (
            "spec_mh", "m_h", "mh", "[m/h]", "fe_h", "feh", "[fe/h]", "metallicity", "m/h",
            "fe/h", "feh_lamost", "mh_apogee",
        ),
        ("m_h_err", "fe_h_err", "feh_err", "mh_err", "feh_error", "e_fe/h", "e_[fe/h]"),
    ),
    "spec_lum": Alias(
        (
            "spec_lum", "logl", "log_l", "log_lum", "loglum", "log(l)", "logl/lsun", "log_lbol",
            "loglbol", "lbol", "lum", "luminosity", "lstar", "lstar_xs", "lstar_xs_dr3", "l_star",
        ),
        ("logl_err", "e_logl", "e_lbol", "e_lum"),
        (),
        tuple(
            (name, "solLum")
            for name in (
                "lbol", "lum", "luminosity", "lstar", "lstar_xs", "lstar_xs_dr3", "l_star",
            )
        ),
    ),
}  # fmt: skip

ERROR_PATTERNS = (
    "{}_error", "e_{}", "{}_err", "err_{}", "error_{}", "{}error", "{}err", "sigma_{}", "{}_sigma",
    "{}_unc", "unc_{}", "{}_e", "e{}", "d_{}", "{}_sig", "{}_uncertainty", "{}_std",
)  # fmt: skip
FLAG_PATTERNS = ("f_{}", "{}_flag", "flag_{}", "l_{}", "{}_limit", "{}flag")

# Column, number of letters, and which quantity each letter is of. Tables that join 2MASS and
# AllWISE hold one `ph_qual` of each: the number of letters tells them apart.
QUALITY_FLAGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ph_qual", ("w1", "w2", "w3", "w4")),
    ("qph", ("w1", "w2", "w3", "w4")),
    ("ph_qual_allwise", ("w1", "w2", "w3", "w4")),
    ("allwise_ph_qual", ("w1", "w2", "w3", "w4")),
    ("ph_qual", ("j", "h", "ks")),
    ("qflg", ("j", "h", "ks")),
    ("qfl", ("j", "h", "ks")),
    ("tmass_ph_qual", ("j", "h", "ks")),
    ("ph_qual_2mass", ("j", "h", "ks")),
    ("ph_qual_tmass", ("j", "h", "ks")),
)

IDENTIFIERS = (
    "identifier", "id", "source_id", "name", "object", "star", "source", "gaia_source_id",
    "dr3name", "gaia", "gaia_id", "designation", "main_id", "apogee_id", "obsid", "2mass",
    "_2mass", "tmass", "wise", "allwise", "oname", "target", "objid", "recno",
)  # fmt: skip
RA = (
    "ra", "ra_icrs", "raj2000", "_raj2000", "radeg", "ra_deg", "_ra", "ra_j2000", "ra2000",
    "alpha", "right_ascension", "raicrs", "ra_epoch2000",
)  # fmt: skip
DEC = (
    "dec", "de_icrs", "dec_icrs", "dej2000", "_dej2000", "decdeg", "dedeg", "de_deg", "dec_deg",
    "_de", "_dec", "dec_j2000", "decj2000", "dec2000", "delta", "declination", "deicrs",
    "dec_epoch2000",
)  # fmt: skip
RUWE = ("ruwe", "edr3_ruwe", "gaia_ruwe", "ruwe_gaia")
