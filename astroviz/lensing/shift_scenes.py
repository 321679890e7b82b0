r"""What the view of prior shift draws: a swapped prior with its flag, rounds of learning one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import chi2

from astroviz.lensing.hierarchy import settled
from astroviz.lensing.shift import FLAG

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws

__all__ = ["RoundScene", "Rounds", "SwapScene", "round_scene", "rounds_table", "stored_rounds",
           "swap_scene"]  # fmt: skip

_BINS = 36
_CELLS = 50  # of the tessellations behind the figures of the rounds


@dataclass(frozen=True, eq=False)
class SwapScene:
    r"""An answer, or what there is of it.

    Arguments:
        seen: Images above their true sources, each from 0 to 1, (16, p, p).
        seen_labels: A word over each.
        posterior: One draw for each image, (8, s, s).
        scores: What its own flag says, a word over each.
        prior: Draws of the prior, (12, s, s).
        top: Value of the last colour.
        measured: PQMass, chi square over its degrees of freedom; None before it is known.
        p: Of the exchange of labels.
        limit: What 1 % of the exchanges exceed.
        edges: Of the histogram of exchanges.
        heights: Its bars.
        x_range: Ends of the axis.
        table: What is read off.
    """

    seen: np.ndarray
    seen_labels: list[str]
    posterior: np.ndarray
    scores: list[str]
    prior: np.ndarray
    top: float
    measured: float | None
    p: float
    limit: float
    edges: np.ndarray
    heights: np.ndarray
    x_range: tuple[float, float]
    table: str


@dataclass(frozen=True, eq=False)
class Rounds:
    r"""The rounds of a story.

    Arguments:
        name: Of the story.
        prior: Draws of the prior of each round, each (k, s, s).
        posterior: Posterior draws under it.
        sources: The true sources of the same observations.
        data: What was seen of them.
        figures: See `hierarchy.Round`.
        network: The denoiser of the last round.
        learned: How many rounds were learned on this page.
    """

    name: str
    prior: list[np.ndarray]
    posterior: list[np.ndarray]
    sources: np.ndarray
    data: np.ndarray
    figures: list[Mapping[str, float]]
    network: Any
    learned: int = 0

    @property
    def last(self) -> int:
        """Number of the last round."""
        return len(self.prior) - 1


@dataclass(frozen=True, eq=False)
class RoundScene:
    r"""One round.

    Arguments:
        prior: Draws of the prior.
        posterior: Posterior draws under it.
        seen: Data above the truth.
        top: Value of the last colour.
        curves: Label to the values of a curve.
        words: What the curves show.
        x_range: Ends of the axis of rounds.
        y_range: Ends of that of PQMass.
        table: What is read off.
    """

    prior: np.ndarray
    posterior: np.ndarray
    seen: np.ndarray
    top: float
    curves: dict[str, tuple[Any, ...]]
    words: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    table: str


def swap_scene(draws: Draws) -> SwapScene:
    """What there is to draw of an answer to `shift_answers.swap_request`, or of a part of it."""
    kept = draws.extras
    sources, images = np.asarray(kept["sources"]), np.asarray(kept["images"])
    side = sources.shape[-1]
    posterior = np.asarray(kept.get("posterior", np.zeros((0, side, side))))
    prior = np.asarray(kept.get("prior", np.zeros((0, side, side))))
    seen = np.concatenate([_unit(_square_to(images, side)), _unit(sources)])
    labels = ["image"] * len(images) + ["true source"] * len(sources)
    every = [one for one in (sources, posterior, prior) if len(one)]
    top = float(np.quantile(np.concatenate(every), 0.997))
    if not len(draws):
        empty = np.zeros(0)
        return SwapScene(seen, labels, posterior, [], prior, top, None, 1.0, 0.0, empty, empty,
                         (0.0, 1.0), "<p class='faint'>Drawing \u2026</p>")  # fmt: skip
    flag, permuted = np.asarray(kept["flag_exact"]), np.asarray(kept["permuted"])
    measured, p = float(flag[0]), float(flag[1])
    low, high = float(min(permuted.min(), measured)), float(max(permuted.max(), measured))
    margin = 0.08 * (high - low) + 1e-6
    edges = np.linspace(float(permuted.min()), float(permuted.max()) + 1e-9, _BINS)
    heights = np.histogram(permuted, edges, density=True)[0]
    places = np.asarray(kept["places"], int)
    scores = [_verdict(float(value)) for value in draws["p_value"][places]]
    return SwapScene(
        seen, labels, posterior, scores, prior, top, measured, p,
        float(np.quantile(permuted, 1 - FLAG)), edges, heights, (low - margin, high + margin),
        _swap_table(draws, measured, p, flag),
    )  # fmt: skip


def _verdict(p: float) -> str:
    return f"p = {p:.2f}" if p >= 0.015 else f"p \u2264 {max(p, 0.01):.2f} !"


def _swap_table(draws: Draws, measured: float, p: float, flag: np.ndarray) -> str:
    flagged = p < FLAG
    smallest = 1 / (1 + flag[3])
    odd = int((draws["p_value"] <= smallest * 1.001).sum())
    verdict = "out of distribution" if flagged else "no flag"
    rows = [
        ("all together", verdict),
        ("p (999 exchanges of labels)", f"{p:.3f}"),
        ("PQMass \u03c7\u00b2 / dof", f"{measured:.2f}"),
        ("observations", f"{len(draws)}"),
        (f"single ones at the smallest p ({smallest:.3f})", f"{odd}"),
        ("mean reduced \u03c7\u00b2 of the draws", f"{float(draws['chi_square'].mean()):.2f}"),
    ]
    body = _table(rows)
    note = (
        "Draws fit the data whatever the prior: the residual cannot tell. PQMass can."
        if flagged else "The flag compares with observations of sources of the prior itself."
    )  # fmt: skip
    stored = bool(np.asarray(draws.extras.get("stored", [False]))[0])
    more = " This answer is stored; another seed is computed." if stored else ""
    return f"{body}<p class='faint' style='margin-top:8px'>{note}{more}</p>"


def _unit(images: np.ndarray) -> np.ndarray:
    """Each from 0 to 1."""
    top = np.maximum(np.quantile(images, 0.995, axis=(1, 2), keepdims=True), 1e-9)
    return np.clip(images / top, 0.0, 1.0)


def _square_to(images: np.ndarray, side: int) -> np.ndarray:
    """Images of another size, by bilinear interpolation: small pictures share one glyph."""
    from scipy.ndimage import zoom

    factor = side / images.shape[-1]
    return np.asarray(zoom(images, (1, factor, factor), order=1))


# Rounds


def stored_rounds(model: Any, name: str) -> Rounds | None:
    """The rounds of a story that ship with the model."""
    if name not in model.stories:
        return None
    story = model.story(name)
    return Rounds(
        name, [one.prior_draws for one in story.rounds],
        [one.posterior_draws for one in story.rounds], story.sources, story.data,
        [one.figures for one in story.rounds], story.rounds[-1].prior.network,
    )  # fmt: skip


def round_scene(rounds: Rounds, number: int) -> RoundScene:
    """What there is to draw of a round."""
    count = np.arange(rounds.last + 1, dtype=float)
    truth = np.array([one["truth"] for one in rounds.figures])
    error = np.array([one["truth_error"] for one in rounds.figures])
    own = np.array([one["own"] for one in rounds.figures])
    posterior = np.array([one["posterior"] for one in rounds.figures])
    band = chi2.ppf([0.025, 0.975], _CELLS - 1) / (_CELLS - 1)
    ends = (-0.2, max(float(rounds.last), 1.0) + 0.2)
    top = 8.0 * float(np.max([*truth, *own, *posterior, 2.0]))  # room for the legend
    curves: dict[str, tuple[Any, ...]] = {
        "one law, 95 %": (np.array(ends), np.full(2, band[0]), np.full(2, band[1])),
        "round that is shown": ([number, number], [0.4, top]),
        "prior / its posterior draws (stop rule)": (count, own),
        "posterior draws / truth": (count, posterior),
        "prior / truth": (count, truth, error),
    }
    words = f"PQMass of the prior against the truth falls from {truth[0]:.1f} to {truth[-1]:.1f}."
    shown = [rounds.prior[number], rounds.posterior[number], rounds.sources]
    return RoundScene(
        rounds.prior[number], rounds.posterior[number],
        np.concatenate([rounds.data, rounds.sources]),
        float(np.quantile(np.concatenate(shown), 0.997)), curves, words, ends, (0.5, top),
        _round_table(rounds, number),
    )  # fmt: skip


def _round_table(rounds: Rounds, number: int) -> str:
    figures = rounds.figures[number]
    rows = [
        ("round", f"{number} of {rounds.last}"),
        ("prior against the truth", f"{figures['truth']:.2f} \u00b1 {figures['truth_error']:.2f}"),
        ("posterior draws against the truth", f"{figures['posterior']:.2f}"),
        ("prior against its posterior draws", f"{figures['own']:.2f}"),
        ("p of these two", f"{figures['own_p']:.3f}"),
        ("reduced \u03c7\u00b2 of the draws", f"{figures['residual']:.2f}"),
    ]
    stop = settled(rounds.figures[: number + 1])
    word = (
        "The stop rule says: enough. It asks for no truth." if stop
        else "The stop rule says: go on. It asks for no truth."
    )  # fmt: skip
    own = rounds.last - rounds.learned
    more = " This round was learned on this page." if number > own else ""
    return f"{_table(rows)}<p class='faint' style='margin-top:8px'>{word}{more}</p>"


def rounds_table(rounds: Rounds | None, name: str) -> QTable:
    """Figures of every round, to be saved."""
    from astropy.table import QTable

    if rounds is None:
        raise ValueError("there are no rounds of this story yet")
    columns = {key: [one[key] for one in rounds.figures] for key in rounds.figures[0]}
    table = QTable({"round": list(range(len(rounds.figures))), **columns})
    table.meta["story"] = name
    return table


def _table(rows: list[tuple[str, str]]) -> str:
    body = "".join(
        f"<tr><td>{escape(name)}</td><td class='number'>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table>{body}</table>"
