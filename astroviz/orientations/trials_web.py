r"""Galaxies of fresh boxes, and what the model of the web says of their orientations and looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Control
from astroviz.core.trials import part_sizes
from astroviz.orientations.box import Box
from astroviz.orientations.cosmic_web import make_box
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.law import OrientationLaw
from astroviz.orientations.rotations import random_rotations
from astroviz.orientations.scalars import NAMES, UNITS
from astroviz.orientations.shift import features_of_box
from astroviz.orientations.web_sampler import draw_pairs, draw_rotations, starts

__all__ = ["ENTRIES", "parts"]

ENTRIES = tuple(f"r{row}{column}" for row in (1, 2, 3) for column in (1, 2, 3))
"""Names of the entries of a rotation, row by row; columns are major, middle and minor axis."""

_FIRST_SEED = 30_000  # far from the seeds of training, tests and benchmarks
_SIZE, _GRID = 60.0, 64  # of the resolution of the training boxes
_STEPS = 12
_MOST = 8192


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Galaxies of one fresh box after another, and their posteriors.

    Arguments:
        model: `orientations/web`.
        count: Number of galaxies.
        draws: Draws of each.
        seed: Seed of boxes and draws.
        control: May stop the work; hears of progress.
        case: One of `trials.cases`.
    """
    asked = model.without_messages if case == "alone" else model
    sizes, done, number = part_sizes(count), 0, 0
    while done < count:
        place = _Place(asked, seed, number, control)
        used = 0
        while sizes and used + sizes[0] <= len(place.order):
            control.check()
            rows = place.order[used : used + sizes[0]]
            used += len(rows)
            done += len(rows)
            yield place.part(rows, draws, case, done - len(rows), control)
            control.progress(done / count)
            sizes.pop(0)
        if not used:  # a box with fewer galaxies than a part: ask for smaller parts
            sizes = part_sizes(count - done, most=max(1, len(place.order) // 2))
        number += 1


class _Place:
    """One box, its true law and what the model makes of it."""

    def __init__(self, model: Any, seed: int, number: int, control: Control) -> None:
        own = _FIRST_SEED + 101 * seed + number
        self.model, self.seed = model, seed
        self.box: Box = make_box(_SIZE, _GRID, own, check=control.check)
        self.generator = torch.Generator().manual_seed(own)
        self.order = torch.randperm(len(self.box.galaxies), generator=self.generator)
        self.law: SymmetricMixture = OrientationLaw().mixture(self.box)
        self.encoded = model.encode(self.box)
        self.features, self.names = features_of_box(self.box)

    def part(
        self, rows: Tensor, draws: int, case: str, first: int, control: Control
    ) -> dict[str, Any]:
        """Some galaxies of the box."""
        if case == "looks":
            found = self._looks(rows, draws, control)
        else:
            found = self._orientations(rows, draws, control)
        galaxies, k = self.box.galaxies, rows.numpy()
        central = np.where(galaxies.central[k], "central", "satellite")
        disky = np.where(galaxies.diskyness[k] > 0.5, "disky", "elliptical")
        return {
            **found,
            "observations": self.features[k],
            "observation_names": self.names,
            "groups": {"kind": central, "shape": disky},
            "places": {
                "x": galaxies.position[k, 0], "y": galaxies.position[k, 1],
                "log stellar mass": galaxies.log_mass[k],
                "log halo mass": self.features[k, list(self.names).index("log halo mass")],
            },
            "place_units": {"x": "Mpc/h", "y": "Mpc/h", "log stellar mass": "log10 solMass",
                            "log halo mass": "log10 solMass/h"},
            "ids": tuple(f"galaxy {first + j + 1}" for j in range(len(k))),
            "model": self.model.name,
            "seed": self.seed,
            "notes": ("Boxes of our own simulator, whose law of orientations is known.",),
        }  # fmt: skip

    def _orientations(self, rows: Tensor, draws: int, control: Control) -> dict[str, Any]:
        law = self._law_of(rows)
        truth = law.sample(1, self.generator)[0]
        many = self.encoded.rows(rows).to(torch.float32).repeat(draws)
        start = random_rotations(len(many), self.generator)
        turned = [
            draw_rotations(self.model.network, many.rows(part), start[part], _STEPS, control.check)
            for part in torch.arange(len(many)).split(_MOST)
        ]
        found = torch.cat(turned).view(len(rows), draws, 3, 3)
        each = SymmetricMixture(
            law.means[:, None], law.sigmas[:, None], law.weights[:, None], law.group
        )
        prior = self.law.sample(1, self.generator)[0]
        return {
            "truths": truth.flatten(1).double().numpy(),
            "draws": found.flatten(2).double().numpy(),
            "names": ENTRIES,
            "units": ("",) * len(ENTRIES),
            "geometry": "rotation",
            "prior": prior.flatten(1).double().numpy(),
            # of the true law given the surroundings: a function of data and orientation
            "log_likelihood": (
                law.log_prob(truth).double().numpy(), each.log_prob(found).double().numpy(),
            ),
        }  # fmt: skip

    def _law_of(self, rows: Tensor) -> SymmetricMixture:
        law = self.law
        return SymmetricMixture(law.means[rows], law.sigmas[rows], law.weights[rows], law.group)

    def _looks(self, rows: Tensor, draws: int, control: Control) -> dict[str, Any]:
        galaxies = self.box.galaxies
        looks = np.stack([getattr(galaxies, name) for name in NAMES], 1)
        many = self.encoded.rows(rows).to(torch.float32).repeat(draws)
        seed = int(torch.randint(2**31, (1,), generator=self.generator))
        (start,) = starts([len(many)], len(NAMES), seed)
        _, found = draw_pairs(
            self.model.network, many, start, steps=_STEPS, check=control.check, most=_MOST
        )
        return {
            "truths": looks[rows.numpy()].astype(float),
            "draws": found.view(len(rows), draws, -1).double().numpy(),
            "names": NAMES,
            "units": UNITS,
            "prior": looks.astype(float),
        }
