"""Spectra in tables and mappings: read, rebinned, or set aside with a sentence."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from astropy.table import Table
from numpy.testing import assert_allclose

import astroviz
from astroviz.cli import main
from astroviz.io.convert import observations_table
from astroviz.io.tables import read_table
from astroviz.stars.catalogue import from_simulation, open_catalogue
from astroviz.stars.simulator import simulate
from astroviz.stars.spectral_noise import LENGTHS, correlation, observe_spectra
from astroviz.stars.spectral_physics import SpectralPhysics
from astroviz.stars.spectrographs import FLUX_UNIT, spectrograph

XP = spectrograph("xp")


@pytest.fixture(scope="module")
def simulated():
    generator = torch.Generator().manual_seed(12)
    stars = simulate(40, generator, class_weights=(0.6, 0.4, 0.0, 0.0), pattern="all")
    light = SpectralPhysics()
    every = {"xp": 1.0, "lamost": 1.0, "apogee": 1.0}
    return stars, observe_spectra(stars, generator, light, every)


@pytest.fixture(scope="module")
def star(simulated):
    """The numbers of one star with all spectra, as keys and arrays."""
    stars, sets = simulated
    row = int(torch.stack([s.seen for s in sets]).all(0).nonzero()[0])
    numbers = observations_table(from_simulation(stars, "x").observations)[row]
    found = {name: numbers[name] for name in ("g", "bp", "rp", "parallax", "j", "h", "ks")}
    found |= {f"{name}_error": numbers[f"{name}_error"] for name in list(found)}
    for one in sets:
        unit = u.Unit(FLUX_UNIT) if one.one.calibrated else 1
        found[f"{one.one.name}_flux"] = one.flux[row].numpy() * unit
        found[f"{one.one.name}_flux_error"] = one.error[row].numpy() * unit
    found["xp_correlation"] = correlation(XP, LENGTHS[int(sets[0].length[row])]).numpy()
    return found


@pytest.fixture(scope="module")
def table(simulated):
    stars, sets = simulated
    found = observations_table(from_simulation(stars, "x").observations)
    for one in sets:
        found[f"{one.one.name}_flux"] = one.flux.numpy()
        found[f"{one.one.name}_flux_error"] = one.error.numpy()
    found["xp_flux"].unit = found["xp_flux_error"].unit = FLUX_UNIT
    return found


@pytest.fixture(scope="module")
def stars_model():
    return astroviz.load("stars")


def test_a_star_with_a_spectrum_is_answered_by_the_spectral_model(star, stars_model):
    posterior = stars_model.posterior(star)
    assert posterior.model.name == "stars/spectra"
    plain = stars_model.posterior({k: v for k, v in star.items() if "_flux" not in k})
    assert plain.model is stars_model
    off = stars_model.posterior(posterior.observations.ignoring(["xp", "lamost", "apogee"]))
    assert off.model is stars_model


def test_other_units_and_wavelengths_give_the_same_posterior(star, stars_model):
    kept = {k: v for k, v in star.items() if not k.startswith(("lamost", "apogee"))}
    first = stars_model.posterior(kept).sample(200, seed=1)
    turned = dict(kept)
    cgs = u.Unit("erg s-1 cm-2 Angstrom-1")
    for name in ("xp_flux", "xp_flux_error"):
        turned[name] = star[name].to(cgs)[::-1]
    turned["xp_correlation"] = star["xp_correlation"][::-1, ::-1]
    turned["xp_wavelength"] = (XP.wavelength[::-1] * u.nm).to(u.Angstrom)
    second = stars_model.posterior(turned)
    assert not second.observations.problems
    drawn = second.sample(200, seed=1)
    assert_allclose(drawn["log_age"], first["log_age"], atol=1e-3)


def test_a_fine_sampling_is_averaged_over_the_bins(stars_model):
    wave = np.arange(336.0, 1020.1, 2.0)
    flux = 1e-15 * (wave / 600) ** 3
    error = np.full(wave.size, 3e-17)
    fine = {"g": 13.0, "xp_flux": flux * u.Unit(FLUX_UNIT),
            "xp_flux_error": error * u.Unit(FLUX_UNIT)}  # fmt: skip
    seen = stars_model.observe(fine)
    assert not seen.problems
    (found,) = seen.spectra
    assert_allclose(found.flux[0], 1e-15 * (XP.wavelength / 600) ** 3, rtol=0.005)
    # three to nine samples a bin: smaller errors, correlated with the neighbours
    assert (found.error[0] < error[0]).all()
    assert found.correlation_of(0)[30, 31] > 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"xp_flux": np.ones(50)}, "has 50 values; without xp_wavelength there must be 60"),
        ({"xp_flux": np.full(60, 3.0) * u.mag}, "is no flux density"),
        ({"xp_flux": np.full(60, 1e-3)}, "is no star's flux"),
        ({"xp_flux_error": np.zeros(60)}, "not above zero"),
        ({"xp_flux_error": np.ones(7)}, "xp_flux_error has 7"),
        ({"xp_flux_error": None}, "has no errors"),
        ({"xp_correlation": np.full((60, 60), 1.0)}, "not positive definite"),
        ({"xp_covariance": np.ones(9)}, "60 samples need 60 times 60"),
        ({"xp_wavelength": np.linspace(1500, 1700, 60)}, "the model reads 336 to 1020 nm"),
        ({"xp_wavelength": np.linspace(340, 1000, 60) * u.s}, "which is no length"),
        ({"xp_wavelength": np.full(60, np.nan)}, "not numbers"),
    ],
)
def test_a_mistake_is_a_sentence_and_the_rest_is_used(star, stars_model, change, said):
    kept = {k: v for k, v in star.items() if not k.startswith(("lamost", "apogee"))} | change
    kept = {k: v for k, v in kept.items() if v is not None}
    posterior = stars_model.posterior(kept)
    assert said in posterior.observations.problems[0]
    assert "is set aside" in posterior.observations.problems[0]
    assert posterior.model is stars_model
    assert np.isfinite(posterior.sample(20)["log_age"]).all()


def test_gaps_are_gaps_up_to_half_of_the_spectrum(star, stars_model):
    flux = star["xp_flux"].value.copy()
    flux[10:20] = np.nan
    seen = stars_model.observe({**star, "xp_flux": flux * u.Unit(FLUX_UNIT)})
    assert not seen.problems
    assert np.isnan(seen.spectra[0].flux[0]).sum() == 10
    flux[20:50] = np.nan
    seen = stars_model.observe({**star, "xp_flux": flux * u.Unit(FLUX_UNIT)})
    assert "67% of xp_flux are gaps" in seen.problems[0]
    flux[:] = np.nan
    assert not stars_model.observe({"g": 12.0, "xp_flux": flux}).problems


def test_a_spectrum_alone_is_an_answer(star, stars_model):
    only = {k: v for k, v in star.items() if k.startswith("xp_")}
    draws = stars_model.posterior(only).sample(300, seed=0)
    prior = stars_model.prior(2000)
    assert draws["effective_temperature"].std() < 0.5 * prior["effective_temperature"].std()


@pytest.mark.parametrize("suffix", ["fits", "ecsv", "parquet"])
def test_tables_with_spectra_are_read_from_files(table, tmp_path, suffix):
    file = tmp_path / f"stars.{suffix}"
    if suffix == "parquet":
        columns = {
            name: list(table[name].data) if table[name].ndim > 1 else table[name].tolist()
            for name in table.colnames
        }
        pq.write_table(pa.table(columns), file)
    else:
        table.write(file)
    opened = open_catalogue(file).observations
    assert [found.name for found in opened.spectra] == ["xp", "lamost", "apogee"]
    assert_allclose(opened.spectra[0].flux, table["xp_flux"], rtol=1e-6)
    assert not opened.problems


def test_a_table_is_answered_row_by_row(table, tmp_path):
    source, out = tmp_path / "stars.fits", tmp_path / "out.ecsv"
    table[:6].write(source)
    assert main(["infer", str(source), "--out", str(out), "--samples", "50"]) == 0
    found = read_table(out)
    assert len(found) == 6
    assert all(str(text).startswith("ok") for text in found["status"])


def test_a_row_with_a_broken_spectrum_says_so(table, tmp_path):
    source, out = tmp_path / "stars.fits", tmp_path / "out.ecsv"
    broken = Table(table[:4], copy=True)
    seen = np.isfinite(broken["xp_flux"]).all(1)
    row = int(np.flatnonzero(seen)[0])
    broken["xp_flux_error"][row] = -1.0
    broken.write(source)
    assert main(["infer", str(source), "--out", str(out), "--samples", "50"]) == 0
    status = [str(text) for text in read_table(out)["status"]]
    assert "bad input: the Gaia XP spectrum is set aside" in status[row]
    assert sum(text.startswith("ok") for text in status) == 3


def test_a_stray_column_is_noted(stars_model):
    seen = stars_model.observe({"g": 12.0, "xp_wavelength": XP.wavelength})
    assert any("there is no column xp_flux" in note for note in seen.notes)
