"""A universe in a box: our particle-mesh step and halo finder against plain alternatives.

    python tests/benchmarks/bench_box.py [--grid 64]

One JSON line: seconds of a step of ours and of the same step in plain numpy (`np.add.at` for the
clouds in cells, `np.fft`, fancy indexing), of friends of friends by ours and by halotools'
FoFGroups on the same particles (which links within cylinders, not spheres), their ratios, and
seconds of `make_box`. Processor time, so that a busy machine counts for both sides alike.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
import torch

from astroviz.orientations.cosmic_web import make_box
from astroviz.orientations.cosmology import PLANCK15
from astroviz.orientations.haloes import friends_of_friends
from astroviz.orientations.particle_mesh import evolve, gaussian_field

SIZE = 75.0


def seconds(act: Callable[[], object], repeats: int) -> float:
    """Least processor time of a call."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return min(times)


def numpy_step(position: np.ndarray, velocity: np.ndarray, cells: int) -> None:
    """One drift, kick and drift as one would write it at first; positions in cells."""
    position += 0.04 * velocity
    low = np.floor(position).astype(int)
    part = position - low
    density = np.zeros((cells,) * 3, np.float32)
    corners = []
    for corner in np.ndindex(2, 2, 2):
        where = tuple(((low + corner) % cells).T)
        share = np.prod(np.where(corner, part, 1 - part), axis=1)
        np.add.at(density, where, share)
        corners.append((where, share))
    k = 2 * np.pi * np.fft.fftfreq(cells)
    half = 2 * np.pi * np.fft.rfftfreq(cells)
    axes = (k[:, None, None], k[None, :, None], half[None, None, :])
    square = axes[0] ** 2 + axes[1] ** 2 + axes[2] ** 2
    square[0, 0, 0] = 1.0
    modes = np.fft.rfftn(density / density.mean()) / square
    for i in range(3):
        gradient = (8 * np.sin(axes[i]) - np.sin(2 * axes[i])) / 6
        field = np.fft.irfftn(1j * gradient * modes, density.shape, (0, 1, 2))
        velocity[:, i] += sum(share * field[where] for where, share in corners)
    position += 0.04 * velocity


def main() -> None:
    """Print the line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grid", type=int, default=64)
    grid = parser.parse_args().grid
    torch.set_num_threads(1)
    modes = gaussian_field(grid, SIZE, PLANCK15, seed=0)
    # what two runs share (the start) falls out of the difference
    few, many = (seconds(lambda n=n: evolve(modes, SIZE, PLANCK15, steps=n), 2) for n in (2, 6))
    ours = (many - few) / 4
    particles = evolve(modes, SIZE, PLANCK15)
    place = particles.position.numpy() * (2 * grid / SIZE)
    plain = seconds(lambda: numpy_step(place.copy(), np.zeros_like(place), 2 * grid), 2)

    position = np.mod(particles.position.double().numpy(), SIZE)
    linking = 0.2 * SIZE / grid
    groups = seconds(lambda: friends_of_friends(position, SIZE, linking), 2)
    from halotools.mock_observables import FoFGroups

    theirs = seconds(lambda: FoFGroups(position, 0.2, 0.2, period=SIZE).group_ids, 1)
    whole = seconds(lambda: make_box(SIZE, grid), 1)
    print(json.dumps({
        "benchmark": "box", "grid": grid, "step_s": ours, "numpy_step_s": plain,
        "step_ratio": plain / ours, "groups_s": groups, "halotools_groups_s": theirs,
        "groups_ratio": theirs / groups, "make_box_s": whole,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
