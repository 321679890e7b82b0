"""The image of the workshop is built from what pyproject.toml says, and its scripts run."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

# conda's names of what pip calls otherwise.
PIP_NAMES = {"pytorch-cpu": "torch"}


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def environment(root):
    """Package to what the environment asks for, as in `>=4.4`."""
    text = (root / "binder" / "environment.yml").read_text()
    lines = yaml.safe_load(text)["dependencies"]
    assert all(isinstance(line, str) for line in lines), "pip runs in postBuild, not here"
    split = (re.fullmatch(r"([\w.-]+)\s*(.*)", line) for line in lines)
    return {
        PIP_NAMES.get(name, name): wanted for name, wanted in (found.groups() for found in split)
    }


def test_its_python_is_one_that_the_package_supports(project, environment):
    version = Version(environment["python"].removeprefix("="))
    assert version in SpecifierSet(project["requires-python"])


def test_its_packages_are_those_of_the_project_in_the_same_versions(project, environment):
    extras = project["optional-dependencies"]
    known = {
        found.name: found.specifier
        for found in map(Requirement, [*project["dependencies"], *extras["test"]])
    }
    for name, wanted in environment.items():
        if name not in ("python", "pip"):
            # What conda installs must satisfy pip, which would else put its own beside it.
            assert SpecifierSet(wanted) == known[name], name
    assert {"torch", "jupyterlab", "pip"} <= set(environment)


def test_the_image_installs_this_package_and_opens_its_model(root):
    lines = (root / "binder" / "postBuild").read_text().splitlines()
    installs = [line for line in lines if line.startswith("pip install")]
    assert installs == ["pip install --no-cache-dir ."]
    assert lines.index("astroviz doctor") > lines.index(installs[0])


def test_the_start_script_hands_over_with_few_threads(root):
    words = ["sh", "-c", 'echo "$1 $OMP_NUM_THREADS $MKL_NUM_THREADS"', "-", "a  b"]
    done = subprocess.run(
        [root / "binder" / "start", *words], capture_output=True, text=True, check=True
    )
    assert done.stdout == "a  b 1 1\n"


def test_the_start_script_gives_back_the_status_of_what_it_starts(root):
    assert subprocess.run([root / "binder" / "start", "sh", "-c", "exit 7"]).returncode == 7


def test_notebooks_that_are_named_anywhere_exist(root):
    texts = [*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("notebooks/*.ipynb")]
    named = {name for path in texts for name in re.findall(r"\w+\.ipynb", path.read_text())}
    assert {name for name in named if not (root / "notebooks" / name).exists()} == set()
