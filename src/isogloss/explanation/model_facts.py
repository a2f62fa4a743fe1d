"""Facts of models as factors: a table of models and what is known of each, as columns of a regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.forecasting.grid import Array

ARCHITECTURE, PRETRAINING, OTHER = "model architecture", "pretraining setting", "other facts"
GROUPS = {
    "architecture": ARCHITECTURE, "parameters": ARCHITECTURE, "layers": ARCHITECTURE, "embedding_size": ARCHITECTURE,
    "max_tokens": ARCHITECTURE, "objective": PRETRAINING, "tokenizer": PRETRAINING, "vocabulary_size": PRETRAINING,
    "languages": PRETRAINING, "released": PRETRAINING,
}  # fmt: skip
"""Facts to the groups of the review of contributing factors; any other column is a fact, too."""
NOT_FACTS = ("model", "model_revision", "base_model", "license", "training_tasks")
SPREAD = 10.0
"""Positive numbers the largest of which is so many times the least count by their logarithm."""
KNOWN = 0.5
"""Share of the models of which a fact must be known to be a factor."""


@dataclass(frozen=True)
class ModelFact:
    """One fact of models.

    Attributes
    ----------
    name, group : str
    columns : array of shape (models, columns)
        One standardised column of a number; of words, a column of ones and zeros for each value but the reference.
    contrasts : tuple of str
        What the effect of each column is of: `one standard deviation more`, or a value against the reference.
    """

    name: str
    group: str
    columns: Array
    contrasts: tuple[str, ...]


def join_facts(own: pl.DataFrame, evidence: pl.DataFrame, models: Sequence[str], where: str) -> pl.DataFrame:
    """Facts about some models, one row each in their order: those of a table of one's own before those of the evidence.

    Parameters
    ----------
    own : polars.DataFrame
        A column `model`, and a fact in each other one; may be empty.
    evidence : polars.DataFrame
        Facts as `isogloss.Evidence.models` has them. Of several revisions of a model a fact counts if they agree.
    models : sequence of str
    where : str
        What errors call the table of one's own.

    Raises
    ------
    BadValue
        If a model has two rows, or none of the models has one.
    """
    if "model" not in own.columns:
        raise BadValue("no column 'model'", where=where, hint="name each model as the scores do")
    twice = own.filter(own["model"].is_duplicated())["model"]
    if twice.len():
        raise BadValue(f"two rows for the model '{twice[0]}'", where=where, hint="leave one row for each model")
    if own.height and not own["model"].is_in(list(models)).any():
        raise BadValue(
            f"names none of the models of the scores, but '{own['model'][0]}'", where=where,
            hint=f"the scores have {', '.join(models[:4])}",
        )  # fmt: skip
    shipped = evidence.with_columns(pl.col("languages").list.len(), pl.col("released").dt.year())
    known = shipped.group_by("model").agg(
        pl.when(pl.col(name).drop_nulls().n_unique() == 1).then(pl.col(name).drop_nulls().first()).alias(name)
        for name in shipped.columns if name not in NOT_FACTS
    )  # fmt: skip
    kept = [name for name in known.columns if name == "model" or name not in own.columns]
    table = pl.DataFrame({"model": list(models)}, schema={"model": pl.String})
    joined = table.join(own, on="model", how="left", maintain_order="left")
    return joined.join(known.select(kept), on="model", how="left", maintain_order="left")


def usable_facts(table: pl.DataFrame, names: Sequence[str] | None) -> tuple[list[str], dict[str, str]]:
    """Columns that can be factors, and which cannot and why.

    Raises
    ------
    UnknownName
        If a name is no column of the table.
    InputError
        If a fact that was named cannot be one.
    """
    every = [name for name in table.columns if name not in NOT_FACTS]
    for name in names or ():
        if name not in every:
            raise UnknownName("fact of models", name, every, where="factors")
    usable, excluded = [], {}
    for name in names or every:
        why = _why_not(table[name], table.height)
        if why is None:
            usable.append(name)
        elif names is not None:
            raise BadValue(f"'{name}' tells nothing: {why}", where="factors", hint="leave it out")
        elif table[name].null_count() < table.height:
            excluded[name] = why
    return usable, excluded


def _why_not(column: pl.Series, models: int) -> str | None:
    known = column.drop_nulls()
    if known.len() < KNOWN * models:
        return f"known of {known.len()} of {models} models"
    values = known.n_unique()
    if values < 2:
        return "the same in all models"
    if not known.dtype.is_numeric() and 2 * values > known.len():
        return f"{values} values in {known.len()} models"
    return None


def read_numbers(table: pl.DataFrame) -> pl.DataFrame:
    """The same with columns of text that hold numbers alone as numbers, and cells of spaces as null."""
    text = pl.col(pl.String).str.strip_chars().replace("", None)
    table = table.with_columns(text)
    for name in table.columns:
        if name != "model" and table[name].dtype == pl.String:
            numbers = table[name].cast(pl.Float64, strict=False)
            if numbers.null_count() == table[name].null_count() < table.height and numbers.is_finite().all():
                table = table.with_columns(numbers)
    return table


def as_factor(name: str, values: pl.Series) -> ModelFact | None:
    """A fact as columns; None if it is the same in all models.

    Parameters
    ----------
    values : polars.Series
        One for each model, without nulls.
    """
    group = GROUPS.get(name, OTHER)
    if values.n_unique() < 2:
        return None
    if values.dtype.is_numeric():
        numbers = values.cast(pl.Float64).to_numpy()
        if numbers.min() > 0 and numbers.max() >= SPREAD * numbers.min():
            numbers = np.log10(numbers)
        column = (numbers - numbers.mean()) / numbers.std()
        return ModelFact(name, group, column[:, None], ("one standard deviation more",))
    words = values.cast(pl.String)
    counts: Mapping[str, int] = dict(words.value_counts().iter_rows())
    ordered = sorted(counts, key=lambda word: (-counts[word], word))
    reference, others = ordered[0], ordered[1:]
    columns = np.array([[word == other for other in others] for word in words.to_list()], dtype=np.float64)
    return ModelFact(name, group, columns, tuple(f"{other} against {reference}" for other in others))


def independent_facts(facts: Sequence[ModelFact]) -> tuple[list[ModelFact], dict[str, str]]:
    """Facts that those before them do not determine, and the others with what they are."""
    kept: list[ModelFact] = []
    same: dict[str, str] = {}
    for fact in facts:
        before = np.column_stack([np.ones(len(fact.columns)), *(one.columns for one in kept)])
        both = np.column_stack([before, fact.columns])
        if np.linalg.matrix_rank(both) == both.shape[1]:
            kept.append(fact)
        else:
            same[fact.name] = f"a combination of {', '.join(one.name for one in kept)}"
    return kept, same
