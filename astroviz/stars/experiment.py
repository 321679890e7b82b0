r"""The shipped experiment on adaptation: arms, networks, films, and the stars in them.

One file holds everything: the network that was trained on domain A, what each arm made of it, a
film of each arm over a few hundred stars, and these stars with their truths and positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from astroviz.core.cards import Card
from astroviz.core.registry import load_weights
from astroviz.io.observations import Observations, Quantity
from astroviz.stars.adaptation import Arm
from astroviz.stars.adaptation_film import Cast, Film, Projection
from astroviz.stars.cast_tensors import cast_from_tensors
from astroviz.stars.network import StarsNetwork
from astroviz.stars.novelty import Novelty
from astroviz.stars.parameters import DERIVED, PARAMETERS, Parameter
from astroviz.stars.physics import Physics
from astroviz.stars.surveys import QUANTITIES

if TYPE_CHECKING:
    from astroviz.stars.model import StarsModel

__all__ = ["NONE", "TARGETS", "ArmRecord", "Experiment", "Target", "open_experiment"]

NONE = "none"
"""Name of the arm that adapts nothing: the network as it left the simulator."""


@dataclass(frozen=True)
class Target:
    r"""What plays nature.

    Arguments:
        name: Short name.
        title: Name on screen.
        domain: One of `mock_galaxy.DOMAINS`.
        mix: One of `mock_galaxy.MIXES`.
    """

    name: str
    title: str
    domain: str
    mix: str = "prior"


TARGETS: tuple[Target, ...] = (
    Target("B", "B: another atmosphere, law and dust", "B"),
    Target("C", "C: other tracks, free R_V, dusty disks", "C"),
    Target("B shifted", "B, but young and massive", "B", "young and massive"),
)


@dataclass(frozen=True)
class ArmRecord:
    r"""A shipped arm and what was measured of it.

    Arguments:
        arm: Its settings.
        target: Name of the target it was adapted to; the arm `none` serves all.
        figures: Target name, or `A`, to figures by name; see `Scores.figures`.
        minutes: How long it took.
    """

    arm: Arm
    target: str
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    minutes: float = 0.0

    @property
    def name(self) -> str:
        """Short name."""
        return self.arm.name


@dataclass(frozen=True, eq=False)
class Experiment:
    r"""The experiment as it was shipped.

    Arguments:
        card: Its card.
        tensors: Everything that was stored.
        device: Where networks are put.
    """

    card: Card
    tensors: Mapping[str, Tensor]
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    parameters: tuple[Parameter, ...] = PARAMETERS
    derived: tuple[Parameter, ...] = DERIVED
    quantities: tuple[Quantity, ...] = QUANTITIES

    @property
    def name(self) -> str:
        """Name in `astroviz.load`."""
        return self.card.name

    @cached_property
    def arms(self) -> dict[str, ArmRecord]:
        """All arms by name, the one that adapts nothing first."""
        found = {}
        for entry in self.card.config["arms"]:
            record = ArmRecord(
                Arm(**entry["settings"]), entry["target"], entry.get("figures", {}),
                entry.get("minutes", 0.0),
            )  # fmt: skip
            found[record.name] = record
        return found

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets that are stored."""
        return tuple(t for t in TARGETS if f"cast/{t.name}/z" in self.tensors)

    @cached_property
    def physics(self) -> Physics:
        """The simulator's physics."""
        return Physics(**self.card.config["physics"])

    @cached_property
    def projection(self) -> Projection:
        """The fixed principal axes of the contexts."""
        part = self._part("projection")
        return Projection(part["centre"].float(), part["axes"].float(), float(part["scale"]),
                          part["explained"].double().numpy())  # fmt: skip

    @cached_property
    def _casts(self) -> dict[str, Cast]:
        return {}

    def cast(self, target: str) -> Cast:
        """The stars of the films of a target."""
        if target not in self._casts:
            domain = next(t for t in self.targets if t.name == target)
            self._casts[target] = Cast(
                cast_from_tensors(self._part("cast/A"), "A", "prior"),
                cast_from_tensors(self._part(f"cast/{target}"), domain.domain, domain.mix),
            )
        return self._casts[target]

    def observations(self, target: str) -> Observations:
        """The stars of the films as a table, simulated ones first."""
        cast = self.cast(target)
        return Observations.concatenate([cast.simulated.observations, cast.real.observations])

    def film(self, arm: str, target: str) -> Film:
        """The film of an arm; that of `none` is its first frame."""
        return Film.from_tensors(self._part(f"film/{target}/{arm}"))

    @cached_property
    def _networks(self) -> dict[str, StarsNetwork]:
        return {}

    def network(self, arm: str = NONE) -> StarsNetwork:
        """The network of an arm; its encoder takes the branch of real stars where it has one."""
        if arm not in self._networks:
            network = StarsNetwork(**self.card.config["network"])
            part = self._part(f"network/{arm}")
            state = {k: v.float() for k, v in part.items() if not k.startswith("novelty.")}
            network.load_state_dict(state)
            network.encoder.real = float(self.arms[arm].arm.branch)
            self._networks[arm] = network.eval().to(self.device)
        return self._networks[arm]

    def model(self, arm: str = NONE) -> StarsModel:
        """A network as a model of stars, for the engine: treats every star as a real one."""
        return as_model(self, self.network(arm), arm, self.novelty(arm))

    def novelty(self, arm: str) -> Novelty | None:
        """How unlike the simulated stars a star is to the network of an arm."""
        return Novelty.from_tensors(self._part(f"network/{arm}"))

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Coverage of every arm on fresh stars of its target; see `adaptation_checks`."""
        from astroviz.stars.adaptation_checks import experiment_checks

        return experiment_checks(self, seed, quick)

    def choose(
        self, target: str, pairs: int = 0, transport: bool = False, discrepancy: bool = False,
        floor: bool = False, guard: bool = False,
    ) -> ArmRecord | None:  # fmt: skip
        """The shipped arm of these settings; None where none was trained."""
        for record in self.arms.values():
            arm = record.arm
            adapts = arm.branch or arm.floor > 0
            if adapts and record.target != target:
                continue
            wanted = (pairs, transport, discrepancy, floor, guard and transport)
            if wanted == (arm.pairs, arm.transport > 0, arm.discrepancy > 0, arm.floor > 0,
                          arm.guard):  # fmt: skip
                return record
        return None

    def _part(self, prefix: str) -> dict[str, Tensor]:
        start = prefix + "/"
        found = {k.removeprefix(start): v for k, v in self.tensors.items() if k.startswith(start)}
        if not found:
            raise KeyError(f"the experiment holds nothing called {prefix!r}")
        return found


def as_model(
    experiment: Experiment, network: StarsNetwork, name: str, novelty: Novelty | None
) -> StarsModel:
    """A network of the experiment as a model of stars."""
    import dataclasses

    from astroviz.stars.model import StarsModel

    card = dataclasses.replace(experiment.card, name=f"{experiment.name}, {name}")
    return StarsModel(network, card, experiment.physics, experiment.device, novelty)


def open_experiment(card: Card, device: torch.device) -> Experiment:
    """The experiment of a card; the registry calls this by way of `open_model`."""
    return Experiment(card, load_weights(card, "cpu"), device)
