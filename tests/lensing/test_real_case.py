"""From files to a lens with mask and noise: the example, folders, bad input in sentences."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest
from astropy.io import fits

from astroviz.lensing.observation import ObservationError
from astroviz.lensing.real_case import case_of, files_of, folder_of, sort_uploads
from astroviz.lensing.real_example import EXAMPLE_LENS, drizzled_noise, example


def fits_bytes(array, **header):
    held = io.BytesIO()
    unit = fits.PrimaryHDU(np.asarray(array, dtype=np.float32))
    unit.header.update(header)
    unit.writeto(held)
    return held.getvalue()


@pytest.fixture(scope="module")
def files():
    seen = example()
    parts = {"image": seen.image, "noise": seen.noise, "psf": seen.psf}
    return {name: fits_bytes(array) for name, array in parts.items()}


def test_noise_of_drizzled_images_is_correlated_by_a_third():
    noise = drizzled_noise((40, 64, 64), 1)
    assert noise.std() == pytest.approx(1.0, abs=0.01)
    assert (noise[:, 1:] * noise[:, :-1]).mean() == pytest.approx(1 / 3, abs=0.015)
    assert (noise[:, 1:, 1:] * noise[:, :-1, :-1]).mean() == pytest.approx(1 / 9, abs=0.015)
    assert (noise[:, 2:] * noise[:, :-2]).mean() == pytest.approx(0.0, abs=0.05)


def test_the_example_is_what_its_card_says():
    seen = example()
    assert seen.shape == (201, 201)
    assert seen.truth["lens"][0] == EXAMPLE_LENS[0] == 1.47
    ratio = (seen.image - seen.truth["image"]) / seen.noise
    assert ratio.std() == pytest.approx(0.66, abs=0.01)
    assert "simulated" in seen.name
    assert example() is seen


def test_blank_sky_finds_the_scatter_and_the_correlation_that_were_put_in():
    case = case_of(example(), 2.6, "correlated", simulated=True)
    assert case.blank_std == pytest.approx(0.66, abs=0.02)
    assert case.floor == pytest.approx(0.4356, abs=0.03)
    middle = len(case.noise.correlation) // 2
    assert case.noise.correlation[middle, middle + 1] == pytest.approx(1 / 3, abs=0.05)
    assert case.truth == 1.47
    x, y = case.observation.grid()
    assert not case.observation.mask[np.hypot(x, y) >= 2.6].any()


@pytest.mark.parametrize(("covariance", "factor"), [("given", 1.0), ("rescaled", 0.66)])
def test_other_noise_is_a_choice(covariance, factor):
    case = case_of(example(), 1.0, covariance)
    assert case.noise.factor == pytest.approx(factor, abs=0.02)
    assert not case.noise.correlated
    assert case.blank_std == pytest.approx(0.66, abs=0.02), "the floor does not depend on it"


def test_files_are_told_apart_by_their_names():
    assert sort_uploads(["image.fits", "noise.fits", "psf.fits"]) == {
        "image": 0, "noise": 1, "psf": 2
    }  # fmt: skip
    assert sort_uploads(["J1430_F814W.fits", "J1430_rms.fits", "J1430_PSF.fits"]) == {
        "image": 0, "noise": 1, "psf": 2
    }  # fmt: skip
    assert sort_uploads(["only.fits"]) == {"image": 0}
    assert "image" not in sort_uploads(["noise.fits", "psf.fits"])


def test_files_of_a_user_are_read(files):
    seen = files_of(files, 0.05, (0.3, 0.6), name="mine")
    assert seen.shape == (201, 201)
    assert (seen.lens_redshift, seen.source_redshift) == (0.3, 0.6)
    assert np.allclose(seen.image, example().image, atol=1e-4)
    assert any("WCS" in words for words in seen.warnings)


def changed(name, act):
    def make():
        array = np.array(getattr(example(), name), dtype=float)
        return fits_bytes(act(array))

    return {name: make}


BAD = {
    "no noise map": ({"noise": None}, "noise map"),
    "negative noise": (changed("noise", lambda a: -a), "everything is masked"),
    "zero noise": (changed("noise", lambda a: 0 * a), "everything is masked"),
    "even PSF": (changed("psf", lambda a: a[:-1, :-1]), "even"),
    "huge PSF": (changed("psf", lambda a: np.pad(a, 100)), "larger than the image"),
    "empty PSF": (changed("psf", lambda a: 0 * a), "sum"),
    "other shape": (changed("noise", lambda a: a[:-3]), "201"),
    "one dimension": (changed("image", lambda a: a[0]), "two"),
    "all NaN": (changed("image", lambda a: np.nan * a), "everything is masked"),
    "no FITS": ({"image": lambda: b"plain text, not a file of astronomers"}, "FITS"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused_with_a_sentence(files, case):
    changes, words = BAD[case]
    given = {**files, **{k: make() if make else None for k, make in changes.items()}}
    with pytest.raises(ObservationError, match=words):
        files_of(given, 0.05)


def test_files_that_can_be_mended_are_mended_and_said(files):
    image = example().image.copy()
    image[90:93, 80:85] = np.nan
    seen = files_of(
        {**files, "image": fits_bytes(image), "psf": fits_bytes(3 * example().psf)}, 0.05
    )
    assert not seen.mask[90:93, 80:85].any()
    assert np.isfinite(seen.image).all()
    assert seen.psf.sum() == pytest.approx(1.0)
    told = " ".join(seen.warnings)
    assert "15 pixels" in told
    assert "normalised" in told
    without = files_of({"image": files["image"], "noise": files["noise"]}, 0.05)
    assert "No PSF" in " ".join(without.warnings)


def test_a_folder_is_opened_by_its_path(tmp_path, files):
    place = tmp_path / "J1430"
    place.mkdir()
    for name, content in files.items():
        (place / f"{name}.fits").write_bytes(content)
    found, name = folder_of(str(place))
    assert name == "J1430"
    assert set(found) == {"image", "noise", "psf"}
    with pytest.raises(ObservationError, match="choose one of them"):
        folder_of(str(tmp_path))
    shutil.rmtree(place)
    with pytest.raises(ObservationError, match="no folder"):
        folder_of(str(place))


@pytest.mark.realdata
def test_the_real_lens_of_the_talk_has_the_floor_that_is_known(real_data):
    found, name = folder_of(str(real_data / "lensing" / "slacs" / "J1430+4105"))
    case = case_of(files_of(found, 0.05, (0.285, 0.575), name=name), 2.6)
    assert case.blank_std == pytest.approx(0.66, abs=0.03)
    assert case.floor == pytest.approx(0.44, abs=0.04)
    assert case.observation.used == 8485
