"""Scores of models and tasks less those of one of them: paired by item, with intervals and corrected p-values."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import isogloss
from isogloss.behaviour import score_items
from isogloss.errors import UnknownName


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
        assert (row["model"], row["against"], row["items_in_both"]) == ("after", "before", 200)
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
    assert answer.sentences[1].startswith("valid_accuracy of localised less that of translated: +0.19")
    assert answer.sentences[2] == "3 differences of 3 by valid_accuracy shown, corrected (Holm)."
    assert answer.tables["differences"].frame["name"].to_list() == ["all", "German", "Swahili"]


def test_a_name_that_nothing_has_is_refused() -> None:
    with pytest.raises(UnknownName, match="unknown model or task of the items 'befor'; did you mean 'before'"):
        score_items(answered(0, {"before": 0.5, "after": 0.5}), ["valid_accuracy"], against="befor")
