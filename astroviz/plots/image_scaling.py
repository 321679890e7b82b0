r"""How numbers of a picture become colours: palettes, limits, stretches, the ticks of the bar.

A picture is sent stretched, :math:`\operatorname{arsinh}(v / s)` for `asinh`, and coloured
linearly by the browser; the ticks of the bar are labelled with the values themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from bokeh.palettes import Cividis256, Inferno256

from astroviz.plots.theme import OKABE_ITO

__all__ = ["PALETTES", "SCALINGS", "Scaling", "find_limits", "find_ticks", "palette"]

SCALINGS = ("linear", "asinh", "symmetric")
"""`linear`; `asinh`, linear near zero and logarithmic beyond; `symmetric`, linear about zero."""

PALETTES = ("flux", "spread", "signed")
"""`flux`: dark sky, bright light; `spread`: standard deviations; `signed`: residuals."""

_STOPS = (OKABE_ITO["blue"], OKABE_ITO["sky"], "", OKABE_ITO["orange"], OKABE_ITO["vermilion"])
_MIDDLE = ("#ffffff", "#171c23")
_KNEE = 0.1  # where `asinh` bends, as a part of the upper limit


def palette(name: str, dark: bool = False) -> list[str]:
    """256 colours from low to high; `signed` has the colour of the ground in its middle."""
    if name == "flux":
        return list(Inferno256)
    if name == "spread":
        return list(Cividis256)
    if name != "signed":
        raise KeyError(f"no palette named {name!r}; there are {', '.join(PALETTES)}")
    stops = np.array([_rgb(stop or _MIDDLE[int(dark)]) for stop in _STOPS])
    at = np.linspace(0, len(stops) - 1, 256)
    mixed = np.stack([np.interp(at, np.arange(len(stops)), stops[:, k]) for k in range(3)], -1)
    return ["#{:02x}{:02x}{:02x}".format(*row) for row in np.rint(mixed).astype(int)]


def find_limits(values: np.ndarray, scaling: str, part: float = 99.8) -> tuple[float, float]:
    r"""Limits of the colours that suit a picture, without its few extremes.

    Arguments:
        values: Any shape; what is not finite does not count.
        scaling: One of `SCALINGS`.
        part: Percentile that has the last colour.

    Returns:
        Lowest and highest value; the lowest is minus the highest where the scaling is symmetric.
    """
    found = np.asarray(values, dtype=float)
    found = found[np.isfinite(found)]
    if not found.size:
        return (-1.0, 1.0) if scaling == "symmetric" else (0.0, 1.0)
    if scaling == "symmetric":
        high = float(np.percentile(np.abs(found), part)) or float(np.abs(found).max()) or 1.0
        return -high, high
    low, high = float(np.percentile(found, 0.5)), float(np.percentile(found, part))
    low = min(low, 0.0) if low > -0.05 * abs(high) or low >= 0 else low
    if high <= low:
        high = float(found.max())
    return (low, high) if high > low else (low, low + max(abs(low), 1.0))


@dataclass(frozen=True)
class Scaling:
    r"""A stretch with its limits.

    Arguments:
        name: One of `SCALINGS`.
        limits: Values that have the first and the last colour.
        knee: Value at which `asinh` bends; a tenth of the upper limit when 0.
    """

    name: str
    limits: tuple[float, float]
    knee: float = 0.0
    softening: float = field(init=False)

    def __post_init__(self) -> None:
        if self.name not in SCALINGS:
            raise KeyError(f"no scaling named {self.name!r}; there are {', '.join(SCALINGS)}")
        reach = max(abs(self.limits[0]), abs(self.limits[1]), 1e-30)
        soft = (self.knee or _KNEE * reach) if self.name == "asinh" else 0.0
        object.__setattr__(self, "softening", float(soft))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Stretched values, float32, same shape."""
        values = np.asarray(values, dtype=np.float32)
        return np.arcsinh(values / np.float32(self.softening)) if self.softening else values

    def ends(self) -> tuple[float, float]:
        """The limits, stretched."""
        low, high = self.limits
        if not self.softening:
            return low, high
        return math.asinh(low / self.softening), math.asinh(high / self.softening)


def find_ticks(scaling: Scaling, count: int = 5) -> dict[float, str]:
    r"""Ticks of a bar: places on the stretched scale to the values as text, round ones only."""
    low, high = scaling.limits
    if scaling.softening:
        values = _decades(low, high, scaling.softening, count)
    else:
        values = _even(low, high, count)
    step = min(np.diff(values)) if len(values) > 1 else max(abs(high), 1e-12)
    soft = scaling.softening
    return {
        (math.asinh(value / soft) if soft else value): _written(value, step) for value in values
    }


def _even(low: float, high: float, count: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    step = _round_up((high - low) / max(count - 1, 1))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-300)))
    return next(power * k for k in (1, 2, 5, 10) if power * k >= value * (1 - 1e-9))


def _decades(low: float, high: float, soft: float, count: int) -> list[float]:
    """Zero and round values that are about even on the stretched scale."""
    at = np.sinh(np.linspace(math.asinh(low / soft), math.asinh(high / soft), count)) * soft
    values = {0.0} if low <= 0 <= high else set()
    for value in at:
        if abs(value) < 0.2 * soft:
            continue
        power = 10.0 ** math.floor(math.log10(abs(value)))
        nearest = min((1, 2, 5, 10), key=lambda k: abs(math.log(power * k / abs(value))))
        if low <= math.copysign(power * nearest, value) <= high:
            values.add(math.copysign(power * nearest, value))
    return sorted(values)


def _written(value: float, step: float) -> str:
    if value == 0:
        return "0"
    reach = max(abs(value), abs(step))
    text = f"{value:.1e}" if reach < 1e-3 or abs(value) >= 1e5 else f"{value:.4g}"
    return text.replace("-", "\u2212")


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
