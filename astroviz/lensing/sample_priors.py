r"""The priors that a view can choose from: learned ones, and the exact Gaussian process."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from astroviz.core.shelf import shipped
from astroviz.lensing.gaussian_prior import GaussianPrior, exponential_prior

__all__ = ["LEARNED", "PRIORS", "gaussian_process", "prior_named", "prior_pixels"]

LEARNED = ("galaxies", "galaxies16", "ellipticals", "spirals", "hubble")
"""Models of the room whose priors can be asked."""

PRIORS = {
    "galaxies": "galaxies",
    "galaxies16": "galaxies, 16 px",
    "ellipticals": "ellipticals only",
    "spirals": "spirals only",
    "hubble": "Hubble galaxies",
    "gaussian": "Gaussian process (exact)",
    "gaussian16": "Gaussian process, 16 px",
}
"""Names of priors and what they are called on a page."""


@lru_cache(maxsize=4)
def gaussian_process(pixels: int) -> GaussianPrior:
    """The exact prior of sources on a grid of this many pixels a side; made once."""
    return exponential_prior(pixels)


def prior_pixels(name: str) -> int:
    """Side of the sources of a prior, pixels."""
    return 16 if name.endswith("16") else 32


def prior_named(name: str, device: Any = "cpu") -> tuple[Any, str]:
    r"""A prior by its name among `PRIORS`.

    Arguments:
        name: The name.
        device: Where a network runs.

    Returns:
        The prior and an empty text; where its weights are missing, the Gaussian process of the
        same size and a sentence that says so.

    Example:
        >>> prior_named("gaussian16")[0].pixels
        16
    """
    if name not in PRIORS:
        raise KeyError(f"no prior named {name!r}; there are {', '.join(PRIORS)}")
    pixels = prior_pixels(name)
    if name not in LEARNED:
        return gaussian_process(pixels), ""
    model, sentence = shipped(f"lensing/{name}", str(device))
    prior = getattr(model, "prior", model)
    if prior is None or not hasattr(prior, "denoise"):
        return gaussian_process(pixels), (
            f"{sentence} The exact Gaussian process stands in for it."
        ).strip()
    return prior, ""
