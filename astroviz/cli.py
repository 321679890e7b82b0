r"""The command line: one module of `astroviz.commands` per command."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from astroviz import __version__
from astroviz.commands import (
    adapt,
    bench,
    box,
    check,
    doctor,
    infer,
    lens,
    mock,
    models,
    paint,
    population,
    serve,
    train,
)

__all__ = ["build_parser", "main"]

_COMMANDS = (
    serve,
    infer,
    check,
    train,
    adapt,
    mock,
    box,
    paint,
    lens,
    population,
    models,
    doctor,
    bench,
)

# What a wrong file, value or name raises: the message is for the user, not for the developer.
_USER_ERRORS = (ValueError, LookupError, OSError, ImportError, ArithmeticError)


def build_parser() -> argparse.ArgumentParser:
    """The parser of `astroviz`; importing it costs neither torch nor panel."""
    parser = argparse.ArgumentParser(
        prog="astroviz",
        description="Open a trained astrophysics model and question it with your hands.",
    )
    parser.add_argument("--version", action="version", version=f"astroviz {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in _COMMANDS:
        name = module.__name__.rpartition(".")[2]
        summary = (module.__doc__ or "").strip().splitlines()[0]
        sub = commands.add_parser(name, help=summary, description=summary)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Arguments:
        argv: Words of the command line without the program's name; `sys.argv` when None.

    Returns:
        The exit status: 0 when the question was answered, 2 when the input was at fault,
        1 when astroviz was, 130 when interrupted.
    """
    args = build_parser().parse_args(argv)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except BrokenPipeError:
        # `astroviz models | head`: the reader left; give the interpreter nothing to flush into.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # a command line ends in a sentence, whatever went wrong
        if os.environ.get("ASTROVIZ_DEBUG"):
            traceback.print_exc()
        _say(_sentence(error))
        return 2 if isinstance(error, _USER_ERRORS) else 1


def _sentence(error: Exception) -> str:
    # str(KeyError("x")) is "'x'": take the message itself.
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    text = " ".join(text.split()) or type(error).__name__
    if isinstance(error, _USER_ERRORS):
        return text
    return f"{type(error).__name__}: {text} (set ASTROVIZ_DEBUG=1 to see where)"


def _say(text: str) -> None:
    sys.stderr.write(f"astroviz: {text}\n")
