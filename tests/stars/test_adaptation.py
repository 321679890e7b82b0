"""Adapting a copy of a network: pairs, batches, losses, and the figures it is judged by."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch

from astroviz.io.observations import State
from astroviz.stars.adaptation import Adaptation, Arm, NotFinite
from astroviz.stars.adaptation_pairs import Pairs, RealStars, pairs_of_mock
from astroviz.stars.adaptation_scores import LEVELS, SHOWN, Answers, answers, score, truths
from astroviz.stars.adaptation_sets import AdaptationSets
from astroviz.stars.alignment import pair_distance
from astroviz.stars.mock_galaxy import DOMAINS
from astroviz.stars.parameters import PARAMETERS
from astroviz.stars.surveys import QUANTITIES

BANDS = slice(1, 16)
OT = Arm("ot", "optimal transport", transport=0.5, steps=20, size=48)


@pytest.fixture(scope="module")
def physics():
    return DOMAINS["A"].open_physics()


@pytest.fixture(scope="module")
def pairs(galaxy_b, physics) -> Pairs:
    return pairs_of_mock(galaxy_b, torch.arange(300), physics, seed=3)


@pytest.fixture
def sets(galaxy_a, galaxy_b, pairs) -> AdaptationSets:
    return AdaptationSets(galaxy_a, RealStars.of_mock(galaxy_b), pairs)


def weights_of(network) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def same(one, other) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


# -- pairs ----------------------------------------------------------------------------------------


def test_twins_have_the_gaps_and_errors_of_the_real_star(galaxy_b, pairs):
    stars, rows = galaxy_b.stars, pairs.rows
    assert torch.equal(pairs.twins.states, stars.states[rows])
    assert torch.equal(pairs.twins.errors, stars.errors[rows])
    silent = stars.states[rows] != int(State.OBSERVED)
    assert torch.equal(pairs.twins.values[silent], stars.values[rows][silent]), "limits too"
    assert not (pairs.twins.spectra.seen & ~galaxy_b.spectra.seen[rows]).any()
    assert pairs.twins.spectra.seen.any()


def test_twins_have_the_simulator_s_magnitudes(galaxy_b, pairs, physics):
    stars = galaxy_b.stars.rows(pairs.rows)
    assert torch.equal(pairs.z[:, 0], stars.z)
    magnitudes, _ = physics.magnitudes(stars.theta, stars.classes == 1)
    seen = (stars.states == int(State.OBSERVED))[:, BANDS]
    pull = ((pairs.twins.values[:, BANDS] - magnitudes) / stars.errors[:, BANDS])[seen]
    assert float(pull.std()) == pytest.approx(1.0, abs=0.06)
    assert float(pull.mean()) == pytest.approx(0.0, abs=0.06)
    real = ((stars.values[:, BANDS] - magnitudes) / stars.errors[:, BANDS])[seen]
    assert float(real.abs().median()) > 1.5 * float(pull.abs().median()), "nature differs"


def test_members_of_a_batch_lose_the_same_surveys_and_gain_noise(sets, galaxy_b, pairs):
    members, twins = sets.pair_batch(torch.Generator().manual_seed(0), 300, 2000)
    assert torch.equal(members.tokens.present, twins.tokens.present)
    assert torch.equal(members.z, twins.z)
    parts = members.tokens.present[:, :20].float().mean(0)
    states = galaxy_b.stars.states[:300]
    whole = ((states == State.OBSERVED) | (states == State.LIMIT)).float().mean(0)
    kept = (parts / whole)[whole > 0.3]
    assert kept.numpy() == pytest.approx(0.85, abs=0.06)
    gaia = [k for k, quantity in enumerate(QUANTITIES) if quantity.survey == "Gaia"]
    assert parts[gaia].std() < 0.1, "a survey is lost as a whole"


def test_a_batch_uses_the_first_pairs_only(sets, pairs):
    members, _ = sets.pair_batch(torch.Generator().manual_seed(1), 7, 500)
    found = {tuple(row) for row in members.z.tolist()}
    assert found == {tuple(row) for row in pairs.z[:7, 0].tolist()}
    bare = dataclasses.replace(sets, pairs=None)
    with pytest.raises(ValueError, match="no pairs to learn from: give labels"):
        bare.pair_batch(torch.Generator(), 7, 10)


def test_an_error_floor_is_in_the_errors_and_in_the_noise(sets, galaxy_a):
    stars = RealStars.of_mock(galaxy_a)
    plain, more = stars.tokens(), stars.tokens(0.05)
    bright = (stars.states[:, BANDS] == int(State.OBSERVED)) & (stars.errors[:, BANDS] < 0.02)
    column = 2  # log error, see `features`
    expected = (stars.errors[:, BANDS] ** 2 + 0.05**2).sqrt().log()
    found = more.features[:, BANDS, column] * 2 - 3
    assert torch.allclose(found[bright], expected[bright], atol=1e-5)
    assert torch.equal(plain.features[:, 0], more.features[:, 0]), "not of the parallax"
    batch = sets.floored(torch.Generator().manual_seed(0), 400, 0.05)
    rows = torch.randint(len(galaxy_a), (400,), generator=torch.Generator().manual_seed(0))
    before = stars.rows(rows).tokens(0.05)
    moved = (batch.tokens.features - before.features)[:, BANDS, 1] * 5  # (m - 12) / 5
    assert float(moved[bright[rows]].std()) == pytest.approx(0.05, rel=0.1)


# -- runs -----------------------------------------------------------------------------------------


def test_the_start_network_is_untouched(small_network, sets):
    before, real = weights_of(small_network), small_network.encoder.real
    run = Adaptation(small_network, sets, OT)
    for _ in range(3):
        run.advance()
    assert same(before, weights_of(small_network))
    assert small_network.encoder.real == real
    assert not small_network.training
    assert not same(before, weights_of(run.network))
    assert not same(before, weights_of(run.average))
    assert run.average.encoder.real == 1.0


def test_a_seed_is_a_run(small_network, sets):
    arm = dataclasses.replace(OT, pairs=40, supervised=1.0, pull=0.5, discrepancy=0.5)
    found = []
    for seed in (0, 0, 1):
        run = Adaptation(small_network, sets, arm, seed)
        terms = [run.advance() for _ in range(3)]
        found.append((weights_of(run.average), terms))
    assert same(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]
    assert not same(found[0][0], found[2][0])
    assert {"transport", "discrepancy", "pull", "sim flow", "real flow"} <= set(found[0][1][0])


def test_numbers_that_are_none_stop_a_run_and_the_last_good_state_is_kept(small_network, sets):
    run = Adaptation(small_network, sets, OT)
    for _ in range(2):
        run.advance()
    good, average = weights_of(run.network), weights_of(run.average)
    values = torch.full_like(sets.real.values, torch.nan)
    sets.real = dataclasses.replace(sets.real, values=values)
    with pytest.raises(NotFinite, match="at step 2: transport is not a number; the last good"):
        run.advance()
    assert run.step == 2
    assert same(good, weights_of(run.network))
    assert same(average, weights_of(run.average))
    assert all(value.isfinite().all() for value in average.values())


def test_pairs_draw_their_members_together(small_network, sets, pairs):
    def gap(network) -> float:
        with torch.no_grad():
            here = network.encoder(pairs.twins.tokens(), real=0.0)
            there = network.encoder(sets.real.rows(pairs.rows).tokens(), real=1.0)
        spread = here.var(0).sum().sqrt()
        return float(pair_distance(here / spread, there / spread))

    arm = Arm("pairs", "pairs", pairs=300, pull=5.0, steps=40, size=96, rate=3e-3)
    run = Adaptation(small_network, sets, arm)
    before = gap(small_network)
    while not run.done:
        run.advance()
    assert gap(run.average) < 0.7 * before


def test_supervised_pairs_teach_the_branch(small_network, sets):
    arm = Arm("pairs", "pairs", pairs=100, supervised=1.0, steps=20, size=64)
    run = Adaptation(small_network, sets, arm)
    for _ in range(2):
        run.advance()
    assert all(g.net[-1].weight.any() for g in run.network.encoder.corrections)


def test_the_guard_weighs_simulated_stars(sets):
    generator = torch.Generator().manual_seed(0)
    sets.weights = torch.arange(len(sets.simulated_stars)).float()
    batch, weights = sets.simulated(generator, 60, guard=True)
    rows = torch.randint(500, (60,), generator=torch.Generator().manual_seed(0))
    assert torch.equal(weights, rows.float())
    assert torch.equal(batch.z, sets.simulated_stars.stars.z[rows])
    assert sets.simulated(generator, 60)[1] is None


def test_an_arm_survives_its_card_and_knows_whether_real_stars_differ():
    arm = Arm("all", "everything", pairs=5, transport=0.1, reach=2.0, guard=True)
    assert Arm(**arm.to_dict()) == arm
    assert Arm(**OT.to_dict()) == OT
    assert arm.branch
    assert OT.branch
    assert not Arm("floor", "floor", floor=0.05).branch


# -- figures --------------------------------------------------------------------------------------


def gaussian(n: int, draws: int, seed: int = 0) -> tuple[Answers, np.ndarray]:
    """Truths, and draws of the exact posterior of each."""
    random = np.random.default_rng(seed)
    centre = random.normal(0, 3, (n, 1, 5))
    truth = centre[:, 0] + random.normal(0, 0.7, (n, 5))
    return Answers(centre + random.normal(0, 0.7, (n, draws, 5)), torch.zeros(n, 1)), truth


@pytest.mark.parametrize("draws", [19, 39, 128])
def test_coverage_of_an_exact_posterior_is_nominal_with_few_draws_too(draws):
    found, truth = gaussian(1500, draws)
    scores = score(found, truth)
    for level, coverage in zip(LEVELS, scores.coverage.T, strict=True):
        assert coverage.mean() == pytest.approx(level, abs=0.02)
    assert scores.rmse == pytest.approx(0.7 * np.sqrt(1 + 1 / draws), rel=0.05)
    assert scores.bias == pytest.approx(0, abs=0.1)


def test_wrong_posteriors_are_found_out():
    found, truth = gaussian(800, 64)
    narrow = Answers(
        found.mean[:, None] + 0.5 * (found.draws - found.mean[:, None]), found.context
    )
    assert (score(narrow, truth).coverage[:, 2] < 0.7).all()
    moved = Answers(found.draws + 1.0, found.context)
    figures = score(moved, truth).figures()
    assert figures["bias of A_V"] == pytest.approx(1.0, abs=0.05)
    assert figures["RMSE of log age"] > 1.0
    assert figures["coverage of log mass"] < 0.8


def test_unknown_truths_are_left_out_and_uncertain_ones_widen():
    found, truth = gaussian(1000, 64)
    some = truth.copy()
    some[:500, 0] = np.nan
    scores, part = score(found, some), Answers(found.draws[500:], found.context)
    assert scores.coverage[0, 2] == pytest.approx(score(part, truth[500:]).coverage[0, 2])
    noisy = truth + np.random.default_rng(1).normal(0, 1.5, truth.shape)
    assert (score(found, noisy).coverage[:, 2] < 0.7).all()
    errors = np.full(truth.shape, 1.5)
    assert score(found, noisy, errors).coverage[:, 2] == pytest.approx(0.9, abs=0.03)


def test_truths_are_those_that_the_stars_were_made_of(galaxy_b, physics):
    found, theta = truths(galaxy_b.stars), galaxy_b.stars.theta.numpy()
    names = [parameter.name for parameter in PARAMETERS]
    for k, parameter in enumerate(SHOWN):
        if parameter.name in names:
            assert found[:, k] == pytest.approx(theta[:, names.index(parameter.name)])
    star = physics.evolve(galaxy_b.stars.theta[:, 0], galaxy_b.stars.theta[:, 1])
    assert found[:, 3] == pytest.approx(10 ** star.log_teff.double().numpy(), rel=1e-3)


def test_answers_are_draws_of_the_branch_that_is_asked(small_network, galaxy_b, physics):
    tokens = RealStars.of_mock(galaxy_b).tokens().rows(torch.arange(30))
    network = copy.deepcopy(small_network)
    torch.nn.init.normal_(network.encoder.last.net[-1].weight)
    first, again = (answers(network, tokens, physics, 12, seed=4, real=0.0) for _ in range(2))
    assert first.draws.shape == (30, 12, 5)
    assert np.array_equal(first.draws, again.draws, equal_nan=True)
    assert not np.array_equal(
        first.draws, answers(network, tokens, physics, 12, 5, 0.0).draws, equal_nan=True
    )
    assert torch.equal(first.context, network.encoder(tokens, real=0.0))
    assert not torch.allclose(first.context, answers(network, tokens, physics, 12, 4, 1.0).context)
    network.encoder.real = 1.0
    own = answers(network, tokens, physics, 12, seed=4)
    assert torch.equal(own.context, network.encoder(tokens, real=1.0))
    for k, parameter in enumerate(SHOWN):
        if parameter.name in [p.name for p in PARAMETERS]:
            assert (first.draws[..., k] >= parameter.lower - 1e-3).all()
            assert (first.draws[..., k] <= parameter.upper + 1e-3).all()
