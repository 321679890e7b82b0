"""A field that takes a file and holds the table in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import note
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.shell import Shell
from astroviz.dashboards.stars_table import UPLOAD_LIMIT_MB
from astroviz.io import TableError, read_in_thread

__all__ = ["Upload"]

_KINDS = ".fits,.fit,.vot,.xml,.parquet,.pq,.csv,.tsv,.txt,.dat,.ecsv,.gz,.mrt,.tbl"


class Upload:
    r"""Reads a file in a thread; whatever goes wrong, the table of before stays.

    Arguments:
        label: What to choose.
        shell: Shows progress and sentences.
        changed: Called with the document's lock when there is another table.
    """

    def __init__(self, label: str, shell: Shell, changed: Callable[[], None]) -> None:
        self.shell, self.changed = shell, changed
        self.table: Any = None
        self.name = ""
        self.words = note("", margin=(0, 0, 4, 0))
        self.file = pmui.FileInput(
            label=label, accept=_KINDS, max_file_size=UPLOAD_LIMIT_MB * 2**20, variant="outlined",
            sizing_mode="stretch_width", height=56, margin=(2, 0),
        )  # fmt: skip
        self.file.param.watch(self._on_file, "value")
        self.layout = pn.Column(self.file, self.words, sizing_mode="stretch_width", margin=0)
        self._task: asyncio.Task[None] | None = None

    def put(self, table: Any, name: str) -> None:
        """Hold a table that did not come from a file."""
        self.table, self.name = table, name
        self.words.object = f"<b>{escape(name)}</b>: {len(table):,} rows"
        self.changed()

    def take(self) -> None:
        """Hold nothing."""
        self.table, self.name = None, ""
        self.words.object = ""

    def _on_file(self, event: Any) -> None:
        if event.new:
            self.open_bytes(bytes(event.new), str(self.file.filename or "upload"))

    def open_bytes(self, content: bytes, name: str) -> None:
        """Read a file's content."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(self._read(content, name))

    async def _read(self, content: bytes, name: str) -> None:
        loop, shell = asyncio.get_running_loop(), self.shell

        def progress(share: float) -> None:
            loop.call_soon_threadsafe(
                on_tick, shell.document, lambda: shell.show_progress(f"Reading {name}", share)
            )

        try:
            table = await asyncio.wrap_future(read_in_thread(content, progress, name=name))
        except TableError as error:
            sentence = str(error.args[0] if error.args else error)
            on_tick(
                shell.document,
                lambda: shell.say(sentence[:1].upper() + sentence[1:], "error"),
            )
            return
        finally:
            # Queued behind the progress that the reading thread has queued.
            loop.call_soon(on_tick, shell.document, lambda: shell.show_progress("", None))
        on_tick(shell.document, lambda: self.put(table, name))
