r"""A fitted lens and the sources behind it as one FITS file, and its numbers as a mapping."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from astroviz.lensing.lens import LENS_NAMES, LENS_UNITS
from astroviz.lensing.real_answers import RealAnswer, RealFit
from astroviz.lensing.real_case import RealCase

__all__ = ["lens_fits", "lens_numbers"]


def lens_numbers(case: RealCase, fit: RealFit, answer: RealAnswer | None = None) -> dict[str, Any]:
    r"""What was found, as JSON can hold it; what cannot be said is left out.

    Arguments:
        case: Lens, mask, noise.
        fit: The classic fit.
        answer: Sources under a learned prior, where they were drawn.
    """
    found: dict[str, Any] = {
        "name": case.full.name, "simulated": case.simulated,
        "pixels": int(case.observation.mask.sum()),
        "lens": {
            name: {"value": fit.values[name], "error": fit.errors[name], "unit": unit}
            for name, unit in zip(LENS_NAMES, LENS_UNITS, strict=True)
        },
        "reduced_chi_square": float(fit.fit.chi_square),
        "reduced_chi_square_whitened": float(fit.fit.chi_square_white),
        "log_evidence": float(fit.fit.log_evidence), "settled": bool(fit.fit.settled),
        "seconds": float(fit.fit.seconds), "warnings": list(fit.fit.warnings),
    }  # fmt: skip
    angle = case.full.on_sky(fit.values["position_angle"])
    if angle is not None:
        found["position_angle_east_of_north_deg"] = angle
    if np.isfinite(case.floor):
        found["reduced_chi_square_of_blank_sky"] = float(case.floor)
    if answer is not None:
        found["source"] = {
            "prior": answer.prior, "sampler": answer.sampler, "draws": len(answer.samples),
            "chains": answer.count, "lenses": answer.lenses,
            "reduced_chi_square": answer.chi_square,
            "reduced_chi_square_whitened": answer.white_chi_square,
            "largest_r_hat": float(answer.agreement.max()), "seconds": answer.seconds,
        }  # fmt: skip
    return found


def lens_fits(case: RealCase, fit: RealFit, answer: RealAnswer | None = None) -> bytes:
    r"""All pictures as a FITS file with an extension each, and the draws of the lens as a table.

    Arguments:
        case: Lens, mask, noise.
        fit: The classic fit.
        answer: Sources under a learned prior, where they were drawn.
    """
    from astropy.io import fits

    found, seen = fit.fit, case.observation
    head = fits.PrimaryHDU()
    for name in LENS_NAMES:
        keyword = f"HIERARCH {name.upper()}"
        head.header[keyword] = fit.values[name]
        head.header[f"{keyword}_ERROR"] = fit.errors[name]
    head.header["CHI2"] = (float(found.chi_square), "reduced, with the noise map as given")
    pixel = seen.pixel_scale
    pictures = [
        ("DATA", np.where(seen.mask, seen.image, np.nan), pixel),
        ("MODEL", found.model, pixel), ("LENS_LIGHT", found.light, pixel),
        ("RESIDUAL", found.residual, pixel), ("CLASSIC_SOURCE", found.source, found.source_scale),
        ("CLASSIC_SOURCE_SD", found.source_deviation, found.source_scale),
    ]  # fmt: skip
    if answer is not None:
        pictures += [
            ("SOURCE_MEAN", answer.mean, answer.source_scale),
            ("SOURCE_SD", answer.sd, answer.source_scale),
            ("SOURCE_DRAWS", answer.samples, answer.source_scale),
        ]
    images = [_image(name, values, scale) for name, values, scale in pictures]
    return _written(fits.HDUList([head, *images, _lenses(fit, answer)]))


def _image(name: str, values: np.ndarray, scale: float) -> Any:
    from astropy.io import fits

    image = fits.ImageHDU(np.asarray(values, dtype=np.float32), name=name)
    image.header["PIXSCALE"] = (float(scale), "arcsec")
    return image


def _lenses(fit: RealFit, answer: RealAnswer | None) -> Any:
    """Draws of the lens: those behind which sources were drawn, or those of the fit."""
    from astropy.io import fits

    drawn = fit.fit.samples.numpy() if answer is None else answer.lens
    columns = [
        fits.Column(name=name, format="D", unit=unit or None, array=drawn[:, k])
        for k, (name, unit) in enumerate(zip(LENS_NAMES, LENS_UNITS, strict=True))
    ]
    return fits.BinTableHDU.from_columns(columns, name="LENS_DRAWS")


def _written(file: Any) -> bytes:
    out = io.BytesIO()
    file.writeto(out)
    return out.getvalue()
