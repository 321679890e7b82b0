r"""The state of the view of the cosmic web: a galaxy, its surroundings, its p(R | environment)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import param
import torch
from scipy.spatial.transform import Rotation

from astroviz.orientations import readings
from astroviz.orientations.box import WEB_TYPES
from astroviz.orientations.box_state import BoxState
from astroviz.orientations.by_hand import Changes, changed, tide_at, with_scale
from astroviz.orientations.conditions import LAW_SCALE
from astroviz.orientations.environment import Environment
from astroviz.orientations.filament import Filament, trace_filament
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.law import OrientationLaw, mean_axis_outer
from astroviz.orientations.presets import Preset

if TYPE_CHECKING:
    from astroviz.core.request import Request

__all__ = ["COSINES", "POSITION_ANGLES", "TILTS", "WEB_PANELS", "Reading", "WebState"]

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


class WebState(BoxState):
    """Parameters of the view *Web*, and the questions that it asks."""

    model: Any = None
    missing: str = ""

    _dragged = frozenset({"tide_turn", "tide_stretch", "swing", "distance", "web_scale"})

    galaxy = param.Integer(
        default=None, allow_None=True, bounds=(0, None),
        doc="Row of the galaxy that is looked at; None is a well aligned one.",
    )  # fmt: skip
    web_panel: param.Selector[Any] = param.Selector(
        default="box", objects=list(WEB_PANELS),
        doc="The whole box, the graph around the galaxy, or the filament through it.",
    )  # fmt: skip
    web_scale = param.Number(
        default=LAW_SCALE, bounds=(1.0, 5.0),
        doc="Smoothing scale of the tide along the filament, Mpc/h.",
    )  # fmt: skip
    web_draws = param.Integer(default=1000, bounds=(100, 10_000), doc="Draws of the model.")
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
    folded = param.Boolean(
        default=True,
        doc="Draw the one of the four equal orientations of an ellipsoid (D2) that is nearest to "
        "the tide; else each as it was drawn.",
    )
    messages = param.Boolean(
        default=True, doc="Let the network hear the neighbours; off is the network that cannot."
    )

    # The galaxy and its surroundings

    @property
    def here(self) -> int:
        """Row of the galaxy that is looked at."""
        count = len(self.box.galaxies)
        if self.galaxy is not None and self.galaxy < count:
            return int(self.galaxy)
        return int(self._places()["best"])

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

    def law(self) -> SymmetricMixture:
        """The exact law of the galaxy's orientation."""
        laws = _laws(self.environment())
        return SymmetricMixture(laws.means[0], laws.sigmas[0], laws.weights[0], laws.group)

    def tide(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues and axes of the tide that the law follows, (3,) and (3, 3)."""
        environment = self.environment()
        row, galaxies = int(environment.targets[0]), environment.galaxies
        return tide_at(
            galaxies.eigenvalues[row], galaxies.frames[row], environment.scales, LAW_SCALE
        )

    def turn_tide(self, vector: np.ndarray) -> None:
        """Turn the tide further, about a rotation vector in space, rad."""
        self.tide_turn = _after(vector, self.tide_turn)

    def swing_neighbours(self, vector: np.ndarray) -> None:
        """Swing the neighbours further, about a rotation vector in space, rad."""
        self.swing = _after(vector, self.swing)

    def let_go(self) -> None:
        """Everything as it is in the box."""
        self.param.update(
            tide_turn=[0.0] * 3, tide_stretch=[0.0] * 3, swing=[0.0] * 3, distance=1.0,
            alone=False,
        )  # fmt: skip

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

    # Words

    def web_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        places = self._places()
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
            found.append(
                "The model of the cosmic web is not here, so only the exact law is shown. "
                f"{self.missing} Make it by: astroviz train orientations/web"
            )
        if not self.changes.none:
            found.append(
                "The surroundings were changed by hand: no simulation made them, but law and "
                "model answer for them."
            )
        return tuple(found)

    def _places(self) -> dict[str, int]:
        """Galaxies worth a look, by what they are."""
        found: dict[str, int] = self.kept(
            ("places", self.shown_key), lambda: _worth_a_look(self.box)
        )
        return found


def _after(vector: np.ndarray, before: list[float]) -> list[float]:
    turned = Rotation.from_rotvec(np.asarray(vector, dtype=float)) * Rotation.from_rotvec(before)
    return [round(float(x), 6) for x in turned.as_rotvec()]


def _laws(environment: Environment) -> SymmetricMixture:
    """Exact laws of the targets of an environment."""
    return OrientationLaw().mixture(environment.box.subset(environment.targets))


def _worth_a_look(box: Any) -> dict[str, int]:
    """Rows of one galaxy of each kind, the best aligned of its kind."""
    galaxies = box.galaxies
    order = np.linalg.eigvalsh(mean_axis_outer(OrientationLaw().mixture(box)))[:, -1]
    web = box.haloes.web_type[galaxies.halo]
    kinds = {
        "best": galaxies.central & (web == 2),
        "satellite": ~galaxies.central,
        "disc": galaxies.diskyness > 0.8,
        "knot": galaxies.central & (web == 3),
    }
    found = {k: int(np.argmax(np.where(v, order, -1.0))) for k, v in kinds.items() if v.any()}
    found.setdefault("best", int(np.argmax(order)))
    return found
