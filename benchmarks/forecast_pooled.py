"""Claim: what other models and tasks know of a language is worth more than all typology.

MTEB: one score per model, task and language (means over revisions, splits and directions). A language held
out of one task but present in others (8 folds over languages; MassiveIntent without its sister task), languages
wholly unseen, models wholly unseen (8 folds each). MASSIVE (ProxyLM): a language that one large model never
saw, neither tested nor trained on, while three small models have it: each language by itself, as ProxyLM does, and
a fifth of the languages at once, which is harder and was measured first. The background of the default learnt nothing
from the test texts of a table, and where languages are wholly unseen nothing from MTEB.
Errors in points; every score weighs the same, as in the figures they are held against; coverage and width of 90 %
intervals in two folds of each table, and in ten of MASSIVE.

Named parts are measured again and the rest kept: python -m benchmarks.forecast_pooled language_in_proxy_models
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl

from benchmarks.backgrounds import background_without
from benchmarks.common import (
    DATA,
    RESULTS,
    Array,
    as_queries,
    have_data,
    machine,
    points,
    versions,
    write_result,
)
from isogloss.evidence import Evidence, TrainingMix, read_evidence
from isogloss.forecasting import Background, Default, Mean, WeakestLink
from isogloss.stats import bootstrap_interval

TASKS = {
    "MassiveIntentClassification": "MassiveScenarioClassification",
    "BelebeleRetrieval": None,
    "SIB200ClusteringS2S": None,
    "NTREXBitextMining": None,
}
"""Tasks asked about, and the sister task that is left out of the evidence while they are."""
CORPORA = {
    "MassiveIntentClassification": "massive",
    "BelebeleRetrieval": "belebele",
    "SIB200ClusteringS2S": "sib",
    "NTREXBitextMining": "flores",
}
"""The test texts of tasks in the background."""
PROXIES = ("bloomz-560m", "smollm-135m", "smollm-360m")
FOLDS, PROXY_FOLDS = 8, 5
FOLDS_WITH_INTERVALS, PROXY_FOLDS_WITH_INTERVALS = 2, 10
"""Folds of which intervals are asked for; means are asked for in all."""
LEVEL = 0.9
NAME = "forecast_pooled"
Split = tuple[Evidence, pl.DataFrame]


def main() -> None:
    """Measure both tables."""
    if not have_data("observations/mteb", "observations/proxylm"):
        return
    mteb = read_mteb()
    parts: dict[str, Callable[[], Any]] = {
        "mteb_fit_cpu_s": lambda: fit_time(read_evidence(DATA / "observations" / "mteb" / "scores.parquet")),
        "language_in_other_tasks": lambda: {
            task: measure(list(out_of_one_task(mteb, task, sister)), "target", background_without(corpus=CORPORA[task]))
            for task, sister in TASKS.items()
        },
        "mae_of_weakest_link_in_other_tasks": lambda: {
            task: weakest_link(list(out_of_one_task(mteb, task, sister))) for task, sister in TASKS.items()
        },
        "language_wholly_unseen": lambda: {
            task: measure(list(unseen_languages(mteb, task)), "target", unseen_background(task)) for task in TASKS
        },
        "model_wholly_unseen": lambda: {
            task: measure(list(unseen_models(mteb, task)), "model", unseen_background(task), against="task")
            for task in TASKS
        },
        "language_in_proxy_models": lambda: known_by_proxies(None, PROXY_FOLDS_WITH_INTERVALS),
        "languages_in_proxy_models_a_fifth_at_once": lambda: known_by_proxies(PROXY_FOLDS, FOLDS_WITH_INTERVALS),
    }
    chosen = [name for name in parts if name in sys.argv[1:]] or list(parts)
    written = RESULTS / f"{NAME}.json"
    kept = json.loads(written.read_text()) if sys.argv[1:] and written.exists() else {}
    found = {name: parts[name]() if name in chosen else kept.get(name) for name in parts}
    write_result(
        NAME,
        {
            "claim": "the same language elsewhere: a third of the error of the model's mean",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn", "lightgbm"),
            "mteb": {"scores": len(mteb), "settings": mteb.settings().height, "targets": len(mteb.targets)},
            **found,
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        },
    )


def read_mteb() -> Evidence:
    """MTEB with one score per model, task and language."""
    found = read_evidence(DATA / "observations" / "mteb" / "scores.parquet")
    keys = ["model", "task", "metric", "target"]
    means = found.observations.group_by(keys).agg(pl.col("score").mean()).sort(keys)
    means = means.with_columns(
        train=pl.lit(""), scale=pl.lit("fraction"), higher_is_better=pl.lit(True), target_as_reported=pl.col("target")
    )
    return Evidence(means, found.models)


def out_of_one_task(evidence: Evidence, task: str, sister: str | None) -> Iterator[Split]:
    """A fold of a task's languages, hidden from that task only."""
    rows = evidence.observations
    rows = rows if sister is None else rows.filter(pl.col("task") != sister)
    for hidden in _folds(rows.filter(pl.col("task") == task)["target"], FOLDS):
        asked = (pl.col("task") == task) & pl.col("target").is_in(hidden)
        yield _split(evidence, rows.filter(~asked), rows.filter(asked))


def unseen_languages(evidence: Evidence, task: str) -> Iterator[Split]:
    """A fold of all languages, hidden from every task."""
    rows = evidence.observations
    for hidden in _folds(rows["target"], FOLDS):
        gone = pl.col("target").is_in(hidden)
        yield _split(evidence, rows.filter(~gone), rows.filter(gone & (pl.col("task") == task)))


def unseen_models(evidence: Evidence, task: str) -> Iterator[Split]:
    """A fold of all models, hidden from every task."""
    rows = evidence.observations
    for hidden in _folds(rows["model"], FOLDS):
        gone = pl.col("model").is_in(hidden)
        yield evidence.with_observations(rows.filter(~gone)), rows.filter(gone & (pl.col("task") == task))


def known_by_proxies(folds: int | None, intervals: int) -> dict[str, Any]:
    """Errors in languages that only the three small models know, on both tasks with both large models."""
    return {
        f"{task} {model}": measure(
            list(out_of_one_model(task, model, folds)), "target", background_without(corpus="massive"), None, intervals
        )
        for task in ("intent", "slot")
        for model in ("aya", "llama3")
    }


def out_of_one_model(task: str, model: str, folds: int | None) -> Iterator[Split]:
    """Folds of languages (None: one in each) that one model never saw or was tested on, while three small ones were."""
    evidence = read_evidence(DATA / "observations" / "proxylm" / f"{task}_experiments.csv")
    rows = evidence.observations.filter(pl.col("model").is_in([model, *PROXIES]))
    mixes = {text: TrainingMix.parse(text, language=str) for text in rows["train"].unique()}
    for hidden in _folds(rows["target"], folds or rows["target"].n_unique()):
        trained = [text for text, mix in mixes.items() if set(mix) & set(hidden)]
        theirs, tested = pl.col("model") == model, pl.col("target").is_in(hidden)
        gone = theirs & (tested | pl.col("train").is_in(trained))
        yield (
            evidence.with_observations(rows.filter(~gone)),
            rows.filter(theirs & tested & ~pl.col("train").is_in(trained)),
        )


def unseen_background(task: str) -> Background:
    """What a background says that learnt neither from MTEB nor from the test texts of a task."""
    return background_without(corpus=CORPORA[task], source="MTEB")


def measure(
    splits: list[Split],
    grouped_by: str,
    background: Background,
    against: str | None = "model",
    intervals: int = FOLDS_WITH_INTERVALS,
) -> dict[str, Any]:
    """Errors of the default forecaster and of the mean of the model (or task), over all splits."""
    start, cells = time.process_time(), []
    for fold, (evidence, asked) in enumerate(splits):
        queries = as_queries(asked)
        fitted = Default(background=background).fit(evidence, queries)
        nothing = pl.lit(None, dtype=pl.Float64)
        found = fitted.predict(queries).with_columns(lower=nothing, upper=nothing)
        if fold < intervals:
            found = fitted.conformalize().predict_interval(queries, LEVEL)
        columns = {name: found[name] for name in ("mean", "lower", "upper")}
        cells.append(asked.with_columns(**columns, mean_of_peer=_peer(evidence, asked, against)))
    every = pl.concat(cells)
    bounded = every.drop_nulls("lower")
    error = (every["mean"] - every["score"]).to_numpy()
    result = {
        "scores": every.height,
        grouped_by + "s": every[grouped_by].n_unique(),
        "mae": points(np.abs(error).mean(), 2),
        "rmse": points(np.sqrt((error**2).mean()), 2),
        "coverage_of_90": round(float(bounded["score"].is_between(bounded["lower"], bounded["upper"]).mean() or 0), 3),
        "mean_width_of_90": points(np.mean((bounded["upper"] - bounded["lower"]).to_numpy()), 1),
        "cpu_s_per_fold": round((time.process_time() - start) / len(splits), 1),
    }
    if against is not None:
        peer = np.abs((every["mean_of_peer"] - every["score"]).to_numpy())
        low, high = _difference(every.with_columns(by_peer=peer, ours=np.abs(error)), grouped_by)
        result |= {f"mae_of_{against}_mean": points(peer.mean(), 2), "difference_low": low, "difference_high": high}
    return result


def weakest_link(splits: list[Split]) -> float:
    """Mean absolute error, in points, of the lower of the model's mean and its mean in the language elsewhere."""
    errors = []
    for evidence, asked in splits:
        queries = as_queries(asked)
        found = WeakestLink().fit(evidence, queries).predict(queries)
        errors.append((found["mean"] - asked["score"]).abs())
    return points(pl.concat(errors).to_numpy().mean(), 2)


def fit_time(evidence: Evidence) -> float:
    """CPU seconds to fit the whole table and answer one question about it."""
    start = time.process_time()
    query = as_queries(evidence.observations.head(1).with_columns(target=pl.lit("wol")))
    Default().fit(evidence, query).conformalize().predict_interval(query, LEVEL)
    return round(time.process_time() - start, 1)


def _split(evidence: Evidence, known: pl.DataFrame, asked: pl.DataFrame) -> Split:
    """Only settings that are left in the evidence can be asked about by their mean."""
    return evidence.with_observations(known), asked.join(known.select("model", "task").unique(), on=["model", "task"])


def _peer(evidence: Evidence, asked: pl.DataFrame, against: str | None) -> pl.Series:
    if against == "model":
        queries = as_queries(asked)
        return Mean().fit(evidence, queries).predict(queries)["mean"]
    task = asked["task"][0]
    mean = evidence.observations.filter(pl.col("task") == task)["score"].mean()
    return pl.Series([mean] * asked.height, dtype=pl.Float64)


def _difference(cells: pl.DataFrame, grouped_by: str) -> tuple[float, float]:
    """95 % interval of the paired difference to the peer in points, groups drawn again."""
    by_group = cells.group_by(grouped_by).agg(pl.col("ours", "by_peer").mean()).sort(grouped_by)
    differences: Array = (by_group["ours"] - by_group["by_peer"]).to_numpy()
    low, high = bootstrap_interval(differences)
    return points(low, 2), points(high, 2)


def _folds(values: pl.Series, folds: int) -> Iterator[list[str]]:
    names = values.unique().sort().to_list()
    fold_of = np.random.default_rng(0).permutation(len(names)) % folds
    for fold in range(folds):
        yield [name for name, its in zip(names, fold_of, strict=True) if its == fold]


if __name__ == "__main__":
    main()
