"""What was measured of the samplers, in and out of a card."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from astroviz.stars.steps import StepFigure, chosen_figure, evaluations, read_figures, to_metrics

FIGURES = (
    StepFigure("flow", 2, 0.53, 0.0255, 24.5),
    StepFigure("flow", 16, 0.501, 0.0245, 136.1),
    StepFigure("shortcut", 2, 0.499, 0.0245, 24.9),
)


def model(metrics, samplers=("flow", "shortcut")):
    return SimpleNamespace(card=SimpleNamespace(metrics=metrics), samplers=samplers)


def test_figures_come_back_from_a_card():
    metrics = {"check bias": 0.01, **to_metrics(FIGURES)}
    assert read_figures(metrics) == FIGURES
    assert metrics["steps flow 16: C2ST"] == 0.501
    assert len(metrics) == 10


def test_a_card_without_them_has_none():
    assert read_figures({"census rows": 3, "steps flow 2: C2ST": 0.5}) == ()
    assert read_figures({"steps odd": 1.0}) == ()


@pytest.mark.parametrize(
    ("steps", "sampler", "number"), [(None, "shortcut", 2), (8, "flow", 16), (64, "flow", 128)]
)
def test_what_a_view_has_chosen(steps, sampler, number):
    found = chosen_figure(model(to_metrics(FIGURES)), steps)
    assert found[:2] == (sampler, number)
    assert found[2] == next((f for f in FIGURES if (f.sampler, f.evaluations) == found[:2]), None)


def test_a_model_without_the_few_step_sampler_draws_with_its_flow():
    assert chosen_figure(model({}, ("flow",)), None) == ("flow", 16, None)


def test_evaluations():
    assert evaluations("flow", 8) == 16
    assert evaluations("shortcut", 2) == 2


def test_in_words():
    text = FIGURES[2].text()
    assert "few-step sampler, 2 evaluations: C2ST 0.499" in text
    assert "2.5 %" in text
    assert "25 ms per 2,000 draws on one core" in text


def test_the_shipped_model_was_measured(stars_model):
    figures = read_figures(stars_model.card.metrics)
    ways = {(f.sampler, f.evaluations) for f in figures}
    assert {("flow", n) for n in (2, 4, 8, 16, 32)} | {("shortcut", n) for n in (1, 2, 4)} == ways
    assert all(0.45 < f.c2st < 0.7 and 0 <= f.coverage_error < 0.1 for f in figures)
    by = {(f.sampler, f.evaluations): f for f in figures}
    assert by["shortcut", 2].milliseconds < by["flow", 16].milliseconds
