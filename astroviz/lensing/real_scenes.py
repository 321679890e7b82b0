r"""What the view of real lenses draws: plain arrays and words, from a case and its answers."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import gaussian_filter

from astroviz.lensing.real_tables import kpc_per_arcsec, physical

if TYPE_CHECKING:
    from astroviz.lensing.real_answers import RealAnswer, RealFit
    from astroviz.lensing.real_case import RealCase

__all__ = [
    "check_scene",
    "draw_pictures",
    "facts_of",
    "files_scene",
    "fit_scene",
    "noise_scene",
    "rungs_of",
    "source_scene",
]

_BINS = 61
_SMOOTH = 8.0  # pixels: wider light is no noise
_LAGS = 6
_NAMES = {
    "einstein_radius": ("Einstein radius", "arcsec"),
    "axis_ratio": ("axis ratio", ""),
    "position_angle": ("position angle from +x", "rad"),
    "x0": ("x of the centre", "arcsec"),
    "y0": ("y of the centre", "arcsec"),
    "shear1": ("shear, first component", ""),
    "shear2": ("shear, second component", ""),
    "slope": ("slope of the deflection", ""),
}


def files_scene(case: RealCase) -> dict[str, Any]:
    """The whole frame, its noise map, its PSF, and what was read."""
    full = case.full
    rows, columns = full.shape
    psf = full.psf if full.psf is not None else np.full((1, 1), 1.0)
    size = "none" if full.psf is None else f"{psf.shape[1]} \u00d7 {psf.shape[0]} pixels"
    sky = "none: angles from +x of the frame"
    if full.north is not None:
        sky = f"north {math.degrees(full.north):.1f}\u00b0 from +x"
    redshifts = [full.lens_redshift, full.source_redshift]
    words = ["unknown" if z is None else f"{z:.3f}" for z in redshifts]
    facts = [
        ("frame", f"{columns} \u00d7 {rows} pixels of {full.pixel_scale:.3g} arcsec"),
        ("masked", f"{100 * (1 - full.used / full.mask.size):.1f} %"),
        ("PSF", size),
        ("WCS", sky),
        ("redshift of the lens", words[0]),
        ("redshift of the source", words[1]),
        ("lens light", "in the image, modelled" if full.light else "taken away before"),
    ]
    return {
        "image": np.where(full.mask, full.image, np.nan),
        "noise": np.where(full.mask, full.noise, np.nan),
        "psf": psf, "pixel_scale": full.pixel_scale, "facts": facts,
    }  # fmt: skip


def noise_scene(case: RealCase) -> dict[str, Any]:
    """Blank sky: where, how wide, how correlated, and what the fit takes from it."""
    full, sky = case.full, case.sky
    ratio = _flattened(np.where(full.mask, full.image / full.noise, 0.0), sky)
    values = ratio[sky]
    edges = np.linspace(-4, 4, _BINS)
    heights = np.histogram(values, edges, density=True)[0] if values.size else np.zeros(_BINS - 1)
    grid = np.linspace(-4, 4, 201)
    std = case.blank_std if math.isfinite(case.blank_std) else 1.0
    along = [_correlation(ratio, sky, axis) for axis in (1, 0)]
    reach = len(case.noise.correlation) // 2
    used = case.noise.correlation[reach, reach:]
    used = np.concatenate([used, np.zeros(_LAGS - len(used))])
    measured = _normal(grid, std)
    return {
        "ratio": np.where(sky, ratio, np.nan), "pixel_scale": full.pixel_scale, "edges": edges,
        "heights": heights, "grid": grid, "unit": _normal(grid, 1.0), "measured": measured,
        "std": case.blank_std, "top": 1.25 * float(max(measured.max(), heights.max())),
        "lag": np.arange(_LAGS, dtype=float), "rows": along[0], "columns": along[1],
        "used_lag": np.arange(_LAGS, dtype=float), "used": used,
    }  # fmt: skip


def fit_scene(case: RealCase, fit: RealFit | None) -> dict[str, Any]:
    """Data, model, residual, source; without a fit the data alone."""
    seen = case.observation if fit is None else fit.fit.observation
    data = np.where(seen.mask, seen.image, np.nan)
    limits = _limits(data)
    scene: dict[str, Any] = {
        "data": data, "pixel_scale": seen.pixel_scale, "limits": limits, "critical": [],
        "caustic": [], "rungs": rungs_of(case, fit),
    }  # fmt: skip
    if fit is None:
        nothing = np.full(seen.shape, np.nan)
        words = "Not fitted yet: press <b>Fit the lens</b>."
        return scene | {
            "model": nothing, "residual": nothing, "source": np.full((2, 2), np.nan),
            "source_scale": 0.5, "centre": (0.0, 0.0), "table": f"<p class='faint'>{words}</p>",
        }  # fmt: skip
    found = fit.fit
    return scene | {
        "model": np.where(seen.mask, found.model, np.nan),
        "residual": np.where(seen.mask, found.residual, np.nan),
        "source": found.source, "source_scale": found.source_scale,
        "centre": found.source_centre,
        "critical": fit.critical, "caustic": fit.caustic, "table": _lens_table(case, fit),
    }  # fmt: skip


def source_scene(case: RealCase, fit: RealFit | None, answer: RealAnswer | None) -> dict[str, Any]:
    """The draws, their mean and standard deviation; the data alone until there are any."""
    seen = case.observation if fit is None else fit.fit.observation
    data = np.where(seen.mask, seen.image, np.nan)
    scene: dict[str, Any] = {
        "data": data, "pixel_scale": seen.pixel_scale, "limits": _limits(data),
        "critical": fit.critical if fit else [], "caustic": fit.caustic if fit else [],
    }  # fmt: skip
    if answer is None:
        nothing = np.full((2, 2), np.nan)
        return scene | {
            "samples": np.zeros((0, 2, 2)), "labels": [], "mean": nothing, "sd": nothing,
            "source_scale": 0.5, "centre": (0.0, 0.0), "top": 1.0, "truth": None, "columns": 5,
        }  # fmt: skip
    if seen.light:
        scene["data"] = np.where(seen.mask, seen.image - answer.light, np.nan)
        scene["limits"] = _limits(scene["data"])
    labels = [f"chain {chain + 1}" for chain in answer.chains]
    return scene | {
        "samples": answer.samples, "labels": labels, "mean": answer.mean, "sd": answer.sd,
        "source_scale": answer.source_scale, "centre": answer.centre,
        "top": float(np.percentile(answer.samples, 99.7)), "truth": _truth(case),
        "columns": answer.lenses,
    }  # fmt: skip


def _truth(case: RealCase) -> tuple[np.ndarray, float, tuple[float, float]] | None:
    """The source that was put in, its scale and its centre; None where nobody knows."""
    held = case.full.truth
    if "source" not in held or "source_scale" not in held:
        return None
    return np.asarray(held["source"]), float(held["source_scale"]), held["source_centre"]


def draw_pictures(
    case: RealCase, fit: RealFit | None, answer: RealAnswer | None, number: int | None
) -> dict[str, np.ndarray]:
    """Data without the lens galaxy, arcs of one draw, what it leaves over; each (ny, nx)."""
    seen = case.observation if fit is None else fit.fit.observation
    if answer is None or number is None:
        nothing = np.full(seen.shape, np.nan)
        return {"data": np.where(seen.mask, seen.image, np.nan), "model": nothing,
                "residual": nothing}  # fmt: skip
    model = answer.models[number]
    found = {
        "data": seen.image - answer.light, "model": model - answer.light,
        "residual": (seen.image - model) / seen.noise,
    }  # fmt: skip
    return {name: np.where(seen.mask, image, np.nan) for name, image in found.items()}


def check_scene(case: RealCase, fit: RealFit | None, answer: RealAnswer | None) -> dict[str, Any]:
    """Residual power beside that of noise, chains beside each other, chi square and its floor."""
    if fit is None:
        raise ValueError("there is nothing to check yet: fit the lens in step 3")
    scale = case.observation.pixel_scale
    first = fit.power
    frequency = first["frequency"] / scale
    power = {
        "noise of this frame, 68 %": (frequency, first["noise_low"], first["noise_high"]),
        "noise map as it is": (frequency[[0, -1]], [1.0, 1.0]),
        "residual, classic fit": (frequency, first["residual"]),
    }
    if answer is not None:
        power["residual, score prior"] = (frequency, answer.power["residual"])
    tops = [np.max(part[-1]) for part in power.values()]
    over = float(np.mean(first["residual"] > first["noise_high"]))
    scene: dict[str, Any] = {
        "power": power, "x_range": (0.0, float(frequency[-1] * 1.05)),
        "y_range": (0.0, 1.15 * float(max(tops))), "rungs": rungs_of(case, fit, answer),
        "words": f"The residual of the classic fit is above the noise in {over:.0%} of the rings.",
    }  # fmt: skip
    if answer is None:
        nothing = np.full((2, 2), np.nan)
        return scene | {"chains": np.zeros((0, 2, 2)), "chain_labels": [], "rhat": nothing,
                        "source_scale": 0.5, "centre": (0.0, 0.0)}  # fmt: skip
    means = np.stack([answer.samples[answer.chains == k].mean(0) for k in range(answer.count)])
    labels = [f"chain {k + 1}" for k in range(len(means))]
    return scene | {
        "chains": means, "chain_labels": labels, "rhat": answer.agreement,
        "source_scale": answer.source_scale, "centre": answer.centre,
    }  # fmt: skip


def rungs_of(
    case: RealCase, fit: RealFit | None, answer: RealAnswer | None = None
) -> list[tuple[str, str, float, float]]:
    """The Einstein radius by everybody who has found one."""
    rungs: list[tuple[str, str, float, float]] = []
    if fit is not None:
        rungs.append(("classic fit", "ours", fit.radius, fit.radius_error))
    if answer is not None:
        radii = answer.lens[:, 0]
        rungs.append(("lenses of the draws", "ours", float(radii.mean()), float(radii.std())))
    if math.isfinite(case.truth):
        rungs.append(("put in (simulated)", "true", case.truth, math.nan))
    rungs += [(who, "theirs", *found) for who, found in case.literature.items()]
    return rungs


def facts_of(
    case: RealCase, fit: RealFit | None, answer: RealAnswer | None, step: str
) -> list[tuple[str, str]]:
    """What stands under the fields of a step."""
    rows = [("pixels used", f"{case.observation.used:,}")]
    if step == "files":
        rows = files_scene(case)["facts"] + rows
    if step == "noise":
        near = case.noise.correlation
        middle = len(near) // 2
        rows += [
            ("blank sky, std(data / noise)", f"{case.blank_std:.2f}"),
            ("\u03c7\u00b2 floor with this map", f"{case.floor:.2f}"),
            ("factor used in the fit", f"{case.noise.factor:.2f}"),
            ("correlation of neighbours used",
             f"{near[middle, middle + 1]:.2f}" if case.noise.correlated else "0"),
        ]  # fmt: skip
    if step == "fit" and fit is not None:
        rows += [
            ("took", f"{fit.fit.seconds:.0f} s"),
            ("log evidence", f"{fit.fit.log_evidence:,.0f}"),
        ]
    if step == "check" and fit is not None:
        rows += _check_facts(case, fit, answer)
    if step in ("source", "check") and answer is not None:
        if case.full.source_redshift is not None:
            kpc = kpc_per_arcsec(case.full.source_redshift)
            rows.append(("scale of the source", f"{kpc:.2f} kpc / arcsec"))
        rows += [
            ("draws", f"{len(answer.samples)} in {answer.count} chains"),
            ("lenses of each chain", f"{answer.lenses}"),
            ("prior", answer.prior), ("sampler", answer.sampler.partition(" (")[0]),
            ("took", f"{answer.seconds:.0f} s"),
        ]  # fmt: skip
    return [(name, value.replace("-", "\u2212")) for name, value in rows]


def _lens_table(case: RealCase, fit: RealFit) -> str:
    rows = []
    for name, (label, unit) in _NAMES.items():
        value, error = fit.values[name], fit.errors[name]
        rows.append((f"{label} ({unit})" if unit else label, f"{value:.3f} \u00b1 {error:.3f}"))
    angle = case.full.on_sky(fit.values["position_angle"])
    if angle is not None:
        rows.append(("position angle, east of north (\u00b0)", f"{angle:.1f}"))
    rows.append(("reduced \u03c7\u00b2, noise map as it is", f"{fit.fit.chi_square:.3f}"))
    rows.append(("its floor: blank sky", f"{case.floor:.3f}"))
    rows += physical(case, fit.radius)
    return _table(rows)


def _check_facts(case: RealCase, fit: RealFit, answer: RealAnswer | None) -> list[tuple[str, str]]:
    rows = [
        ("\u03c7\u00b2 floor: blank sky", f"{case.floor:.3f}"),
        ("\u03c7\u00b2, classic fit", f"{fit.fit.chi_square:.3f}"),
        ("\u2003whitened", f"{fit.fit.chi_square_white:.3f}"),
    ]
    if answer is not None:
        rows += [
            ("\u03c7\u00b2, score prior", f"{answer.chi_square:.3f}"),
            ("\u2003whitened", f"{answer.white_chi_square:.3f}"),
            ("pixels with R-hat \u2264 1.2", f"{100 * np.mean(answer.agreement <= 1.2):.0f} %"),
        ]
    return rows


def _table(rows: list[tuple[str, str]]) -> str:
    body = "".join(
        f"<tr><td>{escape(name)}</td><td class='number'>"
        f"{escape(value.replace('-', chr(8722)))}</td></tr>"
        for name, value in rows
    )
    return f"<table>{body}</table>"


def _limits(data: np.ndarray) -> tuple[float, float]:
    good = data[np.isfinite(data)]
    return float(min(np.percentile(good, 1.0), 0.0)), float(np.percentile(good, 99.9))


def _flattened(ratio: np.ndarray, sky: np.ndarray) -> np.ndarray:
    """Blank sky without its smooth light, 0 elsewhere."""
    weight = np.maximum(gaussian_filter(sky.astype(float), _SMOOTH), 1e-3)
    smooth = gaussian_filter(np.where(sky, ratio, 0.0), _SMOOTH) / weight
    return np.where(sky, ratio - smooth, 0.0)


def _normal(grid: np.ndarray, std: float) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * (grid / std) ** 2) / (std * math.sqrt(2 * math.pi)))


def _correlation(values: np.ndarray, good: np.ndarray, axis: int) -> np.ndarray:
    """Correlation of blank pixels at growing distance along one axis, shape (_LAGS,)."""
    found = [1.0]
    spread = float(np.mean(values[good] ** 2)) if good.any() else 1.0
    for lag in range(1, _LAGS):
        one, two = [slice(None)] * 2, [slice(None)] * 2
        one[axis], two[axis] = slice(lag, None), slice(None, -lag)
        both = good[tuple(one)] & good[tuple(two)]
        product = values[tuple(one)] * values[tuple(two)]
        found.append(float(product[both].mean() / spread) if both.any() else math.nan)
    return np.array(found)
