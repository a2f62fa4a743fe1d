"""Evidence as LITMUS has it: one file per task and model, each an entry per training mix."""

from __future__ import annotations

import json

import polars as pl

from isogloss.evidence.evidence import Evidence
from isogloss.evidence.exporters.files import Files, count_reasons, first_reason, safe_name
from isogloss.evidence.schema import SETTING
from isogloss.evidence.training_mix import TrainingMix


def litmus_files(evidence: Evidence) -> tuple[Files, dict[str, int]]:
    """Name and content of each file, and how many observations LITMUS cannot say, by reason.

    Files are named `<task>_<model>[_<metric>...].json`; of metric, revision, recipe, shots and split those
    parts that tell the file from another. Each (mix, seed) is an entry. Scores are fractions.
    """
    rows = evidence.observations.with_columns(
        _reason=first_reason(
            {
                "is about a pair of languages": pl.col("pair").is_not_null(),
                "says no size of a training language": pl.col("train").str.contains(r"(?:^|,)[^:,]+(?:,|$)"),
                "tells kinds of training examples apart": pl.col("train").str.contains("+", literal=True),
            }
        )
    )
    return _litmus_documents(rows.filter(pl.col("_reason").is_null())), count_reasons(rows["_reason"])


def _litmus_documents(rows: pl.DataFrame) -> Files:
    settings = rows.select(SETTING).unique()
    telling = [name for name in SETTING if name not in ("task", "model") and settings[name].n_unique() > 1]
    for setting, group in rows.group_by(SETTING, maintain_order=True):
        named = dict(zip(SETTING, setting, strict=True))
        parts = [named["task"], named["model"], *(named[name] for name in telling if named[name] is not None)]
        entries = [
            {
                "train_config": dict(TrainingMix.parse(str(train), language=str)),
                "eval_results": dict(scores.select("target", "score").iter_rows()),
            }
            for (train, _), scores in group.group_by("train", "seed", maintain_order=True)
        ]
        yield "_".join(safe_name(str(part)) for part in parts) + ".json", json.dumps(entries, indent=1) + "\n"
