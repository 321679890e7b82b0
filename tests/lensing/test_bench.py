"""The bench: rays against the closed form, stamps, hands, sheet, delays, information, bias."""

from __future__ import annotations

import io
import math
import time

import numpy as np
import pytest
import torch
from astropy.io import fits
from PIL import Image as Picture

from astroviz.lensing.bench_bias import BiasQuestion, bias_table, pictures
from astroviz.lensing.bench_delays import arrival_times
from astroviz.lensing.bench_information import information
from astroviz.lensing.bench_masses import MASSES, further
from astroviz.lensing.bench_numbers import figures, scales, table
from astroviz.lensing.bench_rays import Rays
from astroviz.lensing.bench_sheet import sheet
from astroviz.lensing.bench_stamps import (
    KINDS,
    StampError,
    packed,
    painted,
    pictures_of,
    sersic_stamp,
    shrunk,
    unpacked,
)
from astroviz.lensing.bench_state import MODES, BenchState
from astroviz.lensing.bench_tables import curves, pixels
from astroviz.lensing.lens import LensError, deflection
from astroviz.lensing.light_curves import damped_random_walk, light_curves


def isothermal(radius):
    """A round isothermal lens by its formula."""

    def trace(x, y):
        far = np.hypot(x, y) + 1e-300
        return x - radius * x / far, y - radius * y / far

    return trace


@pytest.fixture
def state():
    return BenchState(bench_scale=0.08)


@pytest.fixture
def seen(state):
    bench = state.bench()
    return bench, bench.picture()


# Rays


def test_a_round_lens_has_its_ring_and_a_point_for_a_caustic():
    rays = Rays(isothermal(1.3), 2.5, 121)
    (ring,) = rays.critical()
    np.testing.assert_allclose(np.hypot(*ring.T), 1.3, atol=0.01)
    assert np.abs(rays.caustics([ring])[0]).max() < 0.02
    np.testing.assert_allclose(np.hypot(*rays.cut().T), 1.3, atol=0.01)


@pytest.mark.parametrize("beta", [0.1, 0.5, 1.1, 1.2])
def test_images_of_a_round_lens_are_where_algebra_puts_them(beta):
    found = sorted(Rays(isothermal(1.3), 3.0).images(beta, 0.0), key=lambda one: -one.x)
    places, strengths = [beta + 1.3, beta - 1.3], [1 + 1.3 / beta, 1 - 1.3 / beta]
    assert [one.x for one in found] == pytest.approx(places, abs=1e-4)
    assert [one.magnification for one in found] == pytest.approx(strengths, rel=2e-3)


def test_beyond_its_ring_a_round_lens_shows_one_image():
    assert len(Rays(isothermal(1.3), 4.0).images(1.5, 0.2)) == 1
    assert Rays(isothermal(1.3), 1.0).images(5.0, 5.0) == []


def test_images_all_trace_back_and_number_four_inside_the_caustic(state, seen):
    rays = seen[1].rays
    inside = rays.images(0.02, 0.02)
    assert len(inside) == 4
    for one in inside:
        assert rays.source_of(one.x, one.y) == pytest.approx((0.02, 0.02), abs=2e-4)
    assert sum(one.magnification < 0 for one in inside) == 2
    assert len(rays.images(0.6, 0.6)) == 2


def test_the_critical_curve_is_where_magnification_is_infinite(seen):
    picture = seen[1]
    (curve,) = picture.critical
    assert np.abs(picture.rays.determinant(*curve.T)).max() < 0.02
    assert len(picture.caustics[0]) == len(curve)


@pytest.mark.parametrize("mass", ["octopole", "companion", "halo", "plane"])
def test_curves_of_other_masses_are_critical_and_none_surrounds_a_singular_centre(state, mass):
    pytest.importorskip("caustics")
    state.param.update(bench_mass=mass, bench_extra=0.3)
    picture = state.bench().picture()
    assert 1 <= len(picture.critical) <= 2
    for curve in picture.critical:
        assert np.median(np.abs(picture.rays.determinant(*curve.T))) < 0.25
    assert len(picture.rays.images(*picture.source_centre)) >= 2


# Pictures


def test_the_picture_is_the_source_traced_without_psf(state):
    state.param.update(bench_blur=0.0, bench_source="sersic", sersic_index=1.0)
    picture = state.bench().picture()
    count = len(picture.image)
    axis = (np.arange(count) - (count - 1) / 2) * picture.pixel_scale
    bx, by = picture.rays.trace(*np.meshgrid(axis, axis))
    column = (bx - state.source_x) / picture.source_scale + (len(picture.stamp) - 1) / 2
    row = (by - state.source_y) / picture.source_scale + (len(picture.stamp) - 1) / 2
    from scipy.ndimage import map_coordinates

    want = map_coordinates(picture.stamp.astype(float), [row, column], order=1)
    np.testing.assert_allclose(picture.clean, want, atol=2e-4)


def test_noise_has_the_wanted_signal_to_noise_and_follows_the_seed(state):
    first = state.bench().picture()
    noise = (first.image - first.clean) / first.noise
    assert noise.std() == pytest.approx(1.0, abs=0.05)
    assert first.clean.max() / first.noise == pytest.approx(state.bench_snr, rel=1e-4)
    state.seed = 5
    assert np.abs(state.bench().picture().image - first.image).max() > 0.01


def test_light_is_magnified_as_the_curvature_says(state):
    state.param.update(bench_source="sersic", source_size=0.15, source_x=0.5, source_y=0.3,
                       bench_scale=0.03, bench_blur=0.0)  # fmt: skip
    picture = state.bench().picture()
    points = picture.rays.images(0.5, 0.3)
    total = sum(abs(one.magnification) for one in points)
    assert picture.magnification == pytest.approx(total, rel=0.1)


def test_light_that_leaves_the_frame_is_not_counted(state):
    state.param.update(source_x=1.2, source_size=3.0, bench_field=3.0)
    assert math.isnan(state.bench().picture().magnification)


@pytest.mark.parametrize("look", ["data", "clean", "magnification"])
def test_every_look_is_a_picture_of_numbers(seen, look):
    shown = seen[1].look(look)
    assert shown.shape == seen[1].image.shape
    assert np.isfinite(shown).all()
    if look == "magnification":
        assert shown.max() > 1.0
        assert shown.min() < 0.0


def test_a_second_picture_takes_milliseconds(state):
    state.bench().picture()
    begin = time.process_time()
    for k in range(5):
        state.einstein_radius = 1.2 + 0.01 * k
        state.bench().picture()
    assert (time.process_time() - begin) / 5 < 0.25


def test_what_cannot_be_is_said(state):
    with pytest.raises(ValueError, match="einstein_radius"):
        state.einstein_radius = 0.0
    (sentence,) = state.restore({"einstein_radius": 0.0})
    assert "cannot be 0.0: it lies between 0.1 and 3.0" in sentence
    state.param.update(x0=1.8, bench_field=2.4)
    with pytest.raises(LensError, match=r"the frame ends at 1\.2"):
        state.bench().picture()
    assert any("the frame ends at" in one for one in state.bench_warnings())
    state.param.update(x0=0.0, bench_field=4.0, lens_redshift=1.0, source_redshift=0.5)
    assert any("not behind the lens" in one for one in state.bench_warnings())
    state.param.update(source_x=3.0, source_y=3.0, source_size=0.1, bench_field=2.0)
    with pytest.raises(LensError, match="No light of the source"):
        state.bench().picture()


# Stamps


@pytest.mark.parametrize("kind", ["spiral", "elliptical", "sersic", "hubble", "paint"])
def test_every_kind_gives_a_stamp(state, kind):
    state.bench_source = kind
    stamp = state.source_stamp()
    assert stamp.ndim == 2
    assert 0 < stamp.max() <= 1
    assert stamp.min() >= 0


def test_kinds_that_lack_something_say_so(state):
    state.model = None
    for kind, words in (("prior", "astroviz train lensing"), ("file", "No file yet")):
        state.bench_source = kind
        with pytest.raises(StampError, match=words):
            state.source_stamp()
    state.param.update(bench_source="paint", strokes=[])
    with pytest.raises(StampError, match="Nothing is painted"):
        state.source_stamp()
    assert set(KINDS) == set(state.param.bench_source.objects)


def test_a_sersic_profile_has_half_its_light_within_its_radius():
    stamp = sersic_stamp(1.0, 1.0, 0.0, reach=0.12, pixels=96).astype(float)
    axis = (np.arange(96) - 47.5) / 96
    radius = np.hypot(axis[:, None], axis)
    assert stamp[radius < 0.12].sum() / stamp.sum() == pytest.approx(0.5, abs=0.04)
    turned = sersic_stamp(2.0, 0.4, math.pi / 2).astype(float)
    assert (turned.sum(1) ** 2).sum() < (turned.sum(0) ** 2).sum(), "long along y"


def test_a_stamp_survives_the_link(state):
    stamp = sersic_stamp(1.5, 0.6, 0.3, pixels=48)
    np.testing.assert_allclose(unpacked(packed(stamp)), stamp, atol=0.003)
    for damaged in ("!!!", "QUJD"):
        with pytest.raises(StampError, match="damaged"):
            unpacked(damaged)


def test_shrinking_keeps_the_light():
    picture = np.random.default_rng(0).random((90, 60))
    small = shrunk(picture, 48)
    assert small.shape == (48, 48)
    assert small.sum() * (90 / 48) ** 2 == pytest.approx(picture.sum(), rel=1e-6)


def test_files_are_read_and_wrong_ones_are_told(state):
    hdus = [fits.PrimaryHDU(np.ones((9, 9))), fits.ImageHDU(np.eye(12)), fits.ImageHDU()]
    sink = io.BytesIO()
    fits.HDUList(hdus).writeto(sink)
    assert [one.shape for one in pictures_of(sink.getvalue())] == [(9, 9), (12, 12)]
    png = io.BytesIO()
    lit = np.zeros((30, 40), np.uint8)
    lit[2, 3] = 255  # near the upper left corner
    Picture.fromarray(lit).save(png, "PNG")
    (picture,) = pictures_of(png.getvalue())
    assert np.unravel_index(picture.argmax(), picture.shape) == (27, 3), "row 0 is the bottom"
    state.bring(png.getvalue(), "dot.png")
    assert state.bench_source == "file"
    assert state.source_stamp().shape == (48, 48)
    state.choose_picture(3)
    for content, words in (
        (b"", "empty"), (b"hello", "no image that can be read"), (b"SIMPLE  =" + b"x" * 99, "FITS")
    ):  # fmt: skip
        with pytest.raises(StampError, match=words):
            state.bring(content, "notes.txt")
    blank = io.BytesIO()
    Picture.fromarray(np.zeros((30, 40), np.uint8)).save(blank, "PNG")
    with pytest.raises(StampError, match="that shines"):
        state.bring(blank.getvalue())


def test_a_brush_paints_and_erases(state):
    canvas = painted([[0.2, -0.1, 0.05, 1.0]])
    row, column = np.unravel_index(canvas.argmax(), canvas.shape)
    assert ((column + 0.5) / 48 - 0.5, (row + 0.5) / 48 - 0.5) == pytest.approx(
        (0.2, -0.1), abs=0.015
    )
    assert painted([[0.2, -0.1, 0.05, 1.0], [0.2, -0.1, 0.2, -1.0]]).max() < 0.2
    state.param.update(strokes=[], bench_source="paint", source_x=0.3)
    state.paint(0.3 + 0.12, 0.05)
    stamp = state.source_stamp()
    assert np.unravel_index(stamp.argmax(), stamp.shape)[1] > 24, "right of the middle"


# Hands


def test_a_hand_holds_centre_ring_and_axes(state):
    grips = state.grips()
    for name, place in grips.items():
        assert state.grip_at(*place) == name
    turn = state.position_angle + 0.8
    stretch = math.sqrt(0.72 * math.cos(0.8) ** 2 + math.sin(0.8) ** 2 / 0.72)
    reach = state.einstein_radius / stretch
    assert state.grip_at(reach * math.cos(turn), reach * math.sin(turn)) == "ring"
    state.take_lens("centre", 0.0, 0.0, (0.3, -0.2))
    assert (state.x0, state.y0) == (0.3, -0.2)
    state.take_lens("major", 0.3, 0.8, (0, 0))
    assert state.position_angle == pytest.approx(-math.pi / 2, abs=1e-3)
    state.param.update(position_angle=0.0, axis_ratio=0.5)
    state.take_lens("ring", 0.3 + 2.0, -0.2, (0, 0))
    assert state.einstein_radius == pytest.approx(2.0 * math.sqrt(0.5), abs=1e-3)
    state.take_lens("minor", 0.3, -0.2 + 0.8 * state.einstein_radius, (0, 0))
    assert state.axis_ratio == pytest.approx(0.64, abs=1e-3)
    state.take_lens("centre", 0, 0, (50.0, 0.0))
    assert state.x0 == 2.0, "it stays where it can be"


def test_a_drag_is_one_step_of_the_history():
    from astroviz.lensing.explorer import LensingExplorer

    explorer = LensingExplorer(view="bench")
    for k in range(5):
        explorer.einstein_radius = 1.3 + 0.01 * k
    assert explorer.can_undo
    explorer.undo()
    assert explorer.einstein_radius == 1.2
    assert "einstein_radius" in LensingExplorer(einstein_radius=1.5).code()


def test_presets_and_surprises_are_lenses_that_can_be(state):
    counts = {}
    for preset in state.bench_presets():
        state.param.update(**preset.settings)
        picture = state.bench().picture()
        assert state.bench_warnings() == ()
        assert preset.sentence
        counts[preset.name] = len(picture.rays.images(state.source_x, state.source_y))
    assert counts["A quad"] == counts["A cusp"] == counts["A fold"] == 4
    assert counts["A double"] == 2
    for seed in range(8):
        state.param.update(**state.bench_surprise(np.random.default_rng(seed)))
        assert state.bench().picture().clean.max() > 0


@pytest.mark.parametrize("mode", list(MODES))
def test_every_mode_has_a_sentence(state, mode):
    state.bench_mode = mode
    assert len(state.bench_sentence()) > 60


# Numbers


def test_scales_agree_with_astropy_and_each_other():
    from astropy.cosmology import FlatLambdaCDM

    found = scales(0.285, 0.575, 70.0)
    universe = FlatLambdaCDM(70, 0.3)
    assert found.kpc_lens == pytest.approx(universe.kpc_proper_per_arcmin(0.285).value / 60)
    near, far = (universe.angular_diameter_distance(z).value for z in (0.285, 0.575))
    assert found.delay_distance == pytest.approx(1.285 * near * far / (far * found.ratio))
    # an isothermal sphere: mass within its ring is pi sigma^2 R / G
    radius, sigma = 1.47 * found.kpc_lens, found.dispersion(1.47)
    assert found.mass(1.47) == pytest.approx(math.pi * sigma**2 * radius / 4.30091e-6, rel=1e-3)
    assert scales(0.285, 0.575, 35.0).kpc_lens == pytest.approx(2 * found.kpc_lens)


def test_tables_have_units_and_every_pixel(state, seen):
    picture = seen[1]
    numbers = table(state, picture)
    assert str(numbers["velocity_dispersion"].unit) == "km / s"
    assert figures(state, picture)["Velocity dispersion"][1] == "km/s"
    every = pixels(picture)
    assert len(every) == picture.image.size
    assert str(every["source_x"].unit) == "arcsec"
    assert len(curves(picture)) == sum(len(curve) for curve in picture.critical)


# Mass sheet, delays, information, bias


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_a_sheet_changes_all_but_the_image(seen, factor):
    bench, picture = seen
    plain = sheet(bench, picture, 1.0, (0.285, 0.575), 70.0)
    found = sheet(bench, picture, factor, (0.285, 0.575), 70.0)
    assert found.difference < 1e-9
    assert found.delay == pytest.approx(factor * plain.delay)
    assert found.hubble == pytest.approx(70.0 / factor)
    at_ring = np.interp(bench.lens[0], found.radius, found.sheeted)
    assert at_ring == pytest.approx(1.0, abs=0.02), "mass in the ring is what lensing measures"
    assert (found.mass_sheeted - found.mass) * (1 - factor) > 0
    np.testing.assert_allclose(found.own[20:], bench.lens[0] / found.radius[20:], rtol=0.02)


def test_arrival_times_of_a_round_lens_are_those_of_the_formula():
    state = BenchState(einstein_radius=1.3, axis_ratio=1.0, shear1=0.0, shear2=0.0, source_x=0.4,
                       source_y=0.0, bench_scale=0.08)  # fmt: skip
    bench = state.bench()
    physical = scales(0.3, 1.5, 70.0)
    found = arrival_times(bench, bench.picture(), physical)
    first, second = found.images
    assert (first.kind, second.kind) == ("minimum", "saddle")
    assert first.x == pytest.approx(1.7, abs=1e-3)
    assert second.delay == pytest.approx(physical.days(2 * 1.3 * 0.4), rel=1e-4)
    assert physical.days(1.0) == pytest.approx(
        physical.delay_distance * 3.0856776e19 / 299792.458 / 206264.806**2 / 86400, rel=1e-6
    )
    assert found.levels
    assert found.saddles
    assert str(found.table()["delay"].unit) == "d"


def test_other_masses_have_no_arrival_times_and_say_so(seen):
    from dataclasses import replace

    bench, picture = seen
    with pytest.raises(LensError, match="potential"):
        arrival_times(replace(bench, mass=("octopole", 0.5)), picture, scales(0.3, 1.5, 70.0))


def test_light_curves_are_the_same_later_and_brighter():
    days, (first, second) = light_curves([0.0, 30.0], [4.0, -1.0], seed=3, span=200.0)
    late = np.interp(days[40:] - 30.0, days, first)
    np.testing.assert_allclose(second[40:], late + 2.5 * np.log10(4.0), atol=0.06)
    walk = damped_random_walk(np.arange(50_000.0), 0, scatter=0.3, memory=50.0)
    assert walk.std() == pytest.approx(0.3, rel=0.15)
    lag = np.corrcoef(walk[:-50], walk[50:])[0, 1]
    assert lag == pytest.approx(math.exp(-1), abs=0.12)


def test_information_is_what_the_exact_posterior_says(seen):
    bench, picture = seen
    found = information(bench, picture)
    assert ((found.posterior > 0) & (found.posterior < found.prior)).all()
    assert 0 < found.numbers_measured < 400
    pixel = found.pixel_at(*bench.source_centre)
    glow = found.glow(pixel)
    assert glow.max() <= 1.0
    # one pixel cannot take away more than all together
    assert glow.max() <= 1 - found.posterior[pixel] / found.prior[pixel] + 1e-9
    # and what glows is where the place is imaged
    row, column = np.unravel_index(glow.argmax(), glow.shape)
    step = bench.field / len(glow)
    x, y = ((k + 0.5) * step - 0.5 * bench.field for k in (column, row))
    near = [math.hypot(x - one.x, y - one.y)
            for one in picture.rays.images(*bench.source_centre)]  # fmt: skip
    assert min(near) < 0.25
    assert found.pixel_at(9.0, 9.0) is None
    assert len(found.table()) == 400


def test_more_noise_tells_less(state):
    clear = information(state.bench(), state.bench().picture())
    state.bench_snr = 5.0
    noisy = information(state.bench(), state.bench().picture())
    assert noisy.numbers_measured < 0.9 * clear.numbers_measured
    assert noisy.unknown.mean() > clear.unknown.mean()


def test_a_multipole_is_the_gradient_of_its_potential_and_has_no_mean(state):
    assert set(MASSES) == set(state.param.bench_mass.objects)
    deflect = further("octopole", 1.0, state.lens())
    turn = torch.linspace(0, 2 * math.pi, 73, dtype=torch.float64)[:-1]
    for radius in (0.5, 1.5):
        ax, ay = deflect(radius * torch.cos(turn), radius * torch.sin(turn))
        outwards = ax * torch.cos(turn) + ay * torch.sin(turn)
        assert float(outwards.mean().abs()) < 1e-12, "no mass of its own"
    step = 1e-5
    x, y = torch.tensor([0.7]).double(), torch.tensor([0.4]).double()
    curl = (deflect(x + step, y)[1] - deflect(x - step, y)[1]
            - deflect(x, y + step)[0] + deflect(x, y - step)[0])  # fmt: skip
    assert float(curl.abs()) / (2 * step) < 1e-6
    with pytest.raises(LensError, match="no mass model"):
        further("cheese", 1.0, state.lens())
    before = state.bench().picture().clean
    state.param.update(bench_mass="octopole", bench_extra=1.0)
    bench = state.bench()
    assert np.abs(bench.picture().clean - before).max() > 0.05
    bx, _ = bench.trace()(np.array([0.7]), np.array([0.4]))
    plain = deflection(x, y, torch.tensor(state.lens()).double())
    assert bx[0] == pytest.approx(float(x - plain[0] - deflect(x, y)[0]))


def test_a_sersic_source_biases_the_radius_of_a_spiral_and_a_true_one_does_not():
    state = BenchState(bench_scale=0.12, bench_field=4.0, bench_snr=60.0, source_number=4)
    told = []
    question = BiasQuestion(state.bench(), (60.0,), ("sersic",))
    (spiral,) = question.run(found=told.append)
    assert told == [spiral]
    assert abs(spiral.fit.bias) > 3
    assert spiral.fit.reduced_chi_square > 1.5
    assert spiral.residual.std() > 1.2
    state.param.update(bench_source="sersic", bench_snr=60.0)
    (simple,) = BiasQuestion(state.bench(), (60.0,), ("sersic",)).run()
    assert abs(simple.fit.bias) < abs(spiral.fit.bias)
    assert pictures([spiral, simple]).shape == (2, 48, 48)
    assert str(bias_table([spiral])["einstein_radius"].unit) == "arcsec"
    with pytest.raises(LensError, match="no learned prior"):
        BiasQuestion(state.bench(), (60.0,), ("score",)).run()
