"""The views *Trust* and *Operators* without a browser: maps, badges, matrix, coverage."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.lensing import LensingPage
from astroviz.dashboards.lensing_trust_badges import COLUMNS, cell_of, matrix_of, verdict
from astroviz.io import table_bytes
from astroviz.lensing.operators_state import JUDGED as ROWS
from astroviz.lensing.problems import PROBLEMS
from astroviz.lensing.trust_state import JUDGED


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine):
    tab = LensingPage(None, engine, "trust", "trust_sampler=cla&trust_truths=16&trust_count=16")
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["trust"]


@pytest.fixture
def operators(engine):
    query = "operators_prior=gaussian16&operators_sampler=cla&operators_truths=8"
    tab = LensingPage(None, engine, "operators", query)
    yield tab
    tab.shell.close()


def test_maps_draws_and_numbers_are_of_one_observation(tab, view):
    assert all(plot.image.shape == (16, 16) for plot in view.maps.values())
    assert len(view.grid.images) == 18
    assert view.grid.labels[0] == "exact"
    assert view.grid.labels[6] == "sampled"
    assert "of the exact one" in view.numbers.object
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_a_check_fills_badges_and_coverage(tab, view):
    view.check(("cla",))
    row = JUDGED.index("cla")
    assert view.badges.texts[row][0] == "too narrow"
    assert float(view.badges.texts[row][1]) < 0.9
    assert "outside" in view.tarp.describe()
    assert view.badges.selected == (row, 0)
    assert len(table_bytes(view.tables()["Figures of the check"](), "csv")) > 100
    view.badges._picks[0](JUDGED.index("mmps"), 0)
    assert tab.explorer.trust_sampler == "mmps"
    assert "nothing measured" in view.tarp.describe()
    tab.explorer.trust_noise = 0.2
    assert not tab.explorer.trust_studies()
    assert set(view.badges.texts[row][:4]) == {""}


def test_the_exact_posterior_needs_no_check(tab, view):
    tab.explorer.trust_sampler = "exact"
    view.check(("exact",))
    assert "needs no check" in tab.shell.voice.sentence
    assert view.badges.selected is None


@pytest.mark.parametrize(
    ("figures", "word"),
    [
        ((1.0, 1.0, True), "\u2713 true"),
        ((0.8, 1.0, True), "too narrow"),
        ((1.3, 1.0, True), "too wide"),
        ((1.0, 1.4, True), "biased"),
        ((1.0, 1.0, False), "biased"),
        ((50.0, 9.0, False), "diverges"),
        ((float("inf"), 9.0, False), "diverges"),
    ],
)
def test_verdicts(figures, word):
    assert verdict(*figures)[0] == word


def test_a_ratio_within_its_error_is_no_verdict():
    assert verdict(0.95, 1.0, True, 0.02)[0] == "\u2713 true"


def test_shipped_figures_stand_beside_those_measured_here():
    row = {"variance_ratio": 0.8, "mean_error": 1.5, "tarp_distance": 0.4, "tarp_inside": False,
           "words": "32 observations"}  # fmt: skip
    names, values, texts, words = matrix_of({}, {}, {"cla": row})
    where = JUDGED.index("cla")
    assert names[where] == "CLA"
    assert values.shape == (len(JUDGED), len(COLUMNS))
    assert texts[where][4:] == ["0.80", "1.50", "0.40"]
    assert values[where, 4] < 0 < values[where, 5]
    assert np.isnan(values[where, :4]).all()
    assert "32 observations" in words[where][5]
    assert cell_of("x", None, None, None) is None
    assert cell_of("CLA, Plain noise", None, None, row)[1] == "0.80"


def test_the_matrix_opens_what_is_clicked(operators):
    shown = operators.built["operators"]
    shown._pick(ROWS.index("mmps"), list(PROBLEMS).index("denoising"))
    explorer = operators.explorer
    assert (explorer.operators_sampler, explorer.operators_problem) == ("mmps", "denoising")
    assert shown.data.figure.title.text == "noisy image"
    assert list(shown.side) == [shown.side_panes[False]]
    assert shown.matrix.selected == (ROWS.index("mmps"), list(PROBLEMS).index("denoising"))
    assert shown.grid.images.shape == (10, 16, 16)
    explorer.operators_problem = "visibilities"
    assert list(shown.side) == [shown.side_panes[True]]
    assert "baselines" in shown.uv.describe()


def test_a_row_is_measured_and_saved(operators):
    shown = operators.built["operators"]
    shown.check(("cla",))
    row = shown.matrix.texts[ROWS.index("cla")]
    assert all(row)
    assert "measured here" in shown.said.object
    names = set(shown.tables())
    assert names == {"Draws of the source", "Matrix as measured here"}
    operators.explorer.operators_sampler = "exact"
    shown.check(("exact",))
    assert "not in the matrix" in operators.shell.voice.sentence


def test_both_become_documents(operators):
    document = Document()
    document.add_root(operators.shell.page.get_root(document))
    document.validate()
    operators.shell.dark = True
    assert all(plot.ink.dark for plot in operators.built["operators"].plots)
