r"""The shipped tables: simple stellar populations, bases of the histories, gas around young stars.

They are built from published grids by `astroviz train galaxies/tables`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

from astroviz.core.registry import load_weights
from astroviz.galaxies.nebular import Nebular

__all__ = ["DEPTH", "Tables", "load_tables", "read_tables"]

DEPTH: Final = 21.0
"""Natural logarithm of the largest ratio of fluxes in a stored spectrum."""


@dataclass(frozen=True)
class Tables:
    r"""What light is made of. Everything in float64, on the CPU, but for the spectra.

    Attributes:
        edges: Of the bins of wavelength at rest, A, shape (W + 1,).
        ages: Gyr, rising, shape (A,).
        log_z: log10 of the metallicity over solar (0.02), shape (Z,).
        spectra: Solar luminosities per A and solar mass formed, mean over each bin, float32,
            shape (Z, A, W).
        surviving: Mass in stars and remnants of one solar mass formed, shape (Z, A).
        history_lookback: Knots of the bases, Gyr, shape (T,).
        history_bases: Star formation rate, solar masses per Gyr for one solar mass, (4, T).
        nebular: The gas around young stars.
    """

    edges: Tensor
    ages: Tensor
    log_z: Tensor
    spectra: Tensor
    surviving: Tensor
    history_lookback: Tensor
    history_bases: Tensor
    nebular: Nebular

    @property
    def wavelength(self) -> Tensor:
        """Middle of each bin, A, shape (W,)."""
        return (self.edges[1:] * self.edges[:-1]).sqrt()


def read_tables(tensors: Mapping[str, Tensor]) -> Tables:
    r"""Tables from their stored tensors.

    Arguments:
        tensors: As `train_tables` writes them.
    """
    edges = tensors["edges"].double()
    depth = (tensors["codes"].float() + 32768) * (DEPTH / 65535)
    names = ("ages", "log_z", "surviving", "history_lookback", "history_bases")
    return Tables(
        edges=edges,
        spectra=torch.exp(tensors["tops"].float()[..., None] - depth),
        nebular=Nebular(tensors, edges),
        **{name: tensors[name].double() for name in names},
    )


@lru_cache(maxsize=1)
def load_tables() -> Tables:
    """The shipped tables, read once."""
    return read_tables(load_weights("galaxies/tables", "cpu"))
