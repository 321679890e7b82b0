r"""Bring your own posterior: foreign models and bare draws behind the doors of our own models.

Five kinds of source are understood, told apart by what they offer and never by their name:

- a model, with `posterior(observation)` whose result has `sample(n, seed=...)`;
- a conditional flow, which called with a context gives a torch distribution (zuko);
- a posterior with `sample(shape, x=...)` (sbi) or `sample(shape)` (torch distributions);
- a posterior with `sample(n, seed=...)` or `sample(n)`;
- draws: an array of shape :math:`(n, d)` with names, a table or mapping of columns, an xarray
  data set with dimensions (chain, draw), or anything with such a data set as `.posterior` (ArviZ).
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from astroviz.core.draws import Draws
from astroviz.core.request import Chunk, Control, Priority, Request
from astroviz.foreign import Columns, columns_of, looks_like_draws

__all__ = ["WrappedModel", "WrappedPosterior", "wrap"]

# (observation, n, seed) -> draws in whatever container the source uses.
_Sample = Callable[[Any, int, int], Any]
_LogProb = Callable[[Any, np.ndarray], Any]
_SERIAL = itertools.count(1)


def wrap(
    source: Any,
    names: Sequence[str] | None = None,
    units: Sequence[str] | Mapping[str, str] | None = None,
    label: str = "wrapped",
) -> WrappedModel:
    r"""Put a foreign posterior behind `model.posterior(observation).sample(n, seed=...)`.

    Arguments:
        source: A model, a conditional flow, a posterior, or draws (see the module's text).
        names: Names of the :math:`d` parameters; needed where the source does not name them.
        units: Their units, as a sequence in the same order or by name; none by default.
        label: What to call it on screen.

    Returns:
        A model whose posteriors can be sampled, submitted to an `Engine` and explored.

    Example:
        >>> import numpy as np
        >>> mine = wrap(np.random.default_rng(0).normal(size=(500, 2)), names=["a", "b"])
        >>> len(mine.posterior().sample(100, seed=1))
        100
    """
    sample, log_prob = _adapt(source, names)
    return WrappedModel(label, sample, log_prob, names, units)


class WrappedModel:
    """A foreign model, flow, posterior or set of draws; made by `wrap`.

    Arguments:
        label: Name on screen.
        sample: Function of (observation, n, seed) that returns draws in any known container.
        log_prob: Function of (observation, theta), where the source has one.
        names: Names of the parameters, if the source does not say.
        units: Their units, in order or by name.
    """

    def __init__(
        self,
        label: str,
        sample: _Sample,
        log_prob: _LogProb | None,
        names: Sequence[str] | None,
        units: Sequence[str] | Mapping[str, str] | None,
    ) -> None:
        self.label = label
        # The engine's cache is keyed by name: two wrapped sources must never share one.
        self.name = f"wrapped/{label}-{next(_SERIAL)}"
        self._sample = sample
        self._log_prob = log_prob
        self._names = None if names is None else tuple(names)
        self._units = units

    def posterior(self, observation: Any = None) -> WrappedPosterior:
        """The posterior given one observation; None where the source holds its own."""
        return WrappedPosterior(self, observation)

    def explore(self, observation: Any = None, n: int = 2000, seed: int = 0) -> Any:
        """A notebook widget on the posterior given one observation."""
        return self.posterior(observation).explore(n, seed)

    def columns(self, observation: Any, n: int, seed: int) -> Columns:
        """Draws of the source as named float32 columns."""
        found = columns_of(self._sample(observation, n, seed), self._names)
        # Single NaN are meant: a star without a disk has no excess.
        if np.isinf(found.values).any() or np.isnan(found.values).all(axis=1).any():
            raise ValueError(f"{self.label}: the source returned draws that are not finite")
        return Columns(found.values, found.names, self._units_of(found))

    def log_prob(self, observation: Any, theta: np.ndarray) -> np.ndarray:
        """Log density of `theta`, shape (n, d), given the observation; shape (n,)."""
        if self._log_prob is None:
            raise ValueError(f"{self.label} has no log_prob: it can only be sampled")
        return _array(self._log_prob(observation, np.asarray(theta, dtype=np.float32))).ravel()

    def _units_of(self, found: Columns) -> tuple[str, ...]:
        if self._units is None:
            return found.units
        if isinstance(self._units, Mapping):
            given = self._units
            return tuple(
                given.get(name, unit) for name, unit in zip(found.names, found.units, strict=True)
            )
        if len(self._units) != len(found.names):
            raise ValueError(f"{len(self._units)} units for {len(found.names)} parameters")
        return tuple(self._units)


class WrappedPosterior:
    """A foreign posterior given one observation; a `Sampler` that the engine can run."""

    def __init__(self, model: WrappedModel, observation: Any) -> None:
        self.model = model
        self.observation = observation
        self.name = f"{model.name}/{next(_SERIAL)}"
        self._head: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    def sample(self, n: int, seed: int = 0) -> Draws:
        """Draw `n` times; equal seeds give equal draws."""
        if n < 1:
            raise ValueError(f"the number of draws must be positive, not {n}")
        found = self.model.columns(self.observation, n, seed)
        return Draws(values=found.values, names=found.names, units=found.units, seed=seed)

    def log_prob(self, theta: np.ndarray) -> np.ndarray:
        """Log density of parameters of shape (n, d), where the source has one; shape (n,)."""
        return self.model.log_prob(self.observation, theta)

    def request(self, n: int, seed: int = 0, priority: Priority = "interactive") -> Request:
        """The question for `Engine.submit`."""
        return Request(sampler=self, inputs={}, n=n, seed=seed, priority=priority)

    def explore(self, n: int = 2000, seed: int = 0) -> Any:
        """A notebook widget: a corner plot of chosen parameters, drawn again on demand."""
        # Only a notebook needs the widgets.
        from astroviz.widgets.draws import DrawsWidget

        return DrawsWidget(self, n, seed)

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the draws; asks the source for two draws the first time."""
        if self._head is None:
            found = self.model.columns(self.observation, 2, request.seed)
            self._head = (found.names, found.units)
        return self._head

    def batch_key(self, request: Request) -> Hashable:
        """Foreign sources are asked one question at a time."""
        return (self.name, request.content_key())

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer each request whole: a foreign source does not stream."""
        for index, request in enumerate(requests):
            control.check()
            found = self.model.columns(self.observation, request.n, request.seed)
            answer: list[Chunk | None] = [None] * len(requests)
            answer[index] = Chunk(values=found.values)
            yield answer
        control.progress(1.0)


def _adapt(source: Any, names: Sequence[str] | None) -> tuple[_Sample, _LogProb | None]:
    if callable(getattr(source, "posterior", None)):
        return _from_model(source)
    if looks_like_draws(source):
        return _from_draws(source, names), None
    if isinstance(source, torch.nn.Module) and not hasattr(source, "sample"):
        return _from_flow(source)
    if callable(getattr(source, "sample", None)):
        return _from_posterior(source)
    raise TypeError(
        f"cannot wrap a {type(source).__name__}: give a model with posterior(observation), "
        "a posterior with sample(n, seed=...), an sbi or zuko posterior, or draws with names"
    )


def _from_model(source: Any) -> tuple[_Sample, _LogProb]:
    def sample(observation: Any, n: int, seed: int) -> Any:
        return source.posterior(observation).sample(n, seed=seed)

    def log_prob(observation: Any, theta: np.ndarray) -> Any:
        return source.posterior(observation).log_prob(theta)

    return sample, log_prob


def _from_flow(source: torch.nn.Module) -> tuple[_Sample, _LogProb]:
    def sample(observation: Any, n: int, seed: int) -> Any:
        return _seeded(lambda: source(_context(observation)).sample((n,)), seed)

    def log_prob(observation: Any, theta: np.ndarray) -> Any:
        with torch.no_grad():
            return source(_context(observation)).log_prob(torch.as_tensor(theta))

    return sample, log_prob


def _from_posterior(source: Any) -> tuple[_Sample, _LogProb | None]:
    accepts = inspect.signature(source.sample).parameters
    density = getattr(source, "log_prob", None)
    if "sample_shape" in accepts and "x" in accepts:
        return _from_sbi(source, quiet="show_progress_bars" in accepts)

    def sample(observation: Any, n: int, seed: int) -> Any:
        if "seed" in accepts:
            return source.sample(n, seed=seed)
        # torch and zuko distributions hold their own context and want a shape.
        size = (n,) if "sample_shape" in accepts or "shape" in accepts else n
        return _seeded(lambda: source.sample(size), seed)

    if density is None:
        return sample, None

    def log_prob(observation: Any, theta: np.ndarray) -> Any:
        return density(torch.as_tensor(theta) if "sample_shape" in accepts else theta)

    return sample, log_prob


def _from_sbi(source: Any, quiet: bool) -> tuple[_Sample, _LogProb | None]:
    options = {"show_progress_bars": False} if quiet else {}

    def sample(observation: Any, n: int, seed: int) -> Any:
        x = _context(observation)
        return _seeded(lambda: source.sample((n,), x=x, **options), seed)

    def log_prob(observation: Any, theta: np.ndarray) -> Any:
        return source.log_prob(torch.as_tensor(theta), x=_context(observation))

    return sample, log_prob if hasattr(source, "log_prob") else None


def _from_draws(source: Any, names: Sequence[str] | None) -> _Sample:
    stored = columns_of(source, names)

    def sample(observation: Any, n: int, seed: int) -> Columns:
        rng = np.random.default_rng(seed)
        # Without replacement as far as the stored draws go: repeats would look like precision.
        picked = rng.choice(len(stored.values), size=n, replace=n > len(stored.values))
        return Columns(stored.values[picked], stored.names, stored.units)

    return sample


def _seeded(draw: Callable[[], Any], seed: int) -> Any:
    # Foreign samplers read torch's global generator; fork_rng gives it back as it was.
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        return draw()


def _context(observation: Any) -> torch.Tensor | None:
    if observation is None:
        return None
    return torch.as_tensor(_array(observation), dtype=torch.float32)


def _array(values: Any) -> np.ndarray:
    if isinstance(values, torch.Tensor):
        return values.detach().cpu().numpy()
    return np.asarray(values)
