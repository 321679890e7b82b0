"""Each check gets its figure by the arrays it carries; figures say what they show."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.accuracy.checks import CHECKS, obstacles
from astroviz.accuracy.trial import Trial
from astroviz.accuracy.validity import validated
from astroviz.plots.bias_width import BiasWidth
from astroviz.plots.check_figures import KINDS, chart_of, figure_of, kind_of
from astroviz.plots.claimed_found import ClaimedFound
from astroviz.plots.ecdf_bands import EcdfBands
from astroviz.plots.expected_coverage import ExpectedCoverage
from astroviz.plots.mira_score import MiraScore
from astroviz.plots.null_histogram import NullHistogram
from astroviz.plots.p_values import PValues
from astroviz.plots.pqmass_histogram import PQMassHistogram
from astroviz.plots.rank_histogram import RankHistogram
from astroviz.plots.theme import colour
from astroviz.plots.z_contraction import ZContraction

EXPECTED = {
    "sbc": "ecdf", "dispersion": "bias", "correlation": "pairs", "coverage": "coverage",
    "tarp": "coverage", "mira": "running", "likelihood_rank": "ecdf", "contraction": "contraction",
    "regimes": "bias", "predictive": "ecdf", "reduced_chi_square": "residuals", "mmd": "null",
}  # fmt: skip


@pytest.fixture(scope="module")
def trial():
    """Posteriors of two parameters that are 25 % too narrow, with all that a check may ask for."""
    random = np.random.default_rng(0)
    truths = random.normal(size=(150, 2))
    seen = truths + 0.5 * random.normal(size=truths.shape)
    mean, scale = 0.8 * seen, 0.75 * np.sqrt(0.2)
    draws = mean[:, None] + scale * random.normal(size=(150, 40, 2))

    def log_normal(x, at, width):
        return -0.5 * (((x - at) / width) ** 2).sum(-1)

    return validated(Trial(
        truths=truths, draws=draws, names=("age", "mass"), observations=seen,
        observation_names=("g", "j"), prior=random.normal(size=(500, 2)),
        groups={"gap": np.where(np.arange(150) % 3, "none", "no WISE")},
        log_prob=(log_normal(truths, mean, scale), log_normal(draws, mean[:, None], scale)),
        log_likelihood=(log_normal(truths, seen, 0.5), log_normal(draws, seen[:, None], 0.5)),
        measured={"h": seen[:, 0]},
        predicted={"h": draws[..., 0] + 0.5 * random.normal(size=(150, 40))},
        chi_square=(-2 * log_normal(draws, seen[:, None], 0.5), np.full(150, 2.0)),
    ))  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_every_check_has_its_figure_from_arrays_and_from_a_file(trial, name, parts_of):
    assert obstacles(trial)[name] == ""
    outcome = CHECKS[name].run(trial, 0)
    written = outcome.to_dict()
    assert kind_of(outcome) == kind_of(written) == EXPECTED[name]
    chart = chart_of(outcome)
    words, parts = chart.describe(), parts_of(chart.layout)
    assert len(words) > 20
    assert chart.layout.html_attributes["aria-label"] == words
    axes = (chart.figure.xaxis[0].axis_label, chart.figure.yaxis[0].axis_label)
    assert all(axes)
    # the same kind is patched, on either ground
    assert chart_of(written, dark=True, chart=chart) is chart
    assert parts_of(chart.layout) == parts
    assert chart.figure.background_fill_color == colour("paper", dark=True)


def test_another_kind_gets_another_chart():
    chart = chart_of({"check": "a", "by": {"x": 0.1, "y": 0.2}})
    assert chart.kind == "p"
    other = chart_of({"check": "b", "value": 0.3, "expected": 0.5, "error": 0.1}, chart=chart)
    assert other is not chart
    assert other.kind == "score"
    assert figure_of({"check": "a", "value": None, "expected": None, "error": None}) is not None
    assert set(EXPECTED.values()) | {"pqmass", "ranks", "p", "score"} == set(KINDS)


def test_the_curves_that_stray_farthest_have_names():
    z = np.linspace(0, 1, 21)
    bow = z * (1 - z)
    flat = {"levels": z, "lower": -0.06 * np.ones(21), "upper": 0.06 * np.ones(21)}
    names = {f"p{k}": 0.1 * k * bow for k in range(6)}
    chart = EcdfBands()
    chart.update({**flat, "difference": names})
    assert chart.outside == ["p3", "p4", "p5"]
    assert [i.label.value for i in chart.legend.items[:3]] == ["p5", "p4", "p3"]
    assert len(chart.quiet.data["xs"]) == 3
    chart.update({**flat, "difference": {"only": 0 * z}})
    assert chart.outside == []
    assert [item.visible for item in chart.legend.items] == [True, False, False, True]


def test_coverage_without_and_with_its_band():
    z = np.linspace(0, 1, 11)
    chart = ExpectedCoverage()
    chart.update({"credibility": z, "coverage": z**2})
    assert "0.250 from the diagonal" in chart.describe()
    chart.update({"credibility": z, "coverage": z, "lower": z - 0.1, "upper": z + 0.1})
    assert "inside its 95 % band" in chart.describe()
    band = chart.sources["95 % band of a right posterior"].data
    assert band["low"].min() >= 0
    assert band["high"].max() <= 1


def test_widths_are_drawn_as_excess_and_regimes_get_their_errors():
    chart = BiasWidth()
    chart.update({"bias": [0.0], "width": [0.8], "bias_error": 0.1, "width_error": 0.05})
    points = chart.sources["width \u2212 1 (too narrow below 0)"].data
    assert points["y"][0] == pytest.approx(-0.2)
    assert points["high"][0] - points["y"][0] == pytest.approx(0.1)
    cells = {"bias": [0.0], "width": [1.0], "count": [100]}
    made = chart_of({"check": "regimes", "by": {"gap = no WISE: age": 0.3}, "curves": cells})
    shift = made.sources["shift (posterior standard deviations)"].data
    assert shift["high"][0] == pytest.approx(0.2)  # two standard errors of 1 / sqrt(100)


def test_the_law_of_pqmass_is_that_of_chi_square():
    random = np.random.default_rng(1)
    chart = PQMassHistogram(bins=20)
    chart.update({"chi_square": random.chisquare(30, 4000), "dof": 30})
    bars, law = chart.sources["measured"].data, chart.sources["law of one distribution"].data
    expected = np.interp(bars["x"], law["x"], law["y"])
    assert np.abs(bars["y"] - expected).max() < 0.15 * expected.max()


def test_histograms_count_and_compare():
    chart = RankHistogram()
    chart.update({"ranks": np.random.default_rng(2).beta(0.5, 0.5, 900)})
    assert "900 ranks" in chart.describe()
    assert int(chart.describe().split(": ")[1].split()[0]) > 5
    null = NullHistogram("distance")
    null.update({"null": np.arange(99.0), "value": 97.5, "expected": 49.0})
    assert "of 99 repeats of the null hypothesis, 1 are as large" in null.describe()
    assert null.sources["null hypothesis"].data["y"].sum() == 99
    null.update({"null": [], "value": 1.0})
    assert len(null.sources["null hypothesis"].data["x"]) == 24


def test_what_is_far_differs_in_colour_and_shape():
    chart = MiraScore()
    chart.update({"names": ["a", "b"], "score": [0.66, 0.5], "error": 0.01, "expected": 0.667})
    assert chart.source.data["marker"] == ["circle", "diamond"]
    chart.set_dark(True)
    assert chart.source.data["fill"] == [colour("posterior", True), colour("truth", True)]
    p_values = PValues(level=0.05)
    p_values.update({"by": {"a": 0.02, "b": 0.04, "c": 1e-9, "d": None}})
    # three p-values share the level
    assert p_values.source.data["name"] == ["c", "a", "b"]
    assert p_values.source.data["marker"] == ["diamond", "circle", "circle"]
    pairs = ClaimedFound()
    pairs.update({"claimed": [0.5, 0.2], "found": [0.1, 0.22], "error": 0.05})
    assert len(pairs.sources["beyond two errors"].data["x"]) == 1


def test_contraction_names_three_parameters_and_counts_the_others():
    random = np.random.default_rng(3)
    chart = ZContraction()
    names = ["a", "b", "c", "d", "e"]
    z = 2 * random.normal(size=(400, 5))
    chart.update({"z": z, "contraction": np.full((400, 5), 0.7), "names": names})
    assert [item.label.value for item in chart.legend.items] == ["a", "b", "c", "2 others"]
    beyond = 100 * np.mean(np.abs(z) > 2)
    assert f"{beyond:.1f} % of z-scores beyond 2" in chart.describe()
