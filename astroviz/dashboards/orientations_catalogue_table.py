"""The part of the form that takes a table of one's own: its columns, its units, its side."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.adaptation_upload import Upload
from astroviz.dashboards.appearance import note

__all__ = ["TableForm"]

_FOUND = "(as recognised)"
_LENGTHS = (_FOUND, "Mpc/h", "Mpc", "kpc/h", "kpc")
_MASSES = (_FOUND, "Msun/h", "Msun", "log10 Msun/h", "log10 Msun", "1e10 Msun/h")
_ROLES = ("x", "y", "z", "halo mass")
_INTRO = (
    "Haloes or galaxies of a periodic box: positions are needed; masses, velocities, shape axes "
    "and axis ratios are read where they are."
)
_SMALL = {"size": "small", "margin": (2, 0)}
_FIELD = {"size": "small", "margin": (10, 4, 2, 0), "sizing_mode": "stretch_width"}


class TableForm:
    r"""Reads a user's table and makes a box of it.

    Arguments:
        form: The form that it is part of: `explorer`, `shell`, `job`.
    """

    def __init__(self, form: Any) -> None:
        self.form = form
        self.box: Any = None
        self.name = ""
        self.upload = Upload("Table of haloes or galaxies", form.shell, self._ready)
        self.side = pmui.TextInput(
            label="side of the box (Mpc/h)", placeholder="as the file says", **_FIELD
        )
        self.length = pmui.Select(
            label="unit of positions", options=list(_LENGTHS), value=_FOUND, **_FIELD
        )
        self.mass = pmui.Select(
            label="unit of masses", options=list(_MASSES), value=_FOUND, **_FIELD
        )
        self.columns = {
            role: pmui.Select(label=role, options=[_FOUND], value=_FOUND, **_FIELD)
            for role in _ROLES
        }
        self.use = pmui.Button(
            label="Use this table", icon="play_arrow", variant="contained", disabled=True, **_SMALL
        )
        self.use.on_click(lambda _: self.read())
        self.example = pmui.Button(label="Take an example", variant="text", **_SMALL)
        self.example.on_click(lambda _: self._take_example())
        first, second = list(self.columns.values())[:2], list(self.columns.values())[2:]
        self.layout = pn.Column(
            note(f"<p class='faint'>{_INTRO}</p>"),
            self.upload.layout,
            pn.Row(*first, sizing_mode="stretch_width", margin=0),
            pn.Row(*second, sizing_mode="stretch_width", margin=0),
            pn.Row(self.length, self.mass, sizing_mode="stretch_width", margin=0),
            self.side,
            pn.Row(self.use, self.example, margin=0),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip

    @property
    def waiting(self) -> bool:
        """Whether a table is being looked at that is not yet the box."""
        return bool(self.form.source.value == "table" and self.box is None)

    def _ready(self) -> None:
        names = [_FOUND, *self.upload.table.colnames]
        for select in self.columns.values():
            select.param.update(options=names, value=_FOUND)
        self.use.disabled = False

    def _take_example(self) -> None:
        from astroviz.orientations.box_shelf import demo_box

        self.upload.put(demo_box().haloes_table(), "Example: haloes of the shipped box")
        self.read()

    def read(self) -> None:
        """Make a box of the table; a sentence says what is wrong with it."""
        side, table, name = self.side.value.strip(), self.upload.table, self.upload.name
        try:
            size = float(side) if side else None
        except ValueError:
            self.form.shell.say(f"The side must be a number of Mpc/h, not {side!r}.", "error")
            return
        chosen = {role: s.value for role, s in self.columns.items() if s.value != _FOUND}
        columns: dict[str, Any] = {}
        places = [chosen.get(axis) for axis in "xyz"]
        if all(places):
            columns["position"] = tuple(places)
        elif any(places):
            self.form.shell.say("Name all three of x, y and z, or none of them.", "error")
            return
        if "halo mass" in chosen:
            columns["halo_mass"] = chosen["halo mass"]
        units: dict[str, Any] = {
            "length_unit": None if self.length.value == _FOUND else self.length.value,
            "mass_unit": None if self.mass.value == _FOUND else self.mass.value,
        }

        def work(progress: Any, check: Any) -> Any:
            from astroviz.orientations.box_tables import from_table

            return from_table(table, size, columns=columns, **units)

        self.form.job.start(
            f"Reading {name}: tidal fields", work, lambda box: self._show(box, name)
        )

    def _show(self, box: Any, name: str) -> None:
        self.box, self.name = box, name
        self.form.explorer.show_table(box, name)
