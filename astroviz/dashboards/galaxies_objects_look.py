"""The last panel of the view of single galaxies: n(z) of bins, medians or draws, outliers."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import figure_pane, framed, note
from astroviz.plots.curves import Curve, Curves
from astroviz.plots.relation import RelationPlot

__all__ = ["LookPanel"]

_ROLES = ("posterior", "limit", "pinned")
_PLANES = {"SFR\u00a0over\u00a0mass": "main_sequence", "mass\u00a0over\u00a0z": "mass_redshift"}


class LookPanel:
    r"""One of three things to see of all galaxies.

    Arguments:
        view: The view: `explorer`, `shell`.
    """

    def __init__(self, view: Any) -> None:
        self.explorer = view.explorer
        dark = view.shell.dark
        curves = [
            Curve(f"{kind} {k + 1}", role, dash=dash, width=width)
            for k, role in enumerate(_ROLES)
            for kind, dash, width in (("bin", "solid", 2.0), ("spectra", "dashed", 2.0))
        ]
        self.bins = Curves("objects-bins", "redshift", "galaxies per unit redshift", curves, dark)
        self.medians = RelationPlot(
            "objects-medians", dark, ("median of the draws", "68 % of the draws",
                                      "median of the medians", "medians"),
        )  # fmt: skip
        self.plots = (self.bins, self.medians)
        self.words = note("", margin=(2, 14, 6, 14))
        self.list = note("", margin=(2, 14, 6, 14))
        self.plane = pmui.RadioButtonGroup(
            options=_PLANES, value=self.explorer.objects_plane, size="small",
            margin=(0, 4, 6, 14), align="center",
            description=self.explorer.param.objects_plane.doc,
        )  # fmt: skip
        self.plane.link(self.explorer, value="objects_plane", bidirectional=True)
        self._stage = pn.Column(sizing_mode="stretch_both", margin=0)
        self.layout = self._stage
        self._shown = ""

    def show(self, scene: Any) -> None:
        """Draw what is chosen."""
        look = self.explorer.objects_look
        {"bins": self._bins, "medians": self._medians, "outliers": self._outliers}[look](scene)
        if look != self._shown:
            self._shown = look
            self._stage[:] = {
                "bins": [framed(figure_pane(self.bins.layout)), self.words],
                "medians": [framed(figure_pane(self.medians.layout)),
                            pn.Row(self.plane, self.words, margin=0,
                                   sizing_mode="stretch_width")],
                "outliers": [pn.Column(self.list, sizing_mode="stretch_both", margin=0,
                                       scroll="y-auto")],
            }[look]  # fmt: skip

    def _bins(self, scene: Any) -> None:
        bins = scene.bins()
        values = {}
        for k, (ours, theirs) in enumerate(zip(bins.found, bins.spectra, strict=True)):
            values[f"bin {k + 1}"] = (bins.grid, ours)
            if len(theirs):
                values[f"spectra {k + 1}"] = (bins.grid, theirs)
        top = 1.2 * max((float(one.max()) for one, *_ in [(v[1],) for v in values.values()]),
                        default=1.0)  # fmt: skip
        ends = float(bins.grid[0]), float(bins.grid[-1])
        self.bins.update(values, bins.words, ends, (0.0, top))
        self.words.object = f"<span class='faint'>{bins.words}</span>"

    def _medians(self, scene: Any) -> None:
        relation = scene.medians(self.explorer.objects_plane)
        self.medians.update(relation)
        self.words.object = f"<span class='faint'>{relation.words}</span>"

    def _outliers(self, scene: Any) -> None:
        self.list.object = scene.outliers_html()
