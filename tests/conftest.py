"""What every test folder shares: the checkout, the real data, the browser, the skips."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

# Two cores and a pool of threads per test get in each other's way; set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent
REAL_DATA = Path(os.environ.get("ASTROVIZ_SHARED_DATA", ROOT.parent / "shared" / "data"))
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say why."""
    without = {
        "realdata": (not REAL_DATA.is_dir(), f"no real catalogues at {REAL_DATA}"),
        "ui": (CHROMIUM is None, "no Chromium on the path"),
    }
    for item in items:
        for marker, (missing, reason) in without.items():
            if missing and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skipif(not _has_gpu(), reason="no CUDA device"))


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real catalogues; tests that use it are marked `realdata`."""
    return REAL_DATA


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; tests that use it are marked `ui`."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    return CHROMIUM


@pytest.fixture(scope="session")
def stars_model():
    """The shipped model of young stars, on the CPU."""
    import astroviz

    return astroviz.load("stars", device="cpu")
