"""Evidence as EuroEval has it: `euroeval_benchmark_results.jsonl`, one record per model, data set and split."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from isogloss.evidence.evidence import Evidence
from isogloss.evidence.exporters.files import Files, count_reasons, first_reason, language_code
from isogloss.evidence.importers.values import BRANCHES
from isogloss.metrics.registry import find_metric

FILE = "euroeval_benchmark_results.jsonl"
SPLITS = ("test", "val")
PROMPTED = ("few-shot", "zero-shot")
FINE_TUNED = "fine-tune"
_RECORD = ("model", "model_revision", "task", "target", "recipe", "split")


def euroeval_files(evidence: Evidence) -> tuple[Files, dict[str, int]]:
    """The one file, and how many observations EuroEval cannot say, by reason."""
    rows = evidence.observations
    directions = {name: find_metric(name).higher_is_better for name in rows["metric"].unique()}
    known = pl.col("metric").replace_strict(directions, return_dtype=pl.Boolean)
    text, revision = pl.col("model"), pl.col("model_revision")
    adapted = (
        pl.when(pl.col("recipe") == FINE_TUNED)
        .then(pl.col("train") == pl.col("target"))
        .otherwise(pl.col("recipe").is_in(PROMPTED) & (pl.col("train") == ""))
    )
    rows = rows.with_columns(
        _reason=first_reason(
            {
                "is about a pair of languages": pl.col("pair").is_not_null(),
                "has no scale from 0 to 100": pl.col("scale") == "raw",
                "is neither few-shot, zero-shot nor fine-tuned on its language": ~adapted.fill_null(False),
                "says a seed or a number of examples": pl.any_horizontal(pl.col("seed", "shots").is_not_null()),
                "is of another split than test and val": ~pl.col("split").is_in(SPLITS).fill_null(False),
                "is of a metric whose direction EuroEval would not say": (
                    known != pl.col("higher_is_better")
                ).fill_null(True),
                "is of a model or metric whose name EuroEval reads otherwise": text.str.contains("[@#]")
                | revision.str.contains("[@#]").fill_null(False)
                | revision.is_in(BRANCHES).fill_null(False)
                | pl.col("metric").str.ends_with("_se"),
            }
        )
    )
    kept = rows.filter(pl.col("_reason").is_null())
    return _lines(kept, evidence.models), count_reasons(rows["_reason"])


def _lines(rows: pl.DataFrame, models: pl.DataFrame) -> Files:
    sizes = {
        (model, revision): count
        for model, revision, count in models.select("model", "model_revision", "parameters").iter_rows()
    }
    records = [
        _record(dict(zip(_RECORD, key, strict=True)), group, sizes)
        for key, group in rows.group_by(_RECORD, maintain_order=True)
    ]
    if records:
        yield FILE, "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)


def _record(shared: dict[str, Any], group: pl.DataFrame, sizes: dict[tuple[Any, Any], int | None]) -> dict[str, Any]:
    model, revision = shared["model"], shared["model_revision"]
    total: dict[str, float] = {}
    for row in group.iter_rows(named=True):
        key = f"{shared['split']}_{row['metric']}"
        total[key] = 100 * row["score"]
        if row["standard_error"] is not None:
            total[f"{key}_se"] = 100 * row["standard_error"]
    return {
        "dataset": shared["task"],
        "task": "",
        "dataset_languages": [language_code(shared["target"])],
        "model": model if revision is None else f"{model}@{revision}",
        "results": {"raw": [], "total": total},
        "num_model_parameters": sizes.get((model, revision)) or -1,
        "generative": shared["recipe"] != FINE_TUNED,
        "few_shot": shared["recipe"] == PROMPTED[0],
        "validation_split": shared["split"] == SPLITS[1],
    }
