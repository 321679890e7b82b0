r"""Rebuild a shipped model, or with --tables the tables it rests on."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from pathlib import Path

__all__ = ["SYSTEMS", "add_arguments", "run", "seconds"]

# The room of each system; its `train` module has `train(budget, device, out, ...)`.
SYSTEMS = {"stars": "astroviz.stars.train"}

_SCALE = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz train`."""
    parser.add_argument("system", help=f"what to train: {', '.join(SYSTEMS)}")
    parser.add_argument("--budget", default="30m", help="wall-clock time, as 90s, 30m or 2h (30m)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of models to write into; the checkout's models/ when run in one, "
        "else the user's data directory",
    )
    parser.add_argument("--smoke", action="store_true", help="a tiny model in seconds, to try it")
    parser.add_argument("--resume", action="store_true", help="continue an interrupted training")
    parser.add_argument(
        "--tables",
        action="store_true",
        help="rebuild the physical tables from their public sources (needs astroviz[tables])",
    )


def run(args: argparse.Namespace) -> int:
    """Train, then say where the model is."""
    system = args.system.partition("/")[0]
    if system not in SYSTEMS:
        raise ValueError(f"no training recipe for {args.system!r}; there is {', '.join(SYSTEMS)}")
    room = importlib.import_module(SYSTEMS[system])
    place = room.train(
        budget=seconds(args.budget),
        device=args.device,
        out=args.out,
        smoke=args.smoke,
        resume=args.resume,
        tables=args.tables,
    )
    sys.stdout.write(f"{place}\n")
    return 0


def seconds(text: str) -> float:
    """Seconds in a duration such as `90s`, `30m` or `1.5h`; plain numbers are seconds."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*(s|m|min|h|)\s*", text.lower())
    if match is None or float(match[1]) <= 0:
        raise ValueError(f"a budget is a positive duration such as 90s, 30m or 2h, not {text!r}")
    return float(match[1]) * _SCALE[match[2]]
