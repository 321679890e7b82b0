r"""What the network sees of a quantity: value, error, identity, state.

Magnitudes are given relative to one reference band of the same star as well as absolute, since
colours carry the temperature. Sines and cosines of several periods let a small network resolve a
hundredth of a magnitude in a range of twenty.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.io.observations import State
from astroviz.stars.noise import PARALLAX_ZERO_POINT
from astroviz.stars.parameters import PARAMETERS
from astroviz.stars.spectral_features import SpectralNumbers, spectral_features
from astroviz.stars.surveys import QUANTITIES

__all__ = ["N_FEATURES", "N_OBSERVABLES", "N_PARAMETERS", "Tokens", "featurise", "standardise",
           "unstandardise"]  # fmt: skip

N_OBSERVABLES, N_PARAMETERS = len(QUANTITIES), len(PARAMETERS)
_PERIODS = (32.0, 16.0, 8.0, 4.0, 2.0)
N_FEATURES = 5 + 2 * len(_PERIODS)
_REFERENCE_ORDER = ("ks", "h", "j", "w1", "i1", "w2", "i2", "rp", "g", "bp", "i3", "i4", "w3",
                    "w4", "m24")  # fmt: skip
_DISTANCE = [p.name for p in PARAMETERS].index("distance")
_MAGNITUDE = slice(1, 16)


@dataclass(frozen=True)
class Tokens:
    r"""A batch of :math:`N` stars, ready for the network.

    Arguments:
        features: One token per quantity, then one per parameter, then one for the whole star,
            shape :math:`(N, 30, F)`.
        present: Which tokens say something, shape :math:`(N, 30)`, bool.
        reference: Magnitude that colours are relative to, shape :math:`(N,)`.
        distance_mean: Rough normal score of the distance from the parallax, shape :math:`(N,)`.
        distance_scale: Its uncertainty, shape :math:`(N,)`; 1 without a parallax.
        spectra: Features of spectra, shape :math:`(N, S)`; :math:`(N, 0)` where none is read.
        spectra_seen: Which kinds of spectra there are, shape :math:`(N, 3)` or :math:`(N, 0)`.
    """

    features: Tensor
    present: Tensor
    reference: Tensor
    distance_mean: Tensor
    distance_scale: Tensor
    spectra: Tensor
    spectra_seen: Tensor

    def rows(self, index: Tensor) -> Tokens:
        """Some of the stars, or one star many times."""
        return Tokens(*(getattr(self, f)[index] for f in self.__dataclass_fields__))


def _waves(u: Tensor) -> Tensor:
    angle = 2 * torch.pi * u[..., None] / torch.tensor(_PERIODS, dtype=u.dtype, device=u.device)
    return torch.cat([angle.sin(), angle.cos()], -1)


def _token(u: Tensor, absolute: Tensor, error: Tensor, seen: Tensor, limit: Tensor) -> Tensor:
    """Features of one kind of token, shape (..., F); zeros where nothing is known."""
    log_error = (error.clamp(min=1e-4).log() + 3) / 2
    parts = torch.stack([u / 3, absolute, log_error, seen.to(u), limit.to(u)], -1)
    known = (seen | limit)[..., None]
    return torch.where(known, torch.cat([parts, _waves(u)], -1), torch.zeros((), dtype=u.dtype))


def _reference(magnitude: Tensor, seen: Tensor, limit: Tensor) -> Tensor:
    """First observed magnitude in the order above, else first limit, else 12."""
    names = [quantity.name for quantity in QUANTITIES[_MAGNITUDE]]
    order = [names.index(name) for name in _REFERENCE_ORDER]
    rank = torch.arange(15, 0, -1, device=magnitude.device)
    priority = (seen[:, order].long() * 100 + limit[:, order].long()) * rank
    best = priority.argmax(1)
    value = magnitude[:, order].gather(1, best[:, None])[:, 0]
    return torch.where(priority.amax(1) > 0, value, torch.full_like(value, 12.0))


def _distance_guess(parallax: Tensor, error: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    r"""Normal score of the distance as the parallax alone would give it.

    The prior is flat in log distance between bounds :math:`a, b`, so
    :math:`z = \Phi^{-1}((\log d - a) / (b - a))`, linearised and combined with the prior.
    """
    parameter = PARAMETERS[_DISTANCE]
    low = torch.tensor(parameter.lower, dtype=parallax.dtype).log()
    width = torch.tensor(parameter.upper, dtype=parallax.dtype).log() - low
    corrected = (parallax - PARALLAX_ZERO_POINT).clamp(min=1000 / parameter.upper * 0.7)
    error = torch.sqrt(error**2 + 0.015**2)
    u = ((1000 / corrected).log() - low) / width
    u = u.clamp(0.002, 0.998)
    score = torch.special.ndtri(u)
    density = torch.exp(-0.5 * score**2) * 0.3989423
    spread = error / corrected / width / density
    weight = torch.where(seen, 1 / (1 + spread**2), torch.zeros_like(spread))
    return score * weight, torch.sqrt(1 - weight).clamp(min=1e-4)


def featurise(
    values: Tensor,
    errors: Tensor,
    states: Tensor,
    z: Tensor | None = None,
    given: Tensor | None = None,
    spectra: SpectralNumbers | None = None,
) -> Tokens:
    r"""Turn observations, and parameters that are given, into tokens.

    Arguments:
        values: Observed values in canonical units, shape :math:`(N, 20)`.
        errors: Their errors, same shape.
        states: `State` codes, same shape.
        z: Normal scores of the parameters, shape :math:`(N, 9)`.
        given: Which parameters are given, shape :math:`(N, 9)`, bool; none by default.
        spectra: Compressed spectra, for a network that reads them.

    Returns:
        The tokens.
    """
    seen, limit = states == int(State.OBSERVED), states == int(State.LIMIT)
    known = seen | limit
    values = torch.where(known, values, torch.zeros((), dtype=values.dtype))
    errors = torch.where(known, errors, torch.ones((), dtype=values.dtype))
    reference = _reference(values[:, _MAGNITUDE], seen[:, _MAGNITUDE], limit[:, _MAGNITUDE])
    u, absolute = values - reference[:, None], (values - 12) / 5
    parallax, error = values[:, 0], errors[:, 0]
    positive = torch.maximum(parallax - PARALLAX_ZERO_POINT, 0.5 * error).clamp(min=1e-3)
    labels = torch.stack([
        (values[:, 16].clamp(min=100.0).log10() - 3.6) * 25,
        (values[:, 17] - 4.2) * 3, values[:, 18] * 5, values[:, 19] * 3,
    ], -1)  # fmt: skip
    u = torch.cat([5 * positive.log10()[:, None] - 5, u[:, _MAGNITUDE], labels], 1)
    absolute = torch.cat([(parallax / error / 30).clamp(-2, 2)[:, None],
                          absolute[:, _MAGNITUDE], labels / 10], 1)  # fmt: skip
    label_error = errors[:, 16:] * torch.tensor([25 / 2.302585, 3.0, 5.0, 3.0]).to(errors)
    label_error[:, 0] = label_error[:, 0] / values[:, 16].clamp(min=100.0)
    scaled = torch.cat([(error / positive)[:, None], errors[:, _MAGNITUDE], label_error], 1)
    observed = _token(u, absolute, scaled, seen, limit)
    n = len(values)
    if z is None or given is None:
        z = torch.zeros(n, N_PARAMETERS, dtype=values.dtype, device=values.device)
        given = torch.zeros(n, N_PARAMETERS, dtype=torch.bool, device=values.device)
    z = torch.where(given, z, torch.zeros_like(z))
    parameters = _token(2 * z, z, torch.full_like(z, 0.01), given, torch.zeros_like(given))
    # the star as a whole: its absolute magnitude, where there is a parallax worth the name
    good = seen[:, 0] & (parallax > 3 * error)
    modulus = torch.where(good, 5 * positive.log10() - 10, torch.zeros_like(parallax))
    whole = _token(
        reference + modulus, (reference - 12) / 5, error / positive, torch.ones_like(good), good
    )
    features = torch.cat([observed, parameters, whole[:, None]], 1)
    present = torch.cat([known, given, torch.ones(n, 1, dtype=torch.bool, device=z.device)], 1)
    guess = _distance_guess(parallax, error, seen[:, 0])
    light, kinds = features.new_zeros(n, 0), present.new_zeros(n, 0)
    if spectra is not None:
        light, kinds = spectral_features(spectra, reference), spectra.seen
    return Tokens(features, present, reference, *guess, light, kinds)


def standardise(values: Tensor) -> Tensor:
    r"""Observables on the scale in which the network predicts them.

    Parallax as five times its log10, temperatures as a log10, magnitudes as they are.

    Arguments:
        values: Canonical units, shape :math:`(*, 20)`.

    Returns:
        Same shape.
    """
    parallax = 5 * values[..., :1].clamp(min=0.05).log10()
    kelvin = (values[..., 16:17].clamp(min=100.0).log10() - 3.6) * 25
    offset = torch.tensor([4.2, 0.0, 0.0], dtype=values.dtype)
    labels = (values[..., 17:] - offset) * torch.tensor([3.0, 5.0, 3.0], dtype=values.dtype)
    return torch.cat([parallax, values[..., 1:16], kelvin, labels], -1)


def unstandardise(scaled: Tensor) -> Tensor:
    r"""The inverse of `standardise`."""
    offset = torch.tensor([4.2, 0.0, 0.0], dtype=scaled.dtype)
    labels = scaled[..., 17:] / torch.tensor([3.0, 5.0, 3.0], dtype=scaled.dtype) + offset
    kelvin = 10 ** (scaled[..., 16:17] / 25 + 3.6)
    return torch.cat([10 ** (scaled[..., :1] / 5), scaled[..., 1:16], kelvin, labels], -1)
