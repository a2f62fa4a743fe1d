"""Facts about public test sets that ship with isogloss: who wrote their texts, and what a guess scores."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

import polars as pl

from isogloss.evidence.facts import check_tasks
from isogloss.evidence.schema import TASK

FILE = Path(__file__).parent / "known_tasks.toml"


@lru_cache(maxsize=1)
def known_tasks() -> pl.DataFrame:
    """One row per (task, metric), with the columns of `isogloss.evidence.schema.TASK`.

    Names are those that MTEB, lm-evaluation-harness, lighteval, XTREME and isogloss itself use, with the
    endings they give them for a way of asking. The file says where each fact is from.
    """
    rows = [
        {"task": f"{name}{ending}", "metric": metric} | {key: value for key, value in entry.items() if key in TASK}
        for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["test_set"]
        for name in entry["tasks"]
        for ending in entry.get("endings", [""])
        for metric in entry.get("metrics", [None])
    ]
    return check_tasks(pl.DataFrame(rows, schema=TASK), FILE.name)
