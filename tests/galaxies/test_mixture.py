"""Where galaxies lie on the grids of the tables."""

from __future__ import annotations

import torch

from astroviz.galaxies.direct_truth import broad_parameters
from astroviz.galaxies.mixture import bracket, columns_of
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.photometry import BASES, REDSHIFTS
from astroviz.galaxies.sps import synthesis


def test_brackets_hold_values_outside() -> None:
    knots = torch.tensor([0.0, 1.0, 3.0])
    index, fraction = bracket(knots, torch.tensor([-5.0, 0.25, 1.0, 2.0, 9.0]))
    assert index.tolist() == [0, 0, 0, 1, 1]
    assert fraction.tolist() == [0.0, 0.25, 1.0, 0.5, 1.0]


def test_columns_are_the_parameters() -> None:
    theta = torch.arange(22.0).reshape(2, 11)
    columns = columns_of(theta)
    assert columns._fields == PARAMETERS
    assert columns.redshift.tolist() == [9.0, 20.0]


def test_weights_make_one_solar_mass() -> None:
    """Each base puts a known mass into its rows; with the burst all is one solar mass."""
    maker = synthesis()
    mixer, history = maker._mixer, maker.photometry.history
    theta = broad_parameters(200, torch.Generator().manual_seed(0))
    young, young_weights, old, old_weights = mixer.rows(mixer(columns_of(theta)))
    bases = torch.from_numpy(history.mass.sum(-1)).float()  # redshifts, young or old, bases
    parts = torch.ones(len(REDSHIFTS), 7, mixer.blocks)
    parts[:, :, : 2 * BASES] = bases.reshape(len(REDSHIFTS), 1, -1)
    parts = parts.flatten()
    total = (parts[young] * young_weights).sum(-1) + (parts[old] * old_weights).sum(-1)
    torch.testing.assert_close(total, torch.ones(200), rtol=0, atol=2e-5)


def test_parameters_beyond_the_grids_are_held() -> None:
    maker = synthesis()
    inside = torch.tensor([[0.8, 0.5, 0.5, 0.3, 0.01, 0.699, 0.3, 0.3, -0.7, 0.1, 10.5]])
    outside = inside.clone()
    outside[0, PARAMETERS.index("log_z")] = 2.0
    outside[0, PARAMETERS.index("t_burst")] = 0.001
    torch.testing.assert_close(
        maker.magnitudes(outside, ["sdss_r"]), maker.magnitudes(inside, ["sdss_r"]), rtol=0,
        atol=1e-4,
    )  # fmt: skip
