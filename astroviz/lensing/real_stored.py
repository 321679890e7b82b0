r"""The fit and the sources of the simulated example as they were made for the shipped room.

`write` makes them anew: some minutes of the classic fit, and the draws under `lensing/galaxies`.
What is shown says that it is stored; *Fit the lens* and *Draw sources* compute it on the spot.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from astroviz.lensing.fit_lens import LensFit
from astroviz.lensing.lens_search import FreePrior
from astroviz.lensing.real_answers import RealAnswer, RealFit, answer_case, fit_case, shown_fit
from astroviz.lensing.real_case import RealCase, case_of
from astroviz.lensing.real_example import example
from astroviz.lensing.sky_noise import SkyNoise
from astroviz.lensing.stored import read_answer, write_answer

__all__ = ["RADIUS", "stored", "write"]

RADIUS = 2.6
"""Mask of the stored answers, arcsec; their noise is correlated."""

_FIT, _ANSWER = "real_fit", "real_answer"
_NUMBERS = ("log_evidence", "source_scale", "chi_square", "chi_square_white",
            "chi_square_floor", "effective", "seconds")  # fmt: skip


def stored(
    kind: str, radius: float, covariance: str, case: Callable[[], RealCase]
) -> RealFit | RealAnswer | None:
    r"""A stored answer about the example; None where there is none for these settings.

    Arguments:
        kind: `fit` or `answer`.
        radius: Of the mask, arcsec.
        covariance: Of the noise.
        case: Gives the example with this mask and noise.
    """
    if abs(radius - RADIUS) > 1e-9 or covariance != "correlated":
        return None
    kept = read_answer(_FIT if kind == "fit" else _ANSWER)
    if kept is None:
        return None
    return _fit_of(kept, case()) if kind == "fit" else _answer_of(kept)


def _fit_of(kept: dict[str, np.ndarray], case: RealCase) -> RealFit | None:
    mask = kept["mask"].astype(bool)
    if mask.shape != case.observation.shape:
        return None
    seen = dataclasses.replace(case.observation, mask=mask)
    noise = SkyNoise(seen.noise, mask, case.noise.factor, case.noise.correlation)
    numbers: dict[str, Any] = dict(
        zip(_NUMBERS, (float(one) for one in kept["numbers_exact"]), strict=True)
    )
    return shown_fit(LensFit(
        observation=seen, noise=noise, free=kept["free_exact"],
        covariance=kept["covariance_exact"], source=kept["source"].astype(float),
        source_deviation=kept["source_deviation"].astype(float),
        source_centre=(float(kept["centre_exact"][0]), float(kept["centre_exact"][1])),
        model=kept["model"].astype(float), light=kept["light"].astype(float),
        settled=bool(kept["settled"][0]), prior=FreePrior(*kept["prior_exact"]), **numbers,
    ))  # fmt: skip


def _answer_of(kept: dict[str, np.ndarray]) -> RealAnswer:
    chi_square, white, scale, x, y, took = (float(one) for one in kept["numbers_exact"])
    mask = kept["mask"].astype(bool)
    models = np.zeros((len(kept["samples"]), *mask.shape), np.float32)
    models[:, mask] = kept["models"]
    words = bytes(kept["words"]).decode().split("\n")
    power = {name.removeprefix("power_"): kept[name] for name in kept if name.startswith("power_")}
    return RealAnswer(
        kept["samples"].astype(float), kept["chains"].astype(int), kept["lens_exact"], scale,
        (x, y), models, kept["light"].astype(float), chi_square, white,
        kept["agreement"].astype(float), power, words[0], words[1], took,
    )  # fmt: skip


def write(
    prior: Any,
    budget: float = 240.0,
    chains: int = 4,
    report: Callable[[str], None] = lambda words: None,
) -> tuple[RealFit, RealAnswer]:
    r"""Fit the example, draw its source, and store both.

    Arguments:
        prior: Of sources, as `astroviz.load("lensing")` gives it.
        budget: Seconds for the fit.
        chains: Of the source.
        report: Told how it goes.
    """
    case = case_of(example(), RADIUS, "correlated", simulated=True)
    fit = fit_case(case, budget, 0, lambda share: None, lambda: None)
    report(f"fit: {fit.radius:.4f} +- {fit.radius_error:.4f}, chi^2 {fit.fit.chi_square:.3f}")
    _write_fit(fit.fit)
    answer = answer_case(case, fit, prior, chains, 0, lambda share: None, lambda: None)
    report(f"sources: chi^2 {answer.chi_square:.3f}")
    _write_answer(fit.fit, answer)
    return fit, answer


def _write_fit(fit: LensFit) -> None:
    write_answer(_FIT, {
        "mask": fit.observation.mask.astype(np.uint8), "free_exact": fit.free,
        "covariance_exact": fit.covariance, "source": fit.source,
        "source_deviation": fit.source_deviation, "centre_exact": np.array(fit.source_centre),
        "model": fit.model, "light": fit.light,
        "settled": np.array([fit.settled], np.uint8),
        "prior_exact": np.stack([fit.prior.mean, fit.prior.width]),
        "numbers_exact": np.array([float(getattr(fit, name)) for name in _NUMBERS]),
    })  # fmt: skip


def _write_answer(fit: LensFit, answer: RealAnswer) -> None:
    mask = fit.observation.mask
    numbers = (answer.chi_square, answer.white_chi_square, answer.source_scale, *answer.centre,
               answer.seconds)  # fmt: skip
    words = f"{answer.prior}\n{answer.sampler}".encode()
    write_answer(_ANSWER, {
        "mask": mask.astype(np.uint8), "samples": answer.samples,
        "chains": answer.chains.astype(np.uint8), "lens_exact": answer.lens,
        "models": answer.models[:, mask], "light": answer.light, "agreement": answer.agreement,
        "numbers_exact": np.array(numbers), "words": np.frombuffer(words, np.uint8),
        **{f"power_{name}": array.astype(np.float32) for name, array in answer.power.items()},
    })  # fmt: skip
