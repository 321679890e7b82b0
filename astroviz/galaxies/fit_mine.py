r"""A catalogue of the user's on the page: opened, its columns named, read, and fitted."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.galaxies.film import Film, Frame, Watcher
from astroviz.galaxies.filters import FILTER_SETS, SHORT_NAMES
from astroviz.galaxies.fit_table import catalogue_features, catalogue_words, for_page
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.view_state import ViewState

if TYPE_CHECKING:
    from astroviz.galaxies.catalogue import Catalogue
    from astroviz.galaxies.selection import Selection

__all__ = ["BUDGETS", "PHOTOMETRY", "PRIORS", "SELECTED", "MineState", "Steps"]

PHOTOMETRY = {
    "ab": "AB magnitudes",
    "vega": "Vega magnitudes",
    "sdss_asinh": "SDSS asinh magnitudes",
    "flux_nmgy": "fluxes, nanomaggies",
    "twomass_vega": "AB, but 2MASS in Vega",
    "asinh_vega": "SDSS asinh, 2MASS in Vega",
}
_MIXED = {
    "twomass_vega": {"twomass": "vega"},
    "asinh_vega": {"sdss": "sdss_asinh", "twomass": "vega"},
}
PRIORS = {"survey": "physical: volume, mass function", "popsed": "flat in every parameter"}
SELECTED = {"limit": "one magnitude limit", "view": "all of the view Selection"}
BUDGETS = {"30s": "half a minute", "2m": "2 minutes", "5m": "5 minutes", "15m": "15 minutes"}

Work = Callable[[Callable[[float], None], Callable[[], None]], Any]


class Steps:
    r"""A `Control` over what a page gives to long work.

    Arguments:
        progress: Told the share that is done.
        check: Raises when the work is to stop.
    """

    max_draws: int | None = None

    def __init__(self, progress: Callable[[float], None], check: Callable[[], None]) -> None:
        self._progress, self._check = progress, check

    def progress(self, fraction: float) -> None:
        """A share of the work is done."""
        self._progress(fraction)

    def check(self) -> None:
        """Go on, or end."""
        self._check()


class MineState(ViewState):
    """What is said of a user's catalogue, and what was read and fitted of it."""

    fit_filters: param.Selector[Any] = param.Selector(
        default="sdss", objects=list(FILTER_SETS), doc="Whose filters the photometry is in."
    )
    fit_photometry: param.Selector[Any] = param.Selector(
        default="ab", objects=list(PHOTOMETRY), doc="What the numbers of the table are."
    )
    fit_corrected = param.Boolean(
        default=True,
        doc="The table is corrected for the dust of our own Galaxy; otherwise its columns of "
        "extinction or E(B - V) are used.",
    )
    fit_trusted = param.Boolean(
        default=False,
        doc="Take the numbers as they are declared, also where the colours look like those of "
        "another magnitude system.",
    )
    fit_redshifts = param.Boolean(
        default=True, doc="Known redshifts of the table, if it has any, are fitted too."
    )
    fit_prior: param.Selector[Any] = param.Selector(
        default="survey", objects=list(PRIORS), doc="What is believed before the data."
    )
    fit_selected: param.Selector[Any] = param.Selector(
        default="limit", objects=list(SELECTED),
        doc="How the catalogue was selected: by one limit, or by all that the view Selection is "
        "set to (limit, wedge of colours, signal to noise, completeness).",
    )  # fmt: skip
    fit_band = param.String(default="r", doc="Band of the limit of the catalogue.")
    fit_limit = param.Number(
        default=None, bounds=(5.0, 35.0), allow_None=True,
        doc="Faintest magnitude of the catalogue, AB; none: every galaxy of the volume is in it.",
    )  # fmt: skip
    fit_budget: param.Selector[Any] = param.Selector(
        default="5m", objects=list(BUDGETS), doc="Time for the fit, reading included."
    )

    _table: Any = None
    _table_name = ""
    _chosen: Mapping[str, Any]
    _catalogue: Catalogue | None = None
    _frames: tuple[Frame, ...] = ()
    _kept_at: tuple[Any, Any] | None = None  # what is fitted, and the folder of its checkpoints

    # The table

    @property
    def fit_table(self) -> Any:
        """The table that was opened; None before."""
        return self._table

    @property
    def fit_name(self) -> str:
        """Its name."""
        return self._table_name

    @property
    def fit_catalogue(self) -> Catalogue | None:
        """What was read of it; None before."""
        return self._catalogue

    def fit_open(self, table: Any, name: str = "my table") -> None:
        """Look at a table of the user's; nothing is read of it yet."""
        from astroviz.galaxies.catalogue import as_table

        self._table, self._table_name = as_table(table), name
        self._chosen, self._catalogue = {}, None

    def fit_example(self) -> None:
        """Look at the galaxies that ship with the room, as if they were the user's."""
        from astroviz.galaxies.sdss import demo_table

        self.fit_open(demo_table(), "SDSS galaxies that ship with astroviz")
        self.param.update(fit_filters="sdss", fit_photometry="ab", fit_corrected=True,
                          fit_band="r", fit_limit=17.77)  # fmt: skip

    def fit_bands(self) -> tuple[tuple[str, str], ...]:
        """Name and short name of each band of the filters."""
        return tuple((band, SHORT_NAMES.get(band, band)) for band in FILTER_SETS[self.fit_filters])

    def fit_guesses(self) -> dict[str, tuple[str, str]]:
        """Band to its columns of value and error, as their names say; empty texts for none."""
        from astroviz.galaxies.catalogue_columns import find_band
        from astroviz.io.aliases import key

        if self._table is None:
            return {}
        known = {key(name): name for name in reversed(self._table.colnames)}
        found = {band: find_band(band, known) for band, _ in self.fit_bands()}
        return {band: ("", "") if c is None else (c.value, c.error) for band, c in found.items()}

    def fit_choose(self, columns: Mapping[str, Any]) -> None:
        """Say which columns bands are in: band to its value, or to its value and error."""
        self._chosen, self._catalogue = dict(columns), None

    def fit_words(self) -> str:
        """What is known of the table so far, as HTML."""
        if self._table is None:
            return ""
        return catalogue_words(self._table_name, len(self._table), self._catalogue)

    # Reading and fitting

    def fit_selection(self) -> Selection | None:
        """How the catalogue was selected; None for all galaxies of the volume."""
        from astroviz.galaxies.selection import MagnitudeLimit, Selection

        bands = FILTER_SETS[self.fit_filters]
        if self.fit_selected == "view":
            return self._built(bands)
        if self.fit_limit is None:
            return None
        short = {SHORT_NAMES.get(band, band): band for band in bands}
        band = short.get(self.fit_band, self.fit_band)
        if band not in bands:
            raise GalaxyError(
                f"the limit is in {self.fit_band!r}, which is none of these filters: choose one "
                f"of {', '.join(short)}"
            )
        return Selection((MagnitudeLimit(band, float(self.fit_limit), 0.05),), bands)

    def fit_selection_words(self) -> str:
        """The selection in a sentence, or why there can be none."""
        try:
            chosen = self.fit_selection()
        except GalaxyError as error:
            return str(error)
        return "every galaxy of the volume is in it" if chosen is None else chosen.words()

    def _built(self, bands: tuple[str, ...]) -> Selection | None:
        """What the view *Selection* is set to, over the bands of the catalogue."""
        from astroviz.galaxies.selection_terms import selection

        built = selection(self)
        missing = sorted({band for term in built.terms for band in term.bands} - set(bands))
        if missing:
            raise GalaxyError(
                f"the view Selection acts on {', '.join(missing)}, which the filters of this "
                f"table do not have ({', '.join(bands)}): choose its survey and band anew there, "
                "or other filters here"
            )
        return built.for_bands(bands) if built else None

    def fit_reading(self) -> Work:
        """Work that reads the table: a `Catalogue`, or a sentence about what is wrong with it."""
        if self._table is None:
            raise GalaxyError("there is no table yet: choose a file, or take the example")
        table, filters, chosen = self._table, self.fit_filters, dict(self._chosen)
        photometry = _MIXED.get(self.fit_photometry, self.fit_photometry)
        corrected, ask = bool(self.fit_corrected), not self.fit_trusted

        def work(progress: Callable[[float], None], check: Callable[[], None]) -> Catalogue:
            from astroviz.galaxies.catalogue import read_catalogue

            progress(0.02)
            check()
            with _on_page():
                return read_catalogue(table, filters, chosen, photometry, corrected, ask=ask)

        return work

    def fit_keep(self, catalogue: Catalogue) -> None:
        """Keep what was read."""
        self._catalogue = catalogue

    def fit_work(self, watch: Watcher | None = None) -> Work:
        r"""Work that reads and fits: gives the catalogue and its `Population`.

        Arguments:
            watch: Told of each frame, in the thread of the work.
        """
        reading, selection = self.fit_reading(), self.fit_selection()
        settings = {"prior": self.fit_prior, "budget": self.fit_budget, "seed": int(self.seed)}
        anchored, checkpoints = bool(self.fit_redshifts), self._checkpoints()
        self._frames = ()

        def work(progress: Callable[[float], None], check: Callable[[], None]) -> Any:
            begun = time.monotonic()  # loading and reading are part of the budget
            from astroviz.galaxies.fit_catalogue import fit_catalogue

            catalogue = reading(lambda share: None, check)
            self.fit_keep(catalogue)
            progress(0.03)
            with _on_page():
                population = fit_catalogue(
                    catalogue, selection, redshifts=anchored, control=Steps(progress, check),
                    watch=watch, checkpoints=checkpoints, begun=begun, **settings,
                )  # fmt: skip
            return catalogue, population

        return work

    @property
    def fit_resumable(self) -> bool:
        """Whether a fit of this very question was given up that can go on where it was."""
        if self._kept_at is None or self._kept_at[0] != self._fit_question():
            return False
        return any(Path(self._kept_at[1].name).glob("*.pt"))

    def fit_forget(self) -> None:
        """Begin the next fit at its beginning."""
        if self._kept_at is not None:
            self._kept_at[1].cleanup()
            self._kept_at = None

    def _checkpoints(self) -> Path:
        """Folder of the checkpoints of what is fitted; another question has another."""
        question = self._fit_question()
        if self._kept_at is None or self._kept_at[0] != question:
            self.fit_forget()
            self._kept_at = (question, TemporaryDirectory(prefix="astroviz-fit-"))
        return Path(self._kept_at[1].name)

    def _fit_question(self) -> tuple[Any, ...]:
        names = ("fit_filters", "fit_photometry", "fit_corrected", "fit_trusted", "fit_redshifts",
                 "fit_prior", "fit_selected", "fit_band", "fit_limit", "fit_budget",
                 "seed")  # fmt: skip
        chosen = tuple(sorted((band, str(column)) for band, column in self._chosen.items()))
        built = self.fit_selection_words() if self.fit_selected == "view" else ""
        return (id(self._table), chosen, built, *(getattr(self, name) for name in names))

    def fit_bytes(self) -> bytes:
        """The fitted population as a file that `Population.load` reads, in a zip."""
        if self._mine is None:
            raise GalaxyError("no catalogue was fitted on this page yet")
        with TemporaryDirectory() as place:
            folder = Path(place) / "population"
            self._mine.save(folder)
            held = io.BytesIO()
            with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
                for one in sorted(folder.rglob("*")):
                    packed.write(one, one.relative_to(folder.parent))
        return held.getvalue()

    def fit_watch(self, frame: Frame) -> None:
        """A frame of the fit that is under way."""
        if self._frames and tuple(self._frames[0].ks) != tuple(frame.ks):
            self._frames = ()
        if self._frames and frame.step <= self._frames[-1].step:
            self._frames = ()  # another member of the ensemble begins
        self._frames = (*self._frames, frame)

    def fit_drop_frames(self) -> None:
        """The fit was given up: show again what there was."""
        self._frames = ()

    def live_film(self) -> Film | None:
        """Frames of the fit that is under way; None before the first."""
        if not self._frames:
            return None
        names = tuple(self._frames[0].ks)
        if self._catalogue is None:
            return Film(self._frames, np.zeros((0, len(names)), np.float32))
        return Film(self._frames, catalogue_features(self._catalogue, names))


@contextmanager
def _on_page() -> Iterator[None]:
    """What is wrong is said in words of the page."""
    try:
        yield
    except GalaxyError as error:
        raise GalaxyError(for_page(str(error))) from error
