"""The drawer that hands things over: draws, selections, figures."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import note, text
from astroviz.dashboards.shell import Drawer, Shell
from astroviz.io import table_bytes
from astroviz.stars.explorer import StarsExplorer

__all__ = ["ExportDrawer"]

_KINDS = {"Parquet": "parquet", "FITS": "fits", "CSV": "csv"}


class ExportDrawer:
    r"""Downloads of what the page shows.

    Arguments:
        explorer: The state of the page.
        draws: Gives the draws that are shown, or None before the first answer.
        shell: Gives the frame.
    """

    def __init__(
        self, explorer: StarsExplorer, draws: Callable[[], Any], shell: Callable[[], Shell]
    ) -> None:
        self.explorer, self._draws, self._shell = explorer, draws, shell

    @property
    def drawer(self) -> Drawer:
        """For the frame."""
        return Drawer("export", "Export", "download", self._build)

    def _build(self) -> pn.Column:
        draws = [
            self._download(label, f"draws.{kind}", self._bytes(kind))
            for label, kind in _KINDS.items()
        ]
        rows = self._download("Rows as CSV", "selection.csv", self._selection)
        figures = [self._figure_button("PNG", "png"), self._figure_button("SVG", "svg")]
        return pn.Column(
            text("Draws of this star", bold=True, margin=(4, 0)),
            note("<p class='faint'>All 13 columns with units and the seed, as shown.</p>"),
            pn.Row(*draws, margin=0),
            text("Selected stars", bold=True, margin=(16, 0, 4, 0)),
            pn.Row(rows, margin=0),
            text("Figures", bold=True, margin=(16, 0, 4, 0)),
            note("<p class='faint'>Each panel that is on screen, one file each.</p>"),
            pn.Row(*figures, margin=0),
            sizing_mode="stretch_width",
            margin=0,
        )

    def _download(self, label: str, filename: str, make: Callable[[], io.BytesIO]) -> Any:
        button = pmui.FileDownload(
            callback=make,
            filename=filename,
            label=label,
            size="small",
            auto=True,
            embed=False,
            margin=(0, 8, 0, 0),
        )
        # Its constructor runs twice over the looks of a button, and warns of its own alias.
        button.variant = "outlined"
        return button

    def _bytes(self, kind: str) -> Callable[[], io.BytesIO]:
        def make() -> io.BytesIO:
            draws = self._draws()
            if draws is None:
                raise ValueError("there are no draws yet; wait for the first answer.")
            return io.BytesIO(table_bytes(self.explorer.table(draws), kind))

        return make

    def _selection(self) -> io.BytesIO:
        return io.BytesIO(self.explorer.selection_csv().encode())

    def _figure_button(self, label: str, kind: str) -> pmui.Button:
        button = pmui.Button(label=label, variant="outlined", size="small", margin=(0, 8, 0, 0))
        button.on_click(
            lambda _: self._shell().desk.save_figures(kind, f"astroviz_{self.explorer.view}")
        )
        return button
