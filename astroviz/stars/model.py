r"""A trained model of young stars, and its answers to the engine."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from astropy.table import Table
from torch import Tensor

from astroviz.core.cards import Card
from astroviz.core.draws import Draws
from astroviz.core.registry import load, load_weights
from astroviz.core.request import Chunk, Control, Request
from astroviz.io.convert import from_mapping
from astroviz.io.observations import Observations, Quantity
from astroviz.stars.features import Tokens, featurise
from astroviz.stars.fit import misfits, score
from astroviz.stars.modalities import ModalityEncoder
from astroviz.stars.network import Block, StarsNetwork
from astroviz.stars.novelty import Novelty
from astroviz.stars.parameters import DERIVED, PARAMETERS, Parameter, to_theta
from astroviz.stars.physics import Physics, Star
from astroviz.stars.refine import SMALLEST_CROWD, refine_request
from astroviz.stars.sampler import (
    DEFAULT_STEPS,
    ClassOdds,
    chunk_sizes,
    class_odds,
    flow_draws,
    rows_of,
    seeded_noise,
    stack_inputs,
)
from astroviz.stars.shortcut import DEFAULT_JUMPS
from astroviz.stars.simulator import SimulatedStars, simulate
from astroviz.stars.spectra import star_sed
from astroviz.stars.spectral_columns import is_spectral, spectral_table, with_spectra
from astroviz.stars.spectral_inputs import measured_spectra, stack_spectra
from astroviz.stars.spectral_likelihood import spectral_misfit
from astroviz.stars.spectral_physics import SpectralPhysics
from astroviz.stars.surveys import QUANTITIES

if TYPE_CHECKING:
    from astroviz.stars.adapt import Adapted
    from astroviz.stars.baseline import BaselineModel
    from astroviz.stars.experiment import Experiment
    from astroviz.stars.posterior import Posterior

__all__ = ["Sampler", "StarsModel", "open_model"]

Sampler = Literal["flow", "shortcut"]

_N = len(PARAMETERS)
_NO_SCORES = np.zeros(_N, dtype=np.float32)
_NOTHING_GIVEN = np.zeros(_N, dtype=bool)
COLUMNS = (*PARAMETERS, *DERIVED)
_EXCESS = slice(6, 9)


def open_model(card: Card, device: torch.device) -> StarsModel | BaselineModel | Experiment:
    """Build the model of a card; the registry calls this."""
    config = dict(card.config)
    if config.get("family") == "npe":
        from astroviz.stars.baseline import open_baseline

        return open_baseline(card, device)
    if config.get("family") == "adaptation":
        from astroviz.stars.experiment import open_experiment

        return open_experiment(card, device)
    network = StarsNetwork(**config.get("network", {}))
    weights = load_weights(card, "cpu")
    network.load_state_dict({k: v for k, v in weights.items() if not k.startswith("novelty.")})
    if isinstance(network.encoder, ModalityEncoder):
        network.encoder.real = float(config.get("real", 0.0))
    physics = Physics(**config.get("physics", {}))
    return StarsModel(
        network.eval().to(device), card, physics, device, Novelty.from_tensors(weights)
    )


@dataclass(frozen=True, eq=False)
class StarsModel:
    r"""A trained model of young stars.

    Arguments:
        network: The network.
        card: Its card.
        physics: The physics it was trained on.
        device: Where the network is.
        novelty: Judges how unlike the simulated stars a star is, by its context; None to judge
            by how well draws reproduce the photometry.
    """

    network: StarsNetwork
    card: Card
    physics: Physics = field(default_factory=Physics)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    novelty: Novelty | None = None

    parameters: tuple[Parameter, ...] = PARAMETERS
    derived: tuple[Parameter, ...] = DERIVED
    quantities: tuple[Quantity, ...] = QUANTITIES

    @property
    def adapted(self) -> bool:
        """Whether it belongs to the experiment on adaptation."""
        return isinstance(self.network.encoder, ModalityEncoder)

    @property
    def can_refine(self) -> bool:
        """Whether its simulator has a likelihood that is right: see `Posterior.request`."""
        return not self.adapted

    @property
    def name(self) -> str:
        """Name in `astroviz.load`."""
        return self.card.name

    @property
    def samplers(self) -> tuple[Sampler, ...]:
        """Names of the samplers that this model has."""
        return ("flow",) if self.network.shortcut is None else ("flow", "shortcut")

    def steps_of(self, sampler: str) -> int:
        """The usual number of steps of a sampler; ValueError if the model has no such sampler."""
        if sampler not in self.samplers:
            names = ", ".join(self.samplers)
            raise ValueError(f"{self.name} has no sampler {sampler!r}; there is {names}")
        return DEFAULT_JUMPS if sampler == "shortcut" else DEFAULT_STEPS

    @cached_property
    def _siblings(self) -> dict[str, StarsModel]:
        """Models that were opened for questions that this one cannot answer, by name."""
        return {}

    def _sibling(self, name: str) -> StarsModel:
        if name not in self._siblings:
            opened: StarsModel = load(name, self.device)
            opened.__dict__["_siblings"] = self._siblings
            self._siblings[name] = opened
        return self._siblings[name]

    def joint(self, dependency: str = "dense") -> StarsModel:
        """The model of any conditional under a dependency mask, opened once for all who ask."""
        dense = self._sibling("stars/joint")
        if dependency == "dense":
            return dense
        name = f"{dense.card.name} ({dependency})"
        if name not in self._siblings:
            network = copy.deepcopy(dense.network)
            network.encoder.listen(dependency)
            found = replace(dense, network=network, card=replace(dense.card, name=name))
            found.__dict__["_siblings"] = self._siblings
            self._siblings[name] = found
        return self._siblings[name]

    def observe(self, row: Any) -> Observations:
        """One star from a mapping, a table row or a pandas Series."""
        if isinstance(row, Observations):
            return row
        if hasattr(row, "colnames"):  # astropy Row, or a Table of one row
            row = row[0] if isinstance(row, Table) else row
            row = {name: row[name] for name in row.colnames}
        elif hasattr(row, "to_dict"):
            row = row.to_dict()
        if not isinstance(row, Mapping):
            raise TypeError(f"a star is a mapping or a table row, not {type(row).__name__}")
        numbers = {name: value for name, value in row.items() if not is_spectral(str(name))}
        light = spectral_table(row)
        return self.read_spectra(light, from_mapping(numbers, self.quantities))

    def read_spectra(self, table: Table, observations: Observations) -> Observations:
        """Observations with the spectra among the columns of their table."""
        return with_spectra(table, observations) if len(table.colnames) else observations

    @property
    def reads_spectra(self) -> bool:
        """Whether the network has encoders of spectra."""
        return self.network.encoder.spectra is not None

    def spectral(self) -> StarsModel:
        """The model that answers for stars with spectra, opened once for all who ask."""
        return self if self.reads_spectra else self._sibling("stars/spectra")

    def posterior(self, row: Any, index: int = 0) -> Posterior:
        r"""The posterior of a star.

        Arguments:
            row: Mapping of names to values (`g`, `g_error`, `g_state`, ...), an astropy Row, a
                pandas Series, or `Observations`.
            index: Which row of `Observations`.

        A star with a spectrum is answered by `stars/spectra`.
        """
        from astroviz.stars.posterior import Posterior  # which needs this module

        observations = self.observe(row)
        model = self.spectral() if observations.spectra_of(index) else self
        return Posterior(model, observations, index)

    def prior(self, n: int, seed: int = 0) -> Draws:
        """Draws from the prior of young stars, derived columns included; disks in every draw."""
        generator = torch.Generator().manual_seed(seed)
        stars = simulate(n, generator, self.physics, (0.0, 1.0, 0.0, 0.0))
        return self.draws(self._columns_of(stars.z, torch.ones(n, dtype=torch.bool)), seed)

    def simulate(self, n: int, seed: int = 0, **settings: Any) -> SimulatedStars:
        """A catalogue from the simulator; settings as in `simulator.simulate`."""
        return simulate(n, torch.Generator().manual_seed(seed), self.physics, **settings)

    def predict(self, draws: Draws | np.ndarray) -> np.ndarray:
        r"""Model magnitudes of each draw, without companion and accretion, (n, 15), Vega mag."""
        theta, disk = _theta_of(draws)
        mag, _ = self.physics.magnitudes(theta, disk)
        return mag.numpy()

    def sed(self, theta: Sequence[float] | np.ndarray, disk: bool | None = None) -> dict[str, Any]:
        """Spectrum of one star with and without dust and disk; see `spectra.star_sed`."""
        return star_sed(np.asarray(theta), self.physics, disk)

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Truths and draws for `accuracy.report.verdicts`; see `checks.checks`."""
        from astroviz.stars.checks import checks

        if self.adapted:
            from astroviz.stars.adaptation_checks import adapted_checks

            return adapted_checks(self, seed, quick)
        return checks(self, seed, quick)

    def adapt(
        self,
        table: Any,
        pairs: Any = None,
        budget: str | float = "5m",
        seed: int = 0,
        **options: Any,
    ) -> Adapted:
        """Adapt the experiment's network to a table; see `adapt.adapt`."""
        from astroviz.stars.adapt import adapt

        return adapt(table, pairs, budget, seed, **options)

    def draws(self, values: np.ndarray, seed: int, **extras: np.ndarray) -> Draws:
        """Wrap an array whose columns are the parameters and derived quantities."""
        names, units = self.columns(None)
        return Draws(values, names, units, seed, extras)

    # -- what the engine calls ------------------------------------------------------------------

    def columns(self, request: Request | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the columns of draws."""
        return tuple(p.name for p in COLUMNS), tuple(p.unit for p in COLUMNS)

    def batch_key(self, request: Request) -> Hashable:
        """Requests for the same number of draws and steps run together, exact ones alone."""
        alone = id(request) if _sweeps(request) else None
        return (self.name, id(self), request.n, *_sampler(request), alone)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer requests of one batch key together."""
        if _sweeps(requests[0]):
            for request in requests:
                yield [self._draw_refined(request, control)]
            return
        for scores, disk, constants in self._flow(requests, requests[0].n, control):
            yield self._chunks(requests, scores, disk, constants)

    def _draw_refined(self, request: Request, control: Control) -> Chunk:
        """Exact draws: the flow's, moved by `refine`; a crowd of some hundreds even for a few."""
        count = max(request.n, SMALLEST_CROWD)
        z, disk, constants = self.scores(request, count, control, share=0.1)
        with torch.inference_mode():
            z, disk = refine_request(request, z, disk, self.physics, _sweeps(request), control)
        constants |= {"refined": np.array(1.0, dtype=np.float32)}
        if request.options.get("disk") is None:
            constants["p_disk"] = disk.float().mean().numpy()
        # walkers of one crowd are exchangeable: the first n are as good as any
        few = slice(None, request.n)
        return self._chunks([request], [z[few]], [disk[few]], [constants])[0]

    def scores(
        self, request: Request, n: int, control: Control, share: float = 1.0
    ) -> tuple[Tensor, Tensor, dict[str, np.ndarray]]:
        r"""Draws of one star before they become parameters.

        Arguments:
            request: The question.
            n: Number of draws.
            control: Told of progress; may stop the work.
            share: Part of the work that this is.

        Returns:
            Normal scores, shape :math:`(n, 9)`, disk flags, shape :math:`(n,)`, and constants.
        """
        parts = list(self._flow([request], n, control, share))
        z = torch.cat([scores[0] for scores, _, _ in parts])
        return z, torch.cat([flags[0] for _, flags, _ in parts]), dict(parts[0][2][0])

    def _flow(
        self, requests: Sequence[Request], n: int, control: Control, share: float = 1.0
    ) -> Iterator[tuple[list[Tensor], list[Tensor], list[dict[str, np.ndarray]]]]:
        """Normal scores, disk flags and constants of each star, part by part."""
        sampler, steps = _sampler(requests[0])
        sizes = chunk_sizes(n)
        noises = [seeded_noise(request, sizes) for request in requests]
        with torch.inference_mode():
            context, tokens, given = self._encode(requests)
            odds = self._odds(context, requests)
            blocks = self._blocks(context, tokens, given)
        known = stack_inputs(requests, "z", _NO_SCORES).float()
        constants = [_constants(odds, row) for row in range(len(requests))]
        for k, size in enumerate(sizes):
            control.check()
            parts = [next(noise) for noise in noises]
            disk = [uniform < _disk_chance(request, odds, row)
                    for row, (request, (_, uniform)) in enumerate(zip(requests, parts,
                                                                      strict=True))]  # fmt: skip
            with torch.inference_mode():
                scores = flow_draws(
                    self.network, blocks, [normal.to(self.device) for normal, _ in parts],
                    [flags.to(self.device) for flags in disk], steps, control,
                    shortcut=sampler == "shortcut",
                )  # fmt: skip
            control.progress(share * (sum(sizes[:k]) + size) / n)
            yield (
                [torch.where(given[row].cpu(), known[row], scores[row].cpu())
                 for row in range(len(requests))],
                disk, constants,
            )  # fmt: skip

    def _chunks(
        self,
        requests: Sequence[Request],
        scores: list[Tensor],
        disk: list[Tensor],
        constants: list[dict[str, np.ndarray]],
    ) -> list[Chunk]:
        """Draws as the engine hands them on; the first part of an answer is scored."""
        z, flags = torch.stack(scores), torch.stack(disk)
        values = self._columns_together(z, flags)
        if "ood_score" not in constants[0]:
            found = self._scores(requests, values, flags)
            for row, score_of_row in enumerate(found):
                constants[row]["ood_score"] = score_of_row
        extras = flags.numpy().astype(np.float32)
        return [
            Chunk(values[row], {"disk": extras[row]}, constants[row])
            for row in range(len(requests))
        ]

    def _columns_together(self, z: Tensor, disk: Tensor) -> list[np.ndarray]:
        """`_columns_of` for stars of equally many draws, (N, n, 9): one pass for all of them."""
        many, n = disk.shape
        theta = to_theta(z.flatten(0, 1))
        star = self.physics.evolve(theta[:, 0], theta[:, 1])
        flat = _table(theta, star, disk.flatten()).reshape(many, n, -1)
        valid = star.valid.view(many, n)
        # a draw outside the tracks is replaced by one of the same star
        return [
            flat[row] if good else self._columns_of(z[row], disk[row], repair=True)
            for row, good in enumerate(valid.all(1).tolist())
        ]

    def _encode(self, requests: Sequence[Request]) -> tuple[Tensor, Tokens, Tensor]:
        blank = np.zeros(len(QUANTITIES))
        values, errors, states = (
            stack_inputs(requests, name, blank) for name in ("values", "errors", "states")
        )
        given = stack_inputs(requests, "given", _NOTHING_GIVEN)
        z = stack_inputs(requests, "z", _NO_SCORES).float()
        light = stack_spectra(requests) if self.reads_spectra else None
        tokens = rows_of(
            featurise(values.float(), errors.float(), states, z, given, light), self.device
        )
        return self.network.encoder(tokens), tokens, given.to(self.device)

    def _odds(self, context: Tensor, requests: Sequence[Request]) -> ClassOdds:
        prior = torch.tensor([_number(r, "prior_odds", 1.0) for r in requests])
        return class_odds(self.network.classes(context), prior.to(context))

    def _blocks(self, context: Tensor, tokens: Tokens, given: Tensor) -> tuple[Block, Block]:
        disk = torch.ones(len(context), dtype=torch.bool, device=context.device)
        return (
            self.network.parameters_block(context, tokens, ~disk, given),
            self.network.parameters_block(context, tokens, disk, given),
        )

    def _columns_of(self, z: Tensor, disk: Tensor, repair: bool = False) -> np.ndarray:
        r"""Parameters and derived quantities, shape (n, 13); no excess without a disk.

        The tracks do not fill the whole box of ages and masses; the few draws outside are
        replaced by the draws before them (`repair`).
        """
        theta = to_theta(z)
        star = self.physics.evolve(theta[:, 0], theta[:, 1])
        if repair and not star.valid.all() and star.valid.any():
            inside = star.valid.nonzero()[:, 0]
            order = torch.arange(len(theta))
            before = (torch.searchsorted(inside, order, right=True) - 1).clamp(min=0)
            pick = torch.where(star.valid, order, inside[before])
            theta = torch.cat([theta[pick, :6], theta[:, _EXCESS]], -1)
            star = self.physics.evolve(theta[:, 0], theta[:, 1])
        return _table(theta, star, disk)

    def _scores(
        self, requests: Sequence[Request], values: list[np.ndarray], disk: Tensor
    ) -> list[np.ndarray]:
        """How badly the best draws of each star miss its data; above 1 is worse than training."""
        if self.novelty is not None:
            with torch.inference_mode():
                found = self.novelty.score(self._encode(requests)[0])
            return [np.array(value, dtype=np.float32) for value in found.tolist()]
        limits = self.card.config.get("misfit_limits")
        if not limits:
            return [np.array(0.0, dtype=np.float32) for _ in requests]
        theta = torch.from_numpy(np.nan_to_num(np.stack(values)[..., :_N]))
        blank = np.zeros(len(QUANTITIES))
        seen, errors, states = (
            stack_inputs(requests, name, blank) for name in ("values", "errors", "states")
        )
        misfit, numbers = misfits(theta, disk, seen.float(), errors.float(), states, self.physics)
        levels = self.card.config.get("spectral_limits", {})
        scores = []
        for row, request in enumerate(requests):
            parts = [score(float(misfit[row]), int(numbers[row]), list(limits))]
            for measured in measured_spectra(request.inputs):
                light = spectral_misfit(measured, self._light, theta[row], disk[row])
                parts.append(min(light / levels.get(measured.one.name, np.inf), 1e6))
            scores.append(np.array(max(parts), dtype=np.float32))
        return scores

    @cached_property
    def _light(self) -> SpectralPhysics:
        return SpectralPhysics(self.physics)


def _table(theta: Tensor, star: Star, disk: Tensor) -> np.ndarray:
    """Parameters and derived quantities, shape (n, 13); no excess without a disk."""
    derived = torch.stack([10**star.log_teff, star.logg, star.log_lum, 10**star.log_radius], -1)
    theta = theta.clone()
    theta[:, _EXCESS] = torch.where(disk[:, None], theta[:, _EXCESS], torch.nan)
    return torch.cat([theta, derived], -1).numpy().astype(np.float32)


def _sweeps(request: Request) -> int:
    return int(_number(request, "refine", 0))


def _sampler(request: Request) -> tuple[str, int]:
    """Which sampler is asked for, and its number of steps."""
    sampler = str(request.options.get("sampler", "flow"))
    usual = DEFAULT_JUMPS if sampler == "shortcut" else DEFAULT_STEPS
    return sampler, int(str(request.options.get("steps", usual)))


def _number(request: Request, name: str, fallback: float) -> float:
    return float(str(request.options.get(name, fallback)))


def _disk_chance(request: Request, odds: ClassOdds, row: int) -> float:
    """Chance of a disk: from the data, unless the request says with or without."""
    assumed = request.options.get("disk")
    return float(odds.disk[row]) if assumed is None else float(bool(assumed)) * 2 - 0.5


def _constants(odds: ClassOdds, row: int) -> dict[str, np.ndarray]:
    return {
        "p_young": np.array(float(odds.young[row]), dtype=np.float32),
        "p_disk": np.array(float(odds.disk[row]), dtype=np.float32),
        "class_probabilities": odds.probabilities[row].cpu().numpy().astype(np.float32),
    }


def _theta_of(draws: Draws | np.ndarray) -> tuple[Tensor, Tensor]:
    """Parameters and disk flags of draws; a draw without excess has no disk."""
    values = draws.values if isinstance(draws, Draws) else np.asarray(draws, dtype=np.float32)
    theta = torch.from_numpy(np.array(values[:, :_N], dtype=np.float32))
    disk = theta[:, _EXCESS].isfinite().all(-1)
    return theta.nan_to_num(1.0), disk
