r"""Where models are, how they are named, and the proof that their weights are the right ones.

A model is a folder `<models>/<system>/<name>` with `weights.safetensors` and `card.toml`, which
holds the hash of the weights. Folders of models are searched in this order: `$ASTROVIZ_MODELS`
(several, separated as in `$PATH`), `models/` of the checkout, the user's data directory, and what
was installed with the package; a model found first hides another of the same name.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_bytes
from safetensors.torch import save as save_bytes

from astroviz.core.cards import Card, ModelError, read_card, write_card
from astroviz.core.device import resolve_device
from astroviz.core.folders import user_folder

__all__ = [
    "Card",
    "ModelError",
    "UnknownModelError",
    "find_model",
    "list_models",
    "load",
    "load_weights",
    "model_folders",
    "save_model",
    "user_folder",
    "verify",
    "writable_folder",
]

_PACKAGE = Path(__file__).resolve().parent.parent
_WEIGHTS = "weights.safetensors"
# The folder that a system's bare name means when no card of it says `default = true`.
_USUAL = "young"


class UnknownModelError(ModelError):
    """No model has the name."""


def _checkout_folder() -> Path | None:
    root = _PACKAGE.parent
    return root / "models" if (root / "pyproject.toml").is_file() else None


def model_folders() -> tuple[Path, ...]:
    """Folders of models in the order in which they are searched; some need not exist."""
    named = os.environ.get("ASTROVIZ_MODELS", "")
    folders = [Path(part).expanduser() for part in named.split(os.pathsep) if part.strip()]
    checkout = _checkout_folder()
    if checkout is not None:
        folders.append(checkout)
    return (*folders, user_folder(), _PACKAGE / "models")


def writable_folder() -> Path:
    """Where a training puts its model: `models/` of an editable install, else the user's folder.

    An installed copy does not write into a checkout, even when it is started in one.
    """
    return _checkout_folder() or user_folder()


def list_models(system: str | None = None) -> list[Card]:
    """Cards of all models that are there, sorted by name.

    Arguments:
        system: Only models of this system.
    """
    found: dict[str, Card] = {}
    for folder in model_folders():
        for path in sorted(folder.glob("*/*/card.toml")):
            card = read_card(path.parent)
            found.setdefault(card.name, card)
    cards = sorted(found.values(), key=lambda card: card.name)
    return [card for card in cards if system in (None, card.system)]


def find_model(name: str) -> Card:
    """The card of a model.

    Arguments:
        name: `<system>/<model>`, an alias, or the system alone for its default model: the one
            whose card says `default = true`, else the one called `young`, else the only one.
    """
    cards = list_models()
    exact = [card for card in cards if name in (card.name, card.alias)]
    models = [card for card in cards if card.system == name and card.kind == "model"]
    chosen: list[Card] = [
        *exact,
        *(card for card in models if card.default),
        *(card for card in models if card.name == f"{name}/{_USUAL}"),
        *(models if len(models) == 1 else ()),
    ]
    if not chosen:
        raise UnknownModelError(_unknown(name, cards, ambiguous=bool(models)))
    if chosen[0].problem:
        raise ModelError(chosen[0].problem)
    return chosen[0]


def _unknown(name: str, cards: list[Card], ambiguous: bool) -> str:
    there = ", ".join(card.name for card in cards)
    if ambiguous:
        return f"{name!r} has no default model; name one of {there}"
    if not there:
        searched = ", ".join(str(folder) for folder in model_folders())
        return f"no model {name!r}: there are no models at all in {searched}; train one first"
    return f"no model {name!r}; there is {there}"


def verify(card: Card) -> bytes:
    """The weights of a model as they lie on disk, after their hash was compared with the card.

    Arguments:
        card: From `find_model` or `list_models`.

    Returns:
        The content of the file; damaged, changed or missing weights raise a `ModelError`.
    """
    if card.problem or card.path is None:
        raise ModelError(card.problem or f"the card of {card.name} does not come from a folder")
    path = card.path / _WEIGHTS
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"the weights of {card.name} cannot be read: {error}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256.lower():
        raise ModelError(
            f"the weights of {card.name} were changed or damaged and are refused: {path} has "
            f"SHA-256 {found[:12]}..., its card says {card.sha256[:12] or 'none'}...; "
            "install the model again or train it anew"
        )
    return content


def load_weights(name: str | Card, device: str | torch.device = "cpu") -> dict[str, torch.Tensor]:
    """The tensors of a model, by name.

    Arguments:
        name: Name of the model, or its card.
        device: Where to put them, as `resolve_device` reads it.
    """
    card = find_model(name) if isinstance(name, str) else name
    target = resolve_device(device)
    # what was hashed is what is read: a file could change between two readings
    content = verify(card)
    try:
        tensors = load_bytes(content)
    except SafetensorError as error:
        raise ModelError(
            f"the weights of {card.name} are not a safetensors file ({error}); "
            "other formats are refused because they can run code"
        ) from error
    return {key: tensor.to(target) for key, tensor in tensors.items()}


def save_model(folder: Path | str, tensors: Mapping[str, torch.Tensor], card: Card) -> Card:
    """Write weights and card of a model.

    Arguments:
        folder: `<models>/<system>/<name>`; made if it is not there.
        tensors: The weights, by name.
        card: The card; its hash, name and system are filled in.

    Returns:
        The card as written.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    place = place.resolve()
    content = save_bytes({key: tensor.detach().cpu().contiguous() for key, tensor in
                          tensors.items()})  # fmt: skip
    written = dataclasses.replace(
        card,
        name=f"{place.parent.name}/{place.name}",
        system=place.parent.name,
        sha256=hashlib.sha256(content).hexdigest(),
        path=place,
        problem="",
    )
    # weights first, and in one move: a reader never meets half a file under a valid card
    part = place / (_WEIGHTS + ".part")
    part.write_bytes(content)
    os.replace(part, place / _WEIGHTS)
    write_card(place, written)
    return written


def load(name: str, device: str | torch.device = "auto") -> Any:
    """Open a trained model.

    Arguments:
        name: As `find_model` reads it: `stars`, `stars/young`, ...
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.

    Returns:
        The model's object, as the room of its system makes it.
    """
    card = find_model(name)
    if card.kind != "model" and "network" not in card.config:
        raise ModelError(f"{card.name} is no model but {card.kind}: it cannot be opened")
    room = f"astroviz.{card.system}"
    # the room is found by name: the core must not know the rooms
    if not card.system.isidentifier() or importlib.util.find_spec(room) is None:
        raise ModelError(f"{card.name} belongs to {card.system!r}, which this version cannot open")
    return importlib.import_module(f"{room}.posterior").open_model(card, resolve_device(device))
