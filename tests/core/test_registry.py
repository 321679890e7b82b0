"""Models: names, order of search, hashes."""

from __future__ import annotations

import dataclasses
import os
import pickle

import numpy as np
import pytest
import torch

from astroviz.core import registry
from astroviz.core.cards import Card, ModelError, read_card
from astroviz.core.registry import (
    UnknownModelError,
    find_model,
    list_models,
    load,
    load_weights,
    save_model,
    verify,
)


def test_a_saved_model_comes_back(models):
    tensors = {"w": torch.arange(6.0).reshape(2, 3).T, "n": torch.tensor([1, 2])}
    card = Card(
        name="", system="", title="Young stars", what="What is it?\nA test.", seed=4,
        units={"a_v": "mag"}, metrics={"coverage": np.float32(0.5), "table": [1, 2]},
        config={"width": 16, "nested": {"deep": True}}, extra={"doi": 'a "quoted" doi'},
    )  # fmt: skip
    written = save_model(models / "stars" / "young", tensors, card)
    found = find_model("stars/young")
    assert dataclasses.replace(found, metrics={}) == dataclasses.replace(written, metrics={})
    assert found.metrics == {"coverage": 0.5, "table": [1, 2]}
    assert found.name == "stars/young"
    assert found.system == "stars"
    assert found.extra == {"doi": 'a "quoted" doi'}
    assert found.config["nested"] == {"deep": True}
    weights = load_weights("stars/young")
    assert set(weights) == {"w", "n"}
    torch.testing.assert_close(weights["w"], tensors["w"])
    assert weights["n"].dtype == torch.int64


def test_saving_twice_gives_equal_files(models, put):
    first = put(models / "stars" / "young")
    second = put(models / "stars" / "young")
    assert first == second
    assert sorted(path.name for path in first.path.iterdir()) == [
        "card.toml",
        "weights.safetensors",
    ]


def test_unknown_keys_of_a_card_are_kept(models, put):
    place = put(models / "stars" / "young").path
    text = (place / "card.toml").read_text()
    (place / "card.toml").write_text(text + '\n[reference]\narxiv = "2210.02747"\n', "utf-8")
    card = read_card(place)
    assert card.extra == {"reference": {"arxiv": "2210.02747"}}
    assert card.to_dict()["reference"] == {"arxiv": "2210.02747"}


@pytest.mark.parametrize("change", ["flip", "cut", "add", "replace"])
def test_changed_weights_are_refused(models, put, change):
    place = put(models / "stars" / "young").path
    path = place / "weights.safetensors"
    content = bytearray(path.read_bytes())
    if change == "flip":
        content[-1] ^= 1
    elif change == "cut":
        content = content[:-4]
    elif change == "add":
        content += b"\0"
    else:
        content = pickle.dumps({"w": [1.0]})
    path.write_bytes(bytes(content))
    with pytest.raises(ModelError, match="stars/young were changed or damaged and are refused"):
        load_weights("stars/young")


def test_a_pickle_is_refused_even_under_its_own_hash(models, put):
    import hashlib

    place = put(models / "stars" / "young").path
    content = pickle.dumps({"w": [1.0]})
    old = read_card(place).sha256
    (place / "weights.safetensors").write_bytes(content)
    card = (place / "card.toml").read_text()
    (place / "card.toml").write_text(card.replace(old, hashlib.sha256(content).hexdigest()))
    with pytest.raises(ModelError, match="not a safetensors file"):
        load_weights("stars/young")


def test_a_card_without_a_hash_proves_nothing(models, put):
    place = put(models / "stars" / "young").path
    (place / "card.toml").write_text('title = "no hash"\n')
    with pytest.raises(ModelError, match="its card says none"):
        load_weights("stars/young")


def test_missing_weights_are_said_to_be_missing(models, put):
    (put(models / "stars" / "young").path / "weights.safetensors").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_weights("stars/young")


def test_a_broken_card_is_listed_and_hurts_no_other(models, put):
    put(models / "stars" / "young")
    bad = models / "stars" / "bad"
    bad.mkdir()
    (bad / "card.toml").write_text("title = unquoted")
    cards = {card.name: card for card in list_models()}
    assert list(cards) == ["stars/bad", "stars/young"]
    assert "cannot be read" in cards["stars/bad"].problem
    assert find_model("stars").name == "stars/young"
    with pytest.raises(ModelError, match="cannot be read"):
        find_model("stars/bad")
    with pytest.raises(ModelError, match="cannot be read"):
        verify(cards["stars/bad"])


@pytest.mark.parametrize("line", ['units = "mag"', "title = 3", 'default = "yes"', "config = 1"])
def test_a_card_of_wrong_types_has_a_problem(models, put, line):
    place = put(models / "stars" / "young").path
    (place / "card.toml").write_text(line + "\n")
    assert line.partition(" ")[0] in read_card(place).problem


def test_names_of_models(models, put):
    put(models / "stars" / "old")
    assert find_model("stars").name == "stars/old"
    put(models / "stars" / "young")
    assert find_model("stars").name == "stars/young"
    put(models / "stars" / "adapted", alias="adaptation")
    put(models / "stars" / "older", default=True)
    assert find_model("stars").name == "stars/older"
    assert find_model("stars/young").name == "stars/young"
    assert find_model("adaptation").name == "stars/adapted"


def test_tables_are_no_model_of_their_system(models, put):
    card = put(models / "stars" / "tables")
    (card.path / "card.toml").write_text(f'sha256 = "{card.sha256}"\n')
    assert [card.kind for card in list_models("stars")] == ["tables"]
    with pytest.raises(UnknownModelError, match="no model 'stars'; there is stars/tables"):
        find_model("stars")
    assert set(load_weights("stars/tables")) == {"w"}
    with pytest.raises(ModelError, match="no model but tables"):
        load("stars/tables")


def test_an_unknown_model_lists_those_there_are(models, put):
    with pytest.raises(UnknownModelError, match="no models at all"):
        find_model("stars")
    put(models / "stars" / "a")
    put(models / "lensing" / "b")
    with pytest.raises(
        UnknownModelError, match="no model 'galaxies'; there is lensing/b, stars/a"
    ):
        find_model("galaxies")
    put(models / "stars" / "c")
    with pytest.raises(UnknownModelError, match="'stars' has no default model"):
        find_model("stars")


def test_folders_are_searched_in_order(models, put, tmp_path, monkeypatch):
    second = tmp_path / "second"
    monkeypatch.setenv("ASTROVIZ_MODELS", os.pathsep.join([str(models), "", str(second)]))
    put(tmp_path / "site" / "astroviz" / "models" / "stars" / "young", title="package")
    assert find_model("stars").title == "package"
    put(tmp_path / "home" / "astroviz" / "models" / "stars" / "young", title="user")
    assert find_model("stars").title == ("user" if os.name == "posix" else "package")
    put(tmp_path / "site" / "models" / "stars" / "young", title="beside no checkout")
    assert find_model("stars").title == "user"
    (tmp_path / "site" / "pyproject.toml").touch()
    assert find_model("stars").title == "beside no checkout"
    assert registry.writable_folder() == tmp_path / "site" / "models"
    put(second / "stars" / "young", title="second")
    assert find_model("stars").title == "second"
    put(models / "stars" / "young", title="first")
    assert find_model("stars").title == "first"
    assert len(list_models()) == 1


def test_a_room_that_is_not_there_is_named(models, put):
    put(models / "planets" / "hot")
    with pytest.raises(ModelError, match="'planets', which this version cannot open"):
        load("planets")


def test_a_device_that_is_not_there_is_refused_before_the_weights(models, put, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    put(models / "stars" / "young")
    with pytest.raises(ValueError, match="no device 'cuda'"):
        load_weights("stars/young", "cuda")


def test_every_shipped_model_is_whole():
    cards = [card for card in list_models() if card.path and "models" in card.path.parts]
    for card in cards:
        verify(card)
