r"""A small mock catalogue as tensors and back: so that the stars of a film can be shipped."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from astroviz.stars.mock_galaxy import MockCatalogue, domain_named
from astroviz.stars.physics import Star
from astroviz.stars.simulator import SimulatedStars
from astroviz.stars.spectral_features import SpectralNumbers
from astroviz.stars.spectral_noise import SimulatedSpectra
from astroviz.stars.spectrographs import SPECTROGRAPHS

__all__ = ["cast_from_tensors", "cast_tensors"]

_STAR = tuple(Star.__dataclass_fields__)
_STARS = tuple(name for name in SimulatedStars.__dataclass_fields__ if name != "star")
_NUMBERS = ("components", "errors", "seen")
_LIGHT = ("seen", "flux", "error", "length")
_FLUX_UNIT = 1e-15  # W/m2/nm, so that single precision can hold a faint star


def cast_tensors(catalogue: MockCatalogue) -> dict[str, Tensor]:
    """All that is needed to have the catalogue again."""
    stars = catalogue.stars
    found = {name: getattr(stars, name) for name in _STARS}
    found |= {f"star.{name}": getattr(stars.star, name) for name in _STAR}
    found |= {f"spectra.{name}": getattr(catalogue.spectra, name) for name in _NUMBERS}
    found |= {f"light.{name}": getattr(catalogue.light, name) for name in _LIGHT}
    for name in ("light.flux", "light.error"):
        found[name] = (found[name] / _FLUX_UNIT).float()
    for name in ("longitude", "latitude", "cluster"):
        found[name] = torch.from_numpy(getattr(catalogue, name))
    # copies: tensors that share memory cannot be stored
    return {name: tensor.clone().contiguous() for name, tensor in found.items()}


def cast_from_tensors(tensors: Mapping[str, Tensor], domain: str, mix: str) -> MockCatalogue:
    """The inverse of `cast_tensors`."""
    star = Star(**{name: tensors[f"star.{name}"] for name in _STAR})
    stars = SimulatedStars(star=star, **{name: tensors[name] for name in _STARS})
    numbers = SpectralNumbers(*(tensors[f"spectra.{name}"] for name in _NUMBERS))
    seen, flux, error, length = (tensors[f"light.{name}"] for name in _LIGHT)
    light = SimulatedSpectra(SPECTROGRAPHS[0], seen, flux.double() * _FLUX_UNIT,
                             error.double() * _FLUX_UNIT, length)  # fmt: skip
    return MockCatalogue(
        domain_named(domain), mix, stars, numbers, light, tensors["longitude"].numpy(),
        tensors["latitude"].numpy(), tensors["cluster"].numpy(),
    )  # fmt: skip
