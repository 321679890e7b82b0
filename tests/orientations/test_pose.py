"""Poses from pictures: exact targets, the network's symmetry, the posterior's contract."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.special import eval_legendre

from astroviz.accuracy.report import verdicts
from astroviz.core.engine import Engine
from astroviz.core.request import Alone, Cancelled
from astroviz.orientations import igso3
from astroviz.orientations.groups import group
from astroviz.orientations.harmonics import couplings, derivatives, harmonics
from astroviz.orientations.pose_checks import centre_of, measure
from astroviz.orientations.pose_framing import best_frame
from astroviz.orientations.pose_lessons import Pictures, lesson, losses, true_moments
from astroviz.orientations.pose_network import PoseNetwork, Reading
from astroviz.orientations.pose_pictures import PictureError, foreground, read_picture
from astroviz.orientations.pose_targets import axis_kernel, orbit_score
from astroviz.orientations.rotations import exp, random_rotations
from astroviz.orientations.solids import SHAPES, equivalents, nearest_angle
from astroviz.orientations.train_pose import PoseRecipe, PoseTraining, train_pose

SMALL = {"width": 24, "depth": 1, "channels": [4, 8, 8], "code": 16}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model, trained for a second and read back from its files."""
    import os

    from astroviz.core.registry import load
    from astroviz.orientations.pose_card import write_pose

    folder = tmp_path_factory.mktemp("models")
    run = train_pose(
        PoseRecipe(budget=1.0, batch=10, store=50, network=SMALL), folder / "state.part"
    )
    write_pose(folder / "orientations" / "pose", run, smoke=True)
    before = os.environ.get("ASTROVIZ_MODELS")
    os.environ["ASTROVIZ_MODELS"] = str(folder)
    try:
        return load("orientations/pose", "cpu")
    finally:
        os.environ.pop("ASTROVIZ_MODELS")
        if before is not None:
            os.environ["ASTROVIZ_MODELS"] = before


# -- Fourier series ------------------------------------------------------------------------------


def test_the_representations_multiply_and_are_orthogonal():
    a, b = random_rotations(20, generator(1)), random_rotations(20, generator(2))
    basis = couplings(6)
    for one, two, both in zip(
        harmonics(a, basis), harmonics(b, basis), harmonics(a @ b, basis), strict=True
    ):
        assert torch.allclose(one @ two, both, atol=3e-6)
        assert torch.allclose(one @ one.mT, torch.eye(one.shape[-1]), atol=1e-5)


def test_the_characters_are_those_of_the_angle():
    angle = torch.linspace(0.1, 3.0, 15)
    turn = exp(angle[:, None] * torch.tensor([0.6, 0.0, 0.8]))
    for degree, matrix in enumerate(harmonics(turn, couplings(6)), 1):
        exact = ((degree + 0.5) * angle).sin() / (0.5 * angle).sin()
        assert torch.allclose(matrix.diagonal(dim1=-2, dim2=-1).sum(-1), exact, atol=1e-4)


def test_the_derivatives_are_those_of_small_turns():
    basis, step = couplings(4), 1e-2
    for k in range(3):
        turn = torch.zeros(2, 3)
        turn[0, k], turn[1, k] = step, -step
        for matrix, slope in zip(harmonics(exp(turn), basis), derivatives(basis), strict=True):
            found = (matrix[0] - matrix[1]) / (2 * step)
            assert torch.allclose(found, slope[k], atol=2e-3)


@pytest.mark.parametrize(
    ("letter", "ranks"), [("T", (0, 0, 1, 1, 0, 2)), ("O", (0, 0, 0, 1, 0, 1)),
                          ("I", (0, 0, 0, 0, 0, 1))]
)  # fmt: skip
def test_each_group_leaves_as_many_functions_as_the_tables_say(letter, ranks):
    means = [d.mean(0) for d in harmonics(group(letter), couplings(6))]
    assert tuple(int(torch.linalg.matrix_rank(m, atol=1e-3)) for m in means) == ranks


# -- targets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [0.5, 0.9, 2.0])
def test_the_kernel_of_an_axis_is_the_legendre_series(sigma):
    theta, step, degree = np.linspace(0.05, 2.6, 9), 1e-4, np.arange(60)[:, None]

    def series(angle):
        decay = (2 * degree + 1) * np.exp(-degree * (degree + 1) * sigma**2 / 2)
        return np.log((decay * eval_legendre(degree, np.cos(angle))).sum(0))

    logp, slope = axis_kernel(torch.from_numpy(theta).float(), torch.tensor(sigma))
    exact = (series(theta + step) - series(theta - step)) / (2 * step)
    assert np.allclose(logp, series(theta), atol=5e-3)
    assert np.allclose(sigma * slope, sigma * exact, atol=1e-2)


@pytest.mark.parametrize("sigma", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_target_is_the_score_of_the_whole_orbit(shape, sigma):
    truth, level = random_rotations(20, generator(1)), torch.full((20,), sigma)
    noisy = igso3.sample(truth, level, generator(2))
    same = equivalents(shape, truth, turns=240)
    share = igso3.log_prob(noisy[:, None], same, sigma).softmax(1)
    exact = (share[..., None] * igso3.score(noisy[:, None], same, sigma)).sum(1)
    found = orbit_score(shape, noisy, truth, level)
    assert torch.allclose(sigma * found, sigma * exact, atol=1e-2)


# -- the network ---------------------------------------------------------------------------------


def warm(seed=0, **settings):
    torch.manual_seed(seed)
    network = PoseNetwork(**{**SMALL, **settings}).eval()
    torch.nn.init.normal_(network.leave.weight, std=0.1)
    return network


def test_many_rotations_of_a_picture_are_answered_as_one_by_one():
    network, shown = warm(), torch.rand(3, 32, 32, generator=generator(1))
    poses = random_rotations(12, generator(2)).view(3, 4, 3, 3)
    sigma = torch.rand(3, 4, generator=generator(3)) + 0.1
    together = network(poses, sigma, network.read(shown))
    for row in range(3):
        for k in range(4):
            alone = network(poses[row : row + 1, k : k + 1], sigma[row : row + 1, k : k + 1],
                            network.read(shown[row : row + 1]))  # fmt: skip
            assert torch.allclose(alone[0, 0], together[row, k], atol=1e-4)


def test_the_trunk_sees_only_what_is_left_of_the_way():
    network = warm()
    poses, turn = random_rotations(6, generator(1)), random_rotations(1, generator(2))
    truth = random_rotations(1, generator(3))
    kinds, sigma = torch.tensor([1]), torch.full((1, 6), 0.3)
    reading = network.read(torch.rand(1, 32, 32, generator=generator(4)))
    here, there = (
        type(reading)(true_moments(network, kinds, pose), reading.scales, reading.logits)
        for pose in (truth, turn @ truth)
    )
    one = network(poses[None], sigma, here)
    two = network((turn @ poses)[None], sigma, there)
    assert torch.allclose(one, two, atol=1e-4)
    assert (one - network(poses[None], sigma, there)).abs().max() > 1e-2


def test_every_weight_is_learned_from():
    network = warm()
    pictures = Pictures(20, generator(1))
    total = sum(losses(network, lesson(pictures, 10, 3)).values())
    total.backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert float(weight.grad.abs().max()) > 0, name


def test_training_lowers_the_loss_and_goes_on_from_a_checkpoint(tmp_path):
    recipe = PoseRecipe(budget=1e9, batch=20, store=100, network=SMALL, rate=5e-3)
    run, pictures = PoseTraining(recipe, torch.device("cpu")), Pictures(100, generator(1))
    seen = [run.advance(lesson(pictures, 20, 4))["moments"] for _ in range(60)]
    assert np.mean(seen[-10:]) < 0.8 * seen[0]
    run.save(tmp_path / "state.part")
    other = PoseTraining(recipe, torch.device("cpu"))
    other.load(tmp_path / "state.part")
    assert other.step == 60
    for one, two in zip(run.average.parameters(), other.average.parameters(), strict=True):
        assert torch.equal(one, two)


# -- the posterior -------------------------------------------------------------------------------


def test_draws_are_seeded_named_and_rotations(model):
    shown = model.picture("cube", seed=1)
    posterior = model.posterior(shown)
    draws = posterior.sample(300, seed=4)
    assert draws.names[:3] == ("longitude", "latitude", "tilt")
    assert draws.unit("tilt") == "deg"
    matrices = draws.extras["rotations"]
    assert matrices.shape == (300, 3, 3)
    assert np.allclose(matrices @ matrices.transpose(0, 2, 1), np.eye(3), atol=1e-4)
    assert np.array_equal(draws.values, posterior.sample(300, seed=4).values)
    assert not np.array_equal(draws.values, posterior.sample(300, seed=5).values)
    assert draws.extras["shape_probabilities"].sum() == pytest.approx(1, abs=1e-5)
    assert sum(posterior.shape_probabilities().values()) == pytest.approx(1, abs=1e-5)


def test_the_first_draws_do_not_depend_on_how_many_follow(model):
    posterior = model.posterior(model.picture("cone", seed=2))
    few, many = posterior.sample(256, seed=1), posterior.sample(700, seed=1)
    assert np.allclose(few.extras["rotations"], many.extras["rotations"][:256], atol=1e-4)


def test_neighbours_in_a_batch_do_not_matter(model):
    pictures = [model.picture(shape, seed=3) for shape in ("cube", "cone", "icosahedron")]
    requests = [model.posterior(p).request(280, seed=k) for k, p in enumerate(pictures)]
    together = [[], [], []]
    for answer in model.draw(requests, model.device, Alone()):
        for row, chunk in enumerate(answer):
            together[row].append(chunk.per_draw["rotations"])
    for k, picture in enumerate(pictures):
        alone = model.posterior(picture).sample(280, seed=k).extras["rotations"]
        assert np.allclose(np.concatenate(together[k]), alone, atol=1e-3)


def test_memory_and_cancelling(model):
    class Tight(Alone):
        max_draws = 50

    class Gone(Alone):
        def check(self):
            raise Cancelled

    request = model.posterior(model.picture("cube", seed=4)).request(120, seed=1)
    (wide,), (tight,) = (
        next(iter(model.draw([request], model.device, control))) for control in (Alone(), Tight())
    )
    assert np.allclose(wide.per_draw["rotations"], tight.per_draw["rotations"], atol=1e-3)
    with pytest.raises(Cancelled):
        next(iter(model.draw([request], model.device, Gone())))


def test_the_engine_answers_with_the_same_draws(model):
    posterior = model.posterior(model.picture("tetrahedron", seed=5))
    with Engine(device="cpu") as engine:
        found = engine.submit(posterior.request(300, seed=2)).result()
    assert np.allclose(found.values, posterior.sample(300, seed=2).values, atol=1e-2)


def test_the_density_integrates_to_one(model):
    posterior = model.posterior(model.picture("cylinder", seed=6))
    poses = random_rotations(700, generator(1)).numpy()
    density = np.exp(posterior.log_prob(poses, steps=6))
    assert density.mean() == pytest.approx(1, abs=5 * float(density.std()) / 700**0.5 + 0.01)
    shifted = posterior.log_prob(poses[:3], measure="pi2", steps=6)
    assert np.allclose(np.log(density[:3]) - shifted, 2 * np.log(np.pi), atol=1e-5)


def test_bad_poses_are_refused(model):
    posterior = model.posterior(model.picture("cube", seed=7))
    with pytest.raises(ValueError, match="left-handed"):
        posterior.log_prob(-np.eye(3))
    with pytest.raises(ValueError, match="not orthogonal"):
        posterior.spread(2 * np.eye(3), "cube")
    with pytest.raises(ValueError, match="shape"):
        posterior.log_prob(np.zeros((4, 9)))


def test_a_picture_of_something_else_is_called_so(model):
    shown, reading = model.picture("cube", seed=8), model.read(np.zeros((1, 32, 32)))
    cube = Reading(reading.moments, reading.scales, torch.eye(5)[1:2])
    judge = dataclasses.replace(
        model, card=dataclasses.replace(model.card, config={"residual": 0.04})
    )
    truth = torch.from_numpy(shown.rotation)[None]
    near = truth @ exp(0.02 * torch.randn(48, 3, generator=generator(1)))
    stripes = np.zeros((32, 32), np.float32)
    stripes[4:28:4, 4:28] = 1.0
    assert judge.ood_score(shown.picture, cube, near) < 1
    assert judge.ood_score(stripes, cube, near) > 3
    assert judge.ood_score(shown.picture, cube, random_rotations(3, generator(2))) > 1
    assert float(model.posterior(stripes).sample(20).extras["ood_score"]) > 0


def test_checks_make_a_report(model, monkeypatch):
    from astroviz.orientations import pose_checks

    real = pose_checks.measure
    monkeypatch.setattr(
        pose_checks, "measure", lambda m, s, n, d, seed: real(m, s, 6, 20, seed, steps=3)
    )
    report = verdicts(model.checks(seed=1, quick=True), quick=True)
    names = {verdict["name"] for verdict in report}
    assert "credible angle: bias" in names
    assert any(name.startswith("spread of a cube") for name in names)


def test_the_figures_of_an_exact_posterior():
    """A score that knows the truth: all modes, no spread beyond the noise left, calibrated."""

    class Exact:
        device, sharpest = torch.device("cpu"), 0.01

        def read(self, pictures):
            return type("Reading", (), {"logits": torch.zeros(len(pictures), 5)})()

        def score(self, reading):
            # the truth that `measure` draws from this seed first
            first = generator(101 * 3 + SHAPES.index("cube"))
            # beside the truth: where the score vanishes its divergence cannot be taken
            truth = random_rotations(6, first) @ exp(torch.tensor([0.0, 0.03, 0.04]))

            def found(rotation, sigma):
                several = len(rotation) // 6
                true = truth.repeat_interleave(several, 0)
                return orbit_score("cube", rotation, true, (sigma**2 + 0.1**2).sqrt())

            return found

    figures = measure(Exact(), "cube", 6, 200, seed=3, steps=14)
    # three components of 0.1 rad, one of them off by 0.05
    expected = np.linalg.norm(
        np.random.default_rng(0).normal([0, 0, 0.05], 0.1, (9999, 3)), axis=1
    )
    assert figures.angles.mean() == pytest.approx(expected.mean(), rel=0.05)
    assert figures.modes.mean() > 0.99
    exact = igso3.log_density(torch.tensor(0.05), 0.1).item() - np.log(24)
    assert np.allclose(figures.log_prob, exact, atol=0.15)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_centre_of_draws_is_among_them(shape):
    truth = random_rotations(1, generator(1))
    same = equivalents(shape, truth[0], turns=40)
    chosen = same[torch.randint(len(same), (64,), generator=generator(2))]
    draws = igso3.sample(chosen, 0.05, generator(3))
    centre = centre_of(shape, draws)
    assert torch.det(centre) == pytest.approx(1, abs=1e-4)
    assert float(nearest_angle(shape, centre, truth[0])) < 0.03


# -- pictures that people bring ----------------------------------------------------------------


def encoded(pixels, kind="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def test_our_own_picture_goes_through_unchanged(model):
    shown = model.picture("cone", seed=9).picture
    assert np.array_equal(read_picture(shown), shown)
    assert np.array_equal(model.posterior(shown).picture, shown)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16", "LA", "CMYK"])
def test_any_mode_and_size_becomes_a_small_grey_picture(mode, tmp_path):
    from astroviz.orientations.renders import render

    large = render("cube", torch.eye(3)[None] @ exp(torch.tensor([0.4, 0.5, 0.1])), size=96)[0]
    image = Image.fromarray((255 * large.numpy()).astype(np.uint8))
    if mode == "I;16":
        image = Image.fromarray((65535 * large.numpy()).astype(np.uint16))
    else:
        image = image.convert(mode)
    path = tmp_path / ("picture.tif" if mode in ("CMYK", "I;16") else "picture.png")
    image.save(path)
    found = read_picture(path)
    assert found.shape == (32, 32)
    assert found.dtype == np.float32
    assert 0 <= found.min() <= found.max() <= 1
    assert 0.1 < (found > 0.05).mean() < 0.7


def test_a_light_background_is_made_dark_and_the_solid_is_framed():
    page = np.full((200, 300), 255, np.uint8)
    page[20:80, 200:260] = 90
    found = read_picture(encoded(page))
    rows, columns = np.nonzero(found > 0.1)
    assert found[0, 0] == 0
    assert abs(rows.mean() - 15.5) < 1
    assert abs(columns.mean() - 15.5) < 1
    assert 18 <= np.ptp(rows) + 1 <= 26


class ByEye:
    """Explains a picture by how far it is from a known one."""

    device, sharpest = torch.device("cpu"), 0.01

    def __init__(self, known):
        self.known = known

    def read(self, pictures):
        return Reading(torch.zeros(len(pictures), 1), torch.zeros(len(pictures), 1),
                       torch.zeros(len(pictures), 5))  # fmt: skip

    def score(self, reading):
        return lambda rotation, sigma: torch.zeros(len(rotation), 3)

    def ood_score(self, picture, reading, rotation):
        return float(np.sqrt(np.square(picture - self.known).mean())) / 0.05


@pytest.mark.parametrize("page", [0, 255])
@pytest.mark.parametrize("shape", ["cone", "icosahedron"])
def test_the_frame_of_the_training_is_found_again(shape, page):
    from astroviz.orientations.renders import render

    pose = random_rotations(1, generator(8))
    known = render(shape, pose, finer=4)[0].numpy()
    large = (255 * render(shape, pose, size=160)[0].numpy()).astype(np.uint8)
    moved = np.pad(large, ((70, 20), (10, 130)))
    moved = np.where(moved > 5, moved, page)
    found = best_frame(ByEye(known), foreground(moved))
    usual = read_picture(moved)
    assert np.sqrt(np.square(found - known).mean()) < 0.05
    assert np.sqrt(np.square(usual - known).mean()) > 0.07


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b"not a picture", "PNG or JPEG"),
        (encoded(np.zeros((64, 64), np.uint8)), "one colour throughout"),
        (encoded(np.eye(5, dtype=np.uint8) * 255), "5 x 5 pixels"),
        (encoded(np.eye(64, dtype=np.uint8) * 255)[:60], "picture"),
        (np.full((32, 32), np.nan), "not finite"),
        (np.zeros((3, 32)), "3"),
        (np.zeros((2, 32, 32, 3)), r"shape \(2, 32, 32, 3\)"),
        (np.full((32, 32), 7.0), "from 0 to 7"),
        (np.array([["a"] * 32] * 32), "must be numbers"),
        (12, "not int"),
        ("/nowhere/picture.png", "cannot be read"),
    ],
)
def test_a_bad_picture_is_told_why(bad, told):
    with pytest.raises(PictureError, match=told):
        read_picture(bad)
