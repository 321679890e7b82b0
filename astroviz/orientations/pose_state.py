r"""The state of the view of poses: a picture of a solid, and the rotations that it may have."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.orientations.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws
    from astroviz.core.request import Request
    from astroviz.orientations.pose_answers import PoseAnswer, Shown

__all__ = ["PICTURES", "SHAPES", "SOURCES", "PoseState"]

SHAPES = ("tetrahedron", "cube", "icosahedron", "cone", "cylinder")
SOURCES = {"strip": "pick", "turn": "turn", "upload": "upload"}
PICTURES = 8
_LINES = {
    "tetrahedron": "has 12 poses that look the same",
    "cube": "has 24 poses that look the same",
    "icosahedron": "has 60 poses that look the same",
    "cone": "looks the same however it is turned about its axis",
    "cylinder": "looks the same turned about its axis, and upside down",
}


class PoseState(ViewState):
    """Parameters of the view *Pose*, and the questions that it asks."""

    _dragged = frozenset({"turn"})

    shape: param.Selector[Any] = param.Selector(
        default="cube", objects=list(SHAPES), doc="The solid in the picture."
    )
    picture = param.Integer(
        default=0, bounds=(0, 10**6), doc="Seed of the picture: its pose, its light, its noise."
    )
    source: param.Selector[Any] = param.Selector(
        default="strip", objects=list(SOURCES),
        doc="Where the picture is from: the strip, the sliders, or a file of yours.",
    )  # fmt: skip
    turn = param.List(
        default=[20.0, 30.0, 40.0], bounds=(3, 3), item_type=(int, float),
        doc="Roll, pitch and yaw of the solid that is turned by hand, degrees.",
    )  # fmt: skip
    pose_draws = param.Integer(default=1000, bounds=(100, 20_000), doc="Draws of the pose.")

    _uploaded: Any = None
    """Pixels and name of a picture from a file; in no link."""

    def pose_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return tuple(
            Preset(f"{'An' if name[0] == 'i' else 'A'} {name}", _LINES[name],
                   {"shape": name, "source": "strip", "picture": 0})
            for name in SHAPES
        )  # fmt: skip

    def pose_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {
            "shape": str(random.choice(SHAPES)),
            "picture": int(random.integers(PICTURES, 10_000)),
            "source": "strip",
        }

    def pose_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        if self.source == "upload" and self._uploaded is not None:
            return f"What may the pose of the solid in {self._uploaded[1]} be?"
        article = "An" if self.shape[0] == "i" else "A"
        gesture = "Drag a slider" if self.source == "turn" else "Pick another picture"
        return f"{article} {self.shape} {_LINES[self.shape]}. {gesture}, and turn the sphere."

    def pose_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        model, sentence = self.other_model("pose")
        found = [] if model is not None else [f"{sentence} Until then only the truth is shown."]
        if self.source == "upload" and self._uploaded is None:
            found.append("No picture of yours is open: choose a PNG or JPEG.")
        return tuple(found)

    # The picture

    def pose_strip(self) -> tuple[Shown, ...]:
        """Pictures to pick from: the first eight seeds, with that of the state among them."""
        from astroviz.orientations.pose_answers import shown

        seeds = list(range(PICTURES))
        if self.picture >= PICTURES:
            seeds[-1] = self.picture
        return tuple(shown(self.shape, seed) for seed in seeds)

    def pose_shown(self) -> Shown:
        """The picture that is asked about."""
        from astroviz.orientations.densities import from_euler
        from astroviz.orientations.pose_answers import Shown, shown

        if self.source == "upload" and self._uploaded is not None:
            pixels, name = self._uploaded
            return Shown(pixels, "", None, name)
        if self.source == "turn":
            import torch

            angles = torch.tensor([math.radians(angle) for angle in self.turn])
            pose = from_euler(*angles[:, None].unbind(0))[0].numpy()
            return shown(self.shape, self.seed, pose)
        return shown(self.shape, self.picture)

    def pose_upload(self, content: Any, name: str) -> None:
        """Take a picture of the user's; a `PictureError` says why it cannot be used."""
        from astroviz.orientations.pose_framing import best_frame
        from astroviz.orientations.pose_pictures import foreground

        found, (model, _) = foreground(content), self.other_model("pose")
        self._uploaded = (found.framed() if model is None else best_frame(model, found), name)
        if self.source == "upload":
            self.param.trigger("source")
        else:
            self.source = "upload"

    # Questions and answers

    def pose_request(self, seen: Shown | None = None) -> Request:
        """Draws of the pose of what is seen, by default the picture that is set."""
        seen = seen or self.pose_shown()
        request: Request = self._posterior(seen).request(self.pose_draws, seed=self.seed)
        return request

    def pose_likelihood_request(self, seen: Shown | None = None) -> Request:
        """The log density of the true pose, which must be known."""
        from astroviz.orientations.pose_answers import LikelihoodSampler

        seen = seen or self.pose_shown()
        if seen.rotation is None:
            raise ValueError(f"the pose of {seen.label} is not known: there is nothing to look up")
        return LikelihoodSampler(self._posterior(seen), seen.label).request(seen.truth)

    def _posterior(self, seen: Shown) -> Any:
        model, sentence = self.other_model("pose")
        if model is None:
            raise ValueError(sentence)
        return model.posterior(seen.picture)

    def pose(self, draws: Draws, seen: Shown | None = None) -> PoseAnswer:
        """What there is to draw of an answer about what was seen."""
        from astroviz.orientations.pose_answers import answer_of

        return answer_of(draws, seen or self.pose_shown())

    def pose_truth(self, seen: Shown) -> np.ndarray:
        """All true poses, as the camera sees them, shape (G, 3, 3)."""
        from astroviz.orientations.pose_answers import seen_by_camera

        return seen_by_camera(seen.truth)

    def pose_table(self, draws: Draws) -> QTable:
        """Draws to be saved."""
        from astroviz.orientations.pose_answers import table_of

        table: QTable = table_of(draws, self.pose_shown(), {"view": self.to_query()})
        return table
