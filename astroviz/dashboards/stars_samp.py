"""The drawer that talks to TOPCAT and Aladin; off until it is switched on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui
from astropy.table import Table

from astroviz.dashboards.appearance import note
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.samp import Samp, SampError
from astroviz.dashboards.shell import Drawer, Shell
from astroviz.dashboards.stars_table import TableDrawer
from astroviz.stars.explorer import StarsExplorer

__all__ = ["SampDrawer", "selection_table"]


def selection_table(explorer: StarsExplorer) -> Table:
    """The selected stars (all when none is selected) with names, places, values and errors."""
    rows = explorer.selection
    stars = explorer.observations.select(rows) if len(rows) else explorer.observations
    table = Table({"identifier": stars.identifiers.astype(str)})
    table["ra"], table["dec"] = stars.coordinates.T
    table["ra"].unit = table["dec"].unit = "deg"
    for column, quantity in enumerate(stars.quantities):
        for name, values in (
            (quantity.name, stars.values),
            (f"{quantity.name}_error", stars.errors),
        ):
            table[name] = values[:, column]
            table[name].unit = quantity.unit if quantity.unit != "dex" else None
    return table


class SampDrawer:
    """A switch, and two gestures: send the selection, receive a table."""

    def __init__(
        self, explorer: StarsExplorer, table: TableDrawer, shell: Callable[[], Shell]
    ) -> None:
        self.explorer, self._table, self._shell = explorer, table, shell
        self.samp: Samp | None = None

    @property
    def drawer(self) -> Drawer:
        """For the frame."""
        return Drawer("samp", "TOPCAT and Aladin (SAMP)", "share", self._build)

    def close(self) -> None:
        """Leave the hub."""
        samp, self.samp = self.samp, None
        if samp is not None:
            samp.close()

    def _build(self) -> pn.Column:
        self.switch = pmui.Switch(label="Connect on this machine", value=False, margin=(4, 0))
        self.send_button = pmui.Button(
            label="Send the selection", variant="outlined", size="small", disabled=True
        )
        self.status = note("<p class='faint'>Off.</p>")
        self.switch.param.watch(self._on_switch, "value")
        self.send_button.on_click(lambda _: self._send())
        return pn.Column(
            note(
                "<p class='faint'>SAMP is how TOPCAT, Aladin and others hand tables to each "
                "other. When it is on, tables that they send open here, and the selection can be "
                "sent to them. Only programs on the machine that runs this server are reached.</p>"
            ),
            self.switch,
            self.send_button,
            self.status,
            sizing_mode="stretch_width",
            margin=0,
        )

    def _on_switch(self, event: Any) -> None:
        if event.new:
            self._connect()
        else:
            self.close()
        on = self.samp is not None and self.samp.connected
        self.send_button.disabled = not on
        readers = ", ".join(self.samp.others()) if self.samp is not None and on else ""
        words = f"On. Readers: {readers or 'none yet'}." if on else "Off."
        self.status.object = f"<p class='faint'>{words}</p>"

    def _connect(self) -> None:
        loop, document = asyncio.get_running_loop(), self._shell().document
        say = self._shell().say

        def received(content: bytes, name: str) -> None:
            # SAMP calls from a thread of its own; the page is touched in the server's loop only.
            loop.call_soon_threadsafe(self._table.open_bytes, content, name)

        def failed(sentence: str) -> None:
            loop.call_soon_threadsafe(on_tick, document, lambda: say(sentence, "error"))

        self.samp = Samp(received, failed)
        try:
            self.samp.connect()
        except Exception as error:
            # A hub can refuse in many ways; none of them may take the page down.
            self.samp = None
            say(f"SAMP could not be switched on: {error}", "error")
            self.switch.value = False

    def _send(self) -> None:
        shell = self._shell()
        if self.samp is None:
            return
        try:
            readers = self.samp.send(selection_table(self.explorer), "astroviz_selection")
        except SampError as error:
            shell.say(str(error), "warning")
            return
        shell.say(f"Sent to {readers} program{'s' if readers != 1 else ''}.", "success")
