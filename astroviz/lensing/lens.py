r"""The lens: an elliptical power law with external shear, and what it does to rays.

Conventions, written here and nowhere else:

- arcsec; x to the right along columns, y up along rows (row 0 is the bottom one).
- `einstein_radius` is on the intermediate axis: :math:`\theta_E = \sqrt{ab}` of the critical
  ellipse of an isothermal lens. Keeton's :math:`b` is :math:`\sqrt{q}` of the major axis' scale;
  `from_keeton` converts.
- `axis_ratio` q is minor over major; `position_angle` is the major axis' angle in radians,
  counter-clockwise from +x on the detector (`sky_angle` turns it to east of north).
- `shear1` > 0 stretches images along x, `shear2` > 0 along the diagonal x = y, about the origin of
  the frame: :math:`\alpha = (\gamma_1 x + \gamma_2 y,\ \gamma_2 x - \gamma_1 y)`.
- `slope` is t of :math:`\kappa \propto R^{-t}`; 1 is isothermal (three-dimensional slope t + 1).
- The source lies at :math:`\beta = \theta - \alpha(\theta)`.

Near q = 1 an angle means nothing. What is inferred is therefore `to_free`'s vector: log Einstein
radius and the two components of :math:`e = \frac{1-q}{1+q} e^{2i\varphi}`, in which every function
here (`free=True`) and its gradient are finite for a round lens.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from astroviz.lensing.shapes import ellipticity, power_law

__all__ = [
    "FREE_NAMES",
    "LENS_BOUNDS",
    "LENS_NAMES",
    "LENS_UNITS",
    "LensError",
    "check_lens",
    "components",
    "convergence",
    "deflection",
    "from_free",
    "from_keeton",
    "jacobian",
    "magnification",
    "potential",
    "sky_angle",
    "to_free",
]

LENS_NAMES = ("einstein_radius", "axis_ratio", "position_angle", "x0", "y0", "shear1", "shear2",
              "slope")  # fmt: skip
LENS_UNITS = ("arcsec", "", "rad", "arcsec", "arcsec", "", "", "")
LENS_BOUNDS = {
    "einstein_radius": (0.05, 5.0),
    "axis_ratio": (0.2, 1.0),
    "position_angle": (-math.pi, math.pi),
    "x0": (-2.0, 2.0),
    "y0": (-2.0, 2.0),
    "shear1": (-0.3, 0.3),
    "shear2": (-0.3, 0.3),
    "slope": (0.5, 1.5),
}
r"""What sliders and priors cover. `check_lens` accepts more: all that has a meaning."""

FREE_NAMES = ("log_einstein_radius", "e1", "e2", *LENS_NAMES[3:])
_DEFAULTS = {"axis_ratio": 1.0, "position_angle": 0.0, "x0": 0.0, "y0": 0.0, "shear1": 0.0,
             "shear2": 0.0, "slope": 1.0}  # fmt: skip


class LensError(ValueError):
    """A lens that cannot be: says what is wrong, the value, and what to do."""


def _vector(lens: Mapping[str, float] | Sequence[float] | Tensor) -> Tensor:
    """One tensor (..., 8) from a mapping by name, a sequence in order, or a tensor."""
    if isinstance(lens, Tensor):
        return lens if lens.is_floating_point() else lens.float()
    if isinstance(lens, Mapping):
        unknown = sorted(set(lens) - set(LENS_NAMES))
        if unknown:
            raise LensError(f"A lens has no {unknown[0]!r}; it has {', '.join(LENS_NAMES)}.")
        if "einstein_radius" not in lens:
            raise LensError("A lens needs an einstein_radius, in arcsec.")
        lens = [float({**_DEFAULTS, **lens}[name]) for name in LENS_NAMES]
    values = [float(value) for value in lens]
    if len(values) == 1:  # a round isothermal lens
        values += list(_DEFAULTS.values())
    return torch.tensor(values, dtype=torch.float32)


def check_lens(
    lens: Mapping[str, float] | Sequence[float] | Tensor, half_field: float | None = None
) -> Tensor:
    r"""The lens as a tensor (..., 8), or a `LensError` that says what is wrong with it.

    Arguments:
        lens: By name (all but the Einstein radius may be left out), or in the order of
            `LENS_NAMES`; the Einstein radius alone is a round isothermal lens.
        half_field: Half the width of the frame, arcsec; then a lens outside of it is refused.

    Example:
        >>> check_lens({"einstein_radius": 1.5, "axis_ratio": 0.8})[:2].tolist()
        [1.5, 0.800000011920929]
    """
    vector = _vector(lens)
    if vector.ndim == 0 or vector.shape[-1] != len(LENS_NAMES):
        raise LensError(
            f"A lens has {len(LENS_NAMES)} numbers ({', '.join(LENS_NAMES)}); "
            f"these are of shape {tuple(vector.shape)}."
        )
    flat = vector.detach().reshape(-1, len(LENS_NAMES)).double()
    for name, column in zip(LENS_NAMES, flat.T, strict=True):
        _refuse(~torch.isfinite(column), column, name, "give a finite number")
    radius, axis_ratio, slope = flat[:, 0], flat[:, 1], flat[:, 7]
    _refuse(radius <= 0, radius, "einstein_radius", "a lens deflects; give more than 0 arcsec")
    _refuse((axis_ratio <= 0) | (axis_ratio > 1), axis_ratio, "axis_ratio",
            "minor over major axis lies in (0, 1]")  # fmt: skip
    _refuse((slope <= 0) | (slope >= 2), slope, "slope", "it must lie in (0, 2); 1 is isothermal")
    total = torch.hypot(flat[:, 5], flat[:, 6])
    _refuse(total >= 1, total, "shear", "a sheet of shear 1 or more has no image; keep below 0.5")
    if half_field is not None:
        for index in (3, 4):
            _refuse(flat[:, index].abs() > half_field, flat[:, index], LENS_NAMES[index],
                    f"the frame ends at {half_field:g} arcsec; move the lens into it")  # fmt: skip
    return vector


def _refuse(wrong: Tensor, values: Tensor, name: str, why: str) -> None:
    if wrong.any():
        raise LensError(f"{name} is {float(values[wrong][0]):g}: {why}.")


def to_free(lens: Tensor) -> Tensor:
    r"""Coordinates without walls or angles, (..., 8), in the order of `FREE_NAMES`."""
    e1, e2 = ellipticity(lens[..., 1], lens[..., 2])
    return torch.cat([torch.stack([lens[..., 0].log(), e1, e2], -1), lens[..., 3:]], -1)


def from_free(free: Tensor) -> Tensor:
    r"""The lens of free coordinates; the angle lies in (-pi/2, pi/2], 0 for a round lens.

    Its derivative is one-sided at q = 1: to infer, give the free vector to the functions of this
    module and to the operator with `free=True`.
    """
    e1, e2 = free[..., 1], free[..., 2]
    squared = e1 * e1 + e2 * e2
    floor = torch.finfo(free.dtype).tiny
    modulus = torch.where(squared > floor, squared, floor).sqrt().clamp_max(0.9999)
    apart = squared > floor
    angle = 0.5 * torch.atan2(torch.where(apart, e2, 0.0), torch.where(apart, e1, 1.0))
    head = [free[..., 0].exp(), (1 - modulus) / (1 + modulus), angle]
    return torch.cat([torch.stack(head, -1), free[..., 3:]], -1)


def components(lens: Tensor, free: bool = False) -> tuple[Tensor, ...]:
    r"""(theta_E, e1, e2, x0, y0, shear1, shear2, slope), each (...), of either kind of vector."""
    rest = lens[..., 3:].unbind(-1)
    if free:
        return (lens[..., 0].exp(), lens[..., 1], lens[..., 2], *rest)
    return (lens[..., 0], *ellipticity(lens[..., 1], lens[..., 2]), *rest)


def deflection(x: Tensor, y: Tensor, lens: Tensor, free: bool = False) -> tuple[Tensor, Tensor]:
    r"""Reduced deflection :math:`\alpha(\theta)` of lens and shear.

    Arguments:
        x: Positions, arcsec, broadcasting against `lens.shape[:-1]`: for a batch of lenses on one
            grid give `lens[:, None, None]`.
        y: The same.
        lens: (..., 8) in the order of `LENS_NAMES`.
        free: The vector is in the order of `FREE_NAMES`.

    Returns:
        The two components, arcsec.

    Example:
        >>> alpha = deflection(torch.tensor(3.0), torch.tensor(4.0), check_lens([1.5]))
        >>> [round(float(a), 4) for a in alpha]
        [0.9, 1.2]
    """
    radius, e1, e2, x0, y0, shear1, shear2, slope = components(lens, free)
    alpha, _, _ = power_law(x - x0, y - y0, radius, e1, e2, slope)
    return alpha.real + shear1 * x + shear2 * y, alpha.imag + shear2 * x - shear1 * y


def potential(x: Tensor, y: Tensor, lens: Tensor, free: bool = False) -> Tensor:
    r"""Lensing potential :math:`\psi` with :math:`\nabla\psi = \alpha`, arcsec squared.

    .. math::
        \psi = \frac{x\alpha_x + y\alpha_y}{2 - t} + \frac{\gamma_1}{2}(x^2 - y^2) + \gamma_2 xy
    """
    radius, e1, e2, x0, y0, shear1, shear2, slope = components(lens, free)
    alpha, _, _ = power_law(x - x0, y - y0, radius, e1, e2, slope)
    own = ((x - x0) * alpha.real + (y - y0) * alpha.imag) / (2 - slope)
    return own + 0.5 * shear1 * (x * x - y * y) + shear2 * x * y


def convergence(x: Tensor, y: Tensor, lens: Tensor, free: bool = False) -> Tensor:
    r"""Convergence :math:`\kappa = \tfrac12 \nabla\cdot\alpha`, over the critical density."""
    radius, e1, e2, x0, y0, _, _, slope = components(lens, free)
    return power_law(x - x0, y - y0, radius, e1, e2, slope)[1]


def jacobian(x: Tensor, y: Tensor, lens: Tensor, free: bool = False) -> Tensor:
    r""":math:`\partial\beta/\partial\theta`, (..., 2, 2), symmetric.

    .. math::
        \begin{pmatrix} 1-\kappa-\gamma_1 & -\gamma_2\\ -\gamma_2 & 1-\kappa+\gamma_1\end{pmatrix}
    """
    radius, e1, e2, x0, y0, shear1, shear2, slope = components(lens, free)
    _, kappa, gamma = power_law(x - x0, y - y0, radius, e1, e2, slope)
    first, second = gamma.real + shear1, gamma.imag + shear2
    rows = [torch.stack([1 - kappa - first, -second], -1),
            torch.stack([-second, 1 - kappa + first], -1)]  # fmt: skip
    return torch.stack(rows, -2)


def magnification(x: Tensor, y: Tensor, lens: Tensor, free: bool = False) -> Tensor:
    r"""Signed magnification :math:`1 / \det(\partial\beta/\partial\theta)`; mirrored if < 0."""
    matrix = jacobian(x, y, lens, free)
    return 1 / (matrix[..., 0, 0] * matrix[..., 1, 1] - matrix[..., 0, 1] ** 2)


def from_keeton(b: float, axis_ratio: float) -> float:
    r"""Einstein radius on the intermediate axis of Keeton's b: :math:`\theta_E = b / \sqrt{q}`.

    In that convention :math:`\kappa = b / (2\sqrt{q^2x^2 + y^2})` for an isothermal lens. (Where a
    paper writes :math:`b / (2\sqrt{x^2 + y^2/q^2})`, its b is on the major axis and
    :math:`\theta_E = b\sqrt{q}`.)
    """
    return b / math.sqrt(axis_ratio)


def sky_angle(position_angle: float, north: float, flipped: bool = True) -> float:
    r"""Position angle east of north, radians in [0, pi), of an angle on the detector.

    Arguments:
        position_angle: From +x, counter-clockwise, radians.
        north: Direction of north on the detector, from +x, counter-clockwise, radians.
        flipped: East is counter-clockwise from north, as on the sky seen from inside.
    """
    turn = position_angle - north
    return (turn if flipped else -turn) % math.pi
