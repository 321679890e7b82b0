"""Single galaxies in a browser: many are asked about, one is clicked, medians and outliers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from astroviz.galaxies.explorer import GalaxiesExplorer

pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(GalaxiesExplorer().model is None, reason="no population is shipped"),
]


def test_a_galaxy_is_clicked_and_all_are_compared(open_page, changes):
    page = open_page("/galaxies/objects?objects_count=16&objects_row=5")
    expect(page.get_by_text("Redshift from its spectrum")).to_be_visible(timeout=240_000)
    expect(page.get_by_text("off by more than 0.05")).to_be_visible(timeout=240_000)
    page.wait_for_function("() => probe.digest('objects-bins') !== 0", timeout=240_000)
    page.wait_for_function(
        "() => probe.figures('objects-scatter')[0].renderers.some((r) => "
        "r.data_source?.data?.row?.length > 4 || r.data_source?.data?.get?.('row')?.length > 4)"
    )
    place = page.evaluate(
        "() => { const f = probe.figures('objects-scatter')[0];"
        "const of = (r, k) => r.data_source?.data?.get?.(k) ?? r.data_source?.data?.[k];"
        "const r = f.renderers.filter((r) => of(r, 'row')?.length > 4)"
        ".findLast((r) => r.glyph.type === 'Scatter');"
        "const k = [...of(r, 'row')].findLastIndex((row) => row !== 5);"
        "return probe.place('objects-scatter', of(r, 'x')[k], of(r, 'y')[k]) }"
    )
    changes("objects-redshift", lambda: page.mouse.click(place["x"], place["y"]))
    expect(page).to_have_url(re.compile(r"objects_row=(?!5\b)\d+"))
    page.get_by_role("button", name="Medians or draws").click()
    expect(page.get_by_text(re.compile("Medians hide"))).to_be_visible()
    page.wait_for_function("() => probe.digest('objects-medians') !== 0")
    page.get_by_role("button", name="Outliers").click()
    expect(page.get_by_text(re.compile("no galaxy of the population looks like"))).to_be_visible()
    assert page.evaluate("probe.nameless()") == []
