"""The same sentences in several languages, from tables with a row per sentence or a column per language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.alignment.written import find_written
from isogloss.errors import BadFile, BadValue, UnknownLanguage, first_line
from isogloss.evidence.dataframes import as_polars
from isogloss.files import parse_delimited, read_input
from isogloss.languages import resolve
from isogloss.languages.groups import read_languages

LANGUAGE = ("language", "lang", "code", "language_code", "iso")
ID = ("id", "item", "index_id", "sentence_id", "sent_id", "line", "i")
TEXT = ("text", "sentence", "content")
ENDINGS = (".parquet", ".csv", ".tsv", ".jsonl")


@dataclass(frozen=True)
class ParallelCorpus:
    """Sentences that are translations of each other.

    Attributes
    ----------
    table : polars.DataFrame
        Columns `language` as it was written, `id` and `text`.
    empty : int
        Sentences that were left out because there is no text.
    """

    table: pl.DataFrame
    empty: int = 0

    @property
    def languages(self) -> list[str]:
        """As they were written, in the order in which they come."""
        return self.table["language"].unique(maintain_order=True).to_list()

    @property
    def missing(self) -> int:
        """Sentences that some language lacks: languages times ids, less the rows that there are."""
        return self.table["language"].n_unique() * self.table["id"].n_unique() - self.table.height

    def select(self, languages: Sequence[str], where: str = "languages") -> ParallelCorpus:
        """Some languages of it, by any name or group, in the order of the corpus.

        Raises
        ------
        BadValue
            If there are no sentences in one of them, or a name can be two of them.
        UnknownLanguage, UnknownName
        """
        ids = {one: resolve(one).id for one in self.languages}
        chosen = read_languages(languages, [*ids.values()], where=where, mappable=False)
        kept: set[str] = set()
        lacking = []
        for id_, name in chosen.items():
            one = find_written(name, ids, where) if name in languages else None
            same = [one] if one else [written for written, own in ids.items() if own == id_]
            if not same and name in languages:
                lacking.append(name)
            kept.update(same)
        if lacking:
            raise BadValue(f"no sentences in {', '.join(lacking)}", where=where, hint="leave them out")
        return ParallelCorpus(self.table.filter(pl.col("language").is_in(kept)), self.empty)


def read_corpus(source: Any, *, alone: bool = False) -> ParallelCorpus:
    """A parallel corpus from a file or a table in memory.

    Parameters
    ----------
    source : str, pathlib.Path or frame
        A file (.parquet, .csv, .tsv, .jsonl) or a frame of polars, pandas and their like. Either a row per language and
        sentence, with columns for the language (`language`, `lang`), the sentence's `id` (or `item`) and its `text`; or
        a row per sentence and a column per language, with or without an `id`.
    alone : bool, default False
        Whether one language alone will do, where its texts are compared with themselves by another model.

    Raises
    ------
    BadFile, BadValue
        If it cannot be read, columns are missing, a sentence is there twice, or no two languages share a sentence.
    UnknownLanguage
        For all names at once that no language is known by.
    """
    where = str(source) if isinstance(source, str | Path) else "corpus"
    table = read_table(Path(source)) if isinstance(source, str | Path) else as_polars(source)
    long = _from_rows(table, where) if column_of(table, TEXT) else _from_columns(table, where)
    long = long.cast(pl.String).with_columns(pl.col("language").str.strip_chars())
    has_text = pl.col("text").str.strip_chars().fill_null("") != ""
    kept = long.filter(has_text & pl.col("language").is_not_null() & pl.col("id").is_not_null())
    corpus = ParallelCorpus(kept, long.height - kept.height)
    _check(corpus, where, alone)
    return corpus


def read_table(path: Path) -> pl.DataFrame:
    """A table from a file whose ending is one of `ENDINGS`.

    Raises
    ------
    BadFile, BadValue
    """
    if path.suffix not in ENDINGS:
        raise BadValue(f"unknown ending '{path.suffix}'", where=str(path), hint=f"give {', '.join(ENDINGS)}")
    content = read_input(path)
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(BytesIO(content))
        if path.suffix == ".jsonl":
            return pl.read_ndjson(content)
        return parse_delimited(content, "\t" if path.suffix == ".tsv" else ",")
    except pl.exceptions.PolarsError as error:
        raise BadFile(f"is no {path.suffix[1:]} table ({first_line(error)})", where=str(path)) from None


def column_of(table: pl.DataFrame, names: Sequence[str]) -> str | None:
    """The first column that has one of some names, in small letters or capitals."""
    return next((one for name in names for one in table.columns if one.lower() == name), None)


def _from_rows(table: pl.DataFrame, where: str) -> pl.DataFrame:
    """A row per language and sentence."""
    found = {name: column_of(table, names) for name, names in (("language", LANGUAGE), ("id", ID), ("text", TEXT))}
    missing = [name for name, column in found.items() if column is None]
    if missing:
        raise BadValue(
            f"no column {' and no column '.join(missing)}, of {', '.join(table.columns[:12])}", where=where,
            hint=f"call it so: {', '.join(missing)}",
        )  # fmt: skip
    return table.select(pl.col(str(column)).alias(name) for name, column in found.items())


def _from_columns(table: pl.DataFrame, where: str) -> pl.DataFrame:
    """A column per language; without ids, the rows are numbered."""
    id_ = column_of(table, ID)
    languages = [column for column, kind in table.schema.items() if column != id_ and kind == pl.String]
    known = [column for column in languages if _is_language(column)]
    if len(known) < 2:
        raise BadValue(
            f"no column of texts and no columns of languages, of {', '.join(table.columns[:12])}", where=where,
            hint="give columns language, id and text, or a column for each language",
        )  # fmt: skip
    numbered = table.with_row_index("row") if id_ is None else table.rename({id_: "row"})
    return numbered.unpivot(known, index="row", variable_name="language", value_name="text").rename({"row": "id"})


def _is_language(name: str) -> bool:
    try:
        resolve(name)
    except UnknownLanguage:
        return False
    return True


def _check(corpus: ParallelCorpus, where: str, alone: bool) -> None:
    read_languages(corpus.languages, where=where, mappable=False)
    counts = corpus.table.group_by("id", "language").len().filter(pl.col("len") > 1).sort("id", "language")
    if counts.height:
        id_, language, _ = counts.row(0)
        more = f", and {counts.height - 1} more are" if counts.height > 1 else ""
        raise BadValue(f"sentence '{id_}' is there twice in {language}{more}", where=where, hint="keep one of each")
    if alone and len(corpus.languages) == 1:
        return
    shared = corpus.table.group_by("id").len()["len"].max()
    if not isinstance(shared, int) or shared < 2:
        raise BadValue(
            "no two languages share a sentence, so it is not parallel", where=where,
            hint="give translations the same id, and two languages or more",
        )  # fmt: skip
