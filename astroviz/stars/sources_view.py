r"""Which surveys and spectra a view uses, and in which order they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import param

from astroviz.core.remembered import Remembered
from astroviz.stars.spectrographs import SOURCES
from astroviz.stars.surveys import SURVEYS

if TYPE_CHECKING:
    from astroviz.io.observations import Observations

__all__ = ["SourcesView"]


class _Arrival(param.List):
    """Surveys in an order; those that are not named come after the others."""

    def _validate_value(self, val: Any, allow_None: bool) -> None:
        super()._validate_value(val, allow_None)
        if unknown := [survey for survey in val if survey not in SOURCES]:
            raise ValueError(f"no survey {unknown[0]!r}; there are {', '.join(SOURCES)}")
        if len(set(val)) < len(val):
            raise ValueError(f"a survey arrives twice in {', '.join(val)}")


class SourcesView(Remembered):
    """The part of a view's state that says what of a star may be used."""

    surveys = param.ListSelector(
        default=list(SOURCES),
        objects=list(SOURCES),
        doc="Surveys and kinds of spectra that the model may use.",
    )
    arrival = _Arrival(default=list(SOURCES), doc="Order in which the surveys arrive.")

    @property
    def observations(self) -> Observations:
        """All stars of the table."""
        raise NotImplementedError

    @property
    def sources(self) -> tuple[str, ...]:
        """Surveys, and the kinds of spectra that the open table has."""
        return (*SURVEYS, *(found.label for found in self.observations.spectra))

    @property
    def in_use(self) -> list[str]:
        """Those of `sources` that are switched on."""
        return [name for name in self.sources if name in self.surveys]

    def switch(self, name: str, on: bool) -> None:
        """Switch a survey or a kind of spectrum on or off."""
        self.surveys = [s for s in SOURCES if (s in self.surveys and s != name)
                        or (s == name and on)]  # fmt: skip

    def arrivals_of(self, surveys: Sequence[str]) -> list[str]:
        """Some surveys in the order in which they arrive."""
        order = [*self.arrival, *(survey for survey in SOURCES if survey not in self.arrival)]
        return [survey for survey in order if survey in surveys]

    def let_arrive(self, survey: str, step: int, among: Sequence[str]) -> None:
        r"""Let a survey change places with another.

        Arguments:
            survey: Its name.
            step: -1 for the one before it, +1 for the one after.
            among: The surveys that are shown; others are passed over.
        """
        shown = self.arrivals_of(among)
        place = shown.index(survey)
        if not 0 <= place + step < len(shown):
            return
        order = self.arrivals_of(SOURCES)
        one, other = order.index(survey), order.index(shown[place + step])
        order[one], order[other] = order[other], order[one]
        self.param.update(arrival=order)
