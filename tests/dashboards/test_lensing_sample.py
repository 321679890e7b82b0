"""The view *Sample* without a browser: what it draws, its mask, its files, its sentences."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.io import fits
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.lensing import LensingPage
from astroviz.io import table_bytes

QUERY = "sample_prior=gaussian16&sample_source=gaussian+process&sample_count=4&sample_sampler=cla"


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine):
    tab = LensingPage(None, engine, "sample", QUERY)
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["sample"]


def test_everything_is_drawn_and_becomes_one_document(tab, view):
    assert view.grid.images.shape == (4, 16, 16)
    assert view.residual.image.shape == view.sky.image.shape == (64, 64)
    assert np.nanstd(view.residual.image) == pytest.approx(1, abs=0.1)
    assert len(view.chi.sources["draws"].data["x"]) > 10
    assert len(view.balance.sources["prior"].data["x"]) > 10
    assert "reduced" in view.chi.describe().lower()
    assert "CLA convolves" in view.cost.object
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_a_slider_moves_the_lens_and_the_source(tab, view):
    before = view.mean.image.copy()
    view.lens.sliders["einstein_radius"].value = 1.1
    assert tab.explorer.sample_einstein_radius == pytest.approx(1.1)
    assert not np.array_equal(view.mean.image, before)
    assert not view.lens.true.disabled
    tab.explorer.assume_truth()
    assert view.lens.sliders["einstein_radius"].value == pytest.approx(1.0)
    assert view.lens.true.disabled
    np.testing.assert_allclose(view.mean.image, before)


def test_the_angle_is_shown_in_degrees(tab, view):
    view.lens.sliders["position_angle"].value = 45.0
    assert tab.explorer.sample_position_angle == pytest.approx(np.pi / 4)


@pytest.mark.parametrize("kind", ["box", "lasso", "brush"])
def test_strokes_are_drawn_on_the_picture(tab, view, kind):
    view.mask.tool.value = kind
    path = [(-1.2, -1.2), (-1.2, -0.2), (-0.7, -0.1), (-0.2, -0.2)]
    for k, (x, y) in enumerate(path):
        view.mask.drag(x, y, "start" if k == 0 else "move")
    assert len(view.sky.layers["stroke"].data["x"]) > 3
    view.mask.drag(*path[-1], "end")
    assert len(view.sky.layers["stroke"].data["x"]) == 0
    assert tab.explorer.sample_mask[0][0] == kind
    masked = np.isnan(view.sky.image)
    assert 20 < masked.sum() < 2000
    np.testing.assert_array_equal(np.isnan(view.residual.image), masked)
    view.mask.opens.value = True
    view.mask.tool.value = "box"
    view.mask.drag(-1.6, -1.6, "start")
    view.mask.drag(1.6, 1.6, "end")
    assert not np.isnan(view.sky.image).any()
    tab.explorer.sample_mask = []
    assert not np.isnan(view.sky.image).any()


def test_a_drag_without_a_tool_masks_nothing(tab, view):
    view.mask.drag(0, 0, "start")
    view.mask.drag(1, 1, "end")
    assert tab.explorer.sample_mask == []


def test_everything_masked_is_a_sentence_and_the_page_lives_on(tab, view):
    view.mask.tool.value = "box"
    view.mask.drag(-5, -5, "start")
    view.mask.drag(5, 5, "end")
    assert "everything is masked" in tab.shell.voice.sentence
    tab.shell._undo()
    view.lens.sliders["axis_ratio"].value = 0.8
    assert view.shown.step[0] == view.shown.step[1]


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"sample_x0": 1.9}, "frame ends"), ({"sample_sampler": "exact"}, "")],
)
def test_what_cannot_be_is_told(tab, view, settings, said):
    tab.explorer.param.update(**settings)
    assert said in tab.shell.voice.sentence


def test_the_exact_sampler_needs_a_gaussian_prior(tab, view):
    class Learned:
        name, pixels, dim, device = "learned", 16, 256, "cpu"

        def denoise(self, x, sigma):
            return x

    view.explorer.sample_sampler = "exact"
    assert "No answer" not in tab.shell.voice.sentence
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("astroviz.lensing.sample_answers.prior_named", lambda *_: (Learned(), ""))
        view.explorer.seed = 7
    assert "Gaussian prior only" in tab.shell.voice.sentence


def packed(array):
    content = io.BytesIO()
    fits.PrimaryHDU(np.asarray(array, dtype=np.float32)).writeto(content)
    return content.getvalue()


def upload(view, **arrays):
    view.files.files.param.update(filename=[f"{name}.fits" for name in arrays])
    view.files.files.value = [packed(array) for array in arrays.values()]


def test_files_are_read_and_sampled(tab, view, monkeypatch):
    seen = view.explorer.sample_scene().observation
    monkeypatch.setattr("astroviz.lensing.sample_state.SampleState.sample_reading.__defaults__",
                        (0.05, True, 1.0), raising=False)  # fmt: skip
    tab.explorer.sample_sky = "mine"
    assert view.files.layout.visible
    view.files.light.value = False
    upload(view, image=seen.image, noise=seen.noise, psf=seen.psf)
    assert tab.explorer.sample_has_files
    assert view.shown.truth is None
    assert view.truth.figure.title.text == "exact mean"
    tab.explorer.sample_sky = "simulated"
    assert not view.files.layout.visible


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"image": np.ones((20, 20))}, "no noise map"),
        ({"noise": np.ones((20, 20)), "image": np.ones((20, 22))}, "must be equal"),
        (
            {"image": np.ones((20, 20)), "noise": np.ones((20, 20)), "psf": np.ones((4, 5))},
            "even side",
        ),
    ],
)
def test_bad_files_are_told(tab, view, arrays, said):
    tab.explorer.sample_sky = "mine"
    upload(view, **arrays)
    assert said in tab.shell.voice.sentence
    assert not tab.explorer.sample_has_files


def test_the_flag_is_shown_and_refused_where_noise_is_correlated(tab, view, monkeypatch):
    monkeypatch.setattr("astroviz.lensing.sample_flag._OTHERS", 60)
    view.ask_flag()
    assert "p = " in view.figures.object
    tab.explorer.param.update(sample_sky="j1430", sample_frame=[0.0, 0.0, 2.0])
    assert "p = " not in view.figures.object
    view.ask_flag()
    assert "independent from pixel to pixel" in tab.shell.voice.sentence


def test_draws_can_be_saved(tab, view):
    ((words, make),) = view.tables().items()
    assert words == "Draws of the source"
    assert len(table_bytes(make(), "parquet")) > 1000


def test_the_next_observation_has_the_next_seed(tab, view):
    before = tab.explorer.sample_sky_seed
    view.step(1)
    assert tab.explorer.sample_sky_seed == before + 1


def test_dark_reaches_the_pictures(tab, view):
    tab.shell.dark = True
    assert all(plot.ink.dark for plot in view.plots)
