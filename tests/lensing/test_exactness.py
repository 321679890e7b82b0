"""The table of samplers: how it is measured, and what ships."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.accuracy.tarp import credibilities, expected_coverage
from astroviz.lensing.exactness import ROWS, holds, measure, stored, words
from astroviz.lensing.problems import PROBLEMS
from astroviz.lensing.sample_priors import gaussian_process
from astroviz.lensing.sampler_matrix import MATRIX_SAMPLERS, cell, matrix, stored_matrix
from astroviz.lensing.settings import SAMPLERS, preset

BOUNDS = {"variance_ratio": (0.97, 1.03), "mean_error": (0.0, 1.1)}


@pytest.fixture(scope="module")
def right():
    return measure(preset("exact"), pixels=8, truths=60, draws=16)


def test_exact_draws_are_found_to_be_right(right):
    assert right.variance_ratio == pytest.approx(1, abs=0.03)
    assert right.mean_error == pytest.approx(1, abs=0.1)
    parts = credibilities(right.truths, right.draws, right.references, 0)
    assert expected_coverage(parts, 0).inside


def test_the_default_is_as_right_and_the_convolved_likelihood_is_not():
    default = measure(preset("split_gibbs"), pixels=8, truths=30, draws=16)
    assert default.variance_ratio == pytest.approx(1, abs=0.05)
    assert default.mean_error < 1.15
    assert default.evaluations == 108
    wrong = measure(preset("cla").with_(steps=60), pixels=8, truths=30, draws=16)
    assert wrong.variance_ratio < 0.93
    assert wrong.mean_error > 1.15


def test_rows_hold_every_sampler_as_it_is_watched():
    assert set(SAMPLERS) <= set(ROWS)
    assert ROWS["split_gibbs"] == preset("split_gibbs")
    row = {
        "variance_ratio": 1.0, "mean_error": 1.0, "tarp_inside": True, "tarp_distance": 0.05,
        "truths": 8, "draws": 4, "evaluations": 10,
    }  # fmt: skip
    assert holds(row)
    assert not holds({**row, "variance_ratio": 0.9})
    assert not holds({**row, "mean_error": 1.2})
    assert not holds({**row, "tarp_inside": False})
    assert "variance ratio 1.000" in words(row)
    assert "inside its band" in words(row)


def test_the_shipped_table_says_that_the_default_and_a_full_solve_are_calibrated():
    table = stored(32)
    for label in ("split_gibbs", "mmps, solved fully", "exact"):
        assert holds(table[label]), table[label]
        for figure, (low, high) in BOUNDS.items():
            assert low <= table[label][figure] <= high
    assert not holds(table["cla"])
    assert table["split_gibbs"]["evaluations"] < table["mmps, solved fully"]["evaluations"]
    assert stored(7) == {}


def test_a_cell_of_the_matrix_judges_against_exact_posterior_and_truth():
    prior = gaussian_process(8)
    right = cell(prior, "denoising", preset("exact").with_(method="split_gibbs"), 24, 12)
    assert right["variance_ratio"] == pytest.approx(1, abs=0.1)
    assert right["mean_error"] == pytest.approx(1, abs=0.2)
    assert right["error_over_spread"] == pytest.approx(1, abs=0.2)
    assert right["error"] < 1
    lines = list(matrix(prior, ("pigdm",), ("lens", "grism"), truths=2, draws=2))
    assert [(name, sampler) for name, sampler, _ in lines] == [
        ("lens", "pigdm"),
        ("grism", "pigdm"),
    ]


def test_the_shipped_matrix_is_whole_and_the_default_holds_on_all_of_it():
    found = stored_matrix()
    assert set(found) == set(PROBLEMS)
    assert all(set(row) == set(MATRIX_SAMPLERS) for row in found.values())
    for row in found.values():
        assert 0.85 < row["split_gibbs"]["variance_ratio"] < 1.15
        assert row["split_gibbs"]["mean_error"] < 1.5
    ratios = np.array([row["cla"]["variance_ratio"] for row in found.values()])
    assert (np.abs(ratios - 1) > 0.1).any()
