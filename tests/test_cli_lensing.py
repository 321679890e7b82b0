"""A lens from the command line: from files to a fit, sources and a FITS file."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits

from astroviz.cli import main
from astroviz.lensing.sample_scene import Simulation, simulate

TRUE_RADIUS = 1.1


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lens")
    lens = (TRUE_RADIUS, 0.8, 0.5, 0.02, -0.03, 0.03, 0.0, 1.0)
    seen = simulate(Simulation(lens, noise=0.05, seed=5), 32).observation
    for name in ("image", "noise", "psf"):
        values = np.asarray(getattr(seen, name), dtype=np.float32)
        fits.writeto(folder / f"{name}.fits", values)
    return folder


def words(files, out, *more):
    return [
        "lens", str(files / "image.fits"), "--noise", str(files / "noise.fits"), "--psf",
        str(files / "psf.fits"), "--no-light", "--radius", "1.6", "--covariance", "given",
        "--out", str(out), *more,
    ]  # fmt: skip


@pytest.mark.slow
def test_a_lens_is_fitted_and_its_source_drawn(files, tmp_path, capsys):
    out = tmp_path / "found.fits"
    assert main(words(files, out, "--budget", "15s", "--chains", "2", "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    radius = found["lens"]["einstein_radius"]
    assert abs(radius["value"] - TRUE_RADIUS) < max(5 * radius["error"], 0.02)
    assert found["source"]["chains"] == 2
    with fits.open(out) as file:
        draws = file["SOURCE_DRAWS"].data
        assert draws.shape[1:] == file["SOURCE_MEAN"].data.shape
        np.testing.assert_allclose(draws.mean(0), file["SOURCE_MEAN"].data, atol=1e-4)
        assert len(file["LENS_DRAWS"].data) == len(draws)
        assert file["SOURCE_MEAN"].header["PIXSCALE"] > 0
        assert file[0].header["EINSTEIN_RADIUS"] == pytest.approx(radius["value"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--psf", "nowhere.fits"], "there is no PSF at nowhere.fits"),
        (["--out", "found.png"], "must end in .fits"),
        (["--chains", "1"], "cannot agree"),
        (["--covariance", "magic"], "no noise 'magic'"),
    ],
)
def test_what_is_wrong_is_said(files, tmp_path, capsys, monkeypatch, more, said):
    monkeypatch.chdir(tmp_path)
    assert main(words(files, tmp_path / "found.fits", *more)) == 2
    assert said in capsys.readouterr().err


def test_rows_are_not_asked_of_a_prior_of_images(tmp_path, capsys):
    table = tmp_path / "a.csv"
    table.write_text("a,b\n1,2\n")
    out = str(tmp_path / "b.csv")
    assert main(["infer", str(table), "--model", "lensing", "--out", out]) == 2
    assert "astroviz lens" in capsys.readouterr().err
