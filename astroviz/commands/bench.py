r"""Measure speed on this machine."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable

__all__ = ["BENCHMARKS", "add_arguments", "run"]

Figures = dict[str, float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz bench`."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; all if left out"
    )
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or mps")


def run(args: argparse.Namespace) -> int:
    """Run one benchmark or all of them and print the figures."""
    names = list(BENCHMARKS) if args.name is None else [args.name]
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise ValueError(f"no benchmark named {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    figures = {name: BENCHMARKS[name](args.device) for name in names}
    if args.json:
        machine = {"python": platform.python_version(), "machine": platform.platform()}
        sys.stdout.write(json.dumps({"machine": machine, "figures": figures}, indent=2) + "\n")
        return 0
    for name, values in figures.items():
        sys.stdout.write(f"{name}\n")
        for key, value in values.items():
            sys.stdout.write(f"  {key:<40} {value:12.4g}\n")
    return 0


def _draws(device: str) -> Figures:
    """Draws a second: 100 draws for each of 100 simulated stars, answered together."""
    raise RuntimeError("written when the model has landed")


def _star(device: str) -> Figures:
    raise RuntimeError("written when the model has landed")


BENCHMARKS: dict[str, Callable[[str], Figures]] = {"draws": _draws, "star": _star}
