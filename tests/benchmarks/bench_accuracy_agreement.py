"""Do our checks give what the authors' packages give, on the same inputs?

    python tests/benchmarks/bench_accuracy_agreement.py

One line of JSON, largest difference from each: TARP coverage from `tarp` at its own levels with
the same references (`tarp`), MIRA scores from the formula written plainly, ball by ball (`mira`),
SBC ranks and their Kolmogorov-Smirnov p-values from `sbi` (`sbi_ranks`, `sbi_ks`; null where it is
not installed: extra `bench`), and chi^2 / dof of PQMass less that of `pqm`, which picks other
references, over the scatter of both (`pqm_sigma`).
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any

import numpy as np

from astroviz.accuracy.calibration import ks_test, ranks
from astroviz.accuracy.geometry import geometry_of
from astroviz.accuracy.mira import mira_of_ranks
from astroviz.accuracy.random_points import ball_ranks
from astroviz.accuracy.references import references
from astroviz.accuracy.tarp import credibilities, random_references
from astroviz.accuracy.trial import Trial
from astroviz.core.pqmass import pqmass


def inputs(count: int = 400, draws: int = 99, size: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Truths and draws that are 20 % too narrow."""
    random = np.random.default_rng(0)
    mean = random.standard_normal((count, 1, size))
    points = mean + random.standard_normal((count, draws + 1, size))
    return points[:, 0], mean + 0.8 * (points[:, 1:] - mean)


def of_tarp(truths: np.ndarray, draws: np.ndarray) -> float:
    from tarp import get_tarp_coverage

    points = random_references(*truths.shape, seed=5)
    ours = credibilities(truths, draws, points)
    coverage, levels = get_tarp_coverage(
        draws.transpose(1, 0, 2), truths, references=points, norm=False, num_alpha_bins=40
    )
    found = np.array([(ours < level).mean() for level in levels[:-1]] + [1.0])
    return float(np.abs(found - coverage).max())


def of_mira(truths: np.ndarray, draws: np.ndarray) -> float:
    """Every ball that reaches a draw: what it holds of the others, and whether of the truth."""
    names = tuple(map(str, range(truths.shape[1])))
    trial = Trial(truths=truths, draws=draws, names=names)
    points = references(trial, "prior", 1, 3)
    ours = mira_of_ranks(ball_ranks(trial, points, 3), draws.shape[1]).scores
    geometry, centres = geometry_of(trial), points.take(slice(None))[:, 0]
    plain = np.empty(len(truths))
    for k in range(len(truths)):
        away = np.asarray(geometry.apart(draws[k], centres[k][None]))
        reach = float(np.asarray(geometry.apart(truths[k][None], centres[k][None]))[0])
        others, scores = len(away) - 1, []
        for radius in away:
            n = int((away < radius).sum())
            inside = (n + 1) / (others + 2)
            scores.append(inside if reach <= radius else (others - n + 1) / (others + 2))
        plain[k] = np.mean(scores)
    return float(np.abs(plain - ours).max())


def of_sbi(truths: np.ndarray, draws: np.ndarray) -> tuple[float | None, float | None]:
    try:
        import torch
        from sbi.diagnostics.sbc import check_uniformity_frequentist, run_sbc
    except ImportError:
        return None, None

    class Given:
        """Hands over the draws that belong to an observation, which is its number."""

        def sample(self, shape: Any, x: Any = None, **more: Any) -> Any:
            return torch.as_tensor(draws[int(x.ravel()[0])])

        def sample_batched(self, shape: Any, x: Any = None, **more: Any) -> Any:
            rows = x.reshape(len(x), -1)[:, 0].long().numpy()
            return torch.as_tensor(draws[rows].transpose(1, 0, 2))

    number = torch.arange(len(truths), dtype=torch.float32)[:, None]
    theirs, _ = run_sbc(
        torch.as_tensor(truths), number, Given(), num_posterior_samples=draws.shape[1],
        show_progress_bar=False, use_batched_sampling=True,
    )  # fmt: skip
    u = ranks(truths, draws)
    ours = np.floor(u * (draws.shape[1] + 1))
    p = np.asarray(check_uniformity_frequentist(theirs, draws.shape[1]))
    whole = ks_test(theirs.numpy() / draws.shape[1])[1]
    return float(np.abs(ours - theirs.numpy()).max()), float(np.abs(p - whole).max())


def of_pqm(truths: np.ndarray, draws: np.ndarray) -> float:
    from pqm import pqm_chi2

    first, second = truths, draws[:, 0]
    ours = pqmass(first, second, 40, 60)
    with contextlib.redirect_stderr(io.StringIO()):
        theirs = np.asarray(pqm_chi2(first, second, 40, 60))
    scatter = np.sqrt((ours.chi_square.var() + theirs.var()) / 60)
    return float((ours.chi_square.mean() - theirs.mean()) / scatter)


def main() -> None:
    truths, draws = inputs()
    sbi_ranks, sbi_ks = of_sbi(truths, draws)
    line = {
        "tarp": of_tarp(truths, draws), "mira": of_mira(truths, draws), "sbi_ranks": sbi_ranks,
        "sbi_ks": sbi_ks, "pqm_sigma": of_pqm(truths, draws),
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
