"""The selection builder without a browser: cuts and surveys change what is seen."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.core.engine import Engine
from astroviz.dashboards.galaxies import GalaxiesPage

QUERY = "selection_draws=4000&selection_source=prior"


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine):
    tab = GalaxiesPage(None, engine, "selection", QUERY)
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["selection"]


def heights(chart, name):
    return np.asarray(chart.sources[name].data["y"], float)


def test_it_opens_with_a_survey_and_rain(view):
    assert view.answer.part < 1
    assert np.max(view.figures.plane.chosen.data["image"][0]) > 0
    assert heights(view.figures.redshift, "selected").sum() > 0
    assert len(view.figures.completeness.sources["_line"].data["x"]) > 5
    assert view.figures.rain.playing
    assert len(view.figures.rain.drops.data["kept"]) == 320
    assert "4,000 draws" in view.numbers.object
    assert "r &lt; 17.77" in view.notice.sentence or "r < 17.77" in view.notice.sentence


def test_a_fainter_limit_keeps_more_and_undo_takes_it_back(tab, view):
    part, z = view.answer.part, heights(view.figures.redshift, "selected")
    view.controls.board._handle_msg({"values": {"selection_limit": 17.0}, "number": 1})
    assert view.answer.part < part
    assert not np.allclose(z, heights(view.figures.redshift, "selected"))
    tab.shell._undo()
    assert view.answer.part == pytest.approx(part)


def test_the_wedge_is_dragged_on_the_plane(tab, view):
    assert len(view.figures.plane.handles.data["x"]) == 0
    tab.explorer.use_wedge = True
    handles = view.figures.plane.handles.data
    assert len(handles["x"]) == 3
    part = view.answer.part
    x, y = float(handles["x"][0]), float(handles["y"][0])
    view.hand.drag(x, y, "start")
    view.hand.drag(x + 0.3, y + 0.1, "move")
    view.hand.drag(x + 0.3, y + 0.1, "end")
    assert tab.explorer.wedge_x == pytest.approx(x + 0.3, abs=1e-3)
    assert view.answer.part != part
    assert view.figures.plane.handles.data["x"][0] == pytest.approx(x + 0.3, abs=1e-3)
    assert "wedge_opening" in view.controls.board.slides


def test_another_survey_offers_its_own_bands_and_photometry(tab, view):
    tab.explorer.selection_survey = "euclid_wide"
    assert view.controls.band.options == ["vis", "y", "j", "h"]
    assert view.controls.plane.value == "vis y j"
    assert view.answer.question.noise.bands[0] == "euclid_vis"
    assert "vis" in view.figures.plane.figure.xaxis[0].axis_label
    assert tab.explorer.selection_band == "r", "kept for when SDSS comes back"
    tab.explorer.selection_survey = "sdss"
    assert view.controls.band.value == "r"


def test_counts_quantities_and_rain_are_shown_as_asked(tab, view):
    shape = heights(view.figures.mass, "all")
    tab.explorer.selection_counted = "counts"
    assert heights(view.figures.mass, "all").sum() > shape.sum()
    tab.explorer.selection_quantity = "u_v"
    assert "U" in view.figures.completeness.figure.xaxis[0].axis_label
    view.pause.clicks += 1
    assert not view.figures.rain.playing
    assert view.pause.label == "Play"
    tab.explorer.rain = False
    assert not view.figures.rain.figure.visible
    tab.explorer.rain = True
    assert view.figures.rain.playing


def test_what_stands_in_for_a_population_is_said(tab, view):
    assert any("no data have touched" in said for said in view.notice.warnings)
    tab.explorer.model = None
    tab.explorer.selection_source = "population"
    assert any("No fitted population" in said for said in view.notice.warnings)


def test_a_link_restores_the_view_and_everything_can_be_saved(tab, view, engine):
    tab.explorer.param.update(use_wedge=True, wedge_direction=-120.0, selection_survey="gama")
    other = GalaxiesPage(None, engine, "selection", tab.explorer.to_query())
    assert other.explorer.state() == tab.explorer.state()
    assert other.built["selection"].answer.part == pytest.approx(view.answer.part)
    other.shell.close()
    found = {name: make() for name, make in view.tables().items()}
    assert len(found["Galaxies with magnitudes and weights"]) == 4000
    assert len(found["Histogram of log_mass"]) == 50
