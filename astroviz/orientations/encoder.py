r"""The directional graph convolution, in a fixed frame and in each galaxy's own frame.

An edge from galaxy :math:`j` to galaxy :math:`i` is sorted softly into the 26 directions
:math:`d_m` of a 3 x 3 x 3 stencil,

.. math:: q_m(i, j) = \mathrm{softmax}_m(d_m \cdot \hat r_{ij}),

and the messages of each direction meet a matrix of their own,

.. math:: y_i = b + W_0 h_i + \sum_m \sum_j q_m(i, j)\, w_{ij}\, W_m h_j .

`DirectionalConvolution` is that sum with Gaussian radial weights and the symmetric normalisation
by degree. `TidalConvolution` takes the directions in the frame of the receiver's tidal field. The
axes of that frame have no sign, so the matrices :math:`W_m` of directions that differ by signs
only are one and the same: 7 classes of directions remain, and messages come out in two kinds that
no choice of signs can change: numbers, and symmetric tensors.

References:
    | Jagvaral et al. (2022), https://arxiv.org/abs/2204.07077
    | Verma et al. (2018), https://arxiv.org/abs/1706.05206
"""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from astroviz.orientations.graph import scatter_sum

__all__ = [
    "CLASSES",
    "STENCIL",
    "DirectionSums",
    "DirectionalConvolution",
    "TidalConvolution",
    "direction_classes",
    "direction_sums",
    "direction_tensors",
    "direction_weights",
]

STENCIL = torch.tensor(
    [p for p in itertools.product((-1.0, 0.0, 1.0), repeat=3) if any(p)], dtype=torch.float64
)
r"""The 26 unit directions :math:`d_m` of the 3 x 3 x 3 stencil, shape (26, 3)."""
STENCIL = STENCIL / STENCIL.norm(dim=1, keepdim=True)

# directions that only differ by signs: 3 axes, 3 kinds of edges, the corners
_PATTERN = (STENCIL.abs() > 0.1).long() @ torch.tensor([4, 2, 1])
CLASSES = torch.tensor([(4, 2, 1, 6, 5, 3, 7).index(int(code)) for code in _PATTERN])
"""Class of each direction under changes of sign, 0 to 6, shape (26,)."""

# With these weights of axes, edges and corners the sum over directions of q_m times the tensors
# is the quadrupole of the true direction, to 0.4 % rms (least squares over the sphere).
_QUADRUPOLE = (18.4747, 19.9783, 9.5478)
_KIND = torch.tensor([0, 0, 0, 1, 1, 1, 2])[CLASSES]


def direction_weights(directions: Tensor) -> Tensor:
    r"""How much an edge belongs to each direction of the stencil.

    Arguments:
        directions: Unit vectors :math:`\hat r`, or zero for galaxies at the same place, (E, 3).

    Returns:
        :math:`q_m`, adding up to one, shape :math:`(E, 26)`.
    """
    return (directions @ STENCIL.to(directions).T).softmax(-1)


def direction_classes(q: Tensor) -> Tensor:
    """Sum of the weights over each class of directions, shape (E, 7)."""
    return q.new_zeros(*q.shape[:-1], 7).index_add_(-1, CLASSES.to(q.device), q)


def direction_tensors(q: Tensor) -> Tensor:
    r"""The quadrupole that the bins of an edge stand for.

    Arguments:
        q: Weights of the directions, shape :math:`(E, 26)`.

    Returns:
        :math:`\sum_m q_m t_m \approx \hat r \hat r^T - I/3` for axes, edges and corners, with
        :math:`t_m \propto d_m d_m^T - I/3`, shape :math:`(E, 3, 3)`.
    """
    return torch.einsum("em,mab->eab", q, _TENSORS.to(q))


_TENSORS = torch.tensor(_QUADRUPOLE, dtype=torch.float64)[_KIND][:, None, None] * (
    STENCIL[:, :, None] * STENCIL[:, None, :] - torch.eye(3, dtype=torch.float64) / 3
)


@dataclass(frozen=True)
class DirectionSums:
    r"""The sums over the neighbours of each galaxy in each direction, as a sparse matrix.

    Arguments:
        matrix: Shape :math:`(26 N, N)`, compressed rows.
        transposed: Its transpose, compressed rows.
    """

    matrix: Tensor
    transposed: Tensor

    def of(self, h: Tensor) -> Tensor:
        """Features heard from each direction, shape (N, F) to (N, 26, F); differentiable twice."""
        found: Tensor = _Product.apply(self.matrix, self.transposed, h)
        return found.reshape(len(h), len(STENCIL), -1)


class _Product(torch.autograd.Function):
    """A constant sparse matrix times a dense one; its gradient is a product of the same kind."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transposed: Tensor, h: Tensor) -> Tensor:
        ctx.save_for_backward(matrix, transposed)
        return matrix @ h

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Any:
        matrix, transposed = ctx.saved_tensors
        return None, None, _Product.apply(transposed, matrix, slope.contiguous())


def direction_sums(
    nodes: int, senders: Tensor, receivers: Tensor, offsets: Tensor, scale: float
) -> DirectionSums:
    r"""The matrix of a graph.

    Arguments:
        nodes: Number of galaxies :math:`N`.
        senders: Shape :math:`(E,)`.
        receivers: Shape :math:`(E,)`.
        offsets: From receiver to sender, Mpc/h, shape :math:`(E, 3)`.
        scale: Scale :math:`s` of the radial weights :math:`e^{-r^2 / 2 s^2}`, Mpc/h.

    Returns:
        Entries :math:`q_m(i, j)\, w_{ij} / \sqrt{(1 + \sum_k w_{ik})(1 + \sum_k w_{jk})}` in row
        :math:`26 i + m` and column :math:`j`.
    """
    distance = offsets.norm(dim=-1)
    q = direction_weights(offsets / distance.clamp(min=1e-9)[:, None])
    radial = (-(distance**2) / (2 * scale**2)).exp()
    near = 1 + scatter_sum(radial, receivers, nodes)
    share = radial / (near[receivers] * near[senders]).sqrt()
    count = len(STENCIL)
    rows = (receivers[:, None] * count + torch.arange(count, device=offsets.device)).reshape(-1)
    columns = senders[:, None].expand(-1, count).reshape(-1)
    values = (share[:, None] * q).reshape(-1)
    return DirectionSums(
        _rows_of(rows, columns, values, (nodes * count, nodes)),
        _rows_of(columns, rows, values, (nodes, nodes * count)),
    )


def _rows_of(rows: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """A sparse matrix with compressed rows."""
    order = torch.argsort(rows * shape[1] + columns)
    ends = torch.bincount(rows, minlength=shape[0]).cumsum(0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR")  # which says that it is new
        return torch.sparse_csr_tensor(
            torch.cat([ends.new_zeros(1), ends]), columns[order], values[order], shape,
            check_invariants=False,
        )  # fmt: skip


class DirectionalConvolution(nn.Module):
    r"""The directional graph convolution in one frame for all galaxies.

    Arguments:
        inputs: Number of features of a galaxy.
        outputs: Number of features that come out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.own = nn.Linear(inputs, outputs)
        self.weight = nn.Parameter(torch.randn(len(STENCIL), inputs, outputs) / inputs**0.5)

    def forward(self, h: Tensor, directions: DirectionSums) -> Tensor:
        r"""One round of messages.

        Arguments:
            h: Features, shape :math:`(N, F)`.
            directions: From `direction_sums`.

        Returns:
            Shape :math:`(N, F')`.
        """
        # gathering by direction first costs a matrix product per galaxy instead of per edge
        heard = directions.of(h).flatten(1)
        return self.own(h) + heard @ self.weight.reshape(-1, self.weight.shape[-1])


class TidalConvolution(nn.Module):
    r"""The directional graph convolution in the frame of each receiver's tidal field.

    The radial weights are learned, one for each of `heads`, from the distance and from what both
    galaxies are, and are normalised over the neighbours of a galaxy with one phantom neighbour of
    weight one, so that an empty neighbourhood says nothing:
    :math:`w_{ij} = e^{a_{ij}} / (1 + \sum_j e^{a_{ij}})`.

    Arguments:
        features: Number of features of a galaxy, in and out.
        heads: Number of radial weights, each with its own messages.
        radius: Radius of the graph, Mpc/h: the scale of the radial features.
    """

    def __init__(self, features: int, heads: int, radius: float) -> None:
        super().__init__()
        self.heads, self.radius = heads, radius
        self.radial = nn.Linear(_RADIAL + 1, 2 * features)
        self.sender = nn.Linear(features, 2 * features, bias=False)
        self.receiver = nn.Linear(features, 2 * features, bias=False)
        self.attention = nn.Linear(2 * features, heads)
        self.loud = nn.Linear(features, heads, bias=False)
        self.value = nn.Linear(features, heads * _VALUES)
        self.update = nn.Sequential(
            nn.Linear(features + heads * (7 * _VALUES + 1), 2 * features),
            nn.SiLU(),
            nn.Linear(2 * features, features),
        )

    def forward(
        self,
        h: Tensor,
        senders: Tensor,
        receivers: Tensor,
        distance: Tensor,
        together: Tensor,
        classes: Tensor,
        seen: Tensor,
    ) -> tuple[Tensor, Tensor]:
        r"""One round of messages.

        Arguments:
            h: Features that do not change under rotations, shape :math:`(N, F)`.
            senders: Shape :math:`(E,)`.
            receivers: Shape :math:`(E,)`.
            distance: Length of the edges, Mpc/h, shape :math:`(E,)`.
            together: 1 where both galaxies live in one halo, else 0, shape :math:`(E,)`.
            classes: Weights of the classes of directions in the receiver's frame, (E, 7).
            seen: Quadrupoles of the edges in that frame, shape :math:`(E, 3, 3)`.

        Returns:
            New features, shape :math:`(N, F)`, and a symmetric tensor for each head in the
            receiver's frame, shape :math:`(N, H, 3, 3)`.
        """
        weights, total = self.weights(h, senders, receivers, distance, together)
        values = self.value(h)[senders].reshape(-1, self.heads, _VALUES)
        spoken = weights[:, :, None, None] * classes[:, None, :, None] * values[:, :, None, :]
        heard = scatter_sum(spoken.flatten(1), receivers, len(h))
        tensors = scatter_sum(
            (weights[:, :, None] * seen.flatten(1)[:, None, :]).flatten(1),
            receivers, len(h),
        )  # fmt: skip
        told = torch.cat([h, heard, total], -1)
        return h + self.update(told), tensors.reshape(-1, self.heads, 3, 3)

    def weights(
        self, h: Tensor, senders: Tensor, receivers: Tensor, distance: Tensor, together: Tensor
    ) -> tuple[Tensor, Tensor]:
        r"""Normalised radial weights of the edges and their sums at each galaxy.

        Returns:
            Shapes :math:`(E, H)` and :math:`(N, H)`; a sum near one says that there are heavy
            neighbours, zero that there are none.
        """
        known = torch.cat([radial_features(distance, self.radius), together[:, None]], -1)
        hidden = self.radial(known)
        hidden = hidden + self.sender(h)[senders] + self.receiver(h)[receivers]
        raw = self.attention(nn.functional.silu(hidden)) + self.loud(h)[senders]
        raw = raw.clamp(-12.0, 12.0).exp()
        total = scatter_sum(raw, receivers, len(h))
        return raw / (1 + total)[receivers], total / (1 + total)


_RADIAL = 10
_VALUES = 2


def radial_features(distance: Tensor, radius: float) -> Tensor:
    r"""What the weights know of a distance: Gaussians of ten widths, shape (E, 10)."""
    widths = radius * torch.logspace(-1.5, 0.0, _RADIAL - 2).to(distance)
    bells = (-(distance[:, None] ** 2) / (2 * widths**2)).exp()
    near = (distance / radius)[:, None]
    return torch.cat([bells, near, (distance[:, None] + 0.05).log()], -1)
