"""Passband integrals and zero points on curves whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.stars.build_filters import Filter, band_weights, load_filters, vega_magnitudes
from astroviz.stars.surveys import BANDS

# Where each band is: centre and width in micron, enough for a box to stand for it.
BOXES = {band.name: (band.wavelength, 0.2 * band.wavelength) for band in BANDS}
LIGHT = 2.99792458e18


class Boxes:
    """Stands for the archives: a box in place of every passband, a flat spectrum for Vega."""

    def read(self, package, member):
        if member.endswith(".fits"):
            return flat_vega()
        names = {"gaiadr3-G": "g", "gaiadr3-BP": "bp", "gaiadr3-RP": "rp", "mips_24": "m24"}
        names |= {f"twomass_{k}": k.lower() for k in ("J", "H", "Ks")}
        names |= {f"wise2010-W{k}": f"w{k}" for k in range(1, 5)}
        names |= {f"irac_ch{k}": f"i{k}" for k in range(1, 5)}
        name = next(value for key, value in names.items() if f"{key}." in member)
        centre, width = BOXES[name]
        grid = 1e4 * np.linspace(centre - width / 2, centre + width / 2, 50)
        if member.endswith(".par"):
            text = "# a box\n" + "\n".join(f"{x:.6f} 0.5" for x in grid)
        else:
            head = "# %ECSV 1.0\n# ---\n# datatype:\n"
            head += "# - {name: wavelength, unit: Angstrom, datatype: float64}\n"
            head += "# - {name: response, datatype: float64}\nwavelength response\n"
            text = head + "\n".join(f"{x:.6f} 0.5" for x in grid)
        return text.encode()


def flat_vega():
    import io

    from astropy.io import fits

    grid = np.geomspace(2e3, 4e5, 4000)
    flux = 3631e-23 * LIGHT / grid**2  # 3631 Jy everywhere
    columns = [fits.Column("WAVELENGTH", "D", array=grid), fits.Column("FLUX", "D", array=flux)]
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def filters():
    return load_filters(Boxes())


def test_one_passband_per_band_normalised(filters):
    assert [item.name for item in filters] == [band.name for band in BANDS]
    for item, band in zip(filters, BANDS, strict=True):
        assert item.response.max() == 1.0
        assert item.pivot == pytest.approx(band.wavelength, rel=0.01)


def test_weights_integrate_a_power_law_exactly():
    grid = np.linspace(1e4, 2e4, 11)
    box = Filter("x", grid, np.ones(11), 1.0, 1.0)
    samples = np.geomspace(5e3, 4e4, 3000)
    weights = band_weights((box,), samples)
    assert weights.shape == (3000, 1)
    # the integral of lambda^2 over the box
    assert (samples**2 @ weights)[0] == pytest.approx((8e12 - 1e12) / 3, rel=1e-4)
    assert (weights >= 0).all()
    assert weights[(samples < 9.9e3) | (samples > 2.02e4)].sum() == 0


def test_passband_beyond_the_spectrum_is_cut():
    box = Filter("x", np.linspace(1e4, 2e4, 11), np.ones(11), 1.0, 1.0)
    samples = np.linspace(5e3, 1.5e4, 2000)
    assert (np.ones(2000) @ band_weights((box,), samples))[0] == pytest.approx(5e3, rel=1e-3)


def test_flat_source_has_its_zero_point_magnitude(filters):
    """3631 Jy at all wavelengths: Gaia's published AB-Vega differences, WISE's own flat ones."""
    mags = dict(zip((i.name for i in filters), vega_magnitudes(Boxes(), filters), strict=True))
    for band, difference in (("g", 0.1137), ("bp", 0.0154), ("rp", 0.3561)):
        assert mags[band] == pytest.approx(-difference, abs=1e-3)
    for band, jansky in (("w1", 309.540), ("w2", 171.787), ("w3", 31.674), ("w4", 8.363)):
        assert mags[band] == pytest.approx(-2.5 * np.log10(3631 / jansky), abs=1e-3)
    # elsewhere the published flux density belongs to another spectral shape: close, not equal
    for item in filters[3:]:
        assert mags[item.name] == pytest.approx(-2.5 * np.log10(3631 / item.zero_jansky), abs=0.06)
