"""The model of young stars beside `sbi`'s FMPE and NPE, trained on complete stars, in one process.

    pip install "astroviz[bench]"
    python tests/benchmarks/bench_peers.py --cache peers

Speed: 100 draws for each of 100 stars (draws a second), 100 draws for each of many stars (stars
a second), 2,000 draws of one star (milliseconds); the best of several turns, in alternation.
Calibration: ranks of the truth on other stars. The peers see 22 numbers (11 observables and their
errors) and give six parameters in the same coordinates; ours gives nine parameters, four derived
quantities and the classes, through the door that the page uses. One line of JSON for each system,
then one with the ratios.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import pickle
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import astroviz
from astroviz.accuracy.calibration import coverage, ks_test, ranks
from astroviz.core.request import Alone
from astroviz.io.observations import State
from astroviz.stars.noise import BAND_NOISE
from astroviz.stars.parameters import PRIOR_TEXT, to_z
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import SimulatedStars, simulate

INNER = 6
YOUNG = (0.575, 0.425, 0.0, 0.0)
Sampler = Callable[[SimulatedStars, int, int], np.ndarray]  # stars, draws, seed -> (N, n, 6)
# sbi's builders and the sizes that come near our parameter block, and sbi's own default
PEERS = {
    "FMPE": {"kind": "FMPE", "hidden_features": 320, "num_layers": 6},
    "FMPE, default size": {"kind": "FMPE", "hidden_features": 100, "num_layers": 5},
    "NPE": {"kind": "NPE", "model": "nsf", "hidden_features": 150, "num_transforms": 7},
}


def complete(n: int, seed: int, physics: Physics) -> SimulatedStars:
    """Young stars of which all of Gaia, 2MASS and WISE was measured."""
    generator = torch.Generator().manual_seed(seed)
    parts: list[SimulatedStars] = []
    while sum(map(len, parts)) < n:
        stars = simulate(min(max(4 * n, 200), 100_000), generator, physics, YOUNG, "all")
        parts.append(stars.rows((stars.states[:, :11] == int(State.OBSERVED)).all(1)))
    return SimulatedStars.join(parts).rows(torch.arange(n))


def context(stars: SimulatedStars) -> Tensor:
    mags = (stars.values[:, 1:11] - 13) / 4
    parallax = stars.values[:, :1].clamp(min=0.05).log()
    errors = (stars.errors[:, :11].clamp(min=1e-4).log() + 3) / 2
    return torch.cat([parallax, mags, errors], 1).float()


def train_peer(name: str, physics: Physics, number: int, epochs: int, cache: Path) -> object:
    """Train one peer, or take it from the cache."""
    from sbi.inference import FMPE, NPE
    from sbi.neural_nets import posterior_flow_nn, posterior_nn

    # a peer that was trained on another simulator is not to be compared
    simulator = hashlib.sha256(repr((PRIOR_TEXT, BAND_NOISE, physics)).encode()).hexdigest()[:8]
    plain = name.replace(", ", "-").replace(" ", "-")
    path = cache / f"{plain}-{number}-{epochs}-{simulator}.pkl"
    if path.exists():
        return pickle.loads(path.read_bytes())
    settings = {k: v for k, v in PEERS[name].items() if k != "kind"}
    prior = torch.distributions.MultivariateNormal(torch.zeros(INNER), torch.eye(INNER))
    torch.manual_seed(0)
    if PEERS[name]["kind"] == "FMPE":
        trainer = FMPE(
            prior,
            vf_estimator=posterior_flow_nn(model="mlp", **settings),
            show_progress_bars=False,
        )
    else:
        trainer = NPE(prior, density_estimator=posterior_nn(**settings), show_progress_bars=False)
    stars = complete(number, 12345, physics)
    trainer.append_simulations(stars.z[:, :INNER].float(), context(stars))
    start = time.monotonic()
    network = trainer.train(
        training_batch_size=1000, learning_rate=1e-3, max_num_epochs=epochs, stop_after_epochs=10
    )
    posterior = trainer.build_posterior()
    size = sum(p.numel() for p in network.parameters())
    found = (posterior, {"training_seconds": time.monotonic() - start, "weights": size})
    cache.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(found))
    return found


def peer_sampler(posterior) -> Sampler:
    def sample(stars: SimulatedStars, n: int, seed: int) -> np.ndarray:
        torch.manual_seed(seed)
        found = posterior.sample_batched(
            (n,), x=context(stars), show_progress_bars=False, reject_outside_prior=False
        )
        return found.detach().transpose(0, 1).numpy()

    return sample


def our_sampler(model, kind: str = "flow") -> Sampler:
    """Through `draw`, as the engine asks: all columns, classes and the out-of-range score."""

    def sample(stars: SimulatedStars, n: int, seed: int) -> np.ndarray:
        observations = stars.observations
        requests = [
            model.posterior(observations, k).request(n, seed=seed + k, sampler=kind)
            for k in range(len(stars))
        ]
        parts: list[list[np.ndarray]] = [[] for _ in requests]
        for chunks in model.draw(requests, model.device, Alone()):
            for part, chunk in zip(parts, chunks, strict=True):
                if chunk is not None:
                    part.append(chunk.values)
        theta = np.nan_to_num(np.stack([np.concatenate(p) for p in parts])[..., :9], nan=1.0)
        return to_z(torch.from_numpy(theta))[..., :INNER].numpy()

    return sample


def block_sampler(model, steps: int, shortcut: bool = False) -> Sampler:
    """The network alone, as the peers are."""
    from astroviz.stars.checks import posterior_scores

    def sample(stars: SimulatedStars, n: int, seed: int) -> np.ndarray:
        generator = torch.Generator().manual_seed(seed)
        found = posterior_scores(model, stars, n, generator, steps=steps, shortcut=shortcut)
        return found[..., :INNER].numpy()

    return sample


def speed(samplers: dict[str, Sampler], physics: Physics, turns: int, many: int) -> dict:
    """Seconds of each task and system, the best of several turns."""
    tasks = {
        "hundred": (complete(100, 1, physics), 100),
        "many": (complete(many, 2, physics), 100),
        "one": (complete(1, 3, physics), 2000),
    }
    best: dict[str, dict[str, float]] = {name: {} for name in samplers}
    for turn in range(turns):
        for task, (stars, n) in tasks.items():
            if task == "many" and turn > 1:
                continue
            for name, sample in samplers.items():
                start = time.perf_counter()
                sample(stars, n, turn)
                spent = time.perf_counter() - start
                best[name][task] = min(spent, best[name].get(task, np.inf))
                sys.stderr.write(f"turn {turn}  {task:8s} {name:24s} {spent:8.3f} s\n")
    return {
        name: {
            "draws_per_second": 10_000 / found["hundred"],
            "stars_per_second": many / found["many"],
            "one_star_2000_draws_ms": 1000 * found["one"],
        }
        for name, found in best.items()
    }


def calibration(sample: Sampler, stars: SimulatedStars, draws: int = 100) -> dict:
    """How far coverage and ranks are from right, and how wide the posteriors are."""
    truths = stars.z[:, :INNER].numpy()
    found = np.concatenate(
        [sample(stars.rows(part), draws, 7 + int(part[0]))
         for part in torch.arange(len(stars)).split(100)]
    )  # fmt: skip
    u = ranks(truths, found)
    covered, error = coverage(u)
    distance, p = ks_test(u)
    spread = np.quantile(found, 0.84, axis=1) - np.quantile(found, 0.16, axis=1)
    gap = np.abs(np.median(found, axis=1) - truths)
    return {
        "coverage90": [round(float(c), 4) for c in covered],
        "coverage90_worst_error": float(np.abs(covered - 0.9).max()),
        "coverage90_standard_error": error,
        "ks_distance_mean": float(distance.mean()),
        "ks_p": [round(float(v), 4) for v in p],
        "half_width": [round(float(v), 4) for v in np.median(spread / 2, axis=0)],
        "median_error": [round(float(v), 4) for v in np.median(gap, axis=0)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=Path("peers"), help="trained peers")
    parser.add_argument("--number", type=int, default=100_000, help="stars they train on")
    parser.add_argument("--epochs", type=int, default=20, help="epochs they train for")
    parser.add_argument("--turns", type=int, default=3, help="turns of the timing")
    parser.add_argument("--many", type=int, default=300, help="stars of the long task")
    parser.add_argument("--test", type=int, default=1000, help="stars of the calibration")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--train-only", action="store_true", help="fill the cache and stop")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    warnings.simplefilter("ignore")
    logging.disable(logging.INFO)
    model = astroviz.load("stars", device="cpu")
    samplers: dict[str, Sampler] = {
        "astroviz": our_sampler(model),
        "astroviz, network alone": block_sampler(model, 8),
        "astroviz, few steps": our_sampler(model, "shortcut"),
        "astroviz, few steps, network alone": block_sampler(model, 2, shortcut=True),
    }
    notes = {name: {} for name in samplers}
    for name in PEERS:
        posterior, notes[name] = train_peer(
            name, model.physics, args.number, args.epochs, args.cache
        )
        samplers[name] = peer_sampler(posterior)
        sys.stderr.write(f"{name}: {notes[name]}\n")
    if args.train_only:
        return
    figures = speed(samplers, model.physics, args.turns, args.many)
    stars = complete(args.test, 4, model.physics)
    for name, sample in samplers.items():
        line = {"system": name, **notes[name], **figures[name], **calibration(sample, stars)}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    ratio = {
        f"{ours}, {task} over {peer}": round(figures[ours][task] / figures[peer][task], 2)
        for ours in ("astroviz", "astroviz, few steps")
        for peer in PEERS
        for task in ("draws_per_second", "stars_per_second")
    }
    sys.stdout.write(json.dumps({"threads": args.threads, "ratios": ratio}) + "\n")


if __name__ == "__main__":
    main()
