"""Figures of the Corona Australis census, as one JSON line; arguments: CENSUS LADDER."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from astropy.table import Table

import astroviz
from astroviz.io import guess_mapping, read_table, to_observations
from astroviz.stars.real_stars import census_figures

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "stars"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("census", nargs="?", default=SHARED / "cra_census_a.txt", type=Path)
    parser.add_argument("ladder", nargs="?", default=SHARED / "pecaut2013_5to30myr.csv", type=Path)
    parser.add_argument("--model", default="stars")
    parser.add_argument("--draws", type=int, default=1000)
    args = parser.parse_args()
    model = astroviz.load(args.model)
    table = read_table(args.census)
    stars = to_observations(table, guess_mapping(table, model.quantities), model.quantities)
    figures = census_figures(model, table, stars, Table.read(args.ladder), args.draws)
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
