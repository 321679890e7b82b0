"""One encoder per modality: gaps are not heard, and real stars have a branch of their own."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from astroviz.io.observations import State
from astroviz.stars.features import N_FEATURES, Tokens, featurise
from astroviz.stars.modalities import MODALITIES, ModalityEncoder
from astroviz.stars.network import StarsNetwork
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import simulate
from astroviz.stars.spectral_batches import numbers_of
from astroviz.stars.spectral_noise import observe_spectra
from astroviz.stars.spectral_physics import SpectralPhysics
from astroviz.stars.surveys import QUANTITIES, SURVEYS

XP = len(MODALITIES) - 1


@pytest.fixture(scope="module")
def stars():
    return simulate(96, torch.Generator().manual_seed(0), class_weights=(0.6, 0.4, 0.0, 0.0))


@pytest.fixture(scope="module")
def spectra(stars):
    glow = SpectralPhysics(Physics())
    generator = torch.Generator().manual_seed(1)
    return numbers_of(observe_spectra(stars, generator, glow, {"xp": 0.7}), glow)


@pytest.fixture(scope="module")
def tokens(stars, spectra):
    return featurise(stars.values, stars.errors, stars.states, spectra=spectra)


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return ModalityEncoder(context=24).eval()


def columns_of(k: int) -> list[int]:
    return [c for c, quantity in enumerate(QUANTITIES) if quantity.survey == SURVEYS[k]]


def has(tokens: Tokens, k: int) -> torch.Tensor:
    """Which stars have modality `k`."""
    return tokens.spectra_seen[:, 0] if k == XP else tokens.present[:, columns_of(k)].any(1)


def teach(correction: torch.nn.Module) -> None:
    """Give a branch something to say."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in correction.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))


@torch.no_grad()
@pytest.mark.parametrize("k", range(len(MODALITIES)), ids=MODALITIES)
def test_the_numbers_of_an_absent_modality_do_not_matter(encoder, tokens, k):
    there = has(tokens, k)
    assert 3 < int(there.sum()) < len(there) - 3, "both cases must occur"
    features, spectra = tokens.features.clone(), tokens.spectra.clone()
    if k == XP:
        spectra += 100.0
    else:
        features[:, columns_of(k)] += 100.0
    changed = dataclasses.replace(tokens, features=features, spectra=spectra)
    for real in (0.0, 1.0):
        before, after = encoder(tokens, real=real), encoder(changed, real=real)
        assert torch.equal(before[~there], after[~there])
        assert ((before - after).abs().amax(1)[there] > 1e-3).all()


@torch.no_grad()
def test_what_stands_in_a_gap_is_never_read(encoder, stars, tokens, spectra):
    silent = (stars.states != State.OBSERVED) & (stars.states != State.LIMIT)
    for rubbish in (float("nan"), 1e6):
        values, errors = (torch.where(silent, torch.tensor(rubbish), part)
                          for part in (stars.values, stars.errors))  # fmt: skip
        found = encoder(featurise(values, errors, stars.states, spectra=spectra), real=1.0)
        assert torch.equal(found, encoder(tokens, real=1.0))


@torch.no_grad()
def test_tokens_without_spectra_are_stars_that_have_none(encoder, stars, spectra):
    blind = dataclasses.replace(spectra, seen=torch.zeros_like(spectra.seen))
    told = (stars.values, stars.errors, stars.states)
    without, unseen = featurise(*told), featurise(*told, spectra=blind)
    assert without.spectra.shape[1] == 0
    assert torch.equal(encoder(without), encoder(unseen))


@torch.no_grad()
def test_the_branch_of_real_stars_is_exactly_nothing_before_it_is_taught(encoder, tokens):
    assert torch.equal(encoder(tokens, real=1.0), encoder(tokens, real=0.0))


@torch.no_grad()
def test_the_branch_acts_for_real_stars_only(encoder, tokens):
    before = encoder(tokens, real=0.0)
    teach(encoder.last)
    for correction in encoder.corrections:
        teach(correction)
    assert torch.equal(encoder(tokens, real=0.0), before)
    assert torch.equal(encoder(tokens), before), "simulated unless told"
    after = encoder(tokens, real=1.0)
    assert ((after - before).abs().amax(1) > 1e-2).all()
    encoder.real = 1.0
    assert torch.equal(encoder(tokens), after)


@torch.no_grad()
@pytest.mark.parametrize("k", range(len(MODALITIES)), ids=MODALITIES)
def test_a_correction_moves_only_stars_that_have_its_modality(encoder, tokens, k):
    before, there = encoder(tokens, real=1.0), has(tokens, k)
    teach(encoder.corrections[k])
    moved = (encoder(tokens, real=1.0) - before).abs().amax(1)
    assert (moved[~there] == 0).all()
    assert (moved[there] > 1e-3).all()


def test_simulated_stars_teach_the_branch_nothing(encoder, tokens):
    encoder(tokens, real=0.0).square().sum().backward()
    own = [p for n, p in encoder.named_parameters() if "correction" in n or "last" in n]
    assert own
    assert all(parameter.grad is None for parameter in own)
    encoder(tokens, real=1.0).square().sum().backward()
    # only the last layers: these are zero, and what lies before them waits for the first step
    assert all(g.net[-1].weight.grad.any() for g in (*encoder.corrections, encoder.last))


@torch.no_grad()
def test_stars_of_a_batch_do_not_meet(encoder, tokens):
    together = encoder(tokens, real=1.0)
    rows = torch.tensor([40, 3])
    assert torch.allclose(encoder(tokens.rows(rows), real=1.0), together[rows], atol=1e-5)


@torch.no_grad()
def test_a_star_of_which_nothing_is_known_has_a_context(encoder):
    blank = torch.zeros(2, 20)
    tokens = featurise(blank, blank + 1, torch.full((2, 20), int(State.NOT_COVERED)))
    found = encoder(tokens, real=1.0)
    assert found.shape == (2, 24)
    assert found.isfinite().all()


def test_there_is_no_dependency_mask(encoder):
    encoder.listen("dense")
    with pytest.raises(ValueError, match="no dependency mask 'directed'"):
        encoder.listen("directed")


def test_a_network_of_modalities_learns_and_can_leave_the_sky_out(stars, tokens):
    torch.manual_seed(0)
    network = StarsNetwork(context=24, width=16, blocks=1, hidden=16, modalities=True, sky=False)
    assert not hasattr(network, "sky_velocity")
    assert network.encoder.readers[0][0].in_features == 4 * (N_FEATURES + 1), "Gaia"
    given = torch.zeros(len(stars), 9, dtype=torch.bool)
    told = (tokens, stars.z, stars.classes, given, 2)
    whole = network.losses(*told, generator=torch.Generator().manual_seed(0))
    context = network.encoder(tokens)
    parts = network.losses_of(context, *told, torch.Generator().manual_seed(0))
    assert {name: loss.item() for name, loss in whole.items()} == {
        name: loss.item() for name, loss in parts.items()
    }
    sum(parts.values()).backward()
    assert all(reader[0].weight.grad.any() for reader in network.encoder.readers)
