"""Draws of one's own as trials, and verdicts on them in one call."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import zuko

import astroviz
from astroviz.accuracy.checks import run_checks
from astroviz.accuracy.own import trial_of
from astroviz.accuracy.own_posterior import can_be_sampled, trial_from_posterior
from astroviz.accuracy.trial import Trial, TrialError
from astroviz.core.draws import Draws

SPREAD = 0.5


def problem(count=400, draws=100, width=1.0, seed=0):
    """Truths of a standard normal prior in two dimensions, seen with noise; exact draws."""
    random = np.random.default_rng(seed)
    truths = random.normal(size=(count, 2))
    seen = truths + SPREAD * random.normal(size=(count, 2))
    mean, scale = seen / (1 + SPREAD**2), SPREAD / np.sqrt(1 + SPREAD**2)
    values = mean[:, None] + width * scale * random.normal(size=(count, draws, 2))
    return truths, seen, values


@pytest.fixture(scope="module")
def given():
    return problem(seed=2)


def test_every_container_gives_the_same_trial(given):
    truths, _, draws = given
    names = ["age", "mass"]
    one = [Draws(row, tuple(names), ("yr", "solMass")) for row in draws[:20]]
    trials = [
        trial_of(draws[:20], truths[:20], names),
        trial_of({"age": draws[:20, :, 0], "mass": draws[:20, :, 1]}, truths[:20]),
        trial_of(one, truths[:20]),
        trial_of(torch.as_tensor(draws[:20]), torch.as_tensor(truths[:20]), names),
    ]
    for trial in trials:
        assert trial.names == ("age", "mass")
        np.testing.assert_allclose(trial.draws, draws[:20], rtol=1e-6)
        np.testing.assert_allclose(trial.truths, truths[:20])
    assert trials[2].units == ("yr", "solMass")
    assert trial_of(trials[0], units={"age": "Myr"}).units == ("Myr", "")


@pytest.mark.parametrize(
    ("draws", "truths", "options", "sentence"),
    [
        ((30, 9, 2), (9, 2), {}, r"give draws.swapaxes\(0, 1\)"),
        ((9, 30, 2), (8, 2), {}, "8 truths and draws of 9 objects"),
        ((9, 30, 2), (9, 3), {}, "truths have 3 parameters, draws 2"),
        ((9, 30, 2), (9, 2), {"names": ["a"]}, "there are 1 names"),
        ((9, 30, 2), (9, 2), {"units": ["yr"]}, "1 units for 2 parameters"),
        ((9, 30, 2), (9, 2), {"geometry": "sphere"}, "no geometry 'sphere'"),
        ((9, 30, 2), (9, 2), {"colour": 1}, "a trial has no colour"),
        ((9, 30, 2), (9, 2), {"units": {"z": "yr"}}, "a unit of 'z'"),
    ],
)
def test_what_does_not_fit_is_a_sentence(draws, truths, options, sentence):
    with pytest.raises(TrialError, match=sentence):
        trial_of(np.zeros(draws), np.zeros(truths), **options)


def test_a_file_that_is_not_there_and_one_that_is_no_table(tmp_path):
    with pytest.raises(TrialError, match="there is no file"):
        trial_of(tmp_path / "none.npz")
    with pytest.raises(TrialError):
        trial_of(b"not a table at all", label="x.bin")


class Exact(torch.nn.Module):
    """A conditional law as zuko makes them: exact for the problem above."""

    def __init__(self, width=1.0):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(width * SPREAD / np.sqrt(1 + SPREAD**2)))

    def forward(self, x):
        law = torch.distributions.Normal(x / (1 + SPREAD**2), self.scale.expand(x.shape))
        return torch.distributions.Independent(law, 1)


class Model:
    """`posterior(x).sample(n, seed=...)`, with named columns."""

    def __init__(self, width=1.0):
        self.width = width

    def posterior(self, x):
        mean, scale = np.asarray(x) / (1 + SPREAD**2), SPREAD / np.sqrt(1 + SPREAD**2)

        class Posterior:
            def sample(inner, n, seed=0):
                values = np.random.default_rng(seed).normal(size=(n, 2)) * scale * self.width
                return Draws(mean + values, ("age", "mass"), ("yr", ""))

        return Posterior()


class Sbi:
    """The call signature of sbi's posteriors."""

    def __init__(self, batched=False):
        self.law = Exact()
        if batched:
            self.sample_batched = self._batched

    def sample(self, sample_shape=torch.Size(), x=None, show_progress_bars=True):  # noqa: B008
        assert not show_progress_bars
        assert x.shape == (1, 2)
        return self.law(x[0]).sample(sample_shape)

    def _batched(self, sample_shape, x, max_sampling_batch_size=10, show_progress_bars=True):
        return self.law(x).sample(sample_shape)


class BayesFlow:
    """The call signature of BayesFlow's workflows and approximators."""

    def sample(self, *, num_samples, conditions, split=False, **kwargs):
        x = np.asarray(conditions["x"])
        random = np.random.default_rng(5)
        scale = SPREAD / np.sqrt(1 + SPREAD**2)
        values = x[:, None] / (1 + SPREAD**2) + scale * random.normal(
            size=(len(x), num_samples, 2)
        )
        return {"age": values[..., :1], "mass": values[..., 1:]}


@pytest.mark.parametrize("source", [Model(), Sbi(), Sbi(batched=True), Exact()])
def test_what_makes_draws_is_asked_in_its_own_way(given, source):
    truths, seen, _ = given
    assert can_be_sampled(source)
    trial = trial_from_posterior(source, seen[:300], truths[:300], draws=60, seed=3)
    again = trial_from_posterior(source, seen[:300], truths[:300], draws=60, seed=3)
    other = trial_from_posterior(source, seen[:300], truths[:300], draws=60, seed=4)
    assert trial.draws.shape == (300, 60, 2)
    np.testing.assert_array_equal(trial.draws, again.draws)
    assert not np.array_equal(trial.draws, other.draws)
    # draws belong to the observations that they were asked for
    mean = trial.draws.mean(1)
    assert np.abs(mean - seen[:300] / (1 + SPREAD**2)).max() < 6 * SPREAD / np.sqrt(60)
    np.testing.assert_allclose(trial.observations, seen[:300])
    assert run_checks(trial, ["dispersion", "tarp"], seed=1).passed


def test_a_sampler_with_conditions_and_names(given):
    truths, seen, _ = given
    by_name = {"age": truths[:, 0], "mass": truths[:, 1]}
    trial = trial_from_posterior(BayesFlow(), {"x": seen}, by_name, draws=50)
    assert trial.names == ("age", "mass")
    assert trial.draws.shape == (400, 50, 2)
    assert "not told a seed" in trial.notes[0]
    with pytest.raises(TrialError, match="conditions by name"):
        trial_from_posterior(BayesFlow(), seen, truths)


def test_a_real_flow_of_zuko_brings_its_densities(given):
    truths, seen, _ = given
    with torch.random.fork_rng():
        torch.manual_seed(0)
        flow = zuko.flows.NSF(2, context=2, transforms=1, hidden_features=(8,))
    state = torch.random.get_rng_state()
    trial = trial_from_posterior(flow, seen[:270], truths[:270], draws=20, seed=1)
    assert torch.equal(state, torch.random.get_rng_state())
    assert trial.log_prob is not None
    law = flow(torch.as_tensor(seen[269], dtype=torch.float32))
    expected = law.log_prob(torch.as_tensor(truths[269], dtype=torch.float32)).item()
    assert trial.log_prob[0][269] == pytest.approx(expected, abs=1e-4)
    assert trial.log_prob[1].shape == (270, 20)
    # an untrained flow knows nothing: some check must say so
    assert not astroviz.judge(flow, truths, observations=seen, draws=50).passed


def test_faults_of_posteriors_are_sentences(given):
    truths, seen, _ = given
    with pytest.raises(TrialError, match="a object cannot be sampled"):
        trial_from_posterior(object(), seen, truths)
    with pytest.raises(TrialError, match="400 observations and 3 truths"):
        trial_from_posterior(Model(), seen, truths[:3])
    with pytest.raises(TrialError, match="1 draws cannot be ranked"):
        trial_from_posterior(Model(), seen, truths, draws=1)
    with pytest.raises(TrialError, match="give observations= and the truths="):
        astroviz.judge(Model())


def test_progress_is_told_and_may_stop(given):
    truths, seen, _ = given

    def stop(share):
        raise InterruptedError(f"at {share:.2f}")

    with pytest.raises(InterruptedError, match=r"at 0\.00"):
        trial_from_posterior(Model(), seen, truths, progress=stop)


def test_judge_in_one_call_tells_right_from_wrong(given):
    truths, seen, draws = given
    right = astroviz.judge(draws, truths, observations=seen, names=["age", "mass"])
    assert right.passed, right.verdict()
    narrow = problem(width=0.8, seed=2)[2]
    wrong = astroviz.judge(narrow, truths, names=["age", "mass"])
    assert "dispersion" in wrong.rejected
    assert wrong.verdict().startswith("Wrong")
    broken = draws.copy()
    broken[7, 3, 0] = np.nan
    with pytest.raises(TrialError):
        astroviz.judge(broken, truths)
    assert astroviz.judge(broken, truths, drop=True, checks=["dispersion"]).count == 399


def test_judge_writes_a_page_and_its_figures(tmp_path, given):
    truths, _, draws = given
    page = tmp_path / "report.html"
    report = astroviz.judge(draws, truths, report=page, checks=["dispersion", "tarp"])
    assert report.verdict() in page.read_text(encoding="utf-8")
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [one["check"] for one in found["outcomes"]] == ["dispersion", "tarp"]
    assert found["passed"] is report.passed
    with pytest.raises(ValueError, match=r"name it report\.html"):
        astroviz.judge(draws, truths, report=tmp_path / "report.pdf", checks=["dispersion"])


def test_few_objects_do_not_make_exact_draws_look_wrong():
    """Levels that no rank is below once gave a p-value of 0 in a few per cent of trials."""
    found = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        trial = Trial(
            truths=random.normal(size=(30, 2)), draws=random.normal(size=(30, 40, 2)),
            names=("a", "b"),
        )  # fmt: skip
        found.append(run_checks(trial, ["sbc"]).outcomes[0].p_value)
    assert min(found) > 1e-4
    assert np.mean(np.array(found) < 0.05) < 0.2
