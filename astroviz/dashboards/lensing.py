"""The page of lensing: bench, sampling, a real lens, and how far all of it can be trusted."""

from __future__ import annotations

from typing import Any

import panel as pn

from astroviz.dashboards.lensing_words import GLOSSARY, HELP, QUESTION, QUESTIONS
from astroviz.dashboards.room_page import RoomPage, RoomWords
from astroviz.dashboards.shell import Shell, initial_query
from astroviz.lensing.explorer import LensingExplorer

__all__ = ["LensingPage", "lensing_page"]

_WORDS = RoomWords(
    room="lensing",
    title="Strong lensing",
    question=QUESTION,
    views={
        "bench": ("Bench", "lensing_bench", "BenchView"),
        "sample": ("Sample", "lensing_sample", "SampleView"),
        "real": ("Real\u00a0lens", "lensing_real", "RealView"),
        "trust": ("Trust", "lensing_trust", "TrustView"),
        "shift": ("Prior\u00a0shift", "lensing_shift", "ShiftView"),
        "noise": ("Noise", "lensing_noise", "NoiseView"),
        "operators": ("Operators", "lensing_operators", "OperatorsView"),
    },
    questions=QUESTIONS,
    help=HELP,
    glossary=GLOSSARY,
)


class LensingPage(RoomPage):
    r"""Everything one browser tab has of the page of lensing.

    Arguments:
        model: The prior of sources, or None where there is none.
        engine: Runs what is asked.
        view: Name of the view; None for the first.
        query: The query of the address.
    """

    def __init__(self, model: Any, engine: Any, view: str | None, query: str = "") -> None:
        super().__init__(_WORDS, LensingExplorer(model, view=view or "bench"), engine, query)


def lensing_page(model: Any, engine: Any, view: str | None = None) -> Shell:
    """The page for one visitor; `view` comes from the address."""
    query = initial_query(pn.state.session_args) if pn.state.session_args else ""
    return LensingPage(model, engine, view, query).shell
