r"""The recipes of the priors: `astroviz train lensing/galaxies` and its kin."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Generator

from astroviz.lensing.prior_fit import PriorFit, PriorFitting, fit_prior, say
from astroviz.lensing.prior_laws import Images, law
from astroviz.lensing.unet import Denoiser

__all__ = ["RECIPES", "Recipe", "checkpoint_of", "images_of", "teach", "train"]

_MEASURING = 0.08  # of the budget, for the figures of the card
_SMALL: dict[str, Any] = {"widths": [16, 16], "blocks": 1, "middle": 1, "code": 16}


_ANEW = PriorFit()


@dataclass(frozen=True)
class Recipe:
    r"""How one prior is made.

    Arguments:
        data: What it learns: `all`, `elliptical`, `spiral`, `hubble` or `digits`.
        pixels: Side of an image.
        network: Arguments of `UNet` but for the pixels.
        start: Prior that it is fine-tuned from; empty to begin anew.
        fit: Settings of the training, its budget aside.
        digits: Digits that it sees.
    """

    data: str
    pixels: int = 32
    network: dict[str, Any] = field(default_factory=lambda: {"widths": [48, 96]})
    start: str = ""
    fit: PriorFit = _ANEW
    digits: tuple[int, ...] = tuple(range(10))


_TUNING = PriorFit(rate=7e-4, warm_up=50)
_DIGITS = {"widths": [48, 48], "code": 32}
RECIPES: dict[str, Recipe] = {
    "galaxies": Recipe("all"),
    "galaxies16": Recipe("all", 16, {"widths": [48, 64]}),
    "digits04": Recipe("digits", 16, _DIGITS, digits=(0, 1, 2, 3, 4)),
    "digits": Recipe("digits", 16, _DIGITS),
    "ellipticals": Recipe("elliptical", start="galaxies", fit=_TUNING),
    "spirals": Recipe("spiral", start="galaxies", fit=_TUNING),
    "hubble": Recipe("hubble", start="galaxies", fit=_TUNING),
    "galaxies64": Recipe(
        "all",
        64,
        {"widths": [96, 160], "middle": 3, "patch": 2},
        fit=PriorFit(batch=256, rate=1e-3, decay=0.9995),
    ),
}
"""Parts of `astroviz train lensing`, fine-tunes after what they start from."""


def images_of(recipe: Recipe) -> Images:
    """Where the images of a recipe come from."""
    if recipe.data == "hubble":
        from astroviz.lensing.stamps import stamps, varied

        seen = stamps()
        return lambda n, generator: varied(seen, n, generator, recipe.pixels)
    config = {"data": recipe.data, "pixels": recipe.pixels, "digits": recipe.digits}
    known = law(config, held_out=False)
    if known is None:
        raise ValueError(f"there is no data set {recipe.data!r}")
    return known


def teach(
    name: str,
    budget: float,
    checkpoint: Path | None = None,
    resume: bool = False,
    smoke: bool = False,
    device: torch.device | None = None,
    start: Denoiser | None = None,
) -> PriorFitting:
    r"""Train one prior.

    Arguments:
        name: One of `RECIPES`.
        budget: Wall-clock time, seconds.
        checkpoint: Where the state is kept.
        resume: Go on from there.
        smoke: A tiny network.
        device: Where the network runs.
        start: The network to fine-tune.

    Returns:
        The finished run; `average` is the network.
    """
    recipe = RECIPES[name]
    images = images_of(recipe)
    seen = images(512 if smoke else 16384, Generator().manual_seed(recipe.fit.seed))
    if start is None:
        rms = float((seen - seen.mean(0)).square().mean().sqrt())
        config = {"pixels": recipe.pixels, **recipe.network, **(_SMALL if smoke else {})}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.fit.seed)  # first weights only
            network = Denoiser({**config, "sigma_data": round(rms, 5)})
        network.mean.copy_(seen.mean(0))
    else:
        network = start
    settings = dataclasses.replace(recipe.fit, budget=budget)
    return fit_prior(
        network.to(device or torch.device("cpu")), images, settings, checkpoint, resume,
        lambda text: say(f"{name}: {text}"),
    )  # fmt: skip


def train(
    budget: float = 2700.0,
    device: str | torch.device = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
    part: str = "galaxies",
) -> Path:
    r"""Rebuild a prior.

    Arguments:
        budget: Wall-clock time in seconds, measuring and writing included.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: A tiny model in seconds, to try the way from end to end.
        resume: Go on from the checkpoint of an earlier run for the same folder.
        part: One of `RECIPES`. A fine-tune starts from the prior it names: from the one in `out`,
            else from the one that is shipped.

    Returns:
        The folder that was written.
    """
    from astroviz.core.device import resolve_device
    from astroviz.core.registry import writable_folder
    from astroviz.lensing.prior_card import write_prior

    folder = out or writable_folder()
    place, recipe = folder / "lensing" / part, RECIPES[part]
    start = None if smoke or not recipe.start else _beginning(folder, recipe.start)
    limit = min(budget, 4.0) if smoke else budget * (1 - _MEASURING)
    run = teach(part, limit, checkpoint_of(place), resume, smoke, resolve_device(device), start)
    say(f"{part}: {run.step} steps; comparing draws with unseen images")
    write_prior(place, run, recipe.data, _what(recipe), part == "galaxies", 64 if smoke else 512)
    return place


def _beginning(folder: Path, name: str) -> Denoiser:
    """The network of the prior that a fine-tune starts from."""
    from astroviz.core.cards import read_card
    from astroviz.lensing.prior import open_prior

    own = folder / "lensing" / name
    there = (own / "card.toml").is_file()
    return open_prior(read_card(own) if there else f"lensing/{name}").network.requires_grad_(True)


def _what(recipe: Recipe) -> dict[str, Any]:
    """What the card's `config` says of the data."""
    if recipe.data == "digits":
        return {"digits": list(recipe.digits)}
    if recipe.data == "hubble":
        from astroviz.lensing.stamps import sources, stamps

        return {"sources": f"{sources()}: {len(stamps())} to learn from, "
                f"{len(stamps(held_out=True))} held out"}  # fmt: skip
    return {}


def checkpoint_of(place: Path) -> Path:
    """Where the state of a training is kept: not beside the model, or it would be shipped."""
    from astroviz.core.folders import cache_folder

    mark = hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:12]
    return cache_folder() / "training" / f"{place.name}-{mark}.part"
