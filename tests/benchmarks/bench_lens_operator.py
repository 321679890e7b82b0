"""Speed of the operator from source to image against caustics, in one process, on one core.

    python tests/benchmarks/bench_lens_operator.py [--pixels 64] [--source 64] [--upsample 1]
        [--no-psf] [--batch 32] [--rounds 7]

One line of JSON: SIE + shear + pixelated source + PSF in float32; milliseconds per image and the
ratios caustics / ours for a single image, a batch (`torch.vmap` there), and an image with the
gradient of its square by lens and source; the largest difference of image and gradient, relative
to the largest value; the same for an elliptical power law; the time of the dense response; and
`lenstronomy` where it is installed. Calls of both alternate in rounds, so that both see the same
machine; the best call of each counts, in time of the core (others may use it too).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.lensing.lens import check_lens
from astroviz.lensing.operator import LensOperator, Setup
from astroviz.lensing.psf import gaussian_psf

LENS = {"einstein_radius": 1.2, "axis_ratio": 0.7, "position_angle": 0.5, "x0": 0.03, "y0": -0.05,
        "shear1": 0.04, "shear2": -0.03}  # fmt: skip


def tapered(pixels: int, seed: int) -> Tensor:
    """A smooth source, zero on two rings at its edge: caustics extrapolates beyond the last pixel
    and cuts half a pixel later, where ours goes to zero."""
    axis = (torch.arange(pixels) - (pixels - 1) / 2) / (pixels / 2)
    window = torch.cos(0.5 * torch.pi * axis) ** 2
    noise = torch.rand(1, 1, 9, 9, generator=torch.Generator().manual_seed(seed))
    smooth = torch.nn.functional.interpolate(noise, pixels, mode="bicubic")[0, 0]
    image = torch.zeros(pixels, pixels)
    image[2:-2, 2:-2] = (smooth * window[:, None] * window[None, :])[2:-2, 2:-2]
    return image


def caustics_simulator(setup: Setup, source: Tensor, slope: float) -> tuple[Any, Tensor]:
    """The same simulation in caustics and its parameters: source, lens, shear."""
    import caustics

    cosmology = caustics.FlatLambdaCDM(name="cosmology")
    cosmology.to_static()
    kind = caustics.SIE if slope == 1.0 else caustics.EPL
    main = kind(name="main", cosmology=cosmology)
    shear = caustics.ExternalShear(name="shear", cosmology=cosmology, x0=0.0, y0=0.0)
    lens = caustics.SinglePlane(
        name="lens", cosmology=cosmology, lenses=[main, shear], z_l=0.5, z_s=1.5
    )
    light = caustics.Pixelated(name="source", x0=0.0, y0=0.0, pixelscale=setup.source_scale,
                               shape=tuple(source.shape))  # fmt: skip
    psf = [[1.0]] if setup.psf is None else torch.from_numpy(setup.psf).float()
    simulator = caustics.LensSource(
        lens=lens, source=light, pixelscale=setup.pixel_scale, pixels_x=setup.shape[1],
        pixels_y=setup.shape[0], upsample_factor=setup.upsample, psf=psf, name="sim",
    )  # fmt: skip
    for parameter in (*(getattr(main, n) for n in ("x0", "y0", "q", "phi", "Rein")),
                      shear.gamma_1, shear.gamma_2, light.image):  # fmt: skip
        parameter.to_dynamic()
    if slope != 1.0:
        main.t.to_static(slope)
    return simulator, flat_of(simulator, source)


def flat_of(simulator: Any, source: Tensor) -> Tensor:
    """The flat vector, by the order in which caustics lists its parameters."""
    known = {"x0": LENS["x0"], "y0": LENS["y0"], "q": LENS["axis_ratio"],
             "phi": LENS["position_angle"], "Rein": LENS["einstein_radius"],
             "gamma_1": LENS["shear1"], "gamma_2": LENS["shear2"]}  # fmt: skip
    parts = [
        source.reshape(-1) if parameter.name == "image" else torch.tensor([known[parameter.name]])
        for parameter in simulator.dynamic_params
    ]
    return torch.cat(parts)


def compare(works: dict[str, Callable[[], Any]], rounds: int, seconds: float = 0.3) -> dict:
    """Milliseconds of each, the best call of rounds that alternate."""
    found = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            work()
            end = time.thread_time() + seconds / len(works)
            while True:
                start = time.thread_time()
                work()
                now = time.thread_time()
                found[name] = min(found[name], now - start)
                if now > end:
                    break
    return {name: 1e3 * value for name, value in found.items()}


def gradient_of(work: Callable[..., Tensor], *inputs: Tensor) -> Callable[[], tuple[Tensor, ...]]:
    leaves = [one.clone().requires_grad_() for one in inputs]
    return lambda: torch.autograd.grad(work(*leaves).square().sum(), leaves)


def against_caustics(setup: Setup, slope: float, batch: int, rounds: int) -> dict[str, Any]:
    source = tapered(setup.source_pixels, 0)
    lens = check_lens({**LENS, "slope": slope})
    operator = LensOperator(setup)
    simulator, flat = caustics_simulator(setup, source, slope)
    image, reference = operator(lens, source), simulator(flat)
    same = LensOperator(setup, by_slope=False)  # the simulator of caustics has no derivative by it
    own, theirs = gradient_of(same, lens, source), gradient_of(simulator, flat)
    sloped = gradient_of(operator, lens, source)
    with torch.no_grad():
        lenses = lens.repeat(batch, 1)
        lenses[:, 0] += torch.linspace(-0.05, 0.05, batch)
        sources = torch.stack([tapered(setup.source_pixels, seed) for seed in range(batch)])
        flats = torch.stack([flat_of(simulator, one) for one in sources])
        mapped = torch.vmap(simulator)
        single = compare({"ours": lambda: operator(lens, source),
                          "caustics": lambda: simulator(flat)}, rounds)  # fmt: skip
        many = compare({"ours": lambda: operator(lenses, sources),
                        "caustics": lambda: mapped(flats)}, rounds, 1.0)  # fmt: skip
    both = compare({"ours": own, "caustics": theirs, "sloped": sloped}, rounds)
    difference = float((image - reference).abs().max() / reference.abs().max())
    pull_lens, pull_source = own()
    place = {"Rein": 0, "q": 1, "phi": 2, "x0": 3, "y0": 4, "gamma_1": 5, "gamma_2": 6}
    mine = [pull_source.reshape(-1) if parameter.name == "image"
            else pull_lens[place[parameter.name]][None]
            for parameter in simulator.dynamic_params]  # fmt: skip
    other = theirs()[0]
    inner = torch.zeros(source.shape)
    inner[2:-2, 2:-2] = 1.0  # beyond the edge the two interpolate differently
    used = torch.cat([inner.reshape(-1) if parameter.name == "image" else torch.ones(1)
                      for parameter in simulator.dynamic_params])  # fmt: skip
    apart = (torch.cat(mine) - other) * used
    return {
        "image_difference": difference,
        "gradient_difference": float(apart.abs().max() / other.abs().max()),
        "single_ms": round(single["ours"], 3), "single_ratio": _ratio(single),
        "batch_ms": round(many["ours"] / batch, 3), "batch_ratio": _ratio(many),
        "gradient_ms": round(both["ours"], 3), "gradient_ratio": _ratio(both),
        "gradient_with_slope_ms": round(both["sloped"], 3),
    }  # fmt: skip


def _ratio(times: dict[str, float]) -> float:
    return round(times["caustics"] / times["ours"], 2)


def against_lenstronomy(setup: Setup, rounds: int) -> dict[str, Any]:
    """Ratio for a single image, where the package is installed."""
    try:
        from lenstronomy.Data.imaging_data import ImageData
        from lenstronomy.Data.psf import PSF
        from lenstronomy.ImSim.image_model import ImageModel
        from lenstronomy.LensModel.lens_model import LensModel
        from lenstronomy.LightModel.light_model import LightModel
    except ImportError:
        return {}
    lens, source = check_lens(LENS), tapered(setup.source_pixels, 0)
    ny, nx = setup.shape
    data = ImageData(np.zeros((ny, nx)), ra_at_xy_0=-(nx - 1) / 2 * setup.pixel_scale,
                     dec_at_xy_0=-(ny - 1) / 2 * setup.pixel_scale,
                     transform_pix2angle=np.eye(2) * setup.pixel_scale)  # fmt: skip
    psf = PSF("NONE") if setup.psf is None else PSF("PIXEL", kernel_point_source=setup.psf)
    model = ImageModel(data, psf, LensModel(["SIE", "SHEAR"]), LightModel(["INTERPOL"]))
    q, angle = LENS["axis_ratio"], LENS["position_angle"]
    size = (1 - q) / (1 + q)
    kwargs_lens = [
        {"theta_E": LENS["einstein_radius"], "e1": size * np.cos(2 * angle),
         "e2": size * np.sin(2 * angle), "center_x": LENS["x0"], "center_y": LENS["y0"]},
        {"gamma1": LENS["shear1"], "gamma2": LENS["shear2"], "ra_0": 0, "dec_0": 0},
    ]  # fmt: skip
    pixels = source.numpy().astype(float)

    def theirs() -> np.ndarray:
        light = [{"image": pixels, "amp": 1, "center_x": 0, "center_y": 0, "phi_G": 0,
                  "scale": setup.source_scale}]  # fmt: skip
        return model.image(kwargs_lens, light)

    operator = LensOperator(setup)
    with torch.no_grad():
        times = compare({"ours": lambda: operator(lens, source), "lenstronomy": theirs}, rounds)
    return {"lenstronomy_ratio": round(times["lenstronomy"] / times["ours"], 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pixels", type=int, default=64)
    parser.add_argument("--source", type=int, default=64)
    parser.add_argument("--upsample", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-psf", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    side = 20 * args.upsample + 1
    psf = None if args.no_psf else gaussian_psf(3.0 * args.upsample, side, 0.9, 0.3)
    field = 3.84
    setup = Setup(args.pixels, field / args.pixels, args.source, 2.4 / args.source, psf=psf,
                  upsample=args.upsample)  # fmt: skip
    figure: dict[str, Any] = {"pixels": args.pixels, "psf": 0 if psf is None else side,
                              "upsample": args.upsample, "batch": args.batch}  # fmt: skip
    figure["sie"] = against_caustics(setup, 1.0, args.batch, args.rounds)
    figure["epl"] = against_caustics(setup, 1.15, args.batch, args.rounds)
    if args.upsample == 1:  # there the PSF would be sampled otherwise
        figure.update(against_lenstronomy(setup, args.rounds))
    response = LensOperator(Setup(args.pixels, field / args.pixels, 32, 2.4 / 32, psf=psf,
                                  upsample=args.upsample))  # fmt: skip
    lens = check_lens(LENS)
    figure["matrix_32_ms"] = round(compare({"ours": lambda: response.matrix(lens)}, 3)["ours"], 1)
    sys.stdout.write(json.dumps(figure) + "\n")


if __name__ == "__main__":
    main()
