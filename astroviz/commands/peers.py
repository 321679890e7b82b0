r"""The race against the peer toolbox: FMPE and NPE of `sbi` on the same complete stars.

The peers are networks of like size, trained here from the same simulator on stars whose parallax
and ten magnitudes are all there, in standardised values and errors. They are told less than our
model, which takes any gaps, and answer less: six parameters instead of nine and four derived ones.

References:
    | sbi (Boelts et al. 2024), https://arxiv.org/abs/2411.17337
    | FMPE (Dax et al. 2023), https://arxiv.org/abs/2305.17161
"""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from astroviz.accuracy.calibration import ranks
from astroviz.core.engine import Engine, Limits
from astroviz.core.registry import load
from astroviz.io.observations import Observations, State
from astroviz.stars.parameters import to_z

__all__ = ["peers"]

_USED = 11  # parallax and the bands of Gaia, 2MASS and WISE
_KEPT = 6  # parameters that every young star has
_POOL, _TEST, _RACE, _DRAWS = 50_000, 1_000, 100, 100
_YOUNG = (0.575, 0.425, 0.0, 0.0)

# Stars to draw for, shape (N,), and draws of each -> normal scores, shape (N, n, 6).
_Sampler = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class _Stars:
    """Complete simulated stars: what they are, and what is seen of them."""

    z: Tensor
    context: Tensor
    observations: Observations

    def rows(self, rows: np.ndarray) -> Tensor:
        return self.context[torch.from_numpy(rows)]


def peers(device: str, minutes: float = 5.0) -> dict[str, float]:
    r"""Draws a second, coverage and CRPS, ours and the peers': 100 draws for each of 100 stars.

    All are timed in turn, three rounds after a warm-up, and the median counts: a machine that is
    busy with something else is busy for all of them.

    Arguments:
        device: Where to run.
        minutes: Training time of each peer. Our model comes trained, for longer than the default:
            give the peers as much for a fair comparison of calibration.
    """
    _need_sbi()
    model = load("stars", device=device)
    pool, test = _complete(model, _POOL, seed=1), _complete(model, _TEST, seed=2)
    figures: dict[str, float] = {}
    with Engine(device, limits=Limits(cache_bytes=0)) as engine:
        samplers = {"astroviz": _ours(model, engine, test)}
        for name, network in _networks(pool).items():
            figures[f"{name}: weights"] = float(sum(p.numel() for p in network.parameters()))
            _train(network.to(model.device), pool, 60.0 * minutes, model.device)
            samplers[name] = _theirs(name, network, test, model.device)
        speed = _race(samplers)
        for name, sampler in samplers.items():
            figures[f"{name}: draws a second"] = speed[name]
            figures |= _calibration(name, sampler, test)
    for name in list(samplers)[1:]:
        figures[f"astroviz over {name}: speed"] = speed["astroviz"] / speed[name]
    return figures


def _need_sbi() -> None:
    if importlib.util.find_spec("sbi") is None:
        raise ImportError("the race needs the peer toolbox: pip install 'astroviz[bench]'")


def _networks(pool: _Stars) -> dict[str, nn.Module]:
    """The peers: of about the size of our encoder and velocity network, and as sbi makes them."""
    from sbi.neural_nets import posterior_flow_nn, posterior_nn

    builders = {
        "FMPE": posterior_flow_nn("mlp", hidden_features=256, num_layers=8),
        "FMPE of default size": posterior_flow_nn("mlp"),
        "NPE": posterior_nn("nsf", hidden_features=160, num_transforms=5),
    }
    return {name: build(pool.z[:5000], pool.context[:5000]) for name, build in builders.items()}


def _complete(model: Any, n: int, seed: int) -> _Stars:
    """Stars that all eleven observables were measured of: `n`, or a few hundred less."""
    # A quarter to a third of young stars at these distances is bright enough for all of them.
    stars = model.simulate(5 * n, seed=seed, class_weights=_YOUNG, pattern="all")
    whole = (stars.states[:, :_USED] == int(State.OBSERVED)).all(1).nonzero()[:n, 0]
    whole = whole[: len(whole) // _RACE * _RACE]
    values, errors = stars.values[whole, :_USED], stars.errors[whole, :_USED]
    context = torch.cat([values, errors.clamp(min=1e-4).log()], 1).float()
    observations = Observations(
        tuple(model.quantities),
        stars.values[whole].numpy().astype(float),
        stars.errors[whole].numpy().astype(float),
        stars.states[whole].numpy(),
        np.arange(len(whole)).astype(str),
        np.full((len(whole), 2), np.nan),
    )
    return _Stars(stars.z[whole, :_KEPT].float(), context, observations)


def _train(network: Any, pool: _Stars, seconds: float, device: torch.device) -> None:
    """AdamW with half a cosine over the time budget, as our own networks are trained."""
    generator = torch.Generator().manual_seed(3)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    start = time.monotonic()
    while True:
        for rows in torch.randperm(len(pool.z), generator=generator).split(512):
            part = (time.monotonic() - start) / seconds
            if part >= 1:
                network.eval()
                return
            for group in optimiser.param_groups:
                group["lr"] = 1e-3 * (0.5 * (1 + math.cos(math.pi * part)) + 1e-3)
            loss = network.loss(pool.z[rows].to(device), pool.context[rows].to(device)).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()


def _ours(model: Any, engine: Engine, test: _Stars) -> _Sampler:
    names = [parameter.name for parameter in model.parameters]

    def sample(rows: np.ndarray, n: int) -> np.ndarray:
        tickets = [
            engine.submit(model.posterior(test.observations, int(row)).request(n, seed=int(row)))
            for row in rows
        ]
        theta = np.stack([ticket.result()[names] for ticket in tickets])
        scores = to_z(torch.from_numpy(np.nan_to_num(theta, nan=1.0)).reshape(-1, len(names)))
        return scores[:, :_KEPT].reshape(len(rows), n, _KEPT).numpy()

    return sample


def _theirs(name: str, network: Any, test: _Stars, device: torch.device) -> _Sampler:
    from sbi.inference.posteriors import DirectPosterior, VectorFieldPosterior

    shape = torch.zeros(_KEPT, device=device)
    prior = torch.distributions.Independent(torch.distributions.Normal(shape, shape + 1), 1)
    if "FMPE" in name:
        posterior: Any = VectorFieldPosterior(network, prior, sample_with="ode")
    else:
        posterior = DirectPosterior(network, prior)

    def sample(rows: np.ndarray, n: int) -> np.ndarray:
        x = test.rows(rows).to(device)
        drawn = posterior.sample_batched((n,), x=x, show_progress_bars=False)
        return drawn.transpose(0, 1).cpu().numpy()

    return sample


def _race(samplers: dict[str, _Sampler]) -> dict[str, float]:
    """Draws a second of each, by the median of three rounds in which all take their turn."""
    rows = np.arange(_RACE)
    times: dict[str, list[float]] = {name: [] for name in samplers}
    for sampler in samplers.values():
        sampler(rows[:4], 16)
    for _ in range(3):
        for name, sampler in samplers.items():
            start = time.perf_counter()
            sampler(rows, _DRAWS)
            times[name].append(time.perf_counter() - start)
    return {name: _RACE * _DRAWS / float(np.median(taken)) for name, taken in times.items()}


def _calibration(name: str, sample: _Sampler, test: _Stars) -> dict[str, float]:
    """On all test stars, by the 90 % intervals and by a score that rewards sharpness too."""
    parts = np.arange(len(test.z)).reshape(-1, _RACE)
    draws = np.concatenate([sample(rows, _DRAWS) for rows in parts])
    truths = test.z.numpy()
    u = ranks(truths, draws)
    coverage = ((u > 0.05) & (u < 0.95)).mean(0)
    return {
        f"{name}: worst miss of 90 % coverage": float(np.abs(coverage - 0.9).max()),
        f"{name}: mean CRPS": _crps(truths, draws),
    }


def _crps(truths: np.ndarray, draws: np.ndarray) -> float:
    """Continuous ranked probability score in normal scores: lower is sharper at equal truth."""
    n = draws.shape[1]
    ordered = np.sort(draws, axis=1)
    weights = (2 * np.arange(1, n + 1) - n - 1) / (n * (n - 1))
    spread = (ordered * weights[:, None]).sum(1)
    return float((np.abs(draws - truths[:, None]).mean(1) - spread).mean())
