"""Other instruments under the same samplers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from astroviz.core.engine import Engine
from astroviz.lensing.explorer import LensingExplorer
from astroviz.lensing.problems import PROBLEMS


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as made:
        yield made


@pytest.fixture
def explorer():
    return LensingExplorer(
        view="operators", operators_prior="gaussian16", operators_sampler="exact",
        operators_count=16,
    )  # fmt: skip


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_each_instrument_gives_data_and_a_posterior(engine, explorer, name):
    explorer.operators_problem = name
    shown = explorer.operators_pictures(engine.submit(explorer.operators_request()).result(60))
    assert shown.name == name
    assert shown.truth.shape == shown.mean.shape == shown.reach.shape == (16, 16)
    assert (shown.baselines is None) == (name != "visibilities")
    assert (shown.data is None) == (name == "visibilities")
    assert shown.chi_square == pytest.approx(1, abs=0.2)
    assert shown.variance_ratio == pytest.approx(1, abs=0.12)
    assert shown.error.std() == pytest.approx(1, abs=0.4)
    assert np.abs(shown.dirty).max() == pytest.approx(1)
    assert explorer.sentence()


def test_hidden_pixels_are_those_that_nothing_is_known_of(engine, explorer):
    explorer.operators_problem = "inpainting"
    shown = explorer.operators_pictures(engine.submit(explorer.operators_request()).result(60))
    hidden = shown.reach == 0
    assert 0.05 < hidden.mean() < 0.5
    assert shown.sd[hidden].mean() > 2 * shown.sd[~hidden].mean()


def test_the_matrix_is_measured_cell_by_cell(explorer):
    told = []
    explorer.operators_truths = 8
    found = explorer.operators_work(("exact", "cla"), ("denoising",))(told.append, lambda: None)
    explorer.operators_keep(found)
    exact, convolved = found["exact", "denoising"], found["cla", "denoising"]
    assert exact.variance_ratio == pytest.approx(1, abs=0.05)
    assert convolved.variance_ratio < 0.85
    assert told[-1] == pytest.approx(1)
    table = explorer.operators_matrix_table()
    assert list(table["sampler"]) == ["exact (GP) / Plain noise", "CLA / Plain noise"]


def test_draws_are_a_table(engine, explorer):
    draws = engine.submit(explorer.operators_request()).result(60)
    table = explorer.operators_table(draws)
    assert len(table) == 16
    assert table.meta["problem"] == "visibilities"


def test_presets_and_surprises(explorer):
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert json.dumps(explorer.state())
        assert explorer.preset() == preset.name
    explorer.surprise(9)
    assert explorer.operators_problem in PROBLEMS
