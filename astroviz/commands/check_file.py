r"""The part of `astroviz check` that judges a file of draws of your own."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astroviz.accuracy.outcome import Report

__all__ = ["is_file", "lines_of", "run_file"]

_ENDINGS = (".npz", ".npy", ".parquet", ".pq", ".nc", ".netcdf", ".h5", ".hdf5", ".fits", ".csv",
            ".ecsv", ".vot", ".xml", ".pkl", ".pickle")  # fmt: skip


def is_file(name: str) -> bool:
    """Whether the word after `astroviz check` is a file and not a model.

    Example:
        >>> is_file("draws.npz"), is_file("stars/young")
        (True, False)
    """
    return name.lower().endswith(_ENDINGS) or Path(name).is_file()


def lines_of(report: Report) -> list[dict[str, Any]]:
    r"""One `{"name", "value", "bound", "passed"}` for each check that has a p-value.

    The value is Holm's adjusted p-value, so that it is compared with the family-wise level.

    Arguments:
        report: What `run_checks` found.
    """
    tested = [one for one in report.outcomes if one.p_value == one.p_value]
    ordered = sorted(tested, key=lambda one: one.p_value)
    adjusted: dict[str, float] = {}
    highest = 0.0
    for place, one in enumerate(ordered):
        highest = max(highest, min(1.0, one.p_value * (len(ordered) - place)))
        adjusted[one.check] = highest
    return [
        {"name": one.check, "value": float(f"{adjusted[one.check]:.6g}"), "bound": report.level,
         "passed": one.check not in report.rejected} for one in tested
    ]  # fmt: skip


def run_file(args: argparse.Namespace) -> int:
    """Judge the draws of a file and print `{"model", "seed", "verdict", "notes", "checks"}`."""
    from astroviz.accuracy.checks import run_checks
    from astroviz.accuracy.own import trial_of
    from astroviz.accuracy.validity import validated
    from astroviz.judging import write_report

    for option in ("simulations", "case", "card"):
        if getattr(args, option, None):
            raise ValueError(
                f"--{option} is for models: {args.model} is a file of draws, which has none"
            )
    trial = trial_of(args.model, getattr(args, "truths", None))
    trial = validated(trial, drop=bool(getattr(args, "drop", False)), seed=args.seed)
    wanted = _names(getattr(args, "checks", None))
    report = run_checks(trial, wanted, seed=args.seed)
    if getattr(args, "report", None):
        write_report(args.report, trial, report, command=_command(args, wanted), seed=args.seed)
    found = {
        "model": args.model, "seed": args.seed, "verdict": report.verdict(),
        "notes": list(report.notes), "checks": lines_of(report),
    }  # fmt: skip
    sys.stdout.write(json.dumps(found, allow_nan=False) + "\n")
    return 0


def _names(given: str | Sequence[str] | None) -> list[str] | None:
    if given is None:
        return None
    words = given.split(",") if isinstance(given, str) else list(given)
    return [word.strip() for word in words if word.strip()] or None


def _command(args: argparse.Namespace, wanted: Sequence[str] | None) -> str:
    words = ["astroviz", "check", args.model]
    if getattr(args, "truths", None):
        words += ["--truths", args.truths]
    words += ["--checks", ",".join(wanted)] if wanted else []
    words += ["--drop"] if getattr(args, "drop", False) else []
    words += ["--seed", str(args.seed), "--report", args.report]
    return shlex.join(words)
