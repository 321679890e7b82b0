r"""How every figure looks: colours by role, markers by survey, quiet axes, light and dark.

The colours are those of Okabe & Ito, which people with any common colour-vision deficiency can
tell apart; where two marks could still be confused, their shape differs too. Each role has a
colour for white and one for dark ground, so that contrast holds on both.

References:
    | Color Universal Design (Okabe & Ito 2008), https://jfly.uni-koeln.de/color/
    | cividis (Nunez, Anderton & Renslow 2018), https://arxiv.org/abs/1712.01662
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from bokeh.models import Legend, Model, Plot
from bokeh.palettes import Cividis256
from bokeh.themes import Theme

__all__ = [  # noqa: RUF022 (plain order, constants not first)
    "FONT",
    "Ink",
    "OKABE_ITO",
    "ROLES",
    "SEQUENTIAL",
    "STATES",
    "SURVEYS",
    "StateStyle",
    "SurveyStyle",
    "apply",
    "bokeh_theme",
    "colour",
    "state_colour",
    "style_legend",
    "survey_colour",
    "survey_marker",
]

OKABE_ITO = {
    "black": "#000000",
    "orange": "#e69f00",
    "sky": "#56b4e9",
    "green": "#009e73",
    "yellow": "#f0e442",
    "blue": "#0072b2",
    "vermilion": "#d55e00",
    "purple": "#cc79a7",
}
_O = OKABE_ITO

# Role -> (on white, on dark). Blue and green of the palette are too dim for dark ground.
ROLES: dict[str, tuple[str, str]] = {
    "posterior": (_O["blue"], _O["sky"]),
    "prior": ("#8b95a1", "#8b95a1"),
    "pinned": (_O["orange"], _O["orange"]),
    "observed": ("#1c2530", "#e6eaef"),
    "limit": (_O["purple"], "#dd93ba"),
    "truth": (_O["vermilion"], "#f2792b"),
    "literature": (_O["green"], "#2cc295"),
    "photosphere": (_O["orange"], _O["orange"]),
    "dust": (_O["vermilion"], "#f2792b"),
    "excess": (_O["purple"], "#dd93ba"),
    "selection": (_O["vermilion"], "#f2792b"),
    "current": ("#1c2530", "#ffffff"),
    "goal": (_O["green"], "#2cc295"),
    "points": ("#44607c", "#9fb6cc"),
    "line": ("#6b7785", "#9aa7b5"),
    "ink": ("#1c2530", "#e6eaef"),
    "faint": ("#5b6775", "#9aa7b5"),
    "hairline": ("#c9d0d8", "#3a444f"),
    "grid": ("#e9edf1", "#262d36"),
    "paper": ("#ffffff", "#171c23"),
}

SEQUENTIAL = tuple(Cividis256)
FONT = "Inter, Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
TICK_SIZE, LABEL_SIZE, TITLE_SIZE = "11px", "12px", "12px"


@dataclass(frozen=True)
class SurveyStyle:
    """Colours of a survey on white and on dark ground, its marker, and that marker crossed."""

    light: str
    dark: str
    marker: str
    crossed: str


SURVEYS: dict[str, SurveyStyle] = {
    "Gaia": SurveyStyle(_O["blue"], _O["sky"], "circle", "circle_x"),
    "2MASS": SurveyStyle(_O["green"], "#2cc295", "square", "square_x"),
    "WISE": SurveyStyle("#b87a00", _O["orange"], "diamond", "diamond_cross"),
    "Spitzer": SurveyStyle(_O["purple"], "#dd93ba", "hex", "hex_dot"),
    "Spectroscopy": SurveyStyle("#5b6775", "#c3ccd6", "star", "star_dot"),
    # kinds of spectra, drawn as lines
    "Gaia XP": SurveyStyle("#0f7f7f", "#4cc9c0", "circle", "circle_x"),
    "LAMOST-like": SurveyStyle("#8a5a00", "#e0b25c", "circle", "circle_x"),
    "APOGEE-like": SurveyStyle("#7b2d8e", "#d19be0", "circle", "circle_x"),
}


@dataclass(frozen=True)
class StateStyle:
    """What a state of a quantity is called and its colours on white and on dark ground."""

    label: str
    light: str
    dark: str


# By the codes of `astroviz.io.State`, in their order (a test compares the two).
STATES: tuple[StateStyle, ...] = (
    StateStyle("observed", "#1f6fa8", "#4a9fd8"),
    StateStyle("not covered", "#edf0f3", "#242b33"),
    StateStyle("limit", "#e0a021", "#e0a021"),
    StateStyle("unusable", "#c4687f", "#c4687f"),
    StateStyle("ignored", "#a3aebb", "#667280"),
)


def colour(role: str, dark: bool = False) -> str:
    """Colour of a role as `#rrggbb`; KeyError naming the roles."""
    if role not in ROLES:
        raise KeyError(f"no role named {role!r}; there are {', '.join(ROLES)}")
    return ROLES[role][int(dark)]


def state_colour(code: int, dark: bool = False) -> str:
    """Colour of a state code as `#rrggbb`."""
    style = STATES[code]
    return style.dark if dark else style.light


def survey_colour(survey: str, dark: bool = False) -> str:
    """Colour of a survey; one we do not know looks like a plain observation."""
    style = SURVEYS.get(survey)
    if style is None:
        return colour("observed", dark)
    return style.dark if dark else style.light


def survey_marker(survey: str, crossed: bool = False) -> str:
    """Bokeh marker of a survey; `crossed` for values that cannot be used."""
    style = SURVEYS.get(survey, SurveyStyle("", "", "triangle", "triangle_dot"))
    return style.crossed if crossed else style.marker


class Ink:
    r"""Colours models by role, and again when the ground changes between light and dark.

    Arguments:
        dark: Whether the ground is dark.

    Example:
        >>> from bokeh.plotting import figure
        >>> ink = Ink()
        >>> line = figure().line([0, 1], [0, 1])
        >>> ink.paint(line.glyph, line_color="posterior")
        >>> ink.dark = True
        >>> line.glyph.line_color
        '#56b4e9'
    """

    def __init__(self, dark: bool = False) -> None:
        self._dark = bool(dark)
        self._painted: list[tuple[Model, str, str]] = []
        self._watchers: list[Callable[[], None]] = []

    @property
    def dark(self) -> bool:
        """Whether the ground is dark; setting it repaints everything."""
        return self._dark

    @dark.setter
    def dark(self, dark: bool) -> None:
        if bool(dark) == self._dark:
            return
        self._dark = bool(dark)
        for model, name, role in self._painted:
            setattr(model, name, self(role))
        for repaint in self._watchers:
            repaint()

    def __call__(self, role: str) -> str:
        """Colour of a role, or of a survey as `survey:WISE`."""
        if role.startswith("survey:"):
            return survey_colour(role.removeprefix("survey:"), self._dark)
        return colour(role, self._dark)

    def paint(self, model: Model, **roles: str) -> None:
        """Colour properties of a model: `paint(glyph, line_color="posterior")`."""
        for name, role in roles.items():
            self._painted.append((model, name, role))
            setattr(model, name, self(role))

    def painted(self) -> list[tuple[str, str, str, str]]:
        """Id of a model, its property, and that colour on white and on dark ground, of each."""
        found = []
        for model, name, role in self._painted:
            light, dark = (Ink(ground)(role) for ground in (False, True))
            found.append((model.id, name, light, dark))
        return found

    def watch(self, repaint: Callable[[], None]) -> None:
        """Call this after the ground has changed (for colours held in data columns)."""
        self._watchers.append(repaint)


_FRAME = {
    "background_fill_color": "paper",
    "border_fill_color": "paper",
    "outline_line_color": "hairline",
}
_AXIS = {
    "axis_line_color": "hairline",
    "major_tick_line_color": "hairline",
    "major_label_text_color": "faint",
    "axis_label_text_color": "ink",
}
_AXIS_STYLE = {
    "axis_line_width": 1,
    "major_tick_in": 0,
    "major_tick_out": 4,
    "minor_tick_line_color": None,
    "major_label_text_font": FONT,
    "major_label_text_font_size": TICK_SIZE,
    "axis_label_text_font": FONT,
    "axis_label_text_font_size": LABEL_SIZE,
    "axis_label_text_font_style": "normal",
    "axis_label_standoff": 6,
    "major_label_standoff": 4,
}
_LEGEND_STYLE = {
    "label_text_font": FONT,
    "label_text_font_size": TICK_SIZE,
    "border_line_color": None,
    "background_fill_alpha": 0.8,
    "glyph_height": 20,
    "glyph_width": 22,
    "label_standoff": 5,
    "spacing": -3,
    "padding": 5,
    "margin": 4,
}


def apply(plot: Plot, dark: bool = False, ink: Ink | None = None) -> None:
    """Style a figure's ground, axes, grid, title, legend and toolbar in place."""
    ink = ink or Ink(dark)
    ink.paint(plot, **_FRAME)
    for axis in plot.axis:
        axis.update(**_AXIS_STYLE)
        ink.paint(axis, **_AXIS)
    for grid in plot.grid:
        grid.grid_line_width = 1
        ink.paint(grid, grid_line_color="grid")
    if plot.title is not None:
        plot.title.update(
            text_font=FONT, text_font_size=TITLE_SIZE, text_font_style="normal", standoff=4
        )
        ink.paint(plot.title, text_color="ink")
    for legend in plot.legend:
        style_legend(legend, ink)
    plot.toolbar.update(logo=None, autohide=True)


def style_legend(legend: Legend, ink: Ink) -> None:
    """Make a legend small and quiet."""
    legend.update(**_LEGEND_STYLE)
    ink.paint(legend, label_text_color="faint", background_fill_color="paper")


@cache
def bokeh_theme(dark: bool = False) -> Theme:
    """The same look as a Bokeh theme, for figures that are made elsewhere."""
    ink = Ink(dark)
    frame = {name: ink(role) for name, role in _FRAME.items()}
    axis = {name: ink(role) for name, role in _AXIS.items()} | _AXIS_STYLE
    title = {"text_color": ink("ink"), "text_font": FONT, "text_font_size": TITLE_SIZE}
    legend = {"label_text_color": ink("faint"), "background_fill_color": ink("paper")}
    return Theme(
        json={
            "attrs": {
                "Plot": frame,
                "Axis": axis,
                "Grid": {"grid_line_color": ink("grid")},
                "Title": title,
                "Legend": legend | _LEGEND_STYLE,
                "BaseColorBar": {"background_fill_color": ink("paper"), **_bar(ink)},
                "Toolbar": {"logo": None, "autohide": True},
            }
        }
    )


def _bar(ink: Ink) -> dict[str, str]:
    """Text of a colour bar."""
    return {"major_label_text_color": ink("faint"), "title_text_color": ink("ink")}
