r"""Flag columns: from the words and letters of catalogues to a `State`.

Words (case ignored; joined by `/`, `,`, `;`, `+`, `&` or spaces). The census of Corona Australis
(Esplin & Luhman 2022, note 6 of the table) uses the first block:

=========  ==============  ==================================================================
word       state           what the catalogue says, and why
=========  ==============  ==================================================================
`out`      not covered     outside of the camera's field of view
`nodet`    limit           non-detection; without a magnitude the survey's usual depth is taken
`sat`      unusable        saturated
`bl`       unusable        may be affected by blending with a nearby star
`unres`    unusable        too close to a brighter star to be detected: nothing is known
`ext`      unusable        contaminated by extended emission
`false`    unusable        the catalogue's detection appears false: no number to trust
`off`      unusable        source offset from the star (not in the notes of the table)
`diff`     unusable        diffraction artefact (not in the notes of the table)
`err`      unusable        W2 brighter than about 6 mag, erroneous
`bin`      unusable        includes a companion that the other bands resolve: not one star's flux
=========  ==============  ==================================================================

In a combination any unusable word wins (`nodet/unres` is unusable: a brighter star hides the
place, so no limit holds), then `nodet`, then `out`. Unknown words leave the value as it is and are
named in the notes.

Quality letters, one per band, as 2MASS `ph_qual` (JHK) and AllWISE `ph_qual` (W1-W4): A to D are
detections; U is an upper limit; 2MASS E, F, X and AllWISE X, Z have no usable number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from astroviz.io.observations import State

__all__ = ["NO_FLAG", "WORDS", "quality_states", "state_codes", "word_states"]

NO_FLAG = -1  # the flag says nothing: the value decides

_UNUSABLE = (
    "sat saturated bl blend blended unres unresolved ext extended false spurious off diff err bin "
    "bad unusable artifact artefact contaminated x"
).split()
WORDS: dict[str, int] = {
    **dict.fromkeys(_UNUSABLE, State.UNUSABLE),
    **dict.fromkeys("nodet nondet undetected limit ul uplim upper u > lower".split(), State.LIMIT),
    **dict.fromkeys("out uncovered notcovered nocov".split(), State.NOT_COVERED),
    "ignored": State.IGNORED,
    **dict.fromkeys("ok good observed detected det a b c d 0".split(), NO_FLAG),
}
_QUALITY: dict[str, int] = {
    **dict.fromkeys("ABCD", NO_FLAG),
    "U": State.LIMIT,
    **dict.fromkeys("EFXZ", State.UNUSABLE),
}
# Strongest first: one bad word spoils a flag, and a limit says more than "not covered".
_STRENGTH = (State.IGNORED, State.UNUSABLE, State.LIMIT, State.NOT_COVERED, NO_FLAG)
_BETWEEN = re.compile(r"[\s/,;+&|]+")


def word_states(
    texts: np.ndarray, extra: Mapping[str, State] | None = None
) -> tuple[np.ndarray, frozenset[str]]:
    r"""States of a column of flag words.

    Arguments:
        texts: Shape :math:`(N,)`, text; blank where there is no flag.
        extra: More words, over those of `WORDS`.

    Returns:
        Codes of `State` or `NO_FLAG`, shape :math:`(N,)` int8; and the words not known.
    """
    words = {**WORDS, **{word.lower(): int(state) for word, state in (extra or {}).items()}}
    unknown: set[str] = set()

    def read(text: str) -> int:
        if text in words:
            return words[text]
        parts = [part for part in _BETWEEN.split(text) if part]
        unknown.update(part for part in parts if part not in words)
        found = {words.get(part, NO_FLAG) for part in parts}
        return next((state for state in _STRENGTH if state in found), NO_FLAG)

    return _per_text(texts, read), frozenset(unknown)


def quality_states(texts: np.ndarray, position: int) -> tuple[np.ndarray, frozenset[str]]:
    r"""States from one letter of a quality flag such as `AAUU`; as `word_states`."""
    unknown: set[str] = set()

    def read(text: str) -> int:
        letter = text[position : position + 1].upper()
        if letter and letter not in _QUALITY:
            unknown.add(letter)
        return _QUALITY.get(letter, NO_FLAG)

    return _per_text(texts, read), frozenset(unknown)


def state_codes(texts: np.ndarray) -> tuple[np.ndarray, frozenset[str]]:
    r"""States written as the name or the number of a `State`; as `word_states`."""
    unknown: set[str] = set()
    names = {state.name.lower(): int(state) for state in State}
    names |= {str(int(state)): int(state) for state in State}

    def read(text: str) -> int:
        key = text.replace(" ", "_").replace("-", "_").removesuffix(".0").removeprefix("state.")
        if key and key not in names:
            unknown.add(text)
        return names.get(key, NO_FLAG)

    return _per_text(texts, read), frozenset(unknown)


def _per_text(texts: np.ndarray, read: Callable[[str], int]) -> np.ndarray:
    # Flags repeat: each distinct text is read once, also in a table of a million rows.
    distinct, inverse = np.unique(np.asarray(texts, dtype=str), return_inverse=True)
    codes: Iterable[int] = (read(text.strip().lower()) for text in distinct.tolist())
    found: np.ndarray = np.fromiter(codes, dtype=np.int8, count=len(distinct))[inverse.ravel()]
    return found
