r"""Which universe in a box the page is about: the shipped one, one made here, or a table."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, ClassVar

import param

from astroviz.orientations.box import Box
from astroviz.orientations.view_state import ViewState

__all__ = ["BOX_SOURCES", "BoxState"]

BOX_SOURCES = ("demo", "made", "table")
GRIDS = (32, 48, 64, 96)
_KEPT = 4  # boxes, for everybody
_REMEMBERED = 24  # results, in each tab

# Boxes made here, for everybody: they are only read.
_made: OrderedDict[tuple[Any, ...], Box] = OrderedDict()
_lock = Lock()


class BoxState(ViewState):
    """The box of the views *Web* and *Catalogue*."""

    box_source: param.Selector[Any] = param.Selector(
        default="demo",
        objects=list(BOX_SOURCES),
        doc="The shipped box, one made here from a seed, or your own table.",
    )
    box_size = param.Number(
        default=75.0, bounds=(30.0, 150.0), doc="Side of a box made here, Mpc/h, comoving."
    )
    box_grid: param.Selector[Any] = param.Selector(
        default=64, objects=list(GRIDS), doc="Particles along each side of a box made here."
    )
    box_seed = param.Integer(default=1, bounds=(0, 2**31 - 1), doc="Seed of a box made here.")
    box_sigma8 = param.Number(
        default=0.816,
        bounds=(0.6, 1.0),
        doc="Amplitude of the fluctuations in spheres of 8 Mpc/h of a box made here.",
    )

    _box_names: ClassVar[frozenset[str]] = frozenset(
        {"box_source", "box_size", "box_grid", "box_seed", "box_sigma8"}
    )

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._table: tuple[Box, str] | None = None
        self._kept: OrderedDict[Any, Any] = OrderedDict()

    def kept(self, key: Any, make: Callable[[], Any]) -> Any:
        """What costs something, made once for its key; the oldest of many goes."""
        if key not in self._kept:
            self._kept[key] = make()
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    @property
    def box_key(self) -> tuple[Any, ...]:
        """What tells one box from another."""
        if self.box_source == "made":
            values = (self.box_size, self.box_grid, self.box_seed, self.box_sigma8)
            return ("made", *values)
        if self.box_source == "table":
            return ("table", id(self._table))
        return ("demo",)

    @property
    def box_missing(self) -> bool:
        """Whether the box must still be made; until then the shipped one is shown."""
        return self.box_source == "made" and self.box_key not in _made

    @property
    def box(self) -> Box:
        """The box that is shown."""
        if self.box_source == "table" and self._table is not None:
            return self._table[0]
        if self.box_source == "made":
            with _lock:
                if self.box_key in _made:
                    _made.move_to_end(self.box_key)
                    return _made[self.box_key]
        from astroviz.orientations.box_shelf import demo_box

        return demo_box()

    @property
    def shown_key(self) -> tuple[Any, ...]:
        """The key of the box that is shown: that of the shipped one while another is made."""
        missing = self.box_missing or (self.box_source == "table" and self._table is None)
        return ("demo",) if missing else self.box_key

    def box_title(self) -> str:
        """What the box is, in a few words."""
        box = self.box
        if self.box_source == "table" and self._table is not None:
            return f"{self._table[1]}, {box.size:g} Mpc/h"
        made = "The shipped box" if self.shown_key == ("demo",) else f"Box of seed {box.seed}"
        return f"{made}, {box.size:g} Mpc/h, \u03c3\u2088 = {box.cosmology.sigma8:.3g}"

    def making(self) -> Callable[..., Box]:
        """Work for a thread: make the box of the settings and keep it; seconds to a minute."""
        from astroviz.orientations.cosmic_web import make_box
        from astroviz.orientations.cosmology import PLANCK15

        key, size, grid = self.box_key, float(self.box_size), int(self.box_grid)
        seed, cosmology = int(self.box_seed), PLANCK15.replace(sigma8=float(self.box_sigma8))

        def work(progress: Callable[[float], None], check: Callable[[], None]) -> Box:
            box = make_box(size, grid, seed, cosmology, progress=progress, check=check)
            with _lock:
                _made[key] = box
                while len(_made) > _KEPT:
                    _made.popitem(last=False)
            return box

        return work

    def show_made(self) -> None:
        """The box of the settings has been made: let everybody look at it."""
        self.param.trigger("box_source")

    def show_table(self, box: Box, name: str) -> None:
        """Show a user's own box."""
        self._table = (box, name)
        if self.box_source == "table":
            self.param.trigger("box_source")
        else:
            self.box_source = "table"
