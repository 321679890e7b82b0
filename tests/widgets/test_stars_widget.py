"""The stars widget without a browser."""

from __future__ import annotations

import asyncio
import base64

import numpy as np
import pytest
import traitlets

from astroviz.core.draws import Draws
from astroviz.io.observations import Observations, State
from astroviz.stars.spectrographs import SOURCES
from astroviz.widgets import explore
from astroviz.widgets.stars import StarsWidget


@pytest.fixture
def view(model, engine):
    return StarsWidget(model, engine=engine, n_draws=300)


def test_it_opens_with_an_answer_drawn(view):
    assert len(view.draws) == 300
    assert isinstance(view.observation, Observations)
    assert view.selection.size == 0
    assert "P(age &lt; 10 Myr)" in view._status.value
    assert view.figures.corner.names == tuple(view.explorer.corner)


def test_the_public_door_opens_it(model, engine):
    view = explore("stars", model=model, engine=engine, row=2)
    assert view.explorer.row == 2
    with pytest.raises(ValueError, match="there is stars"):
        explore("comets")


def test_a_switch_changes_observation_and_draws(view):
    heard = []
    view.observe(lambda change: heard.append(change["name"]), ["draws", "observation"])
    before = view.draws
    view.controls.switches["Gaia"].value = False
    assert view.explorer.surveys == [survey for survey in SOURCES if survey != "Gaia"]
    assert view.observation.states[0, view.observation.index("g")] == State.IGNORED
    assert view.draws["log_age"].std() > before["log_age"].std()
    assert heard.count("draws") == heard.count("observation") == 1
    view.explorer.surveys = list(SOURCES)
    assert view.controls.switches["Gaia"].value


def test_sliders_and_state_edit_one_quantity(view):
    editor = view.controls.editor
    editor.quantity.value = "j"
    editor.value.value = editor.value.value + 0.5
    assert view.explorer.values == {"j": pytest.approx(editor.value.value)}
    assert view.observation.values[0, view.observation.index("j")] == editor.value.value
    editor.error.value = 0.3
    assert view.explorer.errors == {"j": pytest.approx(0.3)}
    editor.state.value = "ignored"
    assert view.explorer.states == {"j": "ignored"}
    editor.undo.click()
    assert view.explorer.state() == {"n_draws": 300}
    assert editor.undo.disabled


def test_new_ends_of_a_slider_and_its_value_are_one_message(view, monkeypatch):
    editor, sent = view.controls.editor, []

    def note(key):
        sent.append({key} if isinstance(key, str) else set(key))

    for slider in (editor.value, editor.error):
        monkeypatch.setattr(slider, "send_state", note)
    editor.quantity.value = "w4"
    places = [keys for keys in sent if keys & {"min", "max", "value"}]
    assert len(places) == 2
    assert all({"min", "max", "value"} <= keys for keys in places)
    sent.clear()
    view.explorer.edit("w4", value=editor.value.value + 0.1)
    assert {"value"} in sent
    assert not any(keys & {"min", "max"} for keys in sent)


def test_every_control_shows_what_the_explorer_holds(view):
    explorer, controls = view.explorer, view.controls
    explorer.param.update(row=30, seed=5, assume_young=True, prior_odds=10.0)
    explorer.corner = ["a_v", "r_v"]
    assert controls.row.value == 30
    assert controls.seed.value == 5
    assert controls.assume_young.value
    assert controls.prior_odds.value == pytest.approx(10.0)
    assert controls.corner.value == ("a_v", "r_v")
    assert controls.preset.value is None
    assert view.figures.corner.names == ("a_v", "r_v")
    controls.preset.value = explorer.presets[1].name
    assert explorer.row == 1
    controls.undo.click()
    assert explorer.row == 30
    assert "row=30" in controls.code.value


def test_a_wrong_choice_is_told_and_taken_back(view):
    view.controls.corner.value = tuple(view.explorer.param.corner.objects[:5])
    assert "one to four" in view._status.value
    assert view.controls.corner.value == tuple(view.explorer.corner)


def test_selection_can_be_read_set_and_observed(view):
    heard = []
    view.observe(lambda change: heard.append(change["new"].tolist()), "selection")
    view.selection = [5, 3, 3]
    assert view.explorer.selection.tolist() == view.selection.tolist() == [3, 5]
    view.explorer.select([9], "add")
    assert view.selection.tolist() == [3, 5, 9]
    view.selection = np.arange(len(view.explorer.observations)) < 2
    assert heard == [[3, 5], [3, 5, 9], [0, 1]]
    with pytest.raises(IndexError, match="rows"):
        view.selection = [10**7]


def test_observation_can_be_set_from_a_mapping(view):
    before = view.draws
    view.observation = {"g": 12.0, "g_error": 0.01, "j": 10.0, "j_error": 0.02}
    assert view.explorer.source == "observation"
    assert view.observation.used.sum() == 2
    assert not np.array_equal(before.values, view.draws.values)
    view.controls.undo.click()
    assert view.explorer.source == "example"


def test_draws_can_be_set_and_go_with_the_next_question(view):
    mine = Draws(view.draws.values + 0.1, view.draws.names, view.draws.units, 1, view.draws.extras)
    view.draws = mine
    assert view.draws is mine
    with pytest.raises(traitlets.TraitError, match="Draws"):
        view.draws = [1, 2, 3]
    view.explorer.seed = 9
    assert view.draws is not mine


def test_pinning_draws_an_earlier_posterior(view, model):
    view.controls.pin.value = True
    assert view._pinned_draws is not None
    view.explorer.surveys = ["Gaia"]
    assert view._pinned_draws["log_age"].std() < view.draws["log_age"].std()
    view.controls.pin.value = False
    assert view._pinned_draws is None


def test_prior_odds_need_no_new_draws(view, model):
    asked = len(model.asked)
    view.explorer.prior_odds = 0.1
    view.explorer.prior = {"log_age": {"kind": "uniform", "lower": 6.0, "upper": 7.5}}
    assert len(model.asked) == asked
    assert "P(young) = 0.19" in view._status.value


def test_an_error_of_the_model_is_a_sentence(view, model):
    model.broken = True
    view.explorer.seed = 77
    assert "out of order" in view._status.value
    model.broken = False
    view.explorer.seed = 78
    assert view.draws.seed == 78


def test_in_a_kernel_reading_the_draws_waits_for_them(model, engine):
    async def cell():
        view = StarsWidget(model, engine=engine, n_draws=300)
        first = view.draws
        view.explorer.seed = 3
        return first.seed, view.draws.seed

    assert asyncio.run(cell()) == (0, 3)


def test_a_table_of_one_s_own(model, engine):
    table = {"name": ["a", "b"], "Gmag": [12.0, 13.0], "Jmag": [10.0, 11.0], "Ak": [0.1, 0.2]}
    view = StarsWidget(model, table, engine=engine)
    assert len(view.explorer.observations) == 2
    assert view.controls.row.max == 1
    view.controls.surprise.click()
    assert view.explorer.source.startswith("surprise:")


def test_the_bundle_has_a_widget_and_a_picture(view):
    bundle = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")


def test_every_control_has_a_tooltip(view):
    controls = view.controls
    for control in (controls.preset, controls.row, controls.corner, controls.overlays,
                    controls.seed, controls.n_draws, controls.assume_young, controls.prior_odds,
                    controls.surprise, controls.undo, controls.redo, controls.editor.quantity,
                    controls.editor.value, controls.editor.error, controls.editor.state,
                    controls.editor.undo, *controls.switches.values()):  # fmt: skip
        assert control.tooltip
