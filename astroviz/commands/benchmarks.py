r"""What `astroviz bench` measures: small functions from a device to named figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.io.observations import Observations

if TYPE_CHECKING:
    from astroviz.core.engine import Engine

__all__ = [
    "BENCHMARKS",
    "adaptation",
    "draws",
    "interactive",
    "rotations",
    "sbibm",
    "sources",
    "stars",
]

Figures = dict[str, float]
_MODEL = "stars"


def draws(device: str) -> Figures:
    """10,000 draws: 100 for each of 100 simulated stars, asked at once (best of three)."""
    model, engine = _open(device)
    with engine:
        seconds = min(_ask_all(model, engine, 100, 100, seed) for seed in range(3))
    return {"seconds for 100 x 100 draws": seconds, "draws a second": 10_000 / seconds}


def stars(device: str) -> Figures:
    """Stars a second at 100 draws each, over a table of 2,000, summaries included."""
    from astroviz.inference import infer

    model, engine = _open(device)
    engine.close()
    observations = _catalogue(model, 2_000, seed=0)
    start = time.perf_counter()
    infer(observations, model=model, samples=100, device=device)
    return {"stars a second": 2_000 / (time.perf_counter() - start)}


def interactive(device: str) -> Figures:
    """Milliseconds until the first chunk and until all of 2,000 draws of one star, p50 and p90."""
    model, engine = _open(device)
    observations = _catalogue(model, 40, seed=1)
    first, whole = [], []
    with engine:
        for row in range(len(observations)):
            request = model.posterior(observations, row).request(2_000, seed=row)
            start = time.perf_counter()
            ticket = engine.submit(request)
            for _ in ticket:
                first.append(time.perf_counter() - start)
                break
            ticket.result()
            whole.append(time.perf_counter() - start)
    return {
        f"{name}, p{level} ms": float(np.percentile(times[5:], level) * 1e3)
        for name, times in (("first chunk", first), ("2,000 draws", whole))
        for level in (50, 90)
    }


def sbibm(
    tasks: Sequence[str],
    wheel: str | None,
    simulations: int,
    seed: int,
    draws: int,
    report: Callable[[str], None] = lambda text: None,
) -> Iterator[dict[str, Any]]:
    r"""Figures of each task of the benchmark of simulation-based inference.

    Arguments:
        tasks: Names of the tasks.
        wheel: Path of the archive of `sbibm` 1.1.0; None to download it.
        simulations: Simulations to train on.
        seed: Seed of everything but the classifier, whose seed is 1.
        draws: Draws of each side in the classifier test.
        report: Called with lines of progress.
    """
    from astroviz.accuracy.c2st import c2st
    from astroviz.stars.sbibm_run import measure
    from astroviz.stars.sbibm_tasks import find_wheel

    if simulations < 100:
        raise ValueError(f"{simulations} simulations are too few; give --simulations 100 or more")
    if not 100 <= draws <= 10_000:
        raise ValueError(f"{draws} draws cannot be compared; give --draws from 100 to 10000")
    place = find_wheel(None if wheel is None else Path(wheel))
    for name in tasks:
        yield measure(
            name, place, c2st, simulations=simulations, seed=seed, draws=draws, report=report
        )


def rotations(device: str) -> Figures:
    """10,000 rotations of the checkerboard, 39 evaluations each, by the engine (best of three)."""
    from astroviz.core.engine import Engine
    from astroviz.core.registry import load

    model = load("orientations/densities", device=device)
    found = []
    with Engine(device=device) as engine:
        engine.submit(model.request("checkerboard", 16)).result()
        for seed in range(3):
            start = time.perf_counter()
            engine.submit(model.request("checkerboard", 10_000, seed)).result()
            found.append(time.perf_counter() - start)
    return {"seconds for 10,000 rotations": min(found), "rotations a second": 10_000 / min(found)}


def sources(device: str) -> Figures:
    """Seconds until 8 draws of a lensed source are first seen, and until they are done, by p50."""
    from astroviz.core.engine import Engine
    from astroviz.core.registry import load
    from astroviz.lensing.explorer import LensingExplorer

    explorer = LensingExplorer(load("lensing", device=device), view="sample", sample_count=8)
    seen, done = [], []
    with Engine(device=device) as engine:
        for seed in range(4):
            explorer.seed = seed
            request = explorer.sample_request()
            start, looks = time.perf_counter(), []
            ticket = engine.submit(request)
            for part in ticket:
                looks += [time.perf_counter() - start] if "images" in part.extras else []
            seen.append(looks[0])
            done.append(time.perf_counter() - start)
    first, whole = float(np.median(seen[1:])), float(np.median(done[1:]))
    return {"seconds until draws are seen": first, "seconds for 8 draws": whole}


def adaptation(
    seeds: int, folder: str | None, device: str, report: Callable[[str], None]
) -> list[dict[str, Any]]:
    r"""Mean and spread over seeds of every arm of the experiment on adaptation.

    Arguments:
        seeds: Number of seeds.
        folder: Where finished arms are kept, so that a run goes on where it stopped.
        device: Where the shipped network is opened.
        report: Called with a line for each arm that was run.
    """
    from astroviz.core.folders import cache_folder
    from astroviz.core.registry import find_model, load
    from astroviz.stars.adaptation_runs import Scale
    from astroviz.stars.adaptation_train import run_table, table_rows

    if seeds < 1:
        raise ValueError(f"{seeds} seeds make no table; give --seeds 1 or more")
    place = Path(folder) if folder else cache_folder() / "bench" / (
        f"adaptation-{find_model('stars/adaptation').sha256[:12]}"
    )  # fmt: skip
    report(f"finished arms are kept in {place}")
    network = load("stars/adaptation", device="cpu").network()
    return table_rows(list(run_table(network, place, Scale(), seeds, report)))


def _open(device: str) -> tuple[Any, Engine]:
    from astroviz.core.engine import Engine
    from astroviz.core.registry import load

    engine = Engine(device=device)
    model = load(_MODEL, device=device)
    _ask_all(model, engine, 4, 16, seed=99)  # the first call pays for lazy set-up
    return model, engine


def _catalogue(model: Any, n: int, seed: int) -> Observations:
    """Simulated stars with Gaia, 2MASS and WISE."""
    stars = model.simulate(n, seed=seed, pattern="all")
    return Observations(
        tuple(model.quantities),
        stars.values.numpy().astype(float),
        stars.errors.numpy().astype(float),
        stars.states.numpy(),
        np.arange(n).astype(str),
        np.full((n, 2), np.nan),
    )


def _ask_all(model: Any, engine: Engine, count: int, n: int, seed: int) -> float:
    observations = _catalogue(model, count, seed)
    requests = [
        model.posterior(observations, row).request(n, seed=row, priority="batch")
        for row in range(count)
    ]
    start = time.perf_counter()
    tickets = [engine.submit(request) for request in requests]
    for ticket in tickets:
        ticket.result()
    return time.perf_counter() - start


BENCHMARKS: dict[str, Callable[[str], Figures]] = {
    "draws": draws,
    "interactive": interactive,
    "rotations": rotations,
    "sources": sources,
    "stars": stars,
}
