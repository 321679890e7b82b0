"""How `astroviz train orientations` shares its budget, and how models are opened."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from astroviz.cli import main
from astroviz.core.cards import Card, ModelError
from astroviz.orientations import posterior, train


@pytest.fixture
def recipes(monkeypatch):
    """Stand-ins of the parts' recipes, which write down what they were told."""
    told = {}
    for name, (module, _) in train.PARTS.items():

        def recipe(name=name, **options):
            told[name] = options
            return options["out"] / "orientations" / name

        monkeypatch.setitem(
            sys.modules, f"astroviz.orientations.{module}", SimpleNamespace(train=recipe)
        )
    return told


def test_all_parts_share_the_budget(recipes, tmp_path, capsys):
    assert main(["train", "orientations", "--budget", "100s", "--out", str(tmp_path)]) == 0
    assert list(recipes) == list(train.PARTS)
    assert sum(options["budget"] for options in recipes.values()) == pytest.approx(100)
    assert all(options["out"] == tmp_path for options in recipes.values())
    assert capsys.readouterr().out == f"{tmp_path / 'orientations'}\n"


def test_one_part_gets_it_all(recipes, tmp_path, capsys):
    command = ["train", "orientations/web", "--budget", "90s", "--out", str(tmp_path)]
    assert main([*command, "--resume"]) == 0
    assert list(recipes) == ["web"]
    assert recipes["web"]["budget"] == 90
    assert recipes["web"]["resume"] is True
    assert recipes["web"]["smoke"] is False
    assert capsys.readouterr().out == f"{tmp_path / 'orientations' / 'web'}\n"


def test_what_has_no_recipe_is_refused(recipes, tmp_path, capsys):
    assert main(["train", "orientations/spin", "--out", str(tmp_path)]) == 2
    assert "no training recipe for orientations/spin" in capsys.readouterr().err
    assert main(["train", "orientations", "--tables", "--out", str(tmp_path)]) == 2
    assert "rests on no tables" in capsys.readouterr().err
    assert not recipes


def test_a_model_of_another_kind_is_refused():
    card = Card(name="orientations/odd", system="orientations", config={"network": "spin"})
    with pytest.raises(ModelError, match="'spin'; this version opens web, densities, pose, gan"):
        posterior.open_model(card, "cpu")
