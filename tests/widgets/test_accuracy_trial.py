"""A trial in a notebook, without a browser."""

from __future__ import annotations

import json

import numpy as np
import pytest

import astroviz
from astroviz.core import trials

PNG = b"\x89PNG"


def parts(name, count, draws, seed, control, case):
    """Normal posteriors, a third as wide as they should be in `mass`."""
    random = np.random.default_rng(seed)
    for size in (25, count - 25):
        mean = random.normal(size=(size, 1, 2))
        control.check()
        yield {
            "truths": mean[:, 0] + random.normal(size=(size, 2)),
            "draws": mean + np.array([1.0, 0.3]) * random.normal(size=(size, draws, 2)),
            "names": ("age", "mass"), "model": name, "groups": {"half": np.arange(size) % 2},
        }  # fmt: skip


@pytest.fixture
def view(monkeypatch):
    monkeypatch.setattr(trials, "trial_parts", parts)
    return astroviz.explore("accuracy", view="trial")


def board(view):
    return json.loads(view.board.shown)


def test_it_opens_with_an_example(view):
    assert view.found.stored
    assert view.explorer.state() == {}
    assert board(view)["verdict"]["state"] == "failed"
    assert view.chart.describe()
    assert view.cells.rows[0] == "all parameters"
    assert "1 of" in view.words.value
    assert view.picture().startswith(PNG)


def test_a_trial_is_read_and_observed(view):
    heard = []
    view.observe(lambda change: heard.append(change["new"]), "found")
    view.explorer.param.update(tried="stars/npe", trial_count=80, trial_draws=50)
    assert view.found is None
    assert board(view)["verdict"]["words"] == "Not tried yet"
    view.run()
    view.wait()
    assert view.found.trial.count == 80
    assert view.found.complete
    assert "dispersion" in view.found.report.rejected
    assert heard[-1] is view.found
    assert "reject" in view._title.value
    assert view.explorer.trial_shown_cell(view.explorer.trial_table())[0] == 2  # mass


def test_the_board_and_the_cells_set_the_state(view):
    view.board._heard({"check": "tarp"})
    assert view.explorer.trial_check == "tarp"
    assert view.chart.describe().startswith("Expected coverage")
    chosen = [row["name"] for row in board(view)["rows"] if row["chosen"]]
    assert chosen == ["tarp"]
    view.board._heard({"run": "pqmass", "on": True})
    assert "pqmass" in view.explorer.trial_checks
    view._on_cell(1, 2)
    assert view.explorer.trial_cell == [view.cells.rows[1], view.cells.columns[2]]
    assert view.corner.names[0] == view.cells.rows[1]
    first = view.words.value
    view.step(+1)
    assert view.words.value != first
    view.kinds.value = "regime"
    assert view.explorer.trial_kind == "regime"
    assert view.explorer.can_undo
    view.explorer.undo()
    assert view.kinds.value == "pattern"


def test_draws_of_ones_own_are_judged_at_once():
    random = np.random.default_rng(0)
    draws = {"x": random.normal(size=(90, 60)), "y": random.normal(size=(90, 60))}
    truths = {"x": random.normal(size=90), "y": random.normal(size=90)}
    from astroviz.accuracy.own import trial_of

    view = astroviz.explore("accuracy", trial_of(draws, truths))
    view.wait()
    assert view.explorer.tried == "mine"
    assert view.found.trial.count == 90
    assert view.found.trial.names == ("x", "y")
    with pytest.raises(ValueError, match="90"):
        trial_of(np.zeros((90, 10, 2)), np.zeros((70, 2)))


def test_what_cannot_be_tried_is_said(view):
    view.explorer.tried = "stars/regression"
    view.run()
    assert "point" in view._status.value
