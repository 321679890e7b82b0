r"""What all views of a room have in common: state in and out of links, undo, presets.

Each view adds its own parameters in a mix-in and, under its own name, four methods that the page
and the notebook ask for: `<view>_presets()`, `<view>_surprise(random)`, `<view>_sentence()` and
`<view>_warnings()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np
import param

from astroviz.core import share
from astroviz.core.history import History
from astroviz.core.presets import Preset
from astroviz.core.remembered import Remembered
from astroviz.core.shelf import shipped

__all__ = ["ViewState"]


class ViewState(Remembered):
    """The parameters that every view has, and what is done with all of them.

    A room's own subclass sets `system` and declares `view`, the name of the view that is shown.
    """

    system: ClassVar[str] = ""
    """The room's name, as `astroviz.explore` takes it."""

    _bulky: ClassVar[tuple[str, ...]] = ()
    """Parameters that may be too long for a link, the longest first."""

    view: Any
    seed = param.Integer(default=0, bounds=(0, 2**31 - 1), doc="Seed of everything drawn.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.history = History()
        self._before = {}

    def other_model(self, name: str) -> tuple[Any, str]:
        """Another model of the room, by the last part of its name; None and why it is missing."""
        return shipped(f"{self.system}/{name}")

    # State

    def state(self) -> dict[str, Any]:
        """What differs from the defaults, as JSON can hold it."""
        return {
            name: _plain(value)
            for name, value in self._snapshot().items()
            if not _equal(value, self.param[name].default)
        }

    def restore(self, state: Mapping[str, Any]) -> tuple[str, ...]:
        """Take on a state; what it does not name goes back to its default.

        Returns:
            Sentences about what could not be restored.
        """
        known = self.state_names()
        sentences = [f"The view has no setting called {n!r}." for n in state if n not in known]
        values = {n: state.get(n, deepcopy(self.param[n].default)) for n in known}
        with self._quietly(), param.parameterized.batch_call_watchers(self):
            for name, value in values.items():
                try:
                    setattr(self, name, value)
                except (ValueError, TypeError, KeyError) as error:
                    sentences.append(_refusal(self.param[name], name, value, error))
        return tuple(sentences)

    def to_query(self) -> str:
        """The state as the query of a link; the view itself is in the link's path."""
        state = {name: value for name, value in self.state().items() if name != "view"}
        return share.to_query(state, bulky=self._bulky)

    def from_query(self, query: str) -> tuple[str, ...]:
        """Take on the state of a link; sentences about what could not be restored."""
        return self.restore({"view": self.view, **share.from_query(query)})

    def code(self) -> str:
        """The notebook cell that recreates the view."""
        arguments = [f'"{self.system}"', *(f"{k}={v!r}" for k, v in self.state().items())]
        line = f"view = astroviz.explore({', '.join(arguments)})"
        if len(line) > 99:
            inner = "".join(f"    {argument},\n" for argument in arguments)
            line = f"view = astroviz.explore(\n{inner})"
        return f"import astroviz\n\n{line}\nview\n"

    # What the bar of a view offers

    def presets(self) -> tuple[Preset, ...]:
        """Places to start from in the view that is shown."""
        found: tuple[Preset, ...] = getattr(self, f"{self.view}_presets")()
        return found

    def preset(self) -> str | None:
        """Name of the preset whose settings are the present ones; None where there is none."""
        for one in self.presets():
            if all(_equal(getattr(self, name), value) for name, value in one.settings.items()):
                return one.name
        return None

    def take_preset(self, name: str) -> None:
        """Go to a preset of the view that is shown."""
        chosen = {one.name: one for one in self.presets()}
        if name not in chosen:
            raise KeyError(f"no preset named {name!r}; there are {', '.join(chosen)}")
        self.param.update(**deepcopy(dict(chosen[name].settings)))

    def surprise(self, seed: int) -> None:
        """Settings of the view that nobody has chosen; the same for the same seed."""
        random = np.random.default_rng(seed)
        settings: dict[str, Any] = getattr(self, f"{self.view}_surprise")(random)
        self.param.update(**{"seed": int(seed), **settings})

    def redraw(self) -> None:
        """Draw again, with the next seed."""
        self.seed = (self.seed + 1) % 2**31

    def sentence(self, view: str | None = None) -> str:
        """What a view shows (the one that is open, by default), and one gesture to try."""
        return str(getattr(self, f"{view or self.view}_sentence")())

    def warnings(self, view: str | None = None) -> tuple[str, ...]:
        """What one should know before believing a view."""
        return tuple(getattr(self, f"{view or self.view}_warnings")())


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return deepcopy(value)


def _equal(value: Any, other: Any) -> bool:
    if isinstance(value, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(value, other))
    return bool(value == other)


def _refusal(parameter: Any, name: str, value: Any, error: Exception) -> str:
    """Why a setting cannot be this, and what it can be."""
    choices = getattr(parameter, "objects", None)
    bounds = getattr(parameter, "bounds", None)
    if choices:
        there = f"there are {', '.join(map(str, choices))}"
    elif bounds:
        low, high = bounds
        there = f"it lies between {low} and {high}" if high is not None else f"{low} or more"
    else:
        there = str(error.args[0]) if error.args else str(error)
    return f"{name} cannot be {value!r}: {there}."
