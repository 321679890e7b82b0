r"""Controls and the parameters of an explorer, kept equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
import param

from astroviz.stars.spectrographs import SOURCES

if TYPE_CHECKING:
    from astroviz.stars.explorer import StarsExplorer

__all__ = ["Say", "survey_switches", "tie"]

Say = Callable[[str], None]


def tie(
    explorer: param.Parameterized,
    name: str,
    control: Any,
    say: Say,
    to_control: Callable[[Any], Any] = lambda value: value,
    to_state: Callable[[Any], Any] = lambda value: value,
) -> None:
    r"""Keep a control and a parameter of the explorer equal.

    Arguments:
        explorer: The state of the view.
        name: The parameter.
        control: A widget with a `value`.
        say: Shows a sentence when a value is refused.
        to_control: From the parameter's value to the control's.
        to_state: The way back.
    """

    def heard(change: Any) -> None:
        value = to_state(change["new"])
        try:
            if not np.array_equal(value, getattr(explorer, name)):
                setattr(explorer, name, value)
        except ValueError as error:
            say(str(error))
            show()

    def show(*_: Any) -> None:
        control.value = to_control(getattr(explorer, name))

    show()
    control.observe(heard, "value")
    explorer.param.watch(show, name)


def survey_switches(explorer: StarsExplorer) -> dict[str, ui.ToggleButton]:
    """A switch for each survey that the model may use."""
    switches = {
        name: ui.ToggleButton(
            description=name,
            value=name in explorer.surveys,
            tooltip=f"Let the model use {name}",
            layout=ui.Layout(width="auto"),
        )
        for name in SOURCES
    }

    def heard(_: Any) -> None:
        on = [name for name, switch in switches.items() if switch.value]
        if on != explorer.surveys:
            explorer.surveys = on

    def show(*_: Any) -> None:
        for name, switch in switches.items():
            switch.unobserve(heard, "value")
            switch.value = name in explorer.surveys
            switch.layout.display = "" if name in explorer.switches else "none"
            switch.observe(heard, "value")

    show()
    explorer.param.watch(show, ["surveys", "source", "row"])
    return switches
