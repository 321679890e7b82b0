"""The drawer that opens tables: choose or drop a file, paste a row, look at the column mapping."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import note, text
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.shell import Drawer, Shell
from astroviz.io import ColumnMapping, TableError, read_in_thread
from astroviz.stars.catalogue import Catalogue, open_catalogue
from astroviz.stars.explorer import StarsExplorer
from astroviz.stars.surveys import QUANTITIES

__all__ = ["UPLOAD_LIMIT_MB", "TableDrawer", "pasted_columns"]

# In one websocket message, base64-coded, with room to spare below `serve.MESSAGE_LIMIT`.
UPLOAD_LIMIT_MB = 250
_NONE = "(none)"
_PAIR = re.compile(
    r"([A-Za-z][\w\[\].]*)\s*[=:]\s*([-+\d.eE]+)(?:\s*(?:±|\+/-|\+-)\s*([\d.eE+-]+))?"
)


def pasted_columns(content: str) -> bytes | dict[str, list[float]]:
    r"""What a person pasted: a header and rows of any table, or `G = 14.2 ± 0.01, J = 11.1`.

    Returns:
        The bytes of a table with a header, or a mapping of columns of one row.

    Raises:
        TableError: when it is neither.
    """
    lines = [line for line in content.strip().splitlines() if line.strip()]
    pairs = _PAIR.findall(content)
    if (pairs and "=" in content) or (pairs and ":" in content and len(lines) == 1):
        columns: dict[str, list[float]] = {}
        for name, value, error in pairs:
            columns[name] = [_number(name, value)]
            if error:
                columns[f"{name}_error"] = [_number(name, error)]
        return columns
    if len(lines) >= 2:
        return "\n".join(lines).encode()
    raise TableError(
        "nothing could be read from what was pasted: paste a header line and a row, or values "
        "such as G = 14.2 ± 0.01, J = 11.1 ± 0.02."
    )


def _number(name: str, word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise TableError(
            f"{name} = {word!r} is not a number. Correct it and paste again."
        ) from None


class TableDrawer:
    """Opens tables into an explorer; whatever goes wrong, the open table and selection stay."""

    def __init__(self, explorer: StarsExplorer, shell: Callable[[], Shell]) -> None:
        self.explorer, self._shell = explorer, shell
        self._table: Any = None
        self.mapping_box = pn.Column(sizing_mode="stretch_width", margin=0)
        self._task: asyncio.Task[None] | None = None

    @property
    def drawer(self) -> Drawer:
        """For the frame."""
        return Drawer("table", "Open a table", "upload_file", self._build)

    def _build(self) -> pn.Column:
        self.file = pmui.FileInput(
            label="Choose or drop a file",
            accept=".fits,.fit,.vot,.xml,.parquet,.pq,.csv,.tsv,.txt,.dat,.ecsv,.gz,.mrt,.tbl",
            max_file_size=UPLOAD_LIMIT_MB * 2**20,
            variant="outlined",
            sizing_mode="stretch_width",
            height=64,
            margin=(4, 0),
        )
        self.file.param.watch(self._on_file, "value")
        self.paste = pmui.TextAreaInput(
            label="Paste values",
            placeholder="G = 14.2 ± 0.01, J = 11.1 ± 0.02\nor a header line and rows",
            rows=3,
            size="small",
            sizing_mode="stretch_width",
            margin=(4, 0),
        )
        read = pmui.Button(label="Read", variant="outlined", size="small", margin=(4, 0))
        read.on_click(lambda _: self._on_paste())
        self._show_mapping()
        return pn.Column(
            note(
                "<p class='faint'>FITS, VOTable, Parquet, CSV, ECSV or AAS machine-readable, "
                "gzipped or not, recognised by content. Columns of Gaia, 2MASS, WISE, Spitzer and "
                "spectroscopic labels are found by name; blanks, NaN and the usual gap codes are "
                f"gaps. Up to {UPLOAD_LIMIT_MB} MB here; larger files open from Python.</p>"
            ),
            self.file,
            self.paste,
            read,
            self.mapping_box,
            sizing_mode="stretch_width",
            margin=0,
        )

    # --- opening ----------------------------------------------------------------------------

    def _on_file(self, event: Any) -> None:
        if event.new:
            self.open_bytes(bytes(event.new), str(self.file.filename or "upload"))

    def _on_paste(self) -> None:
        try:
            found = pasted_columns(self.paste.value_input or self.paste.value or "")
        except TableError as error:
            self._shell().say(str(error), "error")
            return
        if isinstance(found, bytes):
            self.open_bytes(found, "pasted rows")
        else:
            self._start(self._open(found, "pasted values", None))

    def open_bytes(self, content: bytes, name: str) -> None:
        """Read a file's content in a thread, then show it."""
        self._start(self._read(content, name))

    def _start(self, work: Any) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(work)

    async def _read(self, content: bytes, name: str) -> None:
        shell = self._shell()
        loop, document = asyncio.get_running_loop(), shell.document

        def progress(share: float) -> None:
            loop.call_soon_threadsafe(
                on_tick, document, lambda: shell.show_progress(f"Reading {name}", share, stop)
            )

        reading = read_in_thread(content, progress, name=name)

        def stop() -> None:
            reading.cancel()

        try:
            table = await asyncio.wrap_future(reading)
        except asyncio.CancelledError:
            on_tick(document, lambda: shell.say(f"Reading {name} was cancelled.", "info"))
            return
        except TableError as error:
            self._refuse(error)
            return
        finally:
            on_tick(document, lambda: shell.show_progress("", None))
        await self._open(table, name, None)

    async def _open(self, table: Any, name: str, mapping: ColumnMapping | None) -> None:
        shell = self._shell()
        on_tick(shell.document, lambda: shell.show_progress(f"Opening {name}", None))
        try:
            # A million rows take seconds: not in the thread that answers every other visitor.
            opened = await asyncio.to_thread(open_catalogue, table, name, mapping)
        except (TableError, ValueError, KeyError) as error:
            self._refuse(error)
            return
        finally:
            on_tick(shell.document, lambda: shell.show_progress("", None))
        self._table = table
        on_tick(shell.document, lambda: self._show(opened))

    def _refuse(self, error: Exception) -> None:
        shell = self._shell()
        sentence = str(error.args[0] if error.args else error)
        kept = f" {self.explorer.catalogue.label} stays open."
        on_tick(
            shell.document, lambda: shell.say(sentence[:1].upper() + sentence[1:] + kept, "error")
        )

    def _show(self, opened: Catalogue) -> None:
        shell = self._shell()
        notes = self.explorer.open_table(opened)
        kept = " ".join(note_ for note_ in notes[:3])
        many = len(opened)
        shell.say(f"{opened.label}: {many:,} star{'s' if many != 1 else ''}. {kept}", "success")
        self._show_mapping()
        shell.view = "catalogue" if many > 1 else "star"

    # --- the mapping ------------------------------------------------------------------------

    def _show_mapping(self) -> None:
        mapping = self.explorer.catalogue.mapping
        if mapping is None or self._table is None:
            self.mapping_box[:] = []
            return
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(choice.value)}</td>"
            f"<td>{escape(choice.error or '')}</td><td>{escape(choice.flag or '')}</td></tr>"
            for name, choice in mapping.choices.items()
        )
        self.mapping_box[:] = [
            text("Columns", bold=True, margin=(14, 0, 4, 0)),
            note(
                "<table><tr><th>quantity</th><th>column</th><th>error</th><th>flag</th></tr>"
                f"{rows}</table>"
            ),
            *self._editor(mapping),
        ]

    def _editor(self, mapping: ColumnMapping) -> list[Any]:
        names = [quantity.name for quantity in QUANTITIES]
        columns = [_NONE, *getattr(self._table, "colnames", [])]
        first = next(iter(mapping.choices), names[0])
        wide = {"size": "small", "sizing_mode": "stretch_width", "margin": (4, 0)}
        quantity = pmui.Select(label="Change", options=names, value=first, **wide)
        value = pmui.Select(label="Column of the value", options=columns, **wide)
        error = pmui.Select(label="Column of the error", options=columns, **wide)
        missing = pmui.TextInput(label="Numbers that mean a gap", placeholder="-1, -99", **wide)

        def load(*_: Any) -> None:
            choice = mapping.choices.get(quantity.value)
            value.value = choice.value if choice else _NONE
            error.value = (choice.error if choice else None) or _NONE
            missing.value = ", ".join(f"{code:g}" for code in choice.missing) if choice else ""

        quantity.param.watch(load, "value")
        load()
        apply = pmui.Button(label="Read the table again", variant="outlined", size="small")
        apply.on_click(
            lambda _: self._change(
                mapping, quantity.value, value.value, error.value, missing.value
            )
        )
        written = pmui.TextAreaInput(
            label="The whole mapping, as infer --columns reads it",
            value=mapping.to_toml(),
            rows=8,
            **wide,
        )
        apply_text = pmui.Button(label="Use this mapping", variant="outlined", size="small")
        apply_text.on_click(lambda _: self._from_text(written.value_input or written.value))
        return [quantity, value, error, missing, apply, written, apply_text]

    def _change(
        self, mapping: ColumnMapping, name: str, value: str, error: str, missing: str
    ) -> None:
        from astroviz.io import ColumnChoice

        choices = dict(mapping.choices)
        try:
            codes = tuple(float(word) for word in re.split(r"[,\s]+", missing.strip()) if word)
        except ValueError:
            self._shell().say(
                f"Numbers that mean a gap: {missing!r} is not a list of numbers.", "error"
            )
            return
        if value == _NONE:
            choices.pop(name, None)
        else:
            old = choices.get(name, ColumnChoice(value))
            choices[name] = replace(
                old, value=value, error=None if error == _NONE else error, missing=codes
            )
        self._reopen(replace(mapping, choices=choices))

    def _from_text(self, written: str) -> None:
        try:
            mapping = ColumnMapping.from_toml(written)
        except (TableError, ValueError) as error:
            self._shell().say(str(error), "error")
            return
        self._reopen(mapping)

    def _reopen(self, mapping: ColumnMapping) -> None:
        self._start(self._open(self._table, self.explorer.catalogue.label, mapping))
