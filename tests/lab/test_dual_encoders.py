"""Encoders that read queries and documents apart: what is learnt in planted worlds, and what is not in others."""

from __future__ import annotations

import json
import shutil
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from isogloss.errors import BadValue, InputError
from isogloss.evidence.store import Store
from isogloss.lab import Corpus, Training, read_grid, recipes, run_grid, save, tasks
from isogloss.lab.recipe import Fitted
from isogloss.lab.trained_retriever import read_trained_retriever
from isogloss.metrics import Gold, find_metric
from isogloss.models.inputs import Choice
from isogloss.questions.retrieval import RetrieveQuestion

ASKED = "doctor fever hospital goalkeeper football match river bank".split()
ANSWERING = "sleeps sees plays cures big small the a".split()
"""The word of a relevant document by that of the query: nothing but training tells which belong together."""
CHANCE = sum(1 / place for place in range(1, 7)) / 6
"""Mean average precision of one relevant document among six in any order."""


def rows(*, learnable: bool = True) -> list[dict[str, object]]:
    """Queries of three words, each with the document of its three words and five others, in three languages.

    Dutch has the words of English, German none of them. No query of a test is learnt from, but all its words are.
    """
    chance = np.random.default_rng(3)
    triples = [list(one) for one in combinations(range(8), 3)]
    table: list[dict[str, object]] = []
    for item, place in enumerate(chance.permutation(len(triples))):
        others = chance.choice([one for one in range(len(triples)) if one != place], 5, replace=False)
        order = chance.permutation([place, *others])
        grades = (order == place).astype(int)
        if not learnable:
            grades = chance.permutation(grades)
        query = chance.permutation(triples[place])
        documents = [chance.permutation(triples[one]) for one in order]
        for language, asked, answering in (
            ("eng", ASKED, ANSWERING), ("nld", ASKED, ANSWERING), ("deu", "bcdefghi", "jklmnopq"),
        ):  # fmt: skip
            table.append(
                {"language": language, "split": "train" if item < 40 else "test", "item": f"{item}",
                 "query": " ".join(asked[one] for one in query),
                 "documents": [" ".join(answering[one] for one in three) for three in documents],
                 "relevance": grades.tolist()}
            )  # fmt: skip
    return table


GRID = """
[task]
name = "answers"
kind = "ranking"
file = "queries.parquet"
columns = { item = "item" }
metrics = ["map", "recall_at_5"]
[[recipe]]
name = "RECIPE"
SETTINGS
batch_size = 8
checkpoint = "CHECKPOINT"
[grid]
sources = ["eng"]
sizes = [40]
"""
SETTINGS = {
    "bi-encoder": "epochs = 15\nlearning_rate = 5e-3",
    "late-interaction": "epochs = 15\nlearning_rate = 5e-3\ndimension = 16",
}


def measured(folder: Path, checkpoint: Path, recipe: str, *, learnable: bool) -> dict[str, float]:
    """Mean average precision by language."""
    pl.DataFrame(rows(learnable=learnable)).write_parquet(folder / "queries.parquet")
    text = GRID.replace("CHECKPOINT", str(checkpoint)).replace("RECIPE", recipe).replace("SETTINGS", SETTINGS[recipe])
    (folder / "grid.toml").write_text(text)
    store = Store(folder / "store")
    assert run_grid(read_grid(folder / "grid.toml"), store, keep=folder / "kept").failed == []
    observations = store.read().observations
    assert set(observations["metric"]) == {"map", "recall_at_5"}
    return dict(observations.filter(metric="map").select("target_as_reported", "score").iter_rows())


@pytest.mark.parametrize("recipe", SETTINGS)
def test_which_words_answer_is_learnt_and_carried_to_a_language_that_shares_them(
    recipe: str, tmp_path: Path, checkpoint: Path
) -> None:
    """And not to one that shares none."""
    found = measured(tmp_path, checkpoint, recipe, learnable=True)
    assert found["eng"] > 0.85
    assert found["nld"] == found["eng"]
    assert abs(found["deu"] - CHANCE) < 0.2
    (kept,) = (tmp_path / "kept").iterdir()
    assert kept.name.startswith(f"{recipe}-eng-40-seed-0-")
    searched = {language: search(tmp_path / language, kept, language) for language in ("eng", "deu")}
    assert searched["eng"] > 0.6 > 0.4 > searched["deu"]


def search(folder: Path, kept: Path, language: str) -> float:
    """Mean reciprocal rank of the one relevant document of each test query among those of all of them."""
    tested = [row for row in rows() if row["language"] == language and row["split"] == "test"]
    right = [str(row["documents"][row["relevance"].index(1)]) for row in tested]  # type: ignore[index, attr-defined]  # rows of mixed values
    (folder / "qrels").mkdir(parents=True)
    for name, texts in (("queries", [str(row["query"]) for row in tested]), ("corpus", right)):
        lines = [json.dumps({"_id": f"{place}", "text": text}) for place, text in enumerate(texts)]
        (folder / f"{name}.jsonl").write_text("\n".join(lines))
    judged = "".join(f"{place}\t{place}\t1\n" for place in range(len(tested)))
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}")
    answer = RetrieveQuestion(source=str(folder), model=str(kept), methods=["trained"], metrics=["mrr@10"]).answer()
    return float(answer.result.scores["value"][0])


def test_what_is_no_encoder_of_queries_and_documents_retrieves_nothing(checkpoint: Path, tmp_path: Path) -> None:
    recipe = recipes.get("ngram-logreg").read({})
    save(recipe, Fitted({"coefficients": np.zeros(1)}), tmp_path / "kept")
    with pytest.raises(BadValue, match="ngram-logreg makes no vectors of queries and documents"):
        read_trained_retriever(tmp_path / "kept")
    save(make("bi-encoder", checkpoint), Fitted({}), tmp_path / "kept")
    table = pl.DataFrame({"id": ["0"], "eng": ["a river"], "deu": ["ein Fluss"]})
    with pytest.raises(BadValue, match="a trained recipe has prefixes and pooling of its own"):
        RetrieveQuestion(source=table, model=str(tmp_path / "kept"), query_prefix="query: ").answer()


@pytest.mark.parametrize("recipe", SETTINGS)
def test_nothing_is_learnt_from_shuffled_grades(recipe: str, tmp_path: Path, checkpoint: Path) -> None:
    found = measured(tmp_path, checkpoint, recipe, learnable=False)
    assert abs(found["eng"] - CHANCE) < 0.2


QUERIES = [Choice("the doctor sees", ("fever", "a big river", "hospital cures")), Choice("bank", ("river", "match"))]


def prepared_for(recipe: Any, train: list[Choice]) -> Any:
    kind = tasks.get("ranking")()
    return recipe.prepare(
        Corpus([train], [QUERIES], ["eng"], kind, [], ["eng"], [["0"] * len(train)], [["0", "1"]]), map
    )


def make(name: str, checkpoint: Path, **settings: Any) -> Any:
    return recipes.get(name).read({"checkpoint": str(checkpoint), "max_length": 32, **settings})


NOTHING = Training(np.empty(0, np.int64), np.empty(0, np.int64), 0)


def test_without_examples_scores_are_cosines_and_their_sums_over_tokens(checkpoint: Path) -> None:
    """As they are computed from the vectors of every text by itself, with what stands before it."""
    import torch

    from isogloss.models.encoder import load_encoder_model
    from isogloss.models.tokenizers import Tokenizer

    model, tokenizer = load_encoder_model(checkpoint), Tokenizer(checkpoint, 32)

    def states(text: str) -> Any:
        with torch.inference_mode():
            return model(input_ids=torch.tensor(tokenizer.encode([text]))).last_hidden_state[0]

    def unit(vectors: Any) -> Any:
        return torch.nn.functional.normalize(vectors, dim=-1)

    pairs = [("a " + one.premise, "the " + text) for one in QUERIES for text in one.choices]
    cosines = [float(unit(states(query).mean(0)) @ unit(states(text).mean(0))) for query, text in pairs]
    sums = [float((unit(states(query)) @ unit(states(text)).T).max(1).values.sum()) for query, text in pairs]
    for name, wanted in (("bi-encoder", cosines), ("late-interaction", sums)):
        recipe = make(name, checkpoint, dimension=0, query_prefix="a ", document_prefix="the ")
        prepared = prepared_for(recipe, [])
        assert recipe.predict(prepared, recipe.fit(prepared, NOTHING))[""] == pytest.approx(wanted, abs=1e-5)


def test_documents_known_to_be_relevant_are_no_negatives(checkpoint: Path) -> None:
    """Two queries of one text have two relevant documents, neither of which is to be pushed away for the other."""
    settings = {"negatives": 0, "batch_size": 2, "epochs": 1, "weight_decay": 0.0, "learning_rate": 1e-2}
    recipe = make("bi-encoder", checkpoint, **settings)
    for second, is_learnt in (("the doctor sees", False), ("the match", True)):
        train = [Choice("the doctor sees", ("fever", "river")), Choice(second, ("fever", "bank"))]
        prepared = prepared_for(recipe, train)
        before = recipe.fit(prepared, NOTHING).arrays
        after = recipe.fit(prepared, Training(np.arange(2), np.array([1, 0, 0, 1]), 0)).arrays
        changed = any(not np.allclose(before[name], after[name], atol=1e-6) for name in before)
        assert changed == is_learnt


def test_a_teacher_is_followed(checkpoint: Path) -> None:
    """With little weight on what is right, the student ends with the scores of its teacher, not with its own start."""
    train = [Choice("the doctor sees", ("fever", "river", "bank")), Choice("the match", ("football", "bank", "river"))]
    training = Training(np.arange(2), np.array([1, 0, 0, 1, 0, 0]), 0)
    taught = {"name": "fine-tune", "epochs": 15, "learning_rate": 3e-3, "dropout": 0.0}
    shared = {"negatives": 2, "epochs": 30, "learning_rate": 3e-3, "batch_size": 1}
    gaps = {}
    for weight in (0.0, 20.0):
        recipe = make("bi-encoder", checkpoint, teacher=taught, taught=weight, **shared)
        prepared = prepared_for(recipe, train)
        tests = {name.replace("train_", "test_"): one for name, one in prepared.items() if name.startswith("train_")}
        own = recipe.predict({**prepared, **tests}, recipe.fit(prepared, training))[""] / recipe.temperature
        teacher = recipe.inner_teacher
        read = {name.removeprefix("teacher."): one for name, one in prepared.items() if name.startswith("teacher.")}
        same = {name.replace("train_", "test_"): one for name, one in read.items() if name.startswith("train_")}
        scores = teacher.predict({**read, **same}, teacher.fit(read, training))[""]
        likely = [np.exp(one.reshape(2, 3) - one.reshape(2, 3).max(1, keepdims=True)) for one in (own, scores)]
        one, other = (values / values.sum(1, keepdims=True) for values in likely)
        gaps[weight] = float(np.abs(one - other).max())
    assert gaps[20.0] < gaps[0.0] / 2


def test_what_a_teacher_is_stands_in_the_identity(checkpoint: Path, tmp_path: Path) -> None:
    """The content of its checkpoint does, not where it lies."""
    elsewhere = shutil.copytree(checkpoint, tmp_path / "elsewhere")
    one, other = (
        make("bi-encoder", checkpoint, teacher={"name": "lora", "checkpoint": str(place)}).identity
        for place in (checkpoint, elsewhere)
    )
    assert one == other != make("bi-encoder", checkpoint, teacher={"name": "lora", "rank": 4}).identity


def test_recall_counts_the_first_documents() -> None:
    """One of two relevant documents is among the first five; both are among the first ten."""
    gold = Gold(np.array([0, 1, 0, 1, 0, 0, 0]), np.array([0, 7]), np.zeros(1, np.int64), [])
    scores = np.array([0.2, 0.9, 0.3, 0.1, 0.4, 0.5, 0.6])
    assert find_metric("recall_at_5").measure(gold, scores).scores.tolist() == [0.5]
    assert find_metric("recall_at_10").measure(gold, scores).scores.tolist() == [1.0]


def test_settings_that_would_do_nothing_are_refused(checkpoint: Path) -> None:
    with pytest.raises(BadValue, match="own needs documents that are not relevant; set negatives = 1"):
        make("late-interaction", checkpoint, negatives=0)
    with pytest.raises(BadValue, match="a vector for each token is not pooled; leave out pooling"):
        make("late-interaction", checkpoint, pooling="cls")
    with pytest.raises(InputError, match="linear-probe gives no scores of documents"):
        make("bi-encoder", checkpoint, teacher={"name": "linear-probe"})
    recipe = make("late-interaction", checkpoint)
    with pytest.raises(BadValue, match="nothing to learn the linear map from; set dimension = 0"):
        recipe.fit(prepared_for(recipe, []), NOTHING)
    with pytest.raises(BadValue, match="is for ranking, not for"):
        recipe.check_kind(tasks.get("similarity")())
