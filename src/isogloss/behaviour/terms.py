"""Lists of terms: which translations of them a text asks for."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import polars as pl

from isogloss.behaviour.items import read_items, require
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.languages import resolve
from isogloss.metrics.terms import ALTERNATIVE, parted
from isogloss.metrics.texts import words_of
from isogloss.texts.words import cut_words

COLUMNS = ("language", "term", "translation")
Words = tuple[str, ...]


def read_terms(source: Any, *, languages: Mapping[str, str] | None = None) -> pl.DataFrame:
    """Read a list of terms with their translations.

    Parameters
    ----------
    source : str, pathlib.Path or table
        With the columns `language` (that is translated into), `term` and `translation`. Several rows of a term, or
        `|` within a translation, are translations of which each is right.
    languages : mapping of str to str, optional
        See `isogloss.behaviour.read_items`.

    Raises
    ------
    BadValue
        If a column is missing, or a term or translation has no word.
    """
    table = read_items(source, languages=languages, roles=COLUMNS)
    for name in COLUMNS:
        if name not in table.columns:
            hint = "write the columns language, term and translation"
            raise BadValue(f"has no column '{name}'", where="terms", hint=hint)
    table = table.with_columns(pl.col("term", "translation").cast(pl.String).fill_null(""))
    for row, (language, term, translation) in enumerate(table.select(COLUMNS).iter_rows(), 1):
        code = resolve(language).iso639_3
        is_there = {"term": bool(_words(term)), "translation": all(words_of(one, code) for one in parted(translation))}
        for name in (name for name, there in is_there.items() if not there):
            raise BadValue(f"the {name} in row {row} has no word", where="terms", hint="fill it in, or remove the row")
    return table


def with_terms(items: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """The items whose sources have terms, with what is asked for as `answers`.

    Parameters
    ----------
    items : polars.DataFrame
        With `language` and `source`.
    terms : polars.DataFrame
        As `read_terms` reads them.

    Returns
    -------
    polars.DataFrame
        `answers` has one text for each term in the source, its translations with `|` between.

    Raises
    ------
    BadValue
        If there are no sources, or the list has no term of a language of the items.
    NotEnoughEvidence
        If no source has a term.

    Notes
    -----
    A term is in a source if its words stand there one after the other, in any letter case; of terms within each other
    the longest counts, and one that stands there twice is asked for once.
    """
    require(items, "language", "source")
    lists: dict[str, dict[Words, list[str]]] = {}
    for language, term, translation in terms.select(COLUMNS).iter_rows():
        lists.setdefault(language, {}).setdefault(_words(term), []).append(translation)
    if missing := sorted({*items["language"]} - lists.keys()):
        lacking, there = (", ".join(resolve(one).name for one in some) for some in (missing, sorted(lists)))
        raise BadValue(
            f"no term in {lacking}; there are some in {there}", where="terms",
            hint="add translations into these languages, or leave their items out",
        )  # fmt: skip
    asked = [
        [ALTERNATIVE.join(lists[language][term]) for term in _terms_in(_words(source or ""), lists[language])]
        for language, source in items.select("language", "source").iter_rows()
    ]
    chosen = items.with_columns(answers=pl.Series(asked, dtype=pl.List(pl.String)))
    chosen = chosen.filter(pl.col("answers").list.len() > 0)
    if chosen.is_empty():
        raise NotEnoughEvidence(
            "no source has a term of the list", where="terms", hint="are languages and sources those of the items?"
        )
    return chosen


def _words(text: str) -> Words:
    return tuple(cut_words(unicodedata.normalize("NFC", text).casefold()))


def _terms_in(words: Words, known: Mapping[Words, list[str]]) -> list[Words]:
    """The terms that words hold, from left to right, the longest at each place, each once."""
    longest = max(map(len, known))
    found: dict[Words, None] = {}
    place = 0
    while place < len(words):
        size = next((n for n in range(longest, 0, -1) if words[place : place + n] in known), 0)
        if size:
            found[words[place : place + size]] = None
        place += max(size, 1)
    return list(found)
