r"""What the bench says about itself: a sentence for each of its questions, and warnings."""

from __future__ import annotations

from typing import Any

from astroviz.lensing.bench_numbers import scales
from astroviz.lensing.bench_stamps import StampError
from astroviz.lensing.lens import LensError, check_lens

__all__ = ["sentence", "warnings"]


def sentence(state: Any) -> str:
    """What the mode shows, and one gesture to try."""
    return {
        "planes": _planes,
        "bias": _bias,
        "sheet": _sheet,
        "information": _information,
        "delays": _delays,
    }[state.bench_mode](state)


def _planes(state: Any) -> str:
    try:
        physical = scales(state.lens_redshift, state.source_redshift, state.hubble_constant)
        weight = f" ({physical.dispersion(state.einstein_radius):.0f} km/s)"
    except LensError:
        weight = ""
    return (
        f"A lens of {state.einstein_radius:.2f}\u2033{weight} bends the light of the galaxy on "
        "the right. Drag the lens, its ring or its handles; hover to see where rays land."
    )


def _bias(state: Any) -> str:
    return (
        f"The same data (S/N {state.bench_snr:.0f}) under a Sersic, a richer, a pixelated and a "
        "score-prior source: run the fits, and see which one moves the Einstein radius."
    )


def _sheet(state: Any) -> str:
    return (
        f"A sheet of {1 - state.bench_sheet:+.2f} under a lens of {state.bench_sheet:.2f} times "
        "its mass leaves the image as it is: move \u03bb and watch what changes instead."
    ).replace("-", "\u2212")


def _information(state: Any) -> str:
    return (
        "Point at the source: the pixels of the image that constrain that place glow. Blur and "
        "noise decide how many there are."
    )


def _delays(state: Any) -> str:
    return (
        "A quasar in place of the galaxy: images are where the arrival time is stationary. Drag "
        "the quasar over a caustic and watch two of them meet."
    )


def warnings(state: Any) -> tuple[str, ...]:
    """What one should know before believing the view."""
    found = []
    try:
        check_lens(state.lens(), 0.5 * state.bench_field)
        state.stamp_maker()
        scales(state.lens_redshift, state.source_redshift, state.hubble_constant)
    except (LensError, StampError) as error:
        found.append(str(error)[:1].upper() + str(error)[1:])
    if state.bench_field < 2.6 * state.einstein_radius:
        found.append("The frame is hardly wider than the ring: widen the field.")
    if state.bench_blur > 0.6 * state.einstein_radius:
        found.append("The PSF is about as wide as the ring: little of the lens is resolved.")
    if state.bench_mode == "sheet" and state.bench_mass != "power law":
        found.append("Curves and masses are of the power law alone, without what stands by it.")
    if state.bench_mode == "sheet" and state.bench_source == "paint":
        found.append("What is painted is painted in the source plane without the sheet.")
    return tuple(found)
