"""A model of stars that answers at once, and an engine to run it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.core.draws import Draws
from astroviz.core.engine import Engine
from astroviz.core.request import Chunk, Request
from astroviz.stars.parameters import DERIVED, PARAMETERS
from astroviz.stars.simulator import simulate
from astroviz.stars.surveys import QUANTITIES

COLUMNS = (*PARAMETERS, *DERIVED)


class FakeModel:
    """Draws whose width is set by the number of quantities used; may be told to fail."""

    name = "stars/fake"
    parameters, derived, quantities = PARAMETERS, DERIVED, QUANTITIES

    def __init__(self):
        self.asked = []
        self.broken = False

    def observe(self, row):
        from astroviz.io.convert import from_mapping

        return row if hasattr(row, "states") else from_mapping(row, QUANTITIES)

    def simulate(self, n, seed=0, **settings):
        return simulate(n, torch.Generator().manual_seed(seed), **settings)

    def posterior(self, observation, index=0):
        return FakePosterior(self, observation.row(index))

    def prior(self, n, seed=0):
        names, units = self.columns(None)
        return Draws(made_up(n, seed, 10.0), names, units, seed, {})

    def predict(self, draws):
        return np.full((len(draws), 15), 12.0) + 0.1 * draws["a_v"][:, None]

    def sed(self, theta):
        wavelength = np.geomspace(0.3, 30, 64)
        line = 1e-10 / wavelength
        return {"wavelength": wavelength, "photosphere": line, "dusty": 0.5 * line,
                "excess": 0.1 * line}  # fmt: skip

    def columns(self, request):
        return tuple(c.name for c in COLUMNS), tuple(c.unit for c in COLUMNS)

    def batch_key(self, request):
        return request.n

    def draw(self, requests, device, control):
        if self.broken:
            raise RuntimeError("the model is out of order")
        self.asked += list(requests)
        extras = {
            "class_probabilities": np.array([0.5, 0.2, 0.2, 0.1]),
            "p_disk": np.float32(0.3),
            "p_young": np.float32(0.7),
            "ood_score": np.float32(0.1),
        }
        yield [Chunk(made_up(r.n, r.seed, float(r.inputs["width"])), {}, extras) for r in requests]


class FakePosterior:
    def __init__(self, model, observation):
        self.model, self.observation = model, observation

    def request(self, n, seed=0, steps=None, priority="interactive", prior_odds=1.0):
        star = self.observation
        width = np.array(1 + (20 - int(star.used.sum())) / 2)
        inputs = {"values": np.nan_to_num(star.values), "states": star.states, "width": width}
        return Request(self.model, inputs, n, seed, {"steps": steps}, priority)


def made_up(n, seed, width):
    rng = np.random.default_rng(seed)
    columns = [
        np.clip(rng.normal(0.5 * (c.lower + c.upper), 0.02 * width * (c.upper - c.lower), n),
                c.lower, c.upper) for c in COLUMNS
    ]  # fmt: skip
    return np.stack(columns, -1)


@pytest.fixture(scope="module")
def shared_model():
    return FakeModel()


@pytest.fixture
def model(shared_model):
    """One model for a module: its example catalogue is simulated once."""
    shared_model.asked.clear()
    shared_model.broken = False
    return shared_model


@pytest.fixture
def engine():
    with Engine(device="cpu") as made:
        yield made
