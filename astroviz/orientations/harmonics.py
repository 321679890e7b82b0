r"""Fourier series on SO(3): the matrices of its real irreducible representations, by degree.

:math:`D^l(R)` is an orthogonal matrix of size :math:`2l+1` whose entries are polynomials of
degree `l` in those of `R`, with :math:`D^l(R R') = D^l(R) D^l(R')` and :math:`D^1(R) = R`. The
next degree is the largest part of the product of the one before with :math:`D^1`,

.. math:: D^{l} = C_l^T (D^{l-1} \otimes R)\, C_l ,

where the columns of :math:`C_l` span the eigenspace :math:`l(l+1)` of the Casimir operator. The
matrices :math:`C_l` are unique up to a rotation of the basis, which depends on the machine that
found them: who trains on :math:`D^l` stores them beside the weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["couplings", "degrees", "derivatives", "harmonics", "split"]


def _generators() -> Tensor:
    """Derivatives of turns about x, y and z, shape (3, 3, 3), float64."""
    found = torch.zeros(3, 3, 3, dtype=torch.float64)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        found[i, k, j], found[i, j, k] = 1.0, -1.0
    return found


def couplings(highest: int) -> list[Tensor]:
    r"""The matrices :math:`C_2 \dots C_L`.

    Arguments:
        highest: Degree `L`.

    Returns:
        For each degree `l` from 2 a tensor of shape :math:`(2l-1, 3, 2l+1)`.
    """
    base = _generators()
    own, found = base, []
    for degree in range(2, highest + 1):
        size = 2 * degree - 1
        eye, three = torch.eye(size, dtype=base.dtype), torch.eye(3, dtype=base.dtype)
        both = torch.stack(
            [torch.kron(a, three) + torch.kron(eye, b) for a, b in zip(own, base, strict=True)]
        )
        casimir = -(both @ both).sum(0)
        _, vectors = torch.linalg.eigh(casimir)
        kept = vectors[:, -(2 * degree + 1) :]  # the largest eigenvalue, l (l + 1)
        own = kept.mT @ both @ kept
        found.append(kept.reshape(size, 3, -1).float())
    return found


def derivatives(coupling: Sequence[Tensor]) -> list[Tensor]:
    r"""Derivatives of the representations along turns about x, y and z, at the identity.

    Arguments:
        coupling: From `couplings`.

    Returns:
        For each degree a tensor of shape :math:`(3, 2l+1, 2l+1)`.
    """
    base = _generators().float()
    found = [base]
    for c in coupling:
        before, _, after = c.shape
        flat, eye, three = c.reshape(-1, after), torch.eye(before).to(c), torch.eye(3).to(c)
        both = [
            torch.kron(a, three) + torch.kron(eye, b)
            for a, b in zip(found[-1].to(c), base.to(c), strict=True)
        ]
        found.append(torch.stack([flat.mT @ b @ flat for b in both]))
    return found


def harmonics(rotation: Tensor, coupling: Sequence[Tensor]) -> list[Tensor]:
    r"""The representations of rotations.

    Arguments:
        rotation: Shape :math:`(*, 3, 3)`.
        coupling: From `couplings`, of degrees 2 to `L`.

    Returns:
        For each degree `l` from 1 to `L` a tensor of shape :math:`(*, 2l+1, 2l+1)`.

    Example:
        >>> [d.shape[-1] for d in harmonics(torch.eye(3), couplings(4))]
        [3, 5, 7, 9]
    """
    found = [rotation]
    for c in coupling:
        before, _, after = c.shape
        # C^T (D x R) C without the Kronecker product: R on the second index, then D on the first
        turned = rotation.unsqueeze(-3) @ c  # (*, before, 3, after)
        turned = (found[-1] @ turned.flatten(-2)).unflatten(-1, (3, after))
        flat = turned.flatten(-3, -2)
        found.append(c.reshape(before * 3, after).mT @ flat)
    return found


def degrees(highest: int) -> list[int]:
    """Numbers of entries of the matrices of degrees 1 to `highest`."""
    return [(2 * degree + 1) ** 2 for degree in range(1, highest + 1)]


def split(flat: Tensor, highest: int) -> list[Tensor]:
    r"""Matrices of degrees 1 to L out of their entries in a row, shape (*, sum (2l+1)^2)."""
    parts = flat.split(degrees(highest), -1)
    return [p.unflatten(-1, (2 * k + 1, 2 * k + 1)) for k, p in enumerate(parts, 1)]
