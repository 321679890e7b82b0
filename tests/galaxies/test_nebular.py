"""Gas around young stars: what is read, mended, averaged and spread over bins."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.galaxies.cloudy import LOG_U, CloudyGrids, add_lines, compact
from astroviz.galaxies.nebular import Nebular, ionisation
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.tables import load_tables

LINES = np.array([1215.67, 4861.32, 5006.84, 6562.8])
WAVELENGTH = np.arange(900.0, 10001.0, 1.0)
AGES = np.geomspace(0.001, 0.025, 15)
EDGES = np.geomspace(1000, 9000, 1500)


def gas() -> CloudyGrids:
    """Light that fades as a power of age; oxygen grows with the ionisation parameter."""
    fade = (AGES / 0.001) ** -1.5
    level = np.ones((len(LOG_U), 2, 1, 4)) * fade[None, None, :, None]
    level[..., 2] *= 10 ** (np.array(LOG_U) + 3)[:, None, None]
    continuum = np.ones((2, 1, 1)) * fade[None, :, None] * (WAVELENGTH / 5000)
    return CloudyGrids(AGES, np.array([-0.5, 0.0]), LINES, level, WAVELENGTH,
                       continuum.astype(np.float32))  # fmt: skip


def nebular() -> Nebular:
    tables = {key: torch.tensor(value) for key, value in compact(gas(), EDGES).items()}
    return Nebular(tables, torch.tensor(EDGES))


def test_the_average_over_ten_million_years() -> None:
    """Against quadrature: constant below 1 Myr, a line in log age between the ages."""
    tables = compact(gas(), EDGES)
    times = np.linspace(0, 0.01, 200_001)[1:]
    level = np.interp(np.log(times), np.log(AGES), (AGES / 0.001) ** -1.5)
    assert tables["nebular_lines"][2, 0, 3] == pytest.approx(level.mean(), rel=1e-4)
    middle = 0.5 * (EDGES[1:] + EDGES[:-1])
    np.testing.assert_allclose(
        tables["nebular_continuum"][1], level.mean() * middle / 5000, rtol=1e-4
    )


def test_lines_keep_their_light_in_bins() -> None:
    gases = nebular()
    light = gases.spectra(-3.0)
    widths = gases.edges.diff()
    near = (gases.edges[1:] > 6500) & (gases.edges[:-1] < 6620)
    smooth = torch.tensor(compact(gas(), EDGES)["nebular_continuum"])
    found = ((light - smooth) * widths)[0, near].sum()
    torch.testing.assert_close(found, gases.luminosities(-3.0)[0, 3])


def test_ionisation_changes_oxygen_between_the_tabulated_values() -> None:
    gases = nebular()
    place = gases.nearest_line(5007.0)
    low, middle, high = (gases.luminosities(u)[0, place] for u in (-3.0, -2.75, -2.5))
    torch.testing.assert_close(middle, (low + high) / 2)
    assert float(high / low) == pytest.approx(10**0.5, rel=1e-9)
    with pytest.raises(GalaxyError, match="log U = -7"):
        gases.luminosities(-7.0)


def test_what_lines_may_be_said() -> None:
    assert ionisation(False) is None
    assert ionisation(True) == -3.0
    assert ionisation(-2.0) == -2.0


def test_gaussian_lines_integrate_to_their_luminosity() -> None:
    light = add_lines(WAVELENGTH, LINES, np.array([1.0, 2.0, 3.0, 4.0]), width=300)
    for centre, level in ((4861.32, 2.0), (6562.8, 4.0)):
        near = np.abs(WAVELENGTH - centre) < 60
        assert np.trapezoid(light[near], WAVELENGTH[near]) == pytest.approx(level, rel=1e-6)
    # full width at half maximum of 300 km/s standard deviation
    near = np.abs(WAVELENGTH - 6562.8) < 60
    wide = np.ptp(WAVELENGTH[near][light[near] > light[near].max() / 2])
    assert wide == pytest.approx(2.355 * 6562.8 * 300 / 299792, abs=2.0)


def test_the_shipped_gas_is_that_of_case_b() -> None:
    """Ratios of recombination lines at 10^4 K (Osterbrock & Ferland 2006, table 4.4), and the
    light of H alpha of one solar mass per year."""
    gases = load_tables().nebular
    lines = gases.luminosities(-3.0)[:6]
    alpha, beta, gamma = (lines[:, gases.nearest_line(x)] for x in (6562.8, 4861.32, 4340.46))
    assert bool(((alpha / beta - 2.86).abs() < 0.12).all())
    assert bool(((gamma / beta - 0.468).abs() < 0.02).all())
    luminosity = alpha * 3.828e33 * 1e7  # erg/s
    # 1.9e41 for another library of stars (Kennicutt & Evans 2012), and more at low metallicity
    assert bool(((luminosity > 1.8e41) & (luminosity < 5e41)).all())
    assert bool((luminosity.diff() < 0).all())


def test_oxygen_is_brightest_below_solar_metallicity() -> None:
    gases = load_tables().nebular
    lines = gases.luminosities(-3.0)
    ratio = lines[:, gases.nearest_line(5006.84)] / lines[:, gases.nearest_line(4861.32)]
    assert 1 <= int(ratio.argmax()) <= 3
    # two lines of one upper level have one ratio, 2.98 in theory (Storey & Zeippen 2000)
    doublet = lines[:6, gases.nearest_line(5006.84)] / lines[:6, gases.nearest_line(4958.91)]
    assert float(doublet.max() - doublet.min()) < 0.01
    assert float(doublet.mean()) == pytest.approx(2.98, abs=0.12)
