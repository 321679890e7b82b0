"""The Lyman series against the sums of the paper, written out for single wavelengths."""

from __future__ import annotations

import pytest
import torch

from astroviz.galaxies.igm import LYMAN_LIMIT, transmission


def seen(wavelength: float, redshift: float) -> float:
    return float(
        transmission(torch.tensor(wavelength, dtype=torch.float64), torch.tensor(redshift))
    )


def test_between_the_first_two_lines_only_lyman_alpha_absorbs() -> None:
    # Inoue et al. 2014, table 2: A = 1.690e-2 (forest) and 1.617e-4 (damped) for Lyman alpha
    ratio = 1800 / 1215.67
    expected = 1.690e-2 * ratio**1.2 + 1.617e-4 * ratio**2
    assert seen(1800.0, 0.6) == pytest.approx(torch.tensor(-expected).exp().item(), rel=1e-6)


def test_below_lyman_beta_two_lines_absorb() -> None:
    z, at = 0.6, 1600.0
    alpha, beta = at / 1215.67, at / 1025.72
    tau = 1.690e-2 * alpha**1.2 + 1.617e-4 * alpha**2
    tau += 4.692e-3 * beta**1.2 + 1.545e-4 * beta**2
    assert seen(at, z) == pytest.approx(torch.tensor(-tau).exp().item(), rel=1e-6)


def test_red_of_the_line_all_arrives_and_beyond_the_limit_nothing() -> None:
    assert seen(1215.67 * 1.5 + 1, 0.5) == 1.0
    assert seen(LYMAN_LIMIT * 1.5 - 1, 0.5) == 0.0
    assert seen(1300.0, 0.0) == 1.0


def test_more_is_absorbed_the_farther() -> None:
    rest = 1100.0
    values = [seen(rest * (1 + z), z) for z in (0.1, 0.4, 0.8)]
    assert values[0] > values[1] > values[2] > 0.9
