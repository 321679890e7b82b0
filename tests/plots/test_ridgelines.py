from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.density import Axis
from astroviz.plots.ridgelines import Ridgelines, ridges, scale_of

SURVEYS = ["prior", "Gaia", "2MASS", "Spectroscopy"]


@pytest.fixture(scope="module")
def ages():
    rng = np.random.default_rng(0)
    return [rng.uniform(5.7, 8, 4000), *(rng.normal(6.8, s, 4000) for s in (0.4, 0.2, 0.1))]


@pytest.fixture
def plot(axes, ages):
    plot = Ridgelines(axes[0])
    plot.update(SURVEYS, ages)
    return plot


def test_ridges_stand_in_the_order_of_arrival_from_top_to_bottom(plot):
    bases = [float(y.min()) for y in plot.source.data["ys"]]
    assert bases == [3, 2, 1, 0]
    peaks = [float(y.max()) for y in plot.source.data["ys"]]
    assert all(low > high for low, high in zip(bases[:-1], peaks[1:], strict=True))
    texts = list(plot.figure.yaxis[0].major_label_overrides.values())
    assert texts == ["before any survey", "+ Gaia", "+ 2MASS", "+ Spectroscopy"]


def test_bits_are_those_of_normal_distributions(axes, ages):
    found = ridges(ages, scale_of(axes[0]))
    assert found[0].bits == 0
    assert found[2].bits - found[1].bits == pytest.approx(1, abs=0.08)
    assert found[3].bits - found[2].bits == pytest.approx(1, abs=0.08)
    exact = np.log2(2.3) - 0.5 * np.log2(2 * np.pi * np.e * 0.1**2)
    assert found[3].bits == pytest.approx(exact, abs=0.12)


def test_labels_are_in_units_that_people_use(plot, ages):
    low, middle, high = 10 ** (np.quantile(ages[3], (0.16, 0.5, 0.84)) - 6)
    assert plot.ridges[3].quantiles == pytest.approx((low, middle, high), rel=0.01)
    assert "Myr" in plot.labels()[3]
    assert "bits narrower" in plot.labels()[3]
    assert "bits" not in plot.labels()[0]
    assert "+ Gaia" in plot.describe()


@pytest.mark.parametrize(
    ("name", "lower", "upper", "value", "read"),
    [
        ("log_age", 5.7, 8.0, 6.5, 10**0.5),
        ("log_mass", -1.5, 0.6, -0.3, 10**-0.3),
        ("a_v", 0.0, 20.0, 1.3, 1.3),
        ("distance", 40.0, 1200.0, 140.0, 140.0),
        ("effective_temperature", 2000.0, 20000.0, 3800.0, 3800.0),
    ],
)
def test_every_parameter_has_a_scale_that_reads_back(name, lower, upper, value, read):
    scale = scale_of(Axis(name, name, "pc", lower, upper))
    place = float(scale.draw(np.array(value)))
    assert scale.bounds[0] < place < scale.bounds[1]
    assert float(scale.read(place)) == pytest.approx(read)


def test_a_ridge_that_lacks_leaves_room(plot, ages, parts_of):
    before = parts_of(plot.layout)
    plot.update(SURVEYS, [ages[0], None, ages[2], None], truth=6.8)
    assert [float(y.min()) for y in plot.source.data["ys"]] == [3, 1]
    assert plot.labels()[1] == "\u2026"
    assert plot.truth.data["x"] == pytest.approx([0.8])
    plot.set_dark(True)
    assert parts_of(plot.layout) == before, "patched in place"


def test_the_axis_holds_what_surveys_say_not_the_prior(plot, axes, ages):
    plot.update(["prior", "2MASS"], [ages[0], ages[2]])
    assert plot.figure.x_range.end - plot.figure.x_range.start < 1.6
    plot.set_axis(axes[2])
    assert (plot.figure.x_range.start, plot.figure.x_range.end) == (0, 20)
    assert plot.figure.xaxis[0].axis_label == "A_V (mag)"


def test_weights_count(axes, ages):
    weights = (ages[0] < 6.5).astype(float)
    (found,) = ridges([ages[0]], scale_of(axes[0]), [weights])
    assert found.quantiles[2] < 10**0.5


def test_nothing_draws_nothing(axes):
    plot = Ridgelines(axes[0])
    plot.update([], [])
    assert plot.source.data["xs"] == []
    assert "no draws yet" in plot.describe()
    plot.update(["prior"], [np.full(20, np.nan)])
    assert plot.source.data["xs"] == []
    with pytest.raises(ValueError, match="2 names for 1 ridges"):
        plot.update(["prior", "Gaia"], [None])
