r"""A box that is painted with orientations and shapes, and which of its galaxies are selected."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import param
import torch

from astroviz.core.selection import Mode, as_rows, combine
from astroviz.orientations.box import WEB_TYPES, Box
from astroviz.orientations.box_state import BoxState
from astroviz.orientations.law import draw
from astroviz.orientations.morphology import draw_looks
from astroviz.orientations.rotations import random_rotations

__all__ = ["ALL_MASSES", "KINDS_OF_GALAXIES", "PAINTERS", "PaintingState"]

PAINTERS = ("given", "law", "model", "random")
KINDS_OF_GALAXIES = ("all", "centrals", "satellites")
ALL_MASSES = (7.0, 13.0)


class PaintingState(BoxState):
    """Who oriented the galaxies, and which of them are selected."""

    model: Any = None

    _dragged = frozenset({"disky", "mass_range", "disky_range"})

    painter: param.Selector[Any] = param.Selector(
        default="given", objects=list(PAINTERS),
        doc="Orientations as the box has them, drawn again from the exact law, painted by the "
        "model, or without any alignment.",
    )  # fmt: skip
    disky = param.Number(
        default=None, allow_None=True, bounds=(0.0, 1.0),
        doc="Diskyness of all galaxies, 0 elliptical to 1 disc; None leaves each its own.",
    )  # fmt: skip
    mass_range = param.List(
        default=list(ALL_MASSES), item_type=float, bounds=(2, 2),
        doc="Stellar mass of the selected, log10 Msun (a stand-in).",
    )  # fmt: skip
    disky_range = param.List(
        default=[0.0, 1.0], item_type=float, bounds=(2, 2), doc="Diskyness of the selected."
    )
    web_types = param.List(
        default=list(WEB_TYPES), item_type=str, doc="Where in the cosmic web the selected live."
    )
    which: param.Selector[Any] = param.Selector(
        default="all", objects=list(KINDS_OF_GALAXIES), doc="Centrals, satellites, or both."
    )
    brushed = param.List(
        default=[], item_type=int, doc="Rows brushed on the map; none of them means all."
    )

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._painted: dict[Any, Box] = {}

    # The catalogue

    def catalogue(self) -> Box:
        """The box with the looks that are shown: its own, those of a diskyness, or painted."""
        if self.painter == "model" and self.painted:
            return self._painted[self.paint_key]
        return self.plain()

    def plain(self) -> Box:
        """The box before anybody painted it, with the looks of the diskyness that is set."""
        if self.disky is None:
            return self.box

        def make() -> Box:
            box = self.box
            galaxies = box.galaxies
            disky = np.full(len(galaxies), float(self.disky or 0.0))
            random = np.random.default_rng([box.seed, 7])
            looks = draw_looks(galaxies.log_mass, disky, galaxies.central, random)
            return box.replace(
                diskyness=disky, axis_ratio_b=looks.axis_ratio_b, axis_ratio_c=looks.axis_ratio_c,
                log_size=looks.log_size, colour=looks.colour,
            )  # fmt: skip

        found: Box = self.kept(("looks", *self._looks_key), make)
        return found

    @property
    def _looks_key(self) -> tuple[Any, ...]:
        return (self.shown_key, None if self.disky is None else round(float(self.disky), 3))

    @property
    def paint_key(self) -> tuple[Any, ...]:
        """What tells one painting by the model from another."""
        return (*self._looks_key, int(self.seed))

    @property
    def painted(self) -> bool:
        """Whether the model has painted this catalogue."""
        return self.paint_key in self._painted

    def paint_work(self, engine: Any, client: Any) -> Callable[..., Box]:
        r"""Work for a thread: the model draws orientation and looks of every galaxy.

        Arguments:
            engine: Runs it, behind everybody's questions.
            client: Who asks.
        """
        if self.model is None:
            raise ValueError(
                "the model of the cosmic web is not here; make it by: astroviz train "
                "orientations/web"
            )
        box, seed, model = self.plain(), int(self.seed), self.model

        def work(progress: Callable[[float], None], check: Callable[[], None]) -> Box:
            ticket = engine.submit(model.paint_request(box, seed), client=client)
            try:
                while not ticket.done:
                    progress(ticket.progress)
                    check()
                    time.sleep(0.05)
            except BaseException:
                ticket.cancel()
                raise
            painted: Box = model.painted(box, ticket.result(0))
            return painted

        return work

    def keep_painting(self, key: tuple[Any, ...], painted: Box) -> None:
        """The model has painted the catalogue of `paint_key`: keep it, and show it."""
        self._painted[key] = painted
        while len(self._painted) > 6:
            self._painted.pop(next(iter(self._painted)))
        self.show_painted()

    def show_painted(self) -> None:
        """The model has painted: show it."""
        if self.painter == "model":
            self.param.trigger("painter")
        else:
            self.painter = "model"

    def orientations(self) -> np.ndarray:
        """Orientations of all galaxies by the painter that is chosen, shape (N, 3, 3)."""
        box, seed = self.catalogue(), int(self.seed)
        if self.painter == "law":
            found: np.ndarray = self.kept(("drawn", self.paint_key), lambda: draw(box, seed))
            return found
        if self.painter == "random":
            generator = torch.Generator().manual_seed(seed)
            return random_rotations(len(box.galaxies), generator).double().numpy()
        return np.asarray(box.galaxies.rotation, dtype=float)

    def finished(self) -> Box:
        """The catalogue as it is downloaded: positions, shapes and orientations."""
        return self.catalogue().replace(rotation=self.orientations())

    def set_disky(self, value: float | None) -> None:
        """Give all galaxies one diskyness; what is aligned anew must be drawn anew."""
        again = value is not None and self.painter == "given"
        self.param.update(disky=value, **({"painter": "law"} if again else {}))

    # The selection

    def selected(self) -> np.ndarray:
        """Which galaxies are selected, mask of shape (N,)."""
        box = self.catalogue()
        galaxies = box.galaxies
        low, high = self.mass_range
        chosen = (galaxies.log_mass >= low) & (galaxies.log_mass <= high)
        low, high = self.disky_range
        chosen &= (galaxies.diskyness >= low) & (galaxies.diskyness <= high)
        codes = [WEB_TYPES.index(name) for name in self.web_types if name in WEB_TYPES]
        chosen &= np.isin(box.haloes.web_type[galaxies.halo], codes)
        if self.which != "all":
            chosen &= galaxies.central == (self.which == "centrals")
        if self.brushed:
            rows = np.zeros(len(galaxies), dtype=bool)
            rows[[row for row in self.brushed if 0 <= row < len(rows)]] = True
            chosen &= rows
        found: np.ndarray = chosen
        return found

    def select_all(self) -> None:
        """Select every galaxy."""
        self.param.update(
            mass_range=list(ALL_MASSES), disky_range=[0.0, 1.0], web_types=list(WEB_TYPES),
            which="all", brushed=[],
        )  # fmt: skip

    def brush(self, rows: Any, mode: Mode = "replace") -> None:
        """Take a brush on the map into the selection."""
        chosen = combine(as_rows(self.brushed), as_rows(rows), mode)
        self.brushed = [int(row) for row in chosen]
