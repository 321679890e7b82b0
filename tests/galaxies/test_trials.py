"""Populations of galaxies on trial."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.core.trials import NoTrialError, cases, trial_parts
from astroviz.galaxies import trials_objects


@pytest.fixture
def few(monkeypatch):
    """A small pool: the posteriors are rough, but fast."""
    monkeypatch.setattr(trials_objects, "_POOL", 2500)
    monkeypatch.setattr(trials_objects, "_PRIOR", 30)
    monkeypatch.setattr(trials_objects, "_FEWEST", 1500)


def test_galaxies_are_listed_and_answered(few):
    (part,) = trial_parts("galaxies/mock", 8, 30, seed=1)
    assert part["names"] == ("redshift", "log_mass", "log_sfr")
    assert part["draws"].shape == (8, 30, 3)
    assert part["prior"].shape == (30, 3)
    # the catalogue of the mock ends at r = 19.5, and every galaxy is in it
    assert part["places"]["r"].max() < 19.6
    inside = (part["draws"].min(1) < part["truths"]) & (part["truths"] < part["draws"].max(1))
    assert inside.mean() > 0.7
    # photometry tells the redshift of a listed galaxy, even from a small pool
    assert part["draws"][..., 0].std(1).mean() < 0.8 * part["prior"][:, 0].std()


def test_a_law_is_tried_on_the_mock_alone():
    assert "law" in cases("galaxies/mock")
    assert "law" not in cases("galaxies/sdss")
    assert len(cases("galaxies/ladder")) > 3
    with pytest.raises(NoTrialError, match="emulator"):
        cases("galaxies/emulator")


def test_truths_of_the_law_pass_the_selection(few):
    (part,) = trial_parts("galaxies/mock", 6, 100, seed=1, case="law")
    assert part["draws"].shape == (6, trials_objects.LAW_DRAWS, 11)
    redshift = part["names"].index("redshift")
    assert np.isfinite(part["draws"]).all()
    assert part["truths"][:, redshift].max() < 0.8
