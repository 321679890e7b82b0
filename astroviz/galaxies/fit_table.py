r"""What a page says of a user's catalogue, and the features of it that a fit compares."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from astroviz.galaxies.catalogue import Catalogue

__all__ = ["catalogue_features", "catalogue_words", "for_page"]

# What a cell of a notebook says, and what hands do on the page instead.
_ON_PAGE = (
    (r"[Ss]ay photometry=\{.*?\}; or, if the table is right, ask=False",
     "Choose it under \u201cthe numbers are\u201d; or, if the table is right, switch \u201cTake "
     "the numbers as declared\u201d on"),
    (r"say photometry='flux_nmgy'( \(nanomaggies\))?",
     "choose \u201cfluxes, nanomaggies\u201d under \u201cthe numbers are\u201d"),
    (r"say photometry='ab'", "choose \u201cAB magnitudes\u201d under \u201cthe numbers are\u201d"),
    (r"say extinction_corrected=False",
     "switch \u201cCorrected for Galactic extinction\u201d off"),
    (r"say extinction_corrected=True", "switch \u201cCorrected for Galactic extinction\u201d on"),
    (r"say which it is with columns=\{.*?\}", "choose its column in the form"),
    (r"with `galaxies.posterior\(row\)`", "in the view Objects"),
)  # fmt: skip


def for_page(words: str) -> str:
    r"""A sentence of the room as it stands on the page, where hands are at switches.

    Arguments:
        words: The sentence.

    Example:
        >>> for_page("ask for them one by one with `galaxies.posterior(row)`")
        'ask for them one by one in the view Objects'
    """
    for pattern, instead in _ON_PAGE:
        words = re.sub(pattern, instead, words)
    return words


def catalogue_words(name: str, count: int, catalogue: Catalogue | None) -> str:
    r"""What is known of a table so far, as HTML.

    Arguments:
        name: Of the table.
        count: Its rows.
        catalogue: What was read of it; None before.
    """
    if catalogue is None:
        return f"<p class='faint'><b>{escape(name)}</b>: {count:,} rows, not read yet.</p>"
    rows = [
        f"<b>{len(catalogue):,}</b> of {count:,} rows of {escape(name)} are galaxies with light"
    ]
    whole = int(np.isfinite(catalogue.magnitudes).all(1).sum())
    rows.append(f"{whole:,} of them are observed in all of {len(catalogue.bands)} bands")
    if catalogue.redshift is not None:
        rows.append(f"{int(np.isfinite(catalogue.redshift).sum()):,} have redshifts")
    rows += [escape(for_page(note)) for note in catalogue.notes]
    for reason, several in _grouped(catalogue.problems).items():
        rows.append(f"{several:,} rows: {escape(reason)}")
    items = "".join(f"<li>{row}</li>" for row in rows)
    return f"<ul style='margin:0;padding-left:18px'>{items}</ul>"


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
        parts = name.split("-")
        if name == "redshift" and catalogue.redshift is not None:
            found[:, k] = catalogue.redshift[rows]
        elif all(part in short for part in parts):
            columns = [catalogue.magnitudes[rows, short[part]] for part in parts]
            found[:, k] = columns[0] - columns[1] if len(columns) == 2 else columns[0]
    return found


def _grouped(problems: Mapping[int, str], most: int = 6) -> dict[str, int]:
    """Reasons and how many rows each has, the most frequent first; numbers in them are rows."""
    counts = Counter(re.sub(r"row \d+", "an earlier row", words) for words in problems.values())
    return dict(counts.most_common(most))
