"""Adapting while one waits: bad tables get a sentence, and nothing that is shipped is touched."""

from __future__ import annotations

import functools
import time

import numpy as np
import pytest
import torch
from astropy.table import Table

from astroviz.core.engine import Engine
from astroviz.core.request import Alone, Cancelled
from astroviz.io.convert import observations_table
from astroviz.io.errors import TableError
from astroviz.stars import adaptation_live, adaptation_runs
from astroviz.stars.adaptation import NotFinite
from astroviz.stars.adaptation_film import CURVES
from astroviz.stars.adaptation_live import job_of_table, job_of_target
from astroviz.stars.adaptation_runs import Scale
from astroviz.stars.adaptation_scores import truths
from astroviz.stars.adaptation_table import FEWEST
from astroviz.stars.experiment import NONE
from astroviz.stars.prior_shift import Shift

FOOTPRINTS = {"Spitzer": ("i1", "i2", "i3", "i4", "m24"), "WISE": ("w1", "w2", "w3", "w4")}


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Few simulated stars: what is asked here does not depend on how many there are."""
    monkeypatch.setattr(adaptation_live, "_POOL", 1500)
    monkeypatch.setattr(adaptation_live, "Scale", functools.partial(Scale, pool=400))


@pytest.fixture(scope="module")
def whole(galaxy_b) -> Table:
    found = observations_table(galaxy_b.observations.select(np.arange(120)))
    found.remove_columns([name for name in found.colnames if name.startswith("spec_")])
    return found


@pytest.fixture
def table(whole) -> Table:
    return whole.copy()


@pytest.fixture(scope="module")
def known(galaxy_b) -> Table:
    """Ages and extinctions of the stars of the table."""
    truth = truths(galaxy_b.stars)[:120]
    names = [f"B{k + 1}" for k in range(120)]
    return Table({"identifier": names, "logAge": truth[:, 0], "A_V": truth[:, 2]})


@pytest.fixture
def engine():
    with Engine(device="cpu") as found:
        yield found


def without(table: Table, survey: str) -> Table:
    lost = [name for name in table.colnames if name.split("_")[0] in FOOTPRINTS[survey]]
    table.remove_columns(lost)
    return table


def run(job) -> list[np.ndarray]:
    """All of a job, here and now."""
    pieces = job.draw([job.request()], torch.device("cpu"), Alone())
    return [chunk.values for (chunk,) in pieces]


def weights_of(network) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def same(one, other) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


# -- bad input ------------------------------------------------------------------------------------


def test_no_band_in_common(experiment, table):
    table = table["identifier", "parallax", "parallax_error"]
    with pytest.raises(TableError, match="no band in common: there is no magnitude of any of G, "):
        job_of_table(experiment, table)


def test_too_few_rows(experiment, table):
    sentence = f"19 of 19 rows have 3 magnitudes or more; an adaptation needs at least {FEWEST}"
    with pytest.raises(TableError, match=sentence):
        job_of_table(experiment, table[:19])
    poor = table.copy()
    for name in ("g", "bp", "rp", "j", "h", "ks", "w1", "w2", "w3", "w4", *FOOTPRINTS["Spitzer"]):
        poor[name][10:] = np.nan
    with pytest.raises(TableError, match=f"of 120 rows have 3 magnitudes .* at least {FEWEST}"):
        job_of_table(experiment, poor)


def test_identifiers_that_do_not_match(experiment, table, known):
    other = known.copy()
    other["identifier"] = [f"2MASS J{k:06d}" for k in range(len(other))]
    with pytest.raises(TableError, match="no identifier of the labels is among the 120 stars"):
        job_of_table(experiment, table, labels=other)


def test_labels_that_no_simulated_star_has(experiment, table, known):
    other = known.copy()
    other["logAge"] = 3.0
    with pytest.raises(ValueError, match="the simulator has no stars like the labelled ones"):
        job_of_table(experiment, table, labels=other)


def test_nothing_to_adapt_with(experiment, table):
    with pytest.raises(ValueError, match="nothing to adapt with: give labelled stars, or switch"):
        job_of_table(experiment, table, labels=False, transport=False)


def test_a_guard_refuses_to_align_what_nobody_can_judge(experiment, table, known, monkeypatch):
    here, there = np.full(20, 1 / 20), np.eye(20)[3]
    shift = Shift(here, there, 0)
    monkeypatch.setattr(adaptation_runs, "population_shift", lambda *told: shift)
    with pytest.raises(ValueError, match="The guard refuses: the populations differ by 95%"):
        job_of_table(experiment, table, labels=False, guard=True)
    job = job_of_table(experiment, table, labels=known, guard=True, steps=2)
    weights = job.run.sets.weights
    assert job.arm.guard
    assert weights.shape == (1500,)
    assert float(weights.mean()) == pytest.approx(1.0, rel=1e-4)


def test_a_survey_that_nobody_has_is_a_note(experiment, table):
    job = job_of_table(experiment, without(table, "Spitzer"), guard=False, steps=2)
    note = "No star has a magnitude of Spitzer: that part of the network is not adapted."
    assert note in job.notes
    assert len(run(job)) == job.request().n
    assert np.isfinite(job.film.place).all()
    assert not any("WISE" in note for note in job.notes)


def test_rows_that_say_too_little_are_left_out(experiment, table):
    table.remove_columns([name for name in table.colnames if name.endswith("_state")])
    for name in ("g", "bp", "rp", "j", "h", "ks", "w1", "w2", "w3", "w4", *FOOTPRINTS["Spitzer"]):
        table[name][:30] = np.nan
    job = job_of_table(experiment, table, guard=False, steps=2)
    (note,) = [note for note in job.notes if "left out" in note]
    lost = int(note.split()[0])
    assert 30 <= lost < 60
    assert len(job.run.sets.real) == len(job.cast.real) == 120 - lost


def test_latents_that_are_not_numbers_fail_with_a_sentence(experiment, table, engine):
    job = job_of_table(experiment, table, guard=False, steps=60)
    ticket = engine.submit(job.request())
    pieces = iter(ticket)
    next(pieces)
    good = []

    def poison(network):
        good.append((weights_of(job.network), len(job.film)))
        with torch.no_grad():
            network.encoder.head[0].weight.fill_(torch.nan)

    advance, steps = job.run.advance, iter(range(1000))

    def advance_until(*args):
        if next(steps) == 3:
            poison(job.run.network)
        return advance(*args)

    job.run.advance = advance_until
    with pytest.raises(NotFinite, match="not a number; the last good state is kept"):
        for _ in pieces:
            pass
    assert ticket.state == "failed"
    assert same(good[0][0], weights_of(job.network))
    assert all(value.isfinite().all() for value in job.network.state_dict().values())
    assert len(job.film) >= good[0][1] >= 1
    assert np.isfinite(job.film.place).all()
    assert engine.submit(job_of_table(experiment, table, guard=False, steps=1).request()).result()


# -- runs -----------------------------------------------------------------------------------------


def test_every_frame_is_a_row_of_figures(experiment, table, engine):
    job = job_of_table(experiment, table, labels=False, guard=False, steps=3, label="mine")
    assert job.film is None
    with pytest.raises(ValueError, match="has not begun"):
        job.verdict()
    request = job.request()
    assert request.priority == "batch"
    draws = engine.submit(request).result()
    assert draws.names == CURVES
    assert len(draws) == request.n == len(job.film)
    assert draws["auc"] == pytest.approx(job.film.curves["auc"], rel=1e-6)
    assert np.isnan(draws["coverage"]).all(), "nobody knows the truth"
    assert job.finished
    assert job.of_table
    assert job.title == "mine"
    assert job.run.sets.weights is None
    verdict = job.verdict()
    assert verdict.better is None
    assert verdict.text.startswith("There are no labels, so nobody can say")
    assert verdict.before["auc"] == pytest.approx(job.film.curves["auc"][0])
    assert verdict.after["transport"] == pytest.approx(job.film.curves["transport"][-1])


def test_half_of_the_labels_teach_and_the_other_half_judges(experiment, table, known):
    job = job_of_table(experiment, table, labels=known, guard=False, steps=2)
    pairs, tests = job.run.sets.pairs, job.tests
    used = job.run.sets.real.values[pairs.rows]
    assert len(pairs) + len(tests) >= 110
    assert abs(len(pairs) - len(tests)) <= 5
    judges = {tuple(row) for row in tests.real.values.tolist()}
    assert not judges & {tuple(row) for row in used.tolist()}
    known_age = dict(zip(known["identifier"], known["logAge"], strict=True))
    expected = [known_age[name] for name in tests.observations.identifiers]
    assert tests.truth[:, 0] == pytest.approx(expected)
    assert np.isnan(tests.truth[:, 1]).all()
    run(job)
    verdict = job.verdict()
    assert verdict.better in (True, False)
    assert set(verdict.before) == set(verdict.after)
    assert {"90 % coverage of log_age", "RMSE of a_v"} <= set(verdict.before)
    assert f"of {len(tests)} labels" in verdict.text
    ending = "Keep the adapted network." if verdict.better else "Keep the network as it was."
    assert verdict.text.endswith(ending)


def test_few_labels_only_judge(experiment, table, known):
    job = job_of_table(experiment, table, labels=known[:15], guard=False, steps=1)
    assert job.run.sets.pairs is None
    assert job.arm.pairs == 0
    assert len(job.tests) == 15
    few = job_of_table(experiment, table, labels=known[:5], guard=False, steps=1)
    assert few.tests is None


def test_cancelling_half_way_leaves_the_experiment_as_it_was(experiment, table, known, engine):
    names = list(experiment.arms)[:3]
    before = {name: weights_of(experiment.network(name)) for name in names}
    film = experiment.film(NONE, "B").place.copy()
    job = job_of_table(experiment, table, labels=known, guard=False, steps=2000)
    ticket = engine.submit(job.request())
    pieces = iter(ticket)
    next(pieces)
    deadline = time.monotonic() + 60
    while job.run.step < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    ticket.cancel()
    with pytest.raises(Cancelled):
        for _ in pieces:
            pass
    assert ticket.state == "cancelled"
    assert 5 <= job.run.step < 2000
    assert not same(before[NONE], weights_of(job.network)), "something was learned by then"
    for name in names:
        assert same(before[name], weights_of(experiment.network(name)))
    assert np.array_equal(film, experiment.film(NONE, "B").place)
    assert experiment.network(NONE).encoder.real == 0.0
    assert len(job.film) >= 1
    assert not job.finished


def test_two_runs_are_two_for_the_engine_and_equal_where_they_should_be(experiment, table, engine):
    jobs = [job_of_table(experiment, table, guard=False, steps=2, seed=seed) for seed in (0, 0, 1)]
    found = [engine.submit(job.request()).result().values for job in jobs]
    assert all(job.finished and len(job.film) == job.request().n for job in jobs)
    assert np.array_equal(found[0], found[1], equal_nan=True)
    assert not np.array_equal(found[0], found[2], equal_nan=True)
    assert same(weights_of(jobs[0].network), weights_of(jobs[1].network))
    assert not same(weights_of(jobs[0].network), weights_of(jobs[2].network))


def test_switches_that_are_not_shipped_can_be_trained(experiment):
    switches = {"discrepancy": True, "floor": True, "guard": True}
    job = job_of_target(experiment, "B", pairs=30, steps=2, **switches)
    assert not job.of_table
    assert job.arm.pairs == len(job.run.sets.pairs) == 30
    assert job.arm.transport > 0 < job.arm.discrepancy
    assert job.arm.floor == 0.05
    assert job.cast is experiment.cast("B")
    rows = np.concatenate(run(job))
    assert rows.shape == (job.request().n, len(CURVES))
    assert np.isfinite(rows).all()
    start = experiment.film(NONE, "B")
    # the film was taken with full precision, the weights are shipped with half of it
    off = job.film.place[0] - start.place[0]
    assert np.sqrt(np.mean(off**2)) < 0.05 * start.place[0].std()
    assert np.abs(off).max() < 0.15


def test_what_comes_of_it_answers_questions(experiment, table):
    job = job_of_table(experiment, table, guard=False, steps=2)
    run(job)
    model = job.model()
    draws = model.posterior(job.cast.real.observations, 0).sample(50, seed=1)
    assert draws["log_age"].shape == (50,)
    assert np.isfinite(draws["log_age"]).all()
    assert model.name.startswith("stars/adaptation")
    again = job.with_steps(1)
    assert again.arm.steps == 1
    assert again.film is None
    assert len(run(again)) == 2
