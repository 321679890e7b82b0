r"""The quantities of one star as a person sees and edits them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from astroviz.io.depths import DEFAULT_LIMITS, default_error
from astroviz.io.observations import Observations, Quantity, State

__all__ = ["STATE_NAMES", "Cell", "apply_edits", "check_edit", "make_cell", "state_of"]

STATE_NAMES = tuple(state.name.lower() for state in State)
# Lower end, upper end and step of a slider: of the value, and of its error.
_RANGES: dict[str, tuple[tuple[float, float, float], tuple[float, float]]] = {
    "parallax": ((0.1, 30.0, 0.01), (0.01, 2.0)),
    "spec_teff": ((2500.0, 15000.0, 10.0), (10.0, 1000.0)),
    "spec_logg": ((0.0, 5.5, 0.01), (0.01, 0.5)),
    "spec_mh": ((-2.5, 0.6, 0.01), (0.01, 0.5)),
    "spec_lum": ((-3.0, 3.0, 0.01), (0.01, 0.5)),
}
_MAGNITUDE_REACH, _MAGNITUDE_ERROR = 3.0, (0.005, 1.0)
_STATE_HELP = {
    State.OBSERVED: "observed",
    State.NOT_COVERED: "not covered: nobody looked, which says nothing about the star",
    State.LIMIT: "not detected: fainter than the value shown, which is information",
    State.UNUSABLE: "unusable: saturated, blended or spoiled",
    State.IGNORED: "ignored: switched off here",
}


@dataclass(frozen=True)
class Cell:
    r"""One quantity of the current star, as shown and as it was.

    Arguments:
        name: Short name of the quantity.
        label: Name on screen.
        unit: Canonical unit; magnitudes are in the Vega system.
        survey: Survey it comes from.
        kind: `magnitude`, `parallax` or `label`.
        wavelength: Effective wavelength, micron; NaN if there is none.
        value: Value shown, edits applied; NaN if there is none.
        error: Its error.
        state: Its state, switches and edits applied.
        original_value: Value in the file.
        original_error: Error in the file.
        original_state: State in the file.
        lower: Lower end of a slider of the value.
        upper: Upper end.
        step: Its step.
        error_lower: Lower end of a slider of the error.
        error_upper: Upper end.
    """

    name: str
    label: str
    unit: str
    survey: str
    kind: str
    wavelength: float
    value: float
    error: float
    state: State
    original_value: float
    original_error: float
    original_state: State
    lower: float
    upper: float
    step: float
    error_lower: float
    error_upper: float

    @property
    def edited(self) -> bool:
        """Whether value, error or state differ from the file, switches apart."""
        changed = self.state not in (self.original_state, State.IGNORED)
        pairs = ((self.value, self.original_value), (self.error, self.original_error))
        return changed or any(not np.isclose(*pair, equal_nan=True) for pair in pairs)

    @property
    def help(self) -> str:
        """What the state means, in words."""
        return f"{self.label} ({self.survey}, {self.unit}): {_STATE_HELP[self.state]}"


def state_of(name: str) -> State:
    """The state of a name such as `limit`; ValueError naming what there is."""
    if name not in STATE_NAMES:
        raise ValueError(f"{name!r} is no state; use one of {', '.join(STATE_NAMES)}")
    return State[name.upper()]


def check_edit(quantity: Quantity, value: float | None, error: float | None) -> None:
    """ValueError with a sentence when a value or an error cannot be what it is."""
    for what, number in (("value", value), ("error", error)):
        if number is not None and not np.isfinite(number):
            raise ValueError(f"the {what} of {quantity.label} must be a finite number")
    if error is not None and error <= 0:
        raise ValueError(f"the error of {quantity.label} must be positive, not {error:g}")
    if quantity.name == "spec_teff" and value is not None and value <= 0:
        raise ValueError(f"{quantity.label} must be positive, not {value:g} K")


def apply_edits(
    star: Observations,
    values: Mapping[str, float],
    errors: Mapping[str, float],
    states: Mapping[str, str],
    surveys: Iterable[str],
) -> Observations:
    r"""A star with edits and switches applied.

    Arguments:
        star: One row, as in the file.
        values: Quantity to edited value.
        errors: Quantity to edited error.
        states: Quantity to the name of an edited state.
        surveys: Surveys and kinds of spectra that are switched on.
    """
    for name in {**values, **errors, **states}:
        state = state_of(states[name]) if name in states else None
        star = star.with_value(name, values.get(name), errors.get(name), state)
    star = _completed(star)
    on = set(surveys)
    switched_off = [q.name for q in star.quantities if q.survey not in on]
    switched_off += [found.name for found in star.spectra if found.label not in on]
    return star.ignoring(switched_off)


def _completed(star: Observations) -> Observations:
    """Fill in what an edit leaves open: a usual error, a usual depth, or a gap after all."""
    star = star.select([0])  # a copy: the star as in the file stays as it is
    g = star.values[:, star.index("g")] if "g" in star.names else np.array([np.nan])
    for k, quantity in enumerate(star.quantities):
        state, value, error = star.states[0, k], star.values[0, k], star.errors[0, k]
        if state == State.LIMIT and np.isnan(value):
            depth = DEFAULT_LIMITS.get(quantity.name, np.nan)
            star.values[0, k] = depth
            if np.isnan(depth):
                star.states[0, k] = State.NOT_COVERED
        elif state == State.OBSERVED and np.isnan(value):
            star.states[0, k] = State.NOT_COVERED
        elif state == State.OBSERVED and np.isnan(error):
            star.errors[0, k] = default_error(quantity, g)[0]
    return star


def make_cell(name: str, original: Observations, shown: Observations) -> Cell:
    """One quantity of a star from its row in the file and its row as shown."""
    k = shown.index(name)
    quantity = shown.quantities[k]
    value = float(shown.values[0, k])
    (lower, upper, step), errors = _slider(quantity, float(original.values[0, k]))
    if np.isfinite(value):
        lower, upper = min(lower, value), max(upper, value)
    return Cell(
        quantity.name,
        quantity.label,
        quantity.unit,
        quantity.survey,
        quantity.kind,
        quantity.wavelength,
        value,
        float(shown.errors[0, k]),
        State(int(shown.states[0, k])),
        float(original.values[0, k]),
        float(original.errors[0, k]),
        State(int(original.states[0, k])),
        lower,
        upper,
        step,
        *errors,
    )


def _slider(
    quantity: Quantity, value: float
) -> tuple[tuple[float, float, float], tuple[float, float]]:
    """Ends and step of the slider of a value, and ends of the slider of its error."""
    if quantity.kind == "magnitude":
        middle = value if np.isfinite(value) else DEFAULT_LIMITS.get(quantity.name, 16.0) - 4.0
        middle = round(middle, 2)
        return (middle - _MAGNITUDE_REACH, middle + _MAGNITUDE_REACH, 0.01), _MAGNITUDE_ERROR
    return _RANGES[quantity.name]
