"""Posteriors and draws made elsewhere, behind our doors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from astropy.table import QTable

import astroviz

NAMES = ["a", "b"]


class Reproducible:
    """A posterior as the contract asks for it."""

    def __init__(self, centre):
        self.centre = centre

    def sample(self, n, seed=0):
        rng = np.random.default_rng(seed)
        return {"a": rng.normal(self.centre, 1, n), "b": rng.normal(0, 1, n)}

    def log_prob(self, theta):
        return -0.5 * ((theta[:, 0] - self.centre) ** 2 + theta[:, 1] ** 2)


class Amortised:
    def posterior(self, observation):
        return Reproducible(float(observation["x"]))


class LikeSbi:
    """The signature of sbi's posteriors."""

    def sample(self, sample_shape=(), x=None, show_progress_bars=True):
        assert not show_progress_bars
        return x + torch.randn(*sample_shape, 2)

    def log_prob(self, theta, x=None):
        return -((theta - x) ** 2).sum(-1)


class Flow(torch.nn.Module):
    """A conditional flow as zuko makes them: a module whose output is a distribution."""

    def forward(self, c):
        return torch.distributions.Independent(torch.distributions.Normal(c, 0.1), 1)


ARRAY = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)


def dataset():
    xarray = pytest.importorskip("xarray")
    values = ARRAY.reshape(4, 100, 2)
    return xarray.Dataset(
        {
            "a": (("chain", "draw"), values[..., 0], {"units": "mag"}),
            "b": (("chain", "draw"), values[..., 1]),
        }
    )


class LikeArviz:
    posterior = None

    def __init__(self):
        self.posterior = dataset()


def as_pandas():
    import pandas

    return pandas.DataFrame(ARRAY, columns=NAMES)


STORED = {
    "array": lambda: astroviz.wrap(ARRAY, names=NAMES),
    "tensor": lambda: astroviz.wrap(torch.as_tensor(ARRAY), names=NAMES),
    "structured": lambda: astroviz.wrap(np.rec.fromarrays(ARRAY.T, names=NAMES).view(np.ndarray)),
    "mapping": lambda: astroviz.wrap({"a": ARRAY[:, 0], "b": ARRAY[:, 1]}),
    "pandas": lambda: astroviz.wrap(as_pandas()),
    "astropy": lambda: astroviz.wrap(QTable({"a": ARRAY[:, 0], "b": ARRAY[:, 1]})),
    "xarray": lambda: astroviz.wrap(dataset()),
    "arviz": lambda: astroviz.wrap(LikeArviz()),
    "draws": lambda: astroviz.wrap(
        astroviz.Draws(values=ARRAY, names=("a", "b"), units=("", ""), seed=0)
    ),
}


@pytest.mark.parametrize("kind", STORED)
def test_stored_draws_come_back_whole_named_and_by_seed(kind):
    posterior = STORED[kind]().posterior()
    draws = posterior.sample(400, seed=3)
    assert draws.names == ("a", "b")
    assert draws.values.dtype == np.float32
    # Every stored draw exactly once: none is repeated as long as there are enough.
    np.testing.assert_array_equal(np.sort(draws["a"]), np.sort(ARRAY[:, 0]))
    pairs = {tuple(row) for row in ARRAY}
    assert {tuple(row) for row in draws.values} == pairs
    np.testing.assert_array_equal(draws.values, posterior.sample(400, seed=3).values)
    assert not np.array_equal(draws.values, posterior.sample(400, seed=4).values)


def test_more_draws_than_there_are_come_with_repeats():
    assert len(STORED["array"]().posterior().sample(1000)) == 1000


def test_units_come_from_the_source_or_from_the_caller():
    assert STORED["xarray"]().posterior().sample(5).units == ("mag", "")
    mine = astroviz.wrap(ARRAY, names=NAMES, units={"b": "pc"})
    assert mine.posterior().sample(5).units == ("", "pc")
    table = QTable({"a": ARRAY[:, 0], "b": ARRAY[:, 1]}, units={"b": "mas"})
    assert astroviz.wrap(table).posterior().sample(5).units == ("", "mas")


def test_a_model_is_asked_about_its_observation():
    posterior = astroviz.wrap(Amortised()).posterior({"x": 50.0})
    assert abs(posterior.sample(500, seed=1)["a"].mean() - 50) < 0.2
    assert posterior.log_prob(np.array([[50.0, 0.0]]))[0] == 0


def test_a_posterior_without_a_model():
    draws = astroviz.wrap(Reproducible(5.0)).posterior().sample(500, seed=1)
    assert abs(draws["a"].mean() - 5) < 0.2


def test_an_sbi_posterior_gets_its_context_and_leaves_the_global_generator_alone():
    posterior = astroviz.wrap(LikeSbi(), names=NAMES).posterior([10.0, 20.0])
    state = torch.get_rng_state()
    draws = posterior.sample(300, seed=1)
    assert torch.equal(state, torch.get_rng_state())
    np.testing.assert_allclose(draws.values.mean(0), [10, 20], atol=0.3)
    np.testing.assert_array_equal(draws.values, posterior.sample(300, seed=1).values)
    np.testing.assert_allclose(posterior.log_prob(np.array([[10.0, 20.0]])), [0.0])


def test_a_flow_gets_its_context():
    posterior = astroviz.wrap(Flow(), names=NAMES).posterior([1.0, 2.0])
    np.testing.assert_allclose(posterior.sample(200).values.mean(0), [1, 2], atol=0.05)
    assert posterior.log_prob(np.array([[1.0, 2.0]])).shape == (1,)


def test_a_real_zuko_flow():
    zuko = pytest.importorskip("zuko")
    flow = zuko.flows.NSF(features=2, context=3, hidden_features=(8,))
    draws = astroviz.wrap(flow, names=NAMES).posterior(np.zeros(3)).sample(50, seed=2)
    assert draws.values.shape == (50, 2)


def test_a_torch_distribution():
    normal = torch.distributions.Independent(torch.distributions.Normal(torch.zeros(2), 1.0), 1)
    assert len(astroviz.wrap(normal, names=NAMES).posterior().sample(30)) == 30


def test_the_engine_runs_wrapped_posteriors():
    first, second = (astroviz.wrap(Amortised()).posterior({"x": x}) for x in (0.0, 100.0))
    engine = astroviz.Engine(device="cpu")
    try:
        tickets = [engine.submit(posterior.request(64, seed=1)) for posterior in (first, second)]
        answers = [ticket.result() for ticket in tickets]
    finally:
        engine.close()
    np.testing.assert_array_equal(answers[0].values, first.sample(64, seed=1).values)
    assert answers[1]["a"].mean() > 90


def test_vectors_become_one_column_per_component():
    draws = astroviz.wrap({"v": np.zeros((20, 3)), "w": np.zeros(20)}).posterior().sample(5)
    assert draws.names == ("v[0]", "v[1]", "v[2]", "w")


@pytest.mark.parametrize(
    ("source", "options", "sentence"),
    [
        (ARRAY, {}, "no names"),
        (ARRAY, {"names": ["a"]}, "1 names for 2"),
        ({"a": [1.0, 2.0], "b": [1.0]}, {}, "unequal length"),
        ({}, {}, "no columns"),
        ({"a": ["x", "y"]}, {}, "numbers"),
        ({"a": [1.0, 2.0]}, {"names": ["z"]}, "there are a"),
        (np.zeros((2, 3, 4)), {"names": NAMES}, "shape"),
    ],
)
def test_draws_that_cannot_be_understood_say_why(source, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        astroviz.wrap(source, **options)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_draws_that_are_not_finite_are_refused(value):
    broken = astroviz.wrap({"a": [value, 1.0]})
    with pytest.raises(ValueError, match="not finite"):
        broken.posterior().sample(2)


def test_a_parameter_that_some_draws_have_not_is_kept():
    draws = astroviz.wrap({"a": [0.0, 1.0], "b": [np.nan, 1.0]}).posterior().sample(2)
    assert np.isnan(draws["b"]).sum() == 1


def test_an_object_that_is_no_posterior_is_refused_with_what_would_do():
    with pytest.raises(TypeError, match="posterior"):
        astroviz.wrap(object())


def test_a_source_without_a_density_says_so():
    with pytest.raises(ValueError, match="log_prob"):
        astroviz.wrap(ARRAY, names=NAMES).posterior().log_prob(ARRAY)


@pytest.mark.parametrize("n", [0, -5])
def test_the_number_of_draws_is_positive(n):
    with pytest.raises(ValueError, match="positive"):
        astroviz.wrap(ARRAY, names=NAMES).posterior().sample(n)


def test_wrapped_draws_can_be_explored_in_a_notebook():
    names = ["a", "b", "c", "d", "e"]
    values = np.random.default_rng(1).normal(size=(300, 5))
    view = astroviz.wrap(values, names=names, units={"a": "mag"}).explore(n=200)
    assert list(view.corner.names) == names[:4]
    view.parameters.value = ("e", "a")
    assert list(view.corner.names) == ["e", "a"]
    before = view.draws
    view.again.click()
    assert view.seed == 1
    assert not np.array_equal(before.values, view.draws.values)
    view.parameters.value = names
    assert "1 to 4" in view.children[-1].value
