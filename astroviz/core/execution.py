r"""Running a micro-batch: delivery, cancelling, running out of memory, failing for one only."""

from __future__ import annotations

import gc
import logging
import traceback
from collections.abc import Callable, Sequence

import numpy as np
import torch

from astroviz.core.draws import Draws, join
from astroviz.core.request import FIRST_CHUNK, Cancelled, Chunk, Request
from astroviz.core.ticket import Ticket

__all__ = ["OutOfMemory", "Question", "answer", "is_out_of_memory"]

logger = logging.getLogger(__name__)

_MEMORY_SENTENCES = ("out of memory", "not enough memory", "can't allocate memory")
_SMALLEST = FIRST_CHUNK // 4


class OutOfMemory(RuntimeError):
    """A single request does not fit into the memory of the device; the message is for people."""


class Question:
    """One question and everybody who asked it.

    Arguments:
        request: The question.
        tickets: Tickets of equal content: they get the same answer.
    """

    def __init__(self, request: Request, tickets: Sequence[Ticket]) -> None:
        self.request, self.tickets = request, tuple(tickets)
        self.delivered = 0
        self._chunks: list[Chunk] = []
        self._head: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    @property
    def settled(self) -> bool:
        """Whether nobody waits any more."""
        return all(ticket.done for ticket in self.tickets)

    @property
    def complete(self) -> bool:
        """Whether all draws were delivered."""
        return self.delivered == self.request.n

    def start(self) -> None:
        """Find the names of the columns; the work begins."""
        if self._head is None:
            self._head = self.request.sampler.columns(self.request)
        for ticket in self.tickets:
            ticket.start()

    def accept(self, chunk: Chunk, position: int) -> int:
        """Pass on what is new in a chunk.

        Arguments:
            chunk: From the sampler.
            position: Number of draws that came before it in this attempt; a further attempt
                repeats what an earlier one had delivered.

        Returns:
            The number of draws up to the end of the chunk.
        """
        assert self._head is not None
        names, units = self._head
        end = position + len(chunk.values)
        if end > self.request.n:
            raise RuntimeError(f"{self._name} gave {end} draws where {self.request.n} were asked")
        if chunk.preview:
            shown = join([chunk], names, units, self.request.seed).frozen()
            for ticket in self.tickets:
                ticket.deliver(shown)
            return end
        skip = self.delivered - position
        if skip > 0:
            chunk = _without_first(chunk, skip)
        if not len(chunk.values):
            return end
        part = join([chunk], names, units, self.request.seed).frozen()
        self._chunks.append(chunk)
        self.delivered = end
        for ticket in self.tickets:
            ticket.deliver(part)
            ticket.advance(self.delivered / self.request.n)
        return end

    def finish(self) -> Draws:
        """Answer the tickets; returns the answer."""
        assert self._head is not None
        result = join(self._chunks, *self._head, self.request.seed).frozen()
        for ticket in self.tickets:
            ticket.finish(result)
        return result

    def fail(self, error: Exception) -> None:
        """There will be no answer."""
        for ticket in self.tickets:
            ticket.fail(error)

    @property
    def _name(self) -> str:
        return self.request.sampler.name

    def require_complete(self) -> None:
        """Raise if the sampler stopped early."""
        if not self.complete:
            raise RuntimeError(
                f"{self._name} gave {self.delivered} draws where {self.request.n} were asked"
            )


class _Control:
    """What a running sampler hears; see `request.Control`."""

    def __init__(
        self, questions: Sequence[Question], max_draws: int | None, pause: Callable[[], None]
    ) -> None:
        self._questions, self._max_draws, self._pause = questions, max_draws, pause

    @property
    def max_draws(self) -> int | None:
        return self._max_draws

    def check(self) -> None:
        self._pause()
        if all(question.settled for question in self._questions):
            raise Cancelled("nobody waits for the answer any more")

    def progress(self, fraction: float) -> None:
        # 1 is said by the answer itself
        for question in self._questions:
            for ticket in question.tickets:
                ticket.advance(min(fraction, 0.999))


def answer(
    questions: Sequence[Question],
    device: torch.device,
    pause: Callable[[], None],
    store: Callable[[Request, Draws], None],
) -> None:
    """Answer questions of one micro-batch; afterwards every ticket is done.

    A batch that does not fit into memory is split, a batch that fails is asked one by one, so
    that a question fails only by itself.

    Arguments:
        questions: Of the same sampler and batch key.
        device: Where to compute.
        pause: Called between solver steps; may do other work, raises `Cancelled` to stop.
        store: Told of every answer.
    """
    waiting: list[tuple[list[Question], int | None]] = [(list(questions), None)]
    while waiting:
        part, max_draws = waiting.pop()
        part = [question for question in part if not question.settled]
        if not part:
            continue
        error = _attempt(part, device, _Control(part, max_draws, pause), store)
        part = [question for question in part if not question.settled]
        if error is None or not part:
            continue
        if isinstance(error, Cancelled):
            for question in part:
                question.fail(error)
        elif is_out_of_memory(error):
            _free_memory(device)
            waiting.extend(_smaller(part, max_draws, device))
        elif len(part) > 1:
            waiting.extend(([question], max_draws) for question in reversed(part))
        else:
            logger.warning("a request to %s failed", part[0].request.sampler.name, exc_info=error)
            part[0].fail(error)


def _attempt(
    questions: list[Question],
    device: torch.device,
    control: _Control,
    store: Callable[[Request, Draws], None],
) -> Exception | None:
    try:
        # an interrupted sampler's gradient and inference modes must not reach this one
        with torch.inference_mode(False), torch.no_grad():
            _run(questions, device, control, store)
    except BaseException as error:
        # samplers are foreign code. Frames hold tensors, which would keep the memory that the
        # next attempt needs
        traceback.clear_frames(error.__traceback__)
        return error if isinstance(error, Exception) else _tamed(error)
    return None


def _tamed(error: BaseException) -> Exception:
    """An attempt to end the process is only a failed answer, for this client as for the others."""
    name = type(error).__name__
    tamed = RuntimeError(f"the sampler raised {name}: {error}")
    tamed.__cause__ = error
    return tamed


def _run(
    questions: list[Question],
    device: torch.device,
    control: _Control,
    store: Callable[[Request, Draws], None],
) -> None:
    for question in questions:
        question.start()
    requests = [question.request for question in questions]
    positions = [0] * len(questions)
    stream = requests[0].sampler.draw(requests, device, control)
    try:
        for chunks in stream:
            for k, (question, chunk) in enumerate(zip(questions, chunks, strict=True)):
                if chunk is None or question.settled:
                    continue
                positions[k] = question.accept(chunk, positions[k])
                if question.complete:
                    store(question.request, question.finish())
            if all(question.settled for question in questions):
                return
            control.check()
    finally:
        close = getattr(stream, "close", None)
        if close is not None:
            close()
    for question in questions:
        question.require_complete()


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, on any kind of device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(said in text for said in _MEMORY_SENTENCES)


def _free_memory(device: torch.device) -> None:
    if device.type == "cpu":
        return  # what frames held is free already, and a collection stops every other thread
    gc.collect()
    (torch.cuda if device.type == "cuda" else torch.mps).empty_cache()


def _smaller(
    part: list[Question], max_draws: int | None, device: torch.device
) -> list[tuple[list[Question], int | None]]:
    """The same work in smaller pieces, the last to be done first; none if it cannot be split."""
    if len(part) > 1:
        half = len(part) // 2
        return [(part[half:], max_draws), (part[:half], max_draws)]
    request = part[0].request
    fewer = (max_draws or request.n) // 4
    if fewer >= _SMALLEST:
        return [(part, fewer)]
    part[0].fail(
        OutOfMemory(
            f"the memory of {device} is too small for {request.n} draws of "
            f"{request.sampler.name}, even for this request alone: ask for fewer draws, close "
            "what else uses the memory, or choose device='cpu'"
        )
    )
    return []


def _without_first(chunk: Chunk, count: int) -> Chunk:
    per_draw = {name: np.asarray(array)[count:] for name, array in chunk.per_draw.items()}
    return Chunk(chunk.values[count:], per_draw, chunk.constants)
