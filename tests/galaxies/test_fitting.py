"""Fits of small catalogues whose light is linear in the parameters, so that seconds are enough."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from astropy.table import Table

from astroviz.core.request import Cancelled
from astroviz.galaxies.catalogue import Catalogue
from astroviz.galaxies.ensemble import too_far
from astroviz.galaxies.features import Features
from astroviz.galaxies.film import NUMBERS
from astroviz.galaxies.fit_catalogue import fit_catalogue, prior_for
from astroviz.galaxies.fit_settings import BLURS, Clock, FitSettings
from astroviz.galaxies.fitting import FlowFit, Survey
from astroviz.galaxies.information import gain, gains
from astroviz.galaxies.member import Member
from astroviz.galaxies.model import GalaxiesModel
from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.parameters import PARAMETERS, GalaxyError
from astroviz.galaxies.population import Population
from astroviz.galaxies.population_checks import (
    density_block,
    object_block,
    photometry_blocks,
)
from astroviz.galaxies.priors import PopulationPrior
from astroviz.galaxies.selection import MagnitudeLimit, Selection
from astroviz.galaxies.spline_flow import SplineFlow

BANDS = ("sdss_u", "sdss_g", "sdss_r", "sdss_i", "sdss_z")
MASS, REDSHIFT, DUST = (PARAMETERS.index(n) for n in ("log_mass_formed", "redshift", "tau2"))
SMALL = FitSettings(draws=256, early=256, slices=24, layers=3, hidden=24, frames=6, rate=6e-3)


class Synthesis:
    """Light that is brighter with mass, fainter and redder with redshift and dust."""

    def magnitudes(self, theta, bands, **_):
        reddest = torch.tensor([4.0, 3.0, 1.6, 1.0, 0.5])
        dusty = torch.tensor([0.9, 0.6, 0.4, 0.3, 0.2])
        zero = torch.tensor([41.3, 40.2, 39.6, 39.3, 39.1])
        at = [BANDS.index(band) for band in bands]
        far = 5 * torch.log10(theta[..., REDSHIFT, None] / 0.1)
        light = zero + far - 2.2 * theta[..., MASS, None]
        return (light + reddest * theta[..., REDSHIFT, None] + dusty * theta[..., DUST, None])[
            ..., at
        ]

    def derived(self, theta):
        mass = theta[..., MASS]
        return {"log_mass": mass - 0.2, "log_sfr": mass - 10, "log_sfr_10": mass - 10,
                "log_ssfr": 0 * mass - 9.8, "age": 5 + 0 * mass, "u_v": 1 + theta[..., 0],
                "v_j": theta[..., 1], "r_abs": 5 - 2.2 * mass}  # fmt: skip


LIMIT = Selection((MagnitudeLimit("sdss_r", 17.6, 0.05),), BANDS)
NOISE = NoiseModel.from_depth("sdss", BANDS, floor=0.02)


@pytest.fixture(scope="module")
def catalogue():
    """Galaxies that are dustier and nearer than the prior has them, cut at a limit."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(12_000, 11, generator=generator)
    x[:, DUST] = 0.4 * x[:, DUST] + 1.0
    x[:, REDSHIFT] = 0.6 * x[:, REDSHIFT] - 0.5
    survey = Survey(PopulationPrior("survey"), Synthesis(), NOISE, LIMIT)
    seen = survey.view(x, generator)
    kept = torch.rand(len(x), generator=generator) < seen.kept
    rows = torch.nonzero(kept)[:2500, 0]
    found = Catalogue(
        seen.observed[rows].numpy(), seen.errors[rows].numpy(), BANDS,
        seen.theta[rows, REDSHIFT].numpy(), NOISE.softening.double().numpy(),
    )  # fmt: skip
    return found, seen.theta[rows].numpy()


def fit(catalogue, **given):
    settings = {"budget": None, "steps": 80, "settings": SMALL, "synthesis": Synthesis(),
                "noise": NOISE, "redshifts": False} | given  # fmt: skip
    return fit_catalogue(catalogue[0], LIMIT, **settings)


@pytest.fixture(scope="module")
def fitted(catalogue):
    frames = []
    return fit(catalogue, members=2, watch=frames.append), frames


def test_a_fit_moves_the_population_onto_the_data(catalogue, fitted):
    population, _ = fitted
    report = population.report
    for name in ("r", "u-g", "g-r"):
        assert report["features"][name]["ks"] < 0.1
    assert report["features"]["r"]["ks"] < report["features"]["r"]["ks_prior"]
    distance = report["distance"]["sliced"]
    assert distance["floor"] < distance["value"] < 0.4 * distance["prior"]
    assert report["distance"]["sinkhorn"]["value"] < report["distance"]["sinkhorn"]["prior"]
    listed = population.sample(3000, seed=1, selected=True)
    truth = catalogue[1]
    for place, name in ((MASS, "log_mass_formed"), (REDSHIFT, "redshift")):
        gap = abs(np.median(listed[name]) - np.median(truth[:, place]))
        assert gap < 0.35 * truth[:, place].std()


def test_a_fit_is_watched(fitted):
    population, frames = fitted
    assert len(frames) >= 2 * 4
    assert frames[0].noise < 0.1 < frames[-1].noise
    assert frames[-1].entropy > 0
    assert population.film is not None
    assert set(population.film.features) == {"r", "u-g", "g-r", "r-i", "i-z"}
    assert np.isfinite(population.film.numbers(NUMBERS[0])).all()


def test_the_same_seed_gives_the_same_population(catalogue):
    short = {"steps": 6, "members": 1, "seed": 4}
    one, two = fit(catalogue, **short), fit(catalogue, **short)
    assert np.array_equal(one.sample(50, 1).values, two.sample(50, 1).values)


def test_draws_are_named_and_of_every_member(fitted):
    population, _ = fitted
    draws = population.sample(501, seed=2)
    assert draws.names[:11] == PARAMETERS
    assert draws.names[-5:] == BANDS
    assert len(draws) == 501
    assert np.bincount(draws.extras["member"]).tolist() == [251, 250]
    assert ((draws.extras["kept"] >= 0) & (draws.extras["kept"] <= 1)).all()
    light = Synthesis().magnitudes(torch.from_numpy(draws[list(PARAMETERS)]), BANDS)
    assert np.allclose(draws[list(BANDS)], light.numpy(), atol=1e-3)
    alone = population.sample(40, seed=2, member=1)
    assert set(alone.extras["member"]) == {1}
    with pytest.raises(GalaxyError, match="no member 7"):
        population.sample(10, member=7)


def test_selected_draws_are_those_that_the_survey_keeps(fitted):
    population, _ = fitted
    draws = population.sample(2000, seed=3, selected=True)
    assert len(draws) == 2000
    assert np.percentile(draws["sdss_r"], 99) < 17.75
    assert population.sample(2000, seed=3)["sdss_r"].max() > 18.0


def test_the_density_is_that_of_the_draws(fitted):
    population, _ = fitted
    draws = population.sample(4000, seed=5)
    theta = torch.from_numpy(draws[list(PARAMETERS)])
    mine, prior = population.log_prob(theta), population.prior.log_prob(theta)
    good = torch.isfinite(mine) & torch.isfinite(prior)
    assert good.float().mean() > 0.99
    # E_q[ln q - ln prior] is the divergence that the fit followed: positive, some nats
    assert 0.2 < float((mine - prior)[good].mean()) < 8
    # and E_q[prior / q] is the part of the prior that the draws cover: one, or a little less
    assert 0.2 < float((prior - mine)[good].exp().mean()) < 1.6
    outside = theta[:1].clone()
    outside[0, REDSHIFT] = 0.79
    assert torch.isneginf(population.log_prob(outside)).all()


def test_a_population_is_kept_in_a_folder(fitted, tmp_path):
    population, _ = fitted
    place = population.save(tmp_path / "galaxies" / "mine")
    from astroviz.galaxies.population_files import read_population

    again = read_population(place, Synthesis())
    assert again.report["galaxies"] == population.report["galaxies"]
    assert again.film is not None
    assert again.selection == population.selection
    one, two = population.sample(500, 1), again.sample(500, 1)
    assert np.median(np.abs(one["log_mass"] - two["log_mass"])) < 5e-3  # half precision
    with pytest.raises(GalaxyError, match="holds no population"):
        Population.load(tmp_path)


def test_redshifts_anchor_a_fit_and_free_the_zero_points(catalogue):
    population = fit(catalogue, redshifts=True, members=1, settings=None, steps=3)
    assert population.features.anchored
    assert set(population.report["zero_points"]) == set(BANDS)


def test_an_interrupted_fit_goes_on(catalogue, tmp_path):
    known = catalogue[0]
    features = Features.of(BANDS, known.magnitudes)
    data = features(torch.tensor(known.magnitudes))
    survey = Survey(PopulationPrior("survey"), Synthesis(), NOISE, LIMIT)

    class Impatient:
        max_draws = None
        checks = 0

        def check(self):
            self.checks += 1
            if self.checks > 104:
                raise Cancelled

        def progress(self, fraction):
            pass

    file = tmp_path / "state.pt"
    tiny = SMALL.with_(draws=64, early=64, slices=4)
    first = FlowFit(survey, features, data, tiny, 1)
    with pytest.raises(Cancelled):
        first.run(Clock(200, None), Impatient(), checkpoint=file)
    second = FlowFit(survey, features, data, tiny, 1)
    second.run(Clock(110, None), checkpoint=file)
    assert second.step == 110
    assert second.elapsed > 0
    assert first.skipped == 0


def test_a_budget_is_kept(catalogue):
    fit(catalogue, members=1, steps=1)
    clock = Clock(None, 1.0)
    steps = 0
    while clock.fraction(steps) < 1:
        steps += 1
        time.sleep(0.01)
    assert 1 < steps <= 100
    assert clock.spent < 5


def test_too_few_galaxies_are_said(catalogue):
    with pytest.raises(GalaxyError, match="too few"):
        fit((catalogue[0][:10], None))
    with pytest.raises(GalaxyError, match="budget"):
        fit(catalogue, steps=None)


def test_the_prior_ends_where_the_survey_does(catalogue):
    assert prior_for("survey", catalogue[0], LIMIT).limit == 17.6
    assert 17.0 < prior_for("survey", catalogue[0], None).limit < 17.9


def test_the_rule_for_members():
    assert too_far([0.05, 0.06, 0.2, float("nan")], 0.02) == [False, False, True, True]
    assert too_far([0.01, 0.029], 0.02) == [False, False]


def test_schedules():
    settings = FitSettings()
    assert settings.rate_at(0.25) == pytest.approx(settings.rate)
    assert settings.rate_at(1.0) < 0.01 * settings.rate
    assert settings.noise_at(0.0) == pytest.approx(1 / 21)
    assert settings.entropy_at(0.3) == settings.entropy
    assert settings.entropy_at(1.0) == pytest.approx(settings.last_entropy)
    assert settings.power_at(0.1), settings.power_at(0.9) == (1.0, 2.0)
    published = settings.with_(distance="sinkhorn")
    assert published.blur_at(0.0) == BLURS[0]
    assert published.blur_at(1.0) == 0.002
    with pytest.raises(GalaxyError, match="no distance"):
        FitSettings(distance="energy")


def test_gains_are_those_of_normal_distributions():
    random = np.random.default_rng(1)
    x = random.normal(0, 0.5, 200_000)
    assert gain(x) == pytest.approx((np.log(2) - 0.375) / np.log(2), abs=0.03)
    draws = random.normal(size=(20_000, 11))
    draws[:, MASS] *= 0.2
    found = gains([draws, draws])
    assert found["log_mass_formed"][0] > 1
    assert found["kappa1"] == pytest.approx((0.0, 0.0), abs=0.01)


def test_features_are_magnitude_and_colours_and_come_back():
    random = np.random.default_rng(2)
    magnitudes = 18 + random.normal(size=(500, 5)) + random.normal(size=(500, 1))
    magnitudes[0] = 90
    redshift = random.random(500)
    features = Features.of(BANDS, magnitudes, redshift)
    assert features.names == ("r", "u-g", "g-r", "r-i", "i-z", "redshift")
    found = features(torch.tensor(magnitudes).float(), torch.tensor(redshift).float())
    plain = features.plain(found).numpy()
    assert np.allclose(plain[1:, 1], (magnitudes[:, 0] - magnitudes[:, 1])[1:], atol=1e-3)
    assert found[0, 0] < 16  # a wild measurement does not outweigh the others
    again = Features.from_config(features.config())
    assert torch.allclose(again(torch.tensor(magnitudes).float(), torch.tensor(redshift)), found)
    with pytest.raises(GalaxyError, match="redshifts"):
        features(torch.zeros(2, 5))


def test_bands_are_directions_of_the_features():
    names = (*BANDS[:3], "sdss_i")
    random = np.random.default_rng(1)
    seen = random.normal([19, 18, 17, 16.5], [0.8, 0.7, 0.9, 0.6], (500, 4)).astype(np.float32)
    features = Features.of(names, seen, random.uniform(0, 0.3, 500))
    axes = features.axes()
    assert axes.shape == (5 + 3, 5)  # r is a feature itself
    assert torch.allclose(axes.norm(dim=-1), torch.ones(8), atol=1e-5)
    linear = (features.matrix @ torch.tensor(seen).T).T
    cloud = (linear - features.centre[:4]) / features.scale[:4]
    for axis, band in zip(axes[5:], (0, 1, 3), strict=True):
        along = (cloud @ axis[:4]).numpy()
        assert abs(np.corrcoef(along, seen[:, band])[0, 1]) > 1 - 1e-5


def test_galaxies_of_a_check_are_of_all_members(catalogue):
    """Draws come member by member: the first ones alone would be of the first flow only."""
    known = catalogue[0]
    tilts = torch.zeros(2, 2, 11)
    tilts[0, 0, REDSHIFT], tilts[1, 0, REDSHIFT] = -1.5, 1.5
    members = [Member(SplineFlow(11, 1, 8, 4), 5, tilt) for tilt in tilts]
    survey = Survey(PopulationPrior("survey"), Synthesis(), NOISE, None)
    two = Population(members, survey, Features.of(BANDS, known.magnitudes))
    block = object_block(two, 60, 3000, 1)
    near = two.sample(2000, 0, member=0)["redshift"]
    part = float(np.mean(block["truths"][:, 0] < np.percentile(near, 95)))
    assert 0.25 < part < 0.8


def test_what_the_survey_does_not_see_stays_at_the_prior(catalogue):
    """With a weight on the unseen the population does not flee to where all is listed."""
    known = catalogue[0]
    features = Features.of(BANDS, known.magnitudes)
    data = features(torch.tensor(known.magnitudes))
    survey = Survey(PopulationPrior("survey"), Synthesis(), NOISE, LIMIT)
    listed = []
    for weight in (0.0, 3.0):
        own = SMALL.with_(entropy=0.0, last_entropy=0.0, unseen=weight, slices=8)
        member = FlowFit(survey, features, data, own, 1).run(Clock(60, None))
        with torch.no_grad():
            x = torch.randn(4000, 11, generator=torch.Generator().manual_seed(8))
            seen = survey.view(member(x)[0], torch.Generator().manual_seed(9))
            prior = survey.view(x, torch.Generator().manual_seed(9))
        listed.append(float(seen.kept.mean() - prior.kept.mean()))
    assert abs(listed[1]) < abs(listed[0])


def test_a_table_becomes_a_population_that_answers_for_galaxies(catalogue, fitted, tmp_path):
    known = catalogue[0][:600]
    columns = {}
    for place, band in enumerate("ugriz"):
        columns[band] = known.magnitudes[:, place]
        columns[f"{band}_error"] = known.errors[:, place]
    model = GalaxiesModel(fitted[0])
    mine = model.fit(
        Table(columns), selection=LIMIT.to_json(), budget=None, steps=4, members=1,
        settings=SMALL, synthesis=Synthesis(), checkpoints=tmp_path,
    )  # fmt: skip
    assert mine.report["galaxies"] + mine.report["held"] == 600
    assert mine.prior.limit == 17.6
    assert (tmp_path / "member0.pt").is_file()
    row = {name: float(values[0]) for name, values in columns.items()}
    under = model.posterior(row), model.posterior(row, prior=mine)
    assert under[0].sampler is model
    assert under[1].sampler is not model
    assert under[1].sampler.bands == mine.bands


def test_checks_are_verdicts(fitted):
    from astroviz.accuracy.report import verdicts

    population = fitted[0]
    blocks = [
        *photometry_blocks(population, 3000, 1),
        density_block(population, 1),
        object_block(population, 60, 4000, 1),
    ]
    named = {one["name"]: one["passed"] for one in verdicts(blocks, True, 1)}
    assert named["flows come back"]
    assert named["galaxies of the population: bias"]
    assert any(name.startswith("KS of r") for name in named)
