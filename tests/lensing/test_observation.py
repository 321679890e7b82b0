from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.io import fits

from astroviz.lensing.observation import ObservationError, open_observation

IMAGE, NOISE = np.zeros((20, 24)), np.ones((20, 24))


def test_masks_what_cannot_be_used():
    image, noise = IMAGE.copy(), NOISE.copy()
    image[0, 0], noise[1, 1], noise[2, 2], noise[3, 3], noise[4, 4] = np.nan, 1e8, 0, -1, np.nan
    seen = open_observation(image, noise, pixel_scale=0.1)
    assert seen.used == image.size - 5
    assert np.isfinite(seen.image).all()
    assert (seen.noise > 0).all()
    assert any("not numbers" in one for one in seen.warnings)
    assert any("zero or negative" in one for one in seen.warnings)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"noise": None}, "no noise map"),
        ({"noise": 0.0}, "must be positive"),
        ({"noise": np.ones((5, 5))}, "5 x 5"),
        ({"noise": -NOISE}, "everything is masked"),
        ({"image": np.full((20, 24), np.nan)}, "everything is masked"),
        ({"image": np.zeros(7)}, "two axes"),
        ({"psf": np.ones((4, 4))}, "even side"),
        ({"psf": np.ones((31, 31))}, "larger than the image"),
        ({"psf": np.zeros((3, 3))}, "sum is not > 0"),
        ({"pixel_scale": 0.0}, "must be positive"),
        ({"image": "/nowhere/image.fits"}, "no file"),
        ({"image": b"not a FITS file"}, "FITS"),
        ({"mask": np.ones((2, 2))}, "must be equal|two axes"),
        ({"mask": np.zeros((20, 24))}, "everything is masked"),
    ],
)
def test_says_what_is_wrong(changes, words):
    with pytest.raises(ObservationError, match=words):
        open_observation(**{"image": IMAGE, "noise": NOISE, "psf": None, **changes})


def test_normalises_a_psf_and_says_so():
    seen = open_observation(IMAGE, NOISE, 3 * np.ones((3, 3)))
    assert seen.psf is not None
    assert seen.psf.sum() == pytest.approx(1)
    assert any("normalised" in one for one in seen.warnings)


def test_reads_files_with_their_wcs():
    header = fits.Header()
    angle = np.radians(30)
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
    header["CRVAL1"], header["CRVAL2"], header["CRPIX1"], header["CRPIX2"] = 10.0, 20.0, 12, 10
    scale = 0.05 / 3600
    header["CD1_1"], header["CD1_2"] = -scale * np.cos(angle), scale * np.sin(angle)
    header["CD2_1"], header["CD2_2"] = scale * np.sin(angle), scale * np.cos(angle)
    file = io.BytesIO()
    fits.PrimaryHDU(np.arange(480.0).reshape(20, 24), header).writeto(file)
    seen = open_observation(file.getvalue(), 1.0, pixel_scale=9.0)
    assert seen.pixel_scale == pytest.approx(0.05)
    assert seen.image[0, 1] == 1.0  # the first row is the bottom one
    assert seen.parity == 1
    assert np.degrees(seen.north) == pytest.approx(60.0)  # up is 30 degrees east of north
    assert seen.on_sky(seen.north) == pytest.approx(0.0, abs=1e-6)
    assert seen.on_sky(np.pi / 2) == pytest.approx(30.0)
    assert open_observation(IMAGE, NOISE).on_sky(0.3) is None


def test_cuts_about_the_centre():
    seen = open_observation(np.arange(441.0).reshape(21, 21), 1.0, pixel_scale=0.1)
    small = seen.cut(0.5)
    assert small.image[small.shape[0] // 2, small.shape[1] // 2] == seen.image[10, 10]
    x, y = seen.grid()
    assert x[0, 0] == pytest.approx(-1.0)
    assert y[0, 0] == pytest.approx(-1.0)
    assert seen.within(0.5, 0.2).used == ((np.hypot(x, y) < 0.5) & (np.hypot(x, y) >= 0.2)).sum()
    with pytest.raises(ObservationError, match="everything is masked"):
        seen.within(0.0)
