"""Truths and draws in files: every layout gives the same arrays, every fault a sentence."""

from __future__ import annotations

import io

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xarray as xr
from astropy.table import Table

from astroviz.io.draw_fields import DrawFileError, fields_of_mapping, matched_units
from astroviz.io.draw_files import read_draws
from astroviz.io.draw_sets import fields_of_dataset
from astroviz.io.draw_tables import fields_of_table
from astroviz.io.errors import TableError

N, L = 12, 30


@pytest.fixture(scope="module")
def draws():
    return np.random.default_rng(0).normal(size=(N, L, 2))


@pytest.fixture(scope="module")
def truths():
    return np.random.default_rng(1).normal(size=(N, 2))


def same(fields, draws, truths):
    np.testing.assert_allclose(fields["draws"], draws, rtol=1e-6)
    np.testing.assert_allclose(fields["truths"], truths, rtol=1e-6)


def test_numpy_arrays_with_all_that_is_beside(tmp_path, draws, truths):
    path = tmp_path / "mine.npz"
    np.savez(
        path, posterior=draws, theta=truths, names=["age", "mass"], units=["Myr", "solMass"],
        log_prob_truths=np.zeros(N), log_prob_draws=np.zeros((N, L)), odd=np.zeros(3),
        **{"group:pattern": np.array(["a", "b"] * 6), "place:ra": np.arange(N)},
    )  # fmt: skip
    fields = read_draws(path)
    same(fields, draws, truths)
    assert fields["names"] == ("age", "mass")
    assert fields["units"] == ("Myr", "solMass")
    assert fields["model"] == "mine"
    assert fields["log_prob"][1].shape == (N, L)
    assert fields["groups"]["pattern"][1] == "b"
    assert fields["places"]["ra"][3] == 3
    assert "not used: odd" in fields["notes"][0]


def test_arrays_by_parameter(tmp_path, draws, truths):
    path = tmp_path / "named.npz"
    np.savez(path, a=draws[..., 0], b=draws[..., 1], a_true=truths[:, 0], b_true=truths[:, 1])
    fields = read_draws(path.read_bytes(), label="named.npz")
    same(fields, draws, truths)
    assert fields["names"] == ("a", "b")


def test_draws_and_truths_in_two_files(tmp_path, draws, truths):
    np.save(tmp_path / "draws.npy", draws)
    np.save(tmp_path / "truths.npy", truths)
    same(read_draws(tmp_path / "draws.npy", str(tmp_path / "truths.npy")), draws, truths)
    Table({"a": truths[:, 0], "b_true": truths[:, 1]}).write(tmp_path / "truths.ecsv")
    fields = read_draws(tmp_path / "draws.npy", str(tmp_path / "truths.ecsv"))
    same(fields, draws, truths)
    assert fields["names"] == ("a", "b")


def test_a_pickle_is_never_opened(tmp_path, draws):
    opened = []

    class Trap:
        def __reduce__(self):
            return (opened.append, (1,))

    np.savez(tmp_path / "trap.npz", draws=np.array([Trap()], dtype=object))
    with pytest.raises(DrawFileError, match="pickle"):
        read_draws(tmp_path / "trap.npz")
    (tmp_path / "trap.pkl").write_bytes(b"\x80\x04N.")
    with pytest.raises(DrawFileError, match="savez"):
        read_draws(tmp_path / "trap.pkl")
    assert opened == []


def parquet(**columns):
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def test_parquet_with_lists_of_draws(draws, truths):
    data = parquet(**{
        "id": [f"star {k}" for k in range(N)], "a": list(draws[..., 0]), "b": list(draws[..., 1]),
        "a_true": truths[:, 0], "b_true": truths[:, 1], "group:gap": ["none"] * N,
        "observation:g": np.arange(N, dtype=float), "remark": ["x"] * N,
    })  # fmt: skip
    fields = read_draws(data, label="lists.parquet")
    same(fields, draws, truths)
    assert fields["ids"][2] == "star 2"
    assert fields["observations"].shape == (N, 1)
    assert list(fields["groups"]) == ["gap"]
    assert "remark" in fields["notes"][-1]


def test_parquet_with_a_row_for_each_draw_in_any_order(draws, truths):
    order = np.random.default_rng(3).permutation(N * L)
    rows = np.repeat(np.arange(N), L)
    data = parquet(
        object=rows[order], a=draws[..., 0].ravel()[order], b=draws[..., 1].ravel()[order],
        a_true=truths[rows, 0][order], b_true=truths[rows, 1][order],
    )  # fmt: skip
    fields = read_draws(data, label="long.parquet")
    place = [int(name) for name in fields["ids"]]
    assert sorted(place) == list(range(N))
    np.testing.assert_allclose(fields["truths"], truths[place])
    np.testing.assert_allclose(np.sort(fields["draws"], 1), np.sort(draws[place], 1))


def test_faults_of_tables_are_sentences(draws, truths):
    ragged = [row[: 5 if k == 3 else 9] for k, row in enumerate(draws[..., 0])]
    with pytest.raises(DrawFileError, match="5 draws in row 3 and 9 in row 0"):
        read_draws(parquet(a=ragged, a_true=truths[:, 0]), label="x.parquet")
    with pytest.raises(DrawFileError, match="name one of its columns 'object'"):
        fields_of_table(Table({"a": np.zeros(4)}))
    with pytest.raises(DrawFileError, match="no truths: add a column <name>_true"):
        fields_of_table(Table({"a": draws[..., 0]}))
    with pytest.raises(DrawFileError, match="a_true changes within object 1"):
        fields_of_table(Table({"object": [0, 0, 1, 1], "a": np.ones(4), "a_true": [0, 0, 1, 2]}))
    with pytest.raises(DrawFileError, match="object 1 of the table has 1 draws"):
        fields_of_table(Table({"object": [0, 0, 1], "a": np.ones(3), "a_true": [0, 0, 1]}))


def test_units_of_tables_are_matched(draws, truths):
    table = Table({"age": draws[..., 0], "age_true": truths[:, 0]})
    table["age"].unit, table["age_true"].unit = "yr", "Myr"
    fields = fields_of_table(table)
    np.testing.assert_allclose(fields["truths"][:, 0], truths[:, 0] * 1e6)
    assert fields["units"] == ("yr",)
    assert "converted from Myr to yr" in fields["notes"][0]
    table["age_true"].unit = "mag"
    with pytest.raises(DrawFileError, match="age has draws in yr and truths in mag"):
        fields_of_table(table)
    assert "have no unit" in matched_units("age", "", "Myr")[1]


@pytest.fixture
def dataset(draws, truths):
    """ArviZ's layout with one dimension of objects more: two chains, a scalar and a vector."""
    chains = draws.reshape(N, 2, L // 2, 2)
    return xr.Dataset({
        "a": (("chain", "draw", "star"), chains[..., 0].transpose(1, 2, 0), {"units": "yr"}),
        "v": (("star", "chain", "draw", "axis"), chains),
        "a_true": ("star", truths[:, 0], {"units": "yr"}),
        "v_true": (("star", "axis"), truths),
    })  # fmt: skip


def check_set(fields, draws, truths):
    assert sorted(fields["names"]) == ["a", "v[0]", "v[1]"]
    order = [fields["names"].index(name) for name in ("a", "v[0]", "v[1]")]
    np.testing.assert_allclose(fields["draws"][..., order[0]], draws[..., 0], rtol=1e-6)
    np.testing.assert_allclose(fields["draws"][..., order[1:]], draws, rtol=1e-6)
    np.testing.assert_allclose(fields["truths"][:, order[0]], truths[:, 0], rtol=1e-6)
    assert fields["units"][order[0]] == "yr"


def test_a_data_set_and_an_old_netcdf_file_of_it(dataset, draws, truths):
    check_set(fields_of_dataset(dataset), draws, truths)
    check_set(read_draws(bytes(dataset.to_netcdf(engine="scipy")), label="old.nc"), draws, truths)


def groups_of(dataset, truths):
    posterior = dataset[["a", "v"]].assign_coords(star=[f"star {k}" for k in range(N)])
    true = xr.Dataset({"a": ("star", truths[:, 0]), "v": (("star", "axis"), truths)})
    prior = xr.Dataset({  # as written by a model of all objects at once
        "a": (("chain", "draw", "star"), np.zeros((1, 50, N))),
        "v": (("chain", "draw", "star", "axis"), np.ones((1, 50, N, 2))),
    })  # fmt: skip
    seen = xr.Dataset({"y": (("star", "band"), np.arange(N * 3.0).reshape(N, 3))})
    return {"posterior": posterior, "constant_data": true, "prior": prior, "observed_data": seen}


def test_groups_of_arviz_as_a_tree_and_as_an_object(dataset, draws, truths):
    groups = groups_of(dataset, truths)

    class InferenceData:
        def __init__(self):
            for name, group in groups.items():
                setattr(self, name, group)

    for source in (xr.DataTree.from_dict(groups), InferenceData()):
        fields = fields_of_dataset(source)
        check_set(fields, draws, truths)
        assert fields["prior"].shape == (50 * N, 3)
        np.testing.assert_array_equal(fields["prior"][7], [0, 1, 1])
        assert fields["ids"][4] == "star 4"
        assert fields["observations"].shape == (N, 3)
        assert fields["observation_names"] == ("y[0]", "y[1]", "y[2]")


def test_groups_of_a_netcdf_4_file(tmp_path, dataset, draws, truths):
    """Written as HDF5 with the dimension scales of NetCDF 4, as xarray and ArviZ do."""
    path = tmp_path / "arviz.nc"
    with h5py.File(path, "w") as file:
        for name, group in groups_of(dataset, truths).items():
            write_netcdf4(file.create_group(name), group)
    check_set(read_draws(path), draws, truths)


def write_netcdf4(group, data):
    for name, size in data.sizes.items():
        scale = group.create_dataset(name, data=np.zeros(size, ">f4"))
        scale.make_scale(f"This is a netCDF dimension but not a netCDF variable.{size:>18}")
    for name, variable in data.data_vars.items():
        item = group.create_dataset(name, data=variable.values)
        for key, value in variable.attrs.items():
            item.attrs[key] = value
        for k, dimension in enumerate(variable.dims):
            item.dims[k].attach_scale(group[dimension])


def test_faults_of_data_sets_are_sentences(dataset):
    with pytest.raises(DrawFileError, match="no truths: add a group `truths`"):
        fields_of_dataset(dataset[["a", "v"]])
    with pytest.raises(DrawFileError, match="no variable has a dimension `chain`"):
        fields_of_dataset(dataset[["a_true"]])
    with pytest.raises(DrawFileError, match="there is no group `posterior`"):
        fields_of_dataset({"prior": dataset})
    with pytest.raises(TableError, match="cannot be read"):
        read_draws(b"\x89HDF\r\n\x1a\n" + bytes(100), label="cut.nc")


def test_containers_of_python(draws, truths):
    named = {"a": draws[..., 0], "b": draws[..., 1]}
    same(fields_of_mapping(named, {"a": truths[:, 0], "b": truths[:, 1]}), draws, truths)
    same(fields_of_mapping(named, truths), draws, truths)
    same(fields_of_mapping(list(draws), truths), draws, truths)
    same(fields_of_mapping({"draws": draws, "truths": truths}), draws, truths)
    hidden = np.ma.masked_array(truths, mask=np.zeros_like(truths, bool))
    hidden[0, 0] = np.ma.masked
    assert np.isnan(fields_of_mapping(draws, hidden)["truths"][0, 0])


@pytest.mark.parametrize(
    ("source", "truth", "sentence"),
    [
        (np.zeros((4, 5, 1)), None, "draws alone cannot be judged"),
        ([np.zeros((5, 1)), np.zeros((4, 1))], np.zeros((2, 1)), r"object 1 has draws of shape"),
        ([], np.zeros((2, 1)), "not one object"),
        ({"a": np.zeros((4, 5))}, {"b": np.zeros(4)}, "no parameter in common"),
        ({"a": np.zeros((4, 5))}, {"a": np.zeros(3)}, "3 truths of a and draws of 4 objects"),
        ({"a": np.zeros((4, 5)), "b": np.zeros((4, 6))}, np.zeros((4, 2)), "same number of draws"),
        (np.zeros(4), np.zeros(4), r"draws have shape \(4,\)"),
        (np.array(["x"]), np.zeros(1), "are not understood"),
    ],
)
def test_faults_of_containers_are_sentences(source, truth, sentence):
    with pytest.raises(DrawFileError, match=sentence):
        fields_of_mapping(source, truth)
