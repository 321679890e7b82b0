r"""The lensing room's model, as `astroviz.load("lensing")` returns it.

A prior of source galaxies with what one asks of it: open a lens, fit it, sample its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from astroviz.core.registry import Card
from astroviz.core.request import Control
from astroviz.lensing.fit_lens import LensFit, fit_lens
from astroviz.lensing.lens import LENS_BOUNDS, LENS_NAMES, LENS_UNITS, check_lens
from astroviz.lensing.lens_light import fit_light
from astroviz.lensing.linear import LinearProblem, stack
from astroviz.lensing.observation import Observation, open_observation
from astroviz.lensing.prior import NetworkPrior, open_prior
from astroviz.lensing.rays import Rays
from astroviz.lensing.settings import LIVE, Settings, preset
from astroviz.lensing.sky_noise import SkyNoise
from astroviz.lensing.source_frame import SourceFrame, frame_of, problem_of
from astroviz.lensing.source_of_lens import source_fit

if TYPE_CHECKING:
    from astroviz.lensing.source_posterior import SourcePosterior

__all__ = ["LensingModel", "open_lensing"]

_LENSES = 4  # lens models over which the source is marginalised by default


class LensingModel(NetworkPrior):
    r"""A learned prior of sources and the doors of the room.

    Example:
        >>> import astroviz
        >>> lensing = astroviz.load("lensing")  # doctest: +SKIP
        >>> seen = lensing.open("image.fits", "noise.fits", "psf.fits")  # doctest: +SKIP
        >>> fit = lensing.fit_lens(seen, budget="20s")  # doctest: +SKIP
        >>> draws = lensing.posterior(seen, lens=fit).sample(16, seed=0)  # doctest: +SKIP
    """

    @property
    def prior(self) -> NetworkPrior:
        """The prior itself: this object, as every sampler takes it."""
        return self

    @property
    def parameters(self) -> tuple[tuple[str, str, tuple[float, float]], ...]:
        """Name, unit and bounds of each lens parameter."""
        return tuple(
            (name, unit, LENS_BOUNDS[name])
            for name, unit in zip(LENS_NAMES, LENS_UNITS, strict=True)
        )

    def open(
        self,
        image: Any,
        noise: Any,
        psf: Any = None,
        pixel_scale: float = 0.05,
        lens_light: bool = True,
        **more: Any,
    ) -> Observation:
        """Read an observation from files or arrays; see `observation.open_observation`."""
        return open_observation(image, noise, psf, pixel_scale, lens_light, **more)

    def fit_lens(
        self,
        observation: Observation,
        budget: str | float = "20s",
        seed: int = 0,
        control: Control | None = None,
        **more: Any,
    ) -> LensFit:
        """Fit the lens with a Gaussian-process source; see `fit_lens.fit_lens`."""
        return fit_lens(observation, budget, seed, control, **more)

    def problems(
        self,
        observation: Observation,
        lens: LensFit | Any | None = None,
        lenses: int = _LENSES,
        seed: int = 0,
        noise: SkyNoise | None = None,
        frame: SourceFrame | None = None,
    ) -> tuple[list[LinearProblem], Tensor, SourceFrame]:
        r"""The linear problems of the source behind one lens or several of a fit.

        Arguments:
            observation: The observation.
            lens: A fit (its posterior gives the lenses), one lens by name or in the order of
                `LENS_NAMES`, several of shape :math:`(k, 8)`, or None to fit now.
            lenses: How many lenses to draw from a fit.
            seed: Seed of these draws.
            noise: Noise of the mask where there is no fit; the fit's otherwise.
            frame: Where the source lies; from the fit otherwise.

        Returns:
            Problems, the lenses :math:`(k, 8)`, and the frame that they share.
        """
        fit: Any = fit_lens(observation, seed=seed, noise=noise) if lens is None else lens
        if isinstance(fit, LensFit):
            chosen = fit.draw(lenses, seed + 1)
        else:
            chosen = check_lens(fit, observation.half_width).double().reshape(-1, 8)
            fit = source_fit(observation, chosen[0], noise)
        mean = self.mean.cpu().numpy().reshape(self.pixels, self.pixels)
        place = frame or frame_of(fit, self.pixels, mean)
        rays = Rays(fit.observation, fit.noise)
        light = fit.components
        if light is None and fit.observation.light:
            light = fit_light(fit.observation, fit.noise).images(fit.observation)
        found = [
            problem_of(fit.observation, fit.noise, one, place, light, rays=rays) for one in chosen
        ]
        return found, chosen, place

    def posterior(
        self,
        observation: Observation,
        lens: LensFit | Any | None = None,
        sampler: str | Settings | None = None,
        joint: bool = False,
        *,
        lenses: int = _LENSES,
        seed: int = 0,
        **more: Any,
    ) -> SourcePosterior | Any:
        r"""What is believed of the source, and with `joint` of the lens too.

        Arguments:
            observation: The observation.
            lens: As in `problems`; the source is marginalised over the draws of a fit.
            sampler: Name of a sampler or its settings; the live default otherwise.
            joint: Infer lens and source together; see `joint_posterior.JointPosterior`.
            lenses: How many lenses of a fit.
            seed: Seed of these lenses.
            more: Further arguments of `problems`.
        """
        settings = sampler if isinstance(sampler, Settings) else preset(sampler or LIVE.method)
        if joint:
            from astroviz.lensing.joint_posterior import JointPosterior

            fit = lens if isinstance(lens, LensFit) else fit_lens(observation, seed=seed)
            return JointPosterior(self, fit)
        from astroviz.lensing.source_posterior import SourcePosterior

        found, _, _ = self.problems(observation, lens, lenses, seed, **more)
        return SourcePosterior(self, found[0] if len(found) == 1 else stack(found), settings)

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Truths and draws for `accuracy.report.verdicts`."""
        from astroviz.lensing.checks import checks

        return checks(self, seed, quick)


def open_lensing(card: Card, device: str | torch.device = "cpu") -> LensingModel:
    r"""Open a prior of sources with the doors of the room.

    Arguments:
        card: The model's card.
        device: Where the network runs.
    """
    prior = open_prior(card, device)
    return LensingModel(card, prior.network, prior.device)
