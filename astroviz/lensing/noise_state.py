r"""The state of the view of noise: a Gaussian or a learned likelihood, of a lens or of a chirp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.lensing.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws
    from astroviz.core.request import Request
    from astroviz.lensing.noise_scenes import NoiseScene

__all__ = ["NOISE_KINDS", "NoiseState"]

NOISE_KINDS = {"hst": "Hubble's blank sky", "stand-in": "stand-in (simulated)"}


class NoiseState(ViewState):
    """Parameters of the view *Noise*, and the questions that it asks."""

    noise_mode: param.Selector[Any] = param.Selector(
        default="lens", objects=["lens", "chirp"],
        doc="A lens under the noise of images, or a chirp under that of a detector.",
    )  # fmt: skip
    noise_kind: param.Selector[Any] = param.Selector(
        default="stand-in", objects=list(NOISE_KINDS),
        doc="Whose noise: learned from Hubble's blank sky, or a simulated stand-in.",
    )  # fmt: skip
    noise_strength = param.Number(
        default=1.0, bounds=(0.25, 4.0), doc="Noise beside that of the usual example, factor."
    )
    noise_draws = param.Integer(
        default=800, bounds=(100, 4000), doc="Draws of the parameters under each likelihood."
    )

    _dragged = frozenset({"noise_strength"})
    _noise_coverage: dict[str, Any]
    """Coverage that was measured on this page, beside what is stored."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._noise_coverage = {}

    def noise_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return (
            Preset("A lens under hot pixels and cosmic rays",
                   "A Gaussian likelihood trusts outliers, a learned one does not.",
                   {"noise_mode": "lens", "noise_kind": "stand-in", "noise_strength": 1.0}),
            Preset("The same under Hubble's blank sky",
                   "Correlated, a little heavy-tailed.",
                   {"noise_mode": "lens", "noise_kind": "hst", "noise_strength": 1.0}),
            Preset("A chirp with a glitch", "The same idea in one dimension.",
                   {"noise_mode": "chirp", "noise_strength": 1.0}),
        )  # fmt: skip

    def noise_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {
            "noise_mode": str(random.choice(["lens", "chirp"])),
            "noise_strength": round(float(np.exp(random.uniform(-0.5, 0.7))), 2),
        }

    def noise_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        if self.noise_mode == "chirp":
            return (
                "A simulated chirp in coloured noise with bursts: the Gaussian likelihood fits "
                "the bursts too. Draw again until a burst falls on the chirp."
            )
        whose = "Hubble's blank sky" if self.noise_kind == "hst" else "a stand-in"
        return (
            f"A simulated lens in noise of {whose}: what is possible if noise is called Gaussian, "
            "and if its law is learned? Re-draw for other noise."
        )

    def noise_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        model, sentence = self.noise_model()
        if model is None:
            return (f"{sentence} Until then only the Gaussian likelihood is shown.",)
        if self.noise_mode == "lens" and self.noise_kind == "stand-in":
            return (
                "The noise is a stand-in, with more hot pixels and tracks of cosmic rays than a "
                "real image has.",
            )
        return ()

    # Questions and answers

    def noise_model(self) -> tuple[Any, str]:
        """The learned noise of this mode, or None and why there is none."""
        from astroviz.lensing.noise_answers import learned

        name = "chirp" if self.noise_mode == "chirp" else "noise"
        model, sentence = self.other_model(name)
        if model is None:
            return None, sentence
        return learned(model, self.noise_mode, self.noise_kind)

    def noise_request(self) -> Request:
        """Draws of the parameters under both likelihoods."""
        from astroviz.lensing.noise_answers import noise_request

        law, _ = self.noise_model()
        found, _ = self.other_model("chirp" if self.noise_mode == "chirp" else "noise")
        weights = "" if law is None else str(found.card.sha256)
        return noise_request(
            law, self.noise_mode, self.noise_kind, float(self.noise_strength), self.noise_draws,
            self.seed, weights,
        )  # fmt: skip

    def noise_axes(self) -> list[tuple[str, str, str]]:
        """Name, label and unit of the parameters of the corner plot."""
        from astroviz.lensing.noise_scenes import axes_of

        return axes_of(self.noise_mode)

    def noise_scene(self, draws: Draws) -> NoiseScene:
        """What there is to draw of an answer."""
        from astroviz.lensing.noise_scenes import scene_of

        return scene_of(draws, self.noise_mode)

    def noise_coverage(self) -> dict[str, Any]:
        """Coverage over many simulations, as stored or as measured here; empty if unknown."""
        from astroviz.lensing.noise_coverage import stored_coverage

        key = self.noise_mode if self.noise_mode == "chirp" else self.noise_kind
        return self._noise_coverage.get(key) or stored_coverage(key)

    def noise_measuring(self, simulations: int = 40) -> Any:
        """Measure coverage anew, as a piece of work."""
        from astroviz.lensing.noise_coverage import measure

        model, sentence = self.noise_model()
        if model is None:
            raise ValueError(sentence)
        mode, kind, seed = self.noise_mode, self.noise_kind, self.seed
        key = mode if mode == "chirp" else kind

        def work(progress: Any, check: Any) -> Any:
            return key, measure(model, mode, kind, simulations, seed, progress, check)

        return work

    def noise_keep(self, found: tuple[str, Any]) -> None:
        """Keep a coverage that was measured here."""
        key, value = found
        self._noise_coverage[key] = value

    def noise_table(self, draws: Draws) -> QTable:
        """Draws under both likelihoods, to be saved."""
        from astroviz.lensing.noise_scenes import table_of

        return table_of(draws, {"view": self.to_query()})
