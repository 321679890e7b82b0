r"""What the view of an adaptation shows, as arrays: latent space, truths, coverage, links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.remembered import Remembered
from astroviz.io.observations import Observations, State
from astroviz.stars.adaptation_film import CURVES, Cast, Film
from astroviz.stars.adaptation_scores import LEVELS, SHOWN
from astroviz.stars.alignment import gromov_coupling, transport_plan
from astroviz.stars.experiment import NONE, ArmRecord, Experiment
from astroviz.stars.parameters import Parameter
from astroviz.stars.prior_shift import Shift, population_shift
from astroviz.stars.surveys import QUANTITIES, SURVEYS

if TYPE_CHECKING:
    from astroviz.stars.adaptation_live import AdaptationJob
    from astroviz.stars.explorer import StarsExplorer

__all__ = ["COLOURS", "LINKS", "LIVE", "PROJECTIONS", "TABLE", "AdaptationShown", "Coverage",
           "Latent", "Recovered"]  # fmt: skip

COLOURS = ("domain", "log_age", "a_v", "effective_temperature", "surveys", "error", "cluster")
PROJECTIONS = ("PCA 1, 2", "PCA 3, 4", "UMAP")
LINKS = ("none", "plan", "gromov", "pairs")
_NAMES = [p.name for p in SHOWN]
_MOST_LINES = 250
TABLE = "table"
"""Name of the target that is a user's table."""
LIVE = "live"


@dataclass(frozen=True)
class Latent:
    r"""The latent space at one step.

    Arguments:
        x: Shape :math:`(n,)`.
        y: Shape :math:`(n,)`.
        domain: 0 simulated, 1 real, shape :math:`(n,)`.
        tips: What is said of each star.
        x_range: Fixed range over all frames.
        y_range: Likewise.
        x_label: Name of the axis, with the part of the variance.
        y_label: Likewise.
    """

    x: np.ndarray
    y: np.ndarray
    domain: np.ndarray
    tips: list[str]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_label: str
    y_label: str


@dataclass(frozen=True)
class Recovered:
    r"""Truth against posterior mean on one side.

    Arguments:
        title: What the side is.
        text: Its figures in a line.
        truth: Shape :math:`(n,)`.
        mean: Posterior means.
        low: Lower ends of the 90 % intervals.
        high: Upper ends.
        domain: 0 simulated, 1 real.
    """

    title: str
    text: str
    truth: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    domain: np.ndarray


@dataclass(frozen=True)
class Coverage:
    r"""Coverage of central intervals, measured on test stars when the arm was trained.

    Arguments:
        parameters: Labels of the five quantities.
        levels: Nominal levels.
        series: Name to coverage, shape :math:`(5, 3)`.
        errors: Name to its binomial error, same shape.
    """

    parameters: list[str]
    levels: tuple[float, ...]
    series: dict[str, np.ndarray]
    errors: dict[str, np.ndarray]


class AdaptationShown(Remembered):
    """What `AdaptationExplorer` shows; the state and the arms are the subclass's."""

    experiment: Experiment
    _kept: dict[Any, Any]

    target: Any
    frame: Any
    colour: param.Selector[Any] = param.Selector(
        default="domain", objects=list(COLOURS), doc="What colours the stars."
    )
    projection: param.Selector[Any] = param.Selector(
        default=PROJECTIONS[0], objects=list(PROJECTIONS), doc="Axes of the latent space."
    )
    parameter: param.Selector[Any] = param.Selector(
        default="log_age", objects=list(_NAMES), doc="Parameter whose truth is compared."
    )
    links: param.Selector[Any] = param.Selector(
        default="none", objects=list(LINKS),
        doc="Lines in the latent space: the transport plan, the coupling by distances alone "
        "(Gromov-Wasserstein), or to the simulated star whose parameters are nearest.",
    )  # fmt: skip
    picked = param.Integer(
        default=None, allow_None=True, bounds=(0, None), doc="Star that is looked at."
    )

    @property
    def cast(self) -> Cast:
        """The stars of the film."""
        raise NotImplementedError

    @property
    def arm(self) -> ArmRecord | None:
        """The shipped arm of the switches."""
        raise NotImplementedError

    @property
    def live(self) -> AdaptationJob | None:
        """The run that is shown instead of what is shipped."""
        raise NotImplementedError

    @property
    def shown(self) -> int:
        """Number of the frame that is shown."""
        raise NotImplementedError

    def film(self) -> Film:
        """The film of the arm."""
        raise NotImplementedError

    def start(self) -> Film:
        """The one frame before any adaptation."""
        raise NotImplementedError

    def title(self) -> str:
        """What the view is of."""
        raise NotImplementedError

    def latent(self) -> Latent:
        """The latent space at the step that is shown."""
        film, first = self.film(), 2 * (self.projection == PROJECTIONS[1])
        if self.projection == "UMAP":
            place, names = self._umap(), ["UMAP 1", "UMAP 2"]
        else:
            place = film.place[..., first : first + 2]
            part = self.experiment.projection.explained[first : first + 2]
            names = [
                f"principal axis {first + k + 1} ({100 * share:.0f} % of the variance)"
                for k, share in enumerate(part)
            ]
        spans = [_span(place[..., k]) for k in range(2)]
        here = place[self.shown]
        return Latent(here[:, 0], here[:, 1], self.cast.domain, self._tips(), spans[0], spans[1],
                      names[0], names[1])  # fmt: skip

    def colours(self) -> tuple[np.ndarray | None, str, list[str] | None]:
        """Values or categories that colour the stars, and their name; all None by domain."""
        if self.colour == "domain":
            return None, "domain", None
        if self.colour == "surveys":
            return None, "surveys", self._surveys()
        if self.colour == "cluster":
            both = np.concatenate([self.cast.simulated.cluster, self.cast.real.cluster])
            return None, "cluster", ["cluster" if k >= 0 else "field" for k in both]
        if self.colour == "error":
            side = self.recovery("right")
            return side.mean - side.truth, f"posterior mean - truth, {self._labelled()}", None
        column = _NAMES.index(self.colour)
        return self.cast.truth[:, column], _axis(SHOWN[column]), None

    @property
    def link_kind(self) -> str:
        """How the lines are drawn: `plan` for couplings, `pairs`, or nothing."""
        return {"plan": "plan", "gromov": "plan", "pairs": "pairs"}.get(self.links, "")

    def link_lines(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of linked stars, shape (k, 2), and weights of the links, shape (k,)."""
        simulated = len(self.cast.simulated)
        if self.links == "none":
            return np.empty((0, 2), dtype=int), np.empty(0)
        place = self.film().place[self.shown]
        here, there = place[:simulated], place[simulated:]
        if self.links in ("plan", "gromov"):
            plan = self._coupling(here, there)
            best = np.argsort(plan, axis=None)[::-1][:_MOST_LINES]
            rows, columns = np.unravel_index(best, plan.shape)
            weight = plan[rows, columns]
            return np.stack([rows, columns + simulated], -1), weight / max(weight.max(), 1e-12)
        return self._nearest_truths()

    def _coupling(self, here: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Mass between stars at the frame that is shown; kept, as it takes a second."""
        key = ("plan", self.links, self.title(), self.shown, self.target)
        if key not in self._kept:
            record = self.arm
            if self.links == "gromov":
                plan = np.zeros((len(here), len(there)))
                plan[::2, ::2] = gromov_coupling(here[::2], there[::2])
            else:
                plan = transport_plan(here, there, reach=record.arm.reach if record else None)
            self._kept[key] = plan
        found: np.ndarray = self._kept[key]
        return found

    def recovery(self, side: str) -> Recovered:
        """Truth against posterior mean: `left` without adaptation, `right` at the step shown."""
        film, frame = (self.start(), 0) if side == "left" else (self.film(), self.shown)
        column = _NAMES.index(self.parameter)
        covered, error = self._figures(side)
        unit = self._error_unit
        title = "No adaptation" if side == "left" else f"{self.title().split(': ')[-1]}, " \
            f"step {int(film.steps[frame])}"  # fmt: skip
        return Recovered(
            title,
            f"real stars: RMSE {error:.3g}{unit}, 90 % intervals hold {100 * covered:.0f} %",
            self.cast.truth[:, column], film.mean[frame][:, column], film.low[frame][:, column],
            film.high[frame][:, column], self.cast.domain,
        )  # fmt: skip

    def coverage(self) -> Coverage:
        """Coverage of the simulated stars, and of the real ones before and after."""
        found: dict[str, np.ndarray] = {}
        errors: dict[str, np.ndarray] = {}
        if self.target == TABLE:
            return Coverage([p.label for p in SHOWN], LEVELS, *self._coverage_of_table())
        arms = self.experiment.arms
        rows = [("simulated", arms[NONE], "A"), ("real, no adaptation", arms[NONE], self.target)]
        if self.arm is not None and self.arm.name != NONE:
            rows.append(("real, adapted", self.arm, self.target))
        for name, record, where in rows:
            figures = record.figures[where]
            part = np.array([[figures[f"{p}, {level:.0%}"] for level in LEVELS] for p in _NAMES])
            found[name] = part
            errors[name] = np.sqrt(np.clip(part * (1 - part), 1e-4, None) / figures["stars"])
        return Coverage([p.label for p in SHOWN], LEVELS, found, errors)

    def _coverage_of_table(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Coverage of the 90 % intervals of the stars that are shown, where labels are."""
        found, errors = {}, {}
        real = self.cast.domain == 1
        truth = self.cast.truth[real]
        known = np.isfinite(truth)
        for name, film, frame in (("real, no adaptation", self.start(), 0),
                                  ("real, adapted", self.film(), self.shown)):  # fmt: skip
            inside = (truth >= film.low[frame][real]) & (truth <= film.high[frame][real])
            count = np.maximum(known.sum(0), 1)
            part = np.where(known.any(0), (inside & known).sum(0) / count, np.nan)
            found[name] = np.stack([np.full(5, np.nan), np.full(5, np.nan), part], -1)
            errors[name] = np.sqrt(np.clip(found[name] * (1 - found[name]), 1e-4, None)
                                   / count[:, None])  # fmt: skip
        return found, errors

    def bias_sky(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Numbers of the real stars, their Galactic degrees, and posterior mean minus truth."""
        real, side = self.cast.real, self.recovery("right")
        rows = np.arange(len(self.cast.simulated), len(self.cast.domain))
        return rows, real.longitude, real.latitude, (side.mean - side.truth)[rows]

    def curves(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Steps and figures of every frame, see `adaptation_film.CURVES`."""
        film = self.film()
        return film.steps, {name: film.curves[name] for name in CURVES}

    def distances(self) -> dict[str, float]:
        """The figures of the frame that is shown."""
        return {name: float(values[self.shown]) for name, values in self.curves()[1].items()}

    def shift(self) -> Shift:
        """How the population of the real stars differs, as the unadapted network sees it."""
        key = ("shift", self.target)
        if key not in self._kept:
            # measured on thousands of stars where it could be: a film has only hundreds
            stored = self.experiment.card.config.get("shift", {}).get(self.target)
            film, n = self.start(), len(self.cast.simulated)
            self._kept[key] = Shift.from_dict(stored) if stored else population_shift(
                self.cast.truth[:n, :2], film.mean[0][:n, :2], film.mean[0][n:, :2]
            )  # fmt: skip
        found: Shift = self._kept[key]
        return found

    def baselines(self, figure: str = "coverage of log age") -> tuple[list[str], np.ndarray, np.ndarray]:  # fmt: skip # noqa: E501
        """Titles of the arms, means over seeds of a figure, and spreads, from the card."""
        rows = [row for row in self.experiment.card.metrics.get("table", [])
                if row["target"] == self.target]  # fmt: skip
        return ([row["title"] for row in rows], np.array([row[figure][0] for row in rows]),
                np.array([row[figure][1] for row in rows]))  # fmt: skip

    def star(self, side: str = "right") -> StarsExplorer:
        """A view of the stars of the film under the network of a side, at the picked star.

        Its `request`, `sed`, `cells` and `summary` are those of the page of stars.
        """
        from astroviz.stars.explorer import StarsExplorer

        record = self.arm
        name = NONE if side == "left" or record is None else record.name
        if side == "right" and self.live is not None:
            name = LIVE
        stage = 0 if name != LIVE or self.live is None else (id(self.live), self.live.run.step)
        key = ("star", name, stage, self.target)
        if key not in self._kept:
            self._kept[key] = StarsExplorer(self._model(name), self._table())
        found: StarsExplorer = self._kept[key]
        found.row = self.picked or 0
        return found

    def picked_truth(self) -> dict[str, float]:
        """True values of the picked star."""
        if self.picked is None:
            return {}
        return dict(zip(_NAMES, self.cast.truth[self.picked].tolist(), strict=True))

    def _model(self, name: str) -> Any:
        if name == LIVE and self.live is not None:
            return self.live.model()
        return self.experiment.model(name)

    def _table(self) -> Any:
        key = ("table", self.target)
        if key not in self._kept:
            cast = self.cast
            self._kept[key] = Observations.concatenate(
                [cast.simulated.observations, cast.real.observations]
            )
        return self._kept[key]

    @property
    def _parameter(self) -> Parameter:
        return SHOWN[_NAMES.index(self.parameter)]

    @property
    def _error_unit(self) -> str:
        """Unit of an error, after a blank: a difference of logarithms is in dex."""
        unit = self._parameter.unit
        if unit.startswith("log10"):
            return " dex"
        return f" {unit}" if unit else ""

    def _labelled(self) -> str:
        return _axis(self._parameter)

    def _figures(self, side: str) -> tuple[float, float]:
        """Coverage of the 90 % intervals and RMSE of the parameter over the real stars."""
        film, frame = (self.start(), 0) if side == "left" else (self.film(), self.shown)
        column, real = _NAMES.index(self.parameter), self.cast.domain == 1
        truth = self.cast.truth[real, column]
        low, high, mean = (part[frame][real, column] for part in (film.low, film.high, film.mean))
        known = np.isfinite(truth)
        if not known.any():
            return float("nan"), float("nan")
        inside = ((truth >= low) & (truth <= high))[known]
        return float(inside.mean()), float(np.sqrt(np.mean((mean - truth)[known] ** 2)))

    def _tips(self) -> list[str]:
        names, truth = self._table().identifiers, self.cast.truth
        return [f"{name}: {10 ** (row[0] - 6):.3g} Myr, {10 ** row[1]:.2g} solar masses, "
                f"A_V {row[2]:.2f}" for name, row in zip(names, truth, strict=True)]  # fmt: skip

    def _surveys(self) -> list[str]:
        table = self._table()
        seen = (table.states == State.OBSERVED) | (table.states == State.LIMIT)
        columns = {s: [k for k, q in enumerate(QUANTITIES) if q.survey == s] for s in SURVEYS[:4]}
        return [" + ".join(s for s, own in columns.items() if row[own].any()) or "nothing"
                for row in seen]  # fmt: skip

    def _umap(self) -> np.ndarray:
        """All frames in one UMAP embedding, shape (F, n, 2); ImportError says what to install."""
        key = ("umap", self.title())
        if key not in self._kept:
            try:
                from umap import UMAP
            except ImportError as error:
                raise ImportError(
                    "UMAP needs the package umap-learn: pip install umap-learn, or take PCA"
                ) from error
            place = self.film().place
            flat = UMAP(random_state=0).fit_transform(place.reshape(-1, place.shape[-1]))
            self._kept[key] = flat.reshape(*place.shape[:2], 2)
        found: np.ndarray = self._kept[key]
        return found

    def _nearest_truths(self) -> tuple[np.ndarray, np.ndarray]:
        """Each real star and the simulated one whose true parameters are closest."""
        simulated, truth = len(self.cast.simulated), self.cast.truth[:, :3]
        if np.isnan(truth).any():
            return np.empty((0, 2), dtype=int), np.empty(0)
        scaled = truth / np.std(truth, 0)
        gap = np.linalg.norm(scaled[simulated:, None] - scaled[None, :simulated], axis=-1)
        near = gap.argmin(1)
        best = gap.min(1)
        rows = np.flatnonzero(best < 0.25)
        return np.stack([near[rows], rows + simulated], -1), 1 - best[rows] / 0.25


def _axis(parameter: Parameter) -> str:
    return f"{parameter.label} ({parameter.unit})" if parameter.unit else parameter.label


def _span(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    pad = 0.06 * max(high - low, 1e-6)
    return low - pad, high + pad
