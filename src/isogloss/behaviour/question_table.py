"""Tables of questions, as people write them: choices as lists or text, the right one by its text, number or letter."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from isogloss.behaviour.items import QUESTIONS, WORDINGS, read_items, require
from isogloss.behaviour.matching import answer_counts
from isogloss.errors import BadValue, UnknownName
from isogloss.models.inputs import SLOT

SLOTS = (SLOT, "[MASK]", "[Y]")
"""How tables write the place of the answer."""
SEPARATORS = ("\n", "|", ";", ", ")
"""Between choices in one text, the first that there is."""
FEWEST_CHOICES = 2


def read_questions(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    languages: Mapping[str, str] | None = None,
    among: Sequence[str] = (),
) -> pl.DataFrame:
    """Read a table of questions, one row for each item and language.

    Parameters
    ----------
    source, columns, languages : see `read_items`
        `question`, perhaps with `<mask>` where the answer belongs; `choices` as a list, as JSON, or as text with line
        breaks, bars, semicolons or commas between; `answer` as the text of a choice, its number from 0 or its letter.
        Without choices, `answer` is a text, or a list of texts. `answers` is a list of all that count, or a text with
        bars, semicolons or line breaks between; where both columns are there, what either holds is right.
    among : sequence of str
        Languages to keep; all by default.

    Returns
    -------
    polars.DataFrame
        `task`, `item`, `language`, `written`; `country`, `relation`, `taught`, `edited`, `paraphrase` and `statement`
        where there is one; `question`, `choices` (a list, empty where there are none), `place` of the right choice or
        null, and `answers` that count as right.

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        If it cannot be read, an answer is no choice, or a language has no question.
    """
    table = read_items(source, columns=columns, languages=languages, roles=QUESTIONS)
    require(table, "language", "item", "question")
    if among:
        table = _among(table, among)
    rows = [_row(row) for row in table.iter_rows(named=True)]
    kept = [name for name in ("task", "country", "relation", "taught", "edited", *WORDINGS) if name in table.columns]
    text = pl.col("item", *kept).cast(pl.String)
    whole = table.select("item", "language", "written", *kept).with_columns(text)
    read = whole.hstack(pl.DataFrame(rows, schema={
        "question": pl.String, "choices": pl.List(pl.String), "place": pl.Int64, "answers": pl.List(pl.String)
    }))  # fmt: skip
    key = [name for name in ("task", "item", "language") if name in read.columns]
    if (twice := read.filter(pl.struct(key).is_duplicated())).height:
        reason = f"item {twice['item'][0]} is asked twice in {twice['written'][0]}"
        raise BadValue(reason, where="questions", hint="give one row for each item and language")
    return read


def _among(table: pl.DataFrame, among: Sequence[str]) -> pl.DataFrame:
    """The rows of some languages, each of which must be there."""
    there = table["language"].unique().to_list()
    if lacking := [one for one in among if one not in there]:
        raise UnknownName("language of the questions", lacking[0], there)
    return table.filter(pl.col("language").is_in(list(among)))


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    where = f"questions, item {row['item']}, {row['written']}"
    question = str(row["question"] or "").strip()
    if not question:
        raise BadValue("has no question", where=where, hint="fill the column question in every row")
    for slot in SLOTS:
        question = question.replace(slot, SLOT)
    if question.count(SLOT) > 1:
        raise BadValue(f"has {question.count(SLOT)} slots", where=where, hint=f"write {SLOT} once")
    choices, written = _choices(row.get("choices"), where), _written_answers(row)
    if not choices:
        return {"question": question, "choices": [], "place": None, "answers": written}
    places = {place_of(one, choices, where) for one in written}
    if len(places) > 1:
        texts = " and ".join(f"'{choices[one]}'" for one in sorted(places))
        raise BadValue(f"{texts} are both right", where=where, hint="give one right choice in answer or answers")
    place = min(places, default=None)
    return {"question": question, "choices": choices, "place": place,
            "answers": [] if place is None else [choices[place]]}  # fmt: skip


def _written_answers(row: Mapping[str, Any]) -> list[str]:
    """What the columns `answer` and `answers` hold: a text or a list each; of `answers`, also one text for several."""
    one = row.get("answer")
    single = list(one) if isinstance(one, (list, pl.Series)) else [one]
    several = answer_counts(row.get("answers"))
    return [*dict.fromkeys(str(text) for text in (*single, *several) if text is not None)]


def _choices(value: Any, where: str) -> list[str]:
    """Choices, in whatever form a table holds them."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return []
    if isinstance(value, str):
        value = _parts(value.strip(), where)
    choices = [str(one).strip() for one in value]
    if not all(choices):
        raise BadValue("has an empty choice", where=where, hint="fill it, or leave it out in all languages")
    if len(choices) < FEWEST_CHOICES:
        raise BadValue("has one choice", where=where, hint="give at least two")
    return choices


def _parts(text: str, where: str) -> list[Any]:
    if text.startswith("["):
        try:
            return list(json.loads(text))
        except (ValueError, TypeError, RecursionError):
            raise BadValue("has choices that are no list", where=where, hint='write ["a", "b"]') from None
    separator = next((one for one in SEPARATORS if one in text), None)
    return [text] if separator is None else text.split(separator)


def place_of(answer: Any, choices: Sequence[str], where: str) -> int:
    """Where among choices the right one is: by its text, its number from 0, or its letter.

    Raises
    ------
    BadValue
        If it is none of them.
    """
    text = str(answer).strip()
    if text in choices:
        return choices.index(text)
    number = text.removesuffix(".0")
    if number.isdecimal() and int(number) < len(choices):
        return int(number)
    letter = string.ascii_uppercase.find(text.upper()) if len(text) == 1 else -1
    if 0 <= letter < len(choices):
        return letter
    raise BadValue(
        f"the answer '{text}' is no choice", where=where, hint="give its text, its number from 0 or its letter"
    )
