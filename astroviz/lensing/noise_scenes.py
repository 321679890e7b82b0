r"""What the view of noise draws of an answer: draws, data, noise of three kinds, figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.lensing.chirp import CHIRP_NAMES, RATE
from astroviz.lensing.slic_lens import SLIC_LABELS, SLIC_NAMES, SLIC_UNITS, SmallLens

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws

__all__ = ["SHOWN", "NoiseScene", "axes_of", "scene_of", "table_of"]

SHOWN = {
    "lens": ("einstein_radius", "e1", "e2", "source_x"),
    "chirp": ("chirp_mass", "coalescence_time", "log_amplitude", "phase"),
}
"""Parameters of the corner plot."""

_CHIRP_LABELS = {
    "log_amplitude": ("log amplitude", ""),
    "chirp_mass": ("chirp mass", "solMass"),
    "coalescence_time": ("end", "s"),
    "phase": ("phase", "rad"),
}


@dataclass(frozen=True, eq=False)
class NoiseScene:
    r"""An answer, or what there is of it.

    Arguments:
        mode: `lens` or `chirp`.
        learned: Draws under the learned likelihood of the shown parameters, (n, 4) or (0, 4).
        gaussian: Under the Gaussian one, (n, 4) or (0, 4).
        truth: Parameter to its true value.
        data: The measurement.
        model: Without noise.
        pixel_scale: Arcsec per pixel of an image.
        times: Seconds of a series.
        learned_band: 5 and 95 % of the noiseless data of the draws.
        gaussian_band: Likewise.
        patches: Noise as it is, as it was learned, Gaussian: (18, p, p).
        labels: A word over each.
        strains: The same of series, each shifted.
        strain_range: Lower and upper end of their axis.
        facts: Rows of the table.
    """

    mode: str
    learned: np.ndarray
    gaussian: np.ndarray
    truth: dict[str, float]
    data: np.ndarray
    model: np.ndarray
    pixel_scale: float
    times: np.ndarray
    learned_band: tuple[np.ndarray, np.ndarray]
    gaussian_band: tuple[np.ndarray, np.ndarray]
    patches: np.ndarray
    labels: list[str]
    strains: list[np.ndarray]
    strain_range: tuple[float, float]
    facts: list[tuple[str, str]]


def axes_of(mode: str) -> list[tuple[str, str, str]]:
    """Name, label and unit of the parameters that are shown."""
    if mode == "chirp":
        return [(name, *_CHIRP_LABELS[name]) for name in SHOWN["chirp"]]
    place = [SLIC_NAMES.index(name) for name in SHOWN["lens"]]
    return [(SLIC_NAMES[k], SLIC_LABELS[k], SLIC_UNITS[k]) for k in place]


def scene_of(draws: Draws, mode: str) -> NoiseScene:
    r"""What there is to draw.

    Arguments:
        draws: An answer to `noise_answers.noise_request`, or a part of one.
        mode: `lens` or `chirp`.
    """
    kept = draws.extras
    names = CHIRP_NAMES if mode == "chirp" else SLIC_NAMES
    columns = [names.index(name) for name in SHOWN[mode]]
    known = bool(np.asarray(kept["known"])[0])
    gaussian = np.asarray(kept.get("gaussian", np.zeros((0, len(names)))))[:, columns]
    learned = draws.values[:, columns] if known else np.zeros((0, len(columns)))
    truth = {name: float(kept["truth"][names.index(name)]) for name in SHOWN[mode]}
    data = np.asarray(kept["data"])
    series = data.ndim == 1
    patches, labels = _patches(kept) if not series else (np.zeros((0, 2, 2)), [])
    strains = _strains(kept) if series else []
    reach = 8.0
    return NoiseScene(
        mode, learned, gaussian, truth, data, np.asarray(kept["clean"]),
        SmallLens().pixel_scale, np.arange(data.shape[-1]) / RATE,
        _band(kept.get("learned_images")), _band(kept.get("gaussian_images")),
        patches, labels, strains, (-reach * max(len(strains), 1), 0.9 * reach),
        _facts(mode, learned, gaussian, truth),
    )  # fmt: skip


def _patches(kept: Any) -> tuple[np.ndarray, list[str]]:
    sets = [("as it is", kept["real_noise"]), ("as it was learned", kept["learned_noise"]),
            ("Gaussian", kept["gaussian_noise"])]  # fmt: skip
    sets = [(word, np.asarray(one)) for word, one in sets if len(one)]
    labels = [word if k == 0 else "" for word, one in sets for k in range(len(one))]
    return np.concatenate([one for _, one in sets]), labels


def _strains(kept: Any) -> list[np.ndarray]:
    """One series of each kind, shifted down from one to the next."""
    sets = [kept["real_noise"], kept["learned_noise"], kept["gaussian_noise"]]
    return [np.asarray(one)[0] - 8.0 * k if len(one) else np.zeros(0)
            for k, one in enumerate(sets)]  # fmt: skip


def _band(images: Any) -> tuple[np.ndarray, np.ndarray]:
    if images is None or not len(images):
        return np.zeros(0), np.zeros(0)
    low, high = np.quantile(np.asarray(images), [0.05, 0.95], axis=0)
    return low, high


def _facts(
    mode: str, learned: np.ndarray, gaussian: np.ndarray, truth: dict[str, float]
) -> list[tuple[str, str]]:
    rows = []
    for k, (name, label, unit) in enumerate(axes_of(mode)):
        rows.append((f"{label} put in", f"{truth[name]:.3f} {unit}".strip()))
        for word, draws in (("learned", learned), ("Gaussian", gaussian)):
            if len(draws):
                mean, spread = float(draws[:, k].mean()), float(draws[:, k].std())
                away = (mean - truth[name]) / max(spread, 1e-9)
                digits = int(np.clip(1 - np.floor(np.log10(max(spread, 1e-9))), 0, 5))
                told = f"{mean:.{digits}f} \u00b1 {spread:.{digits}f}"
                rows.append((f"\u2003{word}", f"{told} ({away:+.1f}\u03c3)"))
    return [(name, value.replace("-", "\u2212").replace("solMass", "M\u2609"))
            for name, value in rows]  # fmt: skip


def table_of(draws: Draws, view: dict[str, Any]) -> QTable:
    """Draws under both likelihoods, to be saved."""
    from astropy.table import QTable, vstack

    parts = []
    for word, values in (("learned", draws.values), ("gaussian", draws.extras.get("gaussian"))):
        if values is not None and len(values):
            columns = dict(zip(draws.names, np.asarray(values).T, strict=True))
            parts.append(QTable({"likelihood": [word] * len(values), **columns}))
    table: QTable = vstack(parts)
    table.meta.update(seed=draws.seed, truth=np.asarray(draws.extras["truth"]).tolist(), **view)
    return table
