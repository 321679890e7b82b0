"""Refined draws of the shipped model beside exact ones, one star of each gap pattern.

The exact draws are those of `tests/benchmarks/bench_exactness.py --reference-only` (seed 0), which
also compares fifty stars under every pattern.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from astroviz.accuracy.c2st import c2st
from astroviz.stars.exactness import joint_scores, stars_of
from astroviz.stars.parameters import to_z
from astroviz.stars.reference import Reference
from astroviz.stars.simulator import PATTERNS
from astroviz.stars.tables import load_tables

KEPT = {path.name[0]: path for path in Path(__file__).with_name("exact").glob("*.npz")}


@pytest.mark.slow
@pytest.mark.parametrize(("star", "pattern"), list(enumerate(PATTERNS)))
def test_refined_draws_cannot_be_told_from_exact_ones(stars_model, star, pattern):
    double = torch.float64
    physics = replace(stars_model.physics, dtype=double, tables=load_tables(double))
    seen = stars_of(Reference(physics), star, pattern, seed=0)
    exact = np.load(KEPT[str(star)])
    observed = torch.cat([seen.values[0], seen.errors[0], seen.states[0].double()]).numpy()
    message = "the simulator has changed: compute the exact draws anew and keep them here"
    np.testing.assert_allclose(exact["observed"], observed, rtol=1e-6, err_msg=message)
    assert exact["effective_size"] >= 2000
    draws = stars_model.posterior(seen.observations).sample(1000, seed=star, refine=True)
    disk = torch.from_numpy(draws.extras["disk"] > 0.5)
    theta = torch.from_numpy(np.nan_to_num(draws.values[:, :9], nan=1.0)).double()
    generator = torch.Generator().manual_seed(star)
    ours = joint_scores(to_z(theta), disk, generator).numpy()
    theirs = joint_scores(
        torch.from_numpy(exact["z"]).double(), torch.from_numpy(exact["disk"]), generator
    ).numpy()
    assert c2st(theirs, ours) <= 0.60
