"""The form that fits a catalogue of one's own: file, columns, selection, budget."""

from __future__ import annotations

import io
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.adaptation_upload import Upload
from astroviz.dashboards.appearance import note
from astroviz.dashboards.job import Job
from astroviz.galaxies.filters import FILTER_SETS
from astroviz.galaxies.fit_mine import BUDGETS, PHOTOMETRY, PRIORS, SELECTED

__all__ = ["CatalogueForm"]

_NONE = "(none)"
_BUILT = ("selection_", "use_", "wedge_")  # parameters of the view Selection
_SMALL = {"size": "small", "margin": (2, 0)}
_FIELD = {"size": "small", "margin": (10, 4, 2, 0), "sizing_mode": "stretch_width"}
_ROW = {"sizing_mode": "stretch_width", "margin": 0}
_INTRO = (
    "Magnitudes or fluxes of galaxies with errors; redshifts where they are known. Negative "
    "fluxes are kept."
)


class CatalogueForm:
    r"""Reads a user's table and fits a population to it.

    Arguments:
        view: The view: `explorer`, `shell`, `watcher`, `draw`.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer, self.shell = view, view.explorer, view.shell
        self.fitting = False
        self.job = Job(self.shell, self._on_job)
        self.upload = Upload("Table of galaxies", self.shell, self._on_table)
        self.bands: dict[str, tuple[Any, Any]] = {}
        self.columns = pn.Column(**_ROW)
        self.words = note("", margin=(6, 0, 0, 0))
        self._make_fields()
        self._make_buttons()
        self.layout = pn.Column(
            note(f"<p class='faint'>{_INTRO}</p>"), self.upload.layout, self.example,
            pn.Row(self.filters, self.photometry, **_ROW), self.corrected, self.trusted,
            self.columns, self.selected, self.selection_words,
            pn.Row(self.band, self.limit, **_ROW), self.redshifts,
            pn.Row(self.prior, self.budget, **_ROW),
            pn.Row(self.read_button, self.fit_button, self.again_button, margin=(4, 0, 0, 0)),
            self.words, self.save,
            sizing_mode="stretch_width", margin=(2, 12, 10, 12),
        )  # fmt: skip
        self._offer_columns()
        self.refresh()

    # Building

    def _make_fields(self) -> None:
        explorer = self.explorer
        self.filters = self._select("filters", {n: n for n in FILTER_SETS}, "fit_filters")
        self.photometry = self._select("the numbers are", _turned(PHOTOMETRY), "fit_photometry")
        self.prior = self._select("prior", _turned(PRIORS), "fit_prior")
        self.budget = self._select("time", _turned(BUDGETS), "fit_budget")
        self.corrected = self._switch("Corrected for Galactic extinction", "fit_corrected")
        self.trusted = self._switch("Take the numbers as declared", "fit_trusted")
        self.redshifts = self._switch("Fit the known redshifts too", "fit_redshifts")
        self.selected = self._select("selected by", _turned(SELECTED), "fit_selected")
        self.selection_words = note("", margin=(4, 0, 0, 0), visible=False)
        built = [name for name in explorer.param if name.startswith(_BUILT)]
        explorer.param.watch(
            lambda *_: self._on_selected(), ["fit_selected", "fit_filters", *built]
        )
        self.band = self._select(
            "limit in", {short: short for _, short in explorer.fit_bands()}, "fit_band"
        )
        self.limit = pmui.TextInput(
            label="faintest magnitude", placeholder="no limit", value=_written(explorer.fit_limit),
            description=explorer.param.fit_limit.doc, **_FIELD,
        )  # fmt: skip
        self.limit.param.watch(self._on_limit, "value")
        explorer.param.watch(self._on_filters, "fit_filters")
        explorer.param.watch(
            lambda event: setattr(self.limit, "value", _written(event.new)), "fit_limit"
        )

    def _make_buttons(self) -> None:
        self.example = pmui.Button(
            label="Take the example", icon="dataset", variant="text",
            description="Take the example: ten thousand galaxies of SDSS", **_SMALL,
        )  # fmt: skip
        self.example.on_click(lambda _: self.take_example())
        self.read_button = pmui.Button(
            label="Read it", variant="outlined", size="small", margin=(2, 8, 2, 0),
            description="Read it: say what is wrong with which row",
        )  # fmt: skip
        self.read_button.on_click(lambda _: self.read())
        self.fit_button = pmui.Button(
            label="Fit", icon="play_arrow", variant="contained", size="small", margin=(2, 0),
            description="Fit a population to this catalogue; it can be cancelled",
        )  # fmt: skip
        self.fit_button.on_click(lambda _: self.fit())
        self.again_button = pmui.Button(
            label="Start again", variant="text", size="small", margin=(2, 0, 2, 8), visible=False,
            description="Start again: forget the fit that was given up",
        )  # fmt: skip
        self.again_button.on_click(lambda _: self.again())
        self.save = pmui.FileDownload(
            callback=self._saved, filename="astroviz_population.zip", label="Save the population",
            size="small", auto=True, embed=False, margin=(6, 0, 0, 0),
        )  # fmt: skip
        self.save.variant = "outlined"

    def _select(self, label: str, options: dict[str, str], name: str) -> pmui.Select:
        made = pmui.Select(
            label=label, options=options, value=getattr(self.explorer, name),
            description=self.explorer.param[name].doc, **_FIELD,
        )  # fmt: skip
        made.link(self.explorer, value=name, bidirectional=True)
        return made

    def _switch(self, label: str, name: str) -> pmui.Switch:
        made = pmui.Switch(
            label=label, value=getattr(self.explorer, name),
            description=self.explorer.param[name].doc, **_SMALL,
        )  # fmt: skip
        made.link(self.explorer, value=name, bidirectional=True)
        return made

    # Columns

    def _on_filters(self, _event: Any) -> None:
        shorts = [short for _, short in self.explorer.fit_bands()]
        band = self.explorer.fit_band
        band = band if band in shorts else shorts[len(shorts) // 2]
        self.band.param.update(options={short: short for short in shorts}, value=band)
        self._offer_columns()

    def _on_table(self) -> None:
        """A file was opened."""
        try:
            self.explorer.fit_open(self.upload.table, self.upload.name)
        except ValueError as error:
            self._regret(error)
            return
        self._offer_columns()
        self.words.object = ""
        self.refresh()

    def _offer_columns(self) -> None:
        """A row for each band: which column, which error."""
        table = self.explorer.fit_table
        self.bands = {}
        if table is None:
            self.columns[:] = []
            return
        names = [_NONE, *table.colnames]
        rows = []
        for band, (value, error) in self.explorer.fit_guesses().items():
            short = dict(self.explorer.fit_bands())[band]
            pair = tuple(
                pmui.Select(label=label, options=names, value=found or _NONE, **_FIELD)
                for label, found in ((short, value), (f"error of {short}", error))
            )
            for select in pair:
                select.param.watch(lambda _: self._choose(), "value")
            self.bands[band] = pair
            rows.append(pn.Row(*pair, **_ROW))
        self.columns[:] = rows
        self._choose()

    def _choose(self) -> None:
        """Tell the state which columns were chosen."""
        chosen = {}
        for band, (value, error) in self.bands.items():
            if value.value != _NONE:
                alone = error.value == _NONE
                chosen[band] = value.value if alone else (value.value, error.value)
        self.explorer.fit_choose(chosen)

    def _on_selected(self) -> None:
        """One limit, or what the view *Selection* is set to."""
        whole = self.explorer.fit_selected == "view"
        self.band.visible = self.limit.visible = not whole
        self.selection_words.visible = whole
        if whole:
            words = escape(self.explorer.fit_selection_words(), quote=False)
            self.selection_words.object = f"<p class='faint'>Selected by: {words}.</p>"

    def _on_limit(self, event: Any) -> None:
        words = event.new.strip()
        try:
            self.explorer.fit_limit = float(words) if words else None
        except ValueError:
            low, high = self.explorer.param.fit_limit.bounds
            self.shell.say(
                f"The faintest magnitude must be a number from {low:g} to {high:g}, or nothing, "
                f"not {words!r}.", "error",
            )  # fmt: skip
            self.limit.value = _written(self.explorer.fit_limit)

    # What hands do

    def take_example(self) -> None:
        """Take the galaxies that ship, as if they were a table of one's own."""
        try:
            self.explorer.fit_example()
        except (ValueError, OSError) as error:
            self._regret(error)
            return
        self.upload.put(self.explorer.fit_table, self.explorer.fit_name)

    def read(self) -> None:
        """Read the table, and say what was found."""
        try:
            work = self.explorer.fit_reading()
        except ValueError as error:
            self._regret(error)
            return
        self.job.start("Reading the catalogue", work, self._read)

    def fit(self) -> None:
        """Read the table and fit a population to it."""
        try:
            work = self.explorer.fit_work(self.view.watcher())
        except ValueError as error:
            self._regret(error)
            return
        if not self.job.running:
            self.explorer.fit_frame = None
            self.fitting = True
        self.job.start("Fitting the population", work, self._fitted)
        if not self.job.running:  # outside a server it has ended by now
            self._on_job()

    def again(self) -> None:
        """Fit from the beginning."""
        self.explorer.fit_forget()
        self.fit()

    def _read(self, catalogue: Any) -> None:
        self.explorer.fit_keep(catalogue)
        self.refresh()
        self.view.say()

    def _fitted(self, found: Any) -> None:
        catalogue, population = found
        self.fitting = False
        self.explorer.fit_forget()
        self.explorer.fit_drop_frames()
        self.explorer.fit_keep(catalogue)
        self.explorer.keep_fit(population)
        self.shell.say("Fitted: all views of this page show your population now.", "success")
        self.view.draw()

    def _on_job(self) -> None:
        """Work has begun or has ended."""
        if self.fitting and not self.job.running:  # given up, or it failed
            self.fitting = False
            self.explorer.fit_drop_frames()
            self.view.draw()
            self.view.say()
        self.refresh()

    def refresh(self) -> None:
        """Show the state of the table and of the work."""
        self._on_selected()
        there, busy = self.explorer.fit_table is not None, self.job.running
        for button in (self.read_button, self.fit_button):
            button.disabled = busy or not there
        self.example.disabled = busy
        more = there and self.explorer.fit_resumable and not busy
        label = "Go on" if more else "Fit"
        if self.fit_button.label != label:
            self.fit_button.label = label
        self.again_button.visible = more
        self.save.visible = self.explorer.mine is not None
        html = self.explorer.fit_words()
        if self.words.object != html:
            self.words.object = html

    def _saved(self) -> io.BytesIO:
        return io.BytesIO(self.explorer.fit_bytes())

    def _regret(self, error: Exception) -> None:
        sentence = escape(str(error.args[0] if error.args else error), quote=False)
        self.shell.say(f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}.", "error")


def _turned(words: dict[str, str]) -> dict[str, str]:
    return {label: name for name, label in words.items()}


def _written(limit: float | None) -> str:
    return "" if limit is None else f"{limit:g}"
