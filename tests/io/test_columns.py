"""Names of catalogues are found; unknown tables are told what would work."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from astroviz.io import TableError, guess_mapping
from astroviz.io.aliases import ALIASES, key
from astroviz.io.columns import known_names
from astroviz.io.convert import to_observations
from astroviz.io.observations import Quantity

CATALOGUES = {
    "Gaia archive": (
        "source_id ra dec parallax parallax_error phot_g_mean_mag phot_g_mean_flux_over_error "
        "phot_bp_mean_mag phot_bp_mean_flux_over_error phot_rp_mean_mag ruwe",
        {"parallax": ("parallax", "parallax_error"),
         "g": ("phot_g_mean_mag", "phot_g_mean_flux_over_error"),
         "bp": ("phot_bp_mean_mag", "phot_bp_mean_flux_over_error"),
         "rp": ("phot_rp_mean_mag", None)},
    ),
    "VizieR": (
        "Source RA_ICRS DE_ICRS Plx e_Plx Gmag e_Gmag BPmag e_BPmag RPmag e_RPmag RUWE "
        "Jmag e_Jmag Hmag e_Hmag Kmag e_Kmag W1mag e_W1mag W2mag e_W2mag",
        {"parallax": ("Plx", "e_Plx"), "g": ("Gmag", "e_Gmag"), "bp": ("BPmag", "e_BPmag"),
         "rp": ("RPmag", "e_RPmag"), "j": ("Jmag", "e_Jmag"), "h": ("Hmag", "e_Hmag"),
         "ks": ("Kmag", "e_Kmag"), "w1": ("W1mag", "e_W1mag"), "w2": ("W2mag", "e_W2mag")},
    ),
    "IRSA": (
        "designation ra dec j_m j_cmsig h_m h_cmsig k_m k_cmsig w1mpro w1sigmpro w4mpro w4sigmpro",
        {"j": ("j_m", "j_cmsig"), "h": ("h_m", "h_cmsig"), "ks": ("k_m", "k_cmsig"),
         "w1": ("w1mpro", "w1sigmpro"), "w4": ("w4mpro", "w4sigmpro")},
    ),
    "Gaia archive's 2MASS": (
        "j_m j_msigcom h_m h_msigcom ks_m ks_msigcom w1mpro w1mpro_error",
        {"j": ("j_m", "j_msigcom"), "h": ("h_m", "h_msigcom"), "ks": ("ks_m", "ks_msigcom"),
         "w1": ("w1mpro", "w1mpro_error")},
    ),
    "Spitzer": (
        "3.6mag e_3.6mag IRAC2 e_IRAC2 i3 i3_error [8.0] e_[8.0] 24mag e_24mag",
        {"i1": ("3.6mag", "e_3.6mag"), "i2": ("IRAC2", "e_IRAC2"), "i3": ("i3", "i3_error"),
         "i4": ("[8.0]", "e_[8.0]"), "m24": ("24mag", "e_24mag")},
    ),
    "APOGEE": (
        "APOGEE_ID RA DEC TEFF TEFF_ERR LOGG LOGG_ERR M_H M_H_ERR FE_H FE_H_ERR",
        {"spec_teff": ("TEFF", "TEFF_ERR"), "spec_logg": ("LOGG", "LOGG_ERR"),
         "spec_mh": ("M_H", "M_H_ERR")},
    ),
    "LAMOST": (
        "obsid ra dec teff teff_err logg logg_err feh feh_err",
        {"spec_teff": ("teff", "teff_err"), "spec_logg": ("logg", "logg_err"),
         "spec_mh": ("feh", "feh_err")},
    ),
    "ours": (
        "g g_error w4 w4_state ks Ks_err",
        {"g": ("g", "g_error"), "w4": ("w4", None), "ks": ("ks", "Ks_err")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_names_of_catalogues(catalogue, quantities):
    names, wanted = CATALOGUES[catalogue]
    mapping = guess_mapping(names.split(), quantities)
    assert {n: (c.value, c.error) for n, c in mapping.choices.items()} == wanted
    assert mapping.check(names.split(), [q.name for q in quantities]) is None


def test_places_and_kinds(quantities):
    mapping = guess_mapping(CATALOGUES["Gaia archive"][0].split(), quantities)
    assert (mapping.identifier, mapping.ra, mapping.dec) == ("source_id", "ra", "dec")
    assert mapping.ruwe == "ruwe"
    assert mapping.choices["g"].error_is == "signal to noise"
    assert mapping.choices["parallax"].error_is == "error"
    wise = guess_mapping(CATALOGUES["IRSA"][0].split(), quantities)
    assert wise.choices["w1"].blank_error == "limit"
    ours = guess_mapping(CATALOGUES["ours"][0].split(), quantities)
    assert (ours.choices["w4"].flag, ours.choices["w4"].flag_is) == ("w4_state", "state")


def test_quality_letters_by_their_number(quantities):
    table = Table(
        {"j_m": [1.0], "ks_m": [1.0], "w1mpro": [1.0], "w4mpro": [1.0], "ph_qual": ["AAU"],
         "qph": ["AAAU"]}
    )  # fmt: skip
    choices = guess_mapping(table, quantities).choices
    assert (choices["ks"].flag, choices["ks"].flag_position) == ("ph_qual", 2)
    assert (choices["w4"].flag, choices["w4"].flag_position) == ("qph", 3)


def test_g_of_other_surveys_is_not_gaias(quantities):
    mapping = guess_mapping(["gmag", "rmag", "imag", "Jmag"], quantities)
    assert "g" not in mapping.choices
    assert "g" in guess_mapping(["gmag", "Jmag"], quantities).choices
    assert guess_mapping(["Gmag", "gmag", "rmag"], quantities).choices["g"].value == "Gmag"


def test_unknown_table_says_what_would_work(quantities):
    with pytest.raises(TableError) as caught:
        guess_mapping(["colour", "mass", "age"], quantities)
    text = str(caught.value)
    assert "'colour', 'mass', 'age'" in text
    for name in ("phot_g_mean_mag", "w1mpro", "3.6mag", "parallax_error", "plx", "teff"):
        assert name in text or name == "parallax_error"


def test_second_choices_are_told(quantities):
    mapping = guess_mapping(["phot_g_mean_mag", "Gmag"], quantities)
    assert any("'Gmag' could be too" in line for line in mapping.explain())


def test_every_alias_leads_to_its_own_quantity(quantities):
    owners = {}
    for quantity in quantities:
        for name in known_names(quantity):
            assert owners.setdefault(key(name), quantity.name) == quantity.name, name
            assert guess_mapping([name], quantities).choices[quantity.name].value == name
            assert list(guess_mapping([name.upper()], quantities).choices) == [quantity.name]
    assert set(ALIASES) == {quantity.name for quantity in quantities}


def test_luminosity_implies_its_unit(quantities):
    assert guess_mapping(["Lstar"], quantities).choices["spec_lum"].unit == "solLum"
    assert guess_mapping(["logL"], quantities).choices["spec_lum"].unit is None
    table = Table({"Lbol": np.ones(1)}, units={"Lbol": "W"})
    assert guess_mapping(table, quantities).choices["spec_lum"].unit is None


def test_a_room_names_the_columns_of_its_own_quantities():
    bands = [
        Quantity(f"sdss_{b}", b, "mag", "SDSS", aliases=(b, f"modelmag_{b}"), system="AB")
        for b in "gr"
    ]
    mapping = guess_mapping(["g", "g_error", "modelMag_r", "z"], bands)
    assert mapping.choices["sdss_g"].value == "g"
    assert mapping.choices["sdss_g"].error == "g_error"
    assert mapping.choices["sdss_r"].value == "modelMag_r"
    seen = to_observations(Table({"g": [18.0], "modelMag_r": [17.5]}), mapping_of(bands), bands)
    assert any("is read in mag (AB)" in note for note in seen.notes)


def test_a_quantity_without_a_usual_error_is_taken_as_exact():
    label = Quantity("redshift", "z", "", "Spectroscopy", "label", aliases=("z_spec",))
    table = Table({"z_spec": [0.1, 0.2]})
    seen = to_observations(table, guess_mapping(table, [label]), [label])
    assert seen.used.all()
    assert np.isnan(seen.errors).all()
    assert not any("assumed" in note for note in seen.notes)


def mapping_of(bands):
    return guess_mapping(["g", "modelMag_r"], bands)
