"""The view *Fit*: the film of a fit with what it is worth, and a fit of one's own catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, note
from astroviz.dashboards.galaxies_fit_form import CatalogueForm
from astroviz.dashboards.galaxies_fit_panels import FitPanels
from astroviz.dashboards.live import instant, on_tick
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.galaxies.fit_state import MODES
from astroviz.galaxies.view_state import SOURCES

__all__ = ["FitView"]

_FIELD = {"size": "small", "margin": (12, 12, 2, 12), "sizing_mode": "stretch_width"}
_WORDS = (
    "Draws of a flow become galaxies, their spectra become photometry, and the cloud of "
    "photometry is moved onto the survey's by its <b>transport distance</b>: sliced, of order one "
    "in the first half, of order two after; it needs no blur. Noise is small at first and grows "
    "to its true size. <b>KS</b> is the largest difference of two cumulative "
    "distributions; the <b>floor</b> is the distance of two samples of one law."
)


class FitView(RoomView):
    """Words or a form on the left, four figures on the right, a slider through the film below."""

    name = "fit"
    follows = frozenset({"source", "fit_mode", "fit_frame", "fit_look", "fit_x", "fit_y"})

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.scene: Any = None
        self.form = CatalogueForm(self)
        self.panels = FitPanels(self, self.scrub)
        self.plots = (self.panels,)
        self._make_controls()
        self.layout = self._make_layout()
        self.start()

    # --- building ---------------------------------------------------------------------------

    def _make_controls(self) -> None:
        explorer = self.explorer
        self.mode = pmui.RadioButtonGroup(
            options={words: name for name, words in MODES.items()}, value=explorer.fit_mode,
            size="small", margin=(6, 12, 4, 12), sizing_mode="stretch_width",
            description=explorer.param.fit_mode.doc,
        )  # fmt: skip
        self.mode.link(explorer, value="fit_mode", bidirectional=True)
        self.source = pmui.Select(
            label="Population of", options={words: name for name, words in SOURCES.items()},
            value=explorer.source, description=explorer.param.source.doc, **_FIELD,
        )  # fmt: skip
        self.source.link(explorer, value="source", bidirectional=True)
        self.numbers = note("", margin=(8, 12, 8, 12))
        self.told = pn.Column(
            note(f"<p class='faint'>{_WORDS}</p>", margin=(8, 12, 0, 12)), self.source,
            self.numbers, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.slider = instant(pmui.IntSlider)(
            label="frame", start=0, end=1, value=0, size="small", sizing_mode="stretch_width",
            margin=(4, 20), description=explorer.param.fit_frame.doc,
        )  # fmt: skip
        self._writing = False
        self.slider.param.watch(self._on_slider, "value")

    def _make_layout(self) -> pn.Column:
        self.side = pn.Column(
            self.told, sizing_mode="stretch_both", margin=0, scroll="y-auto",
        )  # fmt: skip
        left = card("The fit", self.mode, self.side, width=306, sizing_mode="stretch_height")
        row = pn.Row(left, self.panels.layout, sizing_mode="stretch_both", margin=0, styles=GAP)
        self.track = pn.Column(
            self.slider, height=58, sizing_mode="stretch_width", margin=(6, 0, 0, 0)
        )
        return self.stack(row, self.track)

    # --- following the state ------------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Show the mode, and its film."""
        if "fit_mode" in names:
            wanted = self.form.layout if self.explorer.fit_mode == "mine" else self.told
            if list(self.side) != [wanted]:
                self.side[:] = [wanted]
        self.draw()

    def draw(self) -> None:
        """Draw the frame that is shown."""
        explorer = self.explorer
        try:
            scene = explorer.fit_scene()
        except ValueError as error:
            # Nothing to show is a picture too: what is empty says why.
            from astroviz.galaxies.fit_scene import fit_scene

            scene = fit_scene(None, None)
            sentence = str(error).partition(";")[0]
            self.numbers.object = f"<p class='faint'>{sentence[:1].upper()}{sentence[1:]}.</p>"
        else:
            self.numbers.object = scene.table
        self.scene = scene
        self.panels.show(scene)
        self.form.refresh()
        last = len(scene.steps) - 1
        self.track.visible = last > 0
        if last > 0 and (self.slider.end, self.slider.value) != (last, scene.frame):
            self._writing = True
            self.slider.param.update(end=last, value=scene.frame)
            self._writing = False

    def _on_slider(self, event: Any) -> None:
        if not self._writing:
            self.scrub(int(event.new))

    def scrub(self, frame: int) -> None:
        """Go to a frame of the film."""
        if self.scene is None or frame == self.scene.frame or not len(self.scene.steps):
            return
        last = len(self.scene.steps) - 1
        self.explorer.fit_frame = None if frame >= last else max(0, frame)

    # --- a fit under way ------------------------------------------------------------------------

    def watcher(self) -> Callable[[Any], None]:
        """What the thread of a fit tells its frames to."""
        document = self.shell.document
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._on_frame

        def told(frame: Any) -> None:
            loop.call_soon_threadsafe(on_tick, document, lambda: self._on_frame(frame))

        return told

    def _on_frame(self, frame: Any) -> None:
        if self._closed or not self.form.fitting:
            return
        self.explorer.fit_watch(frame)
        if self.seen and self.explorer.fit_mode == "mine":
            self.draw()
            self.say()

    # --- what every view offers -----------------------------------------------------------------

    def step(self, by: int) -> None:
        """The next or the previous frame."""
        if self.scene is not None and self.scene.frame >= 0:
            self.scrub(self.scene.frame + by)

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.form.job.cancel()

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """The film, and draws of the population."""
        explorer = self.explorer
        found: dict[str, Callable[[], Any]] = {}
        if self.scene is not None and len(self.scene.steps):
            found["Every frame of the film"] = explorer.fit_film_table
        if self.scene is not None and self.scene.gains:
            gains = self.scene.gains
            found["Information gained on each parameter"] = lambda: explorer.fit_gain_table(gains)
        population = explorer.mine if explorer.fit_mode == "mine" else None
        if population is None and explorer.fit_mode == "film":
            try:
                population = explorer.population()
            except ValueError:
                return found
        if population is not None:
            found["10,000 draws of the population"] = lambda: population.sample(
                10_000, seed=int(explorer.seed)
            ).to_table()
        return found
