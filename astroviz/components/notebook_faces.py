r"""The faces of the browser's pictures in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from astroviz.components.sources import module, style
from astroviz.components.traits import SPHERE, WEB_BOX, Trait

__all__ = ["OrientationSphereWidget", "WebBoxWidget"]


def _traitlet(trait: Trait) -> Any:
    """One synced value as a traitlet."""
    options: dict[str, Any] = {"help": trait.help}
    made: Any
    if trait.choices:
        made = traitlets.Enum(trait.choices, default_value=trait.default, **options)
    elif trait.kind in ("wholes", "reals", "texts"):
        inner = {
            "wholes": traitlets.Int, "reals": traitlets.Float, "texts": traitlets.Unicode,
        }[trait.kind]  # fmt: skip
        made = traitlets.List(inner(), default_value=trait.default, **options)
    else:
        kinds = {
            "bytes": traitlets.Bytes, "text": traitlets.Unicode, "flag": traitlets.Bool,
            "whole": traitlets.Int, "real": traitlets.Float,
        }  # fmt: skip
        made = kinds[trait.kind](trait.default, **options)
    return made.tag(sync=True)


def _traitlets(traits: Mapping[str, Trait]) -> dict[str, Any]:
    return {name: _traitlet(trait) for name, trait in traits.items()}


def _face(name: str, source: str, traits: Mapping[str, Trait], doc: str) -> Any:
    """A class whose traits are these."""
    body = {"__doc__": doc, "__module__": __name__, "_esm": module(source), "_css": style(source)}
    return type(name, (anywidget.AnyWidget,), {**body, **_traitlets(traits)})


OrientationSphereWidget: Any = _face(
    "OrientationSphereWidget", "sphere", SPHERE,
    "A sphere of orientations in a notebook; its traits are `traits.SPHERE`.",
)  # fmt: skip
WebBoxWidget: Any = _face(
    "WebBoxWidget", "web_box", WEB_BOX,
    "A box of the cosmic web in a notebook; its traits are `traits.WEB_BOX`.",
)  # fmt: skip
