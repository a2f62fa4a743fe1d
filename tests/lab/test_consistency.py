"""Translations that are to be expected after themselves as after their texts, as XConST trains them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

from tests.lab.checkpoints import make_decoder, make_seq2seq

from isogloss.errors import BadValue
from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.lab.recipe import Fitted
from isogloss.lab.tuning.instructions import in_tokens
from isogloss.lab.tuning.training import expectations

TEXTS, ANSWERS = ["Sonne", "Eis", "Katze", "Baum"], ["sun", "ice", "cat", "tree"]


def corpus(kind: str = "translation") -> tuple[Corpus, Training]:
    """German words and their English translations."""
    into = ["eng"] if kind == "translation" else []
    labels = sorted(ANSWERS)
    made = Corpus([TEXTS], [TEXTS], ["deu"], tasks.get(kind)(), labels, ["deu"], answer_ids=into)
    return made, Training(np.arange(4), np.array([labels.index(one) for one in ANSWERS]), 0)


def divergence(recipe: Any, learnt: dict[str, Any]) -> float:
    """Mean over tokens of KL(after the text || after the translation itself), taken one by one."""
    ready = recipe.decoder(Fitted({"languages": np.array([0]), **learnt}))
    template = "{}" if ready.is_seq2seq else "Text: {}\nTranslation:"
    found = []
    for text, answer in zip(TEXTS, ANSWERS, strict=True):
        own, beside = (expectations(ready, [in_tokens(ready, template.format(one), answer)])[0][0].detach().numpy()
                       for one in (text, answer))  # fmt: skip
        found += [float(np.sum(np.exp(one) * (one - other))) for one, other in zip(own, beside, strict=True)]
    return float(np.mean(found))


@pytest.mark.parametrize("name", ["seq2seq-tune", "instruction-tune"])
def test_consistency_brings_what_is_expected_together(name: str, tmp_path: Path) -> None:
    """Both arms learn the translations; after the translation itself, only one expects what it does after the text."""
    make = make_seq2seq if name.startswith("seq2seq") else make_decoder
    settings = {"checkpoint": str(make(tmp_path / "model")), "epochs": 30, "learning_rate": 0.01, "max_new": 8,
                "max_length": 64}  # fmt: skip
    made, training = corpus()
    found = {}
    for weight in (0.0, 1.0):
        recipe: Any = recipes.get(name).read({**settings, "consistency": weight})
        prepared = recipe.prepare(made, map)
        fitted = recipe.fit(prepared, training)
        found[weight] = divergence(recipe, {key: one for key, one in fitted.arrays.items() if key != "languages"})
    assert found[1.0] < 0.5 * found[0.0]


def test_the_translation_stands_in_the_place_of_the_text_with_the_same_tag(tmp_path: Path) -> None:
    settings = {"checkpoint": str(make_seq2seq(tmp_path / "model")), "tag": "prompt", "consistency": 0.5}
    recipe: Any = recipes.get("seq2seq-tune").read(settings)
    made, training = corpus()
    prepared = recipe.prepare(made, map)
    examples = recipe.examples(prepared, training)
    beside = recipe.lesson(prepared, training).others(examples)
    assert [one.prompt for one in examples] == [f"<2eng> {text}" for text in TEXTS]
    assert [one.prompt for one in beside] == [f"<2eng> {answer}" for answer in ANSWERS]
    assert [one.answer for one in beside] == ANSWERS


def test_answers_that_are_no_translations_are_refused(tmp_path: Path) -> None:
    recipe = recipes.get("seq2seq-tune").read({"checkpoint": str(make_seq2seq(tmp_path / "model")), "consistency": 1.0})
    with pytest.raises(BadValue, match=r"consistency: texts and answers are in one language"):
        recipe.prepare(corpus("generation")[0], map)
