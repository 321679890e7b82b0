r"""The state of the view of the cosmic web: a galaxy, its surroundings, its p(R | environment)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import param
import torch

from astroviz.core.request import Request
from astroviz.orientations import readings
from astroviz.orientations.box_scene import BoxPoints, BoxScene, box_points, box_scene
from astroviz.orientations.by_hand import with_scale
from astroviz.orientations.conditions import LAW_SCALE
from astroviz.orientations.encoder import STENCIL, direction_weights
from astroviz.orientations.environment import REACH, Environment
from astroviz.orientations.filament import Filament, trace_filament
from astroviz.orientations.graph import separations
from astroviz.orientations.web_inputs import own_scale
from astroviz.orientations.web_words import WebWords, laws_of, signed

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["COSINES", "POSITION_ANGLES", "TILTS", "WEB_PANELS", "Messages", "Reading", "WebState"]

WEB_PANELS = ("box", "graph", "filament")
COSINES = np.linspace(0.0, 1.0, 101)
TILTS = np.linspace(-90.0, 90.0, 91)  # degrees
POSITION_ANGLES = np.linspace(0.0, 2 * np.pi, 73)
_NSIDE = 16
_EACH = 150  # draws of each galaxy along a filament


@dataclass(frozen=True, eq=False)
class Reading:
    r"""What the panels draw of one density of orientations.

    Arguments:
        rotations: Draws, shape :math:`(n, 3, 3)`.
        axis_map: Density of the long axis on the sphere (HEALPix RING), relative to uniform.
        cosine: Density over `COSINES` of the angle to the slowest collapse.
        tilt: Density over `TILTS`.
    """

    rotations: np.ndarray
    axis_map: np.ndarray
    cosine: np.ndarray
    tilt: np.ndarray

    @property
    def peak(self) -> np.ndarray:
        """The likeliest direction of the axis, the end where the draws lie; unit vector."""
        import healpy

        nside = healpy.npix2nside(len(self.axis_map))
        found = np.array(healpy.pix2vec(nside, int(np.argmax(self.axis_map))))
        return found * (-1.0 if (self.rotations[:, :, 0] @ found).mean() < 0 else 1.0)


@dataclass(frozen=True, eq=False)
class Messages:
    r"""Who tells the galaxy something, and from which directions.

    Arguments:
        rows: Galaxies of the environment, the one that hears first, shape :math:`(M + 1,)`.
        separations: From it, Mpc/h, shape :math:`(M + 1, 3)`.
        central: Shape :math:`(M + 1,)`.
        log_mass: Stellar mass, log10 Msun, shape :math:`(M + 1,)`.
        weights: Of the edges, shape :math:`(M,)`.
        directions: Of the stencil, shape :math:`(26, 3)`.
        strengths: Weight that each direction collects, shape :math:`(26,)`.
    """

    rows: np.ndarray
    separations: np.ndarray
    central: np.ndarray
    log_mass: np.ndarray
    weights: np.ndarray
    directions: np.ndarray
    strengths: np.ndarray


class WebState(WebWords):
    """Parameters of the view *Web*, and the questions that it asks."""

    _dragged = WebWords._dragged | {"web_scale"}

    web_panel: param.Selector[Any] = param.Selector(
        default="box", objects=list(WEB_PANELS),
        doc="The whole box, the graph around the galaxy, or the filament through it.",
    )  # fmt: skip
    web_scale = param.Number(
        default=LAW_SCALE, bounds=(1.0, 5.0),
        doc="Smoothing scale of the tide along the filament, Mpc/h.",
    )  # fmt: skip
    web_draws = param.Integer(default=1000, bounds=(100, 10_000), doc="Draws of the model.")
    folded = param.Boolean(
        default=True,
        doc="Draw the one of the four equal orientations of an ellipsoid (D2) that is nearest to "
        "the tide; else each as it was drawn.",
    )
    messages = param.Boolean(
        default=True, doc="Let the network hear the neighbours; off is the network that cannot."
    )

    # Answers

    def answering(self, messages: bool | None = None) -> Any:
        """The model, or its ablation that hears no neighbours."""
        heard = self.messages if messages is None else messages
        return self.model if heard else self.model.without_messages

    def request(self, quick: bool = False) -> Request:
        r"""The question to the model.

        Arguments:
            quick: Fewer draws and steps, for while a hand moves.
        """
        posterior = self.answering().posterior(self.environment())
        draws, steps = (min(400, int(self.web_draws)), 8) if quick else (int(self.web_draws), 19)
        found: Request = posterior.request(draws, seed=int(self.seed), steps=steps)
        return found

    def judge(self) -> Callable[[], list[str]]:
        r"""A function that judges the model here, for a thread: it takes a second or two.

        It gives :math:`-\ln p` of the galaxy's orientation by the model with and without
        messages, and :math:`\mathrm{KL}(\mathrm{truth}\,|\,\mathrm{model})` from 48 draws of the
        law.
        """
        environment, law, own = self.environment(), self.law(), self.own_rotation()
        seed, networks = int(self.seed) + 2, (self.model, self.answering(False))

        def work() -> list[str]:
            drawn = law.sample(48, torch.Generator().manual_seed(seed))
            asked = torch.cat([torch.from_numpy(own[None]).to(drawn), drawn])
            exact = law.log_prob(asked).double().numpy()
            cells = []
            for name, network in zip(("model", "no messages"), networks, strict=True):
                posterior = network.posterior(environment)
                scores = np.asarray(posterior.log_prob(asked), dtype=float)
                gap = (exact - scores)[1:]
                error = gap.std(ddof=1) / np.sqrt(len(gap))
                cells.append(
                    f"{name} {signed(-scores[0])} (KL {signed(gap.mean())} \u00b1 {error:.2f})"
                )
            return cells

        return work

    def read(self, rotations: np.ndarray) -> Reading:
        """What panels draw of draws."""
        frame = self.tide()[1]
        axes = rotations[:, :, 0]
        return Reading(
            self.shown_rotations(rotations),
            readings.axis_map(axes, _NSIDE),
            readings.axis_cosine(axes, frame[:, 0], COSINES),
            readings.tilt_density(rotations, frame, np.radians(TILTS)),
        )

    def read_truth(self) -> Reading:
        """What panels draw of the exact law; its tilt comes from 8,000 of its draws."""
        law, frame = self.law(), self.tide()[1]
        generator = torch.Generator().manual_seed(int(self.seed))
        drawn = law.sample(8000, generator).double().numpy()
        return Reading(
            self.shown_rotations(drawn[: self.web_draws]),
            readings.axis_map_of_law(law, _NSIDE),
            readings.cosine_of_law(law, frame[:, 0], COSINES),
            readings.tilt_density(drawn, frame, np.radians(TILTS)),
        )

    def shown_rotations(self, rotations: np.ndarray) -> np.ndarray:
        """Draws as the switch wants them: folded onto the tide, or as they are."""
        return readings.fold(rotations, self.tide()[1]) if self.folded else rotations

    # The whole box

    def box_points(self) -> BoxPoints:
        """All galaxies of the box."""
        found: BoxPoints = self.kept(("points", self.shown_key), lambda: box_points(self.box))
        return found

    def box_scene(self) -> BoxScene:
        """The filament through the galaxy, its neighbours, and how well each axis is known."""
        return box_scene(self.box, self.here, self.filament(), self._radius())

    # Along the filament

    def filament(self) -> Filament:
        """The filament through the galaxy, followed at the smoothing of the law."""
        key = ("filament", self.shown_key, self.here)
        found: Filament = self.kept(key, lambda: trace_filament(self.box, self.here, LAW_SCALE))
        return found

    def filament_environment(self) -> Environment:
        """The galaxies along the filament, their tide taken at the scale of the slider."""
        rows = self.filament().rows
        key = ("along", self.shown_key, self.here)
        plain: Environment = self.kept(key, lambda: Environment.from_box(self.box, rows))
        return with_scale(plain, float(self.web_scale))

    def filament_truth(self) -> tuple[np.ndarray, np.ndarray]:
        """Density of the projected axes over `POSITION_ANGLES` (N, A), and tidal axes (N, 2)."""
        way, environment = self.filament(), self.filament_environment()
        laws = laws_of(environment)
        density = readings.projected_axis_of_law(
            laws, way.right, way.up, POSITION_ANGLES, int(self.seed)
        )
        axes = environment.galaxies.frames[environment.targets, 0, :, 0]
        return density, axes @ np.stack([way.right, way.up], -1)

    def filament_request(self) -> Request:
        """The question to the model about all galaxies along the filament, 150 draws each."""
        environment = self.filament_environment()
        whole = self.answering().paint_request(environment.box, int(self.seed), steps=10)
        rows = np.repeat(environment.targets, _EACH)
        inputs = {name: np.asarray(array)[rows] for name, array in whole.inputs.items()}
        return replace(whole, inputs=inputs, n=len(rows), priority="interactive")

    def filament_model(self, draws: Draws) -> np.ndarray:
        """The model's density along the filament from the answer, shape (N, A)."""
        way = self.filament()
        axes = np.asarray(draws.extras["rotations"])[:, :, 0].reshape(len(way), _EACH, 3)
        return readings.projected_axis(axes, way.right, way.up, POSITION_ANGLES)

    def filament_haloes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Haloes near the filament: along and across, Mpc/h, and diameters of dots, pixels."""
        box, way = self.box, self.filament()
        centre = box.galaxies.position[self.here]
        apart = separations(centre, box.haloes.position, box.size)
        along, across = apart @ way.right, apart @ way.up
        depth = apart @ np.cross(way.right, way.up)
        ends = way.plane[0]
        near = (np.abs(depth) < 8) & (along > ends.min() - 6) & (along < ends.max() + 6)
        size = 2.0 + 3.2 * np.clip(np.log10(box.haloes.mass) - 12.0, 0.0, 3.0)
        return along[near], across[near], size[near]

    # Around the galaxy

    def graph(self) -> Messages:
        """The edges that end at the galaxy, weighed as the model does, or else as the law.

        Directions are those of the stencil in the galaxy's own tidal frame, as the network has
        them. Without messages nobody is heard.
        """
        environment = self.environment()
        galaxies, row = environment.galaxies, int(environment.targets[0])
        near = environment.neighbours(self._radius())
        way = separations(galaxies.position[row], galaxies.position[near], environment.size)
        weights = self._edge_weights(environment, near, way)
        heard = weights > 0 if self.messages else np.zeros(len(near), dtype=bool)
        near, way, weights = near[heard], way[heard], weights[heard]
        own = galaxies.frames[row, own_scale(environment.scales)]
        length = np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-9)
        q = direction_weights(torch.from_numpy(way / length @ own)).numpy()
        rows = np.concatenate([[row], near])
        return Messages(
            self._rows_in_box(environment, rows), np.concatenate([np.zeros((1, 3)), way]),
            galaxies.central[rows], galaxies.log_mass[rows], weights,
            STENCIL.numpy() @ own.T, weights @ q,
        )  # fmt: skip

    def _radius(self) -> float:
        return float(getattr(self.model, "radius", 8.0))

    def _edge_weights(
        self, environment: Environment, near: np.ndarray, way: np.ndarray
    ) -> np.ndarray:
        if hasattr(self.model, "heard"):
            senders, loudness = self.model.heard(environment)
            heard = np.zeros(len(environment.galaxies))
            heard[senders] = loudness
            return heard[near]
        radius, mass = self._radius(), environment.haloes.mass[environment.galaxies.halo[near]]
        window = np.clip(1 - (np.linalg.norm(way, axis=-1) / radius) ** 2, 0.0, None) ** 2
        found: np.ndarray = window * np.sqrt(mass / 1e12)
        return found

    def _rows_in_box(self, environment: Environment, rows: np.ndarray) -> np.ndarray:
        """Rows of the box from those of the environment, which keeps their order."""
        own = self.kept(("environment", self.shown_key, self.here), self.environment)
        position = self.box.galaxies.position
        if len(own.galaxies) == len(position):
            return rows
        if len(environment.galaxies) < len(own.galaxies):
            return np.array([self.here])
        apart = separations(position[self.here], position, self.box.size)
        kept = np.flatnonzero((apart**2).sum(-1) <= REACH**2)
        return kept[rows]
