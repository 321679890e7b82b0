"""Filter curves by name, all of speclite, and a user's own with everything that can be wrong."""

from __future__ import annotations

import numpy as np
import pytest
from speclite.filters import load_filter

from astroviz.galaxies import filters
from astroviz.galaxies.filters import (
    FILTER_SETS,
    add_filter,
    available,
    effective_wavelength,
    filter_set,
    known_band,
    load_curve,
)
from astroviz.galaxies.parameters import GalaxyError


@pytest.mark.parametrize(
    ("band", "name"),
    [("sdss_u", "sdss2010-u"), ("lsst_y", "lsst2023-y"), ("twomass_ks", "twomass-Ks"),
     ("galex_fuv", "galex-fuv"), ("euclid_vis", "Euclid-VIS"), ("hsc2017_r2", "hsc2017-r2"),
     ("cfht_megacam_u", "cfht_megacam-u")],
)  # fmt: skip
def test_curves_are_those_of_speclite(band: str, name: str) -> None:
    wavelength, response = load_curve(band)
    reference = load_filter(name)
    expected = reference(wavelength)
    np.testing.assert_allclose(response, expected, atol=1e-12)
    assert effective_wavelength(band) == pytest.approx(
        reference.effective_wavelength.to_value("Angstrom"), rel=0.15
    )


def test_every_set_and_every_name_has_a_curve() -> None:
    for bands in FILTER_SETS.values():
        assert all(known_band(band) for band in bands)
    names = available()
    assert len(names) > 100
    for name in names:
        wavelength, response = load_curve(name)
        assert (np.diff(wavelength) > 0).all()
        assert response.max() > 0


def test_sets_are_found_by_name_or_band() -> None:
    assert filter_set("sdss") == tuple(f"sdss_{band}" for band in "ugriz")
    assert filter_set(["hsc_g", "lsst_y"]) == ("hsc_g", "lsst_y")
    assert filter_set("wise_w1") == ("wise_w1",)
    with pytest.raises(GalaxyError, match="no filter curve 'sdss_q'; there is sdss"):
        filter_set(["sdss_q"])
    with pytest.raises(GalaxyError, match="add_filter"):
        load_curve("nonsense")


def test_a_curve_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "_OWN", {})
    add_filter("mine", [5000, 5100, 5200], [0, 2, 0])
    assert known_band("mine")
    assert "mine" in available()
    assert effective_wavelength("mine") == pytest.approx(5100)


@pytest.mark.parametrize(
    ("name", "wavelength", "response", "said"),
    [
        ("sdss_g", [1e3, 2e3], [1, 1], "take another name"),
        ("mine", [1e3, 2e3], [1], "same length"),
        ("mine", [2e3, 1e3], [1, 1], "do not rise"),
        ("mine", [0.5, 0.6], [1, 1], "micron"),
        ("mine", [1e3, 2e3], [1, -1], "negative"),
        ("mine", [1e3, 2e3], [0, 0], "zero everywhere"),
        ("mine", [1e3, float("nan")], [1, 1], "no numbers"),
    ],
)
def test_a_bad_curve_is_refused(
    name: str, wavelength: list[float], response: list[float], said: str
) -> None:
    with pytest.raises(GalaxyError, match=said):
        add_filter(name, wavelength, response)
    assert not known_band("mine")
