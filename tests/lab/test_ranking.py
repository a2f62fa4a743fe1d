"""Documents that are put in order for a query by a cross-encoder: read, refused, learnt, and by chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.lab.described import read, refusal

from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid
from isogloss.metrics import Gold, find_metric

TOPICS = {"doctor": ["fever", "hospital"], "match": ["football", "goalkeeper"], "river": ["bank", "sleeps"]}
"""Words of relevant documents by the word of the query."""


def rows(*, learnable: bool = True) -> list[dict[str, object]]:
    """40 queries for training and 30 for tests in two languages, with six documents each, two of them relevant."""
    chance = np.random.default_rng(4)
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
        table += [
            {"language": language, "split": split, "item": f"{item}", "query": f"the {query} {split[1]}",
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
    assert task.test["nld"].inputs[0].premise.startswith("the ")
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


GRID = """
[task]
name = "answers"
kind = "ranking"
file = "queries.parquet"
columns = { item = "item" }
[[recipe]]
name = "RECIPE"
epochs = 12
batch_size = 4
learning_rate = RATE
dropout = 0.0
pooling = "cls"
select = "best"
checkpoint = "CHECKPOINT"
[grid]
sources = ["eng"]
sizes = [40]
"""


@pytest.mark.parametrize(("recipe", "rate"), [("fine-tune", "3e-3"), ("lora", "2e-2")])
def test_a_cross_encoder_learns_which_documents_answer(
    recipe: str, rate: str, tmp_path: Path, checkpoint: Path
) -> None:
    """A chance order of six documents, two of them relevant, has a mean average precision of .48."""
    found = {}
    for learnable in (True, False):
        folder = tmp_path / str(learnable)
        folder.mkdir()
        pl.DataFrame(rows(learnable=learnable)).write_parquet(folder / "queries.parquet")
        text = GRID.replace("CHECKPOINT", str(checkpoint)).replace("RECIPE", recipe).replace("RATE", rate)
        (folder / "grid.toml").write_text(text)
        store = Store(folder / "store")
        assert run_grid(read_grid(folder / "grid.toml"), store).failed == []
        observations = store.read().observations
        assert set(observations["metric"]) == {"map", "ndcg", "mrr"}
        found[learnable] = observations.filter(metric="map", target_as_reported="eng")
    assert found[True]["score"].item() > 0.8
    assert abs(found[False]["score"].item() - 0.48) < 3.5 * found[False]["standard_error"].item()
