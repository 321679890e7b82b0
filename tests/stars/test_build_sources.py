"""Archives of the tables: found, verified, opened without trusting them."""

from __future__ import annotations

import bz2
import hashlib
import io
import os
import pickle
import tarfile
import zipfile

import numpy as np
import pytest

from astroviz.stars import build_sources
from astroviz.stars.build_sources import PACKAGES, Package, Sources, gather

WAVELENGTH = np.array([1e4, 2e4, 3e4])


def archive(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def wheel(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return buffer.getvalue()


def grid_pickle():
    import astropy.units as u
    from astropy.table import Table

    nodes = Table(
        {"teff": [4000.0, 4000.0], "logg": [4.0, 4.0], "feh": [0.0, 0.0], "alpha": [0.0, 0.4]}
    )
    flux = np.arange(6.0).reshape(2, 3)
    return bz2.compress(pickle.dumps([flux, nodes, WAVELENGTH * u.AA]))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with one archive, and a list of packages that knows it."""

    def put(content, filename="SEDFit-0.6.1.tar.gz", sha256=None):
        (tmp_path / filename).write_bytes(content)
        digest = sha256 or hashlib.sha256(content).hexdigest()
        package = Package("SEDFit", "0.6.1", filename, digest, "MIT", source=True)
        monkeypatch.setattr(build_sources, "PACKAGES", (package,))
        return tmp_path

    return put


def test_packages_are_pinned_by_hash_and_free():
    assert len({item.filename for item in PACKAGES}) == 5
    for item in PACKAGES:
        assert len(item.sha256) == 64
        assert item.version in item.filename
        assert item.licence in ("MIT", "BSD-3-Clause")


def test_reads_scaled_solar_spectra(place):
    folder = place(archive({"SEDFit-0.6.1/SEDFit/sed_btsettl.p": grid_pickle()}))
    nodes = Sources(folder).spectra("btsettl")
    np.testing.assert_array_equal(nodes.wavelength, WAVELENGTH)
    np.testing.assert_array_equal(nodes.log_flux, [[0.0, 1.0, 2.0]])  # alpha 0.4 left out
    assert nodes.teff == [4000.0]


def test_refuses_a_pickle_that_runs_code(place):
    class Evil:
        def __reduce__(self):
            return os.system, ("true",)

    bad = bz2.compress(pickle.dumps([Evil(), 0, 0]))
    folder = place(archive({"SEDFit-0.6.1/SEDFit/sed_btsettl.p": bad}))
    with pytest.raises(pickle.UnpicklingError, match=r"system.*refused"):
        Sources(folder).spectra("btsettl")


def test_refuses_a_changed_archive(place):
    folder = place(b"something else", sha256="0" * 64)
    with pytest.raises(ValueError, match=r"expected 000000000000.*delete it"):
        Sources(folder)


def test_names_a_missing_archive(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"SEDFit-0.6.1.tar.gz is not in .*"):
        gather(tmp_path, offline=True)


def test_only_what_is_wanted_is_needed(place):
    folder = place(wheel({"package/data/a.dat": b"1"}), filename="thing-1.whl")
    sources = gather(folder, offline=True, names=("SEDFit",))
    assert sources.read("SEDFit", "/a.dat") == b"1"
    assert Sources(folder, names=()).paths == {}


def test_finds_archives_in_subfolders(place):
    folder = place(wheel({"package/a.dat": b"1"}), filename="thing-1.whl")
    (folder / "deep").mkdir()
    (folder / "thing-1.whl").rename(folder / "deep" / "thing-1.whl")
    assert Sources(folder).read("SEDFit", "/a.dat") == b"1"


def test_ambiguous_member_is_refused(place):
    folder = place(wheel({"a/x.dat": b"1", "b/x.dat": b"2"}), filename="thing-1.whl")
    with pytest.raises(FileNotFoundError, match="2 members"):
        Sources(folder).read("SEDFit", "/x.dat")


def test_download_asks_by_public_name_and_hash(tmp_path, monkeypatch):
    asked = []

    def fake(command, **_):
        pin = open(command[command.index("--requirement") + 1]).read()
        asked.append((command, pin))
        return type("Done", (), {"returncode": 1, "stderr": "no such host"})()

    monkeypatch.setattr(build_sources.subprocess, "run", fake)
    with pytest.raises(ConnectionError, match=r"SEDFit 0.6.1 \(no such host\); put SEDFit"):
        gather(tmp_path)
    command, pin = asked[0]
    assert pin.startswith(f"SEDFit==0.6.1 --hash=sha256:{PACKAGES[0].sha256}")
    assert "--require-hashes" in command
    assert "--no-binary" in command
    assert not any("://" in part for part in command)  # wherever pip is set up to look


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("WARNING: slow\nERROR: No matching distribution\n[notice] pip is old", "No matching"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"
            "    SEDFit==0.6.1:\n        Expected sha256 aa\n             Got        bb",
            "another archive: its SHA-256 differs",
        ),
        ("/usr/bin/python: No module named pip", "No module named pip"),
        ("", "no reason given"),
    ],
)
def test_a_failed_download_says_why(tmp_path, monkeypatch, said, reason):
    done = type("Done", (), {"returncode": 1, "stderr": said})()
    monkeypatch.setattr(build_sources.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(ConnectionError, match=reason):
        gather(tmp_path)
