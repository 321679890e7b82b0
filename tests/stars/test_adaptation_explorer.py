"""The state of the view of an adaptation, and that what it shows is what was stored."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from astroviz.core.request import Alone
from astroviz.stars import adaptation_live
from astroviz.stars.adaptation_explorer import COLOURS, PROJECTIONS, AdaptationExplorer
from astroviz.stars.adaptation_film import CURVES
from astroviz.stars.adaptation_live import job_of_table
from astroviz.stars.adaptation_scores import LEVELS, SHOWN
from astroviz.stars.adaptation_shown import TABLE
from astroviz.stars.experiment import NONE

NAMES = [parameter.name for parameter in SHOWN]


@pytest.fixture
def explorer(experiment):
    return AdaptationExplorer(experiment)


@pytest.fixture
def job(experiment, galaxy_b, monkeypatch):
    """A short run on a table, with its frames."""
    monkeypatch.setattr(adaptation_live, "_POOL", 400)
    table = galaxy_b.observations.select(np.arange(60))
    found = job_of_table(experiment, table, labels=False, guard=False, steps=2, label="my stars")
    list(found.draw([found.request()], torch.device("cpu"), Alone()))
    return found


# -- state ----------------------------------------------------------------------------------------


def test_a_link_brings_the_view_back(experiment, explorer):
    explorer.param.update(target="C", frame=1, colour="a_v", links="plan", selection=[3, 40],
                          picked=5, parameter="a_v")  # fmt: skip
    other = AdaptationExplorer(experiment)
    assert other.to_query() == ""
    assert other.from_query(explorer.to_query()) == ()
    assert other.state() == explorer.state()
    assert other.state() == {"target": "C", "frame": 1, "colour": "a_v", "links": "plan",
                             "selection": [3, 40], "picked": 5, "parameter": "a_v"}  # fmt: skip
    assert AdaptationExplorer(experiment, **explorer.state()).state() == explorer.state()


def test_what_a_link_says_wrongly_is_said(explorer):
    n = len(explorer.cast.domain)
    sentences = explorer.from_query("target=D&frame=1&nonsense=3&picked=99999&selection=1,88888")
    assert explorer.target == "B"
    assert explorer.frame == 1
    assert explorer.picked is None
    assert explorer.selection == [1]
    text = " ".join(sentences)
    assert "The view has no setting called 'nonsense'." in text
    assert "target cannot be 'D'; there are B, C, B shifted." in text
    assert f"There is no star 99999: the film has {n}." in text
    assert "The selection names stars beyond" in text
    assert "cannot be read" in " ".join(explorer.from_query("selection=a,b"))
    with pytest.raises(ValueError, match="no setting called 'frames'"):
        AdaptationExplorer(explorer.experiment, frames=3)


def test_changes_can_be_undone(explorer):
    assert not explorer.can_undo
    explorer.colour = "cluster"
    explorer.param.update(target="C", parameter="a_v")
    explorer.undo()
    assert (explorer.target, explorer.parameter, explorer.colour) == ("B", "log_age", "cluster")
    explorer.undo()
    assert explorer.colour == "domain"
    assert not explorer.can_undo
    explorer.redo()
    explorer.redo()
    assert (explorer.target, explorer.colour) == ("C", "cluster")
    assert not explorer.can_redo


def test_dragging_the_frame_is_one_step(explorer):
    for frame in (0, 1, 2, 1):
        explorer.frame = frame
    explorer.undo()
    assert explorer.frame is None
    assert not explorer.can_undo


def test_code_makes_the_view(explorer):
    explorer.param.update(pairs=50, picked=2)
    code = explorer.code()
    compile(code, "cell", "exec")
    said = code[code.index("explore(") :]
    assert said.startswith('explore("adaptation", ')
    assert "pairs=50" in said
    assert "picked=2" in said


# -- arms -----------------------------------------------------------------------------------------


def test_an_arm_is_taken_by_its_name(explorer):
    for record in explorer.shipped():
        explorer.take(record.name)
        assert explorer.arm.name == record.name
        assert explorer.title().endswith(record.arm.title)
        assert np.array_equal(
            explorer.film().place, explorer.experiment.film(record.name, "B").place
        )


def test_an_arm_that_is_not_shipped_is_a_warning_and_shows_the_start(explorer):
    explorer.param.update(pairs=50, transport=False, discrepancy=True)
    assert explorer.arm is None
    assert explorer.warnings()[0].startswith("No checkpoint of these switches is shipped. There")
    assert explorer.title().endswith("not trained")
    assert len(explorer.film()) == 1
    assert explorer.step == 0


def test_frames_are_counted_from_the_first_and_the_last_is_the_default(explorer):
    film = explorer.film()
    assert explorer.step == film.steps[-1]
    explorer.frame = 0
    assert explorer.step == 0
    explorer.frame = 500
    assert explorer.shown == len(film) - 1


# -- what is shown --------------------------------------------------------------------------------


def test_the_latent_space_keeps_its_range_over_the_film(explorer):
    film, ranges = explorer.film(), set()
    for frame in range(len(film)):
        explorer.frame = frame
        shown = explorer.latent()
        assert np.array_equal(shown.x, film.place[frame, :, 0])
        assert shown.x_range[0] < shown.x.min() < shown.x.max() < shown.x_range[1]
        ranges.add((shown.x_range, shown.y_range))
    assert len(ranges) == 1
    assert len(shown.tips) == len(shown.domain) == len(shown.x)
    part = explorer.experiment.projection.explained[0]
    assert shown.x_label.replace(" %", "%") == f"principal axis 1 ({part:.0%} of the variance)"
    explorer.projection = PROJECTIONS[1]
    assert np.array_equal(explorer.latent().x, film.place[-1, :, 2])


@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_is_of_every_star(explorer, colour):
    explorer.colour = colour
    values, label, categories = explorer.colours()
    assert label
    n = len(explorer.cast.domain)
    if colour == "domain":
        assert values is None is categories
    elif categories is not None:
        assert len(categories) == n
        assert len(set(categories)) > 1
    elif colour == "error":
        off = explorer.film().mean[-1, :, 0] - explorer.cast.truth[:, 0]
        assert values == pytest.approx(off)
    else:
        assert np.array_equal(values, explorer.cast.truth[:, NAMES.index(colour)])


def test_links_lead_from_simulated_to_real_stars(explorer):
    assert len(explorer.link_lines()[0]) == 0
    domain, truth = explorer.cast.domain, explorer.cast.truth[:, :3]
    for links in ("plan", "pairs"):
        explorer.links = links
        rows, weights = explorer.link_lines()
        assert 0 < len(rows) == len(weights) <= 250
        assert (domain[rows[:, 0]] == 0).all()
        assert (domain[rows[:, 1]] == 1).all()
        assert (weights > 0).all()
        assert (weights <= 1).all()
    scaled = truth / truth.std(0)
    here = np.flatnonzero(domain == 0)
    for first, second in rows:  # of pairs
        gaps = np.linalg.norm(scaled[here] - scaled[second], axis=1)
        assert first == here[gaps.argmin()]


@pytest.mark.parametrize("parameter", NAMES)
def test_recovery_says_what_the_film_holds(explorer, parameter):
    explorer.parameter = parameter
    k, real = NAMES.index(parameter), explorer.cast.domain == 1
    for side, film in (("left", explorer.start()), ("right", explorer.film())):
        found, truth = explorer.recovery(side), explorer.cast.truth[:, k]
        assert np.array_equal(found.mean, film.mean[-1, :, k])
        rmse = np.sqrt(((found.mean - truth)[real] ** 2).mean())
        held = ((truth >= found.low) & (truth <= found.high))[real].mean()
        text, sentence = (t.replace(" %", "%") for t in (found.text, explorer.sentence()))
        assert f"RMSE {rmse:.3g}" in text
        assert f"hold {held:.0%}" in text
        assert f"{held:.0%}" in sentence, "the same figures in words"


def test_coverage_is_that_of_the_card(explorer):
    found = explorer.coverage()
    assert list(found.series) == ["simulated", "real, no adaptation", "real, adapted"]
    figures = explorer.experiment.arms["ot + 500 pairs"].figures["B"]
    for k, name in enumerate(NAMES):
        for j, level in enumerate(LEVELS):
            assert found.series["real, adapted"][k, j] == figures[f"{name}, {level:.0%}"]
    p, n = found.series["simulated"][0, 2], explorer.experiment.arms[NONE].figures["A"]["stars"]
    assert found.errors["simulated"][0, 2] == pytest.approx(np.sqrt(max(p * (1 - p), 1e-4) / n))


def test_curves_baselines_sky_and_shift(explorer):
    steps, curves = explorer.curves()
    assert np.array_equal(steps, explorer.film().steps)
    assert explorer.distances() == {name: curves[name][-1] for name in CURVES}
    titles, means, spreads = explorer.baselines("RMSE of log age")
    assert len(titles) == len(means) == len(spreads) == len(explorer.shipped())
    table = explorer.experiment.card.metrics["table"]
    assert means[0] == next(r for r in table if r["target"] == "B")["RMSE of log age"][0]
    rows, longitude, latitude, bias = explorer.bias_sky()
    assert np.array_equal(rows, np.flatnonzero(explorer.cast.domain == 1))
    assert np.array_equal(longitude, explorer.cast.real.longitude)
    assert np.abs(latitude).max() <= 90
    side = explorer.recovery("right")
    assert bias == pytest.approx((side.mean - side.truth)[rows])
    assert explorer.shift() is explorer.shift()
    assert 0 <= explorer.shift().distance <= 1


def test_the_picked_star_is_shown_under_both_networks(explorer):
    n = int((explorer.cast.domain == 0).sum())
    explorer.picked = n + 1
    assert explorer.picked_truth() == dict(zip(NAMES, explorer.cast.truth[n + 1], strict=True))
    left, right = explorer.star("left"), explorer.star("right")
    assert left.row == right.row == n + 1
    assert left.model.network is explorer.experiment.network(NONE)
    assert right.model.network is explorer.experiment.network("ot + 500 pairs")
    assert explorer.star("right") is right
    explorer.picked = None
    assert explorer.picked_truth() == {}


# -- runs that are made here ----------------------------------------------------------------------


def test_a_table_is_a_target_for_as_long_as_it_is_shown(explorer, job):
    explorer.param.update(selection=[1], picked=3)
    explorer.show_live(job)
    assert explorer.target == TABLE
    assert explorer.live is job
    assert explorer.selection == []
    assert explorer.picked is None
    assert explorer.title() == "my stars: adapted here"
    assert np.array_equal(explorer.film().place, job.film.place)
    assert "no labels" in explorer.sentence()
    assert set(explorer.coverage().series) == {"real, no adaptation", "real, adapted"}
    assert len(explorer.latent().tips) == len(job.cast.domain)
    explorer.picked = 0
    assert explorer.star("right").model.network is job.network
    explorer.show_live(None)
    assert explorer.target == "B"
    assert explorer.live is None
    assert TABLE not in explorer.param["target"].objects
    assert np.array_equal(
        explorer.film().place, explorer.experiment.film("ot + 500 pairs", "B").place
    )


def test_a_run_belongs_to_its_switches(explorer, job):
    cast = explorer.experiment.cast("B")
    mine = adaptation_live.AdaptationJob(explorer.experiment, job.run, cast)
    explorer.param.update(pairs=0, transport=True, discrepancy=True)
    explorer.show_live(mine)
    assert explorer.live is None, "there is nothing to show before the first frame"
    mine._frames = [dataclasses.replace(explorer.start(), steps=np.array([0]))]
    explorer.show_live(mine)
    assert explorer.live is mine
    assert not any("No checkpoint" in text for text in explorer.warnings())
    explorer.discrepancy = False
    assert explorer.live is None
    assert explorer.arm.name == "ot"
    explorer.discrepancy = True
    assert explorer.live is mine
