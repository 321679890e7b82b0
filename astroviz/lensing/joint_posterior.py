r"""The posterior of lens and source together, as `posterior(..., joint=True)` returns it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from astroviz.core.draws import Draws
from astroviz.core.request import Alone, Control
from astroviz.lensing.joint import JointSettings, Start, joint_chains, start_of
from astroviz.lensing.lens import LENS_NAMES, LENS_UNITS, from_free
from astroviz.lensing.lens_search import Clock, FreePrior, climb
from astroviz.lensing.rays import Rays
from astroviz.lensing.semilinear import SemiLinear
from astroviz.lensing.source_frame import SourceFrame, frame_of

if TYPE_CHECKING:
    from astroviz.lensing.fit_lens import LensFit

__all__ = ["JointPosterior", "gaussian_of"]

_TRUTHS = 1500


def gaussian_of(prior: Any, draws: int = _TRUTHS, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    r"""Mean and covariance of a learned prior, from draws of the law that it learned.

    Arguments:
        prior: The prior.
        draws: How many; fewer are taken of the network itself where the law is not known.
        seed: Seed of the draws.

    Returns:
        Shapes :math:`(d,)` and :math:`(d, d)`; a little white noise keeps it positive.
    """
    truth = prior.draw_truth(draws, seed)
    if truth is None:
        truth = prior.sample(min(draws, 256), seed, steps=12)
    values = truth.double().cpu().numpy()
    covariance = np.cov(values.T)
    covariance += 2e-3 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    return values.mean(0), covariance


class JointPosterior:
    r"""Lens and source of an observation, each uncertain because the other is.

    Arguments:
        prior: The learned prior of the source.
        fit: A fit of the lens: its observation, noise and light, and where to start.
        settings: How to sample.
        free_prior: Prior of the lens in free coordinates; about the lens galaxy's light if None.
        frame: Where the source lies; from the fit if None.
    """

    def __init__(
        self,
        prior: Any,
        fit: LensFit,
        settings: JointSettings | None = None,
        free_prior: FreePrior | None = None,
        frame: SourceFrame | None = None,
    ) -> None:
        self.prior, self.fit = prior, fit
        self.settings = settings or JointSettings()
        self.free_prior = free_prior or fit.prior
        mean = getattr(prior, "mean", None)
        picture = None if mean is None else mean.cpu().numpy().reshape(prior.pixels, -1)
        self.frame = frame or frame_of(fit, prior.pixels, picture)

    @cached_property
    def start(self) -> Start:
        """The semi-linear posterior on the prior's own grid."""
        fit, frame = self.fit, self.frame
        mean, covariance = gaussian_of(self.prior)
        rays = Rays(fit.observation, fit.noise)
        light: dict[str, Any] = {}
        if fit.components is not None:
            width = np.full(len(fit.components), max(float(fit.light.max()), frame.amplitude))
            light = {"light": rays.whiten_images(fit.components), "light_width": width}
        model = SemiLinear(rays, frame.grid, frame.amplitude, 1.0, mean=frame.amplitude * mean,
                           covariance=covariance, **light)  # fmt: skip
        summit = climb(model, fit.free, self.free_prior, 8, Clock(1e6))
        return start_of(model, self.free_prior, summit.free)

    def frames(self, n: int = 4, seed: int = 0, control: Control | None = None) -> Any:
        """Chains sweep by sweep; see `joint.joint_chains`."""
        return joint_chains(self.prior, self.start, n, seed, self.settings, control)

    def sample(self, n: int, seed: int = 0, control: Control | None = None) -> Draws:
        r"""Draws of the lens with the source that belongs to each; every draw is a chain.

        Arguments:
            n: Number of draws.
            seed: Seed.
            control: Told between steps.

        Returns:
            Columns `LENS_NAMES`; extras `images` (n, s, s) in prior units, `accepted`,
            `source_scale`, `source_centre` and `amplitude`.
        """
        last = None
        for frame in self.frames(n, seed, control or Alone()):
            last = frame
        assert last is not None
        extras = {
            "images": last.sources.cpu().numpy().reshape(n, self.prior.pixels, -1),
            "accepted": np.array(last.accepted),
            "source_scale": np.array(self.frame.grid.scale),
            "source_centre": np.array([self.frame.grid.x, self.frame.grid.y]),
            "amplitude": np.array(self.frame.amplitude),
        }  # fmt: skip
        lenses = from_free(torch.from_numpy(last.free)).numpy()
        return Draws(lenses, LENS_NAMES, LENS_UNITS, seed, extras)
