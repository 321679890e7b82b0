"""The drawer that hands things over: a frame of the film, the curves, the selection, figures."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from astropy.table import QTable

from astroviz.dashboards.appearance import note, text
from astroviz.dashboards.shell import Drawer, Shell
from astroviz.io import table_bytes
from astroviz.stars.adaptation_explorer import AdaptationExplorer
from astroviz.stars.adaptation_scores import SHOWN

__all__ = ["FilmExport", "curves_table", "frame_table"]

_KINDS = {"Parquet": "parquet", "FITS": "fits", "CSV": "csv"}


def frame_table(explorer: AdaptationExplorer, rows: Any = None) -> QTable:
    """The frame that is shown: a row for each star, or for those of the given numbers."""
    film, cast, frame = explorer.film(), explorer.cast, explorer.shown
    rows = np.arange(len(cast.domain)) if rows is None else np.asarray(rows, dtype=np.intp)
    names = np.where(cast.domain == 0, "simulated", "real")
    columns: dict[str, Any] = {"star": rows, "domain": names[rows]}
    for k in range(film.place.shape[-1]):
        columns[f"latent_{k + 1}"] = film.place[frame][rows, k]
    for k, parameter in enumerate(SHOWN):
        name = parameter.name
        columns[f"{name}_true"] = cast.truth[rows, k]
        columns[f"{name}_mean"] = film.mean[frame][rows, k]
        columns[f"{name}_q05"] = film.low[frame][rows, k]
        columns[f"{name}_q95"] = film.high[frame][rows, k]
    table = QTable(columns)
    table.meta.update(target=explorer.target, step=explorer.step)
    return table


def curves_table(explorer: AdaptationExplorer) -> QTable:
    """Every figure at every frame."""
    steps, curves = explorer.curves()
    return QTable({"step": steps, **curves})


class FilmExport:
    r"""Downloads of what the page shows.

    Arguments:
        explorer: The state of the page.
        shell: Gives the frame of the page.
    """

    def __init__(self, explorer: AdaptationExplorer, shell: Callable[[], Shell]) -> None:
        self.explorer, self._shell = explorer, shell

    @property
    def drawer(self) -> Drawer:
        """For the frame."""
        return Drawer("export", "Export", "download", self._build)

    def _build(self) -> pn.Column:
        explorer = self.explorer
        whole = self._row("frame", lambda: frame_table(explorer))
        chosen = self._row("selection", lambda: frame_table(explorer, explorer.selection))
        curves = self._row("curves", lambda: curves_table(explorer))
        figures = [self._figure_button("PNG", "png"), self._figure_button("SVG", "svg")]
        return pn.Column(
            text("The frame that is shown", bold=True, margin=(4, 0)),
            note(
                "<p class='faint'>A row for each star: place in the latent space, truth, "
                "posterior mean and 90 % interval.</p>"
            ),
            whole,
            text("Selected stars of this frame", bold=True, margin=(16, 0, 4, 0)),
            chosen,
            text("Curves of the training", bold=True, margin=(16, 0, 4, 0)),
            curves,
            text("Figures", bold=True, margin=(16, 0, 4, 0)),
            note("<p class='faint'>Each panel that is on screen, one file each.</p>"),
            pn.Row(*figures, margin=0),
            sizing_mode="stretch_width",
            margin=0,
        )

    def _row(self, stem: str, make: Callable[[], QTable]) -> pn.Row:
        return pn.Row(*(self._download(*one, stem, make) for one in _KINDS.items()), margin=0)

    def _download(self, label: str, kind: str, stem: str, make: Callable[[], QTable]) -> Any:
        button = pmui.FileDownload(
            callback=lambda: io.BytesIO(table_bytes(make(), kind)),
            filename=f"adaptation_{stem}.{kind}", label=label, size="small", auto=True,
            embed=False, margin=(0, 8, 0, 0),
        )  # fmt: skip
        # Its constructor runs twice over the looks of a button, and warns of its own alias.
        button.variant = "outlined"
        return button

    def _figure_button(self, label: str, kind: str) -> pmui.Button:
        button = pmui.Button(label=label, variant="outlined", size="small", margin=(0, 8, 0, 0))
        button.on_click(lambda _: self._shell().desk.save_figures(kind, "astroviz_adaptation"))
        return button
