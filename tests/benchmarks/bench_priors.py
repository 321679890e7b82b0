"""Priors: how alike their draws are to unseen images, and what they cost, against alternatives.

    python tests/benchmarks/bench_priors.py [--priors galaxies galaxies16 ...] [--draws 512]
        [--steps 40] [--pairs 0] [--card] [--field]

One line of JSON for each figure:

- `network`: time of a call of the shipped 32 px denoiser and of a training step, against a plain
  UNet of (32, 64, 96) channels that keeps all pixels at its finest level, in the same process;
- `images`: procedural galaxies a second on one thread, against drawing one after another with the
  same law;
- for each prior, PQMass against unseen images: of the pixels and of six measurements of each
  image; beside them the same of other unseen images (`null`) and of a Gaussian with the mean and
  covariance of the law (`gaussian`), which shows what each statistic can see; and how much nearer
  draws are to images of the training set than to unseen ones (`heart`), for stamps;
- with `--pairs N`: the same of the pixels for N pairs of draws and unseen images, their mean and
  its error; beside it that of other images of the training set, which is the floor of a prior that
  was taught on few images;
- with `--field`: Heun in `--steps` steps against Euler-Maruyama in 4,000 steps, as the field
  samples, for the 16 px prior: time of each, and PQMass of each.

With `--card` the figures go into the metrics of the cards; weights are not touched.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from astroviz.core.cards import write_card
from astroviz.core.pqmass import pqmass
from astroviz.core.registry import list_models
from astroviz.lensing.prior import DEFAULT_STEPS, NetworkPrior, open_prior
from astroviz.lensing.prior_checks import figures, measurements, nearest, unseen
from astroviz.lensing.prior_laws import law
from astroviz.lensing.procedural import galaxies
from astroviz.lensing.stamps import stamps, varied
from astroviz.lensing.unet import Block


class PlainUNet(nn.Module):
    """A UNet as one would write it: three levels, full resolution at the finest."""

    def __init__(self, widths: tuple[int, ...] = (32, 64, 96)) -> None:
        super().__init__()
        code = 64
        self.register_buffer("pitch", torch.exp(torch.linspace(-1, 2, code // 2)))
        self.first = nn.Conv2d(1, widths[0], 3, padding=1)
        self.down = nn.ModuleList(Block(width, code) for width in widths)
        self.shrink = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.middle = Block(widths[-1], code)
        self.up = nn.ModuleList(Block(width, code) for width in widths[::-1])
        self.join = nn.ModuleList(nn.Conv2d(2 * width, width, 1) for width in widths[::-1])
        self.grow = nn.ModuleList(
            nn.Conv2d(b, a, 1) for a, b in zip(widths[-2::-1], widths[:0:-1], strict=True)
        )
        self.last = nn.Conv2d(widths[0], 1, 3, padding=1)

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        waves = level[:, None] * self.pitch
        code = torch.cat([waves.cos(), waves.sin()], 1)
        x, kept = self.first(x), []
        for k, block in enumerate(self.down):
            x = block(x, code)
            kept.append(x)
            x = self.shrink[k](x) if k < len(self.shrink) else x
        x = self.middle(x, code)
        for k, block in enumerate(self.up):
            x = block(self.join[k](torch.cat([x, kept.pop()], 1)), code)
            if k < len(self.grow):
                x = functional.interpolate(self.grow[k](x), scale_factor=2.0)
        return self.last(x)


def fastest(action: Callable[[], Any], times: int = 5) -> float:
    """Least time of a call, seconds."""
    action()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        found.append(time.perf_counter() - start)
    return min(found)


def network(prior: NetworkPrior, batch: int = 64) -> dict[str, Any]:
    ours, plain = prior.network.network, PlainUNet().to(memory_format=torch.channels_last)
    x = torch.randn(batch, 1, prior.pixels, prior.pixels)
    level = torch.zeros(batch)
    plain_x = x.contiguous(memory_format=torch.channels_last)
    found: dict[str, float] = {}
    for name, model, given in (("ours", ours, x), ("plain", plain, plain_x)):
        model.requires_grad_(False)
        with torch.no_grad():
            found[f"{name}_forward_ms"] = fastest(lambda m=model, g=given: m(g, level))
        model.requires_grad_(True)
        found[f"{name}_train_ms"] = fastest(
            lambda m=model, g=given: m(g, level).square().mean().backward()
        )
        model.requires_grad_(False)
    found = {key: round(1e3 * value / batch, 3) for key, value in found.items()}
    size = {f"{name}_parameters": sum(p.numel() for p in model.parameters())
            for name, model in (("ours", ours), ("plain", plain))}  # fmt: skip
    return {
        "what": "network", "batch": batch, **found, **size,
        "ratio": round(found["plain_forward_ms"] / found["ours_forward_ms"], 2),
        "train_ratio": round(found["plain_train_ms"] / found["ours_train_ms"], 2),
    }  # fmt: skip


def images(n: int = 4096, single: int = 128) -> dict[str, Any]:
    law = torch.Generator().manual_seed(0)
    together = fastest(lambda: galaxies(n, law), 3) / n

    def each() -> None:
        for _ in range(single):
            galaxies(1, law)

    alone = fastest(each, 2) / single
    return {"what": "images", "per_second": round(1 / together), "one_by_one": round(1 / alone),
            "ratio": round(alone / together, 1)}  # fmt: skip


def gaussian(prior: NetworkPrior, n: int) -> Tensor:
    """Draws of a Gaussian with the mean and covariance of the prior's law."""
    many = unseen(prior, max(4 * prior.dim, 1000), 77)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        law = torch.distributions.MultivariateNormal(
            many.mean(0), torch.cov(many.T) + 1e-5 * torch.eye(prior.dim)
        )
        return law.sample((n,))


def pairs(prior: NetworkPrior, n: int, number: int) -> dict[str, Any]:
    """Mean PQMass, with its error, over pairs of samples with seeds of their own."""
    known = law(prior.card.config, held_out=False)
    found: dict[str, list[float]] = {"draws": [], "learned": [], "null": []}
    for seed in range(number):
        truth = unseen(prior, n, 1_000_003 + seed)
        samples = {
            "draws": prior.sample(n, seed).cpu(),
            "null": unseen(prior, n, 2_000_006 + seed),
        }
        if known is not None:
            samples["learned"] = known(n, torch.Generator().manual_seed(77 + seed)).flatten(1)
        for name, sample in samples.items():
            found[name].append(pqmass(sample, truth, min(100, n // 4), seed=seed).reduced)
    return {name: [round(float(np.mean(values)), 3),
                   round(float(np.std(values, ddof=1) / number**0.5), 3)]
            for name, values in found.items() if values}  # fmt: skip


def draws(prior: NetworkPrior, n: int, steps: int, card: bool, number: int = 0) -> dict[str, Any]:
    start = time.perf_counter()
    found = figures(prior, n, steps=steps)
    seconds = time.perf_counter() - start
    first = unseen(prior, n, 1_000_003)
    other, cells = gaussian(prior, n), min(100, n // 4)
    control = pqmass(other, first, cells).reduced
    few = pqmass(measurements(other), measurements(first), cells, standardise=True).reduced
    line: dict[str, Any] = {
        "what": prior.name, "draws": n, "steps": steps, "seconds": round(seconds, 1),
        "pixels": {"draws": found.drawn.reduced, "null": found.null.reduced, "gaussian": control},
        "measurements": {"draws": found.measured.reduced, "null": found.measured_null.reduced,
                         "gaussian": few},
        "ratio": round(found.drawn.reduced / found.null.reduced, 3),
    }  # fmt: skip
    if prior.card.config["data"] == "hubble":
        line["heart"] = by_heart(prior, min(n, 128))
    more: dict[str, float] = {}
    if number:
        line["pairs"] = pairs(prior, n, number)
        words = {
            "draws": "draws",
            "learned": "images of the training set",
            "null": "unseen images",
        }
        more = {f"PQMass chi2/dof of {words[name]} against unseen images, mean of {number}": mean
                for name, (mean, _) in line["pairs"].items()}  # fmt: skip
    if card:
        metrics = {**prior.card.metrics, **found.metrics(),
                   "PQMass chi2/dof of a Gaussian of the same mean and covariance":
                   round(control, 3),
                   "PQMass chi2/dof of its measurements": round(few, 3), **more}  # fmt: skip
        assert prior.card.path is not None
        write_card(prior.card.path, dataclasses.replace(prior.card, metrics=metrics))
    return line


def by_heart(prior: NetworkPrior, n: int) -> float:
    """Median distance to the nearest of as many variations of learned and of unseen stamps."""
    law = torch.Generator().manual_seed(3)
    seen, held = (varied(stamps(part), 6000, law, prior.pixels).flatten(1)
                  for part in (False, True))  # fmt: skip
    drawn = prior.sample(n, 5)
    return round(float(nearest(drawn, seen).median() / nearest(drawn, held).median()), 3)


@torch.no_grad()
def field(prior: NetworkPrior, n: int, steps: int) -> dict[str, Any]:
    """Heun against Euler-Maruyama with a geometric schedule, equal in its time."""
    start = time.perf_counter()
    ours = prior.sample(n, 1, steps)
    fast = time.perf_counter() - start
    law, number = torch.Generator().manual_seed(1), 4000
    ratio = (prior.sigma_min / prior.sigma_max) ** (1 / number)
    sigma = prior.sigma_max
    start = time.perf_counter()
    x = prior.mean + sigma * torch.randn(n, prior.dim, generator=law)
    for _ in range(number):
        gain = sigma**2 * -2 * math.log(ratio)
        x = x + gain * prior.score(x, sigma) + gain**0.5 * torch.randn(x.shape, generator=law)
        sigma *= ratio
    x = prior.denoise(x, sigma)
    slow = time.perf_counter() - start
    truth = unseen(prior, n, 9)
    both = [pqmass(measurements(a), measurements(truth), n // 4, standardise=True).reduced
            for a in (ours, x)]  # fmt: skip
    return {
        "what": "field", "draws": n, "heun_s": round(fast, 1), "euler_maruyama_s": round(slow, 1),
        "ratio": round(slow / fast, 1), "measurements": {"heun": both[0], "field": both[1]},
        "pixels": {"heun": pqmass(ours, truth, n // 4).reduced,
                   "field": pqmass(x, truth, n // 4).reduced},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    there = [card.name.partition("/")[2] for card in list_models("lensing")
             if card.config.get("network") == "prior"]  # fmt: skip
    parser.add_argument("--priors", nargs="*", default=there)
    parser.add_argument("--draws", type=int, default=512)
    parser.add_argument("--steps", type=int, default=DEFAULT_STEPS)
    parser.add_argument("--pairs", type=int, default=0, help="repeat with so many samples")
    parser.add_argument("--card", action="store_true", help="write the figures into the cards")
    parser.add_argument("--field", action="store_true", help="4,000 Euler-Maruyama steps too")
    args = parser.parse_args()
    torch.set_num_threads(1)
    say(network(open_prior("galaxies")))
    say(images())
    for name in args.priors:
        say(draws(open_prior(name), args.draws, args.steps, args.card, args.pairs))
    if args.field:
        say(field(open_prior("galaxies16"), min(args.draws, 128), args.steps))


def say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
