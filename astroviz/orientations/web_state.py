r"""The state of the view of the cosmic web: a galaxy, its surroundings, its p(R | environment)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import param
import torch

from astroviz.orientations import readings
from astroviz.orientations.box import WEB_TYPES
from astroviz.orientations.box_scene import BoxPoints, BoxScene, box_points, box_scene
from astroviz.orientations.by_hand import with_scale
from astroviz.orientations.conditions import LAW_SCALE
from astroviz.orientations.encoder import STENCIL, direction_weights
from astroviz.orientations.environment import REACH, Environment
from astroviz.orientations.filament import Filament, trace_filament
from astroviz.orientations.graph import separations
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.law import PARTS, OrientationLaw, mean_axis_outer
from astroviz.orientations.presets import Preset
from astroviz.orientations.surroundings_state import SurroundingsState

if TYPE_CHECKING:
    from astroviz.core.request import Request

__all__ = ["COSINES", "POSITION_ANGLES", "TILTS", "WEB_PANELS", "Messages", "Reading", "WebState"]

WEB_PANELS = ("box", "graph", "filament")
COSINES = np.linspace(0.0, 1.0, 101)
TILTS = np.linspace(-90.0, 90.0, 91)  # degrees
POSITION_ANGLES = np.linspace(0.0, 2 * np.pi, 73)
_NSIDE = 16


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


class WebState(SurroundingsState):
    """Parameters of the view *Web*, and the questions that it asks."""

    model: Any = None
    missing: str = ""

    _dragged = SurroundingsState._dragged | {"web_scale"}

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

    def law(self) -> SymmetricMixture:
        """The exact law of the galaxy's orientation."""
        laws = _laws(self.environment())
        return SymmetricMixture(laws.means[0], laws.sigmas[0], laws.weights[0], laws.group)

    # Answers

    @property
    def asks_model(self) -> bool:
        """Whether there is a model to ask."""
        return self.model is not None

    def posterior(self) -> Any:
        """The model's p(R | environment)."""
        return self.model.posterior(self.environment(), messages=bool(self.messages))

    def request(self) -> Request:
        """The question to the model."""
        found: Request = self.posterior().request(int(self.web_draws), seed=int(self.seed))
        return found

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

    def own_rotation(self) -> np.ndarray:
        """How the galaxy lies in the box; a draw of the law once its surroundings are changed."""
        if self.changes.none:
            return np.asarray(self.box.galaxies.rotation[self.here], dtype=float)
        drawn = self.law().sample(1, torch.Generator().manual_seed(int(self.seed) + 1))
        return np.asarray(drawn[0].double().numpy())

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
        laws = _laws(environment)
        density = readings.projected_axis_of_law(
            laws, way.right, way.up, POSITION_ANGLES, int(self.seed)
        )
        axes = environment.galaxies.frames[environment.targets, 0, :, 0]
        return density, axes @ np.stack([way.right, way.up], -1)

    def filament_model(self) -> np.ndarray:
        """The model's density along the filament, shape (N, A); no rows before it has answered."""
        return np.zeros((0, len(POSITION_ANGLES)))

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
        """The edges that end at the galaxy, weighed as the model does, or else as the law."""
        environment = self.environment()
        galaxies, row = environment.galaxies, int(environment.targets[0])
        near = environment.neighbours(self._radius())
        way = separations(galaxies.position[row], galaxies.position[near], environment.size)
        weights = self._edge_weights(environment, near, way)
        length = np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-9)
        q = direction_weights(torch.from_numpy(way / length)).numpy()
        rows = np.concatenate([[row], near])
        return Messages(
            self._rows_in_box(environment, rows), np.concatenate([np.zeros((1, 3)), way]),
            galaxies.central[rows], galaxies.log_mass[rows], weights, STENCIL.numpy(),
            weights @ q,
        )  # fmt: skip

    def _radius(self) -> float:
        return float(getattr(self.model, "radius", 8.0))

    def _edge_weights(
        self, environment: Environment, near: np.ndarray, way: np.ndarray
    ) -> np.ndarray:
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

    # Words

    def web_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        places = self.places()
        still = {"tide_turn": [0.0] * 3, "tide_stretch": [0.0] * 3, "swing": [0.0] * 3,
                 "distance": 1.0, "alone": False}  # fmt: skip
        named = (
            ("A central in a filament", "best", "It lies along the filament."),
            ("A satellite", "satellite", "It points at its central."),
            ("A disc", "disc", "Discs follow their spin, and only weakly."),
            ("In a knot", "knot", "Where three axes collapse the tide says less."),
        )
        found = [
            Preset(name, words, {"galaxy": places[key], **still})
            for name, key, words in named
            if key in places
        ]
        more = {"galaxy": places["best"], **still}
        found += [
            Preset("The tide turned by 60 degrees", "The density follows the tide, in part.",
                   {**more, "tide_turn": [0.0, 0.0, 1.0472]}),
            Preset("No neighbours", "The part of the law that follows neighbours is gone.",
                   {**more, "alone": True}),
        ]  # fmt: skip
        return tuple(found)

    def web_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """A galaxy that nobody has chosen."""
        return {"galaxy": int(random.integers(len(self.box.galaxies)))}

    def galaxy_words(self) -> str:
        """What the galaxy is, in a line."""
        box, row = self.box, self.here
        galaxies = box.galaxies
        halo = int(galaxies.halo[row])
        kind = "central" if galaxies.central[row] else "satellite"
        web = WEB_TYPES[int(box.haloes.web_type[halo])]
        return (
            f"galaxy {row}, a {kind} in a {web}, log stellar mass "
            f"{galaxies.log_mass[row]:.1f}, log halo mass {np.log10(box.haloes.mass[halo]):.1f}, "
            f"diskyness {galaxies.diskyness[row]:.2f}"
        )

    def web_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        law = self.law()
        second = mean_axis_outer(law)
        peak = float(np.linalg.eigvalsh(second)[-1])
        angle = np.degrees(np.arccos(np.sqrt(np.clip(peak, 0.0, 1.0))))
        words = self.galaxy_words()
        return (
            f"{words[:1].upper()}{words[1:]}: its long axis lies {angle:.0f}\u00b0 rms from the "
            "likeliest direction. Click another galaxy, or drag the tidal ellipsoid."
        )

    def web_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        found = []
        if self.box_missing:
            found.append("The box is being made; the shipped one is shown meanwhile.")
        if self.galaxy is not None and self.galaxy >= len(self.box.galaxies):
            count = len(self.box.galaxies)
            found.append(
                f"There is no galaxy {self.galaxy} in this box of {count:,}; a well aligned one "
                "is shown."
            )
        if not self.asks_model:
            found.append(self.regret())
        if not self.changes.none:
            found.append(
                "The surroundings were changed by hand: no simulation made them, but law and "
                "model answer for them."
            )
        return tuple(found)

    def regret(self) -> str:
        """Why there is no model."""
        return (
            "The model of the cosmic web is not here, so only the exact law is shown. "
            "Make it by: astroviz train orientations/web"
        )

    def figures(self) -> list[tuple[str, list[str]]]:
        """The figures under the spheres: rows of a heading and its cells."""
        law = self.law()
        own = torch.from_numpy(self.own_rotation()).float()
        score = f"{-float(law.log_prob(own)):.2f}".replace("-", "\u2212")
        scores = [f"truth {score}", "uniform 0.00"]
        share = (law.weights / law.weights.sum()).tolist()
        parts = [
            f"{name} {100 * weight:.0f} %, \u03c3 = {float(sigma):.2f} rad"
            for name, weight, sigma in zip(PARTS, share, law.sigmas, strict=True)
            if weight > 0.005
        ]
        return [("\u2212ln p of its orientation (nats)", scores), ("the law is made of", parts)]


def _laws(environment: Environment) -> SymmetricMixture:
    """Exact laws of the targets of an environment."""
    return OrientationLaw().mixture(environment.box.subset(environment.targets))
