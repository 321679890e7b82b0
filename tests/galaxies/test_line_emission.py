"""Spectra with lines: brighter where stars form, their own in all else."""

from __future__ import annotations

import torch

from astroviz.galaxies.line_emission import LineEmission
from astroviz.galaxies.priors import PopulationPrior
from astroviz.galaxies.sps import synthesis

BANDS = ("sdss_r", "sdss_i")


def test_lines_add_light_unless_they_are_switched_off():
    theta = PopulationPrior("survey").sample(200, torch.Generator().manual_seed(0))
    light, plain = LineEmission(), synthesis()
    with torch.no_grad():
        with_lines, without = light.magnitudes(theta, BANDS), plain.magnitudes(theta, BANDS)
        off = light.magnitudes(theta, BANDS, lines=False)
        forming = plain.derived(theta)["log_ssfr"]
    gain = (without - with_lines)[:, 0]
    assert torch.equal(off, without)
    assert float(gain.min()) > -1e-3
    assert float(gain[forming > -10].mean()) > 3 * float(gain[forming < -11].mean())


def test_all_else_is_that_of_the_plain_spectra():
    theta = PopulationPrior("survey").sample(5, torch.Generator().manual_seed(1))
    light = LineEmission()
    assert torch.equal(light.derived(theta)["log_mass"], synthesis().derived(theta)["log_mass"])
