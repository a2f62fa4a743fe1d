"""The report of XTREME's `evaluate.py`: scores of nine tasks by language."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.files import read_json
from isogloss.evidence.importers.values import RawRow, dropped_rows, number, raw_rows

TASKS = ("bucc2018", "mlqa", "panx", "pawsx", "tatoeba", "tydiqa", "udpos", "xnli", "xquad")
RETRIEVAL = ("bucc2018", "tatoeba")
"""Sentence retrieval, from every language into English, by a model that is not adapted."""


class Xtreme(Importer):
    """The JSON report of XTREME (Hu et al. 2020): `{task: {metric: {language: score}}}`, scores from 0 to 100.

    Each score is a row, counted through the file. Averages over languages and tasks are dropped. Neither the
    model nor what it was trained on is in it: they are asked for. The retrieval tasks, for which nothing
    is trained, are about pairs with English and have no mix.
    """

    name = "xtreme"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if head.lstrip()[:1] != b"{" or b'"avg_metric"' not in head:
            return 0.0
        return 0.9 * any(f'"{task}"'.encode() in head for task in TASKS)

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        data = read_json(path)
        if not isinstance(data, dict):
            raise BadFile("is not an object", where=where, hint="give what evaluate.py wrote with --output_file")
        asked = [name for name in ("model", "train") if name not in options.values]
        if asked:
            says = {"model": "the model", "train": "what was trained on"}
            raise BadValue(
                f"does not say {' and '.join(says[name] for name in asked)}",
                where=where,
                hint=f"give {' '.join('train=eng:1000' if name == 'train' else 'model=...' for name in asked)}",
            )
        rows: list[RawRow] = []
        dropped: list[tuple[int, str]] = []
        for position, (task, metric, language, value) in enumerate(_scores(data, where)):
            if language is None:
                dropped.append((position, "an average, which repeats scores"))
            else:
                score = number(value, metric, f"{where} row {position}")
                rows.append(_row(position, task, metric, language, score, options))
        if not rows:
            raise BadFile("holds no score by language", where=where, hint="give what evaluate.py wrote")
        return RawTable(raw_rows(rows, where), dropped_rows(dropped), marks_queries=False)


def _scores(data: dict[str, Any], where: str) -> list[tuple[str, str, str | None, Any]]:
    """Task, metric, language and value of every score; averages have no language."""
    found: list[tuple[str, str, str | None, Any]] = []
    for task, metrics in data.items():
        if task not in TASKS:
            if isinstance(metrics, dict | list):
                raise BadFile(f"'{task[:60]}' is no task of XTREME", where=where, hint=f"known: {', '.join(TASKS)}")
            found.append((task, task, None, metrics))
            continue
        if not isinstance(metrics, dict):
            raise BadFile(f"'{task}' is not an object", where=where)
        for metric, scores in metrics.items():
            if isinstance(scores, dict):
                found += [(task, metric, language, value) for language, value in scores.items()]
            else:
                found.append((task, metric, None, scores))
    return found


def _row(position: int, task: str, metric: str, language: str, score: float | None, options: ReadOptions) -> RawRow:
    retrieval = task in RETRIEVAL
    return {
        "origin_row": position,
        "model": options.values["model"],
        "task": f"XTREME-{task}",
        "metric": metric,
        "target": f"{language}|en" if retrieval else language,
        "train": "" if retrieval else options.values["train"],
        "recipe": None if retrieval else options.values.get("recipe", "fine-tune"),
        "split": "test",
        "score": score,
        "scale": "percent",
    }
