"""Boxes: made the same again, kept in a file, cut, moved into redshift space, put into tables."""

from __future__ import annotations

import dataclasses
import doctest
import importlib

import numpy as np
import pytest
from astropy import units
from astropy.cosmology.units import littleh

from astroviz.orientations import train_boxes
from astroviz.orientations.box import SCALES, Box, redshift_space, wrap
from astroviz.orientations.cosmic_web import make_box
from astroviz.orientations.cosmology import PLANCK15


def same(first: Box, second: Box, tolerance=0.0):
    for part in ("haloes", "galaxies"):
        for item in dataclasses.fields(getattr(first, part)):
            ours, theirs = (getattr(getattr(b, part), item.name) for b in (first, second))
            assert ours.dtype == theirs.dtype
            assert np.abs(ours.astype(float) - theirs.astype(float)).max() <= tolerance * max(
                1.0, np.abs(ours.astype(float)).max()
            )
    names = ("size", "cosmology", "seed", "redshift", "scales", "notes")
    assert all(getattr(first, name) == getattr(second, name) for name in names)


def test_the_shapes_are_those_of_the_contract(small_box):
    haloes, galaxies, s = small_box.haloes, small_box.galaxies, len(SCALES)
    h, n = len(haloes), len(galaxies)
    assert n > h > 50
    assert haloes.position.shape == haloes.velocity.shape == (h, 3)
    assert haloes.eigenvalues.shape == (h, s, 3)
    assert haloes.frames.shape == (h, s, 3, 3)
    assert set(haloes.web_type) <= {0, 1, 2, 3}
    assert haloes.particles.min() >= 20
    assert galaxies.frames.shape == (n, s, 3, 3)
    assert galaxies.rotation.shape == (n, 3, 3)
    assert galaxies.central.sum() == h
    for name in ("axis_ratio_b", "axis_ratio_c", "log_size", "colour", "diskyness", "log_mass"):
        assert getattr(galaxies, name).shape == (n,)
        assert np.isfinite(getattr(galaxies, name)).all()


def test_all_positions_are_inside_and_all_rotations_proper(small_box):
    for part in (small_box.haloes, small_box.galaxies):
        assert ((part.position >= 0) & (part.position < small_box.size)).all()
    rotation = small_box.galaxies.rotation
    assert np.linalg.det(rotation) == pytest.approx(1.0, abs=1e-5)
    assert rotation.swapaxes(1, 2) @ rotation == pytest.approx(
        np.broadcast_to(np.eye(3), rotation.shape), abs=1e-5
    )


def test_heavy_haloes_live_in_denser_places(small_box):
    density = small_box.haloes.eigenvalues[:, 1].sum(1)
    order = np.argsort(small_box.haloes.mass)
    assert density[order[-15:]].mean() > density[order[:15]].mean()


def test_the_same_arguments_make_the_same_box_and_progress_is_told():
    shares = []
    first = make_box(size=40.0, grid=32, seed=3, progress=shares.append)
    same(first, make_box(size=40.0, grid=32, seed=3))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    other = make_box(size=40.0, grid=32, seed=4)
    assert len(other.galaxies) != len(first.galaxies) or not np.array_equal(
        other.galaxies.position, first.galaxies.position
    )


def test_making_a_box_can_be_stopped():
    class Stopped(Exception):
        pass

    calls = []

    def stop():
        calls.append(1)
        if len(calls) == 4:
            raise Stopped

    with pytest.raises(Stopped):
        make_box(size=40.0, grid=32, check=stop)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"size": 3.0}, "size is 3.0"),
        ({"grid": 33}, "grid is 33"),
        ({"grid": 4096}, "grid is 4096"),
        ({"redshift": -1.0}, "redshift is -1.0"),
        ({"size": 1500.0, "grid": 16}, "no halo of 20 particles"),
    ],
)
def test_impossible_boxes_are_refused_with_the_value(wrong, said):
    with pytest.raises(ValueError, match=said):
        make_box(**wrong)


def test_a_box_survives_its_file(small_box, tmp_path):
    path = small_box.save(tmp_path / "deep" / "box.safetensors")
    same(small_box, Box.load(path), tolerance=1e-7)
    assert path.stat().st_size < 1000 * len(small_box.galaxies)
    assert not list(tmp_path.rglob("*.part"))


def test_files_that_are_no_boxes_are_refused_in_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        Box.load(tmp_path / "nothing")
    (tmp_path / "junk").write_bytes(b"junk that is no tensor")
    with pytest.raises(ValueError, match="no box that this version can read"):
        Box.load(tmp_path / "junk")


def test_a_subset_keeps_haloes_and_rows(small_box):
    mask = small_box.galaxies.log_mass > 10.8
    part = small_box.subset(mask)
    assert len(part.galaxies) == mask.sum()
    assert len(part.haloes) == len(small_box.haloes)
    assert np.array_equal(part.galaxies.halo, small_box.galaxies.halo[mask])
    with pytest.raises(ValueError, match="does not fit"):
        small_box.subset(mask[:-1])


def test_redshift_space_moves_along_the_line_of_sight_only():
    position = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 9.9]])
    velocity = np.array([[50.0, 0.0, 200.0], [0.0, 0.0, 30.0]])
    moved = redshift_space(position, velocity, 10.0, PLANCK15, axis=2)
    assert moved[:, :2] == pytest.approx(position[:, :2])
    assert moved[:, 2] == pytest.approx([5.0, 0.2])
    early = redshift_space(position, velocity, 10.0, PLANCK15, redshift=1.0, axis=0)
    rate = 100 * float(PLANCK15.expansion(0.5))
    assert early[0, 0] == pytest.approx(1.0 + 50 * 2 / rate)
    with pytest.raises(ValueError, match="axis 0, 1 or 2"):
        redshift_space(position, velocity, 10.0, PLANCK15, axis=3)


def test_satellites_make_fingers_that_point_at_us(small_box):
    satellites = ~small_box.galaxies.central
    hosts = small_box.haloes.position[small_box.galaxies.halo]

    def spread(position, axis):
        apart = (position - hosts)[satellites, axis]
        return np.abs(apart - small_box.size * np.round(apart / small_box.size)).mean()

    real, seen = small_box.galaxies.position, small_box.redshift_space_positions(axis=1)
    assert spread(seen, 1) > 2 * spread(real, 1)
    assert spread(seen, 0) == pytest.approx(spread(real, 0))


def test_wrapping_never_gives_the_side_itself():
    assert wrap(np.array([-1e-18, 10.0, 10.5, -0.5]), 10.0) == pytest.approx([0, 0, 0.5, 9.5])
    assert (wrap(np.array([-1e-18]), 10.0) < 10.0).all()


def test_tables_have_units_and_descriptions(small_box):
    galaxies, haloes = small_box.galaxies_table(), small_box.haloes_table()
    assert len(galaxies) == len(small_box.galaxies)
    assert galaxies["x"].unit == units.Mpc / littleh
    assert haloes["mass"].unit == units.Msun / littleh
    assert galaxies["vx"].unit == units.km / units.s
    assert galaxies.meta["size"] == small_box.size
    assert all(galaxies[name].info.description for name in galaxies.colnames)
    major = np.stack([galaxies[f"major_{axis}"] for axis in "xyz"], 1)
    assert major == pytest.approx(small_box.galaxies.rotation[:, :, 0])


def test_boxes_for_training_are_made_once(tmp_path, monkeypatch):
    small = {"size": 40.0, "grid": 32}
    first = train_boxes.training_boxes([1, 2], tmp_path, **small)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(train_boxes, "make_box", lambda *_, **__: pytest.fail("made again"))
    again = train_boxes.training_boxes([1, 2], tmp_path, **small)
    same(first[0], again[0], tolerance=1e-6)
    low = PLANCK15.replace(sigma8=0.7)
    names = {
        train_boxes.box_path(tmp_path, 1, **small), train_boxes.box_path(tmp_path, 2, **small),
        train_boxes.box_path(tmp_path, 1), train_boxes.box_path(tmp_path, 1, cosmology=low),
    }  # fmt: skip
    assert len(names) == 4


def test_time_that_is_up_ends_the_making_of_boxes(tmp_path):
    boxes = train_boxes.training_boxes(range(5), tmp_path, size=40.0, grid=32, seconds=0.0)
    assert len(boxes) == 1


def test_no_seed_is_both_for_training_and_for_testing():
    sets = [set(train_boxes.TRAINING), set(train_boxes.VALIDATION), set(train_boxes.TEST)]
    assert not (sets[0] & sets[1] | sets[0] & sets[2] | sets[1] & sets[2])
    assert train_boxes._DEMO["seed"] not in set.union(*sets)


def test_the_demo_box_is_small_sound_and_opens(small_box):
    from astroviz.core.registry import find_model

    card = find_model(train_boxes.MODEL)
    assert card.kind == "tables"
    assert (card.path / "weights.safetensors").stat().st_size < 3e6
    box = train_boxes.demo_box()
    assert len(box.galaxies) >= 1500
    assert box.galaxies.rotation.dtype == np.float64


def test_the_recipe_writes_a_box_that_opens(tmp_path, monkeypatch):
    folder = train_boxes.train(60, "cpu", tmp_path, smoke=True)
    assert folder == tmp_path / train_boxes.MODEL
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path))
    box = train_boxes.demo_box()
    assert box.size == train_boxes._SMOKE["size"]
    same(box, make_box(**train_boxes._SMOKE), tolerance=1e-6)


@pytest.mark.parametrize(
    "name", ["cosmology", "power", "mesh", "particle_mesh", "haloes", "cosmic_web", "law"]
)
def test_the_examples_of_the_box_are_true(name):
    found = doctest.testmod(importlib.import_module(f"astroviz.orientations.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
