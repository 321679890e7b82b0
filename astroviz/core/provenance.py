"""Where an answer comes from, as plain entries for the metadata of a table."""

from __future__ import annotations

from typing import Any

__all__ = ["provenance"]


def provenance(
    model: Any, samples: int, seed: int, prior_odds: float = 1.0
) -> dict[str, str | int | float]:
    """Version, model with its hash and prior, number of draws and seed.

    Arguments:
        model: The model that answered; its card is asked for the hash and for the prior in words.
        samples: Draws of each star.
        seed: Seed of the draws.
        prior_odds: Odds, before the data, of what the model looks for against everything else.
    """
    from astroviz import __version__

    card = getattr(model, "card", None)
    return {
        "astroviz": __version__,
        "model": model.name,
        "model_sha256": getattr(card, "sha256", ""),
        "samples": samples,
        "seed": seed,
        "prior": getattr(card, "prior", ""),
        "prior_odds": prior_odds,
    }
