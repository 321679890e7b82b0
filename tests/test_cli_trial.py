"""`astroviz check MODEL` with a report: fresh simulations, named checks, one offline page."""

from __future__ import annotations

import json
import shutil

import pytest

from astroviz.cli import main
from astroviz.core.registry import find_model


def printed(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_model_is_tried_and_reported(tmp_path, capsys):
    page = tmp_path / "npe.html"
    words = ["check", "stars/npe", "--simulations", "60", "--checks", "sbc,dispersion,regimes",
             "--report", str(page), "--seed", "3"]  # fmt: skip
    assert main(words) == 0
    found = printed(capsys)
    assert [line["name"] for line in found["checks"]] == ["sbc", "dispersion", "regimes"]
    assert {"name", "value", "bound", "passed"} == set(found["checks"][0])
    assert found["case"] == "complete"
    assert "60 objects with 100 draws" in found["verdict"]
    text = page.read_text()
    assert "astroviz check stars/npe" in text
    assert "http://" not in text.split("<script")[0]
    kept = json.loads(page.with_suffix(".json").read_text())
    assert kept["count"] == 60
    assert {table["kind"] for table in kept["groups"]} == {"regime", "brightness"}


def test_a_model_without_a_posterior_reports_its_figures(tmp_path, capsys):
    page = tmp_path / "tables.html"
    assert main(["check", "galaxies/tables", "--quick", "--report", str(page)]) == 0
    found = printed(capsys)["checks"]
    text = page.read_text()
    assert f"{sum(one['passed'] for one in found)} of {len(found)} figures keep" in text
    assert found[0]["name"] in text
    assert "astroviz check galaxies/tables --quick" in text
    kept = json.loads(page.with_suffix(".json").read_text())
    assert [one["name"] for one in kept["figures"]] == [one["name"] for one in found]


def test_the_card_is_written_where_the_model_lies(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "models"
    shutil.copytree(find_model("stars/npe").path, folder / "stars" / "npe")
    monkeypatch.setenv("ASTROVIZ_MODELS", str(folder))
    before = find_model("stars/npe")
    assert main(["check", "stars/npe", "--simulations", "30", "--checks", "sbc", "--card"]) == 0
    printed(capsys)
    card = find_model("stars/npe")
    assert card.path == folder / "stars" / "npe"
    assert card.extra["checks"]["simulations"] == 30
    assert card.metrics["checks passed"] + card.metrics["checks failed"] == 1
    assert card.sha256 == before.sha256
    assert card.config == before.config


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["stars/regression", "--simulations", "30"], "no posterior"),
        (["stars/npe", "--case", "old"], "'complete'"),
        (["stars/npe", "--simulations", "30", "--checks", "magic"], "no check 'magic'"),
        (["stars/npe", "--simulations", "-4"], "at least 1"),
    ],
)
def test_what_cannot_be_tried_is_said(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["check", *words]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
