r"""Serve the gallery and every explorer to browsers."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz serve`."""
    parser.add_argument("--port", type=int, default=5006, help="port to listen on (5006)")
    parser.add_argument(
        "--address", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine)"
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument(
        "--password-file", type=Path, metavar="F", help="file whose first line is the password"
    )
    parser.add_argument(
        "--max-sessions", type=int, metavar="N", help="refuse visitors above this number"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from astroviz.dashboards.serve import serve

    # The address, and why a page is not available, belong on the terminal.
    logging.basicConfig(format="%(message)s")
    logging.getLogger("astroviz").setLevel(logging.INFO)
    serve(
        port=args.port,
        address=args.address,
        show=not args.no_browser,
        password_file=args.password_file,
        max_sessions=args.max_sessions,
        device=args.device,
    )
    return 0
