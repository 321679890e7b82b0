"""The state of the page of orientations."""

from __future__ import annotations

import json
import math

import pytest

from astroviz.core import shelf
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.orientations.kernel_state import SCALES, leach
from astroviz.orientations.view_state import VIEWS


@pytest.fixture
def explorer():
    return OrientationsExplorer(view="kernel")


def test_a_state_survives_json_and_comes_back(explorer):
    explorer.param.update(sigma=0.31, group="T", seed=4, projection="mollweide")
    state = json.loads(json.dumps(explorer.state()))
    again = OrientationsExplorer(**state)
    assert again.state() == explorer.state()
    assert again.to_query() == explorer.to_query()


def test_the_code_recreates_the_view(explorer):
    explorer.param.update(sigma=0.31, group="T")
    found = {}

    class Astroviz:
        @staticmethod
        def explore(system, **settings):
            found.update(settings)
            return system

    lines = explorer.code().replace("import astroviz", "")
    exec(lines, {"astroviz": Astroviz})
    assert OrientationsExplorer(**found).state() == explorer.state()


def test_what_cannot_be_is_said_and_the_rest_is_taken(explorer):
    sentences = explorer.from_query("sigma=9&group=D2&banana=1")
    assert len(sentences) == 2
    assert any("sigma cannot be 9" in sentence for sentence in sentences)
    assert explorer.group == "D2"
    assert explorer.view == "kernel"
    with pytest.raises(ValueError, match="banana"):
        OrientationsExplorer(banana=1)


def test_a_dragged_scale_is_one_step_back(explorer):
    for sigma in (0.4, 0.3, 0.2):
        explorer.sigma = sigma
    explorer.group = "O"
    explorer.undo()
    assert (explorer.sigma, explorer.group) == (0.2, "C1")
    explorer.undo()
    assert explorer.sigma == 0.5
    explorer.redo()
    assert explorer.sigma == 0.2


@pytest.mark.parametrize("view", VIEWS)
def test_presets_are_states_and_surprises_repeat(view):
    explorer = OrientationsExplorer(view=view)
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert explorer.preset() is not None
        assert explorer.sentence()
    explorer.surprise(11)
    state = explorer.state()
    explorer.surprise(12)
    explorer.surprise(11)
    assert explorer.state() == state
    with pytest.raises(KeyError, match="nothing of the kind"):
        explorer.take_preset("nothing of the kind")


def test_a_missing_model_is_a_sentence(explorer, monkeypatch, tmp_path):
    model, sentence = explorer.other_model("no_such_model")
    assert model is None
    assert "no_such_model" in sentence
    assert "astroviz train" in sentence


def test_a_model_that_cannot_be_opened_is_a_sentence_too(explorer, monkeypatch):
    def refuse(*_):
        raise ValueError("a score network has no setting 'colour'; try another version")

    monkeypatch.setattr(shelf, "find_model", refuse)
    model, sentence = explorer.other_model("densities")
    assert model is None
    assert "no setting 'colour'. Make it by" in sentence


def test_both_conventions_of_the_scale(explorer):
    assert leach(math.sqrt(2)) == pytest.approx(1.0)
    assert SCALES == tuple(sorted(SCALES))
    assert "0.354" in explorer.kernel_sentence()
