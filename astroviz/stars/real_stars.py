r"""A model against stars that others have measured: the census of Corona Australis.

Temperatures are compared with spectral types, extinctions with those from infrared spectra, and
W1 and W2 are predicted from Gaia and 2MASS alone. None of the reference values is an input.

References:
    | Esplin & Luhman (2022), AJ 163, 64
    | Spectral types to temperatures: Pecaut & Mamajek (2013), https://arxiv.org/abs/1307.2657
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.table import Table
from scipy.stats import kstest

from astroviz.io.observations import Observations, State

if TYPE_CHECKING:
    from astroviz.stars.model import StarsModel

__all__ = ["census_figures", "left_out", "spectral_number", "temperature_ladder"]

TYPE_ERROR = 0.03  # of the temperature, from the error of a spectral type
AK_OVER_AV = 0.113
_LETTERS = "OBAFGKM"


def spectral_number(text: str) -> float:
    """Spectral type as a number, ten to a letter (F0 is 30, M5 is 65); NaN where there is none."""
    match = re.match(rf"\s*([{_LETTERS}])\s*(\d(?:\.\d+)?)", str(text))
    return 10 * _LETTERS.index(match[1]) + float(match[2]) if match else float("nan")


def temperature_ladder(table: Table, types: np.ndarray) -> np.ndarray:
    r"""Effective temperatures of spectral types, by interpolation; NaN off the ladder.

    Arguments:
        table: Pecaut & Mamajek's table, columns `SpType` and `Teff` (K).
        types: Spectral types as text, shape :math:`(N,)`.
    """
    number = np.array([spectral_number(t) for t in table["SpType"]])
    kelvin: np.ndarray = np.array(np.ma.filled(np.ma.asarray(table["Teff"], dtype=float), np.nan))
    good = np.isfinite(number) & np.isfinite(kelvin)
    order = np.argsort(number[good])
    found = np.array([spectral_number(t) for t in types])
    return np.interp(found, number[good][order], kelvin[good][order], left=np.nan, right=np.nan)


def left_out(
    model: StarsModel, stars: Observations, names: tuple[str, ...], draws: int, seed: int
) -> dict[str, np.ndarray]:
    r"""Where each measured value lies in its prediction from Gaia and 2MASS alone.

    Arguments:
        model: The model.
        stars: A catalogue.
        names: Observables to leave out and predict.
        draws: Draws of each star.
        seed: Seed of the draws.

    Returns:
        For each name the ranks in 0 to 1 of the stars that have it and at least five of the
        Gaia and 2MASS magnitudes.
    """
    keep = {"parallax", "g", "bp", "rp", "j", "h", "ks"}
    hidden = stars.ignoring([name for name in stars.names if name not in keep])
    bands = [stars.index(name) for name in keep - {"parallax"}]
    ranks: dict[str, list[float]] = {name: [] for name in names}
    random = np.random.default_rng(seed)
    for row in range(len(stars)):
        if (stars.states[row, bands] == State.OBSERVED).sum() < 5:
            continue
        predicted = model.posterior(hidden, row).predict(names, draws, seed)
        for name in names:
            column = stars.index(name)
            if stars.states[row, column] != State.OBSERVED:
                continue
            noisy = predicted[name] + stars.errors[row, column] * random.standard_normal(draws)
            ranks[name].append(float((noisy < stars.values[row, column]).mean()))
    return {name: np.array(values) for name, values in ranks.items()}


def census_figures(
    model: StarsModel,
    table: Table,
    stars: Observations,
    ladder: Table,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    r"""The figures of the census.

    Arguments:
        model: The model.
        table: The census as read, with `Adopt`, `Ak`, `f_Ak`, `DiskType`.
        stars: The same rows as observations.
        ladder: Pecaut & Mamajek's table.
        draws: Draws of each star.
        seed: Seed of the draws.

    Returns:
        Offset and 68 % coverage of the temperatures, offset of the extinctions, median age of
        class III members, and for W1 and W2 the PIT's distance from uniform with its p-value.
    """
    answers = [model.posterior(stars, row).sample(draws, seed=seed) for row in range(len(stars))]
    kelvin = np.stack([a["effective_temperature"] for a in answers])
    a_v = np.array([np.median(a["a_v"]) for a in answers])
    age = np.array([np.median(a["log_age"]) for a in answers])
    figures = {"rows": len(stars)} | _temperatures(table, ladder, kelvin, seed)
    method = np.array([str(text).strip() for text in table["f_Ak"]])
    a_k: np.ndarray = np.ma.filled(np.ma.asarray(table["Ak"], dtype=float), np.nan)
    spectral = (method == "IR spec") & np.isfinite(a_k)
    difference = a_v[spectral] - a_k[spectral] / AK_OVER_AV
    figures |= {
        "A_V stars": int(spectral.sum()),
        "A_V median absolute difference, mag": float(np.median(np.abs(difference))),
        "A_V median difference, mag": float(np.median(difference)),
    }
    third = np.array([str(text).strip().startswith("III") for text in table["DiskType"]])
    seen = (stars.states[:, 1:16] == State.OBSERVED).sum(1) >= 4
    figures["class III median age, Myr"] = float(10 ** np.median(age[third & seen]) / 1e6)
    figures["class III stars"] = int((third & seen).sum())
    for name, ranks in left_out(model, stars, ("w1", "w2"), draws, seed).items():
        test = kstest(ranks, "uniform")
        inside = float(((ranks > 0.05) & (ranks < 0.95)).mean())
        figures |= {f"{name} stars": len(ranks), f"{name} PIT distance": float(test.statistic),
                    f"{name} PIT p": float(test.pvalue), f"{name} in 90 %": inside}  # fmt: skip
    return figures


def _temperatures(table: Table, ladder: Table, kelvin: np.ndarray, seed: int) -> dict[str, Any]:
    literature = temperature_ladder(ladder, np.asarray(table["Adopt"], dtype=str))
    known = np.isfinite(literature)
    random = np.random.default_rng(seed)
    offset = np.median(kelvin, 1)[known] / literature[known] - 1
    blurred = kelvin[known] * (1 + TYPE_ERROR * random.standard_normal(kelvin[known].shape))
    low, high = np.quantile(blurred, [0.16, 0.84], axis=1)
    inside = (literature[known] > low) & (literature[known] < high)
    return {
        "Teff stars": int(known.sum()),
        "Teff median offset": float(np.median(offset)),
        "Teff median absolute offset": float(np.median(np.abs(offset))),
        "Teff 68 % coverage": float(inside.mean()),
    }
