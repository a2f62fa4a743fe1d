"""Metrics that sacreBLEU computes: BLEU, spBLEU, chrF, chrF++ and TER (Post 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from isogloss.errors import BadFile, first_line
from isogloss.extras import need
from isogloss.metrics.metric import Matrix
from isogloss.metrics.sums import SumComputation
from isogloss.metrics.texts import UNSPACED

OF_LANGUAGES: dict[str, dict[str, dict[str, Any]]] = {
    "BLEU": {code: {"tokenize": "zh" if code in ("zho", "cmn") else "char"} for code in UNSPACED},
    "TER": {code: {"normalized": True, "asian_support": True} for code in "zho cmn yue wuu hak nan jpn".split()},
}
"""Options by class and ISO 639-3 code, for languages without spaces between words: a sentence is not one word."""
PIECES = "flores200"
"""sacreBLEU's tokeniser for spBLEU."""


class SacreComputation(SumComputation):
    """Computes what a class of sacreBLEU does, in fractions instead of percent.

    Parameters
    ----------
    name : {"BLEU", "CHRF", "TER"}
    by_language : bool
        Whether options of a language hold, see `OF_LANGUAGES`.
    **options
        Of the class.
    """

    def __init__(self, name: str, *, by_language: bool = False, **options: Any):
        self.name, self.by_language, self.options = name, by_language, options
        self.highest = np.inf if name == "TER" else 1.0

    def count(self, text: str, references: Sequence[str], source: str, language: str) -> Sequence[float]:
        scorer = self._scorer(language)
        counts: Sequence[float] = scorer._extract_corpus_statistics([text], [[one] for one in references])[0]
        return counts

    def score(self, sums: Matrix, language: str) -> float:
        return self._fraction(self._scorer(language), sums)

    def score_of_row(self, counts: Matrix, language: str) -> float:
        """Of BLEU, from the orders of n-grams that a text has, as sacreBLEU's own score of a sentence."""
        return self._fraction(self._scorer(language, of_row=True), counts)

    def signature(self, language: str) -> str:
        """As sacreBLEU writes it, without the number of references."""
        scorer = self._scorer(language)
        parts = scorer.get_signature().format().split("|")
        return "|".join(part for part in parts if not part.startswith("nrefs"))

    def _fraction(self, scorer: Any, sums: Matrix) -> float:
        # Counts stay whole numbers, as sacreBLEU has them; TER and bootstrap means count in fractions.
        plain = [int(one) if float(one).is_integer() else float(one) for one in sums]
        return min(float(scorer._compute_score_from_stats(plain).score) / 100, self.highest)

    def _scorer(self, language: str, of_row: bool = False) -> Any:
        options = dict(self.options)
        if self.by_language:
            options |= OF_LANGUAGES[self.name].get(language, {})
        if of_row and self.name == "BLEU":
            options["effective_order"] = True
        return _scorer(self.name, tuple(options.items()))


@lru_cache(maxsize=64)
def _scorer(name: str, options: tuple[tuple[str, Any], ...]) -> Any:
    need("sacrebleu", extra="behaviour")
    import sacrebleu.metrics

    tokenizer = dict(options).get("tokenize")
    if tokenizer == PIECES:
        need("sentencepiece", extra="lab")
    try:
        scorer = getattr(sacrebleu.metrics, name)(**dict(options))
        scorer.num_refs = -1  # rows may differ in how many references they have
    except (OSError, RuntimeError) as error:
        raise BadFile(
            f"the model of the tokeniser '{tokenizer}' cannot be downloaded ({first_line(error)})", where="spbleu",
            hint="run once where there is a network and copy ~/.sacrebleu/models, or score chrf++",
        ) from None  # fmt: skip
    return scorer


BLEU = SacreComputation("BLEU", by_language=True)
SPBLEU = SacreComputation("BLEU", tokenize=PIECES)
CHRF = SacreComputation("CHRF")
CHRF_WORDS = SacreComputation("CHRF", word_order=2)
TER = SacreComputation("TER", by_language=True)
