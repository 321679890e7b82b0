r"""A population as a folder: weights of its flows in half precision, a card with all the rest."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from astroviz.core.registry import Card, load_weights, save_model
from astroviz.galaxies.features import Features
from astroviz.galaxies.film import Film
from astroviz.galaxies.fitting import Survey
from astroviz.galaxies.member import Member
from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.parameters import UNITS, GalaxyError
from astroviz.galaxies.priors import PopulationPrior
from astroviz.galaxies.selection import Selection
from astroviz.galaxies.spline_flow import SplineFlow

if TYPE_CHECKING:
    from astroviz.galaxies.population import Population

__all__ = ["population_of", "read_population", "write_population"]

_NETWORK = "population"


def write_population(population: Population, folder: Path, card: Card | None = None) -> Path:
    r"""Write weights and card.

    Arguments:
        population: What to write.
        folder: Made if it is not there.
        card: Its texts and figures; a plain one by default. `config` is filled in.

    Returns:
        The folder.
    """
    tensors: dict[str, Tensor] = {}
    for place, member in enumerate(population.members):
        tensors |= {f"{place}.{key}": value.half() for key, value in member.state_dict().items()}
    config: dict[str, Any] = {
        "network": _NETWORK,
        "flow": [member.flow.config for member in population.members],
        "prior": population.prior.config(),
        "noise": population.noise.config(),
        "features": population.features.config(),
        "report": population.report,
    }
    if getattr(population.synthesis, "shows_lines", False):
        config["lines"] = True
    if population.selection is not None:
        config["selection"] = population.selection.to_json()
    if population.film is not None:
        config["film"] = list(population.film.features)
        arrays = population.film.to_arrays()
        tensors |= {name: torch.from_numpy(array) for name, array in arrays.items()}
    card = card or _card(population)
    save_model(folder, tensors, dataclasses.replace(card, config={**card.config, **config}))
    return folder


def read_population(folder: Path, synthesis: Any = None) -> Population:
    r"""Read a population from a folder.

    Arguments:
        folder: As `write_population` left it.
        synthesis: From parameters to light; the shipped tables by default.
    """
    from astroviz.core.cards import read_card

    if not (folder / "card.toml").is_file():
        raise GalaxyError(f"{folder} holds no population: it has no card.toml")
    return population_of(read_card(folder), synthesis)


def population_of(card: Card, synthesis: Any = None) -> Population:
    r"""The population of a card.

    Arguments:
        card: As `core.registry` found it; its weights are compared with its hash.
        synthesis: From parameters to light; the shipped tables by default.
    """
    from astroviz.galaxies.population import Population

    said = card.config
    if said.get("network") != _NETWORK:
        raise GalaxyError(f"{card.name} is no population but {said.get('network', 'unknown')!r}")
    if synthesis is None:
        from astroviz.galaxies.line_emission import LineEmission
        from astroviz.galaxies.sps import synthesis as shipped

        synthesis = LineEmission(shipped()) if said.get("lines") else shipped()
    tensors = load_weights(card)
    noise = NoiseModel.from_config(said["noise"])
    selection = Selection.from_json(said["selection"]) if said.get("selection") else None
    survey = Survey(PopulationPrior.from_config(said["prior"]), synthesis, noise, selection)
    members = []
    for place, config in enumerate(said["flow"]):
        member = Member(SplineFlow(**config), len(noise.bands))
        prefix = f"{place}."
        own = {
            k.removeprefix(prefix): v.float() for k, v in tensors.items() if k.startswith(prefix)
        }
        member.load_state_dict({"tilt": member.tilt} | own)
        members.append(member)
    film = None
    if said.get("film"):
        film = Film.of_arrays({k: v for k, v in tensors.items() if k[:5] == "film."}, said["film"])
    features = Features.from_config(said["features"])
    return Population(members, survey, features, said.get("report", {}), film, card.name)


def _card(population: Population) -> Card:
    return Card(
        name=population.name,
        system="galaxies",
        title="A population of galaxies",
        what="The distribution of eleven properties over the galaxies of a catalogue.",
        data=f"{population.report.get('galaxies', 0)} galaxies in {', '.join(population.bands)}.",
        prior=population.prior.words(),
        units=dict(UNITS),
        licence="as the catalogue that it was fitted to",
    )
