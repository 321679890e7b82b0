r"""Measure speed on this machine, or accuracy on a public benchmark."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from typing import Any

__all__ = ["NAMES", "add_arguments", "run"]

# The keys of `benchmarks.BENCHMARKS`, which is imported late: it needs numpy.
NAMES = ("draws", "interactive", "rotations", "stars")

# Takes half an hour, so it runs only when it is asked for by name.
PUBLIC = "sbibm"
TASKS = ("two_moons", "gaussian_linear", "gaussian_mixture", "slcp")
# Takes forty minutes: every arm of the experiment on adaptation, for several seeds.
ARMS = "adaptation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz bench`."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME",
        help=f"one of {', '.join(NAMES)}, all of these if left out; or {PUBLIC}: train on the "
        "tasks of that benchmark and compare with its reference posteriors (half an hour); or "
        f"{ARMS}: every arm of the experiment on adaptation (40 minutes, can be resumed)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or mps")
    parser.add_argument(
        "--seeds", type=int, default=3, metavar="N", help=f"{ARMS}: seeds of every arm (3)"
    )
    parser.add_argument(
        "--folder", metavar="DIR",
        help=f"{ARMS}: where finished arms are kept; a folder of the user's cache if left out",
    )  # fmt: skip
    public = parser.add_argument_group(PUBLIC)
    public.add_argument(
        "--task", choices=TASKS, metavar="NAME", help=f"one of {', '.join(TASKS)}; all if left out"
    )
    public.add_argument("--simulations", type=int, default=10_000, metavar="N")
    public.add_argument("--seed", type=int, default=0, metavar="S")
    public.add_argument(
        "--draws", type=int, default=2_000, metavar="N",
        help="draws of each side in the classifier test; the benchmark's own figures use 10000",
    )  # fmt: skip
    public.add_argument(
        "--wheel", metavar="PATH",
        help="archive of sbibm 1.1.0; downloaded into the user's cache if left out",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Run one benchmark or all of them and print the figures."""
    from astroviz.commands.benchmarks import BENCHMARKS

    if args.name == PUBLIC:
        return _run_public(args)
    if args.name == ARMS:
        return _run_arms(args)
    names = list(NAMES) if args.name is None else [args.name]
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise ValueError(
            f"no benchmark named {unknown[0]!r}; there are {', '.join((*NAMES, PUBLIC, ARMS))}"
        )
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


def _run_public(args: argparse.Namespace) -> int:
    """One line for each task, as it is done; progress goes to standard error."""
    from astroviz.commands.benchmarks import sbibm

    tasks = TASKS if args.task is None else (args.task,)
    for figures in sbibm(
        tasks, args.wheel, args.simulations, args.seed, args.draws,
        _say,
    ):  # fmt: skip
        sys.stdout.write((json.dumps(figures) if args.json else _sentence(figures)) + "\n")
        sys.stdout.flush()
    return 0


def _run_arms(args: argparse.Namespace) -> int:
    """The table of the arms; each arm is said to standard error as it is done."""
    from astroviz.commands.benchmarks import adaptation

    for row in adaptation(args.seeds, args.folder, args.device, _say):
        if args.json:
            sys.stdout.write(json.dumps(row) + "\n")
            continue
        figures = "  ".join(
            f"{name} {row[name][0]:.3f} +- {row[name][1]:.3f}"
            for name in ("coverage of log age", "RMSE of log age", "bias of A_V",
                         "RMSE of log age on A")
        )  # fmt: skip
        sys.stdout.write(f"{row['target']:<10} {row['title']:<40} {figures}\n")
    return 0


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _sentence(figures: dict[str, Any]) -> str:
    published = ", ".join(
        f"{name} {value:.3f}" for name, value in figures["published_10k"].items()
    )
    text = (
        f"{figures['task']}: C2ST {figures['mean']:.3f} with {figures['simulations']} simulations "
        f"(goal {figures['goal']:.2f}, stretch {figures['stretch']:.2f}; published for 10000: "
        f"{published}), {figures['draws']} draws, seed {figures['seed']}, "
        f"{figures['seconds']:.0f} s"
    )
    extra = figures.get("all_conditionals")
    if extra:
        text += (
            f"; all conditionals {extra['mean']:.3f} (goal {extra['goal']:.2f}), as often as in "
            f"the published figure {extra['mean_published_masks']:.3f} (published: "
            f"{extra['published_10k']['simformer']:.3f})"
        )
    return text
