"""Do the checks reject exact posteriors as often as they say, and no more?

    python tests/benchmarks/bench_accuracy_null.py [--repeats 200] [--heavy 200] [--minutes 10]
        [--record FILE] [--store]

Exact posteriors of the problem with one mode (half of the repeats) and of that with two (the other
half): 300 objects, 50 draws, 4 parameters. One line of JSON: the false-alarm rate of each check at
5 % and of the suite at 5 % family-wise (`rates`), the rates that chance explains for all checks
together (`band`), those outside it (`outside`), the p-value that the p-values of each check are
uniform (`uniform`), of PQMass that chi^2 follows its law (`pqmass_ks`), and of MIRA the mean score
less what a perfect posterior has, over its error (`mira_z`). The record makes it resumable;
`--store` writes what the page shows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import chi2, kstest

from astroviz.accuracy.checks import CHECKS
from astroviz.accuracy.mira import expected_score
from astroviz.accuracy.stored_arrays import STORED
from astroviz.accuracy.studies import SUITE, Case, alarm_band, run_cases
from astroviz.core.pqmass import pqmass

COUNT, DRAWS, PARAMETERS, LEVEL = 300, 50, 4, 0.05
HEAVY = tuple(name for name, check in CHECKS.items() if not check.default)


def cases(repeats: int, heavy: int) -> list[Case]:
    """Exact posteriors: of the linear problem for even seeds, of the bimodal one for odd ones."""
    found = []
    for seed in range(max(repeats, heavy)):
        trap = ("narrow", "permuted")[seed % 2]
        if seed < repeats:
            found.append(Case(trap, 0.0, COUNT, DRAWS, PARAMETERS, seed))
        if seed < heavy:
            found += [Case(trap, 0.0, COUNT, DRAWS, PARAMETERS, seed, (name,)) for name in HEAVY]
    return found


def law_of_pqmass(repeats: int = 200) -> float:
    """p-value that chi^2 of one tessellation each follows chi^2 of references less one."""
    random = np.random.default_rng(5)
    found = [
        pqmass(*random.standard_normal((2, 500, 4)), 20, 1, seed=k).chi_square[0]
        for k in range(repeats)
    ]
    return float(kstest(found, chi2(19).cdf).pvalue)


def table(found: dict[str, dict[str, float]]) -> dict[str, Any]:
    """What the page shows of a study."""
    names = [*(name for name in CHECKS if any(name in one for one in found.values())), SUITE]
    checks: dict[str, dict[str, Any]] = {}
    for name in names:
        p = np.array([one[name] for one in found.values() if name in one])
        p = p[np.isfinite(p)]
        if len(p):
            checks[name] = {
                "alarms": int((p <= LEVEL).sum()), "repeats": len(p),
                "rate": float((p <= LEVEL).mean()),
                "uniform_p": None if name == SUITE else float(kstest(p, "uniform").pvalue),
            }  # fmt: skip
    suite = checks.pop(SUITE, None)
    most = max(row["repeats"] for row in checks.values())
    for row in checks.values():
        row["band"] = alarm_band(row["repeats"], LEVEL, len(checks))
    scores = np.array([one["mira value"] for one in found.values() if "mira value" in one])
    expected = expected_score(DRAWS)
    error = float(scores.std(ddof=1) / np.sqrt(len(scores)))
    return {
        "checks": checks, "suite": suite, "level": LEVEL,
        "band": alarm_band(most, LEVEL, len(checks)), "count": COUNT, "draws": DRAWS,
        "parameters": PARAMETERS, "pqmass": {"dof": 19, "ks_p": law_of_pqmass()},
        "mira": {"expected": expected, "mean": float(scores.mean()), "error": error},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--heavy", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument(
        "--record", type=Path, default=Path(tempfile.gettempdir()) / "astroviz-null.jsonl"
    )
    parser.add_argument("--store", action="store_true")
    args = parser.parse_args()
    wanted = cases(args.repeats, args.heavy)
    kept = run_cases(wanted, args.record, 60 * args.minutes)
    found = table({case.key: kept[case.key] for case in wanted if case.key in kept})
    if args.store:
        STORED.mkdir(exist_ok=True)
        (STORED / "null.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    mira = found["mira"]
    rates = {name: round(row["rate"], 4) for name, row in found["checks"].items()}
    line = {
        "repeats": {name: row["repeats"] for name, row in found["checks"].items()},
        "rates": rates, "band": found["band"],
        "outside": [
            name for name, row in found["checks"].items()
            if not row["band"][0] <= row["rate"] <= row["band"][1]
        ],
        "suite": found["suite"],
        "uniform": {n: round(row["uniform_p"], 4) for n, row in found["checks"].items()},
        "pqmass_ks": round(found["pqmass"]["ks_p"], 4),
        "mira_mean": round(mira["mean"], 5), "mira_expected": round(mira["expected"], 5),
        "mira_z": round((mira["mean"] - mira["expected"]) / mira["error"], 2),
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
