r"""The adaptation on real stars: the census of Corona Australis, half of its labels as pairs.

Labels are temperatures of spectral types and extinctions from infrared spectra; half of the
labelled rows become pairs, the other half judges. None of them is an input of the network.

References:
    | Esplin & Luhman (2022), AJ 163, 64
"""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.table import Table

from astroviz.stars.adapt import Adapted, adapt
from astroviz.stars.experiment import Experiment
from astroviz.stars.literature import A_K_OVER_A_V
from astroviz.stars.real_stars import TYPE_ERROR, temperature_ladder

__all__ = ["adapt_to_census", "census_labels"]


def census_labels(census: Table, ladder: Table, names: np.ndarray) -> Table:
    r"""Labels of the census.

    Arguments:
        census: With `Adopt` (spectral type), `Ak` and `f_Ak`.
        ladder: Pecaut & Mamajek's table.
        names: Identifiers under which its rows are known, shape :math:`(N,)`.

    Returns:
        Columns `id`, `Teff`, `e_Teff` (K), `A_V` (mag); NaN where unknown.
    """
    kelvin = temperature_ladder(ladder, np.asarray(census["Adopt"], dtype=str))
    a_k: np.ndarray = np.ma.filled(np.ma.asarray(census["Ak"], dtype=float), np.nan)
    return Table({
        "id": names, "Teff": kelvin,
        "e_Teff": TYPE_ERROR * kelvin, "A_V": a_k / A_K_OVER_A_V,
    })  # fmt: skip


def adapt_to_census(
    census: Table, labels: Table, experiment: Experiment, seed: int = 0, **options: Any
) -> Adapted:
    """Adapt with half of the labels; the verdict is of the other half."""
    return adapt(census, labels, seed=seed, experiment=experiment, **options)
