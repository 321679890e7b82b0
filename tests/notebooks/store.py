"""Execute a notebook and store it with small, still outputs: `python store.py 02_adaptation`.

Kept are what was printed and pictures, in few colours; widgets and scripts cannot live on a page
that shows the file, and are left out.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent.parent / "notebooks"
_COLOURS = 48


def store(name: str) -> None:
    """Execute one of the notebooks and write it back."""
    path = FOLDER / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
        ).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [kept for output in cell.outputs if (kept := still(output))]
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def still(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """An output as it is stored; None for one that is not."""
    if output.output_type == "stream":
        return output if output.name == "stdout" else None
    data = dict(output.get("data", {}))
    if "image/png" in data:
        return nbformat.v4.new_output(
            "display_data", {"image/png": fewer_colours(data["image/png"])}
        )
    if set(data) == {"text/plain"}:
        return nbformat.v4.new_output("display_data", {"text/plain": data["text/plain"]})
    return None


def fewer_colours(png: str) -> str:
    """The same picture in a third of the bytes."""
    out = io.BytesIO()
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    # of the widest spread, so that hues of few pixels stay what they are
    kept = picture.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    kept.save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode()


if __name__ == "__main__":
    for chosen in sys.argv[1:]:
        store(chosen)
