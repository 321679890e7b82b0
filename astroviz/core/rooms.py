r"""What the rooms of several models share: opening one by its card, training all or one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch

from astroviz.core.cards import Card, ModelError
from astroviz.core.registry import writable_folder

__all__ = ["open_by_network", "train_parts"]


def open_by_network(
    room: str, openers: Mapping[str, tuple[str, str]], card: Card, device: str | torch.device
) -> Any:
    r"""Open a model of a room.

    Arguments:
        room: The room's name.
        openers: What a card's `network` says, to the module of the room and the function that
            opens it with card and device; imported when it is asked for.
        card: From `core.registry.find_model`; its `config["network"]` names the kind.
        device: Where the network runs.
    """
    kind = str(card.config.get("network", ""))
    if kind not in openers:
        raise ModelError(
            f"{card.name} says its network is {kind!r}; this version opens {', '.join(openers)}"
        )
    module, function = openers[kind]
    return getattr(importlib.import_module(f"astroviz.{room}.{module}"), function)(card, device)


def train_parts(
    room: str,
    parts: Mapping[str, tuple[str, float]],
    budget: float,
    device: str,
    out: Path | None,
    smoke: bool,
    resume: bool,
    part: str = "",
    extra: Mapping[str, str] | None = None,
    several: Collection[str] = (),
) -> Path:
    r"""Rebuild the models of a room.

    Arguments:
        room: The room's name.
        parts: Module of each part's recipe, and its share of a common budget, in their order.
        budget: Wall-clock time in seconds; shared by the parts when all are trained.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        out: Folder of models, which gets `<room>/<part>`; by default the checkout's, else the
            user's.
        smoke: Tiny models in seconds, to try the way from end to end.
        resume: Go on from the checkpoints of an earlier run for the same folder.
        part: One of `parts` or `extra`; empty for all of `parts`.
        extra: Modules of parts that are made only when named.
        several: Modules that make more than one part and are told which.

    Returns:
        The folder that was written.
    """
    extra = extra or {}
    wanted = {part: (extra[part], 1.0)} if part in extra else parts
    if part and part not in wanted:
        names = ", ".join(f"{room}/{name}" for name in (*parts, *extra))
        raise ValueError(f"no training recipe for {room}/{part}; there is {names}")
    folder = out or writable_folder()
    for name, (module, share) in wanted.items():
        if part in ("", name):
            sys.stderr.write(f"{room}/{name}\n")
            recipe = importlib.import_module(f"astroviz.{room}.{module}")
            recipe.train(
                budget=budget * (1.0 if part else share), device=device, out=folder, smoke=smoke,
                resume=resume, **({"part": name} if module in several else {}),
            )  # fmt: skip
    return folder / room / part
