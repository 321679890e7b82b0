"""How `astroviz train lensing` shares its budget."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from astroviz.cli import main
from astroviz.lensing import train
from astroviz.lensing.train_priors import RECIPES


@pytest.fixture
def recipes(monkeypatch):
    """Stand-ins of the parts' recipes, which write down what they were told."""
    told = []
    for module, _ in train.PARTS.values():

        def recipe(module=module, **options):
            told.append((module, options))

        monkeypatch.setitem(
            sys.modules, f"astroviz.lensing.{module}", SimpleNamespace(train=recipe)
        )
    return told


def test_all_parts_share_the_budget(recipes, tmp_path, capsys):
    assert main(["train", "lensing", "--budget", "100s", "--out", str(tmp_path)]) == 0
    assert [module for module, _ in recipes] == [module for module, _ in train.PARTS.values()]
    assert sum(options["budget"] for _, options in recipes) == pytest.approx(100)
    named = [options["part"] for _, options in recipes if "part" in options]
    assert named[:3] == ["galaxies", "galaxies16", "ellipticals"]
    assert named[-2:] == ["noise", "chirp"]
    assert capsys.readouterr().out == f"{tmp_path / 'lensing'}\n"


@pytest.mark.parametrize("part", ["spirals", "galaxies64"])
def test_one_part_gets_it_all(recipes, tmp_path, capsys, part):
    command = ["train", f"lensing/{part}", "--budget", "90s", "--out", str(tmp_path)]
    assert main([*command, "--resume"]) == 0
    ((module, options),) = recipes
    assert module == "train_priors"
    assert options["budget"] == 90
    assert options["resume"] is True
    assert options["part"] == part
    assert capsys.readouterr().out == f"{tmp_path / 'lensing' / part}\n"


def test_what_has_no_recipe_is_refused(recipes, tmp_path, capsys):
    assert main(["train", "lensing/quasars", "--out", str(tmp_path)]) == 2
    assert "no training recipe for lensing/quasars" in capsys.readouterr().err
    assert not recipes


def test_every_prior_of_the_parts_has_a_recipe_after_what_it_starts_from():
    order = [name for name, (module, _) in train.PARTS.items() if module == "train_priors"]
    assert set(order) | set(train.EXTRA) == set(RECIPES)
    for name in order:
        start = RECIPES[name].start
        assert not start or order.index(start) < order.index(name)
