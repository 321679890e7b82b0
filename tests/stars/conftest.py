"""What the tests of adaptation share: two small mock galaxies, a network, an experiment."""

from __future__ import annotations

import pytest
import torch

import astroviz
from astroviz.stars.mock_galaxy import MockCatalogue, mock_catalogue
from astroviz.stars.network import StarsNetwork

_SIZE = {"context": 16, "width": 32, "blocks": 1, "hidden": 32}


class EvenDust:
    """The same dust in front of every star: nothing has to be integrated."""

    label = "even"

    def a_v(self, longitude, latitude, distance):
        return 0.3 + 0.0 * distance


@pytest.fixture(scope="session")
def galaxy_a() -> MockCatalogue:
    """What the simulator knows."""
    return mock_catalogue("A", 500, 11, clusters=10, dust=EvenDust())


@pytest.fixture(scope="session")
def galaxy_b() -> MockCatalogue:
    """What plays nature."""
    return mock_catalogue("B", 400, 12, clusters=10, dust=EvenDust())


@pytest.fixture(scope="session")
def small_network() -> StarsNetwork:
    """A network of modalities that has learned nothing."""
    torch.manual_seed(0)
    return StarsNetwork(modalities=True, sky=False, **_SIZE).eval()


@pytest.fixture(scope="session")
def experiment(tmp_path_factory):
    """The shipped experiment on adaptation; a trial of it where none is shipped."""
    from astroviz.core.registry import UnknownModelError
    from astroviz.stars.adaptation_train import train

    try:
        return astroviz.load("stars/adaptation", device="cpu")
    except UnknownModelError:
        place = tmp_path_factory.mktemp("models")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
            patch.setenv("ASTROVIZ_MODELS", str(place))
            train(smoke=True, device="cpu", out=place)
            return astroviz.load("stars/adaptation", device="cpu")
