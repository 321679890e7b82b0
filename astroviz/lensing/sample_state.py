r"""The state of the view *Sample*: an observation, an assumed lens, a prior, a sampler.

Lens parameters here are the assumed ones, under the sliders. The lens that made a simulated
observation is `sample_truth`: the two may differ, which the residual shows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import param

from astroviz.core.draws import Draws
from astroviz.core.presets import Preset
from astroviz.lensing import sample_presets
from astroviz.lensing.lens import LENS_BOUNDS, LENS_NAMES
from astroviz.lensing.mask_strokes import stroke
from astroviz.lensing.sample_presets import START, TRUTH
from astroviz.lensing.sample_priors import PRIORS, prior_named, prior_pixels
from astroviz.lensing.settings import SAMPLERS
from astroviz.lensing.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.request import Request
    from astroviz.lensing.observation import Observation
    from astroviz.lensing.sample_answers import SamplePictures
    from astroviz.lensing.sample_files import Opened
    from astroviz.lensing.sample_scene import Scene

__all__ = ["COUNTS", "QUALITIES", "SKIES", "SampleState"]

SKIES = {"simulated": "simulated", "j1430": "like J1430+4105", "mine": "my own files"}
QUALITIES = {"live": "live", "reference": "reference"}
COUNTS = (9, 16, 25, 32)
_NOISES = {"correlated": "correlated, measured", "rescaled": "rescaled, measured",
           "given": "map as given"}  # fmt: skip


def _of_lens(name: str, words: str) -> Any:
    return param.Number(
        default=float(START[LENS_NAMES.index(name)]), bounds=LENS_BOUNDS[name], doc=words
    )


class SampleState(ViewState):
    """Parameters of the view *Sample*, and the question that it asks."""

    _dragged = frozenset(f"sample_{name}" for name in LENS_NAMES)
    _bulky: ClassVar[tuple[str, ...]] = ("sample_mask",)

    sample_sky: param.Selector[Any] = param.Selector(
        default="simulated", objects=list(SKIES), doc="Which observation is looked at."
    )
    sample_truth = param.List(
        default=list(TRUTH), item_type=float, bounds=(8, 8),
        doc="Lens that made a simulated observation, in the order of `LENS_NAMES`.",
    )  # fmt: skip
    sample_source: param.Selector[Any] = param.Selector(
        default="galaxy", objects=["galaxy", "elliptical", "spiral", "gaussian process"],
        doc="Law that the source of a simulation is drawn from.",
    )  # fmt: skip
    sample_frame = param.List(
        default=[0.04, 0.02, 1.28], item_type=float, bounds=(3, 3),
        doc="Centre and side of the square of the source plane that is looked at, arcsec.",
    )  # fmt: skip
    sample_noise = param.Number(
        default=0.15, bounds=(0.02, 1.0), doc="Noise of a pixel of a simulation; sources peak at "
        "about 2.",
    )  # fmt: skip
    sample_blur = param.Number(
        default=0.1, bounds=(0.0, 0.3), doc="Width of the PSF of a simulation, arcsec."
    )
    sample_sky_seed = param.Integer(
        default=7, bounds=(0, 2**31 - 1), doc="Seed of the source and noise of a simulation."
    )
    sample_einstein_radius = _of_lens("einstein_radius", "Assumed Einstein radius, arcsec, on the "
                                      "intermediate axis.")  # fmt: skip
    sample_axis_ratio = _of_lens("axis_ratio", "Assumed minor over major axis of the mass.")
    sample_position_angle = _of_lens("position_angle", "Assumed angle of the major axis, rad, "
                                     "counter-clockwise from +x.")  # fmt: skip
    sample_x0 = _of_lens("x0", "Assumed place of the lens, arcsec.")
    sample_y0 = _of_lens("y0", "Assumed place of the lens, arcsec.")
    sample_shear1 = _of_lens("shear1", "Assumed external shear along x.")
    sample_shear2 = _of_lens("shear2", "Assumed external shear along the diagonal.")
    sample_slope = _of_lens("slope", "Assumed slope of the mass; 1 is isothermal.")
    sample_mask = param.List(default=[], doc="Strokes of the mask; see `mask_strokes`.")
    sample_radius = param.Number(
        default=2.6, bounds=(0.5, 6.0), doc="Pixels of one's own image farther from the centre "
        "than this are not used, arcsec.",
    )  # fmt: skip
    sample_covariance: param.Selector[Any] = param.Selector(
        default="correlated", objects=list(_NOISES), doc="Noise of one's own image: measured on "
        "its blank sky, with or without correlation, or the noise map as it is.",
    )  # fmt: skip
    sample_prior: param.Selector[Any] = param.Selector(
        default="galaxies", objects=list(PRIORS), doc="Prior of sources."
    )
    sample_sampler: param.Selector[Any] = param.Selector(
        default="split_gibbs", objects=list(SAMPLERS), doc="How the posterior is sampled."
    )
    sample_quality: param.Selector[Any] = param.Selector(
        default="live", objects=list(QUALITIES), doc="Steps: to be watched, or to be believed."
    )
    sample_count = param.Integer(default=9, bounds=(1, 32), doc="Number of posterior samples.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._sample_mine: Observation | None = None
        self._sample_scenes: dict[Any, Scene] = {}

    # What the bar offers

    def sample_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return sample_presets.PRESETS

    def sample_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """A lens, a source and a noise that nobody has chosen."""
        return sample_presets.surprise(random)

    def sample_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        prior = PRIORS[self.sample_prior]
        where = SKIES[self.sample_sky] if self.sample_sky != "simulated" else "a simulated lens"
        return (
            f"{self.sample_count} sources that could have made {where}, drawn with the prior of "
            f"{prior}. Drag the Einstein radius and watch source and residual."
        )

    def sample_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        found = []
        if self.sample_sky == "j1430":
            found.append("A simulation in the manner of SDSSJ1430+4105, not the real lens.")
        if self.sample_sky != "mine" and not np.allclose(self.sample_lens(), self.sample_truth):
            found.append("The assumed lens is not the one that made this image.")
        _, missing = prior_named(self.sample_prior, self._sample_device)
        if missing:
            found.append(missing)
        if self.sample_sky == "mine" and self._sample_mine is not None:
            found += list(self._sample_mine.warnings)
        return tuple(found)

    # The lens

    def sample_lens(self) -> tuple[float, ...]:
        """The assumed lens, in the order of `LENS_NAMES`."""
        return tuple(float(getattr(self, f"sample_{name}")) for name in LENS_NAMES)

    def assume(self, lens: Any) -> None:
        """Assume another lens, given in the order of `LENS_NAMES`."""
        values = {}
        for name, value in zip(LENS_NAMES, lens, strict=True):
            low, high = LENS_BOUNDS[name]
            if name == "position_angle":
                value = math.remainder(float(value), math.pi)
            values[f"sample_{name}"] = min(max(float(value), low), high)
        self.param.update(**values)

    def assume_truth(self) -> None:
        """Assume the lens that made the image."""
        self.assume(self.sample_truth)

    def observe_assumed(self) -> None:
        """Observe anew, with the assumed lens as the true one."""
        self.param.update(sample_sky="simulated", sample_truth=list(self.sample_lens()))

    # The observation

    @property
    def _sample_device(self) -> Any:
        return getattr(self.model, "device", "cpu")

    @property
    def sample_has_files(self) -> bool:
        """Whether files of one's own are here."""
        return self._sample_mine is not None

    def sample_open(self, observation: Observation, lens: Any = None) -> None:
        """Look at an observation of one's own, with a first guess of the lens."""
        self._sample_mine = observation
        self._sample_scenes.clear()
        guess = lens if lens is not None else sample_presets.guess(observation)
        with param.parameterized.batch_call_watchers(self):
            self.assume(guess)
            self.param.update(sample_mask=[], sample_sky="mine")
            self.param.trigger("sample_sky")

    def sample_reading(
        self, names: Any, contents: Any, pixel_scale: float = 0.05, light: bool = True,
        budget: float = 10.0,
    ) -> Any:  # fmt: skip
        r"""Read files of one's own, and say how a lens to start from is found.

        Arguments:
            names: Names of the files, which say what each is.
            contents: Their bytes, in the same order.
            pixel_scale: Arcsec per pixel, for images without a WCS.
            light: Whether the lens galaxy's own light is in the image.
            budget: Seconds of the fit.

        Returns:
            A piece of work: called with `progress` and `check` it gives what `sample_keep` takes.
            Files that cannot be used are refused with a sentence at once.
        """
        from astroviz.lensing.sample_files import first_lens, read_files

        full = read_files(names, contents, pixel_scale, light)
        radius = min(self.sample_radius, full.half_width)
        return first_lens(full, radius, budget)

    def sample_keep(self, opened: Opened) -> None:
        """Look at what was read."""
        self.sample_open(opened.observation, opened.lens)

    def sample_scene(self) -> Scene:
        """The observation that is looked at, without what is masked by hand."""
        from astroviz.lensing import sample_answers

        return sample_answers.scene_of(self)

    def add_stroke(self, kind: str, masks: bool, x: Any, y: Any, radius: float = 0.0) -> None:
        """Mask pixels by hand, or open them again; see `mask_strokes.stroke`."""
        self.sample_mask = [*self.sample_mask, stroke(kind, masks, x, y, radius)]

    # Questions and answers

    def sample_cost(self) -> str:
        """What the chosen sampler costs, in one honest sentence."""
        from astroviz.lensing.sampler_words import cost

        return cost(self.sample_sampler)

    def sample_request(self) -> Request:
        """The posterior samples, streamed."""
        from astroviz.lensing.sample_answers import sample_request

        return sample_request(self)

    def sample_pictures(self, draws: Draws) -> SamplePictures:
        """What there is to draw of an answer, or of a preview of it."""
        from astroviz.lensing.sample_answers import SamplePictures

        return SamplePictures.of(draws)

    @property
    def sample_pixels(self) -> int:
        """Side of the sources."""
        return prior_pixels(self.sample_prior)

    def sample_flag_work(self) -> Any:
        """Whether the prior fits this observation, as a piece of work that gives a `Flag`."""
        from astroviz.lensing.sample_flag import flag_work

        return flag_work(
            self.sample_scene(), self.sample_lens(), self.sample_prior, self.sample_pixels,
            self._sample_device, self.seed,
        )  # fmt: skip

    def sample_table(self, draws: Draws) -> QTable:
        """The draws, a row for each, with what they were drawn from."""
        plain = Draws(draws.values, draws.names, draws.units, draws.seed)
        table = plain.to_table()
        table["reduced_chi_square"] = draws.extras["chi_squares"]
        table.meta.update(
            prior=self.sample_prior, sampler=self.sample_sampler, quality=self.sample_quality,
            lens=dict(zip(LENS_NAMES, self.sample_lens(), strict=True)),
        )  # fmt: skip
        return table
