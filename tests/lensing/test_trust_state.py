"""The truth check: one observation beside its exact posterior, and many of them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from astroviz.accuracy.tarp import credibilities, expected_coverage
from astroviz.core.engine import Engine
from astroviz.core.request import Cancelled
from astroviz.lensing.explorer import LensingExplorer
from astroviz.lensing.sampler_words import LABELS, cost
from astroviz.lensing.settings import SAMPLERS
from astroviz.lensing.trust_study import study_work


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as made:
        yield made


@pytest.fixture
def explorer():
    return LensingExplorer(view="trust")


def study(sampler, truths=24, draws=16):
    return study_work([sampler], 16, 0.1, False, truths, draws, 0)(
        lambda share: None, lambda: None
    )[sampler]


def inside(found):
    return expected_coverage(credibilities(found.truths, found.draws, found.references, 0)).inside


def test_exact_draws_pass_every_test():
    found = study("exact")
    assert found.variance_ratio == pytest.approx(1, abs=0.03)
    assert found.mean_error == pytest.approx(1, abs=0.05)
    assert found.chi_square == pytest.approx(1, abs=0.04)
    assert inside(found)
    assert found.draws.shape == (24, 16, 256)


def test_the_convolved_likelihood_fails_where_its_residual_does_not():
    found = study("cla")
    assert found.variance_ratio < 0.9
    assert found.mean_error > 1.1
    assert found.chi_square == pytest.approx(1, abs=0.06)
    assert not inside(found)


def test_the_work_reports_progress_and_stops():
    told = []
    work = study_work(["cla", "exact"], 16, 0.1, False, 4, 4, 1)
    found = work(told.append, lambda: None)
    assert set(found) == {"cla", "exact"}
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)

    def stop():
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        work(lambda share: None, stop)


def test_one_observation_lies_beside_its_exact_posterior(engine, explorer):
    explorer.param.update(trust_sampler="exact", trust_count=64)
    found = explorer.trust_comparison(engine.submit(explorer.trust_request()).result(60))
    assert found.variance_ratio == pytest.approx(1, abs=0.1)
    assert found.mean_error == pytest.approx(1, abs=0.2)
    assert found.spread == pytest.approx(1, abs=0.2)
    assert found.exact_draws.shape[1:] == found.z.shape == (16, 16)
    np.testing.assert_allclose(found.ratio.mean(), 1, atol=0.05)
    first = next(iter(engine.submit(explorer.trust_request())))
    assert first is not None


def test_previews_without_chains_show_nothing_yet(engine, explorer):
    parts = list(engine.submit(explorer.trust_request()))
    assert explorer.trust_comparison(parts[0]) is None
    assert explorer.trust_comparison(parts[-1]) is not None


def test_what_was_checked_is_kept_as_a_table(explorer):
    work = study_work(["exact"], 16, 0.1, False, 3, 4, 0)
    explorer.trust_keep(work(lambda share: None, lambda: None))
    table = explorer.trust_table()
    assert list(table["sampler"]) == ["exact"]
    assert table["draws"][0] == 4
    assert table["observations"][0] == 3


def test_presets_surprises_and_links(explorer):
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert json.dumps(explorer.state())
        assert explorer.sentence()
    explorer.surprise(2)
    other = LensingExplorer(view="trust")
    assert not other.from_query(explorer.to_query())
    assert other.state() == explorer.state()


def test_every_sampler_has_a_name_and_a_sentence():
    assert set(LABELS) == set(SAMPLERS)
    for name in SAMPLERS:
        assert cost(name).endswith((".", "Trust."))
    row = {"variance_ratio": 0.8, "mean_error": 1.5, "tarp_inside": False}
    assert "0.80 of the true variance" in cost("cla", {"cla": row})
    with pytest.raises(KeyError, match="there are split_gibbs"):
        cost("magic")
