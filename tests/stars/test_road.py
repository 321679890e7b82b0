"""The rungs before the model with gaps: what they share, what they answer, what they refuse."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import astroviz
from astroviz.accuracy.report import verdicts
from astroviz.cli import main
from astroviz.core.cards import Card, ModelError
from astroviz.core.registry import find_model
from astroviz.core.request import Alone
from astroviz.io.observations import State
from astroviz.stars.baseline import Baseline
from astroviz.stars.complete import INNER, complete_stars
from astroviz.stars.complete_model import complete_rows
from astroviz.stars.parameters import PARAMETERS, to_z
from astroviz.stars.physics import Physics
from astroviz.stars.road import RUNGS, compare, held_out, open_road, posterior_scores, teach_road
from astroviz.stars.road_models import FlowMatching, Regression, open_rung
from astroviz.stars.road_stars import SWITCHES, Road

COMPLETE = ("regression", "npe", "fmpe")


@pytest.fixture(scope="module")
def models():
    return open_road()


@pytest.fixture(scope="module")
def fresh():
    """Complete stars that no rung was taught, and their normal scores."""
    return held_out(500, seed=77)


def points(model, seen):
    theta = torch.from_numpy(model.points(seen)).double()
    rest = torch.tensor([p.lower for p in PARAMETERS[INNER:]]).expand(len(theta), -1)
    return to_z(torch.cat([theta, rest], -1))[:, :INNER].numpy()


def test_the_regression_is_the_posterior_mean(models, fresh):
    seen, truth = fresh
    found = points(models["stars/regression"], seen)
    mean = posterior_scores(models["stars/young"], seen, 64, seed=1).mean(1).numpy()
    for k in range(INNER):
        # what is left of a conditional mean goes along with nothing that it was made of
        slope = (found[:, k] * truth[:, k].numpy()).mean() / (found[:, k] ** 2).mean()
        left = truth[:, k].numpy() - found[:, k]
        spread = left.std() / np.sqrt(len(left) * (found[:, k] ** 2).mean())
        assert abs(slope - 1) < 4 * spread + 0.05, PARAMETERS[k].name
        assert abs(left.mean()) < 4 * left.std() / np.sqrt(len(left)) + 0.05
    for k in (0, 1, 3, 5):  # metallicity and R_V are hardly known to any of them
        assert np.corrcoef(found[:, k], mean[:, k])[0, 1] > 0.85, PARAMETERS[k].name


@pytest.mark.parametrize("name", ["stars/npe", "stars/fmpe"])
def test_intervals_hold_the_truth_as_often_as_they_say(models, fresh, name):
    seen, truth = fresh
    z = posterior_scores(models[name], seen, 127, seed=2)
    rank = (z < truth[:, None]).float().mean(1).numpy()
    for level in (0.68, 0.9):
        inside = (np.abs(rank - 0.5) <= level / 2).mean(0)
        band = 4 * np.sqrt(level * (1 - level) / len(seen))
        assert np.abs(inside - level).max() < band
        assert abs(inside.mean() - level) < band / 2


def test_checks_can_be_judged(models):
    report = verdicts(models["stars/fmpe"].checks(seed=3, quick=True), quick=True, seed=3)
    assert {"sbc_cells", "bias", "width", "tarp"} <= {line["name"] for line in report}
    with pytest.raises(ValueError, match="no calibration"):
        models["stars/regression"].checks()


@pytest.mark.parametrize("make", [Baseline, FlowMatching])
def test_the_density_is_that_of_the_draws(make):
    torch.manual_seed(0)
    network = make().eval()
    for weight in network.parameters():  # away from the identity that it starts from
        weight.data += 0.02 * torch.randn_like(weight)
    values, errors, _ = complete_stars(8, torch.Generator().manual_seed(0), Physics())
    values, errors = values[:1], errors[:1]
    noise = torch.randn(INNER)
    z = network.transport(values, errors, noise[None, None])[0]
    jacobian = torch.autograd.functional.jacobian(
        lambda x: network.transport(values, errors, x[None, None])[0, 0], noise
    )
    base = torch.distributions.Normal(0.0, 1.0).log_prob(noise).sum()
    expected = base - torch.linalg.slogdet(jacobian)[1]
    found = network.log_prob(values, errors, z.detach())[0]
    assert found.item() == pytest.approx(expected.item(), abs=0.02)


def test_draws_depend_on_their_own_seed_alone(models, fresh):
    model = models["stars/fmpe"]
    seen, _ = fresh
    two = [model.posterior(seen, row).request(300, seed=row + 5) for row in (0, 1)]
    together = list(model.draw(two, model.device, Alone()))
    alone = model.posterior(seen, 1).sample(300, seed=6)
    found = np.concatenate([chunks[1].values for chunks in together])
    assert found == pytest.approx(alone.values, rel=1e-3, abs=1e-3)
    assert len(np.unique(alone["log_age"])) == 300
    before = torch.random.get_rng_state()
    models["stars/npe"].posterior(seen, 0).sample(10, seed=1)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_gaps_are_refused_in_the_same_words(models, fresh):
    gappy = fresh[0].row(0).with_value("w4", state=State.LIMIT).with_value("j", error=np.nan)
    for name in COMPLETE:
        model = models[f"stars/{name}"]
        sentence = model.refusal(gappy)
        assert sentence == (
            f"stars/{name} needs complete photometry, and j, w4 are not observed; use the model "
            "'stars', which works with gaps"
        )
        with pytest.raises(ValueError, match="complete photometry"):
            model.point(gappy) if name == "regression" else model.posterior(gappy).sample(9)
    assert complete_rows(gappy).size == 0
    assert models["stars/young"].posterior(gappy).sample(9).values.shape[0] == 9


def test_a_regression_has_a_point_and_no_posterior(models, fresh):
    model, star = models["stars/regression"], fresh[0].row(3)
    row = {name: value for name, value in zip(star.names[:11], star.values[0], strict=False)}
    row |= {f"{name}_error": star.errors[0, k] for k, name in enumerate(star.names[:11])}
    point = model.point(row)
    assert point == pytest.approx(model.point(fresh[0], 3), abs=1e-4)
    for parameter in model.parameters:
        assert parameter.lower <= point[parameter.name] <= parameter.upper
    with pytest.raises(ValueError, match=r"no posterior.*\.point\(row\)"):
        model.posterior(row)


def test_the_command_line_refuses_in_a_sentence(tmp_path, capsys, fresh):
    from astropy.table import Table

    star = fresh[0].row(0)
    table = {name: [star.values[0, k]] for k, name in enumerate(star.names[:11])}
    table |= {f"{name}_error": [star.errors[0, k]] for k, name in enumerate(star.names[:11])}
    source, out = tmp_path / "stars.csv", tmp_path / "out.csv"
    Table(table).write(source)
    words = ["infer", str(source), "--out", str(out), "--samples", "50", "--model"]
    assert main([*words, "stars/regression"]) == 2
    said = capsys.readouterr().err
    assert "no posterior" in said
    assert "Traceback" not in said
    assert main([*words, "stars/fmpe"]) == 0
    assert "log_age_q50" in out.read_text()
    del table["w4"]
    Table(table).write(source, overwrite=True)
    capsys.readouterr()
    assert main([*words, "stars/fmpe"]) == 2
    assert "complete photometry, and w4 is not observed" in capsys.readouterr().err


def test_cards_hold_the_measured_figures():
    for name in COMPLETE:
        card = find_model(f"stars/{name}")
        assert card.metrics["test_stars"] >= 100
        assert 0.02 < card.metrics["stars_answered"] < 0.2
        assert ("coverage_68" in card.metrics) == (name != "regression")
        assert (card.path / "weights.safetensors").stat().st_size < 1e6


def test_the_comparison_orders_the_rungs(models):
    found = compare(models, stars=120, draws=64, seed=11, catalogue=1000)
    assert found.rungs == tuple(rung.model for rung in RUNGS)
    regression, _, _, young = range(4)
    assert np.isnan(found.coverage[regression]).all()
    assert np.isnan(found.speed[regression])
    # a point knows nothing of its width: every posterior scores better
    assert (found.energy[1:] < found.energy[regression]).all()
    assert found.energy[young] == found.energy.min()
    assert found.answered[young] > 0.95 > 0.2 > found.answered[regression] > 0
    lines = found.text().splitlines()
    assert len(lines) == 5
    assert lines[1].split()[0] == "stars/regression"
    assert lines[1].count(" -") == 3
    again = compare({"stars/fmpe": models["stars/fmpe"]}, 120, 64, 11, 1000)
    assert again.rmse[0] == pytest.approx(found.rmse[2], rel=1e-3)


def test_the_energy_score_of_a_known_problem():
    from astroviz.stars.road import _coverage, _energy

    generator = torch.Generator().manual_seed(0)
    truth = torch.randn(4000, INNER, generator=generator)
    draws = torch.randn(4000, 100, INNER, generator=generator)
    # draws from the distribution of the truth: E|x - x'| / 2, six dimensions, sd sqrt(2)
    expected = 0.5 * float((torch.randn(400000, INNER, generator=generator) * 2**0.5).norm(
        dim=1).mean())  # fmt: skip
    assert _energy(draws, truth) == pytest.approx(expected, rel=0.01)
    assert _coverage(draws, truth) == pytest.approx([0.68, 0.9], abs=0.02)
    assert _energy(truth[:, None], truth) == 0


def test_a_short_training_writes_models_that_open(tmp_path, monkeypatch):
    lines: list[str] = []
    found = teach_road(2.0, tmp_path / "stars", seed=4, report=lines.append)
    assert found.rungs == ("stars/regression", "stars/fmpe")
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path))
    regression = astroviz.load("stars/regression", device="cpu")
    assert regression.card.path.parent == tmp_path / "stars"
    assert regression.card.metrics["rmse_a_v"] == pytest.approx(found.rmse[0, 2], abs=1e-3)
    assert regression.card.metrics["steps"] >= 1
    assert "regression" in lines[-1]


def test_training_lowers_the_loss():
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    values, errors, z = complete_stars(1500, generator, Physics())
    for network in (Regression(32), FlowMatching(16, 32, 16, 1)):
        optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
        losses = []
        for _ in range(60):
            loss = network.loss(values, errors, z, generator)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.1


def test_a_card_of_another_rung_is_refused():
    card = Card(name="stars/odd", system="stars", config={"family": "npe", "rung": "odd"})
    with pytest.raises(ModelError, match="'odd', which this version cannot open"):
        open_rung(card, torch.device("cpu"))


def test_the_road_asks_every_rung(models):
    road = Road(models)
    assert len(set(road.names)) == len(road.stars) == 6
    answers = road.answers(0, n=100, seed=1)
    assert [answer.rung for answer in answers] == list(RUNGS)
    assert answers[0].point is not None
    assert all(len(answer.draws) == 100 for answer in answers[1:])
    assert "without a width" in answers[0].text()
    assert "±" in answers[1].text()
    assert set(road.truth(0)) >= {"log_age", "log_mass", "a_v"}
    less = road.answers(0, [name for name in SWITCHES if name != "WISE"], n=100)
    assert [bool(answer.refusal) for answer in less] == [True, True, True, False]
    assert "w1, w2, w3, w4" in less[0].text()
    for star in (4, 5):  # as catalogues are
        assert [bool(a.refusal) for a in road.answers(star, n=20)] == [True] * 3 + [False]
    assert json.dumps(road.truth(5))
    assert replace(answers[0], refusal="no").text() == "no"
