"""The view of noise without a browser: a lens, a chirp, both likelihoods, coverage."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.lensing import LensingPage
from astroviz.io import table_bytes


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine):
    """The chirp without a learned law: the quickest question of the view."""
    tab = LensingPage(None, engine, "bench", "noise_mode=chirp&noise_draws=100")
    tab.explorer.other_model = lambda name: (None, "It is not here.")
    tab.shell.view = "noise"
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["noise"]


def test_a_chirp_is_drawn_with_what_is_possible(tab, view):
    assert len(view.series.sources["data"].data["x"]) == 384
    assert len(view.series.sources["Gaussian, 90 %"].data["x"]) == 384
    assert not len(view.series.sources["learned, 90 %"].data["x"])
    assert "chirp mass put in" in view.numbers.object
    assert "It is not here." in view.notice.warnings[0]
    corner = view._corner()
    assert corner.names[0] == "chirp_mass"
    assert "pinned" in corner.describe()


def test_a_part_of_an_answer_is_drawn(tab, view):
    part = type(view.draws)(
        np.zeros((0, 4)), view.draws.names, view.draws.units, 0,
        {k: v for k, v in view.draws.extras.items() if not k.endswith("_images")
         and k != "gaussian"},
    )  # fmt: skip
    view._show(part, False)
    assert len(view.series.sources["data"].data["x"]) == 384
    assert not len(view.series.sources["Gaussian, 90 %"].data["x"])


def test_it_is_a_document_in_light_and_dark(tab, view):
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()
    before = view.series.figure.background_fill_color
    tab.shell.dark = not tab.shell.dark
    assert view.series.figure.background_fill_color != before


def test_more_noise_widens_the_answer(tab, view):
    def width():
        return float(np.std(view.explorer.noise_scene(view.draws).gaussian[:, 0]))

    quiet = width()
    view.strength.value = 3.0
    assert tab.explorer.noise_strength == 3.0
    assert width() > 1.5 * quiet


def test_other_noise_is_another_seed(tab, view):
    first = view.series.sources["data"].data["y"].copy()
    view.step(+1)
    assert tab.explorer.seed == 1
    assert not np.array_equal(view.series.sources["data"].data["y"], first)


def test_a_lens_takes_the_place_of_the_chirp(tab, view):
    view.mode.value = "lens"
    assert tab.explorer.noise_mode == "lens"
    assert view.kind.visible
    assert view.data.image.shape == (28, 28)
    assert len(view.patches.images) == 12, "as it is, and Gaussian"
    assert view._corner().names[0] == "einstein_radius"


def test_coverage_is_drawn_where_it_is_known(tab, view, monkeypatch):
    assert view.coverage.describe()
    levels = np.linspace(0, 1, 5)
    known = {
        "levels": levels, "gaussian": levels**2, "learned": levels, "title": "a title",
        "band": (levels, levels), "words": "Known.",
    }  # fmt: skip
    monkeypatch.setattr(tab.explorer, "noise_coverage", lambda: known)
    view._show_coverage()
    assert view.coverage.describe() == "Known."
    assert np.allclose(view.coverage.sources["Gaussian noise"].data["y"], levels**2)
    assert not len(view.coverage.sources["noise map as it is"].data["x"])


def test_measuring_without_a_model_says_why(tab, view):
    view.measure()
    assert "not here" in tab.shell.voice.sentence


def test_the_draws_can_be_saved(view):
    for make in view.tables().values():
        for kind in ("csv", "fits", "parquet"):
            assert len(table_bytes(make(), kind)) > 500
