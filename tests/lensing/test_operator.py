"""The operator against caustics, direct convolution, its plain form, and its own matrix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates
from scipy.signal import convolve2d

from astroviz.lensing.lens import LensError, check_lens, deflection, to_free
from astroviz.lensing.operator import LensOperator, Setup
from astroviz.lensing.psf import gaussian_psf

LENS = {"einstein_radius": 1.2, "axis_ratio": 0.7, "position_angle": 0.5, "x0": 0.03,
        "y0": -0.05, "shear1": 0.04, "shear2": -0.03}  # fmt: skip
SHAPES = [
    {},
    {"upsample": 2},
    {"psf": gaussian_psf(2.0, 5, 0.7, 0.4)},
    {"psf": gaussian_psf(2.0, 5, 0.7, 0.4), "upsample": 2},
    {"psf": gaussian_psf(2.0, 5, 0.7, 0.4), "upsample": 3, "psf_at": "detector"},
]


def setup(**more) -> Setup:
    return Setup((12, 14), 0.3, 8, 0.25, source_x=0.05, source_y=-0.02, **more)


def tapered(pixels: int, seed: int = 0) -> torch.Tensor:
    """Zero on its two outer rings, where caustics interpolates otherwise."""
    source = torch.zeros(pixels, pixels)
    inner = torch.rand(pixels - 4, pixels - 4, generator=torch.Generator().manual_seed(seed))
    source[2:-2, 2:-2] = inner
    return source


def caustics_image(given: Setup, source: torch.Tensor, slope: float) -> torch.Tensor:
    import caustics

    cosmology = caustics.FlatLambdaCDM()
    kind = caustics.SIE if slope == 1.0 else caustics.EPL
    own = {} if slope == 1.0 else {"t": slope}
    main = kind(cosmology=cosmology, x0=LENS["x0"], y0=LENS["y0"], q=LENS["axis_ratio"],
                phi=LENS["position_angle"], Rein=LENS["einstein_radius"], **own)  # fmt: skip
    shear = caustics.ExternalShear(cosmology=cosmology, x0=0.0, y0=0.0, gamma_1=LENS["shear1"],
                                   gamma_2=LENS["shear2"])  # fmt: skip
    both = caustics.SinglePlane(cosmology=cosmology, lenses=[main, shear], z_l=0.5, z_s=1.0)
    light = caustics.Pixelated(x0=given.source_x, y0=given.source_y, image=source,
                               pixelscale=given.source_scale)  # fmt: skip
    psf = [[1.0]] if given.psf is None else torch.from_numpy(given.psf).float()
    simulator = caustics.LensSource(
        lens=both, source=light, pixelscale=given.pixel_scale, pixels_x=given.shape[1],
        pixels_y=given.shape[0], upsample_factor=given.upsample, psf=psf,
    )  # fmt: skip
    return simulator()


@pytest.mark.parametrize("slope", [1.0, 1.15])
@pytest.mark.parametrize(
    "more",
    [{}, {"psf": gaussian_psf(3.0, 9, 0.8, 0.3)},
     {"psf": gaussian_psf(4.0, 9, 0.8, 0.3), "upsample": 2}],
)  # fmt: skip
def test_the_image_is_that_of_caustics(slope, more):
    given = Setup(40, 0.09, 24, 0.08, **more)
    source = tapered(24)
    ours = LensOperator(given)(check_lens({**LENS, "slope": slope}), source)
    theirs = caustics_image(given, source, slope)
    assert (ours - theirs).abs().max() / theirs.abs().max() < 1e-5


def test_the_image_is_that_of_lenstronomy():
    data = pytest.importorskip("lenstronomy.Data.imaging_data")
    from lenstronomy.Data.psf import PSF
    from lenstronomy.ImSim.image_model import ImageModel
    from lenstronomy.LensModel.lens_model import LensModel
    from lenstronomy.LightModel.light_model import LightModel

    given = Setup(40, 0.09, 24, 0.08)
    axis = (torch.arange(24) - 11.5) / 4
    source = torch.exp(-0.5 * (axis[:, None] ** 2 + (axis - 1)[None, :] ** 2))  # smooth
    size, (q, turn) = 0, (LENS["axis_ratio"], LENS["position_angle"])
    size = (1 - q) / (1 + q)
    corner = -19.5 * 0.09
    frame = data.ImageData(np.zeros((40, 40)), ra_at_xy_0=corner, dec_at_xy_0=corner,
                           transform_pix2angle=np.eye(2) * 0.09)  # fmt: skip
    model = ImageModel(frame, PSF("NONE"), LensModel(["SIE", "SHEAR"]), LightModel(["INTERPOL"]))
    theirs = model.image(
        [{"theta_E": LENS["einstein_radius"], "e1": size * np.cos(2 * turn),
          "e2": size * np.sin(2 * turn), "center_x": LENS["x0"], "center_y": LENS["y0"]},
         {"gamma1": LENS["shear1"], "gamma2": LENS["shear2"], "ra_0": 0, "dec_0": 0}],
        [{"image": source.numpy().astype(float), "amp": 1, "center_x": 0, "center_y": 0,
          "phi_G": 0, "scale": 0.08}],
    )  # fmt: skip
    ours = LensOperator(given)(check_lens(LENS), source).numpy()
    theirs = theirs * ours.sum() / theirs.sum()  # it counts flux, not brightness; its own spline
    inner = source.numpy()[2:-2, 2:-2].max()
    assert np.abs(ours - theirs)[4:-4, 4:-4].max() < 0.03 * inner
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9995


@pytest.mark.parametrize("more", SHAPES)
def test_rays_are_sampled_blurred_and_averaged(more):
    given = setup(**more)
    operator, lens = LensOperator(given), check_lens(LENS).double()
    source = torch.rand(8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    up, pad = given.upsample, 0 if given.psf is None else 2
    per = up if given.psf_at == "detector" else 1
    step = given.pixel_scale / up
    y, x = ((np.arange(side * up + 2 * pad * per) - (side * up - 1) / 2 - pad * per) * step
            for side in given.shape)  # fmt: skip
    gx, gy = (torch.from_numpy(plane) for plane in np.meshgrid(x, y))
    ax, ay = deflection(gx, gy, lens)
    at = [((b - c) / given.source_scale + 3.5).numpy()
          for b, c in ((gy - ay, given.source_y), (gx - ax, given.source_x))]  # fmt: skip
    rays = map_coordinates(np.pad(source.numpy(), 1), [one + 1 for one in at], order=1,
                           mode="constant", prefilter=False)  # fmt: skip

    def mean(plane: np.ndarray) -> np.ndarray:
        rows, columns = (side // up for side in plane.shape)
        return plane.reshape(rows, up, columns, up).mean((1, 3))

    if given.psf is not None and per == 1:
        rays = convolve2d(rays, given.psf, "valid")
    image = mean(rays)
    if given.psf is not None and per > 1:
        image = convolve2d(image, given.psf, "valid")
    assert np.abs(operator(lens, source).numpy() - image).max() < 1e-9


@pytest.mark.parametrize("more", SHAPES)
@pytest.mark.parametrize(("slope", "q"), [(1.0, 0.7), (1.2, 0.7), (1.0, 0.98), (0.9, 1.0)])
def test_hand_written_derivatives_are_those_of_the_plain_form(more, slope, q):
    operator = LensOperator(setup(**more))
    lens = check_lens({**LENS, "slope": slope, "axis_ratio": q}).double()
    generator = torch.Generator().manual_seed(2)
    source = torch.rand(8, 8, generator=generator, dtype=torch.float64).requires_grad_()
    for vector, free in ((lens, False), (to_free(lens), True)):
        leaf = vector.clone().requires_grad_()
        ours, plain = operator(leaf, source, free), operator.plain(leaf, source, free)
        assert (ours - plain).abs().max() < 1e-9
        pull = torch.rand(ours.shape, generator=generator, dtype=torch.float64)
        found = torch.autograd.grad((ours * pull).sum(), (leaf, source))
        expected = torch.autograd.grad((plain * pull).sum(), (leaf, source))
        for own, other in zip(found, expected, strict=True):
            assert (own - other).abs().max() < 1e-8 * other.abs().max()


@pytest.mark.parametrize(
    ("lenses", "sources"), [((3,), ()), ((), (4,)), ((3,), (3,)), ((2, 1), (3,)), ((20,), (20,))]
)
def test_batches_are_single_images(lenses, sources):
    operator = LensOperator(setup(psf=gaussian_psf(2.0, 5)))
    generator = torch.Generator().manual_seed(3)
    lens = check_lens(LENS).double().expand(*lenses, 8).clone()
    lens[..., 0] += 0.2 * torch.rand(lenses, generator=generator, dtype=torch.float64)
    if lenses:
        lens.view(-1, 8)[0, 7] = 1.1  # isothermal and not in one batch
    source = torch.rand(*sources, 8, 8, generator=generator, dtype=torch.float64)
    batch = torch.broadcast_shapes(lenses, sources)
    images = operator(lens, source)
    one_by_one = torch.stack([
        operator(a, b) for a, b in zip(lens.expand(*batch, 8).reshape(-1, 8),
                                       source.expand(*batch, 8, 8).reshape(-1, 8, 8), strict=True)
    ]).reshape(images.shape)  # fmt: skip
    assert (images - one_by_one).abs().max() < 1e-12
    leaves = lens.requires_grad_(), source.requires_grad_()
    found = torch.autograd.grad(operator(*leaves).square().sum(), leaves)
    expected = torch.autograd.grad(operator.plain(*leaves).square().sum(), leaves)
    for own, other in zip(found, expected, strict=True):
        assert (own - other).abs().max() < 1e-8 * other.abs().max()


def test_many_lenses_go_through_in_parts():
    operator = LensOperator(Setup(64, 0.06, 16, 0.1, psf=gaussian_psf(3.0)))
    lens = check_lens(LENS).repeat(19, 1)
    lens[:, 0] += torch.linspace(-0.1, 0.1, 19)
    for source in (tapered(16), torch.stack([tapered(16, seed) for seed in range(19)])):
        images = operator(lens, source)
        for index in (0, 7, 8, 18):
            one = operator(lens[index], source if source.ndim == 2 else source[index])
            assert (images[index] - one).abs().max() < 1e-6


@pytest.mark.parametrize("more", SHAPES)
@pytest.mark.parametrize("pixels", [8, 7])
def test_the_matrix_is_the_operator(more, pixels):
    given = Setup((12, 14), 0.3, pixels, 0.25, source_x=0.05, **more)
    operator, lens = LensOperator(given), check_lens(LENS).double()
    matrix = operator.matrix(lens)
    assert matrix.shape == (12 * 14, pixels**2)
    generator = torch.Generator().manual_seed(4)
    source = torch.rand(pixels, pixels, generator=generator, dtype=torch.float64)
    image = operator(lens, source)
    assert (matrix @ source.reshape(-1) - image.reshape(-1)).abs().max() < 1e-12
    two = operator.matrix(torch.stack([lens, lens]))
    assert torch.equal(two[1], matrix)


def test_the_matrix_is_differentiable_by_the_lens():
    operator = LensOperator(setup(psf=gaussian_psf(2.0, 5)))
    lens = check_lens(LENS).double().requires_grad_()
    source = torch.rand(8, 8, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    through = (operator.matrix(lens) @ source.reshape(-1)).square().sum()
    (found,) = torch.autograd.grad(through, lens)
    (expected,) = torch.autograd.grad(operator(lens, source).square().sum(), lens)
    assert (found - expected).abs().max() < 1e-8 * expected.abs().max()


def test_a_large_matrix_is_built_in_parts(monkeypatch):
    from astroviz.lensing import response

    operator, lens = LensOperator(setup(psf=gaussian_psf(2.0, 5))), check_lens(LENS).double()
    whole = operator.matrix(lens)
    monkeypatch.setattr(response, "_CHUNK", 3 * 400)
    assert (operator.matrix(lens) - whole).abs().max() < 1e-12


def test_a_further_deflection_is_added():
    given = setup(psf=gaussian_psf(2.0, 5))
    operator, lens = LensOperator(given), check_lens(LENS).double()
    source = torch.rand(8, 8, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    shift = torch.zeros(2, *given.shape, dtype=torch.float64)
    shift[0] = 0.1  # moves the source by as much
    moved = LensOperator(Setup((12, 14), 0.3, 8, 0.25, psf=given.psf, source_x=0.15,
                               source_y=-0.02))  # fmt: skip
    image = operator.trace_extra(shift)(lens, source)
    assert (image - moved(lens, source)).abs().max() < 1e-9
    called = operator.trace_extra(lambda x, y: (torch.full_like(x, 0.1), torch.zeros_like(y)))
    assert (called(lens, source) - image).abs().max() < 1e-9
    assert (operator(lens, source) - image).abs().max() > 1e-3  # the first is as it was
    generator = torch.Generator().manual_seed(7)
    field = 0.1 * torch.rand(2, *given.shape, generator=generator, dtype=torch.float64)
    leaves = lens.requires_grad_(), field.requires_grad_()
    found = torch.autograd.grad(operator.trace_extra(field)(lens, source).square().sum(), leaves)
    other = torch.autograd.grad(
        operator.trace_extra(field).plain(lens, source).square().sum(), leaves
    )
    for own, plain in zip(found, other, strict=True):
        assert (own - plain).abs().max() < 1e-8 * plain.abs().max()
    with pytest.raises(LensError, match="extra deflection has shape"):
        operator.trace_extra(torch.zeros(2, 3, 3))(lens, source)


def test_positions_are_where_the_rays_land():
    given = setup(psf=gaussian_psf(2.0, 5), upsample=2)
    operator, lens = LensOperator(given), check_lens(LENS).double()
    x, y = (torch.from_numpy(np.arange(side * 2) - (side * 2 - 1) / 2) * 0.15
            for side in (14, 12))  # fmt: skip
    ax, ay = deflection(x[None, :], y[:, None], lens)
    bx, by = operator.trace(lens)
    assert (bx - (x[None, :] - ax)).abs().max() < 1e-12
    assert (by - (y[:, None] - ay)).abs().max() < 1e-12
    px, py = operator.positions(lens)
    assert (px[2:26, 2:30] - bx).abs().max() < 1e-9
    assert (py[2:26, 2:30] - by).abs().max() < 1e-9


def test_surface_brightness_is_kept():
    operator = LensOperator(Setup(20, 0.1, 40, 0.2, psf=gaussian_psf(3.0, 9), upsample=2))
    image = operator(check_lens(LENS), torch.full((40, 40), 3.0))
    assert torch.allclose(image, torch.full_like(image, 3.0), atol=1e-5)


def test_the_slope_may_be_left_out():
    lens = check_lens(LENS).double().requires_grad_()
    source = torch.rand(8, 8, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    whole, without = (
        torch.autograd.grad(LensOperator(setup(), by_slope)(lens, source).sum(), lens)[0]
        for by_slope in (True, False)
    )
    assert torch.allclose(whole[:7], without[:7])
    assert without[7] == 0.0
    assert whole[7] != 0.0


@pytest.mark.parametrize(
    ("lens", "source", "word"),
    [
        (torch.zeros(7), torch.zeros(8, 8), r"shape \(7,\)"),
        (torch.ones(8), torch.zeros(9, 9), r"\(9, 9\)"),
        (torch.ones(8), torch.zeros(8, 8).double(), "float64"),
    ],
)
def test_wrong_shapes_are_told_so(lens, source, word):
    with pytest.raises(LensError, match=word):
        LensOperator(setup())(lens, source)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"pixel_scale": 0.0}, "pixel_scale"),
        ({"upsample": 0}, "upsample"),
        ({"source_pixels": 1}, "source_pixels"),
        ({"image_pixels": (4, 5, 6)}, "image_pixels"),
        ({"psf": np.ones((2, 2))}, "odd sides"),
        ({"psf_at": "sky"}, "psf_at"),
    ],
)
def test_a_setup_that_cannot_be_is_told_so(wrong, word):
    right = {"image_pixels": 8, "pixel_scale": 0.1, "source_pixels": 4, "source_scale": 0.1}
    with pytest.raises(ValueError, match=word):
        Setup(**{**right, **wrong})
