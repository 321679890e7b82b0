r"""What there is to draw of many galaxies: photometric redshifts, bins, medians, outliers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astroviz.galaxies.medians import medians_or_draws, what_medians_hide
from astroviz.galaxies.objects_answers import KEPT
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.photo_z import Scores, scores, tomographic_bins
from astroviz.galaxies.population_cut import RelationScene

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws

__all__ = ["BORDER", "Bins", "ManyScene"]

BORDER: Final = 0.05
"""Redshifts that are off by more, over 1 + z, are outliers of a survey as near as this one."""

_CELLS = (48, 36)
_PLANES = {
    "main_sequence": ("log_mass", "log_sfr", (8.5, 12.0), (-3.2, 2.2)),
    "mass_redshift": ("redshift", "log_mass", (0.0, 0.35), (8.5, 12.0)),
}
_LABELS = {"redshift": "redshift", "log_mass": "stellar mass, log M* (M\u2609)",
           "log_sfr": "log SFR (M\u2609/yr)"}  # fmt: skip
_LISTED = 40
_EDGES = 13  # of the bins in which medians are taken
_FEWEST = 6


@dataclass(frozen=True, eq=False)
class Bins:
    r"""n(z) of three bins of photometric redshift.

    Arguments:
        grid: Redshifts, shape :math:`(K,)`.
        found: From the draws, by bin, each :math:`(K,)`; all bins together have the integral 1.
        spectra: From the spectra, likewise; empty where there are none.
        words: What it shows.
    """

    grid: np.ndarray
    found: tuple[np.ndarray, ...]
    spectra: tuple[np.ndarray, ...]
    words: str


class ManyScene:
    r"""Answers for many galaxies.

    Arguments:
        draws: Of `objects_answers.many_request`: a row for each galaxy, and `draws` in the extras;
            or a part of the answer, with `figures` in the extras.
    """

    limit = BORDER

    def __init__(self, draws: Draws) -> None:
        whole = len(draws) > 0
        figures = draws.values if whole else np.asarray(draws.extras["figures"])
        self._columns = dict(zip(draws.names, figures.T, strict=True))
        self.answers = draws
        self.draws = np.asarray(draws.extras["draws"], dtype=float)
        self.rows = self._columns["row"].astype(int)

    def column(self, name: str) -> np.ndarray:
        """A figure of every galaxy, shape (n,)."""
        return np.asarray(self._columns[name], dtype=float)

    def interval(self, row: int) -> tuple[float, float]:
        """68 % of the redshift of a galaxy; NaN where it is not among these."""
        at = np.flatnonzero(self.rows == row)
        if not len(at):
            return float("nan"), float("nan")
        return float(self.column("z_low")[at[0]]), float(self.column("z_high")[at[0]])

    def neighbour(self, row: int, by: int) -> int:
        """The galaxy that comes some places after another one."""
        order = np.sort(self.rows)
        at = int(np.searchsorted(order, row))
        return int(order[(at + by) % len(order)])

    # How good the redshifts are

    @cached_property
    def _scores(self) -> tuple[Scores, Scores] | None:
        truth = self.column("z_spec")
        try:
            return (scores(self.column("z"), truth, BORDER),
                    scores(self.column("z_flat"), truth, BORDER))  # fmt: skip
        except GalaxyError:
            return None

    @property
    def words(self) -> str:
        """What the scatter shows, in words."""
        if self._scores is None:
            return f"Photometric redshifts of {len(self.rows):,} galaxies without spectra."
        ours, flat = self._scores
        return (
            f"Photometric against spectroscopic redshifts of {ours.count:,} galaxies: scatter "
            f"{ours.sigma_nmad:.4f} with the population as prior, {flat.sigma_nmad:.4f} with flat "
            "priors."
        )

    @property
    def scores_table(self) -> str:
        """Scatter, bias and outliers with the population as prior and with flat ones, as HTML."""
        if self._scores is None:
            return "<p class='faint'>None of these galaxies has a spectrum to compare with.</p>"
        ours, flat = self._scores
        parts = (
            ("\u03c3<sub>NMAD</sub>", "sigma_nmad", "{:.4f}", 0),
            ("bias", "bias", "{:+.4f}", 1),
            (f"off by more than {BORDER:g}", "outliers", "{:.1%}", 2),
        )
        return " &nbsp; ".join(
            f"{label} <b>{form.format(getattr(ours, name))}</b> \u00b1 "
            f"{form.replace('+', '').format(ours.errors[k])} "
            f"<span class='faint'>(flat {form.format(getattr(flat, name))})</span>"
            for label, name, form, k in parts
        )

    # n(z)

    def bins(self) -> Bins:
        """n(z) of three bins of equal number."""
        z = self.draws[:, :, KEPT.index("redshift")]
        truth = self.column("z_spec")
        middles = np.median(z, axis=1)
        inner = np.quantile(middles, (1 / 3, 2 / 3))
        top = float(np.clip(1.15 * np.quantile(z, 0.995), 0.1, 0.8))
        edges = np.linspace(0.0, top, 1 + int(np.clip(1.5 * np.sqrt(len(z)), 10, 40)))
        found = tomographic_bins(z, np.array([0.0, *inner, 1.0]), edges, truth)
        total = max(sum(one.count for one in found), 1)
        known = bool(np.isfinite(truth).any())
        parts = ", ".join(
            f"{one.mean:.3f}" + (f" ({one.true_mean:.3f})" if known else "") for one in found
        )
        tail = "; means in brackets are those of the spectra (dashed)" if known else ""
        return Bins(
            0.5 * (edges[1:] + edges[:-1]),
            tuple(np.nan_to_num(one.density) * one.count / total for one in found),
            tuple(np.nan_to_num(one.truth) * one.count / total for one in found) if known else (),
            f"Galaxies in three bins of photometric redshift; mean redshifts {parts}{tail}.",
        )

    # Medians or draws

    def medians(self, plane: str) -> RelationScene:
        r"""The same galaxies as medians (points) and as draws (density).

        Arguments:
            plane: `main_sequence` or `mass_redshift`.
        """
        x, y, x_range, y_range = _PLANES[plane]
        pair = self.draws[:, :, [KEPT.index(x), KEPT.index(y)]]
        each = pair.shape[1]
        medians, draws = medians_or_draws(pair, each)
        counts, *_ = np.histogram2d(
            draws[:, 1], draws[:, 0], bins=_CELLS[::-1], range=[y_range, x_range]
        )
        edges = np.linspace(*x_range, _EDGES)
        middle, low, high = _ridge(draws, edges, _FEWEST * each)
        other, *_ = _ridge(medians, edges, _FEWEST)
        centres = 0.5 * (edges[1:] + edges[:-1])
        hidden = what_medians_hide(self.draws[:, :, KEPT.index(y)])
        whole = max(hidden.within + hidden.between, 1e-12)
        return RelationScene(
            (_LABELS[x], _LABELS[y]), x_range, y_range,
            f"Medians hide {hidden.within / whole:.0%} of the variance of "
            f"{_LABELS[y].partition(' (')[0]} and {hidden.tails:.0%} of the draws lie beyond all "
            f"medians: {len(medians):,} galaxies, {each} draws of each.",
            counts=counts, line=(centres, middle), band=(centres, low, high),
            other=(centres, other), points=(medians[:, 0], medians[:, 1]),
        )  # fmt: skip

    # Outliers

    def outliers(self) -> QTable:
        """The galaxies whose redshift is missed most, or that no draw looks like."""
        from astropy.table import QTable

        z, truth = self.column("z"), self.column("z_spec")
        off = (z - truth) / (1 + truth)
        odd = np.where(np.isfinite(off), np.abs(off), 0.0) / BORDER
        rank = np.maximum(odd, self.column("ood_score"))
        order = np.argsort(-rank)[:_LISTED]
        table = QTable()
        table["galaxy"] = self.rows[order]
        for name in ("z_spec", "z", "z_low", "z_high", "z_flat", "log_mass", "ood_score"):
            table[name] = self.column(name)[order]
        table["off"] = off[order]
        table.meta["off"] = "(z - z_spec) / (1 + z_spec)"
        return table

    def outliers_html(self) -> str:
        """The list of outliers, to read."""
        table = self.outliers()
        head = "".join(
            f"<th>{escape(word)}</th>"
            for word in ("galaxy", "spectrum", "photometry", "off / (1 + z)", "flat", "misfit")
        )
        lines = []
        for one in table:
            seen = f"{one['z_spec']:.3f}" if np.isfinite(one["z_spec"]) else "\u2013"
            off = f"{one['off']:+.3f}" if np.isfinite(one["off"]) else "\u2013"
            bold = " style='font-weight:600'" if abs(np.nan_to_num(one["off"])) > BORDER else ""
            lines.append(
                f"<tr{bold}><td>{int(one['galaxy'])}</td><td>{seen}</td>"
                f"<td>{one['z']:.3f} ({one['z_low']:.3f} to {one['z_high']:.3f})</td>"
                f"<td>{off}</td><td>{one['z_flat']:.3f}</td><td>{one['ood_score']:.2f}</td></tr>"
            )
        words = (
            f"<p class='faint'>Bold: off by more than {BORDER:g} (1 + z). A misfit above 1 says "
            "that no galaxy of the population looks like it. Write the number of one into the "
            "field on the left to see it.</p>"
        )
        return f"{words}<table><tr>{head}</tr>{''.join(lines)}</table>"

    def table(self) -> QTable:
        """Figures of all galaxies."""
        made: Any = self.answers.to_table()
        for name in list(made.colnames):
            if name == "draws":
                made.remove_column(name)
        return made


def _ridge(
    points: np.ndarray, edges: np.ndarray, fewest: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median and 16 to 84 % of y in bins of x; NaN where there are too few."""
    where = np.digitize(points[:, 0], edges) - 1
    found = np.full((3, len(edges) - 1), np.nan)
    for k in range(len(edges) - 1):
        here = points[where == k, 1]
        if len(here) >= fewest:
            found[:, k] = np.quantile(here, (0.5, 0.16, 0.84))
    return found[0], found[1], found[2]
