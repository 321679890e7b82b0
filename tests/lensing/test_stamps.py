"""Stamps of real galaxies."""

from __future__ import annotations

import sys

import pytest
import torch

from astroviz.lensing import stamps as room
from astroviz.lensing.stamps import FRAME, StampsError, sources, stamps, varied


@pytest.fixture(autouse=True)
def nothing_shared(monkeypatch):
    monkeypatch.delenv("ASTROVIZ_SHARED_DATA", raising=False)


def test_galaxies_of_the_deep_field_lie_in_their_frames():
    pytest.importorskip("skimage")
    seen, held = stamps(), stamps(held_out=True)
    assert len(seen) > 150
    assert 2.5 < len(seen) / len(held) < 3.5
    assert sources() == "XDF picture"
    assert seen.shape[1:] == (FRAME, FRAME)
    assert torch.allclose(seen.amax((1, 2)), torch.ones(len(seen)))
    line = (torch.arange(FRAME) - (FRAME - 1) / 2) / FRAME
    flux = seen.sum((1, 2))
    for axis in (1, 2):
        centre = (seen.sum(axis) @ line) / flux
        assert float(centre.abs().median()) < 0.04
    inner = seen[:, FRAME // 4 : -FRAME // 4, FRAME // 4 : -FRAME // 4].sum((1, 2)) / flux
    assert float(inner.median()) > 0.6


def test_no_galaxy_is_both_learned_and_held_out():
    pytest.importorskip("skimage")
    assert float(torch.cdist(stamps().flatten(1), stamps(True).flatten(1)).min()) > 0.5


def test_variations_keep_flux_and_size_about():
    blob = torch.zeros(1, FRAME, FRAME)
    line = torch.arange(FRAME) - (FRAME - 1) / 2
    blob[0] = torch.exp(-0.5 * ((line[:, None] / 3) ** 2 + (line / 6) ** 2))
    found = varied(blob, 400, torch.Generator().manual_seed(0), 32)
    peak = found.amax((1, 2))
    assert float(peak.min()) >= 1 - 1e-5
    assert float(peak.max()) <= 4 + 1e-5
    area = found.sum((1, 2)) / peak
    exact = 2 * torch.pi * 3 * 6 * (32 / FRAME) ** 2
    assert float(area.median()) == pytest.approx(float(exact), rel=0.1)
    # turned by every angle: the mean is round
    mean = found.mean(0)
    assert float((mean - mean.T).abs().max()) < 0.15 * float(mean.max())


def test_without_the_picture_it_says_what_to_install(monkeypatch):
    room._all.cache_clear()
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    with pytest.raises(StampsError, match="pip install scikit-image"):
        stamps()


@pytest.mark.realdata
def test_cosmos_adds_galaxies(monkeypatch, real_data):
    pytest.importorskip("skimage")
    if not (real_data / "lensing" / "cosmos_galaxies.fits").is_file():
        pytest.skip("no COSMOS galaxies beside the checkout")
    alone = len(stamps()) + len(stamps(True))
    monkeypatch.setenv("ASTROVIZ_SHARED_DATA", str(real_data))
    both = len(stamps()) + len(stamps(True))
    assert 50 < both - alone <= 100
