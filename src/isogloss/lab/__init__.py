"""The lab: measure for real how what a model learns in one language serves another."""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "Grid": "isogloss.lab.grid",
    "read_grid": "isogloss.lab.grid",
    "RunReport": "isogloss.lab.report",
    "run_grid": "isogloss.lab.run",
    "Corpus": "isogloss.lab.recipe",
    "Recipe": "isogloss.lab.recipe",
    "recipes": "isogloss.lab.recipe",
    "Fitted": "isogloss.lab.recipe",
    "Training": "isogloss.lab.outcome",
    "load": "isogloss.lab.saving",
    "known_tasks": "isogloss.lab.task_file",
    "tasks": "isogloss.lab.task",
    "plan_grid": "isogloss.lab.planning",
    "Findings": "isogloss.lab.transfer",
    "findings": "isogloss.lab.transfer",
    "compare_recipes": "isogloss.lab.comparison",
    "measured_costs": "isogloss.lab.costs",
    "costs_file": "isogloss.lab.costs",
    "translators": "isogloss.lab.translate",
    "executors": "isogloss.lab.executor",
    "ByteTransformer": "isogloss.models.byte_transformer",
    "pretrain": "isogloss.models.byte_transformer",
    "clone_text": "isogloss.models.byte_tokenizer",
    "read_pretraining": "isogloss.lab.pretraining",
}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> Any:
    # Imported on first use: worker processes need little of it, and start the sooner.
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'isogloss.lab' has no attribute '{name}'")
