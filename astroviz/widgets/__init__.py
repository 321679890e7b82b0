r"""The explorers as widgets for Jupyter: `explore("stars", table)`."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["explore"]

_SYSTEMS = ("stars", "adaptation", "orientations", "lensing", "galaxies", "accuracy")
# Rooms of several views, which they open themselves.
_OF_VIEWS = ("orientations", "lensing", "galaxies", "accuracy")
_EXPERIMENT = "stars/adaptation"


def explore(system: Any, table: Any = None, model: Any = None, **state: Any) -> Any:
    r"""Open an explorer in a notebook.

    Arguments:
        system: Which explorer, or one of its models: `stars`, `stars/young`, `adaptation`,
            `orientations`, `lensing`, `galaxies`; or a posterior of your own as `astroviz.wrap`
            gives it, whose draws are shown.
        table: What to explore, or to adapt to: a path, an astropy Table, a pandas DataFrame, a
            mapping of columns or `Observations`; simulated examples when None. For orientations a
            box or a table of haloes or galaxies; for lensing an observation, or its files by the
            names `image`, `noise`, `psf`; for galaxies a table of photometry; for a posterior of
            your own, the observation that it is given.
        model: The model that answers; the default model of the system when None.
        state: Where to start: any parameter of the explorer, as `row=3`.

    Returns:
        A widget with `.selection`, `.draws` and `.observation`; its state is in `.explorer`.

    Example:
        >>> import astroviz
        >>> view = astroviz.explore("stars")  # doctest: +SKIP
        >>> view.explorer.surveys = ["Gaia", "2MASS"]  # doctest: +SKIP
        >>> view.draws["log_age"].mean()  # doctest: +SKIP
    """
    room = str(getattr(system, "name", system)).partition("/")[0]
    if room in _OF_VIEWS:
        opened = importlib.import_module(f"astroviz.widgets.{room}").open_view
        return opened(system, table, model, state)
    if callable(getattr(system, "posterior", None)) and not hasattr(system, "quantities"):
        from astroviz.widgets.draws import DrawsWidget

        return DrawsWidget(system.posterior(table), **state)
    if hasattr(system, "quantities"):
        system, model = str(system.name), system
    if str(system) == _EXPERIMENT:
        system = "adaptation"
    room = str(system).partition("/")[0]
    if room not in _SYSTEMS:
        raise ValueError(f"there is no explorer {system!r}; there is {', '.join(_SYSTEMS)}")
    if model is None:
        from astroviz.core.registry import load

        model = load(_EXPERIMENT if system == "adaptation" else system)
    if room == "adaptation" and not hasattr(model, "arms"):
        raise ValueError(f"{model.name} is no experiment on adaptation; open {_EXPERIMENT!r}")
    if room == "stars" and not hasattr(model, "prior"):
        raise ValueError(
            f"{model.name} is a rung to compare with and has no explorer: explore 'stars', or see "
            "all rungs side by side with astroviz.widgets.road.walk()"
        )
    return importlib.import_module(f"astroviz.widgets.{room}").explore(table, model, **state)
