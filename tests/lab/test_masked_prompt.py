"""Words of labels in the prompts of a masked model: learnt, shown, asked as they are, and refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.lab.checkpoints import make_masked

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.lab import Corpus, Training, recipes
from isogloss.lab.recipe import Recipe
from isogloss.models.inputs import Tokens

TOPICS = {"finance": ["doctor", "fever"], "nature": ["football", "goalkeeper"], "sports": ["sleeps", "sees"]}
LABELS = sorted(TOPICS)
WORDS = {"finance": "bank", "nature": "river", "sports": "match"}
SETTINGS = {"template": "{text} the {mask}", "words": WORDS, "epochs": 20, "batch_size": 4, "learning_rate": 3e-3}


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder, with a head for hidden words."""
    return make_masked(tmp_path_factory.mktemp("masked"))


def prompt(folder: Path, **more: object) -> Recipe:
    return recipes.get("masked-prompt")(checkpoint=str(folder), **SETTINGS | more)


def texts(count: int, seed: int) -> tuple[list[str], np.ndarray]:
    chance = np.random.default_rng(seed)
    right = chance.permutation(np.arange(count) % 3)
    return [" ".join(chance.choice(TOPICS[LABELS[label]], 3)) for label in right], right


def answers(recipe: Recipe, train: list[str], right: np.ndarray, test: list[str]) -> np.ndarray:
    prepared = recipe.prepare(Corpus([train], [test], ["eng"], labels=LABELS), map)
    rows = np.arange(len(right))
    return recipe.predict(prepared, recipe.fit(prepared, Training(rows, right, 0, labels_count=3)))[""]


@pytest.mark.parametrize("demonstrations", [0, 2])
def test_the_word_of_a_label_is_learnt(demonstrations: int, masked: Path) -> None:
    train, right = texts(24, 1)
    test, wanted = texts(30, 2)
    found = answers(prompt(masked, demonstrations=demonstrations), train, right, test)
    assert (found == wanted).mean() > 0.9


def test_where_labels_are_drawn_the_answers_are_right_by_chance(masked: Path) -> None:
    """Every topic has every label as often: over four seeds a third of the answers is right, give or take."""
    test, wanted = texts(60, 2)
    found = []
    for seed in range(4):
        train, right = texts(27, seed)
        drawn = np.empty(27, np.int64)
        for topic in range(3):
            drawn[right == topic] = np.random.default_rng(seed).permutation(np.arange(9) % 3)
        found.append((answers(prompt(masked, epochs=6), train, drawn, test) == wanted).mean())
    assert 0.1 < np.mean(found) < 0.55


def test_a_model_is_asked_as_it_is_without_examples(masked: Path) -> None:
    """Its answers are the likeliest words at the mask, as the whole model gives them."""
    import torch

    test, _ = texts(12, 2)
    recipe = prompt(masked)
    found = answers(recipe, texts(3, 1)[0], np.empty(0, np.int64), test)
    from isogloss.models.masked import load_masked

    loaded = load_masked(masked)
    words = [loaded.tokenizer.convert_tokens_to_ids(WORDS[label]) for label in LABELS]
    for text, label in zip(test, found, strict=True):
        ids = torch.tensor(loaded.tokenizer(f"{text} the [MASK]")["input_ids"])
        with torch.inference_mode():
            logits = loaded.model(input_ids=ids[None]).logits[
                0, (ids == loaded.tokenizer.mask_token_id).nonzero()[0, 0]
            ]
        assert int(logits[words].argmax()) == label


def test_an_example_of_each_label_is_shown_behind_the_text_and_never_the_text_itself(masked: Path) -> None:
    train, right = texts(6, 1)
    recipe = prompt(masked, demonstrations=1)
    prepared = recipe.prepare(Corpus([train], [train], ["eng"], labels=LABELS), map)
    shown = [np.flatnonzero(right == label) for label in range(3)]
    bare = Tokens.of(prepared, "train")
    prompts = recipe._prompts(prepared, bare, range(6), shown, np.random.default_rng(0), of_training=True)
    inner = recipe.tokenizer.inner
    for row in range(6):
        read = inner.decode(prompts.sequence(row)).split(" the ")
        assert read[0].replace("[CLS] ", "") == train[row]
        behind = [part.split(" ", 1) for part in read[1:]]
        assert [word for word, _ in behind] == ["[MASK]", "bank", "river", "match"]
        own = int(right[row])
        others = {train[other] for other in shown[own] if other != row}
        assert behind[own][1].replace(" [SEP]", "") in others


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"template": "{text}"}, "0 {mask} in the template"),
        ({"words": {"finances": "bank"}}, "unknown label 'finances'; did you mean 'finance'"),
        ({"words": {}}, "the word 'finance' is no single token of the model"),
        ({"words": WORDS | {"sports": "bank"}}, "two labels have the word 'bank'"),
        ({"max_length": 8, "demonstrations": 1}, "a prompt has room for"),
    ],
)
def test_what_cannot_be_asked_is_refused(changed: dict[str, object], said: str, masked: Path) -> None:
    train, right = texts(6, 1)
    with pytest.raises((BadValue, UnknownName)) as caught:
        answers(prompt(masked, **changed), train, right, train)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_without_a_head_for_words_is_refused(checkpoint: Path) -> None:
    train, right = texts(6, 1)
    with pytest.raises(BadFile, match="has no head for hidden words"):
        answers(prompt(checkpoint), train, right, train)
