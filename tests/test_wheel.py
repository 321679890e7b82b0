"""The wheel holds the models, and finds them wherever it is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile

import pytest

LOAD_ALL = """
import json, astroviz
from astroviz.core.registry import load_weights
opened = []
for card in astroviz.list_models():
    if card.kind == "model":
        astroviz.load(card.name, device="cpu")
    assert load_weights(card)
    opened.append(card.name)
default = astroviz.load("stars", device="cpu").name
print(json.dumps({"file": astroviz.__file__, "opened": opened, "default": default}))
"""


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*command, "--target", str(target), str(wheel)], check=True)
    return target


def run_installed(installed, code, **extra):
    env = {key: value for key, value in os.environ.items() if key != "ASTROVIZ_MODELS"}
    # A user data directory of its own: nothing trained on this machine may help.
    env |= {"PYTHONPATH": str(installed), "XDG_DATA_HOME": str(installed / "data"), **extra}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=installed,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_wheel_holds_every_file_of_every_model(wheel, root):
    packed = set(zipfile.ZipFile(wheel).namelist())
    models = root / "models"
    shipped = {
        f"astroviz/models/{path.relative_to(models)}"
        for path in models.rglob("*")
        if path.is_file() and path.suffix in (".safetensors", ".toml")
    }
    assert shipped
    assert shipped <= packed


def test_the_wheel_is_small_and_holds_neither_tests_nor_pickles(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.stat().st_size < 80e6  # models may take 80 MB in all
    assert not [name for name in names if name.startswith("tests/")]
    assert not [name for name in names if name.endswith((".pt", ".pth", ".pkl", ".ckpt"))]


@pytest.mark.slow
def test_every_model_loads_from_an_install_outside_the_checkout(installed):
    result = run_installed(installed, LOAD_ALL)
    assert result.returncode == 0, result.stderr[-3000:]
    answer = json.loads(result.stdout)
    assert answer["file"].startswith(str(installed))
    assert {"stars/tables", answer["default"]} <= set(answer["opened"])


def test_the_source_archive_builds_on_its_own(root, tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"pyproject.toml", "README.md", "LICENSE", "astroviz/cli.py"}
    assert wanted <= names
    assert any(name.startswith("models/stars/") for name in names)
    assert not any(name.startswith(".venv") for name in names)
