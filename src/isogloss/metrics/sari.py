"""SARI: what a simplification adds, keeps and deletes, against references (Xu et al. 2016)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from isogloss.extras import need
from isogloss.metrics.metric import Matrix
from isogloss.metrics.sums import SumComputation
from isogloss.metrics.words import letters_apart

ORDERS = 4
SIGNATURE = "tok:13a+graphemes|case:lower|orders:4|corpus:easse"


class Sari(SumComputation):
    """SARI of a corpus, as EASSE counts it (Alva-Manchego et al. 2019).

    Notes
    -----
    Mean of the F1 of adding, keeping and deleting. An n-gram is added if the system has it and the source has not,
    and that is right if any reference has it. Kept and deleted n-grams are counted as often as they stand there,
    times the number of references, against the sum over references. Precision and recall are means over n = 1 to 4,
    of counts that are summed over the corpus; one without anything to count is 0. Texts are cut by mteval's 13a
    rules, and letter by letter in scripts without spaces, where 13a would leave one token per sentence. Source,
    output and references are cut alike; in EASSE's release the source is not.
    """

    needs_sources: ClassVar[bool] = True

    def count(self, text: str, references: Sequence[str], source: str, language: str) -> Sequence[float]:
        before, after = _ngrams(source), _ngrams(text)
        empty: Counter[str] = Counter()
        wanted = [sum(parts, empty) for parts in zip(*map(_ngrams, references), strict=True)]
        counts = [
            of_operation
            for order in range(ORDERS)
            for of_operation in _operations(before[order], after[order], wanted[order], len(references))
        ]
        return [number for row in counts for number in row]

    def score(self, sums: Matrix, language: str) -> float:
        right, given, expected = np.moveaxis(sums.reshape(ORDERS, 3, 3), 2, 0)  # (orders, operations) each
        precision = np.divide(right, given, out=np.zeros_like(right), where=given > 0).mean(0)
        recall = np.divide(right, expected, out=np.zeros_like(right), where=expected > 0).mean(0)
        total = precision + recall
        return float(np.mean(np.divide(2 * precision * recall, total, out=np.zeros(3), where=total > 0)))

    def signature(self, language: str) -> str:
        return SIGNATURE


SARI = Sari()


def _operations(before: Counter[str], after: Counter[str], wanted: Counter[str], times: int) -> list[list[int]]:
    """Right, given and expected n-grams of adding, keeping and deleting."""
    added, to_add = {*after} - {*before}, {*wanted} - {*before}
    source = Counter({one: count * times for one, count in before.items()})
    system = Counter({one: count * times for one, count in after.items()})
    kept, to_keep = source & system, source & wanted
    deleted, to_delete = source - system, source - wanted
    return [
        [len(added & to_add), len(added), len(to_add)],
        [(kept & to_keep).total(), kept.total(), to_keep.total()],
        [(deleted & to_delete).total(), deleted.total(), to_delete.total()],
    ]


def _ngrams(text: str) -> list[Counter[str]]:
    tokens = _tokens(text)
    return [
        Counter(" ".join(tokens[place : place + order]) for place in range(len(tokens) - order + 1))
        for order in range(1, ORDERS + 1)
    ]


def _tokens(text: str) -> list[str]:
    need("sacrebleu", extra="behaviour")
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    return str(Tokenizer13a()(letters_apart(text.lower()))).split()
