"""Solvers against closed forms and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from astroviz.core.request import Cancelled
from astroviz.core.solvers import METHODS, divergence, solve, solve_log_det

FIXED = [method for method in METHODS if method != "dopri5"]
COST = {"euler": 1, "midpoint": 2, "heun": 2, "rk4": 4}
ORDER = {"euler": 1, "midpoint": 2, "heun": 2, "rk4": 4}


def swirl(t, x):
    """A field that depends on time and is not linear."""
    a, b = x[..., :1], x[..., 1:]
    return torch.cat([torch.sin(3 * t) - b * a.cos(), a + t * torch.tanh(b)], -1)


def swirl_by_scipy(x, start=0.0, stop=1.0):
    def right_hand_side(t, y):
        return swirl(torch.tensor(t), torch.as_tensor(y)[None])[0].numpy()

    return np.stack(
        [
            solve_ivp(right_hand_side, (start, stop), row, rtol=1e-10, atol=1e-12).y[:, -1]
            for row in x.double().numpy()
        ]
    )


@pytest.fixture
def points():
    return torch.randn(5, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("method", FIXED)
def test_fixed_steps_converge_at_their_order(method, points):
    truth = swirl_by_scipy(points)
    coarse, fine = (
        np.abs(solve(swirl, points, steps=steps, method=method).x.numpy() - truth).max()
        for steps in (16, 32)
    )
    assert math.log2(coarse / fine) == pytest.approx(ORDER[method], abs=0.35)


@pytest.mark.parametrize("method", FIXED)
def test_fixed_steps_cost_what_they_say(method, points):
    calls = []

    def counted(t, x):
        calls.append(float(t))
        return swirl(t, x)

    solution = solve(counted, points, steps=7, method=method)
    assert solution.evaluations == len(calls) == 7 * COST[method]
    assert calls[0] == 0.0
    assert max(calls) <= 1.0


def test_dopri5_agrees_with_scipy_within_its_tolerance(points):
    tight = solve(swirl, points, method="dopri5", rtol=1e-9, atol=1e-9)
    loose = solve(swirl, points, method="dopri5", rtol=1e-3, atol=1e-3)
    truth = swirl_by_scipy(points)
    np.testing.assert_allclose(tight.x.numpy(), truth, atol=1e-7)
    np.testing.assert_allclose(loose.x.numpy(), truth, atol=1e-2)
    assert loose.evaluations < tight.evaluations


def test_dopri5_answers_a_row_alike_in_any_company(points):
    stiff = torch.tensor([[40.0, -40.0]], dtype=torch.float64)
    alone = solve(swirl, points, method="dopri5").x
    together = solve(swirl, torch.cat([points, stiff]), method="dopri5").x
    torch.testing.assert_close(together[: len(points)], alone, rtol=0, atol=1e-12)


def test_dopri5_gives_up_on_a_velocity_that_is_not_finite():
    with pytest.raises(ArithmeticError, match="not finite"):
        solve(lambda t, x: x / 0.0, torch.ones(2, 2), method="dopri5", max_steps=20)


@pytest.mark.parametrize("method", METHODS)
def test_there_and_back_again(method, points):
    there = solve(swirl, points, steps=200, method=method).x
    back = solve(swirl, there, steps=200, method=method, start=1.0, stop=0.0).x
    tolerance = 2e-2 if method == "euler" else 1e-3
    torch.testing.assert_close(back, points, rtol=0, atol=tolerance)


def test_times_of_the_steps_can_be_chosen():
    seen = []

    def velocity(t, x):
        seen.append(float(t))
        return torch.ones_like(x) * t

    solution = solve(velocity, torch.zeros(1, 1), steps=[0.0, 0.5, 0.75, 1.0], method="euler")
    assert seen == [0.0, 0.5, 0.75]
    assert solution.x.item() == pytest.approx(0.25 * 0.5 + 0.25 * 0.75)


@pytest.mark.parametrize("steps", [0, -3, [0.0, 0.5], [1.0]])
def test_steps_that_lead_nowhere_are_refused(steps):
    with pytest.raises(ValueError, match=r"step"):
        solve(swirl, torch.zeros(1, 2), steps=steps)


def test_an_unknown_solver_is_refused_with_the_names_of_those_there_are():
    with pytest.raises(ValueError, match=r"'leapfrog'.*midpoint"):
        solve(swirl, torch.zeros(1, 2), method="leapfrog")


@pytest.mark.parametrize("method", METHODS)
def test_check_is_heard_before_every_step_and_stops_the_work(method, points):
    evaluations = []

    def counted(t, x):
        evaluations.append(1)
        return swirl(t, x)

    checks = []

    def check():
        checks.append(1)
        if len(checks) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        solve(counted, points, steps=50, method=method, check=check)
    per_step = COST.get(method, 6)
    assert len(evaluations) <= 2 * per_step + 1


@pytest.mark.parametrize("method", ["rk4", "dopri5"])
@pytest.mark.parametrize("shape", [(4,), (3, 5)])
def test_log_det_of_a_linear_flow_is_its_trace(method, shape):
    generator = torch.Generator().manual_seed(3)
    matrix = torch.randn(6, 6, generator=generator, dtype=torch.float64) / 3
    x = torch.randn(*shape, 6, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        solution = solve_log_det(
            lambda t, x: x @ matrix.T, x, steps=30, method=method, rtol=1e-8, atol=1e-8
        )
    exact = x @ torch.linalg.matrix_exp(-matrix).T
    torch.testing.assert_close(solution.x, exact, rtol=1e-5, atol=1e-6)
    assert solution.log_det.shape == shape
    torch.testing.assert_close(
        solution.log_det, torch.full(shape, -matrix.trace().item()).double(), rtol=0, atol=1e-6
    )


def test_density_of_a_flow_to_a_wide_normal_is_the_normal_density():
    # x_t = (1 + 2t) eps is the straight path to N(0, 3^2), with velocity 2 x / (1 + 2t)
    x = torch.linspace(-6, 6, 13, dtype=torch.float64)[:, None]
    solution = solve_log_det(lambda t, x: 2 * x / (1 + 2 * t), x, steps=40)
    base = torch.distributions.Normal(0.0, 1.0).log_prob(solution.x).sum(-1)
    expected = torch.distributions.Normal(0.0, 3.0).log_prob(x[:, 0])
    torch.testing.assert_close(base + solution.log_det, expected, rtol=0, atol=1e-5)


def test_divergence_is_the_trace_of_the_jacobian_of_each_point(points):
    t = torch.tensor(0.4)
    value, found = divergence(swirl, t, points)
    expected = torch.stack(
        [torch.autograd.functional.jacobian(lambda p: swirl(t, p), row).trace() for row in points]
    )
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(value, swirl(t, points))
    assert not found.requires_grad


def test_divergence_of_a_network_with_weights_that_train(points):
    network = torch.nn.Sequential(
        torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2)
    ).double()
    _, found = divergence(lambda t, x: network(x), torch.tensor(0.0), points)
    assert found.shape == (5,)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_divergence_of_a_velocity_without_points_is_nought(points):
    _, found = divergence(lambda t, x: torch.ones_like(x), torch.tensor(0.0), points)
    assert not found.any()
