"""The view *Trial* without a browser: the stored example, work, cells, draws of one's own."""

from __future__ import annotations

import io

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.accuracy.checks import run_checks
from astroviz.accuracy.trial_example import EXAMPLES, example_of, store_example
from astroviz.core import trials
from astroviz.core.engine import Engine
from astroviz.dashboards.accuracy import AccuracyPage


def parts(name, count, draws, seed, control, case):
    """Normal posteriors, half as wide as they should be in `mass` for what is near."""
    random = np.random.default_rng(seed)
    for size in (25, count - 25):
        near = np.arange(size) % 2
        mean = random.normal(size=(size, 1, 2))
        width = np.stack([np.ones(size), np.where(near, 0.4, 1.0)], -1)[:, None]
        control.check()
        yield {
            "truths": mean[:, 0] + random.normal(size=(size, 2)),
            "draws": mean + width * random.normal(size=(size, draws, 2)),
            "names": ("age", "mass"), "units": ("yr", ""), "model": name,
            "groups": {"distance": np.where(near, "near", "far")},
        }  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine, monkeypatch):
    monkeypatch.setattr(trials, "trial_parts", parts)
    tab = AccuracyPage(engine, "trial")
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["trial"]


def test_it_opens_with_an_example_that_is_answered(tab, view):
    found = tab.explorer.trial_found()
    assert found.stored
    assert found.trial.count == 200
    assert not tab.explorer.can_undo
    assert tab.explorer.state() == {}
    assert '"state": "failed"' in view.form.board.shown
    assert view.check.chart.describe()
    assert "all parameters" in view.cells.plot.describe()
    assert "1 of" in view.object.words.object
    assert view.form.case.value == "young"
    document = Document()
    document.add_root(view.layout.get_root(document))


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_the_stored_example_says_what_the_checks_say_now(name):
    found = example_of(EXAMPLES[name])
    quick = [o.check for o in found.report.outcomes if o.check in ("sbc", "dispersion", "tarp")]
    again = run_checks(found.trial, quick, seed=0)
    for one in again.outcomes:
        assert one.p_value == pytest.approx(found.outcomes[one.check].p_value, rel=0.3, abs=0.02)
        assert set(one.curves) == set(found.outcomes[one.check].curves)


def test_an_example_is_read_as_it_was_written(tmp_path, monkeypatch):
    from astroviz.accuracy import trial_example

    found = example_of(EXAMPLES["young"])
    store_example("young", found, tmp_path)
    monkeypatch.setattr(trial_example, "_path", lambda name: tmp_path / f"trial_{name}.npz")
    again = example_of(EXAMPLES["young"])
    assert again is not found
    span = np.ptp(found.trial.draws, axis=(0, 1))
    assert np.all(np.abs(again.trial.draws - found.trial.draws) < 1e-4 * span)
    assert again.trial.groups.keys() == found.trial.groups.keys()
    assert again.report.verdict() == found.report.verdict()


def test_another_model_waits_for_its_trial(tab, view):
    tab.explorer.param.update(tried="stars/npe", trial_count=120, trial_draws=50)
    assert tab.explorer.trial_found() is None
    assert "press Try it" in view.notice.sentence
    assert view.check.chart is None
    assert view.cells.plot.rows == []
    view.form.start()
    found = tab.explorer.trial_found()
    assert (found.trial.count, found.complete) == (120, True)
    assert found.asked.model == "stars/npe"
    assert view.cells.plot.columns == ["all objects (120)", "far (61)", "near (59)"]
    assert tab.explorer.trial_shown_cell(tab.explorer.trial_table())[1] in (0, 2)
    tab.explorer.undo()  # back to the example, which is still there
    assert tab.explorer.trial_found().stored


def test_a_click_on_a_cell_lists_its_objects(tab, view):
    tab.explorer.param.update(tried="stars/npe", trial_count=120, trial_draws=50)
    view.form.start()
    view.cells._on_pick(2, 1)
    assert tab.explorer.trial_cell == ["mass", "far"]
    assert len(tab.explorer.trial_listed()) == 61
    assert "61 in <b>mass, far</b>" in view.object.words.object
    assert view.object.corner.names == ("mass", "age")
    first = view.object.words.object
    view.step(+1)
    assert tab.explorer.trial_place == 1
    assert view.object.words.object != first
    view.step(-1)
    view.step(-1)
    assert tab.explorer.trial_place == 60
    tab.explorer.trial_figure = "ranks"
    assert view.check.chart.describe().startswith("Histogram of 61 ranks")
    view.check.picked(0.97)
    assert 0 < len(tab.explorer.trial_listed()) < 30
    assert "ranks 0.95 to 1.00" in view.object.words.object
    tables = view.tables()
    assert len(tables["Objects of the cell"]()) == len(tab.explorer.trial_listed())


def test_checks_are_chosen_and_run_on_the_objects_that_are_there(tab, view):
    view.form._on_board({"check": "tarp"})
    assert tab.explorer.trial_check == "tarp"
    assert view.check.chart.describe().startswith("Expected coverage")
    view.form._on_board({"run": "mira_data", "on": True})
    assert "mira_data" in tab.explorer.trial_checks
    view.form._on_board({"run": "mira_data", "on": False})
    assert tab.explorer.trial_checks == []
    for row in tab.explorer.trial_rows():
        if row["on"] and row["name"] not in ("sbc", "pqmass"):
            view.form._on_board({"run": row["name"], "on": False})
    assert tab.explorer.trial_checks == ["sbc"]
    assert view.form.run.label == "Run these checks"
    view.form.start()
    assert list(tab.explorer.trial_found().outcomes) == ["sbc"]
    assert tab.explorer.trial_found().trial.count == 200  # nothing was simulated


def test_redraw_tries_again(tab, view):
    tab.explorer.param.update(tried="stars/npe", trial_count=60, trial_draws=50)
    assert tab.explorer.trial_found() is None
    view.form.start()
    tab.explorer.redraw()
    assert tab.explorer.trial_found().asked.seed == 1


def test_what_was_found_stays_when_it_is_given_up(tab, view):
    told = []

    def halfway(*asked):
        for part in parts(*asked):
            if told:
                raise KeyboardInterrupt
            yield part
            told.append(1)

    tab.explorer.param.update(tried="stars/npe", trial_count=300, trial_draws=50)
    work = tab.explorer.trial_working(tab.explorer.trial_watch, halfway)
    with pytest.raises(KeyboardInterrupt):
        work(lambda share: None, lambda: None)
    view.draw()
    assert "25 of 300 objects so far" in view.notice.sentence
    tab.explorer.trial_stopped()
    view.draw()
    assert any("Stopped after 25 of 300" in words for words in view.notice.warnings)
    assert tab.explorer.trial_found().trial.count == 25


def npz(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def test_draws_of_ones_own_are_judged(tab, view):
    view.form.source.value = "mine"
    assert tab.explorer.tried == "mine"
    assert view.form.run.disabled
    random = np.random.default_rng(0)
    draws, truths = random.normal(size=(90, 60, 2)), random.normal(size=(90, 2))
    view.form.own.open_bytes(npz(draws=draws, truths=truths[:50]), "short.npz")
    assert "90" in tab.shell.voice.sentence
    assert tab.explorer.own is None
    view.form.own.open_bytes(npz(draws=draws, truths=truths), "good.npz")
    assert "90 objects, 60 draws each" in view.form.own.words.object
    assert tab.explorer.trial_found().trial.count == 90
    view.form.own.open_bytes(b"not a file at all", "bad.npz")
    assert "bad.npz" in tab.shell.voice.sentence
    assert tab.explorer.own.count == 90
    draws[3] = np.nan
    view.form.own.open_bytes(npz(draws=draws, truths=truths), "gaps.npz")
    assert "drop" in tab.shell.voice.sentence
    tab.explorer.trial_drop = True
    view.form.start()
    assert tab.explorer.trial_found().trial.count == 89
    view.form.source.value = "model"
    assert tab.explorer.tried == "stars"


def test_a_model_without_a_posterior_says_so(tab, view):
    tab.explorer.tried = "stars/regression"
    assert view.form.run.disabled
    assert "point" in view.form.words.object
    tab.explorer.tried = "stars/nothing"
    assert "nothing" in view.form.words.object
    view.form.start()
    assert "nothing" in tab.shell.voice.sentence


def test_the_report_is_a_page(view):
    page = view.report().read().decode()
    assert page.startswith("<!DOCTYPE html>")
    assert "astroviz check stars/young" in page
    assert "<script src" not in page


def test_presets_and_surprises(tab, view):
    for preset in tab.explorer.presets():
        tab.explorer.take_preset(preset.name)
        assert tab.explorer.preset() == preset.name
    tab.explorer.take_preset("Stars of other tracks")
    assert tab.explorer.trial_found().report.rejected
    tab.explorer.surprise(5)
    assert tab.explorer.trial_found() is not None
    view.shell.dark = True
    assert view.check.dark
