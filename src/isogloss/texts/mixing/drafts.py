"""Mixed texts while they are written: what each is to be, and what models are asked for it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.alignment.corpus import read_table
from isogloss.errors import BadValue, UnknownName
from isogloss.languages import resolve

Prompts = Mapping[str, str]
"""What is asked, by form: `text` to go on from, or a turn of a `chat`."""

CONDITIONS = {
    "tense": ("past", "present", "future"),
    "perspective": ("first person", "second person", "third person"),
    "switching": ("single words", "phrases within a sentence", "whole clauses or sentences"),
    "speaker": (),
}
"""What a text may be asked to be, and what is drawn where a table does not say it."""
WRITE: Prompts = {
    "text": "{language}: {source}\n{conditions}The same in {language}, mixed with {embedded}:",
    "chat": "Text: {source}\n\nRewrite this text as somebody would say it who speaks both {language} and {embedded} "
    "every day: mostly {language}, with parts in {embedded}. {conditions}Keep the meaning. Write nothing but the text.",
}
"""What is asked where there is a text in one language to begin with."""
WRITE_ABOUT: Prompts = {
    "text": "{conditions}A sentence about {topic} in {language}, mixed with {embedded}:",
    "chat": "Write what somebody would say about {topic} who speaks both {language} and {embedded} every day: mostly "
    "{language}, with parts in {embedded}. {conditions}Write one or two sentences and nothing else.",
}
"""What is asked where there is a topic."""
WRITE_AGAIN: Prompts = {
    "text": "{language}, mixed with {embedded}: {text}\n{judgement}\n{conditions}The same, better:",
    "chat": "Text: {text}\n\nIt is to be mostly {language}, with parts in {embedded}, as people speak who use both. "
    "{conditions}A judge says: {judgement}\n\nWrite the text anew and change that. Write nothing but the text.",
}
"""What is asked of a text that a judge did not let pass."""

_COLUMNS = ("id", "language", "embedded", "text", "topic", *CONDITIONS)


@dataclass
class Draft:
    """A mixed text that is being written.

    Attributes
    ----------
    item : str
    language, embedded : str
        Canonical languages: that of the frame, and that of what is put into it.
    source : str
        A text in `language` to begin with; may be empty.
    topic : str
        What to write about where there is no such text.
    conditions : dict of str to str
        See `CONDITIONS`.
    text : str
        As it is written so far.
    rounds : int
        How often it was written again.
    scores : dict of str to float
        What judges gave the text as it is, by their names.
    """

    item: str
    language: str
    embedded: str
    source: str = ""
    topic: str = ""
    conditions: dict[str, str] = field(default_factory=dict)
    text: str = ""
    rounds: int = 0
    scores: dict[str, float] = field(default_factory=dict)

    def prompt(self, prompts: Prompts, form: str, **more: str) -> str:
        """What is asked, with everything in its place."""
        conditions = "".join(f"{name.capitalize()}: {value}. " for name, value in self.conditions.items())
        values = {
            "language": resolve(self.language).name, "embedded": resolve(self.embedded).name,
            "source": one_line(self.source), "topic": self.topic, "text": self.text, "conditions": conditions, **more,
        }  # fmt: skip
        return re.sub(r"\{(\w+)\}", lambda place: values.get(place[1], place[0]), prompts[form])


def one_line(text: str) -> str:
    """A text without line breaks, and without marks of quotation around it as a whole."""
    plain = " ".join(text.split())
    for first, last in ('""', "“”", "„“", "«»", "「」"):
        if plain[:1] == first and plain[-1:] == last and not {first, last} & {*plain[1:-1]}:
            return plain[1:-1].strip()
    return plain


def read_drafts(
    path: str | Path, *, columns: Mapping[str, str] | None = None, embedded: str | None = None
) -> list[Draft]:
    """What mixed texts are to be, from a table: a row for each.

    Parameters
    ----------
    path : str or pathlib.Path
        With `id`, `language`, `embedded`, and `text` (to be mixed) or `topic` (to be written about); perhaps `tense`,
        `perspective`, `switching` and `speaker`.
    columns : mapping of str to str, optional
        What the file calls a column, where that is something else.
    embedded : str, optional
        The language that is put into all texts, where no column says it.

    Raises
    ------
    BadFile, UnknownName, UnknownLanguage
    BadValue
        If a row lacks an id, a language, or both text and topic, or an id stands twice in a pair of languages.
    """
    where, named = str(path), dict(columns or {})
    table = read_table(Path(path))
    for role, name in named.items():
        if role not in _COLUMNS:
            raise UnknownName("column", role, _COLUMNS, where="columns")
        if name not in table.columns:
            raise UnknownName("column", name, table.columns, where=where)
    table = table.select(
        pl.col(name).cast(pl.String).fill_null("").str.strip_chars().alias(role)
        for role in _COLUMNS if (name := named.get(role, role)) in table.columns
    )  # fmt: skip
    if embedded is not None:
        table = table.with_columns(embedded=pl.lit(embedded))
    hints = {"embedded": "add the column, or embedded=...", "id": "add the column", "language": "add the column"}
    for role, hint in hints.items():
        if role not in table.columns:
            raise BadValue(f"has no column '{role}'", where=where, hint=hint)
    drafts = [_draft(row, number, where) for number, row in enumerate(table.iter_rows(named=True), start=1)]
    seen: set[tuple[str, str, str]] = set()
    for one in drafts:
        key = (one.item, one.language, one.embedded)
        if key in seen:
            raise BadValue(f"id '{one.item}' stands twice for one pair of languages", where=where, hint="keep one")
        seen.add(key)
    return drafts


def _draft(row: Mapping[str, Any], number: int, where: str) -> Draft:
    for role in ("id", "language", "embedded"):
        if not row[role]:
            raise BadValue(f"row {number} has no {role}", where=where, hint="fill it in, or take the row out")
    if not (row.get("text") or row.get("topic")):
        raise BadValue(f"row {number} has neither text nor topic", where=where, hint="give one of them")
    language, embedded = (resolve(row[role], where=f"{where}, row {number}").id for role in ("language", "embedded"))
    if language == embedded:
        raise BadValue(f"row {number} mixes '{language}' with itself", where=where, hint="name another language")
    conditions = {name: row[name] for name in CONDITIONS if row.get(name)}
    return Draft(row["id"], language, embedded, row.get("text", ""), row.get("topic", ""), conditions)


def draw_conditions(drafts: Sequence[Draft], seed: int) -> None:
    """Give drafts the conditions that nothing says; a text to begin with has its own tense, perspective and speaker."""
    for one in drafts:
        for name, values in CONDITIONS.items():
            if values and name not in one.conditions and (name == "switching" or not one.source):
                drawn = hashlib.sha256(f"{seed}\x00{one.item}\x00{name}".encode()).digest()[:8]
                one.conditions[name] = values[int.from_bytes(drawn, "big") % len(values)]
