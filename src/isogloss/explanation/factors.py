"""Factors: explanatory variables of transfer from one language to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isogloss.errors import UnknownName
from isogloss.forecasting.features import space
from isogloss.forecasting.grid import Array
from isogloss.languages import distances, similarities

LINGUISTIC, LEXICAL, DATA, ADAPTATION, LEVEL, REGISTERED = (
    "linguistic similarity",
    "lexical overlap",
    "pretraining data",
    "adaptation data",
    "monolingual level",
    "registered similarity",
)
SILENT_GROUPS = ("model architecture", "pretraining setting")
"""Groups of the review of contributing factors that are the same in all pairs of one model."""

SIMILARITIES = {
    "syntactic": LINGUISTIC,
    "morphological": LINGUISTIC,
    "phonological": LINGUISTIC,
    "inventory": LINGUISTIC,
    "genetic": LINGUISTIC,
    "geographic": LINGUISTIC,
    "script": LEXICAL,
}
"""Kinds of distance whose complement is a factor, and the group of each."""

OTHERS = {
    "source text": DATA,
    "target text": DATA,
    "source examples": ADAPTATION,
    "own examples": ADAPTATION,
    "sources": ADAPTATION,
    "source own score": LEVEL,
    "target own score": LEVEL,
}
"""Factors that are no similarity, and the group of each."""

PHRASES = {
    "syntactic": "similar grammar",
    "morphological": "similar morphology",
    "phonological": "similar phonology",
    "inventory": "a similar sound inventory",
    "genetic": "common descent",
    "geographic": "being near on the map",
    "script": "the same script",
    "source text": "more web text in the source language",
    "target text": "more web text in the target language",
    "source examples": "more training examples",
    "own examples": "more examples of the target itself",
    "sources": "more source languages",
    "source own score": "a source that is learnt well itself",
    "target own score": "a target that is learnt well itself",
}
"""More of each factor, in words."""


@dataclass(frozen=True)
class Factor:
    """An explanatory variable.

    Attributes
    ----------
    name : str
    group : str
        One of the groups of factors.
    phrase : str
        More of it, in words.
    """

    name: str
    group: str
    phrase: str

    @classmethod
    def named(cls, name: str) -> Factor:
        """The factor of that name: of `SIMILARITIES`, of `OTHERS`, or a registered similarity."""
        group = SIMILARITIES.get(name) or OTHERS.get(name) or REGISTERED
        return cls(name, group, PHRASES.get(name, f"similarity by {name}"))

    @classmethod
    def product(cls, first: Factor, second: Factor) -> Factor:
        """The interaction of two."""
        phrase = f"{first.phrase} together with {second.phrase}"
        return cls(f"{first.name} x {second.name}", "interaction", phrase)


def check_names(names: Sequence[str], where: str = "factors") -> None:
    """Check names of factors.

    Raises
    ------
    UnknownName
    """
    known = [*SIMILARITIES, *OTHERS, *similarities.names()]
    for name in names:
        if name not in known:
            raise UnknownName("factor", name, known, where=where)


def similarity(kind: str, sources: Sequence[str], targets: Sequence[str]) -> Array:
    """1 less the distance of each source from each target, (sources, targets); NaN where too little is known."""
    return np.asarray(1 - distances(sources, kind, others=targets).values)


def web_text(languages: Sequence[str]) -> Array:
    """log10 of the MiB of text in CC-100, of shape (languages,); see `isogloss.forecasting.features`."""
    known = space(languages)
    return known.web_text[known.at(languages)]
