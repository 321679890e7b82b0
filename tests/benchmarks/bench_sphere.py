"""The sphere at 20,000 points against a Bokeh scatter of the same points, drawn anew per frame.

    python tests/benchmarks/bench_sphere.py

One JSON line: pictures a second while they turn, all in one browser process, 560 x 560 pixels,
each begun in a frame of the browser after the last was drawn (so at most 60). `sphere` chooses its
own backend: WebGL2 with a graphics card, else the plain canvas. The alternative turns the same
points in the browser and puts the visible ones into the `ColumnDataSource` of a `scatter` coloured
by a mapper, by Bokeh's canvas and by its WebGL (0: not one picture in 20 s). `ratio` is to the
faster of these two.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.embed import file_html
from bokeh.models import ColumnDataSource, LinearColorMapper
from bokeh.plotting import figure
from bokeh.resources import INLINE

from astroviz.components.sources import module, style
from astroviz.components.traits import SPHERE
from astroviz.plots.orientation_colours import cyclic

PROBE = (Path(__file__).parent / "sphere_probe.js").read_text(encoding="utf-8")
COUNT, SIZE, SECONDS = 20_000, 560, 2.0
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--use-angle=swiftshader --enable-unsafe-swiftshader"
).split()


def points() -> np.ndarray:
    """Longitude, latitude, tilt, weight of orientations all over the sphere."""
    rng = np.random.default_rng(0)
    longitude, tilt = rng.uniform(-np.pi, np.pi, (2, COUNT))
    return np.stack([longitude, np.arcsin(rng.uniform(-1, 1, COUNT)), tilt, np.ones(COUNT)], -1)


def ours(page: Any, renderer: str) -> dict[str, Any]:
    """The sphere, without a server."""
    state = {name: trait.default for name, trait in SPHERE.items() if trait.kind != "bytes"}
    state |= {"renderer": renderer, "point_size": 3.0}
    page.goto("about:blank")
    page.add_script_tag(content=PROBE)
    sent = [module("sphere"), style("sphere"), state, points().ravel().tolist(), SIZE]
    backend = page.evaluate("(sent) => showOurs(sent)", sent)
    rate = page.evaluate("(s) => measure(s)", SECONDS)
    return {"backend": backend, "frames_per_second": round(rate, 2)}


def theirs(page: Any, backend: str) -> dict[str, Any]:
    """A Bokeh scatter of the same points."""
    plot = figure(
        width=SIZE, height=SIZE, x_range=(-1.1, 1.1), y_range=(-1.1, 1.1), output_backend=backend,
        tools="", toolbar_location=None,
    )  # fmt: skip
    source = ColumnDataSource({name: np.zeros(1, np.float32) for name in ("x", "y", "tilt")})
    source.tags = [plot.id]
    tints = LinearColorMapper(palette=list(cyclic()), low=-np.pi, high=np.pi)
    fill = {"field": "tilt", "transform": tints}
    plot.scatter("x", "y", size=3, fill_color=fill, line_color=None, source=source)
    page.set_content(file_html(plot, INLINE), wait_until="load")
    page.wait_for_function("() => window.Bokeh?.documents?.length > 0")
    page.wait_for_timeout(500)
    page.add_script_tag(content=PROBE)
    page.evaluate("(sent) => showTheirs(sent)", [points().ravel().tolist()])
    return {"frames_per_second": round(page.evaluate("(s) => measure(s)", SECONDS), 2)}


def main() -> None:
    """Measure in turn and print one line."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("ASTROVIZ_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 800, "height": 700})
        page.set_default_timeout(120_000)
        found = {
            "sphere": ours(page, "auto"), "sphere_webgl2": ours(page, "webgl2"),
            "bokeh": theirs(page, "canvas"), "bokeh_webgl": theirs(page, "webgl"),
        }  # fmt: skip
        browser.close()
    rates = {name: one["frames_per_second"] for name, one in found.items()}
    ratio = round(rates["sphere"] / max(rates["bokeh"], rates["bokeh_webgl"]), 2)
    print(json.dumps({"benchmark": "sphere", "points": COUNT, "ratio": ratio, **found}))


if __name__ == "__main__":
    main()
