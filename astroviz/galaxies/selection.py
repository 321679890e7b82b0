r"""Which galaxies a survey keeps: the probability of being in the catalogue, given its photometry.

A selection is a product of terms, each a smooth function of what was *observed*, so that draws of
a model can be weighted by it and the weights have gradients:

.. math:: w(m, \sigma) = \prod_t w_t(m, \sigma), \qquad
    w_\text{limit} = \Phi\!\left(\frac{m_0 - m - \delta(m)}{s}\right),\quad
    w_\text{wedge} = \Phi\!\left(\frac{c_0 - \sum_k a_k m_k}{s}\right),

:math:`\Phi` the normal cumulative distribution. A survey that selects on another magnitude than
the one it lists (Petrosian against model) has an offset :math:`\delta`, which may grow with a
colour, and a scatter :math:`s` between the two.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import torch
from torch import Tensor

from astroviz.galaxies.parameters import GalaxyError

__all__ = ["ColourWedge", "Completeness", "MagnitudeLimit", "Selection", "SignalToNoise", "Term"]

_SHARPEST: Final = 1e-4  # magnitudes; an edge of none at all has no derivative


def _edge(distance: Tensor, width: float) -> Tensor:
    return torch.special.ndtr(distance / max(width, _SHARPEST))


def _other_bound(upper: bool) -> float:
    return 1.0 if upper else -1.0


@dataclass(frozen=True)
class MagnitudeLimit:
    r"""Brighter than a limit, or fainter.

    Arguments:
        band: Band of the limit.
        limit: Magnitude, AB.
        width: Standard deviation of the edge, mag: scatter between the magnitude that is listed
            and the one that was selected on.
        faint: The limit is the faintest kept (True) or the brightest.
        offset: What to add to the listed magnitude to get the one selected on, mag.
        colour: Two bands whose difference the offset grows with.
        slope: By how much, mag per mag.
    """

    band: str
    limit: float
    width: float = 0.02
    faint: bool = True
    offset: float = 0.0
    colour: tuple[str, str] | None = None
    slope: float = 0.0
    kind: str = field(default="magnitude_limit", init=False)

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that the term looks at."""
        return (self.band, *(self.colour or ()))

    def weights(self, observed: Mapping[str, Tensor], errors: Mapping[str, Tensor]) -> Tensor:
        """Probability of being kept, one for each galaxy."""
        seen = observed[self.band] + self.offset
        if self.colour is not None:
            seen = seen + self.slope * (observed[self.colour[0]] - observed[self.colour[1]])
        return _edge(_other_bound(self.faint) * (self.limit - seen), self.width)


@dataclass(frozen=True)
class ColourWedge:
    r"""One side of a line (a plane) in magnitudes: :math:`\sum_k a_k m_k < c_0`.

    Arguments:
        coefficients: Band to :math:`a_k`; `{"sdss_g": 1, "sdss_r": -1}` is the colour g - r.
        bound: :math:`c_0`, mag.
        width: Standard deviation of the edge, mag.
        below: Keep what is below the bound, or above it.
    """

    coefficients: Mapping[str, float]
    bound: float
    width: float = 0.02
    below: bool = True
    kind: str = field(default="colour_wedge", init=False)

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that the term looks at."""
        return tuple(self.coefficients)

    def weights(self, observed: Mapping[str, Tensor], errors: Mapping[str, Tensor]) -> Tensor:
        """Probability of being kept, one for each galaxy."""
        parts = [factor * observed[band] for band, factor in self.coefficients.items()]
        total = torch.stack(parts).sum(0)
        return _edge(_other_bound(self.below) * (self.bound - total), self.width)


@dataclass(frozen=True)
class SignalToNoise:
    r"""Detected in a band: the flux over its error exceeds a number.

    Arguments:
        band: The band.
        least: Smallest signal to noise kept.
        width: Standard deviation of the edge, in its natural logarithm.
    """

    band: str
    least: float
    width: float = 0.02
    kind: str = field(default="signal_to_noise", init=False)

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that the term looks at."""
        return (self.band,)

    def weights(self, observed: Mapping[str, Tensor], errors: Mapping[str, Tensor]) -> Tensor:
        r"""Probability of being kept; from :math:`\sigma_m = 1.0857 / (S/N)`."""
        ratio = 1.0857362 / errors[self.band].clamp(min=1e-6)
        return _edge(torch.log(ratio) - torch.log(torch.tensor(self.least)), self.width)


@dataclass(frozen=True)
class Completeness:
    r"""A curve of completeness against the magnitude in a band, straight between its points.

    Arguments:
        band: The band.
        magnitudes: Where the curve is known, growing, AB.
        fractions: What part is kept there, 0 to 1; constant outside.
    """

    band: str
    magnitudes: Sequence[float]
    fractions: Sequence[float]
    kind: str = field(default="completeness", init=False)

    def __post_init__(self) -> None:
        places, parts = list(self.magnitudes), list(self.fractions)
        if len(places) < 2 or len(places) != len(parts):
            raise GalaxyError(
                f"a completeness curve needs as many fractions as magnitudes and two at least, "
                f"not {len(places)} magnitudes and {len(parts)} fractions"
            )
        if any(b <= a for a, b in itertools.pairwise(places)):
            raise GalaxyError(f"magnitudes of a completeness curve must grow, not {places}")
        if min(parts) < 0 or max(parts) > 1:
            raise GalaxyError(f"fractions of a completeness curve are from 0 to 1, not {parts}")

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that the term looks at."""
        return (self.band,)

    def weights(self, observed: Mapping[str, Tensor], errors: Mapping[str, Tensor]) -> Tensor:
        """Probability of being kept, one for each galaxy."""
        x = observed[self.band]
        places = torch.tensor(list(self.magnitudes), dtype=x.dtype, device=x.device)
        parts = torch.tensor(list(self.fractions), dtype=x.dtype, device=x.device)
        at = torch.searchsorted(places, x.detach().contiguous()).clamp(1, len(places) - 1)
        share = ((x - places[at - 1]) / (places[at] - places[at - 1])).clamp(0, 1)
        return torch.lerp(parts[at - 1], parts[at], share)


Term = MagnitudeLimit | ColourWedge | SignalToNoise | Completeness

_KINDS: Final[dict[str, type]] = {
    "magnitude_limit": MagnitudeLimit,
    "colour_wedge": ColourWedge,
    "signal_to_noise": SignalToNoise,
    "completeness": Completeness,
}


@dataclass(frozen=True)
class Selection:
    r"""A product of terms over the bands of a catalogue.

    Arguments:
        terms: What must hold; none keeps everything.
        bands: Order of the bands in the arrays that `weights` is given.

    Example:
        >>> limit = Selection((MagnitudeLimit("sdss_r", 17.77),), ("sdss_g", "sdss_r"))
        >>> limit.weights(torch.tensor([[18.0, 17.0], [19.0, 18.5]]), torch.ones(2, 2)).tolist()
        [1.0, 0.0]
    """

    terms: tuple[Term, ...] = ()
    bands: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", tuple(self.terms))
        object.__setattr__(self, "bands", tuple(self.bands))
        wanted = {band for term in self.terms for band in term.bands}
        missing = sorted(wanted - set(self.bands))
        if missing:
            raise GalaxyError(
                f"the selection acts on {', '.join(missing)}, which the catalogue does not have: "
                f"it has {', '.join(self.bands) or 'no bands'}. Add the band or drop that part."
            )

    def __bool__(self) -> bool:
        return bool(self.terms)

    def weights(self, observed: Tensor, errors: Tensor) -> Tensor:
        r"""Probability that each galaxy is in the catalogue; differentiable.

        Arguments:
            observed: Magnitudes as the catalogue lists them, mag, shape :math:`(..., B)`.
            errors: Their errors, mag, same shape.

        Returns:
            Shape :math:`(...)`, 0 to 1.
        """
        if observed.shape[-1] != len(self.bands) and self.terms:
            raise GalaxyError(
                f"the selection knows {len(self.bands)} bands, the magnitudes have "
                f"{observed.shape[-1]}: use `for_bands` with the bands of the magnitudes"
            )
        total = torch.ones(observed.shape[:-1], dtype=observed.dtype, device=observed.device)
        by_band = dict(zip(self.bands, observed.unbind(-1), strict=False))
        of_error = dict(zip(self.bands, errors.unbind(-1), strict=False))
        for term in self.terms:
            # a band that was not observed decides nothing
            kept = term.weights(by_band, of_error)
            total = total * torch.where(torch.isnan(kept), 1.0, kept)
        return total

    def for_bands(self, bands: Sequence[str]) -> Selection:
        """The same terms for magnitudes in another order."""
        return replace(self, bands=tuple(bands))

    def with_term(self, term: Term) -> Selection:
        """One term more."""
        return replace(self, terms=(*self.terms, term))

    def to_json(self) -> str:
        """The selection as text, to keep and to read back with `from_json`."""
        terms = []
        for term in self.terms:
            said = {**vars(term), "kind": term.kind}
            terms.append({key: _plain(value) for key, value in said.items()})
        return json.dumps({"bands": list(self.bands), "terms": terms})

    @classmethod
    def from_json(cls, text: str | Mapping[str, Any]) -> Selection:
        """A selection from `to_json`, or from the same as plain values."""
        try:
            said = json.loads(text) if isinstance(text, str) else dict(text)
            terms = tuple(_term(dict(one)) for one in said.get("terms", ()))
            return cls(terms, tuple(said.get("bands", ())))
        except (TypeError, AttributeError, json.JSONDecodeError) as error:
            raise GalaxyError(f"this is no selection ({error}): {str(text)[:120]}") from error

    def words(self) -> str:
        """The selection in a sentence."""
        return "; ".join(_words(term) for term in self.terms) or "everything is kept"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): float(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple | list) else value


def _term(said: dict[str, Any]) -> Term:
    kind = str(said.pop("kind", ""))
    if kind not in _KINDS:
        raise GalaxyError(f"no kind of selection {kind!r}; there is {', '.join(_KINDS)}")
    if said.get("colour"):
        said["colour"] = tuple(said["colour"])
    made: Term = _KINDS[kind](**said)
    return made


def _words(term: Term) -> str:
    if isinstance(term, MagnitudeLimit):
        return f"{term.band} {'<' if term.faint else '>'} {term.limit:g}"
    if isinstance(term, SignalToNoise):
        return f"signal to noise in {term.band} > {term.least:g}"
    if isinstance(term, Completeness):
        return f"completeness curve in {term.band}"
    total = " ".join(f"{value:+g} {band}" for band, value in term.coefficients.items())
    return f"{total} {'<' if term.below else '>'} {term.bound:g}"
