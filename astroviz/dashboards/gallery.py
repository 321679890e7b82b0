"""The first page: what can be opened, and which question each explorer answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import panel as pn

from astroviz.dashboards.appearance import CARD_STYLE, QuietPage, note, text
from astroviz.dashboards.desk import Desk

__all__ = ["PAGES", "PageEntry", "gallery"]


@dataclass(frozen=True)
class PageEntry:
    r"""One page of the server.

    Arguments:
        route: Where it lives.
        title: Its name.
        question: What it answers.
        model: Name of the model that it needs; empty where it opens those that it needs itself.
        views: Names of its views; each has its own address below the route.
        cards: View, title and question of each card of the gallery.
        build: Makes the page: (model, engine, view or None) to a viewable.
        opens_without: Whether the page opens without its model, which is None then: it says so
            in the views that need it, and the others live.
        warmed: Views that are built once before anyone is there; all of them when None. The
            others cost their first visitor a second or two, and the start of the server nothing.
    """

    route: str
    title: str
    question: str
    model: str
    views: tuple[str, ...]
    cards: tuple[tuple[str, str, str], ...]
    build: Callable[[Any, Any, str | None], Any]
    opens_without: bool = False
    warmed: tuple[str, ...] | None = None


def _stars(model: Any, engine: Any, view: str | None) -> Any:
    # Imported when first wanted: `serve --help` and the gallery should not pay for it.
    from astroviz.dashboards.stars import stars_page

    return stars_page(model, engine, view)


def _adaptation(model: Any, engine: Any, view: str | None) -> Any:
    from astroviz.dashboards.adaptation import adaptation_page

    return adaptation_page(model, engine, view)


def _orientations(model: Any, engine: Any, view: str | None) -> Any:
    from astroviz.dashboards.orientations import orientations_page

    return orientations_page(model, engine, view)


def _lensing(model: Any, engine: Any, view: str | None) -> Any:
    from astroviz.dashboards.lensing import lensing_page

    return lensing_page(model, engine, view)


def _galaxies(model: Any, engine: Any, view: str | None) -> Any:
    from astroviz.dashboards.galaxies import galaxies_page

    return galaxies_page(model, engine, view)


def _accuracy(model: Any, engine: Any, view: str | None) -> Any:
    from astroviz.dashboards.accuracy import accuracy_page

    return accuracy_page(model, engine, view)


PAGES: tuple[PageEntry, ...] = (
    PageEntry(
        route="/stars",
        title="Young stars",
        question="How old, how massive, how reddened is this star, given only what was measured?",
        model="stars",
        views=("star", "catalogue", "question", "surveys", "maps"),
        cards=(
            (
                "star",
                "One young star",
                "How old, how massive, how reddened is this star, given only what was measured? "
                "Switch a survey off and watch what it was worth.",
            ),
            (
                "catalogue",
                "A catalogue with holes",
                "Which stars were seen by which surveys, and what do the holes cost? "
                "Drop a table in, brush it, ask for every star at once.",
            ),
            (
                "question",
                "Any question",
                "Give, want or ignore anything: a posterior, a prediction, a likelihood. What "
                "would WISE see? How old is a star of this temperature and luminosity?",
            ),
            (
                "surveys",
                "What a survey is worth",
                "How does the age narrow while surveys arrive, and which survey that has not "
                "looked would tell most?",
            ),
            (
                "maps",
                "Young stars in space and on the HR diagram",
                "All posteriors of a selection as one density: seen from above, and over "
                "isochrones.",
            ),
        ),
        build=_stars,
    ),
    PageEntry(
        route="/adaptation",
        title="Adaptation",
        question="When the simulator is wrong, does aligning it with real stars bring the "
        "posterior back?",
        model="stars/adaptation",
        views=("latent", "evidence", "star", "catalogue"),
        cards=(
            (
                "latent",
                "Domain adaptation you can watch",
                "The simulator is wrong, and the posterior confidently biased. Scrub through the "
                "training and watch two latent spaces meet, and the answers come back.",
            ),
            (
                "catalogue",
                "Adapt to my catalogue",
                "A short adaptation to a table of yours, while you wait, with a verdict on "
                "labelled stars that it did not learn from.",
            ),
        ),
        build=_adaptation,
    ),
    PageEntry(
        route="/orientations",
        title="Galaxy orientations",
        question="How is a galaxy turned, given where it sits in the cosmic web?",
        model="orientations",
        views=("film", "kernel", "web", "catalogue", "pose"),
        warmed=("film",),
        cards=(
            (
                "film",
                "Diffusion on rotations you can scrub",
                "How does noise on SO(3) become a checkerboard, and is the learned density the "
                "true one? Run the flow both ways, and turn the sphere.",
            ),
            (
                "kernel",
                "The Gaussian of rotations",
                "What does a Gaussian look like on SO(3), and is its scale sigma or epsilon? "
                "Density, score and draws under one slider.",
            ),
            (
                "web",
                "A galaxy in the cosmic web",
                "How is this galaxy turned, given the tide around it? Click one, and drag the "
                "ellipsoid of its tide.",
            ),
            (
                "catalogue",
                "Paint a catalogue",
                "How strongly do the galaxies of a box line up? Paint orientations, select, and "
                "watch the correlation with its exact truth.",
            ),
            (
                "pose",
                "All poses of a solid",
                "Which orientations can a cube in a picture have? Pick a picture and see every "
                "equivalent pose at once.",
            ),
        ),
        build=_orientations,
        opens_without=True,
    ),
    PageEntry(
        route="/lensing",
        title="Strong lensing",
        question="Which galaxy stands behind this lens, and how far can we believe the answer?",
        model="lensing",
        views=("bench", "sample", "real", "trust", "shift", "noise", "operators"),
        warmed=("bench",),
        cards=(
            (
                "bench",
                "A lens on the bench",
                "What does a mass do to the picture of a galaxy behind it? Drag the lens, choose "
                "or paint the source, and see when a simple model misleads.",
            ),
            (
                "sample",
                "The galaxy behind the lens",
                "Which sources could have made this image? Watch posterior draws come out of "
                "noise, and the residual fall to its floor.",
            ),
            (
                "real",
                "A real lens",
                "From image, noise map and PSF to the source with its uncertainty, over all the "
                "lens models that fit.",
            ),
            (
                "trust",
                "Is the posterior true?",
                "Every sampler beside the exact answer of a Gaussian-process prior, with the "
                "verdict on its calibration.",
            ),
            (
                "shift",
                "When the prior is wrong",
                "Spirals under a prior of ellipticals: what the draws look like, what flags it, "
                "and how a prior learns from observations.",
            ),
            (
                "noise",
                "Noise that is not Gaussian",
                "A likelihood learned from blank sky, beside the usual one: whose intervals hold "
                "the truth?",
            ),
            (
                "operators",
                "One sampler, many problems",
                "Deconvolution, visibilities, gaps, spectra: which sampler does well on which "
                "problem?",
            ),
        ),
        build=_lensing,
        opens_without=True,
    ),
    PageEntry(
        route="/galaxies",
        title="Galaxy populations",
        question="How massive, how star-forming, how far are the galaxies of a survey, all at "
        "once?",
        model="galaxies",
        views=("population", "sed", "selection", "fit", "objects", "lessons"),
        warmed=("lessons",),
        cards=(
            (
                "population",
                "A survey as one density",
                "Which galaxies are out there? Slice the population by redshift and watch its "
                "main sequence and mass function, with what is published beside them.",
            ),
            (
                "sed",
                "The light of one galaxy",
                "What does dust, a burst or age do to a spectrum and to its magnitudes? All of it "
                "on sliders.",
            ),
            (
                "selection",
                "What a survey sees",
                "Which galaxies pass a magnitude limit or a colour cut, and what would a deeper "
                "survey with other filters see?",
            ),
            (
                "fit",
                "Fit a whole catalogue",
                "From photometry to a population in minutes: watch two clouds meet, or fit a "
                "table of yours.",
            ),
            (
                "objects",
                "One galaxy among all others",
                "Its redshift and mass with the population as prior, and what a catalogue of "
                "medians hides.",
            ),
            (
                "lessons",
                "Why populations, why transport",
                "Two point masses, a blur and a distance that still knows which way to go; and "
                "why stacking posteriors misleads.",
            ),
        ),
        build=_galaxies,
        opens_without=True,
    ),
    PageEntry(
        route="/accuracy",
        title="Accuracy lab",
        question="Is this posterior true, and which test would notice if it were not?",
        model="",
        views=("trial", "traps", "landscape", "compare", "shift"),
        warmed=("trial", "traps"),
        cards=(
            (
                "trial",
                "A posterior on trial",
                "Does the truth fall among the draws as often as it should? Every check on any "
                "model here, or on draws of your own, while the curves converge.",
            ),
            (
                "traps",
                "Posteriors that are wrong on purpose",
                "Biased, too narrow, wrongly correlated, or nothing but the prior: which test "
                "notices, and how wrong may a posterior be unseen?",
            ),
            (
                "landscape",
                "Where intervals fail",
                "The sky and the colours of stars, tinted by how often intervals hold the truth "
                "there. Click the red valley.",
            ),
            (
                "compare",
                "Which posterior is nearer?",
                "Two models on the same simulations, by the MIRA score and its error.",
            ),
            (
                "shift",
                "From another world",
                "Are these observations of the kind that the model was taught, and if not, what "
                "about them is new?",
            ),
        ),
        build=_accuracy,
        opens_without=True,
    ),
)


def _card(
    entry: PageEntry, view: str, title: str, question: str, failure: str | None
) -> pn.Column:
    picture = Path(__file__).with_name(f"{entry.route.strip('/')}_{view}.svg")
    drawing = picture.read_text(encoding="utf-8") if picture.is_file() else ""
    address = f"{entry.route}/{view}"
    if failure is None:
        foot = f'<a class="open" href="{address}">Open</a>'
    else:
        foot = f'<span class="faint">Not available: {escape(failure)}</span>'
    body = note(
        f'<a href="{address}" class="picture" aria-label="{escape(title)}">{drawing}</a>'
        f'<div class="words"><h3>{escape(title)}</h3><p>{escape(question)}</p>{foot}</div>'
    )
    body.stylesheets = [*body.stylesheets, CARD_CSS]
    return pn.Column(body, styles=CARD_STYLE, width=400, margin=0)


CARD_CSS = """
.picture { display: block; background: var(--panel-background-color);
  border-bottom: 1px solid var(--line); color: var(--panel-on-background-color); }
.picture svg { display: block; width: 100%; height: 190px; }
.words { padding: 14px 18px 16px; } h3 { margin: 0 0 6px; font-size: 16px; font-weight: 600; }
.words p { color: var(--panel-on-secondary-color); min-height: 60px; margin-bottom: 12px; }
a.open { text-decoration: none; font-weight: 600; }
"""


def gallery(house: Any) -> QuietPage:
    """The page at `/`; `house` knows which models failed."""
    cards = [
        _card(entry, view, title, question, house.obstacle(entry))
        for entry in PAGES
        for view, title, question in entry.cards
    ]
    body = pn.Column(
        text("Question a trained model with your hands", size=24, bold=True, margin=(44, 0, 4, 0)),
        text(
            "Every page opens with an example, its answer drawn, and the evidence for trusting it "
            "one click away.",
            faint=True,
            size=14,
            margin=(0, 0, 24, 0),
        ),
        pn.FlexBox(*cards, gap="20px", margin=0),
        width=824,
        max_width=824,
        align="center",
    )
    desk = Desk()
    page = QuietPage(meta_title="astroviz", main=[desk, body])
    page.param.watch(lambda event: desk.remember_theme(event.new), "dark_theme")
    return page
