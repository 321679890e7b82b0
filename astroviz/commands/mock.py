r"""Make a mock catalogue of one of the galaxies of the experiment on adaptation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz mock`."""
    parser.add_argument(
        "galaxy", metavar="GALAXY", help="A (the simulator), B or C (which play nature)"
    )
    parser.add_argument("--stars", type=int, default=100_000, metavar="N", help="number (100000)")
    parser.add_argument("--clusters", type=int, default=60, metavar="N", help="clusters (60)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed (0)")
    parser.add_argument(
        "--mix", default="prior", metavar="MIX",
        help="population: prior, or 'young and massive' (prior)",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, required=True, metavar="OUT",
        help="table to write; the suffix says which kind: .parquet, .fits, .ecsv, .csv",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Draw the stars, write the table, print its path."""
    from astroviz.stars.mock_galaxy import mock_catalogue
    from astroviz.stars.mock_table import write_mock

    catalogue = mock_catalogue(args.galaxy, args.stars, args.seed, args.mix, args.clusters)
    write_mock(catalogue, args.out, args.seed)
    dust = "fine" if args.galaxy != "A" else "coarse"
    sys.stderr.write(
        f"{len(catalogue)} stars of galaxy {args.galaxy}, {catalogue.domain.title}; its dust map "
        f"is a {dust} stand-in\n"
    )
    sys.stdout.write(f"{args.out}\n")
    return 0
