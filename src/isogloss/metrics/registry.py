"""The metrics there are, found by any of their names."""

from __future__ import annotations

import csv
import math
import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

from isogloss.metrics.correlations import Correlation
from isogloss.metrics.edits import CER, WER
from isogloss.metrics.label_sets import LabelRanking, MicroF1, label_ranking_precision, set_r_precision
from isogloss.metrics.labels import Accuracy, FromCounts, MacroF1, SpanF1, balanced_accuracy, mcc, weighted_f1
from isogloss.metrics.metric import Computation, Metric
from isogloss.metrics.ranking import RankedDocuments, average_precision, ndcg, recall, reciprocal_rank
from isogloss.metrics.rouge import rouge_l, rouge_n, signature
from isogloss.metrics.sacre import BLEU, CHRF, CHRF_WORDS, SPBLEU, TER
from isogloss.metrics.sari import SARI
from isogloss.metrics.terms import INFLECTED, TermAccuracy
from isogloss.metrics.texts import TextComputation, exact_match, f1, is_result, same_result
from isogloss.registry import Registry

COMPUTATIONS: dict[str, Computation] = {
    "accuracy": Accuracy(),
    "balanced_accuracy": FromCounts(balanced_accuracy),
    "macro_f1": MacroF1(),
    "micro_f1": MicroF1(),
    "weighted_f1": FromCounts(weighted_f1),
    "mcc": FromCounts(mcc),
    "span_f1": SpanF1(),
    "r_precision": LabelRanking(set_r_precision),
    "map": RankedDocuments(average_precision),
    "ndcg": RankedDocuments(ndcg),
    "mrr": RankedDocuments(reciprocal_rank),
    **{f"recall_at_{k}": RankedDocuments(recall, k) for k in (5, 10, 100)},
    "pearson": Correlation(of_ranks=False),
    "spearman": Correlation(of_ranks=True),
    "lrap": LabelRanking(label_ranking_precision),
    "exact_match": TextComputation(exact_match, generated=same_result),
    "f1": TextComputation(f1),
    "valid_output_rate": TextComputation(is_result),
    "bleu": BLEU,
    "spbleu": SPBLEU,
    "chrf": CHRF,
    "chrf++": CHRF_WORDS,
    "ter": TER,
    "rouge_1": TextComputation(rouge_n(1), signature=signature),
    "rouge_2": TextComputation(rouge_n(2), signature=signature),
    "rouge_l": TextComputation(rouge_l, signature=signature),
    "sari": SARI,
    "wer": WER,
    "cer": CER,
    "term_accuracy": TermAccuracy(),
    "inflected_term_accuracy": TermAccuracy(INFLECTED),
}
"""How isogloss computes metrics; of the others it reads scores."""

QUALIFIERS = frozenset(
    "at k n eval test val valid validation dev mean avg average overall total score norm normalized normalised raw "
    "strict lenient char character token word byte sentence none full macro micro weighted mutual info".split()
)
"""Words after the name of a metric that change neither its range nor its direction."""
CHANGES = frozenset(
    "delta diff difference drop gap loss gain change std stderr var variance relative inverse neg negative log regret "
    "count number num n total ratio".split()
)
"""Words before the name of a metric that make another metric of it."""


def _read_table() -> dict[str, Metric]:
    text = files("isogloss.metrics").joinpath("data", "metrics.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row["name"]: _metric({name: value for name, value in row.items() if value}) for row in rows}


def _metric(row: dict[str, Any]) -> Metric:
    chance = row.get("chance")
    return Metric(
        name=row["name"],
        synonyms=tuple(row["synonyms"].split(", ")) if "synonyms" in row else (),
        lowest=float(row["lowest"]) if "lowest" in row else None,
        highest=float(row["highest"]) if "highest" in row else None,
        unit=row["unit"],
        higher_is_better={"higher": True, "lower": False}.get(row.get("better", "")),
        chance=chance if chance is None or chance == "1/classes" else float(chance),
        aggregation=row.get("aggregation"),
        standard_error=row.get("standard_error"),
        computation=COMPUTATIONS.get(row["name"]),
    )


metrics: Registry[Metric] = Registry("metric", _read_table(), "isogloss.metrics", base="isogloss.metrics.metric:Metric")
"""Metrics by name; other packages announce instances of `Metric` in the entry-point group `isogloss.metrics`."""


def find_metric(name: str) -> Metric:
    """The metric of that name or synonym; one of which nothing is known where there is none.

    Case, blanks and marks do not matter. Words before it name a task or a scorer (`eval_accuracy`, `match/accuracy`,
    `word_perplexity`), unless they make another metric of it (`delta_f1`); some after it specify it (`acc_norm`,
    `ndcg_at_10`, `exact_match,strict-match`).

    Examples
    --------
    >>> find_metric("eval_loss").higher_is_better
    False
    >>> find_metric("liveliness").higher_is_better is None
    True
    """
    index = _index(tuple(metrics.items()))
    words = _words(name)
    while words:
        for start in range(len(words)):
            if (metric := index.get("".join(words[start:]))) is not None and not CHANGES.intersection(words[:start]):
                return metric
        if words[-1] not in QUALIFIERS and not words[-1].isdecimal():
            break
        words = words[:-1]
    return Metric(name=name, unit="")


def lowest_fraction(name: str) -> float:
    """The lowest score of a metric whose scores are fractions: -1 for correlations.

    0 for one that is not registered: whoever says that its scores are fractions or percentages says that they run
    from 0.
    """
    metric = find_metric(name)
    return metric.lowest if metric.lowest is not None and metric.is_fraction else 0.0


def lowest_raw(name: str) -> float:
    """The lowest score of a metric whose scores are no fractions, such as 0 of error rates; minus infinity if unknown.

    The end of a fraction's range is known in any unit where it is 0.
    """
    metric = find_metric(name)
    known = metric.lowest is not None and (metric.lowest == 0 or not metric.is_fraction)
    return float(metric.lowest) if known and metric.lowest is not None else -math.inf


@lru_cache(maxsize=8)
def _index(entries: tuple[tuple[str, Metric], ...]) -> dict[str, Metric]:
    """Every name and synonym without case and marks; a name goes ahead of a synonym."""
    index: dict[str, Metric] = {}
    for spellings in ([(name,) for name, _ in entries], [metric.synonyms for _, metric in entries]):
        for names, (_, metric) in zip(spellings, entries, strict=True):
            for name in names:
                index.setdefault("".join(_words(name)), metric)
    return index


def _words(name: str) -> list[str]:
    """Words of a name without case and marks, and without the filter that lm-eval writes after a comma."""
    return re.findall(r"[^\W_]+", name.partition(",")[0].casefold().replace("++", "pp"))
