r"""Answers of shipped networks that are stored, so that a view opens with something to look at.

Stars of domain A follow the simulator that the network was taught with; in domain B atmospheres,
extinction law and dust are others. Both are simulators: B plays nature and is not nature. Spirals
were seen through noise and masks, and drawn again under a prior that knows only ellipticals.
`tests/benchmarks/bench_accuracy_examples.py` makes the files.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from astroviz.accuracy.classifier_shift import ClassifierShift
from astroviz.accuracy.image_summaries import SUMMARIES, image_summaries
from astroviz.accuracy.shift_case import ShiftCase
from astroviz.accuracy.stored_arrays import STORED, read_arrays
from astroviz.accuracy.trial import Trial

__all__ = ["SHIFTS", "STARS", "TOLD_SEED", "shift_example", "star_trial", "told_example"]

TOLD_SEED = 0
"""Seed that the stored classifiers were taught with."""

STARS = {
    "A": "stars of domain A, which the network was taught",
    "B": "stars of domain B, which it was not",
    "adapted": "the same stars of B, after adaptation",
}
"""Stored trials of stars, and words for each."""

SHIFTS = {
    "stars": "stars of domain B, under A",
    "same": "stars of domain A, under A",
    "answers": "posteriors of stars of B, under the prior",
    "spirals": "spirals, under ellipticals",
    "ellipticals": "ellipticals, under ellipticals",
}
"""Stored comparisons, and words for each."""

_NAMES = ("log_age", "log_mass", "a_v", "effective_temperature")
_UNITS = ("log10 yr", "log10 solMass", "mag", "K")
_BANDS = ("G", "BP", "RP", "J", "H", "Ks", "W1", "W2", "W3", "W4", "[3.6]", "[4.5]", "[5.8]",
          "[8.0]", "[24]")  # fmt: skip
_COLOURS = (("BP", "RP"), ("G", "J"), ("J", "H"), ("H", "Ks"), ("Ks", "W1"), ("W1", "W2"),
            ("W2", "W3"), ("Ks", "[3.6]"), ("[3.6]", "[4.5]"), ("[4.5]", "[8.0]"))  # fmt: skip
_MINUS = "\u2212"


@lru_cache(maxsize=1)
def _stars() -> dict[str, np.ndarray]:
    return read_arrays(STORED / "example_stars.npz")


@lru_cache(maxsize=1)
def _images() -> dict[str, np.ndarray]:
    return read_arrays(STORED / "example_images.npz")


@lru_cache(maxsize=3)
def star_trial(name: str) -> Trial:
    r"""A stored trial of stars.

    Arguments:
        name: One of `STARS`.

    Example:
        >>> trial = star_trial("B")
        >>> trial.names[:2], trial.truths.shape == (trial.count, 4)
        (('log_age', 'log_mass'), True)
    """
    if name not in STARS:
        raise ValueError(f"no stored trial {name!r}; there are {', '.join(STARS)}")
    kept = _stars()
    domain = "A" if name == "A" else "B"
    values, sky = kept[f"{domain}.values"], kept[f"{domain}.sky"]
    band = dict(zip(_BANDS, values[:, 1:].T, strict=True))
    seen = np.isfinite(values)
    places = {
              "ra": sky[:, 0], "dec": sky[:, 1], "G": band["G"],
              f"BP {_MINUS} RP": band["BP"] - band["RP"],
              f"J {_MINUS} Ks": band["J"] - band["Ks"],
              "absolute G": band["G"] + 5 * np.log10(np.maximum(values[:, 0], 0.1)) - 10,
    }  # fmt: skip
    units = {key: "mag, Vega" for key in places} | {"ra": "deg", "dec": "deg"}
    words = np.where(seen[:, 11:].any(1), "with Spitzer", "without Spitzer")
    return Trial(
        truths=kept[f"{domain}.truths"].astype(float),
        draws=kept[f"{domain}.{'adapted' if name == 'adapted' else 'plain'}"].astype(float),
        names=_NAMES, units=_UNITS, prior=kept["A.truths"].astype(float),
        observations=values.astype(float), observation_names=("parallax", *_BANDS),
        groups={"pattern": words}, places=places, place_units=units,
        ids=tuple(f"{domain}{k + 1}" for k in range(len(values))),
        model="stars/adaptation", seed=77,
        notes=("Domains A and B are simulators both: B plays nature and is not nature.",),
    )  # fmt: skip


def shift_example(name: str) -> ShiftCase:
    r"""A stored comparison of what a model knows and what it was asked.

    Arguments:
        name: One of `SHIFTS`.
    """
    if name not in SHIFTS:
        raise ValueError(f"no stored comparison {name!r}; there are {', '.join(SHIFTS)}")
    if name in ("spirals", "ellipticals"):
        return _pictures(name)
    kept = _stars()
    if name == "answers":
        asked, known = kept["B.plain"][:, 0], kept["A.truths"]
        titles = ("log age (yr)", "log mass (M\u2609)", "A_V (mag)", "temperature (K)")
        return ShiftCase(
            known, asked, _NAMES, titles, "the prior (domain A)", "one draw of each star of B",
            notes=("If prior and posterior were right, both would be one population.",),
        )  # fmt: skip
    names: tuple[str, ...] = ("parallax", "G", *(f"{a} {_MINUS} {b}" for a, b in _COLOURS))
    labels = ("parallax (mas)", *(f"{one} (mag, Vega)" for one in names[1:]))
    known, asked = _colours(kept["A.values"]), _colours(kept["B.values"])
    if name == "same":
        known, asked = known[::2], known[1::2]
    which = "A" if name == "same" else "B"
    return ShiftCase(
        known, asked, names, labels, "simulated stars (domain A)", f"stars of domain {which}",
        ids=tuple(f"star {which}{k + 1}" for k in range(len(asked))),
        notes=("Domain B is another simulator that plays nature.",) if which == "B" else (),
    )  # fmt: skip


def told_example(name: str) -> ClassifierShift:
    r"""What a classifier said of a stored comparison; teaching it takes seconds.

    Arguments:
        name: One of `SHIFTS`.
    """
    kept = _told()
    area, error, p_value = (float(one) for one in kept[f"{name}.figures"])
    return ClassifierShift(
        area, error, p_value, kept[f"{name}.importance"], kept[f"{name}.importance_error"],
        kept[f"{name}.known"], kept[f"{name}.asked"],
    )  # fmt: skip


@lru_cache(maxsize=1)
def _told() -> dict[str, np.ndarray]:
    with np.load(STORED / "example_told.npz", allow_pickle=False) as kept:
        return {name: kept[name].astype(float) for name in kept.files}


def _colours(values: np.ndarray) -> np.ndarray:
    band = dict(zip(_BANDS, values[:, 1:].T, strict=True))
    columns = [values[:, 0], band["G"], *(band[a] - band[b] for a, b in _COLOURS)]
    return np.stack(columns, -1).astype(float)


def _pictures(name: str) -> ShiftCase:
    kept = _images()
    images = [kept[one][..., 0].astype(float) for one in ("expected", name)]
    known, asked = (image_summaries(one) for one in images)
    return ShiftCase(
        known, asked, tuple(SUMMARIES), tuple(SUMMARIES.values()),
        "what the prior of ellipticals expects", f"{name}, drawn under it",
        known_points=images[0], asked_points=images[1],
        ids=tuple(f"{name[:-1]} {k + 1}" for k in range(len(asked))),
        notes=("Galaxies are drawn by a law, not observed. Both sides are posterior draws, one an "
               "observation, so that an approximate sampler errs on both alike.",),
    )  # fmt: skip
