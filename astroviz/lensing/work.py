r"""A long piece of work: whom it tells how far it is, and who may stop it, in parts."""

from __future__ import annotations

from collections.abc import Callable

from astroviz.core.request import Control

__all__ = ["Work"]


class Work:
    r"""A `Control` over a part of something longer.

    Arguments:
        progress: Told the share of the whole that is done.
        check: Raises when the work is to stop.
        begin: Share at which this part begins.
        end: Share at which it ends.
        max_draws: At most so many draws at one time; None for as many as the sampler likes.

    Example:
        >>> told = []
        >>> Work(told.append, lambda: None).part(0.5, 1.0).progress(0.5)
        >>> told
        [0.75]
    """

    def __init__(
        self,
        progress: Callable[[float], None],
        check: Callable[[], None],
        begin: float = 0.0,
        end: float = 1.0,
        max_draws: int | None = None,
    ) -> None:
        self._progress, self.check, self.max_draws = progress, check, max_draws
        self._begin, self._end = begin, end

    @classmethod
    def of(cls, control: Control) -> Work:
        """The whole of what a control is told of."""
        return cls(control.progress, control.check, max_draws=control.max_draws)

    def progress(self, fraction: float) -> None:
        """A share of this part is done."""
        self._progress(self._begin + fraction * (self._end - self._begin))

    def part(self, begin: float, end: float) -> Work:
        """A part of this part, from one share of it to another."""
        wide = self._end - self._begin
        return Work(self._progress, self.check, self._begin + begin * wide,
                    self._begin + end * wide, self.max_draws)  # fmt: skip
