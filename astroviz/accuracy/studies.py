r"""How the checks themselves behave: false alarms of exact posteriors, power against wrong ones.

A case is one posterior of a known defect and size, judged once. Cases are run in any order, each
written down as it ends, so that a study can be stopped and taken up again. The stored studies of
`bench_accuracy_null` and `bench_accuracy_power` are read by `stored_null` and `stored_power`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom

from astroviz.accuracy.checks import CHECKS, default_suite, obstacles
from astroviz.accuracy.defects import defect
from astroviz.accuracy.family import holm
from astroviz.accuracy.stored_arrays import STORED
from astroviz.accuracy.validity import validated

__all__ = [
    "SUITE",
    "Case",
    "PowerStudy",
    "alarm_band",
    "judged",
    "power_of",
    "run_cases",
    "stored_null",
    "stored_power",
]

SUITE = "suite"
"""Name of the default suite as a whole, rejected where Holm rejects any of its checks."""


@dataclass(frozen=True)
class Case:
    r"""One posterior, judged once.

    Arguments:
        trap: Name of a defect, see `defects.DEFECTS`.
        size: How wrong; 0 is exact.
        count: Objects.
        draws: Draws for each.
        parameters: Parameters.
        seed: Of truths, data, draws and checks.
        checks: Checks to run; none for the default suite.
    """

    trap: str
    size: float
    count: int
    draws: int
    parameters: int
    seed: int
    checks: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Name in the record of a study."""
        return json.dumps(asdict(self))


def judged(case: Case, level: float = 0.05) -> dict[str, float]:
    r"""p-values of a case by check; values of `mira` and the verdict of the suite beside them.

    Arguments:
        case: What is judged.
        level: Family-wise level of the suite.

    Returns:
        Check to p-value; `mira value`; and `suite`, 0 where it rejects and 1 where not, for a
        case that names no checks.
    """
    trial = validated(
        defect(case.trap, case.size, case.count, case.draws, case.parameters, case.seed)
    )
    barred = obstacles(trial)
    names = [name for name in case.checks or default_suite(trial) if not barred[name]]
    found: dict[str, float] = {}
    for name in names:
        outcome = CHECKS[name].run(trial, case.seed)
        found[name] = outcome.p_value
        if name == "mira":
            found["mira value"] = outcome.value
    if not case.checks:
        tested = {name: found[name] for name in names}
        found[SUITE] = 0.0 if holm(tested, level) else 1.0
    return found


def run_cases(
    cases: Iterable[Case],
    record: Path,
    seconds: float = float("inf"),
    work: Callable[[Case], dict[str, float]] = judged,
) -> dict[str, dict[str, float]]:
    r"""Run the cases that a record lacks, as many as the time allows.

    Arguments:
        cases: All cases of the study.
        record: File of one JSON line for each case; made where it is missing.
        seconds: When to stop.
        work: What is done with a case.

    Returns:
        What the record holds, by the key of the case.
    """
    found: dict[str, dict[str, float]] = {}
    if record.exists():
        for line in record.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            found[entry["case"]] = entry["found"]
    record.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with record.open("a", encoding="utf-8") as file:
        for case in cases:
            if case.key in found:
                continue
            if time.monotonic() - start > seconds:
                break
            found[case.key] = work(case)
            file.write(json.dumps({"case": case.key, "found": found[case.key]}) + "\n")
            file.flush()
    return found


def alarm_band(
    repeats: int, level: float = 0.05, tests: int = 1, probability: float = 0.95
) -> tuple[float, float]:
    r"""Rates of false alarm that chance explains, for all of several checks together.

    Arguments:
        repeats: Exact posteriors that were judged.
        level: Rate that each check should have.
        tests: How many checks are looked at.
        probability: Chance that all of them stay inside.

    Example:
        >>> alarm_band(200)
        (0.02, 0.08)
    """
    tail = (1 - probability) / 2 / tests
    low, high = binom.ppf([tail, 1 - tail], repeats, level)
    return float(low / repeats), float(high / repeats)


@dataclass(frozen=True)
class PowerStudy:
    r"""Part of the repeats in which a check rejects, by defect and size.

    Arguments:
        checks: Names of the checks; the last is `suite`, all of the default suite together.
        sizes: Size of each defect, name to (S,), increasing.
        rates: Detection rates, name to :math:`(S, C)`; NaN where a check does not fit.
        repeats: Repeats behind each rate, name to :math:`(S, C)`.
        count: Objects.
        draws: Draws for each.
        parameters: Parameters.
        level: Level of each check, and family-wise of the suite.
    """

    checks: tuple[str, ...]
    sizes: dict[str, np.ndarray]
    rates: dict[str, np.ndarray]
    repeats: dict[str, np.ndarray]
    count: int
    draws: int
    parameters: int
    level: float

    def save(self, folder: Path) -> None:
        """Write `power.npz` and `power.json`."""
        arrays = {}
        for name in self.sizes:
            arrays[f"{name}.sizes"] = self.sizes[name].astype(np.float32)
            arrays[f"{name}.rates"] = self.rates[name].astype(np.float32)
            arrays[f"{name}.repeats"] = self.repeats[name].astype(np.int16)
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / "power.npz", **arrays)  # type: ignore[arg-type]
        about = {
            "checks": list(self.checks), "defects": list(self.sizes), "count": self.count,
            "draws": self.draws, "parameters": self.parameters, "level": self.level,
        }  # fmt: skip
        (folder / "power.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def power_of(
    found: dict[str, dict[str, float]], cases: Sequence[Case], level: float = 0.05
) -> PowerStudy:
    r"""Detection rates of what a study has found.

    Arguments:
        found: As `run_cases` gave it.
        cases: The cases of the study, of one number of objects, draws and parameters.
        level: Level of each check.
    """
    checks = (*(name for name in CHECKS if any(name in one for one in found.values())), SUITE)
    sizes: dict[str, np.ndarray] = {}
    rates, repeats = {}, {}
    for trap in dict.fromkeys(case.trap for case in cases):
        own = [case for case in cases if case.trap == trap and case.key in found]
        sizes[trap] = np.array(sorted({case.size for case in own}))
        hits = np.zeros((len(sizes[trap]), len(checks)))
        number = np.zeros_like(hits)
        for case in own:
            row = int(np.searchsorted(sizes[trap], case.size))
            for column, check in enumerate(checks):
                p = found[case.key].get(check)
                if p is not None and np.isfinite(p):
                    hits[row, column] += p <= level
                    number[row, column] += 1
        repeats[trap] = number
        rates[trap] = np.where(number > 0, hits / np.maximum(number, 1), np.nan)
    one = cases[0]
    return PowerStudy(checks, sizes, rates, repeats, one.count, one.draws, one.parameters, level)


@lru_cache(maxsize=1)
def stored_power() -> PowerStudy:
    """The power study that is shipped."""
    about = _about("power")
    with np.load(STORED / "power.npz", allow_pickle=False) as kept:
        parts = {
            part: {name: np.asarray(kept[f"{name}.{part}"], float) for name in about["defects"]}
            for part in ("sizes", "rates", "repeats")
        }
    return PowerStudy(
        tuple(about["checks"]), parts["sizes"], parts["rates"], parts["repeats"], about["count"],
        about["draws"], about["parameters"], about["level"],
    )  # fmt: skip


@lru_cache(maxsize=1)
def stored_null() -> dict[str, Any]:
    r"""The null study that is shipped.

    Returns:
        `checks`: name to `alarms`, `repeats`, `rate`, `band` and `uniform_p`; `band`: lowest and
        highest rate that chance explains for all checks together; `level`; `suite`: the same as
        for a check, at family-wise level; `pqmass`, `mira`: their known laws against what was
        found.
    """
    return _about("null")


def _about(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))
    return found
