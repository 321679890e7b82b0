"""The card that says which box is shown, who painted it, and how to take it home."""

from __future__ import annotations

import io
from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, note, text
from astroviz.dashboards.job import Job
from astroviz.dashboards.orientations_catalogue_table import TableForm
from astroviz.io import table_bytes
from astroviz.orientations.hdf5_tables import hdf5_bytes

__all__ = ["CatalogueForm"]

_SOURCES = {"Shipped": "demo", "Make one": "made", "My table": "table"}
_PAINTERS = {"In\u00a0box": "given", "Law": "law", "Model": "model", "Random": "random"}
_KINDS = {"FITS": "fits", "Parquet": "parquet", "HDF5": "hdf5"}
_SMALL = {"size": "small", "margin": (2, 0)}
_FIELD = {"size": "small", "margin": (10, 4, 2, 0), "sizing_mode": "stretch_width"}
_GRIDS = (32, 48, 64, 96)


class CatalogueForm:
    r"""Box, painter, downloads.

    Arguments:
        view: The view: `explorer`, `shell`, `engine`.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer, self.shell = view, view.explorer, view.shell
        self.job = Job(self.shell, self.refresh)
        self.table = TableForm(self)
        self._make_box_fields()
        self._make_painting()
        self.fields = pn.Column(sizing_mode="stretch_width", margin=0)
        downloads = [self._download(*kind) for kind in _KINDS.items()]
        body = pn.Column(
            self.source, self.fields,
            text("Orientations and shapes", bold=True, margin=(10, 0, 2, 0)),
            self.painter, self.paint_button, self.own_disky, self.disky,
            text("Take it home", bold=True, margin=(10, 0, 2, 0)),
            pn.Row(*downloads, margin=0),
            self.words,
            sizing_mode="stretch_both", margin=(0, 12, 8, 12), scroll="y-auto",
        )  # fmt: skip
        self.layout = card("Catalogue", body, width=306, sizing_mode="stretch_height")
        self.refresh()

    # Building

    def _make_box_fields(self) -> None:
        explorer = self.explorer
        self.source = pmui.RadioButtonGroup(
            options=_SOURCES, value=explorer.box_source, sizing_mode="stretch_width",
            description=explorer.param.box_source.doc, **_SMALL,
        )  # fmt: skip
        self.source.param.watch(self._on_source, "value")
        stretch = {"sizing_mode": "stretch_width", **_SMALL}
        self.size = pmui.FloatSlider(
            label="side (Mpc/h)", start=40, end=120, step=5, value=explorer.box_size, **stretch
        )
        self.grid = pmui.Select(
            label="particles a side", options=list(_GRIDS), value=explorer.box_grid, **_FIELD
        )
        self.sigma8 = pmui.FloatSlider(
            label="\u03c3\u2088", start=0.6, end=1.0, step=0.01, value=explorer.box_sigma8,
            **stretch,
        )  # fmt: skip
        self.seed = pmui.TextInput(label="seed of the box", value=str(explorer.box_seed), **_FIELD)
        self.make_button = pmui.Button(
            label="Make it", icon="play_arrow", variant="contained", **_SMALL
        )
        self.make_button.on_click(lambda _: self.make())
        self._box_fields = [
            pn.Row(self.seed, self.grid, margin=0, sizing_mode="stretch_width"),
            self.size, self.sigma8, self.make_button,
        ]  # fmt: skip

    def _make_painting(self) -> None:
        explorer = self.explorer
        self.painter = pmui.RadioButtonGroup(
            options=_PAINTERS, value=explorer.painter, description=explorer.param.painter.doc,
            orientation="horizontal", sizing_mode="stretch_width", **_SMALL,
        )  # fmt: skip
        self.painter.link(explorer, value="painter", bidirectional=True)
        self.paint_button = pmui.Button(
            label="Paint with the model", icon="brush", variant="contained", **_SMALL,
        )  # fmt: skip
        self.paint_button.on_click(lambda _: self.paint())
        self.own_disky = pmui.Switch(
            label="each its own diskyness", value=explorer.disky is None,
            description="Off: the slider gives all galaxies one", **_SMALL,
        )  # fmt: skip
        self.disky = pmui.FloatSlider(
            label="diskyness: 0 elliptical, 1 disc", start=0, end=1, step=0.05,
            value=explorer.disky if explorer.disky is not None else 0.5,
            sizing_mode="stretch_width", **_SMALL,
        )  # fmt: skip
        self.own_disky.param.watch(self._on_disky, "value")
        self.disky.param.watch(self._on_disky, "value_throttled")
        self.words = note("", margin=(8, 0, 0, 0))

    def _download(self, label: str, kind: str) -> Any:
        button = pmui.FileDownload(
            callback=self._bytes(kind), filename=f"astroviz_catalogue.{kind}", label=label,
            size="small", auto=True, embed=False, margin=(0, 6, 0, 0),
        )  # fmt: skip
        # Its constructor runs twice over the looks of a button, and warns of its own alias.
        button.variant = "outlined"
        return button

    def _bytes(self, kind: str) -> Callable[[], io.BytesIO]:
        def make() -> io.BytesIO:
            table = self.explorer.finished().galaxies_table()
            return io.BytesIO(hdf5_bytes(table) if kind == "hdf5" else table_bytes(table, kind))

        return make

    # What the state says

    def refresh(self) -> None:
        """Show the state of the box and of the painting."""
        explorer = self.explorer
        wanted = self.source.value
        fields = {"demo": [], "made": self._box_fields, "table": [self.table.layout]}[wanted]
        if list(self.fields) != fields:
            self.fields[:] = fields
        there = explorer.model is not None
        self.paint_button.disabled = self.job.running or not there
        self.make_button.disabled = self.job.running
        self.disky.disabled = self.own_disky.value
        notes = explorer.box.notes if explorer.box_source == "table" else ()
        told = "".join(f"<p class='faint'>{escape(note)}</p>" for note in notes)
        self.words.object = f"<p class='faint'>{self._said(there)}</p>{told}"

    def _said(self, there: bool) -> str:
        if not there:
            return "The model is not here, so it cannot paint. Law and random orientations can."
        if self.explorer.painted:
            return (
                "Painted by the model with this seed. Stellar masses, sizes and colours are "
                "stand-ins."
            )
        return (
            "Painting gives each galaxy an orientation, axis ratios, a size and a colour "
            "(stand-ins for what light would show)."
        )

    def follow(self) -> None:
        """The state was changed elsewhere: by a preset, by undo, by a link."""
        explorer = self.explorer
        if explorer.box_source != self.source.value and not self.table.waiting:
            self.source.value = explorer.box_source
        own = explorer.disky is None
        if self.own_disky.value != own:
            self.own_disky.value = own
        if not own and abs(self.disky.value - explorer.disky) > 1e-6:
            self.disky.value = explorer.disky
        self.refresh()
        if explorer.box_missing and not self.job.running:
            self._make()

    # What hands do

    def _on_source(self, event: Any) -> None:
        if event.new == "demo":
            self.explorer.box_source = "demo"
        elif event.new == "table" and self.table.box is not None:
            self.explorer.show_table(self.table.box, self.table.name)
        self.refresh()

    def _on_disky(self, _event: Any) -> None:
        self.explorer.set_disky(None if self.own_disky.value else float(self.disky.value))
        self.disky.disabled = self.own_disky.value

    def make(self) -> None:
        """Make the box of the fields."""
        if not self.seed.value.strip().isdigit():
            self.shell.say(
                f"A seed is a whole number of 0 or more, not {self.seed.value!r}.", "warning"
            )
            return
        self.explorer.param.update(
            box_size=float(self.size.value), box_grid=int(self.grid.value),
            box_sigma8=float(self.sigma8.value), box_seed=int(self.seed.value) % 2**31,
            box_source="made",
        )  # fmt: skip
        if not self.explorer.box_missing:
            self.refresh()

    def _make(self) -> None:
        explorer = self.explorer
        work = explorer.making()
        self.job.start("Making a universe in a box", work, lambda _: explorer.show_made())

    def paint(self) -> None:
        """Let the model paint the catalogue."""
        explorer = self.explorer
        if explorer.painted:
            explorer.show_painted()
            return
        key = explorer.paint_key
        work = explorer.paint_work(self.view.engine, self.shell.client)
        self.job.start(
            "The model paints", work, lambda painted: explorer.keep_painting(key, painted)
        )
