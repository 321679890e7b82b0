"""Expected information gain: entropies that are known, and questions that have no answer."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.io.observations import State
from astroviz.stars.information import entropy, expected_gain, measured, missing_surveys
from astroviz.stars.noise import error_law, limits

STAR = {"g": 14.0, "bp": 15.3, "rp": 12.9, "parallax": 7.0, "parallax_error": 0.03}


@pytest.mark.parametrize("n", [256, 4000])
def test_entropy_of_a_normal_distribution(n):
    draws = 3.0 * torch.randn(200, n, generator=torch.Generator().manual_seed(0))
    found = entropy(draws)
    exact = 0.5 * np.log2(2 * np.pi * np.e * 9.0)
    assert float(found.mean()) == pytest.approx(exact, abs=0.15)
    halved = entropy(draws / 2)  # half as wide is one bit less, whatever the bias
    torch.testing.assert_close(halved, found - 1, rtol=0, atol=1e-4)


def test_surveys_that_say_nothing_are_missing(stars_model):
    states = stars_model.posterior(STAR).inputs()["states"]
    assert missing_surveys(states) == ("2MASS", "WISE", "Spitzer", "Spectroscopy")


def test_measured_values_scatter_as_the_errors_say():
    n = 20_000
    intrinsic = torch.full((n, 20), 12.0)
    intrinsic[:, 0], intrinsic[:, 16] = 8.0, 4000.0
    values, errors, states = measured(intrinsic, torch.Generator().manual_seed(0))
    pull = (values - intrinsic) / errors
    seen = states == int(State.OBSERVED)
    for column in (0, 1, 3, 6, 16, 18):
        part = pull[seen[:, column], column]
        assert float(part.std()) == pytest.approx(1.0, abs=0.04)
        assert float(part.mean()) == pytest.approx(0.0, abs=0.04)
    assert error_law(intrinsic[:1, 1:16])[0, 0] == pytest.approx(float(errors[0, 1]), rel=0.05)


def test_what_is_too_faint_becomes_a_limit():
    intrinsic = torch.full((50, 20), 22.0)
    intrinsic[:, 0], intrinsic[:, 16] = 2.0, 3000.0
    values, _, states = measured(intrinsic, torch.Generator().manual_seed(0))
    assert (states[:, 4:16] == int(State.LIMIT)).all()
    torch.testing.assert_close(values[:, 4:16], limits()[3:].expand(50, 12))
    assert (states[:, [0, 2, 3]] == int(State.NOT_COVERED)).all()


@pytest.mark.slow
def test_a_spectrum_tells_more_of_the_age_than_the_infrared(stars_model):
    gain = expected_gain(stars_model.posterior(STAR), outcomes=48, draws=192)
    assert gain.surveys == ("2MASS", "WISE", "Spitzer", "Spectroscopy")
    assert gain.best("log_age") == "Spectroscopy"
    assert gain.bits[3, 0] > gain.bits[1, 0] + 2 * gain.errors[1, 0]
    assert np.isfinite(gain.errors).all()
    assert "Spectroscopy would tell most about log_age" in gain.sentence("log_age")
    again = expected_gain(stars_model.posterior(STAR), outcomes=48, draws=192)
    np.testing.assert_array_equal(gain.bits, again.bits)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"surveys": ["Euclid"]}, "no survey 'Euclid'; there are Gaia, 2MASS"),
        ({"surveys": ["Gaia"]}, "Gaia has looked at this star already; switch it off first"),
        ({"surveys": []}, "there is none to add"),
        ({"parameters": ["age"]}, "no parameter 'age'; there are log_age"),
    ],
)
def test_questions_without_an_answer(stars_model, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        expected_gain(stars_model.posterior(STAR), **arguments)
