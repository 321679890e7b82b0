r"""A trial of anything that can be sampled: the object is asked about every observation.

What it offers decides how it is asked, never its name:

| offers | asked as | of |
| --- | --- | --- |
| `posterior(x)` with `sample` | `posterior(x).sample(n, seed=...)`, object by object | models of ours and like ours |
| `sample_batched(shape, x=...)` | all observations at once | sbi |
| `sample(shape, x=...)` | object by object | sbi |
| `sample(conditions=..., num_samples=...)` | all at once; gives a mapping of names | BayesFlow |
| calling with a context gives a torch distribution | `flow(c).sample((n,))`, in blocks | zuko |
"""  # noqa: E501 - a table row cannot be broken

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from astroviz.accuracy.own import Units, trial_of
from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["can_be_sampled", "trial_from_posterior"]

_BLOCK = 256  # observations that a flow is asked about at once
Answer = tuple[Any, dict[str, Any]]
Step = Callable[[float], None]


def can_be_sampled(source: Any) -> bool:
    """Whether an object makes draws, as opposed to holding them."""
    return _asker(source) is not None


def trial_from_posterior(
    posterior: Any,
    observations: Any,
    truths: Any,
    draws: int = 100,
    seed: int = 0,
    names: Sequence[str] | None = None,
    units: Units = None,
    progress: Step | None = None,
    label: str = "",
    **beside: Any,
) -> Trial:
    r"""Ask a posterior about every observation.

    Arguments:
        posterior: What can be sampled; see the module's table.
        observations: What each posterior is given, (N, F), or N of anything that it takes; for
            a sampler with conditions a mapping of names to (N, ...).
        truths: True values, (N, d), or name to (N,).
        draws: Draws for each.
        seed: Seed; global generators of torch are put back as they were.
        names: The :math:`d` names, where draws have none.
        units: Their units.
        progress: Is told the part that is done, and may raise to stop.
        label: What to call it.
        beside: Other fields of `Trial`.

    Example:
        >>> class Model:
        ...     def posterior(self, x):
        ...         self.mean = x
        ...         return self
        ...     def sample(self, n, seed=0):
        ...         return np.random.default_rng(seed).normal(self.mean, 1, (n, 1))
        >>> x = np.random.default_rng(0).normal(size=(40, 1))
        >>> trial_from_posterior(Model(), x, x, draws=30).draws.shape
        (40, 30, 1)
    """
    ask = _asker(posterior)
    if ask is None:
        raise TrialError(
            f"a {type(posterior).__name__} cannot be sampled: give an object with "
            "posterior(x).sample(n), sample(shape, x=...), sample(conditions=..., num_samples="
            "...), or a flow that gives a distribution when called with a context"
        )
    count = _count(observations)
    if draws < 2:
        raise TrialError(f"{draws} draws cannot be ranked: ask for 50 or more of each object")
    if len(_rows(truths)) != count:
        raise TrialError(
            f"there are {count} observations and {len(_rows(truths))} truths: give one each"
        )
    found, extra = ask(posterior, observations, truths, draws, seed, progress or _silent)
    given = dict(beside)
    seen = _matrix(observations)
    if seen is not None and given.get("observations") is None:
        given["observations"] = seen
    # an odd density is no reason not to look at the draws
    if extra.get("log_prob") is not None and given.get("log_prob") is None:
        given["log_prob"] = extra["log_prob"]
    given["notes"] = (*extra.get("notes", ()), *given.get("notes", ()))
    name = label or type(posterior).__name__
    return trial_of(found, truths, names, units, name, seed=seed, **given)


def _asker(source: Any) -> Callable[..., Answer] | None:
    if callable(getattr(source, "posterior", None)):
        return _ask_model
    sample = getattr(source, "sample", None)
    accepts = _parameters(sample)
    if "conditions" in accepts and "num_samples" in accepts:
        return _ask_conditions
    if callable(getattr(source, "sample_batched", None)):
        return _ask_batched
    if "x" in accepts:
        return _ask_one_by_one
    if callable(source) and not callable(sample) and hasattr(source, "parameters"):
        return _ask_flow
    return None


def _parameters(function: Any) -> Mapping[str, Any]:
    if not callable(function):
        return {}
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _ask_model(
    source: Any, seen: Any, truths: Any, draws: int, seed: int, step: Step
) -> Answer:  # fmt: skip
    """`posterior(x).sample(n)`; the seed of each object follows from the common one."""
    seeds = np.random.SeedSequence([seed, 0x0B5]).generate_state(_count(seen)).tolist()
    found: list[Any] = []
    notes: tuple[str, ...] = ()
    for k, one in enumerate(_each(seen)):
        posterior = source.posterior(one)
        if "seed" in _parameters(posterior.sample):
            found.append(posterior.sample(draws, seed=int(seeds[k] % 2**31)))
        else:
            notes = ("Draws were made without a seed: they will differ the next time.",)
            with _seeded(int(seeds[k])):
                found.append(posterior.sample(draws))
        step((k + 1) / len(seeds))
    return found, {"notes": notes}


def _ask_one_by_one(
    source: Any, seen: Any, truths: Any, draws: int, seed: int, step: Step
) -> Answer:  # fmt: skip
    options = _quiet(source.sample)
    values, found = _context(seen), []
    with _seeded(seed):
        for k in range(len(values)):
            found.append(_bare(source.sample((draws,), x=values[k : k + 1], **options)))
            step((k + 1) / len(values))
    return [one.reshape(draws, -1) for one in found], {}


def _ask_batched(
    source: Any, seen: Any, truths: Any, draws: int, seed: int, step: Step
) -> Answer:  # fmt: skip
    values, found = _context(seen), []
    options = _quiet(source.sample_batched)
    with _seeded(seed):
        for part in _parts(len(values)):
            some = _bare(source.sample_batched((draws,), x=values[part], **options))
            found.append(some.swapaxes(0, 1))
            step(min(1.0, part.stop / len(values)))
    return np.concatenate(found), {}


def _ask_flow(
    source: Any, seen: Any, truths: Any, draws: int, seed: int, step: Step
) -> Answer:  # fmt: skip
    """A conditional flow: draws and their densities, block by block."""
    import torch

    values, points = _context(seen), _points(truths)
    found, at_truths, at_draws = [], [], []
    with _seeded(seed), torch.no_grad():
        for part in _parts(len(values)):
            law = source(values[part])
            some = law.sample((draws,))
            found.append(_bare(some).swapaxes(0, 1))
            if points is not None and points.shape[1] == some.shape[-1]:
                at_truths.append(_bare(law.log_prob(points[part].to(some.dtype))))
                at_draws.append(_bare(law.log_prob(some)).T)
            step(min(1.0, part.stop / len(values)))
    pair = (np.concatenate(at_truths), np.concatenate(at_draws)) if at_truths else None
    return np.concatenate(found), {"log_prob": pair}


def _ask_conditions(
    source: Any, seen: Any, truths: Any, draws: int, seed: int, step: Step
) -> Answer:  # fmt: skip
    """A sampler with conditions, which gives a mapping of names to (N, n, ...)."""
    if not isinstance(seen, Mapping):
        raise TrialError(
            "this sampler takes conditions by name: give observations as a mapping of its names "
            "to arrays whose first axis counts objects"
        )
    accepts = _parameters(source.sample)
    options = {"seed": seed} if "seed" in accepts else {}
    with _seeded(seed):
        found = source.sample(conditions=dict(seen), num_samples=draws, **options)
    step(1.0)
    known = "seed" in accepts
    notes = () if known else ("The sampler was not told a seed: draws may differ the next time.",)
    if not isinstance(found, Mapping):
        return _bare(found), {"notes": notes}
    return {name: _bare(values) for name, values in found.items()}, {"notes": notes}


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Samplers of others read torch's global generator; it is put back as it was."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        yield


def _parts(count: int) -> list[slice]:
    return [slice(k, min(k + _BLOCK, count)) for k in range(0, count, _BLOCK)]


def _quiet(sample: Any) -> dict[str, Any]:
    return {"show_progress_bars": False} if "show_progress_bars" in _parameters(sample) else {}


def _bare(values: Any) -> np.ndarray:
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    return np.asarray(values)


def _context(seen: Any) -> Any:
    import torch

    values = _matrix(seen)
    if values is None:
        raise TrialError("this posterior takes numbers: give observations of shape (N, F)")
    return torch.as_tensor(values, dtype=torch.float32)


def _points(truths: Any) -> Any:
    import torch

    values = _matrix(truths)
    return None if values is None else torch.as_tensor(values)


def _matrix(values: Any) -> np.ndarray | None:
    """Numbers of N rows; None where they are something else."""
    if isinstance(values, Mapping) or hasattr(values, "colnames"):
        return None
    try:
        array = np.asarray(_bare(values), float)
    except (TypeError, ValueError):
        return None
    return array[:, None] if array.ndim == 1 else array if array.ndim > 1 else None


def _rows(values: Any) -> Any:
    return next(iter(values.values())) if isinstance(values, Mapping) else values


def _count(observations: Any) -> int:
    return len(_rows(observations))


def _each(observations: Any) -> Iterator[Any]:
    """Observations one by one: rows of arrays and tables, mappings of their own."""
    if isinstance(observations, Mapping):
        for k in range(_count(observations)):
            yield {name: values[k] for name, values in observations.items()}
    elif hasattr(observations, "iloc"):
        yield from (observations.iloc[k] for k in range(len(observations)))
    else:
        yield from (observations[k] for k in range(len(observations)))


def _silent(part: float) -> None:
    return None
