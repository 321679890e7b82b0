r"""The picked star of the adaptation widget: its posteriors before and after, in words."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np

from astroviz.widgets.live import Asker

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.core.engine import Engine
    from astroviz.stars.adaptation_explorer import AdaptationExplorer

__all__ = ["PickedStar"]

_SIDES = {"left": "Without adaptation", "right": "Adapted"}
_INVITATION = "Click a star to see its posterior; box or lasso some to follow them."


class PickedStar:
    r"""Asks for the posteriors of the picked star under the networks of both sides.

    Arguments:
        explorer: The state of the view.
        engine: Who answers.
        client: Who asks.
        answer: Called with `left` or `right` and the draws; None when no star is picked.
        fail: Called with an error.
    """

    def __init__(
        self,
        explorer: AdaptationExplorer,
        engine: Engine,
        client: str,
        answer: Callable[[str, Draws | None], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        self.explorer, self._answer = explorer, answer
        self.words = ui.HTML()
        self._draws: dict[str, Draws | None] = dict.fromkeys(_SIDES)
        self._askers = {
            side: Asker(engine, (client, side), partial(self._answered, side), fail)
            for side in _SIDES
        }

    def ask(self) -> None:
        """Ask about the star that is picked now."""
        for side, asker in self._askers.items():
            asker.cancel()
            if self.explorer.picked is None:
                self._answered(side, None)
            else:
                asker.ask(self.explorer.star(side).request())

    def settle(self) -> None:
        """Wait until both are answered."""
        for asker in self._askers.values():
            asker.settle()

    def _answered(self, side: str, draws: Any) -> None:
        self._draws[side] = draws
        self._describe()
        self._answer(side, draws)

    def _describe(self) -> None:
        picked = self.explorer.picked
        if picked is None:
            self.words.value = _INVITATION
            return
        simulated = self.explorer.cast.domain[picked] == 0
        parts = [f"Star {picked}, {'simulated' if simulated else 'real'}."]
        for side, title in _SIDES.items():
            draws = self._draws[side]
            if draws is not None:
                parts.append(f"{title}: {self.explorer.star(side).summary(draws).text()}")
        known = {k: v for k, v in self.explorer.picked_truth().items() if np.isfinite(v)}
        truth = ", ".join(f"{name} {value:.4g}" for name, value in known.items())
        parts.append(f"Truth: {truth}." if truth else "Nothing is known of it.")
        self.words.value = "<br>".join(html.escape(part) for part in parts)
