r"""The spectra of one star as arrays of a request, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from astroviz.core.request import Request
from astroviz.io.observations import Observations
from astroviz.stars.compress import compress, unmixing
from astroviz.stars.spectral_features import SpectralNumbers
from astroviz.stars.spectral_likelihood import MeasuredSpectrum
from astroviz.stars.spectral_physics import load_spectrographs
from astroviz.stars.spectrographs import SPECTROGRAPHS

__all__ = ["measured_spectra", "spectral_inputs", "stack_spectra"]

_SIZE = sum(one.components for one in SPECTROGRAPHS)


def spectral_inputs(observations: Observations, index: int) -> dict[str, np.ndarray]:
    r"""What the network is told of the spectra of one star, and the spectra themselves.

    Arguments:
        observations: A table.
        index: The row.

    Returns:
        `spectra` of shape :math:`(2, \sum k)`: components and errors; `spectra_seen` of shape
        :math:`(3,)`; and `<name>_flux`, `<name>_error`, `<name>_unmix` of each kind in use.
        Empty without spectra.
    """
    if not observations.spectra_of(index):
        return {}
    numbers = np.zeros((2, _SIZE), dtype=np.float32)
    seen = np.zeros(len(SPECTROGRAPHS), dtype=bool)
    found: dict[str, np.ndarray] = {"spectra": numbers, "spectra_seen": seen}
    sets = {one.name: one for one in observations.spectra}
    start = 0
    for k, one in enumerate(SPECTROGRAPHS):
        part = slice(start, start + one.components)
        start += one.components
        own = sets.get(one.name)
        if own is None or not own.used_at(index):
            continue
        flux, error = (torch.from_numpy(a[index].astype(float)) for a in (own.flux, own.error))
        correlation = own.correlation_of(index)
        unmix = None
        if correlation is not None:
            unmix = unmixing(torch.from_numpy(correlation.astype(float)))
            found[f"{one.name}_unmix"] = unmix.numpy()
        values = compress(one, load_spectrographs(), flux[None], error[None], unmix)
        numbers[:, part] = torch.cat(values).numpy()
        seen[k] = True
        found[f"{one.name}_flux"], found[f"{one.name}_error"] = flux.numpy(), error.numpy()
    return found


def measured_spectra(inputs: Mapping[str, np.ndarray]) -> tuple[MeasuredSpectrum, ...]:
    """The spectra of a request, for the exact likelihood."""
    found = []
    for one in SPECTROGRAPHS:
        if f"{one.name}_flux" not in inputs:
            continue
        flux, error = (torch.from_numpy(np.asarray(inputs[f"{one.name}_{part}"]))
                       for part in ("flux", "error"))  # fmt: skip
        unmix = inputs.get(f"{one.name}_unmix")
        found.append(
            MeasuredSpectrum(one, flux, error, None if unmix is None else torch.from_numpy(unmix))
        )
    return tuple(found)


def stack_spectra(requests: Sequence[Request]) -> SpectralNumbers:
    """Compressed spectra of all requests."""
    blank, none = np.zeros((2, _SIZE), dtype=np.float32), np.zeros(len(SPECTROGRAPHS), dtype=bool)
    numbers = torch.from_numpy(np.stack([r.inputs.get("spectra", blank) for r in requests]))
    seen = torch.from_numpy(np.stack([r.inputs.get("spectra_seen", none) for r in requests]))
    return SpectralNumbers(numbers[:, 0], numbers[:, 1], seen)
