"""Answers to the same items in several languages: how candidates rank, and whether the best one is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.items import require, require_languages
from isogloss.behaviour.ratings import from_outcomes
from isogloss.errors import BadValue, NotEnoughEvidence

FEWEST_CANDIDATES = 2


@dataclass(frozen=True)
class Answers:
    """The answers of a model.

    Attributes
    ----------
    model : str
    languages : list of str
    ranks : array of int, shape (languages, items, candidates), or None
        0 is best; those that an item does not have come last. None without candidates.
    candidates : array of int, shape (items,)
        How many each item has.
    right : array of bool, shape (languages, items), or None
    """

    model: str
    languages: list[str]
    ranks: NDArray[np.intp] | None
    candidates: NDArray[np.intp]
    right: NDArray[np.bool_] | None

    @property
    def items(self) -> int:
        """Items that all languages have."""
        return len(self.candidates)


def read_answers(table: pl.DataFrame, *, shared: bool = False, seed: int = 0) -> Iterator[Answers]:
    """The answers of each model; see `score_consistency`."""
    require(table, "language", "item")
    require_languages(table)
    names = [pl.lit("").alias(name) for name in ("task", "model") if name not in table.columns]
    text = pl.col("task", "model", "item").cast(pl.String)
    whole = table.with_columns(names).with_columns(text)
    whole = whole.with_columns(item=pl.concat_str("task", "item", separator=" ").str.strip_chars_start())
    languages = whole["language"].unique().sort().to_list()
    for (model,), rows in whole.group_by("model", maintain_order=True):
        yield (_ranked if "candidate" in rows.columns else _outcomes)(str(model), rows, languages, shared, seed)


def _ranked(model: str, rows: pl.DataFrame, languages: list[str], shared: bool, seed: int) -> Answers:
    """From the scores of candidates."""
    require(rows, "score")
    number = rows["candidate"].cast(pl.String).str.strip_suffix(".0").cast(pl.Int64, strict=False)
    if number.has_nulls() or (number < 0).any():
        wrong = rows.filter(number.is_null() | (number < 0))["candidate"][0]
        hint = "number candidates 0, 1, ... in the same order in all languages"
        raise BadValue(f"candidate '{wrong}' is no number", where="items", hint=hint)
    value = rows["score"].cast(pl.Float64, strict=False)
    if not value.is_finite().fill_null(False).all():
        item = rows.filter(~value.is_finite().fill_null(False))["item"][0]
        raise BadValue(f"a candidate of item {item} has no score", where="items", hint="give every candidate a number")
    codes = number.rank("dense").to_numpy().astype(int) - 1
    scores, items = _dense(model, rows, languages, codes, value.to_numpy())
    there = ~np.isnan(scores)
    same = np.asarray((there == there[:1]).all((0, 2)) & there[0].any(-1))
    _refuse(model, same, np.asarray(there.any(-1)), languages, items, "other candidates", shared)
    scores, there = scores[:, same], there[0, same]
    count = there.sum(-1)
    if (count < FEWEST_CANDIDATES).any():
        item = np.array(items)[same][np.argmin(count)]
        raise BadValue(f"item {item} has one candidate", where="items", hint="give at least two to rank")
    ties = np.random.default_rng(seed).random(scores.shape)
    order = np.lexsort((ties, np.where(np.isnan(scores), np.inf, -scores)), axis=-1)
    ranks = order.argsort(-1)
    right = None
    if "correct" in rows.columns:
        marked = from_outcomes(rows, "correct")["right"].cast(pl.Float64)
        flags, _ = _dense(model, rows, languages, codes, marked.to_numpy())
        right = np.take_along_axis(flags[:, same], order[..., :1], -1)[..., 0] == 1
    return Answers(model, languages, ranks, count, right)


def _outcomes(model: str, rows: pl.DataFrame, languages: list[str], shared: bool, seed: int) -> Answers:
    """From right and wrong answers alone."""
    require(rows, "right")
    right, items = _dense(model, rows, languages, np.zeros(rows.height, int), rows["right"].cast(pl.Float64).to_numpy())
    there = np.asarray(~np.isnan(right)[..., 0])
    same = np.asarray(there.all(0))
    _refuse(model, same, there, languages, items, "no answer", shared)
    return Answers(model, languages, None, np.ones(int(same.sum()), int), right[:, same, 0] == 1)


def _dense(
    model: str, rows: pl.DataFrame, languages: list[str], candidates: NDArray[np.intp], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[str]]:
    """Values of shape (languages, items, candidates), NaN where there is none, and the items."""
    items = rows["item"].unique(maintain_order=True)
    language = rows["language"].replace_strict(languages, range(len(languages)), return_dtype=pl.Int64).to_numpy()
    item = rows["item"].replace_strict(items, range(len(items)), return_dtype=pl.Int64).to_numpy()
    dense = np.full((len(languages), len(items), int(candidates.max()) + 1), np.nan)
    flat = np.ravel_multi_index((language, item, candidates), dense.shape)
    if len(np.unique(flat)) < len(flat):
        key = ["language", "item", *(["candidate"] if "candidate" in rows.columns else [])]
        again = rows.filter(pl.struct(key).is_duplicated()).row(0, named=True)
        raise BadValue(
            f"item {again['item']} is given twice", where=_place(model, again["language"]),
            hint="keep one row for each candidate of an item, or name the column candidate",
        )  # fmt: skip
    dense.flat[flat] = values
    return dense, items.to_list()


def _refuse(
    model: str, same: NDArray[np.bool_], there: NDArray[np.bool_], languages: list[str], items: list[str], what: str,
    shared: bool,
) -> None:  # fmt: skip
    """Refuse items that are not the same in all languages, unless they are to be left out."""
    if not same.any():
        raise NotEnoughEvidence("no item is the same in all languages", where=_place(model), hint="check ids of items")
    if same.all() or shared:
        return
    item = int(np.argmin(same))
    lacking = [language for language, has in zip(languages, there[:, item], strict=True) if not has]
    reason = f"lacks item {items[item]}" if lacking else f"has {what} of item {items[item]}"
    raise BadValue(
        f"{reason}; {int((~same).sum()):,} of {len(items):,} items are not the same in all languages",
        where=_place(model, *lacking[:1]),
        hint="leave them out with shared=True",
    )


def _place(*parts: str) -> str:
    """Where in the items something is wrong."""
    return ", ".join(part for part in ("items", *parts) if part)
