r"""The state of the view of catalogues: a box that is painted with orientations and shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import param
import torch

from astroviz.core.presets import Preset
from astroviz.orientations.alignment_amplitude import fit_amplitude
from astroviz.orientations.box import WEB_TYPES
from astroviz.orientations.box_statistics import BoxStatistics
from astroviz.orientations.correlations import contributions
from astroviz.orientations.curves import Correlation
from astroviz.orientations.forecast import Forecast, ShearCorrelation, forecast, shear_correlation
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.jackknife import jackknife
from astroviz.orientations.law import OrientationLaw
from astroviz.orientations.painting_state import ALL_MASSES, KINDS_OF_GALAXIES, PaintingState
from astroviz.orientations.process import log_prob
from astroviz.orientations.shift import Shift, features_of_box

__all__ = ["CATALOGUE_PANELS", "KINDS_IN_SPACE", "KINDS_ON_SKY", "CatalogueState", "sentence_of"]

KINDS_IN_SPACE = ("ed", "ee")
KINDS_ON_SKY = ("wg+", "w++", "wgg")
CATALOGUE_PANELS = ("correlations", "gan", "forecast", "shift")
_SIGHTS = ("x", "y", "z")
_PAIRS = ("space", "sky", "regions")


class CatalogueState(PaintingState):
    """Parameters of the view *Catalogue*, and what is measured there."""

    _dragged = PaintingState._dragged | {"amplitude"}
    _bulky = ("brushed",)

    catalogue_panel: param.Selector[Any] = param.Selector(
        default="correlations", objects=list(CATALOGUE_PANELS),
        doc="Correlations, the older network, why alignments matter, or another universe.",
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
    amplitude = param.Number(
        default=1.0, bounds=(0.0, 4.0),
        doc="Amplitude of the alignments in the toy forecast (NLA).",
    )  # fmt: skip

    # Correlations

    def statistics(self) -> BoxStatistics:
        """Lists of pairs and all else that does not change with orientations."""
        looks = self.paint_key if self.painter == "model" and self.painted else self._looks_key
        places = (self.shown_key, self.redshift_space, self.sight)

        def make() -> BoxStatistics:
            made = BoxStatistics.of_box(
                self.catalogue(), self.redshift_space, line_of_sight=self._sight
            )
            # lists of pairs depend on places alone: other looks need not find them again
            made.__dict__.update(
                self.kept(("pairs", places), lambda: {n: getattr(made, n) for n in _PAIRS})
            )
            return made

        found: BoxStatistics = self.kept(("statistics", places, looks), make)
        return found

    def mixture(self) -> SymmetricMixture:
        """The exact law of every galaxy."""
        found: SymmetricMixture = self.kept(
            ("mixture", self._looks_key), lambda: OrientationLaw().mixture(self.plain())
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

    def agreement(self, found: Correlation) -> str:
        """How a measurement compares with its truth: chi-square and its probability."""
        if found.truth is None:
            return ""
        try:
            one = found.against_truth()
        except ValueError as error:
            return sentence_of(error)
        return f"\u03c7\u00b2 = {one.chi_square:.1f} for {one.dof} bins, p = {one.p_value:.2g}"

    # Against the older network

    def gan(self) -> tuple[Any, str]:
        """The generator of projected ellipticities; None and a sentence where it is missing."""
        model, sentence = self.other_model("gan")
        return model, sentence

    def compared(self) -> tuple[dict[str, Correlation], dict[str, np.ndarray]]:
        r"""w_g+ and ellipticities by the catalogue and by the generator, in the same bins.

        Returns:
            Measurements by name, those of the catalogue with the truth; and sizes of the
            ellipticities :math:`|\epsilon|` of the selected by name, with those of a draw of the
            exact law.
        """
        model, sentence = self.gan()
        if model is None:
            raise ValueError(sentence)
        statistics, shapes = self.statistics(), self.selected()
        key = ("gan", self._looks_key, self.sight, int(self.seed))
        marks = self.kept(
            key, lambda: model.ellipticities(self.plain(), int(self.seed), self._sight)
        )
        parts = contributions("wg+", statistics.sky, marks, shapes)
        made = jackknife(parts, statistics.regions, statistics.per_side**3, statistics.definition)
        mine = self.measured("wg+")["wg+"]
        made = replace(made, redshift_space=self.redshift_space, truth=mine.truth)
        name = {"given": "box", "law": "exact law", "model": "diffusion", "random": "random"}
        who = name[self.painter if self.painter != "model" or self.painted else "given"]
        sizes = {
            who: np.hypot(*np.asarray(statistics.marks("wg+", self.orientations())).T)[shapes],
            "GAN": np.hypot(*marks.T)[shapes],
        }
        return {who: mine, "GAN": made}, sizes

    # Why it matters

    def consequences(self) -> tuple[ShearCorrelation, Forecast]:
        """Shear and alignments of a toy survey, and its forecast, for the amplitude."""
        amplitude = round(float(self.amplitude), 2)
        found: tuple[ShearCorrelation, Forecast] = self.kept(
            ("toy", amplitude), lambda: (shear_correlation(amplitude), forecast(amplitude))
        )
        return found

    def take_amplitude(self) -> str:
        """Fit the amplitude to the selection and take it over; says what was found."""
        found = self.measured("wg+", "wgg")
        box = self.box
        fitted = fit_amplitude(found["wg+"], found["wgg"], box.cosmology, box.size, box.redshift)
        self.amplitude = float(np.clip(fitted.value, *self.param.amplitude.bounds))
        beyond = "" if self.amplitude == fitted.value else ", cut to the slider"
        return (
            f"A = {fitted.value:.2f} \u00b1 {fitted.error:.2f} with bias {fitted.bias:.2f} from "
            f"{fitted.bins} bins{beyond}. Linear theory in a small box: good to some ten per cent."
        )

    # Another universe

    def shift(self) -> Shift:
        """How far the box is from those that the model learned from."""
        reference = self.model.reference if self.model is not None else None
        if reference is None:
            raise ValueError("the model does not say what boxes it learned from")
        features, _ = features_of_box(self.plain())
        return reference.shift(features, self.box.size**3)

    def gap_work(self, count: int = 150) -> Callable[..., tuple[float, float, float]]:
        r"""Work for a thread: how many nats the model is away from the law in this box.

        Arguments:
            count: Galaxies that are asked about, each with a fresh draw of the law.

        Returns:
            Work that gives the mean gap, its error, and the box's ood score.
        """
        box, model, seed = self.plain(), self.model, int(self.seed)
        mixture, score = self.mixture(), self.shift().ood_score

        def work(
            progress: Callable[[float], None], check: Callable[[], None]
        ) -> tuple[float, float, float]:
            random = np.random.default_rng([seed, 11])
            some = min(count, len(box.galaxies))
            rows = torch.from_numpy(random.choice(len(box.galaxies), some, replace=False))
            laws = SymmetricMixture(
                mixture.means[rows], mixture.sigmas[rows], mixture.weights[rows], mixture.group
            )
            drawn = laws.sample(1, torch.Generator().manual_seed(seed))[0]
            exact, encoded = laws.log_prob(drawn).double(), model.encode(box)
            gaps = []
            for part in torch.arange(some).split(25):
                check()
                bound = model.score(encoded.rows(rows[part]))
                gaps.append(exact[part] - log_prob(bound, drawn[part].double(), 20))
                progress(float(part[-1] + 1) / some)
            found = torch.cat(gaps)
            return float(found.mean()), float(found.std() / some**0.5), score

        return work

    @property
    def _sight(self) -> int:
        return _SIGHTS.index(self.sight)

    # The map

    def map(self) -> tuple[np.ndarray, np.ndarray, tuple[str, str]]:
        """Places on the screen (N, 2), projected long axes (N, 2), and names of the two axes."""
        across = [axis for axis in range(3) if axis != self._sight]
        places = self.statistics().position[:, across]
        axes = self.orientations()[:, across, 0]
        return places, axes, tuple(f"{_SIGHTS[k]} (Mpc/h)" for k in across)  # type: ignore[return-value]

    # Words

    def catalogue_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        start = {
            "painter": "given", "disky": None, "redshift_space": False, "which": "all",
            "mass_range": list(ALL_MASSES), "disky_range": [0.0, 1.0],
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
            "mass_range": [low, ALL_MASSES[1]], "painter": "law", "brushed": [],
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
            f"{self.box_title()}: {n:,} galaxies {who}, "
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
        if self.box_source == "table" and self.box.notes:
            found.append("What the table lacks was filled in; under the downloads it says how.")
        return tuple(found)


def sentence_of(error: Exception) -> str:
    """What went wrong with a measurement, as a sentence."""
    words = str(error.args[0] if error.args else error)
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith(".") else ".")
