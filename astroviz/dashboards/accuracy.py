"""The accuracy lab: is this posterior true?"""

from __future__ import annotations

from typing import Any

import panel as pn

from astroviz.accuracy.explorer import AccuracyExplorer
from astroviz.dashboards.accuracy_words import GLOSSARY, HELP, QUESTION, QUESTIONS
from astroviz.dashboards.room_page import RoomPage, RoomWords
from astroviz.dashboards.shell import Shell, initial_query

__all__ = ["AccuracyPage", "accuracy_page"]

_WORDS = RoomWords(
    room="accuracy",
    title="Accuracy lab",
    question=QUESTION,
    views={
        "trial": ("Trial", "accuracy_trial", "TrialView"),
        "traps": ("Traps", "accuracy_traps", "TrapsView"),
        "landscape": ("Landscape", "accuracy_landscape", "LandscapeView"),
        "compare": ("Compare", "accuracy_compare", "CompareView"),
        "shift": ("Shift", "accuracy_shift", "ShiftView"),
    },
    questions=QUESTIONS,
    help=HELP,
    glossary=GLOSSARY,
)


class AccuracyPage(RoomPage):
    r"""Everything one browser tab has of the accuracy lab.

    Arguments:
        engine: Runs what is asked.
        view: Name of the view; None for the first.
        query: The query of the address.
    """

    def __init__(self, engine: Any, view: str | None, query: str = "") -> None:
        super().__init__(_WORDS, AccuracyExplorer(view=view or "trial"), engine, query)


def accuracy_page(_model: Any, engine: Any, view: str | None = None) -> Shell:
    """The page for one visitor; `view` comes from the address. It needs no model of its own."""
    query = initial_query(pn.state.session_args) if pn.state.session_args else ""
    return AccuracyPage(engine, view, query).shell
