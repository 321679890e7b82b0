r"""Colours of orientations: a cyclic map for angles, ramps for densities; our own, from OKLab.

The cyclic map is a closed ellipse in OKLab,

.. math::
    (L, a, b)(t) = (0.64 + 0.16 \cos t,\; 0.02 - 0.12 \cos t,\; -0.01 + 0.14 \sin t),

walked at constant speed, so that equal angles differ equally. Lightness and the blue-yellow
part are a quarter turn apart; both remain to people who confuse red and green, so that every
angle has a colour of its own for them too. The browser makes the same tables (`colours.js`).

References:
    | OKLab (Ottosson 2020), https://bottosson.github.io/posts/oklab/
    | Why not hsv: Good Colour Maps (Kovesi 2015), https://arxiv.org/abs/1509.03700
"""

from __future__ import annotations

from functools import cache

import numpy as np

__all__ = ["cyclic", "density_ramp", "from_oklab"]

# Stops of the ramps: lightness, chroma, hue in degrees.
_RAMPS = {
    False: ((0.985, 0.004, 240), (0.89, 0.042, 225), (0.75, 0.092, 232), (0.58, 0.125, 250),
            (0.41, 0.125, 268), (0.26, 0.09, 285)),
    True: ((0.225, 0.022, 258), (0.35, 0.075, 266), (0.5, 0.115, 252), (0.67, 0.115, 228),
           (0.84, 0.085, 198), (0.97, 0.035, 150)),
}  # fmt: skip
# Of densities that lie under coloured points: less colour, less depth.
_QUIET = {
    False: ((0.985, 0.003, 240), (0.9, 0.012, 240), (0.8, 0.018, 245), (0.7, 0.024, 250)),
    True: ((0.225, 0.016, 258), (0.32, 0.024, 256), (0.42, 0.03, 252), (0.53, 0.034, 248)),
}
_TO_LMS = np.array([
    [1.0, 0.3963377774, 0.2158037573],
    [1.0, -0.1055613458, -0.0638541728],
    [1.0, -0.0894841775, -1.2914855480],
])  # fmt: skip
_TO_RGB = np.array([
    [4.0767416621, -3.3077115913, 0.2309699292],
    [-1.2684380046, 2.6097574011, -0.3413193965],
    [-0.0041960863, -0.7034186147, 1.7076147010],
])  # fmt: skip


def from_oklab(lab: np.ndarray) -> np.ndarray:
    r"""OKLab to sRGB from 0 to 1; what lies outside of the gamut is cut off.

    Arguments:
        lab: Shape :math:`(*, 3)`.
    """
    linear = np.clip((np.asarray(lab) @ _TO_LMS.T) ** 3 @ _TO_RGB.T, 0, 1)
    coded: np.ndarray = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return coded


@cache
def cyclic() -> tuple[str, ...]:
    """256 colours round the circle as `#rrggbb`.

    Example:
        >>> cyclic()[0], cyclic()[128]
        ('#68d3c7', '#973360')
    """
    t = np.linspace(0, 2 * np.pi, 4097)
    lab = np.stack(
        [0.64 + 0.16 * np.cos(t), 0.02 - 0.12 * np.cos(t), -0.01 + 0.14 * np.sin(t)], -1
    )
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1))])
    even = np.interp(length[-1] * np.arange(256) / 256, length, t)
    lab = np.stack([np.interp(even, t, lab[:, k]) for k in range(3)], -1)
    return _hex(from_oklab(lab))


@cache
def density_ramp(dark: bool = False, quiet: bool = False) -> tuple[str, ...]:
    """256 colours from the ground to what stands out most, as `#rrggbb`.

    Arguments:
        dark: Whether the ground is dark.
        quiet: Whether coloured points lie over the density.
    """
    lightness, chroma, hue = np.array((_QUIET if quiet else _RAMPS)[bool(dark)]).T
    turn = np.radians(hue)
    stops = np.stack([lightness, chroma * np.cos(turn), chroma * np.sin(turn)], -1)
    place = np.linspace(0, len(stops) - 1, 256)
    lab = np.stack([np.interp(place, np.arange(len(stops)), stops[:, k]) for k in range(3)], -1)
    return _hex(from_oklab(lab))


def _hex(colours: np.ndarray) -> tuple[str, ...]:
    parts = np.floor(255 * colours + 0.5).astype(int)
    return tuple(f"#{r:02x}{g:02x}{b:02x}" for r, g, b in parts.tolist())
