r"""Rebuild a shipped model, or with --tables the tables it rests on."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

from astroviz.core.durations import seconds

__all__ = ["SYSTEMS", "add_arguments", "destination", "run", "seconds"]

# The room of each system, with a `build_tables` module that has `build(sources, out, progress)`,
# and the module that has `train(budget, device, out, ...)`.
SYSTEMS = {
    "stars": "astroviz.stars",
    "adaptation": "astroviz.stars",
    "orientations": "astroviz.orientations",
    "lensing": "astroviz.lensing",
    "galaxies": "astroviz.galaxies",
}
_RECIPES = {"adaptation": "adaptation_train"}
# Systems whose `train` takes the part that is named behind the slash.
_PARTED = ("orientations", "lensing", "galaxies")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz train`."""
    parser.add_argument("system", help=f"what to train: {', '.join(SYSTEMS)}")
    parser.add_argument("--budget", default="60m", help="wall-clock time, as 90s, 30m or 2h (60m)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of models to write into; by default models/ of the checkout that astroviz "
        "is installed from with -e, else the user's folder; with --smoke a temporary one",
    )
    parser.add_argument("--smoke", action="store_true", help="a tiny model in seconds, to try it")
    parser.add_argument("--resume", action="store_true", help="continue an interrupted training")
    parser.add_argument(
        "--tables",
        action="store_true",
        help="rebuild the physical tables from their public sources (needs astroviz[tables])",
    )
    parser.add_argument(
        "--colours",
        type=Path,
        metavar="CSV",
        help="with --tables: observed colours by Teff (Pecaut & Mamajek 2013) to compare with; "
        "the residuals go into the card",
    )


def run(args: argparse.Namespace) -> int:
    """Say where the model will be, train, and print that place."""
    system, _, part = args.system.partition("/")
    if system not in SYSTEMS:
        raise ValueError(f"no training recipe for {args.system!r}; there is {', '.join(SYSTEMS)}")
    budget = seconds(args.budget)
    folder, reason = destination(args.out, args.smoke and not args.tables)
    _say(f"writing to {folder / system}: {reason}")
    if args.tables and system in _PARTED:
        raise ValueError(f"{system} rests on no tables; leave --tables away")
    if args.tables:
        place = _build_tables(system, folder, args.colours)
    else:
        recipe = _RECIPES.get(system, "train")
        room = importlib.import_module(f"{SYSTEMS[system]}.{recipe}")
        named = {"part": part} if system in _PARTED else {}
        place = room.train(
            budget=budget, device=args.device, out=folder, smoke=args.smoke, resume=args.resume,
            **named,
        )  # fmt: skip
    sys.stdout.write(f"{place}\n")
    if folder not in importlib.import_module("astroviz.core.registry").model_folders():
        _say(f"set ASTROVIZ_MODELS={folder} to open what was written there")
    return 0


def destination(out: Path | None, smoke: bool = False) -> tuple[Path, str]:
    """Folder of models to write into, and why it is this one.

    Arguments:
        out: As the user says; None to choose.
        smoke: The model is a tiny one, which must take no good one's place.
    """
    if out is not None:
        return out, "as --out says"
    if smoke:
        return Path(tempfile.mkdtemp(prefix="astroviz-")), "a trial is kept apart; --out keeps it"
    registry = importlib.import_module("astroviz.core.registry")
    folder: Path = registry.writable_folder()
    if folder != registry.user_folder():
        return folder, "the checkout that astroviz is installed from with `pip install -e`"
    reason = "your own folder of models, as astroviz is an installed copy"
    if Path("pyproject.toml").is_file() and Path("astroviz", "cli.py").is_file():
        reason += " and not this checkout (`--out models` writes here)"
    return folder, reason


def _build_tables(system: str, folder: Path, colours: Path | None) -> Path:
    """Rebuild the physical tables; archives are kept in the user's cache."""
    folders = importlib.import_module("astroviz.core.folders")
    builder = importlib.import_module(f"{SYSTEMS[system]}.build_tables")
    sources = folders.cache_folder() / "sources"
    _say(f"archives are kept in {sources}")
    if colours is not None and not colours.is_file():
        raise ValueError(f"there is no table of colours at {colours}; give a CSV file, or none")
    place: Path = builder.build(sources, folder / system / "tables", _tell, colours=colours)
    spectra = importlib.import_module(f"{SYSTEMS[system]}.build_spectra")
    spectra.build(sources, folder / system / "spectrographs", _tell)
    return place


def _tell(part: float, text: str) -> None:
    _say(f"{part:4.0%} {text}")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
