r"""A user's table as the real side of an adaptation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from astroviz.io.errors import TableError
from astroviz.io.observations import Observations, State
from astroviz.stars.adaptation_labels import Labels
from astroviz.stars.adaptation_pairs import RealStars
from astroviz.stars.adaptation_scores import SHOWN, truths
from astroviz.stars.catalogue import Catalogue
from astroviz.stars.experiment import Experiment
from astroviz.stars.mock_galaxy import MockCatalogue
from astroviz.stars.posterior import Posterior
from astroviz.stars.spectral_inputs import stack_spectra
from astroviz.stars.surveys import QUANTITIES, SURVEYS
from astroviz.stars.topdown import galactic

__all__ = ["FEWEST", "RealTable", "usable_rows"]

FEWEST = 20
"""Rows that an adaptation needs at least."""
_BANDS = slice(1, 16)
_FEWEST_BANDS = 3


@dataclass(frozen=True)
class RealTable:
    r"""Real stars, as a film takes them: see `mock_galaxy.MockCatalogue` for the mock ones.

    Arguments:
        observations: The :math:`N` stars.
        real: The same as the network takes them.
        truth: What is known of `SHOWN`, shape :math:`(N, 5)`; NaN where nothing is.
        truth_errors: Errors of that, zero where nothing is known.
    """

    observations: Observations
    real: RealStars
    truth: np.ndarray
    truth_errors: np.ndarray

    def __len__(self) -> int:
        return len(self.real)

    @property
    def longitude(self) -> np.ndarray:
        """Galactic longitude, degrees; NaN where unknown."""
        return galactic(*self.observations.coordinates.T)[0]

    @property
    def latitude(self) -> np.ndarray:
        """Galactic latitude, degrees."""
        return galactic(*self.observations.coordinates.T)[1]

    @property
    def cluster(self) -> np.ndarray:
        """No star of a user's table is known to be in a cluster."""
        return np.full(len(self), -1)

    def rows(self, index: np.ndarray) -> RealTable:
        """Some of the stars."""
        return RealTable(
            self.observations.select(index), self.real.rows(torch.from_numpy(np.asarray(index))),
            self.truth[index], self.truth_errors[index],
        )  # fmt: skip

    @classmethod
    def of_mock(cls, catalogue: MockCatalogue) -> RealTable:
        """A mock catalogue that plays nature, all of its truths known."""
        known = truths(catalogue.stars)
        real = RealStars.of_mock(catalogue)
        return cls(catalogue.observations, real, known, np.zeros_like(known))

    @classmethod
    def of(cls, experiment: Experiment, observations: Observations, labels: Labels) -> RealTable:
        """The stars of a table with what is known of them."""
        n = len(observations)
        truth, errors = np.full((n, len(SHOWN)), np.nan), np.zeros((n, len(SHOWN)))
        for k, parameter in enumerate(SHOWN):
            if parameter.name in labels.values:
                truth[:, k] = labels.values[parameter.name]
                errors[:, k] = np.nan_to_num(labels.errors[parameter.name])
        return cls(observations, real_stars(experiment, observations), truth, errors)


def real_stars(experiment: Experiment, observations: Observations) -> RealStars:
    """A table as the network takes it, missing errors filled from the error law."""
    model = experiment.model()
    requests = [Posterior(model, observations, k).request(1) for k in range(len(observations))]
    columns = [
        torch.from_numpy(np.stack([request.inputs[name] for request in requests]))
        for name in ("values", "errors", "states")
    ]
    states = columns[2].clone()
    states[:, 16:] = int(State.IGNORED)  # labels are what pairs are made of
    return RealStars(columns[0].float(), columns[1].float(), states, stack_spectra(requests))


def usable_rows(catalogue: Catalogue) -> tuple[np.ndarray, tuple[str, ...]]:
    r"""Rows that an adaptation can use, and sentences about the rest.

    Raises:
        TableError: no overlap in bands, or too few rows.
    """
    observations = catalogue.observations
    seen = (observations.used & np.isfinite(observations.values))[:, _BANDS]
    own = [quantity.survey for quantity in QUANTITIES[_BANDS]]
    surveys = {
        name: bool(seen[:, [k for k, survey in enumerate(own) if survey == name]].any())
        for name in SURVEYS[:4]
    }
    if not any(surveys.values()):
        bands = ", ".join(q.label for q in QUANTITIES[_BANDS])
        raise TableError(
            "the table and the simulator have no band in common: there is no magnitude of any of "
            f"{bands}. Map the table's columns to these bands."
        )
    rows = np.flatnonzero(seen.sum(1) >= _FEWEST_BANDS)
    if len(rows) < FEWEST:
        raise TableError(
            f"{len(rows)} of {len(observations)} rows have {_FEWEST_BANDS} magnitudes or more; "
            f"an adaptation needs at least {FEWEST}. Give a longer table."
        )
    notes = [f"No star has a magnitude of {name}: that part of the network is not adapted."
             for name, there in surveys.items() if not there]  # fmt: skip
    if lost := len(observations) - len(rows):
        notes.append(f"{lost} rows have fewer than {_FEWEST_BANDS} magnitudes and are left out.")
    return rows, tuple(notes)
