r"""What the view of the cosmic web says of a galaxy: its law, its presets, its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from astroviz.core.presets import Preset
from astroviz.orientations.box import WEB_TYPES
from astroviz.orientations.environment import Environment
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.law import PARTS, OrientationLaw, mean_axis_outer
from astroviz.orientations.surroundings_state import SurroundingsState

__all__ = ["WebWords", "laws_of", "signed"]


class WebWords(SurroundingsState):
    """A galaxy, its exact law, and words about both."""

    model: Any = None

    def law(self) -> SymmetricMixture:
        """The exact law of the galaxy's orientation."""
        laws = laws_of(self.environment())
        return SymmetricMixture(laws.means[0], laws.sigmas[0], laws.weights[0], laws.group)

    @property
    def asks_model(self) -> bool:
        """Whether there is a model to ask."""
        return self.model is not None

    def own_rotation(self) -> np.ndarray:
        """How the galaxy lies in the box; a draw of the law once its surroundings are changed."""
        if self.changes.none:
            return np.asarray(self.box.galaxies.rotation[self.here], dtype=float)
        drawn = self.law().sample(1, torch.Generator().manual_seed(int(self.seed) + 1))
        return np.asarray(drawn[0].double().numpy())

    def web_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        places = self.places()
        still = {"tide_turn": [0.0] * 3, "tide_stretch": [0.0] * 3, "swing": [0.0] * 3,
                 "distance": 1.0, "alone": False}  # fmt: skip
        named = (
            ("A central in a filament", "best", "It lies along the filament."),
            (
                "Neighbours against the tide",
                "apart",
                "Two likely directions: switch the messages off, and the model knows one of them.",
            ),
            ("A satellite", "satellite", "It points at its central."),
            ("A disc", "disc", "Discs follow their spin, and only weakly."),
            ("In a knot", "knot", "Where three axes collapse the tide says less."),
        )
        found = [
            Preset(name, words, {"galaxy": places[key], **still})
            for name, key, words in named
            if key in places
        ]
        more = {"galaxy": places["best"], **still}
        found += [
            Preset("The tide turned by 60 degrees", "The density follows the tide, in part.",
                   {**more, "tide_turn": [0.0, 0.0, 1.0472]}),
            Preset("No neighbours", "The part of the law that follows neighbours is gone.",
                   {**more, "alone": True}),
        ]  # fmt: skip
        return tuple(found)

    def web_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """A galaxy that nobody has chosen."""
        return {"galaxy": int(random.integers(len(self.box.galaxies)))}

    def galaxy_words(self) -> str:
        """What the galaxy is, in a line."""
        box, row = self.box, self.here
        galaxies = box.galaxies
        halo = int(galaxies.halo[row])
        kind = "central" if galaxies.central[row] else "satellite"
        web = WEB_TYPES[int(box.haloes.web_type[halo])]
        return (
            f"galaxy {row}, a {kind} in a {web}, log stellar mass "
            f"{galaxies.log_mass[row]:.1f}, log halo mass {np.log10(box.haloes.mass[halo]):.1f}, "
            f"diskyness {galaxies.diskyness[row]:.2f}"
        )

    def web_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        law = self.law()
        second = mean_axis_outer(law)
        peak = float(np.linalg.eigvalsh(second)[-1])
        angle = np.degrees(np.arccos(np.sqrt(np.clip(peak, 0.0, 1.0))))
        words = self.galaxy_words()
        return (
            f"{words[:1].upper()}{words[1:]}: its long axis lies {angle:.0f}\u00b0 rms from the "
            "likeliest direction. Click another galaxy, or drag the tidal ellipsoid."
        )

    def web_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        found = []
        if self.box_missing:
            found.append("The box is being made; the shipped one is shown meanwhile.")
        if self.galaxy is not None and self.galaxy >= len(self.box.galaxies):
            count = len(self.box.galaxies)
            found.append(
                f"There is no galaxy {self.galaxy} in this box of {count:,}; a well aligned one "
                "is shown."
            )
        if not self.asks_model:
            found.append(self.regret())
        if not self.changes.none:
            found.append(
                "The surroundings were changed by hand: no simulation made them, but law and "
                "model answer for them."
            )
        return tuple(found)

    def regret(self) -> str:
        """Why there is no model."""
        return (
            "The model of the cosmic web is not here, so only the exact law is shown. "
            "Make it by: astroviz train orientations/web"
        )

    def figures(self, judged: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
        """The figures under the spheres: rows of a heading and its cells.

        Arguments:
            judged: What `judge` has found of the model.
        """
        law = self.law()
        own = torch.from_numpy(self.own_rotation()).float()
        scores = [f"exact law {signed(-float(law.log_prob(own)))}", *judged, "uniform 0.00"]
        share = (law.weights / law.weights.sum()).tolist()
        parts = [
            f"{name} {100 * weight:.0f} %, \u03c3 = {float(sigma):.2f} rad"
            for name, weight, sigma in zip(PARTS, share, law.sigmas, strict=True)
            if weight > 0.005
        ]
        return [("\u2212ln p of its orientation (nats)", scores), ("the law is made of", parts)]


def signed(value: float) -> str:
    """A number with a true minus."""
    return f"{value:.2f}".replace("-", "\u2212")


def laws_of(environment: Environment) -> SymmetricMixture:
    """Exact laws of the targets of an environment."""
    return OrientationLaw().mixture(environment)
