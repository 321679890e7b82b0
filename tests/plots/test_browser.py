"""What only a browser can tell: the figures are drawn, keep their scale and can be saved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.ui

FIND = "Bokeh.documents[0].get_model_by_name"


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """A page of four figures; its complaints and requests are collected on it."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    script = Path(__file__).with_name("four_figures.py")
    subprocess.run([sys.executable, str(script), str(path)], check=True)
    page = browser.new_page(viewport={"width": 1000, "height": 780})
    page.complaints, page.outside = [], []
    page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda r: page.outside.append(r.url) if "http" in r.url[:5] else None)
    page.goto(path.as_uri())
    page.wait_for_function(f"window.Bokeh && Bokeh.documents.length && {FIND}('sky').inner_width")
    page.wait_for_function("Bokeh.index.roots.every((view) => view.has_finished())")
    yield page
    page.close()


def test_figures_are_drawn_without_complaint_or_network(page):
    assert page.complaints == []
    assert page.outside == []
    names = ["corner", "spectrum", "gaps", "sky"]
    words = page.evaluate(
        f"(names) => names.map((n) => Bokeh.index.find_one({FIND}(n)).el.ariaLabel)", names
    )
    assert all(words)
    assert "Median" in words[0]


def test_the_sky_keeps_one_scale_on_both_axes(page):
    x, y = page.evaluate(
        f"() => {{ const f = {FIND}('sky'); return ["
        "(f.x_range.end - f.x_range.start) / f.inner_width,"
        "(f.y_range.end - f.y_range.start) / f.inner_height]; }"
    )
    assert x == pytest.approx(y, rel=0.01)


def test_frames_of_the_corner_plot_are_equal(page):
    sizes = page.evaluate(
        "() => [...Bokeh.documents[0]._all_models.values()]"
        ".filter((m) => m.type === 'Figure' && /^corner-(?!legend)/.test(m.name))"
        ".map((m) => [m.inner_width, m.inner_height])"
    )
    assert len(sizes) == 10
    assert np.ptp(np.array(sizes), axis=0).max() <= 1.01


@pytest.mark.parametrize(("name", "kind"), [("corner", "svg"), ("spectrum", "png")])
def test_a_layout_is_saved_whole(page, name, kind, tmp_path):
    with page.expect_download() as download:
        page.evaluate(
            "([name, kind]) => [...Bokeh.documents[0]._all_models.values()].find((m) => {"
            " const a = m.callback?.args; const get = (k) => a?.get ? a.get(k) : a?.[k];"
            " return m.type === 'CustomAction' && get('name') === name && get('kind') === kind;"
            "}).callback.execute(null, {})",
            [name, kind],
        )
    assert download.value.suggested_filename == f"{name}.{kind}"
    path = tmp_path / "saved"
    download.value.save_as(path)
    content = path.read_bytes()
    assert content.startswith(b"<svg" if kind == "svg" else b"\x89PNG")
    assert len(content) > 10_000
