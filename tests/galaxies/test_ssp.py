"""From the published grid to bins and fewer ages, on grids that are known on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from astroviz.galaxies import ssp
from astroviz.galaxies.igm import LYMAN_LIMIT
from astroviz.galaxies.ssp import EDGES, bin_spectra, choose_ages, fetch_grids, log_codes


def test_edges_rise_from_the_lyman_limit_with_the_resolution_said() -> None:
    steps = np.diff(np.log(EDGES))
    assert EDGES[0] == LYMAN_LIMIT
    assert EDGES[-1] == pytest.approx(55000)
    optical = steps[(EDGES[:-1] > 3300) & (EDGES[:-1] < 8990)]
    assert 1 / optical == pytest.approx(1000, rel=0.01)


def test_bins_keep_the_flux() -> None:
    wavelength = np.geomspace(800, 6e4, 4000)
    rng = np.random.default_rng(0)
    spectra = rng.uniform(0.5, 1.5, (2, len(wavelength))).astype(np.float32)
    edges = np.geomspace(1000, 5e4, 300)
    found = bin_spectra(wavelength, spectra, edges)
    for row, spectrum in zip(found, spectra, strict=True):
        for k in (0, 120, 298):
            inside = wavelength[(wavelength > edges[k]) & (wavelength < edges[k + 1])]
            total, _ = quad(
                lambda x, y=spectrum: np.interp(x, wavelength, y), edges[k], edges[k + 1],
                points=inside, limit=400,
            )  # fmt: skip
            assert row[k] == pytest.approx(total / (edges[k + 1] - edges[k]), rel=1e-6)


def test_ages_on_a_line_are_left_out_and_bends_kept() -> None:
    ages = np.geomspace(0.001, 10, 41)
    logs = np.log(ages / 0.001)
    bend = np.where(logs < logs[30], 0.0, logs - logs[30])
    bands = (1.0 + logs + 3 * bend)[None, :, None]
    kept = choose_ages(ages, bands, 4)
    birth = int(np.argmin(np.abs(ages - 0.01)))
    assert kept.tolist() == [0, birth, 30, 40]


def test_codes_are_good_to_two_parts_in_ten_thousand() -> None:
    rng = np.random.default_rng(1)
    spectra = np.exp(rng.uniform(-40, -25, (3, 500)))
    codes, top = log_codes(spectra)
    back = np.exp(top[:, None] - 21.0 * (codes.astype(float) + 32768) / 65535)
    assert np.abs(back / spectra - 1).max() < 1.7e-4
    assert codes.dtype == np.int16
    dark, _ = log_codes(np.array([1.0, 0.0]))
    assert dark.tolist() == [-32768, 32767]


def test_a_wrong_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / ssp.WHEEL).write_bytes(b"something else")
    with pytest.raises(ValueError, match="expected 1249248d0180"):
        fetch_grids(tmp_path)


def test_without_a_connection_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ConnectionError, match="put the file into"):
        fetch_grids(tmp_path / "new")
