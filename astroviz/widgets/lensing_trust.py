r"""The truth check in a notebook: an exact posterior with a sampler's draws beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np
from bokeh.layouts import column, row

from astroviz.lensing.sampler_words import LABELS
from astroviz.lensing.trust_state import DRAWS, JUDGED, TRUTHS
from astroviz.plots.image import ImageGrid, ImagePlot
from astroviz.widgets.lensing import LensingWidget
from astroviz.widgets.lensing_stills import Still, still_of

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["TrustWidget"]

_SPARE: dict[str, Any] = {"axes": None, "tools": ""}
_SIDE = 230


class TrustWidget(LensingWidget):
    """Exact and sampled mean and deviation, what differs, draws; a check over many skies."""

    name = "trust"
    title = "Samplers beside the truth"
    across = 3
    follows = frozenset({
        "trust_sampler", "trust_quality", "trust_pixels", "trust_noise", "trust_count", "seed",
    })  # fmt: skip

    def build(self) -> list[Any]:
        """Choices, maps, draws, figures."""
        self.numbers, self.badges = ui.HTML(), ui.HTML()
        noise = ui.FloatLogSlider(description="noise", min=-1.7, max=0.0, readout_format=".2f")
        check = self.button(
            "Check calibration", self.check, "Judge this sampler over many observations"
        )
        choices = self.row(
            self.dropdown("trust_sampler", "sampler", [(v, k) for k, v in LABELS.items()]),
            self.dropdown("trust_quality", "steps", ["live", "reference"]),
            self.dropdown("trust_pixels", "pixels", [16, 32], "150px"),
            self.control("trust_noise", noise), *self.usual(),
        )  # fmt: skip
        checks = self.row(
            self.dropdown("trust_truths", "skies", list(TRUTHS), "160px"),
            self.dropdown("trust_check_draws", "draws", list(DRAWS), "160px"),
            check, self.stop_button(),
        )  # fmt: skip
        spread: dict[str, Any] = {"colours": "spread", **_SPARE}
        signed: dict[str, Any] = {"scaling": "symmetric", **_SPARE}
        self.maps = {
            "exact_mean": ImagePlot("exact-mean", title="exact mean", **_SPARE),
            "mean": ImagePlot("mean", title="sampled mean", **_SPARE),
            "z": ImagePlot("z", title="difference / its error", **signed),
            "exact_sd": ImagePlot("exact-sd", title="exact sd", **spread),
            "sd": ImagePlot("sd", title="sampled sd", **spread),
            "ratio": ImagePlot("ratio", title="sampled / exact sd \u2212 1", **signed),
        }
        self.grid = ImageGrid("trust-draws", columns=9)
        upper = row(*(one.layout for one in self.maps.values()), height=_SIDE,
                    sizing_mode="stretch_width")  # fmt: skip
        lower = row(self.grid.layout, height=_SIDE, sizing_mode="stretch_width")
        canvas = self._make_canvas(column(upper, lower, sizing_mode="stretch_width"))
        return [choices, canvas, self.numbers, checks, self.badges]

    def refresh(self, names: set[str]) -> None:
        """Ask for draws of what is set."""
        self._show_badges()
        self._asker.ask(self.explorer.trust_request())

    def preview(self, draws: Draws) -> None:
        """Draw what the chains look like so far."""
        self.show(draws)

    def show(self, draws: Draws) -> None:
        """Draw an answer."""
        found = self.explorer.trust_comparison(draws)
        if found is None:
            return
        low, high = float(found.exact_mean.min()), float(found.exact_mean.max())
        top = 1.15 * float(found.exact_sd.max())
        pictures = {
            "exact_mean": (found.exact_mean, (low, high)),
            "mean": (found.pictures.mean, (low, high)), "z": (found.z, (-4.0, 4.0)),
            "exact_sd": (found.exact_sd, (0.0, top)), "sd": (found.pictures.sd, (0.0, top)),
            "ratio": (found.ratio - 1, (-0.5, 0.5)),
        }  # fmt: skip
        scale = found.pictures.frame.width / len(found.exact_mean)
        exact, sampled = found.exact_draws[:9], found.pictures.images[:9]
        labels = ["exact", *[""] * (len(exact) - 1), "sampled", *[""] * (len(sampled) - 1)]
        with self._canvas.together():
            for name, (image, limits) in pictures.items():
                self.maps[name].update(image, scale, limits=limits)
            self.grid.update(np.concatenate([exact, sampled]), labels, limits=(low, high))
        self.numbers.value = (
            f"variance {found.variance_ratio:.3f} of the exact one &middot; mean error "
            f"{found.mean_error:.2f} times the floor &middot; spread of the difference map "
            f"{found.spread:.2f} (1 is right) &middot; reduced \u03c7\u00b2 "
            f"{found.pictures.chi_square:.3f}"
        )

    def check(self) -> None:
        """Judge the sampler over many observations."""
        sampler = self.explorer.trust_sampler
        if sampler not in JUDGED:
            self._say("The exact posterior needs no check: choose another sampler.", "answer")
            return
        self.work(
            "Checking calibration", lambda: self.explorer.trust_work((sampler,)), self._checked
        )

    def stills(self) -> list[Still]:
        """The six maps."""
        return [still_of(one) for one in self.maps.values()]

    def _checked(self, found: Any) -> None:
        self.explorer.trust_keep(found)
        self._show_badges()

    def _show_badges(self) -> None:
        name = self.explorer.trust_sampler
        parts = []
        here, shipped = self.explorer.trust_studies(), self.explorer.trust_stored()
        if name in here:
            one = here[name]
            parts.append(
                f"measured here over {len(one.truths)} skies: variance ratio "
                f"{one.variance_ratio:.3f} \u00b1 {one.ratio_error:.3f}, mean error "
                f"{one.mean_error:.2f} times the floor"
            )
        if name in shipped:
            one = shipped[name]
            parts.append(
                f"shipped: variance ratio {one['variance_ratio']:.3f}, mean error "
                f"{one['mean_error']:.2f} times the floor, coverage "
                f"{'inside' if one['tarp_inside'] else 'outside'} its band"
            )
        words = "; ".join(parts) or "not measured yet at this size"
        self.badges.value = f"<b>{LABELS[name]}</b>: {words}"
