"""CoNLL-U and CoNLL: one word per line, columns beside each other, an empty line after each sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from isogloss.errors import BadFile

_CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_KEPT = ("form", "lemma", "upos", "xpos", "deprel")
_COMMENT = re.compile(r"#\s*([\w.-]+)\s*=\s*(.*)")

Sentence = tuple[dict[str, str], list[tuple[int, list[str]]]]


def read_conllu(path: Path) -> pl.DataFrame:
    """Sentences of a CoNLL-U file (universaldependencies.org/format.html), one row each.

    Returns
    -------
    polars.DataFrame
        sent_id and text (null where no comment says), and lists form, lemma, upos, xpos, deprel. Words are
        the syntactic ones: ranges (`3-4`) and empty nodes (`3.1`) are passed over.

    Raises
    ------
    BadFile
        If a line has not ten columns, with its number.
    """
    rows = []
    for comments, lines in _sentences(path):
        words = []
        for number, cells in lines:
            if len(cells) != len(_CONLLU):
                raise BadFile(
                    f"{len(cells)} columns, not {len(_CONLLU)}",
                    where=f"{path} line {number}",
                    hint="CoNLL-U has ten, with tabs between",
                )
            if cells[0].isdigit():
                words.append(dict(zip(_CONLLU, cells, strict=True)))
        if words:
            row: dict[str, object] = {"sent_id": comments.get("sent_id"), "text": comments.get("text")}
            rows.append(row | {name: [word[name] for word in words] for name in _KEPT})
    lists = dict.fromkeys(_KEPT, pl.List(pl.String()))
    return pl.DataFrame(rows, schema={"sent_id": pl.String(), "text": pl.String(), **lists})


def read_conll(path: Path) -> pl.DataFrame:
    """Sentences of a CoNLL file: columns by their number, from 1, and `last`; with tabs or else spaces between.

    Returns
    -------
    polars.DataFrame
        sent_id (null where no comment says) and lists 1, 2, ..., last.

    Raises
    ------
    BadFile
        If lines differ in how many columns they have, with the number of the first that does.
    """
    rows, width = [], 0
    for comments, lines in _sentences(path):
        kept = [(number, cells) for number, cells in lines if not cells[0].startswith("-DOCSTART-")]
        for number, cells in kept:
            width = width or len(cells)
            if len(cells) != width:
                raise BadFile(
                    f"{len(cells)} columns where lines before have {width}",
                    where=f"{path} line {number}",
                    hint="give every word as many columns",
                )
        if kept:
            columns = list(zip(*(cells for _, cells in kept), strict=True))
            numbered = {str(place): list(column) for place, column in enumerate(columns, start=1)}
            rows.append({"sent_id": comments.get("sent_id"), **numbered, "last": list(columns[-1])})
    lists = {name: pl.List(pl.String()) for name in (*map(str, range(1, width + 1)), "last")}
    return pl.DataFrame(rows, schema={"sent_id": pl.String(), **lists})


def _sentences(path: Path) -> Iterator[Sentence]:
    """Comments of each sentence, and its lines cut into cells with their numbers."""
    comments: dict[str, str] = {}
    lines: list[tuple[int, list[str]]] = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            text = line.rstrip("\r\n")
            if not text.strip():
                if lines:
                    yield comments, lines
                comments, lines = {}, []
            elif not lines and text.startswith("#") and "\t" not in text:
                if (found := _COMMENT.match(text)) is not None:
                    comments[found[1]] = found[2].strip()
            else:
                lines.append((number, text.split("\t") if "\t" in text else text.split()))
    if lines:
        yield comments, lines
