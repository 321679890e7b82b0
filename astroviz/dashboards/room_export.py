"""The drawer that hands over what a view shows: tables and figures."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import note, text
from astroviz.dashboards.room_view import RoomView
from astroviz.dashboards.shell import Drawer, Shell
from astroviz.io import table_bytes

__all__ = ["RoomExport"]

_KINDS = {"Parquet": "parquet", "FITS": "fits", "VOTable": "votable", "CSV": "csv"}
_SUFFIXES = {"votable": "vot"}


class RoomExport:
    r"""Downloads of what the page shows.

    Arguments:
        view: Gives the view that is shown; None while there is none.
        shell: Gives the frame of the page.
        room: The room's name, for the names of files.
    """

    def __init__(
        self, view: Callable[[], RoomView | None], shell: Callable[[], Shell], room: str
    ) -> None:
        self._view, self._shell, self._room = view, shell, room
        self._shown: tuple[Any, ...] = ()
        self._tables = pn.Column(sizing_mode="stretch_width", margin=0)

    @property
    def drawer(self) -> Drawer:
        """For the frame."""
        return Drawer("export", "Export", "download", self._build, self._refresh)

    def _build(self) -> pn.Column:
        figures = [self._figure_button("PNG", "png"), self._figure_button("SVG", "svg")]
        return pn.Column(
            self._tables,
            text("Figures", bold=True, margin=(16, 0, 4, 0)),
            note("<p class='faint'>Each chart that is on screen, one file each.</p>"),
            pn.Row(*figures, margin=0),
            sizing_mode="stretch_width",
            margin=0,
        )

    def _refresh(self) -> None:
        view = self._view()
        tables = view.tables() if view is not None else {}
        shown = (view, *tables)
        if shown == self._shown and len(self._tables):
            return
        self._shown = shown
        found: list[Any] = []
        for words, make in tables.items():
            stem = f"astroviz_{view.name}_{words.split()[0].lower()}" if view else ""
            buttons = [self._download(*kind, stem, make) for kind in _KINDS.items()]
            found += [text(words, bold=True, margin=(12, 0, 4, 0)), pn.Row(*buttons, margin=0)]
        self._tables[:] = found or [note("<p class='faint'>There is no table here.</p>")]

    def _download(self, label: str, kind: str, stem: str, make: Callable[[], Any]) -> Any:
        button = pmui.FileDownload(
            callback=lambda: io.BytesIO(table_bytes(make(), kind)),
            filename=f"{stem}.{_SUFFIXES.get(kind, kind)}", label=label, size="small", auto=True,
            embed=False, margin=(0, 8, 0, 0),
        )  # fmt: skip
        # Its constructor runs twice over the looks of a button, and warns of its own alias.
        button.variant = "outlined"
        return button

    def _figure_button(self, label: str, kind: str) -> pmui.Button:
        button = pmui.Button(label=label, variant="outlined", size="small", margin=(0, 8, 0, 0))
        button.on_click(lambda _: self._shell().desk.save_figures(kind, f"astroviz_{self._room}"))
        return button
