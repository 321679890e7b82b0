"""Selections: edges, products, gradients, and their text."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm

from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.selection import (
    ColourWedge,
    Completeness,
    MagnitudeLimit,
    Selection,
    SignalToNoise,
)

BANDS = ("sdss_g", "sdss_r")


def test_a_soft_edge_is_a_normal_distribution():
    limit = MagnitudeLimit("sdss_r", 18.0, width=0.3, offset=0.1, colour=BANDS, slope=0.5)
    seen = torch.tensor([[18.2, 17.4], [18.8, 18.1]], dtype=torch.float64)
    found = Selection((limit,), BANDS).weights(seen, torch.ones_like(seen))
    wanted = norm.cdf((18.0 - (seen[:, 1] + 0.1 + 0.5 * (seen[:, 0] - seen[:, 1]))) / 0.3)
    assert found.numpy() == pytest.approx(wanted, abs=1e-9)


def test_terms_multiply_and_both_sides_of_a_bound_are_whole():
    seen = torch.tensor([[18.0, 17.0], [19.0, 17.0]])
    errors = torch.tensor([[0.1, 0.1], [0.1, 0.1]])
    below = ColourWedge({"sdss_g": 1.0, "sdss_r": -1.0}, 1.5, width=0.1)
    above = ColourWedge({"sdss_g": 1.0, "sdss_r": -1.0}, 1.5, width=0.1, below=False)
    both = [Selection((one,), BANDS).weights(seen, errors) for one in (below, above)]
    assert torch.allclose(both[0] + both[1], torch.ones(2))
    product = Selection((below, MagnitudeLimit("sdss_r", 17.0, width=0.1)), BANDS)
    assert torch.allclose(product.weights(seen, errors), 0.5 * both[0])


def test_signal_to_noise_is_that_of_the_flux():
    term = Selection((SignalToNoise("sdss_r", 5.0, width=0.01),), BANDS)
    errors = torch.tensor([[1.0, 1.0857 / 5.5], [1.0, 1.0857 / 4.5]])
    assert term.weights(torch.full((2, 2), 18.0), errors).round().tolist() == [1.0, 0.0]


def test_a_curve_of_completeness_is_that_of_numpy():
    places, parts = [17.0, 18.0, 18.5], [1.0, 0.7, 0.05]
    seen = torch.linspace(16.5, 19.0, 41, dtype=torch.float64)
    pair = torch.stack([seen, seen], -1)
    curve = Selection((Completeness("sdss_r", places, parts),), BANDS)
    found = curve.weights(pair, torch.ones_like(pair))
    assert found.numpy() == pytest.approx(np.interp(seen.numpy(), places, parts), abs=1e-9)


def test_weights_have_gradients():
    seen = torch.tensor([[18.0, 17.5]], requires_grad=True)
    limit = Selection((MagnitudeLimit("sdss_r", 17.5, width=0.2),), BANDS)
    limit.weights(seen, torch.ones(1, 2)).sum().backward()
    assert seen.grad is not None
    assert float(seen.grad[0, 1]) == pytest.approx(-norm.pdf(0) / 0.2, rel=1e-4)


def test_what_is_not_observed_decides_nothing():
    limit = Selection((MagnitudeLimit("sdss_g", 17.5),), BANDS)
    found = limit.weights(torch.tensor([[torch.nan, 15.0]]), torch.ones(1, 2))
    assert found.tolist() == [1.0]
    assert not Selection()


def test_a_selection_comes_back_from_its_text():
    selection = Selection(
        (
            MagnitudeLimit("sdss_r", 17.77, 0.08, colour=BANDS, slope=0.1),
            ColourWedge({"sdss_g": 1.0, "sdss_r": -1.2}, 0.3),
            SignalToNoise("sdss_g", 3.0),
            Completeness("sdss_r", [17.0, 18.0], [1.0, 0.2]),
        ),
        BANDS,
    )
    back = Selection.from_json(selection.to_json())
    seen = torch.randn(50, 2, generator=torch.Generator().manual_seed(0)) + 17.5
    errors = torch.full((50, 2), 0.2)
    assert torch.equal(back.weights(seen, errors), selection.weights(seen, errors))
    assert "sdss_r < 17.77" in selection.words()


def test_mistakes_are_sentences():
    with pytest.raises(GalaxyError, match="sdss_u, which the catalogue does not have"):
        Selection((MagnitudeLimit("sdss_u", 20.0),), BANDS)
    with pytest.raises(GalaxyError, match="must grow"):
        Completeness("sdss_r", [18.0, 17.0], [1.0, 0.0])
    with pytest.raises(GalaxyError, match="no kind of selection 'circle'"):
        Selection.from_json('{"bands": [], "terms": [{"kind": "circle"}]}')
    limit = Selection((MagnitudeLimit("sdss_r", 20.0),), BANDS)
    with pytest.raises(GalaxyError, match="knows 2 bands"):
        limit.weights(torch.zeros(3, 5), torch.zeros(3, 5))
