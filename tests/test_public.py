"""The public surface: sorted, lazy, quick to import."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import astroviz

PROBE = """
import json, sys, time
start = time.perf_counter()
import astroviz
took = time.perf_counter() - start
heavy = [name for name in ("torch", "panel", "astropy", "pandas", "bokeh") if name in sys.modules]
print(json.dumps({"took": took, "heavy": heavy}))
"""


def test_import_is_quick_and_brings_neither_torch_nor_panel():
    # The best of three: a busy machine says nothing about the import.
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(3)
    ]
    assert runs[0]["heavy"] == []
    assert min(run["took"] for run in runs) < 0.3


def test_all_is_sorted_short_and_reachable():
    assert astroviz.__all__ == sorted(astroviz.__all__)
    assert len(astroviz.__all__) <= 14
    assert set(astroviz.__all__) <= set(dir(astroviz))


@pytest.mark.parametrize("name", astroviz.__all__)
def test_every_public_name_resolves(name):
    value = getattr(astroviz, name)
    assert name == "__version__" or callable(value)
    assert name == "__version__" or (value.__doc__ or "").strip()


def test_public_names_survive_the_import_of_their_modules():
    # A submodule named like a public function would take its place once imported.
    package = Path(astroviz.__file__).parent
    modules = {path.stem for path in package.glob("*.py")} | {
        path.parent.name for path in package.glob("*/__init__.py")
    }
    assert not modules & set(astroviz.__all__)
    assert callable(astroviz.infer)


def test_an_unknown_name_raises_and_says_what_there_is():
    with pytest.raises(AttributeError, match="explore"):
        _ = astroviz.no_such_name


def test_version_is_the_same_everywhere(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["version"] == astroviz.__version__
