r"""The sections of a report page: verdicts, tables by regime, card, how to run it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

__all__ = ["again", "article", "card", "figures", "header", "regimes", "unasked", "verdicts"]

READS = {
    "bias": "Both marks lie at 0 for a right posterior; a width below 0 is too narrow.",
    "contraction": "Points of a right posterior scatter about 0, mostly within the band; to the "
    "right the data taught more.",
    "coverage": "A right posterior follows the diagonal; below it regions hold too few truths.",
    "ecdf": "A right posterior stays in the band. An S that rises first is too narrow or shifted; "
    "curves with names stray farthest.",
    "null": "A right posterior puts the line among the bars.",
    "p": "Beyond the dashed line a p-value is small even for so many of them.",
    "pairs": "A right posterior puts the points on the diagonal.",
    "pqmass": "Bars follow the dashed law if both samples are of one distribution.",
    "ranks": "Flat for a right posterior; a cup is too narrow, a hill too wide, a slope shifted.",
    "residuals": "Bars follow the dashed law if residuals are noise.",
    "running": "The curve ends at the dashed line for a right posterior.",
    "score": "The mark lies at the dashed line for a right posterior.",
}
_LOOKS = {"coverage": "part of the truths in their 90 % interval",
          "width": "width of the intervals beside the right one",
          "shift": "shift in posterior standard deviations"}  # fmt: skip


def header(parts: Mapping[str, Any]) -> str:
    """Question, model, verdict, notes."""
    name = parts.get("model") or "draws of your own"
    title = parts.get("card", {}).get("title", "")
    known = f"{title} ({name})" if title else name
    kind = "" if parts["passed"] else " bad"
    mark = "\u2713" if parts["passed"] else "\u2715"
    notes = "".join(f"<li>{escape(str(note))}</li>" for note in parts["notes"])
    listed = f"<h2>To be known</h2><ul>{notes}</ul>" if notes else ""
    what = "model" if "figures" in parts else "posterior"
    return f"""<header><div><p class="quiet">Is this {what} true?</p><h1>{escape(str(known))}</h1>
<p class="quiet">{escape(_tried(parts))}</p></div>
<button id="ground" type="button">Dark ground</button></header>
<div class="verdict{kind}"><strong>{mark}</strong> {escape(str(parts["verdict"]))}</div>
<p class="quiet">All checks together call a right one wrong in at most {100 * parts["level"]:g} %
of trials. Passing is necessary, not sufficient{_blindness(parts)}.</p>{listed}"""


def _tried(parts: Mapping[str, Any]) -> str:
    if "figures" in parts:
        return f"Figures of the model's own checks, seed {parts['seed']}."
    parameters = ", ".join(map(str, parts["parameters"]))
    return (
        f"{parts['count']:,} objects with {parts['draws']:,} draws each, seed {parts['seed']}. "
        f"Parameters: {parameters}"
    )


def _blindness(parts: Mapping[str, Any]) -> str:
    return "" if "figures" in parts else ": each check below says what it cannot see"


def figures(found: Sequence[Mapping[str, Any]]) -> str:
    """Figures of a model beside their goals, with the error of this very report included."""
    rows = "".join(
        f"<tr><td>{escape(str(one['name']))}</td><td class=number>{_number(one['value']):.4g}</td>"
        f"<td class=number>{_number(one['bound']):.4g}</td><td>"
        + ('<span class="good">\u2713 keeps it</span>' if one["passed"]
           else '<span class="bad">\u2715 misses it</span>') + "</td></tr>"
        for one in found
    )  # fmt: skip
    return (
        "<h2>Figures and goals</h2><div class=scroll><table><thead><tr><th>figure</th>"
        "<th>measured</th><th>bound</th><th>verdict</th></tr></thead><tbody>"
        f"{rows}</tbody></table></div>"
    )


def verdicts(parts: Mapping[str, Any]) -> str:
    """The table of all checks that were run."""
    rows = []
    for one in parts["outcomes"]:
        told = parts["checks"].get(one["check"], {})
        rows.append(
            f'<tr><td><a href="#{escape(one["check"])}">{escape(told.get("title", one["check"]))}'
            f"</a></td><td>{escape(told.get('question', ''))}</td>"
            f'<td class="number">{figure_words(one)}</td>'
            f'<td class="number">{p_words(one["p_value"])}</td><td>{_verdict(one)}</td></tr>'
        )
    return (
        "<h2>Verdicts</h2><div class=scroll><table><thead><tr><th>check</th><th>asks</th>"
        "<th>figure (right: expected)</th><th>p-value</th><th>verdict</th></tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table></div>"
    )


def figure_words(one: Mapping[str, Any]) -> str:
    """The measured figure with the error and the value that a right posterior would have."""
    value, expected, error = (_number(one.get(k)) for k in ("value", "expected", "error"))
    if not np.isfinite(value):
        return "none"
    told = f"{value:.4g}"
    if np.isfinite(error) and error > 0:
        told += f" \u00b1 {error:.2g}"
    told += f" (right: {expected:.4g})" if np.isfinite(expected) else ""
    return told.replace("-", "\u2212")


def p_words(p_value: Any) -> str:
    """A p-value as one reads it."""
    p = _number(p_value)
    if not np.isfinite(p):
        return "has none"
    return "&lt; 1e\u22126" if p < 1e-6 else f"{p:.2g}"


def article(one: Mapping[str, Any], told: Mapping[str, str], kind: str, figure: str) -> str:
    """One check: what it asks, what came out, what it sees and does not see."""
    facts = {
        "found": str(one.get("sentence", "")).replace("+-", "\u00b1"),
        "to read": READS.get(kind, ""),
        "detects": told.get("detects", ""), "cannot see": told.get("misses", ""),
        "source": told.get("source", ""),
    }  # fmt: skip
    lines = "".join(f"<dt>{k}</dt><dd>{escape(v)}</dd>" for k, v in facts.items() if v)
    worst = _worst(one.get("by") or {})
    return f"""<article id="{escape(str(one["check"]))}"><div>
<h3>{escape(told.get("title", str(one["check"])))} {_verdict(one)}</h3>
<p>{escape(told.get("question", ""))}</p><dl>{lines}</dl>{worst}</div>
<div class="figure">{figure}</div></article>"""


def regimes(groups: Sequence[Mapping[str, Any]]) -> str:
    """Coverage, width and shift by group of objects."""
    found = []
    for group in groups:
        what = f"By {group['kind']}" if group["kind"] else "By parameter"
        heads = "".join(
            f"<th>{escape(str(name))}<br>{count:,}</th>"
            for name, count in zip(group["columns"], group["counts"], strict=True)
        )
        for look, words in _LOOKS.items():
            table = group["looks"][look]
            body = "".join(
                f"<tr><th>{escape(str(name))}</th>" + "".join(
                    f'<td class="{"bad" if out else "number"}" title="{escape(told)}">'
                    f"{escape(text)}</td>"
                    for text, told, out in zip(
                        table["texts"][k], table["words"][k], table["stands_out"][k], strict=True
                    )
                ) + "</tr>"
                for k, name in enumerate(group["rows"])
            )  # fmt: skip
            found.append(
                f"<h3>{escape(what)}: {words}</h3><div class=scroll><table><thead><tr><th></th>"
                f"{heads}</tr></thead><tbody>{body}</tbody></table></div>"
            )
    if not found:
        return ""
    note = (
        "<p class=quiet>Marked with ! is what stands out by more than chance among all cells of "
    )
    note += "its table; the number under a group is how many objects it has.</p>"
    return f"<h2>Where it fails</h2>{note}{''.join(found)}"


def unasked(parts: Mapping[str, Any]) -> str:
    """Checks that were not run, and why."""
    rows = "".join(
        f"<tr><td>{escape(parts['checks'].get(name, {}).get('title', name))}</td>"
        f"<td>{escape(why)}</td></tr>"
        for name, why in parts["barred"].items()
    )
    if not rows:
        return ""
    return f"<h2>Not run</h2><div class=scroll><table><tbody>{rows}</tbody></table></div>"


def card(found: Mapping[str, Any]) -> str:
    """The model's card: what it is, where it holds, its figures."""
    if not found:
        return ""
    keys = ("what", "data", "prior", "licence", "sha256")
    lines = "".join(
        f"<dt>{key}</dt><dd>{escape(str(found[key]))}</dd>" for key in keys if found.get(key)
    )
    limits = "".join(f"<li>{escape(str(one))}</li>" for one in found.get("limits", []) if one)
    metrics = "".join(
        f"<tr><td>{escape(str(k))}</td><td class=number>{escape(str(v))}</td></tr>"
        for k, v in dict(found.get("metrics", {})).items()
    )
    table = f"<details><summary>Figures of the card</summary><table>{metrics}</table></details>"
    return (
        f"<h2>Card of the model</h2><dl>{lines}</dl><h3>Where not to believe it</h3>"
        f"<ul>{limits or '<li>not said</li>'}</ul>{table if metrics else ''}"
    )


def again(parts: Mapping[str, Any]) -> str:
    """How to make this report again."""
    blocks = [parts[key] for key in ("command", "code") if parts.get(key)]
    if not blocks:
        return ""
    shown = "".join(f"<pre>{escape(str(block))}</pre>" for block in blocks)
    return f"<h2>Run it again</h2>{shown}"


def _verdict(one: Mapping[str, Any]) -> str:
    if not np.isfinite(_number(one.get("p_value"))):
        return '<span class="none">\u2013 no test</span>'
    if one.get("rejected"):
        return '<span class="bad">\u2715 rejects</span>'
    return '<span class="good">\u2713 holds</span>'


def _worst(by: Mapping[str, Any]) -> str:
    known = sorted((_number(p), str(name)) for name, p in by.items() if _number(p) >= 0)
    if len(known) < 2:
        return ""
    told = "; ".join(f"{escape(name)} {p_words(p)}" for p, name in known[:6])
    return f'<p class="quiet">Smallest p-values: {told}.</p>'


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
