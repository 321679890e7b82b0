"""The shipped model of spectra beside exact posteriors, computed once by `bench_spectra.py`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import astroviz
from astroviz.stars.catalogue import from_simulation
from astroviz.stars.parameters import PARAMETERS
from astroviz.stars.simulator import simulate
from astroviz.stars.spectral_noise import observe_spectra
from astroviz.stars.spectral_physics import SpectralPhysics

EXACT = Path(__file__).parent / "exact" / "spectra_xp.jsonl"
NAMES = [parameter.name for parameter in PARAMETERS]


@pytest.fixture(scope="module")
def exact():
    return {e["row"]: e for e in map(json.loads, EXACT.read_text().splitlines())}


@pytest.fixture(scope="module")
def seen():
    generator = torch.Generator().manual_seed(77)
    stars = simulate(400, generator, class_weights=(0.57, 0.43, 0.0, 0.0), pattern="all")
    (xp, *_) = observe_spectra(stars, generator, SpectralPhysics(), {"xp": 1.0})
    return from_simulation(stars, "sample", spectra=(xp.as_set(),)).observations


@pytest.fixture(scope="module")
def model():
    return astroviz.load("stars")


@pytest.mark.parametrize("name", ["log_age", "a_v"])
def test_a_spectrum_narrows_as_the_exact_posterior_says(exact, seen, model, name):
    column, factors = NAMES.index(name), []
    for row, entry in exact.items():
        star = seen.row(row)
        widths = [
            model.posterior(part).sample(2000, seed=row, sampler="shortcut")[name].std()
            for part in (star.ignoring(["xp"]), star)
        ]
        right = entry["with"]["sd"][column] / entry["without"]["sd"][column]
        factors.append((widths[1] / widths[0], right))
    ours, right = np.exp(np.log(factors).mean(0))
    assert right < 0.65, "the sample must be one where spectra matter"
    assert abs(np.log(ours / right)) < np.log(1.15)


@pytest.mark.parametrize("row", [6, 7])
def test_refined_draws_are_those_of_the_exact_posterior(exact, seen, model, row):
    draws = model.posterior(seen.row(row)).sample(500, seed=0, refine=True)
    right = exact[row]["with"]
    for name in ("log_age", "a_v"):
        mean, sd = (right[key][NAMES.index(name)] for key in ("mean", "sd"))
        assert abs(draws[name].mean() - mean) < 0.4 * sd
        assert 0.7 < draws[name].std() / sd < 1.4


def test_a_spectrum_of_another_kind_of_object_is_told(seen, model):
    row = next(iter(json.loads(line)["row"] for line in EXACT.read_text().splitlines()))
    star = seen.row(row)
    known = float(model.posterior(star).sample(256, seed=0).extras["ood_score"])
    turned = star.spectra[0].flux[:, ::-1].copy()
    odd = replace(star, spectra=(replace(star.spectra[0], flux=turned),))
    found = float(model.posterior(odd).sample(256, seed=0).extras["ood_score"])
    assert known < 1 < found
