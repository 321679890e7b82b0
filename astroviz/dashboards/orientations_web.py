"""The view *Web* of orientations: a galaxy in its surroundings, and how it may be turned."""

from __future__ import annotations

from functools import partial
from typing import Any

import panel as pn

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.orientations_rest import AtRest
from astroviz.dashboards.orientations_web_hand import HandCard
from astroviz.dashboards.orientations_web_place import PlaceCard
from astroviz.dashboards.orientations_web_spheres import SpheresCard
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.orientations.web_state import COSINES, TILTS
from astroviz.plots.axis_tilt import AxisTilt

__all__ = ["WebView"]

_BOX = frozenset({"box_source", "box_size", "box_grid", "box_seed", "box_sigma8"})
_HAND = frozenset({"tide_turn", "tide_stretch", "swing", "distance", "alone"})
_ASKED = _BOX | _HAND | {"galaxy", "messages", "seed", "web_draws"}
_DRAWN = frozenset({"folded", "projection"})


class WebView(RoomView):
    """The box, two spheres, the surroundings under a hand, and what can be read off."""

    name = "web"
    follows = _ASKED | _DRAWN | {"web_panel", "web_scale"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        dark = self.shell.dark
        self.place = PlaceCard(self.explorer, dark)
        self.hand = HandCard(self.explorer, dark)
        self.spheres_card = SpheresCard(self.explorer, dark, self.hand.turn_view)
        self.curves = AxisTilt(dark=dark)
        self.plots = (self.place, self.hand.plot, self.curves)
        self.spheres = (self.spheres_card.model, self.spheres_card.truth)
        self.answers = self.live("posterior", self._show_answer)
        self.along = self.live("filament", self._show_filament)
        self.judgement = AtRest(
            self.shell.document, self._show_judgement, lambda words: self.shell.say(words, "error")
        )
        self.shell.on_close(self.judgement.close)
        self._read: dict[str, Any] = {}
        self._draws: Any = None
        curves = card("Axis and tilt", framed(figure_pane(self.curves.layout)))
        lower = pn.Row(self.hand.layout, curves, sizing_mode="stretch_both", margin=0, styles=GAP)
        for part, share in ((self.spheres_card.layout, 14), (lower, 10)):
            part.styles = {**part.styles, "flex": f"{share} 1 0px"}
        right = pn.Column(
            self.spheres_card.layout, lower, sizing_mode="stretch_both", margin=0, styles=GAP
        )
        self.layout = self.stack(
            pn.Row(self.place.layout, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        )
        self.start()

    def follow(self, names: set[str]) -> None:
        """Draw what depends on these parameters."""
        if names & (_BOX | {"galaxy"}):
            self.place.show("box", "graph", "filament")
        elif names & _HAND:
            self.place.show("graph")
        elif names & {"web_scale", "messages", "seed"}:
            self.place.show("filament", *(("graph",) if "messages" in names else ()))
        elif "web_panel" in names:
            self.place.show()
        if names & (_ASKED | _DRAWN):
            self._show_law(fit=not names <= _HAND)
        if names & (_BOX | {"galaxy"}):
            self.spheres_card.face(self._read["truth"].peak)
        self._ask(names)

    def _ask(self, names: set[str]) -> None:
        """Ask the model what must be asked anew."""
        explorer = self.explorer
        if not explorer.asks_model:
            return
        if names & _ASKED:
            if not names <= {"messages"}:
                self._read = {"truth": self._read["truth"]}
            moving = names <= _HAND
            self.answers.ask(partial(explorer.request, quick=moving))
            self.judgement.ask(partial(self._at_rest, moving))
        elif names & _DRAWN and self._draws is not None:
            self._show_answer(self._draws, True)
        changed = names & (_BOX | {"galaxy", "messages", "seed", "web_scale", "web_panel"})
        if changed and explorer.web_panel == "filament":
            self.along.ask(explorer.filament_request)

    def step(self, by: int) -> None:
        """Look at the next galaxy, or the one before."""
        count = len(self.explorer.box.galaxies)
        self.explorer.galaxy = (self.explorer.here + by) % count

    def _at_rest(self, moved: bool) -> Any:
        """The hand rests: ask for the whole answer, and for a judgement of it."""
        if moved:
            self.answers.ask(self.explorer.request)
        return self.explorer.judge()

    def _show_law(self, fit: bool) -> None:
        self.hand.show()
        self._read["truth"] = truth = self.explorer.read_truth()
        self.spheres_card.show_truth(truth, self._ring())
        self._show_curves(fit)
        self._show_numbers()

    def _show_answer(self, draws: Any, complete: bool) -> None:
        self._draws = draws
        name = "model" if self.explorer.messages else "no messages"
        self._read[name] = found = self.explorer.read(draws.extras["rotations"])
        self.spheres_card.show_model(found, self._ring())
        self._show_curves(fit=False)

    def _show_filament(self, draws: Any, complete: bool) -> None:
        if complete:
            self.place.show_filament_model(self.explorer.filament_model(draws))

    def _show_judgement(self, cells: list[str]) -> None:
        self.spheres_card.show_numbers(self.explorer.figures(cells))

    def _ring(self) -> Any:
        return self.explorer.shown_rotations(self.explorer.own_rotation()[None])

    def _show_curves(self, fit: bool) -> None:
        read = self._read
        self.curves.update(
            COSINES, {name: one.cosine for name, one in read.items()},
            TILTS, {name: one.tilt for name, one in read.items()}, fit,
        )  # fmt: skip

    def _show_numbers(self) -> None:
        self.spheres_card.show_numbers(self.explorer.figures())

    def tables(self) -> Any:
        """What can be saved."""
        if self._draws is None:
            return {}
        return {"Draws of this galaxy": lambda: self._draws.to_table()}
