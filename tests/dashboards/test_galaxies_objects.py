"""The view of single galaxies without a browser: one galaxy, many, what is said of them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.galaxies import GalaxiesPage
from astroviz.galaxies import objects_answers
from astroviz.io import table_bytes

QUERY = "objects_count=14&objects_draws=400&objects_row=3"


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Pools that are made in a second; galaxies are not moved to their exact posteriors."""
    monkeypatch.setattr(objects_answers, "POOL", 6000)
    monkeypatch.setattr(objects_answers, "_FEW", 0.0)


@pytest.fixture
def tab(engine, untrained_galaxies):
    tab = GalaxiesPage(untrained_galaxies, engine, "objects", QUERY)
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["objects"]


def test_a_galaxy_is_shown_under_both_priors(tab, view):
    data = {name: source.data for name, source in view.redshift.sources.items()}
    assert len(data["population as prior"]["x"]) == 96
    assert len(data["flat priors"]["x"]) == 96
    seen = tab.explorer.objects_catalogue().redshift[3]
    assert data["from the spectrum"]["x"][0] == pytest.approx(seen)
    assert f"{seen:.4f}" in view.form.numbers.object
    assert "effective draws" in view.form.numbers.object
    assert view.form.row.value == "3"
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_many_are_compared_with_their_spectra(tab, view):
    assert len(view.many.rows) in (14, 15)
    assert 3 in view.many.rows
    assert len(view.scatter.here.data["x"]) == 1
    shown = [len(view.scatter.sources[k].data["x"]) for k in ("population", "outlier")]
    assert sum(shown) == len(view.many.rows)
    figures = [float(x) for x in re.findall(r"<b>(0\.\d{4})</b>", view.scores.object)]
    truth, z = view.many.column("z_spec"), view.many.column("z")
    off = (z - truth) / (1 + truth)
    assert figures[0] == pytest.approx(1.4826 * np.median(np.abs(off - np.median(off))), abs=1e-4)


def test_a_galaxy_that_is_picked_is_shown(tab, view):
    row = int(view.many.rows[-1])
    view.scatter._picks[0](row)
    assert tab.explorer.objects_row == row
    assert view.form.row.value == str(row)
    assert view.scatter.here.data["x"][0] == pytest.approx(
        tab.explorer.objects_catalogue().redshift[row], abs=1e-4
    )
    view.step(+1)
    assert tab.explorer.objects_row in view.many.rows
    view.form.row.value = "seven"
    assert "number" in tab.shell.voice.sentence
    assert view.form.row.value == str(tab.explorer.objects_place())


def test_the_last_panel_shows_one_of_three_things(tab, view):
    filled = [k for k, s in view.look.bins.sources.items() if len(s.data["x"])]
    assert filled == ["bin 1", "spectra 1", "bin 2", "spectra 2", "bin 3", "spectra 3"]
    view.panel.value = "medians"
    assert tab.explorer.objects_look == "medians"
    points = view.look.medians.sources["points"].data
    assert len(points["x"]) == len(view.many.rows)
    assert "Medians hide" in view.look.words.object
    view.look.plane.value = "mass_redshift"
    assert view.look.medians.figure.xaxis.axis_label == "redshift"
    view.panel.value = "outliers"
    assert view.look.list.object.count("<tr") == len(view.many.rows) + 1


def test_more_bands_are_another_question(tab, view):
    before = view.draws
    tab.explorer.objects_bands = "near-infrared"
    assert view.draws is not before
    assert "j&nbsp;" in view.form.numbers.object


def test_a_part_of_an_answer_is_drawn(tab, view):
    whole = view.many.answers
    part = type(whole)(
        whole.values[:0], whole.names, whole.units, 0,
        {"figures": whole.values[:5], "draws": whole.extras["draws"][:5]},
    )  # fmt: skip
    view._show_many(part, False)
    assert len(view.many.rows) == 5


def test_without_a_table_or_a_model_a_sentence_is_said(tab, view):
    tab.explorer.objects_table = "mine"
    assert "no table is open" in view.notice.warnings[0].lower()
    assert not view.form.bands.visible
    tab.explorer.objects_table = "sdss"
    tab.explorer.other_model = lambda name: (None, f"The model {name} is not here.")
    tab.explorer.source = "blind"
    assert "blind is not here" in view.notice.warnings[0]


def test_a_table_of_the_users_is_looked_at(tab, view):
    tab.explorer.fit_example()
    tab.explorer.fit_keep(tab.explorer.fit_reading()(lambda share: None, lambda: None))
    tab.explorer.objects_table = "mine"
    assert len(view.many.rows) in (14, 15)
    assert not view.notice.warnings


def test_everything_can_be_saved(view):
    found = view.tables()
    assert len(found) == 3
    priors = next(iter(found.values()))()["prior"]
    assert [(priors == name).sum() for name in ("population", "flat")] == [400, 400]
    for make in found.values():
        for kind in ("csv", "fits", "votable"):
            assert len(table_bytes(make(), kind)) > 400
