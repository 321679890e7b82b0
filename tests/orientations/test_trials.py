"""Orientations and fields on trial."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.core.trials import cases, trial_parts
from astroviz.orientations import trials_web
from astroviz.orientations.particle_mesh import gaussian_field
from astroviz.orientations.trials_fields import SIDE, spectrum


def rotations(values):
    return np.asarray(values).reshape(*values.shape[:-1], 3, 3)


def test_rotations_of_a_law_are_rotations_of_fresh_seeds():
    (part,) = trial_parts("orientations/densities", 20, 12, seed=2, case="mixture16")
    assert part["geometry"] == "rotation"
    for name in ("truths", "draws"):
        turned = rotations(part[name])
        square = turned @ turned.swapaxes(-1, -2)
        np.testing.assert_allclose(square, np.broadcast_to(np.eye(3), square.shape), atol=1e-4)
    true, drawn = part["log_likelihood"]
    # the law's own density ranks its truths anywhere among the network's draws
    assert 0.25 < (drawn < true[:, None]).mean() < 0.75


def test_galaxies_of_a_box_are_judged_by_the_law_that_made_them(monkeypatch):
    monkeypatch.setattr(trials_web, "_SIZE", 40.0)
    monkeypatch.setattr(trials_web, "_GRID", 40)
    parts = list(trial_parts("orientations/web", 30, 12, seed=1))
    assert [len(part["truths"]) for part in parts] == [25, 5]
    first = parts[0]
    assert first["draws"].shape == (25, 12, 9)
    assert first["observations"].shape[1] == len(first["observation_names"])
    true, drawn = first["log_likelihood"]
    assert 0.3 < (drawn < true[:, None]).mean() < 0.7


def test_perturbation_theory_lacks_power_on_small_scales():
    (part,) = trial_parts("orientations/box", 2, 2, seed=4, case="power")
    lack = part["truths"].mean(0) - part["draws"].mean((0, 1))
    assert lack[-1] > 0.1
    assert abs(lack[0]) < 0.6


def test_the_spectrum_is_that_of_the_field():
    from scipy.fft import irfftn

    from astroviz.orientations.cosmology import PLANCK15
    from astroviz.orientations.power import linear_power

    grid, size = 24, 48.0
    fields = [irfftn(gaussian_field(grid, size, PLANCK15, k).numpy(), s=(grid,) * 3)
              for k in range(6)]  # fmt: skip
    import torch

    found = np.mean([spectrum(torch.from_numpy(f)) for f in fields], 0)
    edges = np.geomspace(0.99, grid / 2, 8) * 2 * np.pi / size
    middle = np.sqrt(edges[3:6] * edges[4:7])
    np.testing.assert_allclose(found[3:6], np.log10(linear_power(middle, PLANCK15)), atol=0.12)


def test_slabs_of_one_simulator_are_of_one_law():
    (part,) = trial_parts("orientations/box", 2, 2, seed=4, case="same")
    assert part["truths"].shape == (2, SIDE**2)
    assert part["geometry"] == "image"
    assert not np.allclose(part["draws"][:, 0], part["truths"])
    rank = (part["draws"] < part["truths"][:, None]).mean()
    assert 0.1 < rank < 0.9


def test_the_pose_of_one_solid_can_be_asked_for():
    known = cases("orientations/pose")
    assert next(iter(known)) == "all"
    (part,) = trial_parts("orientations/pose", 4, 10, seed=1, case="cube")
    assert set(part["groups"]["solid"]) == {"cube"}
    assert part["observations"].shape == (4, 32 * 32)
    turned = np.linalg.det(rotations(part["draws"]))
    assert turned == pytest.approx(np.ones_like(turned), abs=1e-3)
