"""The experiment as it is shipped: arms, networks, films and stars that fit each other."""

from __future__ import annotations

import dataclasses
import json
import os

import numpy as np
import pytest
import torch

import astroviz
from astroviz.stars import adaptation_train
from astroviz.stars.adaptation import Arm
from astroviz.stars.adaptation_film import CURVES
from astroviz.stars.adaptation_runs import ARMS, SMALL
from astroviz.stars.adaptation_train import SHIPPED_MODEL, run_table, table_rows, train
from astroviz.stars.experiment import NONE, TARGETS
from astroviz.stars.model import StarsModel
from astroviz.stars.novelty import Novelty


def test_every_arm_is_there_the_one_that_adapts_nothing_first(experiment):
    assert next(iter(experiment.arms)) == NONE
    assert set(experiment.arms) == {NONE, *(arm.name for arm, _ in ARMS)}
    assert [target.name for target in experiment.targets] == [t.name for t in TARGETS]
    for name, record in experiment.arms.items():
        assert record.name == name
        assert record.figures["A"]["stars"] > 0
        wanted = [t.name for t in TARGETS] if name == NONE else [record.target]
        assert set(record.figures) == {"A", *wanted}


def test_films_and_stars_fit(experiment):
    for arm, target in [(NONE, t.name) for t in TARGETS] + [(a.name, t) for a, t in ARMS]:
        film, cast = experiment.film(arm, target), experiment.cast(target)
        n = len(cast.domain)
        assert film.place.shape[:2] == film.mean.shape[:2] == (len(film), n)
        assert np.isfinite(film.place).all()
        assert (film.low[..., 0] <= film.high[..., 0]).all()
        assert set(film.curves) == set(CURVES)
        if arm == NONE:
            assert film.steps.tolist() == [0]
        else:
            assert film.steps[0] == 0
            assert film.steps[-1] == experiment.arms[arm].arm.steps


def test_all_films_of_a_target_begin_alike(experiment):
    start = experiment.film(NONE, "B")
    for arm in ("ot", "pairs 500"):
        film = experiment.film(arm, "B")
        assert film.place[0] == pytest.approx(start.place[0], abs=2e-3)
        assert film.curves["rmse"][0] == pytest.approx(start.curves["rmse"][0])


def test_stored_figures_are_those_of_the_stored_stars(experiment):
    film, cast = experiment.film(NONE, "B"), experiment.cast("B")
    real = cast.domain == 1
    off = film.mean[0, real, 0] - cast.truth[real, 0]
    assert film.curves["rmse"][0] == pytest.approx(np.sqrt((off**2).mean()), rel=0.01)
    inside = (cast.truth >= film.low[0]) & (cast.truth <= film.high[0])
    assert film.curves["coverage"][0] == pytest.approx(inside[real, 0].mean(), abs=0.02)


def test_stored_networks_give_the_stored_contexts(experiment):
    from astroviz.stars.adaptation_pairs import RealStars

    cast, arm = experiment.cast("B"), "ot"
    film, network = experiment.film(arm, "B"), experiment.network(arm)
    with torch.no_grad():
        contexts = [network.encoder(RealStars.of_mock(side).tokens(), real=real)
                    for side, real in ((cast.simulated, 0.0), (cast.real, 1.0))]  # fmt: skip
    found = experiment.projection(torch.cat(contexts))
    # the film was taken with full precision, the weights are shipped with half of it
    off = found - film.place[-1]
    assert np.sqrt(np.mean(off**2)) < 0.05 * film.place[-1].std()
    assert np.abs(off).max() < 0.15


def test_networks_know_which_branch_they_take(experiment):
    assert experiment.network().encoder.real == 0.0
    assert experiment.network("ot").encoder.real == 1.0
    assert experiment.network("floor").encoder.real == 0.0
    assert experiment.network("ot") is experiment.network("ot")
    assert next(experiment.network("ot").parameters()).dtype == torch.float32


def test_a_network_is_a_model_of_stars(experiment, monkeypatch):
    model = experiment.model(SHIPPED_MODEL)
    assert isinstance(model, StarsModel)
    table = experiment.observations("B")
    assert len(table) == len(experiment.cast("B").domain)
    draws = model.posterior(table, len(table) - 1).sample(40, seed=0)
    assert np.isfinite(draws["log_age"]).all()
    assert np.isfinite(draws.extras["ood_score"]).all()
    monkeypatch.setenv("ASTROVIZ_MODELS", str(experiment.card.path.parent.parent))
    shipped = astroviz.load("stars/adapted", device="cpu")
    assert shipped.network.encoder.real == 1.0
    for name, value in shipped.network.state_dict().items():
        own = model.network.state_dict()[name]
        assert torch.allclose(value.float(), own, atol=2e-3, rtol=2e-3)


def test_arms_are_chosen_by_their_switches(experiment):
    choose = experiment.choose
    assert choose("B").name == choose("C").name == NONE
    assert choose("B", transport=True).name == "ot"
    assert choose("B", pairs=500).name == "pairs 500"
    assert choose("B", pairs=50, transport=True).name == "ot + 50 pairs"
    assert choose("C", pairs=500, transport=True).name == "C: ot + 500 pairs"
    assert choose("B", floor=True).name == "floor"
    guarded = choose("B shifted", pairs=500, transport=True, guard=True)
    assert guarded.name == "shifted: guarded"
    assert choose("B shifted", transport=True, guard=True) is None
    assert choose("B shifted", transport=True).name == "shifted: ot"
    assert choose("C", pairs=50) is None
    assert choose("B", discrepancy=True, transport=True) is None


def test_what_is_not_stored_is_named(experiment):
    with pytest.raises(KeyError, match="holds nothing called 'film/C/ot'"):
        experiment.film("ot", "C")


# -- training -------------------------------------------------------------------------------------


@pytest.fixture
def light(monkeypatch, small_network):
    """Arms that are not trained, only written down; how often each was run."""
    from astroviz.stars.adaptation_film import Film
    from astroviz.stars.adaptation_runs import Finished

    ran: list[tuple[str, int]] = []
    parts = {name: np.zeros((1, 2, 5)) for name in ("mean", "low", "high")}
    film = Film(np.zeros(1), np.zeros((1, 2, 4)), curves={c: np.zeros(1) for c in CURVES}, **parts)

    class Stage:
        def __init__(self, target, network, scale, seed=0):
            self.target = next(t for t in TARGETS if t.name == target)
            self.network, self.scale = network, scale

        def projection(self):
            return None

        def novelty(self, network):
            return Novelty.of(torch.randn(50, 4, generator=torch.Generator().manual_seed(0)))

    def run_arm(stage, arm, projection, seed=0, film=film, **_):
        ran.append((arm.name, seed))
        return Finished(arm, stage.network, made, 1.0)

    made = film
    figures = {"coverage of log age": 0.9, "RMSE of log age": 0.3, "bias of A_V": 0.0, "stars": 10}
    monkeypatch.setattr(adaptation_train, "Stage", Stage)
    monkeypatch.setattr(adaptation_train, "run_arm", run_arm)
    monkeypatch.setattr(adaptation_train, "figures_of", lambda *_, **__: dict(figures))
    return ran


def test_arms_that_were_run_are_not_run_again(light, small_network, tmp_path):
    arms = ((Arm("one", "One", transport=1.0), "B"), (Arm("C: two", "Two", pairs=5), "C"))
    rows = list(run_table(small_network, tmp_path, SMALL, 2, arms=arms))
    assert [(row["arm"], row["seed"]) for row in rows] == [
        (NONE, 0), ("one", 0), ("C: two", 0), ("one", 1), ("C: two", 1)
    ]  # fmt: skip
    assert light == [("one", 0), ("C: two", 0), ("one", 1), ("C: two", 1)]
    assert list(run_table(small_network, tmp_path, SMALL, 2, arms=arms)) == rows
    assert len(light) == 4
    (tmp_path / "one.1.json").unlink()
    assert list(run_table(small_network, tmp_path, SMALL, 2, arms=arms)) == rows
    assert light[4:] == [("one", 1)]


def test_further_seeds_are_left_out_when_the_budget_is_spent(light, small_network, tmp_path):
    said, arms = [], ((Arm("one", "One", transport=1.0), "B"),)
    rows = list(run_table(small_network, tmp_path, SMALL, 3, said.append, lambda: True, arms))
    assert [(row["arm"], row["seed"]) for row in rows] == [(NONE, 0), ("one", 0)]
    assert said[-1] == "the budget is spent: further seeds are left out"


def test_tables_have_means_and_spreads_over_seeds():
    def row(arm, seed, value):
        figures = {"RMSE of log age": value, "log_age, 90%": 0.9}
        return {"arm": arm, "seed": seed, "target": "B", "settings": {"title": arm.upper()},
                "figures": {name: figures for name in ("A", "B", "C", "B shifted")}}  # fmt: skip

    rows = [row(NONE, 0, 0.5), *(row("ot", seed, 0.2 + 0.1 * seed) for seed in range(3))]
    found = {entry["arm"]: entry for entry in table_rows(rows) if entry["target"] == "B"}
    assert found["ot"]["RMSE of log age"] == [0.3, 0.1]
    assert found["ot"]["seeds"] == 3
    assert found[NONE]["RMSE of log age"] == [0.5, 0.0]
    assert not any("," in name for name in found["ot"])


@pytest.mark.slow
def test_a_trial_writes_both_models_and_resuming_runs_no_arm_again(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path))
    place = train(budget=60, device="cpu", out=tmp_path, smoke=True)
    for name in ("adaptation", "adapted"):
        files = set(os.listdir(place / name))
        assert files == {"weights.safetensors", "card.toml"}, "no state of the training"
    first = astroviz.load("stars/adaptation", device="cpu")
    assert first.card.path == place / "adaptation"
    assert set(first.arms) == {NONE, *(arm.name for arm, _ in ARMS)}
    assert all(record.arm.steps == SMALL.steps for n, record in first.arms.items() if n != NONE)

    def again(*_, **__):
        raise AssertionError("an arm was run again")

    monkeypatch.setattr(adaptation_train, "run_arm", again)
    monkeypatch.setattr(adaptation_train, "figures_of", again)
    train(budget=60, device="cpu", out=tmp_path, smoke=True, resume=True)
    second = astroviz.load("stars/adaptation", device="cpu")
    assert second.card.metrics == first.card.metrics
    for name, value in first.tensors.items():
        assert torch.equal(value.nan_to_num(), second.tensors[name].nan_to_num())
    with pytest.raises(AssertionError, match="run again"):
        train(budget=60, device="cpu", out=tmp_path, smoke=True)
    card = dataclasses.asdict(second.card)
    assert json.dumps(card["metrics"]), "plain numbers"


@pytest.mark.slow
def test_the_checks_judge_only_what_is_claimed(experiment):
    from astroviz.accuracy.report import verdicts

    blocks = experiment.checks(seed=3, quick=True)
    claimed = [r for r in experiment.arms.values() if r.arm.pairs or r.name == "none"]
    assert len(blocks) == len(claimed)
    for block in blocks:
        assert block["goal"] < 0.1
        assert block["values"].shape == (2,)
    names = [verdict["name"] for verdict in verdicts(blocks, quick=True, seed=3)]
    assert not any("no guard" in name or "floor" in name for name in names)
