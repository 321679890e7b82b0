r"""Ellipsoids in space as ellipses on the sky, and what is called their ellipticity.

A galaxy with semi-axes :math:`1, b, c` along the columns of :math:`R` has the shape matrix
:math:`A = R\,\mathrm{diag}(1, b^2, c^2)\,R^T`. The outline of its shadow, and each isophote of
an ellipsoid whose light is stratified on similar ellipsoids and not absorbed, is the ellipse
:math:`x^T S^{-1} x = 1` with :math:`S` the block of :math:`A` across the line of sight.

With :math:`q` the axis ratio of that ellipse and :math:`\psi` the position angle of its major
axis, counter-clockwise from the first axis of the sky,

.. math:: \epsilon = \frac{1-q}{1+q} e^{2i\psi}
          = \frac{S_{11} - S_{22} + 2 i S_{12}}{S_{11} + S_{22} + 2\sqrt{\det S}},
          \qquad
          \chi = \frac{1-q^2}{1+q^2} e^{2i\psi}
          = \frac{S_{11} - S_{22} + 2 i S_{12}}{S_{11} + S_{22}}.

Sign: :math:`e_1 > 0` is long along the first axis, :math:`e_2 > 0` along the diagonal between the
first and the second. Towards a neighbour at position angle :math:`\phi`,
:math:`e_+ = e_1\cos 2\phi + e_2\sin 2\phi` is positive where the galaxy *points at* it (radial);
this is the sign of the field of intrinsic alignments, opposite to that of tangential shear.

References:
    | Stark (1977), https://doi.org/10.1086/155164
    | Binney (1985), https://doi.org/10.1093/mnras/212.4.767
    | Joachimi, Semboloni, Bett et al. (2013), https://arxiv.org/abs/1203.6833
    | Bernstein & Jarvis (2002), https://arxiv.org/abs/astro-ph/0107431
"""

from __future__ import annotations

import numpy as np

from astroviz.orientations.pairs import sky_axes

__all__ = [
    "DEFINITIONS",
    "axis_ratio_of",
    "check_axis_ratios",
    "ellipse",
    "project",
    "responsivity",
    "shadow",
]

DEFINITIONS = {
    "epsilon": "(1 \u2212 q)/(1 + q)",
    "chi": "(1 \u2212 q\u00b2)/(1 + q\u00b2)",
}


def check_axis_ratios(
    axis_ratio_b: np.ndarray, axis_ratio_c: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Axis ratios as float64; ValueError unless 0 < c <= b <= 1."""
    b, c = np.asarray(axis_ratio_b, dtype=float), np.asarray(axis_ratio_c, dtype=float)
    if b.shape != c.shape:
        raise ValueError(f"axis ratios b/a and c/a differ in shape: {b.shape} and {c.shape}")
    # single precision may leave c a rounding above b
    wrong = ~((c > 0) & (c <= b * (1 + 1e-6)) & (b <= 1 + 1e-6))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"axis ratios must obey 0 < c/a <= b/a <= 1; {int(wrong.sum())} do not, the first "
            f"with b/a = {b.flat[row]:g} and c/a = {c.flat[row]:g}: a flat ellipsoid has no "
            "outline, and the longest axis comes first"
        )
    return np.minimum(b, 1.0), np.minimum(c, np.minimum(b, 1.0))


def shadow(
    rotation: np.ndarray,
    axis_ratio_b: np.ndarray,
    axis_ratio_c: np.ndarray,
    line_of_sight: int = 2,
) -> np.ndarray:
    r"""Shape matrix of the projected ellipse.

    Arguments:
        rotation: Columns are the major, intermediate and minor axis, shape :math:`(*, 3, 3)`.
        axis_ratio_b: Intermediate over major axis, shape :math:`(*)`.
        axis_ratio_c: Minor over major axis, shape :math:`(*)`.
        line_of_sight: The axis that is looked along, 0, 1 or 2.

    Returns:
        :math:`S_{11}, S_{22}, S_{12}` in units of the squared major axis, shape :math:`(3, *)`.
    """
    b, c = check_axis_ratios(axis_ratio_b, axis_ratio_c)
    x, y = sky_axes(line_of_sight)
    rotation = np.asarray(rotation, dtype=float)
    if rotation.shape[-2:] != (3, 3):
        raise ValueError(f"rotations must have shape (*, 3, 3), not {rotation.shape}")
    across, up = rotation[..., x, :], rotation[..., y, :]
    squared = np.stack(np.broadcast_arrays(np.ones_like(b), b**2, c**2), -1)
    return np.stack([
        (squared * across**2).sum(-1),
        (squared * up**2).sum(-1),
        (squared * across * up).sum(-1),
    ])  # fmt: skip


def ellipse(matrix: np.ndarray, definition: str = "epsilon") -> np.ndarray:
    r"""Ellipticity of a shape matrix on the sky.

    Arguments:
        matrix: :math:`S_{11}, S_{22}, S_{12}`, shape :math:`(3, *)`.
        definition: `epsilon` for :math:`(1-q)/(1+q)`, `chi` for :math:`(1-q^2)/(1+q^2)`.

    Returns:
        :math:`e_1, e_2`, shape :math:`(*, 2)`.
    """
    if definition not in DEFINITIONS:
        known = " or ".join(f"{key!r} for {text}" for key, text in DEFINITIONS.items())
        raise ValueError(f"no ellipticity is called {definition!r}: take {known}")
    s11, s22, s12 = matrix
    size = s11 + s22
    if definition == "epsilon":
        size = size + 2 * np.sqrt(np.maximum(s11 * s22 - s12 * s12, 0))
    return np.stack([(s11 - s22) / size, 2 * s12 / size], -1)


def project(
    rotation: np.ndarray,
    axis_ratio_b: np.ndarray,
    axis_ratio_c: np.ndarray,
    definition: str = "epsilon",
    line_of_sight: int = 2,
) -> np.ndarray:
    r"""Projected ellipticities of triaxial galaxies.

    Arguments:
        rotation: Columns are the major, intermediate and minor axis, shape :math:`(N, 3, 3)`.
        axis_ratio_b: Intermediate over major axis, shape :math:`(N,)`.
        axis_ratio_c: Minor over major axis, shape :math:`(N,)`.
        definition: `epsilon` for :math:`(1-q)/(1+q)`, `chi` for :math:`(1-q^2)/(1+q^2)`.
        line_of_sight: The axis that is looked along.

    Returns:
        :math:`e_1, e_2` in the sense of the module, shape :math:`(N, 2)`.

    Example:
        >>> import numpy as np
        >>> project(np.eye(3)[None], np.array([0.5]), np.array([0.4])).round(4)
        array([[0.3333, 0.    ]])
    """
    return ellipse(shadow(rotation, axis_ratio_b, axis_ratio_c, line_of_sight), definition)


def axis_ratio_of(ellipticity: np.ndarray, definition: str = "epsilon") -> np.ndarray:
    """Axis ratio q of projected ellipses from e1, e2, shape (*, 2) to (*)."""
    size = np.hypot(ellipticity[..., 0], ellipticity[..., 1])
    ratio = (1 - size) / (1 + size)
    return ratio if definition == "epsilon" else np.sqrt(ratio)


def responsivity(ellipticity: np.ndarray, definition: str = "epsilon") -> float:
    r"""Mean answer of a mean ellipticity to a small shear.

    :math:`\langle\epsilon\rangle = \gamma` needs none, so 1; :math:`\langle\chi\rangle = 2
    \mathcal{R}\gamma` with :math:`\mathcal{R} = 1 - \langle|\chi|^2\rangle / 2`, so
    :math:`2\mathcal{R}`: divide ellipticities by it to have shears.

    Arguments:
        ellipticity: :math:`e_1, e_2`, shape :math:`(N, 2)`.
        definition: Which ellipticity they are.
    """
    if definition == "epsilon":
        return 1.0
    return float(2 - np.mean(np.sum(np.square(ellipticity), -1)))
