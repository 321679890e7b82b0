r"""Several lenses side by side, their sources at one scale in kpc: a family photo.

What ships is simulated: four lenses like those of the SLACS survey, fitted by the classic way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import map_coordinates

from astroviz.core.request import Cancelled
from astroviz.lensing.observation import Observation, ObservationError
from astroviz.lensing.real_answers import RealFit, fit_case
from astroviz.lensing.real_case import RealCase, case_of, files_of, folder_of
from astroviz.lensing.real_example import example
from astroviz.lensing.real_tables import kpc_per_arcsec, published, redshifts_of
from astroviz.lensing.stored import read_answer, write_answer
from astroviz.lensing.work import Work

__all__ = [
    "SIMULATED",
    "Family",
    "Member",
    "family_of",
    "family_scene",
    "lenses_in",
    "simulated_family",
    "stored_family",
    "write_family",
]

SIDE_KPC = 8.75
"""Side of the pictures of sources, kpc."""

_PIXELS, _FRAME = 40, 72  # of a source, of an image
_RADIUS = 2.6
_POOR = 1.3  # times the floor: a fit that did not arrive
_MOST = 30
_STORED = "real_family"

# Einstein radius (arcsec) and so on, redshifts of lens and source, seed of the source.
SIMULATED = (
    ((1.47, 0.72, 0.75, 0.02, -0.03, 0.03, -0.05, 1.0), (0.285, 0.575), 7),
    ((1.53, 0.85, 0.30, -0.02, 0.00, 0.01, 0.01, 1.0), (0.196, 0.632), 4),
    ((1.25, 0.65, 1.30, 0.01, 0.01, -0.04, -0.01, 1.0), (0.206, 0.688), 5),
    ((1.36, 0.77, 2.60, 0.00, -0.01, 0.02, 0.04, 1.0), (0.164, 0.631), 1),
)


@dataclass(frozen=True, eq=False)
class Member:
    r"""One lens of the photo.

    Arguments:
        name: What it is called.
        redshifts: Of lens and source.
        image: Data, brightest about 1, shape :math:`(72, 72)`.
        source: Its source over `SIDE_KPC`, brightest 1, shape :math:`(40, 40)`.
        radius: Einstein radius, arcsec.
        error: Its error.
        known: What is published, or what was put in; NaN for nothing.
        chi_square: Reduced, with the noise map as it is.
        floor: That of blank sky.
    """

    name: str
    redshifts: tuple[float, float]
    image: np.ndarray
    source: np.ndarray
    radius: float
    error: float
    known: float
    chi_square: float
    floor: float


@dataclass(frozen=True, eq=False)
class Family:
    r"""Lenses side by side.

    Arguments:
        members: Those that could be fitted.
        simulated: Whether they are simulated.
        missing: Why others are not here.
    """

    members: tuple[Member, ...]
    simulated: bool = False
    missing: tuple[str, ...] = ()


def lenses_in(folder: str) -> list[tuple[str, Path]]:
    r"""Folders of lenses in a folder, by name.

    Arguments:
        folder: Path, on the machine that serves the page.
    """
    place = Path(folder.strip()).expanduser()
    if not folder.strip() or not place.is_dir():
        raise ObservationError(f"there is no folder {folder!r} on the machine of the server")
    found = [one for one in sorted(place.iterdir()) if (one / "image.fits").is_file()]
    if not found:
        raise ObservationError(f"no folder in {folder} holds an image.fits: it has no lenses")
    return [(one.name, one) for one in found[:_MOST]]


def family_of(
    lenses: Sequence[tuple[str, Path]],
    budget: float,
    progress: Callable[[float], None],
    check: Callable[[], None],
) -> Family:
    r"""Fit lenses one after the other.

    Arguments:
        lenses: Name and folder of each; redshifts come from a table `*_redshifts.csv` beside.
        budget: Seconds for each.
        progress: Told the share that is done.
        check: Raises when the work is to stop.
    """
    members, missing = [], []
    for number, (name, folder) in enumerate(lenses):
        part = Work(progress, check).part(number / len(lenses), (number + 1) / len(lenses))
        try:
            members.append(_member_of(name, folder, budget, part))
        except Cancelled:
            raise
        except (ValueError, np.linalg.LinAlgError) as error:
            missing.append(f"{name}: {error}")
    if not members:
        raise ObservationError("no lens of the folder could be fitted: " + "; ".join(missing))
    return Family(tuple(members), False, tuple(missing))


def _member_of(name: str, folder: Path, budget: float, work: Work) -> Member:
    files, _ = folder_of(str(folder))
    redshifts = redshifts_of(folder, name)
    if redshifts[1] is None:
        raise ObservationError("no redshifts are known, so there are no kpc")
    literature = published(folder, name)
    full = files_of(files, 0.05, redshifts, name=name)
    case = case_of(full, _RADIUS, literature=literature)
    fit = fit_case(case, budget, 0, work.progress, work.check)
    known = [value for value, _ in literature.values()]
    return member(case, fit, float(np.median(known)) if known else float("nan"))


def member(case: RealCase, fit: RealFit, known: float) -> Member:
    """A fitted lens as it stands in the photo."""
    full, found = case.full, fit.fit
    assert full.lens_redshift is not None
    assert full.source_redshift is not None
    return Member(
        full.name, (full.lens_redshift, full.source_redshift), _frame(full),
        _in_kpc(fit, full.source_redshift), fit.radius, fit.radius_error, known,
        found.chi_square, case.floor,
    )  # fmt: skip


def _frame(full: Observation) -> np.ndarray:
    """The middle of a frame, brightest about 1."""
    half = min(_FRAME // 2 + 14, min(full.shape) // 2)
    rows, columns = (n // 2 for n in full.shape)
    cut = full.image[rows - half : rows + half + 1, columns - half : columns + half + 1]
    step = np.linspace(0, len(cut) - 1, _FRAME)
    small = map_coordinates(cut, np.meshgrid(step, step, indexing="ij"), order=1)
    return np.asarray(np.clip(small / np.quantile(small, 0.999), 0, 1))


def _in_kpc(fit: RealFit, redshift: float) -> np.ndarray:
    """The source about its centre on a grid in kpc, brightest 1."""
    found = fit.fit
    source = np.maximum(found.source, 0.0)
    side = len(source)
    index = np.arange(side)
    bright = np.where(source > 0.2 * source.max(), source, 0.0)
    middle = [float((bright.sum(1 - k) * index).sum() / bright.sum()) for k in (0, 1)]
    reach = (np.arange(_PIXELS) - (_PIXELS - 1) / 2) * SIDE_KPC / _PIXELS
    step = reach / kpc_per_arcsec(redshift) / found.source_scale
    rows, columns = np.meshgrid(middle[0] + step, middle[1] + step, indexing="ij")
    drawn = map_coordinates(source, [rows, columns], order=1, mode="constant")
    return np.asarray(drawn / max(float(np.quantile(drawn, 0.999)), 1e-12))


def family_scene(family: Family | None) -> dict[str, Any]:
    """What there is to draw."""
    if family is None:
        raise ValueError("there is no family photo yet: give a folder of lenses and fit them")
    members = family.members
    rows = "".join(_row(one) for one in members)
    known = "put in" if family.simulated else "published"
    titles = (
        "z lens", "z source", "Einstein radius (arcsec)", known, "reduced \u03c7\u00b2", "floor"
    )  # fmt: skip
    cells = "".join(f"<th style='text-align:right'>{title}</th>" for title in titles)
    head = f"<tr><th>lens</th>{cells}</tr>"
    missing = "".join(f"<p class='faint'>Not here: {escape(one)}.</p>" for one in family.missing)
    images = np.arcsinh(np.stack([one.image for one in members]) / 0.05) / np.arcsinh(20)
    return {
        "images": images, "sources": np.sqrt(np.stack([one.source for one in members])),
        "labels": [one.name for one in members],
        "kpc_labels": [f"z = {one.redshifts[1]:.2f}" for one in members],
        "side": SIDE_KPC, "simulated": family.simulated,
        "table": f"<table>{head}{rows}</table>{missing}",
    }  # fmt: skip


def _row(one: Member) -> str:
    known = f"{one.known:.2f}" if np.isfinite(one.known) else "\u2013"
    cells = (
        f"{one.redshifts[0]:.3f}", f"{one.redshifts[1]:.3f}",
        f"{one.radius:.3f} \u00b1 {one.error:.3f}", known, f"{one.chi_square:.2f}",
        f"{one.floor:.2f}",
    )  # fmt: skip
    return (
        f"<tr><td>{escape(one.name)}</td>"
        + "".join(f"<td class='number'>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def simulated_family(budget: float, report: Callable[[str], None] = lambda words: None) -> Family:
    """Simulate and fit the lenses that ship; some minutes."""
    import dataclasses

    members = []
    for number, (lens, redshifts, seed) in enumerate(SIMULATED):
        full = dataclasses.replace(
            example(seed, lens), name=f"simulated {number + 1}", lens_redshift=redshifts[0],
            source_redshift=redshifts[1],
        )  # fmt: skip
        case = case_of(full, _RADIUS, simulated=True)
        fit = fit_case(case, budget, 0, lambda share: None, lambda: None)
        if fit.fit.chi_square > _POOR * case.floor:
            report(f"{full.name}: not fitted well, chi^2 {fit.fit.chi_square:.2f}: more time")
            continue
        members.append(member(case, fit, lens[0]))
        report(f"{full.name}: {fit.radius:.3f} +- {fit.radius_error:.3f} ({lens[0]:.2f} put in)")
    return Family(tuple(members), True)


def write_family(family: Family) -> Path:
    """Store a simulated family."""
    members = family.members
    return write_answer(_STORED, {
        "images": np.stack([one.image for one in members]),
        "sources": np.stack([one.source for one in members]),
        "numbers_exact": np.array([
            [*one.redshifts, one.radius, one.error, one.known, one.chi_square, one.floor]
            for one in members
        ]),
    })  # fmt: skip


def stored_family() -> Family | None:
    """The simulated lenses that ship, as they were fitted; None if they are not here."""
    kept = read_answer(_STORED)
    if kept is None:
        return None
    members = []
    for number, row in enumerate(kept["numbers_exact"]):
        lens, source, radius, error, known, chi_square, floor = (float(value) for value in row)
        members.append(Member(
            f"simulated {number + 1}", (lens, source), kept["images"][number],
            kept["sources"][number], radius, error, known, chi_square, floor,
        ))  # fmt: skip
    return Family(tuple(members), True)
