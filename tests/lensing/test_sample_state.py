"""The state of the view *Sample*, its questions and its answers."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from astropy.io import fits

from astroviz.core.engine import Engine
from astroviz.lensing.explorer import LensingExplorer
from astroviz.lensing.lens import LENS_NAMES
from astroviz.lensing.observation import ObservationError
from astroviz.lensing.sample_presets import J1430, TRUTH
from astroviz.lensing.sample_priors import PRIORS, prior_named

FAST = {
    "view": "sample", "sample_prior": "gaussian16", "sample_source": "gaussian process",
    "sample_noise": 0.2, "sample_count": 8, "seed": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as made:
        yield made


@pytest.fixture
def explorer():
    return LensingExplorer(**FAST)


def test_previews_come_before_the_draws_and_the_draws_are_right(engine, explorer):
    parts = list(engine.submit(explorer.sample_request()))
    assert len(parts) >= 2
    assert [len(part) for part in parts[:-1]] == [0] * (len(parts) - 1)
    last = explorer.sample_pictures(parts[-1])
    assert last.step[0] == last.step[1] == len(last.trace["sigma"])
    assert last.chi_square == pytest.approx(1, abs=0.12)
    assert np.nanstd(last.residual) == pytest.approx(1, abs=0.1)
    assert 0.45 < last.inside < 0.9
    exact_mean, exact_sd = last.exact
    z = (last.mean - exact_mean) / (exact_sd / np.sqrt(8))
    assert z.std() == pytest.approx(1, abs=0.35)
    np.testing.assert_allclose(last.images.reshape(8, -1), parts[-1].values, atol=1e-6)
    first = explorer.sample_pictures(parts[0])
    assert first.images is None
    assert first.data.shape == (64, 64)


def test_the_same_question_has_the_same_answer(engine, explorer):
    one = engine.submit(explorer.sample_request()).result(60)
    again = LensingExplorer(**explorer.state())
    assert again.sample_request().content_key() == explorer.sample_request().content_key()
    np.testing.assert_array_equal(
        one.values, engine.submit(again.sample_request()).result(60).values
    )
    again.sample_einstein_radius = 1.02
    assert again.sample_request().content_key() != explorer.sample_request().content_key()


def test_another_lens_leaves_a_residual(engine, explorer):
    explorer.sample_einstein_radius = 1.15
    shown = explorer.sample_pictures(engine.submit(explorer.sample_request()).result(60))
    assert shown.chi_square > 1.15
    assert any("not the one" in sentence for sentence in explorer.sample_warnings())
    explorer.assume_truth()
    assert explorer.sample_lens() == pytest.approx(TRUTH)
    assert not any("not the one" in sentence for sentence in explorer.sample_warnings())


def test_the_assumed_lens_can_become_the_true_one(explorer):
    explorer.sample_axis_ratio = 0.9
    explorer.observe_assumed()
    assert explorer.sample_truth[1] == pytest.approx(0.9)


def test_every_preset_is_a_state_that_can_be_asked(explorer):
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert explorer.preset() == preset.name
        assert explorer.sample_scene().observation.used > 1000
        assert json.dumps(explorer.state())
        assert not LensingExplorer().from_query(explorer.to_query())
    explorer.take_preset("Like J1430+4105")
    assert explorer.sample_lens() == pytest.approx(J1430)
    assert any("not the real lens" in sentence for sentence in explorer.sample_warnings())


def test_surprises_are_seeded_and_different(explorer):
    explorer.surprise(4)
    first = explorer.state()
    explorer.surprise(5)
    assert explorer.state() != first
    explorer.surprise(4)
    assert explorer.state() == first


def test_strokes_are_steps_that_can_be_undone(explorer):
    before = explorer.sample_scene().observation.used
    explorer.add_stroke("box", True, [-1.6, 0], [-1.6, 1.6])
    assert explorer.sample_scene().observation.used < before
    explorer.undo()
    assert explorer.sample_scene().observation.used == before


def test_missing_weights_are_told_and_replaced(monkeypatch, tmp_path):
    monkeypatch.setattr("astroviz.lensing.sample_priors.shipped", lambda *_: (None, "Not here."))
    prior, sentence = prior_named("galaxies")
    assert prior.pixels == 32
    assert "stands in" in sentence
    with pytest.raises(KeyError, match="there are galaxies"):
        prior_named("nebulae")
    assert set(PRIORS) >= {"galaxies", "gaussian"}


def packed(array):
    content = io.BytesIO()
    fits.PrimaryHDU(np.asarray(array, dtype=np.float32)).writeto(content)
    return content.getvalue()


def files(explorer, **changes):
    seen = explorer.sample_scene().observation
    given = {"image": seen.image, "noise": seen.noise, "psf": seen.psf, **changes}
    given = {name: array for name, array in given.items() if array is not None}
    return [f"{name}.fits" for name in given], [packed(array) for array in given.values()]


def test_files_of_ones_own_are_looked_at(engine, explorer):
    # At twice this noise a lens of 1.4 arcsec fits as well, and which one is found is the clock's.
    explorer.param.update(sample_source="elliptical", sample_radius=1.5, sample_noise=0.1)
    work = explorer.sample_reading(*files(explorer), light=False, budget=5.0)
    told = []
    explorer.sample_keep(work(told.append, lambda: None))
    assert explorer.sample_sky == "mine"
    explorer.sample_covariance = "given"
    assert explorer.sample_lens()[0] == pytest.approx(TRUTH[0], abs=0.05)
    shown = explorer.sample_pictures(engine.submit(explorer.sample_request()).result(60))
    assert shown.truth is None
    assert shown.outline
    assert shown.chi_square < 2.5, "a prior of another law"
    other = LensingExplorer(view="sample", sample_sky="mine")
    with pytest.raises(ObservationError, match="open image"):
        other.sample_request()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"noise": None}, "no noise map"),
        ({"noise": np.zeros((64, 64))}, "everything is masked"),
        ({"noise": np.ones((60, 64))}, "must be equal"),
        ({"psf": np.ones((4, 4))}, "even side"),
        ({"psf": np.ones((65, 65))}, "larger than the image"),
        ({"image": np.full((64, 64), np.nan)}, "everything is masked"),
        ({"image": np.zeros((3, 4, 5))}, "no two-dimensional image"),
    ],
)
def test_bad_files_are_refused_with_a_sentence_and_change_nothing(explorer, changes, said):
    before = explorer.state()
    with pytest.raises(ValueError, match=said):
        explorer.sample_reading(*files(explorer, **changes))
    assert explorer.state() == before


def test_a_table_of_draws_has_a_row_for_each(engine, explorer):
    draws = engine.submit(explorer.sample_request()).result(60)
    table = explorer.sample_table(draws)
    assert len(table) == 8
    assert len(table.colnames) == 257
    assert table["reduced_chi_square"].mean() == pytest.approx(1, abs=0.2)
    assert table.meta["lens"] == dict(zip(LENS_NAMES, explorer.sample_lens(), strict=True))
