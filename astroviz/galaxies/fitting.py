r"""The fit of one flow: draws of the population, seen as the survey sees, moved onto its data.

.. math:: \min_\phi\; SW(\text{data}, \text{noise}(\text{SPS}(\theta)))
    + \lambda\, KL(q_\phi | \pi), \qquad \theta \sim q_\phi,

with draws weighted by their chance to be in the catalogue. The divergence from the prior, free
with draws whose density is known, keeps at the prior what the photometry does not determine.

References:
    | PopSED (Li et al. 2024), https://arxiv.org/abs/2309.16958: transport and annealed noise
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from astroviz.core.request import Alone, Control
from astroviz.core.training import TrainingState
from astroviz.galaxies.distance import sinkhorn
from astroviz.galaxies.features import Features
from astroviz.galaxies.film import CLOUD, Film, Frame, Watcher
from astroviz.galaxies.fit_settings import Clock, FitSettings
from astroviz.galaxies.marginals import ks
from astroviz.galaxies.member import Member
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.priors import PopulationPrior
from astroviz.galaxies.sliced_target import SlicedTarget
from astroviz.galaxies.spline_flow import SplineFlow

if TYPE_CHECKING:
    from astroviz.galaxies.noise_model import NoiseModel
    from astroviz.galaxies.selection import Selection

__all__ = ["FlowFit", "Survey", "View"]

_REDSHIFT = PARAMETERS.index("redshift")
_SINKHORN_POINTS = 2048
_CHECKPOINT = 100  # steps between checkpoints
_KS_POINTS = 8000
_LEVELS = 4096  # quantiles of the data along each direction


@dataclass(frozen=True, eq=False)
class View:
    r"""Draws as the survey sees them.

    Arguments:
        theta: Parameters, shape :math:`(N, 11)`.
        observed: Magnitudes with noise, :math:`(N, B)`.
        errors: Their errors, mag.
        kept: Chance to be in the catalogue, :math:`(N,)`; None without a selection.
    """

    theta: Tensor
    observed: Tensor
    errors: Tensor
    kept: Tensor | None


@dataclass(frozen=True, eq=False)
class Survey:
    r"""The forward model: prior, spectra, noise and selection.

    Arguments:
        prior: Turns normal deviates into parameters.
        synthesis: `sps.Synthesis`, or anything with its `magnitudes(theta, bands)`.
        noise: Of the bands; its `bands` are those of the catalogue.
        selection: Which galaxies are kept; None for all.
    """

    prior: PopulationPrior
    synthesis: Any
    noise: NoiseModel
    selection: Selection | None = None

    @property
    def bands(self) -> tuple[str, ...]:
        """The bands of the catalogue."""
        return tuple(self.noise.bands)

    def view(
        self, x: Tensor, generator: Generator, scale: float = 1.0, shift: Tensor | None = None
    ) -> View:
        r"""What the survey sees of galaxies; differentiable.

        Arguments:
            x: Coordinates of the population, shape :math:`(N, 11)`.
            generator: Source of the noise.
            scale: Factor on the noise.
            shift: Zero points, mag, :math:`(B,)`.
        """
        return self.look(self.prior.to_parameters(x), generator, scale, shift)

    def look(
        self, theta: Tensor, generator: Generator, scale: float = 1.0, shift: Tensor | None = None
    ) -> View:
        """As `view`, of parameters, shape (N, 11)."""
        magnitudes = self.synthesis.magnitudes(theta, self.bands)
        if shift is not None:
            magnitudes = magnitudes + shift
        observed, errors = self.noise.observe(magnitudes, generator, scale)
        kept = self.selection.weights(observed, errors) if self.selection else None
        return View(theta, observed, errors, kept)


class FlowFit(TrainingState[Member]):
    r"""A fit that can be watched, stopped and gone on with.

    Arguments:
        survey: The forward model.
        features: What is compared.
        data: Features of the catalogue, shape :math:`(M, F)`.
        settings: Sizes and schedules.
        seed: Of everything.
        tilt: Of the prior, see `member.Member`; none by default.
    """

    def __init__(
        self,
        survey: Survey,
        features: Features,
        data: Tensor,
        settings: FitSettings,
        seed: int = 0,
        tilt: Tensor | None = None,
    ) -> None:
        self.survey, self.features, self.settings = survey, features, settings
        self.data, self.seed = data, seed
        self.generator = Generator().manual_seed(seed)
        flow = SplineFlow(
            len(PARAMETERS), settings.layers, settings.hidden, settings.bins, seed=seed
        )
        self.network = Member(flow, len(survey.bands), tilt)
        self.average = deepcopy(self.network)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=settings.rate)
        self.target = SlicedTarget(data, self.generator, levels=_LEVELS, named=features.axes())
        spreads = settings.zero_point_errors or (settings.zero_points,) * len(survey.bands)
        self.spreads = torch.tensor(spreads)
        self.step, self.elapsed, self.fraction = 0, 0.0, 0.0
        self.skipped = 0
        self.frames: list[Frame] = []
        self._marginals = self._sorted_columns()
        self.floors = {power: self._floor(power) for power in (1.0, 2.0)}

    def rate(self) -> float:
        """Learning rate of the next step."""
        return self.settings.rate_at(self.fraction)

    def run(
        self,
        clock: Clock,
        control: Control | None = None,
        watch: Watcher | None = None,
        checkpoint: Path | None = None,
    ) -> Member:
        r"""Fit until the clock runs out.

        Arguments:
            clock: Steps or time.
            control: Asked before each step whether anybody still waits.
            watch: Told of each frame.
            checkpoint: File of checkpoints; one that is there is gone on from.

        Returns:
            The averaged weights.
        """
        control = control or Alone()
        if checkpoint is not None and checkpoint.is_file():
            self.load(checkpoint)
            clock = Clock(clock.steps, clock.seconds, self.elapsed)
        while (fraction := clock.fraction(self.step)) < 1.0:
            control.check()
            self.fraction = fraction
            shown = self._take_step()
            control.progress(fraction)
            if shown is not None and fraction * self.settings.frames >= len(self.frames):
                self.frames.append(shown())
                if watch is not None:
                    watch(self.frames[-1])
            self.elapsed = clock.spent
            if checkpoint is not None and self.step % _CHECKPOINT == 0:
                self.save(checkpoint)
        if checkpoint is not None:
            self.save(checkpoint)
        return self.average.eval()

    def film(self) -> Film | None:
        """What was seen; None for a fit without steps."""
        if not self.frames:
            return None
        return Film(self.frames, self.features.plain(self.data[:CLOUD]).numpy())

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        super().load(path)
        self.generator = Generator().manual_seed(self.seed + 1_000_003 * self.step)

    def _take_step(self) -> Callable[[], Frame] | None:
        """One step; gives what makes a frame of it, or nothing where it was skipped."""
        settings, f, member = self.settings, self.fraction, self.network
        u = torch.randn(settings.draws_at(f), len(PARAMETERS), generator=self.generator)
        x, log_det = member(u)
        shift = member.zero_points if settings.zero_points else None
        seen = self.survey.view(x, self.generator, settings.noise_at(f), shift)
        cloud = self.features(seen.observed, seen.theta[:, _REDSHIFT])
        distance = self._distance(cloud, seen.kept)
        ratio = member.log_ratio(u, x, log_det)
        entropy = ratio.mean()
        loss = distance + settings.entropy_at(f) * entropy
        if settings.unseen and seen.kept is not None:
            loss = loss + settings.unseen * ((1 - seen.kept) * (ratio - 1)).mean()
        if settings.zero_points:
            loss = loss + 5e-3 * (member.zero_points / self.spreads).square().mean()
        if not self._descend(loss):
            return None
        figures = {"distance": distance, "entropy": entropy, "loss": loss}
        numbers = {name: float(value.detach()) for name, value in figures.items()}
        return lambda: self._frame(numbers, cloud.detach(), seen.kept)

    def _distance(self, cloud: Tensor, kept: Tensor | None) -> Tensor:
        settings, f = self.settings, self.fraction
        if settings.distance == "sliced":
            return self.target.distance(
                cloud, settings.slices, settings.power_at(f), self.generator, kept,
                settings.named, settings.debias,
            )  # fmt: skip
        count = min(_SINKHORN_POINTS, len(cloud), len(self.data))
        rows = torch.randperm(len(self.data), generator=self.generator)[:count]
        chances = None if kept is None else kept[:count]
        return sinkhorn(cloud[:count], self.data[rows], settings.blur_at(f), 1, 0.8, chances)

    def _descend(self, loss: Tensor) -> bool:
        """A step of the optimiser; none where a gradient is not finite."""
        if not torch.isfinite(loss):
            self.step, self.skipped = self.step + 1, self.skipped + 1
            return False
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        self.step += 1
        if not torch.isfinite(norm):
            self.skipped += 1
            return False
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        self.optimiser.step()
        decay = min(self.settings.average, self.step / (self.step + 20))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.network.parameters()), 1 - decay
            )
        return True

    def _frame(self, numbers: Mapping[str, float], cloud: Tensor, kept: Tensor | None) -> Frame:
        chances = None if kept is None else kept.detach().numpy()
        columns = cloud.numpy()
        figures = {
            name: ks(columns[:, place], known, chances)
            for place, (name, known) in enumerate(
                zip(self.features.names, self._marginals, strict=True)
            )
        }
        shown = self._shown(cloud, kept)
        return Frame(
            step=self.step, blur=self.settings.blur_at(self.fraction),
            noise=self.settings.noise_at(self.fraction), ks=figures,
            floor=self.floors[self.settings.power_at(self.fraction)],
            cloud=self.features.plain(shown).numpy().astype(np.float32), **numbers,
        )  # fmt: skip

    def _shown(self, cloud: Tensor, kept: Tensor | None) -> Tensor:
        """Some draws as the survey would have them."""
        if kept is None:
            return cloud[:CLOUD]
        chosen = torch.multinomial(
            kept.detach() + 1e-9, CLOUD, replacement=True,
            generator=Generator().manual_seed(self.step),
        )  # fmt: skip
        return cloud[chosen]

    def _floor(self, power: float) -> float:
        """Distance of as many galaxies of the data itself; 0 where too few have all features."""
        whole = self.data[torch.isfinite(self.data).all(-1)]
        if len(whole) < 2:
            return 0.0
        generator = Generator().manual_seed(self.seed)
        rows = torch.randint(len(whole), (self.settings.draws,), generator=generator)
        slices = self.settings.slices
        return float(self.target.distance(whole[rows], slices, power, generator))

    def _sorted_columns(self) -> list[np.ndarray]:
        """Each feature of the data, thinned and sorted, to compare frames with."""
        found = []
        for column in self.data.T:
            known = np.sort(column[torch.isfinite(column)].numpy())
            at = np.linspace(0, len(known) - 1, min(_KS_POINTS, len(known)))
            found.append(known[at.round().astype(int)])
        return found
