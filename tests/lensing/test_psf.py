"""Point-spread functions: what is accepted, and the widths of the analytic ones."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.lensing.psf import PsfError, check_psf, full_width, gaussian_psf, moffat_psf


@pytest.mark.parametrize("make", [gaussian_psf, moffat_psf])
def test_analytic_ones_are_normalised_and_half_as_high_at_half_their_width(make):
    psf = make(10.0, 61)
    assert psf.sum() == pytest.approx(1.0)
    assert psf[30, 35] / psf[30, 30] == pytest.approx(0.5, rel=1e-6)
    assert full_width(psf) == pytest.approx(10.0, abs=0.3)
    assert np.allclose(psf, psf[::-1, ::-1])


def test_an_elongated_one_lies_along_its_angle():
    psf = gaussian_psf(6.0, 41, axis_ratio=0.5, angle=np.pi / 4)
    assert psf[25, 25] > 2 * psf[25, 15]  # row and column both up: the diagonal x = y


def test_wings_of_a_moffat():
    assert moffat_psf(4.0, 41)[20, 38] > 100 * gaussian_psf(4.0, 41)[20, 38]


def test_a_psf_is_normalised():
    assert check_psf(np.full((3, 3), 7.0)).sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (np.ones((4, 4)), "odd sides"),
        (np.ones(5), "one image"),
        (np.full((3, 3), np.nan), "9 pixels of the PSF are not finite"),
        (np.zeros((3, 3)), "sums to 0"),
        (np.ones((9, 9)), "larger than the image"),
    ],
)
def test_a_bad_one_is_told_so(wrong, word):
    with pytest.raises(PsfError, match=word):
        check_psf(wrong, (7, 7))


def test_bad_widths_are_told_so():
    for bad in (lambda: gaussian_psf(0.0), lambda: moffat_psf(-1.0), lambda: gaussian_psf(2.0, 8)):
        with pytest.raises(PsfError):
            bad()
