r"""The state of the view of catalogues: a box that is painted with orientations and shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import param
import torch

from astroviz.orientations.box import WEB_TYPES, Box
from astroviz.orientations.box_state import BoxState
from astroviz.orientations.box_statistics import BoxStatistics
from astroviz.orientations.correlations import Correlation
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.law import OrientationLaw, draw
from astroviz.orientations.morphology import draw_looks
from astroviz.orientations.presets import Preset
from astroviz.orientations.rotations import random_rotations

__all__ = [
    "CATALOGUE_PANELS",
    "KINDS_IN_SPACE",
    "KINDS_OF_GALAXIES",
    "KINDS_ON_SKY",
    "PAINTERS",
    "CatalogueState",
    "sentence_of",
]  # fmt: skip

PAINTERS = ("given", "law", "model", "random")
KINDS_IN_SPACE = ("ed", "ee")
KINDS_ON_SKY = ("wg+", "w++", "wgg")
KINDS_OF_GALAXIES = ("all", "centrals", "satellites")
CATALOGUE_PANELS = ("correlations", "gan", "forecast", "shift")
_SIGHTS = ("x", "y", "z")
_MASSES = (7.0, 13.0)


class CatalogueState(BoxState):
    """Parameters of the view *Catalogue*, and what is measured there."""

    model: Any = None

    _dragged = frozenset({"disky", "mass_range", "disky_range", "amplitude"})
    _bulky = ("brushed",)

    catalogue_panel: param.Selector[Any] = param.Selector(
        default="correlations", objects=list(CATALOGUE_PANELS),
        doc="Correlations, the older network, why alignments matter, or another universe.",
    )  # fmt: skip
    painter: param.Selector[Any] = param.Selector(
        default="given", objects=list(PAINTERS),
        doc="Orientations as the box has them, drawn again from the exact law, painted by the "
        "model, or without any alignment.",
    )  # fmt: skip
    disky = param.Number(
        default=None, allow_None=True, bounds=(0.0, 1.0),
        doc="Diskyness of all galaxies, 0 elliptical to 1 disc; None leaves each its own.",
    )  # fmt: skip
    redshift_space = param.Boolean(
        default=False, doc="Positions along the line of sight as redshifts give them."
    )
    sight: param.Selector[Any] = param.Selector(
        default="z", objects=list(_SIGHTS), doc="Axis of the box that is looked along."
    )
    in_space: param.Selector[Any] = param.Selector(
        default="ed", objects=list(KINDS_IN_SPACE),
        doc="ED(r): axes against the way to neighbours; ee(r): axes against axes.",
    )  # fmt: skip
    on_sky: param.Selector[Any] = param.Selector(
        default="wg+", objects=list(KINDS_ON_SKY), doc="Projected correlation of shapes."
    )
    mass_range = param.List(
        default=list(_MASSES), item_type=float, bounds=(2, 2),
        doc="Stellar mass of the selected, log10 Msun (a stand-in).",
    )  # fmt: skip
    disky_range = param.List(
        default=[0.0, 1.0], item_type=float, bounds=(2, 2), doc="Diskyness of the selected."
    )
    web_types = param.List(
        default=list(WEB_TYPES), item_type=str, doc="Where in the cosmic web the selected live."
    )
    which: param.Selector[Any] = param.Selector(
        default="all", objects=list(KINDS_OF_GALAXIES), doc="Centrals, satellites, or both."
    )
    brushed = param.List(
        default=[], item_type=int, doc="Rows brushed on the map; none of them means all."
    )
    amplitude = param.Number(
        default=1.0, bounds=(0.0, 4.0),
        doc="Amplitude of the alignments in the toy forecast (NLA).",
    )  # fmt: skip

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._painted: dict[Any, np.ndarray] = {}

    # The catalogue

    def catalogue(self) -> Box:
        """The box with the looks that go with the diskyness, orientations as in the box."""
        if self.disky is None:
            return self.box
        key = ("looks", self.shown_key, round(float(self.disky), 3))
        return self._catalogue(key)

    def _catalogue(self, key: Any) -> Box:
        def make() -> Box:
            box = self.box
            galaxies = box.galaxies
            disky = np.full(len(galaxies), float(self.disky or 0.0))
            random = np.random.default_rng([box.seed, 7])
            looks = draw_looks(galaxies.log_mass, disky, galaxies.central, random)
            return box.replace(
                diskyness=disky, axis_ratio_b=looks.axis_ratio_b, axis_ratio_c=looks.axis_ratio_c,
                log_size=looks.log_size, colour=looks.colour,
            )  # fmt: skip

        found: Box = self.kept(key, make)
        return found

    @property
    def paint_key(self) -> tuple[Any, ...]:
        """What tells one painting by the model from another."""
        disky = None if self.disky is None else round(float(self.disky), 3)
        return (self.shown_key, disky, int(self.seed))

    @property
    def painted(self) -> bool:
        """Whether the model has painted this catalogue."""
        return self.paint_key in self._painted

    def paint(
        self,
        progress: Callable[[float], None] | None = None,
        check: Callable[[], None] | None = None,
    ) -> np.ndarray:
        """Let the model draw an orientation of every galaxy, shape (N, 3, 3); keeps it."""
        if self.model is None:
            raise ValueError(
                "the model of the cosmic web is not here; make it by: astroviz train "
                "orientations/web"
            )
        key = self.paint_key
        made = self.model.paint(
            self.catalogue(), seed=int(self.seed), progress=progress, check=check
        )
        rotations = np.asarray(made.galaxies.rotation, dtype=float)
        self._painted[key] = rotations
        while len(self._painted) > 6:
            self._painted.pop(next(iter(self._painted)))
        return rotations

    def show_painted(self) -> None:
        """The model has painted: show it."""
        if self.painter == "model":
            self.param.trigger("painter")
        else:
            self.painter = "model"

    def orientations(self) -> np.ndarray:
        """Orientations of all galaxies by the painter that is chosen, shape (N, 3, 3)."""
        box, seed = self.catalogue(), int(self.seed)
        if self.painter == "model" and self.painted:
            return self._painted[self.paint_key]
        if self.painter == "law":
            key = ("drawn", self.paint_key)
            found: np.ndarray = self.kept(key, lambda: draw(box, seed))
            return found
        if self.painter == "random":
            generator = torch.Generator().manual_seed(seed)
            return random_rotations(len(box.galaxies), generator).double().numpy()
        return np.asarray(box.galaxies.rotation, dtype=float)

    def finished(self) -> Box:
        """The catalogue as it is downloaded: positions, shapes and orientations."""
        return self.catalogue().replace(rotation=self.orientations())

    def set_disky(self, value: float | None) -> None:
        """Give all galaxies one diskyness; what is aligned anew must be drawn anew."""
        again = value is not None and self.painter == "given"
        self.param.update(disky=value, **({"painter": "law"} if again else {}))

    # The selection

    def selected(self) -> np.ndarray:
        """Which galaxies are selected, mask of shape (N,)."""
        box = self.catalogue()
        galaxies = box.galaxies
        low, high = self.mass_range
        chosen = (galaxies.log_mass >= low) & (galaxies.log_mass <= high)
        low, high = self.disky_range
        chosen &= (galaxies.diskyness >= low) & (galaxies.diskyness <= high)
        codes = [WEB_TYPES.index(name) for name in self.web_types if name in WEB_TYPES]
        chosen &= np.isin(box.haloes.web_type[galaxies.halo], codes)
        if self.which != "all":
            chosen &= galaxies.central == (self.which == "centrals")
        if self.brushed:
            rows = np.zeros(len(galaxies), dtype=bool)
            rows[[row for row in self.brushed if 0 <= row < len(rows)]] = True
            chosen &= rows
        found: np.ndarray = chosen
        return found

    def select_all(self) -> None:
        """Select every galaxy."""
        self.param.update(
            mass_range=list(_MASSES), disky_range=[0.0, 1.0], web_types=list(WEB_TYPES),
            which="all", brushed=[],
        )  # fmt: skip

    # Correlations

    def statistics(self) -> BoxStatistics:
        """Lists of pairs and all else that does not change with orientations."""
        disky = None if self.disky is None else round(float(self.disky), 3)
        key = ("statistics", self.shown_key, disky, self.redshift_space, self.sight)
        found: BoxStatistics = self.kept(
            key,
            lambda: BoxStatistics.of_box(
                self.catalogue(), self.redshift_space, line_of_sight=_SIGHTS.index(self.sight)
            ),
        )
        return found

    def mixture(self) -> SymmetricMixture:
        """The exact law of every galaxy."""
        disky = None if self.disky is None else round(float(self.disky), 3)
        found: SymmetricMixture = self.kept(
            ("mixture", self.shown_key, disky), lambda: OrientationLaw().mixture(self.catalogue())
        )
        return found

    def measured(self, *kinds: str, errors: bool = True) -> dict[str, Correlation]:
        r"""Statistics of the selection with their truth.

        Arguments:
            kinds: Of `correlations.KINDS`.
            errors: Whether to add the jackknife.

        Raises:
            NoPairs: a sentence where too few are selected.
        """
        statistics, shapes = self.statistics(), self.selected()
        found = statistics.measure(self.orientations(), kinds, shapes, errors=errors)
        known = [kind for kind in kinds if kind != "wgg"]
        truths = statistics.truth(self.mixture(), known, shapes)
        return {
            kind: one.with_truth(truths[kind]) if kind in truths else one
            for kind, one in found.items()
        }

    # The map

    def map(self) -> tuple[np.ndarray, np.ndarray, tuple[str, str]]:
        """Places on the screen (N, 2), projected long axes (N, 2), and names of the two axes."""
        across = [axis for axis in range(3) if axis != _SIGHTS.index(self.sight)]
        places = self.statistics().position[:, across]
        axes = self.orientations()[:, across, 0]
        return places, axes, tuple(f"{_SIGHTS[k]} (Mpc/h)" for k in across)  # type: ignore[return-value]

    # Words

    def catalogue_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        start = {
            "painter": "given", "disky": None, "redshift_space": False, "which": "all",
            "mass_range": list(_MASSES), "disky_range": [0.0, 1.0],
            "web_types": list(WEB_TYPES), "brushed": [],
        }  # fmt: skip
        return (
            Preset("All galaxies of the box", "Galaxies point at their neighbours.", start),
            Preset("Satellites", "They point at their centrals: strong on small scales.",
                   {**start, "which": "satellites"}),
            Preset("All discs", "The more disky, the weaker.",
                   {**start, "disky": 1.0, "painter": "law"}),
            Preset("All ellipticals", "Ellipticals follow the tide best.",
                   {**start, "disky": 0.0, "painter": "law"}),
            Preset("Redshift space", "Velocities smear the line of sight.",
                   {**start, "redshift_space": True}),
            Preset("No alignment", "Random orientations: zero within the band of noise.",
                   {**start, "painter": "random"}),
        )  # fmt: skip

    def catalogue_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """A selection that nobody has chosen."""
        kinds = [name for name in WEB_TYPES if random.random() < 0.6] or ["filament"]
        low = round(float(random.uniform(8.5, 10.2)), 1)
        return {
            "which": str(random.choice(KINDS_OF_GALAXIES)), "web_types": kinds,
            "mass_range": [low, _MASSES[1]], "painter": "law", "brushed": [],
        }  # fmt: skip

    def catalogue_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        n, chosen = len(self.catalogue().galaxies), int(self.selected().sum())
        who = {
            "given": "oriented as in the box", "law": "drawn from the exact law",
            "model": "painted by the model" if self.painted else "not painted yet",
            "random": "oriented at random",
        }[self.painter]  # fmt: skip
        return (
            f"{self.box_title()[:1].upper()}{self.box_title()[1:]}: {n:,} galaxies {who}, "
            f"{chosen:,} selected. Brush the map and watch the curves."
        )

    def catalogue_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        found = []
        if self.box_missing:
            found.append("The box is being made; the shipped one is shown meanwhile.")
        if self.painter == "model" and not self.painted:
            found.append(
                "The model has not painted this catalogue; orientations are those of the box "
                "until you press Paint."
            )
        if self.box_source == "table":
            found += [note for note in self.box.notes]
        return tuple(found)


def sentence_of(error: Exception) -> str:
    """What went wrong with a measurement, as a sentence."""
    words = str(error.args[0] if error.args else error)
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith(".") else ".")
