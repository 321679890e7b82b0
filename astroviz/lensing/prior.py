r"""Priors of source galaxies: what every sampler asks of one, and the learned ones.

A prior is known through its denoiser. Noise is added as :math:`x = x_0 + \sigma z` (variance
exploding), and :math:`D(x, \sigma) = E[x_0 \mid x]` gives the score of the noisy law,
:math:`\nabla \ln p_\sigma(x) = (D(x, \sigma) - x)/\sigma^2` (Tweedie). The
variance-preserving view of the same network is in `astroviz.lensing.views`.

References:
    | Karras, Aittala, Aila & Laine (2022), https://arxiv.org/abs/2206.00364
    | Song et al. (2021), https://arxiv.org/abs/2011.13456
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol

import torch
from torch import Generator, Tensor

from astroviz.core.cards import Card, ModelError
from astroviz.core.device import resolve_device
from astroviz.core.registry import find_model, load_weights
from astroviz.core.request import Alone, Control
from astroviz.lensing.unet import Denoiser

__all__ = ["DEFAULT_STEPS", "NetworkPrior", "Prior", "noise_levels", "open_prior"]

DEFAULT_STEPS = 40
"""Heun steps of a draw: 79 evaluations of the network."""

_PART = 64  # images at one time: what fits the cache is faster


class Prior(Protocol):
    r"""What a sampler asks of a prior. Images are flattened row by row, in prior units."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def pixels(self) -> int:
        """Side of an image."""

    @property
    def dim(self) -> int:
        """Pixels of an image."""

    @property
    def device(self) -> torch.device:
        """Where it runs."""

    @property
    def sigma_data(self) -> float:
        """Rms of the pixels about the mean image."""

    def denoise(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        r""":math:`E[x_0 \mid x]` for :math:`x = x_0 + \sigma z`, shape :math:`(n, d)`."""

    def score(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        r""":math:`\nabla \ln p_\sigma(x)`, shape :math:`(n, d)`."""

    def sample(
        self, n: int, seed: int = 0, steps: int = DEFAULT_STEPS, control: Control = ...
    ) -> Tensor:
        """Draws, shape :math:`(n, d)`."""

    def draw_truth(self, n: int, seed: int = 0) -> Tensor | None:
        """Exact draws of the law that it was trained on, where that is known."""


class NetworkPrior:
    r"""A prior that a network has learned.

    Arguments:
        card: The model's card.
        network: The denoiser.
        device: Where it runs.

    Example:
        >>> prior = open_prior("lensing/galaxies16", "cpu")  # doctest: +SKIP
        >>> prior.sample(4, seed=1).shape  # doctest: +SKIP
        torch.Size([4, 256])
    """

    def __init__(self, card: Card, network: Denoiser, device: torch.device) -> None:
        self.card, self.device = card, device
        self.network = network.to(device).eval().requires_grad_(False)

    def __repr__(self) -> str:
        return f"NetworkPrior({self.name}, {self.pixels} x {self.pixels} pixels)"

    @property
    def name(self) -> str:
        """Its name among the models."""
        return self.card.name

    @property
    def pixels(self) -> int:
        """Side of an image."""
        return self.network.pixels

    @property
    def dim(self) -> int:
        """Pixels of an image."""
        return self.pixels**2

    @property
    def sigma_data(self) -> float:
        """Rms of the pixels about the mean image."""
        return self.network.sigma_data

    @property
    def sigma_min(self) -> float:
        """Smallest noise that the network knows; images change by less than it below."""
        return 0.02 * self.sigma_data

    @property
    def sigma_max(self) -> float:
        """Noise that hides every image: the norm of their scatter is a fifth of it or less."""
        return max(5.0 * self.pixels * self.sigma_data, 20 * self.sigma_data)

    @property
    def mean(self) -> Tensor:
        """The mean image, shape :math:`(d)`."""
        return self.network.mean.flatten()

    def denoise(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        r"""The expected image, :math:`E[x_0 \mid x_0 + \sigma z = x]`; differentiable.

        Arguments:
            x: Noisy images, shape :math:`(n, d)`.
            sigma: Noise of all or of each, shape :math:`(n)`.

        Returns:
            Shape :math:`(n, d)`, of the type of `x`.
        """
        asked = torch.as_tensor(sigma, dtype=torch.float32, device=self.device)
        asked = asked.reshape(-1).expand(len(x))
        wide = asked.clamp(self.sigma_min, 2 * self.sigma_max)
        images = x.to(self.device, torch.float32)
        square = images.reshape(-1, self.pixels, self.pixels)
        found = self.network(square, wide).flatten(1)
        # below the least noise it knows the score stays what it was there: a denoiser that kept
        # smoothing by that noise would narrow chains that come back many times
        share = (asked / wide).square().clamp_max(1.0)[:, None]
        return (images + share * (found - images)).to(x.dtype)

    def score(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        r"""Score of the noisy law, :math:`(D(x, \sigma) - x)/\sigma^2`, shape :math:`(n, d)`."""
        wide = torch.as_tensor(sigma, dtype=x.dtype, device=x.device).reshape(-1, 1)
        return (self.denoise(x, sigma) - x) / wide**2

    def sample(
        self,
        n: int,
        seed: int = 0,
        steps: int = DEFAULT_STEPS,
        control: Control = Alone(),  # noqa: B008 - it has no state
    ) -> Tensor:
        r"""Draw images by following the probability flow with Heun's method.

        Arguments:
            n: Number of images.
            seed: Seed; the draws do not depend on how many are computed at one time.
            steps: Steps, two evaluations of the network each but for the last.
            control: What may stop the work.

        Returns:
            Images, shape :math:`(n, d)`, float32, prior units.
        """
        generator = Generator().manual_seed(seed)
        noise = torch.randn(n, self.dim, generator=generator).to(self.device)
        levels = noise_levels(self.sigma_min, self.sigma_max, steps)
        size = min(control.max_draws or _PART, _PART) if self.device.type == "cpu" else n or 1
        parts = []
        for place, part in enumerate(noise.split(size)):
            parts.append(self._follow(part, levels, control, place * size / max(n, 1), size / n))
        return torch.cat(parts) if parts else noise

    @torch.no_grad()
    def _follow(
        self, noise: Tensor, levels: list[float], control: Control, done: float, share: float
    ) -> Tensor:
        x = self.mean + (levels[0] ** 2 + self.sigma_data**2) ** 0.5 * noise
        for k, (now, then) in enumerate(pairwise(levels)):
            control.check()
            slope = (x - self.denoise(x, now)) / now
            ahead = x + (then - now) * slope
            if then > 0:
                slope = (slope + (ahead - self.denoise(ahead, then)) / then) / 2
                ahead = x + (then - now) * slope
            x = ahead
            control.progress(min(done + share * (k + 1) / (len(levels) - 1), 1.0))
        return x

    def draw_truth(self, n: int, seed: int = 0) -> Tensor | None:
        r"""Exact draws of the law that it was trained on.

        Arguments:
            n: Number of images.
            seed: Seed of the draws.

        Returns:
            Shape :math:`(n, d)`; None for a prior of real galaxies, whose law nobody knows.
        """
        from astroviz.lensing.prior_laws import law

        known = law(self.card.config)
        if known is None:
            return None
        return known(n, Generator().manual_seed(seed)).flatten(1).to(self.device)

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Figures for `accuracy.report.verdicts`; see `prior_checks.checks`."""
        from astroviz.lensing.prior_checks import checks

        return checks(self, seed, quick)


def noise_levels(low: float, high: float, steps: int, bend: float = 7.0) -> list[float]:
    r"""Noise levels of a sampler, falling from `high` to `low` and then to zero.

    :math:`\sigma_k = [\sigma_{max}^{1/b} + \frac{k}{K-1}(\sigma_{min}^{1/b} -
    \sigma_{max}^{1/b})]^b` (Karras et al. 2022).

    Arguments:
        low: Last level above zero.
        high: First level.
        steps: Number of steps :math:`K`.
        bend: The exponent :math:`b`; larger spends more steps on little noise.

    Returns:
        :math:`K + 1` levels.
    """
    if steps < 1:
        raise ValueError(f"a sampler needs one step or more, not {steps}")
    first, last = high ** (1 / bend), low ** (1 / bend)
    inner = max(steps - 1, 1)
    return [(first + k / inner * (last - first)) ** bend for k in range(steps)] + [0.0]


def open_prior(name: str | Card, device: str | torch.device = "cpu") -> NetworkPrior:
    r"""Open a learned prior.

    Arguments:
        name: Name of the model (`lensing/galaxies`, or `galaxies` alone), or its card.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.

    Returns:
        The prior.
    """
    if isinstance(name, str):
        name = find_model(name if "/" in name else f"lensing/{name}")
    if name.config.get("network") != "prior":
        raise ModelError(
            f"{name.name} is no prior of sources: its card says network = "
            f"{name.config.get('network')!r}"
        )
    place = resolve_device(device)
    network = Denoiser(dict(name.config))
    tensors = {key: value.float() for key, value in load_weights(name, place).items()}
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise ModelError(f"the weights of {name.name} do not fit its card: {error}") from error
    return NetworkPrior(name, network, place)
