"""Tables of test items, as any tool writes them: who answered what, in which language, and whether it was right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.behaviour.roles import FURTHER_ROLES
from isogloss.errors import BadFile, BadValue, NotEnoughEvidence, UnknownName
from isogloss.evidence import Evidence, Store, TrainingMix
from isogloss.evidence.dataframes import as_polars
from isogloss.evidence.importers.tables import read_sheets
from isogloss.evidence.pairs import TARGET
from isogloss.evidence.reading.vocabulary import HEADERS
from isogloss.evidence.schema import observation_keys
from isogloss.languages.language import as_languages
from isogloss.languages.names import fold

if TYPE_CHECKING:
    from isogloss.languages.language import Language

LANGUAGES = ("language", "source_language", "controller_language", "training_language")
"""Columns that hold languages."""
ROLES: dict[str, str] = {
    "item": "item, item id, i, id, idx, index, index id, question id, q id, qid, fact id, fact, doc id, sample id, "
    "example id, row, row id, prompt id",
    "rating": "rating, ratings, judge rating, judge code",
    "correct": "correct, is correct, right, is right, hit, acc, accuracy, exact match, em, passed",
    "candidate": "candidate, candidate index, candidate id, option, choice",
    "country": "country, country of the fact, nation, land",
    "question": "question, questions, prompt, prompts, cloze, query, stem",
    "answer": "answer, right answer, correct answer, key",
    "text": "completion, completions, text, response, responses, reply, output, generation, prediction, generated text",
    **FURTHER_ROLES,
}
"""Column of an item table to what people call it; `model`, `task`, `language` and `score` are those of evidence."""

_OF_EVIDENCE = {"target": "language", "model": "model", "task": "task", "score": "score"}
EVERY_ROLE = (*_OF_EVIDENCE.values(), *ROLES)
WORDINGS = ("paraphrase", "statement")
"""Columns of further wordings of a question."""
QUESTIONS = ("language", "task", "item", "country", "relation", "taught", "edited", "question", "choices", "answer",
             "answers", *WORDINGS)  # fmt: skip
"""Columns of what models are to answer."""
OUTCOMES = ("language", "model", "task", "item", "rating", "correct", "score", "country")
"""Columns of answers that were judged."""


def _role(header: str) -> str | None:
    folded = fold(header)
    return _roles().get(folded) or _OF_EVIDENCE.get(HEADERS.get(folded, ""))


def _roles() -> dict[str, str]:
    return {fold(name): role for role, names in ROLES.items() for name in names.split(", ")}


def read_items(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    languages: Mapping[str, str] | None = None,
    roles: Sequence[str] = EVERY_ROLE,
) -> pl.DataFrame:
    """Read a table of test items.

    Parameters
    ----------
    source : str, pathlib.Path or table
        A file (CSV, Excel, JSONL, Parquet, ...), a store of isogloss with items, or a table in memory.
    columns : mapping of str to str, optional
        Where a column has an unusual name: `{"item": "question_nr"}`.
    languages : mapping of str to str, optional
        How to read a code or name of a language.
    roles : sequence of str
        The columns that are looked for.

    Returns
    -------
    polars.DataFrame
        The columns of `roles`, as far as the table has them. `language` is an id of the catalogue, and `written` what
        the table called it.

    Raises
    ------
    BadFile
        If it cannot be read, or is several tables.
    BadValue
        If it has no rows, or two columns may be the same thing.
    UnknownName
        For a column that the table lacks.
    UnknownLanguage
    """
    table, where = item_table(source)
    columns = dict(columns or {})
    for name in columns.values():
        if name not in table.columns:
            raise UnknownName("column", name, table.columns, where=where)
    table = _renamed(table, columns, roles, where)
    if table.is_empty():
        raise BadValue("has no rows", where=where, hint="give one row for each test item")
    for role in LANGUAGES:
        if role in table.columns:
            table = _with_languages(table, role, dict(languages or {}), where)
    return table


def item_table(source: Any) -> tuple[pl.DataFrame, str]:
    """A table of items as it is written, and where it is."""
    if isinstance(source, Store):
        return _of_store(source), str(source)
    if isinstance(source, Evidence):
        raise BadValue("has scores and no items", where="items", hint="give a table with one row for each test item")
    if not isinstance(source, str | Path):
        return as_polars(source), "items"
    if Path(source).is_dir():
        return _of_store(Store(source)), str(source)
    sheets = read_sheets(Path(source))
    if len(sheets) != 1:
        raise BadFile(f"holds {len(sheets)} tables", where=str(source), hint="give one with a row for each test item")
    return sheets[0].frame, str(source)


def _of_store(store: Store) -> pl.DataFrame:
    """The items of a store, with the model, the task and the language of each.

    Where a model has several recipes or trainings, these are part of its name: they are other models. A score that is
    about a pair has the language that is written, and the other one in the name of its task, as items stand in several.
    The language of the training is told where each has one.
    """
    observations = store.read().observations
    items = store.read_items()
    if items.is_empty():
        raise BadValue("has no items", where=str(store.path), hint="import results with their items (samples)")
    keyed = observations.with_columns(observation_keys(observations)).join(items, on="observation", how="semi")
    counts = keyed.group_by("model").agg(pl.col("recipe", "train").n_unique()).max()
    training = pl.when(pl.col("train") != "").then(pl.concat_str(pl.lit("trained on"), "train", separator=" "))
    parts = {"recipe": pl.col("recipe"), "train": training}
    told = [part for name, part in parts.items() if counts[name][0] > 1]
    named = pl.concat_str("model", *told, separator=" ", ignore_nulls=True)
    into = pl.col("pair").str.starts_with(f"{TARGET}-")
    written = pl.when(into).then(pl.col("pair").str.strip_prefix(f"{TARGET}-")).otherwise("target")
    read = pl.when(into).then("target").otherwise(pl.col("pair").str.strip_suffix(f"-{TARGET}"))
    task = pl.when(pl.col("pair").is_null()).then("task").otherwise(pl.format("{} (from {})", "task", read))
    chosen = keyed.select(
        "observation", named.alias("model"), task.alias("task"), written.fill_null(pl.col("target")).alias("language")
    )
    mixes = {train: [*TrainingMix.parse(train)] if train else [] for train in keyed["train"].unique()}
    if all(len(mix) == 1 for mix in mixes.values()):
        learnt = keyed["train"].replace_strict({train: mix[0] for train, mix in mixes.items()}, return_dtype=pl.String)
        chosen = chosen.with_columns(training_language=learnt)
    return items.join(chosen, on="observation").drop("observation")


def _renamed(table: pl.DataFrame, columns: Mapping[str, str], roles: Sequence[str], where: str) -> pl.DataFrame:
    """Only the columns that mean something here, under their names here."""
    for role in columns:
        if role not in EVERY_ROLE:
            raise UnknownName("column of items", role, EVERY_ROLE, where="columns")
    chosen = dict(columns)
    for name in table.columns:
        role = _role(name) or ""
        if role not in roles or role in columns or name in chosen.values():
            continue
        if role in chosen:
            if fold(chosen[role]) == fold(role):
                continue
            if fold(name) != fold(role):
                hint = f"columns={{{role!r}: {name!r}}}"
                raise BadValue(f"'{chosen[role]}' and '{name}' may both be the {role}", where=where, hint=hint)
        chosen[role] = name
    return table.select(pl.col(name).alias(role) for role, name in chosen.items())


def _with_languages(table: pl.DataFrame, role: str, languages: Mapping[str, str], where: str) -> pl.DataFrame:
    """The languages of a column by their ids; `written` is what the table called those of the items."""
    written = table[role].cast(pl.String).unique().sort().to_list()
    if None in written:
        raise BadValue(f"has rows without a {role.replace('_', ' ')}", where=where,
                       hint=f"fill the column {role} in every row")  # fmt: skip
    resolved: Sequence[Language] = as_languages(written, where=where, read_as=languages)
    ids = {name: language.id for name, language in zip(written, resolved, strict=True)}
    name = pl.col(role).cast(pl.String)
    read = name.replace_strict(ids, return_dtype=pl.String).alias(role)
    return table.with_columns(read, **({"written": name} if role == "language" else {}))


def read_items_and_facts(
    source: Any,
    facts: Any,
    *,
    columns: Mapping[str, str],
    languages: Mapping[str, str],
    choose: Callable[[pl.DataFrame], pl.DataFrame] = lambda items: items,
    about: str = "country",
) -> pl.DataFrame:
    """Items with what each is about, its country or topic, from their own table or from one of facts.

    Parameters
    ----------
    source : see `read_items`
    facts : str, pathlib.Path or table, optional
        `item` and `about`, for each `task` if it has that column. With a column of languages, the English rows count.
    columns, languages : mapping of str to str
        See `read_items`; a column need be in one of both tables only.
    choose : callable
        From all items to those that count, before they need to be about something.
    about : {"country", "topic"}

    Raises
    ------
    BadValue
        If what an item is about is missing, or an item is about several.
    """
    roles = [one for one in OUTCOMES if one != "country"]
    if facts is None:
        items = read_items(source, columns=columns, languages=languages, roles=[*roles, about])
        require(items, "item", about)
        return choose(items)
    table, where = item_table(source)
    other, _ = item_table(facts)
    for name in columns.values():
        if name not in {*table.columns, *other.columns}:
            raise UnknownName("column", name, {*table.columns, *other.columns}, where=where)
    mine, theirs = ({role: name for role, name in columns.items() if name in one.columns} for one in (table, other))
    items = read_items(table, columns=mine, languages=languages, roles=roles)
    require(items, "item")
    read = read_items(other, columns=theirs, languages=languages, roles=("language", "task", "item", about))
    return _with_facts(choose(items), read, about)


def _with_facts(items: pl.DataFrame, facts: pl.DataFrame, about: str) -> pl.DataFrame:
    """Items with what a table of facts says they are about."""
    require(facts, "item", about)
    if "language" in facts.columns and "eng" in facts["language"].unique():
        facts = facts.filter(pl.col("language") == "eng")
    key = [name for name in ("task", "item") if name in facts.columns and name in items.columns]
    text = [pl.col(name).cast(pl.String) for name in key]
    facts = facts.select(*text, pl.col(about).cast(pl.String)).unique()
    repeated = facts.filter(pl.struct(key).is_duplicated())
    if repeated.height:
        one = repeated.sort(*key, about).head(2)
        raise BadValue(
            f"item {one['item'][0]} is of '{one[about][0]}' and of '{one[about][1]}'", where="facts",
            hint=f"give one {about} for each item, in one language",
        )  # fmt: skip
    joined = items.with_columns(text).join(facts, on=key, how="left", maintain_order="left")
    without = joined.filter(pl.col(about).is_null())
    if without.height:
        raise BadValue(
            f"no {about} for item {without['item'][0]}{_and_more(without['item'].n_unique())}", where="facts",
            hint="add it to facts, or choose the task=... that they are of",
        )  # fmt: skip
    return joined


def _and_more(count: int) -> str:
    return "" if count == 1 else f" and {count - 1} more"


def require(items: pl.DataFrame, *roles: str) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    BadValue
    """
    for role in roles:
        if role not in items.columns:
            called = ROLES.get(role, role).split(", ")[:3]
            raise BadValue(
                f"has no column '{role}'", where="items",
                hint=f"name it {' or '.join(called)}, or say which it is with columns={{{role!r}: 'NAME'}}",
            )  # fmt: skip


def require_languages(items: pl.DataFrame, fewest: int = 2) -> None:
    """Refuse a table of fewer than `fewest` languages.

    Raises
    ------
    NotEnoughEvidence
    """
    count = items["language"].n_unique()
    if count < fewest:
        raise NotEnoughEvidence(
            f"{count} language is too few to compare", where="items", hint="give the same items in two languages"
        )
