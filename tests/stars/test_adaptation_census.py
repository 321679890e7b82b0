"""Real stars: an adaptation learns from half of a census's labels, the other half judges it."""

from __future__ import annotations

import numpy as np
import pytest

import astroviz
from astroviz.stars.adaptation_census import adapt_to_census, census_labels
from astroviz.stars.catalogue import open_catalogue


@pytest.mark.realdata
def test_half_of_the_labels_of_a_census_judge_the_other_half(real_data, experiment):
    census = astroviz.read_table(real_data / "stars" / "cra_census_a.txt")
    ladder = astroviz.read_table(real_data / "stars" / "pecaut2013_5to30myr.csv")
    names = open_catalogue(census).observations.identifiers
    labels = census_labels(census, ladder, names)
    assert np.isfinite(labels["Teff"]).sum() > 100
    done = adapt_to_census(census, labels, experiment, steps=40, transport=False, guard=False)
    before, after = done.verdict.before, done.verdict.after
    assert set(before) == set(after)
    assert {"RMSE of a_v", "90 % coverage of effective_temperature"} <= set(after)
    assert all(0 <= value <= 1 for name, value in after.items() if "coverage" in name)
    assert done.verdict.better is not None
    assert any("labels from" in note for note in done.notes)
