r"""Questions of the view *Sample* and what there is to draw of their answers."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from astroviz.core.draws import Draws
from astroviz.core.request import Control, Request
from astroviz.lensing.gaussian_prior import GaussianPrior
from astroviz.lensing.mask_strokes import outline
from astroviz.lensing.observation import ObservationError
from astroviz.lensing.sample_priors import prior_named
from astroviz.lensing.sample_scene import Frame, Scene, Simulation, opened, simulate
from astroviz.lensing.settings import Settings, preset
from astroviz.lensing.watched_sampling import TRACE, Question, Target, WatchedSampler

__all__ = ["SamplePictures", "question_of", "sample_request", "scene_of", "settings_of"]

_SCENES = 6
_WIDE = {"simulated": (64, 0.05), "j1430": (96, 0.05)}  # pixels a side, arcsec


@dataclass(frozen=True)
class SamplePictures:
    r"""What there is to draw; None for what has not come yet.

    Arguments:
        data: Image, NaN where masked, data units, shape :math:`(n_y, n_x)`.
        pixel_scale: Arcsec per pixel of it.
        masked: Bool, True where no pixel is used.
        truth: The true source in prior units; None where nobody knows it.
        frame: Centre and side of the sources, arcsec.
        images: What the draws look like so far, shape :math:`(n, s, s)`, prior units.
        mean: Their mean.
        sd: Their standard deviation.
        model: Image of the mean, data units.
        residual: Data minus model over the noise.
        chi_squares: Reduced chi square of each draw.
        floor: Reduced chi square of pure noise.
        trace: Column of `TRACE` to its value at each step.
        step: Steps done, and how many there are.
        exact: Mean and standard deviation where they are known in closed form.
    """

    data: np.ndarray
    pixel_scale: float
    masked: np.ndarray
    truth: np.ndarray | None
    frame: Frame
    images: np.ndarray | None
    mean: np.ndarray | None
    sd: np.ndarray | None
    model: np.ndarray | None
    residual: np.ndarray | None
    chi_squares: np.ndarray | None
    floor: float
    trace: dict[str, np.ndarray]
    step: tuple[int, int]
    exact: tuple[np.ndarray, np.ndarray] | None

    @property
    def chi_square(self) -> float:
        """Mean reduced chi square of the draws; NaN before there are any."""
        return float("nan") if self.chi_squares is None else float(np.mean(self.chi_squares))

    @property
    def outline(self) -> list[np.ndarray]:
        """Where the mask runs, arcsec; see `mask_strokes.outline`."""
        return outline(self.masked, self.pixel_scale)

    @property
    def inside(self) -> float:
        """Part of the bright pixels whose truth is within one deviation; NaN if unknown."""
        if self.truth is None or self.mean is None or self.sd is None or not self.sd.max() > 0:
            return float("nan")
        known = np.abs(self.mean) > 0.1 * np.abs(self.mean).max()
        z = (self.truth - self.mean)[known] / self.sd[known]
        return float(np.mean(np.abs(z) < 1))

    @classmethod
    def of(cls, draws: Draws) -> SamplePictures:
        """What an answer to `sample_request`, or a preview of one, holds."""
        kept = draws.extras
        trace = np.asarray(kept.get("trace", np.zeros((0, len(TRACE)))))
        step = kept.get("step", np.array([0, 1]))
        found = {name: kept.get(name) for name in _PICTURES}
        exact = (kept["exact_mean"], kept["exact_sd"]) if "exact_mean" in kept else None
        return cls(
            data=kept["data"], pixel_scale=float(kept["scene"][0]), masked=kept["masked"],
            truth=kept.get("truth"), frame=Frame(*(float(v) for v in kept["scene"][1:4])),
            **found, floor=float(kept["scene"][4]),
            trace={name: trace[:, k] for k, name in enumerate(TRACE)},
            step=(int(step[0]), int(step[1])), exact=exact,
        )  # fmt: skip


_PICTURES = ("images", "mean", "sd", "model", "residual", "chi_squares")


def settings_of(sampler: str, quality: str) -> Settings:
    r"""How a sampler is run.

    Arguments:
        sampler: One of `SAMPLERS`.
        quality: `live`, to be watched, or `reference`, to be believed.

    Example:
        >>> settings_of("mmps", "reference").iterations
        0
    """
    return preset(sampler, reference=quality == "reference")


def scene_of(state: Any) -> Scene:
    """The observation of a `SampleState`, without what is masked by hand."""
    key = _key(state)
    scenes: dict[Any, Scene] = state._sample_scenes
    if key not in scenes:
        while len(scenes) >= _SCENES:
            scenes.pop(next(iter(scenes)))
        scenes[key] = _scene(state).masked_by(state.sample_mask)
    # where the source lies is known for a simulation; for one's own image the lens says it
    mine = state.sample_sky == "mine"
    return scenes[key].framed(state.sample_lens()) if mine else scenes[key]


def _key(state: Any) -> tuple[Any, ...]:
    mask = repr(state.sample_mask)
    if state.sample_sky == "mine":
        return ("mine", id(state._sample_mine), state.sample_radius, state.sample_covariance, mask)
    return (
        state.sample_sky, tuple(state.sample_truth), state.sample_source,
        tuple(state.sample_frame), state.sample_noise, state.sample_blur, state.sample_sky_seed,
        state.sample_pixels, mask,
    )  # fmt: skip


def _scene(state: Any) -> Scene:
    if state.sample_sky != "mine":
        pixels, scale = _WIDE[state.sample_sky]
        what = Simulation(
            tuple(state.sample_truth), state.sample_source, Frame(*state.sample_frame),
            state.sample_noise, state.sample_blur, state.sample_sky == "j1430",
            state.sample_sky_seed, pixels, scale,
        )  # fmt: skip
        return simulate(what, state.sample_pixels)
    if state._sample_mine is None:
        raise ObservationError(
            "your own files are not in this link: open image, noise map and PSF again"
        )
    return opened(
        state._sample_mine, state.sample_lens(), state.sample_radius, state.sample_covariance
    )


def sample_request(state: Any) -> Request:
    r"""Posterior samples of the source behind the assumed lens.

    Arguments:
        state: A `SampleState`.

    Returns:
        A request whose answer, and the previews of it, `SamplePictures.of` reads.
    """
    scene, lens = scene_of(state), state.sample_lens()
    name, device, pixels = state.sample_prior, state._sample_device, state.sample_pixels
    sampler = WatchedSampler("lensing", lambda _: question_of(scene, lens, name, device, pixels))
    observation = scene.observation
    inputs = {"lens": np.asarray(lens), "image": observation.image, "mask": observation.mask,
              "noise": observation.noise}  # fmt: skip
    options = {
        "view": "sample", "prior": name, "pixels": pixels,
        "frame": dataclasses.astuple(scene.frame),
        "covariance": (scene.noise.factor, scene.noise.correlation.tobytes()),
        "settings": settings_of(state.sample_sampler, state.sample_quality),
    }  # fmt: skip
    return Request(sampler, inputs, n=state.sample_count, seed=state.seed, options=options)


def question_of(
    scene: Scene, lens: tuple[float, ...], name: str, device: Any, pixels: int
) -> Question:
    r"""What is asked of a scene under an assumed lens.

    Arguments:
        scene: The observation.
        lens: In the order of `LENS_NAMES`.
        name: Of the prior, among `PRIORS`.
        device: Where its network runs.
        pixels: Side of the source.
    """
    observation = scene.observation
    shown = {
        "data": np.where(observation.mask, observation.image, np.nan),
        "masked": ~observation.mask,
        "scene": np.array(
            [observation.pixel_scale, *dataclasses.astuple(scene.frame), scene.floor]
        ),
    }  # fmt: skip
    if scene.source is not None:
        shown["truth"] = scene.source

    def target(control: Control) -> Target:
        prior, _ = prior_named(name, device)
        control.check()
        problem = scene.problem(lens, pixels)
        control.check()
        known = isinstance(prior, GaussianPrior)
        return Target(prior, problem, prior.posterior(problem) if known else None)

    return Question(target, shown, scene.scatter)
