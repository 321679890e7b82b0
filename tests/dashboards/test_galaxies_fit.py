"""The view of fits without a browser: the film, the form, a fit that becomes the page's own."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from astropy.table import Table
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.galaxies import GalaxiesPage
from astroviz.galaxies import fit_catalogue as fitting
from astroviz.galaxies.film import Film, Frame
from astroviz.galaxies.fit_settings import FitSettings
from astroviz.io import table_bytes

FEATURES = ("r", "u-g", "g-r", "r-i", "i-z")


def film(count=4):
    random = np.random.default_rng(0)
    frames = [
        Frame(
            step=10 * k, blur=0.0, noise=(k + 1) / count, loss=2.0 / (1 + k),
            distance=1.0 / (1 + k), entropy=0.5 * k, floor=0.02,
            ks=dict.fromkeys(FEATURES, 0.4 / (1 + k)), cloud=random.normal(size=(30, 5)),
        )
        for k in range(count)
    ]  # fmt: skip
    return Film(frames, random.normal(size=(50, 5)))


def report():
    return {
        "features": {name: {"ks": 0.02, "ks_prior": 0.3} for name in FEATURES},
        "distance": {"sliced": {"value": 0.03, "floor": 0.02, "prior": 0.8}},
        "members": [{"ratio": 1.2, "kept": True, "entropy": 4.0}],
        "gain": {"redshift": {"bits": 2.0, "spread": 0.1}},
    }


def table(count=300):
    random = np.random.default_rng(0)
    redshift = random.uniform(0.03, 0.15, count)
    r = 14.5 + 15 * redshift + random.normal(0, 0.6, count)
    red = random.uniform(0.6, 1.1, count)
    found = {"redshift": redshift}
    for band, colour in {"u": 2.6, "g": 0.85, "r": 0.0, "i": -0.4, "z": -0.65}.items():
        found[band] = r + red * colour + random.normal(0, 0.03, count)
        found[f"{band}_error"] = np.full(count, 0.03)
    return Table(found)


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine):
    population = SimpleNamespace(film=film(), report=report())
    tab = GalaxiesPage(SimpleNamespace(population=population, card=None), engine, "fit")
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["fit"]


def test_it_opens_with_the_last_frame_of_a_film(tab, view):
    panels = view.panels
    assert (view.slider.end, view.slider.value) == (3, 3)
    assert len(panels.film.sources["distance"].data["x"]) == 4
    assert len(panels.clouds.model.data["x"]) == 30
    assert panels.ks.names == ("r", "u\u2212g", "g\u2212r", "r\u2212i", "i\u2212z")
    assert "Sliced distance over floor" in view.numbers.object
    assert not tab.explorer.can_undo  # nobody has changed anything
    assert tab.explorer.state() == {"view": "fit"}
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_the_slider_and_the_film_go_to_the_same_frame(tab, view):
    before = np.array(view.panels.clouds.model.data["x"])
    view.slider.value = 1
    assert tab.explorer.fit_frame == 1
    assert not np.array_equal(view.panels.clouds.model.data["x"], before)
    assert view.panels.ks.values["the fit"][0] == pytest.approx(0.2)
    view.scrub(3)
    assert tab.explorer.fit_frame is None
    view.step(-1)
    assert view.slider.value == 2


def test_axes_and_the_last_panel_are_chosen(tab, view):
    view.panels.axes[0].value = "i-z"
    assert tab.explorer.fit_x == "i-z"
    assert "i \u2212 z" in view.panels.clouds.figure.xaxis[0].axis_label
    tab.explorer.fit_look = "ensemble"
    assert list(view.panels.below) == [view.panels._placed["ensemble"]]
    for make in view.tables().values():
        if make.__name__ == "fit_film_table":
            assert len(table_bytes(make(), "csv")) > 100


def test_a_missing_model_is_said_and_the_form_lives(tab, view):
    tab.explorer.other_model = lambda name: (None, f"The model {name} is not here.")
    tab.explorer.source = "blind"
    assert "blind is not here" in view.numbers.object
    assert not view.track.visible
    view.mode.value = "mine"
    assert list(view.side) == [view.form.layout]
    assert view.form.fit_button.disabled


def test_a_table_is_fitted_and_all_views_show_it(tab, view, monkeypatch):
    settings = FitSettings(draws=64, slices=8, layers=2, hidden=8, frames=3)
    whole = fitting.fit_catalogue
    monkeypatch.setattr(
        fitting, "fit_catalogue",
        lambda catalogue, selection, prior, budget, seed, **more: whole(
            catalogue, selection, prior, None, seed, settings=settings, members=1, steps=3, **more
        ),
    )  # fmt: skip
    view.mode.value = "mine"
    form = view.form
    form.upload.put(table(), "mine.csv")
    value, error = form.bands["sdss_g"]
    assert (value.value, error.value) == ("g", "g_error")
    form.read()
    assert "<b>300</b> of 300 rows" in form.words.object
    form.fit()
    assert tab.explorer.source == "mine"
    assert tab.explorer.population() is tab.explorer.mine
    assert len(view.scene.steps) >= 1
    assert form.save.visible
    assert tab.explorer.fit_frame is None
    assert form._saved().read(2) == b"PK"
    assert "all views" in tab.shell.voice.sentence


def test_the_form_takes_one_limit_or_the_whole_selection(tab, view):
    form, explorer = view.form, view.explorer
    assert form.limit.visible
    assert not form.selection_words.visible
    explorer.param.update(fit_selected="view", use_limit=True, selection_limit=17.2)
    assert not form.limit.visible
    assert form.selection_words.visible
    assert "sdss_r &lt; 17.2" in form.selection_words.object
    explorer.use_noise = True  # the words follow the other view
    assert "signal to noise in sdss_r" in form.selection_words.object
    explorer.selection_survey = "lsst_year_1"
    assert "lsst_r" in form.selection_words.object
    explorer.param.update(fit_selected="limit", use_noise=False, selection_survey="sdss")
    assert form.limit.visible


def test_what_is_wrong_with_a_table_is_a_sentence(tab, view):
    view.mode.value = "mine"
    form = view.form
    mixed = table()
    mixed["g"] = 10 ** (-0.4 * (mixed["g"] - 22.5))
    form.upload.put(mixed, "mixed.csv")
    form.read()
    assert "g" in tab.shell.voice.sentence
    assert tab.explorer.fit_catalogue is None
    form.limit.value = "bright"
    assert "not 'bright'" in tab.shell.voice.sentence
    assert form.limit.value == ""
    form.upload.put(table(10), "ten.csv")
    form.fit()
    assert "too few" in tab.shell.voice.sentence
    assert not form.fitting
    lacking = table()
    lacking.remove_column("z")
    form.upload.put(lacking, "four.csv")
    form.read()
    assert "no column for sdss_z" in tab.shell.voice.sentence.lower()
