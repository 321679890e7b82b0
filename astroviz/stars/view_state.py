r"""What a view of stars shows, as parameters: in and out of links, undone and redone."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import param
from param.parameterized import batch_call_watchers

from astroviz.core.history import History
from astroviz.core.selection import Rows, as_rows, pack, unpack
from astroviz.stars.catalogue import Catalogue, open_catalogue
from astroviz.stars.cells import STATE_NAMES, check_edit, state_of
from astroviz.stars.parameters import DERIVED, PARAMETERS
from astroviz.stars.presets import PRESETS, example_catalogue, surprise_catalogue
from astroviz.stars.reweight import check_prior
from astroviz.stars.share import from_query, to_query
from astroviz.stars.sources_view import SourcesView
from astroviz.stars.surveys import BANDS, QUANTITIES

if TYPE_CHECKING:
    from astroviz.io.mapping import ColumnMapping
    from astroviz.io.observations import Observations

__all__ = ["ViewState"]

_COLUMNS = [parameter.name for parameter in (*PARAMETERS, *DERIVED)]
_BAND_NAMES = [band.name for band in BANDS]
# Parameters that speak about the rows of one table.
_OF_TABLE = ("row", "values", "errors", "states", "selection", "selections", "pinned", "picked")
_SURPRISE = "surprise:"
_MOST_RUNS = 500
# Parameters under sliders, whose changes come in dozens.
_DRAGGED = frozenset(
    {
        "values",
        "errors",
        "states",
        "prior",
        "prior_odds",
        "n_draws",
        "steps",
        "row",
        "given",
        "within",
    }
)


class _Edits(param.Dict):
    """Quantities to numbers, or to states; unknown names and impossible numbers are refused."""

    def _validate_value(self, val: Any, allow_None: bool) -> None:
        if not isinstance(val, dict):
            raise ValueError(f"{self.name} is a mapping of quantities, not {val!r}")
        known = {quantity.name: quantity for quantity in QUANTITIES}
        for name, value in val.items():
            if name not in known:
                raise ValueError(f"no quantity named {name!r}; there are {', '.join(known)}")
            if self.name == "states":
                state_of(value)
                continue
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise ValueError(f"{name} in {self.name} must be a number, not {value!r}")
            number = float(value)
            as_value = self.name == "values"
            check_edit(known[name], number if as_value else None, None if as_value else number)


class _Prior(param.Dict):
    """An edited prior that the prior editor can apply."""

    def _validate_value(self, val: Any, allow_None: bool) -> None:
        if not isinstance(val, dict):
            raise ValueError(f"an edited prior is a mapping of parameters, not {val!r}")
        check_prior(val)


class _Corner(param.ListSelector):
    """One to four columns: more make panels too small to read."""

    def _validate(self, val: Any) -> None:
        super()._validate(val)
        if not 1 <= len(val) <= 4:
            raise ValueError(f"a corner plot takes one to four parameters, not {len(val)}")
        if len(set(val)) < len(val):
            raise ValueError(f"a parameter stands twice in {', '.join(val)}")


class ViewState(SourcesView):
    r"""The parameters of a view, and the tables that are open.

    Arguments:
        model: The model that answers; `astroviz.load("stars")` when None.
        table: A path, table or `Observations`; simulated example stars when None.
        settings: Any of the parameters below, or what `state` gave.
    """

    _dragged = _DRAGGED

    source = param.String(default="example", constant=True, doc="Which open table is shown.")
    preset: param.Selector[Any] = param.Selector(
        default=None,
        objects=[None, *(preset.name for preset in PRESETS)],
        doc="An example star with known truth.",
    )
    row = param.Integer(default=0, bounds=(0, None), doc="Row of the current star, from 0.")
    view: param.Selector[Any] = param.Selector(
        default="star",
        objects=["star", "catalogue", "question", "surveys", "maps"],
        doc="One star, the whole catalogue, any question, what surveys buy, or maps.",
    )
    states = _Edits(
        default={}, doc="State given to single quantities by hand: " + ", ".join(STATE_NAMES) + "."
    )
    values = _Edits(default={}, doc="Edited values, in the canonical units of the quantities.")
    errors = _Edits(default={}, doc="Edited errors, in the canonical units of the quantities.")
    seed = param.Integer(default=0, bounds=(0, 2**31 - 1), doc="Seed of the draws.")
    n_draws = param.Integer(default=2000, bounds=(100, 50_000), doc="Number of draws.")
    steps = param.Integer(
        default=None,
        bounds=(2, 128),
        allow_None=True,
        doc="Steps of the flow's solver; None takes the few-step sampler, where there is one.",
    )
    exact = param.Boolean(
        default=False,
        doc="Move the network's draws to the exact posterior of the simulator.",
    )
    assume_young = param.Boolean(
        default=False, doc="Take the star as a known young member: P(young) = 1."
    )
    prior_odds = param.Number(
        default=1.0,
        bounds=(1e-3, 1e3),
        doc="Prior odds of a young star against a field star.",
    )
    prior = _Prior(
        default={}, doc="Edited prior of log_age, log_mass, a_v, distance; empty: as trained."
    )
    corner = _Corner(
        default=["log_age", "log_mass", "a_v", "effective_temperature"],
        objects=_COLUMNS,
        doc="Parameters of the corner plot, one to four.",
    )
    overlays = param.ListSelector(
        default=["truth", "literature"],
        objects=["prior", "pinned", "truth", "literature"],
        doc="What is drawn over the posterior.",
    )
    pinned = param.Dict(default=None, allow_None=True, doc="An earlier question kept to compare.")
    blue: param.Selector[Any] = param.Selector(
        default="bp", objects=_BAND_NAMES, doc="First band of the colour."
    )
    red: param.Selector[Any] = param.Selector(
        default="rp", objects=_BAND_NAMES, doc="Second band of the colour."
    )
    bright: param.Selector[Any] = param.Selector(
        default="g", objects=_BAND_NAMES, doc="Band of the magnitude."
    )
    absolute = param.Boolean(
        default=False, doc="Absolute magnitudes, of stars with a parallax of 3 sigma or better."
    )
    order: param.Selector[Any] = param.Selector(
        default="frequency",
        objects=["frequency", "quantities", "row", "selection"],
        doc="Order of the stars in the gap map.",
    )
    selection = Rows(doc="Rows of the selected stars.")
    picked = param.Integer(
        default=None,
        bounds=(0, None),
        allow_None=True,
        doc="Row of the star that is lifted out of the maps.",
    )
    selections = param.Dict(default={}, doc="Selections kept under a name: name to rows.")

    def __init__(
        self,
        model: Any = None,
        table: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__()
        if model is None:
            from astroviz.core.registry import load

            model = load("stars")
        self.model = model
        self.history = History()
        self._tables: dict[str, Catalogue] = {}
        self._before = {}
        with self._quietly():
            self._show("example", example_catalogue(model))
            if table is not None:
                self.open_table(table)
            sentences = self.restore({**self.state(), **settings})
            self._arrive()
        if sentences:
            raise ValueError(" ".join(sentences))
        self._watch_state()

    # Tables

    @property
    def catalogue(self) -> Catalogue:
        """The table that is open, with what is known of its stars."""
        return self._tables[self.source]

    @property
    def observations(self) -> Observations:
        """All stars of the table, as in the file."""
        return self.catalogue.observations

    def open_table(
        self,
        table: Any,
        label: str | None = None,
        mapping: ColumnMapping | None = None,
    ) -> tuple[str, ...]:
        r"""Open a path, table, mapping of columns or `Observations`.

        Arguments:
            table: What to open.
            label: What to call it on screen; the file's name by default.
            mapping: Which columns to read; guessed by default.

        Returns:
            Sentences about what was assumed.

        Raises:
            TableError: when it cannot be read; the view stays as it is.
        """
        opened = open_catalogue(table, label, mapping)
        name, taken = opened.label, 1
        while name in self._tables or _can_be_made(name):
            taken += 1
            name = f"{opened.label} ({taken})"
        # The table that is left stays for undo; older ones go: a million stars are 0.3 GB.
        for old in [key for key in self._tables if not _can_be_made(key) and key != self.source]:
            del self._tables[old]
        self._show(name, opened)
        return opened.observations.notes

    def surprise(self, seed: int) -> None:
        """Simulate a star that nobody has seen before and show it."""
        source = f"{_SURPRISE}{int(seed)}"
        if not self._make_available(source):
            raise ValueError(f"the seed of a surprise runs from 0 to {2**31 - 1}, not {seed}")
        self._show(source, self._tables[source])

    def random_row(self, seed: int) -> int:
        """Go to a random star of the table; returns its row."""
        self.row = int(np.random.default_rng(seed).integers(len(self.observations)))
        return self.row

    def _make_available(self, source: str) -> bool:
        """Whether a table is open, after making again what can be made again."""
        if source in self._tables:
            return True
        if not _can_be_made(source):
            return False
        if source == "example":
            self._tables[source] = example_catalogue(self.model)
        else:
            seed = int(source.removeprefix(_SURPRISE))
            self._tables[source] = surprise_catalogue(self.model, seed)
        return True

    def _show(self, source: str, catalogue: Catalogue) -> None:
        """Show a table from its first row, with nothing selected or edited."""
        self._tables[source] = catalogue
        fresh = {name: deepcopy(self.param[name].default) for name in _OF_TABLE}
        self._adopt(source, fresh)

    def _adopt(self, source: str, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Change table and parameters in one event; sentences about values that do not fit."""
        sentences: list[str] = []
        for name in ("row", "picked"):
            self.param[name].bounds = (0, len(self._tables[source]) - 1)
        with batch_call_watchers(self), param.edit_constant(self):
            self.source = source
            for name, value in values.items():
                try:
                    setattr(self, name, value)
                except (ValueError, TypeError, KeyError) as error:
                    sentences.append(_sentence(name, error))
        return tuple(sentences)

    @param.depends("row", "source", watch=True)
    def _arrive(self) -> None:
        """Edits belong to the star that they were made on."""
        at_preset = self.source == "example" and self.row < len(PRESETS)
        update: dict[str, Any] = {"preset": PRESETS[self.row].name if at_preset else None}
        if not self._quiet:
            update |= {"values": {}, "errors": {}, "states": {}}
        with self._quietly(refresh=False):
            self.param.update(**update)

    @param.depends("preset", watch=True)
    def _go_to_preset(self) -> None:
        preset = next((p for p in PRESETS if p.name == self.preset), None)
        if preset is None or (self.source == "example" and self.row == preset.row):
            return
        if self.source == "example":
            self.row = preset.row
        else:
            self._make_available("example")
            fresh = {name: deepcopy(self.param[name].default) for name in _OF_TABLE}
            self._adopt("example", {**fresh, "row": preset.row})

    # State

    @classmethod
    def state_names(cls) -> list[str]:
        """Parameters that make up the state; `preset` follows from table and row."""
        return [name for name in cls.param if name not in ("name", "preset")]

    def state(self, brief: bool = False) -> dict[str, Any]:
        r"""What differs from the defaults, as JSON can hold it.

        Arguments:
            brief: Put None for selections too scattered to be written down in a link.
        """
        longest = _MOST_RUNS if brief else None
        return {
            name: _plain(name, value, longest)
            for name, value in self._snapshot().items()
            if not _equal(value, self.param[name].default)
        }

    def restore(self, state: Mapping[str, Any]) -> tuple[str, ...]:
        r"""Take on a state; parameters that it does not name go back to their defaults.

        A state can show the example, a surprise or a table that is open here; it cannot make the
        program open a file, since it may come from a link.

        Returns:
            Sentences about what could not be restored.
        """
        state = dict(state)
        sentences = [
            f"The view has no setting called {name!r}."
            for name in state
            if name not in (*self.state_names(), "preset")
        ]
        named = state.pop("preset", None)
        if preset := next((p for p in PRESETS if p.name == named), None):
            state |= {"source": "example", "row": preset.row}
        source = str(state.get("source", "example"))
        values = {n: deepcopy(self.param[n].default) for n in self.state_names() if n != "source"}
        values |= {name: value for name, value in state.items() if name in values}
        if not self._make_available(source):
            sentences.append(
                f"The table {source!r} is not open here; open it again to get the view back."
            )
            source = self.source
            values = {name: value for name, value in values.items() if name not in _OF_TABLE}
        n = len(self._tables[source])
        with self._quietly():
            for name in ("selection", "selections"):
                if name in values:
                    values[name] = _rows_of(name, values[name], n, sentences)
            sentences += self._adopt(source, values)
        return tuple(sentences)

    def to_query(self) -> str:
        """The state as the query of a link, without the question mark."""
        return to_query(self.state(brief=True))

    def from_query(self, query: str) -> tuple[str, ...]:
        """Take on the state of a link; sentences about what could not be restored."""
        return self.restore(from_query(query))


def _can_be_made(source: str) -> bool:
    """Whether a table is one that can be made again from its name."""
    seed = source.removeprefix(_SURPRISE)
    numbered = source.startswith(_SURPRISE) and seed.isdecimal() and len(seed) <= 10
    return source == "example" or (numbered and int(seed) < 2**31)


def _sentence(name: str, error: Exception) -> str:
    text = str(error.args[0]) if error.args else str(error)
    return f"{name} stays at its default: {text}."


def _equal(value: Any, default: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(np.array_equal(value, default))
    return bool(value == default)


def _plain(name: str, value: Any, longest: int | None) -> Any:
    if name == "selection":
        return pack(value, longest)
    if name == "selections":
        packed = {key: pack(as_rows(rows), longest) for key, rows in value.items()}
        return None if None in packed.values() else packed
    if isinstance(value, dict):
        return {k: float(v) if isinstance(v, np.number) else deepcopy(v) for k, v in value.items()}
    if isinstance(value, np.number):
        return value.item()
    return deepcopy(value)


def _rows_of(name: str, value: Any, n: int, sentences: list[str]) -> Any:
    """Rows of a selection, or of each of the named ones, that the table has."""
    try:
        if name == "selections":
            return {str(key): _rows_of("selection", v, n, sentences) for key, v in value.items()}
        rows = unpack(value, n) if isinstance(value, str) else as_rows(value)
        return rows[rows < n]
    except (ValueError, TypeError, AttributeError) as error:
        sentences.append(_sentence(name, error))
        return {} if name == "selections" else as_rows(None)
