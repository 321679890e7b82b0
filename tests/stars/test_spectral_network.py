"""The encoders of spectra: optional, apart from each other, and worth what they should be."""

from __future__ import annotations

import pytest
import torch

from astroviz.stars.encoder import dependency_mask
from astroviz.stars.features import featurise
from astroviz.stars.network import StarsNetwork
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import simulate
from astroviz.stars.spectral_batches import compressed_spectra, spectral_batches
from astroviz.stars.spectral_features import SpectralNumbers, n_features, spectral_features
from astroviz.stars.spectral_physics import SpectralPhysics
from astroviz.stars.spectrographs import SPECTROGRAPHS
from astroviz.stars.train import adopt


@pytest.fixture(scope="module")
def stars():
    return simulate(48, torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def numbers(stars):
    return compressed_spectra(stars, torch.Generator().manual_seed(1), SpectralPhysics())


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    found = StarsNetwork(spectra=True).eval()
    with torch.no_grad():  # as after training: the wide path listens too
        for reader in found.encoder.spectra.readers:
            reader.push.weight.normal_(0, 0.05)
    return found


def only(numbers, kept):
    return SpectralNumbers(numbers.components, numbers.errors, numbers.seen & kept)


def context(network, stars, spectra=None):
    with torch.no_grad():
        return network.encoder(
            featurise(stars.values, stars.errors, stars.states, spectra=spectra)
        )


def test_without_spectra_the_grown_network_says_the_same(stars, numbers):
    torch.manual_seed(3)
    small = StarsNetwork().eval()
    grown = StarsNetwork(spectra=True).eval()
    adopt(grown, small)
    before = context(small, stars)
    assert torch.equal(context(grown, stars), before)
    nothing = only(numbers, torch.zeros_like(numbers.seen))
    assert torch.allclose(context(grown, stars, nothing), before, atol=1e-6)


def test_what_was_not_observed_cannot_be_seen(network, stars, numbers):
    garbage = SpectralNumbers(
        torch.where(_unseen(numbers), 1e3, numbers.components),
        torch.where(_unseen(numbers), 7.0, numbers.errors), numbers.seen,
    )  # fmt: skip
    expected = context(network, stars, numbers)
    assert torch.allclose(context(network, stars, garbage), expected, atol=1e-6)


def _unseen(numbers):
    sizes = torch.tensor([one.components for one in SPECTROGRAPHS])
    return ~numbers.seen.repeat_interleave(sizes, 1)


@pytest.mark.parametrize("kind", range(3))
def test_each_kind_has_an_encoder_of_its_own(network, stars, numbers, kind):
    kept = torch.ones_like(numbers.seen)
    kept[:, kind] = False
    moved = context(network, stars, numbers) - context(network, stars, only(numbers, kept))
    changed = moved.abs().amax(1) > 1e-5
    assert torch.equal(changed, numbers.seen[:, kind])


def test_stars_of_a_batch_do_not_meet(network, stars, numbers):
    together = context(network, stars, numbers)
    rows = torch.arange(7, 12)
    part = featurise(
        stars.values[rows], stars.errors[rows], stars.states[rows], spectra=numbers.rows(rows)
    )
    with torch.no_grad():
        assert torch.allclose(network.encoder(part), together[rows], atol=1e-5)


def test_features_have_the_announced_size(numbers):
    found = spectral_features(numbers, torch.full((48,), 12.0))
    assert found.shape == (48, sum(n_features(one) for one in SPECTROGRAPHS))
    assert torch.isfinite(found).all()
    assert not found[~numbers.seen.any(1)].any()


@pytest.mark.parametrize("kind", ["undirected", "directed"])
def test_spectra_do_not_listen_to_observables(kind):
    mask = dependency_mask(kind, spectra=True)
    assert mask.shape == (33, 33)
    assert not mask[30:, :20].any()
    assert not mask[:20, 30:].any()
    assert torch.equal(mask[30:, 30:], torch.eye(3, dtype=torch.bool))
    assert mask[29].all()
    assert torch.equal(mask[:30, :30], dependency_mask(kind))


def test_batches_hold_all_kinds_and_are_the_seed_s():
    first, again = (
        next(spectral_batches(64, Physics(), torch.Generator().manual_seed(5))) for _ in range(2)
    )
    assert torch.equal(first.tokens.spectra, again.tokens.spectra)
    share = first.tokens.spectra_seen.float().mean(0)
    assert (share > 0.05).all()
    assert (share < 0.9).all()
