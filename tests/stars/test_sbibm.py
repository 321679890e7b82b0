from __future__ import annotations

import bz2
import dataclasses
import itertools
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from astroviz.accuracy.c2st import c2st, c2st_error
from astroviz.cli import main
from astroviz.commands import bench
from astroviz.stars import sbibm_run, sbibm_tasks
from astroviz.stars.sbibm_moons import draw_moons
from astroviz.stars.sbibm_run import measure, published_share
from astroviz.stars.sbibm_tasks import TASKS, find_wheel, read_reference
from astroviz.stars.sbibm_training import RECIPES, Recipe, Training

FIXTURE = Path(__file__).parent / "fixtures" / "gaussian_linear_observation.csv"


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """An archive laid out like the package's, with the analytic posterior of our observation."""
    observation = np.loadtxt(FIXTURE, delimiter=",", skiprows=1)
    noise = np.random.default_rng(0).normal(size=(10_000, 10))
    reference = observation / 2 + np.sqrt(0.05) * noise
    path = tmp_path_factory.mktemp("sbibm") / "small.whl"
    folder = "sbibm/tasks/gaussian_linear/files/num_observation_1/"
    lines = [",".join(f"{value:.6f}" for value in row) for row in reference[:2000]]
    header = ",".join(f"parameter_{k + 1}" for k in range(10))
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(FIXTURE, folder + "observation.csv")
        archive.writestr(
            folder + "reference_posterior_samples.csv.bz2",
            bz2.compress("\n".join([header, *lines]).encode()),
        )
    return path


def test_the_command_knows_every_task():
    assert tuple(TASKS) == bench.TASKS
    assert set(RECIPES) == set(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_simulations_are_seeded_and_of_the_right_shape(name):
    task = TASKS[name]
    theta, x = task.simulate(50, generator(3))
    assert (theta.shape, x.shape) == ((50, task.parameters), (50, task.data))
    assert torch.equal(x, task.simulate(50, generator(3))[1])
    assert task.inside(theta).all()
    assert len(task.kinds) == len(task.links) == task.size


def test_gaussian_mixture_has_two_widths():
    theta, x = TASKS["gaussian_mixture"].simulate(20_000, generator())
    found = (x - theta)[:, 0].numpy()
    mixture = stats.norm.cdf(np.sort(found)) / 2 + stats.norm.cdf(np.sort(found) / 0.1) / 2
    assert np.abs(mixture - np.arange(len(found)) / len(found)).max() < 0.015


def test_slcp_points_have_the_stated_covariance():
    theta = torch.tensor([[0.5, -1.0, 1.2, -0.8, 0.7]]).expand(50_000, -1)
    points = sbibm_tasks._slcp(theta, generator()).view(-1, 2)
    covariance = torch.cov(points.T)
    a, b, rho = 1.2**2, 0.8**2, np.tanh(0.7)
    assert points.mean(0).tolist() == pytest.approx([0.5, -1.0], abs=0.02)
    assert covariance[0, 0].item() == pytest.approx(a**2, rel=0.02)
    assert covariance[0, 1].item() == pytest.approx(rho * a * b, rel=0.03)


def test_conditionals_of_the_moons_agree_with_selected_simulations():
    # what is given is met by some of many simulations within a narrow window
    point = torch.tensor([0.3, -0.2, -0.1, -0.2])
    theta = 2 * torch.rand(2_000_000, 2, generator=generator()) - 1
    table = torch.cat([theta, sbibm_tasks.two_moons(theta, generator(1))], -1)
    for pattern in ([1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 1]):
        given = torch.tensor(pattern).bool()
        near = table[((table - point)[:, given].abs() < 0.02).all(1)]
        exact = draw_moons(point, given, 4000, generator(2))
        assert torch.equal(exact[:, given], point[given].expand(4000, -1))
        for k in (~given).nonzero()[:, 0].tolist():
            assert stats.ks_2samp(near[:, k].numpy(), exact[:, k].numpy()).statistic < 0.06


@pytest.mark.parametrize("pattern", [[0, 0, 1, 1], [1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 1]])
def test_no_classifier_tells_exact_conditionals_from_each_other(pattern):
    point, given = torch.tensor([0.3, -0.2, -0.1, -0.2]), torch.tensor(pattern).bool()
    one, other = (draw_moons(point, given, 500, generator(k))[:, ~given].numpy() for k in (1, 2))
    assert c2st(one, other) == pytest.approx(0.5, abs=4 * c2st_error(500, 500))


def test_shares_of_published_questions():
    masks = [torch.tensor(m) for m in itertools.product((False, True), repeat=4) if not all(m)]
    shares = {tuple(mask.tolist()): published_share(mask, 2) for mask in masks}
    assert sum(shares.values()) == pytest.approx(1.0)
    # a fifth, and those of the random masks that give both observables by chance
    assert shares[False, False, True, True] == pytest.approx(0.2 + 0.4 * 0.3**2 * 0.7**2)


def test_a_short_training_learns_a_good_part_of_the_moons():
    recipe = Recipe(
        steps=250, batch=128, copies=2, rate=1e-2, shares=(0.2, 0.2, 0.2, 0.2, 0.2),
        network={"wide": 48, "blocks": 2},
    )  # fmt: skip
    run = Training(TASKS["two_moons"], 3000, recipe, seed=0)
    before = run.look()  # the normal approximation
    for step in range(recipe.steps):
        run.advance(step)
    assert run.look() < 0.92 * before
    assert [type(o).__name__ for o in run.optimisers] == ["AdamW", "Orthogonal"]


def test_the_posterior_of_a_normal_task_is_found(wheel):
    recipe = dataclasses.replace(RECIPES["gaussian_linear"], steps=20, batch=64)
    figures = measure(
        "gaussian_linear", wheel, c2st, simulations=4000, seed=1, draws=300, observations=(1,),
        recipe=recipe,
    )  # fmt: skip
    assert figures["mean"] < 0.58
    assert figures["published_10k"] == {"simformer": 0.508, "npe": 0.552}
    assert figures["ratio"]["npe"] == pytest.approx(figures["mean"] / 0.552, abs=1e-3)
    json.dumps(figures)


def test_the_same_seed_gives_the_same_figures(wheel):
    recipe = dataclasses.replace(RECIPES["gaussian_linear"], steps=3, batch=32)
    one, two = (
        measure("gaussian_linear", wheel, lambda a, b: float(b.sum()), simulations=300, seed=s,
                draws=50, observations=(1,), recipe=recipe)["c2st"]
        for s in (4, 4)
    )  # fmt: skip
    assert one == two


def test_references_are_read(wheel):
    observation, reference = read_reference(wheel, "gaussian_linear", 1)
    assert (observation.shape, reference.shape) == ((10,), (2000, 10))
    assert torch.allclose(reference.mean(0), observation / 2, atol=0.02)


def test_another_archive_is_refused(wheel):
    with pytest.raises(ValueError, match="SHA-256"):
        find_wheel(wheel)


def test_a_missing_archive_says_how_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="leave --wheel out"):
        find_wheel(tmp_path / "none.whl")


def test_without_a_network_there_is_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sbibm_tasks, "cache_folder", lambda: tmp_path)
    failed = type("Done", (), {"returncode": 1})
    monkeypatch.setattr("subprocess.run", lambda *a, **k: failed)
    assert main(["bench", "sbibm", "--task", "slcp"]) == 2
    said = capsys.readouterr().err
    assert "offline" in said
    assert "--wheel" in said


def test_the_command_prints_a_line_for_each_task(wheel, monkeypatch, capsys):
    figures = {"task": "slcp", "mean": 0.5}
    asked = []

    def fake(name, place, distance, **settings):
        asked.append((name, settings["seed"], settings["draws"], settings["simulations"]))
        return figures

    monkeypatch.setattr(sbibm_run, "measure", fake)
    monkeypatch.setattr(sbibm_tasks, "find_wheel", lambda path: path)
    words = ["bench", "sbibm", "--task", "slcp", "--seed", "3", "--draws", "500", "--json"]
    assert main([*words, "--wheel", str(wheel)]) == 0
    assert asked == [("slcp", 3, 500, 10_000)]
    assert json.loads(capsys.readouterr().out) == figures


@pytest.mark.parametrize("words", [["--draws", "20000"], ["--simulations", "10"]])
def test_impossible_sizes_are_refused(words, capsys):
    assert main(["bench", "sbibm", *words]) == 2
    assert words[1] in capsys.readouterr().err
