"""The numbers beside the panels, as small HTML."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

__all__ = ["ANSWER_CSS", "chances", "numbers_html", "tiles_html"]

# In the order of interest; the disk's three come last and only when there may be a disk.
_SHOWN = (
    "log_age",
    "effective_temperature",
    "log_mass",
    "log_luminosity",
    "a_v",
    "radius",
    "distance",
    "logg",
)
_UNITS = {"mag": "mag", "pc": "pc", "K": "K", "solRad": "R☉"}

ANSWER_CSS = """
.tiles { display: grid; grid-template-columns: 1fr 1fr; gap: 12px 8px; }
.tile b { display: block; font-size: 21px; font-weight: 600; line-height: 1.1;
  font-variant-numeric: tabular-nums; }
.tile span { color: var(--panel-on-secondary-color); font-size: 11px; }
.tile .bar { height: 3px; border-radius: 2px; margin: 3px 0 2px;
  background: color-mix(in srgb, var(--panel-on-background-color) 22%, transparent); }
.tile .bar i { display: block; height: 3px; border-radius: 2px;
  background: var(--panel-primary-color); }
.numbers { display: grid; grid-template-columns: 1fr 1fr; gap: 0 22px; font-size: 12px; }
.numbers div { display: flex; justify-content: space-between; border-top: 1px solid
  color-mix(in srgb, var(--panel-on-background-color) 14%, transparent); padding: 2px 0;
  font-variant-numeric: tabular-nums; }
.numbers .name, .numbers .truth { color: var(--panel-on-secondary-color); }
.numbers sup, .numbers sub { font-size: 9px; line-height: 0; }
.pm { display: inline-flex; flex-direction: column; font-size: 9px; line-height: 9px;
  vertical-align: middle; margin-left: 2px; text-align: left; }
"""


def chances(summary: Any) -> dict[str, float]:
    """The four probabilities of the page, by their names on screen."""
    return {
        "P(young)": summary.p_young,
        "P(disk if young)": summary.p_disk,
        "P(age < 10 Myr)": summary.p_age_below_10,
        "P(age < 60 Myr)": summary.p_age_below_60,
    }


def tiles_html(summary: Any) -> str:
    """The four probabilities, large."""
    cells = "".join(_tile(name, value) for name, value in chances(summary).items())
    return f'<div class="tiles">{cells}</div>'


def _tile(name: str, value: float) -> str:
    known = math.isfinite(value)
    shown = _probability(value) if known else "&ndash;"
    width = round(100 * min(max(value, 0.0), 1.0)) if known else 0
    return (
        f'<div class="tile"><b>{shown}</b><div class="bar"><i style="width:{width}%"></i></div>'
        f"<span>{escape(name)}</span></div>"
    )


def _probability(value: float) -> str:
    """Never 1.00 or 0.00 for what is neither certain nor impossible."""
    if 0.995 <= value < 1.0:
        return "&gt;0.99"
    if 0.0 < value < 0.005:
        return "&lt;0.01"
    return f"{value:.2f}"


def numbers_html(summary: Any, parameters: Mapping[str, Any], truth: Mapping[str, float]) -> str:
    """Median and 68 % interval of the main parameters, and the truth where it is known."""
    rows = []
    for name in _SHOWN:
        low, middle, high = summary.parameters[name]
        parameter = parameters[name]
        digits = _digits(high - low)
        true = (
            f'<span class="truth">&nbsp;({truth[name]:.{digits}f})</span>' if name in truth else ""
        )
        unit = _UNITS.get(parameter.unit, "")
        rows.append(
            f'<div><span class="name">{escape(parameter.label)}</span><span>{middle:.{digits}f}'
            f'<span class="pm"><span>+{high - middle:.{digits}f}</span>'
            f"<span>&minus;{middle - low:.{digits}f}</span></span> {unit}{true}</span></div>"
        )
    if summary.refined:
        rows.append("<div class='faint'>draws moved to the exact posterior of the simulator</div>")
    return f'<div class="numbers">{"".join(rows)}</div>'


def _digits(width: float) -> int:
    """Decimals that the width of an interval deserves: two digits of it."""
    if not math.isfinite(width) or width <= 0:
        return 2
    return max(0, min(3, 1 - math.floor(math.log10(width))))
