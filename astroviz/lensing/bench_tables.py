r"""What of a picture can be saved as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.lensing.bench_scene import Picture

__all__ = ["curves", "pixels"]


def pixels(picture: Picture) -> QTable:
    """Every pixel: place in both planes (arcsec), value with and without noise, sigma."""
    from astropy import units as u
    from astropy.table import QTable

    count = len(picture.image)
    axis = (np.arange(count) - (count - 1) / 2) * picture.pixel_scale
    x, y = np.meshgrid(axis, axis)
    beta_x, beta_y = picture.rays.trace(x, y)
    return QTable(
        {
            "x": x.ravel() * u.arcsec,
            "y": y.ravel() * u.arcsec,
            "source_x": beta_x.ravel() * u.arcsec,
            "source_y": beta_y.ravel() * u.arcsec,
            "image": picture.image.ravel(),
            "model": picture.clean.ravel(),
            "noise": np.full(count**2, picture.noise, dtype=np.float32),
        }
    )


def curves(picture: Picture) -> QTable:
    """Points of each critical curve and where they map to, arcsec."""
    from astropy import units as u
    from astropy.table import QTable

    number = [np.full(len(curve), k) for k, curve in enumerate(picture.critical)]
    empty = np.zeros((0, 2))
    critical = np.concatenate([empty, *picture.critical])
    caustic = np.concatenate([empty, *picture.caustics])
    return QTable(
        {
            "curve": np.concatenate([np.zeros(0, int), *number]),
            "x": critical[:, 0] * u.arcsec,
            "y": critical[:, 1] * u.arcsec,
            "source_x": caustic[:, 0] * u.arcsec,
            "source_y": caustic[:, 1] * u.arcsec,
        }
    )
