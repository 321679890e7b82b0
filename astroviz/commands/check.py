r"""Check a model's calibration on fresh simulations, or draws of your own; prints JSON only."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from typing import TYPE_CHECKING, Any

from astroviz.commands.check_file import is_file, run_file

if TYPE_CHECKING:
    from astroviz.accuracy.trial import Trial

__all__ = ["LEVEL", "SIMULATIONS", "add_arguments", "run"]

LEVEL = 0.01
"""Chance that a right model is rejected by any of the checks of a trial."""
SIMULATIONS = 300
"""Fresh simulations of a trial."""

_QUICK = 100
_DRAWS = 100
# Without data to be told apart by, two samples of one law are what is left to compare.
_OF_LAWS = ("pqmass", "mmd", "sliced")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz check`."""
    parser.add_argument("model", metavar="MODEL", help="name of the model, as stars; or a file "
                        "of draws with their true values")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="pool cells; ends within 50 s")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the checks (0)")
    parser.add_argument("--json", action="store_true", help="the default: standard output is JSON")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or mps")
    parser.add_argument("--report", metavar="FILE.html", help="put the model on trial and write "
                        "one page of figures that opens offline; JSON beside it")  # fmt: skip
    parser.add_argument("--checks", metavar="NAME,...", help="put the model on trial by these "
                        "checks only")  # fmt: skip
    parser.add_argument("--simulations", type=int, metavar="N", help="put the model on trial "
                        f"on N fresh simulations ({SIMULATIONS})")  # fmt: skip
    parser.add_argument("--case", default="", metavar="CASE", help="what of the model to put on "
                        "trial; a wrong name lists the cases")  # fmt: skip
    parser.add_argument("--card", action="store_true", help="put the model on trial and write "
                        "the verdict into its card")  # fmt: skip
    parser.add_argument("--truths", metavar="FILE", help="true values, for a file of draws "
                        "that has none")  # fmt: skip
    parser.add_argument("--drop", action="store_true", help="leave out objects whose draws are "
                        "not finite, with a note")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Simulate, compare, print `{"model", "seed", "checks": [...]}`."""
    if is_file(args.model):
        return run_file(args)
    if args.report or args.checks or args.simulations or args.case or args.card:
        return _try(args)
    found = {"model": args.model, "seed": args.seed, "checks": _figures(args)}
    _print(found)
    return 0


def _print(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found, allow_nan=False) + "\n")


def _figures(args: argparse.Namespace) -> list[dict[str, Any]]:
    """The figures of the model's own checks beside their goals."""
    from astroviz.accuracy.report import verdicts
    from astroviz.core.registry import load

    model = load(args.model, device=args.device)
    return verdicts(model.checks(seed=args.seed, quick=args.quick), args.quick, args.seed)


def _try(args: argparse.Namespace) -> int:
    """Put the model on trial: fresh simulations, named checks, a report, a card."""
    from astroviz.core.registry import find_model
    from astroviz.core.trials import NoTrialError, case_of, cases

    card = find_model(args.model)
    try:
        case = case_of(card, args.case)
    except NoTrialError as error:
        if args.case or args.checks or args.simulations:
            raise ValueError(str(error)) from error
        return _tell_figures(args, card)
    from astroviz.accuracy.card_checks import from_report
    from astroviz.accuracy.checks import run_checks
    from astroviz.commands.check_file import lines_of
    from astroviz.judging import write_report

    trial = _trial(args, case)
    report = run_checks(trial, _wanted(args, trial), LEVEL, args.seed)
    if args.report:
        write_report(args.report, trial, report, card, _command(args), seed=args.seed)
    if args.card:
        _write(card, from_report(report, case, cases(args.model)[case], args.seed))
    _print({
        "model": args.model, "seed": args.seed, "case": case, "verdict": report.verdict(),
        "notes": list(report.notes), "checks": lines_of(report),
    })  # fmt: skip
    return 0


def _trial(args: argparse.Namespace, case: str) -> Trial:
    from astroviz.accuracy.trial import join
    from astroviz.accuracy.validity import validated
    from astroviz.core.trials import trial_parts

    count = args.simulations or (_QUICK if args.quick else SIMULATIONS)
    parts = trial_parts(args.model, count, _DRAWS, args.seed, case=case)
    return validated(join(parts), drop=args.drop, seed=args.seed)


def _wanted(args: argparse.Namespace, trial: Trial) -> list[str]:
    """The checks that were named; else the suite, and for a law those of two samples too."""
    from astroviz.accuracy.checks import default_suite, obstacles

    if args.checks:
        return [word.strip() for word in args.checks.split(",") if word.strip()]
    barred = obstacles(trial)
    further = _OF_LAWS if trial.observations is None else ()
    return [*default_suite(trial), *(name for name in further if not barred.get(name, "no"))]


def _tell_figures(args: argparse.Namespace, card: Any) -> int:
    """Report and card of a model that has no posterior, from its own figures."""
    from astroviz.accuracy.card_checks import from_verdicts
    from astroviz.accuracy.report_parts import figure_parts
    from astroviz.judging import write_page

    found = _figures(args)
    if args.report:
        write_page(args.report, figure_parts(found, card, _command(args), args.seed))
    if args.card:
        _write(card, from_verdicts(found, args.seed))
    _print({"model": args.model, "seed": args.seed, "checks": found})
    return 0


def _write(card: Any, found: dict[str, Any]) -> None:
    from astroviz.accuracy.card_checks import with_checks
    from astroviz.core.cards import write_card

    write_card(card.path, with_checks(card, found))


def _command(args: argparse.Namespace) -> str:
    words = ["astroviz", "check", args.model]
    for name in ("case", "checks", "simulations"):
        if getattr(args, name):
            words += [f"--{name}", str(getattr(args, name))]
    words += [f"--{name}" for name in ("quick", "drop") if getattr(args, name)]
    return shlex.join([*words, "--seed", str(args.seed), "--report", str(args.report)])
