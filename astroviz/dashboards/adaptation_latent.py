"""The view of the latent space: both domains while they meet, and what becomes of the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.adaptation_linked import GAP, LinkedView, brush, faint
from astroviz.dashboards.adaptation_scrubber import Scrubber
from astroviz.dashboards.adaptation_words import COLOURS, LINKS, STAND_IN
from astroviz.dashboards.appearance import CARD_STYLE, card, figure_pane, framed, note
from astroviz.dashboards.live import on_tick
from astroviz.plots.latent import LatentMap
from astroviz.plots.recovery import Recovery
from astroviz.stars.adaptation_explorer import PROJECTIONS, AdaptationExplorer
from astroviz.stars.adaptation_scores import SHOWN

__all__ = ["PARAMETERS", "LatentPanel", "LatentView", "choice"]

# Lines of the plan follow the points under a hand; they are worked out anew when it rests.
REST_S = 0.3
PARAMETERS = {parameter.label: parameter.name for parameter in SHOWN}


def choice(
    explorer: AdaptationExplorer, name: str, options: Any, help_: str, width: int
) -> pmui.Select:
    """A small list of choices that sets a parameter of the view, and follows it."""
    chosen = pmui.Select(
        options=options, value=getattr(explorer, name), width=width, variant="standard",
        description=help_, size="small", margin=(0, 4), align="center",
    )  # fmt: skip
    chosen.param.watch(lambda event: setattr(explorer, name, event.new), "value")
    explorer.param.watch(lambda event: setattr(chosen, "value", event.new), name)
    return chosen


class LatentPanel:
    r"""The latent space of the frame that is shown, with its choices.

    Arguments:
        view: The view that it is a panel of.
    """

    def __init__(self, view: LinkedView) -> None:
        self.explorer, self.shell = view.explorer, view.shell
        self.plot = LatentMap(dark=view.shell.dark)
        self.plot.on_brush(partial(brush, self.explorer))
        self.plot.on_pick(lambda row: setattr(self.explorer, "picked", int(row)))
        self._rest: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[None] | None = None
        self.tools = (
            choice(self.explorer, "colour", COLOURS, "What colours the stars", 118),
            choice(self.explorer, "links", LINKS, "Lines between stars of both domains", 108),
            choice(self.explorer, "projection", list(PROJECTIONS), "Axes that are drawn", 92),
        )

    def close(self) -> None:
        """The tab is gone."""
        if self._rest is not None:
            self._rest.cancel()
        if self._waiting is not None:
            self._waiting.cancel()

    def show_film(self) -> None:
        """Another film: its stars, its ranges, its axes."""
        latent = self._latent()
        if latent is None:
            return
        self.plot.set_range(latent.x_range, latent.y_range)
        self.plot.axes(latent.x_label, latent.y_label)
        self.plot.update(latent.x, latent.y, latent.domain, latent.tips)
        self.show_colours()
        self.show_links()

    def show_frame(self) -> None:
        """Another frame: the points move, nothing else."""
        latent = self._latent()
        if latent is None:
            return
        self.plot.update(latent.x, latent.y, latent.domain, latent.tips)
        if self.explorer.colour == "error":
            self.show_colours()
        if self.explorer.link_kind == "plan":
            self._links_at_rest()

    def show_colours(self) -> None:
        """Colour the stars anew."""
        values, label, categories = self.explorer.colours()
        self.plot.colour_by(values, label, categories)

    def show_links(self) -> None:
        """Draw the lines anew."""
        pairs, weight = self.explorer.link_lines()
        for kind in ("plan", "pairs"):
            mine = kind == self.explorer.link_kind
            self.plot.set_links(kind, pairs if mine else [], weight if mine else None)

    def show_selection(self) -> None:
        """Ring the selection."""
        self.plot.select(self.explorer.selection, self.explorer.picked)

    def _links_at_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a server there is no hand to wait for
            self.show_links()
            return
        self._rest = loop.call_later(REST_S, lambda: on_tick(self.shell.document, self.show_links))

    def _latent(self) -> Any:
        """What is shown; None while it is being worked out, or cannot be."""
        explorer = self.explorer
        if explorer.projection == "UMAP" and self._in_loop():
            if self._waiting is None or self._waiting.done():
                self._waiting = asyncio.get_running_loop().create_task(self._embed())
            return None
        try:
            return explorer.latent()
        except ImportError as error:
            self._refuse(str(error))
            return None if explorer.projection == "UMAP" else explorer.latent()

    def _in_loop(self) -> bool:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return False
        return self._embedded != self.explorer.title()

    _embedded = ""

    async def _embed(self) -> None:
        """An embedding takes seconds: not in the thread that answers everybody."""
        document, title = self.shell.document, self.explorer.title()
        on_tick(document, lambda: self.shell.show_progress("Embedding all frames by UMAP", None))
        try:
            await asyncio.to_thread(self.explorer.latent)
            self._embedded = title
            on_tick(document, self.show_film)
        except Exception as error:
            sentence = str(error)
            on_tick(document, lambda: self._refuse(sentence))
        finally:
            on_tick(document, lambda: self.shell.show_progress("", None))

    def _refuse(self, sentence: str) -> None:
        self.shell.say(sentence[:1].upper() + sentence[1:] + ".", "warning")
        self.explorer.projection = PROJECTIONS[0]


class LatentView(LinkedView):
    """Latent space, truth against posterior mean, and the scrubber under them."""

    name = "latent"

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.latent = LatentPanel(self)
        self.recovery = Recovery(dark=self.shell.dark)
        self.recovery.on_brush(partial(brush, self.explorer))
        self.recovery.on_pick(lambda row: setattr(self.explorer, "picked", int(row)))
        self.plots = (self.latent.plot, self.recovery)
        self.scrubber = Scrubber(page.scrub, sizing_mode="stretch_width", height=66, margin=0)
        self.foot = note("", margin=(0, 14, 6, 14))
        self.said = note("", margin=(0, 14, 6, 14))
        self.layout = self._make_layout()
        self.start()

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.latent.close()

    def _make_layout(self) -> pn.Column:
        clear = self.shell.icon(
            "deselect", "Select nothing", lambda: self.explorer.param.update(selection=[])
        )
        open_star = self.shell.icon("query_stats", "Open the picked star", self.page.open_star)
        parameter = choice(
            self.explorer, "parameter", PARAMETERS, "Parameter whose truth is compared", 130
        )
        left = card(
            "Latent space", framed(figure_pane(self.latent.plot.layout)), self.said,
            tools=(*self.latent.tools, clear),
        )  # fmt: skip
        right = card(
            "Truth against posterior mean", framed(figure_pane(self.recovery.layout)), self.foot,
            tools=(parameter, open_star),
        )  # fmt: skip
        # The squares on the right are as high as they are wide.
        left.styles = {**CARD_STYLE, "flex": "4 1 0px"}
        right.styles = {**CARD_STYLE, "flex": "5 1 0px"}
        panels = pn.Row(left, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        bar = pn.Column(
            self.scrubber, styles={**CARD_STYLE, "margin-top": "10px"}, height=68,
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        return self.stack(panels, bar)

    # What is shown

    def show_film(self) -> None:
        """Another film."""
        self.latent.show_film()
        self._show_side("left")
        self._show_axis()
        self.show_frame(moved=False)
        self.scrubber.show(*self.explorer.curves(), self.explorer.shown)
        self._show_foot()

    def show_frame(self, moved: bool = True) -> None:
        """Another frame: points move, and what is said of them."""
        if moved:
            self.latent.show_frame()
        self._show_side("right")
        self.scrubber.frame = self.explorer.shown
        self._show_titles()

    def show_selection(self) -> None:
        """Ring the selection in both panels."""
        self.latent.show_selection()
        self.recovery.select(self.explorer.selection, self.explorer.picked)
        self._show_said()

    def follow(self, names: Iterable[str]) -> None:
        """Colours, axes, lines, another parameter."""
        changed = set(names)
        if "projection" in changed:
            self.latent.show_film()
        elif "colour" in changed:
            self.latent.show_colours()
        if "links" in changed:
            self.latent.show_links()
        if "parameter" in changed:
            for side in ("left", "right"):
                self._show_side(side)
            self._show_axis()
            self._show_titles()
            if self.explorer.colour == "error":
                self.latent.show_colours()

    def _show_side(self, side: str) -> None:
        found = self.explorer.recovery(side)
        self.recovery.update(side, found.truth, found.mean, found.low, found.high, found.domain)

    def _show_axis(self) -> None:
        one = next(p for p in SHOWN if p.name == self.explorer.parameter)
        self.recovery.set_axis(one.label, one.unit, one.lower, one.upper)

    def _show_titles(self) -> None:
        sides = [self.explorer.recovery(side) for side in ("left", "right")]
        self.recovery.titles(*(side.title for side in sides))
        for name, side in zip(("left", "right"), sides, strict=True):
            self.recovery.say(name, side.text)

    def _show_foot(self) -> None:
        own = self.explorer.live is not None and self.explorer.live.of_table
        words = "Real stars are those of your table." if own else STAND_IN
        self.foot.object = faint(words)

    def _show_said(self) -> None:
        chosen = len(self.explorer.selection)
        words = f"{chosen:,} stars selected. " if chosen else "Box or lasso stars in any panel. "
        picked = self.explorer.picked
        words += "Click a star to pick it." if picked is None else f"Star {picked} is picked."
        self.said.object = faint(words)
