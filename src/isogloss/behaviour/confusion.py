"""Language confusion: replies that are wholly or partly in another language than the one expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.items import require
from isogloss.behaviour.lines import english_words, is_latin, reply_lines
from isogloss.behaviour.metrics.confusion_entropy import CONFUSION_ENTROPY
from isogloss.behaviour.metrics.lcpr import LCPR
from isogloss.behaviour.metrics.line_accuracy import LINE_ACCURACY
from isogloss.behaviour.metrics.lpr import LPR
from isogloss.behaviour.metrics.wpr import WPR
from isogloss.errors import NotEnoughEvidence
from isogloss.stats.intervals import bootstrap_weights, check_level, percentile_interval
from isogloss.texts.identification import codes_of, identify

Array = NDArray[np.float64]

DRAWS = 1_000
RATES = ("lpr", "wpr", "lcpr", "line_accuracy", "confusion_entropy", "expected_share")
_KEYS = ("task", "model", "language")


@dataclass(frozen=True)
class Confusion:
    """Language confusion of models.

    Attributes
    ----------
    models : polars.DataFrame
        For each `model`, means over languages of `lpr`, `wpr` and `lcpr` with `_lower` and `_upper`, of
        `line_accuracy`, `confusion_entropy` and `expected_share` (of the lines of a reply); `languages`, `replies`,
        `judged`, `empty`, `short`.
    languages : polars.DataFrame
        The same for each `model` and `language`, a mean over tasks. Null where the language cannot be identified or
        no reply was judged.
    replies : polars.DataFrame
        `model`, `language`, `identified` (code, or `unknown`) and its `share` of the lines of replies.
    unidentifiable : list of str
        Languages that the identifier does not know.
    level : float
    """

    models: pl.DataFrame
    languages: pl.DataFrame
    replies: pl.DataFrame
    unidentifiable: list[str]
    level: float


def score_confusion(
    items: pl.DataFrame,
    *,
    words: frozenset[str] | None = None,
    skip_empty: bool = False,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
    identified: Callable[..., dict[str, str]] = identify,
) -> Confusion:
    """Score in which languages a model replies.

    Parameters
    ----------
    items : polars.DataFrame
        `language` (expected) and `text`; `model` and `task` where there are any. See `read_items`.
    words : frozenset of str, optional
        English words that count as confusion in languages that are not written in Latin letters; by default every
        word in small Latin letters with more than three.
    skip_empty : bool
        Whether empty replies are left out, as in the publication; else they fail.
    level : float
        Of intervals.
    draws, seed : int
        Of the bootstrap over replies.
    identified : callable
        From lines to the code of each.

    Raises
    ------
    MissingExtra
        Without a library that identifies languages.
    NotEnoughEvidence
        If no language can be identified.

    Notes
    -----
    Marchisio et al. (2024): a reply fails by line if one of its lines is identified as another language, or as none. It
    fails by word if it passes by line and holds an English word; that is asked of languages in other scripts than
    Latin only. Lines of fewer than five words are not judged, nor replies without a longer line.
    """
    check_level(level)
    require(items, "language", "text")
    names = [pl.lit("").alias(name) for name in ("task", "model") if name not in items.columns]
    table = items.with_columns(names).with_columns(pl.col("task", "model", "text").cast(pl.String))
    expected = {language: codes_of(language) for language in table["language"].unique().sort()}
    unknown = [language for language, codes in expected.items() if not codes]
    if len(unknown) == len(expected):
        raise NotEnoughEvidence(
            f"{', '.join(unknown)} cannot be identified",
            where="items",
            hint="see docs/methods/behaviour.md for which can",
        )
    judged = _judge(table, expected, words, skip_empty, identified)
    rng = np.random.default_rng(seed)
    cells = [
        _cell(key, rows, draws, rng) for key, rows in sorted(judged.group_by(*_KEYS), key=lambda one: tuple(one[0]))
        if str(key[2]) not in unknown
    ]  # fmt: skip
    by_language = _averaged(cells, ("model", "language"))
    models = _averaged(by_language, ("model",))
    return Confusion(_table(models, level), _table(by_language, level), _replies(judged), unknown, level)


@dataclass(frozen=True)
class _Cell:
    """Scores of some replies, with those of drawn samples; `draws` has shape (rates, draws)."""

    key: dict[str, str]
    values: Array
    draws: Array
    counts: NDArray[np.intp]
    languages: int


_COUNTS = ("replies", "judged", "empty", "short")


def _judge(
    table: pl.DataFrame,
    expected: dict[str, frozenset[str]],
    words: frozenset[str] | None,
    skip_empty: bool,
    identified: Callable[..., dict[str, str]],
) -> pl.DataFrame:
    """What holds of every reply."""
    texts = [text or "" for text in table["text"]]
    lines = [reply_lines(text) for text in texts]
    codes = identified(line for reply in lines for line in reply)
    rows = []
    for text, reply, language in zip(texts, lines, table["language"], strict=True):
        counts = Counter(codes[line] for line in reply)
        right = sum(counts[code] for code in expected[language])
        empty = not text.strip()
        rows.append(
            {
                "empty": empty, "short": not empty and not reply,
                "is_judged": bool(reply) or (empty and not skip_empty),
                "lines": len(reply), "right": right, "line_error": right < len(reply) or empty,
                "word_error": not is_latin(language) and bool(reply) and bool(english_words(text, words)),
                "identified": [*counts.elements()],
                **_distribution(counts, right, expected[language]),
            }
        )  # fmt: skip
    types: dict[str, Any] = {
        "identified": pl.List(pl.String),
        "expected_share": pl.Float64,
        "confusion_entropy": pl.Float64,
    }
    return table.select(*_KEYS).hstack(pl.DataFrame(rows, schema_overrides=types, infer_schema_length=None))


def _distribution(counts: Counter[str], right: int, expected: frozenset[str]) -> dict[str, float | None]:
    """Share of the language expected among the lines of a reply, and their confusion entropy."""
    total = sum(counts.values())
    if not total:
        return {"expected_share": None, "confusion_entropy": None}
    others = [times / total for code, times in counts.items() if code not in expected]
    return {
        "expected_share": right / total,
        "confusion_entropy": float(CONFUSION_ENTROPY(right / total, [*others, 0.0])),
    }


def _cell(key: tuple[Any, ...], rows: pl.DataFrame, draws: int, rng: np.random.Generator) -> _Cell:
    """Rates of the replies of one model to one task in one language."""
    judged = rows.filter("is_judged")
    counts = np.array([rows.height, judged.height, int(rows["empty"].sum()), int(rows["short"].sum())])
    names = dict(zip(_KEYS, map(str, key), strict=True))
    if judged.is_empty():
        return _Cell(names, np.full(len(RATES), np.nan), np.full((len(RATES), draws), np.nan), counts, 1)
    weights = bootstrap_weights(judged.height, draws=draws, rng=rng) if draws else np.empty((0, judged.height))
    once = np.full((1, judged.height), 1 / judged.height)
    return _Cell(
        names, _rates(judged, once, names["language"])[:, 0], _rates(judged, weights, names["language"]), counts, 1
    )


def _rates(judged: pl.DataFrame, weights: Array, language: str) -> Array:
    """Every rate under every set of weights of replies, of shape (rates, sets)."""
    failed = judged["line_error"].to_numpy().astype(float)
    worded = judged["word_error"].to_numpy().astype(float) * (1 - failed)
    lpr = LPR(weights @ failed, np.ones(len(weights)))
    wpr = np.full(len(weights), np.nan) if is_latin(language) else WPR(weights @ worded, weights @ (1 - failed))
    accuracy = LINE_ACCURACY(judged["right"], judged["lines"])
    means = [
        _weighted_mean(weights, values)
        for values in (np.where(judged["empty"], 0.0, accuracy), judged["confusion_entropy"].to_numpy(),
                       judged["expected_share"].to_numpy())
    ]  # fmt: skip
    return np.array([lpr, wpr, LCPR(lpr, wpr), *means])


def _weighted_mean(weights: Array, values: Array) -> Array:
    """Means of the values that there are."""
    there = ~np.isnan(values)
    total = weights @ there.astype(float)
    sums = weights @ np.where(there, values, 0.0)
    return np.asarray(np.divide(sums, total, out=np.full(len(weights), np.nan), where=total > 0))


def _averaged(cells: list[_Cell], names: tuple[str, ...]) -> list[_Cell]:
    """Means over cells with the same names; cells without a value are passed over."""
    groups: dict[tuple[str, ...], list[_Cell]] = {}
    for cell in cells:
        groups.setdefault(tuple(cell.key[name] for name in names), []).append(cell)
    return [
        _Cell(
            dict(zip(names, key, strict=True)), _mean([cell.values for cell in group]),
            _mean([cell.draws for cell in group]), np.sum([cell.counts for cell in group], axis=0), len(group),
        )
        for key, group in groups.items()
    ]  # fmt: skip


def _mean(arrays: list[Array]) -> Array:
    stacked = np.stack(arrays)
    there = ~np.isnan(stacked)
    count = there.sum(0)
    sums = np.where(there, stacked, 0.0).sum(0)
    return np.asarray(np.divide(sums, count, out=np.full(count.shape, np.nan), where=count > 0))


def _table(cells: list[_Cell], level: float) -> pl.DataFrame:
    """One row for each cell, with the ends of the intervals of pass rates."""
    rows = []
    for cell in cells:
        row: dict[str, Any] = dict(cell.key)
        for place, name in enumerate(RATES):
            row[name] = cell.values[place]
            if name in ("lpr", "wpr", "lcpr"):
                drawn = cell.draws[place][~np.isnan(cell.draws[place])]
                row[f"{name}_lower"], row[f"{name}_upper"] = (
                    percentile_interval(drawn, level) if len(drawn) else (None,) * 2
                )
        row |= dict(zip(_COUNTS, map(int, cell.counts), strict=True))
        if "language" not in cell.key:
            row["languages"] = cell.languages
        rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col(pl.Float64).fill_nan(None))


def _replies(judged: pl.DataFrame) -> pl.DataFrame:
    """Shares of the lines of replies by the language they were identified as."""
    lines = judged.select("model", "language", "identified").explode("identified").drop_nulls()
    counts = lines.group_by("model", "language", "identified").len()
    share = pl.col("len") / pl.col("len").sum().over("model", "language")
    return (
        counts.with_columns(share=share).drop("len").sort("model", "language", "share", descending=[False, False, True])
    )
