"""The SED inspector without a browser: figures follow sliders and switches, sentences, tables."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.core.engine import Engine
from astroviz.dashboards.galaxies import GalaxiesPage


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine):
    tab = GalaxiesPage(None, engine, "sed")
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["sed"]


def seen(view, name="seen"):
    return np.asarray(view.spectrum.sources[name].data["y"], float)


def test_it_opens_with_spectrum_history_magnitudes_and_numbers(view):
    assert len(seen(view)) > 500
    assert (seen(view, "bare") <= seen(view) + 1e-4).all(), "dust dims"
    assert len(view.spectrum.points["tables"].data["x"]) == 10
    assert len(view.spectrum.filters.data["xs"]) == 10
    assert len(view.history.rate.data["x"]) > 100
    assert "sdss r" in view.table.object
    assert "survive" in view.numbers.object
    assert "Drag any slider" in view.notice.sentence
    assert view.notice.warnings == []


def test_sliders_patch_the_spectrum_in_place(tab, view):
    source, before = view.spectrum.sources["seen"], seen(view)
    view.board._handle_msg({"values": {"sed_tau2": 1.5, "sed_log_mass_formed": 10.7}, "number": 2})
    assert tab.explorer.sed_tau2 == 1.5
    assert view.spectrum.sources["seen"] is source
    assert (seen(view) > before).mean() > 0.95, "more dust, fainter"
    rate = np.asarray(view.history.rate.data["y"])
    view.board._handle_msg({"values": {"sed_kappa1": 0.05}, "number": 3})
    assert not np.allclose(rate, view.history.rate.data["y"])
    tab.shell._undo()
    np.testing.assert_allclose(rate, view.history.rate.data["y"], rtol=1e-5)


def test_switches_take_dust_away_and_add_gas_and_a_nucleus(tab, view):
    bare, dusty = seen(view, "bare"), seen(view)
    tab.explorer.sed_dust = False
    np.testing.assert_allclose(seen(view), bare, atol=1e-4)
    assert len(seen(view, "bare")) == len(view.spectrum.points["bare"].data["x"]) == 0
    assert "without any dust" in view.notice.sentence
    tab.explorer.param.update(sed_dust=True, sed_lines=True)
    assert (dusty - seen(view)).max() > 0.1, "lines stand out"
    assert "sed_log_u" in view.board.slides
    before = seen(view)
    tab.explorer.param.update(sed_agn=True, sed_nucleus=11.5)
    assert (before - seen(view)).min() > 0.0
    assert {"sed_nucleus", "sed_reddening"} <= set(view.board.slides)


def test_filters_frame_and_scale_change_what_is_drawn(tab, view):
    tab.explorer.sed_filters = "lsst"
    assert list(view.spectrum.points["tables"].data["band"]) == [f"lsst_{b}" for b in "ugrizy"]
    tab.explorer.sed_frame = "rest"
    assert "rest" in view.spectrum.figure.xaxis[0].axis_label
    assert "absolute" in view.table.object
    tab.explorer.sed_scale = "flux"
    assert view.spectrum.figure.y_range.start < 0 < view.spectrum.figure.y_range.end
    tab.shell.dark = not tab.shell.dark
    assert view.spectrum.ink.dark == tab.shell.dark


def test_without_a_population_its_members_are_missed_in_words(tab, view):
    said = []
    tab.shell.say = lambda sentence, kind="info": said.append(sentence)
    tab.explorer.model = None
    view.step(+1)
    assert "no fitted population" in said[-1]


def test_presets_surprises_and_links_restore_the_view(tab, view, engine):
    tab.explorer.take_preset("An elliptical")
    assert tab.explorer.preset() == "An elliptical"
    tab.explorer.surprise(3)
    assert tab.explorer.seed == 3
    tab.explorer.sed_filters = "hsc"
    other = GalaxiesPage(None, engine, "sed", tab.explorer.to_query())
    assert other.explorer.state() == tab.explorer.state()
    np.testing.assert_allclose(seen(other.built["sed"]), seen(view), rtol=1e-5)
    other.shell.close()


def test_everything_can_be_saved(view):
    found = {name: make() for name, make in view.tables().items()}
    assert list(found) == ["Spectrum", "Magnitudes", "History of star formation"]
    assert len(found["Magnitudes"]) == 10
