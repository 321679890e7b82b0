"""What several tests of this room need."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def small_box():
    """A box of about a hundred galaxies, made in a second; not to be changed."""
    from astroviz.orientations.cosmic_web import make_box

    return make_box(size=48.0, grid=40, seed=1)
