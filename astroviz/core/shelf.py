r"""The further models of a room, opened when a view first needs them."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from astroviz.core.registry import find_model, load

__all__ = ["shipped"]

logger = logging.getLogger(__name__)


@lru_cache(maxsize=8)
def _opened(name: str, sha256: str, device: str) -> Any:
    return load(name, device)


def shipped(name: str, device: str = "auto") -> tuple[Any, str]:
    r"""A model of the room, opened once for everybody who looks at it.

    Arguments:
        name: Its full name, `orientations/densities` for instance.
        device: Where it runs, as the registry reads it.

    Returns:
        The model and an empty text; or None and a sentence about why it cannot be had.
    """
    try:
        card = find_model(name)
        return _opened(name, card.sha256, str(device)), ""
    except Exception as error:
        # Whatever is wrong with one model, the views that can do without it must live.
        logger.info("the model %s cannot be opened", name, exc_info=error)
        # What else there is, which the registry lists, is of no help here.
        reason = str(error.args[0] if error.args else error).partition(";")[0]
        return None, f"The model {name} is not here: {reason}. Make it by `astroviz train {name}`."
