r"""Build the tables of spectra: model atmospheres in the bins of each spectrograph.

`build` writes `stars/spectrographs`: the mean flux in every bin of every spectrograph on the
regular grid of (Teff, logg, [M/H]), extinction at the bins, and the principal components to which
`compress` reduces a spectrum.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from astroviz.core.cards import Card
from astroviz.core.registry import save_model
from astroviz.stars.build_atmospheres import (
    LOGG,
    METALLICITY,
    TEFF,
    SpectralGrid,
    mix_weight,
    regular_grid,
)
from astroviz.stars.build_card import CITATIONS
from astroviz.stars.build_extinction import LAWS, RV, law_curve
from astroviz.stars.build_sources import PACKAGES, gather
from astroviz.stars.spectrographs import SPECTROGRAPHS, Spectrograph

__all__ = ["bin_means", "build", "principal_components"]

Progress = Callable[[float, str], None]
_SAMPLE = 30_000  # simulated stars whose spectra set the components


def build(
    sources: Path, out: Path, progress: Progress | None = None, *, offline: bool = False
) -> Path:
    """Write `weights.safetensors` and `card.toml` of the spectra.

    Args:
        sources: folder of downloaded archives; missing ones are downloaded there.
        out: folder to write, e.g. `models/stars/spectrographs`.
        progress: called with a fraction from 0 to 1 and a sentence.
        offline: never download.

    Returns:
        `out`.
    """
    import torch

    from astroviz.stars.tables import Tables

    tell = progress or (lambda fraction, sentence: None)
    tables = curve_tables()
    archives = gather(Path(sources), offline=offline, names=("SEDFit",))
    tell(0.1, "Binning BT-Settl")
    grid = regular_grid(archives.spectra("btsettl"))
    tables.update(flux_tables("btsettl", (grid,)))
    tell(0.4, "Binning PHOENIX and ATLAS9")
    pair = (regular_grid(archives.spectra("phoenix")), regular_grid(archives.spectra("kurucz")))
    tables.update(flux_tables("kurucz_phoenix", pair))
    tell(0.8, "Principal components")
    tensors = {key: torch.from_numpy(value.astype(np.float32)) for key, value in tables.items()}
    for one in SPECTROGRAPHS:
        parts = principal_components(one, Tables(tensors))
        tensors |= {f"basis.{one.name}.{key}": torch.from_numpy(v) for key, v in parts.items()}
    tell(0.95, "Writing")
    save_model(Path(out), dict(sorted(tensors.items())), _card())
    tell(1.0, "Done")
    return Path(out)


def flux_tables(name: str, grids: tuple[SpectralGrid, ...]) -> dict[str, np.ndarray]:
    """Log flux at the surface in the bins of every spectrograph.

    Args:
        name: of the atmosphere.
        grids: one library, or a cool and a hot one that `mix_weight` joins.
    """
    key = f"surface.{name}"
    out = {f"{key}.log_teff": np.log10(TEFF), f"{key}.logg": LOGG, f"{key}.mh": METALLICITY}
    share = mix_weight(np.log10(TEFF)).reshape(-1, 1, 1, 1)
    for one in SPECTROGRAPHS:
        parts = [bin_means(grid, one.edges) for grid in grids]
        mixed = parts[0]
        if len(parts) > 1:
            mixed = np.where(share < 1, (1 - share) * parts[0], 0.0) + np.where(
                share > 0, share * parts[1], 0.0
            )
        out[f"{key}.{one.name}"] = mixed
    return out


def bin_means(grid: SpectralGrid, edges: np.ndarray) -> np.ndarray:
    r"""(T, G, Z, px) log10 mean $F_\lambda$ of each bin at the surface, erg/s/cm2/nm.

    Args:
        grid: the spectra.
        edges: (px + 1,) nm.
    """
    wave = grid.wavelength / 10
    flux = 10.0 ** grid.log_flux.astype(float) / wave
    steps = np.diff(wave) * (flux[..., 1:] + flux[..., :-1]) / 2
    total = np.concatenate([np.zeros((*flux.shape[:-1], 1)), np.cumsum(steps, axis=-1)], axis=-1)
    left = np.clip(np.searchsorted(wave, edges) - 1, 0, wave.size - 2)
    # trapezoids up to an edge inside a step, with the flux linear between its ends
    into = edges - wave[left]
    slope = (flux[..., left + 1] - flux[..., left]) / (wave[left + 1] - wave[left])
    at = total[..., left] + into * (flux[..., left] + slope * into / 2)
    return np.asarray(np.log10(np.diff(at, axis=-1) / np.diff(edges)))


def curve_tables() -> dict[str, np.ndarray]:
    """A_lambda / A_V of each law at the bins."""
    out: dict[str, np.ndarray] = {"dust.r_v": RV}
    for law in LAWS:
        for one in SPECTROGRAPHS:
            rows = [law_curve(law, float(r_v), one.wavelength * 1e-3) for r_v in RV]
            out[f"dust.{law}.{one.name}"] = np.stack(rows)
    return out


def principal_components(one: Spectrograph, tables: object) -> dict[str, np.ndarray]:
    """Mean, components and spread of noiseless spectra, in magnitudes.

    The first component is the level, or, where the flux calibration is not trusted, what is left
    when the untrusted modes are taken out comes first.

    Args:
        one: the spectrograph.
        tables: the tables made so far.

    Returns:
        `mean` (px,), `components` (px, k) and `spread` (k,).
    """
    import torch

    from astroviz.stars.simulator import simulate
    from astroviz.stars.spectral_physics import SpectralPhysics
    from astroviz.stars.tables import Tables

    assert isinstance(tables, Tables)
    stars = simulate(_SAMPLE, torch.Generator().manual_seed(11))
    flux = SpectralPhysics(tables=tables).of_simulated(stars, one)
    mags = -2.5 * flux.double().log10().numpy()
    mags = mags[np.isfinite(mags).all(1)]
    kept = np.ones((one.size, 1)) if one.calibrated else one.shapes[:, : one.free]
    ortho = np.linalg.qr(kept)[0]
    shape = mags - mags @ ortho @ ortho.T
    mean = shape.mean(0)
    _, _, rows = np.linalg.svd(shape - mean, full_matrices=False)
    components = rows[: one.components - one.calibrated].T
    if one.calibrated:
        components = np.concatenate([np.ones((one.size, 1)), components], 1)
    spread = np.std((mags - mean) @ np.linalg.pinv(components).T, axis=0)
    return {
        "mean": mean.astype(np.float32), "components": components.astype(np.float32),
        "spread": spread.astype(np.float32),
    }  # fmt: skip


def _card() -> Card:
    source = next(item for item in PACKAGES if item.name == "SEDFit")
    return Card(
        name="stars/spectrographs",
        system="stars",
        kind="tables",
        title="Model atmospheres as spectrographs see them",
        what="Mean flux of model atmospheres in the bins of XP-like, LAMOST-like and APOGEE-like "
        "spectra, extinction at the bins, and principal components. Not a trained model.",
        data="Spectra of SEDFit (BT-Settl; PHOENIX below 3500 K and ATLAS9 above 4000 K), scaled "
        "to radiate sigma Teff^4; extinction laws of dust_extinction; components of simulated "
        f"spectra of {_SAMPLE} stars.",
        units={"surface": "log10(erg/s/cm2/nm)", "dust": "A_lambda / A_V", "basis": "mag"},
        limits=[
            "The grid resolves about 145: XP-like bins are well served; LAMOST-like and "
            "APOGEE-like spectra are stand-ins that keep broad features only.",
            "No emission lines, no Balmer jump of accretion.",
        ],
        licence="BSD-3-Clause for the derived tables; SEDFit is MIT; the model spectra are their "
        "authors' work: cite them.",
        seed=11,
        extra={"citations": list(CITATIONS), "sources": {source.filename: source.sha256}},
    )
