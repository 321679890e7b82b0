"""The population and its galaxies in a notebook, without a browser."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets

from astroviz.galaxies import objects_answers
from astroviz.galaxies.sdss import demo_table
from astroviz.widgets.galaxies_objects import ObjectsWidget
from astroviz.widgets.galaxies_population import PopulationWidget

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def view(untrained_galaxies):
    return PopulationWidget(untrained_galaxies, population_draws=3000)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(objects_answers, "POOL", 5000)
    monkeypatch.setattr(objects_answers, "_FEW", 0.0)


def test_draws_are_read_and_drawn(view):
    assert len(view.draws) == 3000
    assert view.matrix.counts[0, 1].sum() > 0
    assert "draws in the slice" in view.numbers.value
    assert view.picture().startswith(PNG)
    with pytest.raises(traitlets.TraitError, match="change `explorer`"):
        view.draws = 3


def test_the_slice_and_the_switch_count_again(view):
    draws = view.draws
    view.slice.value = (0.05, 0.1)
    assert view.explorer.population_slice == [0.05, 0.1]
    assert view.draws is draws
    inside = view.selection
    assert np.asarray(inside["redshift"]).min() >= 0.05
    whole = view.matrix.counts[0, 1].sum()
    view.explorer.population_selected = True
    assert view.matrix.counts[0, 1].sum() < whole
    view.explorer.undo()
    view.explorer.undo()
    assert view.explorer.population_slice == [0.02, 0.12]


def test_a_subset_is_named_in_the_box_or_by_hand(view):
    view.label.value, view.expression.value = "massive", "log_mass > 10.5"
    view.add()
    assert view.explorer.population_subsets["massive"] == "log_mass > 10.5"
    assert "massive" in view.numbers.value
    assert view.selection["subset_massive"].dtype == bool
    view._region((0, 0), {"type": "rect", "x0": 0.03, "x1": 0.06, "y0": 0, "y1": 1})
    assert view.explorer.population_subsets["region"].startswith("(redshift > 0.03)")
    view.expression.value = "log_mas > 3"
    view.add()
    assert "did you mean log_mass" in view._status.value
    view._forget()
    assert view.explorer.population_subsets == {}


def test_columns_are_chosen_in_both_ways(view):
    view._columns[2].value = "age"
    assert view.explorer.population_columns[2] == "age"
    view.explorer.population_columns = ["u_v", "v_j", "tau2"]
    assert [box.value for box in view._columns] == ["u_v", "v_j", "tau2"]
    assert view.matrix.labels == ["U - V", "V - J", "tau2"]


def test_one_galaxy_and_many(untrained_galaxies, small):
    view = ObjectsWidget(untrained_galaxies, objects_count=12, objects_draws=300)
    assert len(view.draws) == 300
    assert "flat priors" in view.facts.value
    redshifts = view.redshifts
    assert len(redshifts) in (12, 13)
    assert np.isfinite(redshifts["z_spec"]).all()
    row = int(redshifts["row"][3])
    view.scatter._picks[0](row)
    assert view.explorer.objects_row == row
    assert view.scatter.here.data["x"][0] == pytest.approx(float(redshifts["z_spec"][3]))
    for look, words in (("medians", "Medians hide"), ("outliers", "<table>")):
        view.explorer.objects_look = look
        assert words in view.looked.value
    assert view.picture().startswith(PNG)


def test_a_table_of_the_users_is_opened(untrained_galaxies, small):
    table = demo_table()[:40]
    view = ObjectsWidget(untrained_galaxies, table, objects_count=12, objects_draws=300)
    assert view.explorer.objects_table == "mine"
    assert len(view.redshifts) in (12, 13)
