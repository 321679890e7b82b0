"""How soon the view Trial of the accuracy lab shows its first verdict.

    python tests/benchmarks/bench_accuracy_trial.py [--store] [--count 200]

One line of JSON: milliseconds until the stored example is read with its verdict and its cells are
counted, seconds that a fresh trial of the same size takes with all its quick checks, and the
`ratio` of the two in the same process. `--store` makes the trials that the view opens with anew.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from astroviz.accuracy import trial_example
from astroviz.accuracy.stored_arrays import STORED
from astroviz.accuracy.trial_cells import cell_table
from astroviz.accuracy.trial_run import Asked, Found, trial_work
from astroviz.core.trials import trial_parts


def fresh(asked: Asked) -> tuple[Found, float]:
    """A trial of a shipped model and its seconds."""
    start = time.perf_counter()
    found = trial_work(asked, lambda found: None, trial_parts)(lambda share: None, lambda: None)
    return found, time.perf_counter() - start


def stored(name: str) -> float:
    """Seconds until a stored trial is there with its verdict and its cells."""
    trial_example._read.cache_clear()
    start = time.perf_counter()
    found = trial_example.example_of(trial_example.EXAMPLES[name])
    assert found is not None, "run with --store first"
    found.report.verdict()
    cell_table(found.trial, next(iter(found.trial.groups), ""))
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", action="store_true")
    parser.add_argument("--count", type=int, default=200)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    line: dict[str, Any] = {"name": "accuracy_trial"}
    with tempfile.TemporaryDirectory() as scratch:
        folder = STORED if arguments.store else Path(scratch)
        for name, asked in trial_example.EXAMPLES.items():
            asked = dataclasses.replace(asked, count=arguments.count)
            found, seconds = fresh(asked)
            path = trial_example.store_example(name, found, folder)
            line[name] = {
                "fresh_seconds": round(seconds, 2),
                "kilobytes": path.stat().st_size // 1000,
                "rejected": list(found.report.rejected),
            }
    for name in trial_example.EXAMPLES:
        seconds = stored(name)
        line[name]["stored_milliseconds"] = round(1000 * seconds, 1)
        line[name]["ratio"] = round(line[name]["fresh_seconds"] / seconds, 1)
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
