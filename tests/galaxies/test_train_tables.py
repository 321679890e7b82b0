"""The shipped tables, and the way to them from end to end without the published grids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from astroviz.core.registry import find_model, load_weights
from astroviz.galaxies.direct import FullGrids
from astroviz.galaxies.sps import Synthesis, synthesis
from astroviz.galaxies.tables import load_tables, read_tables
from astroviz.galaxies.train_tables import build_tables, train

GALAXY = torch.tensor([0.8, 0.5, 0.5, 0.1, 1.0, 0.0, 0.3, 0.3, -0.7, 0.1, 10.5])


def test_the_shipped_file_is_small_and_says_where_it_is_from() -> None:
    card = find_model("galaxies/tables")
    assert card.kind == "tables"
    assert card.path is not None
    assert (card.path / "weights.safetensors").stat().st_size < 5_000_000
    assert "Bruzual" in card.data


def test_shipped_tables_hold_what_they_say() -> None:
    tables = load_tables()
    assert tables.spectra.shape == (7, len(tables.ages), len(tables.edges) - 1)
    assert (tables.ages.diff() > 0).all()
    assert 0.01 in tables.ages.round(decimals=6)
    assert (tables.spectra > 0).all()
    # one solar mass of young stars shines like hundreds of suns, of old ones like a few tenths
    light = (tables.spectra * tables.edges.diff()).sum(-1)
    solar = light[4]
    assert 500 < float(solar[0]) < 2500
    assert 0.05 < float(solar[-1]) < 0.5
    assert (tables.surviving[:, 0] > 0.99).all()
    assert ((tables.surviving[:, -1] > 0.5) & (tables.surviving[:, -1] < 0.65)).all()


def test_building_keeps_what_a_grid_says() -> None:
    """On a grid of power laws in wavelength and age, everything comes back."""
    wavelength = np.geomspace(900, 60000, 3000)
    ages = np.concatenate([[0.0], np.geomspace(1e-4, 14, 60)])
    slope = np.linspace(1, 2, 7)[:, None, None]
    light = (wavelength / 5000) ** -slope * np.maximum(ages, 1e-4)[:, None] ** -0.7
    grids = FullGrids(
        wavelength, ages, np.linspace(-2.3, 0.7, 7), light.astype(np.float32),
        np.ones((7, 61)) * 0.6,
    )  # fmt: skip
    edges = np.geomspace(1000, 50000, 200)
    tensors = build_tables(grids, edges, 40, 40)
    depth = (tensors["codes"].double() + 32768) * (21.0 / 65535)
    spectra = torch.exp(tensors["tops"][..., None] - depth).numpy()
    middle = np.sqrt(edges[1:] * edges[:-1])
    expected = (middle / 5000) ** -slope * tensors["ages"].numpy()[:, None] ** -0.7
    np.testing.assert_allclose(spectra, expected, rtol=2e-3)
    assert tensors["codes"].shape == (7, 40, 199)


def test_a_smoke_run_makes_tables_that_open(tmp_path: Path) -> None:
    folder = train(out=tmp_path, smoke=True)
    assert folder == tmp_path / "galaxies" / "tables"
    from astroviz.core.cards import read_card

    card = read_card(folder)
    assert "smoke" in card.title
    tables = read_tables(load_weights(card))
    bands = ("sdss_g", "sdss_r")
    coarse = Synthesis(tables).magnitudes(GALAXY, bands, lines=True)
    fine = synthesis().magnitudes(GALAXY, bands, lines=True)
    torch.testing.assert_close(coarse, fine, rtol=0, atol=0.3)
