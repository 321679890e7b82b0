r"""An observed lens: image, noise map, point-spread function, mask and where north is.

Images have row 0 at the bottom; x grows along columns, y along rows, in arcsec from the centre of
the frame. What cannot be used is masked, and what cannot be read is refused with a sentence.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Observation", "ObservationError", "open_observation"]

_NOISE_MEANS_MASKED = 1e8
_FEWEST = 30  # pixels below which nothing can be learned


class ObservationError(ValueError):
    """What was given is not an observation; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Observation:
    r"""One lens as a telescope saw it.

    Arguments:
        image: Brightness, shape :math:`(n_y, n_x)`, any unit; 0 where masked.
        noise: Standard deviation of each pixel, same shape and unit; 1 where masked.
        psf: Point-spread function, odd-sized, of sum 1; None for none.
        mask: True where a pixel is used, same shape.
        pixel_scale: Arcsec per pixel.
        north: Direction of north, rad counter-clockwise from +x; None without a WCS.
        parity: 1 if east is counter-clockwise of north (the usual), -1 if the frame is mirrored.
        name: What to call it.
        lens_redshift: Redshift of the lens; None if unknown.
        source_redshift: Redshift of the source; None if unknown.
        light: Whether the lens galaxy's own light is in the image.
        warnings: What was changed on the way in, one sentence each.
        truth: What a simulation put in (`lens`, `source`, `model`, ...).

    Example:
        >>> o = open_observation(np.zeros((16, 16)), np.ones((16, 16)), None, pixel_scale=0.1)
        >>> o.shape, o.used
        ((16, 16), 256)
    """

    image: np.ndarray
    noise: np.ndarray
    psf: np.ndarray | None
    mask: np.ndarray
    pixel_scale: float = 0.05
    north: float | None = None
    parity: int = 1
    name: str = "observation"
    lens_redshift: float | None = None
    source_redshift: float | None = None
    light: bool = True
    warnings: tuple[str, ...] = ()
    truth: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.image.shape[0]), int(self.image.shape[1])

    @property
    def used(self) -> int:
        """Number of pixels that are used."""
        return int(self.mask.sum())

    @property
    def half_width(self) -> float:
        """Half the smaller side of the frame, arcsec."""
        return 0.5 * min(self.shape) * self.pixel_scale

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """X and y of the pixels' centres, arcsec, each shape (n_y, n_x)."""
        rows, columns = self.shape
        x = (np.arange(columns) - (columns - 1) / 2) * self.pixel_scale
        y = (np.arange(rows) - (rows - 1) / 2) * self.pixel_scale
        return np.broadcast_arrays(x[None], y[:, None])  # type: ignore[return-value]

    def with_mask(self, mask: Any) -> Observation:
        r"""The same observation with fewer pixels.

        Arguments:
            mask: True where a pixel may be used, shape :math:`(n_y, n_x)`.
        """
        asked = np.asarray(mask)
        if asked.shape != self.shape:
            raise ObservationError(
                f"the mask is {asked.shape} but the image is {self.shape}: give one of its shape"
            )
        kept = self.mask & asked.astype(bool)
        _enough(kept)
        return dataclasses.replace(self, mask=kept)

    def within(self, radius: float, inner: float = 0.0) -> Observation:
        """Only pixels between two radii of the frame's centre, arcsec."""
        x, y = self.grid()
        r = np.hypot(x, y)
        return self.with_mask((r < radius) & (r >= inner))

    def cut(self, half_width: float) -> Observation:
        """The central square only: fewer pixels to compute.

        Arguments:
            half_width: Half of its side, arcsec; rounded so that the centre stays a centre.
        """
        rows, columns = self.shape
        away = max(0, int(np.floor(self.half_width / self.pixel_scale - half_width
                                   / self.pixel_scale)))  # fmt: skip
        place = (slice(away, rows - away), slice(away, columns - away))
        mask = self.mask[place]
        _enough(mask)
        return dataclasses.replace(
            self, image=self.image[place], noise=self.noise[place], mask=mask
        )

    def on_sky(self, position_angle: float) -> float | None:
        """East of north, degrees in [0, 180), of an angle in rad from +x; None without a WCS."""
        if self.north is None:
            return None
        return float(np.degrees(self.parity * (position_angle - self.north)) % 180.0)


def open_observation(
    image: Any,
    noise: Any,
    psf: Any = None,
    pixel_scale: float = 0.05,
    lens_light: bool = True,
    *,
    mask: Any = None,
    name: str = "",
    lens_redshift: float | None = None,
    source_redshift: float | None = None,
) -> Observation:
    r"""Read an observation from files or arrays.

    Arguments:
        image: Brightness: an array, the path of a FITS file, or its bytes.
        noise: Standard deviations likewise, or one number. 1e8 and more, NaN, zero and negative
            values mean that the pixel is masked.
        psf: Point-spread function likewise, odd-sized; None if the image is not blurred.
        pixel_scale: Arcsec per pixel; a WCS in the image's header goes before it.
        lens_light: Whether the light of the lens galaxy is in the image.
        mask: True where a pixel may be used.
        name: What to call it; by default the folder or file of the image.
        lens_redshift: Redshift of the lens.
        source_redshift: Redshift of the source.
    """
    values, header = _read(image, "the image")
    notes: list[str] = []
    deviations = _noise_of(noise, values)
    used = np.isfinite(values) & np.isfinite(deviations)
    used &= (deviations > 0) & (deviations < _NOISE_MEANS_MASKED)
    if mask is not None:
        asked, _ = _read(mask, "the mask")
        if asked.shape != values.shape:
            raise ObservationError(
                f"the mask is {asked.shape} but the image is {values.shape}: they must be equal"
            )
        used &= asked > 0
    bad = int((~np.isfinite(values)).sum())
    if bad:
        notes.append(f"{bad} pixels of the image are not numbers and were masked.")
    refused = int((np.isfinite(deviations) & (deviations <= 0)).sum())
    if refused:
        notes.append(f"{refused} pixels have zero or negative noise and were masked.")
    _enough(used)
    scale, north, parity = _world(header, pixel_scale, notes)
    kernel = None if psf is None else _psf_of(psf, values.shape, notes)
    return Observation(
        image=np.where(used, np.nan_to_num(values), 0.0),
        noise=np.where(used, np.nan_to_num(deviations, nan=1.0), 1.0),
        psf=kernel, mask=used, pixel_scale=scale, north=north, parity=parity,
        name=name or _name_of(image), lens_redshift=lens_redshift,
        source_redshift=source_redshift, light=bool(lens_light), warnings=tuple(notes),
    )  # fmt: skip


def _enough(mask: np.ndarray) -> None:
    used = int(mask.sum())
    if used < _FEWEST:
        word = "everything is masked" if used == 0 else f"only {used} pixels are left"
        raise ObservationError(
            f"{word} (of {mask.size}): nothing can be learned from it; open the mask or check "
            "that the noise map is positive where the data are good"
        )


def _noise_of(noise: Any, image: np.ndarray) -> np.ndarray:
    if noise is None:
        raise ObservationError(
            "the image has no noise map: give the standard deviation of each pixel, an array or a "
            "file of the image's shape, or one number for all"
        )
    if isinstance(noise, int | float):
        if not noise > 0:
            raise ObservationError(f"the noise must be positive, not {noise}")
        return np.full(image.shape, float(noise))
    found, _ = _read(noise, "the noise map")
    if found.shape != image.shape:
        raise ObservationError(
            f"the noise map is {found.shape[0]} x {found.shape[1]} pixels but the image is "
            f"{image.shape[0]} x {image.shape[1]}: they must be equal"
        )
    return found


def _psf_of(psf: Any, shape: tuple[int, ...], notes: list[str]) -> np.ndarray:
    kernel, _ = _read(psf, "the PSF")
    size = f"{kernel.shape[0]} x {kernel.shape[1]}"
    if kernel.shape[0] % 2 == 0 or kernel.shape[1] % 2 == 0:
        raise ObservationError(
            f"the PSF is {size} pixels: an even side has no central pixel; crop or resample it "
            "to odd sides with the peak in the middle"
        )
    if kernel.shape[0] > shape[0] or kernel.shape[1] > shape[1]:
        raise ObservationError(
            f"the PSF ({size}) is larger than the image ({shape[0]} x {shape[1]}): crop it"
        )
    if not np.isfinite(kernel).all() or kernel.sum() <= 0:
        raise ObservationError("the PSF holds values that are not numbers, or its sum is not > 0")
    total = float(kernel.sum())
    if abs(total - 1) > 1e-3:
        notes.append(f"The PSF summed to {total:.4g} and was normalised to 1.")
    return np.asarray(kernel / total)


def _world(header: Any, pixel_scale: float, notes: list[str]) -> tuple[float, float | None, int]:
    """Pixel scale, direction of north and parity, from a header where it has a WCS."""
    if not (isinstance(pixel_scale, int | float) and pixel_scale > 0):
        raise ObservationError(f"the pixel scale must be positive, not {pixel_scale!r} arcsec")
    if header is None or "CTYPE1" not in header:
        notes.append("No WCS: angles are counter-clockwise from +x of the detector only.")
        return float(pixel_scale), None, 1
    from astropy.wcs import WCS
    from astropy.wcs.utils import proj_plane_pixel_scales

    try:
        world = WCS(header).celestial
        matrix = np.asarray(world.pixel_scale_matrix, dtype=float)
        scale = float(proj_plane_pixel_scales(world).mean() * 3600)
        inverse = np.linalg.inv(matrix)
    except Exception as error:  # astropy raises many kinds for a broken header
        notes.append(f"The WCS could not be read ({error}); angles are of the detector only.")
        return float(pixel_scale), None, 1
    north = inverse @ np.array([0.0, 1.0])
    parity = 1 if np.linalg.det(matrix) < 0 else -1
    return scale, float(np.arctan2(north[1], north[0])), parity


def _read(given: Any, what: str) -> tuple[np.ndarray, Any]:
    """Two-dimensional numbers and a header, from an array, a path or the bytes of a file."""
    header = None
    if isinstance(given, str | Path | bytes | bytearray):
        array, header = _read_fits(given, what)
    else:
        try:
            array = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ObservationError(f"{what} is not an array of numbers: {error}") from error
    if array.ndim != 2 or min(array.shape) < 3:
        raise ObservationError(
            f"{what} has shape {array.shape}: two axes (rows, columns) of 3 pixels or more are "
            "needed"
        )
    return array, header


def _read_fits(given: str | Path | bytes | bytearray, what: str) -> tuple[np.ndarray, Any]:
    import io

    from astropy.io import fits

    is_path = isinstance(given, str | Path)
    if is_path and not Path(str(given)).is_file():
        raise ObservationError(f"{what} is not there: no file {Path(str(given))}")
    opened: Any = str(given) if is_path else io.BytesIO(bytes(given))  # type: ignore[arg-type]
    try:
        with fits.open(opened, memmap=False) as file:
            for unit in file:
                if getattr(unit, "data", None) is not None and unit.is_image:
                    if np.squeeze(unit.data).ndim == 2:
                        return np.squeeze(unit.data).astype(np.float64), unit.header
    except (OSError, ValueError, TypeError) as error:
        raise ObservationError(f"{what} is not a FITS file that can be read: {error}") from error
    raise ObservationError(f"{what}: the FITS file holds no two-dimensional image")


def _name_of(image: Any) -> str:
    if isinstance(image, str | Path):
        path = Path(image)
        return path.parent.name if path.stem in ("image", "data", "sci") else path.stem
    return "observation"
