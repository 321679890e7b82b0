r"""A report as one HTML file that opens anywhere: figures, verdicts, card, and no network.

BokehJS is inside the file. Light and dark ground follow the reader's system and a button; figures
are recoloured in place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from bokeh.embed import components
from bokeh.models import ColumnDataSource
from bokeh.resources import Resources

from astroviz.plots import report_sections as sections
from astroviz.plots.check_figures import chart_of, kind_of
from astroviz.plots.theme import ROLES

__all__ = ["report_html"]

_HERE = Path(__file__).parent


def report_html(parts: Mapping[str, Any]) -> str:
    r"""The page of a report.

    Arguments:
        parts: What `accuracy.report_parts` gave: verdict, outcomes with their arrays, what each
            check sees, tables by group, card, and how to run it again.

    Returns:
        HTML, complete in itself.

    Example:
        >>> one = {"check": "sbc", "value": 0.1, "expected": 0.0, "error": 0.1, "p_value": 0.4,
        ...        "by": {}, "curves": {}, "sentence": "Fine.", "rejected": False}
        >>> page = report_html({"verdict": "Holds.", "passed": True, "level": 0.05, "count": 9,
        ...     "draws": 9, "seed": 0, "parameters": ["x"], "notes": [], "outcomes": [one],
        ...     "checks": {}, "barred": {}, "groups": [], "card": {}, "model": "mine"})
        >>> "Holds." in page
        True
    """
    ordered = sorted(parts["outcomes"], key=lambda one: not one.get("rejected"))
    charts = [chart_of(one) for one in ordered]
    script, figures = _embedded(charts)
    articles = "".join(
        sections.article(one, parts["checks"].get(one["check"], {}), kind_of(one), figure)
        for one, figure in zip(ordered, figures, strict=True)
    )
    told = sections.figures(parts["figures"]) if "figures" in parts else sections.verdicts(parts)
    body = "".join(
        [
            sections.header(parts), told, sections.regimes(parts["groups"]),
            f"<h2>Check by check</h2>{articles}" if articles else "", sections.unasked(parts),
            sections.card(parts["card"]), sections.again(parts),
        ]
    )  # fmt: skip
    return _page(str(parts.get("model") or "draws of your own"), body, script, charts)


def _embedded(charts: list[Any]) -> tuple[str, list[str]]:
    if not charts:
        return "", []
    script, found = components(tuple(chart.layout for chart in charts), wrap_script=False)
    return script, list(found)


def _page(name: str, body: str, script: str, charts: list[Any]) -> str:
    css, js = (_read(f"report_page.{kind}") for kind in ("css", "js"))
    # the sources alone: where Panel is loaded, `render_js` adds addresses of its server's files
    sources = Resources(mode="inline", components=["bokeh"]).js_raw
    bokeh = "\n".join(f"<script>{source}</script>" for source in sources)
    colours = _closed(json.dumps(_colours(charts)))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Is this posterior true? {escape(name)}</title><style>{css}</style>
{bokeh}</head><body><main>{body}</main>
<script type="application/json" id="colours">{colours}</script>
<script>{script}</script><script>{js}</script></body></html>
"""


def _colours(charts: list[Any]) -> dict[str, Any]:
    """What changes colour with the ground: properties, and columns of data."""
    painted = [list(one) for chart in charts for one in chart.ink.painted()]
    columns = [
        model.id for chart in charts for model in chart.layout.references()
        if isinstance(model, ColumnDataSource) and "fill" in model.data
    ]  # fmt: skip
    swaps = [list(pair) for pair in ROLES.values() if pair[0] != pair[1]]
    return {"painted": painted, "columns": columns, "swaps": swaps}


def _closed(text: str) -> str:
    """No text may end the script that holds it."""
    return text.replace("</", "<\\/")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
