"""The view of a real lens: what is stored, drawn and refused, and how a folder is read."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from astropy.cosmology import Planck18
from astropy.io import fits

from astroviz.lensing.explorer import LensingExplorer
from astroviz.lensing.gaussian_prior import exponential_prior
from astroviz.lensing.real_answers import LENSES, _r_hat, answer_case, curves_of
from astroviz.lensing.real_example import EXAMPLE_LENS, example
from astroviz.lensing.real_family import SIDE_KPC, _in_kpc, family_scene, lenses_in, member
from astroviz.lensing.real_tables import kpc_per_arcsec, physical, published, redshifts_of
from astroviz.lensing.sampling import Settings


def fits_bytes(array):
    held = io.BytesIO()
    fits.PrimaryHDU(np.asarray(array, dtype=np.float32)).writeto(held)
    return held.getvalue()


@pytest.fixture
def explorer():
    return LensingExplorer(view="real")


@pytest.fixture(scope="module")
def shipped():
    explorer = LensingExplorer(view="real")
    return explorer.real_case(), explorer.real_fit(), explorer.real_answer()


def test_it_opens_with_a_simulated_lens_and_its_answer(explorer):
    assert explorer.preset() == "Simulated, like J1430+4105"
    assert "simulated" in explorer.sentence()
    case, fit, answer = explorer.real_case(), explorer.real_fit(), explorer.real_answer()
    assert case.simulated
    assert fit.radius == pytest.approx(EXAMPLE_LENS[0], abs=0.02)
    assert fit.fit.chi_square < 0.65
    assert answer.chi_square < 0.65
    assert len(answer.samples) == answer.count * answer.lenses
    assert ("computed", "when shipped") in explorer.real_facts()


def test_the_stored_sources_look_like_the_one_that_was_put_in(shipped):
    case, _, answer = shipped
    truth, scale = case.full.truth["source"], case.full.truth["source_scale"]
    x0, y0 = case.full.truth["source_centre"]
    side, half = answer.mean.shape[0], (len(truth) - 1) / 2
    line = (np.arange(side) - (side - 1) / 2) * answer.source_scale
    columns = (line + answer.centre[0] - x0) / scale + half
    rows = (line + answer.centre[1] - y0) / scale + half
    inside = np.s_[4:-4]
    known = truth[np.ix_(np.clip(rows, 0, 63).round().astype(int)[inside],
                         np.clip(columns, 0, 63).round().astype(int)[inside])]  # fmt: skip
    found = answer.mean[inside, inside]
    assert np.corrcoef(known.ravel(), found.ravel())[0, 1] > 0.95
    assert found.sum() == pytest.approx(known.sum(), rel=0.1)


def test_every_step_has_its_scene(explorer):
    files = explorer.real_files_scene()
    assert files["image"].shape == (201, 201)
    noise = explorer.real_noise_scene()
    assert noise["rows"][1] == pytest.approx(1 / 3, abs=0.06)
    assert noise["used"][1] == pytest.approx(1 / 3, abs=0.06)
    area = (np.diff(noise["edges"]) * noise["heights"]).sum()
    assert area == pytest.approx(1.0, abs=0.02)
    fit = explorer.real_fit_scene()
    assert np.nanstd(fit["residual"]) == pytest.approx(0.64, abs=0.05)
    assert len(fit["critical"]) == len(fit["caustic"]) >= 1
    assert [rung[1] for rung in fit["rungs"]] == ["ours", "true"]
    source = explorer.real_source_scene()
    assert source["samples"].shape[1:] == source["mean"].shape
    check = explorer.real_check_scene()
    assert set(check["power"]) >= {"residual, classic fit", "residual, score prior"}
    assert len(check["chains"]) == explorer.real_answer().count
    _, pictures = explorer.real_draw_pictures(2)
    assert np.nanstd(pictures["residual"]) == pytest.approx(0.65, abs=0.06)


def test_other_noise_has_no_answer_until_it_is_fitted(explorer):
    explorer.real_covariance = "given"
    assert explorer.real_fit() is None
    assert explorer.real_answer() is None
    assert "too large" in " ".join(explorer.warnings())
    assert np.isnan(explorer.real_fit_scene()["model"]).all()
    with pytest.raises(ValueError, match="step 3"):
        explorer.real_sampling(object())
    with pytest.raises(ValueError, match="fit the lens"):
        explorer.real_check_scene()
    explorer.real_covariance = "correlated"
    assert explorer.real_fit() is not None


def test_what_a_piece_of_work_finds_is_kept_for_its_own_settings(explorer):
    case, fit = explorer.real_case(), explorer.real_fit()
    explorer.real_radius = 2.0
    assert explorer.real_fit() is None
    explorer.real_keep((("fit", explorer._real_key()), fit))
    assert explorer.real_fit() is fit
    assert ("computed", "when shipped") not in explorer.real_facts()
    explorer.real_radius = 2.6
    assert explorer.real_case() is case


def test_a_state_goes_into_a_link_and_back(explorer):
    explorer.param.update(real_step="noise", real_radius=2.1, real_redshift_lens=0.3)
    other = LensingExplorer(view="real")
    other.from_query(explorer.to_query())
    assert other.state() == explorer.state()


def test_files_of_a_user_take_the_place_of_the_example(explorer):
    seen = example()
    names = ["mine_psf.fits", "mine_noise.fits", "mine.fits"]
    explorer.real_upload(names, [fits_bytes(a) for a in (seen.psf, seen.noise, seen.image)])
    case = explorer.real_case()
    assert explorer.real_data == "upload"
    assert not case.simulated
    assert case.full.name == "mine"
    assert explorer.real_fit() is None
    explorer.real_upload(["better_noise.fits"], [fits_bytes(2 * seen.noise)])
    assert explorer.real_case().full.noise[0, 0] == pytest.approx(2 * case.full.noise[0, 0])


def test_a_bad_file_leaves_the_lens_of_before(explorer):
    before = explorer.real_case()
    seen = example()
    with pytest.raises(ValueError, match="noise map"):
        explorer.real_upload(["image.fits"], [fits_bytes(seen.image)])
    with pytest.raises(ValueError, match="FITS"):
        explorer.real_upload(["image.fits", "noise.fits"], [b"no", b"no"])
    assert explorer.real_data == "example"
    assert explorer.real_case() is before


def test_a_link_to_files_that_are_not_here_says_so():
    explorer = LensingExplorer(view="real", real_data="upload")
    assert "no files of yours" in explorer.warnings()[0].lower()
    assert "No lens is open" in explorer.sentence()
    explorer.real_data = "folder"
    assert "no folder is named" in explorer.warnings()[0].lower()


def test_sources_behind_several_lenses_agree_between_chains(shipped):
    case, fit, _ = shipped
    prior = exponential_prior(16)
    told = []
    answer = answer_case(
        case, fit, prior, 3, 0, told.append, lambda: None, Settings(method="exact"), 2
    )
    assert answer.samples.shape == (6, 16, 16)
    assert answer.count == 3
    assert answer.lenses == 2
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    again = answer_case(
        case, fit, prior, 3, 0, told.append, lambda: None, Settings(method="exact"), 2
    )
    assert np.array_equal(again.samples, answer.samples)
    assert LENSES >= 2


def test_r_hat_is_one_where_chains_agree_and_more_where_not():
    random = np.random.default_rng(0)
    same = random.normal(size=(4, 400, 2, 2))
    assert np.allclose(_r_hat(same), 1.0, atol=0.02)
    same[0, :, 0, 0] += 3
    assert _r_hat(same)[0, 0] > 1.3


def test_the_critical_curve_of_a_round_lens_is_its_einstein_ring():
    critical, caustic = curves_of([1.2, 0.999, 0.0, 0.1, 0.0, 0.0, 0.0, 1.0], 2.5)
    ring = max(critical, key=len)
    assert np.allclose(np.hypot(ring[:, 0] - 0.1, ring[:, 1]), 1.2, atol=0.01)
    assert np.abs(max(caustic, key=len)).max() < 0.15


def test_tables_can_be_saved(explorer):
    table = explorer.real_table()
    assert table["einstein_radius"].unit == "arcsec"
    assert table.meta["simulated"]
    draws, answer = explorer.real_draws_table(), explorer.real_answer()
    assert len(draws) == 32**2
    place = np.argmin(np.hypot(draws["x"].value - answer.centre[0], draws["y"].value))
    assert draws["draw_3"][place] == pytest.approx(answer.samples[2].ravel()[place])
    assert len(explorer.real_lenses_table()) == len(answer.samples)


def test_masses_and_kpc_are_those_of_the_cosmology(shipped):
    case, _, _ = shipped
    rows = dict(physical(case, 1.47))
    dl, ds = (Planck18.angular_diameter_distance(z) for z in (0.285, 0.575))
    dls = ds - dl * (1 + 0.285) / (1 + 0.575)  # the universe is flat
    theta = np.deg2rad(1.47 / 3600)
    mass = 299792.458**2 / (4 * 4.30091e-9) * (dl * ds / dls).value * theta**2  # Mpc, km/s, Msun
    assert float(rows["mass inside (10\u00b9\u00b9 M\u2609)"]) == pytest.approx(
        mass / 1e11, rel=0.01
    )
    assert kpc_per_arcsec(0.575) == pytest.approx(ds.value * 1e3 * np.deg2rad(1 / 3600), rel=1e-6)


def test_published_figures_are_found_beside_the_lens(tmp_path):
    folder = tmp_path / "lenses" / "J1"
    folder.mkdir(parents=True)
    for name, rows in {
        "a_literature.csv": [["lens_name", "bSIE", "thetaE_lens_m", "thetaE_lens_l",
                              "thetaE_lens_u"], ["J1", "1.5", "1.4", "1.39", "1.41"]],
        "a_redshifts.csv": [["lens_name", "zFG1", "zBG1"], ["J1", "0.2", "0.7"]],
    }.items():  # fmt: skip
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    found = published(folder, "J1")
    assert sorted(value for value, _ in found.values()) == [1.4, 1.5]
    assert found["automatic fit of the same image"][1] == pytest.approx(0.01)
    assert redshifts_of(folder, "J1") == (0.2, 0.7)
    assert redshifts_of(folder, "J2") == (None, None)


def test_a_source_keeps_its_size_in_kpc(shipped):
    case, fit, _ = shipped
    one = member(case, fit, 1.47)
    assert one.source.shape == (40, 40)
    assert one.floor == case.floor
    near, far = _in_kpc(fit, 0.3), _in_kpc(fit, 1.0)
    sizes = [(image > 0.5).sum() * (SIDE_KPC / 40) ** 2 for image in (near, far)]
    expected = (kpc_per_arcsec(1.0) / kpc_per_arcsec(0.3)) ** 2
    assert sizes[1] / sizes[0] == pytest.approx(expected, rel=0.25)


def test_a_folder_without_lenses_is_refused(tmp_path, explorer):
    with pytest.raises(ValueError, match="no folder"):
        lenses_in(str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="no lenses"):
        lenses_in(str(tmp_path))
    family = explorer.real_family()
    if family is not None:
        scene = family_scene(family)
        assert scene["simulated"]
        assert len(scene["images"]) == len(scene["labels"]) == len(family.members)
        assert all(abs(one.radius - one.known) < 0.05 for one in family.members)


@pytest.mark.realdata
def test_the_real_lens_is_opened_with_what_is_known_of_it(real_data, explorer):
    explorer.param.update(
        real_data="folder", real_folder=str(real_data / "lensing" / "slacs" / "J1430+4105")
    )
    case = explorer.real_case()
    assert (case.full.lens_redshift, case.full.source_redshift) == (0.285, 0.5753)
    assert case.literature["Bolton+ 2008, SIE"][0] == 1.52
    assert case.floor == pytest.approx(0.44, abs=0.04)
    assert len(lenses_in(str(real_data / "lensing" / "slacs"))) == 24
