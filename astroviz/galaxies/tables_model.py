r"""The shipped tables as `astroviz.load("galaxies/tables")` opens them, to be checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from astroviz.core.cards import Card
from astroviz.core.registry import load_weights
from astroviz.galaxies import sps_checks
from astroviz.galaxies.sps import Synthesis
from astroviz.galaxies.tables import read_tables

__all__ = ["PhotometryTables", "open_tables"]


@dataclass(frozen=True)
class PhotometryTables:
    r"""Tables and their card.

    Attributes:
        card: The card.
        synthesis: Spectra and magnitudes from the tables.
    """

    card: Card
    synthesis: Synthesis

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        r"""Blocks for `accuracy.report.verdicts`, see `sps_checks`.

        Arguments:
            seed: Seed of fresh galaxies.
            quick: Fewer of them.
        """
        return sps_checks.tables_checks(self.synthesis, seed, quick)


def open_tables(card: Card, device: str | torch.device = "cpu") -> PhotometryTables:
    r"""Open `galaxies/tables`.

    Arguments:
        card: Its card.
        device: Where magnitudes are computed.
    """
    tables = read_tables(load_weights(card, "cpu"))
    return PhotometryTables(card, Synthesis(tables, device))
