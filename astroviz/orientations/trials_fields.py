r"""One simulator against another: density fields by particle mesh and by perturbation theory.

A cheap simulator is tried as a model of a better one: fields of the particle mesh are the truths,
fields of second-order perturbation theory (2LPT) the draws. Both are samples of a law without
data, 144 pixels each, or summarised by a power spectrum.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from astroviz.core.cards import Card
from astroviz.core.request import Control
from astroviz.core.trials import part_sizes
from astroviz.orientations.cosmology import PLANCK15
from astroviz.orientations.mesh import paint, wavenumbers
from astroviz.orientations.particle_mesh import evolve, gaussian_field
from astroviz.orientations.second_order import second_order

__all__ = ["LAW_DRAWS", "SIDE", "contrast", "parts", "pixels", "spectrum"]

LAW_DRAWS = 4
"""Fields of the cheaper simulator for each of the better one, at most."""
SIDE = 12
"""Pixels to a side of a field."""

_GRID, _SIZE, _STEPS = 24, 48.0, 12  # particles to a side, Mpc/h, steps of the mesh
_BINS = 7
_LEAST = 0.1  # added to the density before its logarithm: cells may be empty
_SMOOTH = 6.0  # Mpc/h


def parts(
    model: Card, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, object]]:
    r"""Fields of both simulators, each from initial conditions of its own.

    Arguments:
        model: The card of `orientations/box`.
        count: Number of fields of the particle mesh.
        draws: Fields of the cheaper simulator for each, at most `LAW_DRAWS`.
        seed: Seed of all initial conditions.
        control: May stop the work; hears of progress.
        case: One of `trials.cases`.
    """
    each = min(draws, LAW_DRAWS)
    looked = _LOOKS[case]
    cheap = _meshed if case == "same" else _streamed
    done = 0
    for size in part_sizes(count):
        truths, found = [], []
        for k in range(done, done + size):
            control.check()
            own = 50_000_017 + 100_003 * seed + (LAW_DRAWS + 1) * k
            truths.append(looked(_meshed(own)))
            found.append([looked(cheap(own + 1 + j)) for j in range(each)])
            control.progress((k + 1) / count)
        done += size
        image = case != "power"
        yield {
            "truths": np.array(truths),
            "draws": np.array(found),
            "names": _pixel_names() if image else _bin_names(),
            "units": ("log10",) * SIDE**2 if image else ("log10 (Mpc/h)^3",) * _BINS,
            "geometry": "image" if image else "vector",
            "ids": tuple(f"field {done - size + k + 1}" for k in range(size)),
            "model": model.name,
            "seed": seed,
            "notes": ("A law without data: every field has draws of its own, from other initial "
                      "conditions.",),
        }  # fmt: skip


def _modes(seed: int) -> Tensor:
    return gaussian_field(_GRID, _SIZE, PLANCK15, seed)


def _meshed(seed: int) -> Tensor:
    """Density contrast by the particle mesh."""
    return contrast(evolve(_modes(seed), _SIZE, PLANCK15, steps=_STEPS).position)


def _streamed(seed: int) -> Tensor:
    """Density contrast by second-order perturbation theory."""
    return contrast(second_order(_modes(seed), _SIZE, PLANCK15.growth(1.0)))


def contrast(position: Tensor) -> Tensor:
    r"""Density contrast of particles, Mpc/h, on the mesh, shape :math:`(24, 24, 24)`."""
    density = paint(position * (_GRID / _SIZE), _GRID)
    return density / density.mean() - 1


def pixels(delta: Tensor) -> np.ndarray:
    r"""log10 of the density of a slab of half the box, shape :math:`(144,)`."""
    slab = (1 + delta)[..., : _GRID // 2].mean(-1)
    step = _GRID // SIDE
    small = slab.view(SIDE, step, SIDE, step).mean((1, 3))
    found: np.ndarray = torch.log10(small + _LEAST).flatten().double().numpy()
    return found


def _smooth_pixels(delta: Tensor) -> np.ndarray:
    k = wavenumbers(_GRID, _SIZE)
    square = k[0] ** 2 + k[1] ** 2 + k[2] ** 2
    blurred = torch.fft.irfftn(
        torch.fft.rfftn(delta) * torch.exp(-0.5 * square * _SMOOTH**2), s=delta.shape
    )
    return pixels(blurred.clamp(min=-1.0))


def spectrum(delta: Tensor) -> np.ndarray:
    r"""log10 of the power in bins of the wavenumber, :math:`(Mpc/h)^3`, shape :math:`(7,)`."""
    k = wavenumbers(_GRID, _SIZE)
    size = torch.sqrt(k[0] ** 2 + k[1] ** 2 + k[2] ** 2).flatten()
    power = torch.fft.rfftn(delta).abs().square().flatten() * (_SIZE**3 / _GRID**6)
    place = torch.bucketize(size, torch.from_numpy(_edges()).float(), right=True) - 1
    found = [float(power[place == j].mean().log10()) for j in range(_BINS)]
    return np.array(found)


def _edges() -> np.ndarray:
    step = 2 * np.pi / _SIZE
    return np.geomspace(0.99 * step, step * _GRID / 2, _BINS + 1)


def _bin_names() -> tuple[str, ...]:
    edges = _edges()
    return tuple(f"log P, k {a:.2f} to {b:.2f} h/Mpc" for a, b in itertools.pairwise(edges))


def _pixel_names() -> tuple[str, ...]:
    return tuple(f"pixel_{r}_{c}" for r in range(SIDE) for c in range(SIDE))


_LOOKS: dict[str, Callable[[Tensor], np.ndarray]] = {
    "pixels": pixels,
    "power": spectrum,
    "smooth": _smooth_pixels,
    "same": pixels,
}
