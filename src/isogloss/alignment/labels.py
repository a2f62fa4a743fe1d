"""Labels of encoded sentences, and random labels beside them for control tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.alignment.corpus import ID, LANGUAGE, column_of, read_table
from isogloss.alignment.encodings import Encodings
from isogloss.alignment.written import find_written
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.evidence.dataframes import as_polars

LABEL = ("label", "category", "topic", "class", "upos", "tag")
SENTENCE, WORD = ("sentence",), ("word", "form")
VARIETY = "language"
"""The label that every encoded sentence has: the language it is in."""
FEWEST_SENTENCES = 20
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Labels:
    """Labelled vectors of some languages, one after the other.

    Attributes
    ----------
    name : str
        Of the label.
    classes : tuple of str
        Labels that there are.
    languages : tuple of str
        As the corpus wrote them.
    language, row, label, sentence, unit : arrays of int of shape (vectors,)
        Place of the language; row among its vectors; place of the label; sentence, whose vectors in all languages stay
        together; and what has one random label in a control task: a word where words are named, else a sentence, in
        all languages if the label is the same in them.
    unlabelled, unencoded : int
        Vectors without a label, and labels without a vector.
    """

    name: str
    classes: tuple[str, ...]
    languages: tuple[str, ...]
    language: Places
    row: Places
    label: Places
    sentence: Places
    unit: Places
    unlabelled: int = 0
    unencoded: int = 0

    @property
    def sentences(self) -> int:
        """Different sentences."""
        return int(self.sentence.max()) + 1

    def control(self, seed: int) -> Places:
        """Random labels, one for each unit, as frequent as the labels are (Hewitt and Liang 2019).

        Units in random order are cut into shares of the labels, so that both tasks have the same chance level.
        """
        sizes = np.bincount(self.unit)
        order = np.random.default_rng(seed).permutation(len(sizes))
        ends = np.cumsum(sizes[order])
        shares = np.cumsum(np.bincount(self.label, minlength=len(self.classes)))
        drawn = np.empty(len(sizes), dtype=np.int64)
        drawn[order] = np.searchsorted(shares, ends - sizes[order] / 2, side="right")
        return drawn[self.unit]


def read_labels(
    encodings: Encodings, source: Any, *, languages: Sequence[str] | None = None, column: str | None = None
) -> Labels:
    """Labels of the vectors of some encodings.

    Parameters
    ----------
    encodings : Encodings
    source : str, pathlib.Path or frame
        A table with columns `id` and `label`, and `language` where labels differ between languages; `sentence` and
        `word` where vectors are those of words. Or `language`: the language of each sentence.
    languages : sequence of str, optional
        As the corpus wrote them; by default all.
    column : str, optional
        Of the labels, where it is not called label, category, topic, class, upos or tag.

    Raises
    ------
    BadFile, BadValue, UnknownName
        If it cannot be read, columns are missing, or a sentence has two labels.
    NotEnoughEvidence
        For fewer than twenty labelled sentences, or a single label.
    UnknownLanguage
    """
    chosen = tuple(encodings.languages if languages is None else languages)
    vectors = pl.concat(
        pl.DataFrame({VARIETY: language, "id": ids, "row": range(len(ids))})
        for language in chosen for ids in (encodings.ids(language),)
    )  # fmt: skip
    if isinstance(source, str) and source == VARIETY:
        return _coded(VARIETY, chosen, vectors.with_columns(label=VARIETY, sentence="id", word=pl.lit(None, pl.String)))
    where = str(source) if isinstance(source, str | Path) else "labels"
    table, name = _labels(read_table(Path(source)) if isinstance(source, str | Path) else as_polars(source), column)
    keys = [VARIETY, "id"] if VARIETY in table.columns else ["id"]
    if VARIETY in table.columns:
        written = {one: find_written(one, chosen, where) for one in table[VARIETY].unique().drop_nulls()}
        table = table.with_columns(
            pl.col(VARIETY).replace_strict(written, default=None, return_dtype=pl.String)
        ).drop_nulls(VARIETY)
    table = table.unique(maintain_order=True)
    if (twice := table.filter(table.select(keys).is_duplicated())).height:
        hint = "keep one of each" if VARIETY in keys else "keep one of each, or add a column language"
        raise BadValue(f"{name} of '{twice['id'][0]}' is there twice", where=where, hint=hint)
    joined = vectors.join(table, on=keys, how="inner", maintain_order="left")
    unencoded = table.join(vectors, on=keys, how="anti").height
    if joined.is_empty():
        hint = f"ids of vectors are such as {vectors['id'][0]}"
        raise BadValue("no vector has a label", where=where, hint=hint)
    return _coded(name, chosen, joined, vectors.height - joined.height, unencoded)


def _labels(table: pl.DataFrame, column: str | None) -> tuple[pl.DataFrame, str]:
    """Columns `id`, `label`, `sentence` and `word`, and `language` if there is one; and the name of the label."""
    if column is not None and column not in table.columns:
        raise UnknownName("column", column, table.columns, where="column")
    label = column or column_of(table, LABEL)
    roles = {"id": column_of(table, ID), "label": label, VARIETY: column_of(table, LANGUAGE),
             "sentence": column_of(table, SENTENCE), "word": column_of(table, WORD)}  # fmt: skip
    missing = [role for role in ("id", "label") if roles[role] is None]
    if label is None or missing:
        reason = f"no column {' and no column '.join(missing)}, of {', '.join(table.columns[:12])}"
        raise BadValue(reason, where="labels", hint=f"call it so: {', '.join(missing)}")
    there = {role: name for role, name in roles.items() if name is not None}
    kept = table.select(pl.col(name).cast(pl.String).alias(role) for role, name in there.items())
    kept = kept.drop_nulls(["id", "label"])
    kept = kept if "sentence" in there else kept.with_columns(sentence="id")
    return (kept if "word" in there else kept.with_columns(word=pl.lit(None, pl.String))), label


def _coded(
    name: str, languages: tuple[str, ...], table: pl.DataFrame, unlabelled: int = 0, unencoded: int = 0
) -> Labels:  # fmt: skip
    """The table as numbers, checked."""
    present = tuple(one for one in languages if one in set(table[VARIETY]))
    classes = tuple(sorted(set(table["label"])))
    sentences = table["sentence"].n_unique()
    if sentences < FEWEST_SENTENCES:
        raise NotEnoughEvidence(
            f"{sentences} labelled sentences tell nothing", where="labels", hint=f"label {FEWEST_SENTENCES} or more"
        )
    if len(classes) < 2:
        raise NotEnoughEvidence(
            f"every sentence has the label '{classes[0]}'", where="labels", hint="give two labels or more"
        )
    if len(classes) > sentences / 2 and name != VARIETY:
        raise BadValue(
            f"{len(classes)} labels for {sentences} sentences", where="labels", hint="give labels that come often"
        )
    same = table.group_by("id").agg(pl.col("label").n_unique())["label"].max() == 1
    whole = pl.col("id") if same else pl.format("{} {}", VARIETY, "id")
    units = table.select(pl.coalesce(pl.format("word {}", "word"), pl.format("id {}", whole))).to_series()
    places = {one: at for at, one in enumerate(present)}
    at_class = {one: at for at, one in enumerate(classes)}
    return Labels(
        name, classes, present, table[VARIETY].replace_strict(places).to_numpy().astype(np.int64),
        table["row"].to_numpy().astype(np.int64), table["label"].replace_strict(at_class).to_numpy().astype(np.int64),
        _codes(table["sentence"]), _codes(units), unlabelled, unencoded,
    )  # fmt: skip


def _codes(column: pl.Series) -> Places:
    return (column.rank("dense").to_numpy() - 1).astype(np.int64)
