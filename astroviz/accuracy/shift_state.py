r"""The state of the view `shift`: do the observations come from the world that was taught?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.accuracy.live_trial import LiveTrials
from astroviz.accuracy.shift import FLAG
from astroviz.accuracy.shift_case import ShiftCase, ShiftFound, case_of_tables, case_of_trial
from astroviz.core.presets import Preset

if TYPE_CHECKING:
    from astroviz.accuracy.classifier_shift import ClassifierShift

__all__ = ["SOURCES", "ShiftState"]

SOURCES = {
    "stars": "stars of another world, under ours",
    "same": "stars of our world, under ours",
    "answers": "answers on them, under the prior",
    "spirals": "spirals, under ellipticals",
    "ellipticals": "ellipticals, under ellipticals",
    "tried": "draws of the model on trial, under its prior",
    "mine": "two tables of mine",
}
"""What is compared; the first five are stored."""


class ShiftState(LiveTrials):
    """Parameters of the view *Shift*, and what it computes."""

    shift_source: param.Selector[Any] = param.Selector(
        default="stars", objects=list(SOURCES),
        doc="What was asked, under what is known: observations, or posterior draws.",
    )  # fmt: skip
    shift_x = param.String(default="", doc="Horizontal axis; empty: what tells most.")
    shift_y = param.String(default="", doc="Vertical axis; empty: what tells second most.")
    shift_row = param.Integer(
        default=None, allow_None=True, bounds=(0, None),
        doc="Asked object that is looked at; none: the strangest.",
    )  # fmt: skip

    _tables: ShiftCase | None = None
    _told: tuple[Any, ClassifierShift] | None = None

    # What is compared

    def shift_open(self, known: Any, asked: Any, **words: Any) -> None:
        r"""Compare two tables of one's own.

        Arguments:
            known: What the model was taught with; an astropy Table, a DataFrame, a mapping.
            asked: What it is asked about.
            words: As of `shift_case.case_of_tables`.
        """
        self._tables = case_of_tables(known, asked, **words)
        if self.shift_source == "mine":
            self.param.trigger("shift_source")
        else:
            self.shift_source = "mine"

    def shift_case(self) -> ShiftCase | None:
        """Both sides; None where they must be asked for first."""
        if self.shift_source == "mine":
            return self._tables
        if self.shift_source == "tried":
            trial = self.live_trial(self.tried)
            return None if trial is None else case_of_trial(trial, int(self.seed))
        from astroviz.accuracy.examples import shift_example

        return shift_example(self.shift_source)

    def shift_working(self) -> Any:
        """Work that simulates the model on trial; a ValueError says why there is none."""
        return self.live_working(self.tried)

    def shift_keep(self, trial: Any) -> None:
        """Keep what was simulated."""
        self.live_keep(self.tried, trial)

    def shift_asking(self) -> Callable[[], ShiftFound | None]:
        """A function for a thread: populations and objects, and the classifier if it is taught."""
        case, seed = self.shift_case(), int(self.seed)
        if case is None:
            return lambda: None
        return partial(_found, case, seed, self._known_told())

    def shift_teaching(self) -> Callable[[], tuple[Any, ClassifierShift] | None]:
        """A function for a thread that teaches the classifier, for `shift_keep_told`."""
        case, seed, key = self.shift_case(), int(self.seed), self._key()
        if case is None or self._known_told() is not None:
            return lambda: None

        def work() -> tuple[Any, ClassifierShift]:
            from astroviz.accuracy.classifier_shift import classifier_shift

            return key, classifier_shift(case.known, case.asked, seed)

        return work

    def shift_keep_told(self, told: tuple[Any, ClassifierShift] | None) -> bool:
        """Keep what the classifier found; whether it is of what is shown."""
        if told is None:
            return False
        self._told = told
        return bool(told[0] == self._key())

    def _known_told(self) -> ClassifierShift | None:
        """What the classifier said of what is shown, where it was taught or stored."""
        if self._told and self._told[0] == self._key():
            return self._told[1]
        from astroviz.accuracy.examples import SHIFTS, TOLD_SEED, told_example

        stored = self.shift_source in SHIFTS and int(self.seed) == TOLD_SEED
        return told_example(str(self.shift_source)) if stored else None

    def _key(self) -> tuple[Any, ...]:
        live = self.live_key(self.tried) if self.shift_source == "tried" else ()
        return (self.shift_source, live, id(self.own), id(self._tables), int(self.seed))

    # What is looked at

    def shift_axes(self, found: ShiftFound) -> tuple[int, int]:
        """Columns of the plane: those that tell most, unless others are chosen."""
        names = found.case.names
        told = found.classifier
        order = list(range(len(names))) if told is None else list(np.argsort(-told.importance))
        usual = [names[k] for k in order[:2]]
        picked = [self.shift_x if self.shift_x in names else usual[0],
                  self.shift_y if self.shift_y in names else usual[-1]]  # fmt: skip
        return names.index(picked[0]), names.index(picked[1])

    def shift_place(self, found: ShiftFound) -> int:
        """The asked object that is looked at."""
        if self.shift_row is not None and self.shift_row < len(found.case.asked):
            return int(self.shift_row)
        return int(np.argmax(found.objects.ood_scores))

    def shift_verdict(self, found: ShiftFound) -> str:
        """All three answers as HTML."""
        pqm, objects, told = found.population, found.objects, found.classifier
        noticed = {"PQMass": pqm.p_value, "the classifier": 1.0 if told is None else told.p_value}
        who = [name for name, p in noticed.items() if p < FLAG / 2]  # two looks at one level
        words = (
            f"are <b>not one population</b>: {' and '.join(who)} can tell"
            if who
            else "may be one population: neither PQMass nor the classifier can tell"
            if told is not None
            else "may be one population to PQMass"
        )
        rows = [
            ("PQMass \u03c7\u00b2/dof", f"{pqm.reduced:.2f}"),
            ("p, exchanged labels", f"{pqm.p_value:.3g}"),
            ("Objects beyond the edge", f"{100 * objects.flagged:.1f} % (1 % expected)"),
        ]
        if told is None:
            rows.append(("Classifier", "being taught ..."))
        else:
            rows += [
                ("Classifier, area", f"{told.area:.3f} \u00b1 {told.error:.3f}"),
                ("p", f"{told.p_value:.2g}"),
            ]
        cells = "".join(
            f"<tr><td>{escape(a)}</td><td class='number'>{escape(b)}</td></tr>" for a, b in rows
        )
        case = found.case
        return (
            f"<p>{escape(case.asked_words)} ({len(case.asked):,}) and {escape(case.known_words)} "
            f"({len(case.known):,}) {words}.</p><table>{cells}</table>"
        )

    def shift_facts(self, found: ShiftFound) -> str:
        """The object that is looked at, as HTML."""
        place, case = self.shift_place(found), found.case
        columns = self._strangest(found, place)
        rows = "".join(
            f"<tr><td>{escape(case.labels[k])}</td>"
            f"<td class='number'>{_text(case.asked[place, k])}</td>"
            f"<td class='number faint'>{_text(np.nanmedian(case.known[:, k]))}</td></tr>"
            for k in columns
        )
        score, p = found.objects.ood_scores[place], found.objects.p_values[place]
        return (
            f"<p><b>{escape(case.name_of(place))}</b>: ood_score {score:.2f}, p = {p:.2g}</p>"
            f"<table><tr><th></th><th>it</th><th>known</th></tr>{rows}</table>"
        )

    @staticmethod
    def _strangest(found: ShiftFound, place: int) -> list[int]:
        """Columns in which an object is farthest from what is known, four at most."""
        known, one = found.case.known, found.case.asked[place]
        with np.errstate(invalid="ignore"):
            far = np.abs(one - np.nanmedian(known, 0)) / np.maximum(np.nanstd(known, 0), 1e-12)
        return [int(k) for k in np.argsort(-np.nan_to_num(far, nan=-1.0))[:4]]

    # What every view offers

    def shift_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        plain: dict[str, Any] = {"shift_x": "", "shift_y": "", "shift_row": None}
        return (
            Preset("Stars of another world", "Each may be of ours; all of them are not.",
                   {**plain, "shift_source": "stars"}),
            Preset("Stars of our world", "The same question where the answer is no.",
                   {**plain, "shift_source": "same"}),
            Preset("Answers that are no prior", "The world differs, so the draws do.",
                   {**plain, "shift_source": "answers"}),
            Preset("Spirals under ellipticals", "A prior that never saw an arm.",
                   {**plain, "shift_source": "spirals"}),
            Preset("Ellipticals under ellipticals", "A prior that is right.",
                   {**plain, "shift_source": "ellipticals"}),
        )  # fmt: skip

    def shift_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        from astroviz.accuracy.examples import SHIFTS, shift_example

        source = str(random.choice(list(SHIFTS)))
        case = shift_example(source)
        x, y = random.choice(case.names, 2, replace=False)
        return {"shift_source": source, "shift_x": str(x), "shift_y": str(y),
                "shift_row": int(random.integers(len(case.asked)))}  # fmt: skip

    def shift_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        if self.shift_case() is None:
            if self.shift_source == "mine":
                return "Choose two tables: what the model was taught, and what it is asked."
            return "Nothing of this model is here yet: press Simulate, and its draws are compared."
        return (
            "What was asked, over what is known. A classifier names the columns that tell both "
            "apart. Click an object."
        )

    def shift_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        case = self.shift_case()
        return () if case is None else tuple(case.notes[:2])


def _found(case: ShiftCase, seed: int, told: ClassifierShift | None) -> ShiftFound:
    import dataclasses

    from astroviz.accuracy.shift_case import find_shift

    return dataclasses.replace(find_shift(case, seed, classify=False), classifier=told)


def _text(value: float) -> str:
    return "gap" if not np.isfinite(value) else f"{value:.4g}".replace("-", "\u2212")
