"""The page of galaxies: a population, its spectra, its selection, its fit, its members."""

from __future__ import annotations

from typing import Any

import panel as pn

from astroviz.dashboards.galaxies_words import GLOSSARY, HELP, QUESTION, QUESTIONS
from astroviz.dashboards.room_page import RoomPage, RoomWords
from astroviz.dashboards.shell import Shell, initial_query
from astroviz.galaxies.explorer import GalaxiesExplorer

__all__ = ["GalaxiesPage", "galaxies_page"]

_WORDS = RoomWords(
    room="galaxies",
    title="Galaxy populations",
    question=QUESTION,
    views={
        "population": ("Population", "galaxies_population", "PopulationView"),
        "sed": ("SED", "galaxies_sed", "SedView"),
        "selection": ("Selection", "galaxies_selection", "SelectionView"),
        "fit": ("Fit", "galaxies_fit", "FitView"),
        "objects": ("Objects", "galaxies_objects", "ObjectsView"),
        "lessons": ("Lessons", "galaxies_lessons", "LessonsView"),
    },
    questions=QUESTIONS,
    help=HELP,
    glossary=GLOSSARY,
)


class GalaxiesPage(RoomPage):
    r"""Everything one browser tab has of the page of galaxies.

    Arguments:
        model: The population, or None where there is none.
        engine: Runs what is asked.
        view: Name of the view; None for the first.
        query: The query of the address.
    """

    def __init__(self, model: Any, engine: Any, view: str | None, query: str = "") -> None:
        super().__init__(_WORDS, GalaxiesExplorer(model, view=view or "population"), engine, query)
        self.explorer.param.watch(lambda _: self.shell.show_verdict(), "source")


def galaxies_page(model: Any, engine: Any, view: str | None = None) -> Shell:
    """The page for one visitor; `view` comes from the address."""
    query = initial_query(pn.state.session_args) if pn.state.session_args else ""
    return GalaxiesPage(model, engine, view, query).shell
