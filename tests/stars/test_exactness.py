from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from astroviz.core.draws import Draws
from astroviz.stars import exactness as room
from astroviz.stars.exactness import exactness, joint_scores, read_lines, summarise
from astroviz.stars.parameters import PARAMETERS, to_theta
from astroviz.stars.physics import Physics
from astroviz.stars.reference import Reference


@dataclass
class ExactModel:
    """A stand-in for a perfect network: it answers with exact draws of another seed."""

    physics: Physics = field(default_factory=Physics)
    card: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(sha256="f" * 64))
    name: str = "exact"
    shift: float = 0.0

    def posterior(self, observations):
        def sample(n, seed, steps):
            reference = Reference(Physics(dtype=torch.float64), library=20_000, seed=5)
            seen = (
                torch.from_numpy(np.nan_to_num(a[0]))
                for a in (observations.values, observations.errors)
            )
            states = torch.from_numpy(observations.states[0])
            found = reference.posterior(*seen, states, seed=seed + 999, wanted=800.0)
            z, disk = found.sample(n)
            theta = to_theta(torch.from_numpy(z) + self.shift).numpy()
            theta[:, 6:] = np.where(disk[:, None], theta[:, 6:], np.nan)
            names = tuple(p.name for p in PARAMETERS)
            units = tuple(p.unit for p in PARAMETERS)
            return Draws(theta.astype(np.float32), names, units, seed, {"disk": disk * 1.0})

        return SimpleNamespace(sample=sample)


def distance(first, second):
    """A cheap stand-in for C2ST: the largest shift of a mean, in standard deviations."""
    return float(np.abs((first.mean(0) - second.mean(0)) / first.std(0)).max())


@pytest.fixture(autouse=True)
def small_library(monkeypatch):
    class Small(Reference):
        def __init__(self, physics):
            super().__init__(physics, library=20_000)

    monkeypatch.setattr(room, "Reference", Small)


def test_an_exact_model_is_found_exact_and_a_shifted_one_is_not(tmp_path):
    run = {"stars": [0], "patterns": ["no WISE"], "wanted": 800.0}
    good = next(exactness(ExactModel(), distance, tmp_path / "a.jsonl", **run))
    assert good["c2st"] < 0.35
    assert good["effective_size"] >= 800
    assert abs(good["p_disk"] - good["p_disk_exact"]) < 0.1
    assert set(good["shift"]) == {p.name for p in PARAMETERS}
    bad = next(exactness(ExactModel(shift=0.5), distance, tmp_path / "b.jsonl", **run))
    assert bad["c2st"] > 1


def test_it_goes_on_where_it_stopped_and_keeps_exact_draws(tmp_path):
    out = tmp_path / "run.jsonl"
    model, calls = ExactModel(), []
    short = {"stars": [0], "patterns": ["Gaia only"], "wanted": 500.0}

    def count(first, second):
        calls.append(len(first))
        return 0.5

    first = next(exactness(model, count, out, **short))
    with out.open("a") as file:
        file.write('{"torn": ')
    kept = list((tmp_path / "run").glob("*.npz"))
    assert len(kept) == 1
    stamp = kept[0].stat().st_mtime_ns
    lines = list(exactness(model, count, out, **short))
    assert lines == [first]
    assert calls == [1000]
    # another network is compared anew, with the same exact draws
    model.card.sha256 = "a" * 64
    other = list(exactness(model, count, out, **short))
    assert calls == [1000, 1000]
    assert other[0]["p_disk_exact"] == first["p_disk_exact"]
    assert kept[0].stat().st_mtime_ns == stamp


def test_a_star_is_the_same_under_every_pattern():
    reference = Reference(Physics(dtype=torch.float64), library=1000)
    one, two = (room.stars_of(reference, 3, p, seed=1) for p in ("all", "Gaia only"))
    assert torch.equal(one.z, two.z)
    seen = (one.states == two.states)[0]
    assert torch.equal(one.values[0, seen], two.values[0, seen])
    assert not seen.all()
    assert not torch.equal(one.z, room.stars_of(reference, 4, "all", seed=1).z)


def test_without_a_disk_the_excess_is_one_value_far_from_the_others():
    generator = torch.Generator().manual_seed(0)
    scores = torch.full((2000, 9), torch.nan)
    scores[:, :6] = 0.0
    disk = torch.zeros(2000, dtype=torch.bool)
    disk[:500] = True
    scores[:500] = 1.0
    joint = joint_scores(scores, disk, generator)
    assert joint.isfinite().all()
    assert (joint[:500] == 1).all()
    assert joint[500:, 6].mean() == pytest.approx(-5, abs=0.1)
    assert joint[500:, 7:].std() == pytest.approx(1, abs=0.1)


def test_the_summary_has_medians_and_extremes(tmp_path):
    lines = [
        {"pattern": "all", "c2st": c, "effective_size": n}
        for c, n in ((0.5, 2100), (0.52, 2500), (0.61, 3000))
    ]
    found = summarise(lines)["all"]
    assert found == {
        "stars": 3,
        "median": 0.52,
        "max": 0.61,
        "above 0.60": 1,
        "smallest effective size": 2100,
    }
    path = tmp_path / "x.jsonl"
    assert read_lines(path) == []
    path.write_text(json.dumps(lines[0]) + '\n{"torn')
    assert read_lines(path) == lines[:1]
