r"""What a survey does to magnitudes: errors as large as its own, and asinh magnitudes.

The error of a flux in band :math:`b` is drawn around a curve in the true magnitude and the noise
is normal in flux, as it is on a detector:

.. math:: \ln \sigma_b \sim \mathcal N\big(\mu_b(m_b), \Sigma\big), \qquad
    \tilde f_b = 10^{-0.4\, t\, a_b \eta} f_b
    + t \sqrt{\sigma_b^2 + (\epsilon_b f_b)^2}\;\xi_b .

:math:`\Sigma` has the correlations between bands (a large galaxy is noisier in all of them),
:math:`\epsilon` is a relative floor of the calibration, and :math:`t` anneals the noise in a fit.
Bands of two surveys whose apertures differ share a scatter :math:`a`, one :math:`\eta` for each
galaxy, that no catalogue lists among its errors. Everything is differentiable in the magnitudes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Generator, Tensor

from astroviz.galaxies.magnitude_scales import asinh_error, asinh_magnitude, flux_of_magnitude
from astroviz.galaxies.parameters import GalaxyError

if TYPE_CHECKING:
    from astroviz.galaxies.catalogue import Catalogue

__all__ = ["DEPTHS", "SURVEYS", "NoiseModel"]

DEPTHS: Final[dict[str, dict[str, float]]] = {
    "sdss": {"sdss_u": 22.15, "sdss_g": 23.13, "sdss_r": 22.70, "sdss_i": 22.20, "sdss_z": 20.71},
    "gama": {"sdss_u": 21.4, "sdss_g": 22.4, "sdss_r": 21.95, "sdss_i": 21.45, "sdss_z": 19.95},
    "lsst_year_1": {
        "lsst_u": 24.3, "lsst_g": 25.8, "lsst_r": 26.0, "lsst_i": 25.4, "lsst_z": 24.7,
        "lsst_y": 23.8,
    },
    "lsst_year_10": {
        "lsst_u": 25.6, "lsst_g": 27.1, "lsst_r": 27.3, "lsst_i": 26.7, "lsst_z": 26.0,
        "lsst_y": 25.1,
    },
    "hsc_wide": {"hsc_g": 26.5, "hsc_r": 26.1, "hsc_i": 25.9, "hsc_z": 25.1, "hsc_y": 24.4},
    "euclid_wide": {"euclid_vis": 26.2, "euclid_y": 24.5, "euclid_j": 24.5, "euclid_h": 24.5},
    "twomass": {"twomass_j": 16.66, "twomass_h": 16.44, "twomass_ks": 16.10},
    "galex_ais": {"galex_fuv": 19.9, "galex_nuv": 20.8},
}  # fmt: skip
"""Magnitudes (AB) at which a survey has a signal to noise of five. Point sources; SDSS as its data
releases say, `gama` the same images and 0.75 mag less for extended galaxies, LSST of Ivezic et al.
(2019, arXiv:0805.2366), HSC of Aihara et al. (2018, arXiv:1704.05858), Euclid of Scaramella et
al. (2022, arXiv:2108.01201), 2MASS extended sources (Jarrett et al. 2000), GALEX's all-sky survey
(Morrissey et al. 2007)."""

SURVEYS: Final = tuple(DEPTHS)

_KNOTS = 16
_SKY = 0.25  # of the depth's error is photon noise of the source at the depth itself


@dataclass(frozen=True, eq=False)
class NoiseModel:
    r"""Errors of a survey as they go with magnitude.

    Arguments:
        bands: Names of the :math:`B` bands.
        softening: Of the asinh magnitudes, maggies, shape :math:`(B,)`.
        knots: Magnitudes where the curves are known, growing, shape :math:`(B, K)`.
        log_sigma: Natural logarithm of the error of the flux there, maggies, :math:`(B, K)`.
        mixing: Factor :math:`L` of the scatter about the curves, :math:`\Sigma = L L^T`,
            :math:`(B, B)`.
        floor: Relative error of the calibration, :math:`(B,)`.
        shared: Scatter that bands have in common, mag, :math:`(B,)`; none by default.

    Example:
        >>> noise = NoiseModel.from_depth("sdss")
        >>> seen, errors = noise.observe(torch.full((3, 5), 18.0), Generator().manual_seed(0))
        >>> seen.shape, bool((errors[:, 2] < 0.05).all())
        (torch.Size([3, 5]), True)
    """

    bands: tuple[str, ...]
    softening: Tensor
    knots: Tensor
    log_sigma: Tensor
    mixing: Tensor
    floor: Tensor
    shared: Tensor = field(default_factory=lambda: torch.zeros(0))

    def __post_init__(self) -> None:
        if not len(self.shared):
            object.__setattr__(self, "shared", torch.zeros(len(self.bands)))

    @classmethod
    def learn(
        cls,
        catalogue: Catalogue,
        floor: Sequence[float] | float = 0.0,
        shared: Sequence[float] | None = None,
    ) -> NoiseModel:
        r"""The errors that a catalogue lists, as curves with scatter.

        Arguments:
            catalogue: Its errors are used as they are; gaps are left out, band by band.
            floor: Relative error of the calibration *that the errors do not have in them*.
            shared: Scatter that bands have in common, mag, one number for each band.
        """
        flux, sigma = catalogue.fluxes()
        magnitudes = np.asarray(catalogue.magnitudes, dtype=float)
        curves = [
            _curve(magnitudes[:, b], sigma[:, b], band) for b, band in enumerate(catalogue.bands)
        ]
        knots, levels = np.stack([c[0] for c in curves]), np.stack([c[1] for c in curves])
        left = np.stack(
            [
                np.log(sigma[:, b]) - np.interp(magnitudes[:, b], knots[b], levels[b])
                for b in range(len(catalogue.bands))
            ],
            axis=1,
        )
        return cls(
            tuple(catalogue.bands),
            _tensor(catalogue.softening),
            _tensor(knots),
            _tensor(levels),
            _tensor(_mixing(left)),
            _tensor(np.broadcast_to(np.asarray(floor, float), flux.shape[1:])),
            _tensor(np.zeros(flux.shape[1]) if shared is None else np.asarray(shared, float)),
        )

    @classmethod
    def from_depth(
        cls,
        survey: str | Mapping[str, float],
        bands: Sequence[str] | None = None,
        floor: float = 0.01,
        deeper: float = 0.0,
    ) -> NoiseModel:
        r"""Errors of a survey from its depth: sky noise, photon noise of the source, a floor.

        Arguments:
            survey: One of `SURVEYS`, several joined by `+`, or band to depth (5 sigma, AB).
            bands: Which bands, in which order; all of the survey by default.
            floor: Relative error of the calibration.
            deeper: Magnitudes by which longer exposures bring all depths down.
        """
        depths = _depths(survey)
        names = tuple(bands) if bands is not None else tuple(depths)
        missing = [name for name in names if name not in depths]
        if missing:
            raise GalaxyError(
                f"{survey} has no depth in {', '.join(missing)}; it has {', '.join(depths)}. "
                "Give the depths as a mapping of bands to magnitudes."
            )
        limits = np.array([depths[name] for name in names])
        # a longer exposure lowers the noise of sky and source alike
        faintest = 10 ** (-0.4 * (limits + deeper)) / 5
        knots = limits[:, None] + np.linspace(-14, 4, 37)
        bright = 10 ** (-0.4 * (knots - limits[:, None]))
        variance = faintest[:, None] ** 2 * (1 - _SKY + _SKY * bright)
        count = len(names)
        return cls(
            names,
            _tensor(faintest),
            _tensor(knots),
            _tensor(0.5 * np.log(variance)),
            torch.zeros(count, count),
            torch.full((count,), float(floor)),
        )

    def sigma(self, magnitudes: Tensor) -> Tensor:
        r"""Error of the flux on the curve, maggies.

        Arguments:
            magnitudes: True AB magnitudes, shape :math:`(..., B)`.
        """
        return torch.exp(self._level(magnitudes))

    def observe(
        self, magnitudes: Tensor, generator: Generator, scale: float = 1.0
    ) -> tuple[Tensor, Tensor]:
        r"""Magnitudes and errors as the survey would list them.

        Arguments:
            magnitudes: True AB magnitudes, mag, shape :math:`(..., B)`; gradients go through.
            generator: Source of all randomness, on the device of `magnitudes`.
            scale: The noise that is added, in units of the true one; the errors stay as they are.

        Returns:
            Asinh magnitudes and their errors, mag, same shape.
        """
        self._check(magnitudes)
        like = {"dtype": magnitudes.dtype, "device": magnitudes.device}
        draws = torch.randn((2, *magnitudes.shape), generator=generator, **like)  # type: ignore[call-overload]
        level = self._level(magnitudes) + draws[0] @ self.mixing.to(**like).T  # type: ignore[call-overload]
        # in units of the softening: squares of maggies underflow in single precision
        b = self.softening.to(**like)  # type: ignore[call-overload]
        if bool(self.shared.any()):
            one = torch.randn(magnitudes.shape[:-1], generator=generator, **like)  # type: ignore[call-overload]
            magnitudes = magnitudes + scale * one[..., None] * self.shared.to(**like)  # type: ignore[call-overload]
        flux = flux_of_magnitude(magnitudes.clamp(-5, 60)) / b
        floor = self.floor.to(**like) * flux  # type: ignore[call-overload]
        sigma = torch.sqrt(torch.exp(2 * (level - torch.log(b))) + floor**2)
        seen = (flux + scale * sigma * draws[1]) * b
        return asinh_magnitude(seen, b), asinh_error(seen, sigma * b, b)

    def take(self, bands: Sequence[str]) -> NoiseModel:
        """The model of some of the bands, in the order in which they are named."""
        missing = [band for band in bands if band not in self.bands]
        if missing:
            raise GalaxyError(
                f"no noise is known in {', '.join(missing)}; it is in {', '.join(self.bands)}"
            )
        at = torch.tensor([self.bands.index(band) for band in bands], dtype=torch.long)
        cov = (self.mixing @ self.mixing.T)[at][:, at].numpy()
        return NoiseModel(
            tuple(bands), self.softening[at], self.knots[at], self.log_sigma[at],
            _tensor(_root(cov)), self.floor[at], self.shared[at],
        )  # fmt: skip

    def config(self) -> dict[str, Any]:
        """The model as plain values, which a card can hold."""
        return {
            "bands": list(self.bands),
            **{name: getattr(self, name).double().tolist() for name in _ARRAYS},
        }

    @classmethod
    def from_config(cls, said: Mapping[str, Any]) -> NoiseModel:
        """A model from `config`."""
        arrays = {
            name: torch.tensor(said[name], dtype=torch.float32) for name in _ARRAYS if name in said
        }
        return cls(tuple(said["bands"]), **arrays)

    def _level(self, magnitudes: Tensor) -> Tensor:
        """Natural logarithm of the error of the flux, straight between the knots."""
        self._check(magnitudes)
        like = {"dtype": magnitudes.dtype, "device": magnitudes.device}
        knots = self.knots.to(**like)  # type: ignore[call-overload]
        level = self.log_sigma.to(**like)  # type: ignore[call-overload]
        flat = magnitudes.reshape(-1, len(self.bands)).T.contiguous()
        at = torch.searchsorted(knots, flat.detach()).clamp(1, knots.shape[1] - 1)
        low, high = knots.gather(1, at - 1), knots.gather(1, at)
        share = ((flat - low) / (high - low)).clamp(0, 1)
        found = torch.lerp(level.gather(1, at - 1), level.gather(1, at), share)
        return found.T.reshape(magnitudes.shape)

    def _check(self, magnitudes: Tensor) -> None:
        if magnitudes.shape[-1] != len(self.bands):
            raise GalaxyError(
                f"the noise is of {len(self.bands)} bands ({', '.join(self.bands)}), the "
                f"magnitudes have {magnitudes.shape[-1]}"
            )


_ARRAYS = ("softening", "knots", "log_sigma", "mixing", "floor", "shared")


def _tensor(values: Any) -> Tensor:
    return torch.tensor(np.array(values, dtype=np.float32))


def _depths(survey: str | Mapping[str, float]) -> dict[str, float]:
    if isinstance(survey, Mapping):
        return {str(band): float(depth) for band, depth in survey.items()}
    found: dict[str, float] = {}
    for name in survey.split("+"):
        if name.strip() not in DEPTHS:
            raise GalaxyError(f"no survey {name.strip()!r}; there is {', '.join(SURVEYS)}")
        found |= DEPTHS[name.strip()]
    return found


def _curve(magnitudes: np.ndarray, sigma: np.ndarray, band: str) -> tuple[np.ndarray, np.ndarray]:
    """Knots and the median logarithm of the error about them."""
    good = np.isfinite(magnitudes) & np.isfinite(sigma) & (sigma > 0)
    if good.sum() < 3:
        raise GalaxyError(
            f"{band} has {int(good.sum())} values with errors: too few to learn its noise from. "
            "Leave the band out, or give the noise by the survey's depth."
        )
    seen, level = magnitudes[good], np.log(sigma[good])
    order = np.argsort(seen, kind="stable")
    parts = np.array_split(order, min(_KNOTS, max(1, len(order) // 20)))
    knots = np.array([np.median(seen[part]) for part in parts])
    levels = np.array([np.median(level[part]) for part in parts])
    knots = np.maximum.accumulate(knots + 1e-4 * np.arange(len(knots)))
    if len(knots) < _KNOTS:  # few rows: the last knots repeat what is known
        more = _KNOTS - len(knots)
        knots = np.concatenate([knots, knots[-1] + 0.1 * (1 + np.arange(more))])
        levels = np.concatenate([levels, np.full(more, levels[-1])])
    return knots, levels


def _mixing(left: np.ndarray) -> np.ndarray:
    """Factor of the covariance of what is left about the curves, robust against a few."""
    count = left.shape[1]
    covariance = np.zeros((count, count))
    clipped = np.clip(left, np.nanpercentile(left, 1, 0), np.nanpercentile(left, 99, 0))
    for i in range(count):
        for j in range(i + 1):
            both = np.isfinite(clipped[:, i]) & np.isfinite(clipped[:, j])
            if both.sum() > 2:
                pair = np.cov(clipped[both, i], clipped[both, j])
                covariance[i, j] = covariance[j, i] = pair[0, 1]
    return _root(covariance)


def _root(covariance: np.ndarray) -> np.ndarray:
    """Symmetric square root; what gaps made negative is set to zero."""
    values, vectors = np.linalg.eigh(covariance)
    root: np.ndarray = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    return root
