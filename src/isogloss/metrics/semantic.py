"""Error rate of transcripts with a part for what they mean: edits, and the distance of sentence vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.metrics.edits import CER, WER
from isogloss.metrics.metric import Gold, Matrix
from isogloss.metrics.sums import SumComputation

CHARACTERS = frozenset("zho cmn yue wuu hak nan gan hsn lzh jpn kor".split())
"""Languages (Chinese, Japanese, Korean) in which characters are counted, and not words."""


class SemanticErrorRate(SumComputation):
    """Semantic-aware error rate: weight * F + (1 - weight) * (1 - mean cosine), after SwitchLingua (2025).

    Parameters
    ----------
    encode : callable
        From a list of texts to one vector each, (texts, width).
    weight : float, default 0.5
        Of the edits, from 0 to 1.
    vectors : str, default ""
        Name of what encodes, for the signature.

    Raises
    ------
    BadValue
        If the weight is not from 0 to 1.

    Notes
    -----
    F is the character error rate in Chinese, Japanese and Korean, and the word error rate elsewhere, of all rows
    together, as `cer` and `wer` count them. The cosine is that of the vectors of output and reference, cut to 0 to 1;
    an output without words has 0, as has a vector of zeros. Of several references the one with the lowest rate counts.
    F has no upper end, nor has the score.
    """

    answers: ClassVar[tuple[str, ...]] = ("text with vectors",)

    def __init__(self, encode: Callable[[list[str]], Matrix], weight: float = 0.5, vectors: str = ""):
        if not 0 <= weight <= 1:
            raise BadValue(f"{weight:g} is not from 0 to 1", where="weight of edits")
        self.encode, self.weight, self.vectors = encode, weight, vectors
        self._vectors: dict[str, np.ndarray[Any, Any]] = {}

    def counts(self, gold: Gold, predicted: Matrix) -> Matrix:
        """Counts of all rows; their texts are encoded together."""
        self._learn([*gold.texts(predicted), *(one for right in gold.answers for one in right)])
        return super().counts(gold, predicted)

    def count(self, text: str, references: Sequence[str], source: str, language: str) -> Sequence[float]:
        """Edits, length of the reference, distance and 1."""
        self._learn([text, *references])
        edits = CER if language in CHARACTERS else WER
        rows = [(*edits.count(text, [right], source, language), self._distance(text, right), 1.0)
                for right in references]  # fmt: skip
        return min(rows, key=lambda row: self.score(np.array(row), language))

    def score(self, sums: Matrix, language: str) -> float:
        edits, length, distance, rows = sums
        rate = WER.score(np.array([edits, length]), language)
        return float(self.weight * rate + (1 - self.weight) * distance / rows) if rows else float("nan")

    def signature(self, language: str) -> str:
        edits = f"cer|{CER.signature(language)}" if language in CHARACTERS else f"wer|{WER.signature(language)}"
        return f"edits:{edits}|weight:{self.weight:g}|vectors:{self.vectors}|cosine:0..1"

    def _learn(self, texts: Sequence[str]) -> None:
        """The vectors of texts that have none yet, of length 1."""
        if new := [one for one in dict.fromkeys(texts) if one.strip() and one not in self._vectors]:
            vectors = np.asarray(self.encode(new), float)
            vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
            self._vectors |= dict(zip(new, vectors, strict=True))

    def _distance(self, text: str, reference: str) -> float:
        """1 less the cosine, from 0 to 1; of two texts without words 0, of one 1."""
        if not text.strip() or not reference.strip():
            return float(bool(text.strip()) != bool(reference.strip()))
        return 1.0 - float(np.clip(self._vectors[text] @ self._vectors[reference], 0, 1))
