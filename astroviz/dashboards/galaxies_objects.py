"""The view *Objects*: one galaxy under two priors, and many against their spectra."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.galaxies_objects_form import ObjectsForm
from astroviz.dashboards.galaxies_objects_look import LookPanel
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.dashboards.watched import Watched
from astroviz.galaxies.objects_state import LOOKS
from astroviz.plots.photo_z import PhotoZ
from astroviz.plots.two_priors import TwoPriors

__all__ = ["ObjectsView"]

_ONE = frozenset({"source", "objects_table", "objects_bands", "objects_row", "objects_draws",
                  "seed"})  # fmt: skip
_MANY = frozenset({"source", "objects_table", "objects_bands", "objects_count", "seed"})
_LOOK = frozenset({"objects_look", "objects_plane"})


class ObjectsView(RoomView):
    """The form, redshift and mass of one galaxy, the scatter of many, what it means for them."""

    name = "objects"
    follows = _ONE | _MANY | _LOOK

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.draws: Any = None
        self.many: Any = None
        dark = self.shell.dark
        self.form = ObjectsForm(self)
        self.redshift = TwoPriors("objects-redshift", "redshift", dark)
        self.mass = TwoPriors("objects-mass", "stellar mass, log M* (M\u2609)", dark, "top_left")
        self.scatter = PhotoZ("objects-scatter", dark)
        self.scatter.on_pick(lambda row: setattr(self.explorer, "objects_row", row))
        self.look = LookPanel(self)
        self.plots = (self.redshift, self.mass, self.scatter, *self.look.plots)
        self.answers = self.live("one", self._show)
        self.crowd = self.live("many", self._show_many)
        self.watched = Watched(self.crowd, self.shell, "Asking about galaxies one by one")
        self.layout = self._make_layout()
        self.start()

    # --- building ---------------------------------------------------------------------------

    def _make_layout(self) -> pn.Column:
        self.panel = pmui.RadioButtonGroup(
            options={words.replace(" ", "\u00a0"): key for key, words in LOOKS.items()},
            size="small", margin=(0, 4),
            value=self.explorer.objects_look, align="center",
            description=self.explorer.param.objects_look.doc,
        )  # fmt: skip
        self.panel.param.watch(lambda event: self._set("objects_look", event.new), "value")
        self.scores = note("", margin=(0, 14, 6, 14))
        one = pn.Column(
            card("Redshift of this galaxy", framed(figure_pane(self.redshift.layout))),
            card("Stellar mass of this galaxy", framed(figure_pane(self.mass.layout))),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        many = pn.Column(
            card("Many galaxies", framed(figure_pane(self.scatter.layout)), self.scores),
            card("All of them", self.look.layout, tools=(self.panel,)),
            sizing_mode="stretch_both", margin=0, styles=GAP,
        )  # fmt: skip
        for part, share in ((one, 5), (many, 6)):
            part.styles = {**part.styles, "flex": f"{share} 1 0px"}
        panels = pn.Row(
            self.form.layout, one, many, sizing_mode="stretch_both", margin=0, styles=GAP
        )
        return self.stack(panels)

    # --- questions and answers ----------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Ask for what has changed."""
        explorer = self.explorer
        self.form.follow()
        if self.panel.value != explorer.objects_look:
            self.panel.value = explorer.objects_look
        try:
            explorer.population()
            explorer.objects_catalogue()
        except (ValueError, OSError):  # which the line above the panels says
            self.answers.cancel()
            self.crowd.cancel()
            return
        if names & _ONE:
            self.answers.ask(explorer.objects_request)
        if names & _MANY:
            self.crowd.ask(explorer.objects_many)
            self.watched.start()
        elif names & _LOOK and self.many is not None:
            self.look.show(self.many)
        if names & {"objects_row"}:
            self._point()

    def _show(self, draws: Any, complete: bool) -> None:
        scene = self.explorer.objects_scene(draws)
        if scene.row != self.explorer.objects_place():
            return
        self.draws = draws if complete else self.draws
        self.redshift.show(
            scene.draws["redshift"], scene.flat["redshift"], scene.redshift, (0.0, 0.8)
        )
        self.mass.show(scene.draws["log_mass"], scene.flat["log_mass"])
        self.form.show(scene)

    def _show_many(self, draws: Any, complete: bool) -> None:
        self.many = scene = self.explorer.objects_many_scene(draws)
        self.scatter.update(
            scene.column("z_spec"), scene.column("z"), scene.column("z_flat"), scene.rows,
            scene.limit, scene.words,
        )  # fmt: skip
        self.scores.object = scene.scores_table
        self._point()
        self.look.show(scene)

    def _point(self) -> None:
        if self.many is not None:
            row = self.explorer.objects_place()
            self.scatter.point_at(row, *self.many.interval(row))

    # --- what every view offers -----------------------------------------------------------------

    def _set(self, name: str, value: Any) -> None:
        if getattr(self.explorer, name) != value:
            setattr(self.explorer, name, value)

    def step(self, by: int) -> None:
        """The next or the previous galaxy of the comparison."""
        explorer = self.explorer
        place = explorer.objects_place()
        if self.many is None:
            explorer.objects_row = (place + by) % explorer.objects_size()
            return
        explorer.objects_row = self.many.neighbour(place, by)

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """Draws of the galaxy, figures of all, outliers."""
        found: dict[str, Callable[[], Any]] = {}
        if self.draws is not None:
            found["Draws of this galaxy"] = lambda: self.explorer.objects_draws_table(self.draws)
        if self.many is not None:
            found["Redshifts and masses of all galaxies"] = lambda: self.many.table()
            found["Outliers"] = lambda: self.many.outliers()
        return found
