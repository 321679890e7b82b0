r"""What each sampler is called on a page, and what it costs, in one honest sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from astroviz.lensing.exactness import stored
from astroviz.lensing.settings import SAMPLERS

__all__ = ["IDEAS", "LABELS", "cost", "stored"]

LABELS = {
    "split_gibbs": "split Gibbs",
    "mmps": "MMPS",
    "pigdm": "PiGDM",
    "cla": "CLA",
    "dps": "DPS",
    "smc": "SMC (TDS)",
    "variational": "variational",
    "exact": "exact (GP)",
}
"""Names as short as a list of choices needs them."""

IDEAS = {
    "split_gibbs": "Split Gibbs alternates an exact fit to the data with plain denoising",
    "mmps": "MMPS matches the mean and the covariance of the denoiser",
    "pigdm": "PiGDM takes the denoiser's covariance to be a multiple of one",
    "cla": "CLA convolves the likelihood as if the prior were flat",
    "dps": "DPS follows the gradient of the denoised residual",
    "smc": "SMC weighs and resamples particles, which repairs its guidance if there are many",
    "variational": "One Gaussian is fitted to the posterior: no draw costs anything afterwards",
    "exact": "The posterior of the Gaussian process in closed form: there is nothing to get wrong",
}
"""What each does, without a full stop."""


def cost(sampler: str, table: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    r"""What a sampler does, and how wrong its posterior was where the exact one is known.

    Arguments:
        sampler: One of `SAMPLERS`.
        table: Sampler to `variance_ratio`, `mean_error` (over its Monte-Carlo floor) and
            `tarp_inside`, measured against an exact posterior; the shipped one by default.

    Example:
        >>> cost("cla", {"cla": {"variance_ratio": 0.81, "mean_error": 1.6, "tarp_inside": False}})
        'CLA convolves the likelihood as if the prior were flat. Where the exact posterior is \
known: 0.81 of the true variance, mean error 1.6 times the floor, TARP fails.'
    """
    if sampler not in SAMPLERS:
        raise KeyError(f"no sampler named {sampler!r}; there are {', '.join(SAMPLERS)}")
    idea = IDEAS[sampler]
    if sampler == "exact":
        return f"{idea}."
    row = (table if table is not None else stored(32)).get(sampler)
    if row is None:
        return f"{idea}. How far it can be trusted has not been measured yet: see Trust."
    tarp = "passes" if row["tarp_inside"] else "fails"
    return (
        f"{idea}. Where the exact posterior is known: {row['variance_ratio']:.2f} of the true "
        f"variance, mean error {row['mean_error']:.2g} times the floor, TARP {tarp}."
    )
