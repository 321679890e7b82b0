"""The emulator: its components, its networks, and how close the shipped one is."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from astroviz.core.registry import find_model, load
from astroviz.galaxies.direct_truth import GROUPS, read_truth
from astroviz.galaxies.emulator import (
    Emulator,
    EmulatorNetwork,
    SpeculatorActivation,
    burst_features,
    history_features,
)
from astroviz.galaxies.emulator_data import (
    draw_bursts,
    draw_parameters,
    principal_components,
)
from astroviz.galaxies.parameters import BOUNDS, PARAMETERS
from astroviz.galaxies.sps import synthesis


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    found = load("galaxies/emulator", device="cpu")
    assert isinstance(found, Emulator)
    return found


def column(theta: torch.Tensor, name: str) -> torch.Tensor:
    return theta[..., PARAMETERS.index(name)]


def test_the_activation_goes_from_a_line_to_a_gate() -> None:
    unit = SpeculatorActivation(2)
    with torch.no_grad():
        unit.gamma.copy_(torch.tensor([1.0, 0.2]))
        unit.beta.copy_(torch.tensor([3.0, 2.0]))
    x = torch.tensor([[-1.5, -1.5]])
    expected = (0.2 + 0.8 / (1 + math.exp(3.0))) * -1.5
    torch.testing.assert_close(unit(x), torch.tensor([[-1.5, expected]]))


def test_components_give_back_spectra_of_their_rank() -> None:
    generator = torch.Generator().manual_seed(2)
    edges = torch.tensor(np.geomspace(1000, 20000, 241))
    factors = torch.randn(4, 240, generator=generator)
    logs = torch.randn(300, 4, generator=generator) @ factors - 3
    found = principal_components(logs, edges, (4, 4, 4, 4))
    network = EmulatorNetwork(found.sizes, (4, 4, 4, 4), 2)
    network.scale.copy_(found.scale)
    network.mean.copy_(found.mean)
    for k, basis in enumerate(found.bases):
        getattr(network, f"basis{k}").copy_(basis)
    coefficients = found.coefficients(logs)
    torch.testing.assert_close(network.log_spectrum(coefficients), logs, atol=2e-4, rtol=1e-4)
    torch.testing.assert_close(coefficients.std(0), torch.ones(16), atol=0.02, rtol=0)
    # an error of a coefficient, as the loss weighs it, is a mean square error of its segment
    wrong = coefficients.clone()
    wrong[:, 5] += 1
    missed = (network.log_spectrum(wrong) - logs).square()[:, found.sizes[0] :][
        :, : found.sizes[1]
    ]
    torch.testing.assert_close(missed.mean(1)[0], found.weights()[5], atol=1e-5, rtol=1e-2)


def test_training_parameters_stay_in_bounds_and_bursts_are_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    theta = draw_parameters(5000, generator)
    for name in ("kappa1", "kappa2", "kappa3", "log_z", "tau1", "redshift"):
        low, high = BOUNDS[name]
        assert low <= float(column(theta, name).min()) < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < float(column(theta, name).max()) <= high
    bursts = draw_bursts(5000, generator)
    assert set(column(bursts, "f_burst").tolist()) == {1.0}
    assert float((column(bursts, "t_burst") < 0.1).float().mean()) == pytest.approx(
        math.log(10) / math.log(1327), abs=0.05
    )


def test_features_do_not_depend_on_mass_or_diffuse_dust() -> None:
    theta = read_truth().theta[:5]
    other = theta.clone()
    for name, value in (("log_mass_formed", 12.0), ("tau2", 1.0), ("n_dust", 0.3)):
        other[:, PARAMETERS.index(name)] = value
    torch.testing.assert_close(history_features(theta), history_features(other))
    torch.testing.assert_close(burst_features(theta), burst_features(other))


def test_shipped_emulator_against_direct_integration(emulator: Emulator) -> None:
    truth = read_truth()
    bands = GROUPS["griz"]
    off = emulator.magnitudes(truth.theta, bands) - truth.magnitudes[:, truth.columns(bands)]
    errors = off.abs().flatten()
    assert float(errors.quantile(0.68)) < 0.008
    assert float(errors.quantile(0.95)) < 0.025


def test_shipped_emulator_against_the_tables(emulator: Emulator) -> None:
    theta = read_truth().theta[:50]
    wavelength, light = emulator.spectrum(theta)
    _, expected = synthesis().spectrum(theta, observed=False)
    optical = (wavelength > 3500) & (wavelength < 7500)
    off = (light[:, optical] / expected[:, optical]).log().abs()
    assert float(off.flatten().quantile(0.68)) < 0.01


def test_magnitudes_have_gradients_and_shapes(emulator: Emulator) -> None:
    theta = read_truth().theta[:6].reshape(2, 3, -1).clone().requires_grad_()
    found = emulator.magnitudes(theta, ["sdss_g", "sdss_i"], chunk=4)
    assert found.shape == (2, 3, 2)
    (gradient,) = torch.autograd.grad(found.sum(), theta)
    assert bool(gradient.isfinite().all())
    mass = gradient[..., PARAMETERS.index("log_mass_formed")]
    torch.testing.assert_close(mass, torch.full_like(mass, -5.0))
    assert float(gradient[..., PARAMETERS.index("tau2")].min()) > 0


def test_what_lies_outside_is_said(emulator: Emulator) -> None:
    theta = read_truth().theta[:3].clone()
    theta[1, PARAMETERS.index("log_z")] = 0.5
    assert emulator.outside(theta).tolist() == [False, True, False]


def test_a_smoke_run_trains_and_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from astroviz.galaxies.train_emulator import train

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = train(budget=3.0, device="cpu", out=tmp_path, smoke=True)
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path))
    assert find_model("galaxies/emulator").path == folder.resolve()
    found = load("galaxies/emulator", device="cpu").magnitudes(read_truth().theta[:4], ["sdss_r"])
    assert bool(found.isfinite().all())
