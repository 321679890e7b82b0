"""The state of the cosmic-web view: hands on the surroundings, the exact law, the filament."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from astroviz.orientations import box_shelf
from astroviz.orientations.by_hand import Changes, changed, tide_at, with_scale
from astroviz.orientations.cosmic_web import make_box
from astroviz.orientations.environment import Environment
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.orientations.filament import trace_filament
from astroviz.orientations.law import OrientationLaw

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def box():
    return make_box(size=50.0, grid=48, seed=3, steps=8)


@pytest.fixture
def explorer(box, monkeypatch):
    monkeypatch.setattr(box_shelf, "demo_box", lambda: box)
    explorer = OrientationsExplorer(view="web")
    explorer.model, explorer.missing = None, "none in this test"
    return explorer


def law_of(box, row):
    """The law of one galaxy of a box, straight from the box."""
    laws = OrientationLaw().mixture(box)
    return laws.means[row], laws.sigmas[row], laws.weights[row]


def test_the_law_of_the_view_is_that_of_the_box(explorer, box):
    for row in (0, 5, len(box.galaxies) - 1):
        explorer.galaxy = row
        law = explorer.law()
        for mine, wanted in zip((law.means, law.sigmas, law.weights), law_of(box, row),
                                strict=True):  # fmt: skip
            torch.testing.assert_close(mine, wanted, rtol=1e-4, atol=1e-5)


def test_turning_everything_turns_the_law(explorer):
    """A rigid turn of tide and neighbours is a turn of the law of a central."""
    before, turn = explorer.law(), np.array([0.3, -0.7, 0.5])
    explorer.turn_tide(turn)
    explorer.swing_neighbours(turn)
    after = explorer.law()
    turned = torch.from_numpy(Rotation.from_rotvec(turn).as_matrix()).float()
    drawn = before.sample(200, torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        after.log_prob(turned @ drawn), before.log_prob(drawn), rtol=1e-3, atol=2e-3
    )
    assert not explorer.changes.none
    explorer.let_go()
    assert explorer.changes.none


def test_turning_the_tide_alone_changes_the_law_and_the_axis_follows(explorer):
    before = explorer.tide()[1]
    explorer.turn_tide(np.array([0.0, 0.0, np.pi / 2]))
    after = explorer.tide()[1]
    wanted = Rotation.from_rotvec([0, 0, np.pi / 2]).as_matrix() @ before
    cosines = np.abs((after * wanted).sum(0))
    np.testing.assert_allclose(cosines, 1.0, atol=1e-6)


def test_turns_add_up_in_space(explorer):
    explorer.turn_tide(np.array([0.2, 0.0, 0.0]))
    explorer.turn_tide(np.array([0.0, 0.5, 0.0]))
    wanted = Rotation.from_rotvec([0, 0.5, 0]) * Rotation.from_rotvec([0.2, 0, 0])
    np.testing.assert_allclose(explorer.tide_turn, wanted.as_rotvec(), atol=1e-5)


def test_an_axis_takes_the_length_it_is_dragged_to_but_keeps_its_place(explorer):
    lengths = explorer.tide_lengths()
    assert (np.diff(lengths) < 0).all(), "slowest collapse is longest"
    explorer.stretch_tide(1, 0.5 * (lengths[0] + lengths[1]))
    assert explorer.tide_lengths()[1] == pytest.approx(0.5 * (lengths[0] + lengths[1]), rel=0.02)
    explorer.stretch_tide(1, 3.0)
    values = explorer.tide()[0]
    assert (np.diff(values) > 0).all()
    explorer.undo()
    assert (np.diff(explorer.tide()[0]) > 0).all()


def test_a_galaxy_without_neighbours_hears_only_the_tide(explorer):
    assert explorer.law().weights[2] > 0.01
    explorer.alone = True
    assert explorer.law().weights[2] == pytest.approx(0.0, abs=1e-6)
    assert len(explorer.surroundings().neighbours) == 0
    assert len(explorer.graph().weights) == 0


def test_neighbours_far_away_do_not_count(explorer):
    near = explorer.law().weights[2]
    explorer.distance = 2.5
    assert explorer.law().weights[2] < near


def test_the_neighbours_of_the_figure_give_the_quadrupole_of_the_law(explorer):
    around, law = explorer.surroundings(), explorer.law()
    major = law.means[2, :, 0].numpy()
    assert abs(around.pull @ major) > 0.99, "the tide settles it, and may move it a little"


@pytest.mark.parametrize("kind", ["galaxies", "haloes"])
def test_a_rigid_swing_keeps_distances(explorer, kind):
    plain = Environment.from_box(explorer.box, explorer.here)
    swung = changed(plain, Changes(swing=(0.4, 0.1, -0.3)))
    row, size = int(plain.targets[0]), plain.size

    def apart(environment):
        places = getattr(environment, kind).position
        way = places - environment.galaxies.position[row]
        return np.linalg.norm(way - size * np.round(way / size), axis=-1)

    near = apart(plain) < 0.25 * size
    np.testing.assert_allclose(apart(swung)[near], apart(plain)[near], atol=1e-9)


def test_tides_between_scales_are_tensors_between_tensors(box):
    galaxies = box.galaxies
    values, frames = tide_at(galaxies.eigenvalues, galaxies.frames, box.scales, 2.0)
    np.testing.assert_allclose(values, galaxies.eigenvalues[:, 1], atol=1e-9)
    values, frames = tide_at(galaxies.eigenvalues[:4], galaxies.frames[:4], box.scales, 3.1)
    assert (np.diff(values, axis=-1) > 0).all()
    np.testing.assert_allclose(np.linalg.det(frames), 1.0)
    part = np.log(3.1 / 2) / np.log(5 / 2)
    trace = (1 - part) * galaxies.eigenvalues[:4, 1].sum(-1)
    trace += part * galaxies.eigenvalues[:4, 2].sum(-1)
    np.testing.assert_allclose(values.sum(-1), trace, atol=1e-9)
    with pytest.raises(ValueError, match="from 1 to 5 Mpc/h, not at 7"):
        tide_at(galaxies.eigenvalues, galaxies.frames, box.scales, 7.0)


def test_one_scale_in_place_of_all(box):
    environment = with_scale(Environment.from_box(box, [0, 3]), 5.0)
    rows = environment.targets
    np.testing.assert_allclose(
        environment.galaxies.eigenvalues[rows, 0], box.galaxies.eigenvalues[[0, 3], 2], atol=1e-9
    )


def test_a_filament_goes_from_central_to_central_and_comes_through_the_galaxy(box, explorer):
    way = trace_filament(box, explorer.here, 2.0)
    assert explorer.here in way.rows
    assert len(set(way.rows.tolist())) == len(way)
    assert box.galaxies.central[way.rows].all()
    steps = np.linalg.norm(np.diff(way.places, axis=0), axis=-1)
    assert (steps < 9.0).all()
    place = box.galaxies.position[way.rows]
    apart = np.diff(place, axis=0)
    apart -= box.size * np.round(apart / box.size)
    np.testing.assert_allclose(np.diff(way.places, axis=0), apart, atol=1e-9)
    assert abs(way.right @ way.up) < 1e-9


def test_densities_along_a_filament_follow_the_smoothing(explorer):
    first, bars = explorer.filament_truth()
    assert first.shape == (len(explorer.filament()), 73)
    assert (np.linalg.norm(bars, axis=-1) <= 1 + 1e-9).all()
    explorer.web_scale = 5.0
    second, _ = explorer.filament_truth()
    assert np.abs(second - first).max() > 0.1


def test_what_panels_draw_of_the_truth_is_that_of_the_law(explorer):
    read = explorer.read_truth()
    law = explorer.law()
    drawn = law.sample(20_000, torch.Generator().manual_seed(5)).double().numpy()
    other = explorer.read(drawn)
    assert read.axis_map.mean() == pytest.approx(1.0, abs=0.01)
    assert np.abs(read.axis_map - other.axis_map).max() < 0.12 * read.axis_map.max()
    assert np.abs(read.cosine - other.cosine).max() < 0.2
    assert np.abs(read.tilt - other.tilt).max() < 0.2
    assert read.axis_map[np.argmax(read.axis_map)] > 1
    assert np.linalg.norm(read.peak) == pytest.approx(1.0)


def test_folding_brings_draws_to_the_tide(explorer):
    folded = explorer.read_truth().rotations
    explorer.folded = False
    loose = explorer.read_truth().rotations
    frame = explorer.tide()[1]
    alike = np.einsum("nij,ij->n", folded, frame)
    assert (alike >= np.einsum("nij,ij->n", loose, frame) - 1e-9).all()
    assert alike.mean() > 1.0


def test_messages_are_heard_from_near_galaxies(explorer, box):
    found = explorer.graph()
    assert found.rows[0] == explorer.here
    position = box.galaxies.position[found.rows]
    apart = position - position[0]
    apart -= box.size * np.round(apart / box.size)
    np.testing.assert_allclose(found.separations, apart, atol=1e-9)
    assert found.strengths.sum() == pytest.approx(found.weights.sum(), rel=1e-5)
    heaviest = found.separations[1 + int(np.argmax(found.weights))]
    strongest = found.directions[int(np.argmax(found.strengths))]
    if len(found.weights) == 1:
        assert heaviest @ strongest > 0


def test_it_opens_with_a_galaxy_a_sentence_and_a_gesture(explorer):
    assert explorer.galaxy is None
    assert "a central in a filament" in explorer.galaxy_words()
    assert "drag the tidal ellipsoid" in explorer.sentence()
    assert "astroviz train orientations/web" in " ".join(explorer.warnings())
    heads = [head for head, _ in explorer.figures()]
    assert any("nats" in head for head in heads)


def test_presets_are_places_of_the_box(explorer, box):
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert explorer.preset() == preset.name
        assert 0 <= explorer.here < len(box.galaxies)
    kinds = {p.name: p.settings["galaxy"] for p in explorer.presets()}
    assert not box.galaxies.central[kinds["A satellite"]]


def test_a_link_restores_what_hands_did(explorer, box):
    explorer.param.update(galaxy=4, alone=False, distance=1.5, web_scale=3.0)
    explorer.turn_tide(np.array([0.1, 0.2, 0.3]))
    other = OrientationsExplorer(view="web")
    assert other.from_query(explorer.to_query()) == ()
    assert other.changes == explorer.changes
    assert (other.galaxy, other.web_scale) == (4, 3.0)


def test_a_galaxy_that_is_not_there_is_said(explorer, box):
    explorer.galaxy = 10**6
    assert f"{10**6}" in " ".join(explorer.warnings())
    assert 0 <= explorer.here < len(box.galaxies)
    explorer.read_truth()
