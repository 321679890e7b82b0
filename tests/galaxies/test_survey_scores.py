"""Comparisons with a survey: a population is close to its own galaxies and not to others."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.galaxies.catalogue import Catalogue
from astroviz.galaxies.features import Features
from astroviz.galaxies.fitting import Survey
from astroviz.galaxies.literature import mass_function
from astroviz.galaxies.member import Member
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.population import Population
from astroviz.galaxies.priors import PopulationPrior
from astroviz.galaxies.sdss import sdss_catalogue, sdss_noise, sdss_selection
from astroviz.galaxies.spline_flow import SplineFlow
from astroviz.galaxies.sps import synthesis
from astroviz.galaxies.survey_scores import (
    SLICES,
    colours_in_slices,
    held_out,
    listed,
    mass_function_shape,
    sequence_offsets,
)


@pytest.fixture(scope="module")
def population():
    catalogue = sdss_catalogue()
    survey = Survey(
        PopulationPrior("survey", 17.77, 0.45),
        synthesis(),
        sdss_noise(catalogue),
        sdss_selection(),
    )
    member = Member(SplineFlow(len(PARAMETERS), 1, 8, 4), 7)
    return Population([member], survey, Features.of(catalogue.bands, catalogue.magnitudes))


@pytest.fixture(scope="module")
def own(population):
    """A catalogue of the population itself."""
    seen, draws = listed(population, 4000, seed=9)
    errors = np.full_like(seen, 0.05)
    return Catalogue(seen, errors, population.bands, draws["redshift"])


def test_a_population_is_close_to_its_own_galaxies(population, own):
    found = held_out(population, own, 6000, seed=1)
    assert max(found["bands"].values()) < 0.06
    assert max(found["colours"].values()) < 0.06
    assert found["redshift"] < 0.06
    shifted = Catalogue(own.magnitudes + 0.5, own.errors, own.bands, own.redshift)
    assert held_out(population, shifted, 6000, seed=1)["bands"]["sdss_r"] > 0.2


def test_listed_galaxies_are_those_that_the_selection_keeps(population, own):
    petrosian = (
        own.magnitudes[:, 2] - 0.022 + 0.125 * (own.magnitudes[:, 1] - own.magnitudes[:, 2])
    )
    # what is seen is what was selected on: nothing lies further beyond the edge than it is wide
    assert petrosian.max() < 17.77 + 5 * 0.082
    assert np.percentile(petrosian, 99) < 17.77 + 0.1
    assert np.percentile(own.magnitudes[:, 6], 98) < 16.5


def test_slices_of_redshift_are_compared_one_by_one(population, own):
    found = colours_in_slices(population, own, 12_000)
    assert len(found) == len(SLICES)
    assert sum(one["galaxies"] for one in found.values()) == pytest.approx(len(own), abs=5)
    assert found["0.07-0.11"]["largest_ks"] < 0.12


def test_the_prior_has_the_shape_of_the_mass_function_it_is_made_of(population):
    found = mass_function_shape(population, n=40_000)
    assert found["bins"] >= 4
    assert found["rms"] < 0.12
    assert sum(found["offsets"]) == pytest.approx(0, abs=1e-6)
    # a wrong law is told from the right one: these masses are 0.3 dex off
    masses = np.array(found["log_mass"])
    steep = np.log10(mass_function(masses)) - np.log10(mass_function(masses + 0.3))
    assert np.std(steep) > found["rms"]


def test_the_main_sequence_is_near_that_of_the_literature(population):
    found = sequence_offsets(population, n=40_000)
    assert len(found["offsets"]) == 6
    assert abs(found["mean"]) < 0.5
