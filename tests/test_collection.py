"""The rules of tests/conftest.py: a promised browser must be there, and its tests come last."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import asyncio

import pytest


@pytest.mark.ui
def test_with_a_browser(browser):
    page = browser.new_page()
    page.set_content("<p>drawn</p>")
    assert page.inner_text("p") == "drawn"


def test_without():
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
"""


@pytest.fixture
def run(tmp_path):
    """Runs two small tests under our conftest.py with more settings in the environment."""
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_small.py").write_text(TESTS)

    def run(**settings):
        kept = {name: value for name, value in os.environ.items() if name != "CI"}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-v", "-rs", "-p", "no:cacheprovider", "."],
            env=kept | settings,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        ).stdout

    return run


def test_where_no_browser_is_promised_its_tests_are_skipped_with_a_reason(run):
    said = run(PATH="/nowhere", ASTROVIZ_CHROMIUM="")
    assert "1 passed, 1 skipped" in said
    assert "no Chromium: install it or name it in $ASTROVIZ_CHROMIUM" in said


def test_where_a_browser_is_promised_its_absence_is_a_failure(run):
    said = run(PATH="/nowhere", ASTROVIZ_CHROMIUM="", CI="true")
    assert "1 passed" in said
    assert "1 error" in said
    assert "skipped" not in said


@pytest.mark.ui
def test_tests_without_a_browser_come_first_and_see_no_event_loop(run, chromium):
    said = run(ASTROVIZ_CHROMIUM=chromium)
    assert "2 passed" in said
    assert said.index("::test_without ") < said.index("::test_with_a")
