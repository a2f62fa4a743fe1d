"""Collections: queries, documents and what is relevant, from common layouts of files or from parallel sentences."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.alignment.corpus import read_corpus
from isogloss.errors import BadFile, BadValue, NotEnoughEvidence
from isogloss.files import read_input
from isogloss.languages import resolve

FILES = {
    "documents": (
        "corpus.jsonl", "corpus/*.jsonl", "docs*.jsonl", "collection*.jsonl", "collection*.tsv", "corpus.tsv",
    ),
    "queries": ("queries.jsonl", "queries*.jsonl", "queries*.tsv", "topics*.tsv"),
    "judgements": ("qrels/test.tsv", "qrels/dev.tsv", "qrels/*.tsv", "qrels*.tsv", "qrels*.txt", "*.qrels"),
}  # fmt: skip
"""Files of a collection as BEIR, MIRACL and mMARCO call them, the first that is there."""
IDS, TEXTS = ("_id", "id", "docid", "doc_id", "query_id"), ("text", "contents", "query", "segment")


@dataclass(frozen=True)
class Collection:
    """Queries in one language, and documents in the same or another.

    Attributes
    ----------
    languages : tuple of str
        Of queries and of documents, as they were written.
    query_ids, queries : list of str
    document_ids, documents : list of str
    grades : list of dict of str to float
        Of each query: ids of judged documents to their grade, above 0 if relevant.
    """

    languages: tuple[str, str]
    query_ids: list[str]
    queries: list[str]
    document_ids: list[str]
    documents: list[str]
    grades: list[Mapping[str, float]]


def read_collections(
    source: Any, *, documents_in: str = "English", languages: Sequence[str] = (), language: str | None = None
) -> list[Collection]:
    """Read one collection per language.

    Parameters
    ----------
    source : str, pathlib.Path or table
        A folder with `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` (BEIR), `topics*.tsv` and `qrels*.tsv`
        (MIRACL) or `collection*.tsv`, `queries*.tsv` and `qrels*.tsv` (mMARCO); or one with such a folder per
        language, called after it; or parallel sentences, see `isogloss.alignment.read_corpus`, where the translation
        of a query is what is relevant.
    documents_in : str
        Language of the documents, for parallel sentences.
    languages : sequence of str
        Only queries in these languages.
    language : str, optional
        Language of a folder whose name does not tell it; not for one with a folder per language.

    Raises
    ------
    BadFile, BadValue
        If a file is missing or cannot be read, ids recur, or there are no queries in a language that is asked for.
    NotEnoughEvidence
        If no query has a relevant document, or none of these documents is there.
    """
    if not isinstance(source, str | Path) or not Path(source).is_dir():
        return _of_sentences(source, documents_in, languages)
    folder = Path(source)
    if _first(folder, "queries") is not None:
        folders = {language or folder.name: folder}
    elif language is not None:
        raise BadValue("is of one folder with queries, and there is none or one per language", where="language",
                       hint="leave it out, or name one of these folders")  # fmt: skip
    else:
        folders = {one.name: one for one in sorted(folder.iterdir()) if one.is_dir() and _first(one, "queries")}
    if not folders:
        raise BadFile("holds no queries", where=str(folder), hint=f"put {', '.join(FILES['queries'])} there, or in a "
                      "folder per language")  # fmt: skip
    codes = {name: resolve(name, where=str(path)).id for name, path in folders.items()}
    wanted = {resolve(one, where="languages").id: one for one in languages}
    for code, one in wanted.items():
        if code not in codes.values():
            raise BadValue(f"no queries in '{one}'", where="languages", hint=f"choose from {', '.join(folders)}")
    return [_of_folder(folders[name], name) for name, code in codes.items() if not wanted or code in wanted]


def _of_sentences(source: Any, documents_in: str, languages: Sequence[str]) -> list[Collection]:
    corpus = read_corpus(source)
    by_id = {resolve(one).id: one for one in corpus.languages}
    pivot = by_id.get(resolve(documents_in, where="documents_in").id)
    if pivot is None:
        raise BadValue(f"no sentences in '{documents_in}'", where="documents_in", hint="name a language of the corpus")
    if languages:
        corpus = corpus.select([*languages, pivot])
    of_pivot = corpus.table.filter(language=pivot)
    ids, documents = of_pivot["id"].to_list(), of_pivot["text"].to_list()
    found = []
    for one in corpus.languages:
        rows = corpus.table.filter(pl.col("id").is_in(ids), language=one)
        if one != pivot and rows.height:
            grades: list[Mapping[str, float]] = [{own: 1.0} for own in rows["id"]]
            found.append(Collection((one, pivot), rows["id"].to_list(), rows["text"].to_list(), ids, documents, grades))
    if not found:
        raise BadValue(f"no queries but in '{documents_in}', the language of the documents", where="languages",
                       hint="name another language")  # fmt: skip
    return found


def _of_folder(folder: Path, language: str) -> Collection:
    documents, queries = (_texts(_file(folder, what)) for what in ("documents", "queries"))
    grades = _grades(_file(folder, "judgements"))
    relevant = {one: {document for document, grade in grades.get(one, {}).items() if grade > 0} for one in queries}
    kept = [one for one in queries if relevant[one]]
    if not kept:
        raise NotEnoughEvidence("no query has a relevant document", where=str(folder), hint="check ids of queries")
    if not any(relevant[one] & documents.keys() for one in kept):
        raise NotEnoughEvidence("no relevant document is there", where=str(folder), hint="check ids of documents")
    return Collection(
        (language, language), kept, [queries[one] for one in kept], [*documents], [*documents.values()],
        [grades[one] for one in kept],
    )  # fmt: skip


def _first(folder: Path, what: str) -> Path | None:
    return next((path for pattern in FILES[what] for path in sorted(folder.glob(pattern)) if path.is_file()), None)


def _file(folder: Path, what: str) -> Path:
    path = _first(folder, what)
    if path is None:
        raise BadFile(f"holds no file of {what}", where=str(folder), hint=f"put {' or '.join(FILES[what])} there")
    return path


def _texts(path: Path) -> dict[str, str]:
    """Text by id; titles stand before."""
    if path.suffix == ".tsv":
        pairs = [(row[0], " ".join(row[1:])) for row in _cells(path) if len(row) > 1]
    else:
        table = pl.read_ndjson(path, infer_schema_length=None)
        id_, text = (next((name for name in names if name in table.columns), None) for names in (IDS, TEXTS))
        if id_ is None or text is None:
            raise BadFile(f"has only {', '.join(table.columns)}", where=str(path), hint="give _id and text")
        titled = [one for one in ("title", text) if one in table.columns]
        texts = [" ".join(part for part in row if part) for row in table.select(titled).iter_rows()]
        pairs = [*zip(table[id_].cast(pl.String), texts, strict=True)]
    found = dict(pairs)
    if len(found) < len(pairs) or not found:
        raise BadFile("has no rows" if not found else "has an id twice", where=str(path))
    return found


def _grades(path: Path) -> dict[str, dict[str, float]]:
    """By query, documents and their grades: three columns with a header, or four as TREC has them."""
    found: dict[str, dict[str, float]] = {}
    for number, cells in enumerate(_cells(path), start=1):
        row = cells if len(cells) > 1 else cells[0].split()
        if number == 1 and not row[-1].lstrip("-").replace(".", "").isdigit():
            continue
        if len(row) not in (3, 4):
            raise BadFile(f"{len(row)} columns, not 3 or 4", where=f"{path} line {number}",
                          hint="write query, document and grade")  # fmt: skip
        try:
            found.setdefault(row[0], {})[row[-2]] = float(row[-1])
        except ValueError:
            raise BadFile(f"'{row[-1]}' is no grade", where=f"{path} line {number}") from None
    return found


def _cells(path: Path) -> list[list[str]]:
    lines = read_input(path).decode("utf-8").splitlines()
    return [row for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if row]
