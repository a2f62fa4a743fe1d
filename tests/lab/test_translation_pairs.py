"""Translations between any two of several languages: pairs learnt from and not, direct and through a pivot."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("sacrebleu", reason="needs the extra lab")

from tests.lab.checkpoints import make_decoder, make_seq2seq
from tests.lab.described import read, refusal

from isogloss.behaviour import read_items
from isogloss.errors import BadValue, InputError
from isogloss.evidence import Store
from isogloss.lab import Corpus, Training, clone_text, read_grid, recipes, run_grid, tasks
from isogloss.questions.grids import ShowGridQuestion

WORDS = ("sun", "moon", "ice", "fire")
BEFORE = ("", "a ", "the ", "one ", "no ", "my ")
LANGUAGES = {"eng": 0, "deu": 1, "fra": 2}
TRAINED = ("eng->deu", "deu->eng", "eng->fra", "fra->eng")
GRID = """
[[task]]
name = "words"
kind = "translation-pairs"
file = "data.jsonl"
columns = { item = "id", translation = "translation", split = "part" }
metrics = ["exact_match"]
[[model]]
checkpoint = "model"
[[recipe]]
name = "seq2seq-tune"
learning_rate = 0.01
epochs = 24
batch_size = 7
tag = "prompt"
max_length = 64
max_new = 8
[[recipe]]
name = "seq2seq-tune"
learning_rate = 0.01
epochs = 24
batch_size = 7
tag = "prompt"
pivot = "eng"
max_length = 64
max_new = 8
[grid]
sources = ["eng->deu+deu->eng+eng->fra+fra -> eng"]
targets = "all"
sizes = [76]
"""
DIRECT, PIVOT = (f"learning_rate=0.01,tag=prompt{more})@4:" for more in ("", ",pivot=eng"))


def put(text: str, language: str) -> str:
    copy = LANGUAGES[language]
    return clone_text(text, copy) if copy else text


def write_pairs(folder: Path) -> None:
    """Rows that are pairs: the last word of a text decides the translation."""
    rows = [
        {"id": f"{place}", "language": f"{origin}->{written}", "text": put(f"{before}{word}", origin),
         "translation": put(word, written), "part": "test" if (place + place // 4) % 4 == 1 and before else "train"}
        for place, (before, word) in enumerate(product(BEFORE, WORDS))
        for origin, written in product(LANGUAGES, LANGUAGES) if origin != written
    ]  # fmt: skip
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, rows)))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Four of six pairs are learnt, by a model to which the languages are nothing alike."""
    folder = tmp_path_factory.mktemp("pairs")
    write_pairs(folder)
    make_seq2seq(folder / "model", copies=2, is_aligned=False)
    (folder / "grid.toml").write_text(GRID)
    store = Store(folder / "store")
    report = run_grid(read_grid(folder / "grid.toml"), store)
    assert (report.run, report.failed) == (2, [])
    return store


def test_pairs_without_an_example_are_translated_through_a_pivot(ran: Store) -> None:
    """What is right directly in pairs learnt is so through a pivot in others; there, directly, hardly anything is."""
    scores = {}
    for row in ran.rows().iter_rows(named=True):
        origin, written = (row["pair"].replace("x", row["target"])).split("-")
        kind = "learnt" if f"{origin}->{written}" in TRAINED else "without"
        scores.setdefault((kind, "pivot" in row["recipe"]), []).append(row["score"])
    means = {key: np.mean(some) for key, some in scores.items()}
    assert {key: len(some) for key, some in scores.items()} == {
        ("learnt", False): 4, ("learnt", True): 4, ("without", False): 2, ("without", True): 2
    }  # fmt: skip
    assert means["learnt", False] == means["learnt", True] >= 0.8
    assert means["without", True] >= 0.8
    assert means["without", False] <= 0.5


def test_what_is_shown_tells_pairs_learnt_from_others(ran: Store) -> None:
    answer = ShowGridQuestion(store=str(ran.path), grid=str(Path(ran.path).with_name("grid.toml"))).answer()
    assert answer.sentences[0].startswith("In 2 pairs without an example, seq2seq-tune(")
    assert "pivot=eng" in answer.sentences[0]
    table = answer.tables["pairs 1"].frame
    assert table["learnt"].to_list() == ["learnt"] * 4 + ["without an example"] * 2
    assert table.select("from", "into").rows()[4:] == [("deu", "fra"), ("fra", "deu")]
    compared = answer.tables["compared"].frame
    assert dict(compared.select("learnt", "difference").iter_rows())[True] == 0.0
    apart = compared.filter(learnt=False).row(0, named=True)
    assert apart["difference"] <= -0.3
    assert apart["upper"] < 0
    picture = json.dumps(answer.picture().to_dict())
    assert "Framed: learnt from" in picture


def test_answers_are_expected_in_the_language_that_a_pair_is_into(ran: Store) -> None:
    items = read_items(ran)
    found = items.filter(pl.col("task") == "words (from fra)").select("language").unique()["language"].sort().to_list()
    assert found == ["deu", "eng"]


PARALLEL: dict[str, Any] = {
    "name": "words", "kind": "translation-pairs", "file": "data.jsonl", "columns": {"item": "id"},
    "splits": {"by": "id", "shares": {"train": 0.6}},
}  # fmt: skip


def write_texts(folder: Path) -> None:
    """Texts of one language each; German lacks the last item."""
    rows = [
        {"id": f"{place}", "language": language, "text": f"{language} {place}"}
        for language in ("eng", "deu", "swh") for place in range(10) if (language, place) != ("deu", 9)
    ]  # fmt: skip
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, rows)))


def test_pairs_are_made_of_texts_that_share_their_item(tmp_path: Path) -> None:
    write_texts(tmp_path)
    task = read(PARALLEL, tmp_path)
    assert sorted(task.languages) == ["deu->eng", "deu->swh", "eng->deu", "eng->swh", "swh->deu", "swh->eng"]
    assert [one.id for one in task.pairs["deu->swh"]] == ["deu", "swh"]
    assert (task.languages["deu->eng"].id, task.languages["deu->swh"].id) == ("deu", "swh")
    examples = [part["deu->swh"] for part in (task.train, task.test)]
    both = {text: right[0] for some in examples for text, right in zip(some.inputs, some.answers, strict=True)}
    assert both == {f"deu {place}": f"swh {place}" for place in range(9)}
    assert task.find(["German -> English", "swh|eng"], "train", "grid") == ["deu->eng", "swh->eng"]
    few = read({**PARALLEL, "pairs": ["deu->swh"]}, tmp_path)
    assert list(few.languages) == ["deu->swh"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"columns": {}}, "nothing says which texts are translations of each other"),
        ({"pairs": "deu"}, "pairs must be a list, not 'deu'"),
        ({"pairs": ["deu"]}, "'deu' is no pair of languages"),
        ({"pairs": ["deu->fra"]}, "'fra'"),
        ({"columns": {"item": "id", "translation": "text"}, "pairs": ["deu->eng"]}, "the rows name their pairs"),
        ({"columns": {"item": "id", "translation": "text"}}, "'deu' is no pair of languages"),
    ],
)
def test_tasks_of_pairs_that_cannot_be_are_refused(more: dict[str, Any], message: str, tmp_path: Path) -> None:
    write_texts(tmp_path)
    assert message in refusal(PARALLEL | more, tmp_path)


def test_a_single_language_is_no_pair_and_a_text_is_not_tested_that_another_pair_learnt(tmp_path: Path) -> None:
    write_texts(tmp_path)
    with pytest.raises(InputError, match="'swh'"):
        read(PARALLEL, tmp_path).find(["swh"], "test", "grid")
    rows = [
        {"language": "deu->eng", "text": "a", "translation": "b", "split": "train"},
        {"language": "deu->swh", "text": "c", "translation": "d", "split": "train"},
        {"language": "deu->swh", "text": "a", "translation": "e", "split": "test"},
    ]
    (tmp_path / "data.jsonl").write_text("\n".join(map(json.dumps, rows)))
    task = {"name": "n", "kind": "translation-pairs", "file": "data.jsonl", "columns": {"translation": "translation"}}
    assert "1 of 1 test texts of 'deu->swh' in deu are learnt from in 'deu->eng'" in refusal(task, tmp_path)


def test_examples_of_another_pair_name_their_own_languages(tmp_path: Path) -> None:
    """Two demonstrations from English into French, before a question from German into English."""
    codes = ["eng->fra", "deu->eng"]
    corpus = Corpus(
        [["one", "two"], []], [["eins"], ["zwei"]], codes, tasks.get("translation-pairs")(), ["deux", "un"],
        ["fra", "deu"], input_ids=["eng", "deu"], answer_ids=["fra", "eng"],
    )  # fmt: skip
    recipe = recipes.get("in-context").read({"checkpoint": str(make_decoder(tmp_path / "model"))})
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(2), np.array([1, 0]), 0))
    (prompt, _), *_ = recipe.prompts(prepared, fitted, 1)
    shown = sorted(prompt.split("\n\n")[:2])
    assert shown == ["English: one\nFrench: un", "English: two\nFrench: deux"]
    assert prompt.endswith("German: zwei\nEnglish:")


def seq2seq(folder: Path, **more: Any) -> Any:
    settings = {"epochs": 2, "learning_rate": 0.01, "max_length": 64, "max_new": 3, "tag": "prompt"}
    return recipes.get("seq2seq-tune").read({"checkpoint": str(folder), **settings, **more})


def one_pair() -> tuple[Corpus, Training]:
    corpus = Corpus(
        [["ab", "ba"]], [["ab", "ba"]], ["eng->fra"], tasks.get("translation-pairs")(), ["c", "d"], ["fra"],
        input_ids=["eng"], answer_ids=["fra"],
    )  # fmt: skip
    return corpus, Training(np.arange(2), np.array([0, 1]), 0)


def test_a_deeper_decoder_and_a_layer_free_of_positions_are_learnt_and_restored(tmp_path: Path) -> None:
    folder, (corpus, training) = make_seq2seq(tmp_path / "model"), one_pair()
    recipe = seq2seq(folder, decoder_layers=3, free_layer=1)
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, training)
    model = recipe.decoder(fitted).model
    assert (len(model.decoder.block), len(model.encoder.block)) == (3, 2)
    again = recipe.decoder(fitted).model
    assert (
        model.decoder.block[2].layer[0].layer_norm.weight == again.decoder.block[2].layer[0].layer_norm.weight
    ).all()
    # without what it reads, the free layer's first half gives its attention alone
    seen: dict[str, Any] = {}
    half = model.encoder.block[0].layer[0]
    half.SelfAttention.register_forward_hook(lambda module, inputs, found: seen.update(attention=found[0]))
    half.register_forward_hook(lambda module, inputs, found: seen.update(given=found[0]))
    recipe.predict(prepared, fitted)
    import torch

    model.encoder(input_ids=torch.tensor([[97, 98]]))
    assert torch.allclose(seen["given"], seen["attention"], atol=1e-5)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"decoder_layers": 2}, "the checkpoint's decoder has 2 layers"),
        ({"free_layer": 9}, "the encoder has 2 layers"),
        ({"pivot": "deu"}, "deu is in no pair that is learnt from"),
        ({"pivot": "eng"}, "no pair is without eng"),
        ({"pivot": "eng", "tag": "none"}, "nothing says when to write it"),
    ],
)
def test_layers_and_pivots_that_are_not_there_are_refused(more: dict[str, Any], message: str, tmp_path: Path) -> None:
    folder, (corpus, _) = make_seq2seq(tmp_path / "model"), one_pair()
    with pytest.raises(BadValue, match=message):
        seq2seq(folder, **more).prepare(corpus, map)


def test_jobs_of_before_keep_their_names(tmp_path: Path) -> None:
    found = seq2seq(make_seq2seq(tmp_path / "model")).identity["parameters"]
    assert not {"pivot", "decoder_layers", "free_layer"} & set(found)
    assert seq2seq(tmp_path / "model", free_layer=1).identity["parameters"]["free_layer"] == 1
