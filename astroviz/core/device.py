r"""Which device computes, and with how many threads."""

from __future__ import annotations

import torch

__all__ = ["available_devices", "resolve_device", "set_threads"]


def available_devices() -> tuple[str, ...]:
    """Names of the devices that this machine has, the fastest first."""
    names = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return (*names, "cpu")


def resolve_device(name: str | torch.device = "auto") -> torch.device:
    """The device of a name.

    Arguments:
        name: `auto` (the first CUDA device, else Apple's GPU, else the CPU), `cpu`, `cuda`,
            `cuda:1`, ..., or `mps`.

    Returns:
        A device that is there; one that is not raises a ValueError which names those that are.
    """
    there = available_devices()
    if name == "auto":
        return torch.device(there[0])
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"{name!r} is not the name of a device; use auto, cpu, cuda, cuda:1 or mps"
        ) from error
    index = 0 if device.type == "cuda" and device.index is None else device.index
    wanted = device.type if device.type != "cuda" else f"cuda:{index}"
    if wanted not in there:
        raise ValueError(
            f"there is no device {str(name)!r} here; there is {', '.join(there)} "
            "(device='auto' takes the first of them)"
        )
    return torch.device(wanted)


def set_threads(count: int) -> None:
    """Let torch use `count` threads of the CPU, 1 or more, in this process."""
    if count < 1:
        raise ValueError(f"the number of threads must be 1 or more, not {count}")
    torch.set_num_threads(count)
