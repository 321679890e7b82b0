"""The card on the left of the real lens: what the present step asks of a person."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, note, text
from astroviz.dashboards.live import instant
from astroviz.lensing.real_case import COVARIANCES
from astroviz.lensing.real_state import BUDGETS

__all__ = ["RealForm"]

_LARGEST = 64 * 2**20
_FIELD = {"size": "small", "margin": (10, 4, 2, 0), "sizing_mode": "stretch_width"}
_SMALL = {"size": "small", "margin": (6, 0), "sizing_mode": "stretch_width"}
_SOURCES = {"Example": "example", "My files": "upload", "Folder": "folder"}
_WORDS = {
    "files": "An observation is three FITS files: an image, the standard deviation of each pixel, "
    "and the PSF. Noise of 1e8, zero, negative or NaN masks a pixel.",
    "noise": "Drizzling makes neighbouring pixels share light: single pixels scatter less than "
    "the map says, and neighbours are correlated. Both are measured on blank sky of this "
    "frame and used in the fit unless you say otherwise.",
    "fit": "The classic fit: elliptical power law with shear, light of the lens galaxy by "
    "Gaussians, and a source that is a Gaussian process, integrated exactly.",
    "source": "The source again, now with the learned prior. Every chain goes through the same "
    "lens models, drawn from the fit: the standard deviation includes that of the lens.",
    "check": "A residual is noise if its power is that of noise at every scale. \u03c7\u00b2 = 1 "
    "is the wrong goal where the map is too wide: blank sky itself has the floor.",
    "family": "All lenses of a folder, fitted in the classic way, their sources at one scale in "
    "kpc. What is shown without a folder is simulated.",
}


class RealForm:
    r"""Fields and buttons of each step.

    Arguments:
        view: The view: `explorer`, `shell`, `job`, and what its buttons start.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        self._writing = False
        self.words = note("", margin=(0, 0, 6, 0))
        self.facts = note("", margin=(10, 0, 0, 0))
        self._make_files()
        self._make_noise()
        self._make_work()
        self.fields = pn.Column(sizing_mode="stretch_width", margin=0)
        body = pn.Column(
            self.words, self.fields, self.facts,
            sizing_mode="stretch_both", margin=(2, 12, 8, 12), scroll="y-auto",
        )  # fmt: skip
        self.layout = card("This step", body, width=268, sizing_mode="stretch_height")

    # Building

    def _make_files(self) -> None:
        explorer = self.explorer
        self.source = pmui.RadioButtonGroup(
            options=_SOURCES, value=explorer.real_data, size="small", margin=(4, 0),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.source.param.watch(self._on_source, "value")
        self.files = pmui.FileInput(
            label="Image, noise, PSF", accept=".fits,.fit,.fz,.gz", multiple=True,
            max_file_size=_LARGEST, variant="outlined", sizing_mode="stretch_width", height=56,
            margin=(8, 0, 2, 0),
        )  # fmt: skip
        self.files.param.watch(self._on_files, "value")
        self.folder = pmui.TextInput(
            label="Folder on the server", value=explorer.real_folder, **_FIELD
        )
        self.folder.param.watch(self._on_folder, "value")
        self.scale = self._number("arcsec / pixel", "real_pixel_scale")
        self.redshifts = (
            self._number("z of the lens", "real_redshift_lens"),
            self._number("z of the source", "real_redshift_source"),
        )
        self.light = pmui.Switch(
            label="The lens galaxy shines", value=explorer.real_light, size="small",
            description=explorer.param.real_light.doc, margin=(8, 0, 0, 0),
        )  # fmt: skip
        self.light.param.watch(lambda event: self._set("real_light", event.new), "value")

    def _make_noise(self) -> None:
        self.covariance = pmui.RadioButtonGroup(
            options={label: name for name, label in COVARIANCES.items()},
            value=self.explorer.real_covariance, size="small", margin=(4, 0),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.covariance.param.watch(lambda e: self._set("real_covariance", e.new), "value")
        self.radius = instant(pmui.FloatSlider)(
            label="mask beyond (arcsec)", start=0.6, end=5.0, step=0.1,
            value=self.explorer.real_radius, **_SMALL,
        )  # fmt: skip
        self.radius.param.watch(lambda e: self._set("real_radius", float(e.new)), "value")

    def _make_work(self) -> None:
        explorer = self.explorer
        self.budget = pmui.Select(
            label="Time", options={f"{k} s": k for k in BUDGETS}, value=explorer.real_budget,
            **_FIELD,
        )  # fmt: skip
        self.budget.param.watch(lambda event: self._set("real_budget", event.new), "value")
        self.chains = pmui.IntSlider(
            label="chains", start=2, end=8, value=explorer.real_chains, **_SMALL
        )
        self.chains.param.watch(lambda e: self._set("real_chains", int(e.new)), "value")
        self.fit_button = self._button("Fit the lens", "play_arrow", self.view.fit)
        self.sample_button = self._button("Draw sources", "blur_on", self.view.sample)
        self.families = pmui.TextInput(
            label="Folder of lenses on the server", value=explorer.real_families, **_FIELD
        )
        self.families.param.watch(lambda e: self._set("real_families", e.new.strip()), "value")
        self.family_button = self._button("Fit them all", "collections", self.view.family)

    def _button(self, label: str, icon: str, act: Any) -> pmui.Button:
        button = pmui.Button(label=label, icon=icon, variant="contained", size="small",
                             margin=(10, 0, 2, 0))  # fmt: skip
        button.on_click(lambda _: act())
        return button

    def _number(self, label: str, name: str) -> pmui.TextInput:
        value = getattr(self.explorer, name)
        field = pmui.TextInput(label=label, value="" if value is None else f"{value:g}", **_FIELD)
        field.param.watch(lambda event: self._on_number(name, label, event.new), "value")
        return field

    # What the state says

    def follow(self) -> None:
        """Show the fields of the present step, as the state has them."""
        explorer, step = self.explorer, self.explorer.real_step
        self._writing = True
        try:
            wanted = self._wanted(step)
            if list(self.fields) != wanted:
                self.fields[:] = wanted
            self._read_state()
        finally:
            self._writing = False
        words = f"<p class='faint'>{_WORDS[step]}</p>"
        if self.words.object != words:
            self.words.object = words
        for button in (self.fit_button, self.sample_button, self.family_button):
            button.disabled = self.view.job.running
        self.sample_button.disabled |= explorer.model is None or explorer.real_fit() is None
        rows = explorer.real_facts()
        told = "".join(
            f"<tr><td>{escape(name)}</td><td class='number'>{escape(value)}</td></tr>"
            for name, value in rows
        )
        self.facts.object = f"<table>{told}</table>" if rows else ""

    def _wanted(self, step: str) -> list[Any]:
        if step == "files":
            own = {"example": [], "upload": [self.files], "folder": [self.folder]}
            redshifts = pn.Row(*self.redshifts, margin=0, sizing_mode="stretch_width")
            rest = [] if self.explorer.real_data == "example" else [
                self.scale, redshifts, self.light
            ]  # fmt: skip
            return [self.source, *own[str(self.source.value)], *rest]
        if step == "noise":
            return [text("Noise between pixels", bold=True), self.covariance, self.radius]
        if step == "fit":
            return [self.budget, self.fit_button]
        if step == "source":
            return [self.chains, self.sample_button]
        if step == "family":
            return [self.families, self.family_button]
        return []

    def _read_state(self) -> None:
        explorer = self.explorer
        pairs = [
            (self.covariance, explorer.real_covariance), (self.radius, explorer.real_radius),
            (self.budget, explorer.real_budget), (self.chains, explorer.real_chains),
            (self.light, explorer.real_light), (self.folder, explorer.real_folder),
            (self.families, explorer.real_families),
        ]  # fmt: skip
        for field, name in (
            (self.scale, "real_pixel_scale"), (self.redshifts[0], "real_redshift_lens"),
            (self.redshifts[1], "real_redshift_source"),
        ):  # fmt: skip
            value = getattr(explorer, name)
            pairs.append((field, "" if value is None else f"{value:g}"))
        for widget, value in pairs:
            if widget.value != value:
                widget.value = value

    # What hands do

    def _set(self, name: str, value: Any) -> None:
        if not self._writing and getattr(self.explorer, name) != value:
            setattr(self.explorer, name, value)

    def _on_source(self, event: Any) -> None:
        if self._writing:
            return
        # files and folder are waited for: the lens of before stays until they are there
        if event.new == "example" or (event.new == "folder" and self.explorer.real_folder):
            self.explorer.real_data = event.new
        self.follow()

    def _on_files(self, event: Any) -> None:
        if not event.new:
            return
        several = isinstance(event.new, list)
        contents = [bytes(one) for one in (event.new if several else [event.new])]
        names = self.files.filename if several else [self.files.filename]
        try:
            self.explorer.real_upload([str(name) for name in names], contents)
        except ValueError as error:
            self._refuse(error)

    def _on_folder(self, event: Any) -> None:
        if self._writing or not event.new.strip():
            return
        before = (self.explorer.real_folder, self.explorer.real_data)
        self.explorer.param.update(real_folder=event.new.strip(), real_data="folder")
        try:
            self.explorer.real_case()
        except ValueError as error:
            self._refuse(error)
            self.explorer.param.update(real_folder=before[0], real_data=before[1])

    def _on_number(self, name: str, label: str, words: str) -> None:
        if self._writing:
            return
        words = words.strip()
        try:
            value = float(words) if words else self.explorer.param[name].default
            self._set(name, value)
        except ValueError:
            low, high = self.explorer.param[name].bounds
            self.view.shell.say(
                f"{label}: a number between {low:g} and {high:g}, not {words!r}.", "warning"
            )
            self.follow()

    def _refuse(self, error: Exception) -> None:
        sentence = str(error)
        self.view.shell.say(sentence[:1].upper() + sentence[1:] + ".", "error")
