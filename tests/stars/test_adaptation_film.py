"""Films of an adaptation: frames, fixed axes, and that they survive being stored."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from astroviz.stars.adaptation import NotFinite
from astroviz.stars.adaptation_film import (
    AXES,
    CURVES,
    Cast,
    Film,
    Projection,
    frame_steps,
    stars_of,
    take_frame,
)
from astroviz.stars.adaptation_scores import SHOWN, truths
from astroviz.stars.cast_tensors import cast_from_tensors, cast_tensors
from astroviz.stars.mock_galaxy import DOMAINS

TEFF = [p.name for p in SHOWN].index("effective_temperature")


@pytest.fixture(scope="module")
def physics():
    return DOMAINS["A"].open_physics()


@pytest.fixture(scope="module")
def cast(galaxy_a, galaxy_b):
    return Cast(galaxy_a.rows(torch.arange(40)), galaxy_b.rows(torch.arange(25)))


@pytest.fixture(scope="module")
def projection(small_network, galaxy_a):
    with torch.no_grad():
        return Projection.of(small_network.encoder(stars_of(galaxy_a).tokens(), real=0.0))


@pytest.fixture(scope="module")
def frame(small_network, cast, projection, physics):
    return take_frame(small_network, cast, projection, physics, 7, branch=True)


def made_up(frames: int, stars: int = 30) -> Film:
    random = np.random.default_rng(frames)
    ranges = ((6, 7.8), (-0.9, 0.2), (0, 12), (2800, 7000), (45, 1200))
    mean = np.stack([random.uniform(low, high, (frames, stars)) for low, high in ranges], -1)
    width = random.uniform(0.01, 0.1, mean.shape) * mean.std((0, 1))
    curves = {name: random.uniform(0, 1, frames) for name in CURVES}
    place = random.normal(0, 1, (frames, stars, AXES))
    return Film(np.arange(frames), place, mean, mean - width, mean + 2 * width, curves)


def test_a_film_survives_half_precision():
    film = made_up(5)
    tensors = load(save(film.tensors()))
    assert tensors["mean"].dtype == tensors["place"].dtype == torch.float16
    again = Film.from_tensors(tensors)
    assert np.array_equal(again.steps, film.steps)
    assert again.place == pytest.approx(film.place, abs=2e-3)
    for name in ("mean", "low", "high"):
        before, after = getattr(film, name), getattr(again, name)
        assert after[..., :2] == pytest.approx(before[..., :2], abs=5e-3), "dex"
        assert after[..., 2] == pytest.approx(before[..., 2], abs=0.01), "mag"
        assert after[..., 3:] == pytest.approx(before[..., 3:], rel=5e-3)
    # a narrow interval stays as narrow as it was, whatever becomes of its place
    widths = [(each.high - each.low)[..., TEFF] for each in (film, again)]
    assert widths[1] == pytest.approx(widths[0], rel=0.02)
    for name in CURVES:
        assert again.curves[name] == pytest.approx(film.curves[name], rel=1e-6)


def test_frames_join():
    one, other = made_up(2), made_up(3)
    film = Film.join([one, other])
    assert len(film) == 5
    assert np.array_equal(film.mean[2:], other.mean)
    assert np.array_equal(film.curves["auc"], [*one.curves["auc"], *other.curves["auc"]])


@pytest.mark.parametrize(("steps", "frames"), [(600, 12), (300, 8), (4, 3), (1, 5), (40, 2)])
def test_frames_are_early_rather_than_late(steps, frames):
    found = frame_steps(steps, frames)
    assert found[0] == 0
    assert found[-1] == steps
    assert found == sorted(set(found))
    assert len(found) <= frames
    if frames > 5 and steps > frames:
        assert len(found) == frames
        assert np.median(found) < steps / 4


def test_axes_are_principal_and_fixed():
    generator = torch.Generator().manual_seed(0)
    scales = torch.tensor([5.0, 3.0, 2.0, 1.0, 0.5, 0.1])
    turn = torch.linalg.qr(torch.randn(6, 6, generator=generator))[0]
    cloud = (torch.randn(3000, 6, generator=generator) * scales) @ turn + 4.0
    projection = Projection.of(cloud)
    place = projection(cloud)
    assert place.shape == (3000, AXES)
    assert place.mean(0) == pytest.approx(0, abs=1e-4)
    assert np.cov(place.T) == pytest.approx(np.diag(place.var(0, ddof=1)), abs=1e-3)
    eye = (projection.axes.T @ projection.axes).numpy()
    assert eye == pytest.approx(np.eye(AXES), abs=1e-5)
    expected = (scales**2 / (scales**2).sum())[:AXES].numpy()
    assert projection.explained == pytest.approx(expected, rel=0.06)
    # every distance is kept up to the scale, which makes the whole spread one
    assert projection.scale == pytest.approx(1 / float(cloud.var(0).sum().sqrt()))
    upside_down = Projection.of(8.0 - cloud)
    assert upside_down.axes.numpy() == pytest.approx(projection.axes.numpy(), abs=1e-3)


def test_a_frame_holds_every_star(frame, small_network, cast, projection):
    assert frame.place.shape == (1, 65, AXES)
    assert frame.mean.shape == frame.low.shape == (1, 65, 5)
    assert frame.steps.tolist() == [7]
    assert (frame.low < frame.mean).all()
    assert (frame.mean < frame.high).all()
    with torch.no_grad():
        here = small_network.encoder(stars_of(cast.simulated).tokens(), real=0.0)
    assert frame.place[0, :40] == pytest.approx(projection(here), abs=1e-5)
    real = slice(40, None)
    truth = truths(cast.real.stars)
    hit = (truth[:, 0] >= frame.low[0, real, 0]) & (truth[:, 0] <= frame.high[0, real, 0])
    off = frame.mean[0, real, 0] - truth[:, 0]
    assert frame.curves["coverage"][0] == pytest.approx(hit.mean())
    assert frame.curves["rmse"][0] == pytest.approx(np.sqrt((off**2).mean()), rel=1e-5)
    assert set(frame.curves) == set(CURVES)
    assert np.isfinite([frame.curves[name][0] for name in CURVES]).all()


def test_only_real_stars_take_the_branch(small_network, cast, projection, physics, frame):
    network = copy.deepcopy(small_network)
    torch.nn.init.normal_(network.encoder.last.net[-1].weight)
    with_branch = take_frame(network, cast, projection, physics, 0, branch=True)
    without = take_frame(network, cast, projection, physics, 0, branch=False)
    assert np.array_equal(without.place, frame.place), "the branch was empty then"
    assert np.array_equal(with_branch.place[:, :40], frame.place[:, :40])
    assert np.abs(with_branch.place[:, 40:] - frame.place[:, 40:]).max() > 0.05


def test_contexts_that_are_not_numbers_make_no_frame(small_network, cast, projection, physics):
    network = copy.deepcopy(small_network)
    torch.nn.init.constant_(network.encoder.norm.weight, torch.nan)
    with pytest.raises(NotFinite, match="at step 3; the last good state is kept"):
        take_frame(network, cast, projection, physics, 3, branch=True)


def test_a_cast_knows_its_truths(cast):
    assert cast.domain.tolist() == [0] * 40 + [1] * 25
    assert np.array_equal(cast.truth[:40], truths(cast.simulated.stars))
    assert np.array_equal(cast.truth[40:], truths(cast.real.stars))


def test_a_catalogue_survives_as_tensors(galaxy_b):
    tensors = load(save(cast_tensors(galaxy_b)))
    again = cast_from_tensors(tensors, "B", "prior")
    assert again.domain == galaxy_b.domain
    for name in ("z", "classes", "values", "errors", "states", "intrinsic"):
        assert torch.equal(getattr(again.stars, name), getattr(galaxy_b.stars, name))
    assert torch.equal(again.stars.star.log_teff, galaxy_b.stars.star.log_teff)
    assert truths(again.stars) == pytest.approx(truths(galaxy_b.stars), rel=1e-6)
    assert torch.equal(again.spectra.components, galaxy_b.spectra.components)
    seen = galaxy_b.light.seen
    assert seen.any()
    assert torch.allclose(again.light.flux[seen], galaxy_b.light.flux[seen], rtol=1e-6, atol=1e-30)
    assert again.light.flux[~seen].isnan().all()
    assert np.array_equal(again.longitude, galaxy_b.longitude)
    table, before = again.observations, galaxy_b.observations
    assert np.array_equal(table.identifiers, before.identifiers)
    assert table.coordinates == pytest.approx(before.coordinates)
