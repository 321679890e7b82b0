r"""The state of the page of lensing, and the questions that it asks; no widgets.

The page `/lensing` and the notebook widget are two faces over `LensingExplorer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from astroviz.core.room_explorer import RoomExplorer
from astroviz.lensing.bench_state import BenchState
from astroviz.lensing.noise_state import NoiseState
from astroviz.lensing.operators_state import OperatorsState
from astroviz.lensing.real_state import RealState
from astroviz.lensing.sample_state import SampleState
from astroviz.lensing.shift_state import ShiftState
from astroviz.lensing.trust_state import TrustState

__all__ = ["LensingExplorer"]


class LensingExplorer(
    RoomExplorer,
    BenchState,
    SampleState,
    RealState,
    TrustState,
    ShiftState,
    NoiseState,
    OperatorsState,
):
    r"""Seven views of strong lensing, from the bench to the operators.

    Arguments:
        model: The prior of sources; `astroviz.load("lensing")` when None. The views that need it
            say a sentence where it is missing; the others live without.
        settings: Any of the parameters, or what `state` gave.

    Example:
        >>> explorer = LensingExplorer(view="trust", seed=4)
        >>> explorer.state()
        {'seed': 4, 'view': 'trust'}
    """

    _bulky: ClassVar[tuple[str, ...]] = (*BenchState._bulky, *SampleState._bulky)
    _other_models: ClassVar[Mapping[str, str]] = {"noise": "noise", "shift": "rounds"}
    _dragged = (
        BenchState._dragged
        | SampleState._dragged
        | RealState._dragged
        | TrustState._dragged
        | ShiftState._dragged
        | NoiseState._dragged
        | OperatorsState._dragged
    )
