from __future__ import annotations

import numpy as np
import pytest
import torch

import astroviz
from astroviz.core.registry import find_model
from astroviz.lensing.correction import Correction
from astroviz.lensing.lens import check_lens, to_free
from astroviz.lensing.mass_maps import (
    clumpy_lens,
    deflection_of,
    einstein_radius_of,
    perturbations,
    read_maps,
)
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.rays import Rays
from astroviz.lensing.setup import Setup
from astroviz.lensing.simulate import simulate
from astroviz.lensing.sky_noise import white_noise
from astroviz.lensing.source_of_lens import source_fit
from astroviz.lensing.train_correction import learn, train

LENS = check_lens({"einstein_radius": 1.2, "axis_ratio": 0.8, "position_angle": 0.6}).double()
SETUP = Setup(40, 0.1, 16, 0.06, gaussian_psf(1.5, 5))


def source():
    y, x = (np.indices((16, 16)) - 7.5) * 0.06
    return 2 * np.exp(-((x - 0.1) ** 2 + (y + 0.05) ** 2) / 0.02)


@pytest.fixture(scope="module")
def learned():
    return learn(120, seed=0, latents=6, pixels=32)


@pytest.fixture(scope="module")
def bent(learned):
    """A lens bent along the second direction, as much as three standard deviations."""
    correction, _ = learned
    latent = 3 * np.sqrt(correction.variances[1])
    y, x = (np.indices(SETUP.shape) - 19.5) * 0.1
    added = latent * correction.directions(x, y, 1.2, 0.0, 0.0)[1]
    return simulate(SETUP, LENS, source(), 0.05, 3, deflection=added), latent


def test_deflection_of_a_disc_is_that_of_its_mass():
    step = 0.05
    y, x = (np.indices((96, 96)) - 47.5) * step
    disc = (np.hypot(x, y) < 0.5).astype(float)
    found = deflection_of(disc, step)
    outside = np.hypot(x, y) > 0.7
    mass = disc.sum() * step**2 / np.pi
    wanted = mass * np.stack([x, y]) / (x**2 + y**2)
    assert found[:, outside] == pytest.approx(wanted[:, outside], rel=0.02, abs=1e-3)


def test_mass_maps_are_lenses():
    kappa = clumpy_lens(3, 1.3, pixels=96)
    assert einstein_radius_of(kappa, 5.2 / 96) == pytest.approx(1.3, rel=0.1)
    assert (kappa >= 0).all()
    assert np.array_equal(perturbations(2, 5, 32), perturbations(2, 5, 32))
    assert not np.array_equal(perturbations(1, 5, 32), perturbations(1, 6, 32))


def test_no_mass_maps_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="no mass maps"):
        read_maps(tmp_path / "kappa.npz")
    np.savez(tmp_path / "flat.npz", a=np.zeros(4))
    with pytest.raises(ValueError, match="is needed"):
        read_maps(tmp_path / "flat.npz")


def test_learned_directions_explain_unseen_lenses(learned):
    correction, metrics = learned
    assert correction.size == 6
    assert (np.diff(correction.variances) <= 0).all()
    explained = metrics["variance of unseen draws explained"]
    assert 0.3 < explained < 1


def test_directions_are_no_power_law(learned):
    correction, _ = learned
    y, x = (np.indices((30, 30)) - 14.5) * 0.1
    fields = correction.directions(x, y, 1.0, 0.0, 0.0)
    ring = (np.hypot(x, y) > 0.4) & (np.hypot(x, y) < 1.4)
    for smooth in (np.stack([x, -y]), np.stack([y, x]), np.stack([x, y]) / np.hypot(x, y)):
        for field in fields:
            a, b = field[:, ring].ravel(), smooth[:, ring].ravel()
            assert abs(a @ b) < 0.25 * np.linalg.norm(a) * np.linalg.norm(b)


def test_correction_finds_what_was_bent(learned, bent):
    correction, _ = learned
    seen, latent = bent
    before = source_fit(seen, LENS, white_noise(seen), pixels=16)
    fit = correction.fit(before, budget=60)
    assert fit.chi_square[0] > 1.3 * fit.chi_square[1]
    assert fit.chi_square[1] < 1.2
    assert fit.log_evidence > fit.log_evidence_before + 20
    assert abs(fit.latents[1] - latent) < 5 * fit.latent_errors[1] + 0.2 * latent
    assert np.abs(fit.residual).std() < np.abs(before.residual).std()
    assert fit.convergence.shape == seen.shape


def test_does_not_bend_what_is_straight(learned):
    correction, _ = learned
    seen = simulate(SETUP, LENS, source(), 0.05, 4)
    fit = correction.fit(source_fit(seen, LENS, white_noise(seen), pixels=16), budget=60)
    size = np.abs(fit.latents) / fit.latent_errors
    assert (size < 4.5).all()
    # a few nats for the lens, which climbs too, and 32 latents; a real one brings hundreds
    assert fit.log_evidence < fit.log_evidence_before + 30


def test_directions_add_to_the_evidences_gradient(learned):
    correction, _ = learned
    seen = simulate(SETUP, LENS, source(), 0.05, 4)
    before = source_fit(seen, LENS, white_noise(seen), pixels=12)
    from astroviz.lensing.correction import _evidence_of

    rays = Rays(before.observation, before.noise)
    model = _evidence_of(before, rays, 12)
    fields = correction.directions(rays.x, rays.y, 1.2, 0.0, 0.0)
    free = to_free(LENS).numpy()
    found = model.evidence(free, 0 * fields[0], fields, exact=True).gradient[8:]
    for k in range(2):
        up, down = (model.log_evidence(free, s * 1e-4 * fields[k]) for s in (1, -1))
        assert found[k] == pytest.approx((up - down) / 2e-4, rel=0.02, abs=1.0)


def test_recipe_writes_a_model(tmp_path, monkeypatch):
    folder = train(budget=5, out=tmp_path, smoke=True)
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path))
    assert folder == tmp_path / "lensing" / "correction"
    assert find_model("lensing/correction").path == folder.resolve()
    opened = astroviz.load("lensing/correction", device="cpu")
    assert isinstance(opened, Correction)
    assert opened.size == 4
    assert opened.name == "lensing/correction"


def test_shipped_model_opens():
    opened = astroviz.load("lensing/correction", device="cpu")
    assert opened.size == 32
    assert opened.card.metrics["variance of unseen draws explained"] > 0.8


@pytest.mark.realdata
@pytest.mark.slow
def test_corrects_a_lens_of_a_simulated_cluster_of_mass(real_data):
    kappa = read_maps(real_data / "lensing" / "kappa_maps.npz")[0]
    step = 64 * 0.08 / 128
    added = deflection_of(kappa, step).reshape(2, 64, 2, 64, 2).mean((2, 4))
    setup = Setup(64, 0.08, 16, 0.06, gaussian_psf(1.5, 7))
    seen = simulate(setup, {"einstein_radius": 1e-3}, source(), 0.05, 0, deflection=added)
    from astroviz.lensing.fit_lens import fit_lens

    before = fit_lens(seen, 120, noise=white_noise(seen))
    fit = astroviz.load("lensing/correction", device="cpu").fit(before, 60)
    assert fit.chi_square[1] < fit.chi_square[0]
    assert fit.log_evidence > fit.log_evidence_before
    assert torch.isfinite(torch.from_numpy(fit.latents)).all()


def test_the_shipped_correction_is_checked_by_draws_it_has_not_seen():
    blocks = astroviz.load("lensing/correction").checks(seed=3, quick=True)
    explained, spread = blocks
    assert len(explained["values"]) == 60
    assert explained["values"].mean() > 0.75
    assert float(spread["values"][0]) < 0.3 + 3 * float(spread["errors"][0])
