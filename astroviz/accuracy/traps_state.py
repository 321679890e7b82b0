r"""The state of the view `traps`: posteriors that are wrong on purpose, and who notices."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.accuracy.checks import CHECKS
from astroviz.accuracy.defects import DEFECTS
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.traps_picture import TrapPicture, trap_picture
from astroviz.accuracy.traps_power import TrapPower, trap_power
from astroviz.accuracy.traps_run import DRAWS, FOUND, HEAVY, LIGHT, Question, caught, fits
from astroviz.accuracy.traps_words import LESSONS, listed, short, story, written_p
from astroviz.accuracy.view_state import ViewState
from astroviz.core.presets import Preset

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["LARGEST", "LEVEL", "STAGES", "TrapMatrix", "TrapsState"]

STAGES = {"gallery": "Gallery of traps", "power": "How wrong may it be, unseen?"}
LARGEST = 0.9
LEVEL = 0.05
"""Chance that all checks of a trap together call a right posterior wrong."""
_PATIENCE_S = 0.12  # of one piece of work, so that a slider is heard in between
_COUNTS = (100, 300, 1000)


@dataclass(frozen=True)
class TrapMatrix:
    r"""Checks by traps.

    Arguments:
        traps: Names of the :math:`T` columns.
        checks: Names of the :math:`C` rows.
        states: `caught`, `missed`, `no` (does not fit), `wait` or `ask`, :math:`(C, T)`.
        texts: p-values in words, :math:`(C, T)`.
        sentences: What was found, :math:`(C, T)`.
    """

    traps: tuple[str, ...]
    checks: tuple[str, ...]
    states: list[list[str]]
    texts: list[list[str]]
    sentences: list[list[str]]


class TrapsState(ViewState):
    """Parameters of the view *Traps*, and what it computes."""

    traps_stage: param.Selector[Any] = param.Selector(
        default="gallery", objects=list(STAGES),
        doc="The traps one by one, or how often each check notices them over many repeats.",
    )  # fmt: skip
    traps_trap: param.Selector[Any] = param.Selector(
        default="hpd", objects=list(DEFECTS), doc="Which wrong posterior is looked at."
    )
    traps_check: param.Selector[Any] = param.Selector(
        default="coverage", objects=list(CHECKS), doc="Which check is drawn."
    )
    traps_size = param.Number(
        default=0.5,
        bounds=(0.0, LARGEST),
        doc="How wrong all of them are; 0 is exactly right.",
    )
    traps_count: param.Selector[Any] = param.Selector(
        default=300, objects=list(_COUNTS),
        doc=f"Simulated objects, each with {DRAWS} draws: the more, the smaller a fault is seen.",
    )  # fmt: skip

    _dragged = frozenset({"traps_size"})

    # What is looked at

    def traps_question(self, trap: str | None = None) -> Question:
        """What is asked of a trap; of the one that is looked at by default."""
        size = min(float(self.traps_size), DEFECTS[trap or self.traps_trap].largest)
        return Question(
            str(trap or self.traps_trap), round(size, 3), int(self.traps_count), int(self.seed)
        )

    def traps_found(self, trap: str | None = None) -> dict[str, Outcome]:
        """What is known so far of a trap."""
        return FOUND.peek(self.traps_question(trap))

    def traps_outcome(self) -> Outcome | None:
        """The outcome that is drawn; None while it is not known."""
        return self.traps_found().get(self.traps_check)

    def traps_pictures(self) -> list[TrapPicture]:
        """True and claimed posterior of an object of each trap."""
        return [
            trap_picture(name, self.traps_question(name).size, int(self.seed)) for name in DEFECTS
        ]

    # What is computed

    def traps_missing(self) -> list[tuple[Question, str]]:
        """What has to be computed still, the most wanted first."""
        wanted: list[tuple[Question, str]] = []
        own = self.traps_question()
        if self.traps_check in LIGHT:
            wanted.append((own, str(self.traps_check)))
        rest = sorted(LIGHT, key=lambda name: name.endswith("_data"))
        for trap in (own.trap, *DEFECTS):
            question = self.traps_question(trap)
            wanted += [(question, name) for name in rest]
        return [
            (question, name) for question, name in dict.fromkeys(wanted)
            if fits(question.trap)[name] and not FOUND.has(question, name)
        ]  # fmt: skip

    def traps_asking(self) -> Callable[[], int]:
        """A function for a thread that computes some of what is missing; how much is left."""
        missing = self.traps_missing()

        def work() -> int:
            end = time.monotonic() + _PATIENCE_S
            for done, (question, name) in enumerate(missing, 1):
                FOUND.run(question, name)
                if time.monotonic() > end:
                    return len(missing) - done
            return 0

        return work

    def traps_heavy_asking(self) -> Callable[[Any, Any], int]:
        """Work that runs the costly checks on the trap that is looked at."""
        question = self.traps_question()
        names = [name for name in HEAVY if fits(question.trap)[name]]

        def work(progress: Any, check: Any) -> int:
            for done, name in enumerate(names):
                check()
                progress(done / len(names))
                FOUND.run(question, name)
            return len(names)

        return work

    def traps_matrix(self) -> TrapMatrix:
        """Who notices what, as far as it is known."""
        checks = (*LIGHT, *HEAVY)
        columns = []
        for trap in DEFECTS:
            found = self.traps_found(trap)
            rejected = caught(found, LEVEL)
            columns.append([_cell(trap, name, found.get(name), rejected) for name in checks])
        rows = [list(row) for row in zip(*columns, strict=True)]
        return TrapMatrix(
            tuple(DEFECTS), checks, *([[cell[k] for cell in row] for row in rows]
                                      for k in range(3)),
        )  # fmt: skip

    # Over many repeats

    def traps_power(self) -> TrapPower:
        """The stored studies of power and of false alarms, for the trap that is looked at."""
        return trap_power(str(self.traps_trap))

    # What is said

    def traps_numbers(self) -> str:
        """The trap that is looked at and the check that is drawn, as small HTML."""
        one = DEFECTS[self.traps_trap]
        question, found = self.traps_question(), self.traps_found()
        said = story(one.title, one.measure(question.size), one.story, LESSONS[one.name])
        seen = caught(found, LEVEL)
        missed = [name for name in found if name not in seen]
        waits = sum(fits(one.name)[name] and name not in found for name in LIGHT)
        more = f" <span class='faint'>({waits} still at work)</span>" if waits else ""
        return (
            f"{said}<p><b>Noticed by</b> {escape(listed(seen))}.{more}<br>"
            f"<b>Passed</b> {escape(listed(missed))}.</p>{self._check_words()}"
        )

    def _check_words(self) -> str:
        check = CHECKS[self.traps_check]
        outcome = self.traps_outcome()
        if outcome is not None:
            p = written_p(outcome)
            said = f"{escape(outcome.sentence)} {f'p = {p}.'.replace('= <', '< ') if p else ''}"
        elif not fits(self.traps_trap)[check.name]:
            said = "It does not fit this trap."
        elif check.name in HEAVY:
            said = "It is costly: ask for it above."
        else:
            said = "At work ..."
        return (
            f"<h4>{escape(check.title)}</h4><p>{escape(check.question)} {said}</p>"
            f"<p class='faint'><b>Detects:</b> {escape(check.detects)}<br>"
            f"<b>Misses:</b> {escape(check.misses)}<br>{escape(check.source)}</p>"
        )

    def traps_table(self) -> QTable:
        """All that is known, a row for each trap and check."""
        from astropy.table import QTable

        rows = []
        for trap in DEFECTS:
            found = self.traps_found(trap)
            rejected = caught(found, LEVEL)
            for name, outcome in found.items():
                rows.append((
                    trap, self.traps_question(trap).size, name, outcome.p_value, outcome.value,
                    outcome.expected, outcome.error, name in rejected,
                ))  # fmt: skip
        names = ["trap", "size", "check", "p_value", "value", "expected", "error", "caught"]
        return QTable(rows=rows or None, names=names)

    # What every view offers

    def traps_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""

        def place(trap: str, size: float, check: str) -> dict[str, Any]:
            return {"traps_stage": "gallery", "traps_trap": trap, "traps_size": size,
                    "traps_check": check, "traps_count": 300}  # fmt: skip

        return (
            Preset("On the diagonal, and wrong", "HPD coverage does not see where the truth is.",
                   place("hpd", 0.5, "coverage")),
            Preset("The same, seen jointly", "Products of ranks show it.",
                   place("hpd", 0.5, "correlation")),
            Preset("TARP is blind", "A posterior that hardly looks at the data, seen from the "
                   "prior.", place("prior", 0.9, "tarp")),
            Preset("TARP sees", "The same, seen from guesses from the data.",
                   place("prior", 0.9, "tarp_data")),
            Preset("Right one by one", "Exact marginals, wrong correlation.",
                   place("correlation", 0.5, "sbc")),
            Preset("Right on average", "Wrong to one side here, to the other there.",
                   place("regime", 0.9, "regimes")),
            Preset("Modes mixed up", "Draws where no answer is.",
                   place("permuted", 0.9, "likelihood_rank")),
            Preset("Ten per cent", "Small faults, which need more objects.",
                   {**place("narrow", 0.1, "dispersion"), "traps_count": 1000}),
            Preset("Nothing is wrong", "Whoever rejects now gives a false alarm.",
                   place("narrow", 0.0, "sbc")),
            Preset("Power", "How often each check notices.",
                   {"traps_stage": "power", "traps_trap": "narrow"}),
        )  # fmt: skip

    def traps_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        trap = str(random.choice(list(DEFECTS)))
        fitting = [name for name in LIGHT if fits(trap)[name]]
        return {
            "traps_trap": trap, "traps_check": str(random.choice(fitting)),
            "traps_size": round(float(random.uniform(0.05, LARGEST)), 2),
        }  # fmt: skip

    def traps_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        if self.traps_stage == "power":
            return (
                "How often each check notices a defect, over many repeats. Choose another trap: "
                "a check that stays flat is blind to it."
            )
        one = DEFECTS[self.traps_trap]
        found = self.traps_found()
        seen = len(caught(found, LEVEL))
        ready = all(name in found for name in LIGHT if fits(one.name)[name])
        told = f"{seen} of {len(found)} checks notice" if found else "The checks are at work"
        return (
            f"{one.title}: {one.measure(self.traps_question().size)}. {told}"
            f"{'' if ready or not found else ' so far'}. Drag 'How wrong', or click another trap."
        )

    def traps_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        if self.traps_stage == "gallery" and float(self.traps_size) == 0:
            return ("Nothing is wrong at size 0: whoever rejects now gives a false alarm.",)
        return ()


def _cell(
    trap: str, check: str, outcome: Outcome | None, rejected: Any
) -> tuple[str, str, str]:  # fmt: skip
    """State, text and sentence of one cell."""
    if not fits(trap)[check]:
        return "no", "", f"{short(check)} does not fit this trap."
    if outcome is None:
        waiting = "ask" if check in HEAVY else "wait"
        return waiting, "", "It is costly: ask for it." if waiting == "ask" else "At work ..."
    state = "caught" if check in rejected else "missed"
    return state, written_p(outcome), outcome.sentence
