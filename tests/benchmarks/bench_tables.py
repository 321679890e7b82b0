"""Reading 300,000 rows: ours against astropy's own readers, as JSON lines.

Run: `python tests/benchmarks/bench_tables.py [--rows N]`. One line per format with seconds of both
and their ratio (ours / astropy; below 1 is faster), and one for the whole way to observations.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.table import Table

from astroviz.io import guess_mapping, read_table, to_observations
from astroviz.stars.surveys import QUANTITIES

FORMATS = {
    "parquet": {"format": "parquet"},
    "fits": {"format": "fits"},
    "csv": {"format": "ascii.csv"},
    "vot": {"format": "votable", "tabledata_format": "binary2"},
}


def make_table(rows: int) -> Table:
    """A catalogue with identifiers, positions, parallaxes and magnitudes with gaps."""
    rng = np.random.default_rng(0)
    table = Table({"source_id": np.arange(rows) + 6_000_000_000_000_000_000})
    for name in ("ra", "dec", "parallax", "parallax_error", "Gmag", "e_Gmag", "W1mag", "e_W1mag"):
        values = rng.uniform(0.01, 20, rows)
        values[rng.random(rows) < 0.1] = np.nan
        table[name] = values
        table[name].unit = {"ra": "deg", "dec": "deg"}.get(name, "mag" if "mag" in name else "mas")
    return table


def best_of(work: Callable[[], object], repeats: int = 3) -> float:
    """Shortest of some runs, seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Write, read with both, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--formats", nargs="*", default=["parquet", "fits", "csv"])
    options = parser.parse_args()
    table = make_table(options.rows)
    with tempfile.TemporaryDirectory() as folder:
        for suffix in options.formats:
            path = Path(folder) / f"t.{suffix}"
            table.write(path, **FORMATS[suffix])
            ours = best_of(lambda p=path: read_table(p))
            plain = best_of(lambda p=path, s=suffix: Table.read(p, format=FORMATS[s]["format"]))
            line = {
                "name": f"tables.read.{suffix}",
                "rows": options.rows,
                "seconds": round(ours, 4),
                "astropy_seconds": round(plain, 4),
                "ratio": round(ours / plain, 3),
            }
            print(json.dumps(line))
    mapping = guess_mapping(table, QUANTITIES)
    seconds = best_of(lambda: to_observations(table, mapping, QUANTITIES))
    line = {"name": "tables.to_observations", "rows": options.rows, "seconds": round(seconds, 4),
            "rows_per_second": round(options.rows / seconds)}  # fmt: skip
    print(json.dumps(line))


if __name__ == "__main__":
    main()
