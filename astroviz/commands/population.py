r"""Fit the population of a table of photometry."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astroviz.core.durations import seconds

if TYPE_CHECKING:
    from astroviz.galaxies.population import Population
    from astroviz.galaxies.selection import Selection

__all__ = ["add_arguments", "run"]

_LIMIT = re.compile(r"^\s*(\w+)\s*([<>])\s*([-+]?\d+(?:\.\d+)?)\s*$")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz population`."""
    parser.add_argument("table", type=Path, metavar="IN", help="table of galaxies, in any format")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR",
                        help="folder to write the population into")  # fmt: skip
    parser.add_argument("--filters", default="sdss", metavar="F",
                        help="set of filters, as sdss, lsst, sdss+2mass (sdss)")  # fmt: skip
    parser.add_argument("--photometry", default="ab", metavar="P",
                        help="ab, vega, sdss_asinh or flux_nmgy (ab)")  # fmt: skip
    parser.add_argument("--columns", type=Path, metavar="MAP.toml",
                        help='band to its column: r = "rmag", r_error = "e_rmag"')  # fmt: skip
    parser.add_argument("--not-corrected", action="store_true",
                        help="correct for Galactic extinction by the table's columns")  # fmt: skip
    parser.add_argument("--limit", action="append", default=[], metavar='"r < 17.77"',
                        help="magnitude limit of the survey; may be repeated")  # fmt: skip
    parser.add_argument("--selection", type=Path, metavar="JSON",
                        help="selection as the page exports it, instead of --limit")  # fmt: skip
    parser.add_argument("--prior", default="survey", metavar="P",
                        help="survey, popsed or mock (survey)")  # fmt: skip
    parser.add_argument("--blind", action="store_true",
                        help="use no redshifts, even where the table has them")  # fmt: skip
    parser.add_argument("--entropy", type=float, metavar="W",
                        help="weight of staying with the prior (0.003)")  # fmt: skip
    parser.add_argument("--budget", default="10m", help="wall-clock time, as 90s or 15m (10m)")
    parser.add_argument(
        "--steps", type=int, metavar="N", help="steps of each flow, if not by time"
    )
    parser.add_argument("--members", type=int, metavar="N", help="flows (by the budget)")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted fit")
    parser.add_argument("--draws", type=Path, metavar="OUT",
                        help="write draws too: FITS, Parquet, VOTable, CSV or ECSV")  # fmt: skip
    parser.add_argument("--samples", type=int, default=100_000, metavar="N",
                        help="how many draws (100000)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed (0)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace) -> int:
    """Read the table, fit, write, print how well the population makes the photometry."""
    from astroviz.galaxies.catalogue import read_catalogue
    from astroviz.galaxies.fit_catalogue import fit_catalogue
    from astroviz.galaxies.fit_settings import FitSettings
    from astroviz.io.export import output_format

    if not args.table.is_file():
        raise ValueError(f"there is no table at {args.table}")
    if args.draws is not None:
        output_format(args.draws.name)
    budget = seconds(args.budget) if args.steps is None else None
    catalogue = read_catalogue(
        args.table, args.filters, _columns(args.columns), args.photometry, not args.not_corrected
    )
    for note in (*catalogue.notes, *catalogue.problems):
        sys.stderr.write(f"note: {note}\n")
    checkpoints = args.out / "checkpoints"
    if not args.resume and checkpoints.is_dir():
        for old in checkpoints.glob("*.pt"):
            old.unlink()
    settings = None if args.entropy is None else FitSettings(
        entropy=args.entropy, last_entropy=args.entropy / 6)  # fmt: skip
    population = fit_catalogue(
        catalogue, _selection(args, catalogue.bands), args.prior, budget, args.seed,
        redshifts=not args.blind, settings=settings, members=args.members, steps=args.steps,
        control=_Told(),
        checkpoints=checkpoints, name=args.table.stem,
    )  # fmt: skip
    sys.stderr.write("\n")
    population.save(args.out)
    if args.draws is not None:
        _write_draws(population, args)
    report = population.report
    sys.stdout.write(json.dumps(report, indent=1) + "\n" if args.json else _words(population))
    return 0


class _Told:
    """Writes how far the fit is."""

    max_draws: int | None = None

    def check(self) -> None:
        """Nothing stops the fit but the keyboard."""

    def progress(self, fraction: float) -> None:
        """Write the part that is done."""
        sys.stderr.write(f"\rfit {fraction:4.0%}")
        sys.stderr.flush()


def _columns(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"the columns in {path} cannot be read: {error}") from error
    return found


def _selection(args: argparse.Namespace, bands: tuple[str, ...]) -> Selection | None:
    """What the survey keeps, as the options say."""
    from astroviz.galaxies.selection import MagnitudeLimit, Selection

    if args.selection is not None:
        if args.limit:
            raise ValueError("give --limit or --selection, not both")
        if not args.selection.is_file():
            raise ValueError(f"there is no selection at {args.selection}")
        return Selection.from_json(args.selection.read_text(encoding="utf-8")).for_bands(bands)
    terms = []
    short = {band.rpartition("_")[2]: band for band in bands}
    for text in args.limit:
        said = _LIMIT.match(text)
        if said is None:
            raise ValueError(f'{text!r} is no limit: write it as "r < 17.77"')
        name, sign, limit = said.groups()
        band = short.get(name, name)
        if band not in bands:
            raise ValueError(f"no band {name!r} in the table; there are {', '.join(short)}")
        terms.append(MagnitudeLimit(band, float(limit), faint=sign == "<"))
    return Selection(tuple(terms), bands) if terms else None


def _write_draws(population: Population, args: argparse.Namespace) -> None:
    from astroviz.io.export import write_table

    draws = population.sample(args.samples, args.seed)
    write_table(draws.to_table(), args.draws)
    sys.stderr.write(f"{args.samples} draws of all galaxies, seen or not: {args.draws}\n")


def _words(population: Population) -> str:
    """What was found, for a person."""
    report = population.report
    lines = ["KS distance of each feature from galaxies held out, and that of the prior alone"]
    for name, one in report["features"].items():
        lines.append(f"  {name:20s} {one['ks']:6.3f} {one['ks_prior']:6.3f}")
    sliced = report["distance"]["sliced"]
    lines.append(
        f"sliced distance {sliced['value']:.4f}; floor {sliced['floor']:.4f}, "
        f"prior {sliced['prior']:.4f}"
    )
    lines.append(
        f"{len(population.members)} flows, {report['galaxies']} galaxies, "
        f"{report['seconds']:.0f} s"
    )
    return "\n".join(lines) + "\n"
