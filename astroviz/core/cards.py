r"""Model cards: what a model is, what it was trained on, where its limits are."""

from __future__ import annotations

import copy
import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["Card", "ModelError", "read_card", "write_card"]

_TEXTS = ("title", "what", "data", "prior", "training_time", "licence", "sha256", "kind", "alias")
_TABLES = ("units", "metrics", "config")
# Folders of this name hold what models rest on, not models.
_TABLES_KIND = "tables"


class ModelError(ValueError):
    """A model cannot be used: its card or its weights are damaged, missing or not ours."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """The card of a model, `card.toml` beside its weights.

    Arguments:
        name: Full name, `<system>/<folder>`.
        system: The room it belongs to, as `stars`.
        kind: `model`, or what else the weights are, as `tables`.
        title: A short name for people.
        what: What question the model answers.
        data: What it was trained on.
        prior: The prior, in words.
        units: Unit of each parameter.
        limits: Where not to believe it.
        metrics: Measured figures.
        seed: Seed of the training.
        training_time: Time and machine that the training took.
        licence: Licence of the weights.
        sha256: Hash of `weights.safetensors`.
        default: Whether the system's bare name means this model.
        alias: A further name of the model.
        config: What builds the network.
        extra: Every other key of the file.
        path: The folder of the card; None for a card that was not read from a file.
        problem: Why the card could not be read, empty for a sound one.
    """

    name: str
    system: str
    kind: str = "model"
    title: str = ""
    what: str = ""
    data: str = ""
    prior: str = ""
    units: Mapping[str, Any] = field(default_factory=dict)
    limits: str | list[str] = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    training_time: str = ""
    licence: str = ""
    sha256: str = ""
    default: bool = False
    alias: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The card as plain values, further keys among the others; fit for JSON and TOML."""
        known = {
            item.name: getattr(self, item.name)
            for item in dataclasses.fields(self)
            if item.name not in ("extra", "path", "problem")
        }
        plain: dict[str, Any] = _plain({**known, **self.extra})
        return plain

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], path: Path | None = None) -> Card:
        """A card from plain values; its folder, where there is one, gives system and name."""
        known = {item.name for item in dataclasses.fields(cls)} - {"extra", "path", "problem"}
        fields = {key: value for key, value in content.items() if key in known}
        extra = {key: value for key, value in content.items() if key not in known}
        if path is not None:
            fields["system"], fields["name"] = path.parent.name, f"{path.parent.name}/{path.name}"
            fields.setdefault("kind", _TABLES_KIND if path.name == _TABLES_KIND else "model")
        fields.setdefault("system", str(fields.get("name", "")).partition("/")[0])
        for key in (*_TEXTS, "name", "system"):
            _require(key, fields.get(key, ""), str, "a text")
        for key in _TABLES:
            _require(key, fields.get(key, {}), Mapping, "a table")
        _require("default", fields.get("default", False), bool, "true or false")
        return cls(**fields, extra=extra, path=path)


def _require(key: str, value: Any, kind: type, said: str) -> None:
    if not isinstance(value, kind):
        raise ModelError(f"{key} in a card must be {said}, not {value!r}")


def _plain(value: Any) -> Any:
    """Without numpy scalars and arrays, tuples and None, which TOML cannot hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return str(value) if isinstance(value, Path) else value


def read_card(folder: Path) -> Card:
    """The card of the model in `folder`; a card that cannot be read says so in `problem`."""
    path = folder / "card.toml"
    try:
        stat = path.stat()
        content = _content(path, stat.st_mtime_ns, stat.st_size)
        return Card.from_dict(copy.deepcopy(content), folder)
    except (OSError, ModelError, TypeError, ValueError) as error:
        system = folder.parent.name
        return Card(
            name=f"{system}/{folder.name}", system=system, path=folder,
            problem=f"the card {path} cannot be read: {error}",
        )  # fmt: skip


@lru_cache(maxsize=256)
def _content(path: Path, changed: int, size: int) -> dict[str, Any]:
    """What a card says: cards of thousands of lines are asked for again and again."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write_card(folder: Path, card: Card) -> Path:
    """Write `card.toml` into `folder`; returns its path."""
    import tomli_w  # only who trains needs a writer

    path = folder / "card.toml"
    path.write_text(tomli_w.dumps(card.to_dict(), multiline_strings=True), encoding="utf-8")
    return path
