"""Principal frames against numpy, and their gradients where eigenvalues meet."""

from __future__ import annotations

import numpy as np
import torch

from astroviz.orientations.frames import principal_frame


def symmetric(n, seed=0):
    matrix = torch.from_numpy(np.random.default_rng(seed).normal(size=(n, 3, 3)))
    return matrix + matrix.transpose(-1, -2)


def test_columns_are_the_eigenvectors_smallest_first_and_right_handed():
    tensor = symmetric(50)
    frame, values = principal_frame(tensor)
    expected = np.linalg.eigh(tensor.numpy())[1]
    assert np.allclose(np.abs(np.einsum("nij,nij->nj", frame.numpy(), expected)), 1.0)
    assert torch.allclose(torch.linalg.det(frame), torch.ones(50, dtype=torch.float64))
    assert (values.diff(dim=-1) >= 0).all()
    assert torch.allclose(values.square().sum(-1), torch.ones(50, dtype=torch.float64))


def test_scale_and_trace_do_not_matter():
    tensor = symmetric(10)
    frame, values = principal_frame(tensor)
    again, values_again = principal_frame(7 * tensor + 3 * torch.eye(3))
    assert torch.allclose(frame.abs(), again.abs())
    assert torch.allclose(values, values_again)


def test_the_gradient_is_that_of_the_projectors():
    tensor = symmetric(1)[0].requires_grad_(True)
    weight = symmetric(1, 5)[0]

    def energy(matrix):
        frame, _ = principal_frame(matrix)
        return (frame[:, 0] @ weight @ frame[:, 0]).sum()

    (slope,) = torch.autograd.grad(energy(tensor), tensor)
    push = symmetric(1, 9)[0]
    step = 1e-5
    with torch.no_grad():
        finite = (energy(tensor + step * push) - energy(tensor - step * push)) / (2 * step)
    # the softened gaps change the gradient by a few per cent at most here
    assert abs(float((slope * push).sum()) / float(finite) - 1) < 0.05


def test_equal_eigenvalues_leave_a_finite_gradient():
    for tensor in (torch.eye(3), torch.diag(torch.tensor([1.0, 1.0, 0.0]))):
        tensor.requires_grad_(True)
        frame, values = principal_frame(tensor)
        (frame.sum() + values.sum()).backward()
        assert frame.isfinite().all()
        assert tensor.grad.isfinite().all()
