r"""A catalogue of the user's on the page: opened, its columns named, read, and fitted."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.galaxies.film import Film, Frame, Watcher
from astroviz.galaxies.filters import FILTER_SETS, SHORT_NAMES
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.view_state import ViewState

if TYPE_CHECKING:
    from astroviz.galaxies.catalogue import Catalogue
    from astroviz.galaxies.selection import Selection

__all__ = ["BUDGETS", "PHOTOMETRY", "PRIORS", "MineState", "Steps", "catalogue_features"]

PHOTOMETRY = {
    "ab": "AB magnitudes",
    "vega": "Vega magnitudes",
    "sdss_asinh": "SDSS asinh magnitudes",
    "flux_nmgy": "fluxes, nanomaggies",
}
PRIORS = {"survey": "physical: volume, mass function", "popsed": "flat in every parameter"}
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
    fit_redshifts = param.Boolean(
        default=True, doc="Known redshifts of the table, if it has any, are fitted too."
    )
    fit_prior: param.Selector[Any] = param.Selector(
        default="survey", objects=list(PRIORS), doc="What is believed before the data."
    )
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
        name, count = escape(self._table_name), len(self._table)
        catalogue = self._catalogue
        if catalogue is None:
            return f"<p class='faint'><b>{name}</b>: {count:,} rows, not read yet.</p>"
        rows = [f"<b>{len(catalogue):,}</b> of {count:,} rows of {name} are galaxies with light"]
        whole = int(np.isfinite(catalogue.magnitudes).all(1).sum())
        rows.append(f"{whole:,} of them are observed in all of {len(catalogue.bands)} bands")
        if catalogue.redshift is not None:
            rows.append(f"{int(np.isfinite(catalogue.redshift).sum()):,} have redshifts")
        rows += [escape(note) for note in catalogue.notes]
        for reason, several in _grouped(catalogue.problems).items():
            rows.append(f"{several:,} rows: {escape(reason)}")
        items = "".join(f"<li>{row}</li>" for row in rows)
        return f"<ul style='margin:0;padding-left:18px'>{items}</ul>"

    # Reading and fitting

    def fit_selection(self) -> Selection | None:
        """How the catalogue was selected; None for all galaxies of the volume."""
        from astroviz.galaxies.selection import MagnitudeLimit, Selection

        if self.fit_limit is None:
            return None
        bands = FILTER_SETS[self.fit_filters]
        short = {SHORT_NAMES.get(band, band): band for band in bands}
        band = short.get(self.fit_band, self.fit_band)
        if band not in bands:
            raise GalaxyError(
                f"the limit is in {self.fit_band!r}, which is none of these filters: choose one "
                f"of {', '.join(short)}"
            )
        return Selection((MagnitudeLimit(band, float(self.fit_limit), 0.05),), bands)

    def fit_reading(self) -> Work:
        """Work that reads the table: a `Catalogue`, or a sentence about what is wrong with it."""
        if self._table is None:
            raise GalaxyError("there is no table yet: choose a file, or take the example")
        table, filters, chosen = self._table, self.fit_filters, dict(self._chosen)
        photometry, corrected = self.fit_photometry, self.fit_corrected

        def work(progress: Callable[[float], None], check: Callable[[], None]) -> Catalogue:
            from astroviz.galaxies.catalogue import read_catalogue

            progress(0.02)
            check()
            return read_catalogue(table, filters, chosen, photometry, corrected)

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
        anchored = bool(self.fit_redshifts)
        self._frames = ()

        def work(progress: Callable[[float], None], check: Callable[[], None]) -> Any:
            from astroviz.galaxies.fit_catalogue import fit_catalogue

            catalogue = reading(lambda share: None, check)
            self.fit_keep(catalogue)
            progress(0.03)
            population = fit_catalogue(
                catalogue, selection, redshifts=anchored, control=Steps(progress, check),
                watch=watch, **settings,
            )  # fmt: skip
            return catalogue, population

        return work

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


def _grouped(problems: Mapping[int, str], most: int = 6) -> dict[str, int]:
    """Reasons and how many rows each has, the most frequent first; numbers in them are rows."""
    counts = Counter(re.sub(r"row \d+", "an earlier row", words) for words in problems.values())
    return dict(counts.most_common(most))


def catalogue_features(
    catalogue: Catalogue, names: tuple[str, ...], most: int = 256
) -> np.ndarray:
    r"""Bands, colours and redshifts of some galaxies.

    Arguments:
        catalogue: The galaxies.
        names: `r`, `u-g`, `redshift`, in short names of its bands.
        most: How many galaxies.

    Returns:
        Shape (n, F); NaN where not observed.
    """
    from astroviz.galaxies.features import short_band

    rows = np.linspace(0, len(catalogue) - 1, min(most, len(catalogue))).astype(int)
    short = {short_band(band): k for k, band in enumerate(catalogue.bands)}
    found = np.full((len(rows), len(names)), np.nan, np.float32)
    for k, name in enumerate(names):
        parts = re.split("-", name)
        if name == "redshift" and catalogue.redshift is not None:
            found[:, k] = catalogue.redshift[rows]
        elif all(part in short for part in parts):
            columns = [catalogue.magnitudes[rows, short[part]] for part in parts]
            found[:, k] = columns[0] - columns[1] if len(columns) == 2 else columns[0]
    return found
