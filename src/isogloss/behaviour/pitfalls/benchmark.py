"""Pairs of questions as a benchmark: lines of JSON, and tasks of EleutherAI's lm-evaluation-harness for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.behaviour.pitfalls.pairs import ENGLISH
from isogloss.behaviour.prompts import ranked_prompt
from isogloss.files import atomic_folder
from isogloss.models.inputs import SLOT

TASK = """task: pitfalls_{language}
dataset_path: json
dataset_kwargs:
  data_files:
    test: pitfalls_{language}.jsonl
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{prompt}}}}"
doc_to_choice: "{{{{continuations}}}}"
doc_to_target: "{{{{answer}}}}"
target_delimiter: ""
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
"""
"""Run it in its folder: lm_eval --include_path . --tasks pitfalls_eng,pitfalls_swa"""


def write_benchmark(pairs: pl.DataFrame, target: str, folder: Path, template: str = "") -> Path:
    """Write pairs as a benchmark into a new folder.

    Parameters
    ----------
    pairs : polars.DataFrame
        See `Pitfalls`.
    target : str
        Id of the other language.
    folder : pathlib.Path
        New or empty.
    template : str
        See `isogloss.behaviour.answer_questions`.

    Returns
    -------
    pathlib.Path
        Of `pitfalls.jsonl`: all questions in both languages, which `isogloss.behaviour.read_questions` reads. Beside it
        are a file and a task for each language, for lm-evaluation-harness, whose prompts are the same.

    Raises
    ------
    BadFile
        If the folder is not empty or cannot be written.
    """
    rows = {language: [_line(row, language, end, template) for row in pairs.iter_rows(named=True)]
            for language, end in ((ENGLISH, ""), (target, "_target"))}  # fmt: skip
    with atomic_folder(folder) as inside:
        _write(inside / "pitfalls.jsonl", [line for lines in rows.values() for line in lines])
        for language, lines in rows.items():
            _write(inside / f"pitfalls_{language}.jsonl", lines)
            (inside / f"pitfalls_{language}.yaml").write_text(TASK.format(language=language), encoding="utf-8")
    return folder / "pitfalls.jsonl"


def _line(row: Mapping[str, Any], language: str, end: str, template: str) -> dict[str, Any]:
    question, choices = row[f"question{end}"], row[f"choices{end}"]
    before, _, after = ranked_prompt(question, choices, template).premise.partition(SLOT)
    prompt = before.rstrip(" ")
    return {
        "item": " / ".join(filter(None, (row["half"], row["item"], row["sentence"]))), "language": language,
        "task": "pitfalls", "half": row["half"], "question": question, "choices": choices, "answer": row["place"],
        "prompt": prompt, "continuations": [before[len(prompt) :] + one + after for one in choices],
    }  # fmt: skip


def _write(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
