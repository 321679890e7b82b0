from __future__ import annotations

import itertools

import numpy as np
import pytest
from bokeh.core.enums import MarkerType
from bokeh.models import Line
from bokeh.plotting import figure

from astroviz.io.observations import State
from astroviz.plots import theme
from astroviz.stars.spectrographs import SOURCES
from astroviz.stars.surveys import SURVEYS


def luminance(colour):
    linear = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in linear]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_readable_on_both_grounds(dark):
    for role in ("ink", "faint"):
        assert contrast(theme.colour(role, dark), theme.colour("paper", dark)) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_marks_stand_out_from_the_ground(dark):
    # three to one is what accessibility guidelines ask of graphics; Okabe-Ito's orange and sky
    # blue fall short on white, so they are only lines with a dash or shape of their own
    paper = theme.colour("paper", dark)
    for role in ("posterior", "truth", "literature", "observed", "points", "selection"):
        assert contrast(theme.colour(role, dark), paper) >= 3.0
    for survey in SURVEYS:
        assert contrast(theme.survey_colour(survey, dark), paper) >= 2.8


def test_every_survey_has_a_colour_and_a_marker_of_its_own():
    assert set(theme.SURVEYS) == set(SOURCES)
    for one, other in itertools.combinations(SURVEYS, 2):
        assert theme.survey_marker(one) != theme.survey_marker(other)
    styles = list(theme.SURVEYS.values())
    for one, other in itertools.combinations(styles, 2):
        assert one.light != other.light
        assert one.dark != other.dark
    for style in styles:
        assert style.marker in list(MarkerType)
        assert style.crossed in list(MarkerType)


def test_states_are_in_the_order_of_their_codes():
    names = [style.label.replace(" ", "_").upper() for style in theme.STATES]
    assert names == [state.name for state in sorted(State)]


def test_an_unknown_role_names_those_there_are():
    with pytest.raises(KeyError, match="posterior"):
        theme.colour("posteriour")
    assert theme.survey_colour("Pan-STARRS").startswith("#")


def test_ink_repaints_models_and_calls_watchers():
    ink, seen = theme.Ink(), []
    line = Line()
    ink.paint(line, line_color="posterior")
    ink.watch(lambda: seen.append(ink.dark))
    assert line.line_color == theme.colour("posterior")
    ink.dark = True
    ink.dark = True
    assert line.line_color == theme.colour("posterior", dark=True)
    assert seen == [True]


def test_apply_and_the_bokeh_theme_agree():
    plot = figure()
    theme.apply(plot, dark=True)
    attrs = theme.bokeh_theme(True)._json["attrs"]
    for name, value in attrs["Plot"].items():
        assert getattr(plot, name) == value
    assert plot.xaxis[0].major_label_text_color == attrs["Axis"]["major_label_text_color"]
    assert plot.toolbar.autohide
    assert plot.toolbar.logo is None
