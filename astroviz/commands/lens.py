r"""Fit a lens to an image and draw the galaxy behind it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from astroviz.core.durations import seconds

__all__ = ["add_arguments", "run"]

_RADIUS = 2.6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `astroviz lens`."""
    parser.add_argument("image", type=Path, metavar="IMAGE", help="brightness, a FITS file")
    parser.add_argument(
        "--noise", type=Path, required=True, metavar="FITS",
        help="standard deviation of each pixel; 1e8 and more means masked",
    )  # fmt: skip
    parser.add_argument("--psf", type=Path, metavar="FITS", help="point-spread function")
    parser.add_argument(
        "--pixel-scale", type=float, default=0.05, metavar="S",
        help="arcsec per pixel, where the image has no WCS (0.05)",
    )  # fmt: skip
    parser.add_argument(
        "--radius", type=float, default=_RADIUS, metavar="R",
        help=f"pixels farther from the centre are not used, arcsec ({_RADIUS})",
    )  # fmt: skip
    parser.add_argument(
        "--covariance", default="correlated", metavar="C",
        help="noise between pixels: correlated and rescaled (measured on blank sky), given",
    )  # fmt: skip
    parser.add_argument(
        "--no-light", action="store_true", help="the lens galaxy's light is not in the image"
    )
    parser.add_argument("--budget", default="60s", help="time of the fit, as 20s or 5m (60s)")
    parser.add_argument(
        "--chains", type=int, default=4, metavar="N",
        help="chains of sources, each behind five lenses; 0 for the fit alone (4)",
    )  # fmt: skip
    parser.add_argument(
        "--model", default="lensing", metavar="MODEL", help="prior of sources (lensing)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the draws (0)")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or mps")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="OUT", help="FITS file to write"
    )


def run(args: argparse.Namespace) -> int:
    """Read the files, fit, draw, write, print what was found."""
    from astroviz.core.registry import load
    from astroviz.lensing.lens_files import lens_fits, lens_numbers
    from astroviz.lensing.observation import open_observation
    from astroviz.lensing.real_answers import answer_case, fit_case
    from astroviz.lensing.real_case import case_of

    _check(args)
    prior = None
    if args.chains:
        model = load(args.model, device=args.device)
        prior = getattr(model, "prior", model)
        if not hasattr(prior, "denoise"):
            raise ValueError(f"{args.model} is no prior of sources; take 'lensing'")
    full = open_observation(
        args.image, args.noise, args.psf, args.pixel_scale, not args.no_light,
    )  # fmt: skip
    case = case_of(full, args.radius, args.covariance)
    fit = fit_case(case, seconds(args.budget), args.seed, _Told("fit"), _go_on)
    answer = None
    if prior is not None:
        answer = answer_case(case, fit, prior, args.chains, args.seed, _Told("source"), _go_on)
    args.out.write_bytes(lens_fits(case, fit, answer))
    numbers = lens_numbers(case, fit, answer)
    for warning in numbers["warnings"]:
        sys.stderr.write(f"note: {warning}\n")
    sys.stdout.write(json.dumps(numbers, indent=1) + "\n" if args.json else _words(numbers))
    return 0


def _check(args: argparse.Namespace) -> None:
    """What can be said before any work."""
    for what, path in (("image", args.image), ("noise map", args.noise), ("PSF", args.psf)):
        if path is not None and not path.is_file():
            raise ValueError(f"there is no {what} at {path}")
    if args.out.suffix.lower() not in (".fits", ".fit"):
        raise ValueError(f"{args.out.name} must end in .fits: pictures and tables go into it")
    if not args.out.resolve().parent.is_dir():
        raise ValueError(f"there is no folder {args.out.resolve().parent} to write into")
    if args.chains < 0 or args.chains == 1:
        raise ValueError(f"{args.chains} chains cannot agree; give --chains 2 or more, or 0")


class _Told:
    """Writes how far a part of the work is."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __call__(self, share: float) -> None:
        end = "\n" if share >= 1.0 else ""
        sys.stderr.write(f"\r{self.what} {share:4.0%}{end}")
        sys.stderr.flush()


def _go_on() -> None:
    """Nothing stops the work but the keyboard."""


def _words(numbers: dict[str, Any]) -> str:
    """What was found, for a person."""
    lines = [
        f"{name:16s} {one['value']:9.4f} +- {one['error']:.4f} {one['unit']}".rstrip()
        for name, one in numbers["lens"].items()
    ]
    chi = f"reduced chi^2    {numbers['reduced_chi_square']:9.4f} with the noise map as given"
    if "reduced_chi_square_of_blank_sky" in numbers:
        chi += f"; blank sky itself has {numbers['reduced_chi_square_of_blank_sky']:.3f}"
    lines.append(chi)
    if "source" in numbers:
        source = numbers["source"]
        lines.append(
            f"source           {source['draws']} draws in {source['chains']} chains behind "
            f"{source['lenses']} lenses; largest R-hat {source['largest_r_hat']:.2f}"
        )
    return "\n".join(lines) + "\n"
