r"""The state of the view `trial`; no widgets."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.accuracy.checks import CHECKS
from astroviz.accuracy.trial_asked_state import AskedState
from astroviz.accuracy.trial_board import (
    board_rows,
    verdict_table,
    verdict_words,
    worst_check,
)
from astroviz.accuracy.trial_cells import (
    LOOKS,
    TOGETHER,
    CellTable,
    cell_table,
    group_kinds,
    rank_bin,
)
from astroviz.accuracy.trial_models import MINE, cases_of
from astroviz.accuracy.trial_objects import (
    USUAL,
    ObjectScene,
    object_scene,
    objects_table,
    worst_first,
)
from astroviz.accuracy.trial_run import Found
from astroviz.core.presets import Preset

if TYPE_CHECKING:
    from astropy.table import QTable


__all__ = ["FIGURES", "NO_GROUPS", "TrialState"]

FIGURES = {"check": "Check", "ranks": "Ranks", "parameters": "Parameters"}
"""What the figure shows, and its name for people."""

NO_GROUPS = "none"
"""Kind of groups that is none: all objects together."""


class TrialState(AskedState):
    """Parameters of the view *Trial*, and what it computes."""

    trial_check = param.String(
        default="", doc="The check whose figure is shown; empty: the one that speaks loudest."
    )
    trial_figure: param.Selector[Any] = param.Selector(
        default="check", objects=list(FIGURES),
        doc="The figure of the check, ranks of the cell that is chosen, or p-values by parameter.",
    )  # fmt: skip
    trial_kind = param.String(
        default="", doc="Groups that the objects are split into; empty: the first that there are."
    )
    trial_look: param.Selector[Any] = param.Selector(
        default="coverage", objects=list(LOOKS), doc="What each cell says of its objects."
    )
    trial_cell = param.List(
        default=[], item_type=str, doc="Parameter and group whose objects are listed."
    )
    trial_bin = param.Number(
        default=None, allow_None=True, bounds=(0.0, 1.0),
        doc="Rank whose bar was clicked: only objects of that bar are listed.",
    )  # fmt: skip
    trial_place = param.Integer(
        default=0, bounds=(0, None), doc="Which object of the list is shown; 0 is the worst."
    )
    trial_pick = param.List(
        default=[], item_type=str, doc="Parameters of the corner plot, up to four."
    )

    # What is drawn

    def trial_rows(self) -> list[dict[str, Any]]:
        """The checks with their verdicts, as `trial_board.board_rows`."""
        return board_rows(self.trial_found(), tuple(self.trial_checks), self.trial_shown_check())

    def trial_verdict(self) -> dict[str, Any]:
        """The verdict of all checks, as `trial_board.verdict_words`."""
        return verdict_words(self.trial_found(), self._live is not None)

    def trial_run_check(self, name: str, on: bool) -> None:
        """Add a check to those that run, or leave it out."""
        found = self.trial_found()
        now = [row["name"] for row in board_rows(found, tuple(self.trial_checks), "") if row["on"]]
        wanted = [one for one in CHECKS if (one in now and one != name) or (one == name and on)]
        suite = [one for one in CHECKS if CHECKS[one].default]
        self.trial_checks = [] if wanted == suite else wanted

    def trial_shown_check(self) -> str:
        """The check whose figure is shown."""
        found = self.trial_found()
        if found is None:
            return str(self.trial_check)
        return self.trial_check if self.trial_check in found.outcomes else worst_check(found)

    def trial_outcome(self) -> dict[str, Any] | None:
        """What is drawn of the check that is shown, as fields of `Outcome`; None before."""
        found, table = self.trial_found(), self.trial_table()
        outcome = None if found is None else found.outcomes.get(self.trial_shown_check())
        if outcome is None or table is None:
            return None
        fields = dict(vars(outcome))
        if self.trial_figure == "ranks":
            row, column = self.trial_shown_cell(table)
            return {**fields, "curves": {"ranks": table.ranks(row, column)}}
        return {**fields, "curves": {}} if self.trial_figure == "parameters" else fields

    def trial_kinds(self) -> tuple[str, ...]:
        """Kinds of groups that can be chosen."""
        found = self.trial_found()
        return (NO_GROUPS,) if found is None else (*group_kinds(found.trial), NO_GROUPS)

    def trial_shown_kind(self) -> str:
        """The kind of groups that is shown."""
        kinds = self.trial_kinds()
        return self.trial_kind if self.trial_kind in kinds else kinds[0]

    def trial_table(self) -> CellTable | None:
        """Parameters by groups; None before anything is found."""
        found = self.trial_found()
        if found is None:
            return None
        key = (id(found), self.trial_shown_kind(), self.trial_look)
        if self.__dict__.get("_table_key") != key:
            self._table_of = found  # so that no other can have its id
            self._table_key = key
            self._table = cell_table(found.trial, key[1], self.trial_look, found.asked.seed)
        return self._table

    def trial_shown_cell(self, table: CellTable) -> tuple[int, int]:
        """Row and column of the cell whose objects are listed."""
        if len(self.trial_cell) == 2:
            row, column = self.trial_cell
            if row in table.rows and column in table.columns:
                return table.rows.index(row), table.columns.index(column)
        return table.worst()

    def trial_listed(self) -> np.ndarray:
        """Objects of the cell, or of the bar of ranks, that is chosen, the worst first."""
        found, table = self.trial_found(), self.trial_table()
        if found is None or table is None:
            return np.zeros(0, int)
        row, column = self.trial_shown_cell(table)
        members = table.members[column]
        if self.trial_bin is not None:
            bar = rank_bin(found.trial, table.rows[row], self.trial_bin, seed=found.asked.seed)
            members = members & bar
        return worst_first(members, table.badness(row))

    def trial_object(self) -> ObjectScene | None:
        """The posterior of the object that is shown; None where none is."""
        found, rows, table = self.trial_found(), self.trial_listed(), self.trial_table()
        if found is None or table is None or not len(rows):
            return None
        pick = list(self.trial_pick)
        row, _ = self.trial_shown_cell(table)
        if not pick:
            first = [] if table.rows[row] == TOGETHER else [table.rows[row]]
            others = [name for name in found.trial.names if name not in first]
            pick = [*first, *others][:USUAL]
        return object_scene(found.trial, int(rows[min(self.trial_place, len(rows) - 1)]), pick)

    def trial_object_words(self, scene: ObjectScene) -> str:
        """Which object is shown, of how many, and where its truth falls, as HTML."""
        table, listed = self.trial_table(), self.trial_listed()
        assert table is not None
        row, column = self.trial_shown_cell(table)
        where = f"{escape(table.rows[row])}, {escape(table.columns[column])}"
        if self.trial_bin is not None:
            low = min(int(self.trial_bin * 20), 19) / 20
            where += f", ranks {low:.2f} to {low + 0.05:.2f}"
        place = min(self.trial_place, len(listed) - 1) + 1
        shown = ", ".join(
            f"{escape(axis.label)} {100 * rank:.0f}&nbsp;%"
            for axis, rank in zip(scene.axes, scene.ranks, strict=False)
        )
        said = f"draws below the truth: {shown}" if shown else ""
        return (
            f"<b>{escape(scene.name)}</b>, {place:,} of {len(listed):,} in <b>{where}</b>, worst "
            f"first<br><span class='faint'>{said}</span>"
        )

    def trial_report(self) -> dict[str, Any]:
        """What a report of the trial tells, as `report_parts.report_parts`."""
        from astroviz.accuracy.report_parts import report_parts

        found = self._needed()
        asked = found.asked
        command, card = "", None
        if asked.model != MINE:
            command = (
                f"astroviz check {asked.model} --simulations {asked.count} --seed {asked.seed} "
                "--report report.html"
            )
            card = self.trial_card()
        return report_parts(found.trial, found.report, card, command, self.code(), asked.seed)

    def trial_card(self) -> Any:
        """The card of the model on trial; None where there is none."""
        return None

    def trial_verdict_table(self) -> QTable:
        """What each check found."""
        return verdict_table(self._needed())

    def trial_objects_table(self) -> QTable:
        """The objects that are listed."""
        found, table = self._needed(), self.trial_table()
        assert table is not None
        return objects_table(found.trial, self.trial_listed(), table.scores)

    def _needed(self) -> Found:
        found = self.trial_found()
        if found is None:
            raise ValueError("nothing was tried yet")
        return found

    # What every view offers

    def trial_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        usual: dict[str, Any] = {
            "trial_case": "", "trial_checks": [], "trial_check": "", "trial_kind": "",
            "trial_cell": [], "trial_bin": None, "trial_place": 0, "trial_count": 200,
            "trial_draws": 100, "seed": 0,
        }  # fmt: skip
        return (
            Preset("Young stars, all gap patterns", "A model on its own simulations.",
                   {**usual, "tried": "stars"}),
            Preset("Stars of other tracks", "The same model on stars that it was not taught.",
                   {**usual, "tried": "stars", "trial_case": "shift"}),
            Preset("Stars by a few steps", "A faster sampler: is it still right?",
                   {**usual, "tried": "stars", "trial_case": "shortcut"}),
            Preset("Stars with every band", "A normalising flow, no gaps.",
                   {**usual, "tried": "stars/npe"}),
            Preset("Two thousand stars", "Ten times as many see errors three times as small.",
                   {**usual, "tried": "stars", "trial_count": 2000}),
        )  # fmt: skip

    def trial_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        found = self.trial_found()
        if found is None:
            return {"tried": "stars", "trial_case": str(random.choice(["", "shift"]))}
        kinds = self.trial_kinds()
        return {
            "seed": int(found.asked.seed),  # what was found stays in sight
            "trial_check": str(random.choice(list(found.outcomes))),
            "trial_kind": str(random.choice(kinds)), "trial_cell": [], "trial_bin": None,
            "trial_look": str(random.choice(list(LOOKS))),
            "trial_place": int(random.integers(0, 20)),
        }  # fmt: skip

    def trial_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        found = self.trial_found()
        if found is None:
            if self.tried == MINE:
                return "Choose a file with draws and truths of yours, then press Try it."
            return f"{self.tried} was not tried yet with these settings: press Try it."
        if self._live is not None and not found.complete:
            return (
                f"{found.trial.count:,} of {found.asked.count:,} objects so far: the curves move "
                "until all are in; Cancel keeps what is there."
            )
        words = self.trial_verdict()["words"]
        who = "your draws" if self.tried == MINE else found.asked.model
        doubt = "" if found.report.rejected else " (necessary, not sufficient)"
        return f"{words} {who}{doubt}. Click a cell that stands out, to see its objects."

    def trial_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        said: list[str] = []
        if self.tried != MINE:
            _, sentence = cases_of(self.tried)
            said += [f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."] if sentence else []
        found = self.trial_found()
        if found is not None:
            if not found.complete and self._live is None:
                said.append(
                    f"Stopped after {found.trial.count:,} of {found.asked.count:,} objects; heavy "
                    "checks did not run."
                )
        return tuple(said)
