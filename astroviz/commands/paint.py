r"""Paint a table of haloes or galaxies with orientations and shapes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from astroviz.commands.box import catalogue_bytes, check_suffix

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz paint`."""
    parser.add_argument("table", type=Path, metavar="IN", help="positions in a periodic box")
    parser.add_argument(
        "--box-size", type=float, metavar="L", help="side of the box, Mpc/h, if the file has none"
    )
    parser.add_argument("--model", default="orientations", metavar="MODEL", help="(orientations)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the draws (0)")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or mps")
    parser.add_argument(
        "--length-unit", metavar="U", help="of positions: Mpc/h, Mpc, kpc/h or kpc"
    )
    parser.add_argument(
        "--mass-unit", metavar="U",
        help="of masses: Msun/h, Msun, 'log10 Msun/h', 'log10 Msun' or '1e10 Msun/h'",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, required=True, metavar="OUT",
        help="table to write, by its suffix: .parquet, .fits, .hdf5, .ecsv, .csv",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Read the table, draw an orientation for every galaxy, write, print the path."""
    from astroviz.core.registry import load
    from astroviz.orientations.box_tables import from_table

    check_suffix(args.out)
    if not args.table.is_file():
        raise ValueError(f"there is no table {args.table}")
    model = load(args.model, device=args.device)
    if not hasattr(model, "paint"):
        raise ValueError(f"{model.name} paints no boxes; take 'orientations'")
    box = from_table(
        args.table, args.box_size, seed=args.seed, length_unit=args.length_unit,
        mass_unit=args.mass_unit,
    )  # fmt: skip
    painted = model.paint(box, args.seed, progress=_tell)
    args.out.write_bytes(catalogue_bytes(painted.galaxies_table(), args.out))
    sys.stderr.write(f"\n{len(painted.galaxies)} galaxies\n")
    for note in painted.notes:
        sys.stderr.write(f"note: {note}\n")
    sys.stdout.write(f"{args.out}\n")
    return 0


def _tell(part: float) -> None:
    sys.stderr.write(f"\r{part:4.0%}")
    sys.stderr.flush()
