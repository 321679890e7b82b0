r"""Frames of symmetric tensors, with a gradient that survives equal eigenvalues.

The gradient of an eigenvector has the gaps between eigenvalues in its denominators. Here a gap
:math:`g` is taken as :math:`(g^2 + \epsilon^2)/g`: exact for separate eigenvalues, and never
infinite.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["principal_frame"]

_SOFT = 0.03  # of the norm of the tensor


def principal_frame(tensor: Tensor) -> tuple[Tensor, Tensor]:
    r"""Eigenvectors of symmetric tensors as right-handed frames, the smallest eigenvalue first.

    Arguments:
        tensor: Shape :math:`(*, 3, 3)`; scaled to unit norm first.

    Returns:
        Frames whose columns are the eigenvectors (signs are arbitrary), shape
        :math:`(*, 3, 3)`, and eigenvalues of the scaled tensor, shape :math:`(*, 3)`.

    Example:
        >>> frame, values = principal_frame(torch.diag(torch.tensor([2.0, 0.0, 1.0])))
        >>> frame.abs().argmax(0).tolist()
        [1, 2, 0]
    """
    trace = tensor.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
    eye = torch.eye(3, dtype=tensor.dtype, device=tensor.device)
    bare = tensor - trace * eye
    scaled = bare / bare.square().sum((-2, -1), keepdim=True).add(1e-12).sqrt()
    with torch.no_grad():
        values, vectors = torch.linalg.eigh(scaled)
        vectors = _right_handed(vectors)
        gap = values[..., None, :] - values[..., :, None]  # of column minus of row
        inverse = gap / (gap.square() + _SOFT**2)
    inside = vectors.transpose(-1, -2) @ (scaled - scaled.detach()) @ vectors
    turned = vectors + vectors @ (inside * inverse)
    return turned, values + inside.diagonal(dim1=-2, dim2=-1)


def _right_handed(vectors: Tensor) -> Tensor:
    sign = torch.linalg.det(vectors).sign()
    return torch.cat([vectors[..., :2], vectors[..., 2:] * sign[..., None, None]], -1)
