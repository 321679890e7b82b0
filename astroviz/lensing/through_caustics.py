r"""The door to caustics: its many mass models as deflections that the fused operator can add.

A deflection is a function of x and y (arcsec, tensors of one shape) that gives two components, as
`LensOperator.trace_extra` takes it. Whatever caustics can trace comes through `deflection_of`; the
usual ones have names here, in the units of this room. Behind the door is also the reference
simulator that the operator is tested against.

Distances are those of caustics' own cosmology (flat, Planck 2015). caustics is imported when the
door is first used: that takes seconds.

References:
    | Stone et al. (2024), https://arxiv.org/abs/2406.15542
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.lensing.lens import LensError, check_lens, deflection
from astroviz.lensing.setup import Setup

__all__ = [
    "Deflection",
    "Plane",
    "beyond",
    "deflection_of",
    "mass_model",
    "microlensing_magnification",
    "planes",
    "simulator",
]

Deflection = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]

_SERIES = 60  # terms of caustics' series for an elliptical power law
_KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "halo": ("NFW", {"x0": "x0", "y0": "y0", "mass": "mass", "concentration": "c"}),
    "truncated_halo": (
        "TNFW",
        {"x0": "x0", "y0": "y0", "mass": "mass", "scale_radius": "Rs", "truncation": "tau"},
    ),
    "galaxy": ("SIS", {"x0": "x0", "y0": "y0", "einstein_radius": "Rein"}),
    "point": ("Point", {"x0": "x0", "y0": "y0", "einstein_radius": "Rein"}),
    "multipole": (
        "Multipole",
        {"x0": "x0", "y0": "y0", "order": "m", "strength": "a_m", "angle": "phi_m"},
    ),
    "sheet": ("MassSheet", {"x0": "x0", "y0": "y0", "convergence": "kappa"}),
}


def _caustics() -> Any:
    try:
        import caustics
    except ImportError as error:
        raise LensError(
            "This mass model is traced by the package caustics, which is not installed here: "
            "pip install caustics."
        ) from error
    return caustics


def deflection_of(lens: Any) -> Deflection:
    r"""Total deflection :math:`\theta - \beta(\theta)` of a caustics lens, all parameters set.

    Arguments:
        lens: Any lens of caustics, one plane or several.
    """
    missing = [parameter.name for parameter in getattr(lens, "dynamic_params", ())]
    if missing:
        raise LensError(f"The caustics lens has unset parameters: {', '.join(missing)}.")

    def found(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        x, y = torch.broadcast_tensors(torch.as_tensor(x), torch.as_tensor(y))
        beta_x, beta_y = lens.raytrace(x.reshape(-1), y.reshape(-1))
        return x - beta_x.reshape(x.shape).to(x), y - beta_y.reshape(y.shape).to(y)

    return found


def mass_model(
    kind: str, lens_redshift: float = 0.3, source_redshift: float = 1.0, **parameters: float
) -> Deflection:
    r"""A mass model by name.

    Arguments:
        kind: `halo` (NFW: mass in solar masses, concentration), `truncated_halo` (mass,
            scale_radius in arcsec, truncation in scale radii), `galaxy` (isothermal:
            einstein_radius), `point` (einstein_radius), `multipole` (order, strength, angle) or
            `sheet` (convergence); all with x0 and y0 in arcsec.
        lens_redshift: Of the mass.
        source_redshift: Of the source.
        parameters: Of the model; x0 and y0 are 0 unless given.

    Example:
        >>> alpha = mass_model("galaxy", einstein_radius=0.5)  # doctest: +SKIP
    """
    _behind(lens_redshift, source_redshift)
    where = {"z_l": lens_redshift, "z_s": source_redshift}
    return deflection_of(_single(kind, parameters, where))


def _single(kind: str, parameters: Mapping[str, float], where: Mapping[str, float]) -> Any:
    if kind not in _KINDS:
        raise LensError(f"There is no mass model {kind!r}; there is {', '.join(_KINDS)}.")
    model, names = _KINDS[kind]
    given = {"x0": 0.0, "y0": 0.0, **parameters}
    wrong = [*(set(given) - set(names)), *(set(names) - set(given))]
    if wrong:
        raise LensError(f"A {kind} takes {', '.join(names)}; see to {wrong[0]!r}.")
    caustics = _caustics()
    values: dict[str, Any] = {names[name]: float(value) for name, value in given.items()}
    if kind == "multipole":
        values["m"] = (int(values["m"]),)
        for name in ("a_m", "phi_m"):
            values[name] = torch.tensor([values[name]], dtype=torch.float64)
    return getattr(caustics, model)(cosmology=caustics.FlatLambdaCDM(), **where, **values)


def _behind(near: float, far: float) -> None:
    if not 0 < near < far:
        raise LensError(
            f"The source at redshift {far:g} is not behind the mass at {near:g}: give it a higher "
            "redshift."
        )


@dataclass(frozen=True)
class Plane:
    r"""Something heavy at a redshift.

    Arguments:
        redshift: Of the plane.
        kind: `lens` for an elliptical power law with shear, or a kind of `mass_model`.
        parameters: By name: those of `LENS_NAMES`, or of the kind. Einstein radii are those that
            the mass alone would have for the source.
    """

    redshift: float
    kind: str
    parameters: Mapping[str, float]


def planes(masses: Sequence[Plane], source_redshift: float) -> Deflection:
    r"""Total deflection of several planes, each bending what the ones before it have bent.

    Arguments:
        masses: In any order of redshift; several may share one.
        source_redshift: Of the source.
    """
    if not masses:
        raise LensError("Give at least one plane.")
    caustics = _caustics()
    lenses: list[Any] = []
    for mass in masses:
        _behind(mass.redshift, source_redshift)
        where = {"z_l": mass.redshift}
        if mass.kind == "lens":
            lenses += _power_law(mass.parameters, where)
        else:
            lenses.append(_single(mass.kind, mass.parameters, where))
    return deflection_of(
        caustics.Multiplane(cosmology=caustics.FlatLambdaCDM(), lenses=lenses, z_s=source_redshift)
    )


def _power_law(lens: Any, where: Mapping[str, float]) -> list[Any]:
    """An elliptical power law and a shear at one redshift."""
    caustics = _caustics()
    radius, q, angle, x0, y0, shear1, shear2, slope = check_lens(lens).tolist()
    common = {"cosmology": caustics.FlatLambdaCDM(), **where}
    main = caustics.EPL(
        **common, x0=x0, y0=y0, q=min(q, 0.9999), phi=angle, Rein=radius, t=slope, n_iter=_SERIES
    )
    return [main, caustics.ExternalShear(**common, x0=0.0, y0=0.0, gamma_1=shear1,
                                         gamma_2=shear2)]  # fmt: skip


def beyond(lens: Any, total: Deflection) -> Deflection:
    r"""What a total deflection has beyond a power law: for `LensOperator.trace_extra`.

    Arguments:
        lens: The power law that the operator traces, by name or in order.
        total: From `planes`, `deflection_of` or a map of convergence.
    """
    vector = check_lens(lens).double()

    def found(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        whole = total(x, y)
        own = deflection(x.double(), y.double(), vector)
        return whole[0] - own[0].to(x), whole[1] - own[1].to(x)

    return found


def simulator(setup: Setup, lens: Any, source: Tensor, source_redshift: float = 1.0) -> Any:
    r"""Caustics' own simulator of the same observation, parameters set: the reference.

    Arguments:
        setup: Pixels, PSF (sampled at the rays) and upsampling.
        lens: By name or in order.
        source: Shape (s, s).
        source_redshift: Of the source; it changes nothing in one plane.
    """
    if setup.upsample > 1 and setup.psf_at == "detector" and setup.psf is not None:
        raise LensError("caustics wants the PSF at the upsampled pixels: give psf_at='fine'.")
    caustics = _caustics()
    both = caustics.SinglePlane(
        cosmology=caustics.FlatLambdaCDM(),
        lenses=_power_law(lens, {}),
        z_l=0.3, z_s=source_redshift,
    )  # fmt: skip
    light = caustics.Pixelated(x0=setup.source_x, y0=setup.source_y, image=source,
                               pixelscale=setup.source_scale)  # fmt: skip
    psf = [[1.0]] if setup.psf is None else torch.from_numpy(setup.psf).to(source)
    return caustics.LensSource(
        lens=both, source=light, pixelscale=setup.pixel_scale, pixels_x=setup.shape[1],
        pixels_y=setup.shape[0], upsample_factor=setup.upsample, psf=psf,
    )  # fmt: skip


def microlensing_magnification(
    stars: Sequence[tuple[float, float, float]], source_radius: float, half_field: float,
    source: tuple[float, float] = (0.0, 0.0), rays: int = 600, shear: tuple[float, float] = (0, 0),
) -> float:  # fmt: skip
    r"""Magnification of a uniform disc by stars, by shooting rays back through them.

    Arguments:
        stars: x, y and Einstein radius of each, any one unit.
        source_radius: Of the disc.
        half_field: Half the width of the square from which rays start; images beyond are lost.
        source: Centre of the disc.
        rays: Along a side.
        shear: Smooth shear about the origin.

    References:
        | Kayser, Refsdal & Stabell (1986)
    """
    if not (source_radius > 0 and half_field > 0):
        raise LensError("The disc and the field must be larger than nothing.")
    caustics = _caustics()
    common = {"cosmology": caustics.FlatLambdaCDM()}
    heavy: list[Any] = [caustics.Point(**common, x0=x, y0=y, Rein=r) for x, y, r in stars]
    heavy.append(caustics.ExternalShear(**common, x0=0.0, y0=0.0, gamma_1=float(shear[0]),
                                        gamma_2=float(shear[1])))  # fmt: skip
    step = 2 * half_field / rays
    axis = (torch.arange(rays, dtype=torch.float64) - (rays - 1) / 2) * step
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    beta_x, beta_y = caustics.SinglePlane(
        cosmology=common["cosmology"], lenses=heavy, z_l=0.3, z_s=1.0
    ).raytrace(x.reshape(-1), y.reshape(-1))
    hit = (beta_x - source[0]) ** 2 + (beta_y - source[1]) ** 2 < source_radius**2
    return float(hit.sum()) * step**2 / (np.pi * source_radius**2)
