"""LITMUS files, as the SumEval shared task wrote them: what was trained on, and what each language scored."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadTrainingMix, BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.files import read_json

QUERY_MARK = "x"
MODELS = {"XLMR": "xlm-roberta-large", "TULRv6Large": "t-ulrv6-large"}
METRICS = {"UDPOS": "f1", "WikiANN": "f1", "XNLI": "accuracy", "TyDiQA": "f1"}
"""The file does not name its metric; these are what XTREME reports for each task."""

_NAME = re.compile(r"(?P<task>[^_]+)_(?P<model>[^_]+)(?:_(?P<test_set>ID|OOD))?(?:_surprise_langs_\w+)?")
_NUMBER = int | float


class Litmus(Importer):
    """LITMUS / SumEval JSON: a list of `{"train_config": {language: n}, "eval_results": {language: score | "x"}}`.

    Each (entry, language) is a row whose `origin_row` is the 0-based position of the entry. Task and
    model stand only in the file name; the two test sets of TyDiQA (ID and OOD) are tasks of their own,
    because they test partly the same languages on different questions.
    """

    name = "litmus"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"[":
            return 0.0
        return 0.95 * (b'"train_config"' in head[:4096]) or 0.9 * (b'"eval_results"' in head)

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        constants = _constants(path, options)
        entries = read_json(path)
        if not isinstance(entries, list):
            raise BadFile("is not a list of configurations", where=where, hint="LITMUS files are lists of objects")
        if not entries:
            raise BadFile("holds no configuration", where=where)
        rows: list[tuple[int, str, str, float | None]] = []
        missing: list[int] = []
        for position, entry in enumerate(entries):
            _read_entry(position, entry, where, rows, missing)
        table = pl.DataFrame(
            rows,
            schema={"origin_row": pl.Int64, "train": pl.String, "target": pl.String, "score": pl.Float64},
            orient="row",
        ).with_columns(pl.lit(value).alias(name) for name, value in constants.items())
        return RawTable(
            table,
            pl.DataFrame({"origin_row": missing}, schema={"origin_row": pl.Int64}).with_columns(
                reason=pl.lit("no score")
            ),
        )


def _constants(path: Path, options: ReadOptions) -> dict[str, str | None]:
    found = _NAME.fullmatch(path.stem)
    task, model = (found["task"], found["model"]) if found else ("", "")
    known = {"task": task in METRICS, "model": model in MODELS}
    asked = [name for name in ("task", "model") if name not in options.values and not known[name]]
    if asked:
        raise BadValue(
            f"the file name does not say the {' and the '.join(asked)}",
            where=str(path),
            hint=f"give {' and '.join(f'{name}=...' for name in asked)}",
        )
    test_set = f"-{found['test_set']}" if found and found["test_set"] else ""
    constants = {
        "task": task + test_set,
        "model": MODELS.get(model, ""),
        "metric": METRICS.get(options.values.get("task", task).partition("-")[0]),
        "recipe": "fine-tune",
    }
    return constants | options.values


def _read_entry(
    position: int, entry: Any, where: str, rows: list[tuple[int, str, str, float | None]], missing: list[int]
) -> None:
    here = f"{where} row {position}"
    sizes, scores = (_part(entry, key, here) for key in ("train_config", "eval_results"))
    train = ",".join(f"{_code(code, here)}:{_size(code, size, here)}" for code, size in sizes.items())
    for language, score in scores.items():
        if score is None:
            missing.append(position)
        else:
            rows.append((position, train, _code(language, here), _score(language, score, here)))


def _part(entry: Any, key: str, where: str) -> dict[str, Any]:
    part = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(part, dict):
        raise BadFile(f"has no object '{key}'", where=where, hint="every entry holds train_config and eval_results")
    return part


def _code(code: str, where: str) -> str:
    if not code.strip() or not code.isprintable() or any(mark in code for mark in ",:"):
        raise BadValue(f"{code!r} is not a language code", where=where, hint="write a code such as eng or pt-BR")
    return code


def _size(code: str, size: Any, where: str) -> int:
    if isinstance(size, bool) or not isinstance(size, _NUMBER) or size != size or size in (float("inf"), -float("inf")):
        raise BadTrainingMix(f"size {size!r} of '{code}' is not a number", where=where, hint="write a whole number")
    if size != int(size):
        raise BadTrainingMix(
            f"size {size!r} of '{code}' is not a whole number", where=where, hint="write a whole number"
        )
    return int(size)


def _score(code: str, score: Any, where: str) -> float | None:
    if score == QUERY_MARK:
        return None
    try:
        if isinstance(score, bool) or not isinstance(score, _NUMBER):
            raise ValueError
        return float(score)
    except (ValueError, OverflowError):
        shown = repr(score) if len(repr(score)) < 40 else repr(score)[:40] + "..."
        raise BadValue(
            f"score {shown} of '{code}' is not a number", where=where, hint='write a number, or "x" to ask for it'
        ) from None
