"""The view of the population without a browser: draws, slices, regions, relations, downloads."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.table import Table
from bokeh.document import Document
from bokeh.events import SelectionGeometry

from astroviz.core.engine import Engine
from astroviz.dashboards.galaxies import GalaxiesPage
from astroviz.io import table_bytes

QUERY = "population_draws=4000"


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine, untrained_galaxies):
    tab = GalaxiesPage(untrained_galaxies, engine, "population", QUERY)
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["population"]


def weight(view):
    """Sum of the weights in the first panel."""
    return float(view.matrix.counts[0, 1].sum())


def test_the_page_opens_with_its_draws(tab, view):
    assert len(view.draws) == 4000
    assert set(np.unique(view.draws.extras["member"])) == {0, 1}
    assert weight(view) > 0
    assert len(view.upper.sources["line"].data["x"])
    assert "quiet" in str(view.form.subsets.rows[0][0].object)
    assert "flows in the ensemble" in view.form.numbers.object
    assert not view.notice.warnings
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_the_slice_counts_again_and_asks_nothing(tab, view):
    draws, before = view.draws, weight(view)
    view.slice.value = (0.03, 0.06)
    assert tab.explorer.population_slice == [0.03, 0.06]
    assert view.draws is draws
    assert 0 < weight(view) < 0.8 * before
    view.step(+1)
    assert tab.explorer.population_slice == [0.06, 0.09]


def test_the_switch_between_what_is_seen_and_what_is_there(tab, view):
    all_there = weight(view)
    assert len(view.lower.hidden.data["left"]), "masses that the survey hardly sees are hatched"
    view.form.seen.value = True
    assert tab.explorer.population_selected is True
    assert 0 < weight(view) < 0.8 * all_there
    assert "worth (effective)" in view.form.numbers.object


def test_a_box_in_the_matrix_names_a_region(tab, view):
    figure = view.matrix.figures[0, 1]
    box = {"type": "rect", "x0": 0.05, "x1": 0.1, "y0": 10.0, "y1": 11.0}
    figure._trigger_event(SelectionGeometry(figure, geometry=box, final=True))
    expression = tab.explorer.population_subsets["region"]
    assert expression.startswith("(redshift > 0.05) & (redshift < 0.1) & (log_mass > 10)")
    assert view.form.subsets.expression.value == expression
    points = view.matrix.points[1].data
    assert points["c0"].min() > 0.05
    assert points["c0"].max() < 0.1
    assert any("region" in str(row[0].object) for row in view.form.subsets.rows)


def test_a_subset_is_written_and_removed(tab, view):
    form = view.form.subsets
    form.name.value_input, form.expression.value_input = "red", "u_v > 1.5"
    form.add()
    assert tab.explorer.population_subsets["red"] == "u_v > 1.5"
    assert view.matrix.legend.items[1].label.value == "red"
    form.expression.value_input = "u_w > 1.5"
    form.add()
    assert "no column 'u_w'" in tab.shell.voice.sentence
    assert tab.explorer.population_subsets["red"] == "u_v > 1.5"
    tab.explorer.population_remove("red")
    assert len(form.rows) == 1


def test_a_wrong_subset_of_a_link_is_said_and_the_view_lives(engine, untrained_galaxies):
    query = f'{QUERY}&population_subsets={{"a":"log_mass >"}}'
    tab = GalaxiesPage(untrained_galaxies, engine, "population", query)
    view = tab.built["population"]
    assert "Subset a" in tab.shell.voice.sentence
    assert weight(view) > 0
    tab.shell.close()


def test_columns_and_relations_are_chosen(tab, view):
    view.columns[2].value = "tau2"
    assert tab.explorer.population_columns[2] == "tau2"
    assert view.matrix.labels[2] == "tau2"
    tab.explorer.population_upper = "uvj"
    assert view.upper.figure.xaxis.axis_label.startswith("rest-frame V")
    assert len(view.upper.sources["guide"].data["x"]) == 4
    tab.explorer.take_preset("Stars born of stars")
    assert view.lower.figure.xaxis.axis_label == "redshift"
    assert view.columns[1].value == "log_z"


def test_the_prior_is_beside_the_fit_and_can_be_shown_alone(tab, view):
    assert len(view.matrix.others[0].data["x"])
    tab.explorer.population_whose = "prior"
    assert not len(view.matrix.others[0].data["x"])
    assert "prior before any data" in view.notice.sentence


def test_a_missing_model_says_a_sentence(engine, untrained_galaxies):
    tab = GalaxiesPage(untrained_galaxies, engine, "population", QUERY)
    tab.explorer.other_model = lambda name: (None, f"The model {name} is not here.")
    tab.explorer.source = "blind"
    view = tab.built["population"]
    assert "blind is not here" in view.notice.warnings[0]
    tab.explorer.source = "model"
    assert not view.notice.warnings
    tab.explorer.population_whose = "ladder"
    assert "ladder is not here" in view.notice.warnings[0]
    tab.shell.close()


class Ladder:
    """Two rungs, of which the second is the same population by another name."""

    weights = (0.0, 0.003)

    def __init__(self, population):
        self.asked, self._population = [], population

    def population(self, number):
        self.asked.append(number)
        return self._population


def test_the_slider_moves_along_the_ladder(tab, view, untrained_galaxies):
    ladder = Ladder(untrained_galaxies.population)
    tab.explorer.other_model = lambda name: (ladder, "")
    tab.explorer.param.update(population_whose="ladder", population_entropy=0)
    assert view.form.entropy.visible
    assert view.form.entropy.end == 1
    assert "weight 0:" in view.form.weight.object
    view.form.entropy.value = 1
    assert tab.explorer.population_entropy == 1
    assert ladder.asked[-1] == 1
    assert "0.003" in view.form.weight.object


def test_draws_are_saved_with_all_their_masses(tab, view):
    tab.explorer.population_slice = [0.0, 0.1]
    (make,) = view.tables().values()
    for kind in ("parquet", "fits", "votable"):
        assert len(table_bytes(make(), kind)) > 20_000
    back = Table.read(io.BytesIO(table_bytes(make(), "fits")))
    assert {"log_mass", "log_mass_formed", "log_sfr_10", "sdss_r", "subset_quiet"} <= set(
        back.colnames
    )
    assert np.asarray(back["redshift"]).max() < 0.1


def test_dark_recolours_in_place(tab, view):
    before = view.matrix.images[0, 1].data["image"][0].copy()
    tab.shell.dark = not tab.shell.dark
    assert not np.array_equal(before, view.matrix.images[0, 1].data["image"][0])
