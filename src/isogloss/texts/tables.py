"""Tables of texts, with the columns a task needs: from a file, from several, or a dataset of the Hugging Face Hub."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, UnknownName, first_line
from isogloss.files import parse_delimited, read_text
from isogloss.texts.hub import LANGUAGE, features_of_file, is_on_hub, name_classes, read_hub

FORMATS = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".conllu", ".conll", ".iob2", ".bio")
_FIELD = re.compile(r"\\\{(language|split)\\\}")
_CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_KEPT = ("form", "lemma", "upos", "xpos", "deprel")
_COMMENT = re.compile(r"#\s*([\w.-]+)\s*=\s*(.*)")


Sentence = tuple[dict[str, str], list[tuple[int, list[str]]]]


def read_table(path: Path, columns: Mapping[str, str], lists: Mapping[str, str] | None = None) -> pl.DataFrame:
    """Some columns of a table as text, renamed, and `row`, the 0-based position in the file.

    Parameters
    ----------
    path : pathlib.Path
        One file; or a pattern with `{language}` and `{split}` in it, which every file that fits is read of
        and which become columns; or a dataset of the Hugging Face Hub, see `read_hub`.
    columns : mapping of str to str
        What a column is to be called, to what the file calls it; `text.en` is the field `en` of a column `text`, and
        `choices.0` the first part of a column of lists. A
        name with `{language}` in it stands for a column, or field, of each language: every row then becomes one of
        each language that it has all of these in, and there is a column `language`. Where all are numbers, from 1, a
        file of delimited text has no header and tabs between its cells, see `read_numbered`.
    lists : mapping of str to str, optional
        Columns that hold a list per row, to what stands between its parts where the file has it as text; nothing
        if that is one part.

    Raises
    ------
    BadFile
        If the file is missing, empty, or not what its ending says.
    UnknownName
        If it lacks a column.
    """
    lists = lists or {}
    if is_on_hub(path):
        read = [(_chosen(table, columns, lists, where), told) for where, table, told in read_hub(path)]
    elif "{" in str(path):
        read = [(_read_one(file, columns, lists), told) for file, told in _matching(path)]
    else:
        return _read_one(path, columns, lists)
    return pl.concat(
        table.with_columns(**{name: pl.lit(value) for name, value in told.items()}) for table, told in read
    )


def _read_one(path: Path, columns: Mapping[str, str], lists: Mapping[str, str]) -> pl.DataFrame:
    if not path.is_file():
        raise BadFile("no such file", where=str(path), hint="correct `file`, or name its folder with data=...")
    try:
        return _chosen(_scan(path, columns.values()), columns, lists, str(path))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise BadFile(f"cannot be read as {path.suffix[1:]} ({first_line(error)})", where=str(path)) from None


def _chosen(table: pl.DataFrame, columns: Mapping[str, str], lists: Mapping[str, str], where: str) -> pl.DataFrame:
    """The columns asked for, as they are called here, and the number of each row."""
    fields = dict(_fields(table.schema))
    fields |= _parts_of_lists(columns.values(), fields, table, where)
    by_language = [to for to, name in columns.items() if LANGUAGE in name]
    spread = {to: _languages_of(columns[to], fields) for to in by_language}
    for name in (name for to, name in columns.items() if not spread.get(to, name in fields)):
        raise UnknownName("column", name, fields, where=where)
    if table.is_empty():
        raise BadFile("holds no rows", where=where)
    table = table.with_row_index("row")
    if not by_language:
        return _selected(table, columns, lists, fields)
    parts = []
    for code in sorted(set.intersection(*map(set, spread.values()))):
        own = {to: spread[to][code] if to in spread else name for to, name in columns.items()}
        parts.append(_selected(table, own, lists, fields).drop_nulls(by_language).with_columns(language=pl.lit(code)))
    return pl.concat(parts)


def _selected(
    table: pl.DataFrame, columns: Mapping[str, str], lists: Mapping[str, str], fields: Mapping[str, pl.Expr]
) -> pl.DataFrame:
    return table.select(
        "row", *(_as_text(table, fields[name], lists.get(to)).alias(to) for to, name in columns.items())
    )


def _fields(schema: Mapping[str, Any], within: str = "", whole: pl.Expr | None = None) -> Iterator[tuple[str, pl.Expr]]:
    """Columns, and fields within them, by the names that they are asked for with."""
    for name, kind in schema.items():
        field = pl.col(name) if whole is None else whole.struct.field(name)
        yield f"{within}{name}", field
        if isinstance(kind, pl.Struct):
            yield from _fields({one.name: one.dtype for one in kind.fields}, f"{within}{name}.", field)


def _parts_of_lists(
    names: Iterable[str], fields: Mapping[str, pl.Expr], table: pl.DataFrame, where: str
) -> dict[str, pl.Expr]:
    """Fields such as `choices.0`, the first part of each list of `choices`; null where a list is shorter."""
    found = {}
    for name in names:
        whole, _, place = name.rpartition(".")
        if name in fields or whole not in fields or not place.isdecimal():
            continue
        lists = table.select(fields[whole]).to_series()
        if lists.dtype == pl.String:
            lists = pl.Series([_list(text, f"{where}: {whole}") for text in lists], dtype=pl.List(pl.String))
        if isinstance(lists.dtype, pl.List):
            found[name] = pl.lit(lists.list.get(int(place), null_on_oob=True))
    return found


def _list(text: str | None, where: str) -> list[str] | None:
    """A list that was written as a text, in JSON or as Python writes it.

    Raises
    ------
    BadFile
        If it is none.
    """
    if text is None:
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            parts = read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(parts, list):
            return [str(part) for part in parts]
    raise BadFile(f"{text[:40]!r} is no list", where=where, hint="write it as a list, or name columns of single texts")


def _languages_of(name: str, fields: Mapping[str, pl.Expr]) -> dict[str, str]:
    """The column of each language, by the code in its name."""
    fits = re.compile(re.escape(name).replace(re.escape(LANGUAGE), "([^.]+)", 1) + r"\Z")
    return {match[1]: one for one in fields if (match := fits.match(one)) is not None}


def _as_text(table: pl.DataFrame, field: pl.Expr, separator: str | None) -> pl.Expr:
    if separator is None:
        return field.cast(pl.String)
    if isinstance(table.select(field).to_series().dtype, pl.List):
        return field.cast(pl.List(pl.String))
    if not separator:
        return pl.concat_list(field.cast(pl.String))
    return field.cast(pl.String).str.strip_chars().str.split(separator)


def _matching(pattern: Path) -> list[tuple[Path, dict[str, str]]]:
    """The files that fit a pattern, with what its fields are in each."""
    # The folder up to the first field is taken as it is written; a star in it would be its name.
    parts = pattern.parts
    fixed = next(place for place, part in enumerate(parts) if "{" in part or "*" in part)
    root, rest = Path(*parts[:fixed]), "/".join(parts[fixed:])
    written = _FIELD.sub(lambda found: f"(?P<{found[1]}>[^/]+?)", re.escape(rest), count=2).replace(r"\*", "[^/]*")
    fits = re.compile(written + r"\Z")
    found = []
    for path in sorted(root.glob(re.sub(r"\{\w+\}", "*", rest))):
        if (match := fits.match(path.relative_to(root).as_posix())) is not None and path.is_file():
            found.append((path, match.groupdict()))
    if not found:
        raise BadFile("no file fits this pattern", where=str(pattern), hint="write it as {language}-{split}.conllu")
    return found


def _scan(path: Path, wanted: Iterable[str]) -> pl.DataFrame:
    match path.suffix.lower():
        case ".parquet":
            return name_classes(pl.read_parquet(path, glob=False), features_of_file(path))
        case ".csv" | ".tsv" if all(name.isdecimal() for name in wanted):
            return read_numbered(path, max(map(int, wanted)))
        case ".csv" | ".tsv" as suffix:
            # Everything is text here: a label 01 or an item id 007 must stay as it is written.
            return parse_delimited(path.read_bytes(), "\t" if suffix == ".tsv" else ",")
        case ".jsonl" | ".ndjson":
            return pl.read_ndjson(path, infer_schema_length=None)
        case ".json":
            return pl.read_json(path, infer_schema_length=None)
        case ".conllu":
            return read_conllu(path)
        case ".conll" | ".iob2" | ".bio":
            return read_conll(path)
        case suffix:
            raise UnknownName("table format", suffix or path.name, FORMATS, where=str(path))


def read_numbered(path: Path, count: int) -> pl.DataFrame:
    """The first cells of lines with tabs between, as the STS benchmark has them: no header, and quotes mean nothing.

    Returns
    -------
    polars.DataFrame
        Columns 1 up to `count`.

    Raises
    ------
    BadFile
        If a line has fewer cells, with its number.
    """
    rows = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        cells = line.rstrip("\r").split("\t")
        if len(cells) >= count:
            rows.append(cells[:count])
        elif line.strip():
            reason = f"{len(cells)} cells with tabs between, and column {count} is asked for"
            raise BadFile(reason, where=f"{path} line {number}")
    return pl.DataFrame(rows, schema={str(place): pl.String() for place in range(1, count + 1)}, orient="row")


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
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        text = line.rstrip("\r")
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
