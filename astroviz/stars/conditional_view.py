"""The part of a view of stars that asks any conditional: given, wanted, ignored."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.request import Priority, Request
from astroviz.stars.anything import conditional_request, told
from astroviz.stars.encoder import DEPENDENCIES, dependency_mask
from astroviz.stars.parameters import PARAMETERS
from astroviz.stars.question import COLUMNS, OBSERVABLES, Question
from astroviz.stars.surveys import QUANTITIES, SURVEYS

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.io.observations import Observations

__all__ = ["LARGEST", "QUESTIONS", "TOKENS", "ConditionalView", "Place"]

TOKENS = (*(q.label for q in QUANTITIES), *(p.label for p in PARAMETERS), "whole star")
"""Names of the network's tokens on screen."""

LARGEST = 4
"""Things that are drawn of those that are wanted: more make panels too small to read."""

_GIVABLE = tuple(parameter.name for parameter in PARAMETERS)
_EXAMPLE_VALUES = {"log_age": 7.0, "log_mass": -0.3, "metallicity": 0.0, "a_v": 0.5, "r_v": 3.1,
                   "distance": 140.0, "excess_amplitude": 0.0, "excess_slope": 1.8,
                   "excess_onset": 4.0}  # fmt: skip
Place = dict[str, Any]
_PLAIN = 3  # observables


class _Wanted(param.List):
    """What is drawn; one thing at least, each known and named once."""

    def _validate_value(self, val: Any, allow_None: bool) -> None:
        super()._validate_value(val, allow_None)
        Question(tuple(val))
        if len(set(val)) < len(val):
            raise ValueError(f"something is wanted twice in {', '.join(val)}")


class _Hidden(param.List):
    """Observables that are not told."""

    def _validate_value(self, val: Any, allow_None: bool) -> None:
        super()._validate_value(val, allow_None)
        Question(("log_age",), ignored=tuple(val))


class _Given(param.Dict):
    """Parameters with their values."""

    def _validate_value(self, val: Any, allow_None: bool) -> None:
        super()._validate_value(val, allow_None)
        Question(("g",), given={name: float(value) for name, value in val.items()})


class _Within(param.Dict):
    """Parameters between two values."""

    def _validate_value(self, val: Any, allow_None: bool) -> None:
        super()._validate_value(val, allow_None)
        Question(("g",), within={name: tuple(ends) for name, ends in val.items()})


@dataclasses.dataclass(frozen=True)
class Example:
    r"""A question to start from.

    Arguments:
        name: What it is called.
        sentence: What it asks.
        wanted: What is drawn.
        given: Parameters with values.
        told: Observables that are told; None for all that were observed.
    """

    name: str
    sentence: str
    wanted: tuple[str, ...]
    given: Mapping[str, float] = dataclasses.field(default_factory=dict)
    told: tuple[str, ...] | None = None


QUESTIONS: tuple[Example, ...] = (
    Example("posterior", "What the measurements say of the star.",
            ("log_age", "log_mass", "a_v", "effective_temperature")),
    Example("age at A_V = 0.5", "The same, were the extinction known.",
            ("log_age", "log_mass", "effective_temperature"), {"a_v": 0.5}),
    Example("predict WISE", "What WISE would see, given all the rest.", ("w1", "w2", "w3", "w4"),
            {}, tuple(q.name for q in QUANTITIES if q.survey != "WISE")),
    Example("age from Teff and L", "Age and mass from temperature and luminosity alone.",
            ("log_age", "log_mass"), {}, ("spec_teff", "spec_lum")),
    Example("likelihood", "What surveys would see of a star of given parameters.",
            ("g", "bp", "ks", "w1"), _EXAMPLE_VALUES, ()),
    Example("joint", "Nothing is known: parameters and magnitudes as the simulator makes them.",
            ("log_age", "log_mass", "g", "ks"), {}, ()),
)  # fmt: skip


class ConditionalView(param.Parameterized):
    """Parameters and methods of the editor of questions; mixed into the explorer."""

    wanted = _Wanted(
        default=list(QUESTIONS[0].wanted), doc="Parameters and observables that are drawn."
    )
    given = _Given(default={}, doc="Parameters that are given, with their values.")
    hidden = _Hidden(default=[], doc="Observables that the editor of questions does not tell.")
    within = _Within(default={}, doc="Parameters held between two values.")
    dependency: param.Selector[Any] = param.Selector(
        default="dense", objects=list(DEPENDENCIES), doc="Which token listens to which (M_E)."
    )

    model: Any
    n_draws: int
    seed: int
    exact: bool

    def observation(self) -> Observations:
        """The current star, one row."""
        raise NotImplementedError

    def answering_model(self) -> Any:
        """The model that answers the question.

        A plain posterior from three observables or more goes to the photometric model, which is
        better calibrated there; everything else, and every other mask, to the joint one. A star
        with spectra goes to the model that reads them, which knows the dense mask only.
        """
        if self.observation().spectra_of(0):
            return self.model.spectral()
        if self.dependency == "dense" and not self.given and len(self.told()) >= _PLAIN:
            return self.model
        return self.model.joint(self.dependency)

    def question(self) -> Question:
        """The question as it stands; ValueError with a sentence where it contradicts itself."""
        return Question(
            tuple(self.wanted), dict(self.given), tuple(self.hidden),
            {name: (float(a), float(b)) for name, (a, b) in self.within.items()},
        )  # fmt: skip

    def conditional(self, priority: Priority = "interactive") -> Request:
        """The question, for the engine."""
        posterior = self.answering_model().posterior(self.observation())
        return conditional_request(
            posterior, self.question(), self.n_draws, self.seed, priority, refine=self.exact
        )

    def told(self) -> list[str]:
        """Observables that the model is told."""
        return told(self.observation().states[0], self.question())

    def listening(self) -> tuple[np.ndarray, list[bool]]:
        r"""Which token listens to which, shape :math:`(T, T)`, and which of them are told."""
        known = {*self.told(), *self.given}
        names = [q.name for q in QUANTITIES] + [p.name for p in PARAMETERS]
        return dependency_mask(self.dependency).numpy(), [*(n in known for n in names), True]

    def asked_words(self) -> tuple[str, str]:
        """What kind of question it is, and the question in symbols."""
        question, count = self.question(), len(self.told())
        return question.kind(count), question.text(f"{count} observables" if count else "")

    def answer_words(self, draws: Draws) -> str:
        """Who answered, and how many draws are left."""
        effective, name = float(draws.extras["effective_size"]), self.answering_model().card.name
        words = f"By {name}. Effective sample size {effective:,.0f} of {len(draws):,} draws"
        if self.within:
            words += f"; {float(draws.extras['accepted']):.1%} of all draws meet the interval"
        if self.observation().spectra_of(0) and self.dependency != "dense":
            words += "; with spectra every token listens to all: switch them off for another mask"
        more = len(self.wanted) > LARGEST
        return words + "." + (f" Drawn: the first four of {len(self.wanted)}." if more else "")

    def tell(self, message: Mapping[str, Any]) -> None:
        r"""Do what a board of chips says.

        Arguments:
            message: `name` with `to` (a place), `within` (two ends, or None) or `value`.

        Raises:
            ValueError: With a sentence, where that cannot be.
        """
        name = str(message["name"])
        if "to" in message:
            self.move(name, str(message["to"]))
        elif "within" in message:
            self.hold(name, message["within"])
        elif "value" in message:
            self.give(name, float(message["value"]))

    def move(self, name: str, to: str) -> None:
        r"""Give, want or ignore something.

        Arguments:
            name: A parameter, derived quantity or observable.
            to: `given`, `wanted` or `ignored`.

        Raises:
            ValueError: Where that cannot be: an observable without a value cannot be given.
        """
        if to not in ("given", "wanted", "ignored"):
            raise ValueError(f"{name} can be given, wanted or ignored, not {to!r}")
        wanted = [other for other in self.wanted if other != name]
        if to == "wanted":
            wanted.append(name)
        change: dict[str, Any] = {"wanted": wanted}
        if name in COLUMNS:
            given = {other: value for other, value in self.given.items() if other != name}
            if to == "given":
                given[name] = self._value_to_give(name)
            change["given"] = given
        else:
            hidden = [other for other in self.hidden if other != name]
            if to == "ignored":
                hidden.append(name)
            elif to == "given":
                self._require_value(name)
            change["hidden"] = hidden
        if not wanted:
            raise ValueError("nothing would be wanted any more: want something else first")
        self._check(**change)
        self.param.update(**change)

    def hold(self, name: str, ends: Sequence[float] | None) -> None:
        """Hold a parameter between two values, or let it go."""
        within = {other: pair for other, pair in self.within.items() if other != name}
        if ends is not None:
            within[name] = [float(end) for end in ends]
        self._check(within=within)
        self.param.update(within=within)

    def give(self, name: str, value: float) -> None:
        """Give a parameter another value."""
        given = {**self.given, name: float(value)}
        self._check(given=given, wanted=[other for other in self.wanted if other != name])
        self.param.update(given=given)

    def start_question(self, name: str) -> None:
        """Take one of the example questions."""
        example = next((q for q in QUESTIONS if q.name == name), None)
        if example is None:
            names = ", ".join(q.name for q in QUESTIONS)
            raise ValueError(f"no question called {name!r}; there are {names}")
        keep = OBSERVABLES if example.told is None else example.told
        hidden = [other for other in OBSERVABLES if other not in keep]
        self.param.update(
            wanted=list(example.wanted), given=dict(example.given), hidden=hidden, within={}
        )

    def places(self) -> list[Place]:
        """Everything that can be given, wanted or ignored, as the editor shows it."""
        star = self.observation()
        told_now = set(self.told())
        found: list[Place] = []
        for name, p in COLUMNS.items():
            place = "wanted" if name in self.wanted else "ignored"
            place = "given" if name in self.given else place
            found.append({
                "name": name, "label": p.label, "unit": p.unit, "place": place,
                "group": "Parameters" if name in _GIVABLE else "Derived",
                "value": self.given.get(name), "within": self.within.get(name),
                "lower": p.lower, "upper": p.upper, "can_be_given": name in _GIVABLE,
            })  # fmt: skip
        for k, q in enumerate(QUANTITIES):
            place = "wanted" if q.name in self.wanted else "ignored"
            place = "given" if q.name in told_now else place
            value = float(star.values[0, k])
            found.append({
                "name": q.name, "label": q.label, "unit": q.unit, "place": place,
                "group": q.survey, "value": value if np.isfinite(value) else None,
                "within": None, "lower": None, "upper": None,
                "can_be_given": bool(np.isfinite(value)),
            })  # fmt: skip
        return sorted(found, key=lambda row: _GROUPS.index(row["group"]))

    def _check(self, **change: Any) -> None:
        """ValueError if the question would contradict itself."""
        now = {name: getattr(self, name) for name in ("wanted", "given", "hidden", "within")}
        now |= change
        Question(tuple(now["wanted"]), now["given"], tuple(now["hidden"]),
                 {name: tuple(ends) for name, ends in now["within"].items()})  # fmt: skip

    def _value_to_give(self, name: str) -> float:
        if name not in _GIVABLE:
            Question(("g",), given={name: 0.0})  # raises the right sentence
        if name in self.within:
            return float(np.mean(self.within[name]))
        return self.given.get(name, _EXAMPLE_VALUES[name])

    def _require_value(self, name: str) -> None:
        k = OBSERVABLES.index(name)
        if not np.isfinite(self.observation().values[0, k]):
            raise ValueError(
                f"{QUANTITIES[k].label} was not measured: type a value for it in the Star view "
                "first, or want it"
            )


_GROUPS = ("Parameters", "Derived", *SURVEYS)
