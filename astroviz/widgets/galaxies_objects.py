r"""Single galaxies in a notebook: one under two priors, many against their spectra."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
from bokeh.layouts import column, row

from astroviz.galaxies.objects_state import BANDS, LOOKS, TABLES
from astroviz.galaxies.view_state import SOURCES
from astroviz.plots.photo_z import PhotoZ
from astroviz.plots.relation import RelationPlot
from astroviz.plots.two_priors import TwoPriors
from astroviz.widgets.galaxies import GalaxiesWidget
from astroviz.widgets.lensing_stills import Still
from astroviz.widgets.live import Asker

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["ObjectsWidget"]

_HEIGHT = 480
_ONE = frozenset({"source", "objects_table", "objects_bands", "objects_row", "objects_draws",
                  "seed"})  # fmt: skip
_MANY = frozenset({"source", "objects_table", "objects_bands", "objects_count", "seed"})
_LOOK = frozenset({"objects_look", "objects_plane"})


class ObjectsWidget(GalaxiesWidget):
    r"""One galaxy closely, many briefly.

    `draws` are those of the galaxy that is looked at; `redshifts` is the table of all.
    """

    name = "objects"
    title = "Single galaxies"
    follows = _ONE | _MANY | _LOOK

    def open_table(self, explorer: Any, table: Any) -> None:
        """Look at a table of the user's."""
        explorer.fit_open(table)
        explorer.fit_keep(explorer.fit_reading()(lambda share: None, lambda: None))
        explorer.objects_table = "mine"

    @property
    def redshifts(self) -> Any:
        """Redshifts and masses of all galaxies that were asked about, as an astropy table."""
        self.wait()
        return None if self.many is None else self.many.table()

    def build(self) -> list[Any]:
        """Choices, one galaxy, many galaxies."""
        self.many: Any = None
        self._crowd = Asker(
            self.engine, (self.client, "many"), self._show_many, self._failed, self._show_many
        )
        self.redshift = TwoPriors("objects-redshift", "redshift")
        self.mass = TwoPriors("objects-mass", "stellar mass, log M* (M\u2609)", legend="top_left")
        self.scatter = PhotoZ("objects-scatter")
        self.scatter.on_pick(lambda place: setattr(self.explorer, "objects_row", place))
        self.medians = RelationPlot(
            "objects-medians", False, ("median of the draws", "68 % of the draws",
                                       "median of the medians", "medians"),
        )  # fmt: skip
        number = ui.BoundedIntText(description="galaxy", min=0, max=10**7,
                                   layout=ui.Layout(width="190px"))  # fmt: skip
        choices = self.row(
            self.dropdown("source", "prior", [(v, k) for k, v in SOURCES.items()]),
            self.dropdown("objects_table", "galaxies", [(v, k) for k, v in TABLES.items()]),
            self.dropdown("objects_bands", "bands", [(v, k) for k, v in BANDS.items()]),
            self.control("objects_row", number),
            self.dropdown("objects_look", "also", [(v, k) for k, v in LOOKS.items()]),
            self.stop_button(), *self.usual(),
        )  # fmt: skip
        one = column(self.redshift.layout, self.mass.layout, sizing_mode="stretch_both")
        canvas = self._make_canvas(row(
            one, self.scatter.layout, self.medians.layout, height=_HEIGHT,
            sizing_mode="stretch_width",
        ))  # fmt: skip
        self.facts, self.scores, self.looked = ui.HTML(), ui.HTML(), ui.HTML()
        return [choices, canvas, self.facts, self.scores, self.looked]

    def refresh(self, names: set[str]) -> None:
        """Ask for what has changed."""
        try:
            if names & _ONE:
                self._asker.ask(self.explorer.objects_request())
            if names & _MANY:
                self._crowd.ask(self.explorer.objects_many())
        except (ValueError, OSError) as error:
            self._say(str(error))
            return
        if names & _LOOK and self.many is not None:
            self._show_look()

    def show(self, draws: Draws) -> None:
        """Draw the galaxy that is looked at."""
        scene = self.explorer.objects_scene(draws)
        with self._canvas.together():
            self.redshift.show(
                scene.draws["redshift"], scene.flat["redshift"], scene.redshift, (0.0, 0.8)
            )
            self.mass.show(scene.draws["log_mass"], scene.flat["log_mass"])
            self._point()
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(ours)}</td><td>{escape(flat)}</td></tr>"
            for name, ours, flat in scene.facts
        )
        self.facts.value = (
            f"<table><tr><th></th><th>population</th><th>flat priors</th></tr>{rows}</table>"
            + "".join(f"<i>{escape(words)}</i> " for words in scene.notes)
        )

    def preview(self, draws: Draws) -> None:
        """Draw the first answer about a galaxy whose draws are being moved."""
        self.show(draws)

    def wait(self) -> None:
        """Wait until all that is being asked is answered."""
        super().wait()
        if self._ready:
            self._crowd.settle()

    def stop(self) -> None:
        """Give up what is being asked."""
        self._crowd.cancel()
        super().stop()

    def _show_many(self, draws: Draws) -> None:
        self.many = scene = self.explorer.objects_many_scene(draws)
        with self._canvas.together():
            self.scatter.update(
                scene.column("z_spec"), scene.column("z"), scene.column("z_flat"), scene.rows,
                scene.limit, scene.words,
            )  # fmt: skip
            self._point()
            self._show_look()
        self.scores.value = scene.scores_table

    def _show_look(self) -> None:
        look, relation = self.explorer.objects_look, self.many.medians(self.explorer.objects_plane)
        self.medians.update(relation)
        self.looked.value = {
            "bins": lambda: escape(self.many.bins().words),
            "medians": lambda: escape(relation.words),
            "outliers": self.many.outliers_html,
        }[look]()

    def _point(self) -> None:
        if self.many is not None:
            place = self.explorer.objects_place()
            self.scatter.point_at(place, *self.many.interval(place))

    def stills(self) -> list[Still]:
        """The draws of all galaxies as a density."""
        if self.many is None:
            return []
        relation = self.many.medians(self.explorer.objects_plane)
        return [(relation.labels[1], relation.counts, None, "cividis")]
