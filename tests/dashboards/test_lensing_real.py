"""The view of a real lens without a browser: steps, files, work, what is drawn."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.io import fits
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.lensing import LensingPage
from astroviz.io import table_bytes
from astroviz.lensing.real_example import example
from astroviz.lensing.real_state import STEPS


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine):
    tab = LensingPage(None, engine, "real")
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["real"]


def fits_bytes(array):
    held = io.BytesIO()
    fits.PrimaryHDU(np.asarray(array, dtype=np.float32)).writeto(held)
    return held.getvalue()


def test_the_page_opens_with_the_answer_drawn(tab, view):
    assert view.panels.draws.images.shape == (20, 32, 32)
    assert np.isfinite(view.panels.mean.image).all()
    assert view.panels.chosen == 0
    assert "simulated" in view.notice.sentence
    assert "when shipped" in view.form.facts.object


@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_a_document_without_complaint(tab, view, step):
    view.way.value = step
    assert tab.explorer.real_step == step
    assert view.stage[0] is view.panels.layout
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()
    assert len(view.panels.plots) <= 5
    tab.shell.dark = True
    tab.shell.dark = False


def test_a_draw_that_is_pressed_takes_the_place_of_the_first(view):
    panels = view.panels
    panels.what.value = "residual"
    first = panels.left.image.copy()
    panels._pick(7)
    assert panels.draws.selected == 7
    assert not np.array_equal(panels.left.image, first, equal_nan=True)
    view.step(+1)
    assert panels.draws.selected == 8
    panels.which.value = "truth"
    assert panels.mean.image.shape == example().truth["source"].shape


def test_other_noise_empties_the_fit_and_says_what_to_do(tab, view):
    view.way.value = "noise"
    view.form.covariance.value = "given"
    assert tab.explorer.real_covariance == "given"
    view.way.value = "fit"
    assert "Not fitted yet" in view.panels.numbers.object
    assert np.isnan(view.panels.left.image).all()
    view.way.value = "check"
    assert view.stage[0] is not view.steps.get("check")
    assert "fit the lens" in view.stage[0][1].object.lower()
    view.way.value = "source"
    assert view.form.sample_button.disabled


def test_files_are_taken_and_bad_ones_are_told(tab, view):
    seen = example()
    view.way.value = "files"
    view.form.source.value = "upload"
    view.form.files.param.update(value=[b"nothing"], filename=["image.fits"])
    assert "noise map" in tab.shell.voice.sentence or "FITS" in tab.shell.voice.sentence
    assert tab.explorer.real_data == "example"
    names = ["image.fits", "noise.fits", "psf.fits"]
    contents = [fits_bytes(one) for one in (seen.image, seen.noise, seen.psf)]
    view.form.files.param.update(value=contents, filename=names)
    assert tab.explorer.real_data == "upload"
    assert "z of the lens" in view.form.redshifts[0].label
    view.form.redshifts[0].value = "0.3"
    assert tab.explorer.real_redshift_lens == pytest.approx(0.3)
    view.form.redshifts[0].value = "far"
    assert "far" in tab.shell.voice.sentence
    assert view.form.redshifts[0].value == "0.3"


def test_a_folder_that_is_not_there_leaves_the_lens_of_before(tab, view):
    view.way.value = "files"
    view.form.source.value = "folder"
    view.form.folder.value = "/nowhere/at/all"
    assert "no folder" in tab.shell.voice.sentence.lower()
    assert tab.explorer.real_data == "example"


def test_work_is_kept_and_shown(tab, view, monkeypatch):
    explorer = tab.explorer
    explorer.real_covariance = "rescaled"
    explorer.real_step = "fit"
    fit = explorer.real_fit()
    assert fit is None
    explorer.real_covariance = "correlated"
    fit = explorer.real_fit()
    explorer.real_covariance = "rescaled"
    key = ("fit", explorer._real_key())
    monkeypatch.setattr(explorer, "real_fitting", lambda: lambda progress, check: (key, fit))
    view.fit()
    assert explorer.real_fit() is fit
    assert np.isfinite(view.panels.left.image).any()


def test_work_that_cannot_begin_says_why(tab, view):
    tab.explorer.real_covariance = "given"
    view.sample()
    assert "step 3" in tab.shell.voice.sentence
    tab.explorer.real_families = "/nowhere"
    view.family()
    assert "no folder" in tab.shell.voice.sentence.lower()


def test_tables_can_be_saved(view):
    tables = view.tables()
    assert len(tables) == 3
    for make in tables.values():
        for kind in ("csv", "fits", "parquet"):
            assert len(table_bytes(make(), kind)) > 100


def test_undo_takes_the_mask_back(tab, view):
    view.way.value = "noise"
    view.form.radius.value = 1.9
    assert tab.explorer.real_radius == pytest.approx(1.9)
    tab.shell._undo()
    assert tab.explorer.real_radius == pytest.approx(2.6)
    assert view.form.radius.value == pytest.approx(2.6)
