"""The bench's mode *Bias*: the same data under four kinds of source, and where the lens goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.job import Job
from astroviz.dashboards.live import on_tick
from astroviz.lensing.bench_bias import BiasPoint, bias_table, verdict
from astroviz.lensing.bench_bias import pictures as source_pictures
from astroviz.lensing.bias import SOURCE_KINDS
from astroviz.plots.curves import Curve, Curves
from astroviz.plots.image import ImageGrid

__all__ = ["BiasPanel"]

_ROLES = {"sersic": "truth", "spiral": "pinned", "pixelated": "posterior", "score": "literature"}
_SHORT = {"sersic": "S\u00e9rsic", "spiral": "spiral", "pixelated": "pixels", "score": "learned"}
_SMALLEST = 1.0  # per cent: the least half height of the chart


class BiasPanel:
    r"""Einstein radius against signal to noise for each kind of source, and their pictures.

    Arguments:
        view: The bench.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer, self.shell = view, view.explorer, view.shell
        self.points: list[BiasPoint] = []
        self._about: Any = None
        self.job = Job(self.shell, self._on_job)
        dark = self.shell.dark
        curves = [Curve("truth", "line", dash="dashed", width=1.5)]
        curves += [Curve(words, _ROLES[kind], "points") for kind, words in SOURCE_KINDS.items()]
        self.chart = Curves(
            "bench-bias", "signal to noise of the brightest pixel",
            "Einstein radius \u2212 truth (%)", curves, dark, "bottom_right", x_axis_type="log",
            x_range=(5.0, 200.0),
        )  # fmt: skip
        self.chart.ticks([5, 10, 20, 50, 100, 200])
        self.grid = ImageGrid("bench-bias-fits", dark, columns=5, scaling="asinh")
        self.plots = (self.chart, self.grid)
        self.here = self._button("Fit", "play_arrow", "Fit the data at this S/N", False)
        self.scan = self._button("Scan S/N", "timeline", "Scan: fit at four S/N", True)
        self.score = pmui.Checkbox(
            label="learned prior (slow)", value=False, size="small", align="center", margin=0,
            description="Also under the score prior: chains of lens and source, a minute or more",
        )  # fmt: skip
        self.show_what = pmui.Select(
            options={"sources": "source", "residuals": "residual"}, value="source", width=110,
            size="small", variant="standard", align="center", margin=(0, 4),
            description="What the small pictures show",
        )  # fmt: skip
        self.show_what.param.watch(lambda _: self._show_pictures(), "value")
        self.upper = card(
            "Bias", framed(figure_pane(self.chart.layout)),
            tools=(self.score, self.here, self.scan),
        )  # fmt: skip
        self.lower = card("Fits", framed(figure_pane(self.grid.layout)), tools=(self.show_what,))
        self._show()

    @property
    def content(self) -> tuple[Any, ...]:
        """The cards, from above."""
        return self.upper, self.lower

    def collect(self, bench: Any) -> Callable[[Any], Any] | None:
        """Fits run when they are asked for, not under a slider."""
        return None

    def show(self, bench: Any, picture: Any, more: Any) -> None:
        """Forget fits of another lens or source."""
        if self._about is not None and self._key(bench) != self._about:
            self.job.cancel()
            self._about, self.points = None, []
            self._show()

    def figures(self) -> dict[str, tuple[str, str]]:
        """Bias of each kind at the signal to noise that was fitted last."""
        if not self.points:
            return {"Fits": ("none yet", "run them by Fit or Scan S/N")}
        found = {}
        last = self.points[-1].snr
        for one in self.points:
            if one.snr == last:
                fit = one.fit
                found[f"{_SHORT[fit.kind]}, S/N {last:g}"] = (
                    f"{fit.bias:+.1f} \u03c3".replace("-", "\u2212"),
                    f"\u03c7\u00b2 {fit.reduced_chi_square:.2f}",
                )
        return found

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved."""
        return {"Fits": lambda: bias_table(self.points)} if self.points else {}

    def close(self) -> None:
        """The tab is gone."""
        self.job.cancel()

    def sentence(self) -> str:
        """What the fits say; empty before there are any."""
        return verdict(self.points)

    # Fitting

    def run(self, scan: bool) -> None:
        """Fit; every fit is drawn as soon as it is there."""
        try:
            question = self.explorer.bench_fits(scan, self.score.value)
        except ValueError as error:
            self.shell.say(str(error), "error")
            return
        about = self._key(question.bench)
        if about != self._about:
            self._about, self.points = about, []
        document = self.shell.document

        def found(point: BiasPoint) -> None:
            on_tick(document, lambda: self._take(about, point))

        self.job.start(
            "Fitting four kinds of source"
            if self.score.value
            else "Fitting three kinds of source",
            lambda progress, check: question.run(progress, check, found),
            lambda points: self._show(),
        )

    def _take(self, about: Any, point: BiasPoint) -> None:
        if about != self._about:
            return
        same = lambda one: (one.snr, one.fit.kind) == (point.snr, point.fit.kind)  # noqa: E731
        self.points = [one for one in self.points if not same(one)] + [point]
        self._show()

    def _key(self, bench: Any) -> tuple[Any, ...]:
        """What fits belong to: everything but the signal to noise."""
        explorer = self.explorer
        return (
            bench.lens, bench.mass, bench.source_centre, bench.source_size, bench.field,
            bench.pixel_scale, bench.blur, bench.seed, explorer.bench_source,
            explorer.source_number, explorer.sersic_index, explorer.sersic_ratio,
            explorer.sersic_angle, explorer.stamp, str(explorer.strokes),
        )  # fmt: skip

    def _on_job(self) -> None:
        for button in (self.here, self.scan):
            button.disabled = self.job.running

    def _button(self, label: str, icon: str, words: str, scan: bool) -> pmui.Button:
        button = pmui.Button(
            label=label, icon=icon, variant="text", size="small", align="center", margin=(0, 2),
            description=words,
        )  # fmt: skip
        button.on_click(lambda _: self.run(scan))
        return button

    # Showing

    def _show(self) -> None:
        values: dict[str, Any] = {"truth": ([1.0, 1000.0], [0.0, 0.0])}
        reach = _SMALLEST
        for kind, words in SOURCE_KINDS.items():
            mine = sorted((one for one in self.points if one.fit.kind == kind),
                          key=lambda one: one.snr)  # fmt: skip
            if not mine:
                continue
            off = np.array([100 * (one.fit.einstein_radius / one.fit.truth - 1) for one in mine])
            error = np.array([100 * one.fit.error / one.fit.truth for one in mine])
            # room for the legend below
            reach = max(reach, float(np.abs(off).max() + error.max()) * 1.5)
            values[words] = ([one.snr for one in mine], off, error)
        self.chart.update(values, self._words(), y_range=(-reach, reach))
        self._show_pictures()
        if self.view.explorer.bench_mode == "bias" and self.view.picture is not None:
            self.view._show_numbers(self.figures())
            self.view.say()

    def _words(self) -> str:
        if not self.points:
            return "No fits yet."
        return "; ".join(
            f"{one.words} at {one.snr:g}: {one.fit.bias:+.1f} sigma" for one in self.points
        )

    def _show_pictures(self) -> None:
        if not self.points:
            self.grid.update(np.zeros((0, 8, 8)))
            return
        last = self.points[-1].snr
        mine = [one for one in self.points if one.snr == last]
        labels = [f"{_SHORT[one.fit.kind]}, S/N {last:g}" for one in mine]
        if self.show_what.value == "source":
            pictures = source_pictures(mine, self.view.picture.stamp)
            labels = ["truth", *labels]
            self.grid.scale.restyle("asinh", "flux")
        else:
            pictures = np.stack([one.residual for one in mine])
            self.grid.scale.restyle("symmetric", "signed")
        self.grid.update(pictures, labels)
