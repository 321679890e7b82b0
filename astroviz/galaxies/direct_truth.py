r"""Magnitudes by direct integration, stored, so that the fast ways can be checked anywhere.

`tests/benchmarks/bench_photometry.py --store` writes them from the published grids (164 MB), which
are not shipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from astroviz.galaxies.parameters import PARAMETERS

__all__ = ["BANDS", "GROUPS", "Truth", "broad_parameters", "read_truth", "write_truth"]

BANDS: Final = (
    "sdss_u", "sdss_g", "sdss_r", "sdss_i", "sdss_z",
    "lsst_u", "lsst_g", "lsst_r", "lsst_i", "lsst_z", "lsst_y",
    "twomass_j", "twomass_h", "twomass_ks", "galex_fuv", "galex_nuv",
)  # fmt: skip
"""Bands of the stored magnitudes."""

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "griz": BANDS[1:5], "u": BANDS[:1], "lsst": BANDS[5:11], "2mass": BANDS[11:14],
    "galex": BANDS[14:],
}  # fmt: skip
"""Bands that are judged together."""

_FILE = Path(__file__).parent / "stored" / "direct_photometry.safetensors"


@dataclass(frozen=True)
class Truth:
    r"""Galaxies and what direct integration says of them.

    Attributes:
        theta: Parameters, shape (N, 11).
        bands: Names of the bands.
        magnitudes: AB, shape (N, B).
        with_lines: The same with nebular light at log U = -3, shape (N, B).
        without_dust: The same without dust and lines, shape (N, B).
        log_mass: log10 of the surviving mass, solar masses, shape (N,).
    """

    theta: Tensor
    bands: tuple[str, ...]
    magnitudes: Tensor
    with_lines: Tensor
    without_dust: Tensor
    log_mass: Tensor

    def columns(self, bands: tuple[str, ...]) -> list[int]:
        """Where bands are among the stored ones."""
        return [self.bands.index(band) for band in bands]


def broad_parameters(number: int, generator: torch.Generator) -> Tensor:
    r"""Galaxies of all kinds: flat in metallicity, burst, dust and redshift.

    Arguments:
        number: How many.
        generator: Source of chance.

    Returns:
        Shape (N, 11): histories from the flat Dirichlet distribution, bursts flat in mass and
        time, :math:`\tau_1 < 2`, :math:`\tau_2 < 1.5`, :math:`-1.2 < n < 0.8`,
        :math:`0.02 < z < 0.75`.
    """
    u = torch.rand(number, len(PARAMETERS), generator=generator, dtype=torch.float64)
    scale = {
        "f_burst": (0.0, 1.0), "t_burst": (0.01, 13.27), "log_z": (-2.3, 0.3), "tau1": (0.0, 2.0),
        "tau2": (0.0, 1.5), "n_dust": (-1.2, 0.8), "redshift": (0.02, 0.75),
        "log_mass_formed": (8.0, 12.0),
    }  # fmt: skip
    columns = dict(zip(PARAMETERS, u.unbind(1), strict=True))
    columns["kappa1"] = columns["kappa1"] ** (1 / 3)
    columns["kappa2"] = columns["kappa2"] ** (1 / 2)
    for name, (low, high) in scale.items():
        columns[name] = low + (high - low) * columns[name]
    return torch.stack([columns[name] for name in PARAMETERS], -1).float()


def read_truth(path: Path = _FILE) -> Truth:
    r"""The stored galaxies.

    Arguments:
        path: The file; by default the one that is shipped.
    """
    with safe_open(path, "pt") as file:
        bands = tuple(file.metadata()["bands"].split())
        tensors: Mapping[str, Tensor] = {key: file.get_tensor(key) for key in file.keys()}
    return Truth(bands=bands, **tensors)


def write_truth(truth: Truth, path: Path = _FILE) -> None:
    r"""Store galaxies.

    Arguments:
        truth: What to store.
        path: The file; by default the one that is shipped.
    """
    tensors = {
        "theta": truth.theta, "magnitudes": truth.magnitudes, "with_lines": truth.with_lines,
        "without_dust": truth.without_dust, "log_mass": truth.log_mass,
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = {key: value.float().contiguous() for key, value in tensors.items()}
    save_file(plain, path, metadata={"bands": " ".join(truth.bands)})
