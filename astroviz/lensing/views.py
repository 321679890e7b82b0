r"""Two views of one denoiser: variance exploding, and variance preserving.

With :math:`x_t = \alpha_t x_0 + s_t z`, :math:`x_t/\alpha_t` is the image plus white noise of
:math:`\sigma_t = s_t/\alpha_t`, so one denoiser serves both:

.. math:: E[x_0 \mid x_t] = D(x_t/\alpha_t, s_t/\alpha_t), \qquad
    \nabla \ln p_t(x_t) = \frac{\alpha_t\, E[x_0 \mid x_t] - x_t}{s_t^2}.

References:
    | Song et al. (2021), https://arxiv.org/abs/2011.13456
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Generator, Tensor

from astroviz.core.request import Alone, Control
from astroviz.lensing.prior import Prior

__all__ = ["VarianceExploding", "VariancePreserving", "View"]


class View(ABC):
    r"""A diffusion over a time from 0 (images) to 1 (noise), seen through a prior's denoiser.

    Arguments:
        prior: The prior.
    """

    def __init__(self, prior: Prior) -> None:
        self.prior = prior

    @abstractmethod
    def alpha(self, time: float) -> float:
        """What images are multiplied by at a time."""

    @abstractmethod
    def spread(self, time: float) -> float:
        """Standard deviation of the noise at a time."""

    def denoise(self, x: Tensor, time: float) -> Tensor:
        """The expected image given its noisy state at a time, shape :math:`(n, d)`."""
        return self.prior.denoise(x / self.alpha(time), self.spread(time) / self.alpha(time))

    def score(self, x: Tensor, time: float) -> Tensor:
        """Score of the law of noisy states at a time, shape :math:`(n, d)`."""
        return (self.alpha(time) * self.denoise(x, time) - x) / self.spread(time) ** 2

    def noisy(self, images: Tensor, time: float, generator: Generator) -> Tensor:
        """States at a time of some images, shape :math:`(n, d)`."""
        noise = torch.randn(images.shape, generator=generator).to(images)
        return self.alpha(time) * images + self.spread(time) * noise

    @torch.no_grad()
    def sample(
        self,
        n: int,
        seed: int = 0,
        steps: int = 250,
        control: Control = Alone(),  # noqa: B008 - it has no state
    ) -> Tensor:
        r"""Draw images by ancestral steps: noise is taken away and less of it put back.

        Arguments:
            n: Number of images.
            seed: Seed of the draws.
            steps: Steps, one evaluation of the network each, equal in time.
            control: What may stop the work.

        Returns:
            Images, shape :math:`(n, d)`.
        """
        generator = Generator().manual_seed(seed)
        place = self.prior.device
        x = self.spread(1.0) * torch.randn(n, self.prior.dim, generator=generator).to(place)
        for k in range(steps):
            control.check()
            now, then = 1 - k / steps, 1 - (k + 1) / steps
            clean = self.denoise(x, now)
            if k == steps - 1:
                return clean
            x = self._step(x, clean, now, then, generator)
            control.progress((k + 1) / steps)
        return x

    def _step(
        self, x: Tensor, clean: Tensor, now: float, then: float, generator: Generator
    ) -> Tensor:
        """From one time to an earlier one, the expected image taken for the image."""
        before, after = self.spread(now) / self.alpha(now), self.spread(then) / self.alpha(then)
        kept = (after / before) ** 2
        middle = clean + kept * (x / self.alpha(now) - clean)
        noise = torch.randn(x.shape, generator=generator).to(x)
        return self.alpha(then) * (middle + after * math.sqrt(1 - kept) * noise)


class VarianceExploding(View):
    r""":math:`x_t = x_0 + \sigma_t z` with :math:`\sigma_t` geometric in time.

    Arguments:
        prior: The prior.
        low: Noise at time 0, prior units.
        high: Noise at time 1.
    """

    def __init__(self, prior: Prior, low: float | None = None, high: float | None = None) -> None:
        super().__init__(prior)
        self.low = 0.02 * prior.sigma_data if low is None else low
        self.high = 5.0 * prior.pixels * prior.sigma_data if high is None else high

    def alpha(self, time: float) -> float:
        """One: images stay as they are."""
        return 1.0

    def spread(self, time: float) -> float:
        """Standard deviation of the noise at a time."""
        return self.low ** (1 - time) * self.high**time


class VariancePreserving(View):
    r""":math:`x_t = \alpha_t x_0 + \sqrt{1-\alpha_t^2}\,\bar\sigma z`, the usual linear schedule.

    :math:`\ln\alpha_t = -\beta_0 t/2 - (\beta_1 - \beta_0) t^2/4`. The unit of the noise,
    :math:`\bar\sigma`, is the rms of the pixels, so that they keep their variance.

    Arguments:
        prior: The prior.
        low: :math:`\beta_0`.
        high: :math:`\beta_1`.
    """

    def __init__(self, prior: Prior, low: float = 0.1, high: float = 20.0) -> None:
        super().__init__(prior)
        self.low, self.high = low, high

    def alpha(self, time: float) -> float:
        """What images are multiplied by at a time."""
        time = max(time, 1e-5)
        return math.exp(-0.5 * self.low * time - 0.25 * (self.high - self.low) * time**2)

    def spread(self, time: float) -> float:
        """Standard deviation of the noise at a time."""
        return self.prior.sigma_data * math.sqrt(1 - self.alpha(time) ** 2)
