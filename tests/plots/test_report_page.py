"""A report is one page that opens offline, and says everything that a reader must know."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from astroviz.accuracy.checks import CHECKS, run_checks
from astroviz.accuracy.own import trial_of
from astroviz.accuracy.report_parts import report_parts, slim_parts
from astroviz.accuracy.validity import validated
from astroviz.core.registry import find_model
from astroviz.plots.report_page import report_html
from astroviz.plots.report_sections import figure_words, p_words
from astroviz.plots.theme import colour


@pytest.fixture(scope="module")
def parts():
    random = np.random.default_rng(0)
    truths = random.normal(size=(200, 2))
    draws = 0.7 * random.normal(size=(200, 50, 2))
    labels = np.where(np.arange(200) % 2, "bright", "<faint>")
    trial = trial_of(draws, truths, ["age", "mass"], ["Myr", ""], "mine & yours",
                     groups={"regime": labels}, notes=("A stand-in.",))  # fmt: skip
    trial = validated(trial)
    report = run_checks(trial, ["sbc", "dispersion", "tarp"])
    return report_parts(trial, report, find_model("stars"), "astroviz check x.npz", "import y", 3)


@pytest.fixture(scope="module")
def html(parts):
    return report_html(parts)


def test_the_page_says_what_was_found_and_what_was_not_looked_at(parts, html):
    text = re.sub(r"<script.*?</script>|<style.*?</style>", "", html, flags=re.DOTALL)
    assert parts["verdict"] in text
    assert "age (Myr), mass" in text
    for name in ("sbc", "dispersion", "tarp"):
        assert f'<article id="{name}">' in text
        assert CHECKS[name].misses in text
    assert "log likelihood of truths and draws" in text  # why ranks of it were not run
    assert "Young stars from photometry" in text  # the card
    assert "astroviz check x.npz" in text
    assert "import y" in text
    assert "A stand-in." in text
    assert "&lt;faint&gt;" in text
    assert "<faint>" not in text
    assert "mine &amp; yours" in text


def test_rejected_checks_come_first_and_failing_cells_are_marked(parts, html):
    rejected = [one["check"] for one in parts["outcomes"] if one["rejected"]]
    assert "dispersion" in rejected
    order = re.findall(r'<article id="(\w+)">', html)
    assert set(order[: len(rejected)]) == set(rejected)
    assert re.search(r'class="bad" title="[^",]*, bright[^"]*">! ', html)


def test_the_json_beside_it_is_small_and_has_no_nan(parts):
    text = json.dumps(slim_parts(parts), allow_nan=False)
    assert len(text) < 300_000
    found = json.loads(text)
    assert found["seed"] == 3
    assert found["groups"][0]["kind"] == "regime"
    assert found["card"]["sha256"] == parts["card"]["sha256"]
    assert "scores" in parts["outcomes"][1]["curves"]
    big = {**parts["outcomes"][1], "curves": {"scores": np.zeros(5000), "few": np.zeros(3)}}
    slim = slim_parts({**parts, "outcomes": [big]})
    assert list(slim["outcomes"][0]["curves"]) == ["few"]


def test_numbers_are_written_as_one_reads_them():
    one = {"value": 0.80412, "expected": 1.0, "error": 0.02034}
    assert figure_words(one) == "0.8041 \u00b1 0.02 (right: 1)"
    assert figure_words({"value": None}) == "none"
    assert p_words(None) == "has none"
    assert p_words(1e-9).startswith("&lt;")
    assert p_words(0.0312) == "0.031"


@pytest.mark.ui
def test_the_page_opens_offline_and_changes_its_ground(browser, tmp_path, html):
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1366, "height": 768}, color_scheme="dark")
    complaints, outside = [], []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda r: outside.append(r.url) if r.url.startswith("http") else None)
    try:
        page.goto(path.as_uri())
        drawn = "window.Bokeh && Bokeh.documents.length && Bokeh.documents[0].roots()"
        page.wait_for_function(f"{drawn}.length === 3")
        ground = f"{drawn}[0].background_fill_color"
        page.wait_for_function(f"{ground} === '{colour('paper', dark=True)}'")
        assert page.evaluate("document.documentElement.className") == "dark"
        page.click("#ground")
        page.wait_for_function(f"{ground} === '{colour('paper')}'")
        assert page.inner_text("#ground") == "Dark ground"
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        assert complaints == []
        assert outside == []
    finally:
        page.close()
