r"""What the engine costs on top of the model: `python tests/benchmarks/bench_engine.py`.

Prints one JSON line. Both ways of asking take turns in one process, so that a busy machine slows
both alike:

- `direct_ms`, `engine_ms`: median time of one request of 2,000 draws from a small flow, called
  directly and through `submit(...).result()`; `ratio`: median over pairs of engine over direct;
- `overhead_ms`, `overhead_p90_ms`: what is added to a model that takes no time at all, where the
  difference is not lost in the noise of the model (goal: about 0.5 ms);
- `first_chunk_ms`: until the first part of the flow's answer is there;
- `cached_ms`: the same question again;
- `stale_jobs`, `lag_ms`: after 60 questions in a second under one latest-wins key, jobs that still
  began though nobody wanted them, and the time from the last question to its answer.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time

import numpy as np
import torch

from astroviz.core.engine import Engine
from astroviz.core.request import FIRST_CHUNK, Chunk, Request
from astroviz.core.solvers import solve

DRAWS = 2000
SIZE = 9


class SmallFlow:
    """A flow of two hidden layers, ten midpoint steps, as a room would run it."""

    name = "bench"

    def __init__(self, width=96):
        generator = torch.Generator().manual_seed(0)
        sizes = [SIZE, width, width, SIZE]
        self.layers = [
            torch.randn(a, b, generator=generator) / a**0.5 for a, b in itertools.pairwise(sizes)
        ]
        self.batches = 0

    def columns(self, request):
        return tuple(f"p{k}" for k in range(SIZE)), ("",) * SIZE

    def batch_key(self, request):
        return request.n

    def velocity(self, t, x):
        for layer in self.layers[:-1]:
            x = torch.tanh(x @ layer + t)
        return x @ self.layers[-1]

    def draw(self, requests, device, control):
        self.batches += 1
        generators = [torch.Generator().manual_seed(r.seed) for r in requests]
        done = 0
        while done < requests[0].n:
            size = FIRST_CHUNK if done == 0 else requests[0].n - done
            x = torch.stack([torch.randn(size, SIZE, generator=g) for g in generators])
            x = solve(self.velocity, x, steps=10, check=control.check).x
            done += size
            control.progress(done / requests[0].n)
            yield [Chunk(row.numpy()) for row in x]


class Instant:
    """A model that takes no time: zeros, in the chunks of a real one."""

    name = "instant"

    def columns(self, request):
        return tuple(f"p{k}" for k in range(SIZE)), ("",) * SIZE

    def batch_key(self, request):
        return request.n

    def draw(self, requests, device, control):
        for size in (FIRST_CHUNK, DRAWS - FIRST_CHUNK):
            for _ in range(10):
                control.check()
            yield [Chunk(np.zeros((size, SIZE), np.float32)) for _ in requests]


class Silent:
    """What a sampler hears when it is called directly."""

    max_draws = None

    def check(self):
        pass

    def progress(self, fraction):
        pass


def request(sampler, seed):
    return Request(sampler, {"x": np.zeros(20, np.float32)}, n=DRAWS, seed=seed)


def timed(act):
    start = time.perf_counter()
    act()
    return 1e3 * (time.perf_counter() - start)


def direct(sampler, seed):
    with torch.no_grad():
        parts = sampler.draw([request(sampler, seed)], torch.device("cpu"), Silent())
        np.concatenate([part[0].values for part in parts])


def pairs(engine, sampler, rounds):
    """Times of asking directly and through the engine, in ms, in turns, shape (rounds, 2)."""
    found = []
    for seed in range(100, 100 + rounds):
        ways = [
            lambda s=seed: direct(sampler, s),
            lambda s=seed: engine.submit(request(sampler, s)).result(),
        ]
        # who goes second finds warm memory: they take turns in that, too
        times = {k: timed(ways[k]) for k in ((0, 1) if seed % 2 else (1, 0))}
        found.append((times[0], times[1]))
    return np.array(found)


def first_chunk(engine, sampler, seed):
    """Time until the first part of an answer, in ms."""
    ticket = engine.submit(request(sampler, seed))
    took = timed(lambda: next(iter(ticket)))
    ticket.result()
    return took


def drag(engine, sampler, seconds=1.0, questions=60):
    """Ask again and again under one key, as a slider does; stale jobs and lag in ms."""
    before = sampler.batches
    for k in range(questions):
        asked = time.perf_counter()
        started = sampler.batches
        ticket = engine.submit(request(sampler, 10_000 + k), latest=("tab", "corner"))
        if k < questions - 1:
            time.sleep(max(0.0, seconds / questions - (time.perf_counter() - asked)))
    ticket.result()
    lag = 1e3 * (time.perf_counter() - asked)
    return max(sampler.batches - started - 1, 0), lag, sampler.batches - before


def main(rounds=200):
    torch.set_num_threads(1)
    flow, instant = SmallFlow(), Instant()
    with Engine(device="cpu") as engine:
        for sampler in (flow, instant):
            pairs(engine, sampler, 5)
            engine.cache.clear()
        times = pairs(engine, flow, rounds)
        light = np.diff(pairs(engine, instant, 5 * rounds))[:, 0]
        first = [first_chunk(engine, flow, 1000 + k) for k in range(rounds // 4)]
        cached = [timed(lambda: engine.submit(request(flow, 1000)).result()) for _ in range(50)]
        stale, lag, jobs = drag(engine, flow)
    result = {
        "name": "engine",
        "draws": DRAWS,
        "rounds": rounds,
        "direct_ms": float(np.median(times[:, 0])),
        "engine_ms": float(np.median(times[:, 1])),
        "ratio": float(np.median(times[:, 1] / times[:, 0])),
        "overhead_ms": float(np.median(light)),
        "overhead_p90_ms": float(np.quantile(light, 0.9)),
        "first_chunk_ms": statistics.median(first),
        "cached_ms": statistics.median(cached),
        "jobs_in_drag": jobs,
        "stale_jobs": stale,
        "lag_ms": lag,
    }
    rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in result.items()}
    sys.stdout.write(json.dumps(rounded) + "\n")


if __name__ == "__main__":
    main()
