r"""The door to the pictures that are drawn in the browser: two faces each, one state.

A face is imported when it is asked for, so that a notebook loads no Panel and a page no
ipywidgets. States are made from arrays by `sphere_state` and `web_box_state`:

    sphere = OrientationSphere(**sphere_state(rotations=rotations), height=420)
    sphere.param.update(**sphere_state(rotations=other))
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from astroviz.components.box_packing import web_box_state
from astroviz.components.packing import sphere_state

__all__ = [  # noqa: F822
    "OrientationSphere",
    "OrientationSphereWidget",
    "WebBox",
    "WebBoxWidget",
    "sphere_state",
    "web_box_state",
]

_WHERE = {
    "OrientationSphere": "astroviz.components.panel_faces",
    "OrientationSphereWidget": "astroviz.components.notebook_faces",
    "WebBox": "astroviz.components.panel_faces",
    "WebBoxWidget": "astroviz.components.notebook_faces",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
