"""Boxes from users' tables: names, units, shapes, and a sentence for everything that is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from astropy import units
from astropy.table import Table
from scipy.spatial.transform import Rotation

from astroviz.io.errors import TableError
from astroviz.io.export import write_table
from astroviz.orientations.cosmic_web import from_table
from astroviz.orientations.cosmology import PLANCK15
from astroviz.orientations.table_shapes import frames_of_axes

SIZE = 50.0


@pytest.fixture
def haloes():
    random = np.random.default_rng(0)
    x, y, z = (random.random(80) * SIZE for _ in range(3))
    return {"x": x, "y": y, "z": z, "mass": 10 ** random.uniform(12, 14, 80)}


@pytest.fixture(scope="module")
def turns():
    return Rotation.random(80, random_state=1)


def up_to_signs(first, second):
    """Smallest cosine between corresponding axes."""
    return np.abs(np.einsum("nij,nij->nj", first, second)).min()


def test_a_plain_table_of_haloes_becomes_a_box(haloes):
    box = from_table(haloes, SIZE)
    assert len(box.galaxies) == len(box.haloes) == 80
    assert box.galaxies.central.all()
    assert box.haloes.mass == pytest.approx(haloes["mass"])
    assert box.galaxies.position == pytest.approx(np.stack([haloes[k] for k in "xyz"], 1))
    assert np.linalg.det(box.galaxies.rotation) == pytest.approx(1.0, abs=1e-5)
    said = " ".join(box.notes)
    for word in ("Mpc/h", "Msun/h", "no shapes", "stand-in", "redshift space"):
        assert word in said


@pytest.mark.parametrize("suffix", ["fits", "parquet", "ecsv", "csv"])
def test_what_we_write_we_read_back(small_box, tmp_path, suffix):
    path = write_table(small_box.galaxies_table(), tmp_path / f"galaxies.{suffix}")
    box = from_table(str(path), small_box.size)
    ours, theirs = box.galaxies, small_box.galaxies
    assert np.array_equal(ours.halo, theirs.halo)
    assert np.array_equal(ours.central, theirs.central)
    assert ours.rotation == pytest.approx(theirs.rotation, abs=1e-5)
    for name in ("position", "velocity", "log_mass", "axis_ratio_b", "axis_ratio_c", "diskyness"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-5, abs=1e-5)
    assert box.haloes.mass == pytest.approx(small_box.haloes.mass, rel=1e-5)
    assert "stand-ins" not in " ".join(box.notes)


def test_our_own_tables_know_their_size(small_box):
    assert from_table(small_box.galaxies_table()).size == small_box.size


def test_tides_of_the_haloes_resemble_those_of_the_matter(small_box):
    box = from_table(small_box.galaxies_table())
    mine, true = (b.galaxies.frames[:, 2, :, 2] for b in (box, small_box))
    cosine = np.abs((mine * true).sum(1))
    assert cosine.mean() > 0.7  # half for directions that have nothing to do with each other


@pytest.mark.parametrize(
    "names",
    [("pos_x", "pos_y", "pos_z"), ("halo_x", "halo_y", "halo_z"), ("X", "Y", "Z"),
     ("SubhaloPos_0", "SubhaloPos_1", "SubhaloPos_2"), ("Pos[0]", "Pos[1]", "Pos[2]")],
)  # fmt: skip
def test_positions_are_found_under_many_names(haloes, names):
    table = {name: haloes[key] for name, key in zip(names, "xyz", strict=True)}
    box = from_table(table, SIZE)
    assert box.galaxies.position[:, 1] == pytest.approx(haloes["y"])


def test_positions_in_one_column_data_frames_and_chosen_columns(haloes):
    place = np.stack([haloes[k] for k in "xyz"], 1)
    assert from_table({"Coordinates": place}, SIZE).galaxies.position == pytest.approx(place)
    assert len(from_table(pd.DataFrame(haloes), SIZE).galaxies) == 80
    odd = {"u": place[:, 0], "v": place[:, 1], "w": place[:, 2], "heft": haloes["mass"]}
    box = from_table(odd, SIZE, columns={"position": ("u", "v", "w"), "halo_mass": "heft"})
    assert box.haloes.mass == pytest.approx(haloes["mass"])


@pytest.mark.parametrize(
    ("factor", "unit"),
    [(1 / PLANCK15.h, units.Mpc), (1e3, "kpc/h"), (1e3 / PLANCK15.h, units.kpc), (1, "h-1 Mpc")],
)
def test_units_of_the_file_count(haloes, factor, unit):
    table = Table({key: haloes[key] * factor for key in "xyz"} | {"mass": haloes["mass"]})
    for key in "xyz":
        table[key].unit = unit
    table["mass"] /= PLANCK15.h
    table["mass"].unit = units.Msun
    box = from_table(table, SIZE)
    assert box.galaxies.position[:, 0] == pytest.approx(haloes["x"])
    assert box.haloes.mass == pytest.approx(haloes["mass"])
    assert "has no unit" not in " ".join(box.notes)


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        (np.log10, None),
        (lambda m: np.log10(m / PLANCK15.h), "log10 Msun"),
        (lambda m: m / PLANCK15.h, "Msun"),
        (lambda m: m / 1e10, "1e10 Msun/h"),
    ],
)
def test_masses_are_read_in_the_unit_that_is_said_or_seen(haloes, written, unit):
    box = from_table({**haloes, "mass": written(haloes["mass"])}, SIZE, mass_unit=unit)
    assert box.haloes.mass == pytest.approx(haloes["mass"])
    assert ("log10 Msun/h" in " ".join(box.notes)) == (unit is None)


def test_halo_masses_follow_from_stellar_ones_and_the_other_way_round(haloes):
    both = from_table(haloes, SIZE)
    stars = {**{k: haloes[k] for k in "xyz"}, "log_mstar": both.galaxies.log_mass}
    assert from_table(stars, SIZE).haloes.mass == pytest.approx(haloes["mass"], rel=0.02)


def test_groups_have_one_central_each(haloes):
    group = np.repeat(np.arange(16), 5) + 100
    central = np.zeros(80, bool)
    central[2::5] = True
    box = from_table({**haloes, "group_id": group, "central": central}, SIZE)
    assert len(box.haloes) == 16
    assert np.array_equal(box.galaxies.central, central)
    heaviest = haloes["mass"].reshape(16, 5).max(1)
    assert box.haloes.mass == pytest.approx(heaviest)
    assert box.haloes.position == pytest.approx(box.galaxies.position[central])
    alone = from_table({**haloes, "group_id": group}, SIZE)
    assert alone.galaxies.central.sum() == 16


def shapes(turns, kind):
    matrix = turns.as_matrix()
    if kind == "rotation":
        return {"rotation": matrix}
    if kind == "quaternion":
        return {f"q_{a}": turns.as_quat()[:, i] for i, a in enumerate("xyzw")}
    axes = {"three": "abc", "two": "ac", "outer": "bc"}[kind]
    return {
        f"{axis.upper()}[{d}]": 3.0 * matrix[:, i, "abc".index(axis)]
        for axis in axes for i, d in enumerate("xyz")
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["rotation", "quaternion", "three", "two", "outer"])
def test_shapes_are_read_however_they_are_written(haloes, turns, kind):
    box = from_table({**haloes, **shapes(turns, kind)}, SIZE, need_shapes=True)
    assert up_to_signs(box.galaxies.rotation, turns.as_matrix()) == pytest.approx(1, abs=1e-6)
    assert np.linalg.det(box.galaxies.rotation) == pytest.approx(1.0)


def test_left_handed_axes_are_a_matter_of_signs(haloes, turns):
    table = {**haloes, **shapes(turns, "three")}
    for d in "xyz":
        table[f"C[{d}]"] = -table[f"C[{d}]"]
    box = from_table(table, SIZE)
    assert np.linalg.det(box.galaxies.rotation) == pytest.approx(1.0)
    assert up_to_signs(box.galaxies.rotation, turns.as_matrix()) == pytest.approx(1, abs=1e-6)


def test_with_the_major_axis_alone_the_tide_settles_the_roll(haloes, turns):
    major = turns.as_matrix()[:, :, 0]
    box = from_table({**haloes, "major_axis": major}, SIZE)
    assert np.abs((box.galaxies.rotation[:, :, 0] * major).sum(1)) == pytest.approx(1)
    assert "the tidal field" in " ".join(box.notes)


WRONG = [
    ({"x": [], "y": [], "z": []}, {}, "no rows"),
    ({"x": [1.0], "y": [1.0], "z": [1.0]}, {}, "one galaxy only"),
    ({"ra": [1.0, 2.0], "dec": [0.0, 1.0]}, {}, "no positions were found.*ra, dec"),
    ({"x": [1.0, 70.0], "y": [1.0, 2.0], "z": [1.0, 2.0]}, {}, r"row 1: \(70, 2, 2\).*wrap them"),
    ({"x": [1.0, 4e4], "y": [1.0, 2.0], "z": [1.0, 2.0]}, {}, 'length_unit="kpc/h"'),
    ({"x": [-20.0, 20.0], "y": [1.0, 2.0], "z": [1.0, 2.0]}, {}, "add half the size"),
    ({"x": [1.0, np.nan], "y": [1.0, 2.0], "z": [1.0, 2.0]}, {}, "row 1 is missing"),
    ({"mass": [1.0, 3.0]}, {}, "neither log10 of solar masses nor solar masses"),
    ({"mass": [12.0, 13.0]}, {"mass_unit": "Msun/h"}, "is it log10"),
    ({"mass": [1e12, 1e13]}, {"mass_unit": "log10 Msun/h"}, "they look linear"),
    ({"mass": [1e12, 1e13]}, {"mass_unit": "pounds"}, "'pounds'; take one of Msun/h"),
    ({"mass": [np.nan, 1e13]}, {}, "lack a value in row 0"),
    ({"b_to_a": [0.5, 1.4]}, {}, "b_to_a is 1.4 in row 1"),
    ({}, {"need_shapes": True}, "the table has no shapes"),
    ({"a_x": [1, 0], "a_y": [0, 0], "a_z": [0, 0]}, {}, "row 1 has no direction"),
    ({"c_x": [1, 0], "c_y": [0, 1], "c_z": [0, 0]}, {}, "only the minor axis"),
    ({"q_x": [0.0, 0], "q_y": [0.0, 0], "q_z": [0.0, 0], "q_w": [1.0, 0]}, {}, "orientations"),
    ({"rotation": -np.broadcast_to(np.eye(3), (2, 3, 3))}, {}, "left-handed"),
    ({}, {"size": None}, "side of the box is not known"),
    ({}, {"size": -5.0}, "-5.0"),
    ({}, {"columns": {"position": ("x", "y")}}, "takes 3 columns"),
    ({}, {"columns": {"halo_mass": "nope"}}, "no column 'nope'"),
    ({"x": ["a", "b"]}, {}, "holds no numbers"),
]


@pytest.mark.parametrize(("table", "options", "said"), WRONG)
def test_what_is_wrong_is_said_in_a_sentence(table, options, said):
    good = {"x": [1.0, 4.0], "y": [2.0, 3.0], "z": [3.0, 1.0]}
    whole = table if "y" in table or "ra" in table else {**good, **table}
    with pytest.raises(TableError, match=said):
        from_table(whole, **{"size": SIZE, **options})


def test_axes_that_are_not_orthogonal_are_refused():
    axes = {"major": np.array([[1.0, 0, 0]]), "minor": np.array([[0.6, 0.8, 0]])}
    with pytest.raises(TableError, match=r"cosine between them is 0\.6"):
        frames_of_axes(axes)


def test_a_file_that_is_not_there_is_said():
    with pytest.raises(TableError, match="there is no file"):
        from_table("/nowhere/galaxies.fits", SIZE)


def test_something_that_is_no_table_is_said():
    with pytest.raises(TableError, match="no table"):
        from_table(42, SIZE)
