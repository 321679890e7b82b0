r"""Measure speed on this machine."""

from __future__ import annotations

import argparse
import json
import platform
import sys

__all__ = ["NAMES", "add_arguments", "run"]

# The keys of `benchmarks.BENCHMARKS`, which is imported late: it needs numpy.
NAMES = ("draws", "interactive", "stars")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz bench`."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help=f"one of {', '.join(NAMES)}; all if left out"
    )
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or mps")


def run(args: argparse.Namespace) -> int:
    """Run one benchmark or all of them and print the figures."""
    from astroviz.commands.benchmarks import BENCHMARKS

    names = list(NAMES) if args.name is None else [args.name]
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise ValueError(f"no benchmark named {unknown[0]!r}; there are {', '.join(NAMES)}")
    figures = {name: BENCHMARKS[name](args.device) for name in names}
    if args.json:
        machine = {"python": platform.python_version(), "platform": platform.platform()}
        sys.stdout.write(json.dumps({"machine": machine, "figures": figures}, indent=2) + "\n")
        return 0
    for name, values in figures.items():
        sys.stdout.write(f"{name}\n")
        for key, value in values.items():
            sys.stdout.write(f"  {key:<44} {value:12.4g}\n")
    return 0
