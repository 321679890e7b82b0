"""Cells by parameter and group: against counts, exact laws, and defects put into one group."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.accuracy.trial import Trial
from astroviz.accuracy.trial_cells import EVERY, TOGETHER, cell_table, group_kinds, rank_bin


def made(count=400, size=3, wrong=None, seed=0):
    """Exact posteriors of normal means; `wrong` takes draws and labels, and spoils them."""
    random = np.random.default_rng(seed)
    mean = random.normal(size=(count, 1, size))
    truths = mean[:, 0] + random.normal(size=(count, size))
    draws = mean + random.normal(size=(count, 99, size))
    labels = np.array(["far", "near"])[np.arange(count) % 2]
    if wrong is not None:
        draws = wrong(draws, mean, labels)
    return Trial(
        truths=truths, draws=draws, names=("age", "mass", "a_v")[:size],
        groups={"regime": labels}, units=("",) * size,
    )  # fmt: skip


def narrow(draws, mean, labels):
    """Half as wide in age, for what is near."""
    out = draws.copy()
    near = labels == "near"
    out[near, :, 0] = mean[near, :, 0] + 0.5 * (draws - mean)[near, :, 0]
    return out


def test_an_exact_posterior_stands_out_nowhere():
    for seed in range(3):
        for look in ("coverage", "width", "shift"):
            table = cell_table(made(seed=seed), "regime", look)
            assert table.rows == (TOGETHER, "age", "mass", "a_v")
            assert table.columns == (EVERY, "far", "near")
            assert not table.stands_out.any()
            assert np.abs(table.values).max() < 0.9


def test_a_group_that_is_wrong_is_the_worst_cell():
    table = cell_table(made(wrong=narrow), "regime", "coverage")
    assert table.rows[table.worst()[0]] == "age"
    assert table.worst()[1] in (0, 2)
    assert table.stands_out[1, 2]
    assert not table.stands_out[:, 1].any()
    assert table.values[1, 2] < -0.9
    # 59 % of a normal law lie within half of its 90 % interval
    assert table.texts[1][2].startswith("! ")
    assert 48 <= float(table.texts[1][2].strip("! %")) <= 70
    width = cell_table(made(wrong=narrow), "regime", "width").texts[1][2]
    # a truth beyond all of 99 draws is known to be 2.3 sigma away or more, not by how much
    assert float(width.strip("! %").replace("\u2212", "-")) == pytest.approx(-40, abs=9)


def test_a_shift_has_its_sign():
    table = cell_table(made(wrong=lambda d, m, g: d + 1.0), "", "shift")
    assert table.columns == (EVERY,)
    assert (table.values > 0.9).all()
    # 99 draws know their tails to one part in a hundred: a whole sigma reads a little less
    assert all(0.85 < float(text[0].strip("! \u03c3")) < 1.1 for text in table.texts[1:])
    assert "above the truth" in table.words[1][0]


def test_coverage_is_a_count():
    trial = made(size=1)
    low, high = np.quantile(trial.draws[..., 0], [0.05, 0.95], axis=1)
    inside = ((trial.truths[:, 0] > low) & (trial.truths[:, 0] < high)).mean()
    table = cell_table(trial, "regime", "coverage")
    assert table.rows == ("age",)
    assert abs(float(table.texts[0][0].strip("! %")) - 100 * inside) < 2.5


def test_a_few_objects_are_no_verdict():
    trial = made(count=4)
    for look in ("coverage", "width", "shift"):
        table = cell_table(trial, "regime", look)
        assert not table.stands_out.any()
        assert np.isfinite(table.values).all()


def test_many_parameters_show_the_worst():
    random = np.random.default_rng(1)
    draws = random.normal(size=(200, 50, 40))
    truths = random.normal(size=(200, 40))
    draws[..., 33] += 2.0
    trial = Trial(truths=truths, draws=draws, names=tuple(f"p{k}" for k in range(40)))
    table = cell_table(trial, "", "coverage")
    assert len(table.rows) == 12
    assert table.rows[table.worst()[0]] == "p33"
    assert group_kinds(trial) == ()


def test_objects_of_a_bar_of_ranks():
    trial = made()
    parts = [rank_bin(trial, "mass", (k + 0.5) / 20) for k in range(20)]
    assert np.array_equal(np.sum(parts, 0), np.ones(trial.count))
    top = parts[-1]
    below = (trial.draws[top, :, 1] < trial.truths[top, None, 1]).mean(1)
    assert (below > 0.93).all()
    table = cell_table(trial, "regime")
    ranks = table.ranks(2, 0)
    assert ranks.shape == (trial.count, 1)
    assert ranks[top].min() >= 0.95
