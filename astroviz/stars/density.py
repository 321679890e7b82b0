r"""The exact density of the flow.

.. math:: \ln q(\theta | x) = \ln N(w_0) + \ln|\partial w_0 / \partial w_1|
          + \ln|\partial w_1 / \partial z| + \ln|\partial z / \partial\theta|

where the second term integrates the exact trace of the velocity's Jacobian.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Request
from astroviz.core.solvers import solve_log_det
from astroviz.stars.features import N_PARAMETERS
from astroviz.stars.network import Block
from astroviz.stars.parameters import PARAMETERS, log_slope, to_z

if TYPE_CHECKING:
    from astroviz.stars.model import StarsModel

__all__ = ["log_density"]

_HALF_LOG_TAU = 0.9189385332046727


def log_density(
    model: StarsModel, inputs: dict[str, np.ndarray], theta: np.ndarray, steps: int
) -> np.ndarray:
    r"""Log density of parameters for a young star; see `Posterior.log_prob`."""
    if theta.ndim != 2 or theta.shape[1] != N_PARAMETERS:
        names = ", ".join(parameter.name for parameter in PARAMETERS)
        raise ValueError(f"theta must have shape (n, {N_PARAMETERS}) for {names}; it has "
                         f"{theta.shape}")  # fmt: skip
    # float64: normal scores near a bound lose their digits in single precision
    points = torch.from_numpy(theta.astype(np.float64))
    z = to_z(points)
    with torch.no_grad():
        request = Request(model, inputs, 1)
        context, tokens, given = model._encode([request])
        disk = model._odds(context, [request]).disk[0].double().cpu()
        blocks = model._blocks(context, tokens, given)
    parts = [_kind(model, block, z.float().to(model.device), given[0], steps) for block in blocks]
    chances = torch.stack([1 - disk, disk]).clamp(min=1e-30).log()
    total = torch.logsumexp(torch.stack(parts).double().cpu() + chances[:, None], 0)
    slope = torch.where(given[0].cpu(), torch.zeros_like(z), log_slope(z))
    total = total - slope.sum(-1)
    lower = torch.tensor([p.lower for p in PARAMETERS], dtype=torch.float64)
    upper = torch.tensor([p.upper for p in PARAMETERS], dtype=torch.float64)
    inside = ((points >= lower) & (points <= upper)).all(-1)
    return torch.where(inside, total, -torch.inf).numpy()


def _kind(model: StarsModel, block: Block, z: Tensor, given: Tensor, steps: int) -> Tensor:
    """Log density in normal scores for a star without, or with, a disk."""
    with torch.no_grad():
        mean = block.whitening.mean[0]
        w = ((z - block.shift[0]) / block.scale[0] - mean) @ block.whitening.factor[0].T
    modulation, wanted = block.modulation.detach(), block.wanted

    def velocity(t: Tensor, x: Tensor) -> Tensor:
        return model.network.velocity(x, t.reshape(1, 1, 1), modulation, wanted)

    solution = solve_log_det(velocity, w[None], steps=steps, method="rk4", start=1.0, stop=0.0)
    assert solution.log_det is not None
    # given parameters are not distributed: they bring no factor of their own
    normal = torch.where(given, 0.0, -0.5 * solution.x[0] ** 2 - _HALF_LOG_TAU).sum(-1)
    return normal + solution.log_det[0] + block.log_det()[0]
