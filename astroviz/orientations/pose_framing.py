r"""The frame of a picture from outside: the one in which the network explains it best.

The network has learned solids in the middle of the field at one size, and neither is known of a
picture that someone brings. So several frames are tried: each is read, some poses are drawn, the
likeliest solid is rendered under them and compared with the picture; around the best frame,
finer steps follow.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import torch

from astroviz.orientations.process import sample
from astroviz.orientations.rotations import random_rotations

if TYPE_CHECKING:
    from astroviz.orientations.pose_model import PoseModel
    from astroviz.orientations.pose_pictures import Foreground

__all__ = ["best_frame"]

_FILLS = (0.60, 0.66, 0.72, 0.78, 0.84)
_PLACES = tuple(itertools.product((-0.1, 0.0, 0.1), repeat=2))  # in extents of the solid
_ROUNDS = ((0.03, 0.05), (0.02, 0.025), (0.01, 0.012))  # finer steps of fill and of place
_DRAWS, _STEPS = 12, 10


def best_frame(model: PoseModel, picture: Foreground, seed: int = 0) -> np.ndarray:
    r"""The picture as the network reads it.

    Arguments:
        model: Who reads it.
        picture: From `pose_pictures.foreground`.
        seed: Seed of the poses that are tried.

    Returns:
        Shape :math:`(32, 32)`, float32.
    """
    if picture.ready:
        return picture.grey
    tried = [(fill, *place) for fill in _FILLS for place in _PLACES]
    whole = picture.whole()
    scores = _scores(model, [*(picture.framed(*one) for one in tried), whole], seed)
    if scores.argmin() == len(tried) and scores[-1] < 1:
        return whole
    best, least = tried[int(scores[:-1].argmin())], float(scores[:-1].min())
    for fill, place in _ROUNDS:
        steps = itertools.product((-fill, 0.0, fill), (-place, 0.0, place), (-place, 0.0, place))
        near = [tuple(b + s for b, s in zip(best, step, strict=True)) for step in steps]
        scores = _scores(model, [picture.framed(*one) for one in near], seed)
        if float(scores.min()) < least:
            best, least = near[int(scores.argmin())], float(scores.min())
    return picture.framed(*best)


def _scores(model: PoseModel, pictures: list[np.ndarray], seed: int) -> np.ndarray:
    """How badly each picture is explained by the network's own poses."""
    reading = model.read(np.stack(pictures))
    start = random_rotations(_DRAWS, torch.Generator().manual_seed(seed))
    begin = start.repeat(len(pictures), 1, 1).to(model.device)
    with torch.inference_mode():
        drawn = sample(model.score(reading), begin, _STEPS, low=model.sharpest)
    several = drawn.reshape(len(pictures), _DRAWS, 3, 3)
    return np.array(
        [model.ood_score(one, reading.row(k), several[k]) for k, one in enumerate(pictures)]
    )
