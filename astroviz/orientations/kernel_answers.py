r"""What the kernel lab shows: draws, curves, read-outs and the score field of one kernel.

Means are the identity. For a group :math:`G` the kernel is
:math:`f_G(R) = |G|^{-1} \sum_g f_\sigma(\angle(R, g))`, of which

.. math::

    p(\omega) = \frac{1 - \cos\omega}{\pi} \sum_l n_l\, e^{-l(l+1)\sigma^2/2}\,
    \frac{\sin((l + \frac12)\omega)}{\sin(\omega/2)}, \qquad
    n_l = \frac{1}{|G|} \sum_g \chi_l(\gamma_g)

is the density of the angle from the mean (:math:`n_l = 2l + 1` without a symmetry), so that
:math:`\langle \mathrm{tr} R\rangle = n_1 e^{-\sigma^2}`; and
:math:`\langle P_2\rangle = e^{-3\sigma^2} |G|^{-1}\sum_g P_2(a \cdot g a)` of the first axis.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from astroviz.core.draws import Draws
from astroviz.core.request import Chunk, Control, Request
from astroviz.orientations.axis_density import density_of_kernels
from astroviz.orientations.groups import SymmetricMixture, group
from astroviz.orientations.igso3 import in_measure
from astroviz.orientations.rotation_columns import COLUMNS, UNITS, columns_of
from astroviz.orientations.rotations import exp

__all__ = ["Kernel", "angle_density", "kernel_law", "kernel_request", "score_arrows"]

NSIDE = 32
_REACH = (11.25, 22.5, 45.0, 90.0, 180.0)  # degrees: ends of the axis of angles
_ARROWS = 240
_BINS = 36
_LONGEST = 40.0


@dataclass(frozen=True)
class Kernel:
    r"""What there is to draw of one kernel.

    Arguments:
        sigma: Its scale, rad.
        angle: Grid of angles, degrees, shape :math:`(A,)`.
        log_density: Natural log of the density along a turn about the third axis, in the measure
            that was asked for, shape :math:`(A,)`.
        score: Its derivative by the angle, per rad, shape :math:`(A,)`.
        small_scale: What it would be in flat space, :math:`-\omega/\sigma^2`, shape :math:`(A,)`.
        marginal: Density of the angle from the mean, per degree, shape :math:`(A,)`.
        edges: Edges of the histogram of the draws' angles, degrees, shape :math:`(B + 1,)`.
        counted: Their density, per degree, shape :math:`(B,)`.
        density: Axis density relative to uniform, a HEALPix map (RING).
        arrows: Place and direction of the score field, shape :math:`(M, 6)`.
        limit: Angle up to which the marginal is drawn, degrees.
        readings: Name to (formula, measured, error).
        uniform: Log density of the uniform law in the measure.
    """

    sigma: float
    angle: np.ndarray
    log_density: np.ndarray
    score: np.ndarray
    small_scale: np.ndarray
    marginal: np.ndarray
    edges: np.ndarray
    counted: np.ndarray
    density: np.ndarray
    arrows: np.ndarray
    limit: float
    readings: dict[str, tuple[float, float, float]]
    uniform: float

    @classmethod
    def of(cls, draws: Draws) -> Kernel:
        """What an answer to `kernel_request` holds."""
        kept = draws.extras
        angle = 2 * np.rad2deg(np.arccos(np.clip(draws["q_w"].astype(float), 0.0, 1.0)))
        formulas = kept["formulas"]
        limit = float(formulas[4])
        edges = np.linspace(0.0, limit, _BINS + 1)
        counted = np.histogram(angle, edges)[0] / (max(len(draws), 1) * np.diff(edges))
        trace = 4 * np.square(draws["q_w"].astype(float)) - 1
        longitude, latitude = np.deg2rad(draws["longitude"]), np.deg2rad(draws["latitude"])
        cosine = np.cos(latitude) * np.cos(longitude)
        readings = {
            "\u27e8tr R\u27e9": (float(formulas[0]), *_mean(trace)),
            "\u27e8P\u2082\u27e9": (float(formulas[1]), *_mean(1.5 * cosine**2 - 0.5)),
            "rms angle (\u00b0)": (float(formulas[2]), *_root(angle)),
        }
        names = ("angle", "log_density", "score", "small_scale", "marginal", "density", "arrows")
        curves = {name: np.asarray(kept[name], dtype=float) for name in names}
        return cls(
            sigma=float(formulas[5]),
            **curves,
            edges=edges,
            counted=counted,
            limit=limit,
            readings=readings,
            uniform=float(formulas[3]),
        )


def _mean(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std() / math.sqrt(max(len(values), 1)))


def _root(values: np.ndarray) -> tuple[float, float]:
    """Root of the mean square, and its standard error."""
    mean, error = _mean(values**2)
    root = math.sqrt(mean)
    return root, error / (2 * max(root, 1e-12))


def kernel_law(sigma: float, name: str) -> SymmetricMixture:
    """The kernel around the identity, symmetrised by a group."""
    eye = torch.eye(3, dtype=torch.float64)[None]
    return SymmetricMixture(eye, torch.tensor([sigma], dtype=torch.float64), torch.ones(1), name)


def _characters(angle: np.ndarray, order: int) -> np.ndarray:
    """The character of the rotation by an angle in the irreducible representation l."""
    half = np.asarray(angle, dtype=float) / 2
    small = np.sin(half) < 1e-9
    safe = np.where(small, 1.0, np.sin(half))
    found: np.ndarray = np.where(small, 2 * order + 1, np.sin((2 * order + 1) * half) / safe)
    return found


def angle_density(angle: np.ndarray, sigma: float, name: str) -> np.ndarray:
    r"""Exact density of the angle between a draw of the kernel and its mean.

    Arguments:
        angle: Radians in :math:`[0, \pi]`, shape :math:`(A,)`.
        sigma: Scale, rad.
        name: Name of the symmetry group.

    Returns:
        Per radian, shape :math:`(A,)`.

    Example:
        >>> grid = np.linspace(0, np.pi, 2001)
        >>> round(float(np.trapezoid(angle_density(grid, 0.3, "D2"), grid)), 6)
        1.0
    """
    turns = _turns(name)
    total, order = np.zeros_like(np.asarray(angle, dtype=float)), 0
    while order * (order + 1) * sigma**2 / 2 < _LONGEST:
        invariants = _characters(turns, order).mean()
        decay = math.exp(-order * (order + 1) * sigma**2 / 2)
        total = total + invariants * decay * _characters(angle, order)
        order += 1
    return np.maximum((1 - np.cos(angle)) / math.pi * total, 0.0)


def _turns(name: str) -> np.ndarray:
    """Angles of the group's rotations, rad."""
    trace = group(name).double().diagonal(dim1=-2, dim2=-1).sum(-1)
    found: np.ndarray = ((trace - 1) / 2).clamp(-1, 1).arccos().numpy()
    return found


def score_arrows(law: SymmetricMixture, sigma: float, count: int = _ARROWS) -> np.ndarray:
    r"""Where the score sends the first axis, from places spread evenly over the sphere.

    Of all rotations whose first axis points to a place the one is taken that turns there from the
    identity without a roll. The body-frame score :math:`s` moves the axis :math:`R e_1` along
    :math:`R (s \times e_1)`.

    Arguments:
        law: The law.
        sigma: Scale that lengths are told by: an arrow is :math:`\sigma^2 s` long.
        count: Number of places :math:`M`.

    Returns:
        Place and direction, both in space, shape :math:`(M, 6)`.
    """
    k = torch.arange(count, dtype=torch.float64) + 0.5
    height, turn = 1 - 2 * k / count, math.pi * (1 + math.sqrt(5)) * k
    ring = (1 - height.square()).sqrt()
    place = torch.stack([height, ring * turn.cos(), ring * turn.sin()], -1)
    first = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64).expand_as(place)
    axis = torch.nn.functional.normalize(torch.linalg.cross(first, place), dim=-1)
    rotation = exp(axis * height.arccos()[:, None])
    push = sigma**2 * law.score(rotation)
    direction = (rotation @ torch.linalg.cross(push, first)[..., None])[..., 0]
    return torch.cat([place, direction], -1).numpy()


def _grid(sigma: float) -> np.ndarray:
    """Angles that follow both a narrow peak and the rest, rad, ascending."""
    fine = np.linspace(0.0, min(6 * sigma, math.pi), 181)
    found: np.ndarray = np.unique(np.concatenate([fine, np.linspace(0.0, math.pi, 361)]))
    return found


def _limit(sigma: float, name: str) -> float:
    """Up to where draws have angles worth an axis, degrees."""
    if name != "C1":
        return _REACH[-1]
    return next((end for end in _REACH if end > 4.5 * math.degrees(sigma)), _REACH[-1])


def _formulas(sigma: float, name: str, measure: str) -> np.ndarray:
    """Exact <tr R>, <P2>, rms angle (degrees), level of uniform, end of the axis, sigma."""
    angle = _grid(sigma)
    p2 = float((1.5 * group(name).double()[:, 0, 0].square() - 0.5).mean())
    marginal = angle_density(angle, sigma, name)
    square = np.trapezoid(angle**2 * marginal, angle) / np.trapezoid(marginal, angle)
    uniform = float(in_measure(torch.zeros((), dtype=torch.float64), measure))
    trace = math.exp(-(sigma**2)) * float(_characters(_turns(name), 1).mean())
    root = math.degrees(math.sqrt(square))
    p2 *= math.exp(-3 * sigma**2)
    return np.array([trace, p2, root, uniform, _limit(sigma, name), sigma])


def _curves(sigma: float, name: str, measure: str) -> dict[str, np.ndarray]:
    """All that does not depend on the draws."""
    law, angle = kernel_law(sigma, name), _grid(sigma)
    third = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    turns = exp(torch.from_numpy(angle)[:, None] * third)
    axes = group(name).double()[:, :, 0].numpy()
    return {
        "angle": np.rad2deg(angle),
        "log_density": law.log_prob(turns, measure=measure).numpy(),
        "score": law.score(turns)[:, 2].numpy(),
        "small_scale": -angle / sigma**2,
        "marginal": angle_density(angle, sigma, name) * math.pi / 180,
        "density": density_of_kernels(axes, np.ones(len(axes)), sigma, NSIDE),
        "formulas": _formulas(sigma, name, measure),
    }


class KernelSampler:
    """Answers questions about a kernel; nothing is learned."""

    name = "orientations/kernel"

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the columns."""
        return COLUMNS, UNITS

    def batch_key(self, request: Request) -> Hashable:
        """Each question is answered alone."""
        return id(request)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Draws, with all that does not depend on them."""
        for k, request in enumerate(requests):
            control.check()
            sigma = float(request.inputs["sigma"][0])
            name, measure = str(request.options["group"]), str(request.options["measure"])
            kept = _curves(sigma, name, measure)
            law = kernel_law(sigma, name)
            arrows = score_arrows(law, sigma) if request.options["arrows"] else np.zeros((0, 6))
            rotation = law.sample(request.n, torch.Generator().manual_seed(request.seed))
            values = columns_of(rotation.double())
            part = Chunk(values, constants={**kept, "arrows": arrows})
            yield [part if k == j else None for j in range(len(requests))]


def kernel_request(
    sigma: float, name: str, measure: str, n: int, seed: int, arrows: bool
) -> Request:
    r"""The question of the kernel lab.

    Arguments:
        sigma: Scale, rad.
        name: Name of the symmetry group.
        measure: `haar`, `8pi2` or `pi2`.
        n: Number of draws.
        seed: Their seed.
        arrows: Whether the score field is wanted.
    """
    options: dict[str, Hashable] = {"group": name, "measure": measure, "arrows": arrows}
    return Request(KernelSampler(), {"sigma": np.array([sigma])}, n, seed, options)
