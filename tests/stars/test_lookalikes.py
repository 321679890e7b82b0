"""A known difference between real stars and the simulator is learned; unlike stars are found."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from astroviz.io.observations import State
from astroviz.stars import lookalikes
from astroviz.stars.adaptation_pairs import RealStars, pairs_of_mock
from astroviz.stars.adaptation_sets import AdaptationSets
from astroviz.stars.lookalikes import learn_offsets
from astroviz.stars.mock_galaxy import DOMAINS
from astroviz.stars.novelty import Novelty

J, W1 = 4, 7


@pytest.fixture(scope="module")
def physics():
    return DOMAINS["A"].open_physics()


@pytest.fixture(scope="module")
def moved(galaxy_a):
    """Stars of the simulator that are 0.3 mag fainter in J, and scattered in W1."""
    stars = galaxy_a.stars
    values = stars.values.clone()
    values[:, J] += 0.3
    values[:, W1] += 0.2 * torch.randn(len(stars), generator=torch.Generator().manual_seed(0))
    return dataclasses.replace(galaxy_a, stars=dataclasses.replace(stars, values=values))


def test_a_constant_offset_and_a_scatter_are_learned(galaxy_a, moved, physics):
    pairs = pairs_of_mock(moved, torch.arange(250), physics)
    offsets = learn_offsets(RealStars.of_mock(moved), pairs, 250, physics)
    fresh = galaxy_a.stars.rows(torch.arange(250, 500))
    r_v = offsets.draw_r_v(250, torch.Generator().manual_seed(1))
    assert set(r_v.tolist()) <= set(pairs.z[:, 0, 4].tolist()), "R_V of labelled stars"
    mean, sd = offsets.table(fresh.z, r_v)
    assert float(mean[:, J - 1].median()) == pytest.approx(0.3, abs=0.03)
    assert float(mean[:, J].abs().median()) < 0.03, "H is as it was"
    assert float(sd[:, W1 - 1].median()) == pytest.approx(0.2, abs=0.08)
    assert float(sd[:, J - 1].median()) < 0.06
    before = RealStars.of_mock(galaxy_a).rows(torch.arange(250, 500))
    after = lookalikes.moved(before, mean, sd, torch.Generator().manual_seed(2))
    seen = before.states == int(State.OBSERVED)
    change = after.values - before.values
    assert float(change[seen[:, J], J].median()) == pytest.approx(0.3, abs=0.04)
    assert float(change[seen[:, W1], W1].std()) == pytest.approx(0.2, abs=0.08)
    assert not change[~seen].any()
    assert torch.equal(after.errors, before.errors)
    dark = ~before.spectra.seen[:, 0]
    assert torch.equal(after.spectra.components[dark], before.spectra.components[dark])


def test_few_stars_of_a_band_teach_nothing(moved, physics):
    pairs = pairs_of_mock(moved, torch.arange(5), physics)
    offsets = learn_offsets(RealStars.of_mock(moved), pairs, 5, physics)
    mean, sd = offsets.table(moved.stars.z[:20], moved.stars.z[:20, 4])
    assert not mean.any()
    assert not sd.any()


def test_lookalikes_are_batches_of_moved_stars(galaxy_a, moved, physics):
    pairs = pairs_of_mock(moved, torch.arange(120), physics)
    sets = AdaptationSets(galaxy_a, RealStars.of_mock(moved), pairs)
    batch = sets.lookalikes(torch.Generator().manual_seed(0), 120, 40)
    rows = torch.randint(500, (40,), generator=torch.Generator().manual_seed(0))
    assert torch.equal(batch.z[:, :4], galaxy_a.stars.z[rows, :4])
    assert torch.equal(
        batch.tokens.present, RealStars.of_mock(galaxy_a).rows(rows).tokens().present
    )
    with pytest.raises(ValueError, match="no pairs to learn from"):
        dataclasses.replace(sets, pairs=None).lookalikes(torch.Generator(), 5, 5)


def test_one_in_a_hundred_is_novel_among_its_like():
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(8, 8, generator=generator)
    cloud = torch.randn(20_000, 8, generator=generator) @ mix + 3.0
    novelty = Novelty.of(cloud[:10_000])
    fresh = novelty.score(cloud[10_000:])
    assert float((fresh > 1).float().mean()) == pytest.approx(0.01, abs=0.004)
    assert (novelty.score(cloud[:100] + 20.0) > 1).all()
    again = Novelty.from_tensors(novelty.tensors())
    assert torch.allclose(again.score(cloud[:50]), novelty.score(cloud[:50]))
    assert Novelty.from_tensors({}) is None
