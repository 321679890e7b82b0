"""How wrong must a posterior be for a check to notice? Detection rates against graded defects.

    python tests/benchmarks/bench_accuracy_power.py [--repeats 40] [--minutes 10] [--record FILE]
        [--store] [--goal 100]

Every defect of the lab in four sizes: 200 objects, 40 draws, 3 parameters, each check at 5 % and
the default suite at 5 % family-wise. One line of JSON: the size at which the suite finds each
defect in half of the repeats (`half`, interpolated; none where it does not), and, with `--goal`,
the part of so many repeats in which the suite finds that all widths of 10 parameters are 10 % too
small from 1,000 objects of 100 draws (`goal`), and how often each check alone would at the level
that Bonferroni leaves it (`goal_alone`). The record makes it resumable; `--store` writes what the
page draws.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from astroviz.accuracy.checks import CHECKS
from astroviz.accuracy.defects import DEFECTS
from astroviz.accuracy.stored_arrays import STORED
from astroviz.accuracy.studies import SUITE, Case, PowerStudy, power_of, run_cases

COUNT, DRAWS, PARAMETERS, LEVEL = 200, 40, 3, 0.05
SIZES = {
    "biased": (0.1, 0.2, 0.4, 0.7), "narrow": (0.05, 0.1, 0.2, 0.3),
    "wide": (0.05, 0.1, 0.2, 0.4), "correlation": (0.2, 0.4, 0.7, 1.0),
    "prior": (0.1, 0.25, 0.5, 1.0), "hpd": (0.2, 0.4, 0.6, 0.9),
    "regime": (0.25, 0.5, 0.75, 1.0), "permuted": (0.1, 0.2, 0.4, 1.0),
    "lost": (0.1, 0.2, 0.4, 1.0),
}  # fmt: skip
HEAVY = tuple(name for name, check in CHECKS.items() if not check.default)


def cases(repeats: int, heavy: int) -> list[Case]:
    """Every defect in every size; the first repeats of all come before the second of any."""
    found = []
    for seed in range(1000, 1000 + max(repeats, heavy)):
        for trap in DEFECTS:
            for size in SIZES[trap]:
                if seed < 1000 + repeats:
                    found.append(Case(trap, size, COUNT, DRAWS, PARAMETERS, seed))
                if seed < 1000 + heavy:
                    found += [Case(trap, size, COUNT, DRAWS, PARAMETERS, seed, (name,))
                              for name in HEAVY]  # fmt: skip
    return found


def halfway(study: PowerStudy, trap: str, check: str) -> float | None:
    """Size at which a check finds a defect in half of the repeats."""
    rates = study.rates[trap][:, study.checks.index(check)]
    sizes = np.concatenate([[0.0], study.sizes[trap]])
    rates = np.maximum.accumulate(np.concatenate([[0.0], np.nan_to_num(rates)]))
    if rates[-1] < 0.5:
        return None
    k = int(np.argmax(rates >= 0.5))
    part = (0.5 - rates[k - 1]) / (rates[k] - rates[k - 1])
    return float(sizes[k - 1] + part * (sizes[k] - sizes[k - 1]))


def goal(repeats: int, record: Path, seconds: float) -> dict[str, object]:
    """The part of the repeats in which widths that are 10 % too small are found."""
    wanted = [Case("narrow", 0.1, 1000, 100, 10, seed) for seed in range(5000, 5000 + repeats)]
    kept = run_cases(wanted, record, seconds)
    found = [kept[case.key] for case in wanted if case.key in kept]
    if not found:
        return {}
    checks = [name for name in found[0] if name in CHECKS]
    alone = {name: float(np.mean([one[name] <= LEVEL / len(checks) for one in found]))
             for name in checks}  # fmt: skip
    return {
        "goal_repeats": len(found), "goal": float(np.mean([one[SUITE] == 0 for one in found])),
        "goal_alone": alone,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--heavy", type=int, default=10)
    parser.add_argument("--goal", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument(
        "--record", type=Path, default=Path(tempfile.gettempdir()) / "astroviz-power.jsonl"
    )
    parser.add_argument("--store", action="store_true")
    args = parser.parse_args()
    line: dict[str, object] = {}
    if args.goal:
        line |= goal(args.goal, args.record, 60 * args.minutes)
    if args.repeats:
        wanted = cases(args.repeats, args.heavy)
        kept = run_cases(wanted, args.record, 60 * args.minutes)
        study = power_of(kept, wanted, LEVEL)
        if args.store:
            study.save(STORED)
        line["repeats"] = {t: int(n[:, -1].min()) for t, n in study.repeats.items() if n.size}
        line["half"] = {
            trap: None if (s := halfway(study, trap, SUITE)) is None else round(s, 3)
            for trap in study.sizes if study.sizes[trap].size
        }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
