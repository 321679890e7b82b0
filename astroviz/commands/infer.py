r"""Answer every row of a table: quantiles, class probabilities and a status per star."""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

__all__ = ["add_arguments", "read_mapping", "run"]


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
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the draws (0)")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or mps")
    parser.add_argument(
        "--columns",
        type=Path,
        metavar="MAP.toml",
        help='which column is which quantity, as lines of `g = "Gmag"`, `g_error = "e_Gmag"`',
    )


def run(args: argparse.Namespace) -> int:
    """Read, answer, write; progress and remarks go to standard error."""
    from astroviz.inference import infer_file

    mapping = None if args.columns is None else read_mapping(args.columns)
    report = infer_file(
        args.table,
        args.out,
        model=args.model,
        samples=args.samples,
        keep_samples=args.keep_samples,
        seed=args.seed,
        device=args.device,
        columns=mapping,
        progress=_progress if sys.stderr.isatty() else None,
    )
    for note in report.notes:
        sys.stderr.write(f"note: {note}\n")
    sys.stderr.write(report.sentence() + "\n")
    return 0


def read_mapping(path: Path) -> dict[str, str]:
    """Quantity (or `<quantity>_error`) to column name, from a TOML file, in [columns] or bare."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a TOML file: {error}") from error
    entries = content.get("columns", content)
    wrong = [key for key, value in entries.items() if not isinstance(value, str)]
    if wrong:
        raise ValueError(
            f'{path}: {", ".join(wrong)} must be the name of a column in quotes, as g = "Gmag"'
        )
    return dict(entries)


def _progress(done: int, total: int | None) -> None:
    of = f" of {total}" if total else ""
    sys.stderr.write(f"\r{done}{of} rows" + ("\n" if total is not None and done >= total else ""))
    sys.stderr.flush()
