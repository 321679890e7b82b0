"""The page that `bench_slider.py` compares with: a slider and a `hv.DynamicMap`, as one writes it.

Run `python plain_page.py PORT`. A Panel slider, a synchronous call of the same model for the same
2,000 draws, HoloViews elements.
"""

from __future__ import annotations

import sys

import holoviews as hv
import panel as pn

import astroviz
from astroviz.stars.explorer import StarsExplorer

hv.extension("bokeh")
model = astroviz.load("stars", device="cpu")


def page() -> pn.Column:
    explorer = StarsExplorer(model)
    cell = explorer.cell("g")
    slider = pn.widgets.FloatSlider(
        name="G", start=cell.lower, end=cell.upper, step=cell.step, value=cell.value
    )

    def draw(value: float) -> hv.Points:
        star = explorer.original().with_value("g", value)
        draws = model.posterior(star).sample(2000, seed=0)
        return hv.Points((draws["log_age"], draws["log_mass"])).opts(width=450, height=450)

    return pn.Column(slider, hv.DynamicMap(pn.bind(draw, slider)))


if __name__ == "__main__":
    pn.serve({"/": page}, port=int(sys.argv[1]), show=False)
