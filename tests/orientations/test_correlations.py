"""Against halotools and measureia, against loops, and where the answer is known."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from astroviz.orientations.by_halotools import correlate_by_halotools
from astroviz.orientations.correlations import (
    KINDS,
    NoPairs,
    Truth,
    contributions,
    correlate,
)
from astroviz.orientations.pairs import pairs_in_projection, pairs_in_space
from astroviz.orientations.projection import project

SIZE, PI_MAX = 60.0, 15.0
EDGES = np.geomspace(0.8, 18.0, 9)
N = 700


@pytest.fixture(scope="module")
def box():
    """Clustered galaxies: half of them are around others."""
    rng = np.random.default_rng(5)
    first = rng.uniform(0, SIZE, (N // 2, 3))
    position = np.concatenate([first, first + rng.normal(0, 2.0, first.shape)]) % SIZE
    b = rng.uniform(0.5, 1, N)
    c = b * rng.uniform(0.4, 1, N)
    rotation = Rotation.random(N, random_state=6).as_matrix()
    pairs = {
        False: pairs_in_space(position, SIZE, EDGES),
        True: pairs_in_projection(position, SIZE, EDGES, PI_MAX),
    }
    marks = {"ed": rotation[:, :, 0], "ee": rotation[:, :, 0], "wgg": None}
    marks["wg+"] = marks["w++"] = project(rotation, b, c)
    masks = {"shapes": rng.random(N) < 0.4, "density": rng.random(N) < 0.7}
    return {"position": position, "pairs": pairs, "marks": marks, "masks": masks}


def measure(box, kind, **masks):
    return correlate(kind, box["pairs"][KINDS[kind].projected], box["marks"][kind], **masks)


def by_halotools(box, kind, **masks):
    with np.errstate(invalid="ignore", divide="ignore"):
        return correlate_by_halotools(
            kind, box["position"], SIZE, EDGES, box["marks"][kind], pi_max=PI_MAX, **masks
        )


@pytest.mark.parametrize("selected", [False, True])
@pytest.mark.parametrize("kind", list(KINDS))
def test_estimators_agree_with_halotools_to_rounding(box, kind, selected):
    masks = box["masks"] if selected else {}
    if selected and kind not in ("ed", "wg+"):
        masks = {"shapes": masks["shapes"]}
    ours, theirs = measure(box, kind, **masks).value, by_halotools(box, kind, **masks)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    assert np.abs(theirs).max() > 1e-3  # there was something to agree about


def test_halotools_leaves_numpy_as_it_was(box):
    before = np.geterr()
    correlate_by_halotools("ed", box["position"], SIZE, EDGES, box["marks"]["ed"])
    assert np.geterr() == before


def test_halotools_is_imported_only_when_asked():
    import subprocess

    code = (
        "import sys, astroviz.orientations.by_halotools, astroviz.orientations.box_statistics; "
        "sys.exit('halotools' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("definition", "theirs"), [("epsilon", "ellipticity"), ("chi", "distortion")]
)
def test_estimators_agree_with_measureia(tmp_path, definition, theirs):
    h5py, measureia = pytest.importorskip("h5py"), pytest.importorskip("measureia")
    rng = np.random.default_rng(7)
    n = 400
    position, q = rng.uniform(0, SIZE, (n, 3)), rng.uniform(0.4, 1, n)
    angle = rng.uniform(0, np.pi, n)
    pointing = np.stack([np.cos(angle), np.sin(angle)], -1)
    data = {
        "Position": position, "Position_shape_sample": position, "Axis_Direction": pointing,
        "Axis_Direction_density_sample": pointing, "q": q, "q_density_sample": q, "LOS": 2,
    }  # fmt: skip
    path = tmp_path / "measured.hdf5"
    # halotools and we take samples as independent: that is an overlap of nothing
    judge = measureia.MeasureIABox(
        data, str(path), separation_limits=[1.0, 15.0], num_bins_r=5, num_bins_pi=6,
        pi_max=PI_MAX, boxsize=SIZE, num_overlap=0,
        axis_direction_density_sample_name="Axis_Direction_density_sample",
        axis_ratio_density_sample_name="q_density_sample",
    )  # fmt: skip
    judge.measure_xi_w("d", "all", 0, temp_file_path=False, responsivity=False, ellipticity=theirs)
    ratio = q if definition == "epsilon" else q**2
    size = (1 - ratio) / (1 + ratio)
    e = size[:, None] * np.stack([np.cos(2 * angle), np.sin(2 * angle)], -1)
    pairs = pairs_in_projection(position, SIZE, np.geomspace(1, 15, 6), PI_MAX)
    with h5py.File(path) as file:
        for kind, name in (("wg+", "w_g_plus"), ("w++", "w_plus_plus"), ("wgg", "w_gg")):
            marks = None if kind == "wgg" else e
            found = correlate(kind, pairs, marks).value
            np.testing.assert_allclose(found, _find(file, name), rtol=1e-7)


def _find(file, name):
    """The data set of a statistic, wherever it lies in the file."""
    found = []
    file.visititems(lambda path, item: found.append(item[:]) if _is(path, item, name) else None)
    assert len(found) == 1
    return found[0]


def _is(path, item, name):
    return hasattr(item, "shape") and path.split("/")[-2:] == [name, "d"]


def test_against_a_loop_over_all_pairs(box):
    position, axes = box["position"][:60], box["marks"]["ed"][:60]
    total, count = np.zeros(len(EDGES) - 1), np.zeros(len(EDGES) - 1)
    for i in range(60):
        for j in range(60):
            offset = position[j] - position[i]
            offset -= SIZE * np.round(offset / SIZE)
            r = np.sqrt(offset @ offset)
            k = np.searchsorted(EDGES, r) - 1
            if i != j and 0 <= k < len(count):
                total[k] += (axes[i] @ offset / r) ** 2
                count[k] += 1
    found = correlate("ed", pairs_in_space(position, SIZE, EDGES), axes)
    np.testing.assert_array_equal(found.pairs, count)
    np.testing.assert_allclose(
        found.value[count > 0], (total / np.maximum(count, 1))[count > 0] - 1 / 3
    )
    assert np.isnan(found.value[count == 0]).all()


def test_galaxies_that_point_at_each_other():
    position = np.array([[5.0, 5.0, 5.0], [8.0, 5.0, 5.0]])
    edges = np.array([1.0, 4.0])
    space, sky = (
        pairs_in_space(position, 20.0, edges),
        pairs_in_projection(position, 20.0, edges, 5),
    )
    towards, across = np.array([[1.0, 0, 0]] * 2), np.array([[0, 0, 1.0]] * 2)
    assert correlate("ed", space, towards).value == pytest.approx(2 / 3)
    assert correlate("ed", space, across).value == pytest.approx(-1 / 3)
    assert correlate("ee", space, across).value == pytest.approx(2 / 3)
    radial = np.array([[0.3, 0.0]] * 2)
    random = 4 * np.pi * 15 * 10 / 20**3  # N^2 pi (r2^2 - r1^2) 2 pi_max / V
    assert correlate("wg+", sky, radial).value == pytest.approx(10 * 0.6 / random)
    assert correlate("wg+", sky, -radial).value == pytest.approx(-10 * 0.6 / random)
    assert correlate("w++", sky, radial).value == pytest.approx(10 * 0.18 / random)
    assert correlate("wgg", sky).value == pytest.approx(10 * (2 / random - 1))


def test_unaligned_galaxies_are_within_their_noise_of_zero(box):
    # exact scatter of ED of random axes: each ordered pair has variance 4/45
    found = measure(box, "ed")
    independent = np.sqrt(4 / 45 / found.pairs)
    assert np.all(np.abs(found.value) < 6 * independent)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_turning_the_box_by_a_right_angle_changes_nothing_in_space(box, axis):
    turn = Rotation.from_euler(axis, 90, degrees=True).as_matrix()
    centred = box["position"] - SIZE / 2
    position = (centred @ turn.T + SIZE / 2).clip(0, SIZE)
    axes = box["marks"]["ed"] @ turn.T
    pairs = pairs_in_space(position, SIZE, EDGES)
    for kind in ("ed", "ee"):
        np.testing.assert_allclose(
            correlate(kind, pairs, axes).value, measure(box, kind).value, rtol=1e-6, atol=1e-9
        )


def test_turning_the_box_about_the_line_of_sight_changes_nothing_on_the_sky(box):
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    position = ((box["position"] - SIZE / 2) @ turn.T + SIZE / 2).clip(0, SIZE)
    pairs = pairs_in_projection(position, SIZE, EDGES, PI_MAX)
    turned = -box["marks"]["wg+"]  # a spin-2 quantity changes sign under a right angle
    for kind in ("wg+", "w++"):
        np.testing.assert_allclose(
            correlate(kind, pairs, turned).value, measure(box, kind).value, rtol=1e-6, atol=1e-9
        )


def test_the_sign_of_an_axis_means_nothing(box):
    sign = np.where(np.arange(N) % 2, 1.0, -1.0)[:, None]
    flipped = correlate("ee", box["pairs"][False], box["marks"]["ee"] * sign).value
    np.testing.assert_allclose(flipped, measure(box, "ee").value, atol=1e-12)


def test_axes_say_what_they_show(box):
    found = measure(box, "wg+")
    assert found.unit == "Mpc/h"
    for part in ("\u03c0_max = 15 Mpc/h", "(1 \u2212 q)/(1 + q)", "above 0: radial", "real space"):
        assert part in found.conventions
    assert "q" not in measure(box, "wgg").conventions
    assert measure(box, "ed").unit == ""
    assert np.all((found.r > EDGES[:-1]) & (found.r < EDGES[1:]))
    with pytest.raises(ValueError, match="no truth"):
        found.against_truth()
    judged = found.with_truth(Truth(found.value, np.eye(len(found.value)))).against_truth()
    assert judged.p_value == pytest.approx(1.0)


def test_too_few_galaxies_get_a_sentence(box):
    nobody = np.zeros(N, dtype=bool)
    with pytest.raises(NoPairs, match="selection is empty"):
        measure(box, "ed", shapes=nobody)
    one = np.arange(N) == 3
    with pytest.raises(NoPairs, match="there is 1 galaxy"):
        measure(box, "ee", shapes=one)
    alone = pairs_in_space(box["position"][:1], SIZE, EDGES)
    with pytest.raises(NoPairs, match="select two or more"):
        correlate("ed", alone, box["marks"]["ed"][:1])
    # one galaxy among many others has a direction to point at
    assert np.isfinite(measure(box, "ed", shapes=one).value).any()


def test_indices_select_as_a_mask_does(box):
    mask = box["masks"]["shapes"]
    np.testing.assert_array_equal(
        measure(box, "ed", shapes=np.flatnonzero(mask)).value,
        measure(box, "ed", shapes=mask).value,
    )


def test_wrong_input_is_named(box):
    space, sky = box["pairs"][False], box["pairs"][True]
    axes = box["marks"]["ed"]
    with pytest.raises(ValueError, match="no statistic is called 'xi'"):
        correlate("xi", space, axes)
    with pytest.raises(ValueError, match="needs pairs in projection"):
        correlate("wg+", space, axes)
    with pytest.raises(ValueError, match=r"unit axes of shape \(700, 3\)"):
        correlate("ed", space, axes[:5])
    with pytest.raises(ValueError, match="must have length 1"):
        correlate("ed", space, 2 * axes)
    with pytest.raises(ValueError, match="galaxy 4 has ellipticities"):
        correlate("wg+", sky, np.where(np.arange(N)[:, None] == 4, np.nan, 0.1) * np.ones(2))
    with pytest.raises(ValueError, match="mask `shapes` has shape"):
        contributions("ed", space, axes, shapes=np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match="below 20 Mpc/h only"):
        correlate_by_halotools("ed", box["position"], SIZE, np.array([1.0, 25.0]), axes)
    with pytest.raises(ValueError, match="pi_max must be"):
        correlate_by_halotools("wgg", box["position"], SIZE, EDGES, pi_max=25.0)
