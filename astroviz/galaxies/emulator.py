r"""A neural emulator of galaxy spectra, as others use one, to compare with the tables.

Principal components of the logarithm of the spectrum, in segments of wavelength, with a small
network for the coefficients (Speculator, Alsing et al. 2020, arXiv:1911.11778); one for the
history of star formation behind its birth clouds, one for the burst, as PROVABGS has them (Hahn et
al. 2023, arXiv:2202.01809). Each hidden unit bends by its own amount,

.. math:: a(x) = \left(\gamma + \frac{1 - \gamma}{1 + e^{-\beta x}}\right) x .

What is known in closed form is not learned: diffuse dust, redshift, intergalactic medium and
filters are exact, so that no part of the networks is spent on a curve of dust.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from astroviz.core.cards import Card
from astroviz.core.registry import load_weights
from astroviz.galaxies.cosmology import age_of_universe
from astroviz.galaxies.dust import diffuse_depth
from astroviz.galaxies.filter_bins import FilterBins
from astroviz.galaxies.parameters import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Emulator",
    "EmulatorNetwork",
    "SpeculatorActivation",
    "burst_features",
    "history_features",
    "open_emulator",
]

_CLOUD = (1200.0, 2500.0, 5500.0)  # A, where the network reads how clear birth clouds are


class SpeculatorActivation(nn.Module):
    r"""A unit between a line and a gate, with two learned numbers for each.

    Arguments:
        width: Number of units.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.beta = nn.Parameter(torch.ones(width))
        self.gamma = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """Bend inputs of shape (..., width)."""
        return (self.gamma + torch.sigmoid(self.beta * x) * (1 - self.gamma)) * x


def _column(theta: Tensor, name: str) -> Tensor:
    return theta[..., PARAMETERS.index(name)]


def history_features(theta: Tensor) -> Tensor:
    r"""What the network of the history reads of the parameters.

    Arguments:
        theta: Parameters, shape (..., 11).

    Returns:
        Shape (..., 9): history, metallicity, age of the Universe, depth and transmission of birth
        clouds.
    """
    names = ("kappa1", "kappa2", "kappa3", "log_z", "tau1")
    tau = _column(theta, "tau1")
    clear = [torch.exp(-tau * 5500 / at) for at in _CLOUD]
    oldest = age_of_universe(_column(theta, "redshift"))
    return torch.stack([*(_column(theta, name) for name in names), oldest, *clear], -1)


def burst_features(theta: Tensor) -> Tensor:
    r"""What the network of the burst reads: log of its lookback time, metallicity; (..., 2)."""
    time = _column(theta, "t_burst").clamp(min=1e-3).log()
    return torch.stack([time, _column(theta, "log_z")], -1)


class EmulatorNetwork(nn.Module):
    r"""From features to the logarithm of the spectrum of one solar mass formed.

    Arguments:
        segments: Number of bins of wavelength in each segment.
        components: Principal components of each segment.
        inputs: Number of features.
        width: Units of each hidden layer.
        layers: Hidden layers.
    """

    centre: Tensor
    spread: Tensor
    scale: Tensor
    mean: Tensor

    def __init__(
        self,
        segments: Sequence[int],
        components: Sequence[int],
        inputs: int,
        width: int = 128,
        layers: int = 4,
    ) -> None:
        super().__init__()
        self.config = {
            "segments": list(segments), "components": list(components), "inputs": inputs,
            "width": width, "layers": layers,
        }  # fmt: skip
        sizes = [inputs, *[width] * layers]
        blocks: list[nn.Module] = []
        for before, after in pairwise(sizes):
            blocks += [nn.Linear(before, after), SpeculatorActivation(after)]
        self.body = nn.Sequential(*blocks, nn.Linear(width, sum(components)))
        self.register_buffer("centre", torch.zeros(inputs))
        self.register_buffer("spread", torch.ones(inputs))
        self.register_buffer("scale", torch.ones(sum(components)))  # of the coefficients
        self.register_buffer("mean", torch.zeros(sum(segments)))
        for k, (bins, number) in enumerate(zip(segments, components, strict=True)):
            self.register_buffer(f"basis{k}", torch.zeros(number, bins))

    def coefficients(self, inputs: Tensor) -> Tensor:
        r"""Coefficients in units of their standard deviation, shape (..., sum of components)."""
        found: Tensor = self.body((inputs - self.centre) / self.spread)
        return found

    def log_spectrum(self, coefficients: Tensor) -> Tensor:
        r"""Natural logarithm of the luminosity per A in each bin, shape (..., W)."""
        scaled = (coefficients * self.scale).split(self.config["components"], -1)
        parts = [part @ getattr(self, f"basis{k}") for k, part in enumerate(scaled)]
        return torch.cat(parts, -1) + self.mean

    def forward(self, inputs: Tensor) -> Tensor:
        """From features (..., F) to the logarithm of the spectrum, (..., W)."""
        return self.log_spectrum(self.coefficients(inputs))


class Emulator:
    r"""Spectra and magnitudes by networks.

    Arguments:
        history: The network of the history of star formation.
        burst: The network of the burst.
        edges: Of the bins of wavelength at rest, A, shape (W + 1,).
        card: The model's card.
    """

    def __init__(
        self, history: EmulatorNetwork, burst: EmulatorNetwork, edges: Tensor, card: Card
    ) -> None:
        self.history = history.eval().requires_grad_(False)
        self.burst = burst.eval().requires_grad_(False)
        self.edges, self.card = edges.double(), card
        self.wavelength = (self.edges[1:] * self.edges[:-1]).sqrt().float()
        self._bins: dict[str, FilterBins] = {}

    @property
    def ranges(self) -> Mapping[str, Sequence[float]]:
        """Where the emulator was taught, lowest and highest of each parameter."""
        return dict(self.card.config.get("ranges", {}))

    def outside(self, theta: Tensor) -> Tensor:
        r"""Whether parameters, shape (..., 11), are beyond what was taught, shape (...)."""
        found = torch.zeros(theta.shape[:-1], dtype=torch.bool, device=theta.device)
        for name, (low, high) in self.ranges.items():
            column = theta[..., PARAMETERS.index(name)]
            found |= (column < low - 1e-6) | (column > high + 1e-6)
        return found

    def light(self, theta: Tensor, dust: bool = True) -> Tensor:
        r"""Luminosity of one solar mass formed, solar luminosities per A, (..., W).

        Arguments:
            theta: Parameters, shape (..., 11).
            dust: Whether diffuse dust dims it; birth clouds do in any case.
        """
        oldest = age_of_universe(_column(theta, "redshift"))
        share = torch.where(_column(theta, "t_burst") < oldest, _column(theta, "f_burst"), 0.0)
        share = share[..., None]
        steady = self.history(history_features(theta)).exp()
        light = torch.lerp(steady, self.burst(burst_features(theta)).exp(), share)
        if not dust:
            return light
        tau, slope = (_column(theta, name)[..., None] for name in ("tau2", "n_dust"))
        return light * torch.exp(-diffuse_depth(self.wavelength, tau, slope))

    def spectrum(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        r"""The spectrum at rest.

        Arguments:
            theta: Parameters, shape (..., 11).

        Returns:
            Middles of the bins, A, (W,), and solar luminosities per A, (..., W).
        """
        mass = 10 ** _column(theta, "log_mass_formed")
        return self.wavelength, self.light(theta) * mass[..., None]

    def magnitudes(self, theta: Tensor, bands: Sequence[str], chunk: int = 4096) -> Tensor:
        r"""AB magnitudes.

        Arguments:
            theta: Parameters, shape (..., 11).
            bands: Names of filters.
            chunk: Spectra in memory at once.

        Returns:
            Shape (..., B).
        """
        for band in bands:
            if band not in self._bins:
                self._bins[band] = FilterBins(band, self.edges)
        flat = theta.reshape(-1, theta.shape[-1])
        parts = [self._block(part, bands) for part in flat.split(chunk)]
        found = torch.cat(parts) if parts else flat.new_zeros(0, len(bands))
        return found.reshape(*theta.shape[:-1], len(bands))

    def _block(self, theta: Tensor, bands: Sequence[str]) -> Tensor:
        redshift, mass = _column(theta, "redshift"), _column(theta, "log_mass_formed")
        light = self.light(theta)
        columns = [self._bins[band].magnitudes(light, redshift) for band in bands]
        return torch.stack(columns, -1) - 2.5 * mass[:, None]

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        r"""Blocks for `accuracy.report.verdicts`."""
        from astroviz.galaxies import sps_checks

        checks: Callable[..., list[dict[str, Any]]] = sps_checks.emulator_checks
        return checks(self, seed, quick)


def open_emulator(card: Card, device: str | torch.device = "cpu") -> Emulator:
    r"""Open `galaxies/emulator`.

    Arguments:
        card: Its card.
        device: Where the network runs.
    """
    tensors = load_weights(card, device)
    edges = tensors.pop("edges")
    networks = []
    for part in ("history", "burst"):
        network = EmulatorNetwork(**card.config[part]).to(device)
        mine = {k.removeprefix(f"{part}."): v for k, v in tensors.items() if k.startswith(part)}
        network.load_state_dict(mine)
        networks.append(network)
    return Emulator(networks[0], networks[1], edges, card)
