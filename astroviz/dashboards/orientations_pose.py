"""The view of poses: a picture of a solid, every pose that it may have, and those drawn again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.components.faces import OrientationSphere, sphere_state
from astroviz.dashboards.appearance import card, framed, note
from astroviz.dashboards.live import instant
from astroviz.dashboards.picture_strip import PictureStrip
from astroviz.dashboards.room_view import GAP, RoomView, choice
from astroviz.orientations.pose_state import PICTURES, SHAPES, SOURCES

__all__ = ["PoseView"]

_PICTURE = frozenset({"shape", "picture", "source", "turn"})
_ASKED = _PICTURE | {"seed", "pose_draws"}
_TURNS = ("Roll", "Pitch", "Yaw")
_LARGEST = 20 * 2**20
_AXES = {
    0: "x axis of the solid, as the camera sees it",
    2: "axis of symmetry, as the camera sees it",
}


class PoseView(RoomView):
    """Pictures to pick from, the pose density on a sphere, draws rendered again, read-outs."""

    name = "pose"
    follows = _ASKED | {"projection"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.draws: Any = None
        self.answer: Any = None
        self.asked: Any = None
        self.likelihood = float("nan")
        self.sphere = OrientationSphere(
            dark=self.shell.dark, sizing_mode="stretch_both", margin=0, point_size=3.5,
            density_scale="sqrt", rotation=[0.0, 0.0, 0.0, 1.0],
        )  # fmt: skip
        self.spheres = (self.sphere,)
        self.strip = PictureStrip(self._pick, label="Pictures of the solid", size=68, margin=0)
        self.large = PictureStrip(label="The picture that is asked about", size=226, margin=0)
        self.redrawn = PictureStrip(
            label="Draws of the pose, rendered again", size=79, margin=(0, 14, 6, 14)
        )
        self.numbers = note("", margin=(0, 14, 6, 14))
        self.turns = self._make_turns()
        self.file = self._make_file()
        self.answers = self.live("pose", self._show)
        self.likelihoods = self.live("likelihood", self._show_likelihood)
        self.layout = self._make_layout()
        self.sphere.param.watch(self._on_projection, "projection")
        self.start()

    # --- building ---------------------------------------------------------------------------

    def _make_turns(self) -> pn.Column:
        slider = instant(pmui.IntSlider)
        found = []
        for k, label in enumerate(_TURNS):
            made = slider(
                label=f"{label} (\u00b0)", start=-180, end=180, value=round(self.explorer.turn[k]),
                size="small", sizing_mode="stretch_width", margin=(0, 10),
            )  # fmt: skip
            made.param.watch(partial(self._turn, k), "value")
            found.append(made)
        return pn.Column(*found, sizing_mode="stretch_width", margin=0)

    def _make_file(self) -> Any:
        file = pmui.FileInput(
            label="PNG or JPEG", accept=".png,.jpg,.jpeg,.gif,.bmp,.tif,.tiff,.webp",
            max_file_size=_LARGEST, variant="outlined", sizing_mode="stretch_width", height=56,
            margin=(6, 0),
        )  # fmt: skip
        file.param.watch(self._on_file, "value")
        return file

    def _make_layout(self) -> pn.Column:
        explorer = self.explorer
        shapes = choice(explorer, "shape", list(SHAPES), "The solid", 120)
        source = pmui.RadioButtonGroup(
            options={label: name for name, label in SOURCES.items()}, value=explorer.source,
            size="small", margin=(0, 0, 10, 0), width=240,
        )  # fmt: skip
        source.param.watch(lambda event: setattr(explorer, "source", event.new), "value")
        explorer.param.watch(lambda event: setattr(source, "value", event.new), "source")
        left = card(
            "Picture",
            pn.Column(
                source, self.strip, self.turns, self.file,
                pn.Row(self.large, margin=(12, 0, 0, 0), align="center"),
                margin=(4, 14, 8, 14), sizing_mode="stretch_width",
            ),
            tools=(shapes,), width=330, sizing_mode="stretch_height",
        )  # fmt: skip
        middle = card("Poses that it may have", framed(self.sphere))
        upper = card("Draws rendered again", self.redrawn, height=226,
                     sizing_mode="stretch_width")  # fmt: skip
        lower = card("Read off", self.numbers)
        right = pn.Column(
            upper, lower, width=372, sizing_mode="stretch_height", margin=0, styles=GAP
        )
        panels = pn.Row(left, middle, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        return self.stack(panels)

    # --- questions and answers ----------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Show the picture that is set, and ask about it."""
        if "projection" in names:
            self.sphere.projection = self.explorer.projection
        if names & _PICTURE:
            self._show_picture(names)
        if names & _ASKED:
            self._ask()

    def step(self, by: int) -> None:
        """The next or the previous picture of the strip."""
        self._pick((self.strip.chosen + by) % PICTURES)

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The draws."""
        if self.draws is None:
            return {}
        return {"Draws of the pose": lambda: self.explorer.pose_table(self.draws)}

    def _pick(self, k: int) -> None:
        seeds = self._seeds()
        self.explorer.param.update(picture=seeds[k], source="strip")

    def _seeds(self) -> list[int]:
        seeds = list(range(PICTURES))
        if self.explorer.picture >= PICTURES:
            seeds[-1] = self.explorer.picture
        return seeds

    def _turn(self, k: int, event: Any) -> None:
        turn = list(self.explorer.turn)
        if round(turn[k]) != event.new:
            turn[k] = float(event.new)
            self.explorer.turn = turn

    def _on_file(self, event: Any) -> None:
        if not event.new:
            return
        try:
            self.explorer.pose_upload(bytes(event.new), str(self.file.filename or "your picture"))
        except ValueError as error:
            sentence = str(error)
            self.shell.say(sentence[:1].upper() + sentence[1:] + ".", "error")

    def _on_projection(self, event: Any) -> None:
        self.explorer.projection = event.new

    def _show_picture(self, names: set[str]) -> None:
        explorer = self.explorer
        seen = explorer.pose_shown()
        if names & {"shape", "picture", "source"}:
            strip = explorer.pose_strip()
            chosen = self._seeds().index(explorer.picture) if explorer.source == "strip" else -1
            self.strip.show([one.picture for one in strip], [one.label for one in strip], chosen)
            self.strip.visible = explorer.source == "strip"
            self.turns.visible = explorer.source == "turn"
            self.file.visible = explorer.source == "upload"
        for made, value in zip(self.turns, explorer.turn, strict=True):
            if made.value != round(value):
                made.value = round(value)
        self.large.show([seen.picture], [seen.label])

    def _ask(self) -> None:
        self.likelihoods.cancel()
        self.likelihood = float("nan")
        if self.explorer.other_model("pose")[0] is None:
            self._show_truth()
        else:
            self.answers.ask(self._question)

    def _question(self) -> Any:
        # An answer belongs to the picture of its question, which a hand may have left behind.
        self.asked = self.explorer.pose_shown()
        return self.explorer.pose_request(self.asked)

    def _show_truth(self) -> None:
        """Without a model: the true poses alone."""
        seen = self.explorer.pose_shown()
        true = self.explorer.pose_truth(seen)
        state = sphere_state(truth=true) if len(true) else {"rings": b""}
        words = "The true poses; there is no model that draws"
        self.sphere.param.update(**state, title=words, caption=words)

    def _show(self, draws: Any, complete: bool) -> None:
        self.draws = draws
        self.answer = answer = self.explorer.pose(draws, self.asked)
        self.sphere.param.update(**_state(answer, self.asked.label))
        again = [f"draw {k + 1}, rendered again" for k in range(len(answer.redrawn))]
        self.redrawn.show(list(answer.redrawn), again)
        self._show_numbers()
        self.say()
        if complete and self.asked.rotation is not None:
            self.likelihoods.ask(lambda: self.explorer.pose_likelihood_request(self.asked))

    def _show_likelihood(self, draws: Any, complete: bool) -> None:
        self.likelihood = float(draws["log_prob"].mean())
        self._show_numbers()

    def say(self) -> None:
        """Write the line above the panels; what is unlike the training is said in it."""
        super().say()
        if self.answer is not None and self.answer.ood_score > 1:
            beware = (
                f"No draw explains this picture (out of distribution: {self.answer.ood_score:.1f},"
                " above 1): do not believe the poses."
            )
            self.notice.warnings = [*self.notice.warnings, beware]

    def _show_numbers(self) -> None:
        answer = self.answer
        rows = [("spread about the true poses", _degrees(answer.spread))]
        if answer.modes[1]:
            rows.append(("equal poses that have draws", "{} of {}".format(*answer.modes)))
        nats = "\u2026" if len(answer.truth) else "\u2013"
        if math.isfinite(self.likelihood):
            haar, pi2 = self.likelihood, self.likelihood - 2 * math.log(math.pi)
            nats = f"{haar:.2f} nats (volume \u03c0\u00b2: {pi2:.2f})".replace("-", "\u2212")
        rows += [("log density of the true pose", nats), ("draws", f"{len(self.draws):,}")]
        rows.append(("out of distribution", f"{answer.ood_score:.2f}"))
        body = "".join(
            f"<tr><td>{escape(name)}</td><td class='number'>{escape(value)}</td></tr>"
            for name, value in rows
        )
        chances = "".join(
            f"<tr><td>{escape(name)}</td><td class='number'>{100 * chance:.1f} %</td></tr>"
            for name, chance in answer.probabilities.items()
        )
        self.numbers.object = (
            f"<table>{body}</table><table style='margin-top:10px'><tr><th>solid</th>"
            f"<th class='number'>probability</th></tr>{chances}</table>"
        )


def _degrees(value: float) -> str:
    return f"{value:.1f}\u00b0" if math.isfinite(value) else "\u2013"


def _state(answer: Any, label: str) -> dict[str, Any]:
    """What the sphere shows of an answer."""
    true = len(answer.truth)
    rings = f", rings: {true} true pose{'s' if true > 1 else ''}" if true else ""
    caption = f"{len(answer.rotations):,} draws of the pose of {label}{rings}"
    state = sphere_state(
        rotations=answer.rotations, density=answer.density, axis=answer.axis, caption=caption,
        title=_AXES[answer.axis],
    )  # fmt: skip
    if len(answer.truth):
        return state | sphere_state(truth=answer.truth, axis=answer.axis)
    return {**state, "rings": b""}
