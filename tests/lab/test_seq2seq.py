"""Encoder-decoders that learn to write: staged training, tags of languages, soft prompts, and transfer to a copy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

from tests.lab.checkpoints import make_checkpoint, make_decoder, make_seq2seq
from tests.lab.described import read, refusal

from isogloss.errors import BadValue, InputError
from isogloss.evidence import Store
from isogloss.lab import Corpus, Training, read_grid, recipes, run_grid, tasks
from isogloss.lab.byte_tokenizer import clone_text
from isogloss.lab.recipe import Fitted
from isogloss.lab.tuning.instructions import in_tokens
from isogloss.lab.tuning.training import log_likelihoods
from isogloss.models import load_decoder
from isogloss.questions.grids import ShowGridQuestion

WORDS = {"sun": "day", "moon": "night", "ice": "cold", "fire": "hot"}
BEFORE = ("a", "the", "one", "no", "my", "red")
TASK: dict[str, Any] = {
    "name": "words", "kind": "translation", "file": "data.jsonl", "into": "eng", "columns": {"item": "id"},
    "metrics": ["exact_match", "chrf"], "splits": {"by": "id", "shares": {"train": 0.6}},
}  # fmt: skip


def write(folder: Path) -> None:
    """Texts whose last word decides the translation."""
    rows = [
        {"id": f"{place}", "language": "deu", "text": f"{before} {word}", "translation": WORDS[word]}
        for place, (before, word) in enumerate((before, word) for before in BEFORE for word in WORDS)
    ]
    (folder / "data.jsonl").write_text("\n".join(json.dumps(row) for row in rows))


GRID = """
[[task]]
name = "words"
kind = "translation"
file = "data.jsonl"
into = "eng"
columns = { item = "id" }
metrics = ["exact_match", "chrf"]
splits = { by = "id", shares = { train = 0.6 } }
copies = { fra = { of = "deu" } }
[[model]]
checkpoint = "aligned"
[[model]]
checkpoint = "apart"
[[recipe]]
name = "seq2seq-tune"
learning_rate = 0.01
epochs = 24
frozen_epochs = 16
batch_size = 7
max_length = 64
max_new = 8
[grid]
sources = ["deu"]
sizes = [0, 14]
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Translation into English, learnt of one language, by a model to which its copy is the same, and by another."""
    folder = tmp_path_factory.mktemp("grid")
    write(folder)
    for name, is_aligned in (("aligned", True), ("apart", False)):
        make_seq2seq(folder / name, copies=1, is_aligned=is_aligned)
    (folder / "grid.toml").write_text(GRID)
    store = Store(folder / "store")
    report = run_grid(read_grid(folder / "grid.toml"), store)
    assert (report.run, report.failed) == (4, [])
    return store


def test_an_aligned_encoder_takes_translation_to_a_language_without_examples(ran: Store) -> None:
    """In SixT's two stages, the copy is translated as well as the language learnt of; without alignment it is not."""
    found = ran.rows().filter(metric="exact_match", train="deu:14")
    scores = {(row["model"], row["target"]): row["score"] for row in found.iter_rows(named=True)}
    assert scores["aligned", "deu"] >= 0.8
    assert scores["aligned", "fra"] >= 0.8
    assert scores["apart", "deu"] >= 0.8
    assert scores["apart", "fra"] <= 0.4


def test_what_training_changes_is_shown_for_translations_too(ran: Store) -> None:
    answer = ShowGridQuestion(store=str(ran.path), grid=str(Path(ran.path).with_name("grid.toml"))).answer()
    assert answer.sentences[0].startswith("Examples of sources change scores by +0.")


def test_scores_of_translations_are_about_pairs(ran: Store) -> None:
    found = ran.rows()
    assert found["pair"].unique().to_list() == ["x-eng"]
    assert found["target"].unique().sort().to_list() == ["deu", "fra"]


def test_what_is_learnt_is_the_answer_given_what_comes_before_it(tmp_path: Path) -> None:
    """The loss is that of transformers: each token of answer and end, after the right ones before it."""
    import torch

    decoder = load_decoder(make_seq2seq(tmp_path / "model"))
    pairs = [in_tokens(decoder, "the sun", "day"), in_tokens(decoder, "a", "nightly")]
    assert pairs[0][1].tolist() == [*b"day", decoder.tokenizer.eos_token_id]
    found = log_likelihoods(decoder, pairs).tolist()
    for (read_, answer), value in zip(pairs, found, strict=True):
        ids, labels = (torch.from_numpy(one)[None] for one in (read_, answer))
        loss = decoder.model(input_ids=ids, labels=labels).loss
        assert value == pytest.approx(-loss.item() * len(answer), rel=1e-4)


def translated(texts: list[str], answers: list[list[str]]) -> tuple[Corpus, Training]:
    """English texts with a translation into each of two languages."""
    labels = sorted({one for some in answers for one in some})
    languages = ["deu", "fra"]
    corpus = Corpus(
        [texts] * 2, [texts] * 2, languages, tasks.get("translation")(), labels, languages, input_ids=["eng"] * 2
    )
    right = np.array([labels.index(one) for some in answers for one in some])
    return corpus, Training(np.arange(2 * len(texts)), right, 0)


@pytest.mark.parametrize(("tag", "tags"), [
    ("prompt", {}), ("answer", {"deu": "A", "fra": "B"}), ("none", {}),
])  # fmt: skip
def test_tags_say_which_language_to_write(tag: str, tags: dict[str, str], tmp_path: Path) -> None:
    """Of one text two translations are right, by language; without a tag at most one of them can be written."""
    folder = make_seq2seq(tmp_path / "model", copies=1, is_aligned=False)
    texts, german = ["a", "b", "c", "d"], ["e", "f", "g", "h"]
    corpus, training = translated(texts, [german, [clone_text(one) for one in german]])
    recipe = recipes.get("seq2seq-tune").read(
        {"checkpoint": str(folder), "tag": tag, "tags": tags, "epochs": 80, "batch_size": 8, "learning_rate": 0.01,
         "max_new": 3, "max_length": 64}
    )  # fmt: skip
    prepared = recipe.prepare(corpus, map)
    answers = recipe.predict(prepared, recipe.fit(prepared, training))[""].tolist()
    right = [answers[place] == corpus.labels[training.labels[place]] for place in range(8)]
    assert sum(right) == 8 if tag != "none" else sum(right) <= 4


def test_frozen_encoders_stay_as_they_are(tmp_path: Path) -> None:
    folder = make_seq2seq(tmp_path / "model")
    before = load_decoder(folder).model.state_dict()
    settings = {"checkpoint": str(folder), "epochs": 2, "learning_rate": 1e-3}
    changed = {}
    for frozen in (1, 2):
        recipe = recipes.get("seq2seq-tune").read(settings | {"frozen_epochs": frozen})
        learnt, _ = recipe.learn([("sun", "day"), ("ice", "cold")], 0)  # type: ignore[attr-defined]  # of this recipe
        changed[frozen] = {name for name, array in learnt.items() if not np.array_equal(array, before[name].numpy())}
    assert not any(name.startswith(("encoder", "shared")) for name in changed[2])
    assert any(name.startswith("decoder") for name in changed[2])
    assert any(name.startswith("encoder") for name in changed[1])


@pytest.mark.parametrize("name", ["instruction-prompt", "seq2seq-prompt"])
def test_soft_prompts_are_all_that_is_learnt_and_lower_the_loss(name: str, tmp_path: Path) -> None:
    folder = make_seq2seq(tmp_path / "model") if name.startswith("seq2seq") else make_decoder(tmp_path / "model")
    losses = {}
    for epochs in (1, 20):
        recipe: Any = recipes.get(name).read(
            {"checkpoint": str(folder), "length": 4, "epochs": epochs, "learning_rate": 0.1, "max_length": 64}
        )
        learnt, _ = recipe.learn([("sun", "day"), ("fun", "day")], 0)
        assert {part: array.shape for part, array in learnt.items()} == {"prompts": (4, 32)}
        ready = recipe.decoder(Fitted({"languages": np.array([0]), **learnt}))
        sequences = [in_tokens(ready, "sun", "day")]
        assert sequences[0][0][:4].tolist() == ready.lead[:4]
        losses[epochs] = -float(log_likelihoods(ready, sequences)[0])
    assert losses[20] < losses[1]


def test_a_task_of_translations_names_one_side(tmp_path: Path) -> None:
    write(tmp_path)
    task = read(TASK, tmp_path)
    assert (task.answer_language("deu").id, task.input_language("deu").id) == ("eng", "deu")
    turned = read({**{key: value for key, value in TASK.items() if key != "into"}, "origin": "eng"}, tmp_path)
    assert (turned.answer_language("deu").id, turned.input_language("deu").id) == ("deu", "eng")
    assert "neither origin nor into" in refusal({key: one for key, one in TASK.items() if key != "into"}, tmp_path)
    assert "both origin and into" in refusal(TASK | {"origin": "eng"}, tmp_path)
    assert "'deu' would be translated into itself" in refusal(TASK | {"into": "deu"}, tmp_path)


def test_copies_are_of_the_side_that_rows_name(tmp_path: Path) -> None:
    write(tmp_path)
    copies = {"copies": {"fra": {"of": "deu"}}}
    task = read(TASK | copies, tmp_path)
    assert task.test["fra"].inputs[0] == clone_text(task.test["deu"].inputs[0])
    assert task.test["fra"].answers == task.test["deu"].answers
    turned = read({**{key: one for key, one in TASK.items() if key != "into"}, "origin": "eng", **copies}, tmp_path)
    assert turned.test["fra"].inputs == turned.test["deu"].inputs
    assert turned.test["deu"].answers is not None
    assert turned.test["fra"].answers == [(clone_text(one),) for (one,) in turned.test["deu"].answers]


@pytest.mark.parametrize(("settings", "said"), [
    ({"frozen_epochs": 4}, "frozen_epochs is 4, of 3 epochs"),
    ({"tags": {"deu": "x"}}, "tags are given, and tag is none"),
    ({"chat": True}, "not asked in a chat"),
])  # fmt: skip
def test_what_an_encoder_decoder_cannot_do_is_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadValue, match=said):
        recipes.get("seq2seq-tune").read({"checkpoint": "any", **settings})


def test_other_models_and_languages_without_a_token_are_refused(tmp_path: Path) -> None:
    corpus, _ = translated(["sun"], [["Tag"], ["jour"]])
    for folder in (make_decoder(tmp_path / "decoder"), make_checkpoint(tmp_path / "encoder")):
        with pytest.raises(BadValue, match=r"is no encoder-decoder.*instruction-lora"):
            recipes.get("seq2seq-lora").read({"checkpoint": str(folder)}).prepare(corpus, map)
    plain = recipes.get("seq2seq-tune").read({"checkpoint": str(make_seq2seq(tmp_path / "model")), "tag": "answer"})
    with pytest.raises(InputError, match=r"no token for deu.*tags = \{ deu"):
        plain.prepare(corpus, map)


def test_only_scores_of_texts_are_of_these_recipes() -> None:
    fitting = {name for name, kind in tasks.items() if recipes.get("seq2seq-tune").fits(kind())}
    assert fitting == {"generation", "instructions", "translation", "translation-pairs"}
    assert pl.Series(["chrf", "bleu"]).is_in(tasks.get("translation")().measurable).all()
