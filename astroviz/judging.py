r"""One call from draws of your own to a verdict: the door of the accuracy lab in Python.

Everything a check needs may be given beside the draws; what is not given bars only the checks
that need it, and the report says which.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astroviz.accuracy.outcome import Report
    from astroviz.accuracy.trial import Trial

__all__ = ["judge", "write_page", "write_report"]


def judge(
    source: Any,
    truths: Any = None,
    observations: Any = None,
    names: Sequence[str] | None = None,
    units: Sequence[str] | Mapping[str, str] | None = None,
    checks: Sequence[str] | None = None,
    draws: int = 100,
    level: float = 0.05,
    seed: int = 0,
    drop: bool = False,
    report: str | Path | None = None,
    label: str = "",
    progress: Callable[[float], None] | None = None,
    **beside: Any,
) -> Report:
    r"""Is this posterior true? Judge draws and true values of your own, or a posterior's.

    Arguments:
        source: Draws of :math:`N` objects with their truths, in any of these: arrays (N, L, d); a
            mapping of names to (N, L); a path of `.npz`, Parquet, FITS, CSV or NetCDF; an xarray
            or ArviZ object. Or what makes draws when asked: a model with
            `posterior(x).sample(n)`, an `sbi` posterior, a zuko flow, a BayesFlow sampler.
        truths: True values, (N, d) or by name; not needed where the source has them.
        observations: What each posterior was given, (N, F); needed to ask what makes draws.
        names: Names of the :math:`d` parameters.
        units: Their units, in order or by name.
        checks: Which checks to run; all of the default suite that fit by default.
        draws: Draws for each object, where they are made.
        level: Chance that a right posterior is rejected by any check.
        seed: Seed of draws, references and permutations.
        drop: Leave out objects whose draws are not finite, with a note; else they are refused.
        report: Path of an HTML file to write, one page that opens offline; JSON goes beside it.
        label: What to call the posterior.
        progress: Is told the part that is done, 0 to 1; may raise to stop.
        beside: Further fields of a trial, as `prior`, `log_likelihood`, `log_prob`, `groups`,
            `geometry`, `distance`, `weights`, `places`.

    Returns:
        The report: `verdict()` in one line, `outcomes`, `rejected`, `notes`.

    References:
        | Talts et al. 2018, https://arxiv.org/abs/1804.06788
        | Lemos et al. 2023, https://arxiv.org/abs/2302.03026
        | Modrak et al. 2023, https://arxiv.org/abs/2211.02383

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> mean = random.normal(size=(300, 1, 2))
        >>> draws = mean + 0.7 * random.normal(size=(300, 100, 2))
        >>> truths = mean[:, 0] + random.normal(size=(300, 2))
        >>> "dispersion" in judge(draws, truths, names=["age", "mass"]).rejected
        True
    """
    from astroviz.accuracy.checks import run_checks
    from astroviz.accuracy.own import trial_of
    from astroviz.accuracy.own_posterior import can_be_sampled, trial_from_posterior
    from astroviz.accuracy.trial import TrialError
    from astroviz.accuracy.validity import validated

    if can_be_sampled(source):
        if observations is None or truths is None:
            raise TrialError(
                "to ask a posterior, give observations= and the truths= that they came from"
            )
        trial = trial_from_posterior(
            source, observations, truths, draws, seed, names, units, None, label, **beside
        )
    else:
        trial = trial_of(source, truths, names, units, label, observations=observations, **beside)
    trial = validated(trial, drop=drop, seed=seed)
    found = run_checks(trial, checks, level, seed, progress)
    if report is not None:
        write_report(report, trial, found, seed=seed, code=_CODE.format(seed=seed))
    return found


_CODE = 'import astroviz\n\nastroviz.judge(source, truths, seed={seed}, report="report.html")'


def write_report(
    path: str | Path,
    trial: Trial,
    report: Report,
    card: Any = None,
    command: str = "",
    code: str = "",
    seed: int = 0,
) -> Path:
    r"""Write a report as one HTML file, and its figures as JSON beside it.

    Arguments:
        path: Where the page goes; the JSON has the same name with `.json`.
        trial: What was judged, as `accuracy.validity.validated` gave it.
        report: What was found.
        card: Card of the model, where there is one.
        command: Words of the command line that make the report again.
        code: Lines of Python that do.
        seed: Seed of the checks.

    Returns:
        The path of the page.
    """
    from astroviz.accuracy.report_parts import report_parts

    return write_page(path, report_parts(trial, report, card, command, code, seed))


def write_page(path: str | Path, parts: Mapping[str, Any]) -> Path:
    r"""Write what a report tells as one HTML file, and as JSON beside it.

    Arguments:
        path: Where the page goes; the JSON has the same name with `.json`.
        parts: From `accuracy.report_parts`.

    Returns:
        The path of the page.
    """
    from astroviz.accuracy.report_parts import slim_parts
    from astroviz.plots.report_page import report_html

    page = Path(path)
    if page.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"a report is an HTML page: name it {page.stem}.html, not {page.name}")
    page.write_text(report_html(parts), encoding="utf-8")
    text = json.dumps(slim_parts(parts), allow_nan=False, indent=1)
    page.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    return page
