r"""A galaxy of a box and its surroundings under a hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import param
import torch
from scipy.spatial.transform import Rotation

from astroviz.orientations.box_state import BoxState
from astroviz.orientations.by_hand import Changes, changed, tide_at
from astroviz.orientations.conditions import LAW_SCALE, NEIGHBOUR_POWER, NEIGHBOUR_RADIUS
from astroviz.orientations.environment import Environment
from astroviz.orientations.graph import separations
from astroviz.orientations.law import OrientationLaw, mean_axis_outer

__all__ = ["Around", "SurroundingsState", "neighbours"]

_ROUND = 0.62  # drawn length of the axes of a tide that pulls equally


@dataclass(frozen=True, eq=False)
class Around:
    r"""The surroundings as a figure draws them.

    Arguments:
        frame: Axes of the tide as columns, slowest collapse first, shape :math:`(3, 3)`.
        lengths: Semi-axes it is drawn with, shape :math:`(3,)`.
        neighbours: From the galaxy to the haloes that count, Mpc/h, shape :math:`(M, 3)`.
        weights: Of each in the quadrupole, shape :math:`(M,)`.
        pull: Principal axis of the quadrupole, shape :math:`(3,)`.
        radius: Beyond which haloes do not count, Mpc/h.
    """

    frame: np.ndarray
    lengths: np.ndarray
    neighbours: np.ndarray
    weights: np.ndarray
    pull: np.ndarray
    radius: float


class SurroundingsState(BoxState):
    """The galaxy that is looked at, and what hands have done around it."""

    _dragged = frozenset({"tide_turn", "tide_stretch", "swing", "distance"})

    galaxy = param.Integer(
        default=None, allow_None=True, bounds=(0, None),
        doc="Row of the galaxy that is looked at; None is a well aligned one.",
    )  # fmt: skip
    tide_turn = param.List(
        default=[0.0, 0.0, 0.0], item_type=float, doc="How the tide was turned, rotation vector, "
        "rad.",
    )  # fmt: skip
    tide_stretch = param.List(
        default=[0.0, 0.0, 0.0], item_type=float,
        doc="Added to the eigenvalues of the tide, slowest collapse first.",
    )  # fmt: skip
    swing = param.List(
        default=[0.0, 0.0, 0.0], item_type=float,
        doc="How the neighbours were swung about the galaxy, rotation vector, rad.",
    )  # fmt: skip
    distance = param.Number(
        default=1.0, bounds=(0.4, 2.5), doc="Factor on the distances of all neighbours."
    )
    alone = param.Boolean(default=False, doc="Take all neighbours away.")

    @property
    def here(self) -> int:
        """Row of the galaxy that is looked at."""
        count = len(self.box.galaxies)
        if self.galaxy is not None and self.galaxy < count:
            return int(self.galaxy)
        return int(self.places()["best"])

    @property
    def changes(self) -> Changes:
        """What hands have done to the surroundings."""
        turn, stretch, swing = (
            tuple(float(x) for x in values)
            for values in (self.tide_turn, self.tide_stretch, self.swing)
        )
        return Changes(turn, stretch, swing, float(self.distance), bool(self.alone))  # type: ignore[arg-type]

    def environment(self) -> Environment:
        """The surroundings of the galaxy as they are now."""
        key = ("environment", self.shown_key, self.here)
        plain: Environment = self.kept(key, lambda: Environment.from_box(self.box, self.here))
        return changed(plain, self.changes)

    def tide(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues and axes of the tide that the law follows, (3,) and (3, 3)."""
        environment = self.environment()
        row, galaxies = int(environment.targets[0]), environment.galaxies
        return tide_at(
            galaxies.eigenvalues[row], galaxies.frames[row], environment.scales, LAW_SCALE
        )

    def surroundings(self) -> Around:
        """Tide and neighbours as they are now."""
        environment = self.environment()
        way, weights = neighbours(environment)
        quadrupole = np.einsum("n,ni,nj->ij", weights, *[_unit(way)] * 2)
        pull = np.linalg.eigh(quadrupole)[1][:, -1]
        return Around(self.tide()[1], self.tide_lengths(), way, weights, pull, NEIGHBOUR_RADIUS)

    def turn_tide(self, vector: np.ndarray) -> None:
        """Turn the tide further, about a rotation vector in space, rad."""
        self.tide_turn = _after(vector, self.tide_turn)

    def swing_neighbours(self, vector: np.ndarray) -> None:
        """Swing the neighbours further, about a rotation vector in space, rad."""
        self.swing = _after(vector, self.swing)

    def tide_lengths(self) -> np.ndarray:
        r"""Semi-axes that the tide is drawn with: :math:`0.62\,e^{-(\lambda_k - \mu)/2s}`.

        :math:`\mu` and :math:`s` are mean and spread of the eigenvalues in the box, so that the
        drawing does not rescale under a hand.
        """
        middle, spread = self._ruler()
        lengths: np.ndarray = _ROUND * np.exp(-(self.tide()[0] - middle) / (2 * spread))
        return np.clip(lengths, 0.08, 1.25)

    def stretch_tide(self, axis: int, length: float) -> None:
        """Give an axis of the drawn ellipsoid another length; the order of the axes stays."""
        middle, spread = self._ruler()
        now, own = self.tide()[0], self._own_tide()
        wanted = middle - 2 * spread * np.log(np.clip(length, 0.08, 1.25) / _ROUND)
        low = now[axis - 1] if axis > 0 else -np.inf
        high = now[axis + 1] if axis < 2 else np.inf
        stretch = list(self.tide_stretch)
        stretch[axis] = round(float(np.clip(wanted, low + 1e-3, high - 1e-3) - own[axis]), 6)
        self.tide_stretch = stretch

    def _own_tide(self) -> np.ndarray:
        galaxies, row = self.box.galaxies, self.here
        values = tide_at(galaxies.eigenvalues[row], galaxies.frames[row], self.box.scales,
                         LAW_SCALE)  # fmt: skip
        return values[0]

    def _ruler(self) -> tuple[float, float]:
        own = self._own_tide()
        return float(own.mean()), max(float(own.std()), 0.05)

    def let_go(self) -> None:
        """Everything as it is in the box."""
        self.param.update(
            tide_turn=[0.0] * 3, tide_stretch=[0.0] * 3, swing=[0.0] * 3, distance=1.0,
            alone=False,
        )  # fmt: skip

    def places(self) -> dict[str, int]:
        """Galaxies worth a look, by what they are."""
        found: dict[str, int] = self.kept(
            ("places", self.shown_key), lambda: _worth_a_look(self.box)
        )
        return found


def _after(vector: np.ndarray, before: list[float]) -> list[float]:
    turned = Rotation.from_rotvec(np.asarray(vector, dtype=float)) * Rotation.from_rotvec(before)
    return [round(float(x), 6) for x in turned.as_rotvec()]


def neighbours(environment: Environment) -> tuple[np.ndarray, np.ndarray]:
    """From the first target to the haloes that the law counts, and their weights in it."""
    galaxies, haloes = environment.galaxies, environment.haloes
    row = int(environment.targets[0])
    way = separations(galaxies.position[row], haloes.position, environment.size)
    apart = np.linalg.norm(way, axis=-1)
    near = (apart < NEIGHBOUR_RADIUS) & (apart > 0)
    near[galaxies.halo[row]] = False
    window = (1 - (apart[near] / NEIGHBOUR_RADIUS) ** 2) ** 2
    return way[near], window * haloes.mass[near] ** NEIGHBOUR_POWER


def _unit(vectors: np.ndarray) -> np.ndarray:
    found: np.ndarray = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return found


def _worth_a_look(box: Any) -> dict[str, int]:
    """Rows of one galaxy of each kind, the best aligned of those that lie as the law likes."""
    galaxies = box.galaxies
    laws = OrientationLaw().mixture(box)
    order = np.linalg.eigvalsh(mean_axis_outer(laws))[:, -1]
    # a galaxy that happens to lie across its own law would only puzzle
    order = order + (laws.log_prob(torch.from_numpy(galaxies.rotation).float()).numpy() > 0.7)
    # one that is seen at once: not at the walls
    order = order - 1.5 * np.abs(galaxies.position / box.size - 0.5).max(1)
    web = box.haloes.web_type[galaxies.halo]
    kinds = {
        "best": galaxies.central & (web == 2),
        "satellite": ~galaxies.central,
        "disc": galaxies.diskyness > 0.8,
        "knot": galaxies.central & (web == 3),
        "apart": galaxies.central & (_across(laws) < 0.3) & (laws.weights[:, 2].numpy() > 0.4),
    }
    found = {k: int(np.argmax(np.where(v, order, -9.0))) for k, v in kinds.items() if v.any()}
    found.setdefault("best", int(np.argmax(order)))
    return found


def _across(laws: Any) -> np.ndarray:
    """Cosine between the major axes of the tide's and of the neighbours' part of each law."""
    axes = laws.means[:, [0, 2], :, 0].double().numpy()
    cosine: np.ndarray = np.abs(np.einsum("ni,ni->n", axes[:, 0], axes[:, 1]))
    return cosine
