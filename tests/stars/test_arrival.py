"""Surveys that arrive one after the other: what each question hides and what it keeps."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.io.observations import State
from astroviz.stars.arrival import arrivals, present_surveys
from astroviz.stars.surveys import QUANTITIES

STAR = {
    "g": 14.0, "bp": 15.3, "rp": 12.9, "parallax": 7.0, "parallax_error": 0.03,
    "j": 11.2, "h": 10.5, "ks": 10.2, "w1": 9.9, "w1_error": 0.03,
}  # fmt: skip


@pytest.fixture(scope="module")
def posterior(stars_model):
    return stars_model.posterior(STAR)


def test_surveys_that_say_something_are_present(posterior, stars_model):
    assert present_surveys(posterior) == ("Gaia", "2MASS", "WISE")
    assert present_surveys(stars_model.posterior({})) == ()


def test_each_question_adds_a_survey(posterior):
    found = arrivals(posterior, n=100)
    assert [name for name, _ in found] == ["prior", "Gaia", "2MASS", "WISE"]
    known = [np.isin(r.inputs["states"], (State.OBSERVED, State.LIMIT)) for _, r in found]
    assert [int(k.sum()) for k in known] == [0, 4, 7, 8]
    full = posterior.inputs()["states"]
    last = found[-1][1].inputs["states"]
    assert np.array_equal(last[known[-1]], full[known[-1]])
    hidden = [q.survey == "2MASS" for q in QUANTITIES]
    assert (found[1][1].inputs["states"][hidden] == State.IGNORED).all()
    assert {request.seed for _, request in found} == {0}


def test_the_order_is_ours_to_choose(posterior):
    found = arrivals(posterior, ["WISE", "Gaia"], n=100, seed=3)
    assert [name for name, _ in found] == ["prior", "WISE", "Gaia"]
    assert found[0][1].seed == 3
    one, other = (arrivals(posterior, order)[-1][1] for order in (None, ("WISE", "2MASS", "Gaia")))
    assert one.content_key() == other.content_key(), "all surveys say the same in any order"


def test_a_star_of_which_nothing_is_known_has_its_prior(stars_model):
    found = arrivals(stars_model.posterior({}))
    assert [name for name, _ in found] == ["prior"]


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (["Gaia", "Gaia"], "a survey arrives twice in Gaia, Gaia; name each once"),
        (["Spitzer"], "Spitzer says nothing about this star; there is Gaia, 2MASS, WISE"),
        (["Euclid"], "Euclid says nothing about this star"),
    ],
)
def test_orders_that_cannot_be(posterior, order, sentence):
    with pytest.raises(ValueError, match=sentence):
        arrivals(posterior, order)


def test_surveys_narrow_the_extinction(posterior):
    widths = []
    for _, request in arrivals(posterior, n=400):
        (chunks,) = zip(
            *posterior.model.draw([request], posterior.model.device, _Nobody()), strict=True
        )
        values = np.concatenate([chunk.values for chunk in chunks if chunk is not None])
        names, _ = posterior.model.columns(request)
        widths.append(np.subtract(*np.quantile(values[:, names.index("a_v")], (0.84, 0.16))))
    assert widths[-1] < widths[0]


class _Nobody:
    max_draws = None

    def check(self):
        """Go on."""

    def progress(self, fraction):
        """Nobody listens."""
