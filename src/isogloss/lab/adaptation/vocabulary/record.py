"""What is said of new tokens: how many there are, where their rows come from, and how much text one holds."""

from __future__ import annotations

from collections.abc import Mapping
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
    before: Mapping[str, float] | None = None, **more: Any,
) -> None:  # fmt: skip
    """Write the counts, the bytes that a token holds on texts held out, before and after, and what else there is.

    Those of before may be told, see `bytes_by_language`, where the old tokenizer is not to be made again.
    """
    told = bytes_by_language(old, held_out) if before is None else before
    filled = len(np.intersect1d(combination.filled, [*new.ids.values(), *new.added.values()]))
    total = len({*new.ids.values(), *new.added.values()})
    draft.write(
        VOCABULARY,
        {
            "tokens_before": len({*old.ids.values(), *old.added.values()}), "tokens": total, "rows_kept": kept,
            "rows_combined": total - kept - filled, "rows_filled": filled,
            "bytes_per_token": {
                language: [told[language], after] for language, after in bytes_by_language(new, held_out).items()
            },
            **more,
        },
    )  # fmt: skip


def bytes_by_language(vocabulary: Vocabulary, texts: Texts) -> dict[str, float]:
    """Bytes that a token holds on texts, by language."""
    return {language: bytes_per_token(vocabulary, list(some)) for language, some in texts.items()}


def bytes_per_token(vocabulary: Vocabulary, texts: list[str]) -> float:
    """Bytes of texts over the tokens that they are cut into."""
    return round(size(texts) / max(1, sum(map(len, vocabulary.encode(texts)))), 4)


def facts_of(source: Weights, target: Weights) -> dict[str, Any]:
    """The same for the card, with the parameters."""
    return target.read_json(VOCABULARY) | {
        "parameters_before": source.parameters, "parameters": target.parameters
    }  # fmt: skip
