"""What `astroviz check` measures of tables and emulator: it passes here, and it can fail."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.accuracy.report import verdicts
from astroviz.core.registry import load
from astroviz.galaxies import sps_checks
from astroviz.galaxies.sps import Synthesis, synthesis


def test_tables_pass_their_checks() -> None:
    report = verdicts(sps_checks.tables_checks(synthesis(), seed=3, quick=True), quick=True)
    assert [verdict["name"] for verdict in report if not verdict["passed"]] == []
    assert len(report) == 17


def test_emulator_passes_its_checks() -> None:
    blocks = load("galaxies/emulator", device="cpu").checks(seed=3, quick=True)
    report = verdicts(blocks, quick=True)
    assert [verdict["name"] for verdict in report if not verdict["passed"]] == []


def test_wrong_tables_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five hundredths of a magnitude in every band is seen in every comparison."""
    right = Synthesis.magnitudes

    def wrong(self: Synthesis, *args: object, **options: object) -> torch.Tensor:
        return right(self, *args, **options) + 0.05  # type: ignore[arg-type]

    monkeypatch.setattr(Synthesis, "magnitudes", wrong)
    report = verdicts(sps_checks.tables_checks(synthesis(), quick=True), quick=True)
    failed = [verdict["name"] for verdict in report if not verdict["passed"]]
    assert len(failed) == 16  # all but the mass


def test_percentiles_carry_their_own_error() -> None:
    errors = np.abs(np.random.default_rng(0).normal(0, 0.001, (400, 4)))
    block = sps_checks.percentile_block("noise", errors, 0.68, 0.001)
    assert block["values"][0] == pytest.approx(0.001, rel=0.05)
    # order statistics of a normal distribution, 1600 independent numbers
    assert block["errors"][0] == pytest.approx(
        0.001 * np.sqrt(0.68 * 0.32 / 1600) / 0.484, rel=0.3
    )
