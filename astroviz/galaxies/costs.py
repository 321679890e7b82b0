r"""What it costs to learn of the galaxies of a survey: one by one, and all at once.

Published figures stand with their source; this machine's own are measured, never assumed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from astroviz.galaxies.parameters import GalaxyError

__all__ = [
    "PUBLISHED",
    "CostScene",
    "Rate",
    "Way",
    "cost_scene",
    "cost_table",
    "in_words",
    "measure_rate",
]

HOUR = 3600.0
YEAR = 365.25 * 24 * HOUR


@dataclass(frozen=True)
class Way:
    r"""A way to learn of galaxies, and what it costs.

    Arguments:
        name: What it is called.
        per_galaxy: Processor time for each galaxy, s.
        once: Processor time that does not grow with the number of galaxies, s.
        source: Where the figure is from.
        role: Of the figures, as in the theme: `prior` for what others published, `posterior` for
            what was measured here.
    """

    name: str
    per_galaxy: float
    once: float
    source: str
    role: str = "prior"

    def seconds(self, galaxies: float) -> float:
        """Processor time for so many galaxies, s."""
        return self.once + self.per_galaxy * galaxies


PUBLISHED: tuple[Way, ...] = (
    Way("each galaxy, nested sampling", 20 * HOUR, 0.0,
        "about 20 processor hours for each galaxy (Leja et al. 2019, arXiv:1812.05608)"),
    Way("each galaxy, neural posterior", 1.0 / 18.0, 0.0,
        "18 galaxies a second on one processor (Synference, Harvey et al. 2025, "
        "arXiv:2511.10640); its training is not counted"),
)  # fmt: skip
"""What others published of fits of single galaxies. Graphics processors are left out: their hours
are not those of a processor."""


@dataclass(frozen=True)
class Rate:
    r"""How fast this machine is, measured.

    Arguments:
        draws: Galaxies that were drawn from the population, with their light.
        seconds: How long that took.
    """

    draws: int
    seconds: float

    @property
    def each(self) -> float:
        """Seconds for one galaxy."""
        return self.seconds / self.draws


def measure_rate(draw: Callable[[int], object], least: float = 1.0, most: int = 100_000) -> Rate:
    r"""Time a population's draws.

    Arguments:
        draw: Makes so many galaxies.
        least: Go on until so many seconds were measured.
        most: Galaxies at one time.

    Example:
        >>> rate = measure_rate(lambda n: sum(range(n)), least=0.01)
        >>> rate.draws > 1000 and rate.each > 0
        True
    """
    draw(2000)  # what is opened once is not counted
    count, seconds, number = 0, 0.0, 4000
    while seconds < least:
        begin = time.perf_counter()
        draw(number)
        seconds += time.perf_counter() - begin
        count += number
        number = min(2 * number, most)
    return Rate(count, seconds)


def cost_table(galaxies: float, trained: float | None, rate: Rate | None) -> list[Way]:
    r"""All ways, ours last.

    Arguments:
        galaxies: How many there are.
        trained: Processor time that the population took to fit, s; None where it is not known.
        rate: What was measured of this machine; None before.
    """
    if galaxies < 1:
        raise GalaxyError(f"there must be at least one galaxy, not {galaxies:g}")
    ways = list(PUBLISHED)
    if trained is not None:
        ways.append(Way(
            "all at once: the population", 0.0, trained,
            "processor time of this population's own fit; it does not grow with the survey",
            "posterior",
        ))  # fmt: skip
    if trained is not None and rate is not None:
        ways.append(Way(
            "all at once, and a draw for each galaxy", rate.each, trained,
            f"{rate.draws:,} draws with their light in {rate.seconds:.2f} s on this machine",
            "posterior",
        ))  # fmt: skip
    return ways


def in_words(seconds: float) -> str:
    r"""A time as people say it.

    Example:
        >>> in_words(90.0), in_words(20 * 3600 * 1e8)
        ('1.5 minutes', '228,154 years')
    """
    for size, word in ((YEAR, "years"), (86400.0, "days"), (HOUR, "hours"), (60.0, "minutes")):
        if seconds >= size:
            number = seconds / size
            return f"{number:,.0f} {word}" if number >= 100 else f"{number:.3g} {word}"
    return f"{seconds:.3g} seconds"


@dataclass(frozen=True, eq=False)
class CostScene:
    r"""What the lesson draws.

    Arguments:
        names: Of the ways.
        hours: Processor time of each; NaN under the heading that a way does not belong to.
        top: End of the axis of hours.
        words: What is shown.
        clock: What the clock shows of each way.
        table: Sources, as HTML.
    """

    names: list[str]
    hours: dict[str, np.ndarray]
    top: float
    words: str
    clock: list[dict[str, Any]]
    table: str


def cost_scene(ways: Sequence[Way], galaxies: float) -> CostScene:
    r"""Bars and clock of some ways.

    Arguments:
        ways: From `cost_table`.
        galaxies: How many there are.
    """
    seconds = np.array([way.seconds(galaxies) for way in ways])
    ours = np.array([way.role == "posterior" for way in ways])
    hours = {
        "published": np.where(ours, np.nan, seconds / HOUR),
        "here": np.where(ours, seconds / HOUR, np.nan),
    }
    clock = [
        {
            "name": way.name, "rate": galaxies / total, "galaxies": galaxies,
            "whole": in_words(total), "source": way.source, "ours": bool(own),
        }
        for way, total, own in zip(ways, seconds, ours, strict=True)
    ]  # fmt: skip
    rows = "".join(
        f"<tr><td>{escape(way.name)}<br><span class='faint'>{escape(way.source)}</span></td></tr>"
        for way in ways
    )
    words = f"Processor hours for {galaxies:,.0f} galaxies."
    top = 30.0 * float(seconds.max()) / HOUR
    return CostScene([way.name for way in ways], hours, top, words, clock,
                     f"<table>{rows}</table>")  # fmt: skip
