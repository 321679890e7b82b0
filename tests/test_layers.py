"""Who may import whom: the rules that keep the house in rooms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "astroviz"
ROOMS = ["stars", "galaxies", "orientations", "lensing"]
FACES = ["dashboards", "widgets", "components"]
WIDGETS = ["panel", "panel_material_ui", "ipywidgets", "anywidget", "jupyter_bokeh"]
GUI = [*WIDGETS, "bokeh", "holoviews", "datashader"]


def ours(*names: str) -> list[str]:
    return [f"astroviz.{name}" for name in names]


# Folder -> what its modules must not import; a name forbids everything below it.
FORBIDDEN: dict[str, list[str]] = {
    "core": [*GUI, *ours("io", *ROOMS, "accuracy", "plots", *FACES)],
    "io": [*GUI, *ours(*ROOMS, "accuracy", "plots", *FACES)],
    **{room: [*GUI, *ours(*(set(ROOMS) - {room}), "accuracy", "plots", *FACES)] for room in ROOMS},
    "accuracy": [*GUI, *ours(*ROOMS, "plots", *FACES)],
    "plots": ["torch", *WIDGETS, *ours(*ROOMS, "accuracy", *FACES)],
    "components": ours(*ROOMS, "dashboards", "widgets"),
    "dashboards": ["ipywidgets", "torch", *ours("widgets")],
    "widgets": ["panel", "panel_material_ui", "torch", *ours("dashboards")],
}

FILES = sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of each module or name that a file imports, type checking included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; write it in full"
            yield node.lineno, node.module or ""
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def breaks(name: str, forbidden: list[str]) -> bool:
    return any(name == item or name.startswith(item + ".") for item in forbidden)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_folder_may(path):
    relative = path.relative_to(PACKAGE)
    forbidden = FORBIDDEN.get(relative.parts[0], [])
    wrong = [
        f"{relative}:{line} imports {name}"
        for line, name in imports_of(path)
        if breaks(name, forbidden)
    ]
    assert not wrong


def test_the_rules_would_notice():
    assert breaks("panel.widgets", FORBIDDEN["core"])
    assert breaks("astroviz.galaxies", FORBIDDEN["stars"])
    assert not breaks("panelling", FORBIDDEN["core"])
    assert breaks("torch", FORBIDDEN["plots"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_grows_into_a_god_file_and_library_code_does_not_print(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    prints = [call.lineno for call in calls if getattr(call.func, "id", "") == "print"]
    assert not prints


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.name not in ("__main__.py",)],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_every_module_says_what_it_is_and_what_it_offers(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree)
    assert docstring, "no docstring"
    assert docstring.strip() != ".", "an empty docstring"
    if path.name != "__init__.py":  # ruff sees to the order of the names
        assigned = [t for n in tree.body if isinstance(n, ast.Assign) for t in n.targets]
        assert "__all__" in {getattr(target, "id", "") for target in assigned}
