r"""Answer whole tables: one row of results for each row of the input, in the same order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Table

from astroviz.core.draws import Draws
from astroviz.core.engine import Engine, Limits
from astroviz.core.provenance import provenance
from astroviz.core.registry import load
from astroviz.core.request import Request
from astroviz.core.ticket import Ticket
from astroviz.io.catalogues import stream_rows
from astroviz.io.columns import guess_mapping
from astroviz.io.convert import to_observations
from astroviz.io.export import ResultWriter
from astroviz.io.mapping import ColumnChoice, ColumnMapping
from astroviz.io.observations import Observations
from astroviz.io.tables import read_table
from astroviz.summaries import SCORES, columns_of_rows, row_seed, status

__all__ = ["Report", "column_mapping", "infer", "infer_file"]

# Draws, statuses and identifiers (None where the table has none) of some rows.
Group = tuple[list[Draws], list[str], list[str] | None]
Progress = Callable[[int, int | None], None]
# Rows asked ahead of the one that is waited for: enough to fill micro-batches, small enough for
# the engine's bounded queue.
_AHEAD = 384
# No row is asked twice, so answers need not be remembered.
_LIMITS = Limits(batch=128, cache_bytes=0)
_LOGARITHM = "log10 "
# Rows summarised and written at a time.
_GROUP = 4096


@dataclass
class Report:
    """What became of a table.

    Arguments:
        rows: Number of rows answered.
        statuses: Status (bad input and refusals without reason) to number of rows.
        notes: What was assumed about the table.
    """

    rows: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def count(self, statuses: Iterable[str]) -> None:
        """Add rows."""
        for text in statuses:
            kind = text.partition(":")[0] if text.startswith(("bad input", "refused")) else text
            self.statuses[kind] = self.statuses.get(kind, 0) + 1
            self.rows += 1

    def sentence(self) -> str:
        """One line on how it went."""
        parts = ", ".join(f"{count} {kind}" for kind, count in sorted(self.statuses.items()))
        return f"{self.rows} rows" + (f": {parts}" if parts else "")


def infer(
    table: Any,
    model: Any = "stars",
    samples: int = 500,
    seed: int = 0,
    device: str = "auto",
    columns: ColumnMapping | Mapping[str, str] | None = None,
    keep_samples: bool = False,
    refine: bool = False,
    question: Mapping[str, Any] | None = None,
) -> Table:
    r"""Posterior summaries of every row of a table.

    Arguments:
        table: Path of a file, astropy Table, pandas DataFrame, or `Observations`.
        model: Name of a model, or the model.
        samples: Draws of each row.
        seed: Seed of the draws; those of a row depend on it and on what was observed, not on
            the order of the rows.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        columns: Which column is which quantity: a `ColumnMapping`, or names such as
            `{"g": "Gmag", "g_error": "e_Gmag"}` that take the place of what was guessed.
        keep_samples: Add the draws, shape (rows, samples) for each parameter.
        refine: Move the draws of each row to the exact posterior, about a second a row; for
            models that can.
        question: What is `wanted`, `given`, `ignored` and held `within` two values, as in
            `stars.question.Question`; the columns are then those of what is wanted. With
            intervals there is a column `effective_size`, and a row with fewer than 100 draws
            inside them has the status `refused: <why>` and NaN for an answer.

    Returns:
        A table of as many rows as the input, in its order, with the columns
        `<parameter>_q025 _q16 _q50 _q84 _q975 _mean _std`, the model's scores (of stars `p_young`,
        `p_disk`; always `ood_score`) and `status`, and first `identifier` if the input has one;
        `meta` holds the version, the model with its hash and prior, the number of draws, the seed
        and notes.

    Example:
        >>> infer("census.txt", samples=1000)  # doctest: +SKIP
    """
    _check(samples)
    chosen = _opened(model, device)
    if question is not None:
        chosen = _asked(chosen, question)
    if isinstance(table, str | Path):
        table = read_table(table)
    named, observations = _observed(table, columns, chosen)
    with Engine(device, limits=_LIMITS) as engine:
        options = _refining(chosen, refine)
        groups = list(_groups(chosen, engine, observations, samples, seed, named, options))
    found = _table(chosen, groups, keep_samples)
    found.meta |= provenance(chosen, samples, seed) | {
        "refined": refine, "notes": list(observations.notes),
    }  # fmt: skip
    return found


def _opened(model: Any, device: str) -> Any:
    """The model, by name or as it is; ValueError where it answers no tables."""
    chosen = load(model, device=device) if isinstance(model, str) else model
    name = str(getattr(chosen, "name", model))
    if not hasattr(chosen, "quantities") and name.startswith("orientations/"):
        raise ValueError(
            f"{name} answers for galaxies among their neighbours, not for rows one by one: "
            "paint the whole table with `astroviz paint`"
        )
    if not hasattr(chosen, "quantities") and name.startswith("lensing/"):
        raise ValueError(
            f"{name} answers for images, not for rows of a table: give the image, its "
            "noise and its PSF to `astroviz lens`"
        )
    if not hasattr(chosen, "posterior") and name.startswith("galaxies/"):
        raise ValueError(
            f"{name} makes light and knows no population: tables of galaxies are answered "
            "by galaxies/sdss, or by a population of your own with `astroviz population`"
        )
    if not hasattr(chosen, "posterior"):
        raise ValueError(
            f"{name} is an experiment of many networks and answers no tables: take "
            "stars/adapted, or adapt to your own table with `astroviz adapt`"
        )
    return chosen


def infer_file(
    source: Path,
    out: Path,
    model: str = "stars",
    samples: int = 500,
    seed: int = 0,
    device: str = "auto",
    columns: Path | None = None,
    keep_samples: bool = False,
    refine: bool = False,
    question: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Report:
    r"""The same from file to file, a group of rows at a time where the format allows.

    Arguments:
        source: The table to answer.
        out: The file to write; its suffix says the format.
        model: Name of the model.
        samples: Draws of each row.
        seed: Seed of the draws.
        device: Where to run.
        columns: TOML file of a column mapping.
        keep_samples: Add one list column of draws per parameter.
        refine: Move the draws of each row to the exact posterior, for models that can.
        question: What is `wanted`, `given`, `ignored` and held `within` two values.
        progress: Called with the rows done and, where known, the rows in all.

    Returns:
        How many rows ended how.
    """
    _check(samples)
    chosen = _opened(model, device)
    if question is not None:
        chosen = _asked(chosen, question)
    options = _refining(chosen, refine)
    report, notes = Report(), dict[str, None]()
    mapping: ColumnMapping | None = None
    with Engine(device, limits=_LIMITS) as engine, ResultWriter(out) as writer:
        for part, _, total in stream_rows(source):
            if mapping is None:
                mapping = column_mapping(columns, part, chosen.quantities)
            observations = _read(part, mapping, chosen)
            notes |= dict.fromkeys(observations.notes)
            named = mapping.identifier is not None
            for group in _groups(chosen, engine, observations, samples, seed, named, options):
                found = _table(chosen, [group], keep_samples)
                found.meta |= provenance(chosen, samples, seed) | {"refined": refine}
                writer.write(found)
                report.count(found["status"])
                if progress:
                    progress(report.rows, total)
    report.notes = tuple(notes)
    return report


def column_mapping(
    source: Path | Mapping[str, str] | None, table: Table, quantities: Iterable[Any]
) -> ColumnMapping:
    """The guess for a table, corrected by names given, or a mapping file in the place of it.

    Arguments:
        source: None; names of columns by quantity; or a TOML file of either form.
        table: The table, or its first rows.
        quantities: The quantities to look for.
    """
    if isinstance(source, Path):
        try:
            text = source.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{source} is not a TOML file: {error}") from error
        names = _plain_names(text)
        if names is None:
            return ColumnMapping.from_toml(text)
        source = names
    mapping = guess_mapping(table, quantities, need_one=not source)
    for name, column in (source or {}).items():
        _correct(mapping, name, column)
    return mapping


def _plain_names(text: str) -> dict[str, str] | None:
    """`g = "Gmag"` lines, bare or under [columns]; None for the full form of a mapping."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None  # the full form's reader says what is wrong
    entries = data.get("columns", data)
    if "quantities" in entries or not isinstance(entries, dict):
        return None
    return {str(k): v for k, v in entries.items()} if _all_text(entries) else None


def _all_text(entries: Mapping[str, Any]) -> bool:
    return all(isinstance(value, str) for value in entries.values())


def _correct(mapping: ColumnMapping, name: str, column: str) -> None:
    if name in ("identifier", "ra", "dec", "ruwe"):
        setattr(mapping, name, column)
        return
    quantity, _, part = name.partition("_error")
    if part == "" and name.endswith("_error"):
        mapping.choices.setdefault(quantity, ColumnChoice(quantity)).error = column
        mapping.choices[quantity].error_is = "error"
        return
    old = mapping.choices.get(name)
    mapping.choices[name] = ColumnChoice(column, error=old.error if old else None)


def _observed(table: Any, columns: Any, model: Any) -> tuple[bool, Observations]:
    """Whether there is an identifier, and the table as the model sees it."""
    if isinstance(table, Observations):
        return True, table
    if hasattr(table, "to_dict") and hasattr(table, "columns"):
        table = Table.from_pandas(table)
    if isinstance(columns, ColumnMapping):
        mapping = columns
    else:
        mapping = column_mapping(columns, table, model.quantities)
    return mapping.identifier is not None, _read(table, mapping, model)


def _read(table: Table, mapping: ColumnMapping, model: Any) -> Observations:
    """Numbers of a table, and spectra where the model reads them."""
    found = to_observations(table, mapping, model.quantities)
    reader = getattr(model, "read_spectra", None)
    return found if reader is None else reader(table, found)


def _asked(model: Any, question: Mapping[str, Any]) -> Any:
    """The model under a question; all parameters are wanted that are not given, unless it says."""
    if not hasattr(model, "samplers"):
        raise ValueError(
            f"{model.name} answers no questions of this kind; leave --want, --given, --ignore and "
            "--within out, or take stars/joint"
        )
    from astroviz.stars.asked import AskedModel
    from astroviz.stars.question import Question

    given = dict(question.get("given") or {})
    columns = [p.name for p in (*model.parameters, *model.derived) if p.name not in given]
    wanted = tuple(question.get("wanted") or columns)
    within = dict(question.get("within") or {})
    ignored = tuple(question.get("ignored") or ())
    return AskedModel(model, Question(wanted, given, ignored, within))


def _refining(model: Any, refine: bool) -> dict[str, Any]:
    """Options of a request that refines, if that is wanted and the model can."""
    if not refine:
        return {}
    if not getattr(model, "can_refine", False):
        raise ValueError(
            f"{model.name} has no likelihood to refine its draws with; leave --refine out, or "
            "take a model that has one, such as stars/young"
        )
    return {"refine": True}


def _groups(
    model: Any,
    engine: Engine,
    observations: Observations,
    samples: int,
    seed: int,
    named: bool,
    options: Mapping[str, Any],
) -> Iterator[Group]:
    """Draws, statuses and identifiers of up to `_GROUP` rows at a time; one group if no rows."""
    answers = _answers(model, engine, observations, samples, seed, options)
    for start in range(0, max(len(observations), 1), _GROUP):
        rows = range(start, min(start + _GROUP, len(observations)))
        draws = [next(answers) for _ in rows]
        statuses = [
            status(observations, row, _extrapolated(answer), str(answer.extras.get("refusal", "")))
            for row, answer in zip(rows, draws, strict=True)
        ]
        names = [str(observations.identifiers[row]) for row in rows] if named else None
        yield draws, statuses, names


def _answers(
    model: Any,
    engine: Engine,
    observations: Observations,
    samples: int,
    seed: int,
    options: Mapping[str, Any],
) -> Iterator[Draws]:
    waiting: deque[tuple[Request, Ticket]] = deque()
    for row in range(len(observations)):
        request = model.posterior(observations, row).request(
            samples, seed=row_seed(observations, row, seed), priority="batch", **options
        )
        waiting.append((request, engine.submit(request)))
        if len(waiting) >= _AHEAD:
            yield _result(*waiting.popleft())
    while waiting:
        yield _result(*waiting.popleft())


def _result(request: Request, ticket: Ticket) -> Draws:
    """The answer to a row; NaN, with the reason in `refusal`, where too few draws meet it."""
    from astroviz.stars.question import TooFewDraws

    try:
        return ticket.result()
    except TooFewDraws as refusal:
        names, units = request.sampler.columns(request)
        nothing = np.full((request.n, len(names)), np.nan, dtype=np.float32)
        extras = {"effective_size": np.array(refusal.found), "refusal": np.array(str(refusal))}
        return Draws(nothing, names, units, request.seed, extras)


def _extrapolated(draws: Draws) -> bool:
    # A score above 1 is worse than that of 99.9 % of the stars a model was trained on.
    return bool(np.mean(draws.extras.get("ood_score", 0.0)) > 1.0)


def _table(model: Any, groups: Iterable[Group], keep_samples: bool) -> Table:
    """Summaries of groups of rows, each parameter's columns with its unit."""
    names = [parameter.name for parameter in (*model.parameters, *model.derived)]
    further, scores = getattr(model, "further", ()), getattr(model, "row_scores", SCORES)
    parts = [
        columns_of_rows(answers, statuses, names, identifiers, keep_samples, further, scores)
        for answers, statuses, identifiers in groups
    ]
    table = Table({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    for parameter in (*model.parameters, *model.derived):
        for name in table.colnames:
            if name == parameter.name or name.startswith(parameter.name + "_"):
                table[name].unit = _unit(parameter.unit, spread=name.endswith("_std"))
    return table


def _unit(text: str, spread: bool) -> u.UnitBase | None:
    """Unit of a column: `log10 yr` becomes `dex(yr)`, which files can hold, its spread `dex`."""
    if text.startswith(_LOGARITHM):
        return u.dex if spread else u.dex(u.Unit(text.removeprefix(_LOGARITHM)))
    return u.Unit(text) if text else None


def _check(samples: int) -> None:
    if samples < 2:
        raise ValueError(f"the number of samples must be 2 or more, not {samples}")
