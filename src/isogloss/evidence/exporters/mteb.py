"""Evidence as MTEB has it: a folder per model and revision, with a file per task."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from isogloss.evidence.evidence import Evidence
from isogloss.evidence.exporters.files import Files, count_reasons, first_reason, safe_name, written
from isogloss.evidence.pairs import TARGET
from isogloss.languages import resolve

MAIN = "main_score"
NO_REVISION = "no_revision_available"
_FILE = ("model", "model_revision", "task")


def mteb_files(evidence: Evidence) -> tuple[Files, dict[str, int]]:
    """Name and content of each file, and how many observations MTEB cannot say, by reason.

    `main_score` is the metric of that name, else the only metric of the task. Subsets are named as in the
    file that an observation came from, else by language.
    """
    metrics = evidence.observations.group_by("task").agg(
        _only=pl.col("metric").n_unique() == 1, _main=(pl.col("metric") == MAIN).any()
    )
    rows = evidence.observations.join(metrics, on="task", how="left", maintain_order="left").with_columns(
        _reason=first_reason(
            {
                "was adapted on languages": pl.col("train") != "",
                "says a seed, a recipe or examples in the prompt": pl.any_horizontal(
                    pl.col("seed", "recipe", "shots").is_not_null()
                ),
                "is one of several metrics, none of them main_score": ~pl.col("_only") & ~pl.col("_main"),
                "is another metric than main_score": ~pl.col("_only") & (pl.col("metric") != MAIN),
            }
        )
    )
    kept = rows.filter(pl.col("_reason").is_null())
    return _mteb_documents(kept, evidence.models), count_reasons(rows["_reason"])


def _mteb_documents(rows: pl.DataFrame, models: pl.DataFrame) -> Files:
    for (model, revision, task), group in rows.group_by(_FILE, maintain_order=True):
        splits: dict[str, list[dict[str, Any]]] = {}
        for row in group.iter_rows(named=True):
            splits.setdefault(row["split"] or "test", []).append(_entry(row))
        content = {"task_name": task, "scores": splits}
        yield f"{_folder(model, revision)}/{safe_name(str(task))}.json", written(content)
    known = rows.select("model", "model_revision").unique(maintain_order=True)
    for facts in known.join(models, on=["model", "model_revision"], nulls_equal=True).iter_rows(named=True):
        yield f"{_folder(facts['model'], facts['model_revision'])}/model_meta.json", written(_meta(facts))


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    languages = _languages(row["target"], row["pair"])
    details = json.loads(row["details"]) if row["importer"] == "mteb" and row["details"] else {}
    subset = details.get("subset") or "-".join(dict.fromkeys(code.replace("-", "_") for code in languages))
    named = {} if row["metric"] == MAIN else {row["metric"]: row["score"]}
    return {MAIN: row["score"], **named, "hf_subset": subset, "languages": languages}


def _languages(target: str, pair: str | None) -> list[str]:
    """First and second language as MTEB writes them, deu-Latn."""
    if pair is None:
        ids = [target]
    elif pair.startswith(f"{TARGET}-"):
        ids = [target, pair[2:]]
    else:
        ids = [pair[:-2], target]
    return [f"{language.code}-{language.script}" for language in map(resolve, ids)]


def _meta(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": facts["model"],
        "revision": facts["model_revision"],
        "release_date": facts["released"] and facts["released"].isoformat(),
        "languages": facts["languages"] and [_languages(one, None)[0] for one in facts["languages"]],
        "n_parameters": facts["parameters"],
        "embed_dim": facts["embedding_size"],
        "max_tokens": facts["max_tokens"],
        "license": facts["license"],
        "adapted_from": facts["base_model"],
        "training_datasets": facts["training_tasks"],
    }


def _folder(model: Any, revision: Any) -> str:
    return f"{safe_name(str(model).replace('/', '__', 1))}/{safe_name(str(revision or NO_REVISION))}"
