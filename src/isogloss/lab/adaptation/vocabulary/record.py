"""What is said of new tokens: how many there are, where their rows come from, and how much text one holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.lab.adaptation import Texts
from isogloss.lab.adaptation.draft import VOCABULARY, Draft
from isogloss.lab.adaptation.texts import size
from isogloss.lab.adaptation.vocabulary.rows import Combination
from isogloss.lab.adaptation.vocabulary.spelling import Vocabulary
from isogloss.lab.adaptation.weights import Weights


def write_record(
    draft: Draft, old: Vocabulary, new: Vocabulary, kept: int, combination: Combination, held_out: Texts,
    **more: Any,
) -> None:  # fmt: skip
    """Write the counts, the bytes that a token holds on texts held out, before and after, and what else there is."""
    filled = len(np.intersect1d(combination.filled, [*new.ids.values(), *new.added.values()]))
    total = len({*new.ids.values(), *new.added.values()})
    draft.write(
        VOCABULARY,
        {
            "tokens_before": len({*old.ids.values(), *old.added.values()}), "tokens": total, "rows_kept": kept,
            "rows_combined": total - kept - filled, "rows_filled": filled,
            "bytes_per_token": {
                language: [bytes_per_token(one, list(texts)) for one in (old, new)]
                for language, texts in held_out.items()
            },
            **more,
        },
    )  # fmt: skip


def bytes_per_token(vocabulary: Vocabulary, texts: list[str]) -> float:
    """Bytes of texts over the tokens that they are cut into."""
    return round(size(texts) / max(1, sum(map(len, vocabulary.encode(texts)))), 4)


def facts_of(source: Weights, target: Weights) -> dict[str, Any]:
    """The same for the card, with the parameters."""
    return target.read_json(VOCABULARY) | {
        "parameters_before": source.parameters, "parameters": target.parameters
    }  # fmt: skip
