r"""The cards of the experiment on adaptation and of the model that is shipped from it."""

from __future__ import annotations

from typing import Any

from astroviz.core.cards import Card
from astroviz.stars.experiment import NONE
from astroviz.stars.mock_galaxy import DOMAINS
from astroviz.stars.parameters import PARAMETERS

__all__ = ["adapted_card", "experiment_card"]

_DATA = (
    "Mock catalogues only. Domain A: {A}. Domain B: {B}. Domain C: {C}. The dust maps are "
    "stand-ins shaped like Bayestar2019 and Edenhofer+2024, see stars/dust_maps.py."
).format(**{name: domain.title for name, domain in DOMAINS.items()})
_PRIOR = (
    "log_age: flat, 1 to 63 Myr; log_mass: flat, 0.12 to 1 solar mass; metallicity: normal, "
    "0.15 dex; a_v: line of sight through the dust of the domain, clouds around clusters, up to "
    "12 mag; r_v: 3.0 to 3.2 (A, B), 3.1 to 5.5 (C); disks in exp(-age / 2.5 Myr) of the stars"
)
_LIMITS = [
    "Domains B and C are simulators too: they play nature and are not nature.",
    "Stars within 300 pc, of up to one solar mass, with reported errors only: no companions, "
    "variability, accretion, and no field stars. For real stars take stars/young.",
    "Gaia, 2MASS, WISE, Spitzer and XP-like spectra are read; spectroscopic labels and other "
    "spectra are not.",
    "A network that was adapted to one target is wrong for another.",
]
_LICENCE = "BSD-3-Clause (weights); cite the sources of the tables, see stars/tables"


def experiment_card(rows: list[dict[str, Any]], words: str, shifts: dict[str, Any]) -> Card:
    """The card of `stars/adaptation`: every arm with its settings and figures."""
    from astroviz.stars.adaptation_train import NETWORK, table_rows

    arms = [
        {"settings": row["settings"], "target": row["target"], "figures": row["figures"],
         "minutes": round(row["seconds"] / 60, 2)}
        for row in sorted(rows, key=lambda row: row["arm"] != NONE)
        if row["seed"] == 0
    ]  # fmt: skip
    return Card(
        name="stars/adaptation",
        system="stars",
        kind="model",
        title="Domain adaptation you can watch",
        what="What happens to posteriors when the simulator is wrong, and what optimal transport "
        "and stars with known parameters do about it: networks and films of every arm.",
        data=_DATA,
        prior=_PRIOR,
        units={p.name: p.unit for p in PARAMETERS},
        limits=_LIMITS,
        metrics={"table": table_rows(rows)},
        seed=0,
        training_time=words,
        licence=_LICENCE,
        config={"family": "adaptation", "network": NETWORK, "physics": DOMAINS["A"].physics,
                "arms": arms, "shift": shifts},
    )  # fmt: skip


def adapted_card(rows: list[dict[str, Any]], words: str) -> Card:
    """The card of `stars/adapted`."""
    from astroviz.stars.adaptation_train import NETWORK, SHIPPED_MODEL

    row = next(r for r in rows if r["arm"] == SHIPPED_MODEL and r["seed"] == 0)
    before = next(r for r in rows if r["arm"] == NONE)["figures"][row["target"]]
    after = row["figures"][row["target"]]
    return Card(
        name="stars/adapted",
        system="stars",
        alias="adaptation",
        title="Young stars, adapted to galaxy B",
        what="Posteriors of stars of domain B from a network that was trained on domain A and "
        f"adapted by {row['settings']['title']}: the model behind the page on adaptation.",
        data=_DATA,
        prior=_PRIOR,
        units={p.name: p.unit for p in PARAMETERS},
        limits=_LIMITS,
        metrics={"B, no adaptation": before, "B, adapted": after, "A": row["figures"]["A"]},
        seed=0,
        training_time=words,
        licence=_LICENCE,
        config={"family": "flow-matching", "network": NETWORK, "physics": DOMAINS["A"].physics,
                "real": 1.0},
    )  # fmt: skip
