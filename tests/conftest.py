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
CHROMIUM = os.environ.get("ASTROVIZ_CHROMIUM") or next(
    (path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None
)
# Software rendering, and no requests of the browser's own.
CHROMIUM_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --use-angle=swiftshader "
    "--enable-unsafe-swiftshader"
).split()
# Where a browser is promised its absence is a failure.
BROWSER_PROMISED = os.environ.get("CI", "").lower() in ("true", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say why; leave the browser to the end.

    Playwright keeps an event loop running in the main thread from its first test to its last, and
    code that asks whether it is in a loop would behave differently in the tests in between.
    """
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))
    _share_out(items)
    without = {
        "realdata": (not REAL_DATA.is_dir(), f"no real catalogues at {REAL_DATA}"),
        "ui": (
            CHROMIUM is None and not BROWSER_PROMISED,
            "no Chromium: install it or name it in $ASTROVIZ_CHROMIUM",
        ),
    }
    for item in items:
        for marker, (missing, reason) in without.items():
            if missing and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skipif(not _has_gpu(), reason="no CUDA device"))


def _share_out(items: list[pytest.Item]) -> None:
    """What stays together when several processes share the tests (`-n 2 --dist loadgroup`).

    One of them has everything that drives a browser, with one server and one JupyterLab at a time;
    tests of a file share its fixtures.
    """
    for item in items:
        group = "browser" if item.get_closest_marker("ui") else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


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
    assert CHROMIUM, "no Chromium: install it or name it in $ASTROVIZ_CHROMIUM"
    return CHROMIUM


@pytest.fixture(scope="session")
def browser(chromium):
    """Headless Chromium, one for the whole run.

    Playwright's synchronous door opens once at a time in a thread: a second driver, started while
    another fixture still holds the first, is refused.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def stars_model():
    """The shipped model of young stars, on the CPU."""
    import astroviz

    return astroviz.load("stars", device="cpu")


@pytest.fixture(scope="session")
def untrained_galaxies():
    """A model of galaxies whose two flows were hardly moved from the prior; its light is real."""
    import torch

    from astroviz.galaxies.features import Features
    from astroviz.galaxies.fitting import Survey
    from astroviz.galaxies.member import Member
    from astroviz.galaxies.model import GalaxiesModel
    from astroviz.galaxies.noise_model import NoiseModel
    from astroviz.galaxies.population import Population
    from astroviz.galaxies.priors import PopulationPrior
    from astroviz.galaxies.sdss import BANDS, sdss_catalogue, sdss_selection
    from astroviz.galaxies.spline_flow import SplineFlow
    from astroviz.galaxies.sps import synthesis

    catalogue = sdss_catalogue()
    members = []
    generator = torch.Generator().manual_seed(3)
    for seed in range(2):
        flow = SplineFlow(seed=seed)
        for weight in flow.parameters():
            weight.data += 0.01 * torch.randn(weight.shape, generator=generator)
        members.append(Member(flow, len(BANDS)))
    survey = Survey(
        PopulationPrior("survey"), synthesis(), NoiseModel.learn(catalogue), sdss_selection(BANDS)
    )
    features = Features.of(BANDS, catalogue.magnitudes, catalogue.redshift)
    return GalaxiesModel(Population(members, survey, features, name="untrained"))
