"""The form that takes an observation of one's own: image, noise map, PSF."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import note
from astroviz.lensing.real_case import COVARIANCES

__all__ = ["FilesForm"]

_LARGEST = 64 * 2**20
_FIELD = {"size": "small", "margin": (8, 4, 2, 0), "sizing_mode": "stretch_width"}
_WORDS = (
    "Three FITS files: the image, the standard deviation of each pixel, the PSF (odd sides). "
    "Zero, negative, NaN or 1e8 noise masks a pixel."
)


class FilesForm:
    r"""Files and what they do not say.

    Arguments:
        explorer: The state, a `SampleState`.
        say: Shows a sentence on the page.
        read: Takes the work that makes an observation of what was read.
    """

    def __init__(self, explorer: Any, say: Any, read: Any) -> None:
        self.explorer, self.say, self.read = explorer, say, read
        self.files = pmui.FileInput(
            label="Image, noise, PSF", accept=".fits,.fit,.fz,.gz", multiple=True,
            max_file_size=_LARGEST, variant="outlined", sizing_mode="stretch_width", height=56,
            margin=(4, 0),
        )  # fmt: skip
        self.files.param.watch(self._on_files, "value")
        self.scale = pmui.TextInput(label="arcsec / pixel", value="0.05", **_FIELD)
        self.light = pmui.Switch(
            label="lens galaxy shines", value=True, size="small", margin=(14, 0, 0, 0),
            description="Its light is fitted with Gaussians and subtracted before sampling",
        )  # fmt: skip
        self.covariance = pmui.Select(
            label="noise", options={label: name for name, label in COVARIANCES.items()},
            value=explorer.sample_covariance, **_FIELD,
        )  # fmt: skip
        self.covariance.link(explorer, value="sample_covariance", bidirectional=True)
        self.radius = pmui.FloatSlider(
            label="mask beyond (arcsec)", start=0.5, end=6.0, step=0.1,
            value=explorer.sample_radius, size="small", margin=(8, 8, 0, 4),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.radius.param.watch(
            lambda event: setattr(explorer, "sample_radius", float(event.new)), "value_throttled"
        )
        self.layout = pn.Column(
            note(f"<p class='faint'>{_WORDS}</p>"),
            self.files,
            pn.Row(self.scale, self.covariance, margin=0, sizing_mode="stretch_width"),
            pn.Row(self.light, self.radius, margin=0, sizing_mode="stretch_width"),
            margin=(2, 12, 8, 12), sizing_mode="stretch_width", visible=False,
        )  # fmt: skip

    def _on_files(self, event: Any) -> None:
        if not event.new:
            return
        several = isinstance(event.new, list)
        contents = [bytes(one) for one in (event.new if several else [event.new])]
        names = self.files.filename if several else [self.files.filename]
        try:
            scale = float(self.scale.value)
        except ValueError:
            self.say(f"Arcsec per pixel must be a number, not {self.scale.value!r}.", "error")
            return
        try:
            work = self.explorer.sample_reading(
                [str(name) for name in names], contents, scale, bool(self.light.value)
            )
        except ValueError as error:
            sentence = str(error)
            self.say(sentence[:1].upper() + sentence[1:].rstrip(".") + ".", "error")
            return
        self.read(work)
