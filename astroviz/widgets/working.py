r"""Views of a room that also do work that takes long, beside the questions to the engine."""

from __future__ import annotations

from typing import Any, ClassVar

from astroviz.widgets.lensing_stills import Still, images_png
from astroviz.widgets.live import Worker
from astroviz.widgets.room import RoomWidget

__all__ = ["WorkingWidget"]

_PATIENCE_S = 600.0  # for work that is waited for


class WorkingWidget(RoomWidget):
    """One view that shows pictures where no widget can live, and works in the background."""

    across: ClassVar[int] = 4
    """Pictures in a row of the still."""
    _worker: Worker | None = None

    def stills(self) -> list[Still]:
        """Pictures that stand for the view where no widget can live."""
        raise NotImplementedError

    def picture(self) -> bytes | None:
        """The pictures of the view, once what is asked is answered."""
        self.wait()
        return images_png(self.stills(), self.across)

    # Work that takes long

    def work(self, what: str, make: Any, done: Any) -> None:
        r"""Do a piece of work beside the kernel's main thread; a newer one takes its place.

        Arguments:
            what: Words for it.
            make: Gives the work, a function of `progress` and `check`; a ValueError says why
                there is none.
            done: Called with what it found.
        """
        try:
            piece = make()
        except ValueError as error:
            self._say(_sentence(error))
            return

        def finished(found: Any) -> None:
            done(found)
            self._say(f"{what}: done.", "answer")

        self._say(f"{what} ...", "answer")
        self._worker = Worker(finished, lambda error: self._say(_sentence(error)))
        self._worker.start(lambda control: piece(control.progress, control.check))

    def wait(self) -> None:
        """Wait until what is being asked is answered, and work is done."""
        if self._ready and self._worker is not None:
            self._worker.settle(_PATIENCE_S)
        super().wait()

    def stop(self) -> None:
        """Give up what is being asked, and work that is under way."""
        self._asker.cancel()
        if self._worker is not None:
            self._worker.cancel()
        self._say("Given up; the last pictures stay.", "answer")

    def stop_button(self) -> Any:
        """To give up what is under way."""
        return self.button("Stop", self.stop, "Give it up; the last pictures stay")


def _sentence(error: BaseException) -> str:
    words = str(error.args[0] if error.args else error) or type(error).__name__
    return f"{words[:1].upper()}{words[1:]}"
