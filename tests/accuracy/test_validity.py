from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from astroviz.accuracy.checks import run_checks
from astroviz.accuracy.repairs import effective_number
from astroviz.accuracy.trial import Trial, TrialError
from astroviz.accuracy.validity import validated


def trial_of(n=80, draws=30, size=2, seed=0, **more):
    random = np.random.default_rng(seed)
    points = random.normal(size=(n, 1, size)) + random.normal(size=(n, draws + 1, size))
    names = tuple(f"x{k}" for k in range(size))
    return Trial(**{"truths": points[:, 0], "draws": points[:, 1:], "names": names, **more})


def test_what_is_right_stays_as_it_is():
    trial = trial_of()
    found = validated(trial)
    assert found.notes == ()
    assert np.array_equal(found.draws, trial.draws)
    single = trial_of(draws=5)
    assert "few: ranks are coarse" in validated(single).notes[0]
    assert "few: only gross" in validated(trial_of(n=20)).notes[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: {"truths": t.truths[:-1]}, "79 truths, but draws for 80 objects"),
        (lambda t: {"draws": t.draws[:, :, :1]}, "2 parameters, but draws 1"),
        (lambda t: {"draws": t.draws[:, 0]}, r"and \(objects, draws, parameters\)"),
        (lambda t: {"names": ("a", "a")}, "1 of them different"),
        (lambda t: {"units": ("pc",)}, "1 units do not fit 2"),
        (lambda t: {"geometry": "torus"}, "no geometry 'torus'"),
        (lambda t: {"truths": [["a", "b"]] * 80}, "must be an array of numbers"),
        (lambda t: {"draws": t.draws[:, :0]}, "not one object, draw or parameter"),
        (lambda t: {"groups": {"side": np.zeros(3)}}, r"groups 'side' of shape \(3,\)"),
        (lambda t: {"log_prob": (np.zeros(80), np.zeros((80, 3)))}, "log_prob of shape"),
        (lambda t: {"weights": np.ones((80, 3))}, "weights of shape"),
        (lambda t: {"weights": np.zeros((80, 30))}, "0 for all draws"),
        (lambda t: {"ids": ("a",)}, "ids of shape"),
        (lambda t: {"truths": t.truths * 0, "draws": t.draws * 0}, "no parameter varies"),
        (lambda t: {"prior": np.full((5, 2), np.nan)}, "draws of the prior"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(change, says):
    trial = trial_of()
    with pytest.raises(TrialError, match=says):
        validated(dataclasses.replace(trial, **change(trial)))


def test_exchanged_axes_are_guessed():
    trial = trial_of()
    with pytest.raises(TrialError, match="axes of the draws seem to be exchanged"):
        validated(dataclasses.replace(trial, draws=trial.draws.transpose(1, 0, 2)))
    assert validated(
        Trial(truths=trial.truths[:, 0], draws=trial.draws[:, :, 0], names=("x",))
    ).truths.shape == (80, 1)


def test_objects_that_are_not_finite_are_named_and_dropped_only_on_demand():
    trial = trial_of(ids=tuple(f"star {k}" for k in range(80)))
    trial.draws[3, 4, 1] = np.nan
    trial.truths[7, 0] = np.inf
    with pytest.raises(TrialError, match=r"of 2 objects are not finite \(star 3, star 7\).*drop"):
        validated(trial)
    found = validated(trial, drop=True)
    assert found.count == 78
    assert "2 of 80 objects were left out" in found.notes[0]
    with pytest.raises(TrialError, match="not finite"):
        run_checks(trial, ["sbc"])
    trial.draws[:] = np.nan
    with pytest.raises(TrialError, match="nothing is left"):
        validated(trial, drop=True)
    table = trial_of(geometry="table")
    table.draws[3, 4, 1] = np.nan
    assert validated(table).count == 80  # a gap, not a fault
    chance = trial_of(log_prob=(np.zeros(80), np.full((80, 30), -np.inf)))
    assert validated(chance).count == 80  # impossible, which is a number of its own
    chance.log_prob[0][2] = np.nan
    assert validated(chance, drop=True).count == 79


def test_a_constant_parameter_is_left_out_with_a_note():
    trial = trial_of(size=3, units=("a", "b", "c"), prior=np.zeros((9, 3)) + np.arange(3))
    trial.truths[:, 1], trial.draws[:, :, 1] = 4.0, 4.0
    found = validated(trial)
    assert found.names == ("x0", "x2")
    assert found.units == ("a", "c")
    assert found.prior.shape == (9, 2)
    assert "nothing can be said of it: x1; left out" in found.notes[0]
    image = validated(dataclasses.replace(trial, geometry="image"))
    assert image.size == 3  # a dark pixel stays in its place
    assert "x1" in image.notes[0]
    trial.draws[:, :, 1] = np.random.default_rng(0).normal(size=(80, 30))
    assert "same for every object: x1" in validated(trial).notes[0]


def test_rotations_must_be_rotations():
    matrices = Rotation.random(80 * 31, rng=1).as_matrix().reshape(80, 31, 9)
    names = tuple(f"r{k}" for k in range(9))
    trial = Trial(truths=matrices[:, 0], draws=matrices[:, 1:], names=names, geometry="rotation")
    assert validated(trial).count == 80
    bent = dataclasses.replace(trial, truths=trial.truths * 1.1)
    with pytest.raises(TrialError, match="truths of 80 objects are not rotations"):
        validated(bent)
    mirrored = matrices.copy()
    mirrored[5, 3] *= -1
    with pytest.raises(TrialError, match=r"draws of 1 objects are reflections.*\(row 5\)"):
        validated(dataclasses.replace(trial, draws=mirrored[:, 1:]))
    four = Trial(truths=matrices[:, 0, :4], draws=matrices[:, 1:, :4], names=names[:4],
                 geometry="rotation")  # fmt: skip
    with pytest.raises(TrialError, match="turn quaternions into matrices"):
        validated(four)


def test_mixed_units_are_converted_refused_or_asked_about():
    units = pytest.importorskip("astropy.units")
    trial = trial_of()
    both = dataclasses.replace(
        trial, truths=trial.truths * units.kpc, draws=trial.draws * 1000 * units.pc
    )
    found = validated(both)
    assert found.units == ("kpc", "kpc")
    assert np.allclose(found.draws, trial.draws)
    with pytest.raises(TrialError, match="truths have the unit kpc but the draws have none"):
        validated(dataclasses.replace(both, draws=trial.draws))
    with pytest.raises(TrialError, match="kpc cannot be compared with draws in s"):
        validated(dataclasses.replace(both, draws=trial.draws * units.s))
    far = trial_of()
    far.truths[:, 1] = np.degrees(far.truths[:, 1])
    assert "degrees against radians" in validated(far).notes[0]
    assert "True x1" in validated(far).notes[0]


def test_draws_that_repeat_or_follow_each_other_are_told():
    repeated = trial_of(draws=40)
    repeated.draws[:] = np.repeat(repeated.draws[:, ::4], 4, 1)
    assert "are 10 different ones" in " ".join(validated(repeated).notes)
    random = np.random.default_rng(2)
    chain = np.empty((80, 400, 1))
    chain[:, 0] = random.normal(size=(80, 1))
    for k in range(1, 400):
        chain[:, k] = 0.8 * chain[:, k - 1] + 0.6 * random.normal(size=(80, 1))
    different, worth = effective_number(chain)
    assert different == 400
    assert worth == pytest.approx(400 * 0.2 / 1.8, rel=0.1)  # of an AR(1) chain
    along = Trial(truths=chain[:, -1], draws=chain[:, :-1], names=("x",))
    assert "as in a chain" in validated(along).notes[0]
    whole = Trial(truths=np.arange(80)[:, None] % 3, draws=np.arange(30)[None, :, None] % 3
                  + np.zeros((80, 1, 1)), names=("class",))  # fmt: skip
    assert not any("repeat" in note for note in validated(whole).notes)
    same = trial_of()
    same.draws[:] = same.draws[:1]
    assert "Every object has the same draws" in " ".join(validated(same).notes)


def test_weighted_draws_are_resampled_with_all_that_belongs_to_them():
    random = np.random.default_rng(8)
    wide = 2 * random.normal(size=(200, 400, 1))
    weights = np.exp(-0.5 * wide[:, :, 0] ** 2 * (1 - 1 / 4))
    trial = Trial(truths=random.normal(size=(200, 1)), draws=wide, names=("x",), weights=weights,
                  log_prob=(np.zeros(200), wide[:, :, 0]))  # fmt: skip
    found = validated(trial)
    assert found.weights is None
    assert found.draws.std() == pytest.approx(1.0, abs=0.03)
    assert np.array_equal(found.log_prob[1], found.draws[:, :, 0])
    assert "Weighted draws were resampled" in found.notes[0]
    assert abs(run_checks(trial, ["dispersion"])["dispersion"].value - 1) < 0.12
