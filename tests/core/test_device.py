"""Devices by name, and sentences about those that are not there."""

from __future__ import annotations

import pytest
import torch

from astroviz.core import device
from astroviz.core.device import available_devices, resolve_device, set_threads


@pytest.fixture
def machine(monkeypatch):
    def pretend(cuda=0, mps=False):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


def test_auto_takes_the_fastest_there_is(machine):
    machine()
    assert resolve_device("auto") == torch.device("cpu")
    machine(mps=True)
    assert resolve_device() == torch.device("mps")
    machine(cuda=2, mps=True)
    assert resolve_device("auto") == torch.device("cuda:0")
    assert available_devices() == ("cuda:0", "cuda:1", "mps", "cpu")


def test_devices_by_name(machine):
    machine(cuda=2)
    assert resolve_device("cuda") == torch.device("cuda:0")
    assert resolve_device("cuda:1") == torch.device("cuda:1")
    assert resolve_device(torch.device("cpu")) == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", "cuda:3"])
def test_a_device_that_is_not_there_is_named_beside_those_that_are(machine, name):
    machine()
    with pytest.raises(ValueError, match=rf"no device '{name}' here; there is cpu"):
        resolve_device(name)


def test_the_second_gpu_of_a_machine_with_one(machine):
    machine(cuda=1)
    with pytest.raises(ValueError, match=r"'cuda:1'.*there is cuda:0, cpu"):
        resolve_device("cuda:1")


@pytest.mark.parametrize("name", ["gpu", "", "cuda:x", None])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="not the name of a device"):
        resolve_device(name)


def test_threads():
    before = torch.get_num_threads()
    try:
        set_threads(1)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
    with pytest.raises(ValueError, match="1 or more, not 0"):
        set_threads(0)
    assert device.__all__ == sorted(device.__all__)
