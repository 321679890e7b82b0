"""The adaptation widget without a browser, with the shipped experiment."""

from __future__ import annotations

import asyncio
import base64
from functools import partial

import numpy as np
import pytest
import torch
import traitlets

import astroviz
from astroviz.stars import adaptation_live
from astroviz.stars.adaptation_runs import Scale
from astroviz.stars.mock_galaxy import mock_catalogue
from astroviz.stars.mock_table import mock_table
from astroviz.widgets.adaptation import AdaptationWidget

SMALL = 400


@pytest.fixture(scope="module")
def experiment():
    return astroviz.load("stars/adaptation", device="cpu")


@pytest.fixture(scope="module")
def table():
    """Stars of galaxy B as a user has them: most without labels."""
    found = mock_table(mock_catalogue("B", 120, seed=77))
    known = np.arange(len(found)) < 60
    found["Teff"] = np.where(known, found["true_effective_temperature"], np.nan)
    found["A_V"] = np.where(known, found["true_a_v"], np.nan)
    found["logAge"] = np.where(known, found["true_log_age"], np.nan)
    found.remove_columns([name for name in found.colnames if name.startswith("true_")])
    return found


@pytest.fixture
def quick(monkeypatch):
    """A live adaptation draws its stars from hundreds, not from twenty thousand."""
    monkeypatch.setattr(adaptation_live, "_POOL", SMALL)
    monkeypatch.setattr(adaptation_live, "Scale", partial(Scale, pool=SMALL))
    monkeypatch.setattr(adaptation_live, "_FRAMES", 3)


@pytest.fixture
def view(experiment, engine):
    return AdaptationWidget(experiment, engine=engine)


def weights(network):
    return [parameter.detach().clone() for parameter in network.parameters()]


def last_real(view):
    return len(view.explorer.cast.domain) - 1


# What is shown


def test_it_opens_with_both_figures_drawn(view):
    latent, plot = view.explorer.latent(), view.figures.latent
    np.testing.assert_allclose(plot.x, latent.x)
    assert plot.figure.x_range.start == pytest.approx(latent.x_range[0])
    for side in ("left", "right"):
        found = view.explorer.recovery(side)
        np.testing.assert_allclose(view.figures.recovery.sides[side].y, found.mean)
        assert view.figures.recovery.sides[side].words.text in found.text
    assert view.explorer.place.title in view._title.value
    assert "90 % intervals of log age" in view._title.value
    assert "OT cost" in view._distances.value
    assert view.draws is view.picked is view.verdict is view.job is None
    assert view.selection == []
    assert view._status.value == ""


def test_the_public_doors_open_it(experiment, engine):
    view = astroviz.explore(experiment, engine=engine, pairs=50, picked=1)
    assert isinstance(view, AdaptationWidget)
    assert (view.explorer.pairs, view.picked) == (50, 1)
    named = astroviz.explore("adaptation", engine=engine, pairs=50)
    assert named.explorer.experiment.name == experiment.name
    with pytest.raises(ValueError, match="no experiment on adaptation"):
        astroviz.explore("adaptation", model=astroviz.load("stars", device="cpu"))


def test_the_scrubber_goes_through_the_film(view):
    film, controls = view.explorer.film(), view.controls
    assert controls.scrubber.max == controls.play.max == len(film) - 1 == controls.scrubber.value
    before = view.figures.latent.x.copy()
    controls.scrubber.value = 1
    assert view.explorer.frame == controls.play.value == 1
    np.testing.assert_allclose(view.figures.latent.x, film.place[1][:, 0])
    assert (view.figures.latent.x != before).any()
    assert f"step {film.steps[1]}" in view.figures.recovery.sides["right"].figure.title.text
    assert controls.step.value == f"step {film.steps[1]} of {film.steps[-1]}"
    controls.play.value = 0
    assert (view.explorer.frame, controls.scrubber.value) == (0, 0)
    controls.scrubber.value = len(film) - 1
    assert view.explorer.frame is None


def test_every_control_shows_what_the_explorer_holds(view):
    explorer, controls = view.explorer, view.controls
    explorer.param.update(target="C", colour="a_v", parameter="a_v", links="pairs",
                          projection="PCA 3, 4")  # fmt: skip
    assert (controls.target.value, controls.colour.value) == ("C", "a_v")
    assert (controls.parameter.value, controls.links.value) == ("a_v", "pairs")
    assert controls.projection.value == "PCA 3, 4"
    assert view.figures.recovery.axis.label == "A_V"
    assert len(view.figures.latent.pairs["pairs"][0])
    assert "principal axis 3" in view.figures.latent.figure.xaxis.axis_label
    controls.target.value = "B"
    controls.pairs.value = 0
    controls.switches["transport"].value = False
    assert (explorer.target, explorer.pairs, explorer.transport) == ("B", 0, False)
    assert controls.shipped.value == "none"
    controls.shipped.value = "mmd"
    assert explorer.discrepancy
    assert controls.switches["discrepancy"].value
    controls.undo.click()
    assert controls.shipped.value == "none"
    controls.redo.click()
    assert controls.shipped.value == "mmd"
    for control in (controls.target, controls.pairs, *controls.switches.values(),
                    controls.shipped, controls.scrubber, controls.play, controls.colour,
                    controls.parameter, controls.links, controls.projection):  # fmt: skip
        assert control.tooltip


def test_lines_and_error_colours_follow_the_frame(view):
    view.explorer.param.update(links="plan", colour="error", frame=0)
    at_start = view.figures.latent.pairs["plan"][0].copy()
    view.explorer.frame = None
    assert not np.array_equal(view.figures.latent.pairs["plan"][0], at_start)
    side = view.explorer.recovery("right")
    np.testing.assert_allclose(view.figures.latent._values, side.mean - side.truth)
    view.explorer.links = "none"
    assert not len(view.figures.latent.pairs["plan"][0])


def test_a_change_of_frame_is_one_message(view, monkeypatch):
    sent = []
    monkeypatch.setattr(view._canvas, "send", lambda content, buffers=None: sent.append(content))
    view.controls.scrubber.value = 0
    assert len([c for c in sent if '"events"' in str(c.get("payload"))]) == 1


# Stars


def test_stars_are_selected_by_brush_and_from_python(view):
    heard = []
    view.observe(lambda change: heard.append(change["new"]), "selection")
    view._brush(np.array([3, 1]), "replace")
    assert view.selection == view.explorer.selection == [1, 3]
    view._brush(np.array([5]), "add")
    assert heard[-1] == [1, 3, 5]
    view.selection = [2, 4]
    assert view.explorer.selection == [2, 4]
    for plot in (view.figures.latent, view.figures.recovery.sides["right"]):
        assert list(plot.selection) == [2, 4]
    with pytest.raises(IndexError, match="star 99999 is not there"):
        view.selection = [99999]


def test_a_picked_star_is_asked_about_on_both_sides(view):
    star = last_real(view)
    heard = []
    view.observe(lambda change: heard.append(change["new"]), "draws")
    view._pick(star)
    assert view.picked == view.explorer.picked == star
    assert len(view.draws) == len(view.draws_before) == 2000
    assert heard == [view.draws]
    request = view.explorer.star("right").request()
    assert view.draws.seed == request.seed
    assert f"Star {star}, real." in view.star.words.value
    assert "Without adaptation: P(young)" in view.star.words.value
    truth = view.explorer.picked_truth()["log_age"]
    assert f"log_age {truth:.4g}" in view.star.words.value
    before = view.draws
    view.controls.shipped.value = "none"
    assert not np.array_equal(view.draws.values, before.values)
    np.testing.assert_array_equal(view.draws.values, view.draws_before.values)
    view.picked = None
    assert view.draws is None
    with pytest.raises(traitlets.TraitError, match="draws are read"):
        view.draws = [1.0]


def test_in_a_kernel_reading_the_draws_waits_for_them(experiment, engine):
    async def cell():
        view = AdaptationWidget(experiment, engine=engine, picked=2)
        first = view.draws["log_age"].copy()
        view.picked = 3
        return first, view.draws["log_age"]

    first, second = asyncio.run(cell())
    assert not np.array_equal(first, second)


# Mistakes are sentences


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"pairs": 77}, "pairs"),
        ({"target": "D"}, "target"),
        ({"arm": "magic"}, "no setting called &#x27;arm&#x27;"),
        ({"picked": 99999}, "There is no star 99999"),
    ],
)
def test_a_wrong_setting_is_a_sentence(experiment, engine, state, words):
    view = AdaptationWidget(experiment, engine=engine, frame=0, **state)
    assert words in view._status.value
    assert view.explorer.state() == {"frame": 0}


def test_switches_of_which_nothing_is_shipped_are_a_sentence(view):
    view.explorer.discrepancy = True
    assert view.explorer.arm is None
    assert "No checkpoint of these switches is shipped" in view._title.value
    assert view.controls.shipped.value == ""
    np.testing.assert_allclose(view.figures.latent.x, view.explorer.start().place[0][:, 0])


def test_umap_that_is_not_installed_is_a_sentence(view, monkeypatch):
    def refuse():
        raise ImportError("UMAP needs the package umap-learn: pip install umap-learn")

    monkeypatch.setattr(type(view.explorer), "_umap", lambda self: refuse())
    view.explorer.projection = "UMAP"
    assert "UMAP needs the package umap-learn" in view._status.value
    assert view.controls.projection.value == view.explorer.projection == "PCA 1, 2"
    assert "principal axis 1" in view.figures.latent.figure.xaxis.axis_label


def test_a_table_is_prepared_or_refused_with_a_sentence(experiment, engine, table):
    view = AdaptationWidget(experiment, table, engine)
    assert "stars of" in view._status.value
    assert "are ready" in view._status.value
    assert view.live.adapt_table.layout.display == ""
    for wrong, words in ((table[:5], "at least 20"), ({"x": [1.0] * 30}, ""), ("/nowhere", "")):
        view = AdaptationWidget(experiment, wrong, engine)
        assert words in view._status.value
        assert 'role="alert"' in view._status.value
        assert view.live.table is None


# Live


def test_a_galaxy_is_adapted_to_and_what_is_shipped_comes_back(view, quick):
    shipped = view.explorer.film().place.copy()
    view.adapt(steps=8, pairs=0, discrepancy=True)
    assert (view.explorer.pairs, view.explorer.discrepancy) == (0, True)
    assert view.explorer.live is view.job
    assert view.job.finished
    assert view.verdict.text.split(".")[0] in view._status.value
    assert view.controls.step.value == "step 8 of 8"
    np.testing.assert_allclose(view.figures.latent.x, view.job.film.place[-1][:, 0])
    assert view.live.run.box.layout.display == "none"
    view.controls.shipped.value = "ot + 500 pairs"
    np.testing.assert_array_equal(view.explorer.film().place, shipped)
    assert view.live.release.disabled


def test_a_table_is_adapted_to_and_judged_on_labels_kept_apart(view, quick, table):
    start = weights(view.explorer.experiment.network())
    view.adapt(table, steps=6, guard=False)
    assert view.explorer.target == view.controls.target.value == "table"
    assert set(view.verdict.before) == set(view.verdict.after)
    assert any("log_age" in name for name in view.verdict.after)
    assert view.verdict.better in (True, False)
    assert view.controls.pairs.disabled
    assert len(view.job.film) >= 2
    adapted = weights(view.job.network)
    assert any(not torch.equal(a, b) for a, b in zip(start, adapted, strict=True))
    shipped = weights(view.explorer.experiment.network())
    assert all(torch.equal(a, b) for a, b in zip(start, shipped, strict=True))
    view.picked = last_real(view)
    assert len(view.draws)
    view.live.release.click()
    assert view.explorer.target == "B"
    assert not view.controls.pairs.disabled
    assert {value for _, value in view.controls.target.options} == {"B", "C", "B shifted"}


def test_cancelling_half_way_leaves_all_as_it_was(experiment, engine, quick):
    async def cells():
        view = AdaptationWidget(experiment, engine=engine)
        before, title = weights(experiment.network("ot + 500 pairs")), view._title.value
        view.adapt(steps=5000)
        assert view.live.run.box.layout.display == ""
        view.adapt(steps=5)
        assert "An adaptation is running" in view._status.value
        for _ in range(600):
            await asyncio.sleep(0.1)
            if view.explorer.live is not None and view.live.run.bar.value > 0:
                break
        assert view.explorer.live is view.job
        assert "Adapting a copy" in view.live.run.stage.value
        view.live.run.button.click()
        assert not view.live.run.busy
        assert view.explorer.live is view.verdict is view.job is None
        assert "Cancelled" in view._status.value
        assert view._title.value == title
        for _ in range(100):
            if not engine.status().running:
                break
            await asyncio.sleep(0.1)
        return before

    before = asyncio.run(cells())
    after = weights(experiment.network("ot + 500 pairs"))
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert engine.status().running == engine.status().waiting == 0
    assert engine.status().cancelled == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"magic": True}, "There is no switch &#x27;magic&#x27; here"),
        ({"table": {"g": [1.0, 2.0]}}, "at least 20"),
        ({"pairs": 77}, "77"),
        ({"table": "/nowhere/at/all.csv"}, "nowhere"),
    ],
)
def test_what_cannot_be_adapted_to_is_a_sentence(view, given, words):
    view.adapt(steps=5, **given)
    assert words in view._status.value
    assert 'role="alert"' in view._status.value
    assert view.verdict is None
    assert view.explorer.live is None
    assert not view.live.run.busy


def test_labels_that_do_not_match_are_a_sentence(view, quick, table):
    labels = {"source": ["nobody", "else"], "Teff": [4000.0, 5000.0]}
    view.adapt(table, labels=labels, steps=5)
    assert 'role="alert"' in view._status.value
    assert view.explorer.live is None


# Elsewhere


def test_the_bundle_has_a_widget_and_a_picture_and_the_cell_comes_back(view, experiment, engine):
    view.explorer.param.update(frame=1, colour="a_v", selection=[4, 2])
    bundle = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert "astroviz.explore" in view._code.value
    again = AdaptationWidget(experiment, engine=engine, **view.explorer.state())
    assert again.explorer.state() == view.explorer.state()
    np.testing.assert_array_equal(again.figures.latent.x, view.figures.latent.x)
