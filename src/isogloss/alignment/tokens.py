"""What a tokeniser makes of a language: how many tokens a sentence costs, and how many of them say little.

A premium is the number of tokens of a language over that of the pivot, for the same sentences (Petrov et al. 2023,
Language model tokenizers introduce unfairness between languages).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from isogloss.alignment.corpus import ParallelCorpus
from isogloss.models.pieces import REPLACEMENT, Pieces, load_pieces
from isogloss.progress import Progress, steps
from isogloss.stats import bootstrap_ratios, percentile_interval

Array = np.ndarray[Any, Any]

COLUMNS = {
    "language": pl.String, "sentences": pl.Int64, "tokens_per_sentence": pl.Float64, "premium": pl.Float64,
    "lower": pl.Float64, "upper": pl.Float64, "tokens_per_byte": pl.Float64, "tokens_per_character": pl.Float64,
    "unknown": pl.Float64, "byte_pieces": pl.Float64, "coverage": pl.Float64, "restored": pl.Float64,
}  # fmt: skip
"""Of the table of measures; `count_tokens` says what they are."""


@dataclass(frozen=True)
class TokenCounts:
    """What a tokeniser makes of each language of a corpus.

    Attributes
    ----------
    table : polars.DataFrame
        Columns `COLUMNS`, one row per language, in the order of the corpus.
    counts : polars.DataFrame
        `language`, `id` and `tokens`: one row per sentence.
    pivot : str
        As the corpus writes it.
    """

    table: pl.DataFrame
    counts: pl.DataFrame
    pivot: str

    def parity(self) -> pl.DataFrame:
        """Tokens of each language over those of each other one, for the sentences that both have.

        Returns
        -------
        polars.DataFrame
            Columns `language`, `other` and `parity`, null where two share no sentence.
        """
        wide = self.counts.pivot("language", index="id", values="tokens").drop("id")
        numbers = wide.to_numpy().astype(float)
        there = ~np.isnan(numbers)
        sums = np.nan_to_num(numbers).T @ there  # (languages, others): tokens of one where the other has a sentence
        with np.errstate(invalid="ignore"):
            ratios = sums / sums.T
        languages = wide.columns
        return pl.DataFrame(
            {
                "language": np.repeat(languages, len(languages)), "other": languages * len(languages),
                "parity": ratios.ravel(),
            }
        ).with_columns(pl.col("parity").fill_nan(None))  # fmt: skip


def count_tokens(
    tokenizer: Any,
    corpus: ParallelCorpus,
    *,
    pivot: str = "eng",
    level: float = 0.95,
    seed: int = 0,
    progress: Progress | None = None,
) -> TokenCounts:
    """Measure what a tokeniser makes of the languages of a parallel corpus.

    Parameters
    ----------
    tokenizer : str, pathlib.Path or object
        See `isogloss.models.load_pieces`.
    corpus : ParallelCorpus
    pivot : str, default "eng"
        The language whose tokens are 1.
    level : float, default 0.95
        Of the intervals.
    seed : int
    progress : Progress, optional

    Returns
    -------
    TokenCounts
        With, of each language, special tokens aside:

        - `tokens_per_sentence`;
        - `premium`: tokens over those of the pivot, both summed over the sentences that both have, with a percentile
          interval (`lower`, `upper`) from sentences drawn with replacement;
        - `tokens_per_byte` of UTF-8, `tokens_per_character`;
        - `unknown`: share of tokens that the tokeniser has no piece for;
        - `byte_pieces`: share of tokens that hold no whole character, because a character was cut into bytes;
        - `coverage`: share of the characters of the text, spaces aside, that alone give neither of these two;
        - `restored`: share of sentences that decoding gives back, spaces and compatible forms (NFKC) aside.

    Raises
    ------
    BadValue
        If there are no sentences in the pivot, or the tokeniser cannot decode what it encodes.
    BadFile
        If the tokeniser cannot be read.
    """
    pieces = load_pieces(tokenizer)
    base = corpus.select([pivot], where="pivot").languages[0]
    lengths: dict[str, dict[str, int]] = {}
    rows = []
    groups = {name: group for (name,), group in corpus.table.group_by("language", maintain_order=True)}
    kinds = _Kinds(pieces)
    for language, group in steps("Languages", list(groups.items()), progress):
        ids = pieces.encode(group["text"].to_list())
        lengths[str(language)] = dict(zip(group["id"], map(len, ids), strict=True))
        rows.append({"language": language, **_measures(group["text"].to_list(), ids, pieces, kinds)})
    premiums = _premiums(lengths, lengths[base], level, seed)
    table = pl.DataFrame([row | premiums[str(row["language"])] for row in rows], schema=COLUMNS)
    counts = [(language, one, number) for language, own in lengths.items() for one, number in own.items()]
    schema = {"language": pl.String, "id": pl.String, "tokens": pl.Int64}
    return TokenCounts(table, pl.DataFrame(counts, schema=schema, orient="row"), base)


class _Kinds:
    """Which ids are unknown, and which hold no whole character; each is decoded once."""

    def __init__(self, pieces: Pieces):
        self.pieces = pieces
        self.is_part: dict[int, bool] = {}

    def shares(self, ids: Iterable[list[int]]) -> tuple[float, float]:
        """Share of tokens of either kind."""
        counts = Counter(one for own in ids for one in own)
        new = [one for one in counts if one not in self.is_part]
        alone = self.pieces.decode([[one] for one in new])
        self.is_part |= {one: REPLACEMENT in text for one, text in zip(new, alone, strict=True)}
        total = max(counts.total(), 1)
        unknown = counts[self.pieces.unknown] if self.pieces.unknown is not None else 0
        in_bytes = sum(number for one, number in counts.items() if self.is_part[one] and one != self.pieces.unknown)
        return unknown / total, in_bytes / total


def _measures(texts: list[str], ids: list[list[int]], pieces: Pieces, kinds: _Kinds) -> dict[str, Any]:
    tokens = sum(map(len, ids))
    unknown, in_bytes = kinds.shares(ids)
    restored = [_plain(one) == _plain(text) for one, text in zip(pieces.decode(ids), texts, strict=True)]
    return {
        "sentences": len(texts), "tokens_per_sentence": tokens / len(texts),
        "tokens_per_byte": tokens / sum(len(text.encode()) for text in texts),
        "tokens_per_character": tokens / sum(map(len, texts)), "unknown": unknown, "byte_pieces": in_bytes,
        "coverage": _coverage(texts, pieces, kinds), "restored": sum(restored) / len(restored),
    }  # fmt: skip


def _coverage(texts: list[str], pieces: Pieces, kinds: _Kinds) -> float:
    counts = Counter(mark for text in texts for mark in text if not mark.isspace())
    alone = dict(zip(counts, pieces.encode(list(counts)), strict=True))
    covered = sum(number for mark, number in counts.items() if not any(kinds.shares([alone[mark]])))
    return covered / max(counts.total(), 1)


def _premiums(
    lengths: dict[str, dict[str, int]], base: dict[str, int], level: float, seed: int
) -> dict[str, dict[str, float | None]]:
    """Premiums with their intervals; languages that share the same sentences with the pivot share the draws."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for language, own in lengths.items():
        groups.setdefault(tuple(one for one in own if one in base), []).append(language)
    found: dict[str, dict[str, float | None]] = {}
    for shared, languages in groups.items():
        if not shared:
            found |= {language: {"premium": None, "lower": None, "upper": None} for language in languages}
            continue
        sums = np.array([[lengths[language][one] for language in languages] for one in shared], float)
        sizes = np.array([[base[one]] for one in shared], float)
        lower, upper = percentile_interval(bootstrap_ratios(sums, sizes, seed=seed), level)
        every = zip(languages, sums.sum(0) / sizes.sum(), lower, upper, strict=True)
        found |= {
            language: {"premium": float(ratio), "lower": float(low), "upper": float(high)}
            for language, ratio, low, high in every
        }
    return found


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
