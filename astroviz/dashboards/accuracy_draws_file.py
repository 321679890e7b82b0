"""A field that takes a file of draws with their truths and holds the trial in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.accuracy.own import trial_of
from astroviz.dashboards.appearance import note
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.shell import Shell
from astroviz.dashboards.stars_table import UPLOAD_LIMIT_MB

__all__ = ["DrawsFile"]

_KINDS = ".npz,.parquet,.pq,.fits,.csv,.ecsv,.nc,.h5,.hdf5"


class DrawsFile:
    r"""Reads a file in a thread; whatever is wrong with it, what was held stays.

    Arguments:
        label: What to choose.
        shell: Shows sentences.
        changed: Called with the document's lock when there is another trial.
    """

    def __init__(self, label: str, shell: Shell, changed: Callable[[], None]) -> None:
        self.shell, self.changed = shell, changed
        self.trial: Any = None
        self.words = note("", margin=(0, 0, 4, 0))
        self.file = pmui.FileInput(
            label=label, accept=_KINDS, max_file_size=UPLOAD_LIMIT_MB * 2**20, variant="outlined",
            sizing_mode="stretch_width", height=56, margin=(2, 0),
        )  # fmt: skip
        self.file.param.watch(self._on_file, "value")
        self.layout = pn.Column(self.file, self.words, sizing_mode="stretch_width", margin=0)
        self._task: asyncio.Task[None] | None = None

    def open_bytes(self, content: bytes, name: str) -> None:
        """Read a file's content."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a server
            self._take(name, _read(content, name))
            return
        if self._task is not None and not self._task.done():
            self._task.cancel()
        self._task = loop.create_task(self._open(content, name))

    async def _open(self, content: bytes, name: str) -> None:
        found = await asyncio.to_thread(_read, content, name)
        on_tick(self.shell.document, lambda: self._take(name, found))

    def _on_file(self, event: Any) -> None:
        if event.new:
            self.open_bytes(bytes(event.new), str(self.file.filename or "upload"))

    def _take(self, name: str, found: Any) -> None:
        if isinstance(found, Exception):
            sentence = str(found.args[0] if found.args else found)
            self.shell.say(sentence[:1].upper() + sentence[1:], "error")
            return
        self.trial = found
        draws = found.draws.shape[1]
        self.words.object = f"<b>{escape(name)}</b>: {found.count:,} objects, {draws:,} draws each"
        self.changed()


def _read(content: bytes, name: str) -> Any:
    """A trial, or the error that says why there is none."""
    try:
        return trial_of(content, label=name)
    except (ValueError, OSError, KeyError) as error:
        return error
