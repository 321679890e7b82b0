r"""The faces of the browser's pictures on a page of Panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import panel as pn
import param

from astroviz.components.sources import module, style
from astroviz.components.traits import SPHERE, WEB_BOX, Trait

__all__ = ["OrientationSphere", "WebBox"]


def _parameter(trait: Trait) -> param.Parameter:
    """One synced value as a parameter."""
    options: dict[str, Any] = {"default": trait.default, "doc": trait.help}
    if trait.choices:
        return param.Selector(objects=list(trait.choices), **options)
    kinds = {
        "bytes": param.Bytes, "text": param.String, "flag": param.Boolean,
        "whole": param.Integer, "real": param.Number, "wholes": param.List,
        "reals": param.List, "texts": param.List,
    }  # fmt: skip
    return kinds[trait.kind](**options)


def _parameters(traits: Mapping[str, Trait]) -> dict[str, param.Parameter]:
    return {name: _parameter(trait) for name, trait in traits.items()}


def _face(name: str, source: str, traits: Mapping[str, Trait], doc: str) -> Any:
    """A class whose parameters are these."""
    body = {
        "__doc__": doc,
        "__module__": __name__,
        "_esm": module(source),
        "_stylesheets": [style(source)],
    }
    return type(name, (pn.custom.AnyWidgetComponent,), {**body, **_parameters(traits)})


OrientationSphere: Any = _face(
    "OrientationSphere", "sphere", SPHERE,
    "A sphere of orientations on a page; its parameters are `traits.SPHERE`.",
)  # fmt: skip
WebBox: Any = _face(
    "WebBox", "web_box", WEB_BOX,
    "A box of the cosmic web on a page; its parameters are `traits.WEB_BOX`.",
)  # fmt: skip
