r"""Make a universe in a box: galaxies in their cosmic web, with orientations of a known law."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

__all__ = ["add_arguments", "catalogue_bytes", "check_suffix", "run"]

_KINDS = {".parquet": "parquet", ".fits": "fits", ".csv": "csv", ".ecsv": "ecsv"}
_HDF5 = (".hdf5", ".h5")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz box`."""
    parser.add_argument("--size", type=float, default=75.0, metavar="L", help="side, Mpc/h (75)")
    parser.add_argument(
        "--grid", type=int, default=64, metavar="N", help="particles along a side (64)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of everything (0)")
    parser.add_argument(
        "--sigma8", type=float, metavar="V", help="amplitude of the fluctuations (0.8159)"
    )
    parser.add_argument(
        "--haloes", action="store_true", help="write the haloes instead of the galaxies"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="OUT",
        help="table to write, by its suffix: .parquet, .fits, .hdf5, .ecsv, .csv",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Make the box, write the table, print its path."""
    from astroviz.orientations.cosmic_web import make_box
    from astroviz.orientations.cosmology import PLANCK15

    check_suffix(args.out)
    universe = PLANCK15 if args.sigma8 is None else PLANCK15.replace(sigma8=args.sigma8)
    box = make_box(args.size, args.grid, args.seed, universe, progress=_tell)
    table = box.haloes_table() if args.haloes else box.galaxies_table()
    args.out.write_bytes(catalogue_bytes(table, args.out))
    sys.stderr.write(
        f"\n{len(box.haloes)} haloes and {len(box.galaxies)} galaxies in {box.size:g} Mpc/h; "
        "stellar masses, sizes and colours are stand-ins\n"
    )
    sys.stdout.write(f"{args.out}\n")
    return 0


def check_suffix(out: Path) -> None:
    """A ValueError if nothing can be written under this name: before minutes of work."""
    if out.suffix.lower() not in (*_KINDS, *_HDF5):
        known = ", ".join((*_KINDS, *_HDF5))
        raise ValueError(f"{out} has the suffix {out.suffix or 'none'!r}; take one of {known}")
    if not out.absolute().parent.is_dir():
        raise ValueError(f"there is no folder {out.absolute().parent} to write {out.name} into")


def catalogue_bytes(table: object, out: Path) -> bytes:
    """A table in the format that the suffix of `out` names."""
    suffix = out.suffix.lower()
    if suffix in _HDF5:
        from astroviz.orientations.hdf5_tables import hdf5_bytes

        return hdf5_bytes(table)
    from astroviz.io import table_bytes

    return table_bytes(table, _KINDS[suffix])


def _tell(part: float) -> None:
    sys.stderr.write(f"\r{part:4.0%}")
    sys.stderr.flush()
