"""Lint, layout and types, so that one command covers them."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(root, *command):
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True
    )
    assert result.returncode == 0, (result.stdout + result.stderr)[-6000:]


def test_ruff_check(root):
    run(root, "ruff", "check", ".")


def test_ruff_format(root):
    run(root, "ruff", "format", "--check", ".")


@pytest.mark.slow
def test_mypy(root):
    run(root, "mypy")
