r"""How galaxies point: ED, ee, w_g+, w_++ and w_gg from lists of pairs.

.. math:: \mathrm{ED}(r) &= \langle (a_i\cdot\hat r_{ij})^2 \rangle - \tfrac13, \qquad
          \mathrm{ee}(r) = \langle (a_i\cdot a_j)^2 \rangle - \tfrac13, \\
          w_{g+}(r_p) &= 2\pi_{\max} \frac{\sum e_+(i|j)}{RR}, \qquad
          w_{++}(r_p) = 2\pi_{\max} \frac{\sum e_+(i|j)\, e_+(j|i)}{RR}, \qquad
          w_{gg}(r_p) = 2\pi_{\max} \Bigl(\frac{DD}{RR} - 1\Bigr)

over ordered pairs :math:`i \neq j` with :math:`|\pi| \le \pi_{\max}`, where :math:`e_+ > 0` is
radial (see `projection`) and :math:`RR = N_i N_j\, \pi (r_2^2 - r_1^2)\, 2\pi_{\max} / V` is exact
in a periodic box. These are the estimators of halotools, with which they agree to rounding, but
with the pairs kept: orientations that are drawn again, or another selection, cost one weighted
count.

References:
    | Mandelbaum, Hirata, Ishak et al. (2006), https://arxiv.org/abs/astro-ph/0509026
    | Chisari, Codis, Laigle et al. (2015), https://arxiv.org/abs/1507.07843
    | halotools (Hearin et al. 2017), https://arxiv.org/abs/1606.04106
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.orientations.curves import KINDS, LINEAR, Correlation, Kind, Truth
from astroviz.orientations.pairs import Pairs

__all__ = [
    "KINDS",
    "LINEAR",
    "Contributions",
    "Correlation",
    "Kind",
    "NoPairs",
    "Truth",
    "add_up",
    "contributions",
    "correlate",
    "random_pairs",
    "summary",
]


class NoPairs(ValueError):
    """There are too few galaxies for a correlation."""


@dataclass(frozen=True)
class Contributions:
    r"""What each pair adds to a statistic, in either order.

    Arguments:
        kind: One of `KINDS`.
        pairs: Pairs of which at least one order counts.
        value: Its mark with its first, and with its second galaxy as the oriented one, shape
            :math:`(2, P)`; 0 where that order does not count.
        weight: Whether that order counts, 0 or 1, shape :math:`(2, P)`.
        shapes: Which galaxies give orientations, mask of shape :math:`(N,)`.
        density: Which galaxies are neighbours, mask of shape :math:`(N,)`.
    """

    kind: str
    pairs: Pairs
    value: np.ndarray
    weight: np.ndarray
    shapes: np.ndarray
    density: np.ndarray


def contributions(
    kind: str,
    pairs: Pairs,
    marks: np.ndarray | None = None,
    shapes: np.ndarray | None = None,
    density: np.ndarray | None = None,
) -> Contributions:
    r"""The marks of all pairs.

    Arguments:
        kind: One of `KINDS`.
        pairs: In space for `ed` and `ee`, in projection for the others.
        marks: For `ed` and `ee` unit axes, shape :math:`(N, 3)`; for `wg+` and `w++`
            ellipticities :math:`e_1, e_2`, shape :math:`(N, 2)`; nothing for `wgg`.
        shapes: Mask of the galaxies whose orientation counts, shape :math:`(N,)`; all by default.
        density: Mask of the galaxies around which it counts (`ed`, `wg+`); all by default.
            The others take both galaxies of a pair from `shapes`.
    """
    what = _kind(kind)
    if (pairs.pi_max is not None) != what.projected:
        where = "projection" if what.projected else "space"
        raise ValueError(f"{what.label} needs pairs in {where}: `pairs_in_{where}`")
    shapes = _mask(shapes, pairs.count, "shapes")
    density = _mask(density, pairs.count, "density") if kind in ("ed", "wg+") else shapes
    _check_enough(shapes, density)
    forward = shapes[pairs.first] & density[pairs.second]
    backward = shapes[pairs.second] & density[pairs.first]
    keep = forward | backward
    if not keep.all():
        pairs, forward, backward = pairs.take(keep), forward[keep], backward[keep]
    first, second = _marks_of_pairs(kind, pairs, _check_marks(kind, pairs, marks))
    weight = np.stack([forward, backward]).astype(float)
    return Contributions(kind, pairs, np.stack([first, second]) * weight, weight, shapes, density)


def add_up(parts: Contributions) -> np.ndarray:
    """The statistic in each bin, shape (B,): marks over pairs, or over random pairs."""
    pairs = parts.pairs
    total = pairs.sum(parts.value.sum(0))
    if pairs.pi_max is None:
        count = pairs.sum(parts.weight.sum(0))
        return _divided(total, count) - 1 / 3
    expected = random_pairs(pairs, int(parts.shapes.sum()), int(parts.density.sum()))
    ratio = total / expected - (1.0 if parts.kind == "wgg" else 0.0)
    return 2 * pairs.pi_max * ratio


def correlate(
    kind: str,
    pairs: Pairs,
    marks: np.ndarray | None = None,
    shapes: np.ndarray | None = None,
    density: np.ndarray | None = None,
    definition: str = "epsilon",
) -> Correlation:
    r"""Measure a statistic; arguments as of `contributions`.

    Example:
        >>> import numpy as np
        >>> from astroviz.orientations.pairs import pairs_in_space
        >>> position = np.random.default_rng(0).uniform(0, 50, (300, 3))
        >>> pairs = pairs_in_space(position, 50.0, np.array([1.0, 5.0, 10.0]))
        >>> axes = np.tile([0.0, 0.0, 1.0], (300, 1))
        >>> correlate("ee", pairs, axes).value.round(6)
        array([0.666667, 0.666667])
    """
    return summary(contributions(kind, pairs, marks, shapes, density), definition)


def summary(parts: Contributions, definition: str = "epsilon") -> Correlation:
    """The measured statistic of contributions."""
    pairs, projected = parts.pairs, parts.pairs.pi_max is not None
    return Correlation(
        kind=parts.kind,
        edges=pairs.edges,
        value=add_up(parts),
        pairs=pairs.sum(parts.weight.sum(0)).astype(int),
        galaxies=int(parts.shapes.sum()),
        pi_max=pairs.pi_max,
        definition=definition if projected and KINDS[parts.kind].shapes else None,
    )


def random_pairs(pairs: Pairs, shapes: int, density: int) -> np.ndarray:
    r"""Ordered pairs of unclustered galaxies in each bin of a projection, shape :math:`(B,)`."""
    if pairs.pi_max is None:
        raise ValueError("random pairs are counted in projection only")
    ring = np.pi * np.diff(pairs.edges**2) * 2 * pairs.pi_max
    return shapes * density * ring / pairs.size**3


def _kind(kind: str) -> Kind:
    if kind not in KINDS:
        raise ValueError(f"no statistic is called {kind!r}: there are {', '.join(KINDS)}")
    return KINDS[kind]


def _mask(mask: np.ndarray | None, count: int, name: str) -> np.ndarray:
    """A mask of all galaxies, from a mask, indices or nothing."""
    if mask is None:
        return np.ones(count, dtype=bool)
    mask = np.asarray(mask)
    if mask.dtype == bool:
        if mask.shape != (count,):
            raise ValueError(f"the mask `{name}` has shape {mask.shape}, not ({count},)")
        return mask
    found = np.zeros(count, dtype=bool)
    found[mask.astype(int)] = True
    return found


def _check_enough(shapes: np.ndarray, density: np.ndarray) -> None:
    oriented, around = int(shapes.sum()), int(density.sum())
    if oriented == 0:
        raise NoPairs("the selection is empty: select two galaxies or more for a correlation")
    if around == 0 or int((shapes | density).sum()) < 2:
        count = max(oriented, around)
        raise NoPairs(
            f"a correlation needs pairs and there {'is' if count == 1 else 'are'} {count} "
            f"{'galaxy' if count == 1 else 'galaxies'} with nothing around: select two or more"
        )


def _check_marks(kind: str, pairs: Pairs, marks: np.ndarray | None) -> np.ndarray:
    width = {"ed": 3, "ee": 3, "wg+": 2, "w++": 2, "wgg": 0}[kind]
    if width == 0:
        return np.zeros((pairs.count, 0))
    what = "unit axes" if width == 3 else "ellipticities"
    marks = np.asarray(marks, dtype=float)
    if marks.shape != (pairs.count, width):
        raise ValueError(
            f"{KINDS[kind].label} needs {what} of shape ({pairs.count}, {width}), "
            f"not {marks.shape}"
        )
    if not np.isfinite(marks).all():
        row = int(np.flatnonzero(~np.isfinite(marks).all(1))[0])
        raise ValueError(f"galaxy {row} has {what} {marks[row]}: leave it out of the table")
    if width == 3:
        length = np.linalg.norm(marks, axis=1)
        if (np.abs(length - 1) > 1e-3).any():
            row = int(np.abs(length - 1).argmax())
            raise ValueError(f"axes must have length 1; that of galaxy {row} is {length[row]:g}")
        marks = marks / length[:, None]
    return marks


def _marks_of_pairs(kind: str, pairs: Pairs, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mark of each pair with its first, and with its second galaxy as the oriented one."""
    if kind == "wgg":
        one = np.ones(len(pairs))
        return one, one
    columns = np.ascontiguousarray(marks.T)
    if kind == "ee":
        cosine = sum(c[pairs.first] * c[pairs.second] for c in columns)
        squared = np.square(cosine)
        return squared, squared
    first = _along(columns, pairs.first, pairs.direction)
    second = _along(columns, pairs.second, pairs.direction)
    if kind == "ed":
        return np.square(first), np.square(second)
    if kind == "wg+":
        return first, second
    return first * second, first * second


def _along(columns: np.ndarray, rows: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Component of marks along the direction of each pair, shape (P,)."""
    along = columns[0][rows] * direction[0]
    for column, part in zip(columns[1:], direction[1:], strict=True):
        along += column[rows] * part
    return along


def _divided(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Mean over pairs; NaN where there are none."""
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
