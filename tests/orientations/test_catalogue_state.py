"""The state of the catalogue view: painters, selections, correlations with truth, downloads."""

from __future__ import annotations

import io

import h5py
import numpy as np
import pytest
import torch

from astroviz.core.engine import Engine
from astroviz.core.request import Chunk, Request
from astroviz.io import read_table, table_bytes
from astroviz.orientations import box_shelf
from astroviz.orientations.box_tables import from_table
from astroviz.orientations.cosmic_web import make_box
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.orientations.hdf5_tables import hdf5_bytes
from astroviz.orientations.law import draw
from astroviz.orientations.projection import project

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def box():
    return make_box(size=50.0, grid=48, seed=3, steps=8)


@pytest.fixture
def explorer(box, monkeypatch):
    monkeypatch.setattr(box_shelf, "demo_box", lambda: box)
    explorer = OrientationsExplorer(view="catalogue")
    explorer.model = Painter()
    return explorer


class Painter:
    """A model that draws from the exact law: what a perfect one would do."""

    name, reference = "perfect", None

    def paint_request(self, box, seed=0):
        return Request(self, {"rows": np.arange(len(box.galaxies))}, len(box.galaxies), seed,
                       {"box": id(box)}, "batch")  # fmt: skip

    def columns(self, request):
        return ("x",), ("",)

    def batch_key(self, request):
        return id(request)

    def draw(self, requests, device, control):
        (request,) = requests
        for part in np.array_split(request.inputs["rows"], 4):
            control.check()
            yield [Chunk(part[:, None].astype(np.float32))]

    def painted(self, box, draws):
        assert len(draws) == len(box.galaxies)
        ratio = np.full(len(draws), 0.5)
        return box.replace(
            rotation=draw(box, draws.seed + 99), axis_ratio_b=ratio, axis_ratio_c=ratio
        )


def test_it_opens_with_the_box_measured_and_in_agreement_with_its_law(explorer, box):
    found = explorer.measured("ed", "wg+")
    assert found["ed"].galaxies == len(box.galaxies)
    for one in found.values():
        assert one.truth is not None
        assert one.against_truth().p_value > 1e-4
    assert "p = " in explorer.agreement(found["ed"])
    assert "Brush the map" in explorer.sentence()


def test_random_orientations_know_nothing_of_each_other(explorer):
    explorer.painter = "random"
    found = explorer.measured("ed")["ed"]
    noise = found.truth.error
    inner = slice(2, None)
    assert (np.abs(found.value) < 6 * noise)[inner].all()
    explorer.painter = "given"
    strong = explorer.measured("ed")["ed"]
    assert np.nanmax(strong.value[inner] / noise[inner]) > 6


def test_the_law_is_drawn_again_with_another_seed(explorer, box):
    explorer.painter = "law"
    first = explorer.orientations()
    np.testing.assert_allclose(first, draw(box, 0))
    explorer.redraw()
    assert np.abs(explorer.orientations() - first).max() > 0.5


def test_the_more_disky_the_weaker(explorer):
    explorer.set_disky(0.0)
    assert explorer.painter == "law", "what is aligned anew is drawn anew"
    round_ = explorer.measured("ed")["ed"].truth.value
    explorer.set_disky(1.0)
    flat = explorer.measured("ed")["ed"].truth.value
    assert (flat[2:] < round_[2:]).all()
    assert explorer.catalogue().galaxies.axis_ratio_c.mean() < 0.35, "discs are flat"
    explorer.set_disky(None)
    assert explorer.catalogue() is explorer.box


def test_selections_are_what_they_say(explorer, box):
    galaxies = box.galaxies
    explorer.which = "satellites"
    np.testing.assert_array_equal(explorer.selected(), ~galaxies.central)
    explorer.web_types = ["filament"]
    web = box.haloes.web_type[galaxies.halo]
    np.testing.assert_array_equal(explorer.selected(), ~galaxies.central & (web == 2))
    explorer.select_all()
    explorer.mass_range = [10.5, 13.0]
    np.testing.assert_array_equal(explorer.selected(), galaxies.log_mass >= 10.5)
    explorer.select_all()
    explorer.brush(np.arange(40))
    explorer.brush(np.arange(30, 50), "intersect")
    np.testing.assert_array_equal(np.flatnonzero(explorer.selected()), np.arange(30, 40))
    found = explorer.measured("ed", errors=False)["ed"]
    assert found.galaxies == 10


def test_an_empty_selection_is_a_sentence(explorer):
    explorer.mass_range = [12.9, 13.0]
    with pytest.raises(ValueError, match="selection is empty"):
        explorer.measured("ed")
    assert "0 selected" in explorer.sentence()


def test_one_galaxy_is_enough_around_others(explorer):
    explorer.brush([3])
    found = explorer.measured("ed", errors=False)["ed"]
    assert found.galaxies == 1
    with pytest.raises(ValueError, match="pairs"):
        explorer.measured("ee", errors=False)


def test_redshift_space_moves_places_along_the_sight_only(explorer, box):
    plain, _, labels = explorer.map()
    assert labels == ("x (Mpc/h)", "y (Mpc/h)")
    explorer.redshift_space = True
    moved, _, _ = explorer.map()
    np.testing.assert_allclose(moved, plain, atol=1e-9)
    explorer.sight = "x"
    moved, axes, labels = explorer.map()
    assert labels == ("y (Mpc/h)", "z (Mpc/h)")
    np.testing.assert_allclose(axes, box.galaxies.rotation[:, 1:, 0])
    found = explorer.measured("wg+", errors=False)["wg+"]
    assert "redshift space" in found.conventions


def test_painting_goes_through_the_engine_and_brings_its_own_shapes(explorer):
    told = []
    with Engine(device="cpu") as engine:
        work = explorer.paint_work(engine, "client")
        key = explorer.paint_key
        painted = work(told.append, lambda: None)
    assert not explorer.painted
    explorer.keep_painting(key, painted)
    assert explorer.painted
    assert explorer.painter == "model"
    np.testing.assert_allclose(explorer.finished().galaxies.axis_ratio_b, 0.5)
    found = explorer.measured("ed", "wg+")
    assert found["ed"].against_truth().p_value > 1e-4
    marks = explorer.statistics().marks("wg+", explorer.orientations())
    np.testing.assert_allclose(marks, project(explorer.orientations(), np.full(len(marks), 0.5),
                                              np.full(len(marks), 0.5)))  # fmt: skip
    explorer.redraw()
    assert not explorer.painted
    assert "press Paint" in " ".join(explorer.warnings())


def test_painting_can_be_cancelled(explorer):
    class Stop(Exception):
        pass

    def check():
        raise Stop

    with Engine(device="cpu") as engine, pytest.raises(Stop):
        explorer.paint_work(engine, "client")(lambda share: None, check)
    assert not explorer.painted


def test_without_a_model_nothing_is_painted(explorer):
    explorer.model = None
    with pytest.raises(ValueError, match="astroviz train"):
        explorer.paint_work(None, "client")


def test_a_box_is_made_with_progress_and_shared(explorer):
    explorer.param.update(box_source="made", box_size=40.0, box_grid=32, box_seed=5,
                          box_sigma8=0.9)  # fmt: skip
    assert explorer.box_missing
    assert explorer.shown_key == ("demo",)
    assert "being made" in " ".join(explorer.warnings())
    told = []
    made = explorer.making()(told.append, lambda: None)
    explorer.show_made()
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert explorer.box is made
    assert (made.size, made.cosmology.sigma8) == (40.0, 0.9)
    other = OrientationsExplorer(view="catalogue")
    other.from_query(explorer.to_query())
    assert other.box is made, "another visitor finds it made"


def test_a_table_of_ones_own_takes_the_place_of_the_box(explorer, box):
    own = from_table(box.haloes_table(), columns={}, seed=1)
    explorer.show_table(own, "mine.fits")
    assert explorer.box is own
    assert "mine.fits" in explorer.sentence()
    assert explorer.warnings(), "what was assumed is said"
    assert len(explorer.selected()) == len(own.galaxies)


@pytest.mark.parametrize("kind", ["fits", "parquet"])
def test_downloads_read_back(explorer, box, kind, tmp_path):
    explorer.painter = "law"
    content = table_bytes(explorer.finished().galaxies_table(), kind)
    path = tmp_path / f"catalogue.{kind}"
    path.write_bytes(content)
    table = read_table(path)
    np.testing.assert_allclose(table["major_x"], draw(box, 0)[:, 0, 0], atol=1e-6)
    assert len(table) == len(box.galaxies)


def test_hdf5_keeps_units_and_numbers(explorer, box):
    table = explorer.finished().galaxies_table()
    with h5py.File(io.BytesIO(hdf5_bytes(table)), "r") as file:
        group = file["galaxies"]
        np.testing.assert_allclose(group["x"][:], box.galaxies.position[:, 0])
        assert "Mpc" in group["x"].attrs["unit"]
        assert group["x"].attrs["description"]
        assert set(group) == set(table.colnames)


def test_the_toy_forecast_grows_with_the_amplitude(explorer):
    explorer.amplitude = 0.0
    _, none = explorer.consequences()
    np.testing.assert_allclose(none.shift, 0.0, atol=1e-12)
    explorer.amplitude = 2.0
    parts, some = explorer.consequences()
    assert np.linalg.norm(some.shift[2:]) > 0.01
    assert (parts.gi < 0).all(), "galaxies that point at matter oppose lensing"


def test_the_amplitude_of_the_selection_is_taken_over(explorer):
    words = explorer.take_amplitude()
    assert words.startswith("A = ")
    low, high = explorer.param.amplitude.bounds
    assert low <= explorer.amplitude <= high


def test_presets_and_links(explorer):
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert explorer.preset() == preset.name
        explorer.measured("ed", errors=False)
    explorer.param.update(which="centrals", mass_range=[9.5, 12.0], brushed=[1, 5, 9])
    other = OrientationsExplorer(view="catalogue")
    assert other.from_query(explorer.to_query()) == ()
    assert (other.which, other.mass_range, other.brushed) == ("centrals", [9.5, 12.0], [1, 5, 9])


class Generator:
    """Shapes of the exact law on the sky: what a perfect generator would make."""

    def ellipticities(self, box, seed=0, line_of_sight=2):
        galaxies = box.galaxies
        ratios = galaxies.axis_ratio_b, galaxies.axis_ratio_c
        return project(draw(box, seed + 5), *ratios, line_of_sight=line_of_sight)


def test_the_older_network_is_measured_in_the_same_bins(explorer, monkeypatch):
    monkeypatch.setattr(explorer, "other_model", lambda name: (Generator(), ""))
    curves, sizes = explorer.compared()
    assert list(curves) == ["box", "GAN"]
    np.testing.assert_allclose(curves["GAN"].truth.value, curves["box"].truth.value)
    assert curves["GAN"].against_truth().p_value > 1e-4
    assert len(sizes["GAN"]) == len(sizes["box"]) == len(explorer.box.galaxies)
    monkeypatch.setattr(explorer, "other_model", lambda name: (None, "it is not here"))
    with pytest.raises(ValueError, match="not here"):
        explorer.compared()
