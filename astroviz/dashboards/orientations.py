"""The page of orientations: a diffusion film, its kernel, a cosmic web, a catalogue, poses."""

from __future__ import annotations

from typing import Any

import panel as pn

from astroviz.dashboards.orientations_words import GLOSSARY, HELP, QUESTION, QUESTIONS
from astroviz.dashboards.room_page import RoomPage, RoomWords
from astroviz.dashboards.shell import Shell, initial_query
from astroviz.orientations.explorer import OrientationsExplorer

__all__ = ["OrientationsPage", "orientations_page"]

_WORDS = RoomWords(
    room="orientations",
    title="Galaxy orientations",
    question=QUESTION,
    views={
        "film": ("Film", "orientations_film", "FilmView"),
        "kernel": ("Kernel", "orientations_kernel", "KernelView"),
        "web": ("Web", "orientations_web", "WebView"),
        "catalogue": ("Catalogue", "orientations_catalogue", "CatalogueView"),
        "pose": ("Pose", "orientations_pose", "PoseView"),
    },
    questions=QUESTIONS,
    help=HELP,
    glossary=GLOSSARY,
)


class OrientationsPage(RoomPage):
    r"""Everything one browser tab has of the page of orientations.

    Arguments:
        model: The model of p(R | environment), or None where there is none.
        engine: Runs what is asked.
        view: Name of the view; None for the first.
        query: The query of the address.
    """

    def __init__(self, model: Any, engine: Any, view: str | None, query: str = "") -> None:
        super().__init__(_WORDS, OrientationsExplorer(model, view=view or "film"), engine, query)


def orientations_page(model: Any, engine: Any, view: str | None = None) -> Shell:
    """The page for one visitor; `view` comes from the address."""
    query = initial_query(pn.state.session_args) if pn.state.session_args else ""
    return OrientationsPage(model, engine, view, query).shell
