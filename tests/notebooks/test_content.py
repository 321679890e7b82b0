"""What a notebook of ours looks like: short, seeded, with a solution to every exercise."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def source(path, kind):
    return [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == kind]


def test_there_are_notebooks():
    rooms = {"01_stars", "02_adaptation", "03_orientations", "04_lensing", "05_galaxies"}
    assert {"00_tour", *rooms, "06_accuracy"} <= {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_short_and_begins_with_a_title(path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[0].source.startswith("# ")
    assert sum(len(cell.source.splitlines()) for cell in notebook.cells) <= 200
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    assert len(nbformat.writes(notebook)) < 40_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_names_no_machine_and_seeds_what_it_draws(path):
    text = "\n".join(source(path, "code"))
    assert not re.search(r"/(home|work|tmp|Users)/", text)
    assert not re.search(r"\.sample\([^)]*\)(?<!seed=\d\))", re.sub(r"seed=\w+", "seed=0", text))
    assert "default_rng()" not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_between_notebooks_exist(path):
    for link in re.findall(r"\]\(([\w.]+\.ipynb)\)", "\n".join(source(path, "markdown"))):
        assert (FOLDER / link).exists()


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("01_stars", 5),
        ("02_questions", 4),
        ("02_adaptation", 2),
        ("03_orientations", 4),
        ("04_lensing", 4),
        ("05_galaxies", 4),
        ("06_accuracy", 4),
    ],
)
def test_every_exercise_has_a_folded_solution(name, number):
    cells = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells
    places = [k for k, cell in enumerate(cells) if re.match(r"## \d+\.", cell.source)]
    assert len(places) >= number
    for place in places:
        assert cells[place + 1].source.strip() == "# your turn"
        solution = cells[place + 2]
        assert "solution" in solution.metadata["tags"]
        assert solution.metadata["jupyter"]["source_hidden"]
        assert "print" in solution.source
