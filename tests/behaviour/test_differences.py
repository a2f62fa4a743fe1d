"""Scores of models and tasks less those of one of them: paired by item, with intervals and corrected p-values."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import isogloss
from isogloss.behaviour import score_items
from isogloss.errors import NotEnoughEvidence, UnknownName


def answered(
    seed: int, rates: dict[str, float], *, items: int = 200, alike: bool = True, by: str = "model"
) -> pl.DataFrame:
    """Whether answers are valid and right, with some chance each; items are hard for all alike, or for each apart."""
    chance, rows = np.random.default_rng(seed), []
    for language in ("deu", "swa"):
        hard = chance.random(items)
        for name, rate in rates.items():
            own = hard if alike else chance.random(items)
            rows += [
                {by: name, "language": language, "item": f"{item}", "valid": True, "correct": bool(own[item] < rate)}
                for item in range(items)
            ]
    return pl.DataFrame(rows)


def test_a_difference_is_that_of_the_scores_and_paired_by_item() -> None:
    """Where the same items are hard for both, the interval is narrower than where each has its own."""
    widths = {}
    for alike in (True, False):
        table = answered(0, {"before": 0.5, "after": 0.6}, alike=alike)
        found = score_items(table, ["valid_accuracy"], against="before")
        assert found.differences.height == 3  # all languages, and each
        row = found.differences.row(0, named=True)
        scores = dict(found.scores.filter(pl.col("language").is_null()).select("model", "value").iter_rows())
        assert row["value"] == pytest.approx(scores["after"] - scores["before"])
        assert (row["model"], row["against"], row["items"], row["left_out"]) == ("after", "before", 200, 0)
        assert row["lower"] < row["value"] < row["upper"]
        widths[alike] = row["upper"] - row["lower"]
    assert widths[True] < 0.7 * widths[False]


def test_a_planted_difference_is_shown_and_none_where_there_is_none() -> None:
    """Of fifteen points with 200 items in two languages nearly always; of none, in at most a tenth of forty worlds."""
    shown = {True: 0, False: 0}
    for seed in range(40):
        for is_planted in shown:
            rates = {"before": 0.5, "after": 0.65 if is_planted else 0.5}
            table = answered(seed, rates, alike=False)
            found = score_items(table, ["valid_accuracy"], against="before", draws=400, seed=seed)
            shown[is_planted] += (found.differences["p_holm"] < 0.05).any()
    assert shown[True] >= 30
    assert shown[False] <= 4


def test_tasks_are_compared_within_a_model() -> None:
    """As localised and machine-translated questions are, whose items have the same ids."""
    table = answered(2, {"localised": 0.7, "translated": 0.5}, by="task").with_columns(model=pl.lit("one"))
    answer = isogloss.score_behaviour(table, metrics=["valid_accuracy"], against="translated")
    row = answer.result.differences.row(0, named=True)
    assert (row["task"], row["model"], row["against"]) == ("localised", "one", "translated")
    assert row["lower"] > 0.1
    assert answer.verdict.startswith("valid_accuracy of localised less that of translated: +0.19")
    assert answer.verdict.endswith("shown, corrected (Holm), in 3 of 3 rows.")
    assert answer.tables["differences"].frame["name"].to_list() == ["all", "German", "Swahili"]


def test_a_name_that_nothing_has_is_refused() -> None:
    with pytest.raises(UnknownName, match="unknown model or task of the items 'befor'; did you mean 'before'"):
        score_items(answered(0, {"before": 0.5, "after": 0.5}), ["valid_accuracy"], against="befor")


def test_languages_and_items_that_one_lacks_are_left_out_of_both() -> None:
    """A model without the hard language is not better for that; rows that are left out are counted."""
    table = answered(3, {"before": 0.5, "after": 0.5})
    table = table.filter(~((pl.col("model") == "after") & (pl.col("language") == "swa") & (pl.col("item") != "0")))
    hard = pl.when(pl.col("language") == "swa").then(False).otherwise("correct")
    answer = isogloss.score_behaviour(table.with_columns(correct=hard), metrics=["valid_accuracy"], against="before")
    rows = {row["language"]: row for row in answer.result.differences.iter_rows(named=True)}
    assert rows["swa"]["items"] == 1
    assert rows[None]["value"] == rows["deu"]["value"] == 0.0
    assert answer.notes[-1] == "Compared are items that both have: 199 rows of after and before left out."


def test_where_no_item_is_in_both_nothing_is_compared() -> None:
    table = answered(4, {"before": 0.5, "after": 0.5})
    apart = table.with_columns(item=pl.concat_str("model", "item"))
    for one in (apart, table.filter(model="before")):
        with pytest.raises(NotEnoughEvidence, match="no other model or task has an item of 'before'"):
            score_items(one, ["valid_accuracy"], against="before")
