r"""Open a trained astrophysics model and question it with your hands."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astroviz.core.draws import Draws as Draws
    from astroviz.core.engine import Engine as Engine
    from astroviz.core.registry import list_models as list_models
    from astroviz.core.registry import load as load
    from astroviz.dashboards.serve import serve as serve
    from astroviz.inference import infer as infer
    from astroviz.io.tables import read_table as read_table
    from astroviz.judging import judge as judge
    from astroviz.widgets import explore as explore
    from astroviz.wrapping import wrap as wrap

__version__ = "0.1.0"

__all__ = [
    "Draws",
    "Engine",
    "__version__",
    "explore",
    "infer",
    "judge",
    "list_models",
    "load",
    "read_table",
    "serve",
    "wrap",
]

# Public names are imported when they are first used (PEP 562): `import astroviz` must cost
# neither torch nor panel, which take seconds.
_HOMES = {
    "Draws": "astroviz.core.draws",
    "Engine": "astroviz.core.engine",
    "explore": "astroviz.widgets",
    "infer": "astroviz.inference",
    "judge": "astroviz.judging",
    "list_models": "astroviz.core.registry",
    "load": "astroviz.core.registry",
    "read_table": "astroviz.io.tables",
    "serve": "astroviz.dashboards.serve",
    "wrap": "astroviz.wrapping",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'astroviz' has no attribute {name!r}; it has {__all__}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
