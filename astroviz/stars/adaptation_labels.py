r"""What is known of real stars, and pairs made from it.

Few real stars have known ages. Most have a temperature, an extinction, perhaps a luminosity: a
twin is then drawn from the simulated stars that agree with what is known, with probability
proportional to

.. math:: \exp\Big[-\tfrac12 \sum_k \Big(\frac{\theta_k - \ell_k}{\sigma_k}\Big)^2
          - \tfrac12 \Big(\frac{J(\theta, d_\varpi) - J}{0.15}\Big)^2\Big]

over the labels :math:`\ell_k`, and the J magnitude at the distance of the parallax, where the star
has both and no luminosity is given: J is where model atmospheres disagree least. Several twins
stand for what the labels leave open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.io.errors import TableError
from astroviz.io.observations import State
from astroviz.stars.adaptation_pairs import Pairs, RealStars, make_twins
from astroviz.stars.catalogue import Catalogue, open_catalogue
from astroviz.stars.mock_galaxy import MockCatalogue
from astroviz.stars.noise import PARALLAX_ZERO_POINT
from astroviz.stars.parameters import PARAMETERS, to_theta, to_z
from astroviz.stars.physics import Physics

__all__ = ["KNOWN", "Labels", "labels_of", "pairs_from_labels"]

KNOWN = {
    "log_age": 0.15, "log_mass": 0.08, "a_v": 0.25, "effective_temperature": 0.02,
    "log_luminosity": 0.1,
}  # fmt: skip
"""Labels that are used, and the error that is assumed where none is given: dex, mag, and relative
for the temperature."""
_TWINS = 8
_NEAR = 25.0  # chi square beyond which the simulator has no such star
_J, _J_ERROR = 4, 0.15
_PARALLAX_SNR = 5.0
_DISTANCE = [p.name for p in PARAMETERS].index("distance")


@dataclass(frozen=True)
class Labels:
    r"""What is known of :math:`N` real stars.

    Arguments:
        values: Name of a label to values, NaN where unknown, each of shape :math:`(N,)`.
        errors: Their errors, filled in where none was given.
        notes: Sentences about what was done.
    """

    values: Mapping[str, np.ndarray]
    errors: Mapping[str, np.ndarray]
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> np.ndarray:
        """Stars of which enough is known: a temperature, a mass, an age or a luminosity."""
        telling = [v for name, v in self.values.items() if name != "a_v"]
        if not telling:
            return np.empty(0, dtype=np.intp)
        return np.flatnonzero(np.isfinite(np.stack(telling)).any(0))

    def select(self, rows: np.ndarray) -> Labels:
        """What is known of some of the stars."""
        values, errors = ({name: column[rows] for name, column in part.items()}
                          for part in (self.values, self.errors))  # fmt: skip
        return Labels(values, errors, self.notes)


def labels_of(catalogue: Catalogue, other: Any = None) -> Labels:
    r"""Labels among the columns of a table, or of another table matched by identifier.

    Arguments:
        catalogue: The real stars.
        other: A path or table with the same identifiers; the table itself by default.

    Raises:
        TableError: the identifiers do not match, or the other table has no labels.
    """
    n = len(catalogue)
    if other is None:
        return _labels(catalogue, np.arange(n), n, ())
    known = open_catalogue(other, need_one=False)
    place = {str(name).strip(): k for k, name in enumerate(known.observations.identifiers)}
    names = [str(name).strip() for name in catalogue.observations.identifiers]
    row = np.array([place.get(name, -1) for name in names])
    if (row < 0).all():
        raise TableError(
            f"no identifier of the labels is among the {n} stars: the labels have "
            f"{next(iter(place), 'none')!r}, the stars {names[0]!r}. Give both tables the same "
            "column of identifiers."
        )
    lost = len(place) - len({r for r in row if r >= 0})
    notes = (f"{lost} of {len(place)} labelled stars are not in the table.",) if lost else ()
    found = _labels(known, row, n, notes)
    if not found.values:
        raise TableError(
            "the table of labels has no column that is understood as one: give Teff, A_V, "
            "log_age, log_mass or log_luminosity."
        )
    return found


def _labels(known: Catalogue, row: np.ndarray, n: int, notes: tuple[str, ...]) -> Labels:
    values, errors = {}, {}
    for parameter, column, error, label in _columns(known):
        here = np.where(row >= 0, column[row], np.nan)
        if parameter not in KNOWN or parameter in values or not np.isfinite(here).any():
            continue
        usual = np.full(n, KNOWN[parameter])
        if parameter == "effective_temperature":
            usual = usual * here
        own = np.where(row >= 0, error[row], np.nan)
        values[parameter] = here
        errors[parameter] = np.where(np.isfinite(own) & (own > 0), own, usual)
        notes = (*notes, f"{int(np.isfinite(here).sum())} labels from {label}.")
    return Labels(values, errors, notes)


def _columns(known: Catalogue) -> Iterator[tuple[str, np.ndarray, np.ndarray, str]]:
    """Parameter, values, errors and name of what a table knows of its stars."""
    stars = known.observations
    for parameter, quantity in (("effective_temperature", "spec_teff"),
                                ("log_luminosity", "spec_lum")):  # fmt: skip
        k = stars.index(quantity)
        seen = stars.states[:, k] == State.OBSERVED
        yield (parameter, np.where(seen, stars.values[:, k], np.nan), stars.errors[:, k],
               stars.quantities[k].label)  # fmt: skip
    for column in known.literature:
        yield column.parameter, column.values, column.errors, column.label


def pairs_from_labels(
    real: RealStars,
    labels: Labels,
    rows: np.ndarray,
    pool: MockCatalogue,
    physics: Physics,
    seed: int = 0,
) -> tuple[Pairs, int]:
    r"""Pairs of labelled real stars and simulated stars that agree with the labels.

    Arguments:
        real: All real stars.
        labels: What is known of them.
        rows: Which of them become pairs.
        pool: Simulated stars to choose from.
        physics: The simulator's.
        seed: Seed of the choice.

    Returns:
        The pairs, and the number of stars for which the simulator has no such star.

    Raises:
        ValueError: the simulator has no star like any of them.
    """
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.from_numpy(np.asarray(rows))
    gap = _mismatch(real, labels, chosen, pool)
    near = (gap.amin(1) < _NEAR).nonzero()[:, 0]
    if not len(near):
        raise ValueError(
            "the simulator has no stars like the labelled ones: their temperatures, "
            "luminosities or extinctions lie outside of its range (0.12 to 1 solar mass, 1 "
            "to 63 Myr, A_V up to 12 mag)."
        )
    gap, chosen = gap[near], chosen[near]
    odds = (-0.5 * (gap - gap.amin(1, keepdim=True))).exp()
    picks = torch.multinomial(odds, _TWINS, replacement=True, generator=generator)
    z = pool.stars.z[picks].clone()
    disk = pool.stars.classes[picks] == 1
    distance, known = _parallax_distance(real.rows(chosen))
    theta = to_theta(z).double()
    theta[..., _DISTANCE] = torch.where(known[:, None], distance[:, None].double(),
                                        theta[..., _DISTANCE])  # fmt: skip
    z[..., _DISTANCE] = to_z(theta)[..., _DISTANCE].float()
    members = real.rows(chosen.repeat_interleave(_TWINS))
    twins = make_twins(members, z.flatten(0, 1), disk.flatten(), physics, generator)
    return Pairs(chosen, z, disk, twins), len(rows) - len(near)


def _mismatch(real: RealStars, labels: Labels, rows: Tensor, pool: MockCatalogue) -> Tensor:
    """Chi square between labelled stars and simulated ones, shape (P, M)."""
    theta, derived = pool.stars.theta, pool.stars.derived
    names = [p.name for p in PARAMETERS]
    total = torch.zeros(len(rows), len(pool))
    for name, values in labels.values.items():
        column = derived[name] if name in derived else theta[:, names.index(name)]
        here = torch.from_numpy(values)[rows].float()[:, None]
        error = torch.from_numpy(labels.errors[name])[rows].float()[:, None]
        pull = ((column[None] - here) / error) ** 2
        total += torch.where(here.isfinite(), pull, torch.zeros(()))
    if "log_luminosity" in labels.values or "log_age" in labels.values:
        return total
    stars = real.rows(rows)
    distance, near = _parallax_distance(stars)
    seen = near & (stars.states[:, _J] == int(State.OBSERVED))
    moved = 5 * (distance[:, None] / theta[None, :, _DISTANCE]).log10()
    pull = (
        (pool.stars.intrinsic[None, :, _J] + moved - stars.values[:, _J, None]) / _J_ERROR
    ) ** 2
    return total + torch.where(seen[:, None], pull, torch.zeros(()))


def _parallax_distance(stars: RealStars) -> tuple[Tensor, Tensor]:
    """Distance, pc, and whether there is a parallax that gives it."""
    parallax = stars.values[:, 0] - PARALLAX_ZERO_POINT
    good = (stars.states[:, 0] == int(State.OBSERVED)) & (
        parallax > _PARALLAX_SNR * stars.errors[:, 0]
    )
    distance = 1000 / torch.where(good, parallax, torch.full_like(parallax, 5.0))
    return distance.clamp(PARAMETERS[_DISTANCE].lower, PARAMETERS[_DISTANCE].upper), good
