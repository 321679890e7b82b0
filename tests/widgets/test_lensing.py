"""Lensing in a notebook, without a browser: state in, pictures and draws out."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets

import astroviz
from astroviz.lensing.sample_scene import Simulation, simulate

PNG = b"\x89PNG"
# The exact prior needs no network, so that the tests of the frame take no long.
QUICK = {"sample_prior": "gaussian16", "sample_count": 4}


@pytest.fixture(scope="module")
def sampled():
    return astroviz.explore("lensing", view="sample", **QUICK)


def test_the_image_follows_the_lens_on_the_bench():
    view = astroviz.explore("lensing", view="bench")
    heard = []
    view.observe(heard.append, "image")
    before = view.image
    view.explorer.einstein_radius = 0.8
    assert len(heard) == 1
    assert not np.allclose(before, view.image)
    assert "arcsec" in view.explorer.param.einstein_radius.doc
    assert view.picture().startswith(PNG)
    view.explorer.undo()
    assert np.allclose(before, view.image)


def test_a_hand_on_the_picture_moves_the_lens():
    view = astroviz.explore("lensing", view="bench")
    view._drag_lens(0.0, 0.0, "start")
    view._drag_lens(0.3, 0.1, "move")
    view._drag_lens(0.3, 0.1, "end")
    assert (view.explorer.x0, view.explorer.y0) == pytest.approx((0.3, 0.1))
    view._trace(0.9, 0.2)
    assert len(view.source.layers["cursor"].data["x"]) == 1


def test_draws_of_a_source_are_read_with_their_pictures(sampled):
    draws = sampled.draws
    images = draws.extras["images"]
    assert images.shape == (4, 16, 16)
    np.testing.assert_allclose(images.reshape(4, -1), draws.values, atol=1e-6)
    np.testing.assert_allclose(images.mean(0), sampled.mean.image, atol=1e-5)
    assert sampled.picture().startswith(PNG)
    with pytest.raises(traitlets.TraitError, match="change `explorer`"):
        sampled.draws = 3


def test_another_lens_gives_other_draws(sampled):
    before = sampled.draws
    sampled.explorer.sample_einstein_radius = sampled.explorer.sample_einstein_radius + 0.1
    after = sampled.draws
    assert not np.allclose(before.values, after.values)
    assert "not the one that made this image" in sampled._title.value
    sampled.explorer.assume_truth()
    np.testing.assert_allclose(sampled.draws.values, before.values, atol=1e-5)


def test_an_observation_of_the_users_is_opened():
    lens = (1.1, 0.8, 0.5, 0.0, 0.0, 0.02, 0.0, 1.0)
    seen = simulate(Simulation(lens, noise=0.1, seed=4), 16).observation
    view = astroviz.explore("lensing", seen, **QUICK)
    assert view.explorer.sample_sky == "mine"
    assert view.draws.extras["images"].shape == (4, 16, 16)
    with pytest.raises(ValueError, match="not at a table"):
        astroviz.explore("lensing", [1, 2, 3])
    with pytest.raises(ValueError, match="looks at no observation"):
        astroviz.explore("lensing", seen, view="trust")


def test_a_sampler_stands_beside_the_truth():
    view = astroviz.explore("lensing", view="trust", trust_count=16)
    assert len(view.draws) == 16
    found = view.explorer.trust_comparison(view.draws)
    assert f"{found.variance_ratio:.3f}" in view.numbers.value
    assert view.picture().startswith(PNG)
    view.explorer.trust_sampler = "exact"
    view.check()
    assert "needs no check" in view._status.value


def test_the_example_of_a_real_lens_is_shown_with_its_fit():
    view = astroviz.explore("lensing", view="real")
    fit = view.explorer.real_fit()
    assert fit is not None
    assert len(view.data.layers["critical"].data["x"]) > 20
    assert "pixels used" in view.numbers.value
    assert view.picture().startswith(PNG)
    view.explorer.real_data = "folder"
    assert "no folder is named" in view._status.value.lower()


@pytest.mark.parametrize(
    ("view", "settings"),
    [
        ("noise", {"noise_draws": 100}),
        ("shift", {"shift_mode": "rounds"}),
        ("operators", {"operators_prior": "gaussian16", "operators_count": 4}),
    ],
)
def test_the_other_views_open_and_keep_their_state(view, settings):
    made = astroviz.explore("lensing", view=view, **settings)
    made.wait()
    state = made.explorer.state()
    assert state["view"] == view
    assert f'view="{view}"' in made.explorer.code() or f"view='{view}'" in made.explorer.code()
    assert "Draw again" in str([child.description for child in _buttons(made)])


def test_a_view_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="there are bench, sample"):
        astroviz.explore("lensing", view="microscope")


def _buttons(widget):
    found = [widget] if hasattr(widget, "on_click") else []
    for child in getattr(widget, "children", ()):
        found += _buttons(child)
    return found
