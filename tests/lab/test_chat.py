"""Prompts as conversations, in the form that a checkpoint was tuned to chat in."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isogloss.errors import InputError
from isogloss.lab import Corpus, Recipe, Training, recipes, tasks
from isogloss.lab.byte_transformer import ByteTransformer, pretrain
from isogloss.models.checkpoints import fingerprint, load_tokenizer
from isogloss.models.decoder import prompt_tokens, shared_decoder

pytest.importorskip("torch", reason="needs the extra lab")

SHAPE = ByteTransformer(layers=2, width=32, heads=2, context=48, steps=200, batch_size=8, learning_rate=1e-2)
TEMPLATE = (
    "{{ bos_token }}{% for turn in messages %}"
    "{% if turn.role == 'system' %}{{ raise_exception('no system message here') }}"
    "{% elif turn.role == 'user' %}{{ turn.content }} -> {% else %}{{ turn.content }}; {% endif %}{% endfor %}"
)
LABELS = ["health", "sport"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has read conversations about topics."""
    chance = random.Random(0)
    texts = []
    for _ in range(300):
        turns = chance.choices([("fever", "health"), ("goals", "sport")], k=2)
        texts.append("".join(f"Topic of {word}? -> {label}; " for word, label in turns))
    folder = tmp_path_factory.mktemp("plain") / "bytes"
    pretrain(texts, folder, SHAPE)
    return folder


@pytest.fixture(scope="module")
def decoder(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a chat template."""
    folder = tmp_path_factory.mktemp("chat") / "bytes"
    shutil.copytree(plain, folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return folder


def make(folder: Path, **parameters: Any) -> Recipe:
    told = {"checkpoint": str(folder), "template": "Topic of {text}? {label}", "chat": True, **parameters}
    return recipes.get("in-context").read(told)


def ask(recipe: Recipe, kind: str = "text-classification", shown: int = 0) -> Any:
    corpus = Corpus([["goals"]], [["fever", "goals"]], ["eng"], tasks.get(kind)(), LABELS, ["eng"])
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(shown), np.ones(shown, np.int64), 0))
    prompts = recipe.prompts(prepared, fitted, 0)  # type: ignore[attr-defined]  # of this recipe alone
    return recipe.predict(prepared, fitted)[""].tolist(), prompts


def test_what_is_asked_is_a_turn_of_the_user_and_demonstrations_are_earlier_turns(decoder: Path) -> None:
    answers, prompts = ask(make(decoder), shown=1)
    assert prompts[0] == ("Topic of goals? -> sport; Topic of fever? -> ", ["health", "sport"])
    assert answers == [0, 1]


def test_answers_are_written_in_conversations_too(decoder: Path) -> None:
    recipe = make(decoder, template="Topic of {question}? {answer}", stop=[";"], max_new=10)
    assert ask(recipe, kind="generation")[0] == ["health", "sport"]


def test_a_text_begins_as_the_tokenizer_begins_it_but_once(decoder: Path) -> None:
    """Templates write the beginning that tokenizers add by themselves."""
    _, prompts = ask(make(decoder))
    begin = load_tokenizer(decoder).bos_token_id
    assert prompt_tokens(shared_decoder(decoder, "float32"), prompts[0][0]).count(begin) == 1


def test_another_chat_template_is_another_checkpoint(decoder: Path, plain: Path) -> None:
    assert fingerprint(plain) != fingerprint(decoder)


def test_what_a_template_refuses_is_said_in_one_line(decoder: Path) -> None:
    with pytest.raises(InputError, match=r"refuses the conversation \(no system message here\); leave out system"):
        ask(make(decoder, system="Answer in one word."))


def test_a_checkpoint_without_a_template_cannot_chat(plain: Path) -> None:
    with pytest.raises(InputError, match="the checkpoint has no chat template; leave out chat"):
        ask(make(plain))
    assert ask(make(plain, chat=False))[1][0][0] == "Topic of fever?"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"chat": "yes"}, "chat must be true or false, not 'yes'"),
        ({"chat": False, "system": "a"}, "system is a message of a chat; add chat = true"),
        ({"system": 3}, "system must be text, not 3"),
    ],
)
def test_parameters_that_make_no_sense(decoder: Path, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(decoder, **parameters)
