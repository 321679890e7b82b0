r"""Four tasks of the benchmark of simulation-based inference, and its reference posteriors.

The simulators are written here from their definitions; observations and reference draws are read
from the archive of the `sbibm` package, which is never imported.

References:
    | Benchmarking simulation-based inference (Lueckmann et al. 2021)
    | https://arxiv.org/abs/2101.04653
    | All-in-one simulation-based inference (Gloeckler et al. 2024)
    | https://arxiv.org/abs/2404.09636
"""

from __future__ import annotations

import bz2
import hashlib
import io
import math
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from astroviz.core.folders import cache_folder

__all__ = ["OBSERVATIONS", "TASKS", "Task", "find_wheel", "read_reference", "two_moons"]

OBSERVATIONS = tuple(range(1, 11))
"""Numbers of the observations of each task."""

WHEEL = "sbibm-1.1.0-py2.py3-none-any.whl"
_SHA256 = "12ecc6b4d327b92f9225f08faa6405e4274fb8e75943d86a53157d1b1bcfaf74"
_NOISE = math.sqrt(0.1)
_Simulator = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class Task:
    r"""A prior, a simulator and what is known of their structure.

    Arguments:
        name: Its name in the benchmark.
        parameters: Number of parameters.
        data: Number of observables.
        simulator: From parameters (N, P) and a generator to observables (N, X).
        links: Undirected links between the variables, parameters first, shape (P + X, P + X).
        kinds: For each variable which embedding it has; exchangeable ones share theirs.
        bound: Half-width of the uniform prior; None for a normal prior of variance 0.1.
        goal: Mean C2ST to reach with 10,000 simulations.
        stretch: Mean C2ST to hope for.
        published: Mean C2ST of other systems with 10,000 simulations.
    """

    name: str
    parameters: int
    data: int
    simulator: _Simulator
    links: Tensor
    kinds: tuple[int, ...]
    bound: float | None
    goal: float
    stretch: float
    published: dict[str, float] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of variables."""
        return self.parameters + self.data

    def simulate(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Parameters from the prior, shape (N, P), and their observables, shape (N, X)."""
        if self.bound is None:
            theta = _NOISE * torch.randn(n, self.parameters, generator=generator)
        else:
            theta = self.bound * (2 * torch.rand(n, self.parameters, generator=generator) - 1)
        return theta, self.simulator(theta, generator)

    def inside(self, theta: Tensor) -> Tensor:
        """Whether parameters, shape (N, P), are possible under the prior."""
        if self.bound is None:
            return torch.ones(len(theta), dtype=torch.bool)
        return (theta.abs() <= self.bound).all(-1)


def find_wheel(path: Path | None = None) -> Path:
    r"""The archive of `sbibm` 1.1.0 (MIT), downloaded into the user's cache if need be.

    Arguments:
        path: Where it lies; by default the cache, where it is put by `pip download`.

    Raises:
        ConnectionError: It could not be downloaded.
        ValueError: The file is another one.
    """
    if path is None:
        path = cache_folder() / "sbibm" / WHEEL
        if not path.exists():
            _download(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there; leave --wheel out to download {WHEEL}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != _SHA256:
        raise ValueError(
            f"{path} has SHA-256 {digest[:12]}..., expected {_SHA256[:12]}...; delete it and "
            "let it be downloaded again"
        )
    return path


def _download(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
               "--only-binary", ":all:", "--dest", str(path.parent), "sbibm==1.1.0"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not path.exists():
        raise ConnectionError(
            "the reference posteriors of sbibm 1.1.0 could not be downloaded (is this machine "
            f"offline?); fetch {WHEEL} elsewhere with `pip download sbibm==1.1.0 --no-deps` and "
            "give it with --wheel"
        )


def read_reference(wheel: Path, task: str, number: int) -> tuple[Tensor, Tensor]:
    r"""An observation, shape (X,), and draws of its posterior, shape (10000, P).

    Arguments:
        wheel: The archive of the `sbibm` package.
        task: Name of the task.
        number: Number of the observation, 1 to 10.
    """
    folder = f"sbibm/tasks/{task}/files/num_observation_{number}/"
    with zipfile.ZipFile(wheel) as archive:
        told = archive.read(folder + "observation.csv")
        draws = bz2.decompress(archive.read(folder + "reference_posterior_samples.csv.bz2"))
    observation, reference = (
        torch.from_numpy(np.loadtxt(io.BytesIO(text), delimiter=",", skiprows=1, ndmin=2)).float()
        for text in (told, draws)
    )
    return observation.reshape(-1), reference


def _gaussian_linear(theta: Tensor, generator: torch.Generator) -> Tensor:
    return theta + _NOISE * torch.randn(theta.shape, generator=generator)


def _gaussian_mixture(theta: Tensor, generator: torch.Generator) -> Tensor:
    narrow = torch.rand(len(theta), 1, generator=generator) < 0.5
    noise = torch.randn(theta.shape, generator=generator)
    return theta + torch.where(narrow, 0.1, 1.0) * noise


def two_moons(theta: Tensor, generator: torch.Generator) -> Tensor:
    """The simulator of two_moons: from parameters (N, 2) to observables (N, 2)."""
    angle = math.pi * (torch.rand(len(theta), generator=generator) - 0.5)
    radius = 0.1 + 0.01 * torch.randn(len(theta), generator=generator)
    total, gap = (theta[:, 0] + theta[:, 1]), (theta[:, 1] - theta[:, 0])
    return torch.stack(
        [
            radius * angle.cos() + 0.25 - total.abs() / math.sqrt(2),
            radius * angle.sin() + gap / math.sqrt(2),
        ],
        -1,
    )


def _slcp(theta: Tensor, generator: torch.Generator) -> Tensor:
    first, second = torch.randn(2, len(theta), 4, generator=generator)
    centre_a, centre_b, root_a, root_b, twist = theta.T[..., None]
    rho = twist.tanh()
    a = centre_a + root_a**2 * first
    b = centre_b + root_b**2 * (rho * first + (1 - rho**2).sqrt() * second)
    return torch.stack([a, b], -1).flatten(1)


def _linked(size: int, *cliques: tuple[int, ...]) -> Tensor:
    """Everything linked to itself and to the members of its cliques."""
    links = torch.eye(size, dtype=torch.bool)
    for clique in cliques:
        index = torch.tensor(clique)
        links[index[:, None], index] = True
    return links


TASKS = {
    task.name: task
    for task in (
        Task(
            "two_moons", 2, 2, two_moons, _linked(4, tuple(range(4))), tuple(range(4)),
            bound=1.0, goal=0.58, stretch=0.53,
            published={"simformer": 0.525, "npe": 0.606},
        ),
        Task(
            "gaussian_linear", 10, 10, _gaussian_linear,
            _linked(20, *((k, k + 10) for k in range(10))), tuple(range(20)),
            bound=None, goal=0.55, stretch=0.51,
            published={"simformer": 0.508, "npe": 0.552},
        ),
        Task(
            "gaussian_mixture", 2, 2, _gaussian_mixture, _linked(4, tuple(range(4))),
            tuple(range(4)), bound=10.0, goal=0.58, stretch=0.52,
            published={"simformer": 0.515, "npe": 0.661},
        ),
        Task(
            # each point is linked to all parameters; points are independent given them
            "slcp", 5, 8, _slcp,
            _linked(13, *((*range(5), 5 + 2 * k, 6 + 2 * k) for k in range(4))),
            (*range(5), *((5, 6) * 4)),
            bound=3.0, goal=0.70, stretch=0.65,
            published={"simformer": 0.646, "npe": 0.901},
        ),
    )
}  # fmt: skip
"""The tasks by name. Published: Simformer with its undirected mask; the benchmark's own NPE."""
