r"""Check a model on fresh simulations, or a file of your own draws; prints JSON only."""

from __future__ import annotations

import argparse
import json
import sys

from astroviz.commands.check_file import is_file, run_file

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz check`."""
    parser.add_argument(
        "model", metavar="MODEL", help="name of the model, as stars; or a file of draws"
    )
    parser.add_argument("--quick", action="store_true", help="pool cells; ends within 50 s")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the checks (0)")
    parser.add_argument("--json", action="store_true", help="the default: standard output is JSON")
    parser.add_argument("--truths", metavar="FILE", help="true values, where the file has none")
    parser.add_argument("--drop", action="store_true", help="leave out draws that are not finite")
    parser.add_argument("--checks", metavar="NAMES", help="only these checks, as sbc,tarp")
    parser.add_argument("--report", metavar="FILE.html", help="write a page, and JSON beside it")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or mps")


def run(args: argparse.Namespace) -> int:
    """Simulate, compare, print `{"model", "seed", "checks": [...]}`."""
    if is_file(args.model):
        return run_file(args)
    from astroviz.accuracy.report import verdicts
    from astroviz.core.registry import load

    model = load(args.model, device=args.device)
    blocks = model.checks(seed=args.seed, quick=args.quick)
    checks = verdicts(blocks, quick=args.quick, seed=args.seed)
    report = {"model": args.model, "seed": args.seed, "checks": checks}
    sys.stdout.write(json.dumps(report, allow_nan=False) + "\n")
    return 0
