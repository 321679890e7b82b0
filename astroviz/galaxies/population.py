r"""A fitted population: draws of it, its density, what it was fitted with and how well.

It is a mixture of the ensemble's flows in equal parts. Draws are of all galaxies of the volume
that the prior reaches; `selected=True` gives those that the survey would list.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Generator, Tensor

from astroviz.core.draws import Draws
from astroviz.galaxies.features import Features
from astroviz.galaxies.film import Film
from astroviz.galaxies.fitting import Survey, View
from astroviz.galaxies.member import Member
from astroviz.galaxies.parameters import (
    DERIVED,
    DERIVED_UNITS,
    PARAMETERS,
    UNITS,
    GalaxyError,
)
from astroviz.galaxies.priors import PopulationPrior

if TYPE_CHECKING:
    from astroviz.galaxies.noise_model import NoiseModel
    from astroviz.galaxies.relation import Relation
    from astroviz.galaxies.selection import Selection

__all__ = ["Population"]

_CHUNK = 20_000
_MOST_TRIES = 200  # chunks without enough galaxies that the survey keeps


class Population:
    r"""The population of a catalogue.

    Arguments:
        members: Flows of the ensemble.
        survey: The forward model that they were fitted through.
        features: What was compared.
        report: Figures of the fit: `features` (KS of each beside the prior's), `distance` (sliced
            and Sinkhorn, floors and the prior's), `members`, `gain` (bits), `seconds`, ...
        film: What was seen of the fit of the first member.
        name: A name to show.
    """

    def __init__(
        self,
        members: Sequence[Member],
        survey: Survey,
        features: Features,
        report: Mapping[str, Any] | None = None,
        film: Film | None = None,
        name: str = "population",
    ) -> None:
        if not members:
            raise GalaxyError("a population needs one flow at least")
        self.members = [member.eval().requires_grad_(False) for member in members]
        self.survey, self.features, self.film, self.name = survey, features, film, name
        self.report: dict[str, Any] = dict(report or {})

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands of the catalogue."""
        return self.survey.bands

    @property
    def prior(self) -> PopulationPrior:
        """What was believed before."""
        return self.survey.prior

    @property
    def synthesis(self) -> Any:
        """From parameters to light."""
        return self.survey.synthesis

    @property
    def noise(self) -> NoiseModel:
        """Noise of the catalogue."""
        return self.survey.noise

    @property
    def selection(self) -> Selection | None:
        """Which galaxies are in the catalogue; None for all."""
        return self.survey.selection

    @property
    def zero_points(self) -> dict[str, float]:
        """Observed minus modelled magnitude of each band, mean of the members, mag."""
        mean = torch.stack([member.zero_points for member in self.members]).mean(0)
        return dict(zip(self.bands, map(float, mean), strict=True))

    def sample(
        self, n: int, seed: int = 0, selected: bool = False, member: int | None = None
    ) -> Draws:
        r"""Draws of galaxies.

        Arguments:
            n: How many.
            seed: Of the draws.
            selected: Those that the survey would list.
            member: Of one flow of the ensemble; of all in equal parts by default.

        Returns:
            `PARAMETERS`, `DERIVED` and magnitudes without noise in `bands`. Extras: `member`, the
            flow of each draw, and `kept`, its chance to be in the catalogue.
        """
        if n < 1:
            raise GalaxyError(f"the number of draws must be positive, not {n}")
        if member is not None and not 0 <= member < len(self.members):
            raise GalaxyError(f"no member {member}: there are {len(self.members)}, from 0")
        chosen = range(len(self.members)) if member is None else [member]
        parts = []
        for place, which in enumerate(chosen):
            size = n // len(chosen) + (place < n % len(chosen))
            generator = Generator().manual_seed(seed * 1009 + which)
            parts += [(which, *part) for part in self._some(which, size, generator, selected)]
        values = np.concatenate([part[1] for part in parts])
        extras = {
            "member": np.concatenate([np.full(len(p[1]), p[0], np.int16) for p in parts]),
            "kept": np.concatenate([part[2] for part in parts]),
        }
        names = (*PARAMETERS, *DERIVED, *self.bands)
        units = (*UNITS.values(), *DERIVED_UNITS.values(), *("mag" for _ in self.bands))
        return Draws(values, names, units, seed, extras)

    def coordinates(self, n: int, seed: int = 0, member: int = 0) -> Tensor:
        r"""Draws of one flow where its own prior, tilted or not, is normal, :math:`(n, 11)`."""
        u = torch.randn(n, len(PARAMETERS), generator=Generator().manual_seed(seed))
        with torch.no_grad():
            found: Tensor = self.members[member].flow(u)[0]
        return found

    def observe(self, theta: Tensor, seed: int = 0, member: int = 0) -> View:
        r"""What the survey sees of galaxies, zero points of a member included.

        Arguments:
            theta: Parameters, shape :math:`(N, 11)`.
            seed: Of the noise.
            member: Whose zero points.
        """
        with torch.no_grad():
            return self.survey.look(
                theta, Generator().manual_seed(seed), 1.0, self.members[member].zero_points
            )

    def log_prob(self, theta: Tensor) -> Tensor:
        r"""Log density of parameters in the population before any selection.

        Arguments:
            theta: Order and units of `PARAMETERS`, shape :math:`(N, 11)` or :math:`(11,)`.

        Returns:
            Shape :math:`(N,)`; minus infinity outside the prior's range.
        """
        single = theta.ndim == 1
        given = torch.atleast_2d(theta).float()
        with torch.no_grad():
            found = torch.cat([self._density(part) for part in given.split(_CHUNK)])
        return found[0] if single else found

    def relations(self, n: int = 50_000, seed: int = 0) -> dict[str, Relation]:
        r"""Scaling relations with the ensemble's bands; see `relations.all_relations`.

        Arguments:
            n: Draws of each member.
            seed: Of the draws.
        """
        from astroviz.galaxies.relations import all_relations

        draws = [self.sample(n, seed, member=k) for k in range(len(self.members))]
        kept = None if self.selection is None else [one.extras["kept"] for one in draws]
        return all_relations(draws, kept=kept)

    def save(self, path: Path | str) -> Path:
        """Write the population into a folder, which `Population.load` reads; gives its path."""
        from astroviz.galaxies.population_files import write_population

        return write_population(self, Path(path))

    @classmethod
    def load(cls, path: Path | str) -> Population:
        """Read a population from a folder."""
        from astroviz.galaxies.population_files import read_population

        return read_population(Path(path))

    def _some(
        self, which: int, size: int, generator: Generator, selected: bool
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Values and chances of draws of one flow, in chunks."""
        member, parts, count, tries = self.members[which], [], 0, 0
        while count < size:
            number = min(_CHUNK, size - count)
            with torch.no_grad():
                u = torch.randn(_CHUNK if selected else number, len(PARAMETERS),
                                generator=generator)  # fmt: skip
                theta = self.prior.to_parameters(member(u)[0])
                light = self.synthesis.magnitudes(theta, self.bands)
                kept = self._kept(light, member.zero_points, generator)
                if selected:
                    lucky = torch.rand(len(kept), generator=generator) < kept
                    theta, light, kept = (one[lucky][:number] for one in (theta, light, kept))
                derived = self.synthesis.derived(theta) if len(theta) else {}
            if len(theta):
                rows = [theta, *(derived[name][:, None] for name in DERIVED), light]
                parts.append((torch.cat(rows, -1).numpy(), kept.numpy()))
            count, tries = count + len(theta), tries + 1
            if selected and tries >= _MOST_TRIES and count < tries:
                raise GalaxyError("the selection keeps hardly any galaxy of this population")
        return parts

    def _kept(self, light: Tensor, shift: Tensor, generator: Generator) -> Tensor:
        if not self.selection:
            return torch.ones(len(light))
        observed, errors = self.noise.observe(light + shift, generator)
        return self.selection.weights(observed, errors)

    def _density(self, theta: Tensor) -> Tensor:
        x = self.prior.to_normal(theta)
        each = torch.stack([member.log_prob(x) for member in self.members])
        mixture = torch.logsumexp(each, 0) - math.log(len(self.members))
        found = mixture - self.prior.log_slopes(x, theta)
        return torch.where(self.prior.inside(theta), found, -torch.inf)
