"""`astroviz bench sbibm --json` as a script: JSON lines, one for each task.

python tests/benchmarks/bench_sbibm.py [--task NAME] [--draws 10000] [--wheel PATH]
"""

from __future__ import annotations

import sys

from astroviz.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["bench", "sbibm", "--json", *sys.argv[1:]]))
