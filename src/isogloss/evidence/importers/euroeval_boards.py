"""The leaderboards of EuroEval: CSV of models down and data sets across, two scores with their intervals a cell."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from isogloss.errors import BadFile
from isogloss.evidence.bounds import check_delimited
from isogloss.evidence.importers.base import RawTable, ReadOptions
from isogloss.evidence.importers.encodings import utf8
from isogloss.evidence.importers.files import read_bytes
from isogloss.evidence.importers.values import RawRow, dropped_rows, model_facts, raw_rows
from isogloss.files import BYTE_ORDER_MARK
from isogloss.languages.names import fold

METRICS = {
    "sentiment classification": ("mcc", "macro_f1"),
    "linguistic acceptability": ("mcc", "macro_f1"),
    "named entity recognition": ("micro_f1_no_misc", "micro_f1"),
    "reading comprehension": ("f1", "em"),
    "knowledge": ("mcc", "accuracy"),
    "common sense reasoning": ("mcc", "accuracy"),
}
"""The two metrics of each task, in the order of a cell; those of other tasks have changed, and no board names them."""

HALF_WIDTH = 1.96
"""Boards write half the width of a 95 % interval."""

UNTOLD = "a board does not tell models that were fine-tuned from those that were asked: all count as used as they are"

_TAG = re.compile(r"<[^<>]*>")
_NUMBER = r"(-?\d+(?:\.\d+)?)\s*±\s*(\d+(?:\.\d+)?)"
_CELL = re.compile(rf"\s*{_NUMBER}\s*(?:/\s*{_NUMBER}\s*)?(?:@@.*)?")
_SETTING = re.compile(r"(.*?)\s*\(([^()]*)\)")


def is_board(head: bytes) -> bool:
    """Whether the head of a file is that of a board: a number that cells are sorted by stands behind `@@`."""
    return b"@@" in head and "±".encode() in head and head.lstrip()[:1] not in (b"{", b"[")


class Board(NamedTuple):
    """A column of a board."""

    place: int
    data_set: str
    task: str


def read_board(path: Path, options: ReadOptions) -> RawTable:
    """Read a board; the language of each data set is that of a table that ships, or of `--language DATASET=CODE`.

    Raises
    ------
    BadFile
        If it names no models, or no column of data sets.
    """
    where = str(path)
    lines = _lines(path)
    boards, body = _header(lines, where)
    rows: list[RawRow] = []
    dropped: list[tuple[int, str]] = []
    facts = []
    names = [[fold(_plain(cell)) for cell in column] for column in zip(*lines[: len(lines) - len(body)], strict=True)]
    at = next((place for place, levels in enumerate(names) if {"model", "model id"} & set(levels)), None)
    size = next((place for place, levels in enumerate(names) if any("param" in level for level in levels)), None)
    if at is None:
        raise BadFile("names no column of models", where=where, hint="give a board as EuroEval writes it")
    for line in body:
        told = _model(_plain(line[at]))
        model, revision = told["model"], told["model_revision"]
        count = _plain(line[size]).replace(",", "") if size is not None else ""
        if count.isdecimal():
            facts.append(model_facts(where, model=model, model_revision=revision, parameters=int(count)))
        for board in boards:
            for row, reason in _scores(line[board.place], board, options):
                place = len(rows) + len(dropped)
                if row is None:
                    dropped.append((place, reason))
                else:
                    rows.append({"origin_row": place, "train": options.values.get("train", ""), **told, **row})
    return RawTable(raw_rows(rows, where), dropped_rows(dropped), marks_queries=False, notes=(UNTOLD,),
                    models=pl.concat(facts).unique(maintain_order=True) if facts else None)  # fmt: skip


def _lines(path: Path) -> list[list[str]]:
    text = utf8(read_bytes(path).removeprefix(BYTE_ORDER_MARK), str(path))
    check_delimited(text, ",", str(path))
    try:
        lines = [line for line in csv.reader(io.StringIO(text.decode())) if line]
    except csv.Error as error:
        raise BadFile(f"is not a whole table: {error}", where=str(path)) from None
    width = max((len(line) for line in lines), default=0)
    for number, line in enumerate(lines, start=1):
        if len(line) != width:
            raise BadFile(f"has {len(line)} of {width} cells", where=f"{path} line {number}",
                          hint="check that it is whole")  # fmt: skip
    return lines


def _header(lines: list[list[str]], where: str) -> tuple[list[Board], list[list[str]]]:
    """The columns of data sets, and the lines below the header, whose last row names the data sets."""
    depth = next((number for number, line in enumerate(lines) if any(map(_CELL.fullmatch, line))), 0)
    body = lines[depth:]
    places = sorted({place for line in body for place, cell in enumerate(line) if _CELL.fullmatch(cell)})
    if not depth or not places:
        raise BadFile("has no header above its scores", where=where, hint="give a board as EuroEval writes it")
    top, bottom = lines[max(depth - 2, 0)], lines[depth - 1]
    return [Board(place, _plain(bottom[place]), _task(top[place], depth)) for place in places], body


def _task(written: str, depth: int) -> str:
    return fold(_plain(written).strip("~")) if depth > 1 else ""


def _plain(cell: str) -> str:
    return html.unescape(_TAG.sub("", cell)).strip()


def _model(written: str) -> RawRow:
    """What `org/name@revision#setting (zero-shot, val)` says."""
    match = _SETTING.fullmatch(written)
    name, setting = (match[1], match[2]) if match else (written, "")
    name, _, thinking = name.partition("#")
    name, _, revision = name.partition("@")
    others = [part for one in setting.split(",") if (part := one.strip()) not in ("", "zero-shot", "val")]
    revisions = [*filter(None, (revision, thinking)), *others]
    told: RawRow = {"model": name, "model_revision": "+".join(revisions) or None}
    recipe = {"recipe": "zero-shot"} if "zero-shot" in setting else {}
    return told | recipe | {"split": "val" if re.search(r"\bval\b", setting) else "test"}


def _scores(cell: str, board: Board, options: ReadOptions) -> Iterator[tuple[RawRow | None, str]]:
    """The scores in a cell, or why there are none."""
    match = _CELL.fullmatch(cell)
    language = options.languages.get(board.data_set) or _languages().get(_key(board.data_set))
    if match is None:
        yield None, "no score"
    elif board.task not in METRICS:
        yield None, f"of a task whose metrics no board names: {board.task or board.data_set}"
    elif language is None:
        yield None, f"of a data set whose language is unknown: {board.data_set}"
    else:
        found = zip(METRICS[board.task], (match.groups()[:2], match.groups()[2:]), strict=True)
        for metric, (score, half_width) in found:
            if score is not None:
                error = float(half_width) / HALF_WIDTH
                yield {"task": board.data_set, "metric": metric, "target": language, "score": float(score),
                       "scale": "percent", "standard_error": error}, ""  # fmt: skip


def _key(data_set: str) -> str:
    return data_set.casefold().replace("-", "_")


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    """Data set to the language that it is in."""
    table = Path(__file__).parent / "rules" / "euroeval-languages.tsv"
    return dict(csv.reader(table.read_text(encoding="utf-8").splitlines()[1:], delimiter="\t"))
