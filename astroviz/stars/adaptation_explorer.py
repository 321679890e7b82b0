r"""The state of the view of an adaptation, and what it shows; no widgets.

The page `/adaptation` and the notebook widget are two faces over `AdaptationExplorer`. Stars are
numbered in one list: simulated ones first, then real ones (of a mock galaxy that plays nature).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import param

from astroviz.core.history import History
from astroviz.core.selection import as_rows, combine
from astroviz.stars.adaptation_film import Cast, Film
from astroviz.stars.adaptation_shown import COLOURS, PROJECTIONS, TABLE, AdaptationShown
from astroviz.stars.experiment import NONE, ArmRecord, Experiment, Target
from astroviz.stars.share import from_query, to_query

if TYPE_CHECKING:
    from astroviz.stars.adaptation_live import AdaptationJob

__all__ = ["COLOURS", "PAIR_NUMBERS", "PROJECTIONS", "AdaptationExplorer"]

PAIR_NUMBERS = (0, 50, 200, 500, 2000)


class AdaptationExplorer(AdaptationShown):
    r"""A view of an adaptation: which arm, which step, which stars.

    Arguments:
        experiment: `astroviz.load("stars/adaptation")` when None.
        settings: Any of the parameters, or what `state` gave.

    Example:
        >>> explorer = AdaptationExplorer()  # doctest: +SKIP
        >>> explorer.pairs = 500  # doctest: +SKIP
        >>> explorer.recovery("right").text  # doctest: +SKIP
    """

    _dragged = frozenset({"frame", "pairs"})

    target: param.Selector[Any] = param.Selector(
        default="B", objects=["B"], doc="What plays nature."
    )
    pairs: param.Selector[Any] = param.Selector(
        default=500, objects=list(PAIR_NUMBERS), doc="Number of stars with known parameters."
    )
    transport = param.Boolean(default=True, doc="Optimal-transport alignment of all stars.")
    discrepancy = param.Boolean(default=False, doc="Alignment by maximum mean discrepancy.")
    floor = param.Boolean(
        default=False, doc="An error floor in every band instead of an adaptation."
    )
    guard = param.Boolean(
        default=False,
        doc="Weigh the simulated stars to the population of the real ones before aligning.",
    )
    frame = param.Integer(
        default=None, allow_None=True, bounds=(0, None),
        doc="Frame of the training film; None is the last one.",
    )  # fmt: skip
    selection = param.List(default=[], item_type=int, doc="Numbers of the selected stars.")

    def __init__(self, experiment: Experiment | None = None, **settings: Any) -> None:
        super().__init__()
        if experiment is None:
            from astroviz.core.registry import load

            experiment = load("stars/adaptation")
        self.experiment = experiment
        self.history = History()
        self._kept: dict[Any, Any] = {}
        self._live: dict[Any, AdaptationJob] = {}
        self.param["target"].objects = [t.name for t in experiment.targets]
        sentences = self.restore(settings)
        if sentences:
            raise ValueError(" ".join(sentences))
        self._watch_state()

    # State

    def state(self) -> dict[str, Any]:
        """What differs from the defaults, as JSON can hold it."""
        return {name: value for name, value in self._snapshot().items()
                if value != self.param[name].default}  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> tuple[str, ...]:
        """Take on a state; what it does not name goes back to its default."""
        sentences = [f"The view has no setting called {name!r}." for name in state
                     if name not in self.state_names()]  # fmt: skip
        values = {n: state.get(n, self.param[n].default) for n in self.state_names()}
        with self._quietly(), param.parameterized.batch_call_watchers(self):
            for name, value in values.items():
                try:
                    setattr(self, name, value)
                except (ValueError, TypeError):
                    sentences.append(_refusal(self.param[name], name, value))
        n = len(self.cast.domain)
        if self.picked is not None and self.picked >= n:
            sentences.append(f"There is no star {self.picked}: the film has {n}.")
            self.picked = None
        if any(not 0 <= k < n for k in self.selection):
            sentences.append(f"The selection names stars beyond the {n} of the film.")
            self.selection = [k for k in self.selection if 0 <= k < n]
        return tuple(sentences)

    def to_query(self) -> str:
        """The state as the query of a link."""
        state = self.state()
        if len(state.get("selection", [])) > 200:
            del state["selection"]  # too long for a link
        return to_query({k: str(v) if k == "selection" else v for k, v in state.items()})

    def from_query(self, query: str) -> tuple[str, ...]:
        """Take on the state of a link; sentences about what could not be restored."""
        state = from_query(query)
        state.pop("view", None)
        rows = str(state.pop("selection", "[]")).strip("[]")
        try:
            chosen = [int(part) for part in rows.split(",") if part.strip()]
        except ValueError:
            return (*self.restore(state), f"The selection {rows!r} cannot be read.")
        return self.restore({**state, "selection": chosen})

    def code(self) -> str:
        """The notebook cell that recreates the view."""
        arguments = ['"adaptation"', *(f"{k}={v!r}" for k, v in self.state().items())]
        return f"import astroviz\n\nview = astroviz.explore({', '.join(arguments)})\nview\n"

    # What is shown

    @property
    def live(self) -> AdaptationJob | None:
        """The run that is shown instead of what is shipped; None where there is none."""
        return self._live.get(self._scene)

    @property
    def _scene(self) -> Any:
        """What a run belongs to: a table, or a target with these switches."""
        if self.target == TABLE:
            return TABLE
        return (self.target, self.pairs, self.transport, self.discrepancy, self.floor, self.guard)

    @property
    def place(self) -> Target:
        """The target."""
        if self.target == TABLE:
            return Target(TABLE, self._live[TABLE].title, "A")
        return next(t for t in self.experiment.targets if t.name == self.target)

    @property
    def cast(self) -> Cast:
        """The stars of the film."""
        if self.target == TABLE:
            return self._live[TABLE].cast
        return self.experiment.cast(self.target)

    @property
    def arm(self) -> ArmRecord | None:
        """The shipped arm of the switches; None where none was trained.

        That of a guard which refuses is the one that adapts nothing.
        """
        if self.abstains:
            return self.experiment.arms[NONE]
        return self.experiment.choose(
            self.target, self.pairs, self.transport, self.discrepancy, self.floor, self.guard
        )

    @property
    def abstains(self) -> bool:
        """Whether the guard refuses to align: populations that differ, and no labels."""
        blind = self.guard and not self.pairs and (self.transport or self.discrepancy)
        return bool(blind and self.target != TABLE and self.shift().refusal)

    def shipped(self) -> list[ArmRecord]:
        """Arms that can be shown for this target, the one that adapts nothing first."""
        return [record for record in self.experiment.arms.values()
                if record.target == self.target or record.name == NONE]  # fmt: skip

    def take(self, name: str) -> None:
        """Set the switches to those of a shipped arm."""
        arm = self.experiment.arms[name].arm
        self.param.update(
            pairs=arm.pairs, transport=arm.transport > 0, discrepancy=arm.discrepancy > 0,
            floor=arm.floor > 0, guard=arm.guard,
        )  # fmt: skip

    def nearest(self) -> ArmRecord:
        """The shipped arm whose switches differ least from these."""

        def far(record: ArmRecord) -> tuple[int, float]:
            arm = record.arm
            have = (arm.transport > 0, arm.discrepancy > 0, arm.floor > 0, arm.guard)
            want = (self.transport, self.discrepancy, self.floor, self.guard)
            pairs = abs(np.log1p(arm.pairs) - np.log1p(self.pairs))
            return sum(a != b for a, b in zip(have, want, strict=True)), float(pairs)

        return min(self.shipped(), key=far)

    def select(self, rows: Iterable[int], mode: str = "replace") -> None:
        """Select stars by number: `replace`, `add`, `remove` or `intersect`."""
        chosen = combine(as_rows(self.selection), as_rows(list(rows)), cast(Any, mode))
        self.selection = [int(row) for row in chosen]

    def warnings(self) -> list[str]:
        """What the user should know: no such arm, populations that differ."""
        found = []
        if self.abstains:
            found.append(self.shift().refusal)
        elif self.arm is None and self.live is None:
            names = "; ".join(record.arm.title for record in self.shipped())
            found.append(
                "No checkpoint of these switches is shipped. There are: "
                f"{names}. Train this one live, or take one of them."
            )
        if shift := self.shift().warning:
            found.append(shift)
        return found

    def film(self) -> Film:
        """The film of the arm; that of an arm which is not there is the start."""
        if self.live is not None and (film := self.live.film) is not None:
            return film
        record = self.arm
        name = NONE if record is None else record.name
        key = ("film", name, self.target)
        if key not in self._kept:
            self._kept[key] = self.experiment.film(name, self.target)
        found: Film = self._kept[key]
        return found

    def start(self) -> Film:
        """The one frame before any adaptation."""
        if self.target == TABLE and (film := self._live[TABLE].film) is not None:
            return film
        key = ("film", NONE, self.target)
        if key not in self._kept:
            self._kept[key] = self.experiment.film(NONE, self.target)
        found: Film = self._kept[key]
        return found

    def show_live(self, job: AdaptationJob | None) -> None:
        """Show a run that was made here, once it has a frame; None goes back to what is shipped.

        For a user's table the target becomes `table`; show it again after every frame.
        """
        if job is None:
            self._live.pop(self._scene, None)
            if self.target == TABLE:
                self._forget_table()
            self._redraw()
            return
        if job.film is None:
            return
        if job.of_table:
            new = self._live.get(TABLE) is not job
            self._live[TABLE] = job
            self.param["target"].objects = [*(t.name for t in self.experiment.targets), TABLE]
            if new:
                self._kept = {k: v for k, v in self._kept.items() if k[-1] != TABLE}
                with self._quietly():
                    self.param.update(target=TABLE, selection=[], picked=None)
        else:
            self._live[self._scene] = job
        self._redraw()

    def _redraw(self) -> None:
        with self._quietly():  # a further frame is no step of the history
            self.param.trigger("frame")

    def _forget_table(self) -> None:
        self._kept = {k: v for k, v in self._kept.items() if k[-1] != TABLE}
        with self._quietly():
            self.param.update(target="B", selection=[], picked=None)
        self.param["target"].objects = [t.name for t in self.experiment.targets]

    @property
    def shown(self) -> int:
        """Number of the frame that is shown."""
        last = len(self.film()) - 1
        return last if self.frame is None else min(self.frame, last)

    @property
    def step(self) -> int:
        """Training step of that frame."""
        return int(self.film().steps[self.shown])

    def title(self) -> str:
        """What the view is of."""
        record = self.arm
        if self.live is not None:
            name = "adapted here"
        else:
            name = record.arm.title if record is not None else "not trained"
        return f"{self.place.title}: {name}"

    def sentence(self) -> str:
        """What the view shows, in one sentence with figures."""
        before, after = self._figures("left"), self._figures("right")
        if np.isnan(after[1]):
            return f"At step {self.step} of the adaptation to {self.place.title}: no labels."
        label = self._parameter.label
        return (
            f"At step {self.step}, 90 % intervals of {label} hold the truth of "
            f"{100 * after[0]:.0f} % of the real stars ({100 * before[0]:.0f} % without "
            f"adaptation), with an error of {after[1]:.3g}{self._error_unit} ({before[1]:.3g})."
        )


def _refusal(parameter: Any, name: str, value: Any) -> str:
    """Why a setting cannot be this, and what it can be."""
    choices = getattr(parameter, "objects", None)
    there = f"; there are {', '.join(map(str, choices))}" if choices else ""
    return f"{name} cannot be {value!r}{there}."
