"""Documents that are put in order for a query by a cross-encoder: read, refused, learnt, and by chance."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.lab.described import read, refusal

from isogloss.errors import BadValue
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, recipes, run_grid, tasks
from isogloss.metrics import Gold, find_metric

TOPICS = {"doctor": ["fever", "hospital"], "match": ["football", "goalkeeper"], "river": ["bank", "sleeps"]}
"""Words of relevant documents by the word of the query."""


def rows(*, learnable: bool = True, seed: int = 4) -> list[dict[str, object]]:
    """40 queries for training and 30 for tests in two languages, with six documents each, two of them relevant.

    No query of a test stands in the training, but all its words do.
    """
    chance = np.random.default_rng(seed)
    table: list[dict[str, object]] = []
    for item in range(70):
        query = sorted(TOPICS)[item % 3]
        documents, grades = [], []
        for topic in chance.permutation(sorted(TOPICS) * 2):
            documents.append(" ".join(["the", *chance.choice(TOPICS[str(topic)], 2)]))
            grades.append(int(str(topic) == query))
        if not learnable:
            grades = chance.permutation(grades).tolist()
        split = "train" if item < 40 else "test"
        around = sorted(chance.choice(["big", "small", "plays", "cures"], 2, replace=False), reverse=split == "test")
        table += [
            {"language": language, "split": split, "item": f"{item}", "query": f"{around[0]} {query} {around[1]}",
             "documents": documents, "relevance": grades} for language in ("eng", "nld")
        ]  # fmt: skip
    return table


DESCRIBED = {"name": "answers", "kind": "ranking", "file": "queries.parquet", "columns": {"item": "item"}}


def test_documents_have_grades_from_lists_or_from_text(tmp_path: Path) -> None:
    table = pl.DataFrame(rows())
    table.write_parquet(tmp_path / "queries.parquet")
    task = read(DESCRIBED, tmp_path)
    assert len(task.train["eng"].labels) == 240
    assert task.train["eng"].labels.sum() == 80
    assert task.test["nld"].inputs[0].premise.split()[1] == "match"
    assert task.chance is None
    text = [pl.col(name).cast(pl.List(pl.String)).list.join("|||") for name in ("documents", "relevance")]
    table.with_columns(text).write_csv(tmp_path / "queries.csv")
    again = read(DESCRIBED | {"file": "queries.csv"}, tmp_path)
    assert again.test["eng"].content() == task.test["eng"].content()
    changed = task.test["eng"].labels.copy()
    changed[5] = 1 - changed[5]
    assert task.test["eng"].content() != type(task.test["eng"])(
        task.test["eng"].items, task.test["eng"].inputs, changed, task.test["eng"].starts
    ).content()  # fmt: skip


def test_spoilt_grades_are_refused_and_queries_that_ask_nothing_left_out(tmp_path: Path) -> None:
    def write(grades: list[list[str]]) -> None:
        pl.DataFrame(
            {"language": "eng", "split": ["train", "train", "test"], "query": ["a", "b", "c"],
             "documents": [["x", "y"]] * 3, "relevance": grades}
        ).write_parquet(tmp_path / "few.parquet")  # fmt: skip

    few = {"name": "few", "kind": "ranking", "file": "few.parquet"}
    write([["1", "0"], ["high", "0"], ["0", "1"]])
    assert "row 1: 2 documents have the grades high, 0; give each document a whole number" in refusal(few, tmp_path)
    write([["1", "0"], ["1"], ["0", "1"]])
    assert "row 1: 2 documents have the grades 1" in refusal(few, tmp_path)
    write([["0", "0"]] * 3)
    assert "no query has relevant and other documents" in refusal(few, tmp_path)
    write([["1", "0"], ["0", "0"], ["0", "2"]])
    with pytest.warns(UserWarning, match="of 1 queries all documents or none are relevant; they are left out"):
        assert len(read(few, tmp_path).train["eng"]) == 1


def test_metrics_are_those_of_each_query_with_its_own_documents() -> None:
    """Average precision 1 and (1/2 + 2/3) / 2; of equal scores the first document stands first."""
    gold = Gold(np.array([0, 1, 0, 1, 1]), np.array([0, 2, 5]), np.zeros(2, np.int64), [])
    scores = np.array([0.1, 0.2, 1.0, 1.0, 0.0])
    assert find_metric("map").measure(gold, scores).item_scores.tolist() == pytest.approx([1, 7 / 12])
    assert find_metric("mrr").measure(gold, scores).scores.tolist() == [0.75]


def test_one_document_or_none_asks_nothing_and_an_empty_query_is_refused(tmp_path: Path) -> None:
    def write(queries: list[str | None], documents: list[list[str]], grades: list[list[int]]) -> None:
        pl.DataFrame(
            {"language": "eng", "split": ["train", "train", "test"], "query": queries, "documents": documents,
             "relevance": grades}
        ).write_parquet(tmp_path / "few.parquet")  # fmt: skip

    few = {"name": "few", "kind": "ranking", "file": "few.parquet"}
    write(["a", "b", "c"], [["x", "y"], ["x"], ["y", "z"]], [[1, 0], [1], [0, 1]])
    with pytest.warns(UserWarning, match="of 1 queries all documents or none are relevant; they are left out"):
        assert len(read(few, tmp_path).train["eng"]) == 1
    write(["a", "", "c"], [["x", "y"]] * 3, [[1, 0]] * 3)
    assert "row 1: no query; fill it in or remove the row" in refusal(few, tmp_path)
    write(["a", "b", "c"], [["x", "y"], ["x", ""], ["x", "y"]], [[1, 0]] * 3)
    assert "row 1: a document is empty; remove it and its grade" in refusal(few, tmp_path)


def test_a_recipe_that_gives_no_order_is_refused(checkpoint: Path) -> None:
    with pytest.raises(BadValue, match="linear-probe"):
        recipes.get("linear-probe")(checkpoint=str(checkpoint)).check_kind(tasks.get("ranking")())


GRID = """
[task]
name = "answers"
kind = "ranking"
file = "queries.parquet"
columns = { item = "item" }
[[recipe]]
name = "RECIPE"
SETTINGS
batch_size = 4
dropout = 0.0
pooling = "cls"
checkpoint = "CHECKPOINT"
[grid]
sources = ["eng"]
sizes = [40]
"""
SETTINGS = {
    "fine-tune": 'epochs = 30\nlearning_rate = 3e-3\nselect = "best"',
    "lora": "epochs = 40\nlearning_rate = 5e-3",
}  # chosen with another encoder and other queries


def measured(folder: Path, checkpoint: Path, recipe: str, *, learnable: bool) -> tuple[float, float]:
    """Mean average precision in the language of training, and its standard error."""
    pl.DataFrame(rows(learnable=learnable)).write_parquet(folder / "queries.parquet")
    text = GRID.replace("CHECKPOINT", str(checkpoint)).replace("RECIPE", recipe).replace("SETTINGS", SETTINGS[recipe])
    (folder / "grid.toml").write_text(text)
    store = Store(folder / "store")
    assert run_grid(read_grid(folder / "grid.toml"), store).failed == []
    observations = store.read().observations
    assert set(observations["metric"]) == {"map", "ndcg", "mrr"}
    found = observations.filter(metric="map", target_as_reported="eng")
    return found["score"].item(), found["standard_error"].item()


@pytest.mark.parametrize("recipe", SETTINGS)
def test_a_cross_encoder_learns_which_documents_answer(recipe: str, tmp_path: Path, checkpoint: Path) -> None:
    """No word of a document says that it is relevant: that depends on the query."""
    assert measured(tmp_path, checkpoint, recipe, learnable=True)[0] > 0.8


@pytest.mark.parametrize("recipe", SETTINGS)
def test_where_grades_are_shuffled_the_order_is_one_of_chance(recipe: str, tmp_path: Path, checkpoint: Path) -> None:
    """The mean average precision over all orders of six documents, two of them relevant, is .527."""
    score, error = measured(tmp_path, checkpoint, recipe, learnable=False)
    pairs = list(combinations(range(1, 7), 2))
    chance = sum((1 / first + 2 / second) / 2 for first, second in pairs) / len(pairs)
    assert abs(score - chance) < 3 * error
