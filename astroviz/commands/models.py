r"""List the models that are here, with their hashes."""

from __future__ import annotations

import argparse
import json
import sys

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz models`."""
    parser.add_argument("--json", action="store_true", help="machine-readable output")


def run(args: argparse.Namespace) -> int:
    """Print one line, or one JSON object, per model."""
    from astroviz.core.registry import list_models

    cards = list_models()
    if args.json:
        sys.stdout.write(json.dumps([card.to_dict() for card in cards], indent=2) + "\n")
        return 0
    if not cards:
        sys.stdout.write("no models found; train one with `astroviz train stars`\n")
    for card in cards:
        said = card.problem or card.title or card.kind
        sys.stdout.write(f"{card.name:<20} {card.sha256[:12]:<12}  {said}\n")
    return 0
