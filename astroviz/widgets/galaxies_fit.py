r"""Fits of populations in a notebook: the film of a shipped one, and a fit of one's own table."""

from __future__ import annotations

from typing import Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import column, row

from astroviz.galaxies.filters import FILTER_SETS
from astroviz.galaxies.fit_mine import BUDGETS, PHOTOMETRY, PRIORS
from astroviz.galaxies.fit_scene import axis_label, fit_scene
from astroviz.galaxies.fit_state import MODES
from astroviz.galaxies.view_state import SOURCES
from astroviz.plots.fit_figures import draw_fit, ensemble_figure, gain_figure, ks_figure
from astroviz.plots.fit_film import FitFilm, MeetingClouds
from astroviz.widgets.galaxies import GalaxiesWidget
from astroviz.widgets.galaxies_fit_stills import fit_png
from astroviz.widgets.live import running_loop

__all__ = ["FitWidget"]

_HEIGHT = 290


class FitWidget(GalaxiesWidget):
    """The film of a fit, two clouds that meet, KS of each feature, information gained.

    `scene` holds what is drawn; `population` the fit of your own table, once there is one. A table
    given to `explore` is fitted by `fit()` or by the button.
    """

    name = "fit"
    title = "How a population is fitted"
    follows = frozenset({"source", "fit_mode", "fit_frame", "fit_x", "fit_y"})
    scene = traitlets.Any(None, allow_none=True, help="What is shown.")
    population = traitlets.Any(None, allow_none=True, help="The fit of your own table.")

    def open_table(self, explorer: Any, table: Any) -> None:
        """Look at a table of the user's."""
        explorer.fit_open(table)
        explorer.fit_mode = "mine"

    def build(self) -> list[Any]:
        """Choices, what is said of a table, figures, numbers."""
        self._fitting = False
        self.numbers, self.words = ui.HTML(), ui.HTML()
        self.frame = ui.IntSlider(description="frame", min=0, max=0)
        self.frame.observe(self._move, "value")
        choices = self.row(
            self.dropdown("fit_mode", "show", [(v, k) for k, v in MODES.items()]),
            self.dropdown("source", "population", [(v, k) for k, v in SOURCES.items()], "290px"),
            self.frame, *self.usual(),
        )  # fmt: skip
        self.limit = ui.Text(description="limit (mag)", placeholder="no limit",
                             continuous_update=False, layout=ui.Layout(width="180px"),
                             tooltip=self.explorer.param.fit_limit.doc)  # fmt: skip
        self.limit.observe(self._on_limit, "value")
        self.explorer.param.watch(lambda *_: self._show_limit(), "fit_limit")
        self._show_limit()
        self.mine = self.row(
            self.dropdown("fit_filters", "filters", list(FILTER_SETS)),
            self.dropdown("fit_photometry", "numbers", [(v, k) for k, v in PHOTOMETRY.items()]),
            self.dropdown("fit_prior", "prior", [(v, k) for k, v in PRIORS.items()], "320px"),
            self.limit,
            self.dropdown("fit_budget", "time", [(v, k) for k, v in BUDGETS.items()], "200px"),
            self.switch("fit_corrected", "corrected for extinction"),
            self.switch("fit_trusted", "numbers are as declared"),
            self.switch("fit_redshifts", "fit known redshifts"),
            self.button("Take the example", self.take_example, "Galaxies of SDSS that ship"),
            self.button("Fit", self.fit, "Fit a population to the table"), self.stop_button(),
        )  # fmt: skip
        return [choices, self.mine, self.words, self._make_canvas(self._make_figures()),
                self.numbers]  # fmt: skip

    def _make_figures(self) -> Any:
        self.film, self.clouds = FitFilm("fit-film"), MeetingClouds("fit-clouds")
        self.ks, self.gains = ks_figure("fit-ks"), gain_figure("fit-gains")
        self.members = ensemble_figure("fit-members")
        looks = {"height": _HEIGHT, "sizing_mode": "stretch_width"}
        upper = row(self.film.layout, self.clouds.layout, **looks)
        lower = row(self.ks.layout, self.gains.layout, self.members.layout, **looks)
        return column(upper, lower, sizing_mode="stretch_width")

    # What can be done

    def take_example(self) -> None:
        """Take the galaxies of SDSS that ship, as if they were a table of one's own."""
        try:
            self.explorer.fit_example()
        except (ValueError, OSError) as error:
            self._say(str(error))
            return
        self.explorer.fit_mode = "mine"
        self.draw()

    def fit(self) -> None:
        """Fit a population to the table; its frames are drawn as they come."""
        self.explorer.fit_frame = None
        self._fitting = True
        self.work("Fitting", lambda: self.explorer.fit_work(self._watcher()), self._fitted)

    def stop(self) -> None:
        """Give up the fit that is under way."""
        super().stop()
        self._fitting = False
        self.explorer.fit_drop_frames()
        self.draw()

    # Drawing

    def refresh(self, names: set[str]) -> None:
        """Draw the frame that is shown."""
        self.draw()

    def draw(self) -> None:
        """Draw the frame that is shown, or say why there is none."""
        explorer = self.explorer
        self.mine.layout.display = "" if explorer.fit_mode == "mine" else "none"
        self.words.value = explorer.fit_words() if explorer.fit_mode == "mine" else ""
        try:
            scene = explorer.fit_scene()
        except ValueError as error:
            scene = fit_scene(None, None)
            self._say(str(error).partition(";")[0])
        x, y = explorer.fit_axes(scene.features)
        self._labels = (axis_label(x), axis_label(y))
        self._places = scene.places(x, y)
        with self._canvas.together():
            draw_fit(self.film, self.clouds, self.ks, scene, self._places, self._labels)
            names, gains = scene.named_gains()
            self.gains.update(names, {"gain": gains}, "Information gained, bits.")
            members, values = scene.named_members()
            self.members.update(members, values, "Distance over its floor of each member.")
        self.numbers.value = scene.table
        self.scene = scene  # before the slider, which is compared with it
        last = max(len(scene.steps) - 1, 0)
        self.frame.max = max(last, self.frame.max)
        self.frame.value = max(scene.frame, 0)
        self.frame.max = last

    def picture(self) -> bytes | None:
        """The film, the clouds and the KS figures."""
        self.wait()
        return None if self.scene is None else fit_png(self.scene, self._places, self._labels)

    def _watcher(self) -> Any:
        loop = running_loop()
        if loop is None:  # drawn at the end: figures are not for other threads
            return self.explorer.fit_watch

        def told(frame: Any) -> None:
            loop.call_soon_threadsafe(self._on_frame, frame)

        return told

    def _on_frame(self, frame: Any) -> None:
        if self._fitting:
            self.explorer.fit_watch(frame)
            self.draw()

    def _fitted(self, found: Any) -> None:
        catalogue, population = found
        self._fitting = False
        self.explorer.fit_forget()
        self.explorer.fit_drop_frames()
        self.explorer.fit_keep(catalogue)
        self.explorer.keep_fit(population)
        self.population = population
        self.draw()

    def _on_limit(self, change: Any) -> None:
        words = change["new"].strip()
        try:
            self.explorer.fit_limit = float(words) if words else None
        except ValueError:
            self._say(f"The limit must be a number of magnitudes or nothing, not {words!r}.")
            self._show_limit()

    def _show_limit(self) -> None:
        limit = self.explorer.fit_limit
        self.limit.value = "" if limit is None else f"{limit:g}"

    def _move(self, change: Any) -> None:
        if self.scene is None or change["new"] == max(self.scene.frame, 0):
            return
        last = len(self.scene.steps) - 1
        self.explorer.fit_frame = None if change["new"] >= last else int(change["new"])
