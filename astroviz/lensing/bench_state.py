r"""The state of the bench: lens, source, telescope, and what is asked of them; no widgets."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.lensing.bench_masses import MASSES
from astroviz.lensing.bench_presets import PRESETS, surprise
from astroviz.lensing.bench_questions import BenchQuestions
from astroviz.lensing.bench_stamps import (
    KINDS,
    StampError,
    drawn,
    galaxy_stamp,
    hubble_stamp,
    painted,
    pictures_of,
    prior_stamp,
    sersic_stamp,
    unpacked,
)
from astroviz.lensing.view_state import ViewState

__all__ = ["LENS", "LOOKS", "MODES", "BenchState"]

MODES = {
    "planes": "Planes",
    "bias": "Bias",
    "sheet": "Mass sheet",
    "information": "Information",
    "delays": "Delays",
}
"""Questions of the bench, and what they are called."""

LOOKS = {"data": "With noise", "clean": "Without noise", "magnification": "Magnification"}
"""What the image plane shows, and what it is called."""

LENS = ("einstein_radius", "axis_ratio", "position_angle", "x0", "y0", "shear1", "shear2", "slope")
PAINTED = [[0.0, 0.0, 0.05, 1.0], [0.1, 0.06, 0.035, 0.7], [0.17, 0.15, 0.03, 0.5],
           [-0.1, -0.06, 0.035, 0.7], [-0.17, -0.15, 0.03, 0.5]]  # fmt: skip
_LONGEST_STROKE = 400


class BenchState(BenchQuestions, ViewState):
    """Parameters of the view *Bench*, and the questions that it asks."""

    _dragged = frozenset(
        {*LENS, "source_x", "source_y", "source_size", "sersic_index", "sersic_ratio",
         "sersic_angle", "lens_redshift", "source_redshift", "hubble_constant", "bench_snr",
         "bench_blur", "bench_scale", "bench_field", "bench_sheet", "bench_extra", "brush",
         "strokes"}
    )  # fmt: skip
    _bulky: ClassVar[tuple[str, ...]] = ("stamp", "strokes")

    bench_mode: param.Selector[Any] = param.Selector(
        default="planes", objects=list(MODES), doc="What is asked of lens and source."
    )
    einstein_radius = param.Number(
        default=1.2, bounds=(0.1, 3.0), doc="Einstein radius on the intermediate axis, arcsec."
    )
    axis_ratio = param.Number(
        default=0.72, bounds=(0.3, 1.0), doc="Minor over major axis of the lens."
    )
    position_angle = param.Number(
        default=0.5, bounds=(-1.5708, 1.5708),
        doc="Angle of the major axis of the lens, rad, counter-clockwise from +x.",
    )  # fmt: skip
    x0 = param.Number(default=0.0, bounds=(-2.0, 2.0), doc="Place of the lens, arcsec.")
    y0 = param.Number(default=0.0, bounds=(-2.0, 2.0), doc="Place of the lens, arcsec.")
    shear1 = param.Number(
        default=0.03, bounds=(-0.3, 0.3), doc="External shear; above 0 stretches images along x."
    )
    shear2 = param.Number(
        default=-0.02, bounds=(-0.3, 0.3),
        doc="External shear; above 0 stretches images along x = y.",
    )  # fmt: skip
    slope = param.Number(
        default=1.0, bounds=(0.5, 1.5),
        doc="Slope t of the lens's surface density, R^-t; 1 is isothermal.",
    )  # fmt: skip
    bench_mass: param.Selector[Any] = param.Selector(
        default="power law", objects=list(MASSES),
        doc="What stands beside the power law and its shear.",
    )  # fmt: skip
    bench_extra = param.Number(
        default=0.3, bounds=(0.0, 1.0), doc="Strength of what stands beside the power law."
    )
    lens_redshift = param.Number(default=0.285, bounds=(0.02, 2.0), doc="Redshift of the lens.")
    source_redshift = param.Number(
        default=0.575, bounds=(0.05, 6.0), doc="Redshift of the source."
    )
    hubble_constant = param.Number(
        default=70.0, bounds=(50.0, 90.0), doc="Hubble constant, km/s/Mpc, of a flat universe."
    )
    bench_source: param.Selector[Any] = param.Selector(
        default="spiral", objects=list(KINDS), doc="What stands behind the lens."
    )
    source_x = param.Number(default=0.08, bounds=(-3.0, 3.0), doc="Place of the source, arcsec.")
    source_y = param.Number(default=0.05, bounds=(-3.0, 3.0), doc="Place of the source, arcsec.")
    source_size = param.Number(
        default=1.2, bounds=(0.1, 4.0), doc="Side of the source's stamp, arcsec."
    )
    source_number = param.Integer(
        default=0, bounds=(0, 999), doc="Which galaxy of its kind, or picture of your file."
    )
    sersic_index = param.Number(default=1.0, bounds=(0.5, 5.0), doc="Sersic index of the source.")
    sersic_ratio = param.Number(
        default=0.7, bounds=(0.2, 1.0), doc="Minor over major axis of the Sersic source."
    )
    sersic_angle = param.Number(
        default=0.8, bounds=(-1.5708, 1.5708),
        doc="Angle of the Sersic source's major axis, rad, counter-clockwise from +x.",
    )  # fmt: skip
    stamp = param.String(default="", doc="A picture that was brought, 8 bits a pixel, as text.")
    strokes = param.List(
        default=PAINTED, doc="Dabs of the brush: x, y, width in parts of the stamp; strength."
    )
    brush = param.Number(
        default=0.05, bounds=(0.015, 0.15), doc="Width of the brush, in parts of the stamp."
    )
    bench_look: param.Selector[Any] = param.Selector(
        default="data", objects=list(LOOKS), doc="What the image plane shows."
    )
    bench_snr = param.Number(
        default=40.0, bounds=(2.0, 300.0), doc="Signal to noise of the brightest pixel."
    )
    bench_blur = param.Number(
        default=0.09, bounds=(0.0, 0.6), doc="Full width at half maximum of the PSF, arcsec."
    )
    bench_scale = param.Number(
        default=0.05, bounds=(0.03, 0.2), doc="Side of a pixel of the image, arcsec."
    )
    bench_field = param.Number(default=4.6, bounds=(2.0, 8.0), doc="Side of the image, arcsec.")
    bench_sheet = param.Number(
        default=1.0, bounds=(0.7, 1.3),
        doc="Lambda of the mass sheet: the lens counts lambda, a sheet of 1 - lambda is added.",
    )  # fmt: skip

    # What the bar offers

    def bench_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return PRESETS

    def bench_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """A lens and a galaxy that nobody has chosen."""
        return surprise(random)

    def bench_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        from astroviz.lensing.bench_words import sentence

        return sentence(self)

    def bench_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        from astroviz.lensing.bench_words import warnings

        return warnings(self)

    # The lens

    def lens(self) -> tuple[float, ...]:
        """The lens in the order of `LENS_NAMES`."""
        return tuple(float(getattr(self, name)) for name in LENS)

    def take_lens(self, grip: str, x: float, y: float, way: tuple[float, float]) -> None:
        r"""Let a hand change the lens.

        Arguments:
            grip: `centre` moves it, `ring` sets the Einstein radius, `major` the position angle,
                `minor` the axis ratio.
            x: Place of the hand, arcsec.
            y: Likewise.
            way: How far the hand has gone since the last call, arcsec.
        """
        dx, dy = x - self.x0, y - self.y0
        if grip == "centre":
            half = 0.5 * self.bench_field
            self.param.update(
                x0=_within(self.x0 + way[0], self.param.x0, half),
                y0=_within(self.y0 + way[1], self.param.y0, half),
            )
        elif grip == "ring":
            low, high = self.param.einstein_radius.bounds
            self.einstein_radius = round(min(max(self._radius(dx, dy), low), high), 4)
        elif grip == "major":
            angle = math.atan2(dy, dx)
            self.position_angle = round((angle + math.pi / 2) % math.pi - math.pi / 2, 4)
        else:
            ratio = (math.hypot(dx, dy) / self.einstein_radius) ** 2
            low, high = self.param.axis_ratio.bounds
            self.axis_ratio = round(min(max(ratio, low), high), 4)

    def grips(self) -> dict[str, tuple[float, float]]:
        """Where a hand can hold the lens: its centre, the ends of both axes, arcsec."""
        places = {"centre": (self.x0, self.y0)}
        for name, angle, power in (("major", 0.0, -0.5), ("minor", math.pi / 2, 0.5)):
            reach = self.einstein_radius * self.axis_ratio**power
            turn = self.position_angle + angle
            places[name] = (self.x0 + reach * math.cos(turn), self.y0 + reach * math.sin(turn))
        return places

    def grip_at(self, x: float, y: float) -> str:
        """What of the lens a hand at this place holds; its centre where nothing is nearer."""
        reach = 0.04 * self.bench_field
        far = {name: math.hypot(x - a, y - b) for name, (a, b) in self.grips().items()}
        nearest = min(far, key=lambda name: far[name])
        if far[nearest] < reach:
            return nearest
        radius = self._radius(x - self.x0, y - self.y0)
        return "ring" if abs(radius - self.einstein_radius) < reach else "centre"

    def _radius(self, dx: float, dy: float) -> float:
        """Elliptical radius on the intermediate axis."""
        cosine, sine = math.cos(self.position_angle), math.sin(self.position_angle)
        along, across = dx * cosine + dy * sine, dy * cosine - dx * sine
        return math.sqrt(self.axis_ratio * along**2 + across**2 / self.axis_ratio)

    # The source

    def take_source(self, way: tuple[float, float]) -> None:
        """Move the source by so many arcsec."""
        half = 0.5 * self.bench_field
        self.param.update(
            source_x=_within(self.source_x + way[0], self.param.source_x, half),
            source_y=_within(self.source_y + way[1], self.param.source_y, half),
        )

    def paint(self, x: float, y: float, erase: bool = False) -> None:
        """Dab with the brush at a place of the source plane, arcsec."""
        part = [
            round((x - self.source_x) / self.source_size, 3),
            round((y - self.source_y) / self.source_size, 3),
        ]
        dab = [*part, round(self.brush, 3), -1.0 if erase else 0.5]
        kept = list(self.strokes)[-_LONGEST_STROKE + 1 :]
        self.param.update(bench_source="paint", strokes=[*kept, dab])

    def bring(self, content: bytes, name: str = "the file") -> None:
        """Put a picture of a file behind the lens; a `StampError` where there is none."""
        self._brought = pictures_of(content, name)
        self.param.update(bench_source="file", source_number=0, stamp=drawn(self._brought[0]))

    @property
    def brought(self) -> int:
        """How many pictures the file has that was brought."""
        return len(getattr(self, "_brought", ()))

    def choose_picture(self, number: int) -> None:
        """Show another picture of the file."""
        pictures = getattr(self, "_brought", [])
        if self.bench_source == "file" and pictures:
            number %= len(pictures)
            self.param.update(source_number=number, stamp=drawn(pictures[number]))
        else:
            self.source_number = number % (self.param.source_number.bounds[1] + 1)

    def source_stamp(self) -> np.ndarray:
        r"""The source, shape :math:`(s, s)`, its brightest pixel at one; may take a second."""
        return self.stamp_maker()()

    def stamp_maker(self) -> Callable[[], np.ndarray]:
        """The source as it is set now, to be made in any thread; `StampError` says why not."""
        kind, number = self.bench_source, self.source_number + self.seed
        if kind in ("spiral", "elliptical"):
            return partial(galaxy_stamp, kind, number)
        if kind == "prior":
            model: Any = getattr(self, "model", None)
            if model is None:
                raise StampError(
                    "There is no score prior to draw from: make it by `astroviz train lensing`."
                )
            return partial(prior_stamp, model, number)
        if kind == "sersic":
            return partial(sersic_stamp, self.sersic_index, self.sersic_ratio, self.sersic_angle)
        if kind == "hubble":
            return partial(hubble_stamp, number)
        if kind == "file":
            if not self.stamp:
                raise StampError("No file yet: bring a FITS, PNG or JPEG picture of a galaxy.")
            return partial(unpacked, self.stamp)
        if not self.strokes:
            raise StampError("Nothing is painted yet: draw in the source plane.")
        return partial(painted, [list(dab) for dab in self.strokes])


def _within(value: float, parameter: Any, half: float) -> float:
    low, high = parameter.bounds
    return round(min(max(value, low, -half), high, half), 4)
