"""Measure retrievers on collections: metrics of each language with intervals, and differences between retrievers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import UnknownName
from isogloss.lab.retrieval.collection import Collection
from isogloss.lab.retrieval.retrievers import LEXICAL, NEURAL, Retriever, neural
from isogloss.languages import resolve
from isogloss.metrics.ranking import judge, read_ranking_metric
from isogloss.models.encoder import load_encoder
from isogloss.progress import Progress, steps
from isogloss.stats.intervals import bootstrap_interval, check_level, paired_bootstrap

USUAL = ("ndcg@10", "map", "mrr@10", "recall@10", "recall@100")
PROGRESS = "lab.retrieval"
SCHEMA = {
    "retriever": pl.String, "language": pl.String, "documents": pl.String, "metric": pl.String, "value": pl.Float64,
    "lower": pl.Float64, "upper": pl.Float64, "standard_error": pl.Float64, "queries": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class RetrievalResult:
    """Scores of retrievers.

    Attributes
    ----------
    scores : polars.DataFrame
        For each `retriever`, `language` of queries, language of `documents` and `metric`: `value`, `lower`, `upper`,
        `standard_error` and `queries`.
    differences : polars.DataFrame
        By the first metric: for each `language`, the `retriever` that is best there but for the baseline, the best
        lexical `baseline`, and their `difference` with `lower` and `upper`, queries drawn anew in pairs. Empty where
        only one kind was measured.
    level : float
    """

    scores: pl.DataFrame
    differences: pl.DataFrame
    level: float


def make_retrievers(
    names: Sequence[str], model: str | None = None, *, pooling: str = "mean", prefixes: tuple[str, str] = ("", "")
) -> dict[str, Retriever]:
    """Retrievers by name: `bm25`, `bm25-ngrams`, and of a model `bi-encoder` and `late-interaction`.

    Raises
    ------
    UnknownName
    """
    known = [*LEXICAL, *(NEURAL if model else ())]
    for name in names:
        if name not in known:
            raise UnknownName("retriever", name, known, where="methods" if model else "methods, without a model")
    encoder = load_encoder(model) if model and any(name in NEURAL for name in names) else None
    return {
        name: LEXICAL[name] if encoder is None or name in LEXICAL else neural(name, encoder, prefixes, pooling)
        for name in names
    }


def measure_retrieval(
    collections: Sequence[Collection],
    methods: Mapping[str, Retriever],
    metrics: Sequence[str] = USUAL,
    *,
    level: float = 0.95,
    seed: int = 0,
    progress: Progress | None = None,
) -> RetrievalResult:
    """Rank the documents of every collection by every retriever, and score the rankings.

    Parameters
    ----------
    collections : sequence of Collection
    methods : mapping of str to Retriever
    metrics : sequence of str
        Such as `ndcg@10`; queries without anything relevant do not count.
    level : float
    seed : int
    progress : callable, optional

    Notes
    -----
    `standard_error` is s / sqrt(n) over queries. Documents of equal score stand in the order of the collection.
    """
    check_level(level)
    read = {name: read_ranking_metric(name) for name in metrics}
    depth = max(k for _, k in read.values())
    rows, differences = [], []
    for collection in steps(PROGRESS, collections, progress):
        languages = [resolve(one).id for one in collection.languages]
        of_first: dict[str, NDArray[np.float64]] = {}
        for name, method in methods.items():
            found = method.find(collection, min(depth, len(collection.documents)))
            ranked = [[collection.document_ids[place] for place in one] for one in found.places]
            judged = judge(ranked, collection.grades)
            for metric, (function, k) in read.items():
                values = function(judged, k)
                values = values[~np.isnan(values)]
                of_first.setdefault(name, values)
                lower, upper = bootstrap_interval(values, level=level, draws=1_000, seed=seed)
                error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
                rows.append((name, *languages, metric, float(values.mean()), lower, upper, error, len(values)))
        differences += _difference(of_first, methods, languages[0], level, seed)
    return RetrievalResult(pl.DataFrame(rows, schema=SCHEMA, orient="row"), _differences(differences), level)


def _difference(
    values: Mapping[str, NDArray[np.float64]], methods: Mapping[str, Retriever], language: str, level: float, seed: int
) -> list[dict[str, str | float]]:
    lexical, of_model = ([name for name in values if methods[name].needs_model is model] for model in (False, True))
    if not lexical or not of_model or len(values[lexical[0]]) < 2:
        return []
    baseline, one = (max(names, key=lambda name: values[name].mean()) for names in (lexical, of_model))
    lower, upper = paired_bootstrap(values[one], values[baseline], level=level, draws=1_000, seed=seed)
    difference = float((values[one] - values[baseline]).mean())
    return [{"language": language, "retriever": one, "baseline": baseline, "difference": difference, "lower": lower,
             "upper": upper}]  # fmt: skip


def _differences(rows: list[dict[str, str | float]]) -> pl.DataFrame:
    names = dict.fromkeys(("language", "retriever", "baseline"), pl.String)
    return pl.DataFrame(rows, schema={**names, **dict.fromkeys(("difference", "lower", "upper"), pl.Float64)})
