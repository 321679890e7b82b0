from __future__ import annotations

import numpy as np
import pytest

from astroviz.accuracy.pit import pit, summarise_pit


def predictions(narrow=1.0, shift=0.0, n=3000):
    rng = np.random.default_rng(0)
    centre = rng.standard_normal((n, 1))
    measured = centre[:, 0] + rng.standard_normal(n)
    return measured, centre + shift + narrow * rng.standard_normal((n, 200))


def test_right_predictions_are_uniform():
    found = summarise_pit(pit(*predictions()))
    assert found.count == 3000
    assert abs(found.mean - 0.5) < 4 * found.mean_error
    assert abs(found.variance_ratio - 1) < 0.1
    assert abs(found.coverage68 - 0.68) < 0.04
    assert abs(found.coverage90 - 0.90) < 0.03
    assert found.ks_p > 1e-3


def test_narrow_and_shifted_predictions_say_so():
    narrow = summarise_pit(pit(*predictions(narrow=0.6)))
    assert narrow.variance_ratio > 1.3
    assert narrow.ks_p < 1e-6
    shifted = summarise_pit(pit(*predictions(shift=-0.5)))
    assert shifted.mean > 0.6


def test_nothing_to_summarise_is_said():
    with pytest.raises(ValueError, match="no measurement"):
        summarise_pit(np.array([]))
