r"""The trained model of the cosmic web, as `astroviz.load("orientations")` returns it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.draws import Draws
from astroviz.core.registry import Card, load_weights
from astroviz.core.request import Chunk, Control, Priority, Request
from astroviz.orientations import rotation_columns, scalars
from astroviz.orientations.box import Box
from astroviz.orientations.environment import Environment, check_box
from astroviz.orientations.orientation_head import Encoded
from astroviz.orientations.process import Score
from astroviz.orientations.shift import Reference, features_of_box
from astroviz.orientations.web_inputs import web_inputs
from astroviz.orientations.web_network import WebNetwork
from astroviz.orientations.web_posterior import WebPosterior
from astroviz.orientations.web_sampler import (
    DEFAULT_STEPS,
    Listener,
    chunk_sizes,
    draw_pairs,
    starts,
)

__all__ = ["COLUMNS", "UNITS", "WebModel", "open_web"]

COLUMNS = (*rotation_columns.COLUMNS, *scalars.NAMES)
UNITS = (*rotation_columns.UNITS, *scalars.UNITS)


@dataclass(frozen=True, eq=False)
class WebModel:
    r"""Orientations and looks of galaxies given their environments.

    Arguments:
        card: The model's card.
        network: The network that answers.
        device: Where it runs.
        reference: What galaxies of the training boxes look like.
        silent: The network of the ablation, which hears no neighbour.
    """

    card: Card
    network: WebNetwork
    device: torch.device
    reference: Reference | None = None
    silent: WebNetwork | None = None

    @property
    def name(self) -> str:
        """Its name among the models; the ablation has one of its own."""
        return self.card.name

    @property
    def radius(self) -> float:
        """Galaxies within this distance of each other send messages, Mpc/h."""
        return float(self.card.config["graph"]["radius"])

    @cached_property
    def without_messages(self) -> WebModel:
        """The ablation: taught on the same boxes, but its galaxies hear no neighbour."""
        if self.silent is None:
            raise ValueError(f"{self.name} has no network without messages beside it")
        card = dataclasses.replace(self.card, name=f"{self.name} (no messages)")
        return WebModel(card, self.silent, self.device, self.reference)

    def encode(self, box: Box | Environment) -> Encoded:
        r"""What the network makes of all galaxies of a box, in double precision.

        Arguments:
            box: A box or an environment; a ValueError says why one cannot be answered for.
        """
        check_box(box)
        known = [float(scale) for scale in self.card.config["scales"]]
        if [float(scale) for scale in box.scales] != known:
            raise ValueError(
                f"the box has tidal fields smoothed at {list(box.scales)} Mpc/h, but the model "
                f"knows those at {known} Mpc/h: give the box these"
            )
        inputs = web_inputs(box, self.radius)
        with torch.no_grad():
            found: Encoded = self._double.encoder(inputs if self.network.sees else inputs.alone())
        return found

    def heard(self, environment: Environment, target: int = 0) -> tuple[np.ndarray, np.ndarray]:
        r"""Whom a galaxy hears, and how loudly: the weights of its messages.

        Arguments:
            environment: The environment.
            target: Which of its targets listens.

        Returns:
            Rows of the senders in the environment, shape :math:`(M,)`, and their weights, the
            mean over rounds and heads, shape :math:`(M,)`; none in the ablation.
        """
        inputs = web_inputs(environment, self.radius)
        mine = inputs.receivers == int(environment.targets[target])
        if not self.network.sees:
            return np.empty(0, dtype=np.int64), np.empty(0)
        with torch.no_grad():
            weights = self._double.encoder.attention(inputs).mean((0, 2))
        return inputs.senders[mine].numpy(), weights[mine].numpy()

    def score(self, encoded: Encoded) -> Score:
        r"""The score of orientations, looks marginalised, in double precision.

        Arguments:
            encoded: One row for each rotation that will be asked about.
        """
        bound = self._double.head.bind(encoded)
        return lambda rotation, sigma: bound(rotation, sigma)[0]

    @cached_property
    def _double(self) -> WebNetwork:
        # the encoder runs once a galaxy and can afford it; so the order of galaxies cannot matter
        return copy.deepcopy(self.network).cpu().double()

    def ood_scores(self, box: Box | Environment) -> np.ndarray:
        """How unlike the training boxes galaxies are, shape (N,); above 1 answers extrapolate."""
        if self.reference is None:
            return np.zeros(len(box.galaxies), dtype=np.float32)
        features, _ = features_of_box(box)
        return np.asarray(self.reference.ood_score(features), dtype=np.float32)

    def posterior(
        self, environment: Environment | Box, target: int = 0, messages: bool = True
    ) -> WebPosterior:
        r"""What the model believes of the orientation of one galaxy.

        Arguments:
            environment: An environment, or a box.
            target: Which of the environment's targets; the row of the galaxy in a box.
            messages: Let the galaxies send each other messages; else ask the ablation.

        Example:
            >>> import astroviz
            >>> from astroviz.orientations.train_boxes import demo_box
            >>> model = astroviz.load("orientations")  # doctest: +SKIP
            >>> model.posterior(demo_box(), 3).sample(500, seed=0)  # doctest: +SKIP
        """
        if not messages:
            return self.without_messages.posterior(environment, target)
        if isinstance(environment, Box):
            environment, target = Environment.from_box(environment, int(target)), 0
        if not 0 <= target < len(environment):
            raise IndexError(
                f"there is no target {target}: the environment asks about {len(environment)}"
            )
        return WebPosterior(self, environment, target)

    def paint(
        self,
        box: Box,
        seed: int = 0,
        steps: int = DEFAULT_STEPS,
        progress: Callable[[float], None] | None = None,
        check: Callable[[], None] | None = None,
    ) -> Box:
        r"""Orientations and looks for every galaxy of a gravity-only box.

        Arguments:
            box: The box; its orientations and looks are not read.
            seed: Seed of the draws.
            steps: Heun steps of the sampler.
            progress: Called with the share done, 0 to 1.
            check: Called between the steps; what it raises ends the work.

        Returns:
            The box with a draw for each galaxy in place of what it had.
        """
        request = self.paint_request(box, seed, steps)
        chunks = [
            chunk
            for (chunk,) in self.draw([request], self.device, Listener(progress, check))
            if chunk is not None
        ]
        rotation = np.concatenate([chunk.per_draw["rotations"] for chunk in chunks])
        return self._painted(box, rotation, np.concatenate([c.values for c in chunks]), seed)

    def paint_request(
        self, box: Box, seed: int = 0, steps: int = DEFAULT_STEPS, priority: Priority = "batch"
    ) -> Request:
        """The question behind `paint`, for `Engine.submit`: one draw for each galaxy."""
        encoded = self.encode(box)
        inputs = {"context": encoded.context.float().numpy(),
                  "frames": encoded.frames.float().numpy(),
                  "ood_score": self.ood_scores(box)}  # fmt: skip
        options: dict[str, Hashable] = {"steps": int(steps), "paint": True}
        return Request(self, inputs, len(encoded), seed, options, priority)

    def painted(self, box: Box, draws: Draws) -> Box:
        """The box with the draws that answer its `paint_request`."""
        return self._painted(box, np.asarray(draws.extras["rotations"]), draws.values, draws.seed)

    def _painted(self, box: Box, rotation: np.ndarray, values: np.ndarray, seed: int) -> Box:
        looks = {name: values[:, COLUMNS.index(name)].astype(np.float64) for name in scalars.NAMES}
        note = f"Orientations, axis ratios, sizes and colours by {self.name}, seed {seed}."
        return box.replace(rotation=rotation.astype(np.float64), notes=(*box.notes, note), **looks)

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Truths and draws for `accuracy.report.verdicts`; see `web_checks.checks`."""
        from astroviz.orientations.web_checks import checks

        return checks(self, seed, quick)

    # -- what the engine calls ------------------------------------------------------------------

    def columns(self, request: Request | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the columns of draws."""
        return COLUMNS, UNITS

    def batch_key(self, request: Request) -> Hashable:
        """Requests for as many draws with as many steps run together; paintings run alone."""
        alone = id(request) if request.options.get("paint") else None
        return (self.name, id(self), request.n, request.options.get("steps"), alone)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer requests of one batch key together."""
        steps = int(str(requests[0].options.get("steps", DEFAULT_STEPS)))
        sizes = chunk_sizes(requests[0].n)
        noises = [starts(sizes, self.network.head.scalars, one.seed) for one in requests]
        done = 0
        for size in sizes:
            control.check()
            parts = [next(noise) for noise in noises]
            together = tuple(torch.cat(part).to(self.device) for part in zip(*parts, strict=True))
            rotation, looks = draw_pairs(
                self.network, self._rows(requests, done, size), (together[0], together[1]), steps,
                control.check, control.max_draws,
            )  # fmt: skip
            done += size
            control.progress(done / requests[0].n)
            yield [
                self._chunk(request, turned, look)
                for request, turned, look in zip(
                    requests, rotation.split(size), looks.split(size), strict=True
                )
            ]

    def _rows(self, requests: Sequence[Request], done: int, size: int) -> Encoded:
        """What the encoder said, one row for each draw of the next part."""
        found = []
        for request in requests:
            context, frames = (
                torch.from_numpy(np.asarray(request.inputs[name])).to(self.device)
                for name in ("context", "frames")
            )
            if request.options.get("paint"):
                found.append(Encoded(context[done : done + size], frames[done : done + size]))
            else:
                found.append(Encoded(context.expand(size, -1), frames.expand(size, -1, 3, 3)))
        return Encoded(
            torch.cat([one.context for one in found]), torch.cat([one.frames for one in found])
        )

    def _chunk(self, request: Request, rotation: Tensor, looks: Tensor) -> Chunk:
        values = np.concatenate(
            [rotation_columns.columns_of(rotation), looks.cpu().numpy()], 1
        ).astype(np.float32)
        extras = {"rotations": rotation.cpu().numpy()}
        return Chunk(values, extras, {"ood_score": np.asarray(request.inputs["ood_score"])})


def open_web(card: Card, device: str | torch.device = "cpu") -> WebModel:
    r"""Open `orientations/web`.

    Arguments:
        card: The model's card.
        device: Where the network runs.
    """
    place = torch.device(device)
    tensors = load_weights(card, "cpu")
    networks = {
        kind: _network(_under(tensors, kind), card.config[kind]).to(place)
        for kind in ("graph", "alone")
    }
    stored = {key: value.numpy() for key, value in _under(tensors, "reference").items()}
    known = Reference.from_tensors(card.config["reference"], stored) if stored else None
    return WebModel(card, networks["graph"], place, known, networks["alone"])


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = prefix + "."
    return {key[len(start) :]: value for key, value in tensors.items() if key.startswith(start)}


def _network(weights: dict[str, Tensor], settings: dict[str, Any]) -> WebNetwork:
    count, outputs = len(weights["encoder.middle"]), len(weights["free_middle"])
    tensors = 1 + 3 * 3  # projectors on three axes at three scales, and the way to the centre
    network = WebNetwork(count, tensors, drawn=outputs, **settings)
    network.load_state_dict({key: value.float() for key, value in weights.items()})
    return network.eval().requires_grad_(False)
