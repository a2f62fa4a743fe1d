"""Context tuning: where it begins, what it learns from demonstrations, and what it cannot learn from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.lab.checkpoints import make_taught

from isogloss.errors import InputError
from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.models.decoder import shared_decoder
from isogloss.models.likelihood import score

pytest.importorskip("torch", reason="needs the extra lab")

LABELS = ["n", "y"]
SHOWN, ASKED = 3, 40


def text(chance: random.Random) -> tuple[str, int]:
    """A letter, and whether it is of the second half of those used."""
    letter = chance.choice("abcdefgh")
    return letter, int(letter in "efgh")


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that sorts letters after a +, and answers n to all of them after a -."""

    def draw(chance: random.Random) -> tuple[str, str]:
        mode, before = chance.randint(0, 1), []
        for _ in range(SHOWN):
            letters, label = text(chance)
            before.append(f"{'+-'[mode]}{letters} = {LABELS[label * (1 - mode)]}. ")
        letters, label = text(chance)
        return "".join(before) + f"{letters} = ", LABELS[label * (1 - mode)]

    return make_taught(tmp_path_factory.mktemp("decoder") / "bytes", draw, steps=120)


BOTH, ONE = [("a", 0), ("f", 1), ("g", 1)], [("a", 0), ("b", 0), ("c", 0)]


def right(decoder: Path, name: str, shown: Sequence[tuple[str, int]] = BOTH, *, mark: str = "", **more: Any) -> float:
    """Share of new letters that are sorted."""
    chance = random.Random(3)
    asked = [text(chance) for _ in range(ASKED)]
    corpus = Corpus(
        [[mark + letter for letter, _ in shown]], [[letter for letter, _ in asked]], ["eng"],
        tasks.get("text-classification")(), LABELS, ["eng"],
    )  # fmt: skip
    plain = {"template": "{text} = {label}.", "separator": " ", "checkpoint": str(decoder)}
    recipe = recipes.get(name).read({**plain, **more})
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(SHOWN), np.array([label for _, label in shown]), 0))
    return float((recipe.predict(prepared, fitted)[""] == [label for _, label in asked]).mean())


def test_it_begins_as_the_demonstrations_in_context(decoder: Path) -> None:
    """With next to no learning, every answer is as likely as after the demonstrations as text."""
    corpus = Corpus([["+a", "+f"]], [["b"]], ["eng"], tasks.get("text-classification")(), LABELS, ["eng"])
    found = []
    for name, more in (("in-context", {}), ("context-tuning", {"learning_rate": 1e-12, "epochs": 1})):
        plain = {"template": "{text} = {label}.", "separator": " ", "checkpoint": str(decoder)}
        recipe = recipes.get(name).read({**plain, **more})
        prepared = recipe.prepare(corpus, map)
        fitted = recipe.fit(prepared, Training(np.arange(2), np.array([0, 1]), 0))
        ((prompt, ways),) = recipe.prompts(prepared, fitted, 0)  # type: ignore[attr-defined]  # of prompted recipes
        found.append(score(recipe.decoder(fitted), [prompt], [ways], max_length=99).sums)  # type: ignore[attr-defined]
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)


LEARNING: dict[str, Any] = {"epochs": 40, "learning_rate": 0.05}


def test_what_demonstrations_alone_do_not_say_is_learnt_from_their_answers(decoder: Path) -> None:
    """Without the mark the model is not told to sort; that its own answers would be wrong tells it."""
    assert right(decoder, "in-context", mark="+") > 0.9
    assert right(decoder, "in-context") < 0.6
    for begin in ("demonstrations", "vocabulary"):
        assert right(decoder, "context-tuning", begin=begin, **LEARNING) > 0.9


def test_demonstrations_that_fit_both_ways_teach_nothing(decoder: Path) -> None:
    """All are answered as the model would anyway: it goes on as before."""
    before, after = (
        right(decoder, name, ONE, **more) for name, more in (("in-context", {}), ("context-tuning", LEARNING))
    )
    assert after == pytest.approx(before, abs=0.1)


def test_the_model_itself_stays_as_it_is(decoder: Path) -> None:
    before = {name: one.clone() for name, one in shared_decoder(decoder, "float32").model.state_dict().items()}
    right(decoder, "context-tuning", begin="vocabulary", epochs=2)
    after = shared_decoder(decoder, "float32").model.state_dict()
    assert before.keys() == after.keys()
    assert all(bool((before[name] == one).all()) for name, one in after.items())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"chat": True}, "context-tuning has the same vectors before every question; leave out chat"),
        ({"selection": {"name": "random"}}, "leave out selection"),
        ({"begin": "noise"}, "unknown begin 'noise'"),
        ({"token_dropout": 1.0}, "token_dropout must be"),
        ({"max_length": 15}, "two demonstrations and a question take more than 15 tokens; raise max_length"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(decoder: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        right(decoder, "context-tuning", **more)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_demonstrations_without_room_are_left_out_and_counted(decoder: Path) -> None:
    """Three of 8 tokens beside a question of 8."""
    corpus = Corpus([["a", "f", "g"]], [["b"]], ["eng"], tasks.get("text-classification")(), LABELS, ["eng"])
    plain = {"template": "{text} = {label}.", "separator": "  ", "checkpoint": str(decoder), "epochs": 1}
    notes = []
    for max_length in (99, 31):
        recipe = recipes.get("context-tuning").read({**plain, "max_length": max_length})
        notes.append(recipe.fit(recipe.prepare(corpus, map), Training(np.arange(3), np.array([0, 1, 1]), 0)).notes)
    assert (notes[0]["shots"], notes[0].get("too_long")) == (3, None)
    assert (notes[1]["shots"], notes[1]["too_long"]) == (2, 1)


def test_one_demonstration_is_too_few(decoder: Path) -> None:
    corpus = Corpus([["a"]], [["b"]], ["eng"], tasks.get("text-classification")(), LABELS, ["eng"])
    recipe = recipes.get("context-tuning").read({"checkpoint": str(decoder)})
    with pytest.raises(InputError, match="leaves out one demonstration at a time; set sizes to 2 or more"):
        recipe.fit(recipe.prepare(corpus, map), Training(np.arange(1), np.array([0]), 0))
