"""Every notebook runs from a fresh kernel, and quickly."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

# May tell their story where nothing can be executed: tests/notebooks/store.py puts it in.
WITH_OUTPUT = {
    "02_adaptation", "03_orientations", "04_lensing", "05_galaxies", "06_accuracy",
}  # fmt: skip
NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


@pytest.mark.notebook
@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    # Its own folder as the working directory: a notebook must not lean on the checkout.
    client = NotebookClient(
        notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_output_or_with_a_little(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    stored = [output for cell in cells for output in cell.outputs]
    assert not stored or path.stem in WITH_OUTPUT
    for output in stored:
        assert output.output_type in ("stream", "display_data")
        assert set(output.get("data", {})) <= {"text/plain", "image/png"}
    assert path.stat().st_size < 160_000
