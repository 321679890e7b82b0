"""Make the answers that ship with the views of lensing anew.

    python tests/lensing/store_answers.py [real] [family] [shift] [noise]

They are found again by the hash of their question, which knows the weights of the model: after a
training those of `shift` and `noise` must be made again, or the page computes them when it opens.
Stored answers of questions that are no longer asked are deleted.
"""

from __future__ import annotations

import sys

import numpy as np
import torch

import astroviz
from astroviz.core.engine import Engine
from astroviz.lensing.explorer import LensingExplorer
from astroviz.lensing.real_family import simulated_family, write_family
from astroviz.lensing.real_stored import write
from astroviz.lensing.stored import FOLDER, read_answer, write_answer

NAMED = ("real_fit", "real_answer", "real_family")


def say(words):
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def questions():
    """The request of each preset of the views whose answers are stored, with its name."""
    found = {}
    for view in ("shift", "noise"):
        explorer = LensingExplorer(view=view)
        for preset in explorer.presets():
            explorer.take_preset(preset.name)
            if view == "shift" and explorer.shift_mode != "swap":
                continue
            if view == "noise" and explorer.noise_mode == "lens" and explorer.noise_kind == "hst":
                continue  # it would ship pixels of Hubble's images
            warnings = " ".join(explorer.warnings())
            if "is not here" in warnings or "has not learned" in warnings:
                say(f"{preset.name}: {warnings}")
                continue
            ask = explorer.shift_request if view == "shift" else explorer.noise_request
            found[view, preset.name] = ask()
    return found


def store(request):
    with Engine(device="cpu") as engine:
        draws = engine.submit(request).result()
    kept = {name: np.asarray(array) for name, array in draws.extras.items() if name != "stored"}
    return write_answer(request, {"values_exact": draws.values, **kept})


def main(parts):
    torch.set_num_threads(1)
    if "real" in parts:
        write(astroviz.load("lensing", device="cpu"), report=say)
    if "family" in parts:
        write_family(simulated_family(120.0, say))
    asked = questions()
    for (view, name), request in asked.items():
        if view in parts and read_answer(request) is None:
            say(f"{view}: {name}: {store(request)}")
    wanted = {request.content_key()[:20] for request in asked.values()} | set(NAMED)
    for path in FOLDER.glob("*.safetensors"):
        if path.stem not in wanted:
            say(f"no longer asked: {path.name}")
            path.unlink()


if __name__ == "__main__":
    main(sys.argv[1:] or ["real", "family", "shift", "noise"])
