r"""Priors of sources on trial: as laws against unseen images, and behind simulated lenses."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Control
from astroviz.core.trials import part_sizes
from astroviz.lensing.lens_coverage import Sources, simulated_lenses
from astroviz.lensing.linear import LinearProblem, stack
from astroviz.lensing.prior_checks import unseen
from astroviz.lensing.sampling import draw
from astroviz.lensing.settings import LIVE
from astroviz.lensing.stories import truth_of

__all__ = ["LAW_DRAWS", "LENS_DRAWS", "parts"]

LAW_DRAWS = 4
"""Draws of a law for each unseen image at most: a network is asked 39 times for one."""
LENS_DRAWS = 16
"""Draws of a source behind a lens at most: a network is asked 108 times for one."""

_STEPS = 20  # Heun steps of a draw of a law
_TOGETHER = 8  # lenses whose chains run in one batch
_NOISE = 0.1  # of a pixel of a simulated image, prior units
_FLOOR = 0.01  # noise of images and draws of a law, prior units: a tenth of the lenses' noise
_APART = 1_000_003


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Unseen images or simulated lenses, and draws.

    Arguments:
        model: A prior, or `lensing/rounds`.
        count: Number of objects.
        draws: Draws of each; at most `LAW_DRAWS` of a law and `LENS_DRAWS` behind a lens.
        seed: Seed of everything.
        control: May stop the work; hears of progress.
        case: One of `trials.cases`.
    """
    if case in ("lenses", "sampler"):
        yield from _lenses(model, count, min(draws, LENS_DRAWS), seed, control, case)
        return
    prior, truth = _subject(model, count, seed, case)
    each = min(draws, LAW_DRAWS)
    done = 0
    for step, size in enumerate(part_sizes(len(truth), first=8, most=32)):
        control.check()
        found = prior.sample(size * each, seed + 7 + step, _STEPS, _Part(control)).cpu()
        true, found = _as_seen(truth[done : done + size], found, seed + step)
        done += size
        control.progress(done / len(truth))
        yield {
            **_images(prior, true, found.view(size, each, -1), "unseen image", done - size),
            "model": model.name,
            "seed": seed,
            "notes": (
                "A law without data: every true image has draws of its own, which know nothing "
                f"of it, {each} of them, since each asks the network 39 times.",
                f"Images and draws carry noise of {_FLOOR:g} of the prior's unit: an image is "
                "exactly dark at its rim, a draw only nearly, and ranks would see nothing else.",
            ),
        }


def _as_seen(truths: Tensor, found: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Images and draws with the same small noise, as no telescope sees less."""
    generator = torch.Generator().manual_seed(seed + _APART)
    return (truths + _FLOOR * torch.randn(truths.shape, generator=generator),
            found + _FLOOR * torch.randn(found.shape, generator=generator))  # fmt: skip


class _Part:
    """A control for a part of the work: it may stop it, but does not hear of its progress."""

    def __init__(self, control: Control) -> None:
        self.control, self.max_draws = control, control.max_draws

    def check(self) -> None:
        """As of the whole."""
        self.control.check()

    def progress(self, fraction: float) -> None:
        """Of the part alone: nobody listens."""


def _subject(model: Any, count: int, seed: int, case: str) -> tuple[Any, Tensor]:
    """The prior in question, and true images of its law."""
    if case == "law":
        return model, unseen(model, count, _APART + seed).cpu()
    name, _, place = case.partition(", ")
    story = model.story(name)
    one = story.rounds[-1 if place.startswith("last") else 0]
    return one.prior, truth_of(story.story.seen, count, _APART + seed, held_out=True).cpu()


def _images(prior: Any, truths: Tensor, found: Tensor, called: str, first: int) -> dict[str, Any]:
    side = prior.pixels
    return {
        "truths": truths.float().numpy(),
        "draws": found.float().numpy(),
        "names": tuple(f"pixel_{r}_{c}" for r in range(side) for c in range(side)),
        "units": ("",) * side**2,
        "geometry": "image",
        "ids": tuple(f"{called} {first + k + 1}" for k in range(len(truths))),
    }


def _lenses(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    """Sources behind simulated lenses, each with a lens of its own that the sampler knows."""
    law: Sources = "law" if case == "lenses" else "prior"
    known = model.draw_truth(512, seed + _APART) if law == "law" else None
    done = 0
    while done < count:
        control.check()
        places = range(done, min(done + _TOGETHER, count))
        problems, truths = simulated_lenses(model, places, seed, _NOISE, sources=law)
        found = _posteriors(model, problems, draws, seed + _APART * (done + 1), control)
        done = places[-1] + 1
        control.progress(done / count)
        part = _images(model, truths, found, "lens", places[0])
        if known is not None:
            part["prior"] = known.cpu().float().numpy()
        yield {**part, **_likelihoods(problems, truths, found), "model": model.name, "seed": seed,
               "notes": (f"{draws} draws of each source, since each asks the network 108 times.",
                         "The sampler knows the lens and the noise of every image.")}  # fmt: skip


def _posteriors(
    model: Any, problems: list[LinearProblem], draws: int, seed: int, control: Control
) -> Tensor:
    """Draws of the sources, shape (N, L, d)."""
    together = problems[0] if len(problems) == 1 else stack(problems)
    frames = draw(model, together, LIVE, draws * len(problems), seed % 2**31, _Part(control))
    (last,) = deque(frames, maxlen=1)
    return last.samples.detach().cpu().view(len(problems), draws, -1)


def _likelihoods(problems: list[LinearProblem], truths: Tensor, found: Tensor) -> dict[str, Any]:
    """Observed images, residual chi^2 of the draws, and likelihoods of truths and draws."""
    true = torch.cat([p.chi_square(x[None]) for p, x in zip(problems, truths, strict=True)])
    drawn = torch.stack([p.chi_square(x) for p, x in zip(problems, found, strict=True)])
    seen = np.stack([p.data.float().numpy() for p in problems])
    side = int(seen.shape[1] ** 0.5)
    noisy = seen.reshape(len(seen), side, side).mean((1, 2))
    return {
        "observations": seen,
        "observation_names": tuple(f"image_{r}_{c}" for r in range(side) for c in range(side)),
        "chi_square": (drawn.numpy(), np.array([float(p.pixels) for p in problems])),
        "log_likelihood": (-0.5 * true.numpy(), -0.5 * drawn.numpy()),
        "places": {"mean brightness of the image": noisy,
                   "peak of the image": seen.max(1)},
        "place_units": {"mean brightness of the image": "", "peak of the image": ""},
    }  # fmt: skip
