r"""Solvers of :math:`dx/dt = v(t, x)`, and the log-determinant of the flow they follow.

Fixed-step solvers cost a number of evaluations known beforehand; `dopri5` chooses its steps for
each row of the leading axis alone, so that a row's answer does not depend on its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["METHODS", "Solution", "VelocityField", "divergence", "solve", "solve_log_det"]

VelocityField = Callable[[Tensor, Tensor], Tensor]
r"""Velocity :math:`v(t, x)`, of the shape of :math:`x`; the time broadcasts against :math:`x`."""

_Check = Callable[[], None]


@dataclass(frozen=True)
class Solution:
    r"""Where the flow led.

    Arguments:
        x: The state at the end, of the shape of the start.
        evaluations: Number of calls of the velocity.
        log_det: :math:`\ln |\partial x_\mathrm{stop} / \partial x_\mathrm{start}|`, of the shape
            of :math:`x` without its last axis; None unless it was asked for.
    """

    x: Tensor
    evaluations: int
    log_det: Tensor | None = None


@dataclass(frozen=True)
class _Tableau:
    """Butcher tableau of an explicit Runge-Kutta method."""

    nodes: tuple[float, ...]
    stages: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]


_TABLEAUS = {
    "euler": _Tableau((0.0,), ((),), (1.0,)),
    "midpoint": _Tableau((0.0, 0.5), ((), (0.5,)), (0.0, 1.0)),
    "heun": _Tableau((0.0, 1.0), ((), (1.0,)), (0.5, 0.5)),
    "rk4": _Tableau(
        (0.0, 0.5, 0.5, 1.0),
        ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)),
        (1 / 6, 1 / 3, 1 / 3, 1 / 6),
    ),
}

_DOPRI5 = _Tableau(
    (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0),
    (
        (),
        (1 / 5,),
        (3 / 40, 9 / 40),
        (44 / 45, -56 / 15, 32 / 9),
        (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
        (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
        (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
    ),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0.0),
)
_DOPRI5_FOURTH = (
    5179 / 57600, 0.0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40,
)  # fmt: skip

METHODS = (*_TABLEAUS, "dopri5")
"""Names of the solvers, the cheapest step first."""


def solve(
    velocity: VelocityField,
    x: Tensor,
    *,
    steps: int | Sequence[float] = 10,
    method: str = "midpoint",
    start: float = 0.0,
    stop: float = 1.0,
    rtol: float = 1e-5,
    atol: float = 1e-5,
    max_steps: int = 1000,
    check: _Check | None = None,
) -> Solution:
    r"""Follow the flow from `start` to `stop`.

    Arguments:
        velocity: Called as `velocity(t, x)`. The time has no axes for fixed steps and shape
            :math:`(N, 1, \dots, 1)` for `dopri5`.
        x: The state at the start, shape :math:`(N, \dots, D)`.
        steps: Number of equal steps, or the times of the steps themselves, `start` and `stop`
            included. Not used by `dopri5`.
        method: One of `METHODS`: `euler` costs one evaluation a step, `midpoint` and `heun` two,
            `rk4` four, `dopri5` six and as many steps as the tolerances ask for.
        start: Time of `x`.
        stop: Time wanted; it may be before `start`.
        rtol: Relative tolerance of a step of `dopri5`.
        atol: Absolute tolerance of a step of `dopri5`.
        max_steps: Number of steps of `dopri5` after which it gives up.
        check: Called before every step; what it raises ends the work.

    Example:
        >>> solve(lambda t, x: -x, torch.ones(1, 1), steps=20, method="rk4").x.item()
        0.3678...
    """
    listen = check or _no_check
    if method == "dopri5":
        return _solve_adaptive(velocity, x, start, stop, (rtol, atol), max_steps, listen)
    if method not in _TABLEAUS:
        raise ValueError(f"unknown solver {method!r}; choose one of {', '.join(METHODS)}")
    times = _times(steps, start, stop)
    return _solve_fixed(velocity, x, times, _TABLEAUS[method], listen)


def _no_check() -> None:
    pass


def _times(steps: int | Sequence[float], start: float, stop: float) -> list[float]:
    if isinstance(steps, int):
        if steps < 1:
            raise ValueError(f"a solver needs one step at least, not {steps}")
        return [start + (stop - start) * k / steps for k in range(steps)] + [stop]
    times = [float(time) for time in steps]
    if len(times) < 2 or not (math.isclose(times[0], start) and math.isclose(times[-1], stop)):
        raise ValueError(f"the times of the steps must run from {start} to {stop}, not {times}")
    return times


def _solve_fixed(
    velocity: VelocityField, x: Tensor, times: list[float], tableau: _Tableau, check: _Check
) -> Solution:
    # nodes and steps are turned into tensors at once: creating them in the loop costs as much
    # as a small network
    steps = torch.as_tensor(times, dtype=torch.float64)
    moments = steps[:-1, None] + steps.diff()[:, None] * torch.as_tensor(tableau.nodes).double()
    nodes = moments.to(device=x.device, dtype=x.dtype)
    for k, step in enumerate(steps.diff().tolist()):
        check()
        slopes: list[Tensor] = []
        for i, stage in enumerate(tableau.stages):
            slopes.append(velocity(nodes[k, i], _move(x, step, stage, slopes)))
        x = _move(x, step, tableau.weights, slopes)
    return Solution(x, (len(times) - 1) * len(tableau.stages))


def _move(
    x: Tensor, step: float | Tensor, weights: Sequence[float], slopes: Sequence[Tensor]
) -> Tensor:
    for weight, slope in zip(weights, slopes, strict=True):
        if weight:
            x = x + (step * weight) * slope
    return x


def _solve_adaptive(
    velocity: VelocityField,
    x: Tensor,
    start: float,
    stop: float,
    tolerances: tuple[float, float],
    max_steps: int,
    check: _Check,
) -> Solution:
    shape = (len(x), *[1] * (x.ndim - 1))
    sign = 1.0 if stop >= start else -1.0
    left = x.new_full(shape, abs(stop - start))
    step = left / 20
    slope = velocity(stop - sign * left, x)
    evaluations = 1
    for _ in range(max_steps):
        if not bool((left > 0).any()):
            return Solution(x, evaluations)
        check()
        step = torch.minimum(step, left)
        slopes = [slope]
        for node, stage in zip(_DOPRI5.nodes[1:], _DOPRI5.stages[1:], strict=True):
            moment = stop - sign * (left - node * step)
            slopes.append(velocity(moment, _move(x, sign * step, stage, slopes)))
        evaluations += len(slopes) - 1
        moved = _move(x, sign * step, _DOPRI5.weights, slopes)
        lower = _move(x, sign * step, _DOPRI5_FOURTH, slopes)
        error = _error(x, moved, lower, tolerances)
        taken = (error <= 1) & (left > 0)
        x = torch.where(taken, moved, x)
        slope = torch.where(taken, slopes[-1], slope)
        left = torch.where(taken, torch.where(step >= left, 0.0, left - step), left)
        step = step * (0.9 * error.clamp(min=1e-10) ** -0.2).clamp(0.2, 10.0)
    raise ArithmeticError(
        f"dopri5 did not arrive within {max_steps} steps: the velocity is too stiff or not "
        "finite; loosen rtol and atol, or use a fixed-step solver"
    )


def _error(x: Tensor, moved: Tensor, lower: Tensor, tolerances: tuple[float, float]) -> Tensor:
    rtol, atol = tolerances
    scale = atol + rtol * torch.maximum(x.abs(), moved.abs())
    squared = ((moved - lower) / scale) ** 2
    if x.ndim == 1:
        return squared.sqrt()
    # the worst point decides for its row: an average would let a few points of many go wrong
    error = squared.mean(-1, keepdim=True).sqrt().flatten(1).amax(1)
    error = torch.nan_to_num(error, nan=torch.inf)
    return error.reshape(len(x), *[1] * (x.ndim - 1))


def divergence(velocity: VelocityField, t: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    r"""The velocity and its exact divergence :math:`\sum_i \partial v_i / \partial x_i`.

    One evaluation and :math:`D` passes backward: faster on a CPU than a vectorised pass forward,
    and nothing has to be traced first.

    Arguments:
        velocity: Called as `velocity(t, x)`; it must treat the points independently of each other.
        t: Time, broadcasting against `x`.
        x: Points, shape :math:`(\dots, D)`.

    Returns:
        The velocity, shape :math:`(\dots, D)`, and its divergence, shape :math:`(\dots)`; neither
        carries a graph.

    Warning:
        What the velocity holds on to must not come from `torch.inference_mode` (use
        `torch.no_grad`): such tensors cannot take part in a backward pass.
    """
    with torch.inference_mode(False), torch.enable_grad():
        points = x.detach().clone().requires_grad_(True)
        value = velocity(t.clone(), points)
        total = torch.zeros_like(value[..., 0])
        # a velocity that does not depend on the points has no graph, and no divergence
        for i in range(x.shape[-1]) if value.requires_grad else ():
            (slope,) = torch.autograd.grad(
                value[..., i].sum(), points, retain_graph=True, allow_unused=True
            )
            if slope is not None:
                total = total + slope[..., i]
    return value.detach(), total.detach()


def solve_log_det(
    velocity: VelocityField,
    x: Tensor,
    *,
    steps: int | Sequence[float] = 10,
    method: str = "rk4",
    start: float = 1.0,
    stop: float = 0.0,
    rtol: float = 1e-5,
    atol: float = 1e-5,
    max_steps: int = 1000,
    check: _Check | None = None,
) -> Solution:
    r"""Follow the flow and integrate its exact divergence.

    With :math:`x_1` as the start and a base density :math:`p_0` at time 0,

    .. math:: \ln p_1(x_1) = \ln p_0(x_0) + \ln |\partial x_0 / \partial x_1| .

    Arguments:
        velocity: As in `solve`; it must treat the points independently of each other.
        x: The state at `start`, shape :math:`(N, \dots, D)`.
        steps: As in `solve`.
        method: As in `solve`.
        start: Time of `x`.
        stop: Time wanted.
        rtol: As in `solve`.
        atol: As in `solve`.
        max_steps: As in `solve`.
        check: As in `solve`.

    Returns:
        The state at `stop`, the number of evaluations (each with its divergence) and the
        log-determinant, shape :math:`(N, \dots)`.
    """

    def augmented(t: Tensor, state: Tensor) -> Tensor:
        value, slope = divergence(velocity, t, state[..., :-1])
        return torch.cat([value, slope[..., None]], -1)

    state = torch.cat([x, torch.zeros_like(x[..., :1])], -1)
    solution = solve(
        augmented, state, steps=steps, method=method, start=start, stop=stop,
        rtol=rtol, atol=atol, max_steps=max_steps, check=check,
    )  # fmt: skip
    return Solution(solution.x[..., :-1], solution.evaluations, solution.x[..., -1])
