r"""A network's draws beside exact ones, star by star and gap pattern by gap pattern.

The same stars are seen under each pattern. Every comparison is a line of JSON, written as soon as
it is done, so that a run can stop and go on. Exact draws do not depend on the network and are kept
beside the lines, so that the next network costs the comparison alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.stars.parameters import PARAMETERS, to_z
from astroviz.stars.reference import Reference
from astroviz.stars.simulator import PATTERNS, SimulatedStars, simulate
from astroviz.stars.tables import load_tables

if TYPE_CHECKING:
    from astroviz.stars.model import StarsModel

__all__ = ["Comparison", "exactness", "joint_scores", "reference_draws", "stars_of", "summarise"]

Comparison = dict[str, Any]
Compare = Callable[[np.ndarray, np.ndarray], float]
_DRAWS = 1000
_YOUNG = (0.575, 0.425, 0.0, 0.0)  # as 0.46 to 0.34 in the training batches
_EXCESS = slice(6, 9)


def exactness(
    model: StarsModel,
    compare: Compare,
    out: Path,
    stars: Sequence[int] = range(50),
    patterns: Sequence[str] = tuple(PATTERNS),
    seed: int = 0,
    steps: int = 8,
    wanted: float = 2000.0,
    refine: bool = False,
) -> Iterator[Comparison]:
    r"""Compare draws of a model with exact ones.

    Arguments:
        model: The model.
        compare: Of exact and model draws, each :math:`(1000, 9)`, as `accuracy.c2st.c2st`.
        out: File of JSON lines; comparisons it holds for this model, seed and steps are not
            repeated. Exact draws are kept in a folder beside it.
        stars: Numbers of the stars; a number and the seed name a star.
        patterns: Names of `simulator.PATTERNS`.
        seed: Seed of the stars.
        steps: Midpoint steps of the model's solver.
        wanted: Effective size of the exact posteriors.
        refine: Whether the model moves its draws to the exact posterior, see `refine.refine`.

    Yields:
        Each comparison as it is done: `star`, `pattern`, `c2st`, `effective_size`, and what
        differs: shifts and widths of each parameter, probabilities of a disk.
    """
    done = {_key(line): line for line in read_lines(out)}
    double = torch.float64
    reference = Reference(replace(model.physics, dtype=double, tables=load_tables(double)))
    folder = out.with_suffix("")
    fingerprint = model.card.sha256[:12] or model.name
    for star in stars:
        for pattern in patterns:
            line: Comparison = {
                "model": fingerprint, "seed": seed, "steps": steps, "star": star,
                "pattern": pattern, "refine": refine,
            }  # fmt: skip
            if _key(line) in done:
                yield done[_key(line)]
                continue
            seen = stars_of(reference, star, pattern, seed)
            exact = reference_draws(
                reference, seen, folder / f"{seed}-{star}-{pattern}.npz", wanted
            )
            line.update(_compare(model, seen, exact, compare, steps, seed + star, refine))
            out.parent.mkdir(parents=True, exist_ok=True)
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, allow_nan=False) + "\n")
            yield line


def read_lines(path: Path) -> list[Comparison]:
    """Comparisons in a file; none if it is not there. A torn last line is left out."""
    if not path.exists():
        return []
    found = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(text))
        except json.JSONDecodeError:  # the run was stopped while writing
            continue
    return found


def _key(line: Comparison) -> tuple[Any, ...]:
    names = ("model", "seed", "steps", "star", "pattern")
    return (*(line[name] for name in names), line.get("refine", False))


def stars_of(reference: Reference, star: int, pattern: str, seed: int) -> SimulatedStars:
    """One young star under a gap pattern; the same star whatever the pattern."""
    generator = torch.Generator().manual_seed(1_000_003 * (seed + 1) + star)
    return simulate(1, generator, reference.physics, _YOUNG, pattern=pattern)


def reference_draws(
    reference: Reference, stars: SimulatedStars, path: Path | None, wanted: float = 2000.0
) -> dict[str, np.ndarray]:
    r"""Exact draws of a star, from `path` if they are there for the very same observation.

    Arguments:
        reference: Computes them.
        stars: A single star.
        path: Where they are kept, or None.
        wanted: Effective size.

    Returns:
        `z` (1000, 9), `disk` (1000,), `effective_size`, `largest_weight`, `log_evidence`,
        `p_disk`.
    """
    observed = torch.cat([stars.values[0], stars.errors[0], stars.states[0].double()]).numpy()
    kind = np.array(repr(reference.physics))
    if path is not None and path.exists():
        with np.load(path) as kept:
            if np.array_equal(kept["observed"], observed) and kept["physics"] == kind:
                return dict(kept)
    exact = reference.posterior(stars.values[0], stars.errors[0], stars.states[0], wanted=wanted)
    z, disk = exact.sample(_DRAWS)
    found = {
        "z": z.astype(np.float32), "disk": disk, "observed": observed, "physics": kind,
        "effective_size": np.array(exact.effective_size), "p_disk": np.array(exact.p_disk),
        "largest_weight": np.array(exact.largest_weight),
        "log_evidence": np.array(exact.log_evidence),
    }  # fmt: skip
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez_compressed(part, **found)  # type: ignore[arg-type]
        part.replace(path)
    return found


def _compare(
    model: StarsModel,
    stars: SimulatedStars,
    exact: dict[str, np.ndarray],
    compare: Compare,
    steps: int,
    seed: int,
    refine: bool,
) -> Comparison:
    generator = torch.Generator().manual_seed(seed)
    posterior = model.posterior(stars.observations)
    options = {"refine": True} if refine else {}
    draws = posterior.sample(_DRAWS, seed=seed, steps=steps, **options)
    flags = torch.from_numpy(draws.extras["disk"] > 0.5)
    # without a disk the excess is NaN, and is filled below
    theta = torch.from_numpy(np.nan_to_num(draws.values[:, : len(PARAMETERS)], nan=1.0)).double()
    ours = joint_scores(to_z(theta), flags, generator).numpy()
    disk = torch.from_numpy(exact["disk"])
    theirs = joint_scores(torch.from_numpy(exact["z"]).double(), disk, generator).numpy()
    spread = theirs.std(0)
    names = [parameter.name for parameter in PARAMETERS]
    shift, width = (ours.mean(0) - theirs.mean(0)) / spread, ours.std(0) / spread
    return {
        "c2st": round(compare(theirs, ours), 4),
        "effective_size": round(float(exact["effective_size"])),
        "largest_weight": round(float(exact["largest_weight"]), 5),
        "p_disk_exact": round(float(exact["p_disk"]), 4),
        "p_disk": round(float(flags.float().mean()), 4),
        "shift": {name: round(float(s), 3) for name, s in zip(names, shift, strict=True)},
        "width": {name: round(float(w), 3) for name, w in zip(names, width, strict=True)},
    }


def joint_scores(scores: Tensor, disk: Tensor, generator: torch.Generator) -> Tensor:
    r"""Scores in which having no disk is a value like any other.

    The excess of a star without a disk does not exist. Here its slope and onset are prior draws,
    and its amplitude lies at :math:`-5 \pm 0.5`, below any real one: ranks and classifiers then
    see disk and parameters together.

    Arguments:
        scores: Normal scores, shape :math:`(*, 9)`.
        disk: Whether there is a disk, shape :math:`(*)`.
        generator: Source of the fillers.

    Returns:
        Shape :math:`(*, 9)`.
    """
    filler = torch.randn(*disk.shape, 3, generator=generator).to(scores)
    filler[..., 0] = 0.5 * filler[..., 0] - 5.0
    excess = torch.where(disk[..., None], scores[..., _EXCESS], filler)
    return torch.cat([scores[..., :6], excess], -1)


def summarise(lines: Sequence[Comparison]) -> dict[str, dict[str, float]]:
    r"""Median and largest C2ST and smallest effective size of each pattern."""
    found: dict[str, dict[str, float]] = {}
    for pattern in dict.fromkeys(line["pattern"] for line in lines):
        part = [line for line in lines if line["pattern"] == pattern]
        values = np.array([line["c2st"] for line in part])
        found[pattern] = {
            "stars": len(part), "median": float(np.median(values)), "max": float(values.max()),
            "above 0.60": int((values > 0.60).sum()),
            "smallest effective size": min(line["effective_size"] for line in part),
        }  # fmt: skip
    return found
