"""The field that takes draws and truths of a user's own."""

from __future__ import annotations

import asyncio
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.accuracy.own import trial_of
from astroviz.accuracy.trial_models import MINE
from astroviz.dashboards.appearance import note
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.stars_table import UPLOAD_LIMIT_MB

__all__ = ["OwnDraws"]

_KINDS = ".npz,.parquet,.pq,.nc,.h5,.hdf5,.fits,.fit,.csv,.ecsv,.vot,.xml"
_INTRO = (
    "Draws (objects \u00d7 draws \u00d7 parameters) and their true values: <b>.npz</b> with "
    "<code>draws</code> and <code>truths</code>, Parquet with list columns, or NetCDF as ArviZ "
    "writes it. Nothing leaves this server."
)


class OwnDraws:
    r"""Reads a file in a thread; whatever is wrong is a sentence, and what was there stays.

    Arguments:
        form: The form: `explorer`, `shell`, `regret`.
    """

    def __init__(self, form: Any) -> None:
        self.form, self.explorer, self.shell = form, form.explorer, form.shell
        self.file = pmui.FileInput(
            label="File with draws and truths", accept=_KINDS, variant="outlined", height=56,
            max_file_size=UPLOAD_LIMIT_MB * 2**20, sizing_mode="stretch_width", margin=(4, 0),
        )  # fmt: skip
        self.file.param.watch(self._on_file, "value")
        self.words = note("", margin=(0, 0, 2, 0))
        self.drop = pmui.Switch(
            label="Leave out objects with NaN draws", value=self.explorer.trial_drop, size="small",
            description=self.explorer.param.trial_drop.doc, margin=(2, 0),
        )  # fmt: skip
        self.drop.link(self.explorer, value="trial_drop", bidirectional=True)
        self.layout = pn.Column(
            note(f"<p class='faint' style='font-size:12px;margin:4px 0 0'>{_INTRO}</p>"),
            self.file, self.words, self.drop, sizing_mode="stretch_width", margin=0,
            visible=False,
        )  # fmt: skip
        self._task: asyncio.Task[None] | None = None
        self._name = ""

    def refresh(self) -> None:
        """Say what is held."""
        own = self.explorer.own
        html = ""
        if own is not None:
            names = ", ".join(own.names[:6]) + (", \u2026" if len(own.names) > 6 else "")
            draws, name = own.draws.shape[1], self._name or own.model or "Your draws"
            html = (
                f"<b>{escape(name)}</b>: {own.count:,} objects, {draws:,} draws each of "
                f"{escape(names)}"
            )
        if self.words.object != html:
            self.words.object = html

    def _on_file(self, event: Any) -> None:
        if event.new:
            self.open_bytes(bytes(event.new), str(self.file.filename or "upload"))

    def open_bytes(self, content: bytes, name: str) -> None:
        """Read a file's content."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a server
            self._take(name, self._read(content, name))
            return
        if self._task is not None and not self._task.done():
            self._task.cancel()
        self._task = loop.create_task(self._open(content, name))

    async def _open(self, content: bytes, name: str) -> None:
        found = await asyncio.to_thread(self._read, content, name)
        on_tick(self.shell.document, lambda: self._take(name, found))

    @staticmethod
    def _read(content: bytes, name: str) -> Any:
        """A trial, or the error that says why there is none."""
        try:
            return trial_of(content, label=name)
        except (ValueError, OSError, KeyError) as error:
            return error

    def _take(self, name: str, found: Any) -> None:
        if isinstance(found, Exception):
            self.form.regret(found)
            return
        self._name = name
        self.explorer.own = found
        if self.explorer.tried != MINE:
            self.explorer.tried = MINE
        self.form.follow()
        self.form.start()
