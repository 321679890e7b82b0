"""The card of the physics tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np

__all__ = ["write_card"]


def write_card(
    out: Path, digest: str, tables: dict[str, np.ndarray], metrics: dict[str, object]
) -> None:
    """Write `card.toml` beside the weights."""
    (out / "card.toml").write_text(f'name = "stars/tables"\nsha256 = "{digest}"\n')
