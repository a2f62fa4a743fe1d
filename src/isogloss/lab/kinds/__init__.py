"""Kinds of tasks: one file for each way of answering."""

from __future__ import annotations

from isogloss.lab.task import TaskKind
from isogloss.registry import Registry

tasks: Registry[type[TaskKind]] = Registry(
    "task kind",
    {
        "text-classification": "isogloss.lab.kinds.texts:TextClassification",
        "sentence-pairs": "isogloss.lab.kinds.texts:SentencePairs",
        "multi-label-classification": "isogloss.lab.kinds.label_sets:MultiLabelClassification",
        "ranking": "isogloss.lab.kinds.ranking:Ranking",
        "similarity": "isogloss.lab.kinds.similarity:Similarity",
        "token-tagging": "isogloss.lab.kinds.texts:TokenTagging",
        "multiple-choice": "isogloss.lab.kinds.choices:MultipleChoice",
        "cloze": "isogloss.lab.kinds.choices:ClozeTask",
        "generation": "isogloss.lab.kinds.texts:Generation",
        "translation": "isogloss.lab.kinds.texts:Translation",
        "translation-pairs": "isogloss.lab.kinds.pairs:TranslationPairs",
        "instructions": "isogloss.lab.kinds.texts:Instructions",
        "extractive-qa": "isogloss.lab.kinds.extractive:ExtractiveQA",
    },
    "isogloss.tasks",
    base="isogloss.lab.task:TaskKind",
)
"""Kinds of tasks by name; other packages announce theirs in the entry-point group `isogloss.tasks`."""
