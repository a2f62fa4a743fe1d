"""Error rates of transcripts: edits of words or characters, by the length of the reference."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from isogloss.extras import need
from isogloss.metrics.metric import Matrix
from isogloss.metrics.sums import SumComputation
from isogloss.metrics.words import letters_apart


class ErrorRate(SumComputation):
    """Edits (insertions, deletions, substitutions) of units, by the units of references (Levenshtein 1966).

    Parameters
    ----------
    units : callable
        From a text to what is counted.
    signature : str

    Notes
    -----
    Of several references the one with the lowest rate counts. Letter case and punctuation count, as in the usual
    scorers: normalise texts before, in the same way, if they should not.
    """

    def __init__(self, units: Callable[[str], Sequence[str]], signature: str):
        self.units, self._signature = units, signature

    def count(self, text: str, references: Sequence[str], source: str, language: str) -> Sequence[float]:
        need("rapidfuzz", extra="behaviour")
        from rapidfuzz.distance import Levenshtein

        there = self.units(text)
        pairs = [(Levenshtein.distance(there, right), len(right)) for right in map(self.units, references)]
        return min(pairs, key=lambda pair: pair[0] / max(pair[1], 1))

    def score(self, sums: Matrix, language: str) -> float:
        edits, length = sums
        return float(edits / length) if length else float(edits > 0)

    def signature(self, language: str) -> str:
        return self._signature


def _characters(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _words(text: str) -> list[str]:
    return letters_apart(unicodedata.normalize("NFC", text)).split()


WER = ErrorRate(_words, "words:spaces|unspaced:graphemes|case:mixed|form:nfc")
CER = ErrorRate(_characters, "characters:codepoints|case:mixed|form:nfc")
