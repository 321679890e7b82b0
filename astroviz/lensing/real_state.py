r"""The state of the view of real lenses: which files, which mask, which noise, how long to fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.lensing.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.lensing.real_answers import RealAnswer, RealFit
    from astroviz.lensing.real_case import RealCase
    from astroviz.lensing.real_family import Family

__all__ = ["BUDGETS", "STEPS", "RealState"]

STEPS = {
    "files": "1 Files",
    "noise": "2 Noise",
    "fit": "3 Fit",
    "source": "4 Source",
    "check": "5 Check",
    "family": "Family",
}
BUDGETS = (10, 20, 60, 180)
_GESTURES = {
    "files": "Choose your own image, noise map and PSF, or go on to the noise.",
    "noise": "Take the noise map as it is, and see what blank sky says to that.",
    "fit": "Fit again with more time, and watch the error of the Einstein radius.",
    "source": "Press a draw: its own model of the image takes the place of the mean.",
    "check": "Compare the residual with the noise at every scale.",
    "family": "Give a folder of lenses: all are fitted and drawn at one scale in kpc.",
}
Work = Callable[[Callable[[float], None], Callable[[], None]], Any]


class RealState(ViewState):
    """Parameters of the view *Real lens*, and the pieces of work that it starts."""

    real_step: param.Selector[Any] = param.Selector(
        default="source", objects=list(STEPS), doc="Which step of the way is shown."
    )
    real_data: param.Selector[Any] = param.Selector(
        default="example", objects=["example", "upload", "folder"],
        doc="Which lens: the simulated example, files of yours, or a folder.",
    )  # fmt: skip
    real_folder = param.String(
        default="", doc="Folder with image.fits, noise.fits, psf.fits, where the server runs."
    )
    real_pixel_scale = param.Number(
        default=0.05, bounds=(1e-3, 2.0), doc="Arcsec per pixel, for images without a WCS."
    )
    real_redshift_lens = param.Number(
        default=None, allow_None=True, bounds=(0.0, 20.0), doc="Redshift of the lens."
    )
    real_redshift_source = param.Number(
        default=None, allow_None=True, bounds=(0.0, 20.0), doc="Redshift of the source."
    )
    real_light = param.Boolean(
        default=True, doc="Whether the lens galaxy's own light is in the image."
    )
    real_radius = param.Number(
        default=2.6, bounds=(0.3, 10.0), doc="Pixels farther from the centre are masked, arcsec."
    )
    real_covariance: param.Selector[Any] = param.Selector(
        default="correlated", objects=["correlated", "rescaled", "given"],
        doc="Noise: correlated as blank sky is, rescaled to its width, or the map as it is.",
    )  # fmt: skip
    real_budget: param.Selector[Any] = param.Selector(
        default=20, objects=list(BUDGETS), doc="Time for the fit of the lens, seconds."
    )
    real_chains = param.Integer(
        default=4, bounds=(2, 8), doc="Chains of the source, each with lens models of its own."
    )
    real_families = param.String(
        default="", doc="Folder whose folders are lenses, where the server runs."
    )

    _dragged = frozenset({"real_radius"})
    _real_files: Any = None
    """Contents of the files of a user; in no link."""

    _real_cases: dict[Any, Any]
    _real_answers: dict[Any, Any]
    _real_shipped: set[Any]

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._real_cases, self._real_answers, self._real_shipped = {}, {}, set()

    def real_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        home = {"real_data": "example", "real_radius": 2.6, "real_covariance": "correlated"}
        return (
            Preset("Simulated, like J1430+4105", "From image to source, with errors.",
                   {**home, "real_step": "source"}),
            Preset("The same, its residual", "Is what is left over noise, at every scale?",
                   {**home, "real_step": "check"}),
            Preset("The same, noise map as it is", "What a map that is too wide hides.",
                   {**home, "real_covariance": "given", "real_step": "noise"}),
            Preset("A family photo", "Several sources at one scale in kpc.",
                   {**home, "real_step": "family"}),
        )  # fmt: skip

    def real_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {
            "real_radius": round(float(random.uniform(2.2, 3.2)), 1),
            "real_covariance": str(random.choice(["correlated", "rescaled", "given"])),
        }

    def real_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return f"{self._real_says()} {_GESTURES[self.real_step]}"

    def _real_says(self) -> str:
        if self.real_step == "family":
            return "Sources of several lenses as they would be seen without one."
        try:
            case = self.real_case()
        except ValueError:
            return "No lens is open."
        name = "A simulated lens like SDSSJ1430+4105" if case.simulated else case.full.name
        answer, fit = self.real_answer(), self.real_fit()
        if answer is not None and self.real_step in ("source", "check"):
            return (
                f"{name}: {len(answer.samples)} possible sources behind {answer.lenses} lens "
                f"models, reduced \u03c7\u00b2 {answer.chi_square:.2f} beside a floor of "
                f"{case.floor:.2f}."
            )
        if fit is not None and self.real_step in ("fit", "source", "check"):
            return (
                f"{name}: Einstein radius {fit.radius:.3f} \u00b1 {fit.radius_error:.3f} arcsec, "
                f"reduced \u03c7\u00b2 {fit.fit.chi_square:.2f} beside a floor of "
                f"{case.floor:.2f}."
            )
        return f"{name}: {case.observation.used:,} pixels are used."

    def real_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        if self.real_step == "family":
            return ()
        try:
            case = self.real_case()
        except ValueError as error:
            return (_capital(str(error)) + ".",)
        found = list(case.full.warnings)
        fit = self.real_fit()
        if fit is not None and self.real_step in ("fit", "source", "check"):
            found += [words for words in fit.fit.warnings if words not in found]
        if self.real_covariance == "given" and case.blank_std < 0.9:
            found.append(
                f"Blank sky scatters {case.blank_std:.2f} times as much as the noise map says: "
                "taken as it is, the map makes every error too large and hides misfits."
            )
        if case.full.lens_redshift is None or case.full.source_redshift is None:
            found.append("Without both redshifts there are no kpc and no masses.")
        return tuple(found)

    # The lens

    def real_case(self) -> RealCase:
        """The lens, its mask and its noise; an `ObservationError` says why there is none."""
        from astroviz.lensing.real_case import case_of

        key = self._real_key()
        if key not in self._real_cases:
            full, simulated, literature = self._real_open()
            made = case_of(full, self.real_radius, self.real_covariance, simulated, literature)
            self._real_cases = {**dict(list(self._real_cases.items())[-3:]), key: made}
        found: RealCase = self._real_cases[key]
        return found

    def _real_key(self) -> str:
        """What the lens depends on."""
        files = "" if self.real_data != "upload" else str(id(self._real_files))
        redshifts = (self.real_redshift_lens, self.real_redshift_source)
        return repr((self.real_data, self.real_folder, files, self.real_pixel_scale, redshifts,
                     self.real_light, self.real_radius, self.real_covariance))  # fmt: skip

    def _real_open(self) -> tuple[Any, bool, Mapping[str, tuple[float, float]]]:
        from astroviz.lensing.observation import Observation, ObservationError
        from astroviz.lensing.real_case import files_of, folder_of
        from astroviz.lensing.real_example import example
        from astroviz.lensing.real_tables import published, redshifts_of

        if self.real_data == "example":
            return example(), True, {}
        own = (self.real_redshift_lens, self.real_redshift_source)
        if self.real_data == "upload":
            if not self._real_files:
                raise ObservationError(
                    "no files of yours are open: choose image, noise map and PSF together"
                )
            if isinstance(self._real_files, Observation):
                return self._real_files, False, {}
            name = str(self._real_files.get("name", "your lens"))
            return (
                files_of(self._real_files, self.real_pixel_scale, own, self.real_light, name),
                False, {},
            )  # fmt: skip
        if not self.real_folder.strip():
            raise ObservationError("no folder is named: write its path in step 1")
        files, name = folder_of(self.real_folder.strip())
        beside = Path(self.real_folder).expanduser()
        known = redshifts_of(beside, name)
        redshifts = (own[0] if own[0] is not None else known[0],
                     own[1] if own[1] is not None else known[1])  # fmt: skip
        full = files_of(files, self.real_pixel_scale, redshifts, self.real_light, name)
        return full, False, published(beside, name)

    def real_look(self, observation: Any) -> None:
        """Look at an observation that is open already, as `lensing.open` gives it."""
        self._real_take(observation)

    def _real_take(self, files: Any) -> None:
        self._real_files = files
        if self.real_data == "upload":
            self.param.trigger("real_data")
        else:
            self.real_data = "upload"

    def real_upload(self, names: list[str], contents: list[bytes]) -> None:
        """Take files of the user; an `ObservationError` says why they cannot be used."""
        from astroviz.lensing.real_case import files_of, sort_uploads

        before = dict(self._real_files) if isinstance(self._real_files, dict) else {}
        sorted_ = sort_uploads(names)
        files: dict[str, Any] = {part: contents[number] for part, number in sorted_.items()}
        stem = Path(names[sorted_["image"]]).stem if "image" in sorted_ else "your lens"
        files["name"] = stem if stem.lower() not in ("image", "sci", "data") else "your lens"
        if "image" not in files and before:  # a missing part that follows the others
            files = {**before, **files, "name": before["name"]}
        files_of(files, self.real_pixel_scale, (None, None), self.real_light)
        self._real_take(files)

    # Fits and answers

    def real_fit(self) -> RealFit | None:
        """The fit of this lens with this mask and noise; None until there is one."""
        return self._real_found("fit")

    def real_answer(self) -> RealAnswer | None:
        """The sources of this lens; None until they are drawn."""
        return self._real_found("answer")

    def _real_found(self, kind: str) -> Any:
        key = (kind, self._real_key())
        if key not in self._real_answers and self.real_data == "example":
            from astroviz.lensing.real_stored import stored

            found = stored(kind, self.real_radius, self.real_covariance, self.real_case)
            if found is not None:
                self._real_answers[key] = found
                self._real_shipped.add(key)
        return self._real_answers.get(key)

    def real_fitting(self) -> Work:
        """The fit as a piece of work: call it with `progress` and `check`."""
        from astroviz.lensing.real_answers import fit_case

        case, key = self.real_case(), ("fit", self._real_key())
        budget, seed = float(self.real_budget), self.seed

        def work(progress: Callable[[float], None], check: Callable[[], None]) -> Any:
            return key, fit_case(case, budget, seed, progress, check)

        return work

    def real_sampling(self, prior: Any = None) -> Work:
        """Draws of the source as a piece of work; the fit must be there."""
        from astroviz.lensing.real_answers import answer_case

        case, fit, key = self.real_case(), self.real_fit(), ("answer", self._real_key())
        if fit is None:
            raise ValueError("the lens is not fitted yet: do step 3 first")
        chosen, chains, seed = prior or self.model, self.real_chains, self.seed
        if chosen is None:
            raise ValueError(f"there is no prior of sources: {self.missing}")

        def work(progress: Callable[[float], None], check: Callable[[], None]) -> Any:
            return key, answer_case(case, fit, chosen, chains, seed, progress, check)

        return work

    def real_keep(self, found: tuple[Any, Any]) -> None:
        """Keep what a piece of work has found."""
        key, value = found
        self._real_answers[key] = value
        self._real_shipped.discard(key)

    def real_family_work(self, folder: str) -> Work:
        """Fits of all lenses of a folder."""
        from astroviz.lensing.real_family import family_of, lenses_in

        lenses, budget = lenses_in(folder), float(self.real_budget)

        def work(progress: Callable[[float], None], check: Callable[[], None]) -> Any:
            return ("family", folder), family_of(lenses, budget, progress, check)

        return work

    def real_family(self) -> Family | None:
        """Lenses side by side: of the folder that was given, else the simulated ones."""
        from astroviz.lensing.real_family import stored_family

        return self._real_answers.get(("family", self.real_families)) or stored_family()

    # What is drawn

    def real_files_scene(self) -> dict[str, Any]:
        """Panels of the first step."""
        from astroviz.lensing.real_scenes import files_scene

        return files_scene(self.real_case())

    def real_noise_scene(self) -> dict[str, Any]:
        """Panels of the second step."""
        from astroviz.lensing.real_scenes import noise_scene

        return noise_scene(self.real_case())

    def real_fit_scene(self) -> dict[str, Any]:
        """Panels of the third step."""
        from astroviz.lensing.real_scenes import fit_scene

        return fit_scene(self.real_case(), self.real_fit())

    def real_source_scene(self) -> dict[str, Any]:
        """Panels of the fourth step."""
        from astroviz.lensing.real_scenes import source_scene

        return source_scene(self.real_case(), self.real_fit(), self.real_answer())

    def real_draw_pictures(self, number: int | None) -> tuple[float, dict[str, np.ndarray]]:
        """Arcsec per pixel; data, model and residual of one draw."""
        from astroviz.lensing.real_scenes import draw_pictures

        case = self.real_case()
        found = draw_pictures(case, self.real_fit(), self.real_answer(), number)
        return case.full.pixel_scale, found

    def real_check_scene(self) -> dict[str, Any]:
        """Panels of the fifth step."""
        from astroviz.lensing.real_scenes import check_scene

        return check_scene(self.real_case(), self.real_fit(), self.real_answer())

    def real_family_scene(self) -> dict[str, Any]:
        """Panels of several lenses."""
        from astroviz.lensing.real_family import family_scene

        return family_scene(self.real_family())

    def real_facts(self) -> list[tuple[str, str]]:
        """What stands under the fields of the step."""
        from astroviz.lensing.real_scenes import facts_of

        if self.real_step == "family":
            return []
        try:
            case = self.real_case()
        except ValueError:
            return []
        facts = facts_of(case, self.real_fit(), self.real_answer(), self.real_step)
        kind = {"fit": "fit", "source": "answer", "check": "answer"}.get(self.real_step, "")
        if (kind, self._real_key()) in self._real_shipped:
            facts.append(("computed", "when shipped"))
        return facts

    def real_table(self) -> QTable:
        """Lens parameters with errors, and what else was measured."""
        from astroviz.lensing.real_tables import table_of

        return table_of(self.real_case(), self.real_fit(), self.real_answer())

    def real_draws_table(self) -> QTable:
        """The source: a row for each of its pixels."""
        from astroviz.lensing.real_tables import draws_table

        return draws_table(self._real_drawn())

    def real_lenses_table(self) -> QTable:
        """The lens of each draw."""
        from astroviz.lensing.real_tables import lenses_table

        return lenses_table(self._real_drawn())

    def _real_drawn(self) -> RealAnswer:
        answer = self.real_answer()
        if answer is None:
            raise ValueError("no source has been drawn yet: do step 4 first")
        return answer


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
