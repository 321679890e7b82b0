"""What a hand waits for on the selection builder, at 100,000 draws.

    python tests/benchmarks/bench_selection.py [--draws 100000] [--repeats 11]

One JSON line: p50 (ms) of an answer after a limit, a wedge or the depth was moved, and after the
survey was swapped, when every galaxy is photometered again; and the ratios of the swap to a
moved limit, and of the swap by the emulator (spectra by network, as others do it) to the swap by
the tables, timed on a tenth of the draws in the same process.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
import torch

from astroviz.core.shelf import shipped
from astroviz.galaxies.selection_light import light_of
from astroviz.galaxies.selection_state import SelectionState
from astroviz.galaxies.sps import synthesis


def median(act: Callable[[int], None], repeats: int) -> float:
    """Median time of a call, ms."""
    times = []
    for k in range(repeats):
        start = time.perf_counter()
        act(k)
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=11)
    args = parser.parse_args()
    torch.set_num_threads(1)
    state = SelectionState(selection_source="prior", selection_draws=args.draws, use_wedge=True)
    light = light_of(None, args.draws, 0)

    def ask(**settings: object) -> None:
        state.param.update(**settings)
        state.selection_question().answer()

    ask()
    moved = {
        "limit": median(lambda k: ask(selection_limit=17.0 + 0.05 * k), args.repeats),
        "wedge": median(lambda k: ask(wedge_x=0.5 + 0.02 * k), args.repeats),
        "depth": median(lambda k: ask(selection_depth=0.1 * (k + 1)), args.repeats),
    }
    surveys = ("sdss", "lsst_year_1", "hsc_wide")
    for survey in surveys:  # the tables of their filters are made once in a process
        ask(selection_survey=survey)

    def swap(k: int) -> None:
        light._true.clear()
        ask(selection_survey=surveys[k % 3])

    swapped = median(swap, args.repeats)
    found = {
        "benchmark": "selection", "draws": args.draws,
        **{f"{name}_p50_ms": value for name, value in moved.items()},
        "swap_p50_ms": swapped, "ratio": swapped / moved["limit"],
    }  # fmt: skip
    emulator, _ = shipped("galaxies/emulator")
    if emulator is not None:
        few, bands = light.theta[: args.draws // 10], state.survey_bands()
        with torch.no_grad():
            slow = median(lambda _: emulator.magnitudes(few, bands), 3)
            fast = median(lambda _: synthesis().magnitudes(few, bands), 5)
        found["ratio_emulator_to_tables"] = slow / fast
    print(json.dumps(found))


if __name__ == "__main__":
    main()
