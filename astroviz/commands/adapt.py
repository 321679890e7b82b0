r"""Adapt the experiment's network to a table of real stars, and say whether it helped."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz adapt`."""
    parser.add_argument("table", metavar="IN", help="table of stars, in any format")
    parser.add_argument(
        "--labels", metavar="FILE",
        help="table of labels (Teff, A_V, log_age, log_mass, log_luminosity) with the same "
        "identifiers; by default the table's own columns of these names",
    )  # fmt: skip
    parser.add_argument("--no-labels", action="store_true", help="use no labels at all")
    parser.add_argument("--budget", default="2m", help="wall-clock time, as 90s or 5m (2m)")
    parser.add_argument("--steps", type=int, metavar="N", help="steps, instead of a budget")
    parser.add_argument("--no-transport", action="store_true", help="pairs only, no alignment")
    parser.add_argument("--no-guard", action="store_true", help="align populations as they are")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed (0)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR",
        help="folder to write the adapted model into, as my_models/stars/census; then "
        "ASTROVIZ_MODELS=my_models astroviz infer IN --model stars/census",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="machine-readable output")


def run(args: argparse.Namespace) -> int:
    """Adapt, write the model if it is wanted, print the verdict."""
    from astroviz.stars.adapt import adapt

    labels = False if args.no_labels else args.labels
    done = adapt(
        args.table, labels, args.budget, args.seed, _tell, steps=args.steps,
        transport=not args.no_transport, guard=not args.no_guard,
    )  # fmt: skip
    if args.out is not None:
        card = done.save(args.out)
        sys.stderr.write(f"written to {args.out} as {card.name}\n")
    for note in done.notes:
        sys.stderr.write(note + "\n")
    verdict = done.verdict
    if args.json:
        found = {"verdict": verdict.text, "before": verdict.before, "after": verdict.after,
                 "better": verdict.better, "steps": int(done.film.steps[-1])}  # fmt: skip
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        sys.stdout.write(verdict.text + "\n")
    return 0


def _tell(part: float) -> None:
    sys.stderr.write(f"{part:4.0%}\n")
    sys.stderr.flush()
