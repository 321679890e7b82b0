r"""Several flows fitted to resampled catalogues: what differs between them is not determined.

Each member sees another bootstrap of the catalogue and starts from another seed. All are judged
by galaxies that none of them saw, and by one rule: a member is dropped when its sliced distance
from these galaxies is more than 1.5 times the smallest of the ensemble or, if that is larger, the
floor (the distance of as many galaxies of the catalogue itself).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from astroviz.core.request import Control
from astroviz.galaxies.distance import sliced
from astroviz.galaxies.features import Features
from astroviz.galaxies.film import Film, Watcher
from astroviz.galaxies.fit_settings import Clock, FitSettings
from astroviz.galaxies.fitting import FlowFit, Survey
from astroviz.galaxies.member import Member, draw_tilts
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.sliced_target import groups_of

__all__ = ["TOO_FAR", "Fitted", "Judge", "fit_ensemble", "too_far"]

TOO_FAR = 1.5
_REDSHIFT = PARAMETERS.index("redshift")
_SLICES = 256


@dataclass(frozen=True, eq=False)
class Fitted:
    r"""A member and how it did.

    Arguments:
        member: Its weights.
        seed: Of its start and its bootstrap.
        distance: From the galaxies that were held out, in units of the features.
        steps: How many it took.
        skipped: How many of them had no finite gradient.
        entropy: Divergence from the prior at the end, nats; NaN for none.
        film: What was seen of its fit.
    """

    member: Member
    seed: int
    distance: float
    steps: int
    skipped: int
    entropy: float
    film: Film | None


class Judge:
    r"""Compares populations with galaxies that were held out.

    Arguments:
        survey: The forward model.
        features: What is compared.
        held: Features of the galaxies, shape :math:`(n, F)`.
        seed: Of the draws and the directions.
    """

    def __init__(self, survey: Survey, features: Features, held: Tensor, seed: int = 0) -> None:
        self.survey, self.features, self.seed = survey, features, seed
        columns, rows = groups_of(held)[0]
        self.columns, self.held = columns, held[rows][:, columns]

    def cloud(self, member: Member | None, number: int | None = None) -> Tensor:
        r"""Features of draws that the survey keeps, all of them, shape :math:`(n, F)`.

        Arguments:
            member: Whose; None for the prior.
            number: As many as were held out by default.
        """
        number = number or len(self.held)
        generator = Generator().manual_seed(self.seed)
        with torch.no_grad():
            x = torch.randn(4 * number, len(PARAMETERS), generator=generator)
            shift = None
            if member is not None:
                x, shift = member(x)[0], member.zero_points
            seen = self.survey.view(x, generator, 1.0, shift)
            cloud = self.features(seen.observed, seen.theta[:, _REDSHIFT])
            chances = torch.ones(len(x)) if seen.kept is None else seen.kept
            chances = chances * torch.isfinite(cloud).all(-1)
            chosen = torch.multinomial(chances + 1e-12, number, generator=generator)
        return cloud[chosen]

    def distance(self, member: Member | None) -> float:
        """Sliced distance of order two of a member (None: the prior) from what was held out."""
        return self.of(self.cloud(member)[:, self.columns])

    def floor(self, data: Tensor) -> float:
        """The same of as many galaxies of the catalogue."""
        whole = data[:, self.columns]
        whole = whole[torch.isfinite(whole).all(-1)]
        generator = Generator().manual_seed(self.seed + 1)
        return self.of(whole[torch.randperm(len(whole), generator=generator)[: len(self.held)]])

    def of(self, cloud: Tensor) -> float:
        """Sliced distance of a cloud from what was held out."""
        generator = Generator().manual_seed(self.seed + 2)
        return float(sliced(cloud, self.held, _SLICES, 2.0, generator=generator))


def too_far(distances: Sequence[float], floor: float) -> list[bool]:
    r"""Which members are dropped.

    Arguments:
        distances: Of the members from what was held out.
        floor: The smallest that can be expected.

    Example:
        >>> too_far([0.05, 0.06, 0.2], 0.02)
        [False, False, True]
    """
    bound = TOO_FAR * max(min(distances), floor)
    return [not distance <= bound for distance in distances]


def fit_ensemble(
    survey: Survey,
    features: Features,
    data: Tensor,
    judge: Judge,
    settings: FitSettings,
    seeds: Sequence[int],
    clock: Callable[[int], Clock],
    control: Control | None = None,
    watch: Watcher | None = None,
    checkpoints: Path | None = None,
) -> list[Fitted]:
    r"""Fit one flow after the other.

    Arguments:
        survey: The forward model.
        features: What is compared.
        data: Features of the catalogue without what is held out, shape :math:`(M, F)`.
        judge: Holds the galaxies that were held out.
        settings: Sizes and schedules.
        seeds: One for each member; a single member sees the catalogue itself, not a bootstrap.
        clock: From the number of a member to its clock, when it begins.
        control: Hears of the progress of all together.
        watch: Told of each frame of each member.
        checkpoints: Folder of checkpoints; those that are there are gone on from.
    """
    found = []
    tilts = draw_tilts(len(seeds), settings.shift, settings.stretch, seeds[0])
    for place, seed in enumerate(seeds):
        sample = data
        if len(seeds) > 1:
            generator = Generator().manual_seed(seed + 77)
            sample = data[torch.randint(len(data), (len(data),), generator=generator)]
        own = settings.of_member(place, len(seeds))
        tilt = tilts[place] if len(seeds) > 1 else None
        fit = FlowFit(survey, features, sample, own, seed, tilt)
        part = None if control is None else _Part(control, place, len(seeds))
        file = None if checkpoints is None else checkpoints / f"member{place}.pt"
        member = fit.run(clock(place), part, watch, file)
        entropy = fit.frames[-1].entropy if fit.frames else float("nan")
        found.append(
            Fitted(
                member, seed, judge.distance(member), fit.step, fit.skipped, entropy, fit.film()
            )
        )
    return found


class _Part:
    """One fit of several, as whoever waits for all of them sees it."""

    def __init__(self, control: Control, place: int, count: int) -> None:
        self._control, self._place, self._count = control, place, count

    @property
    def max_draws(self) -> int | None:
        return self._control.max_draws

    def check(self) -> None:
        self._control.check()

    def progress(self, fraction: float) -> None:
        self._control.progress((self._place + fraction) / self._count)
