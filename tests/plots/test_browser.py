"""What only a browser can tell: the figures are drawn, keep their scale and can be saved."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.embed import file_html
from bokeh.models import GridBox
from bokeh.resources import INLINE

from astroviz.plots.corner import Corner
from astroviz.plots.gaps import GapMap
from astroviz.plots.sky import SkyMap
from astroviz.plots.spectrum import Spectrum

pytestmark = pytest.mark.ui

FIND = "Bokeh.documents[0].get_model_by_name"


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory, axes, make_draws, bands):
    """A page of four figures; its complaints and requests are collected on it."""
    corner, spectrum = Corner(axes), Spectrum(bands, dark=True)
    corner.update(make_draws())
    wavelength = np.array([band.wavelength for band in bands])
    seen = {"wavelength": wavelength, "flux": 1e-9 / wavelength, "state": np.zeros(len(bands))}
    spectrum.update(seen)
    gaps, sky = GapMap(["G", "J"]), SkyMap(view="region")
    gaps.update(np.array([[0, 1], [0, 2]]))
    sky.update([285.0, 286.0, 287.5], [-37.0, -36.5, -37.2])
    cells = [(corner, 0, 0), (spectrum, 0, 1), (gaps, 1, 0), (sky, 1, 1)]
    root = GridBox(children=[(chart.layout, row, column) for chart, row, column in cells],
                   rows=["420px", "320px"], cols=["480px", "480px"],
                   width=970, height=750)  # fmt: skip
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(file_html(root, INLINE, "figures"), encoding="utf-8")
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
