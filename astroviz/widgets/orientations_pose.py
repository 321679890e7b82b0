r"""Poses in a notebook: a picture of a solid, and every pose that it may have."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
from bokeh.layouts import row
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from astroviz.components.faces import sphere_state
from astroviz.orientations.pose_state import SHAPES, SOURCES
from astroviz.widgets.orientations import OrientationsWidget, show_sphere
from astroviz.widgets.orientations_stills import fewer_points, pose_png

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["PoseWidget"]

_PICTURE = frozenset({"shape", "picture", "source", "turn"})
_ASKED = _PICTURE | {"seed", "pose_draws"}
_SIDE = 210  # pixels of a picture
_AXES = {0: "x axis of the solid, as the camera sees it",
         2: "axis of symmetry, as the camera sees it"}  # fmt: skip


class PoseWidget(OrientationsWidget):
    """A picture, the density of its pose on a sphere, draws rendered again, read-outs.

    `upload(content)` asks about a picture of your own: bytes of a PNG or JPEG, or a path.
    """

    name = "pose"
    follows = _ASKED

    def build(self) -> list[Any]:
        """Choices, the pictures, the sphere."""
        self._asked: Any = None
        picture = ui.BoundedIntText(description="picture", min=0, max=10**6,
                                    layout=ui.Layout(width="180px"))  # fmt: skip
        source = [(label, name) for name, label in SOURCES.items()]
        choices = self.row(
            self.dropdown("source", "picture from", source),
            self.dropdown("shape", "solid", list(SHAPES)), self.control("picture", picture),
            self._make_file(), *self.usual(),
        )  # fmt: skip
        turns = self.row(*(self._turn(k) for k in range(3)))
        self.globe = self.sphere("poses", 430, point_size=3.5, density_scale="sqrt",
                                 rotation=[0.0, 0.0, 0.0, 1.0])  # fmt: skip
        self.hear_selection(self.globe)
        self.seen, self.again = _Pictures("the picture", 1), _Pictures("draws, rendered again", 4)
        canvas = self._make_canvas(row(self.seen.plot, self.again.plot))
        self.numbers = ui.HTML()
        canvas.layout.flex = "2 1 640px"
        return [choices, turns, self.row(self.globe, canvas), self.numbers]

    def refresh(self, names: set[str]) -> None:
        """Show the picture that is set, and ask about it."""
        self._show_head()
        seen = self.explorer.pose_shown()
        with self._canvas.together():
            self.seen.show([seen.picture])
        if self.explorer.other_model("pose")[0] is None:
            true = self.explorer.pose_truth(seen)
            show_sphere(self.globe, **(sphere_state(truth=true) if len(true) else {"rings": b""}))
            return
        self._asked = seen
        self._asker.ask(self.explorer.pose_request(seen))

    def show(self, draws: Draws) -> None:
        """Draw an answer."""
        answer = self.explorer.pose(draws, self._asked)
        state = sphere_state(
            rotations=answer.rotations, density=answer.density, axis=answer.axis,
            caption=f"{len(draws):,} draws of the pose of {self._asked.label}",
            title=_AXES[answer.axis],
        )  # fmt: skip
        true = answer.truth
        rings = sphere_state(truth=true, axis=answer.axis) if len(true) else {"rings": b""}
        show_sphere(self.globe, **{**state, **rings})
        with self._canvas.together():
            self.again.show(list(answer.redrawn))
        self._show_numbers(answer)

    def stills(self) -> Any:
        """The sphere."""
        return self.globe

    def picture(self) -> bytes | None:
        """The picture, and the density of its pose as a map."""
        self.wait()
        seen = self.explorer.pose_shown()
        return pose_png(seen.picture, fewer_points(self.globe, 0), seen.label)

    def upload(self, content: Any, name: str = "your picture") -> None:
        """Ask about a picture of your own: bytes, or the path of a PNG or JPEG."""
        try:
            self.explorer.pose_upload(content, name)
        except (ValueError, OSError) as error:
            sentence = str(error)
            self._say(f"{sentence[:1].upper()}{sentence[1:]}.")

    def _turn(self, k: int) -> Any:
        made = ui.IntSlider(description=f"{('roll', 'pitch', 'yaw')[k]} (°)", min=-180, max=180)

        def to_state(value: int) -> list[float]:
            turn = [float(x) for x in self.explorer.turn]
            turn[k] = float(value)
            return turn

        return self.control(
            "turn", made, to_state=to_state, to_control=lambda turn: round(turn[k])
        )

    def _make_file(self) -> Any:
        made = ui.FileUpload(accept="image/*", multiple=False, description="Your picture")

        def heard(change: Any) -> None:
            for file in change["new"]:
                self.upload(bytes(file["content"]), str(file["name"]))

        made.observe(heard, "value")
        return made

    def _show_numbers(self, answer: Any) -> None:
        cells = [f"{name} {100 * chance:.1f} %" for name, chance in answer.probabilities.items()]
        said = ["likeliest solid: " + ", ".join(cells)]
        if math.isfinite(answer.spread):
            said.append(f"spread about the true poses {answer.spread:.1f}°")
        if answer.modes[1]:
            said.append("equal poses that have draws: {} of {}".format(*answer.modes))
        said.append(f"out of distribution {answer.ood_score:.2f} (above 1: do not believe it)")
        self.numbers.value = " &middot; ".join(map(escape, said))


class _Pictures:
    """Grey pictures side by side, in rows.

    Arguments:
        title: What they are.
        across: How many stand side by side.
    """

    def __init__(self, title: str, across: int) -> None:
        self.across = across
        self.source = ColumnDataSource({"image": [], "x": [], "y": []})
        lines = 1 if across == 1 else 2
        self.plot = figure(
            title=title, width=_SIDE * (1 if across == 1 else 2), height=_SIDE + 24,
            x_range=Range1d(0, across), y_range=Range1d(0, lines), tools="", toolbar_location=None,
        )  # fmt: skip
        self.plot.axis.visible = self.plot.grid.visible = False
        self.plot.image("image", x="x", y="y", dw=0.97, dh=0.97, source=self.source,
                        palette="Greys256", level="image")  # fmt: skip
        self.lines = lines

    def show(self, pictures: list[np.ndarray]) -> None:
        """Show these, the top row of each first."""
        shown = pictures[: self.across * self.lines]
        places = range(len(shown))
        self.source.data = {
            "image": [np.flipud(one).astype(np.float32) for one in shown],
            "x": [k % self.across for k in places],
            "y": [self.lines - 1 - k // self.across for k in places],
        }
