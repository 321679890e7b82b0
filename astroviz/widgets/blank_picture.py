r"""An empty still picture, and its bytes."""

from __future__ import annotations

import io
from typing import Any

__all__ = ["new_figure", "png"]


def new_figure(width: float, height: float) -> Any:
    """A Figure of its own, not pyplot: the user's own are left alone. None without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Any, dpi: int = 90) -> bytes:
    """The picture as PNG."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=dpi)
    return out.getvalue()
