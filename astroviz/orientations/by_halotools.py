r"""The same statistics by halotools, which keeps no pairs: for tables of any length.

halotools is imported when it is first asked. It keeps its cache in the folder of astropy and
needs no network. It counts separations up to a third of the side of the box.

Catalogues on the sky (right ascension, declination, redshift) are another matter: measure them
with TreeCorr, whose rule of sign for ellipticities is that of shear, opposite to ours.

References:
    | halotools (Hearin et al. 2017), https://arxiv.org/abs/1606.04106
    | TreeCorr (Jarvis, Bernstein & Jain 2004), https://arxiv.org/abs/astro-ph/0307393
"""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np

from astroviz.orientations.correlations import KINDS
from astroviz.orientations.pairs import check_edges, check_positions, sky_axes

__all__ = ["correlate_by_halotools"]


@cache
def _halotools() -> ModuleType:
    """Its module of estimators; floating-point warnings stay as they were."""
    with np.errstate():  # it switches them off for everybody
        try:
            from halotools import mock_observables
        except OSError as error:
            raise RuntimeError(
                f"halotools could not make its cache folder ({error}): set HOME or "
                "XDG_CACHE_HOME to a folder that can be written"
            ) from error
    return mock_observables


def correlate_by_halotools(
    kind: str,
    position: np.ndarray,
    size: float,
    edges: np.ndarray,
    marks: np.ndarray | None = None,
    shapes: np.ndarray | None = None,
    density: np.ndarray | None = None,
    pi_max: float | None = None,
    line_of_sight: int = 2,
) -> np.ndarray:
    r"""A statistic in each bin, in the conventions of `correlations`.

    Arguments:
        kind: One of `ed`, `ee`, `wg+`, `w++`, `wgg`.
        position: Comoving positions, Mpc/h, shape :math:`(N, 3)`.
        size: Side of the periodic box, Mpc/h.
        edges: Edges of the bins, Mpc/h, shape :math:`(B + 1,)`.
        marks: Unit axes, shape :math:`(N, 3)`, or ellipticities, shape :math:`(N, 2)`.
        shapes: Mask of the galaxies whose orientation counts.
        density: Mask of the galaxies around which it counts (`ed`, `wg+`).
        pi_max: Largest separation along the line of sight, Mpc/h, where projected.
        line_of_sight: The axis that is looked along.

    Returns:
        Shape :math:`(B,)`, in Mpc/h where projected.
    """
    if kind not in KINDS:
        raise ValueError(f"no statistic is called {kind!r}: there are {', '.join(KINDS)}")
    position = check_positions(position, size)
    edges = check_edges(edges, size / 3)
    everyone = np.ones(len(position), dtype=bool)
    oriented = everyone if shapes is None else np.asarray(shapes)
    around = everyone if density is None else np.asarray(density)
    _halotools()
    if not KINDS[kind].projected:
        if marks is None:
            raise ValueError(f"{KINDS[kind].label} needs unit axes of shape (N, 3)")
        return _in_space(kind, position, size, edges, np.asarray(marks, float), oriented, around)
    if pi_max is None or not 0 < pi_max < size / 3:
        raise ValueError(f"pi_max must be above 0 and below {size / 3:g} Mpc/h, not {pi_max!r}")
    seen = position[:, [*sky_axes(line_of_sight), line_of_sight]]
    if kind == "wgg":
        found = _halotools().wp(seen[oriented], edges, pi_max, period=size, estimator="Natural")
        return np.asarray(found)
    if marks is None:
        raise ValueError(f"{KINDS[kind].label} needs ellipticities of shape (N, 2)")
    e = np.asarray(marks, dtype=float)
    return _on_the_sky(kind, seen, size, edges, e, oriented, around, pi_max)


def _in_space(
    kind: str,
    position: np.ndarray,
    size: float,
    edges: np.ndarray,
    axes: np.ndarray,
    shapes: np.ndarray,
    density: np.ndarray,
) -> np.ndarray:
    tools, first = _halotools(), (position[shapes], axes[shapes])
    if kind == "ed":
        return np.asarray(tools.ed_3d(*first, position[density], edges, period=size))
    return np.asarray(tools.ee_3d(*first, *first, edges, period=size))


def _on_the_sky(
    kind: str,
    seen: np.ndarray,
    size: float,
    edges: np.ndarray,
    ellipticity: np.ndarray,
    shapes: np.ndarray,
    density: np.ndarray,
    pi_max: float,
) -> np.ndarray:
    tools = _halotools()
    length = np.hypot(*ellipticity.T)
    angle = 0.5 * np.arctan2(ellipticity[:, 1], ellipticity[:, 0])
    pointing = np.stack([np.cos(angle), np.sin(angle)], -1)
    first = (seen[shapes], pointing[shapes], length[shapes])
    if kind == "wg+":
        found = tools.gi_plus_projected(*first, seen[density], edges, pi_max, period=size)
    else:
        found = tools.ii_plus_projected(*first, *first, edges, pi_max, period=size)
    return np.asarray(found)
