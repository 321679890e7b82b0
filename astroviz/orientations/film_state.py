r"""The state of the diffusion film: a density on SO(3), a score, a moment between the two."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.orientations.densities import DENSITIES, density
from astroviz.orientations.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws
    from astroviz.core.request import Request
    from astroviz.orientations.film_answers import Film
    from astroviz.orientations.film_scene import Scene

__all__ = ["DIRECTIONS", "EVALUATIONS", "LOOKS", "METHODS", "NETWORKS", "FilmState", "film_title"]

NETWORKS = {"learned": "learned score", "anchor": "log-map network", "exact": "exact score"}
METHODS = {"heun": "Heun", "walk": "random walk"}
DIRECTIONS = {"generate": "noise \u2192 density", "encode": "density \u2192 noise"}
LOOKS = {"both": "points and density", "points": "points", "density": "density"}
EVALUATIONS = (10, 20, 40, 80, 200)
_SENTENCES = {
    "checkerboard": "Squares on a sphere, all of the same roll: a law on a sheet in SO(3).",
    "gauss4": "Four blobs of the same roll, on a sheet in SO(3).",
    "stripes": "Three belts of the same roll, on a sheet in SO(3).",
    "tetrahedron": "12 equal modes, those of a tetrahedron that nobody can tell apart.",
    "cube": "24 equal modes, those of a cube that nobody can tell apart.",
    "icosahedron": "60 equal modes, those of an icosahedron that nobody can tell apart.",
}


def film_title(name: str) -> str:
    """A density's name for people."""
    return density(name).title.partition(",")[0]


class FilmState(ViewState):
    """Parameters of the view *Film*, and the films that it asks for."""

    _dragged = frozenset({"frame"})

    density: param.Selector[Any] = param.Selector(
        default="checkerboard", objects=list(DENSITIES), doc="The density that is learned."
    )
    network: param.Selector[Any] = param.Selector(
        default="learned", objects=list(NETWORKS), doc="Whose score carries the draws."
    )
    direction: param.Selector[Any] = param.Selector(
        default="generate", objects=list(DIRECTIONS), doc="Which way the flow is run."
    )
    method: param.Selector[Any] = param.Selector(
        default="heun", objects=list(METHODS),
        doc="The probability flow by Heun's rule, or the stochastic geodesic random walk.",
    )  # fmt: skip
    evaluations: param.Selector[Any] = param.Selector(
        default=40, objects=list(EVALUATIONS), doc="Evaluations of the network for each draw."
    )
    film_draws = param.Integer(default=2000, bounds=(100, 20_000), doc="Draws in the film.")
    look: param.Selector[Any] = param.Selector(
        default="both", objects=list(LOOKS), doc="What the spheres of the film show."
    )
    frame = param.Integer(
        default=None, allow_None=True, bounds=(0, None),
        doc="Frame of the film, from noise; None is the density at its end.",
    )  # fmt: skip

    def film_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return tuple(
            Preset(film_title(name), _SENTENCES.get(name, ""), {"density": name})
            for name in DENSITIES
        )

    def film_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        model, _ = self.other_model("densities")
        names = DENSITIES if model is None else model.names
        return {
            "density": str(random.choice(list(names))),
            "evaluations": int(random.choice(EVALUATIONS)),
            "frame": None,
        }

    def film_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        what = _SENTENCES.get(self.density, "Narrow modes at random places, as a likelihood test.")
        gesture = "Drag the time, press play, or lasso draws to follow them."
        return f"{film_title(self.density)}. {what} {gesture}"

    def film_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        _, sentence = self._film_score()
        return (sentence,) if sentence else ()

    # The film

    def _film_score(self) -> tuple[Any, str]:
        """The score that is asked for, or None and a sentence about why there is none."""
        if self.network == "exact":
            law = density(self.density).law
            if law is None or not hasattr(law, "score"):
                return None, (
                    f"No exact score of {film_title(self.density).lower()} is known in closed "
                    "form: only the solids have one. What is shown is the true law alone."
                )
            return law.score, ""
        model, sentence = self.other_model("densities")
        if model is None:
            return None, f"{sentence} Until then only the true law is shown."
        try:
            return model.score(self.density, **self._which()), ""
        except (KeyError, ValueError) as error:
            reason = str(error.args[0] if error.args else error).partition(";")[0]
            return None, f"This score is not there: {reason}. Only the true law is shown."

    def _which(self) -> dict[str, str]:
        return {"network": "anchor"} if self.network == "anchor" else {}

    def film_request(self) -> Request:
        """The film of the density, by the score, the method and the direction that are set."""
        from astroviz.orientations.film_answers import FilmSampler

        score, _ = self._film_score()
        label = f"{self.density}/{self.network}" if score is not None else self.density
        learned = score is not None and self.network != "exact"
        device = self.other_model("densities")[0].device if learned else "cpu"
        sampler = FilmSampler(partial(_drawn, self.density), score, label, device)
        return sampler.request(
            self.film_draws, self.seed, self.method, self.direction, self.evaluations
        )

    def film(self, draws: Draws) -> Film:
        """The frames of an answer."""
        from astroviz.orientations.film_answers import Film

        return Film.of(draws)

    def film_frame(self, film: Film) -> int:
        """Number of the frame that is shown."""
        last = len(film) - 1
        return last if self.frame is None else min(self.frame, last)

    def film_scene(self, film: Film) -> Scene:
        """Both sides of the frame that is shown, as maps, points and curves."""
        from astroviz.orientations.film_scene import scene_of

        return scene_of(film, self.film_frame(film))

    def film_table(self, film: Film) -> QTable:
        """The frame that is shown: a row for each draw, learned and true."""
        from astropy import units as u
        from astropy.table import QTable

        frame = self.film_frame(film)
        columns: dict[str, Any] = {}
        for side, angles in (("learned", film.learned[frame]), ("true", film.true[frame])):
            for k, name in enumerate(("longitude", "latitude", "tilt")):
                if len(angles):
                    columns[f"{side}_{name}"] = np.rad2deg(angles[:, k]) * u.deg
        table = QTable(columns)
        table.meta.update(
            density=self.density, network=self.network, method=self.method, seed=self.seed,
            sigma_rad=float(film.sigma[frame]), evaluations=film.evaluations,
        )  # fmt: skip
        return table

    def film_paths(self, film: Film, rows: Sequence[int] = ()) -> QTable:
        r"""Where draws are in every frame: a row for each frame and draw.

        Arguments:
            film: The film.
            rows: Numbers of the draws; all of them by default.
        """
        from astropy import units as u
        from astropy.table import QTable

        number = film.learned.shape[1]
        chosen = np.asarray([row for row in rows if 0 <= row < number] or range(number), int)
        angles = np.rad2deg(film.learned[:, chosen].reshape(-1, 3))
        table = QTable(
            {
                "frame": np.repeat(np.arange(len(film)), len(chosen)),
                "sigma": np.repeat(film.sigma, len(chosen)) * u.rad,
                "draw": np.tile(chosen, len(film)),
                "longitude": angles[:, 0] * u.deg,
                "latitude": angles[:, 1] * u.deg,
                "tilt": angles[:, 2] * u.deg,
            }
        )
        table.meta.update(density=self.density, network=self.network, seed=self.seed)
        return table

    def film_facts(self, film: Film) -> list[tuple[str, str]]:
        """What is said of the film beside the card's figures."""
        found = []
        if density(self.density).law is None:
            found.append(("likelihood", "none on a sheet"))
        if film.learned.shape[1]:
            found.append(("evaluations for each draw", str(film.evaluations)))
        if math.isfinite(film.back):
            found.append(("there and back, median error", f"{film.back:.2g}\u00b0"))
        return found

    def film_metrics(self) -> list[tuple[str, str]]:
        """What the card of the model says of this density: name and value with its goal."""
        model, _ = self.other_model("densities")
        if model is None or self.network == "exact":
            return []
        metrics, name = model.card.metrics, self.density
        whose = f"{name} (anchor)" if self.network == "anchor" else name
        null = figures_of(metrics, f"{name} (a second true sample)")
        return figures_of(metrics, whose) + [(f"{words}, of true draws", v) for words, v in null]


def figures_of(metrics: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    r"""Figures of a card that belong to a density: names without the density's, and values.

    Arguments:
        metrics: Keys such as `checkerboard: C2ST`, or nested by name.
        name: The density.

    Example:
        >>> figures_of({"cube: C2ST": 0.50123, "stripes: C2ST": 0.5}, "cube")
        [('C2ST', '0.501')]
    """
    found: list[tuple[str, str]] = []
    for key, value in metrics.items():
        before, _, words = str(key).partition(": ")
        if isinstance(value, Mapping):
            inner = value.items() if key == name else figures_of(value, name)
            found += [(str(k), _figure(v)) for k, v in inner]
        elif before == name and words:
            found.append((words, _figure(value)))
    return found


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _drawn(name: str, n: int, generator: Any) -> Any:
    return density(name).sample(n, generator)
