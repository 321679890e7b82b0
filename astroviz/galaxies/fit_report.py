r"""What a population's report says, in the form in which the view of a fit draws it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["report_facts", "report_fields"]

_DISTANCES = {"sliced": "Sliced distance", "sinkhorn": "Sinkhorn divergence"}


def report_fields(population: Any) -> dict[str, Any]:
    r"""Fields of `fit_scene.fit_scene` that come from a fit's end.

    Arguments:
        population: The `Population`; its report is described in `fit_scores`.
    """
    report = population.report
    members = report.get("members", ())
    sliced = report.get("distance", {}).get("sliced", {})
    floor = sliced.get("floor")
    known = floor is not None and floor > 0
    return {
        "ks_prior": {name: one["ks_prior"] for name, one in report.get("features", {}).items()},
        "floor": floor if known else None,
        "members": np.array([one["ratio"] for one in members], dtype=float),
        "dropped": frozenset(k for k, one in enumerate(members) if not one["kept"]),
        "prior_ratio": sliced["prior"] / floor if known and "prior" in sliced else None,
        "gains": {
            name: (float(one["bits"]), float(one["spread"]))
            for name, one in report.get("gain", {}).items()
        },
        "facts": report_facts(report),
    }


def report_facts(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    r"""The figures of a fit in words, beside those of the prior alone.

    Arguments:
        report: Of a population.

    Example:
        >>> report_facts({"galaxies": 9000, "seconds": 300.0})
        [('Galaxies', '9,000'), ('The fit took', '5.0 min')]
    """
    found = []
    if "galaxies" in report:
        found.append(("Galaxies", f"{report['galaxies']:,}"))
    for kind, words in _DISTANCES.items():
        one = report.get("distance", {}).get(kind, {})
        if one.get("floor", 0) > 0 and "value" in one:
            text = f"{one['value'] / one['floor']:.2f}"
            if one.get("prior", 0) > 0:
                text += f" (prior {one['prior'] / one['floor']:.1f})"
            found.append((f"{words} over floor", text))
    features = report.get("features", {})
    if features:
        worst = max(features, key=lambda name: features[name]["ks"])
        found.append(("Largest KS, held out", f"{worst}: {features[worst]['ks']:.3f}"))
        prior = max(one["ks_prior"] for one in features.values())
        found.append(("Largest KS of the prior", f"{prior:.3f}"))
    members = report.get("members", ())
    if members:
        kept = [one for one in members if one["kept"]]
        found.append(("Members kept", f"{len(kept)} of {len(members)}"))
        nats = [one["entropy"] for one in kept if one["entropy"] >= 0]
        if nats:
            found.append(("Away from the prior", f"{np.mean(nats):.1f} nats"))
    if report.get("completeness", -1) >= 0:
        found.append(("Galaxies the survey holds", f"{100 * report['completeness']:.1f} %"))
    points = report.get("zero_points", {})
    if points:
        band = max(points, key=lambda name: abs(points[name]))
        found.append(("Largest zero point", f"{band}: {points[band]:+.3f} mag"))
    if "seconds" in report:
        found.append(("The fit took", f"{report['seconds'] / 60:.1f} min"))
    return found
