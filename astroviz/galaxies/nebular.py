r"""Light of the gas that young stars ionise: recombination continuum and emission lines.

What is tabulated is the light per solar mass formed during the last ten million years at a steady
rate, at each metallicity and ionisation parameter, as Cloudy computed it for the same stars (see
`cloudy`). All ionising light is taken in by gas; none escapes. One per cent of Lyman alpha does.
Gas around a burst older than ten million years gives less than two per cent of that and is left
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from astroviz.galaxies.parameters import GalaxyError

__all__ = ["LOG_U", "MAIN_LINES", "Nebular", "ionisation"]

LOG_U: Final = -3.0
"""Ionisation parameter of usual galaxies, log10, when lines are asked for and none is named."""

MAIN_LINES: Final[dict[str, float]] = {
    "Ly alpha": 1215.67, "C III] 1909": 1908.73, "[O II] 3727": 3727.4, "H delta": 4101.73,
    "H gamma": 4340.46, "H beta": 4861.32, "[O III] 4959": 4958.91, "[O III] 5007": 5006.84,
    "He I 5876": 5875.66, "[O I] 6300": 6300.3, "H alpha": 6562.8, "[N II] 6583": 6583.45,
    "[S II] 6717": 6716.44, "[S II] 6731": 6730.82, "[S III] 9069": 9068.62,
    "[S III] 9531": 9530.62, "Pa beta": 12818.1, "Pa alpha": 18751.0,
}  # fmt: skip
"""Wavelengths at rest, A, of the lines that a spectrum is labelled with."""


def ionisation(lines: bool | float) -> float | None:
    r"""The ionisation parameter that the argument `lines` of a synthesis stands for.

    Arguments:
        lines: `True` for `LOG_U`, `False` for no gas, or log10 of the ionisation parameter.

    Example:
        >>> ionisation(True), ionisation(False), ionisation(-2.5)
        (-3.0, None, -2.5)
    """
    if isinstance(lines, bool):
        return LOG_U if lines else None
    return float(lines)


class Nebular:
    r"""Gas per solar mass formed in the last ten million years.

    Arguments:
        tables: From the shipped tables: `nebular_continuum` (Z, N), solar luminosities per A;
            `nebular_lines` (U, Z, L), solar luminosities; `nebular_wavelengths` (L,), A;
            `nebular_log_u` (U,).
        edges: Of the bins of the continuum, A at rest, shape (N + 1,).
    """

    def __init__(self, tables: Mapping[str, Tensor], edges: Tensor) -> None:
        self.edges = edges.double()
        self.wavelengths = tables["nebular_wavelengths"].double()
        self.log_u = tables["nebular_log_u"].double()
        self._lines = tables["nebular_lines"].double()
        self._continuum = tables["nebular_continuum"].double()

    def luminosities(self, log_u: float = LOG_U) -> Tensor:
        r"""Luminosity of each line, linear in log U between the tabulated ones.

        Arguments:
            log_u: log10 of the ionisation parameter.

        Returns:
            Solar luminosities per solar mass formed in ten million years, shape (Z, L).
        """
        low, high = float(self.log_u[0]), float(self.log_u[-1])
        if not low <= log_u <= high:
            raise GalaxyError(
                f"the ionisation parameter is log U = {log_u:g}; lines are tabulated from "
                f"{low:g} to {high:g}"
            )
        place = (log_u - low) / (high - low) * (len(self.log_u) - 1)
        below = min(int(place), len(self.log_u) - 2)
        return torch.lerp(self._lines[below], self._lines[below + 1], place - below)

    def spectra(self, log_u: float = LOG_U) -> Tensor:
        r"""Continuum and lines, each line spread over the bin that holds it.

        Arguments:
            log_u: log10 of the ionisation parameter.

        Returns:
            Mean over each bin, solar luminosities per A and solar mass formed in ten million
            years, shape (Z, N).
        """
        bins = torch.searchsorted(self.edges, self.wavelengths, right=True) - 1
        inside = (bins >= 0) & (bins < len(self.edges) - 1)
        bins = bins[inside]
        heights = self.luminosities(log_u)[:, inside] / self.edges.diff()[bins]
        return self._continuum.index_add(1, bins, heights)

    def nearest_line(self, wavelength: float) -> int:
        r"""Index of the tabulated line next to a wavelength at rest, A."""
        return int((self.wavelengths - wavelength).abs().argmin())
