r"""Say what works here: device, versions, models, and what is missing."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version

from astroviz import __version__

__all__ = ["add_arguments", "package_report", "run"]

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz doctor`: it has none."""


def run(args: argparse.Namespace) -> int:
    """Print the report; the exit status is 1 where something needed is missing."""
    lines = [f"astroviz {__version__}, Python {platform.python_version()}, {platform.platform()}"]
    missing = []
    for name, found in package_report():
        lines.append(f"  {name:<20} {found or 'MISSING'}")
        if not found:
            missing.append(f"pip install {name}")
    device_lines, device_missing = _device_report()
    model_lines, model_missing = _model_report()
    missing += device_missing + model_missing
    browser = next((path for name in _CHROMIUM if (path := shutil.which(name))), None)
    lines += device_lines + model_lines
    lines.append(f"browser for tests: {browser or 'none (only tests marked ui need one)'}")
    sys.stdout.write("\n".join(lines) + "\n")
    if missing:
        sys.stdout.write("missing: " + "; ".join(missing) + "\n")
        return 1
    sys.stdout.write("nothing is missing\n")
    return 0


def package_report() -> list[tuple[str, str]]:
    """Every package astroviz needs at run time with its installed version, empty if absent."""
    try:
        wanted = requires("astroviz") or []
    except PackageNotFoundError:
        wanted = []
    names = [_bare(line) for line in wanted if "extra ==" not in line]
    report = []
    for name in sorted(names, key=str.lower):
        try:
            report.append((name, version(name)))
        except PackageNotFoundError:
            report.append((name, ""))
    return report


def _bare(requirement: str) -> str:
    for stop in "<>=!~;[ ":
        requirement = requirement.partition(stop)[0]
    return requirement


def _device_report() -> tuple[list[str], list[str]]:
    try:
        torch = importlib.import_module("torch")
        chosen = importlib.import_module("astroviz.core.device").resolve_device("auto")
    except ImportError as error:
        return ["device: unknown"], [f"a working torch ({error})"]
    lines = [f"device: {chosen} (auto), {torch.get_num_threads()} threads, {os.cpu_count()} cores"]
    if chosen.type == "cpu":
        lines.append("  no GPU found: everything works, large tables take longer")
    return lines, []


def _model_report() -> tuple[list[str], list[str]]:
    registry = importlib.import_module("astroviz.core.registry")
    lines, missing = ["models:"], []
    cards = registry.list_models()
    for card in cards:
        try:
            registry.verify(card)
            state = "ok"
        except (OSError, ValueError) as error:
            state = f"DAMAGED: {error}"
            missing.append(f"a sound copy of {card.name}")
        lines.append(f"  {card.name:<20} {card.sha256[:12]:<12} {state}")
    if not any(card.kind == "model" for card in cards):
        missing.append("a model (install astroviz again, or run `astroviz train stars`)")
    return lines, missing
