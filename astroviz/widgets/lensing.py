r"""Strong lensing in a notebook: `explore("lensing", view="sample")` and its sisters."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import ipywidgets as ui

from astroviz.lensing.explorer import LensingExplorer
from astroviz.lensing.lens import LENS_BOUNDS, LENS_NAMES, LENS_UNITS
from astroviz.lensing.view_state import VIEWS
from astroviz.widgets.working import WorkingWidget

if TYPE_CHECKING:
    from astroviz.core.engine import Engine

__all__ = ["LensingWidget", "explore", "open_view"]

# View -> module and class; imported when opened.
_VIEWS = {
    "bench": ("lensing_bench", "BenchWidget"),
    "sample": ("lensing_sample", "SampleWidget"),
    "real": ("lensing_real", "RealWidget"),
    "trust": ("lensing_trust", "TrustWidget"),
    "shift": ("lensing_shift", "ShiftWidget"),
    "noise": ("lensing_noise", "NoiseWidget"),
    "operators": ("lensing_operators", "OperatorsWidget"),
}
# Models of the room that have a view of their own.
_ASKING = {"noise": "noise", "chirp": "noise", "rounds": "shift"}


class LensingWidget(WorkingWidget):
    r"""What the views have in common; each is a subclass.

    `draws` can be read and observed; all other state is in `explorer`, whose parameters can be
    read, set and observed.

    Arguments:
        model: The prior of sources; `astroviz.load("lensing")` when None.
        table: An `Observation` as `lensing.open` gives it, or a mapping with the files `image`,
            `noise` and `psf`; an example when None.
        engine: Who runs what is asked; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of `LensingExplorer`: `sample_sampler="pigdm"`, `seed=4`.

    Example:
        >>> view = explore(view="sample")  # doctest: +SKIP
        >>> view.explorer.sample_einstein_radius = 1.2  # doctest: +SKIP
        >>> view.draws.extras["images"].mean(0)  # doctest: +SKIP
    """

    def _make_explorer(self, model: Any, table: Any, state: dict[str, Any]) -> Any:
        made = LensingExplorer(model, **{**state, "view": self.name})
        if table is not None:
            self.open_observation(made, _observed(table))
        return made

    def open_observation(self, explorer: LensingExplorer, observation: Any) -> None:
        """Look at an observation of the user's; views that can do so say how."""
        raise ValueError(
            f"the view {self.name!r} looks at no observation: open 'sample' or 'real'"
        )

    def lens_sliders(self, prefix: str, names: tuple[str, ...] = LENS_NAMES[:7]) -> Any:
        r"""Sliders of the parameters of a lens.

        Arguments:
            prefix: What stands before their names in the explorer.
            names: Which of `LENS_NAMES`.
        """
        return self.row(*(self.lens_slider(prefix, name) for name in names))

    def lens_slider(self, prefix: str, name: str) -> Any:
        """The slider of one parameter of a lens."""
        known = self.explorer.param[f"{prefix}{name}"]
        low, high = known.bounds or LENS_BOUNDS[name]
        unit = dict(zip(LENS_NAMES, LENS_UNITS, strict=True))[name]
        words = name.replace("_", " ") + (f" ({unit})" if unit else "")
        slider = ui.FloatSlider(
            description=words, min=low, max=high, step=0.005, readout_format=".3f",
            layout=ui.Layout(width="330px"), style={"description_width": "140px"},
        )  # fmt: skip
        return self.control(f"{prefix}{name}", slider)


def _observed(table: Any) -> Any:
    from astroviz.lensing.observation import Observation, open_observation

    if isinstance(table, Observation):
        return table
    if hasattr(table, "keys") and "image" in table:
        return open_observation(**dict(table))
    raise ValueError(
        "lensing looks at an observation, not at a table: give what `lensing.open` returns, or a "
        "mapping with `image`, `noise` and `psf`"
    )


def explore(
    table: Any = None, model: Any = None, engine: Engine | None = None, **state: Any
) -> LensingWidget:
    r"""Open a view of lensing in a notebook.

    Arguments:
        table: An observation or its files; see `LensingWidget`. It opens the view `sample`.
        model: The prior of sources.
        engine: Who runs what is asked.
        state: `view`, one of `VIEWS`, and any parameter of the explorer.
    """
    view = str(state.pop("view", "bench" if table is None else "sample"))
    if view not in VIEWS:
        raise ValueError(f"lensing has no view {view!r}; there are {', '.join(VIEWS)}")
    module, kind = _VIEWS[view]
    made = getattr(importlib.import_module(f"astroviz.widgets.{module}"), kind)
    widget: LensingWidget = made(model, table, engine, **state)
    return widget


def open_view(system: Any, table: Any, model: Any, state: dict[str, Any]) -> LensingWidget:
    r"""The view of what a user names: the room, one of its models, or such a model itself.

    Arguments:
        system: `lensing`, `lensing/noise`, or what `astroviz.load` gave.
        table: An observation or its files.
        model: The prior of sources.
        state: As of `explore`.
    """
    name = str(getattr(system, "name", system)).partition("/")[2]
    if name in _ASKING:
        if table is None:
            state = {"view": _ASKING[name], **state}
    elif not isinstance(system, str):
        model = system
    elif name:
        from astroviz.core.registry import load

        model = load(system)
    return explore(table, model, **state)
