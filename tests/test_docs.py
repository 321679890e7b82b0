"""The documents say what the code does."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shlex
import subprocess

import pytest

import astroviz
from astroviz.cli import build_parser

TEST_COMMAND = (
    'python3 -m venv .venv && . .venv/bin/activate && pip install ".[test]" '
    "&& pytest -n 2 --dist loadgroup"
)
SERVE_COMMAND = "python3 -m venv .venv && . .venv/bin/activate && pip install . && astroviz serve"


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


def shell_lines(text):
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def subcommands() -> dict[str, argparse.ArgumentParser]:
    actions = build_parser()._actions
    return next(a.choices for a in actions if isinstance(a, argparse._SubParsersAction))


def test_the_readme_has_the_two_commands_one_line_each(readme):
    assert SERVE_COMMAND in shell_lines(readme)
    assert TEST_COMMAND in shell_lines(readme)


def test_continuous_integration_runs_exactly_the_readme_test_command(root):
    lines = (root / ".ci" / "run").read_text().splitlines()
    assert lines.count(TEST_COMMAND) == 1
    assert [line for line in lines if "pytest" in line] == [TEST_COMMAND]


def test_ci_and_binder_scripts_parse_and_can_be_run(root):
    for script in (".ci/run", "binder/postBuild", "binder/start"):
        path = root / script
        assert os.access(path, os.X_OK), f"{script} is not executable"
        assert "set -e" in path.read_text()
        subprocess.run(["bash", "-n", str(path)], check=True)


@pytest.mark.parametrize("name", astroviz.__all__)
def test_every_public_name_is_in_the_readme(readme, name):
    assert f"astroviz.{name}" in readme


@pytest.mark.parametrize("command", sorted(subcommands()))
def test_every_command_and_option_is_in_the_readme(readme, command):
    row = next((line for line in readme.splitlines() if f"`astroviz {command}" in line), "")
    assert row, f"{command} is not in the README"
    options = [
        option
        for action in subcommands()[command]._actions
        for option in action.option_strings
        if option.startswith("--") and option not in ("--help", "--out")
    ]
    assert [option for option in options if option not in row] == []


def test_the_readme_names_nothing_that_is_not_there(readme):
    known = {f"astroviz {name}" for name in subcommands()}
    said = set(re.findall(r"`(astroviz [a-z]+)", readme))
    assert said <= known
    dotted = set(re.findall(r"astroviz\.([a-z_]+)\(", readme))
    assert dotted <= set(astroviz.__all__)


def test_every_command_that_is_written_anywhere_can_be_parsed(root):
    sources = [*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("notebooks/*.ipynb")]
    texts = {path.name: path.read_text(encoding="utf-8") for path in sources}
    texts.pop("CHANGELOG.md")  # which lists commands in a form of its own
    script = (root / "binder" / "postBuild").read_text()
    texts["postBuild"] = re.sub("^(astroviz .*)$", r"`\1`", script, flags=re.MULTILINE)
    found = [
        (name, shlex.split(words))
        for name, text in texts.items()
        for words in re.findall(r"(?:`|&& )astroviz ([a-z][^`\n]*)", text)
    ]
    assert len(found) > 12
    for name, words in found:
        assert words[0] in subcommands(), f"{name}: astroviz {' '.join(words)}"
        if len(words) > 1:  # alone it is the command's name in a sentence
            build_parser().parse_args(words)


def test_every_option_in_the_readme_is_one(readme):
    for command, parser in subcommands().items():
        row = next(line for line in readme.splitlines() if f"`astroviz {command}" in line)
        known = {option for action in parser._actions for option in action.option_strings}
        assert set(re.findall(r"--[a-z0-9-]+", row)) <= known


def test_every_file_that_is_named_exists(root):
    for path in (root / "README.md", root / "CONTRIBUTING.md", *sorted(root.glob("docs/*.md"))):
        text = path.read_text(encoding="utf-8")
        paths = re.findall(
            r"[` ]((?:astroviz|tests|notebooks|binder|docs|\.ci)/[\w./-]*\w)`", text
        )
        assert [path for path in paths if not (root / path).exists()] == []


def test_every_file_the_readme_links_to_exists(readme, root):
    targets = re.findall(r"\]\(([^)#]+)\)", readme)
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (root / target).exists()] == []


def test_python_in_the_documents_compiles(root):
    blocks = [
        (path.name, block)
        for path in sorted(root.glob("docs/*.md"))
        for block in re.findall(r"```python\n(.*?)```", path.read_text(), flags=re.DOTALL)
    ]
    assert len(blocks) > 2
    for name, block in blocks:
        compile(block, name, "exec")


@pytest.mark.parametrize("room", ["orientations", "lensing", "galaxies"])
def test_every_view_and_model_of_a_room_is_described(root, room):
    parts = importlib.import_module(f"astroviz.{room}.train").PARTS
    views = importlib.import_module(f"astroviz.{room}.view_state").VIEWS
    text = (root / "docs" / f"{room}.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([^`]+)` [|(]", text, flags=re.MULTILINE))
    samplers = importlib.import_module("astroviz.lensing.settings").SAMPLERS
    assert rows - set(samplers) == {*views, *(f"{room}/{part}" for part in parts)}
    for program in re.findall(r"tests/benchmarks/(\w+\.py)", text):
        assert (root / "tests" / "benchmarks" / program).is_file()


def test_every_view_and_check_of_the_accuracy_lab_is_described(root):
    from astroviz.accuracy.checks import CHECKS
    from astroviz.accuracy.view_state import VIEWS

    text = (root / "docs" / "accuracy.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)`( \(named\))? \|", text, flags=re.MULTILINE)
    assert {name for name, _ in rows} == {*VIEWS, *CHECKS}
    named = {name for name, mark in rows if mark}
    assert named == {name for name, check in CHECKS.items() if not check.default}
    for program in re.findall(r"(bench_\w+\.py)", text):
        assert (root / "tests" / "benchmarks" / program).is_file()


def test_the_fifteen_lines_of_the_readme_compile(readme):
    for block in re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL):
        assert len(block.splitlines()) <= 16
        compile(block, "README.md", "exec")


def test_every_quantity_and_flag_is_in_the_description_of_tables(root):
    from astroviz.io.aliases import ALIASES, key
    from astroviz.io.flags import WORDS
    from astroviz.io.observations import State
    from astroviz.stars.parameters import DERIVED, PARAMETERS
    from astroviz.stars.surveys import QUANTITIES

    text = (root / "docs" / "tables.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    table = {row[0].strip("`"): row for row in rows}
    for quantity in QUANTITIES:
        _, unit, survey, names = table[quantity.name]
        assert (unit, survey) == (quantity.unit, quantity.survey)
        works = {key(name) for name in (quantity.name, *ALIASES[quantity.name].values)}
        assert {key(name) for name in re.findall(r"`([^`]+)`", names)} <= works
    for word in ("out", "nodet", "sat", "bl", "unres", "ext", "false", "err", "off", "bin"):
        assert State(WORDS[word]).name.lower().replace("_", " ") == table[word][1]
    for parameter in (*PARAMETERS, *DERIVED):
        assert f"`{parameter.name}`" in text


def test_contributing_fits_on_a_page(root):
    assert len((root / "CONTRIBUTING.md").read_text().splitlines()) <= 60


def test_changelog_has_a_section_to_write_in(root):
    text = (root / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text or f"## [{astroviz.__version__}]" in text


def test_nothing_is_loaded_from_outside(root):
    # Pages and widgets must work without a network: no content network, no font host.
    outside = re.compile(r"(cdn\.|unpkg\.|jsdelivr|esm\.sh|fonts\.g(oogleapis|static))")
    kinds = {".py", ".js", ".css", ".html"}
    sources = [path for path in (root / "astroviz").rglob("*") if path.suffix in kinds]
    assert sources
    guilty = [path.name for path in sources if outside.search(path.read_text(encoding="utf-8"))]
    assert guilty == []
