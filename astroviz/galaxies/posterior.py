r"""The public door of the galaxies room: opens a model by what its card says it is."""

from __future__ import annotations

from typing import Any

import torch

from astroviz.core.cards import Card
from astroviz.core.rooms import open_by_network

__all__ = ["open_model"]

# What a card's `network` says, and who opens it. Each is imported when it is asked for.
_OPENERS = {
    "population": ("model", "open_population"),
    "ladder": ("ladder", "open_ladder"),
    "emulator": ("emulator", "open_emulator"),
    "tables": ("tables_model", "open_tables"),
}


def open_model(card: Card, device: str | torch.device = "cpu") -> Any:
    r"""Open a model of the room.

    Arguments:
        card: From `core.registry.find_model`; its `config["network"]` names the kind.
        device: Where the network runs.

    Returns:
        The model's object.
    """
    return open_by_network("galaxies", _OPENERS, card, device)
