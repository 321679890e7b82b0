r"""Observables as the question: what would a survey that has not looked see?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from astroviz.core.draws import Draws
from astroviz.core.request import Alone, Request
from astroviz.core.solvers import solve
from astroviz.io.observations import State
from astroviz.stars.features import N_OBSERVABLES, unstandardise
from astroviz.stars.outlook import outlook
from astroviz.stars.surveys import QUANTITIES, index_of

if TYPE_CHECKING:
    from astroviz.stars.model import StarsModel

__all__ = ["predict_observables"]


def predict_observables(
    model: StarsModel,
    inputs: dict[str, np.ndarray],
    names: tuple[str, ...],
    n: int,
    seed: int,
    steps: int = 8,
    learned: bool = False,
) -> Draws:
    r"""Joint draws of observables given everything else.

    The posterior of the star is drawn, and the simulator shows what each draw would look like; or
    the second flow of the network, which has learned to predict observables, is asked.

    What is wanted is hidden from the network first, should it have been observed. The draws hold
    the star's own scatter (variability, mismatch of the model) but no survey noise: add that of
    the survey in question.

    Arguments:
        model: The model.
        inputs: Arrays of one star, from `Posterior.inputs`.
        names: Short names of observables.
        n: Number of draws.
        seed: Seed of the draws.
        steps: Midpoint steps of the second flow.
        learned: Ask the second flow.

    Returns:
        A column for each name, in canonical units.
    """
    if not names:
        raise ValueError("nothing is wanted: name one observable at least, such as 'w1'")
    columns = [index_of(name) for name in names]
    states = inputs["states"].copy()
    states[columns] = int(State.IGNORED)
    found = [QUANTITIES[column] for column in columns]
    names, units = tuple(q.name for q in found), tuple(q.unit for q in found)
    inputs = {**inputs, "states": states}
    if not learned:
        simulated = _simulated(model, inputs, n, seed)
        return Draws(simulated[:, columns], names, units, seed)
    wanted = torch.zeros(1, N_OBSERVABLES, dtype=torch.bool)
    wanted[0, columns] = True
    start = torch.randn(1, n, N_OBSERVABLES, generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        context, tokens, _ = model._encode([Request(model, inputs, n)])
        block = model.network.observables_block(context, tokens, wanted.to(model.device))

        def velocity(t: Tensor, w: Tensor) -> Tensor:
            t = t.reshape(1, 1, 1)
            return model.network.sky_velocity(w, t, block.modulation, block.wanted)

        w = solve(velocity, start.to(model.device), steps=steps, method="midpoint").x
        values = unstandardise(block.unwhiten(w)[0].cpu())
    return Draws(values[:, columns].numpy(), names, units, seed)


def _simulated(model: StarsModel, inputs: dict[str, np.ndarray], n: int, seed: int) -> np.ndarray:
    """All observables of draws of the posterior, shape (n, 20)."""
    sampler = model.samplers[-1]
    options = {"sampler": sampler, "steps": model.steps_of(sampler)}
    z, disk, _ = model.scores(Request(model, inputs, n, seed, options), n, Alone())
    draws = model._columns_of(z, disk, repair=True)
    generator = torch.Generator().manual_seed((seed + 104_729) % 2**63)
    return outlook(draws, inputs, model.physics, generator).numpy()
