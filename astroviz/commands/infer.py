r"""Answer every row of a table: quantiles, class probabilities and a status per star."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz infer`."""
    parser.add_argument(
        "table",
        type=Path,
        metavar="IN",
        help="FITS, VOTable, Parquet, CSV, ECSV or AAS machine-readable table, by content",
    )
    parser.add_argument("--model", default="stars", help="name of the model (stars)")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="OUT",
        help="file to write; its format by its suffix (.parquet .csv .ecsv .fits .vot)",
    )
    parser.add_argument("--samples", type=int, default=500, metavar="N", help="draws a row (500)")
    parser.add_argument(
        "--keep-samples", action="store_true", help="add one list column of draws per parameter"
    )
    parser.add_argument(
        "--refine",
        action="store_true",
        help="move the draws to the exact posterior with the simulator's likelihood (1 s a row)",
    )
    parser.add_argument(
        "--want",
        metavar="NAMES",
        help="parameters and observables to draw, with commas: log_age,w1,w2 (all parameters)",
    )
    parser.add_argument(
        "--given",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a parameter that is known, such as a_v=0.5; may be repeated",
    )
    parser.add_argument(
        "--ignore", metavar="NAMES", default="", help="observables not to use: w3,w4"
    )
    parser.add_argument(
        "--within",
        metavar='"NAME LOW HIGH"',
        action="append",
        default=[],
        help='a parameter held between two values, such as "a_v 1 2"; may be repeated',
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the draws (0)")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or mps")
    parser.add_argument(
        "--columns",
        type=Path,
        metavar="MAP.toml",
        help='which column is which quantity: lines of g = "Gmag", g_error = "e_Gmag", or a full '
        "mapping",
    )


def run(args: argparse.Namespace) -> int:
    """Read, answer, write; progress and remarks go to standard error."""
    from astroviz.inference import infer_file

    report = infer_file(
        args.table,
        args.out,
        model=args.model,
        samples=args.samples,
        keep_samples=args.keep_samples,
        refine=args.refine,
        seed=args.seed,
        device=args.device,
        columns=args.columns,
        question=_question(args),
        progress=_progress if sys.stderr.isatty() else None,
    )
    for note in report.notes:
        sys.stderr.write(f"note: {note}\n")
    sys.stderr.write(report.sentence() + "\n")
    return 0


def _question(args: argparse.Namespace) -> dict[str, Any] | None:
    """What is wanted, given, ignored and held; None for the usual posterior."""
    if not (args.want or args.given or args.ignore or args.within):
        return None
    return {
        "wanted": _names(args.want),
        "given": _given(args.given),
        "ignored": _names(args.ignore),
        "within": _within(args.within),
    }


def _given(texts: list[str]) -> dict[str, float]:
    given = {}
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            given[name.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise ValueError(f"--given takes a name and a number, such as a_v=0.5, not {text!r}")
    return given


def _within(texts: list[str]) -> dict[str, tuple[float, float]]:
    """Intervals by name; several on one name are met together."""
    from astroviz.stars.question import merge_intervals

    found = []
    for text in texts:
        try:
            name, low, high = text.split()
            found.append((name, float(low), float(high)))
        except ValueError as error:
            raise ValueError(
                f'--within takes a name and two numbers, such as "a_v 1 2", not {text!r}'
            ) from error
    return merge_intervals(found)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _progress(done: int, total: int | None) -> None:
    of = f" of {total}" if total else ""
    sys.stderr.write(f"\r{done}{of} rows" + ("\n" if total is not None and done >= total else ""))
    sys.stderr.flush()
