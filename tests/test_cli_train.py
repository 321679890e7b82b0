"""Where `astroviz train` writes, what it says, and how its tables fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from astroviz.cli import main
from astroviz.commands.train import destination
from astroviz.core import registry
from astroviz.core.folders import cache_folder
from astroviz.stars import build_sources, build_spectra, build_tables
from astroviz.stars import train as recipe


@pytest.fixture
def trained(monkeypatch):
    """The folders that the recipe of the stars was told to write into; nothing is trained."""
    told = []

    def train(out, **_):
        told.append(out)
        return out / "stars"

    monkeypatch.setattr(recipe, "train", train)
    return told


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's folders of their own, and a package that was installed as a copy."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(registry, "_PACKAGE", tmp_path / "site" / "astroviz")
    return tmp_path


def test_an_installed_copy_writes_to_the_user_s_folder_and_says_so(home, trained, root, capsys):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert main(["train", "stars"]) == 0
    assert trained == [registry.user_folder()]
    said = capsys.readouterr()
    assert said.out == f"{registry.user_folder() / 'stars'}\n"
    first = said.err.splitlines()[0]
    assert first.startswith(f"writing to {registry.user_folder() / 'stars'}: your own folder")
    assert "not this checkout (`--out models` writes here)" in first


def test_outside_of_a_checkout_there_is_no_word_of_it(home, trained, monkeypatch, capsys):
    monkeypatch.chdir(home)
    assert main(["train", "stars"]) == 0
    assert "this checkout" not in capsys.readouterr().err


def test_an_editable_install_writes_to_its_checkout(home, trained, monkeypatch, capsys):
    (home / "site").mkdir()
    (home / "site" / "pyproject.toml").touch()
    assert main(["train", "stars"]) == 0
    assert trained == [home / "site" / "models"]
    assert "pip install -e" in capsys.readouterr().err


def test_a_folder_that_is_named_is_used_and_how_to_open_it_is_said(home, trained, capsys):
    assert main(["train", "stars", "--out", str(home / "mine")]) == 0
    assert trained == [home / "mine"]
    said = capsys.readouterr().err
    assert "as --out says" in said
    assert f"ASTROVIZ_MODELS={home / 'mine'}" in said


def test_a_trial_takes_no_model_s_place():
    folder, reason = destination(None, smoke=True)
    assert folder.is_dir()
    assert folder not in registry.model_folders()
    assert "--out keeps it" in reason
    folder.rmdir()
    assert destination(Path("mine"), smoke=True)[0] == Path("mine")


def test_tables_go_beside_the_models_and_their_archives_into_the_cache(home, monkeypatch, capsys):
    asked = []

    def build(sources, out, progress, colours=None):
        asked.append((sources, out))
        progress(0.5, "Half")
        return out

    monkeypatch.setattr(build_tables, "build", build)
    monkeypatch.setattr(build_spectra, "build", build)
    assert main(["train", "stars", "--tables", "--out", str(home)]) == 0
    places = [home / "stars" / name for name in ("tables", "spectrographs")]
    assert asked == [(cache_folder() / "sources", place) for place in places]
    said = capsys.readouterr()
    assert said.out == f"{home / 'stars' / 'tables'}\n"
    assert " 50% Half" in said.err


def failed(capsys, home):
    """The one sentence that a failed build ends with; it must have written nothing."""
    assert main(["train", "stars", "--tables", "--out", str(home / "out")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert not (home / "out").exists()
    return said.err.splitlines()[-1]


def test_tables_without_a_network_say_what_to_put_where(home, monkeypatch, capsys):
    pytest.importorskip("dust_extinction")
    # An index that nobody answers at: what pip meets without a network.
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    sentence = failed(capsys, home)
    assert "could not download SEDFit 0.6.1 (" in sentence
    assert f"put SEDFit-0.6.1.tar.gz into {cache_folder()}" in sentence


def test_tables_from_a_changed_archive_are_refused(home, monkeypatch, capsys):
    pytest.importorskip("dust_extinction")
    sources = cache_folder() / "sources"
    sources.mkdir(parents=True)
    for package in build_sources.PACKAGES:
        (sources / package.filename).write_bytes(b"not what it was")
    sentence = failed(capsys, home)
    assert f"{sources / 'SEDFit-0.6.1.tar.gz'} has SHA-256" in sentence
    assert "delete it and build again" in sentence


def test_tables_without_their_extra_say_what_to_install(home, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "dust_extinction.parameter_averages", None)
    monkeypatch.setattr(subprocess, "run", None)  # nothing is downloaded before
    assert "pip install 'astroviz[tables]'" in failed(capsys, home)
