"""The state of the view of fits: a film, its figures, a table of one's own, what is said of it."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.table import Table

from astroviz.core.request import Cancelled
from astroviz.galaxies import fit_catalogue as fitting
from astroviz.galaxies.explorer import GalaxiesExplorer
from astroviz.galaxies.film import Film, Frame
from astroviz.galaxies.fit_report import report_facts, report_fields
from astroviz.galaxies.fit_scene import axis_label, film_table, fit_scene, ordered
from astroviz.galaxies.fit_settings import FitSettings
from astroviz.galaxies.fit_table import catalogue_features, for_page
from astroviz.galaxies.parameters import GalaxyError

FEATURES = ("r", "u-g", "g-r", "r-i", "i-z", "redshift")
REPORT = {
    "features": {name: {"ks": 0.01 * k, "ks_prior": 0.3} for k, name in enumerate(FEATURES)},
    "distance": {"sliced": {"value": 0.03, "floor": 0.02, "prior": 0.8}},
    "members": [
        {"ratio": 1.2, "kept": True, "entropy": 4.0}, {"ratio": 2.5, "kept": False, "entropy": 9.0}
    ],
    "gain": {"redshift": {"bits": 2.0, "spread": 0.1}, "tau1": {"bits": 0.1, "spread": 0.2}},
    "galaxies": 9000, "seconds": 300.0, "completeness": 0.02,
    "zero_points": {"sdss_u": -0.031, "sdss_r": 0.004},
}  # fmt: skip


def film(count=5):
    random = np.random.default_rng(0)
    frames = [
        Frame(
            step=10 * k, blur=0.0, noise=1 / (20 - 4 * k + 1), loss=2.0 / (1 + k),
            distance=1.0 / (1 + k), entropy=0.5 * k, floor=0.02,
            ks=dict.fromkeys(FEATURES, 0.5 / (1 + k)), cloud=random.normal(size=(40, 6)),
        )
        for k in range(count)
    ]  # fmt: skip
    return Film(frames, random.normal(size=(50, 6)))


@pytest.fixture
def explorer():
    population = SimpleNamespace(film=film(), report=REPORT)
    model = SimpleNamespace(population=population, card=None)
    return GalaxiesExplorer(model, view="fit")


def table(count=300, seed=0):
    random = np.random.default_rng(seed)
    redshift = random.uniform(0.03, 0.15, count)
    r = 14.5 + 15 * redshift + random.normal(0, 0.6, count)
    colours = {"u": 2.6, "g": 0.85, "r": 0.0, "i": -0.4, "z": -0.65}
    red = random.uniform(0.6, 1.1, count)
    found = {"redshift": redshift}
    for band, colour in colours.items():
        found[band] = r + red * colour + random.normal(0, 0.03, count)
        found[f"{band}_error"] = np.full(count, 0.03)
    return Table(found)


def small(monkeypatch, steps=3):
    """Fits of seconds, whatever the budget."""
    settings = FitSettings(draws=64, slices=8, layers=2, hidden=8, frames=3)
    whole = fitting.fit_catalogue

    def quick(catalogue, selection, prior, budget, seed, **more):
        return whole(catalogue, selection, prior, None, seed, settings=settings, members=1,
                     steps=steps, **more)  # fmt: skip

    monkeypatch.setattr(fitting, "fit_catalogue", quick)


def test_the_film_is_followed_frame_by_frame(explorer):
    last = explorer.fit_scene()
    assert last.frame == explorer.fit_number() == 4
    explorer.fit_frame = 1
    scene = explorer.fit_scene()
    assert scene.ks[0] == pytest.approx(0.25)
    assert scene.ks_prior[0] == pytest.approx(0.3)
    assert scene.curves["distance"][0] > scene.curves["distance"][-1]
    np.testing.assert_allclose(scene.curves["floor"], 1.0)
    assert scene.curves["distance"][-1] == pytest.approx(0.2 / 0.02)
    assert "blur" not in scene.curves  # of a distance that has none
    data, cloud = scene.places("g-r", "u-g")
    np.testing.assert_array_equal(cloud[:, 0], scene.cloud[:, 2])
    assert data.shape == (50, 2)
    assert len(explorer.fit_film_table()) == 5
    explorer.fit_frame = 99
    assert explorer.fit_number() == 4


def test_a_report_is_read(explorer):
    scene = explorer.fit_scene()
    names, gains = scene.named_gains()
    assert names == ["z", "tau1"]
    assert gains == [2.0, 0.1]
    members, values = scene.named_members()
    assert members == ["member 1", "member 2", "prior"]
    assert values["the prior alone"][2] == pytest.approx(40.0)
    assert list(explorer.fit_gain_table(scene.gains)["spread_bits"]) == [0.1, 0.2]
    assert np.isnan(values["kept"][1])
    assert values["left out"][1] == 2.5
    facts = dict(report_facts(REPORT))
    assert facts["Sliced distance over floor"] == "1.50 (prior 40.0)"
    assert facts["Members kept"] == "1 of 2"
    assert facts["Largest zero point"] == "sdss_u: -0.031 mag"
    assert report_fields(SimpleNamespace(report={}))["floor"] is None


def test_axes_are_features_that_there_are(explorer):
    assert ordered(FEATURES) == ("g-r", "u-g")
    assert ordered(()) == ("", "")
    explorer.fit_x = "j-h"
    assert explorer.fit_axes(FEATURES) == ("g-r", "u-g")
    explorer.fit_y = "redshift"
    assert explorer.fit_axes(FEATURES)[1] == "redshift"
    assert axis_label("g-r") == "g \u2212 r (mag, AB)"
    assert axis_label("redshift") == "redshift"
    assert fit_scene(None, None).places("g-r", "u-g")[0].shape == (0, 2)
    assert film_table(film())["ks_r"][0] == pytest.approx(0.5)


def test_a_table_is_opened_named_and_read(explorer):
    mine = table()
    mine["u"][:3] = np.nan
    mine.rename_column("g", "green")
    explorer.fit_open(mine, "mine.fits")
    assert explorer.fit_guesses()["sdss_u"] == ("u", "u_error")
    assert explorer.fit_guesses()["sdss_g"] == ("", "")
    assert "not read yet" in explorer.fit_words()
    with pytest.raises(GalaxyError, match="no column for sdss_g"):
        explorer.fit_reading()(lambda share: None, lambda: None)
    explorer.fit_choose({"sdss_g": ("green", "g_error")})
    explorer.fit_keep(explorer.fit_reading()(lambda share: None, lambda: None))
    words = explorer.fit_words()
    assert "<b>300</b> of 300 rows" in words
    assert "297 of them are observed in all of 5 bands" in words
    features = catalogue_features(explorer.fit_catalogue, ("r", "g-r", "redshift"))
    np.testing.assert_allclose(features[0], [mine["r"][0], mine["green"][0] - mine["r"][0],
                                             mine["redshift"][0]], atol=2e-3)  # fmt: skip


def test_a_limit_becomes_a_selection(explorer):
    assert explorer.fit_selection() is None
    explorer.fit_limit = 17.77
    (term,) = explorer.fit_selection().terms
    assert (term.band, term.limit) == ("sdss_r", 17.77)
    explorer.fit_band = "y"
    with pytest.raises(GalaxyError, match="choose one of u, g, r, i, z"):
        explorer.fit_selection()


def test_what_colours_alone_say_is_beside_the_prior(explorer, monkeypatch):
    metrics = {"KS redshift, held out": 0.11, "prior: KS redshift, held out": 0.04}
    blind = SimpleNamespace(
        population=SimpleNamespace(film=film(), report=REPORT),
        card=SimpleNamespace(metrics=metrics),
    )
    monkeypatch.setattr(explorer, "shown_model", lambda: (blind, ""))
    explorer.source = "blind"
    words = " ".join(explorer.fit_warnings())
    assert "a KS of 0.11; the untrained prior is no further away, at 0.04" in words
    assert "GALEX is in no fit" in words
    metrics["prior: KS redshift, held out"] = 0.3
    assert "is further away, at 0.30" in " ".join(explorer.blind_words())
    metrics.clear()
    assert len(explorer.blind_words()) == 2


def test_the_whole_selection_of_the_other_view_can_be_taken(explorer):
    explorer.param.update(fit_selected="view", use_limit=True, selection_limit=17.5,
                          use_noise=True, selection_noise=7.0, use_wedge=True,
                          use_curve=True)  # fmt: skip
    built = explorer.fit_selection()
    kinds = [term.kind for term in built.terms]
    assert kinds[:3] == ["magnitude_limit", "signal_to_noise", "completeness"]
    assert kinds.count("colour_wedge") == 2
    assert built.bands == tuple(band for band, _ in explorer.fit_bands())
    assert "sdss_r < 17.5" in explorer.fit_selection_words()
    explorer.selection_survey = "lsst_year_1"
    with pytest.raises(GalaxyError, match="lsst_r, which the filters of this table do not have"):
        explorer.fit_selection()
    assert "lsst_r" in explorer.fit_selection_words()
    explorer.param.update(use_limit=False, use_noise=False, use_wedge=False, use_curve=False)
    assert explorer.fit_selection() is None


def test_reading_is_part_of_the_budget(explorer, monkeypatch):
    told = {}

    def instead(catalogue, selection, **given):
        told.update(given, selection=selection, at=time.monotonic())
        return "population"

    monkeypatch.setattr(fitting, "fit_catalogue", instead)
    explorer.fit_open(table(), "mine.fits")
    explorer.param.update(fit_selected="view", fit_budget="30s")
    before = time.monotonic()
    assert explorer.fit_work(None)(lambda share: None, lambda: None)[1] == "population"
    assert before <= told["begun"] < told["at"]
    assert told["budget"] == "30s"
    assert told["selection"].terms[0].limit == pytest.approx(17.77)


def test_a_fit_is_watched_and_becomes_the_population_of_the_page(explorer, monkeypatch):
    small(monkeypatch)
    explorer.fit_mode = "mine"
    explorer.fit_open(table(), "mine.fits")
    told, shares = [], []

    def watch(frame):
        explorer.fit_watch(frame)
        told.append(len(explorer.live_film()))

    catalogue, population = explorer.fit_work(watch)(shares.append, lambda: None)
    assert told == list(range(1, len(told) + 1))
    assert shares[-1] > 0.5
    scene = explorer.fit_scene()
    assert np.isfinite(scene.data[:, 0]).all()
    assert not len(scene.members)  # figures come at the end
    explorer.fit_drop_frames()
    explorer.fit_keep(catalogue)
    explorer.keep_fit(population)
    assert explorer.population() is population
    assert len(explorer.fit_scene().members) == 1
    packed = explorer.fit_bytes()
    assert packed[:2] == b"PK"
    assert b"card.toml" in packed


def test_a_fit_can_be_given_up(explorer, monkeypatch):
    small(monkeypatch, steps=1000)
    explorer.fit_open(table(), "mine.fits")
    calls = []

    def check():
        calls.append(1)
        if len(calls) > 4:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        explorer.fit_work(None)(lambda share: None, check)
    assert explorer.mine is None
    assert not explorer.fit_resumable  # no checkpoint was written yet


def test_a_fit_that_was_given_up_goes_on_where_it_was(explorer, monkeypatch):
    small(monkeypatch, steps=108)
    explorer.fit_open(table(), "mine.fits")
    shares = []

    def check():
        if shares and shares[-1] > 0.97:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        explorer.fit_work(None)(shares.append, check)
    assert explorer.fit_resumable
    explorer.fit_prior = "popsed"
    assert not explorer.fit_resumable  # another question
    explorer.fit_prior = "survey"
    shares.clear()
    _, population = explorer.fit_work(None)(shares.append, lambda: None)
    assert len(shares) < 15  # from step 100 on
    assert population.report["members"][0]["steps"] == 108
    explorer.fit_forget()
    assert not explorer.fit_resumable


def test_what_is_wrong_is_said(explorer):
    with pytest.raises(GalaxyError, match="there is no table yet"):
        explorer.fit_reading()
    with pytest.raises(GalaxyError, match="no catalogue was fitted"):
        explorer.fit_bytes()
    explorer.fit_open(table(10))
    with pytest.raises(GalaxyError, match=r"10 galaxies .* too few"):
        explorer.fit_work(None)(lambda share: None, lambda: None)
    explorer.source = "mine"
    assert "no catalogue was fitted" in explorer.warnings()[0].lower()


def test_magnitudes_of_another_system_are_asked_about_in_words_of_the_page(explorer):
    mine = table()
    for band, offset in (("j", 0.9), ("h", 1.4), ("ks", 1.85)):
        mine[band] = mine["z"] - 0.4 - offset  # Vega magnitudes
        mine[f"{band}_error"] = np.full(len(mine), 0.03)
    explorer.fit_open(mine)
    explorer.fit_filters = "sdss+2mass"
    with pytest.raises(GalaxyError, match=r"twomass is Vega.*Choose it under"):
        explorer.fit_reading()(lambda share: None, lambda: None)
    explorer.fit_trusted = True
    as_declared = explorer.fit_reading()(lambda share: None, lambda: None)
    explorer.fit_photometry, explorer.fit_trusted = "twomass_vega", False
    catalogue = explorer.fit_reading()(lambda share: None, lambda: None)
    shift = catalogue.magnitudes[:, -1] - as_declared.magnitudes[:, -1]
    assert np.median(shift) == pytest.approx(1.84, abs=0.05)
    assert "form" in for_page("say which it is with columns={'sdss_g': ...}, or leave it")


def test_presets_and_links(explorer):
    explorer.other_model = lambda name: (None, f"The model {name} is not here; there is none.")
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert explorer.preset() == preset.name
        assert explorer.sentence()
        other = GalaxiesExplorer(explorer.model, view="fit")
        assert other.from_query(explorer.to_query()) == ()
        assert other.state() == explorer.state()
        explorer.surprise(5)
        explorer.warnings()
