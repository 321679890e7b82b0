"""Mock galaxies: what all domains share, what sets them apart, and that truths make the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from astropy.coordinates import SkyCoord

from astroviz.io.observations import State
from astroviz.stars.mock_batches import batch_of, mock_batches, tokens_of
from astroviz.stars.mock_galaxy import BOUNDS, DOMAINS, domain_named, mock_catalogue, observe
from astroviz.stars.parameters import PARAMETERS
from astroviz.stars.surveys import QUANTITIES

NAMES = [parameter.name for parameter in PARAMETERS]
SURVEY = np.array([quantity.survey for quantity in QUANTITIES])


@dataclass(frozen=True)
class EvenDust:
    """The same everywhere."""

    amount: float
    label: str = "even"

    def a_v(self, longitude, latitude, distance):
        return np.full(len(distance), self.amount)


def drawn(domain="A", n=600, seed=1, amount=0.5, **settings):
    return mock_catalogue(domain, n, seed, dust=EvenDust(amount), **settings)


def column(catalogue, name):
    return catalogue.stars.theta[:, NAMES.index(name)].double().numpy()


@pytest.fixture(scope="module")
def galaxies():
    return {name: drawn(name, 1500, 4, clusters=40) for name in DOMAINS}


def test_a_seed_is_a_catalogue():
    first, again, other = drawn(), drawn(), drawn(seed=2)
    for name in ("z", "values", "errors", "states", "intrinsic"):
        a, b, c = (getattr(catalogue.stars, name) for catalogue in (first, again, other))
        assert torch.equal(a, b)
        assert not torch.equal(a, c)
    assert torch.equal(first.spectra.components, again.spectra.components)
    assert np.array_equal(first.longitude, again.longitude)


@pytest.mark.parametrize("name", DOMAINS)
def test_truths_keep_to_their_ranges(galaxies, name):
    catalogue = galaxies[name]
    for parameter, (low, high) in BOUNDS.items():
        values = column(catalogue, parameter)
        assert low - 1e-4 <= values.min() < low + 0.1
        assert high - 0.1 < values.max() <= high + 1e-4
    distance, a_v, r_v = (column(catalogue, n) for n in ("distance", "a_v", "r_v"))
    assert 44.9 < distance.min() < distance.max() < 1190.1
    assert 0.5 - 1e-3 <= a_v.min() < a_v.max() <= 12.0 + 1e-3, "no less than the line of sight"
    low, high = DOMAINS[name].r_v
    assert low - 1e-3 <= r_v.min() < r_v.max() <= high + 1e-3
    assert np.ptp(r_v) > 0.9 * (high - low)
    assert catalogue.stars.star.valid.all(), "the tracks hold every star"


@pytest.mark.parametrize("name", DOMAINS)
def test_the_prior_is_flat_in_age_and_disks_fade(galaxies, name):
    age = column(galaxies[name], "log_age")
    field = age[galaxies[name].cluster < 0]
    part = np.histogram(field, 4, BOUNDS["log_age"])[0] / len(field)
    assert part == pytest.approx(0.25, abs=0.06)
    disk = galaxies[name].stars.classes.numpy() == 1
    expected = np.exp(-(10**age) / 2.5e6)
    spread = np.sqrt((expected * (1 - expected)).sum())
    assert abs(disk.sum() - expected.sum()) < 4 * spread
    assert disk[age < 6.2].mean() > 0.4 > 0.05 > disk[age > 7.2].mean()


def test_members_of_a_cluster_share_their_age_and_their_place(galaxies):
    catalogue = galaxies["B"]
    member = catalogue.cluster >= 0
    assert member.mean() == pytest.approx(0.6, abs=0.05)
    age, distance = column(catalogue, "log_age"), column(catalogue, "distance")
    sky = SkyCoord(catalogue.longitude, catalogue.latitude, distance, unit=("deg", "deg", "pc"))
    xyz = sky.cartesian.xyz.value.T
    spreads = []
    for number in np.unique(catalogue.cluster[member]):
        own = catalogue.cluster == number
        assert np.ptp(age[own]) < 1e-3
        spreads.append(xyz[own].std(0, ddof=1) if own.sum() > 5 else np.full(3, np.nan))
    assert np.nanmedian(spreads) == pytest.approx(4.0, rel=0.15), "4 pc"
    assert np.unique(age[~member].round(3)).size > 300


def test_domains_differ_by_their_physics_only(galaxies):
    a, b, c = galaxies.values()
    assert column(a, "log_age") == pytest.approx(column(b, "log_age"), abs=1e-4)
    assert column(a, "log_age") == pytest.approx(column(c, "log_age"), abs=1e-4)
    assert np.array_equal(a.cluster, b.cluster)
    same = np.isclose(column(a, "log_mass"), column(b, "log_mass"), atol=1e-4)
    assert same.mean() > 0.99
    truth = a.stars
    disk = truth.classes == 1
    through = {}
    for name, domain in DOMAINS.items():
        theta = truth.theta.clone()
        through[name] = domain.open_physics().magnitudes(theta, disk)[0]
    assert torch.allclose(through["A"], truth.intrinsic[:, 1:16], atol=1e-3)
    colour = {name: (mag[:, 0] - mag[:, 6]).median() for name, mag in through.items()}
    assert abs(colour["A"] - colour["B"]) > 0.01
    assert (through["B"] - through["C"]).abs().median() > 0.01


def test_disks_redden_in_c_only():
    extra = {}
    for name in DOMAINS:
        catalogue = drawn(name, 4000, 7, clusters=1)
        local = column(catalogue, "a_v") - 0.5
        disk, field = catalogue.stars.classes.numpy() == 1, catalogue.cluster < 0
        extra[name] = local[disk & field].mean() - local[~disk & field].mean()
    assert extra["C"] == pytest.approx(1.0, abs=0.35)
    assert abs(extra["A"]) < 0.35
    assert abs(extra["B"]) < 0.35


def test_a_mix_is_young_and_massive():
    usual, other = drawn(n=3000), drawn(n=3000, mix="young and massive", clusters=400)
    for name, edge, above in (("log_age", 6.6, False), ("log_mass", np.log10(0.5), True)):
        parts = [((column(c, name) > edge) == above).mean() for c in (usual, other)]
        low, high = BOUNDS[name]
        flat = (high - edge if above else edge - low) / (high - low)
        assert parts[0] == pytest.approx(flat, abs=0.06)
        assert parts[1] == pytest.approx(0.75 + 0.25 * flat, abs=0.06)


def test_what_is_observed_is_the_truth_with_the_noise_that_is_reported(galaxies):
    stars = galaxies["A"].stars
    # where errors are small: near its limit a star is seen because noise made it brighter
    seen = (stars.states == int(State.OBSERVED)) & (stars.errors < 0.03)
    pull = ((stars.values - stars.intrinsic) / stars.errors)[:, 1:16][seen[:, 1:16]]
    assert float(pull.mean()) == pytest.approx(0.0, abs=0.03)
    core = pull.abs().median() / 0.6745
    assert float(core) == pytest.approx(1.0, abs=0.04)
    assert float((pull.abs() > 5).float().mean()) < 1e-3, "no outliers, no floor, no variability"


def test_stars_of_known_parameters_are_observed_by_the_given_physics(galaxies):
    truth = galaxies["A"].stars
    physics = DOMAINS["B"].open_physics()
    disk = truth.classes == 1
    found = observe(truth.z, disk, physics, torch.Generator().manual_seed(3), "all")
    assert torch.equal(found.intrinsic[:, 1:16], physics.magnitudes(truth.theta, disk)[0])
    assert not found.mass_ratio.any()
    assert not found.veiling.any()


def test_gaps_are_where_they_should_be(galaxies):
    observed = galaxies["A"].stars.states.numpy()
    part = {name: (observed[:, SURVEY == name] != State.NOT_COVERED).any(1).mean()
            for name in ("Gaia", "2MASS", "WISE", "Spitzer")}  # fmt: skip
    assert part["2MASS"] > part["WISE"] > 2 * part["Spitzer"] > 0.4
    assert (observed[:, SURVEY == "Spectroscopy"] == State.NOT_COVERED).all()
    whole = drawn(n=200, pattern="no WISE")
    states = whole.stars.states.numpy()
    absent = np.isin(SURVEY, ("WISE", "Spitzer", "Spectroscopy"))
    assert (states[:, absent] == State.NOT_COVERED).all()
    assert (states[:, SURVEY == "2MASS"] != State.NOT_COVERED).all()
    assert not whole.spectra.seen.any()
    assert galaxies["A"].spectra.seen[:, 0].any()


def test_a_catalogue_is_a_table(galaxies):
    catalogue = galaxies["B"]
    table = catalogue.observations
    assert list(table.identifiers[:2]) == ["B1", "B2"]
    sky = SkyCoord(*table.coordinates.T, unit="deg").galactic
    assert sky.b.deg == pytest.approx(catalogue.latitude, abs=1e-6)
    assert np.cos(sky.l.rad) == pytest.approx(np.cos(np.radians(catalogue.longitude)), abs=1e-8)
    assert np.array_equal(table.states, catalogue.stars.states.numpy())
    (light,) = table.spectra
    assert light.flux.shape[0] == len(catalogue)
    rows = torch.tensor([7, 3])
    few = catalogue.rows(rows)
    assert torch.equal(few.stars.values, catalogue.stars.values[rows])
    assert np.array_equal(few.longitude, catalogue.longitude[[7, 3]])
    assert torch.equal(few.light.seen, catalogue.light.seen[rows])


def test_training_batches_are_of_domain_a_and_new_each_time(monkeypatch):
    from astroviz.stars import mock_batches as module

    monkeypatch.setattr(module, "POOL", 96)
    stream = mock_batches(64, DOMAINS["A"].open_physics(), torch.Generator().manual_seed(0))
    sizes = [next(stream) for _ in range(4)]
    assert [len(batch.z) for batch in sizes] == [64, 32, 64, 32]
    assert not torch.equal(sizes[0].z, sizes[2].z)
    assert not sizes[0].given.any()
    catalogue, rows = drawn(n=50), torch.tensor([4, 9])
    batch = batch_of(catalogue, rows)
    whole = tokens_of(catalogue)
    assert torch.equal(batch.tokens.features, whole.features[rows])
    assert torch.equal(batch.z, catalogue.stars.z[rows])


def test_what_cannot_be_drawn():
    assert domain_named("C") is DOMAINS["C"]
    for settings, sentence in (
        ({"domain": "D"}, "no galaxy 'D'; there are A, B, C"),
        ({"mix": "old"}, "no population 'old'; there are prior, young and massive"),
        ({"n": 0}, "0 stars in 60 clusters cannot be drawn"),
        ({"clusters": 0}, "600 stars in 0 clusters cannot be drawn"),
    ):
        with pytest.raises(ValueError, match=sentence):
            drawn(**settings)
