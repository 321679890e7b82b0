r"""The stars of an adaptation, and the batches that are drawn from them."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from astroviz.io.observations import State
from astroviz.stars.adaptation_pairs import Pairs, RealStars
from astroviz.stars.batches import Batch
from astroviz.stars.features import N_PARAMETERS, Tokens
from astroviz.stars.lookalikes import learn_offsets, moved
from astroviz.stars.mock_batches import batch_of, tokens_of
from astroviz.stars.mock_galaxy import MockCatalogue
from astroviz.stars.spectral_features import SpectralNumbers
from astroviz.stars.surveys import QUANTITIES, SURVEYS

__all__ = ["AdaptationSets"]

_EXTRA_NOISE = 1.0  # at most so many times the reported error is added to a member of a pair
_LOST_SURVEY = 0.15
_MOVED = 8000  # simulated stars that are moved
_R_V = 4
_BANDS = slice(1, 16)


@dataclass
class AdaptationSets:
    r"""What an adaptation draws its batches from.

    Arguments:
        simulated: A catalogue of the simulator.
        real: Real stars.
        pairs: Pairs among them, if any.
        weights: Weight of each simulated star that makes the simulated population like the real
            one, shape :math:`(N,)`; see `prior_shift`. Used by arms with a guard.
    """

    simulated_stars: MockCatalogue
    real: RealStars
    pairs: Pairs | None = None
    weights: Tensor | None = None
    _moves: dict[int, tuple[Tensor, Tensor, Tensor]] = field(default_factory=dict, repr=False)

    def simulated(
        self, generator: torch.Generator, n: int, guard: bool = False
    ) -> tuple[Batch, Tensor | None]:
        """A batch of simulated stars, and their weights in the alignment if it is guarded."""
        rows = torch.randint(len(self.simulated_stars), (n,), generator=generator)
        weights = self.weights[rows] if guard and self.weights is not None else None
        return batch_of(self.simulated_stars, rows), weights

    def simulated_tokens(self, generator: torch.Generator, n: int) -> Tokens:
        """Some simulated stars."""
        rows = torch.randint(len(self.simulated_stars), (n,), generator=generator)
        return tokens_of(self.simulated_stars, rows)

    def floored(self, generator: torch.Generator, n: int, floor: float) -> Batch:
        """A batch of simulated stars with more noise, said in their errors."""
        rows = torch.randint(len(self.simulated_stars), (n,), generator=generator)
        batch = batch_of(self.simulated_stars, rows)
        stars = RealStars.of_mock(self.simulated_stars).rows(rows)
        values = stars.values.clone()
        seen = stars.states[:, _BANDS] == int(State.OBSERVED)
        noise = floor * torch.randn(seen.shape, generator=generator)
        values[:, _BANDS] += torch.where(seen, noise, torch.zeros(()))
        noisy = RealStars(values, stars.errors, stars.states, stars.spectra)
        return Batch(noisy.tokens(floor), batch.z, batch.classes, batch.given, None)

    def real_tokens(self, generator: torch.Generator, n: int) -> Tokens:
        """Some real stars, without labels."""
        rows = torch.randint(len(self.real), (min(n, max(len(self.real), 2)),),
                             generator=generator)  # fmt: skip
        return self.real.rows(rows).tokens()

    def pair_batch(self, generator: torch.Generator, pairs: int, n: int) -> tuple[Batch, Batch]:
        r"""Real members of pairs, and their twins.

        The real members are seen through more noise and without some survey, differently each
        time: the parameters stay what they are, and a few pairs say more.
        """
        if self.pairs is None or len(self.pairs) == 0:
            raise ValueError("there are no pairs to learn from: give labels, or adapt without")
        many, few = min(pairs, len(self.pairs)), self.pairs.z.shape[1]
        chosen = torch.randint(many, (n,), generator=generator)
        which = torch.randint(few, (n,), generator=generator)
        z, disk = self.pairs.z[chosen, which], self.pairs.disk[chosen, which].long()
        seed = int(torch.randint(2**31, (1,), generator=generator))
        found = []
        for side in (self.real.rows(self.pairs.rows[chosen]),
                     self.pairs.twins.rows(chosen * few + which)):  # fmt: skip
            # the same surveys are lost on both sides
            stars = _worn(side, torch.Generator().manual_seed(seed))
            given = torch.zeros(n, N_PARAMETERS, dtype=torch.bool)
            found.append(Batch(stars.tokens(), z, disk, given, None))
        return found[0], found[1]

    def lookalikes(self, generator: torch.Generator, pairs: int, n: int) -> Batch:
        """Simulated stars moved to where real ones are, as the first pairs say."""
        if self.pairs is None or len(self.pairs) == 0:
            raise ValueError("there are no pairs to learn from: give labels, or adapt without")
        if pairs not in self._moves:
            self._moves[pairs] = self._learn_moves(pairs)
        r_v, mean, sd = self._moves[pairs]
        rows = torch.randint(len(r_v), (n,), generator=generator)
        batch = batch_of(self.simulated_stars, rows)
        stars = RealStars.of_mock(self.simulated_stars).rows(rows)
        z = batch.z.clone()
        z[:, _R_V] = r_v[rows]
        found = moved(stars, mean[rows], sd[rows], generator)
        return Batch(found.tokens(), z, batch.classes, batch.given, None)

    def _learn_moves(self, pairs: int) -> tuple[Tensor, Tensor, Tensor]:
        """R_V, mean and standard deviation of the move of some of the simulated stars."""
        assert self.pairs is not None
        offsets = learn_offsets(
            self.real, self.pairs, pairs, self.simulated_stars.domain.open_physics()
        )
        n = min(len(self.simulated_stars), _MOVED)
        r_v = offsets.draw_r_v(n, torch.Generator().manual_seed(pairs))
        parts = [offsets.table(self.simulated_stars.stars.z[rows], r_v[rows])
                 for rows in torch.arange(n).split(1000)]  # fmt: skip
        mean, sd = (torch.cat(column) for column in zip(*parts, strict=True))
        return r_v, mean, sd


_SURVEY = torch.tensor([SURVEYS.index(quantity.survey) for quantity in QUANTITIES])


def _worn(stars: RealStars, generator: torch.Generator) -> RealStars:
    """With more noise, said in the errors, and without some of the surveys."""
    n = len(stars)
    extra = _EXTRA_NOISE * torch.rand(n, 1, generator=generator)
    noise = extra * stars.errors * torch.randn(stars.values.shape, generator=generator)
    seen = stars.states == int(State.OBSERVED)
    values = torch.where(seen, stars.values + noise, stars.values)
    lost = (torch.rand(n, len(SURVEYS), generator=generator) < _LOST_SURVEY)[:, _SURVEY]
    states = torch.where(lost, torch.tensor(int(State.IGNORED)).to(stars.states), stars.states)
    dark = torch.rand(n, 1, generator=generator) < _LOST_SURVEY
    light = SpectralNumbers(stars.spectra.components, stars.spectra.errors,
                            stars.spectra.seen & ~dark)  # fmt: skip
    return RealStars(values, stars.errors * (1 + extra**2).sqrt(), states, light)
