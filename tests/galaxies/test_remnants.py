"""Remnants against integrals by hand and against what reviews say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from astroviz.galaxies.conventions import RETURNED
from astroviz.galaxies.remnants import remnant_mass, with_remnants


def kroupa(mass: float) -> float:
    return mass**-1.3 if mass < 0.5 else 0.5 * mass**-2.3


@pytest.mark.parametrize("dying", [1.0, 3.0, 8.5, 40.0])
def test_all_heavier_stars_have_left_something(dying: float) -> None:
    cuts = {"points": [0.5, 1.0, 8.5, 40.0], "limit": 200}
    formed, _ = quad(lambda m: m * kroupa(m), 0.1, 100, **cuts)
    living, _ = quad(lambda m: m * kroupa(m), 0.1, dying, **cuts)
    left, _ = quad(lambda m: float(remnant_mass(m)) * kroupa(m), dying, 100, **cuts)
    found = float(with_remnants(living / formed))
    assert found == pytest.approx((living + left) / formed, rel=2e-3)


def test_old_stars_have_given_back_what_reviews_say() -> None:
    """0.46 living at 10 Gyr and solar metallicity; 0.39 returned (Madau & Dickinson 2014)."""
    assert 1 - float(with_remnants(0.459)) == pytest.approx(RETURNED["kroupa"], abs=0.02)


def test_young_populations_keep_all_and_mass_only_falls() -> None:
    living = np.linspace(1, 0.3, 50)
    total = with_remnants(living)
    assert total[0] == 1
    assert (total >= living).all()
    assert (np.diff(total) < 0).all()
