"""An encoder mapped into a decoder: what reaches a language that the decoder does not know, and what does not."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

from tests.lab.letters import HALVES, draw, halves_task, make_world

from isogloss.errors import InputError
from isogloss.lab import Corpus, Fitted, Training, recipes, tasks
from isogloss.lab.byte_tokenizer import clone_text
from isogloss.models.decoder import shared_decoder
from isogloss.models.inputs import Choice

TESTED = 60


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("world"))


def learn(world: Path, examples: int, encoder: str = "aligned", **more: Any) -> tuple[list[float], Fitted]:
    """Share of right answers in English, which examples are of, and in the copy; and what was learnt."""
    corpus, shown, asked = halves_task(examples, TESTED)
    plain = {
        "checkpoint": str(world / "decoder"), "encoder": str(world / encoder), "template": "{text} = {label}",
        "max_length": 64, "batch_size": 8, "epochs": 10, "learning_rate": 0.01, "prompt": "blank", "slots": 2,
        "first_epochs": 10,
    }  # fmt: skip
    if "file" in more:
        more["file"] = str(world / more["file"])
    recipe = recipes.get("mapped-encoder").read({**plain, **more})
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(examples), np.array(shown, int), 0))
    right = recipe.predict(prepared, fitted)[""].reshape(2, -1) == asked
    return right.mean(axis=1).tolist(), fitted


@pytest.mark.parametrize("vectors", ["tokens", "slots"])
def test_a_decoder_answers_in_a_language_that_the_encoder_alone_knows(world: Path, vectors: str) -> None:
    """32 English examples; the decoder alone answers in English, and by chance in the copy."""
    alone, _ = learn(world, 0, prompt="text")
    assert alone[0] == 1
    assert 0.35 < alone[1] < 0.65
    mapped, _ = learn(world, 32, vectors=vectors)
    assert min(mapped) > 0.9


def test_it_computes_in_16_bits_as_well(world: Path) -> None:
    assert min(learn(world, 32, precision="bfloat16")[0]) > 0.9


@pytest.mark.parametrize("vectors", ["tokens", "slots"])
def test_nothing_reaches_the_copy_where_the_encoder_does_not_know_it_or_reads_other_texts(
    world: Path, vectors: str
) -> None:
    apart, _ = learn(world, 32, "apart", vectors=vectors)
    assert apart[0] > 0.9
    assert 0.25 < apart[1] < 0.75
    shuffled, _ = learn(world, 32, vectors=vectors, states="shuffled")
    assert all(0.3 < one < 0.7 for one in shuffled)


def choose(world: Path, encoder: str, **more: Any) -> list[float]:
    """Share of texts, in English and in the copy, after which a text of the same half is likelier than of the other."""
    chance, asked, right = random.Random(3), [], []
    for _ in range(TESTED):
        text, half = draw(chance)
        asked.append((text, tuple("".join(chance.choices(letters, k=4)) for letters in HALVES)))
        right.append(half)
    inputs = [[Choice(text, options) for text, options in asked]]
    inputs.append([Choice(clone_text(text), options) for text, options in asked])
    corpus = Corpus([[], []], inputs, ["eng", "deu"], tasks.get("multiple-choice")(), [], ["eng", "deu"])
    recipe = recipes.get("mapped-encoder").read({
        "checkpoint": str(world / "decoder"), "encoder": str(world / encoder), "template": "{premise}{choice}",
        "max_length": 64, "batch_size": 8, "first_epochs": 5, "learning_rate": 0.01, **more,
    })  # fmt: skip
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(0), np.arange(0), 0))
    found: list[float] = (recipe.predict(prepared, fitted)[""].reshape(2, -1) == right).mean(axis=1).tolist()
    return found


def test_texts_and_their_translations_teach_the_decoder_to_read_what_is_mapped(world: Path) -> None:
    """Pairs of the copy and no example of a task; English, which no pair is of, follows if the encoder knows both."""
    alone = choose(world, "aligned")
    assert alone[0] > 0.9
    assert 0.35 < alone[1] < 0.65
    assert min(choose(world, "aligned", file=str(world / "pairs.tsv"), prompt="blank")) > 0.9


def test_translations_teach_nothing_of_other_languages_or_of_shuffled_texts(world: Path) -> None:
    table = {"file": str(world / "pairs.tsv"), "prompt": "blank"}
    apart = choose(world, "apart", **table)
    assert apart[1] > 0.9
    assert 0.25 < apart[0] < 0.75
    assert all(0.3 < one < 0.7 for one in choose(world, "aligned", states="shuffled", **table))


def test_a_contrast_finds_translations_that_the_decoder_does_not(world: Path) -> None:
    """Of 20 pairs put aside; by chance 1 in 20 is the nearest."""
    some = {"file": str(world / "pairs.tsv"), "first": "contrast", "vectors": "slots"}
    found, shuffled = (learn(world, 0, states=states, **some)[1].notes for states in ("own", "shuffled"))
    assert (found["first_texts"], found["retrieval_among"], shuffled["retrieval_among"]) == (180, 20, 20)
    assert found["retrieval"]["mapped"] >= 0.3
    assert found["retrieval"]["decoder"] <= 0.1
    assert shuffled["retrieval"]["mapped"] <= 0.15


def test_examples_that_the_decoder_can_read_do_not_teach_it_to_heed_the_encoder(world: Path) -> None:
    both, _ = learn(world, 32, prompt="text")
    assert both[0] > 0.9
    assert both[1] < 0.65


def test_the_decoder_stays_as_it_is_and_additions_learn_beside_the_mapping(world: Path) -> None:
    """Network, boundary and, where wanted, additions are all that is kept."""
    model = shared_decoder(world / "decoder", "float32").model
    before = {name: one.clone() for name, one in model.state_dict().items()}
    plain, added = (learn(world, 8, epochs=1, **more)[1].arrays for more in ({}, {"rank": 2, "usage": 1.0}))
    assert all(bool((before[name] == one).all()) for name, one in model.state_dict().items())
    assert {name.rpartition("embed_tokens.")[2] for name in plain} == {
        "languages", "boundary", "mapping.inner.weight", "mapping.inner.bias", "mapping.outer.weight",
        "mapping.outer.bias",
    }  # fmt: skip
    assert all("lora_" in name for name in added.keys() - plain.keys())
    assert any(bool(added[name].any()) for name in added if "lora_B" in name)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"vectors": "words"}, "unknown vectors 'words'"),
        ({"rank": -1}, "rank must be"),
        ({"consistency": 1.0}, "consistency: mapped-encoder learns one loss of answers; leave it out"),
        ({"file": "none.tsv"}, "none.tsv: no such file; correct `file`"),
        ({"file": "empty.tsv"}, "row 2 lacks a text; leave it out"),
        ({"file": "alike.tsv"}, "all rows have the same translation; give more of them"),
        ({"file": "other.tsv"}, "translation"),
        ({"max_length": 4}, "no example has room in 4 tokens; raise max_length"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(world: Path, more: dict[str, Any], said: str) -> None:
    (world / "empty.tsv").write_text("text\ttranslation\na\tb\nc\t \n")
    (world / "alike.tsv").write_text("text\ttranslation\na\tb\nc\tb\n")
    (world / "other.tsv").write_text("text\tlabel\na\tb\n")
    with pytest.raises(InputError) as caught:
        learn(world, 2, **more)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_encoder_is_needed(world: Path) -> None:
    with pytest.raises(InputError, match="mapped-encoder needs an encoder; add encoder ="):
        recipes.get("mapped-encoder").read({"checkpoint": str(world / "decoder")})
